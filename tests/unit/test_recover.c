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
	*world_parent_word(world, 2) ^= 1;
	world->seen_state[2] = 0xff;
	advice = recovered(world);
	assert_int_equal(advice.condemned, 2);
	assert_int_equal(advice.died, 1);
	assert_int_equal(advice.instance, 4);
	assert_int_equal(fsw_open(&world->area, world->memory, world->size, &world->port), 0);
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

/* Stop what `run` does before its n-th store or barrier counted from the end. */
static void stopped_before_the_end(struct world *world, void (*run)(struct world *world), unsigned long n)
{
	unsigned char *memory = malloc(world->size);
	static struct world before; /* static: kept across longjmp() */
	unsigned long points;

	memcpy(memory, world->memory, world->size);
	before = *world;
	world->points = 0;
	run(world);
	points = world->points;
	before.log = world->log;
	before.log_size = world->log_size;
	*world = before;
	memcpy(world->memory, memory, world->size);
	free(memory);
	world->points = 0;
	world->stop_at = points - n;
	if (setjmp(world->stopped) == 0)
		run(world);
	world->stop_at = 0;
}

static void kill_3(struct world *world)
{
	memset(world->online[3], 0, sizeof(world->online[3]));
	assert_int_equal(fsw_kill(&world->area, 1, 3), 0);
}

static void a_kill_is_completed(void **state)
{
	struct world *world = *state;
	struct fsw_instance instance;
	struct fsw_advice advice;

	stopped_before_the_end(world, kill_3, 500);
	advice = recovered(world);
	assert_int_equal(advice.undone, FSW_MODE_NONE);
	assert_int_equal(advice.died, 1);
	assert_int_equal(fsw_instance_get(&world->area, 3, &instance), 0);
	assert_int_equal(instance.state, FSW_STATE_EMPTY);
	assert_int_equal(world_entry(world, 6), FSW_ENTRY_AVAILABLE);
}

static void hand_over(struct world *world)
{
	struct fsw_jump jump;

	memcpy(world->expected[2], world->registers, sizeof(world->registers));
	assert_int_equal(fsw_handover(world->memory, &world->handover, &jump), FSW_GO_JUMP);
}

static void what_was_handed_over_is_completed(void **state)
{
	struct world *world = *state;
	struct fsw_instance instance;
	struct fsw_advice advice;

	/* before the last store of the hand-over: the target owns the machine and has not run */
	assert_int_equal(world_switch(world, 2), 0);
	assert_int_equal(fsw_switch(&world->area, 2, 3), 0);
	assert_int_equal(fsw_arm(&world->area, 2, 0, 0x2004, 0xa2), 1);
	stopped_before_the_end(world, hand_over, 1);
	advice = recovered(world);
	assert_int_equal(advice.why, FSW_WHY_COMPLETED);
	assert_int_equal(advice.instance, 3);
	assert_int_equal(advice.died, 0);
	assert_int_equal(advice.undone, FSW_MODE_NONE);
	world_reset(world);
	assert_int_equal(world->executing, 3);
	assert_int_equal(fsw_instance_get(&world->area, 2, &instance), 0);
	assert_int_equal(instance.state, FSW_STATE_SLEEPING);

	/* the same with one that leaves for good: it is gone, and its heir has all */
	assert_int_equal(world_switch(world, 2), 0);
	assert_int_equal(fsw_terminate(&world->area, 2), 0);
	memset(world->online[2], 0, sizeof(world->online[2]));
	assert_int_equal(fsw_arm(&world->area, 2, 0, 0x2004, 0xa2), 1);
	stopped_before_the_end(world, hand_over, 1);
	world_reset(world);
	assert_int_equal(world->executing, 1);
	assert_int_equal(fsw_instance_get(&world->area, 2, &instance), 0);
	assert_int_equal(instance.state, FSW_STATE_EMPTY);
	assert_int_equal(world_entry(world, 4), FSW_ENTRY_AVAILABLE | 1);
}

static void the_requester_is_gone_too(void **state)
{
	struct world *world = *state;
	struct fsw_advice advice;
	struct fsw_want want;

	/* the source of a round cannot be resumed after the reset */
	assert_int_equal(world_switch(world, 2), 0);
	assert_int_equal(fsw_want(&world->area, 2, 1, FSW_ANYWHERE, &want), 0);
	assert_int_equal(fsw_claim(&world->area, 2, &want), 0);
	assert_int_equal(world_suspend(world), FSW_GO_JUMP);
	assert_int_equal(world->executing, 1);
	*(uint32_t *)world_page(world, 2, FSW_PAGE_RESUME) ^= 1;
	advice = recovered(world);
	assert_int_equal(advice.condemned, 1);
	assert_int_equal(advice.died, 1);
	assert_int_equal(advice.instance, 4);
	assert_int_equal(advice.undone, FSW_MODE_CLAIM);
}

static void what_nobody_came_for_is_free(void **state)
{
	struct world *world = *state;
	struct fsw_advice advice;

	/* given to an instance that was never loaded; and a boot that did not get as far as its reset */
	assert_int_equal(world_kill(world, 4), 0);
	assert_int_equal(world_prepare(world, 4, WORLD_ADDRESS(12), 1, 2), 0);
	advice = recovered(world);
	assert_int_equal(advice.died, 1);
	assert_int_equal(world_entry(world, 12), FSW_ENTRY_AVAILABLE);
	assert_int_equal(world_entry(world, 13), FSW_ENTRY_AVAILABLE);
}

static void a_boot_without_its_reset(void **state)
{
	struct world *world = *state;
	struct fsw_load load = world_load(12, "late");
	struct fsw_advice advice;
	struct fsw_instance instance;

	assert_int_equal(world_kill(world, 4), 0);
	assert_int_equal(world_prepare(world, 4, WORLD_ADDRESS(12), 1, 2), 0);
	assert_int_equal(fsw_load(&world->area, 1, 4, &load), 0);
	assert_int_equal(fsw_boot(&world->area, 1, 4, 0), 0);
	advice = recovered(world);
	assert_int_equal(advice.action, FSW_ACTION_RESUME);
	assert_int_equal(advice.died, 1);
	assert_int_equal(advice.undone, FSW_MODE_BOOT);
	assert_int_equal(fsw_instance_get(&world->area, 4, &instance), 0);
	assert_int_equal(instance.state, FSW_STATE_LOADED);
	assert_int_equal(world_entry(world, 12), FSW_ENTRY_AVAILABLE | 4);
}

static void one_that_wanted_to_leave_is_dead(void **state)
{
	struct world *world = *state;
	struct fsw_advice advice;

	assert_int_equal(world_switch(world, 3), 0);
	assert_int_equal(fsw_terminate(&world->area, 3), 0);
	advice = recovered(world);
	assert_int_equal(advice.died, 3);
	assert_int_equal(advice.undone, FSW_MODE_TERMINATE);
	assert_int_equal(advice.instance, 1);
	assert_int_equal(world_entry(world, 6), 3);
}

/* The most recent sleeper is not the one with the highest id. */
static void most_recent(void **state)
{
	struct world *world = *state;

	assert_int_equal(world_switch(world, 2), 0);
	assert_int_equal(world_switch(world, 1), 0);
	assert_int_equal(recovered(world).instance, 2);
}

static void nothing_to_start(void **state)
{
	struct world *world = *state;
	struct fsw_jump jump;

	assert_int_equal(fsw_start(world->memory, &world->handover, &jump), FSW_ERR(NO_OPERATION));
	/* what waits for a start is not handed over */
	recovered(world);
	assert_int_equal(fsw_handover(world->memory, &world->handover, &jump), FSW_GO_ON);
}

static void start_it(struct world *world)
{
	struct fsw_jump jump;

	assert_int_equal(fsw_start(world->memory, &world->handover, &jump), FSW_GO_JUMP);
}

/* A second reset, between the stores of the start: nothing is forgotten, and an image that has not begun begins. */
static void a_start_cut_short(void **state)
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
	assert_int_equal(fsw_handover(world->memory, &world->handover, &jump), FSW_GO_RESET);
	stopped_before_the_end(world, start_it, 1);
	advice = recovered(world);
	assert_int_equal(advice.action, FSW_ACTION_BOOT);
	assert_int_equal(advice.why, FSW_WHY_BOOT);
	assert_int_equal(advice.instance, 4);
	start_it(world);

	/* now it dies, and so does the start of its parent */
	advice = recovered(world);
	assert_int_equal(advice.died, 4);
	stopped_before_the_end(world, start_it, 1);
	advice = recovered(world);
	assert_int_equal(advice.instance, 1);
	assert_int_equal(advice.died, 4);
	assert_int_equal(advice.why, FSW_WHY_DIED);
}

static void nothing_sound_to_start(void **state)
{
	struct world *world = *state;
	struct fsw_operation *operation;
	struct fsw_jump jump;

	recovered(world);
	operation = world_operation(world);
	operation->target = 9;
	assert_int_equal(fsw_start(world->memory, &world->handover, &jump), FSW_ERR(OPERATION_CRC));
	world_put_record(operation, sizeof(*operation));
	assert_int_equal(fsw_start(world->memory, &world->handover, &jump), FSW_ERR(OPERATION));
	*world_switch_word(world) ^= 1;
	assert_int_equal(fsw_start(world->memory, &world->handover, &jump), FSW_ERR(SWITCH_WORD));
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
		cmocka_unit_test_setup_teardown(a_kill_is_completed, setup, teardown),
		cmocka_unit_test_setup_teardown(what_was_handed_over_is_completed, setup, teardown),
		cmocka_unit_test_setup_teardown(the_requester_is_gone_too, setup, teardown),
		cmocka_unit_test_setup_teardown(what_nobody_came_for_is_free, setup, teardown),
		cmocka_unit_test_setup_teardown(a_boot_without_its_reset, setup, teardown),
		cmocka_unit_test_setup_teardown(one_that_wanted_to_leave_is_dead, setup, teardown),
		cmocka_unit_test_setup_teardown(a_start_cut_short, setup, teardown),
		cmocka_unit_test_setup_teardown(nothing_sound_to_start, setup, teardown),
		cmocka_unit_test_setup_teardown(most_recent, setup, teardown),
		cmocka_unit_test_setup_teardown(nothing_to_start, setup, teardown),
		cmocka_unit_test_setup_teardown(a_claimed_section_survives_with_its_owner, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
