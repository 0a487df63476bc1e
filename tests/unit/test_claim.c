/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Claim rounds: order, stop rules, and sleepers that cannot be reached (SPEC section 6). */
#include "support.h"

static int setup(void **state)
{
	struct world *world = malloc(sizeof(*world));

	*state = world;
	world_make(world, WORLD_INSTANCES, WORLD_SECTIONS);
	world_populate(world, 3);
	/* 2 has 4 and 5, 3 has 6 and 7, 4 has 8 and 9, each the first as kernel core; the master 10 to 13; 4 runs, with base 8 */
	world_switch(world, 4);
	return 0;
}

static int teardown(void **state)
{
	struct world *world = *state;
	uint32_t i;

	assert_true(world->transitions_legal);
	for (i = 0; i < WORLD_SECTIONS; i++)
		assert_int_equal(world_entry(world, i) & FSW_ENTRY_MARKS, 0);
	world_free(world);
	free(world);
	return 0;
}

/* Suspend, and tell who then executes. */
static uint32_t next_visited(struct world *world)
{
	assert_int_equal(world_suspend(world), FSW_GO_JUMP);
	return world->executing;
}

static void visits_in_order(void **state)
{
	struct world *world = *state;
	struct fsw_area *area = &world->area;
	struct fsw_outcome outcome;
	struct fsw_want want;

	/* 3 claims 10: its base is section 6, so that 7 is its own, and 5 is too low */
	world_switch(world, 3);
	assert_int_equal(fsw_want(area, 3, 10, FSW_ANYWHERE, &want), 0);
	assert_int_equal(want.first, 6);
	assert_int_equal(want.walk.missing, 10);
	assert_int_equal(fsw_want_free(area, 3, &want), 0);
	assert_int_equal(fsw_claim(area, 3, &want), 0);
	assert_int_equal(world_entry(world, 5), FSW_ENTRY_AVAILABLE | 2);
	assert_int_equal(world_entry(world, 9), FSW_ENTRY_AVAILABLE | FSW_ENTRY_REQUESTED | 4);
	assert_int_equal(world_entry(world, 7), FSW_ENTRY_AVAILABLE | 3);
	assert_int_equal(world_entry(world, 8), 4);

	assert_int_equal(next_visited(world), 1);
	assert_int_equal(fsw_acknowledge(area, 1, &outcome), 0);
	assert_int_equal(outcome.result, FSW_RESULT_VISIT);
	assert_int_equal(outcome.other, 3);
	assert_int_equal(outcome.walk.missing, 10);
	/* who is visited does not collect, nor is the requester visited */
	assert_int_equal(fsw_collect_next(area, 1, &outcome), FSW_ERR(NO_OPERATION));
	assert_int_equal(fsw_collect_end(area, 1), FSW_ERR(NO_OPERATION));
	assert_int_equal(fsw_visit_next(area, 1, &outcome), 1);
	assert_int_equal(outcome.walk.section, 10);
	assert_int_equal(world_entry(world, 10), FSW_ENTRY_AVAILABLE | FSW_ENTRY_REQUESTED | FSW_ENTRY_RELEASE_ORDER | 1);
	/* 10 will not go; 11 will */
	assert_int_equal(fsw_visit_next(area, 1, &outcome), 1);
	assert_int_equal(outcome.walk.section, 11);
	assert_int_equal(fsw_cmm_offline(area, 1, 11), 0);
	world->online[1][11] = 0;
	assert_int_equal(world_entry(world, 11),
			 FSW_ENTRY_AVAILABLE | FSW_ENTRY_REQUESTED | FSW_ENTRY_RELEASE_ORDER | FSW_ENTRY_RELEASE_RET);
	assert_int_equal(fsw_visit_next(area, 1, &outcome), 1);
	assert_int_equal(outcome.walk.section, 12);
	assert_int_equal(outcome.walk.missing, 9);
	assert_int_equal(fsw_visit_next(area, 1, &outcome), 1);
	assert_int_equal(fsw_visit_next(area, 1, &outcome), 0);
	assert_int_equal(fsw_pass(area, 1), 1);

	/* 2 has nothing above the base of 3, and is visited all the same */
	assert_int_equal(next_visited(world), 2);
	assert_int_equal(fsw_acknowledge(area, 2, &outcome), 0);
	assert_int_equal(outcome.result, FSW_RESULT_VISIT);
	assert_int_equal(fsw_visit_next(area, 2, &outcome), 0);
	assert_int_equal(fsw_pass(area, 2), 1);
	/* never the source; then 4 */
	assert_int_equal(next_visited(world), 4);
	assert_int_equal(fsw_acknowledge(area, 4, &outcome), 0);
	assert_int_equal(fsw_visit_next(area, 4, &outcome), 1);
	assert_int_equal(outcome.walk.section, 9);
	assert_int_equal(fsw_cmm_offline(area, 4, 9), 0);
	world->online[4][9] = 0;
	assert_int_equal(fsw_visit_next(area, 4, &outcome), 0);
	assert_int_equal(fsw_pass(area, 4), 1);
	/* all were tried */
	assert_int_equal(next_visited(world), 3);
	assert_int_equal(fsw_acknowledge(area, 3, &outcome), 0);
	assert_int_equal(outcome.result, FSW_RESULT_COLLECT);
	assert_int_equal(fsw_visit_next(area, 3, &outcome), FSW_ERR(NO_OPERATION));
	/* there is no more to pass */
	assert_int_equal(fsw_pass(area, 3), 0);
	assert_int_equal(fsw_collect_next(area, 3, &outcome), 1);
	assert_int_equal(outcome.walk.section, 9);
	assert_int_equal(fsw_cmm_online(area, 3, 9), 0);
	assert_int_equal(fsw_collect_next(area, 3, &outcome), 1);
	assert_int_equal(outcome.walk.section, 11);
	/* its kernel could not take 11: it stays free */
	assert_int_equal(fsw_collect_next(area, 3, &outcome), 0);
	assert_int_equal(outcome.walk.missing, 1);
	assert_int_equal(fsw_collect_end(area, 3), 0);
	assert_int_equal(world_entry(world, 11), FSW_ENTRY_AVAILABLE);
	assert_int_equal(world_entry(world, 10), FSW_ENTRY_AVAILABLE | 1);
}

static void stops_when_enough(void **state)
{
	struct world *world = *state;
	struct fsw_area *area = &world->area;
	struct fsw_outcome outcome;
	struct fsw_want want;

	assert_int_equal(fsw_want(area, 4, 2, FSW_ANYWHERE, &want), 0);
	assert_int_equal(fsw_claim(area, 4, &want), 0);
	assert_int_equal(next_visited(world), 1);
	assert_int_equal(fsw_acknowledge(area, 1, &outcome), 0);
	while (fsw_visit_next(area, 1, &outcome) == 1)
		assert_int_equal(fsw_cmm_offline(area, 1, outcome.walk.section), 0);
	assert_int_equal(outcome.walk.missing, 0);
	assert_int_equal(world_entry(world, 12), FSW_ENTRY_AVAILABLE | FSW_ENTRY_REQUESTED | 1);
	assert_int_equal(fsw_pass(area, 1), 1);
	assert_int_equal(next_visited(world), 4);
	world_wake(world);
	assert_int_equal(world->last_result, FSW_RESULT_COLLECT);
	assert_int_equal(world->got, 2);
}

static void exact_ranges(void **state)
{
	struct world *world = *state;
	struct fsw_area *area = &world->area;
	struct fsw_want want;

	/* partly its own, partly free, partly the master's, then excluded and shared ones, which it cannot have */
	assert_int_equal(world_switch(world, 1), 0);
	world->online[1][11] = 0;
	assert_int_equal(fsw_cmm_offline(area, 1, 11), 0);
	assert_int_equal(world_switch(world, 4), 0);
	assert_int_equal(fsw_want(area, 4, 7, WORLD_ADDRESS(9), &want), 0);
	assert_int_equal(want.walk.missing, 6);
	assert_int_equal(fsw_want_free(area, 4, &want), 1);
	assert_int_equal(want.walk.section, 11);
	/* not taken after all: still missing, and not named again */
	assert_int_equal(fsw_want_free(area, 4, &want), 0);
	assert_int_equal(want.walk.missing, 6);
	assert_int_equal(world_claim(world, 7, WORLD_ADDRESS(9)), 0);
	assert_int_equal(world->got, 3);
	assert_int_equal(world_entry(world, 11), FSW_ENTRY_AVAILABLE | 4);
	assert_int_equal(world_entry(world, 13), FSW_ENTRY_AVAILABLE | 4);
	assert_int_equal(world_entry(world, 14), FSW_OWNER_NONE);
	assert_int_equal(world_entry(world, 15), FSW_OWNER_SHARED);
	assert_int_equal(world_claim(world, 1, WORLD_ADDRESS(7)), FSW_ERR(BELOW_BASE));
	/* all of it its own already */
	assert_int_equal(world_claim(world, 2, WORLD_ADDRESS(12)), 0);
	/* kernel core of another */
	assert_int_equal(world_switch(world, 3), 0);
	assert_int_equal(world_claim(world, 1, WORLD_ADDRESS(8)), FSW_ERR(NOTHING));
	/* free ones are enough: no round */
	assert_int_equal(fsw_cmm_offline(area, 3, 7), 0);
	world->online[3][7] = 0;
	assert_int_equal(world_claim(world, 1, WORLD_ADDRESS(7)), 0);
	assert_int_equal(world_entry(world, 7), FSW_ENTRY_AVAILABLE | 3);
}

static void stray_writes(void **state)
{
	struct world *world = *state;
	struct fsw_area *area = &world->area;
	struct fsw_outcome outcome;
	struct fsw_want want;

	assert_int_equal(fsw_want(area, 4, 3, FSW_ANYWHERE, &want), 0);
	area->cmm[8] ^= 1u << 17;
	assert_int_equal(fsw_want_free(area, 4, &want), FSW_ERR(ENTRY_CHECK));
	assert_int_equal(area->fault.index, 8);
	area->cmm[8] ^= 1u << 17;
	area->cmm[12] ^= 1u << 17;
	assert_int_equal(fsw_claim(area, 4, &want), 0);
	assert_int_equal(next_visited(world), 1);
	assert_int_equal(fsw_acknowledge(area, 1, &outcome), 0);
	assert_int_equal(fsw_visit_next(area, 1, &outcome), 1);
	assert_int_equal(fsw_cmm_offline(area, 1, 10), 0);
	assert_int_equal(fsw_visit_next(area, 1, &outcome), 1);
	assert_int_equal(fsw_cmm_offline(area, 1, 11), 0);
	assert_int_equal(fsw_visit_next(area, 1, &outcome), FSW_ERR(ENTRY_CHECK));
	assert_int_equal(area->fault.index, 12);
	assert_int_equal(fsw_pass(area, 1), 1);
	assert_int_equal(next_visited(world), 2);
	assert_int_equal(fsw_acknowledge(area, 2, &outcome), 0);
	area->cmm[12] ^= 1u << 17;
	assert_int_equal(fsw_pass(area, 2), 1);
	assert_int_equal(next_visited(world), 3);
	world_wake(world);
	assert_int_equal(world->executing, 4);
	assert_int_equal(world->got, 2);
}

/* More came back than was asked for: what a kernel released of itself counts, and nothing goes below zero. */
static void more_than_enough(void **state)
{
	struct world *world = *state;
	struct fsw_area *area = &world->area;
	struct fsw_outcome outcome;
	struct fsw_want want;

	assert_int_equal(fsw_want(area, 4, 1, FSW_ANYWHERE, &want), 0);
	assert_int_equal(fsw_claim(area, 4, &want), 0);
	assert_int_equal(next_visited(world), 1);
	assert_int_equal(fsw_cmm_offline(area, 1, 10), 0);
	assert_int_equal(fsw_cmm_offline(area, 1, 11), 0);
	world->online[1][10] = world->online[1][11] = 0;
	assert_int_equal(fsw_acknowledge(area, 1, &outcome), 0);
	assert_int_equal(outcome.walk.missing, 0);
	assert_int_equal(fsw_visit_next(area, 1, &outcome), 0);
	assert_int_equal(fsw_pass(area, 1), 1);
	assert_int_equal(next_visited(world), 4);
	/* every released section is taken */
	world_wake(world);
	assert_int_equal(world->got, 2);
	assert_int_equal(world_entry(world, 11), FSW_ENTRY_AVAILABLE | 4);
}

static uint32_t *sar_of(struct world *world, uint32_t id)
{
	return world_page(world, id, FSW_PAGE_SAR);
}

static void skips_the_unreachable(void **state)
{
	struct world *world = *state;
	struct fsw_want want;

	/* known to be so beforehand */
	*sar_of(world, 1) ^= 1;
	*sar_of(world, 3) ^= 1;
	assert_int_equal(fsw_want(&world->area, 4, 3, FSW_ANYWHERE, &want), 0);
	assert_int_equal(fsw_claim(&world->area, 4, &want), 0);
	assert_int_equal(world_operation(world)->target, 2);
	assert_int_equal(next_visited(world), 2);
	world_wake(world);
	assert_int_equal(world->executing, 4);
	assert_int_equal(world->got, 0);
	assert_int_equal(world_operation(world)->skipped[0], 1 << 1 | 1 << 3);
	*sar_of(world, 1) ^= 1;

	/* found out in the hand-over */
	*sar_of(world, 3) ^= 1;
	assert_int_equal(fsw_claim(&world->area, 4, &want), 0);
	assert_int_equal(world_operation(world)->target, 1);
	*sar_of(world, 1) ^= 1;
	assert_int_equal(world_suspend(world), FSW_ERR(SAR_MAGIC));
	world_wake(world);
	assert_int_equal(world->executing, 4);
	assert_int_equal(world->last_result, FSW_RESULT_COLLECT);
	assert_int_equal(world_operation(world)->skipped[0], 1 << 1);
	*sar_of(world, 1) ^= 1;

	/* nobody at all: the requester never left */
	assert_int_equal(fsw_claim(&world->area, 4, &want), 0);
	*sar_of(world, 1) ^= 1;
	*sar_of(world, 2) ^= 1;
	*sar_of(world, 3) ^= 1;
	assert_int_equal(world_suspend(world), FSW_ERR(SAR_MAGIC));
	world_wake(world);
	assert_int_equal(world->executing, 4);
	assert_int_equal(world->last_result, FSW_RESULT_COLLECT);
	assert_int_equal(world_operation(world)->skipped[0], 1 << 1 | 1 << 2 | 1 << 3);
	assert_int_equal(fsw_claim(&world->area, 4, &want), FSW_ERR(NOBODY));
}

static void loses_the_requester(void **state)
{
	struct world *world = *state;
	struct fsw_want want;
	struct fsw_outcome outcome;

	/* its page is damaged while the round is on: whoever was visited goes on, and what it released is free */
	assert_int_equal(fsw_want(&world->area, 4, 1, FSW_ANYWHERE, &want), 0);
	assert_int_equal(fsw_claim(&world->area, 4, &want), 0);
	assert_int_equal(next_visited(world), 1);
	assert_int_equal(fsw_acknowledge(&world->area, 1, &outcome), 0);
	assert_int_equal(fsw_visit_next(&world->area, 1, &outcome), 1);
	assert_int_equal(fsw_cmm_offline(&world->area, 1, 10), 0);
	assert_int_equal(fsw_pass(&world->area, 1), 1);
	*sar_of(world, 4) ^= 1;
	assert_int_equal(world_suspend(world), FSW_ERR(SAR_MAGIC));
	assert_int_equal(fsw_acknowledge(&world->area, 1, &outcome), 0);
	assert_int_equal(outcome.result, FSW_RESULT_UNDONE);
	assert_int_equal(outcome.error, FSW_ERR(UNREACHABLE));
	assert_int_equal(world_entry(world, 10), FSW_ENTRY_AVAILABLE);
	/* what kept it may be mended: it is not given up */
	*sar_of(world, 4) ^= 1;
	assert_int_equal(world_switch(world, 4), 0);
}

static void interrupted_on_the_way(void **state)
{
	struct world *world = *state;
	struct fsw_want want;
	struct fsw_outcome outcome;

	/* the requester could not suspend */
	assert_int_equal(fsw_want(&world->area, 4, 1, FSW_ANYWHERE, &want), 0);
	assert_int_equal(fsw_claim(&world->area, 4, &want), 0);
	assert_int_equal(fsw_acknowledge(&world->area, 4, &outcome), 0);
	assert_int_equal(outcome.result, FSW_RESULT_UNDONE);
	assert_int_equal(outcome.error, FSW_ERR(INTERRUPTED));
	assert_int_equal(world_entry(world, 10), FSW_ENTRY_AVAILABLE | 1);

	/* a visited one could not, at first; nobody is visited twice or left out */
	assert_int_equal(fsw_want(&world->area, 4, 9, FSW_ANYWHERE, &want), 0);
	assert_int_equal(fsw_claim(&world->area, 4, &want), 0);
	assert_int_equal(next_visited(world), 1);
	assert_int_equal(fsw_acknowledge(&world->area, 1, &outcome), 0);
	assert_int_equal(fsw_pass(&world->area, 1), 1);
	assert_int_equal(fsw_acknowledge(&world->area, 1, &outcome), 0);
	assert_int_equal(outcome.result, FSW_RESULT_PASS);
	assert_int_equal(fsw_pass(&world->area, 1), 1);
	assert_int_equal(fsw_arm(&world->area, 1, 0, 0x1004, 0xa1), 1);
	assert_int_equal(fsw_acknowledge(&world->area, 1, &outcome), 0);
	assert_int_equal(outcome.result, FSW_RESULT_PASS);
	assert_int_equal(fsw_pass(&world->area, 1), 1);
	assert_int_equal(next_visited(world), 2);
	assert_int_equal(fsw_acknowledge(&world->area, 2, &outcome), 0);
	/* it gives up: the requester sleeps on and can be switched to */
	assert_int_equal(fsw_cancel(&world->area, 2), 0);
	assert_int_equal(world_switch(world, 4), 0);
	assert_int_equal(world->last_result, FSW_RESULT_DONE);

	/* on the last leg, back to the requester */
	assert_int_equal(fsw_claim(&world->area, 4, &want), 0);
	assert_int_equal(next_visited(world), 1);
	assert_int_equal(fsw_acknowledge(&world->area, 1, &outcome), 0);
	assert_int_equal(fsw_pass(&world->area, 1), 1);
	assert_int_equal(next_visited(world), 2);
	assert_int_equal(fsw_acknowledge(&world->area, 2, &outcome), 0);
	assert_int_equal(fsw_pass(&world->area, 2), 1);
	assert_int_equal(next_visited(world), 3);
	assert_int_equal(fsw_acknowledge(&world->area, 3, &outcome), 0);
	assert_int_equal(fsw_pass(&world->area, 3), 1);
	assert_int_equal(fsw_acknowledge(&world->area, 3, &outcome), 0);
	assert_int_equal(fsw_pass(&world->area, 3), 1);
	assert_int_equal(next_visited(world), 4);
	world_wake(world);
	assert_int_equal(world->last_result, FSW_RESULT_COLLECT);
}

static void the_dead_and_the_loaded_are_not_visited(void **state)
{
	struct world *world = *state;

	/* 4 dies; the master loads a new 4 after killing it; 3 claims */
	world_reset(world);
	assert_int_equal(world->executing, 1);
	assert_int_equal(world_kill(world, 4), 0);
	assert_int_equal(world_prepare(world, 4, WORLD_ADDRESS(12), 1, 2), 0);
	{
		struct fsw_load load = world_load(12, "loaded");

		assert_int_equal(fsw_load(&world->area, 1, 4, &load), 0);
	}
	assert_int_equal(world_switch(world, 3), 0);
	assert_int_equal(world_claim(world, 10, FSW_ANYWHERE), 0);
	assert_int_equal(world->got, 4);
	assert_int_equal(world_entry(world, 12), FSW_ENTRY_AVAILABLE | 4);
}

static void cut_short_by_a_reset(void **state)
{
	struct world *world = *state;
	struct fsw_area *area = &world->area;
	struct fsw_outcome outcome;
	struct fsw_want want;
	struct fsw_advice advice;

	assert_int_equal(fsw_want(area, 4, 3, FSW_ANYWHERE, &want), 0);
	assert_int_equal(fsw_claim(area, 4, &want), 0);
	assert_int_equal(next_visited(world), 1);
	assert_int_equal(fsw_acknowledge(area, 1, &outcome), 0);
	assert_int_equal(fsw_visit_next(area, 1, &outcome), 1);
	assert_int_equal(fsw_cmm_offline(area, 1, 10), 0);
	advice = world_reset(world);
	assert_int_equal(advice.action, FSW_ACTION_RESUME);
	assert_int_equal(advice.why, FSW_WHY_CLAIM);
	assert_int_equal(advice.died, 1);
	assert_int_equal(advice.undone, FSW_MODE_CLAIM);
	assert_int_equal(world->executing, 4);
	assert_int_equal(world->last_result, FSW_RESULT_COLLECT);
	assert_int_equal(world->got, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(visits_in_order, setup, teardown),
		cmocka_unit_test_setup_teardown(stops_when_enough, setup, teardown),
		cmocka_unit_test_setup_teardown(exact_ranges, setup, teardown),
		cmocka_unit_test_setup_teardown(stray_writes, setup, teardown),
		cmocka_unit_test_setup_teardown(more_than_enough, setup, teardown),
		cmocka_unit_test_setup_teardown(skips_the_unreachable, setup, teardown),
		cmocka_unit_test_setup_teardown(loses_the_requester, setup, teardown),
		cmocka_unit_test_setup_teardown(interrupted_on_the_way, setup, teardown),
		cmocka_unit_test_setup_teardown(the_dead_and_the_loaded_are_not_visited, setup, teardown),
		cmocka_unit_test_setup_teardown(cut_short_by_a_reset, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
