/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * fsw_cmm_range(), what a monitor asks about a guest's pointer, on a map of three sections anywhere in the 64-bit address space and of any
 * size, with any words in it, for any instance, address and size: 0 if and only if each byte lies in the map, in a section with a
 * sound entry that the instance owns or that is shared. Also fsw_section_at() and fsw_section_address() for any section of any map.
 *
 * sources: cmm/query.c cmm/map.c cmm/rules.c core/record.c
 * seconds: 20
 * unwind: 4 three sections
 * mutant: cmm/query.c s/address + (size - 1) < address || //
 * mutant: cmm/query.c s/for (; section <= last; section++)/for (; section < last; section++)/
 * mutant: cmm/query.c s/owner == instance || owner == FSW_OWNER_SHARED/owner == instance || owner >= FSW_INSTANCES_MAX/
 * mutant: cmm/query.c s/geometry.section_shift >= area->sections)/geometry.section_shift > area->sections)/
 */
#include <fsw/cmm.h>

#include "proof.h"

#define SECTIONS 3

int main(void)
{
	uint32_t map[SECTIONS] = { any_u32(), any_u32(), any_u32() };
	struct fsw_header header = { .magic = FSW_AREA_MAGIC };
	struct fsw_area area = { .header = &header, .cmm = map, .sections = SECTIONS };
	uint64_t base = any_u64();
	uint32_t shift = any_u32();
	uint32_t instance = any_u32();
	uint64_t address = any_u64();
	uint64_t size = any_u64();
	uint64_t byte = any_u64(); /* any one of them */
	uint32_t which = any_u32();
	uint32_t sections = any_u32();
	uint32_t section = 0;
	uint32_t entry;
	int error, inside;

	/* what fsw_open() makes sure of */
	ASSUME(shift >= FSW_SECTION_SHIFT_MIN && shift <= FSW_SECTION_SHIFT_MAX);
	ASSUME((base & (((uint64_t)1 << shift) - 1)) == 0 && base + ((uint64_t)SECTIONS << shift) >= base);
	header.geometry.base = base;
	header.geometry.section_shift = shift;

	error = fsw_cmm_range(&area, instance, address, size);
	if (size == 0 || instance < 1 || instance > 254) {
		PROVE(error == FSW_ERR(ARGUMENT), "bad arguments");
	} else if (address < base || address - base >= (uint64_t)SECTIONS << shift ||
		   size > ((uint64_t)SECTIONS << shift) - (address - base)) {
		PROVE(error == FSW_ERR(OUTSIDE), "outside");
	} else {
		ASSUME(byte < size);
		which = (uint32_t)((address - base + byte) >> shift);
		PROVE(which < SECTIONS, "inside");
		entry = fsw__unguard(map[which], which);
		inside = fsw__sound(entry) && ((entry & 0xff) == instance || (entry & 0xff) == 255);
		PROVE(inside || error, "a byte of another's is refused");
		/* the other direction: what a refusal names is a section of the range, and is to blame */
		if (error) {
			which = area.fault.index;
			PROVE(area.fault.error == error && which < SECTIONS, "a refusal names a section");
			PROVE(which >= (address - base) >> shift && which <= (address - base + (size - 1)) >> shift,
			      "of the range");
			entry = fsw__unguard(map[which], which);
			if (!fsw__sound(entry))
				PROVE(error == FSW_ERR(ENTRY_CHECK), "a stray write");
			else if ((entry & 0xff) == 0)
				PROVE(error == FSW_ERR(NOT_ONLINE), "no one's");
			else
				PROVE(error == FSW_ERR(OTHERS) && (entry & 0xff) != instance && (entry & 0xff) != 255, "another's");
		}
	}

	ASSUME(sections >= 1 && sections <= FSW_SECTIONS_MAX && base + ((uint64_t)sections << shift) >= base);
	area.sections = sections;
	error = fsw_section_at(&area, address, &section);
	PROVE(error == (address < base || address - base >= (uint64_t)sections << shift ? FSW_ERR(OUTSIDE) : 0),
	      "in the map or not");
	if (!error) {
		PROVE(section < sections, "a section of the map");
		PROVE(fsw_section_address(&area, section) <= address, "from its first byte");
		PROVE(address - fsw_section_address(&area, section) < (uint64_t)1 << shift, "to its last");
	}
	return 0;
}
