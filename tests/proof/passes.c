/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Passes over the map, on four sections with any words in them: fsw_cmm_verify(), fsw_cmm_count(), fsw_cmm_run(), fsw_cmm_longest()
 * against what they say section by section; what a claim, its end, a commit of a preparation and a kill do to each entry, all of
 * [first, limit) and no other, unsound entries left alone.
 *
 * sources: cmm/query.c cmm/map.c cmm/rules.c core/record.c
 * seconds: 20
 * unwind: 6 four sections and the one past them; fsw_cmm_longest() finds two runs at most
 * unwindset: memset.0:520 the counters of fsw_cmm_count()
 * mutant: cmm/query.c s/owner > area->instances \&\& owner != FSW_OWNER_SHARED/owner > area->instances + 1 \&\& owner != FSW_OWNER_SHARED/
 * mutant: cmm/query.c s/next.count > run->count/next.count >= run->count/
 * mutant: cmm/map.c s/|| entry == own) {/) {/
 * mutant: cmm/map.c s/if (!sound(cmm, word) || /if (/
 * mutant: cmm/map.c s/uint32_t wanted = own/uint32_t wanted = FSW_ENTRY_AVAILABLE | 2/
 * mutant: cmm/map.c s/== from \&\& sound(cmm, word))/== from)/
 * mutant: cmm/map.c s/if (entry == FSW_ENTRY_AVAILABLE)/if ((entry \& 0xff) == 0)/
 */
#include "cmm/cmm.h"
#include "proof.h"

#define SECTIONS 4
#define INSTANCES 3

static uint32_t map[SECTIONS];
static uint32_t before[SECTIONS]; /* opened */
static uint32_t after[SECTIONS];
static uint32_t pages[INSTANCES][2]; /* the state words are all that counts here */

static void restore(void)
{
	uint32_t i;

	for (i = 0; i < SECTIONS; i++)
		map[i] = fsw__guard(0, i) + (before[i] - fsw__unguard(fsw__guard(0, i), i));
}

static void look(void)
{
	uint32_t i;

	for (i = 0; i < SECTIONS; i++)
		after[i] = fsw__unguard(map[i], i);
}

static void queries(struct fsw_area *area)
{
	struct fsw_match match = { any_u32() & 0xffff, any_u32() & 0xffff };
	uint32_t from = any_u32();
	uint32_t which = any_u32();
	struct fsw_count count;
	struct fsw_run run = { 0, 0 };
	uint32_t i, sum, longest, at;
	int error, expected;

	expected = 0;
	for (i = SECTIONS; i-- > 0;) {
		uint32_t owner = before[i] & 0xff;

		if (!fsw__sound(before[i]))
			expected = FSW_ERR(ENTRY_CHECK);
		else if (!fsw_entry_legal(before[i]))
			expected = FSW_ERR(ENTRY_VALUE);
		else if (owner != 0 && owner != 255 && owner > area->instances)
			expected = FSW_ERR(ENTRY_OWNER);
		else
			continue;
		at = i;
	}
	error = fsw_cmm_verify(area);
	PROVE(error == expected && (!error || area->fault.index == at), "verify: the first that is wrong");

	sum = 0;
	expected = 0;
	ASSUME(which < 512);
	for (i = SECTIONS; i-- > 0;) {
		sum += (before[i] & 0x1ff) == which;
		if (!fsw__sound(before[i])) {
			expected = FSW_ERR(ENTRY_CHECK);
			at = i;
		}
	}
	error = fsw_cmm_count(area, &count);
	PROVE(error == expected && (!error || area->fault.index == at), "count: the first that is unsound");
	PROVE(error || count.of[which >> 8][which & 255] == sum, "count: how many there are of any kind");

	error = fsw_cmm_run(area, match, from, &run);
	PROVE(error <= 1, "run: found or not");
	if (error == 1) {
		PROVE(run.first >= from && run.count >= 1 && run.first < SECTIONS && run.count <= SECTIONS - run.first,
		      "run: in the map");
		for (i = 0; i < SECTIONS; i++) {
			if (i >= from && i < run.first)
				PROVE(fsw__sound(before[i]) && (before[i] & match.mask) != match.value, "run: the first");
			if (i >= run.first && i < run.first + run.count)
				PROVE(fsw__sound(before[i]) && (before[i] & match.mask) == match.value, "run: all match");
			if (i == run.first + run.count)
				PROVE(!fsw__sound(before[i]) || (before[i] & match.mask) != match.value, "run: none more");
		}
	}

	longest = 0;
	at = 0;
	sum = 0;
	expected = 0;
	for (i = 0; i < SECTIONS; i++) {
		if (!fsw__sound(before[i]))
			expected = FSW_ERR(ENTRY_CHECK);
		sum = (before[i] & match.mask) == match.value ? sum + 1 : 0;
		if (sum > longest) {
			longest = sum;
			at = i + 1 - sum;
		}
	}
	error = fsw_cmm_longest(area, match, &run);
	if (expected)
		PROVE(error == expected, "longest: unsound");
	else
		PROVE(error == (longest != 0) && run.count == longest && run.first == at, "longest: the lowest of equals");
}

static void changes(struct fsw_area *area)
{
	uint32_t first = any_u32();
	uint32_t limit = any_u32();
	uint32_t asker = any_u32();
	uint32_t from = any_u32();
	uint32_t i, expected, any;
	int marked;

	ASSUME(first <= limit && limit <= SECTIONS && asker >= 1 && asker <= 254 && from >= 1 && from <= 254);

	/* what fsw_open() makes sure of */
	for (i = 0; i < SECTIONS; i++)
		ASSUME(!fsw__sound(before[i]) || (before[i] & 0xff) <= INSTANCES || (before[i] & 0xff) == 255);
	restore();
	marked = fsw__map_request(area, first, limit, asker);
	look();
	any = 0;
	for (i = 0; i < SECTIONS; i++) {
		uint32_t owner = before[i] & 0xff;

		expected = before[i];
		if (i >= first && i < limit && before[i] >> 8 == 1 && owner != 0 && owner != 255 && owner != asker &&
		    fsw__unguard(pages[owner - 1][0], FSW_TAG_STATE + owner) == FSW_STATE_SLEEPING) {
			expected |= FSW_ENTRY_REQUESTED;
			any = 1;
		}
		PROVE(after[i] == expected, "request: movable memory of those who sleep");
	}
	PROVE((marked != 0) == any, "request: was there any");

	restore();
	fsw__map_unmark(area, first, limit, 0);
	look();
	for (i = 0; i < SECTIONS; i++) {
		expected = before[i];
		if (i >= first && i < limit && fsw__sound(before[i]))
			expected &= ~(uint32_t)FSW_ENTRY_MARKS;
		PROVE(after[i] == expected, "end: no marks");
	}

	restore();
	fsw__map_unmark(area, first, limit, asker);
	look();
	for (i = 0; i < SECTIONS; i++) {
		expected = before[i];
		if (i >= first && i < limit && fsw__sound(before[i]) && before[i] & FSW_ENTRY_MARKS) {
			expected &= ~(uint32_t)FSW_ENTRY_MARKS;
			if (expected == FSW_ENTRY_AVAILABLE)
				expected |= asker;
		}
		PROVE(after[i] == expected, "commit: what was marked and is free is the target's");
	}

	restore();
	fsw__map_take(area, from, asker);
	look();
	for (i = 0; i < SECTIONS; i++) {
		expected = before[i];
		if (fsw__sound(before[i]) && (before[i] & 0xff) == from)
			expected = FSW_ENTRY_AVAILABLE | FSW_ENTRY_CLAIMED | asker;
		PROVE(after[i] == expected, "take: all of the victim's");
	}
}

int main(void)
{
	const struct fsw_port port = { 0 };
	struct fsw_area area = { .port = &port, .cmm = map, .sections = SECTIONS, .instances = INSTANCES };
	uint32_t i;

	area.pages = (unsigned char *)pages;
	area.page_size = sizeof(pages[0]);
	for (i = 0; i < INSTANCES; i++)
		pages[i][0] = any_u32();
	for (i = 0; i < SECTIONS; i++)
		before[i] = any_u32();
	restore();
	look();
	for (i = 0; i < SECTIONS; i++)
		PROVE(after[i] == before[i], "any word");
	queries(&area);
	changes(&area);
	return 0;
}
