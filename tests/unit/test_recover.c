/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* After a reset: who goes on, why, and what damage costs. Interruption at each store is in tests/crash. */
#include "support.h"

static int setup(void **state)
{
	struct world *world = malloc(sizeof(*world));

	*state = world;
	world_make(world, WORLD_INSTANCES, WORLD_SECTIONS);
	world_populate(world, 3);
	return 0;
}

static int teardown(void **state)
{
	struct world *world = *state;

	assert_true(world->transitions_legal);
	world_free(world);
	free(world);
	return 0;
}

static struct fsw_advice recovered(struct world *world)
{
	struct fsw_advice advice;

	assert_int_equal(fsw_recover(&world->area, world->memory, world->size, &world->port, &advice), 0);
	return advice;
}

static void not_set_up(void **state)
{
	struct world *world = *state;
	struct fsw_advice advice;

	assert_int_equal(fsw_format(world->memory, world->size, &world->geometry, &world->port), 0);
	advice = recovered(world);
	assert_int_equal(advice.action, FSW_ACTION_COLD);
	assert_int_equal(advice.why, FSW_WHY_NOT_READY);
}

static void again_and_again(void **state)
{
	struct world *world = *state;
	struct fsw_advice first, again;
	struct fsw_jump jump;

	assert_int_equal(world_switch(world, 3), 0);
	first = recovered(world);
	assert_int_equal(first.action, FSW_ACTION_RESUME);
	assert_int_equal(first.why, FSW_WHY_DIED);
	assert_int_equal(first.instance, 1);
	assert_int_equal(first.died, 3);
	assert_int_equal(first.undone, FSW_MODE_NONE);
	again = recovered(world);
	assert_memory_equal(&first, &again, sizeof(first));
	/* whom it advised cannot be resumed: the next in order, and it is not asked again */
	*(uint32_t *)world_page(world, 1, FSW_PAGE_RESUME) ^= 1;
	assert_int_equal(fsw_start(world->memory, &world->handover, &jump), FSW_ERR(RESUME_CRC));
	assert_int_equal(fsw__state(&world->area, 1), FSW_STATE_DEAD | FSW_CAUSE_REFUSED << 8);
	again = recovered(world);
	assert_int_equal(again.instance, 4);
	assert_int_equal(again.died, 3);
	assert_int_equal(again.why, FSW_WHY_DIED);
	assert_int_equal(fsw_start(world->memory, &world->handover, &jump), FSW_GO_JUMP);
}

static void the_platform_refuses(void **state)
{
	struct world *world = *state;

	/* no blob is allowed any more: each instance is refused in turn, then there is nobody; no loop */
	world->handover.table.count = 0;
	assert_int_equal(world_reset(world).action, FSW_ACTION_RESUME);
	assert_int_equal(world->executing, 0);
	assert_int_equal(recovered(world).why, FSW_WHY_NOBODY);
}

static void a_boot_that_cannot_be(void **state)
{
	struct world *world = *state;
	struct fsw_load load = world_load(12, "late");
	struct fsw_advice advice;
	struct fsw_jump jump;

	assert_int_equal(world_kill(world, 4), 0);
	assert_int_equal(world_prepare(world, 4, WORLD_ADDRESS(12), 1, 1), 0);
	assert_int_equal(fsw_load(&world->area, 1, 4, &load), 0);
	assert_int_equal(fsw_boot(&world->area, 1, 4, 0), 0);
	assert_int_equal(fsw_arm(&world->area, 1, 0, 0x1004, 0xa1), 1);
	memcpy(world->expected[1], world->registers, sizeof(world->registers));
	assert_int_equal(fsw_handover(world->memory, &world->handover, &jump), FSW_GO_RESET);
	advice = recovered(world);
	assert_int_equal(advice.action, FSW_ACTION_BOOT);
	assert_int_equal(advice.why, FSW_WHY_BOOT);
	assert_int_equal(advice.instance, 4);
	/* the load record is damaged now */
	*(uint32_t *)world_page(world, 4, FSW_PAGE_LOAD) ^= 1;
	assert_int_equal(fsw_start(world->memory, &world->handover, &jump), FSW_ERR(LOAD_CRC));
	advice = recovered(world);
	assert_int_equal(advice.action, FSW_ACTION_RESUME);
	assert_int_equal(advice.why, FSW_WHY_UNDONE);
	assert_int_equal(advice.instance, 1);
	assert_int_equal(advice.undone, FSW_MODE_BOOT);
	memset(world->registers, 0, sizeof(world->registers));
	world_reset(world);
	assert_int_equal(world->executing, 1);
	assert_int_equal(world->last_result, FSW_RESULT_SURVIVED);
}

static void damage_costs_one(void **state)
{
	struct world *world = *state;
	struct fsw_advice advice;
	struct fsw_instance instance;

	assert_int_equal(world_switch(world, 2), 0);
	*(uint32_t *)world_page(world, 1, FSW_PAGE_LOAD) ^= 1;
	*(uint32_t *)world_page(world, 3, FSW_PAGE_SAR + 8) ^= 1;
	*world_parent_word(world, 4) ^= 1;
	*world_parent_word(world, 1) = fsw__guard(200, FSW_TAG_PARENT + 1);
	advice = recovered(world);
	assert_int_equal(advice.condemned, 2);
	assert_int_equal(advice.instance, 4);
	assert_int_equal(fsw_instance_get(&world->area, 1, &instance), 0);
	assert_int_equal(instance.state, FSW_STATE_DEAD);
	assert_int_equal(instance.cause, FSW_CAUSE_CORRUPT);
	assert_int_equal(instance.parent, 0);
	assert_null(instance.load);
	assert_int_equal(fsw_instance_get(&world->area, 4, &instance), 0);
	assert_int_equal(instance.parent, 1);
	assert_int_equal(fsw_open(&world->area, world->memory, world->size, &world->port), 0);
	/* elsewhere it is refused by name */
	world->area.cmm[3] ^= 1;
	assert_int_equal(fsw_recover(&world->area, world->memory, world->size, &world->port, &advice), FSW_ERR(ENTRY_CHECK));
}

/* A state word beyond reading on a page that also has a bad parent */
static void damage_twice_in_one_page(void **state)
{
	struct world *world = *state;
	struct fsw_advice advice;

	*world_parent_word(world, 3) ^= 1;
	*(uint32_t *)world_page(world, 3, FSW_PAGE_LOAD) ^= 1;
	*world_state_word(world, 2) ^= 1;
	world->seen_state[2] = 0xff;
	advice = recovered(world);
	assert_int_equal(advice.condemned, 2);
	assert_int_equal(advice.died, 1);
	assert_int_equal(advice.instance, 4);
}

static void what_the_dead_were_given(void **state)
{
	struct world *world = *state;

	/* the master takes 3's sections by force and dies before it used them: they are free, not the dead's */
	assert_int_equal(fsw_kill(&world->area, 1, 3), 0);
	assert_int_equal(world_entry(world, 6), FSW_ENTRY_AVAILABLE | FSW_ENTRY_CLAIMED | 1);
	memset(world->online[3], 0, sizeof(world->online[3]));
	world_reset(world);
	assert_int_equal(world_entry(world, 6), FSW_ENTRY_AVAILABLE);
	assert_int_equal(world_entry(world, 7), FSW_ENTRY_AVAILABLE);
	assert_int_equal(world_entry(world, 0), 1);
}

static void a_claimed_section_survives_with_its_owner(void **state)
{
	struct world *world = *state;

	assert_int_equal(fsw_kill(&world->area, 1, 3), 0);
	memset(world->online[3], 0, sizeof(world->online[3]));
	assert_int_equal(world_switch(world, 2), 0);
	world_reset(world);
	/* resumed, it took what it had been given */
	assert_int_equal(world->executing, 1);
	assert_int_equal(world_entry(world, 6), FSW_ENTRY_AVAILABLE | 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(not_set_up, setup, teardown),
		cmocka_unit_test_setup_teardown(again_and_again, setup, teardown),
		cmocka_unit_test_setup_teardown(the_platform_refuses, setup, teardown),
		cmocka_unit_test_setup_teardown(a_boot_that_cannot_be, setup, teardown),
		cmocka_unit_test_setup_teardown(damage_costs_one, setup, teardown),
		cmocka_unit_test_setup_teardown(damage_twice_in_one_page, setup, teardown),
		cmocka_unit_test_setup_teardown(what_the_dead_were_given, setup, teardown),
		cmocka_unit_test_setup_teardown(a_claimed_section_survives_with_its_owner, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
