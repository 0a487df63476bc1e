/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * After a reset nobody runs. Each step here can be done again: an interrupted recovery is recovered by calling it again, and what it
 * decided it decides by one store, last.
 */
#include "../switch/operation.h"
#include "cores.h"
#include "frame.h"

/*
 * Who ran runs no more. Pages that fail a check cost their instance; a parent that does is known to be redundant. Returns how many
 * were condemned.
 */
static uint32_t condemn(struct fsw_area *area)
{
	struct fsw_instance instance;
	uint32_t condemned = 0;
	uint32_t id;

	for (id = 1; id <= area->instances; id++) {
		if (fsw__state(area, id) == FSW_STATE_RUNNING)
			fsw__set_state(area, id, FSW_STATE_DEAD | FSW_CAUSE_RESET << 8);
		fsw__parent_mend(area, id);
		if (fsw_instance_get(area, id, &instance) == 0)
			continue;
		fsw__set_state(area, id, FSW_STATE_DEAD | FSW_CAUSE_CORRUPT << 8);
		condemned++;
	}
	return condemned;
}

static int dead(const struct fsw_area *area, uint32_t id)
{
	return (fsw__state(area, id) & 0xff) == FSW_STATE_DEAD;
}

/*
 * One owner for every section: what an absent instance still seems to own is free, so is what the dead were given and never took, and
 * marks go unless a claim round keeps them for its requester.
 */
static void settle(struct fsw_area *area, uint32_t keep)
{
	const uint32_t *cmm = area->cmm;
	const uint32_t sections = area->sections;
	uint32_t good = FSW_OWNER_NONE;
	uint32_t i;

	FSW_UNROLL
	for (i = 0; i < sections; i++) {
		uint32_t entry = cmm[i] & 0xffff; /* found sound when the area was opened */
		uint32_t owner = entry & FSW_ENTRY_OWNER;
		uint32_t after = entry & (~(uint32_t)FSW_ENTRY_MARKS | keep);

		/* like its neighbour, as nearly all are */
		if (entry == good)
			continue;
		if (owner - 1 < area->instances &&
		    (fsw__state(area, owner) == FSW_STATE_EMPTY || (entry & FSW_ENTRY_CLAIMED && dead(area, owner))))
			after = FSW_ENTRY_AVAILABLE;
		if (after == entry)
			good = entry;
		else
			fsw__store_entry(area, i, after);
	}
	fsw__persist_entries(area, 0, area->sections);
}

static int cold(struct fsw_advice *advice, enum fsw_why why)
{
	advice->action = FSW_ACTION_COLD;
	advice->why = why;
	return 0;
}

/* Completes what cannot be undone: is nothing left open? */
static int complete(struct fsw_area *area, const struct fsw_operation *operation, uint32_t phase)
{
	if (phase == FSW_PHASE_IDLE)
		return 1;
	if (operation->mode == FSW_MODE_KILL)
		fsw__inherit(area, operation->target, operation->source);
	else if (operation->mode == FSW_MODE_TERMINATE && phase == FSW_PHASE_HANDED)
		fsw__inherit(area, operation->source, operation->target);
	else
		return 0;
	return 1;
}

int fsw_recover(struct fsw_area *area, void *memory, size_t length, const struct fsw_port *port, struct fsw_advice *advice)
{
	struct fsw_operation operation;
	uint32_t sw, phase, owner, mode, next, lost;
	int error;

	if (!advice)
		return FSW_ERR(ARGUMENT);
	error = fsw__open_frame(area, memory, length, port);
	if (error)
		return error;
	memset(advice, 0, sizeof(*advice));
	sw = fsw__switch(area);
	phase = fsw__phase(sw);
	owner = fsw__owner(sw);
	if (phase == FSW_PHASE_BLANK)
		return cold(advice, FSW_WHY_NOT_READY);
	operation = *fsw__operation(area, fsw__slot(sw));

	fsw__cores_reset(area);
	advice->condemned = condemn(area);
	lost = owner == 0 ? operation.target : owner;
	if (complete(area, &operation, phase))
		memset(&operation, 0, sizeof(operation));
	mode = operation.mode;
	/* what a recovery found that was not followed by a start still holds */
	advice->died = operation.died;
	if (owner != 0 && dead(area, owner))
		advice->died = owner;

	if (mode == FSW_MODE_BOOT && (phase == FSW_PHASE_RESETTING || phase == FSW_PHASE_HANDED) &&
	    fsw__state(area, operation.target) == FSW_STATE_LOADED) {
		settle(area, 0);
		advice->action = FSW_ACTION_BOOT;
		advice->why = FSW_WHY_BOOT;
		advice->instance = operation.target;
		/* it may have been handed over and not begun: what waits for a start is one thing */
		fsw__set_switch(area, operation.source, FSW_PHASE_RESETTING, fsw__slot(sw));
		return 0;
	}
	advice->undone = mode == FSW_MODE_RECOVER ? operation.undone : mode;
	if (mode == FSW_MODE_CLAIM && fsw__ready(area, operation.source)) {
		next = operation.source;
		advice->why = FSW_WHY_CLAIM;
	} else {
		next = lost;
		advice->why = phase == FSW_PHASE_HANDED ? FSW_WHY_COMPLETED : FSW_WHY_UNDONE;
		if (mode == FSW_MODE_RECOVER)
			advice->why = (enum fsw_why)operation.why;
		mode = FSW_MODE_RECOVER;
		if (!fsw__ready(area, next)) {
			next = fsw__heir(area, lost);
			advice->why = FSW_WHY_DIED;
		}
	}
	settle(area, mode == FSW_MODE_CLAIM ? FSW_ENTRY_MARKS : 0);
	if (next == 0)
		return cold(advice, FSW_WHY_NOBODY);
	if (advice->why == FSW_WHY_COMPLETED)
		advice->undone = FSW_MODE_NONE;
	advice->action = FSW_ACTION_RESUME;
	advice->instance = next;
	if (mode != FSW_MODE_CLAIM) {
		memset(&operation, 0, sizeof(operation));
		operation.source = next;
	}
	operation.mode = mode;
	operation.target = next;
	operation.core = FSW_CORE_ANY;
	operation.died = advice->died;
	operation.undone = advice->undone;
	operation.why = (uint32_t)advice->why;
	fsw__operation_commit(area, &operation, 0, FSW_PHASE_ARMED);
	return 0;
}
