/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The main job, end to end: boot guests, switch, claim, leave, kill, die. */
#include "support.h"

static int setup(void **state)
{
	struct world *world = malloc(sizeof(*world));

	*state = world;
	world_make(world, WORLD_INSTANCES, WORLD_SECTIONS);
	world_populate(world, 2);
	return 0;
}

static int teardown(void **state)
{
	struct world *world = *state;

	assert_true(world->transitions_legal);
	assert_int_equal(fsw_open(&world->area, world->memory, world->size, &world->port), 0);
	world_free(world);
	free(world);
	return 0;
}

static void switches_back_and_forth(void **state)
{
	struct world *world = *state;
	int i;

	for (i = 0; i < 100; i++) {
		assert_int_equal(world_switch(world, 2), 0);
		assert_int_equal(world->executing, 2);
		assert_int_equal(world->last_result, FSW_RESULT_DONE);
		assert_int_equal(world_switch(world, 3), 0);
		assert_int_equal(world_switch(world, 1), 0);
		assert_int_equal(world->executing, 1);
	}
}

static void boots_through_a_reset(void **state)
{
	struct world *world = *state;
	struct fsw_load load = world_load(9, "third");

	assert_int_equal(world_prepare(world, 4, WORLD_ADDRESS(9), 1, 2), 0);
	assert_int_equal(fsw_load(&world->area, 1, 4, &load), 0);
	assert_int_equal(world_boot(world, 4, 0), 0);
	assert_int_equal(world->executing, 4);
	assert_int_equal(world->last_result, FSW_RESULT_DONE);
	assert_int_equal(world_switch(world, 1), 0);
}

static void claims_from_sleepers(void **state)
{
	struct world *world = *state;

	/* the master owns all but 5 and 7 of the movable ones: guest 2 claims from the master and guest 3 */
	assert_int_equal(world_switch(world, 2), 0);
	assert_int_equal(world_claim(world, 3, FSW_ANYWHERE), 0);
	assert_int_equal(world->executing, 2);
	assert_int_equal(world->last_result, FSW_RESULT_COLLECT);
	assert_int_equal(world->got, 3);
	assert_int_equal(world_entry(world, 8), FSW_ENTRY_AVAILABLE | 2);
	assert_int_equal(world_claim(world, 1, WORLD_ADDRESS(7)), 0);
	assert_int_equal(world->got, 1);
	assert_int_equal(world_entry(world, 7), FSW_ENTRY_AVAILABLE | 2);
	assert_int_equal(world_claim(world, 20, FSW_ANYWHERE), 0);
	assert_int_equal(world->got, 3);
	assert_int_equal(world_claim(world, 1, FSW_ANYWHERE), FSW_ERR(NOTHING));
}

static void leaves_and_is_inherited(void **state)
{
	struct world *world = *state;

	assert_int_equal(world_switch(world, 2), 0);
	assert_int_equal(world_terminate(world), 0);
	assert_int_equal(world->executing, 1);
	assert_int_equal(world->last_result, FSW_RESULT_INHERIT);
	assert_int_equal(world_entry(world, 4), FSW_ENTRY_AVAILABLE | 1);
	assert_int_equal(world_entry(world, 5), FSW_ENTRY_AVAILABLE | 1);
	assert_int_equal(world_switch(world, 2), FSW_ERR(EMPTY));
}

static void kills_a_sleeper(void **state)
{
	struct world *world = *state;

	assert_int_equal(world_kill(world, 3), 0);
	assert_int_equal(world_entry(world, 6), FSW_ENTRY_AVAILABLE | 1);
	assert_int_equal(world_kill(world, 3), FSW_ERR(EMPTY));
}

static void survives_the_death_of_a_guest(void **state)
{
	struct world *world = *state;
	struct fsw_advice advice;

	assert_int_equal(world_switch(world, 2), 0);
	advice = world_reset(world);
	assert_int_equal(advice.action, FSW_ACTION_RESUME);
	assert_int_equal(advice.why, FSW_WHY_DIED);
	assert_int_equal(advice.died, 2);
	assert_int_equal(world->executing, 1);
	assert_int_equal(world->last_result, FSW_RESULT_SURVIVED);
	assert_int_equal(world_switch(world, 2), FSW_ERR(STATE));
	assert_int_equal(world_kill(world, 2), 0);
	assert_int_equal(world_entry(world, 4), FSW_ENTRY_AVAILABLE | 1);
}

static void survives_the_death_of_all_but_one(void **state)
{
	struct world *world = *state;

	world_reset(world);
	assert_int_equal(world->executing, 3); /* the most recent sleeper: the master has no parent */
	world_reset(world);
	assert_int_equal(world->executing, 2);
	assert_int_equal(world_reset(world).action, FSW_ACTION_COLD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(switches_back_and_forth, setup, teardown),
		cmocka_unit_test_setup_teardown(boots_through_a_reset, setup, teardown),
		cmocka_unit_test_setup_teardown(claims_from_sleepers, setup, teardown),
		cmocka_unit_test_setup_teardown(leaves_and_is_inherited, setup, teardown),
		cmocka_unit_test_setup_teardown(kills_a_sleeper, setup, teardown),
		cmocka_unit_test_setup_teardown(survives_the_death_of_a_guest, setup, teardown),
		cmocka_unit_test_setup_teardown(survives_the_death_of_all_but_one, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
