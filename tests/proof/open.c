/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * fsw_open() for any bytes in memory of any length up to that of an area of one instance with a core block, or of two without (16384
 * bytes), the header's section count up to 4 and cores up to 2, or too many: more would only repeat the loops over entries and cores.
 * Nothing outside of the memory is read and nothing is written. What opens is within its limits, and every block of it lies in the
 * memory. The SAR blob is left to `sar_load`, the CRC to `crc`.
 *
 * sources: area/open.c area/geometry.c area/cores.c cmm/query.c cmm/rules.c core/record.c instance/page.c
 * seconds: 40
 * unwind: 5 sections; instances and cores are fewer
 * mutant: area/open.c s/length < sizeof(\*header)/length < 8/
 * mutant: area/open.c s/length < header->size ? FSW_ERROR_TRUNCATED : FSW_ERROR_NONE/FSW_ERROR_NONE/
 * mutant: area/open.c s/header->geometry.pages_offset != layout.pages_offset ||//
 * mutant: area/open.c s/header->geometry.cores_offset != layout.cores_offset || //
 * mutant: area/geometry.c s/geometry->cores > FSW_CORES_MAX/0/
 * mutant: area/open.c s/operation->target - 1 >= area->instances || //
 */
#include "fsw/cmm.h"
#include "fsw/instance.h"
#include "fsw/sar.h"
#include "fsw/switch.h"
#include "proof.h"

#define BYTES 16384
#define CORES 2

STUB_CRC

int fsw_sar_verify(const void *blob, uint32_t room, const struct fsw_segments *table)
{
	PROVE(READABLE(blob, room), "a blob's room is there");
	PROVE(table == NULL, "which registers are allowed is the platform's business");
	return any_u32() % 2 ? FSW_ERR(SAR_CRC) : 0;
}

static void store(void *context, uint32_t *word, uint32_t value)
{
	(void)context;
	(void)word;
	(void)value;
	PROVE(0, "opening stores nothing");
}

int main(void)
{
	const struct fsw_port port = { .store = store };
	size_t length = any_size();
	struct fsw_area area;
	unsigned char *memory;
	uint32_t sw, phase;
	int error;

	ASSUME(length <= BYTES);
	memory = malloc(length);
	ASSUME(memory != NULL);
	if (length >= FSW_HEADER_BYTES)
		ASSUME(((struct fsw_header *)memory)->geometry.sections <= 4 &&
		       (((struct fsw_header *)memory)->geometry.cores <= CORES ||
			((struct fsw_header *)memory)->geometry.cores > FSW_CORES_MAX));
	error = fsw_open(&area, memory, length, &port);
	PROVE(error <= 0, "0 or an error");
	if (error)
		return 0;
	PROVE(length >= area.header->size, "all of it");
	PROVE(area.instances >= 1 && area.instances <= 2 && area.page_size >= 4096, "an instance, or two");
	PROVE(area.sections >= 1 && area.sections <= 4, "a map");
	PROVE(READABLE(area.cmm, area.sections * 4) && READABLE(area.pages, area.instances * area.page_size),
	      "blocks in the memory");
	PROVE(area.header->geometry.cores <= CORES, "no more cores than there may be");
	PROVE(area.header->geometry.cores == 0 || READABLE(memory + area.header->geometry.cores_offset, FSW_BLOCK_SIZE),
	      "the core block in the memory");
	sw = *area.switch_word * (1u + ((uint32_t)FSW_GUARD_MULTIPLIER << 16)) +
	     ((uint32_t)(FSW_TAG_SWITCH * FSW_GUARD_STRIDE + FSW_GUARD_START) << 16);
	PROVE(sw < 0x10000, "a sound switch word");
	phase = sw >> FSW_SWITCH_PHASE_SHIFT & FSW_SWITCH_PHASE_MASK;
	PROVE(phase <= FSW_PHASE_FAILED && (sw & FSW_SWITCH_OWNER) <= area.instances, "a known phase and owner");
	if (phase > FSW_PHASE_IDLE) {
		struct fsw_operation *operation =
			(struct fsw_operation *)(memory + FSW_AREA_OPERATION) + (sw >> FSW_SWITCH_SLOT_SHIFT & 1);

		PROVE(operation->source - 1 < area.instances && operation->target - 1 < area.instances,
		      "the operation names instances");
		PROVE(operation->first <= operation->limit && operation->limit <= area.sections, "and sections of the map");
	}
	return 0;
}
