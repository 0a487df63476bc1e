/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the running instance may ask for: set up, prepare, boot, switch, leave, kill. Claims are in claim.c. */
#include "operation.h"

int fsw_master(struct fsw_area *area, const struct fsw_load *load, const struct fsw_memory *memory)
{
	uint32_t sw = fsw__switch(area);
	uint32_t section;
	int error;

	if (!fsw__sound(sw))
		return FSW_ERR(SWITCH_WORD);
	if (fsw__phase(sw) != FSW_PHASE_BLANK)
		return FSW_ERR(READY);
	if (load->base > area->header->geometry.base && fsw_section_at(area, load->base, &section))
		return FSW_ERR(OUTSIDE);
	error = fsw__map_fill(area, memory);
	if (!error)
		error = fsw__page_fill(area, FSW_MASTER, load, 0);
	if (error)
		return error;
	fsw__set_state(area, FSW_MASTER, FSW_STATE_RUNNING);
	fsw__set_switch(area, FSW_MASTER, FSW_PHASE_IDLE, fsw__slot(sw));
	return 0;
}

static int request(struct fsw_area *area, uint32_t asker, uint32_t target, uint32_t mode, uint32_t state, uint32_t flags)
{
	struct fsw_operation operation;
	struct fsw_instance instance;
	int error = fsw__operation_new(area, asker, &operation);

	if (error)
		return error;
	if (target == asker)
		return FSW_ERR(SELF);
	error = fsw_instance_get(area, target, &instance);
	if (error)
		return error;
	if (instance.state == FSW_STATE_EMPTY)
		return FSW_ERR(EMPTY);
	if (instance.state != state)
		return FSW_ERR(STATE);
	if (flags & ~(uint32_t)FSW_FLAG_DIRECT)
		return FSW_ERR(ARGUMENT);
	operation.flags = flags;
	fsw__operation_begin(area, &operation, mode, target);
	return 0;
}

int fsw_switch(struct fsw_area *area, uint32_t asker, uint32_t target)
{
	return request(area, asker, target, FSW_MODE_SWITCH, FSW_STATE_SLEEPING, 0);
}

int fsw_boot(struct fsw_area *area, uint32_t asker, uint32_t target, uint32_t flags)
{
	return request(area, asker, target, FSW_MODE_BOOT, FSW_STATE_LOADED, flags);
}

int fsw_terminate(struct fsw_area *area, uint32_t asker)
{
	struct fsw_operation operation;
	int error = fsw__operation_new(area, asker, &operation);
	uint32_t heir;

	if (error)
		return error;
	if (asker == FSW_MASTER)
		return FSW_ERR(MASTER);
	heir = fsw__heir(area, asker);
	if (heir == 0)
		return FSW_ERR(NOBODY);
	fsw__operation_begin(area, &operation, FSW_MODE_TERMINATE, heir);
	return 0;
}

int fsw_kill(struct fsw_area *area, uint32_t asker, uint32_t victim)
{
	struct fsw_operation operation;
	uint32_t section = 0;
	int error = fsw__operation_new(area, asker, &operation);

	if (error)
		return error;
	if (victim - 1 >= area->instances)
		return FSW_ERR(ARGUMENT);
	if (victim == asker)
		return FSW_ERR(SELF);
	if (victim == FSW_MASTER)
		return FSW_ERR(MASTER);
	if (fsw__state(area, victim) == FSW_STATE_EMPTY) {
		error = fsw__map_find(area, fsw_match_owner(victim), area->sections, &section);
		if (error != 1)
			return error ? error : FSW_ERR(EMPTY);
	}
	fsw__operation_begin(area, &operation, FSW_MODE_KILL, victim);
	fsw__inherit(area, victim, asker);
	fsw__operation_end(area);
	return 0;
}

/* A preparation may take a section that is free, or the asker's movable memory; no flags on either. */
static int usable(uint32_t entry, uint32_t asker)
{
	return entry == FSW_ENTRY_AVAILABLE || entry == (FSW_ENTRY_AVAILABLE | asker);
}

static uint32_t usable_from(const struct fsw_area *area, uint32_t asker, uint32_t first, uint32_t most)
{
	uint32_t count = 0;

	while (count < most && first + count < area->sections && usable(fsw__entry(area, first + count), asker))
		count++;
	return count;
}

/* Mark up to `count` sections at or after `first` that hold `entry`. Returns how many are left to mark. */
static uint32_t reserve(struct fsw_area *area, uint32_t first, uint32_t count, uint32_t entry)
{
	uint32_t i;

	for (i = first; count != 0 && i < area->sections; i++) {
		if (fsw__entry(area, i) != entry)
			continue;
		fsw__store_entry(area, i, entry | FSW_ENTRY_REQUESTED);
		count--;
	}
	return count;
}

/* The run: at `start`, or the lowest that fits. Sets *first, or fault.index. */
static int find_run(struct fsw_area *area, uint32_t asker, uint64_t start, uint32_t contiguous, uint32_t *first)
{
	uint32_t found;
	uint32_t i;

	if (start != FSW_ANYWHERE) {
		int error = fsw__map_run_at(area, start, contiguous, first);

		if (error)
			return error;
		found = usable_from(area, asker, *first, contiguous);
		return found == contiguous ? 0 : fsw__fault(area, FSW_ERR(CONTIGUOUS), *first + found);
	}
	for (i = 0; i < area->sections; i += found + 1) {
		found = usable_from(area, asker, i, contiguous);
		if (found == contiguous) {
			*first = i;
			return 0;
		}
	}
	return fsw__fault(area, FSW_ERR(CONTIGUOUS), 0);
}

int fsw_free(struct fsw_area *area, uint32_t asker, uint32_t target, uint64_t start, uint32_t contiguous, uint32_t total)
{
	struct fsw_operation operation;
	int error = fsw__operation_new(area, asker, &operation);
	uint32_t first = 0;
	uint32_t count, i;

	if (error)
		return error;
	if (contiguous == 0 || contiguous > total || target - 1 >= area->instances)
		return FSW_ERR(ARGUMENT);
	if (fsw__state(area, target) != FSW_STATE_EMPTY)
		return FSW_ERR(IN_USE);
	error = fsw__map_sound(area);
	if (!error)
		error = find_run(area, asker, start, contiguous, &first);
	if (error)
		return error;
	count = contiguous;
	for (i = first + contiguous; i < area->sections; i++)
		count += (uint32_t)usable(fsw__entry(area, i), asker);
	if (count < total)
		return fsw__fault(area, FSW_ERR(NOT_ENOUGH), count);

	operation.wanted = total;
	operation.first = first;
	operation.limit = area->sections;
	fsw__operation_begin(area, &operation, FSW_MODE_FREE, target);
	for (i = first; i < first + contiguous; i++)
		fsw__store_entry(area, i, fsw__entry(area, i) | FSW_ENTRY_REQUESTED);
	count = reserve(area, first + contiguous, total - contiguous, FSW_ENTRY_AVAILABLE);
	reserve(area, first + contiguous, count, FSW_ENTRY_AVAILABLE | asker);
	fsw__persist_entries(area, 0, area->sections);
	return 0;
}

static int find_freed(struct fsw_area *area, uint32_t asker, struct fsw_match match, uint32_t *cursor)
{
	struct fsw_operation operation;
	int error = fsw__operation_of(area, asker, FSW_MODE_FREE, &operation);

	return error ? error : fsw__map_find(area, match, area->sections, cursor);
}

int fsw_free_next(struct fsw_area *area, uint32_t asker, uint32_t *cursor)
{
	return find_freed(area, asker, fsw_match(FSW_ENTRY_OWNER | FSW_ENTRY_REQUESTED, asker | FSW_ENTRY_REQUESTED), cursor);
}

int fsw_free_undo(struct fsw_area *area, uint32_t asker, uint32_t *cursor)
{
	return find_freed(area, asker, fsw_match(FSW_ENTRY_RELEASE_RET, FSW_ENTRY_RELEASE_RET), cursor);
}

int fsw_free_commit(struct fsw_area *area, uint32_t asker)
{
	struct fsw_operation operation;
	int error = fsw__operation_of(area, asker, FSW_MODE_FREE, &operation);

	if (!error)
		error = fsw__map_sound(area);
	if (error)
		return error;
	if (fsw__map_matching(area, operation.first, operation.limit,
			      fsw_match(FSW_ENTRY_OWNER | FSW_ENTRY_REQUESTED, FSW_ENTRY_REQUESTED)) != operation.wanted)
		return FSW_ERR(UNFINISHED);
	fsw__map_unmark(area, operation.first, operation.limit, operation.target);
	fsw__operation_end(area);
	return 0;
}
