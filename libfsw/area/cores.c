/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The map of the cores. */
#include "cores.h"

#include "../cmm/cmm.h"

#define WORD(offset) ((offset) / 4)
#define PARKED (FSW_CORE_PARKED << 8)

static uint32_t *record_of(const struct fsw_area *area, uint32_t core)
{
	unsigned char *bytes = (unsigned char *)area->header + area->header->geometry.cores_offset;

	return (uint32_t *)(void *)(bytes + FSW_CORES_RECORDS + core * FSW_CORE_BYTES);
}

static void set(const struct fsw_area *area, uint32_t core, uint32_t state)
{
	fsw__commit(area->port, record_of(area, core), state, FSW_TAG_CORE + core);
}

int fsw_core_get(struct fsw_area *area, uint32_t core, struct fsw_core *now)
{
	const uint32_t *record = record_of(area, core);
	uint32_t word, here;

	if (core >= area->header->geometry.cores)
		return FSW_ERR(ARGUMENT);
	word = fsw__opened(record, FSW_TAG_CORE + core);
	/* its own core may store it at any time */
	here = *(const volatile uint32_t *)(record + WORD(FSW_CORE_ARRIVED));
	now->state = word >> 8;
	now->owner = word & 0xff;
	now->arrived = here != 0;
	if (!fsw__sound(word) || (here != 0 && here != FSW_CORE_HERE - core * FSW_CORE_STEP))
		return fsw__fault(area, FSW_ERR(CORE_WORD), core);
	if (word != PARKED &&
	    (now->state - FSW_CORE_RUNNING > FSW_CORE_LAST - FSW_CORE_RUNNING || now->owner - 1 >= area->instances))
		return fsw__fault(area, FSW_ERR(CORE_VALUE), core);
	return 0;
}

/* `self`, the running instance, brings a core into this state. */
static int change(struct fsw_area *area, uint32_t self, uint32_t core, uint32_t state)
{
	struct fsw_core now;
	int error = fsw__running(area, self);

	if (error)
		return error;
	if (state == FSW_CORE_RUNNING && fsw__phase(fsw__switch(area)) == FSW_PHASE_ARMED)
		return FSW_ERR(BUSY);
	/*
	 * An old order is void before the look at the core's mark, while a core that leaves takes its mark away before it looks at its order
	 * again: at least one of the two sees the other.
	 */
	if (state != FSW_CORE_RUNNING && core < area->header->geometry.cores)
		fsw__store_last(area->port, record_of(area, core) + WORD(FSW_CORE_ADDRESS), 0);
	error = fsw_core_get(area, core, &now);
	if (error)
		return error;
	/* no one's is taken, one's own is lost, both can be parked */
	if (now.owner == 0 ? state == FSW_CORE_LOST : now.owner != self || state == FSW_CORE_RUNNING)
		return FSW_ERR(CORE_STATE);
	if (state != FSW_CORE_LOST && !now.arrived)
		return FSW_ERR(CORE_AWAY);
	set(area, core, state == FSW_CORE_PARKED ? PARKED : state << 8 | self);
	return 0;
}

int fsw_core_take(struct fsw_area *area, uint32_t self, uint32_t core, uint64_t address, uint64_t argument)
{
	/* as they lie in the record; stored from behind, so that the first comes last */
	const uint32_t order[] = { (uint32_t)address, (uint32_t)(address >> 32), (uint32_t)argument, (uint32_t)(argument >> 32) };
	int error;
	uint32_t i;

	/* nowhere to go: as wrong as a core that is not there */
	error = change(area, self, order[0] != 0 ? core : FSW_CORE_ANY, FSW_CORE_RUNNING);
	if (error)
		return error;
	for (i = 4; i-- > 0;)
		fsw__store_last(area->port, record_of(area, core) + WORD(FSW_CORE_ADDRESS) + i, order[i]);
	return 0;
}

int fsw_core_park(struct fsw_area *area, uint32_t self, uint32_t core)
{
	return change(area, self, core, FSW_CORE_PARKED);
}

int fsw_core_lost(struct fsw_area *area, uint32_t self, uint32_t core)
{
	return change(area, self, core, FSW_CORE_LOST);
}

void fsw__cores_reset(const struct fsw_area *area)
{
	uint32_t core;

	for (core = 0; core < area->header->geometry.cores; core++) {
		fsw__write(area->port, record_of(area, core), NULL, FSW_CORE_BYTES);
		set(area, core, PARKED);
	}
}

int fsw__cores_settled(struct fsw_area *area, uint32_t core)
{
	struct fsw_core now;
	uint32_t i;

	for (i = 0; i < area->header->geometry.cores; i++) {
		int error = fsw_core_get(area, i, &now);

		if (!error && now.state != FSW_CORE_PARKED && i != core)
			error = fsw__fault(area, now.state == FSW_CORE_LOST ? FSW_ERR(CORE_LOST) : FSW_ERR(CORE_STATE), i);
		if (error)
			return error;
	}
	if (core < i)
		set(area, core, PARKED);
	return 0;
}
