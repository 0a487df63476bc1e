/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The map of the cores: one owner, never used again before it is in the pen, all back after a reset. */
#include "support.h"

#define CORES 4
#define KERNEL 0x80008000ull
#define ARGUMENT 0x1122334455667788ull

static int setup(void **state)
{
	struct world *world = malloc(sizeof(*world));
	uint32_t core;

	*state = world;
	world_make_cores(world, WORLD_INSTANCES, WORLD_SECTIONS, CORES);
	world_populate(world, 2);
	/* the bootloader has sent all but the one it runs on */
	for (core = 1; core < CORES; core++)
		world_core_arrives(world, core);
	return 0;
}

static int teardown(void **state)
{
	struct world *world = *state;

	world_free(world);
	free(world);
	return 0;
}

#define UNCHANGED(call, error)                                         \
	do {                                                           \
		unsigned char *copy = malloc(world->size);             \
		memcpy(copy, world->memory, world->size);              \
		assert_int_equal(call, error);                         \
		assert_memory_equal(copy, world->memory, world->size); \
		free(copy);                                            \
	} while (0)

#define CORE(number, expected_state, expected_owner, here)                       \
	do {                                                                     \
		struct fsw_core core_;                                           \
		assert_int_equal(fsw_core_get(&world->area, number, &core_), 0); \
		assert_int_equal(core_.state, expected_state);                   \
		assert_int_equal(core_.owner, expected_owner);                   \
		assert_int_equal(core_.arrived, here);                           \
	} while (0)

static void take_and_leave(struct world *world, uint32_t core)
{
	assert_int_equal(fsw_core_take(&world->area, 1, core, KERNEL, ARGUMENT), 0);
	assert_true(world_core_goes(world, core) == KERNEL);
}

static void has_a_place(void **state)
{
	struct world world;
	uint32_t plain, size, cores;

	(void)state;
	world_make(&world, 2, 16);
	plain = world.size;
	assert_int_equal(world.area.header->geometry.cores, 0);
	assert_int_equal(world.area.header->geometry.cores_offset, 0);
	assert_int_equal(world.area.header->last_compat, FSW_AREA_LAST_COMPAT);
	for (cores = 1; cores <= FSW_CORES_MAX; cores++) {
		world.geometry.cores = cores;
		assert_int_equal(fsw_area_size(&world.geometry, &size), 0);
		assert_int_equal(size, plain + FSW_BLOCK_SIZE);
	}
	world.geometry.cores = FSW_CORES_MAX + 1;
	assert_int_equal(fsw_area_size(&world.geometry, &size), FSW_ERR(CORES));
	assert_int_equal(fsw_format(world.memory, world.size, &world.geometry, &world.port), FSW_ERR(CORES));
	world_free(&world);

	for (cores = 1; cores <= FSW_CORES_MAX; cores += 21) {
		world_make_cores(&world, 2, 16, cores);
		assert_int_equal(world.area.header->geometry.cores_offset, plain);
		assert_int_equal(world.area.header->last_compat, FSW_AREA_LAST_COMPAT_CORES);
		world_free(&world);
	}
}

static void header_is_checked(void **state)
{
	struct world *world = *state;
	struct fsw_header *header = (struct fsw_header *)(void *)world->memory;
	const struct fsw_header good = *header;
	struct fsw_area area;

#define HEADER(member, value, error)                                                         \
	do {                                                                                 \
		header->geometry.member = value;                                             \
		world_put_record(header, sizeof(*header));                                   \
		assert_int_equal(fsw_open(&area, header, world->size, &world->port), error); \
		*header = good;                                                              \
	} while (0)
	HEADER(cores, FSW_CORES_MAX + 1, FSW_ERR(CORES));
	HEADER(cores, 0, FSW_ERR(LAYOUT));
	HEADER(cores_offset, 0, FSW_ERR(LAYOUT));
	HEADER(cores_offset, good.geometry.pages_offset, FSW_ERR(LAYOUT));
	HEADER(cores, CORES - 1, 0);
	/* without room for the block */
	header->size -= FSW_BLOCK_SIZE;
	world_put_record(header, sizeof(*header));
	assert_int_equal(fsw_open(&area, header, world->size, &world->port), FSW_ERR(LAYOUT));
}

static void words_are_checked(void **state)
{
	struct world *world = *state;
	struct fsw_core now;
	struct fsw_area area;
	uint32_t core;

#define FOUND(expected)                                                                                \
	do {                                                                                           \
		assert_int_equal(fsw_core_get(&world->area, core, &now), expected);                    \
		assert_int_equal(world->area.fault.error, expected);                                   \
		assert_int_equal(world->area.fault.index, core);                                       \
		assert_int_equal(fsw_open(&area, world->memory, world->size, &world->port), expected); \
		assert_int_equal(area.fault.index, core);                                              \
		UNCHANGED(fsw_core_take(&world->area, 1, core, KERNEL, 0), expected);                  \
		assert_int_equal(fsw_core_park(&world->area, 1, core), expected);                      \
		assert_int_equal(fsw_core_lost(&world->area, 1, core), expected);                      \
	} while (0)
#define WORD(payload, error)                                      \
	do {                                                      \
		*word = fsw__guard(payload, FSW_TAG_CORE + core); \
		FOUND(error);                                     \
	} while (0)
	for (core = 0; core < CORES; core++) {
		uint32_t *word = world_core(world, core, FSW_CORE_WORD);
		uint32_t *here = world_core(world, core, FSW_CORE_ARRIVED);
		const uint32_t good = *word, was = *here;

		*word ^= 0x200;
		FOUND(FSW_ERR(CORE_WORD));
		*word = 0;
		FOUND(FSW_ERR(CORE_WORD));
		/* another core's */
		*word = fsw__guard(FSW_CORE_PARKED << 8, FSW_TAG_CORE + core + 1);
		FOUND(FSW_ERR(CORE_WORD));
		WORD(0, FSW_ERR(CORE_VALUE));
		WORD(1, FSW_ERR(CORE_VALUE));
		WORD(FSW_CORE_PARKED << 8 | 1, FSW_ERR(CORE_VALUE));
		WORD(FSW_CORE_RUNNING << 8, FSW_ERR(CORE_VALUE));
		WORD(FSW_CORE_LOST << 8, FSW_ERR(CORE_VALUE));
		WORD(FSW_CORE_RUNNING << 8 | (WORLD_INSTANCES + 1), FSW_ERR(CORE_VALUE));
		WORD((FSW_CORE_LAST + 1) << 8 | 1, FSW_ERR(CORE_VALUE));
		*word = good;
		*here = FSW_CORE_HERE - (core + 1) * FSW_CORE_STEP;
		FOUND(FSW_ERR(CORE_WORD));
		*here = was;
		assert_int_equal(fsw_open(&area, world->memory, world->size, &world->port), 0);
	}
	assert_int_equal(FSW_CORE_HERE - 3u * FSW_CORE_STEP, fsw__guard(1, FSW_TAG_ARRIVED + 3));
	assert_int_equal(FSW_CORE_STAYS - 3u * FSW_CORE_STEP, fsw__guard(FSW_CORE_PARKED << 8, FSW_TAG_CORE + 3));
}

static void goes_and_comes_back(void **state)
{
	struct world *world = *state;
	struct fsw_area *area = &world->area;

	CORE(0, FSW_CORE_PARKED, 0, 0);
	CORE(2, FSW_CORE_PARKED, 0, 1);
	assert_int_equal(world_core_goes(world, 2), 0);
	assert_int_equal(fsw_core_take(area, 1, 2, KERNEL | 0x500000000ull, ARGUMENT), 0);
	CORE(2, FSW_CORE_RUNNING, 1, 1);
	assert_int_equal(world_core(world, 2, FSW_CORE_ARGUMENT)[0], (uint32_t)ARGUMENT);
	assert_int_equal(world_core(world, 2, FSW_CORE_ARGUMENT)[1], ARGUMENT >> 32);
	assert_true(world_core_goes(world, 2) == (KERNEL | 0x500000000ull));
	CORE(2, FSW_CORE_RUNNING, 1, 0);

	/* told to go, and not yet there */
	assert_int_equal(fsw_core_park(area, 1, 2), FSW_ERR(CORE_AWAY));
	CORE(2, FSW_CORE_RUNNING, 1, 0);
	world_core_arrives(world, 2);
	assert_int_equal(world_core_goes(world, 2), 0); /* not twice by one order */
	assert_int_equal(fsw_core_park(area, 1, 2), 0);
	CORE(2, FSW_CORE_PARKED, 0, 1);
	assert_int_equal(fsw_core_park(area, 1, 2), 0);
	CORE(2, FSW_CORE_PARKED, 0, 1);
	take_and_leave(world, 2);
}

static void the_last_store_lets_it_go(void **state)
{
	struct world *world = *state;
	static unsigned long stop; /* static: kept across longjmp() */

	for (stop = 1;; stop++) {
		world->points = 0;
		world->stop_at = stop;
		if (setjmp(world->stopped) == 0) {
			fsw_core_take(&world->area, 1, 1, KERNEL | 0x500000000ull, ARGUMENT);
			break;
		}
		/* at its last barrier the order is out: before, it is not; nor does a second address appear */
		if (world_core(world, 1, FSW_CORE_ADDRESS)[0] != 0)
			break;
		assert_int_equal(world_core_goes(world, 1), 0);
		*world_core(world, 1, FSW_CORE_WORD) = FSW_CORE_STAYS - 1u * FSW_CORE_STEP;
		memset(world_core(world, 1, FSW_CORE_ADDRESS), 0, 16);
	}
	world->stop_at = 0;
	assert_true(stop == 10);
	CORE(1, FSW_CORE_RUNNING, 1, 1);
	assert_int_equal(world_core(world, 1, FSW_CORE_ARGUMENT)[0], (uint32_t)ARGUMENT);
	assert_true(world_core_goes(world, 1) == (KERNEL | 0x500000000ull));
}

static void one_owner(void **state)
{
	struct world *world = *state;
	struct fsw_area *area = &world->area;

	UNCHANGED(fsw_core_take(area, 2, 1, KERNEL, 0), FSW_ERR(NOT_RUNNING));
	UNCHANGED(fsw_core_take(area, 0, 1, KERNEL, 0), FSW_ERR(NOT_RUNNING));
	UNCHANGED(fsw_core_take(area, 1, CORES, KERNEL, 0), FSW_ERR(ARGUMENT));
	UNCHANGED(fsw_core_take(area, 1, 1, 0, 0), FSW_ERR(ARGUMENT));
	UNCHANGED(fsw_core_take(area, 1, 1, 0x500000000ull, 0), FSW_ERR(ARGUMENT));
	/* the boot core is never in the pen */
	UNCHANGED(fsw_core_take(area, 1, 0, KERNEL, 0), FSW_ERR(CORE_AWAY));
	UNCHANGED(fsw_core_park(area, 1, 0), FSW_ERR(CORE_AWAY));
	UNCHANGED(fsw_core_lost(area, 1, 0), FSW_ERR(CORE_STATE));

	assert_int_equal(fsw_core_take(area, 1, 1, KERNEL, 0), 0);
	/* a second order does not disturb the first */
	UNCHANGED(fsw_core_take(area, 1, 1, KERNEL + 4, 1), FSW_ERR(CORE_STATE));
	assert_true(world_core_goes(world, 1) == KERNEL);
	UNCHANGED(fsw_core_take(area, 1, 1, KERNEL, 0), FSW_ERR(CORE_STATE));
	UNCHANGED(fsw_core_park(area, 2, 1), FSW_ERR(NOT_RUNNING));
	UNCHANGED(fsw_core_park(area, 0, 1), FSW_ERR(NOT_RUNNING));
	UNCHANGED(fsw_core_park(area, 1, CORES), FSW_ERR(ARGUMENT));
	UNCHANGED(fsw_core_park(area, 1, ~0u), FSW_ERR(ARGUMENT));
	UNCHANGED(fsw_core_lost(area, 2, 1), FSW_ERR(NOT_RUNNING));
	UNCHANGED(fsw_core_lost(area, 1, CORES), FSW_ERR(ARGUMENT));
	UNCHANGED(fsw_core_lost(area, 1, 2), FSW_ERR(CORE_STATE));

	/* that it is another's can only be a mistake: who runs owns all that run */
	*world_core(world, 1, FSW_CORE_WORD) = fsw__guard(FSW_CORE_RUNNING << 8 | 2, FSW_TAG_CORE + 1);
	UNCHANGED(fsw_core_park(area, 1, 1), FSW_ERR(CORE_STATE));
	UNCHANGED(fsw_core_lost(area, 1, 1), FSW_ERR(CORE_STATE));
	UNCHANGED(fsw_core_take(area, 1, 1, KERNEL, 0), FSW_ERR(CORE_STATE));
}

static void is_lost_and_found(void **state)
{
	struct world *world = *state;
	struct fsw_area *area = &world->area;

	take_and_leave(world, 3);
	assert_int_equal(fsw_core_lost(area, 1, 3), 0);
	CORE(3, FSW_CORE_LOST, 1, 0);
	UNCHANGED(fsw_core_take(area, 1, 3, KERNEL, 0), FSW_ERR(CORE_STATE));
	UNCHANGED(fsw_core_lost(area, 1, 3), 0);
	UNCHANGED(fsw_core_park(area, 1, 3), FSW_ERR(CORE_AWAY));
	world_core_arrives(world, 3);
	UNCHANGED(fsw_core_take(area, 1, 3, KERNEL, 0), FSW_ERR(CORE_STATE));
	assert_int_equal(fsw_core_park(area, 1, 3), 0);
	CORE(3, FSW_CORE_PARKED, 0, 1);

	/* it never left: the order is void */
	assert_int_equal(fsw_core_take(area, 1, 3, KERNEL, 0), 0);
	assert_int_equal(fsw_core_lost(area, 1, 3), 0);
	assert_int_equal(world_core_goes(world, 3), 0);
	CORE(3, FSW_CORE_LOST, 1, 1);
}

/* A pen, one access at a time, between the accesses of fsw_core_park() */
struct pen {
	struct world *world;
	uint32_t step, until[3]; /* how many steps it has done before the store, before the look, and at all */
	uint32_t at;
	int gone;
};

static void pen_runs(struct pen *pen, uint32_t until)
{
	struct world *world = pen->world;
	uint32_t *order = world_core(world, 1, FSW_CORE_ADDRESS);

	for (; pen->at < until; pen->at++) {
		if (pen->step == 0 && *order != 0) {
			pen->step = 1;
		} else if (pen->step == 1) {
			*world_core(world, 1, FSW_CORE_ARRIVED) = 0;
			pen->step = 2;
		} else if (pen->step == 2) {
			pen->step = *order != 0 ? 3 : 4;
		} else if (pen->step == 3) {
			*order = 0;
			pen->gone = 1;
			pen->step = 5;
		} else if (pen->step == 4) {
			world_core_arrives(world, 1);
			pen->step = 0;
		}
	}
}

static void pen_store(void *context, uint32_t *word, uint32_t value)
{
	struct pen *pen = context;

	pen_runs(pen, pen->until[0]);
	*word = value;
}

static void pen_persist(void *context, const void *start, size_t size)
{
	struct pen *pen = context;

	(void)start;
	(void)size;
	pen_runs(pen, pen->until[1]);
}

static void order_is_taken_back_or_followed(void **state)
{
	struct world *world = *state;
	struct pen pen;
	const struct fsw_port port = { .context = &pen, .store = pen_store, .persist = pen_persist };
	struct fsw_area area = world->area;
	uint32_t first, second, followed = 0, back = 0;
	int result;

	area.port = &port;
	for (first = 0; first <= 6; first++) {
		for (second = first; second <= 10; second++) {
			assert_int_equal(fsw_core_take(&world->area, 1, 1, KERNEL, 0), 0);
			pen = (struct pen){ .world = world, .until = { first, second } };
			result = fsw_core_park(&area, 1, 1);
			pen_runs(&pen, 20);
			if (result == 0) {
				/* then it is there, and stays */
				assert_false(pen.gone);
				CORE(1, FSW_CORE_PARKED, 0, 1);
				back++;
			} else {
				assert_int_equal(result, FSW_ERR(CORE_AWAY));
				CORE(1, FSW_CORE_RUNNING, 1, !pen.gone);
				followed += (uint32_t)pen.gone;
				world_core_arrives(world, 1);
				assert_int_equal(fsw_core_park(&world->area, 1, 1), 0);
			}
		}
	}
	assert_true(followed > 0 && back > 0);
}

static void arm_waits_for_all(void **state)
{
	struct world *world = *state;
	struct fsw_area *area = &world->area;
	struct fsw_outcome outcome;
	uint32_t cursor = 0;

	take_and_leave(world, 2);
	/* a plain suspend, also in a preparation, gives nothing away */
	UNCHANGED(fsw_arm(area, 1, 0, 0x1004, 0xa1), 0);
	assert_int_equal(fsw_free(area, 1, 4, FSW_ANYWHERE, 1, 1), 0);
	UNCHANGED(fsw_arm(area, 1, 0, 0x1004, 0xa1), 0);
	assert_true(fsw_free_next(area, 1, &cursor) >= 0);
	assert_int_equal(fsw_cancel(area, 1), 0);

	assert_int_equal(fsw_switch(area, 1, 2), 0);
	UNCHANGED(fsw_arm(area, 1, 0, 0x1004, 0xa1), FSW_ERR(CORE_STATE));
	assert_int_equal(area->fault.error, FSW_ERR(CORE_STATE));
	assert_int_equal(area->fault.index, 2);
	UNCHANGED(fsw_arm(area, 1, FSW_CORE_ANY, 0x1004, 0xa1), FSW_ERR(CORE_STATE));
	assert_int_equal(fsw_core_lost(area, 1, 2), 0);
	UNCHANGED(fsw_arm(area, 1, 0, 0x1004, 0xa1), FSW_ERR(CORE_LOST));
	assert_int_equal(area->fault.error, FSW_ERR(CORE_LOST));
	assert_int_equal(area->fault.index, 2);
	*world_core(world, 3, FSW_CORE_WORD) ^= 1;
	world_core_arrives(world, 2);
	assert_int_equal(fsw_core_park(area, 1, 2), 0);
	UNCHANGED(fsw_arm(area, 1, 0, 0x1004, 0xa1), FSW_ERR(CORE_WORD));
	assert_int_equal(area->fault.index, 3);
	*world_core(world, 3, FSW_CORE_WORD) ^= 1;

	/* all parked; from now on none is taken, nor may one wait to be */
	assert_int_equal(fsw_arm(area, 1, 0, 0x1004, 0xa1), 1);
	UNCHANGED(fsw_core_take(area, 1, 2, KERNEL, 0), FSW_ERR(BUSY));
	assert_int_equal(fsw_acknowledge(area, 1, &outcome), 0);
	take_and_leave(world, 2);
}

static void boot_core_changes(void **state)
{
	struct world *world = *state;
	struct fsw_area *area = &world->area;

	/* core 1 is taken, and the boot core goes to the pen */
	take_and_leave(world, 1);
	assert_int_equal(fsw_core_park(area, 1, 0), FSW_ERR(CORE_AWAY));
	world_core_arrives(world, 0);
	assert_int_equal(fsw_core_park(area, 1, 0), 0);
	/* back again: now it is its owner's like any other, and core 1 goes */
	take_and_leave(world, 0);
	world_core_arrives(world, 1);
	assert_int_equal(fsw_core_park(area, 1, 1), 0);
	CORE(0, FSW_CORE_RUNNING, 1, 0);
	assert_int_equal(fsw_switch(area, 1, 2), 0);
	assert_int_equal(fsw_arm(area, 1, 0, 0x1004, 0xa1), 1);
	CORE(0, FSW_CORE_PARKED, 0, 0);
	/* and with any core: all have to be in the pen */
	assert_int_equal(fsw_arm(area, 1, FSW_CORE_ANY, 0x1004, 0xa1), 1);
}

static void next_owner_takes_them(void **state)
{
	struct world *world = *state;
	uint32_t core;

	for (core = 1; core < CORES; core++)
		take_and_leave(world, core);
	assert_int_equal(fsw_terminate(&world->area, 1), FSW_ERR(MASTER));
	for (core = 1; core < CORES; core++) {
		world_core_arrives(world, core);
		assert_int_equal(fsw_core_park(&world->area, 1, core), 0);
	}
	assert_int_equal(world_switch(world, 2), 0);
	UNCHANGED(fsw_core_take(&world->area, 1, 1, KERNEL, 0), FSW_ERR(NOT_RUNNING));
	assert_int_equal(fsw_core_take(&world->area, 2, 1, KERNEL, 0), 0);
	assert_true(world_core_goes(world, 1) == KERNEL);
	CORE(1, FSW_CORE_RUNNING, 2, 0);
	world_core_arrives(world, 1);
	assert_int_equal(fsw_core_park(&world->area, 2, 1), 0);
	assert_int_equal(world_terminate(world), 0);
	assert_int_equal(world->executing, 1);
	take_and_leave(world, 1);
}

static void reset_brings_all_back(void **state)
{
	struct world *world = *state;
	struct fsw_advice advice;
	uint32_t core, word;

	assert_int_equal(world_switch(world, 2), 0);
	assert_int_equal(fsw_core_take(&world->area, 2, 1, KERNEL, ARGUMENT), 0);
	assert_int_equal(fsw_core_take(&world->area, 2, 2, KERNEL, ARGUMENT), 0);
	world_core_goes(world, 2);
	assert_int_equal(fsw_core_lost(&world->area, 2, 2), 0);
	/* what is damaged is known anyway */
	*world_core(world, 3, FSW_CORE_WORD) = 0x12345678;
	*world_core(world, 3, FSW_CORE_ARRIVED) = 0x87654321;
	memset(world->memory + world->area.header->geometry.cores_offset, 0x5a, FSW_CORES_PEN_BYTES);
	assert_int_equal(fsw_recover(&world->area, world->memory, world->size, &world->port, &advice), 0);
	assert_int_equal(advice.instance, 1);
	assert_int_equal(advice.died, 2);
	for (core = 0; core < CORES; core++) {
		CORE(core, FSW_CORE_PARKED, 0, 0);
		for (word = FSW_CORE_ADDRESS; word < FSW_CORE_BYTES; word += 4)
			assert_int_equal(*world_core(world, core, word), 0);
	}
	/* the pen is the board's */
	assert_int_equal(world->memory[world->area.header->geometry.cores_offset + FSW_CORES_PEN_BYTES - 1], 0x5a);
	assert_int_equal(fsw_open(&world->area, world->memory, world->size, &world->port), 0);
}

static void not_before_it_is_ready(void **state)
{
	struct world world;

	(void)state;
	world_make_cores(&world, 1, 16, 2);
	world_core_arrives(&world, 1);
	assert_int_equal(fsw_core_take(&world.area, 1, 1, KERNEL, 0), FSW_ERR(NOT_READY));
	assert_int_equal(fsw_core_park(&world.area, 1, 1), FSW_ERR(NOT_READY));
	world_free(&world);

	world_make(&world, 1, 16);
	world_populate(&world, 0);
	assert_int_equal(fsw_core_take(&world.area, 1, 0, KERNEL, 0), FSW_ERR(ARGUMENT));
	assert_int_equal(fsw_core_park(&world.area, 1, 0), FSW_ERR(ARGUMENT));
	assert_int_equal(fsw_core_lost(&world.area, 1, 0), FSW_ERR(ARGUMENT));
	world_free(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(has_a_place),
		cmocka_unit_test_setup_teardown(header_is_checked, setup, teardown),
		cmocka_unit_test_setup_teardown(words_are_checked, setup, teardown),
		cmocka_unit_test_setup_teardown(goes_and_comes_back, setup, teardown),
		cmocka_unit_test_setup_teardown(the_last_store_lets_it_go, setup, teardown),
		cmocka_unit_test_setup_teardown(one_owner, setup, teardown),
		cmocka_unit_test_setup_teardown(is_lost_and_found, setup, teardown),
		cmocka_unit_test_setup_teardown(order_is_taken_back_or_followed, setup, teardown),
		cmocka_unit_test_setup_teardown(arm_waits_for_all, setup, teardown),
		cmocka_unit_test_setup_teardown(boot_core_changes, setup, teardown),
		cmocka_unit_test_setup_teardown(next_owner_takes_them, setup, teardown),
		cmocka_unit_test_setup_teardown(reset_brings_all_back, setup, teardown),
		cmocka_unit_test(not_before_it_is_ready),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
