/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What changes the map: one section by the rules, or whole passes for the state machine. */
#include "../include/fsw/instance.h"
#include "cmm.h"

uint32_t fsw__entry(const struct fsw_area *area, uint32_t section)
{
	return fsw__opened(area->cmm + section, section);
}

void fsw__store_entry(const struct fsw_area *area, uint32_t section, uint32_t entry)
{
	fsw__put(area->port, area->cmm + section, entry, section);
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

enum change { OFFLINE, ONLINE, KEEP };

/* `asker`, the running instance, changes one entry: at most one store. */
static int change_entry(struct fsw_area *area, uint32_t asker, uint32_t section, enum change change)
{
	uint32_t before, after;
	int error = fsw__running(area, asker);

	if (!error)
		error = fsw_cmm_get(area, section, &before);
	if (error)
		return error;
	if (change == OFFLINE) {
		error = fsw_rule_offline(before, asker, &after);
	} else if (change == ONLINE) {
		error = fsw_rule_online(before, asker, &after);
	} else {
		after = asker;
		if ((before & FSW_ENTRY_OWNER) != asker)
			error = FSW_ERR(OTHERS);
	}
	if (error)
		return error;
	if (after != before)
		fsw__commit(area->port, area->cmm + section, after, section);
	return 0;
}

int fsw_cmm_offline(struct fsw_area *area, uint32_t asker, uint32_t section)
{
	return change_entry(area, asker, section, OFFLINE);
}

int fsw_cmm_online(struct fsw_area *area, uint32_t asker, uint32_t section)
{
	return change_entry(area, asker, section, ONLINE);
}

int fsw_cmm_keep(struct fsw_area *area, uint32_t asker, uint32_t section)
{
	return change_entry(area, asker, section, KEEP);
}

static int ranges_sound(const struct fsw_ranges *ranges)
{
	uint64_t end = 0;
	uint32_t i;

	for (i = 0; i < ranges->count; i++) {
		uint64_t base = ranges->range[i].base;
		uint64_t last = end;

		/* one that is empty, or too long, does not end above its base */
		end = base + ranges->range[i].size;
		if (base < last || end <= base)
			return 0;
	}
	return 1;
}

/* How much of [start, end) do the ranges cover? Two bits: all of it, any of it */
#define ANY 1u
#define ALL 3u

static uint32_t covered(const struct fsw_ranges *ranges, uint64_t start, uint64_t end)
{
	uint32_t cover = 0;
	uint32_t i;

	for (i = 0; i < ranges->count; i++) {
		uint64_t low = ranges->range[i].base;
		uint64_t high = low + ranges->range[i].size;

		if (low >= end || high <= start)
			continue;
		cover = ANY;
		/* start: the first byte not known to be covered */
		if (low <= start)
			start = high;
		if (start >= end)
			return ALL;
	}
	return cover;
}

/* ram, movable, shared, excluded */
#define LISTS 4
#define COVER(list, cover) ((cover) << 2 * (list))
FSW_ASSERT(sizeof(struct fsw_memory) == LISTS * sizeof(struct fsw_ranges), "all of it is lists");

int fsw__map_fill(struct fsw_area *area, const struct fsw_memory *memory)
{
	const struct fsw_ranges *list = (const struct fsw_ranges *)(const void *)memory;
	uint64_t end = area->header->geometry.base;
	uint32_t i, kind;

	for (kind = 0; kind < LISTS; kind++)
		if (!ranges_sound(&list[kind]))
			return FSW_ERR(RANGES);
	for (i = 0; i < area->sections; i++) {
		uint64_t start = end;
		uint32_t entry = FSW_OWNER_NONE;
		uint32_t cover = 0;

		end = fsw_section_address(area, i + 1);
		for (kind = 0; kind < LISTS; kind++)
			cover |= COVER(kind, covered(&list[kind], start, end));
		if ((cover & COVER(0, ALL)) == COVER(0, ALL))
			entry = FSW_MASTER;
		if (entry && (cover & COVER(1, ALL)) == COVER(1, ALL))
			entry |= FSW_ENTRY_AVAILABLE;
		if (cover & COVER(2, ANY))
			entry = FSW_OWNER_SHARED;
		if (cover & COVER(3, ANY))
			entry = FSW_OWNER_NONE;
		fsw__store_entry(area, i, entry);
	}
	fsw__persist_entries(area, 0, area->sections);
	return 0;
}

/*
 * Passes look at the low halves as they are and open only those entries that they are about to change. They work on locals, since
 * the compiler must assume that a store to the map changes the handle, and step by pointer, so that nothing else moves along.
 */
static inline uint32_t at(const uint32_t *cmm, const uint32_t *word)
{
	return (uint32_t)(word - cmm);
}

/* Reads anew, so that the look at the low half is no more than a comparison with memory. */
static inline uint32_t read_again(const uint32_t *word)
{
	return *(const volatile uint32_t *)word;
}

static inline int sound(const uint32_t *cmm, const uint32_t *word, uint32_t found)
{
	return fsw__sound(fsw__unguard(found, at(cmm, word)));
}

int fsw__map_request(struct fsw_area *area, uint32_t first, uint32_t limit, uint32_t asker)
{
	const struct fsw_port *port = area->port;
	const uint32_t own = FSW_ENTRY_AVAILABLE | asker;
	uint32_t *cmm = area->cmm;
	uint32_t *end = cmm + limit;
	uint32_t *word;
	uint32_t dull = own;
	uint32_t wanted = ~0u;
	int marked = 0;

	FSW_UNROLL
	for (word = cmm + first; word != end; word++) {
		uint32_t entry = *word & 0xffff;
		uint32_t found;

		/* like its neighbour, as nearly all are */
		if (entry == dull)
			continue;
		/* AVAILABLE, owner 1..254, and no other flag: one comparison */
		if (entry != wanted && (entry - (FSW_ENTRY_AVAILABLE | 1) >= FSW_INSTANCES_MAX || entry == own)) {
			dull = entry;
			continue;
		}
		found = read_again(word);
		if (!sound(cmm, word, found))
			continue;
		/* only who sleeps can give */
		if (entry != wanted) {
			if (fsw__state(area, entry & FSW_ENTRY_OWNER) != FSW_STATE_SLEEPING)
				continue;
			wanted = entry;
		}
		/* guarding is linear: a flag adds a constant */
		fsw_port_store(port, word, found + fsw__guard_part(FSW_ENTRY_REQUESTED));
		marked = 1;
	}
	fsw__persist_entries(area, first, limit);
	return marked;
}

void fsw__map_unmark(struct fsw_area *area, uint32_t first, uint32_t limit, uint32_t owner)
{
	uint32_t i;

	for (i = first; i < limit; i++) {
		uint32_t entry = fsw__entry(area, i);

		if (!fsw__sound(entry) || !(entry & FSW_ENTRY_MARKS))
			continue;
		entry &= ~(uint32_t)FSW_ENTRY_MARKS;
		if (entry == FSW_ENTRY_AVAILABLE)
			entry |= owner;
		fsw__store_entry(area, i, entry);
	}
	fsw__persist_entries(area, first, limit);
}

void fsw__map_take(struct fsw_area *area, uint32_t from, uint32_t to)
{
	const struct fsw_port *port = area->port;
	const uint32_t taken = fsw__guard_part(FSW_ENTRY_AVAILABLE | FSW_ENTRY_CLAIMED | to);
	uint32_t *cmm = area->cmm;
	uint32_t *end = cmm + area->sections;
	uint32_t *word;

	FSW_UNROLL
	for (word = cmm; word != end; word++)
		if ((*word & FSW_ENTRY_OWNER) == from && sound(cmm, word, read_again(word)))
			fsw_port_store(port, word, taken - fsw__salt(at(cmm, word)));
	fsw__persist_entries(area, 0, area->sections);
}
