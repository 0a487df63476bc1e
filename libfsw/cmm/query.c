/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What only reads the map. */
#include "cmm.h"

int fsw__map_sound(struct fsw_area *area)
{
	uint32_t section = 0;

	/* no entry matches: all are looked at */
	return fsw__map_find(area, fsw_match(0, 1), area->sections, &section);
}

int fsw_cmm_verify(struct fsw_area *area)
{
	const uint32_t *cmm = area->cmm;
	const uint32_t sections = area->sections;
	uint32_t salt = fsw__salt(0);
	uint32_t good = FSW_OWNER_NONE;
	uint32_t i;

	FSW_UNROLL
	for (i = 0; i < sections; i++) {
		uint32_t entry = fsw__unguard_salted(cmm[i], salt);
		uint32_t owner = entry & FSW_ENTRY_OWNER;

		salt += FSW_GUARD_SALT_STEP;
		/* like its neighbour, as nearly all are */
		if (entry == good)
			continue;
		if (!fsw__sound(entry))
			return fsw__fault(area, FSW_ERR(ENTRY_CHECK), i);
		if (!fsw_entry_legal(entry))
			return fsw__fault(area, FSW_ERR(ENTRY_VALUE), i);
		if (owner > area->instances && owner != FSW_OWNER_SHARED)
			return fsw__fault(area, FSW_ERR(ENTRY_OWNER), i);
		good = entry;
	}
	return 0;
}

int fsw_cmm_count(struct fsw_area *area, struct fsw_count *count)
{
	const uint32_t *cmm = area->cmm;
	const uint32_t sections = area->sections;
	uint32_t *of = count->of[0];
	uint32_t salt = fsw__salt(0);
	uint32_t all = 0;
	uint32_t i;

	memset(count, 0, sizeof(*count));
	FSW_UNROLL
	for (i = 0; i < sections; i++) {
		uint32_t entry = fsw__unguard_salted(cmm[i], salt);

		salt += FSW_GUARD_SALT_STEP;
		all |= entry;
		/* owner and AVAILABLE are the low nine bits, as in the table */
		of[entry & (FSW_ENTRY_AVAILABLE | FSW_ENTRY_OWNER)]++;
	}
	return fsw__sound(all) ? 0 : fsw__map_sound(area);
}

uint32_t fsw__map_matching(const struct fsw_area *area, uint32_t first, uint32_t limit, struct fsw_match match)
{
	uint32_t count = 0;
	uint32_t i;

	for (i = first; i < limit; i++)
		count += (fsw__entry(area, i) & match.mask) == match.value;
	return count;
}

int fsw__map_find(struct fsw_area *area, struct fsw_match match, uint32_t limit, uint32_t *section)
{
	uint32_t i;

	for (i = *section; i < limit; i++) {
		uint32_t entry = fsw__entry(area, i);

		if (!fsw__sound(entry))
			return fsw__fault(area, FSW_ERR(ENTRY_CHECK), i);
		if ((entry & match.mask) == match.value) {
			*section = i;
			return 1;
		}
	}
	return 0;
}

int fsw_cmm_run(struct fsw_area *area, struct fsw_match match, uint32_t from, struct fsw_run *run)
{
	uint32_t i = from;
	int found = fsw__map_find(area, match, area->sections, &i);

	if (found <= 0)
		return found;
	run->first = i;
	for (; i < area->sections; i++) {
		uint32_t entry = fsw__entry(area, i);

		/* an unsound one ends the run here and is named by the next call */
		if (!fsw__sound(entry) || (entry & match.mask) != match.value)
			break;
	}
	run->count = i - run->first;
	return 1;
}

int fsw_cmm_longest(struct fsw_area *area, struct fsw_match match, struct fsw_run *run)
{
	struct fsw_run next = { 0, 0 };
	int found;

	run->first = 0;
	run->count = 0;
	for (;;) {
		found = fsw_cmm_run(area, match, next.first + next.count, &next);
		if (found <= 0)
			break;
		if (next.count > run->count)
			*run = next;
	}
	return found ? found : run->count != 0;
}

int fsw_section_at(const struct fsw_area *area, uint64_t address, uint32_t *section)
{
	uint64_t offset = address - area->header->geometry.base;

	/* below the base the difference wraps, to something past any map */
	if (offset >> area->header->geometry.section_shift >= area->sections)
		return FSW_ERR(OUTSIDE);
	*section = (uint32_t)(offset >> area->header->geometry.section_shift);
	return 0;
}

int fsw__map_run_at(const struct fsw_area *area, uint64_t start, uint32_t count, uint32_t *first)
{
	if ((uint32_t)start << (32 - area->header->geometry.section_shift))
		return FSW_ERR(ALIGNMENT);
	return fsw_section_at(area, start, first) || count > area->sections - *first ? FSW_ERR(OUTSIDE) : 0;
}

uint64_t fsw_section_address(const struct fsw_area *area, uint32_t section)
{
	return area->header->geometry.base + ((uint64_t)section << area->header->geometry.section_shift);
}

int fsw_cmm_range(struct fsw_area *area, uint32_t instance, uint64_t address, uint64_t size)
{
	uint32_t section, last, entry, owner;
	int error;

	if (size == 0 || instance - 1 >= FSW_INSTANCES_MAX)
		return FSW_ERR(ARGUMENT);
	if (address + (size - 1) < address || fsw_section_at(area, address, &section) ||
	    fsw_section_at(area, address + (size - 1), &last))
		return FSW_ERR(OUTSIDE);
	for (; section <= last; section++) {
		error = fsw_cmm_get(area, section, &entry);
		if (error)
			return error;
		owner = entry & FSW_ENTRY_OWNER;
		if (owner == instance || owner == FSW_OWNER_SHARED)
			continue;
		return fsw__fault(area, owner == FSW_OWNER_NONE ? FSW_ERR(NOT_ONLINE) : FSW_ERR(OTHERS), section);
	}
	return 0;
}
