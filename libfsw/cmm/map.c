/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What changes the map: one section by the rules, or whole passes for the state machine. */
#include "../include/fsw/instance.h"
#include "cmm.h"

/* A payload under a mask that keeps the high half equals a value only if the check bits are sound too. */
#define SOUND_AND(mask) (0xffff0000u | (mask))

uint32_t fsw__entry(const struct fsw_area *area, uint32_t section)
{
	return fsw__unguard(area->cmm[section], section);
}

void fsw__store_entry(const struct fsw_area *area, uint32_t section, uint32_t entry)
{
	fsw_port_store(area->port, &area->cmm[section], fsw__guard(entry, section));
	fsw_port_trace(area->port, FSW_EVENT_SECTION, section, entry);
}

void fsw__persist_entries(const struct fsw_area *area, uint32_t first, uint32_t limit)
{
	fsw_port_persist(area->port, area->cmm + first, (limit - first) * 4);
}

int fsw__running(const struct fsw_area *area, uint32_t asker)
{
	uint32_t sw = fsw__switch(area);

	if (!fsw__sound(sw))
		return FSW_ERR(SWITCH_WORD);
	if (fsw__phase(sw) == FSW_PHASE_BLANK)
		return FSW_ERR(NOT_READY);
	return asker != 0 && fsw__owner(sw) == asker ? 0 : FSW_ERR(NOT_RUNNING);
}

int fsw__idle(const struct fsw_area *area, uint32_t asker)
{
	int error = fsw__running(area, asker);

	if (!error && fsw__phase(fsw__switch(area)) != FSW_PHASE_IDLE)
		error = FSW_ERR(BUSY);
	return error;
}

int fsw_cmm_get(struct fsw_area *area, uint32_t section, uint32_t *entry)
{
	uint32_t found;

	if (section >= area->sections)
		return FSW_ERR(ARGUMENT);
	found = fsw__entry(area, section);
	if (!fsw__sound(found))
		return fsw__fault(area, FSW_ERR(ENTRY_CHECK), section);
	*entry = found;
	return 0;
}

typedef int rule(uint32_t entry, uint32_t asker, uint32_t *after);

static int change(struct fsw_area *area, rule *by, uint32_t asker, uint32_t section)
{
	uint32_t before, after;
	int error = fsw__running(area, asker);

	if (!error)
		error = fsw_cmm_get(area, section, &before);
	if (!error)
		error = by(before, asker, &after);
	if (!error && after != before) {
		fsw__store_entry(area, section, after);
		fsw__persist_entries(area, section, section + 1);
	}
	return error;
}

int fsw_cmm_offline(struct fsw_area *area, uint32_t asker, uint32_t section)
{
	return change(area, fsw_rule_offline, asker, section);
}

int fsw_cmm_online(struct fsw_area *area, uint32_t asker, uint32_t section)
{
	return change(area, fsw_rule_online, asker, section);
}

static int rule_keep(uint32_t entry, uint32_t asker, uint32_t *after)
{
	*after = asker;
	return (entry & FSW_ENTRY_OWNER) == asker ? 0 : FSW_ERR(OTHERS);
}

int fsw_cmm_keep(struct fsw_area *area, uint32_t asker, uint32_t section)
{
	return change(area, rule_keep, asker, section);
}

static int ranges_sound(const struct fsw_ranges *ranges)
{
	uint64_t end = 0;
	uint32_t i;

	for (i = 0; i < ranges->count; i++) {
		const struct fsw_range *range = &ranges->range[i];

		/* size - 1: an empty range is too long */
		if (range->base < end || range->size - 1 >= ~range->base)
			return 0;
		end = range->base + range->size;
	}
	return 1;
}

/* How many bytes of [start, end) the ranges cover */
static uint64_t covered(const struct fsw_ranges *ranges, uint64_t start, uint64_t end)
{
	uint64_t sum = 0;
	uint32_t i;

	for (i = 0; i < ranges->count; i++) {
		uint64_t low = ranges->range[i].base;
		uint64_t high = low + ranges->range[i].size;

		if (low < start)
			low = start;
		if (high > end)
			high = end;
		if (low < high)
			sum += high - low;
	}
	return sum;
}

int fsw__map_fill(struct fsw_area *area, const struct fsw_memory *memory)
{
	uint64_t size = (uint64_t)1 << area->header->geometry.section_shift;
	uint64_t start = area->header->geometry.base;
	uint32_t i;

	if (!ranges_sound(&memory->ram) || !ranges_sound(&memory->movable) || !ranges_sound(&memory->shared) ||
	    !ranges_sound(&memory->excluded))
		return FSW_ERR(RANGES);
	for (i = 0; i < area->sections; i++, start += size) {
		uint32_t entry = FSW_OWNER_NONE;

		if (covered(&memory->ram, start, start + size) == size) {
			entry = FSW_MASTER;
			if (covered(&memory->movable, start, start + size) == size)
				entry |= FSW_ENTRY_AVAILABLE;
		}
		if (covered(&memory->shared, start, start + size))
			entry = FSW_OWNER_SHARED;
		if (covered(&memory->excluded, start, start + size))
			entry = FSW_OWNER_NONE;
		fsw__store_entry(area, i, entry);
	}
	fsw__persist_entries(area, 0, area->sections);
	return 0;
}

uint32_t fsw__map_request(struct fsw_area *area, uint32_t first, uint32_t limit, uint32_t asker)
{
	uint32_t salt = fsw__salt(first);
	uint32_t marked = 0;
	uint32_t i;

	FSW_UNROLL
	for (i = first; i < limit; i++) {
		uint32_t entry = fsw__unguard_salted(area->cmm[i], salt);

		salt += FSW_GUARD_SALT_STEP;
		/* AVAILABLE, owner 1..254, no other flag, check bits sound: one comparison */
		if (entry - (FSW_ENTRY_AVAILABLE | 1) >= FSW_INSTANCES_MAX || entry == (FSW_ENTRY_AVAILABLE | asker))
			continue;
		fsw__store_entry(area, i, entry | FSW_ENTRY_REQUESTED);
		marked++;
	}
	fsw__persist_entries(area, first, limit);
	return marked;
}

void fsw__map_unmark(struct fsw_area *area, uint32_t first, uint32_t limit)
{
	uint32_t i;

	for (i = first; i < limit; i++) {
		uint32_t entry = fsw__entry(area, i);

		if (fsw__sound(entry) && entry & FSW_ENTRY_MARKS)
			fsw__store_entry(area, i, entry & ~(uint32_t)FSW_ENTRY_MARKS);
	}
	fsw__persist_entries(area, first, limit);
}

void fsw__map_give(struct fsw_area *area, uint32_t first, uint32_t limit, uint32_t owner)
{
	uint32_t i;

	for (i = first; i < limit; i++)
		if ((fsw__entry(area, i) & SOUND_AND(FSW_ENTRY_OWNER | FSW_ENTRY_REQUESTED)) == FSW_ENTRY_REQUESTED)
			fsw__store_entry(area, i, FSW_ENTRY_AVAILABLE | owner);
	fsw__persist_entries(area, first, limit);
}

void fsw__map_take(struct fsw_area *area, uint32_t from, uint32_t to)
{
	uint32_t salt = fsw__salt(0);
	uint32_t i;

	FSW_UNROLL
	for (i = 0; i < area->sections; i++) {
		if ((fsw__unguard_salted(area->cmm[i], salt) & SOUND_AND(FSW_ENTRY_OWNER)) == from)
			fsw__store_entry(area, i, FSW_ENTRY_AVAILABLE | FSW_ENTRY_CLAIMED | to);
		salt += FSW_GUARD_SALT_STEP;
	}
	fsw__persist_entries(area, 0, area->sections);
}
