/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The map: what the master makes of its memory, single sections, and questions about it. */
#include "support.h"

static int setup(void **state)
{
	struct world *world = malloc(sizeof(*world));

	*state = world;
	world_make(world, WORLD_INSTANCES, WORLD_SECTIONS);
	return 0;
}

static int setup_populated(void **state)
{
	setup(state);
	world_populate(*state, 2);
	return 0;
}

static int teardown(void **state)
{
	world_free(*state);
	free(*state);
	return 0;
}

#define RANGE(from, to)                                                                            \
	{                                                                                          \
		WORLD_BASE + (uint64_t)((from)*0x1000000), (uint64_t)(((to) - (from)) * 0x1000000) \
	}

static void master_sets_up(void **state)
{
	struct world *world = *state;
	const struct fsw_range ram[] = { RANGE(0.5, 3), RANGE(3, 6.5), RANGE(7, 15), RANGE(15.5, 40) };
	const struct fsw_range movable[] = { { 0x1000, 0x1000 }, RANGE(2, 3.5), RANGE(4, 15) };
	const struct fsw_range shared[] = { RANGE(5, 5.001), RANGE(12.5, 13.5) };
	const struct fsw_range excluded[] = { RANGE(9.5, 9.51), RANGE(13.9, 14) };
	struct fsw_memory memory = { { ram, 4 }, { movable, 3 }, { shared, 2 }, { excluded, 2 } };
	static const uint32_t want[WORLD_SECTIONS] = {
		0, 1, 0x101, 1, 0x101, 255, 0, 0x101, 0x101, 0, 0x101, 0x101, 255, 0, 0x101, 0,
	};
	struct fsw_load load = world_load(0, "master");
	uint32_t entry, i;

	assert_int_equal(fsw_cmm_online(&world->area, 1, 0), FSW_ERR(NOT_READY));
	assert_int_equal(fsw_master(&world->area, &load, &memory), 0);
	for (i = 0; i < WORLD_SECTIONS; i++)
		assert_int_equal(world_entry(world, i), want[i]);
	assert_int_equal(fsw_master(&world->area, &load, &memory), FSW_ERR(READY));
	assert_int_equal(fsw_cmm_get(&world->area, WORLD_SECTIONS, &entry), FSW_ERR(ARGUMENT));
	*world_switch_word(world) ^= 1;
	assert_int_equal(fsw_master(&world->area, &load, &memory), FSW_ERR(SWITCH_WORD));
}

static void master_refuses(void **state)
{
	struct world *world = *state;
	struct fsw_range good[] = { RANGE(0, 8), RANGE(8, 16) };
	struct fsw_range bad[2];
	struct fsw_ranges *lists;
	struct fsw_memory memory;
	struct fsw_load load = world_load(0, "master");
	uint32_t i, kind;
	static const struct fsw_range broken[][2] = {
		{ { 0x1000, 0 }, { 0x2000, 0x1000 } },			   /* empty */
		{ { 0x1000, 0x1001 }, { 0x2000, 0x1000 } },		   /* overlapping */
		{ { 0x2000, 0x1000 }, { 0x1000, 0x1000 } },		   /* descending */
		{ { 0x2000, 0xffffffffffffe000ull }, { 0x1000, 0x1000 } }, /* to the end of all addresses */
	};

	for (i = 0; i < 4; i++) {
		memcpy(bad, broken[i], sizeof(bad));
		for (kind = 0; kind < 4; kind++) {
			memset(&memory, 0, sizeof(memory));
			memory.ram = (struct fsw_ranges){ good, 2 };
			lists = &memory.ram;
			lists = kind == 1 ? &memory.movable : kind == 2 ? &memory.shared : kind == 3 ? &memory.excluded : lists;
			*lists = (struct fsw_ranges){ bad, 2 };
			assert_int_equal(fsw_master(&world->area, &load, &memory), FSW_ERR(RANGES));
		}
	}
	memory = (struct fsw_memory){ { good, 2 }, { good, 2 }, { NULL, 0 }, { NULL, 0 } };
	memset(load.name, 'x', sizeof(load.name));
	assert_int_equal(fsw_master(&world->area, &load, &memory), FSW_ERR(ARGUMENT));
	load.name[3] = '\0';
	load.base = WORLD_ADDRESS(WORLD_SECTIONS);
	assert_int_equal(fsw_master(&world->area, &load, &memory), FSW_ERR(OUTSIDE));
	load.base = 0;
	assert_int_equal(fsw_master(&world->area, &load, &memory), 0);
	assert_int_equal(world_entry(world, 7), 0x101);
}

static void one_section(void **state)
{
	struct world *world = *state;
	struct fsw_area *area = &world->area;

	/* the master runs; 2 has sections 4 (kernel core) and 5, 3 has 6 and 7; 14 is excluded, 15 shared */
	assert_int_equal(fsw_cmm_offline(area, 1, 10), 0);
	assert_int_equal(world_entry(world, 10), FSW_ENTRY_AVAILABLE);
	assert_int_equal(fsw_cmm_offline(area, 1, 10), FSW_ERR(NOT_ONLINE));
	assert_int_equal(fsw_cmm_online(area, 1, 10), 0);
	assert_int_equal(world_entry(world, 10), FSW_ENTRY_AVAILABLE | 1);
	assert_int_equal(fsw_cmm_offline(area, 1, 0), 0);
	assert_int_equal(world_entry(world, 0), 1);
	assert_int_equal(fsw_cmm_offline(area, 1, 15), FSW_ERR(SHARED));
	assert_int_equal(fsw_cmm_online(area, 1, 15), FSW_ERR(SHARED));
	assert_int_equal(fsw_cmm_offline(area, 1, 5), FSW_ERR(OTHERS));
	assert_int_equal(fsw_cmm_online(area, 1, 5), FSW_ERR(REQUEST_NEEDED));
	assert_int_equal(fsw_cmm_online(area, 1, 4), FSW_ERR(KERNEL_CORE));
	assert_int_equal(fsw_cmm_online(area, 1, 14), FSW_ERR(NO_MEMORY));
	assert_int_equal(fsw_cmm_keep(area, 1, 5), FSW_ERR(OTHERS));
	assert_int_equal(fsw_cmm_keep(area, 1, 10), 0);
	assert_int_equal(world_entry(world, 10), 1);
	assert_int_equal(fsw_cmm_offline(area, 2, 5), FSW_ERR(NOT_RUNNING));
	assert_int_equal(fsw_cmm_offline(area, 0, 5), FSW_ERR(NOT_RUNNING));
	assert_int_equal(fsw_cmm_offline(area, 1, WORLD_SECTIONS), FSW_ERR(ARGUMENT));
	area->cmm[11] ^= 0x10;
	assert_int_equal(fsw_cmm_offline(area, 1, 11), FSW_ERR(ENTRY_CHECK));
	assert_int_equal(area->fault.index, 11);
	assert_int_equal(fsw_cmm_online(area, 1, 11), FSW_ERR(ENTRY_CHECK));
	assert_int_equal(fsw_cmm_keep(area, 1, 11), FSW_ERR(ENTRY_CHECK));
	*world_switch_word(world) ^= 2;
	assert_int_equal(fsw_cmm_offline(area, 1, 10), FSW_ERR(SWITCH_WORD));
}

static void counts_and_runs(void **state)
{
	struct world *world = *state;
	struct fsw_area *area = &world->area;
	struct fsw_count count;
	struct fsw_run run;
	uint32_t i, sum = 0, section;

	fsw_cmm_offline(area, 1, 8);
	fsw_cmm_offline(area, 1, 10);
	fsw_cmm_offline(area, 1, 11);
	fsw_cmm_offline(area, 1, 12);
	assert_int_equal(fsw_cmm_count(area, &count), 0);
	assert_int_equal(count.of[1][0], 4);
	assert_int_equal(count.of[0][0], 1);
	assert_int_equal(count.of[0][1], 4);
	assert_int_equal(count.of[1][1], 2);
	assert_int_equal(count.of[0][2], 1);
	assert_int_equal(count.of[1][2], 1);
	assert_int_equal(count.of[0][255], 1);
	for (i = 0; i < 512; i++)
		sum += count.of[i / 256][i % 256];
	assert_int_equal(sum, WORLD_SECTIONS);

	assert_int_equal(fsw_cmm_run(area, fsw_match_free(), 0, &run), 1);
	assert_int_equal(run.first, 8);
	assert_int_equal(run.count, 1);
	assert_int_equal(fsw_cmm_run(area, fsw_match_free(), 9, &run), 1);
	assert_int_equal(run.first, 10);
	assert_int_equal(run.count, 3);
	assert_int_equal(fsw_cmm_run(area, fsw_match_free(), 13, &run), 0);
	assert_int_equal(fsw_cmm_run(area, fsw_match_free(), WORLD_SECTIONS + 5, &run), 0);
	assert_int_equal(fsw_cmm_run(area, fsw_match_owner(FSW_OWNER_SHARED), 0, &run), 1);
	assert_int_equal(run.first, 15);
	assert_int_equal(fsw_cmm_longest(area, fsw_match_free(), &run), 1);
	assert_int_equal(run.first, 10);
	assert_int_equal(fsw_cmm_longest(area, fsw_match_owner(1), &run), 1);
	assert_int_equal(run.first, 0);
	assert_int_equal(run.count, 4);
	assert_int_equal(fsw_cmm_longest(area, fsw_match_claimed(1), &run), 0);
	assert_int_equal(fsw_cmm_verify(area), 0);

	assert_int_equal(fsw_section_at(area, WORLD_BASE, &section), 0);
	assert_int_equal(section, 0);
	assert_int_equal(fsw_section_at(area, WORLD_ADDRESS(15) + 0xffffff, &section), 0);
	assert_int_equal(section, 15);
	assert_int_equal(fsw_section_at(area, WORLD_BASE - 1, &section), FSW_ERR(OUTSIDE));
	assert_int_equal(fsw_section_at(area, 0, &section), FSW_ERR(OUTSIDE));
	assert_int_equal(fsw_section_at(area, WORLD_ADDRESS(16), &section), FSW_ERR(OUTSIDE));
	assert_true(fsw_section_address(area, 3) == WORLD_ADDRESS(3));

	area->cmm[11] ^= 1;
	assert_int_equal(fsw_cmm_count(area, &count), FSW_ERR(ENTRY_CHECK));
	assert_int_equal(area->fault.index, 11);
	assert_int_equal(fsw_cmm_run(area, fsw_match_free(), 9, &run), 1);
	assert_int_equal(run.count, 1);
	assert_int_equal(fsw_cmm_run(area, fsw_match_free(), 11, &run), FSW_ERR(ENTRY_CHECK));
	assert_int_equal(fsw_cmm_longest(area, fsw_match_free(), &run), FSW_ERR(ENTRY_CHECK));
}

static void ranges(void **state)
{
	struct world *world = *state;
	struct fsw_area *area = &world->area;

	fsw_cmm_offline(area, 1, 13);
	assert_int_equal(fsw_cmm_range(area, 2, WORLD_ADDRESS(4), 2 << 24), 0);
	assert_int_equal(fsw_cmm_range(area, 2, WORLD_ADDRESS(4) + 5, 1), 0);
	assert_int_equal(fsw_cmm_range(area, 2, WORLD_ADDRESS(4), (2 << 24) + 1), FSW_ERR(OTHERS));
	assert_int_equal(area->fault.index, 6);
	assert_int_equal(fsw_cmm_range(area, 2, WORLD_ADDRESS(4) - 1, 2), FSW_ERR(OTHERS));
	assert_int_equal(fsw_cmm_range(area, 2, WORLD_ADDRESS(15), 1 << 24), 0);
	assert_int_equal(fsw_cmm_range(area, 2, WORLD_ADDRESS(14), 1), FSW_ERR(NOT_ONLINE));
	assert_int_equal(fsw_cmm_range(area, 1, WORLD_ADDRESS(12), (1 << 24) + 1), FSW_ERR(NOT_ONLINE));
	assert_int_equal(area->fault.index, 13);
	assert_int_equal(fsw_cmm_range(area, 1, WORLD_ADDRESS(15), (1 << 24) + 1), FSW_ERR(OUTSIDE));
	assert_int_equal(fsw_cmm_range(area, 1, WORLD_BASE - 1, 2), FSW_ERR(OUTSIDE));
	assert_int_equal(fsw_cmm_range(area, 1, WORLD_BASE, ~0ull), FSW_ERR(OUTSIDE));
	assert_int_equal(fsw_cmm_range(area, 1, ~0ull, ~0ull), FSW_ERR(OUTSIDE));
	assert_int_equal(fsw_cmm_range(area, 1, ~0ull, 1), FSW_ERR(OUTSIDE));
	assert_int_equal(fsw_cmm_range(area, 1, 0, ~0ull), FSW_ERR(OUTSIDE));
	assert_int_equal(fsw_cmm_range(area, 1, WORLD_BASE, 0), FSW_ERR(ARGUMENT));
	assert_int_equal(fsw_cmm_range(area, 0, WORLD_BASE, 1), FSW_ERR(ARGUMENT));
	assert_int_equal(fsw_cmm_range(area, 255, WORLD_BASE, 1), FSW_ERR(ARGUMENT));
	area->cmm[5] ^= 8;
	assert_int_equal(fsw_cmm_range(area, 2, WORLD_ADDRESS(4), 2 << 24), FSW_ERR(ENTRY_CHECK));
	assert_int_equal(area->fault.index, 5);
}

/* The other end of the geometry: the map at the top of 64 bits, a section of 1 GiB, the largest count */
static void extremes(void **state)
{
	const uint64_t base = 0xffffffff00000000ull - ((uint64_t)1048576 << 30);
	struct fsw_geometry geometry = {
		.base = base, .section_shift = 30, .sections = 1048576, .instances = 254, .page_size = 4096
	};
	struct fsw_range all = { base, (uint64_t)1048576 << 30 };
	struct fsw_memory memory = { { &all, 1 }, { &all, 1 }, { NULL, 0 }, { NULL, 0 } };
	struct fsw_load load = { .base = base };
	const struct fsw_port port = { 0 };
	struct fsw_area area;
	struct fsw_run run;
	uint32_t size, section;
	void *bytes;

	(void)state;
	geometry.base &= ~(uint64_t)0x3fffffff;
	assert_int_equal(fsw_area_size(&geometry, &size), 0);
	bytes = aligned_alloc(4096, size);
	assert_non_null(bytes);
	assert_int_equal(fsw_format(bytes, size, &geometry, &port), 0);
	assert_int_equal(fsw_open(&area, bytes, size, &port), 0);
	assert_int_equal(fsw_master(&area, &load, &memory), 0);
	assert_int_equal(fsw_cmm_offline(&area, 1, 1048575), 0);
	assert_int_equal(fsw_cmm_longest(&area, fsw_match_owner(1), &run), 1);
	assert_int_equal(run.count, 1048575);
	assert_int_equal(fsw_section_at(&area, base + all.size - 1, &section), 0);
	assert_int_equal(section, 1048575);
	assert_int_equal(fsw_section_at(&area, base + all.size, &section), FSW_ERR(OUTSIDE));
	assert_int_equal(fsw_cmm_range(&area, 1, base, all.size - (1 << 30)), 0);
	assert_int_equal(fsw_open(&area, bytes, size, &port), 0);
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(master_sets_up, setup, teardown),
		cmocka_unit_test_setup_teardown(master_refuses, setup, teardown),
		cmocka_unit_test_setup_teardown(one_section, setup_populated, teardown),
		cmocka_unit_test_setup_teardown(counts_and_runs, setup_populated, teardown),
		cmocka_unit_test_setup_teardown(ranges, setup_populated, teardown),
		cmocka_unit_test(extremes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
