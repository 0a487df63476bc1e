/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Claim rounds (seed 001, 03/09 and 17/09; SPEC section 6). */
#include "operation.h"

int fsw_want(struct fsw_area *area, uint32_t asker, uint32_t count, uint64_t from, struct fsw_want *want)
{
	int error = fsw__running(area, asker);
	uint32_t first = 0;
	uint64_t base;

	if (error)
		return error;
	if (count == 0)
		return FSW_ERR(ARGUMENT);
	base = fsw__load(area, asker)->base;
	want->walk.missing = count;
	want->walk.named = 0;
	if (from == FSW_ANYWHERE) {
		/* sections that begin at or above the asker's base, which never is past the map */
		if (base > area->header->geometry.base) {
			(void)fsw_section_at(area, base - 1, &first);
			first++;
		}
		want->limit = area->sections;
	} else {
		if (from < base)
			return FSW_ERR(BELOW_BASE);
		error = fsw__map_run_at(area, from, count, &first);
		if (error)
			return error;
		want->limit = first + count;
		want->walk.missing -= fsw__map_matching(area, first, want->limit, fsw_match_owner(asker));
	}
	want->first = first;
	want->walk.section = first;
	return 0;
}

/*
 * Count what became of the section named last: it is got when its owner now is `got`. Then name the next match, unless enough are got.
 */
static int walk_on(struct fsw_area *area, struct fsw_walk *walk, struct fsw_match match, uint32_t limit, uint32_t got)
{
	int found;

	if (walk->named) {
		walk->missing -= (fsw__entry(area, walk->section) & FSW_ENTRY_OWNER) == got;
		walk->section++;
		walk->named = 0;
	}
	if (walk->missing == 0)
		return 0;
	found = fsw__map_find(area, match, limit, &walk->section);
	walk->named = found == 1;
	return found;
}

int fsw_want_free(struct fsw_area *area, uint32_t asker, struct fsw_want *want)
{
	int error = fsw__running(area, asker);

	if (!error && want->limit > area->sections)
		error = FSW_ERR(ARGUMENT);
	if (error)
		return error;
	return walk_on(area, &want->walk, fsw_match(FSW_ENTRY_OWNER | FSW_ENTRY_AVAILABLE | FSW_ENTRY_MARKS, FSW_ENTRY_AVAILABLE),
		       want->limit, asker);
}

/* The next instance in the round after `id`: the lowest ready sleeper above it, else the source. Notes whom it could not reach. */
static uint32_t next_in_round(struct fsw_area *area, struct fsw_operation *operation, uint32_t id)
{
	while (++id <= area->instances) {
		if (id == operation->source || fsw__state(area, id) != FSW_STATE_SLEEPING)
			continue;
		if (fsw__ready(area, id))
			return id;
		operation->skipped[id / 32] |= 1u << id % 32;
	}
	return operation->source;
}

int fsw_claim(struct fsw_area *area, uint32_t asker, const struct fsw_want *want)
{
	struct fsw_operation operation;
	int error = fsw__operation_new(area, asker, &operation);
	uint32_t target;

	if (error)
		return error;
	if (want->walk.missing == 0 || want->first > want->limit || want->limit > area->sections)
		return FSW_ERR(ARGUMENT);
	operation.wanted = want->walk.missing;
	operation.first = want->first;
	operation.limit = want->limit;
	target = next_in_round(area, &operation, 0);
	if (target == asker)
		return FSW_ERR(NOBODY);
	fsw__operation_begin(area, &operation, FSW_MODE_CLAIM, target);
	if (fsw__map_request(area, want->first, want->limit, asker))
		return 0;
	fsw__operation_end(area);
	return FSW_ERR(NOTHING);
}

uint32_t fsw__claim_released(const struct fsw_area *area, const struct fsw_operation *operation)
{
	return fsw__map_matching(area, operation->first, operation->limit, fsw_match(FSW_ENTRY_RELEASE_RET, FSW_ENTRY_RELEASE_RET));
}

/* The claim that goes on, for its requester or for a sleeper on the way. */
static int claim_of(struct fsw_area *area, uint32_t self, int requester, struct fsw_operation *operation)
{
	int error = fsw__operation_of(area, self, FSW_MODE_CLAIM, operation);

	if (!error && (operation->source == self) != requester)
		error = FSW_ERR(NO_OPERATION);
	return error;
}

int fsw_visit_next(struct fsw_area *area, uint32_t self, struct fsw_outcome *outcome)
{
	struct fsw_operation operation;
	uint32_t section;
	int error = claim_of(area, self, 0, &operation);

	if (error)
		return error;
	error = walk_on(area, &outcome->walk,
			fsw_match(FSW_ENTRY_OWNER | FSW_ENTRY_REQUESTED | FSW_ENTRY_RELEASE_ORDER, self | FSW_ENTRY_REQUESTED),
			operation.limit, FSW_OWNER_NONE);
	if (error != 1)
		return error;
	section = outcome->walk.section;
	/* the order is out: whoever finds it without RELEASE_RET knows that this section would not go */
	fsw__commit(area->port, area->cmm + section, fsw__entry(area, section) | FSW_ENTRY_RELEASE_ORDER, section);
	return 1;
}

int fsw_pass(struct fsw_area *area, uint32_t self)
{
	struct fsw_operation operation;
	int error = fsw__operation_of(area, self, FSW_MODE_CLAIM, &operation);
	uint32_t phase = fsw__phase(fsw__switch(area));

	if (error)
		return error;
	if (phase == FSW_PHASE_FAILED)
		operation.skipped[operation.target / 32] |= 1u << operation.target % 32;
	if (fsw__claim_released(area, &operation) >= operation.wanted)
		operation.target = operation.source;
	else if ((phase == FSW_PHASE_FAILED || phase == FSW_PHASE_HANDED) && operation.target != operation.source)
		operation.target = next_in_round(area, &operation, operation.target);
	/* else the one chosen before was not tried yet */
	if (operation.target == self) {
		fsw__operation_commit(area, &operation, self, FSW_PHASE_HANDED);
		return 0;
	}
	fsw__operation_commit(area, &operation, self, FSW_PHASE_REQUESTED);
	return 1;
}

int fsw_collect_next(struct fsw_area *area, uint32_t self, struct fsw_outcome *outcome)
{
	struct fsw_operation operation;
	int error = claim_of(area, self, 1, &operation);

	if (error)
		return error;
	return walk_on(area, &outcome->walk, fsw_match(FSW_ENTRY_RELEASE_RET, FSW_ENTRY_RELEASE_RET), operation.limit, self);
}

int fsw_collect_end(struct fsw_area *area, uint32_t self)
{
	struct fsw_operation operation;
	int error = claim_of(area, self, 1, &operation);

	if (!error)
		fsw__operation_undo(area, &operation);
	return error;
}
