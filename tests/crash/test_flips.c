/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Every single-bit flip in an area of 64 sections and 3 instances, in several phases of its life: either opening it, or reading the
 * record it hit, names an error; or the flip is harmless: all that can be observed is the same, and so is all that follows when the area
 * is used on. A recovery after a flip refuses by name, or costs at most one instance.
 */
#include "unit/support.h"

#define SECTIONS 64
#define INSTANCES 3
#define CORES 4

/* All that the interface shows */
struct view {
	int errors[INSTANCES + 2];
	int timing_errors[INSTANCES + 1];
	uint32_t entries[SECTIONS];
	int core_errors;
	struct fsw_core cores[CORES];
	struct fsw_instance instances[INSTANCES + 1];
	struct fsw_load loads[INSTANCES + 1];
	struct fsw_resume resumes[INSTANCES + 1];
	struct fsw_manifest manifests[INSTANCES + 1];
	struct fsw_timings timings[INSTANCES + 1];
	uint32_t running, phase;
	struct fsw_operation operation;
	struct fsw_geometry geometry;
};

static void look(struct world *world, struct view *view)
{
	struct fsw_status status;
	uint32_t i;

	memset(view, 0, sizeof(*view));
	view->geometry = world->area.header->geometry;
	for (i = 0; i < SECTIONS; i++)
		view->errors[INSTANCES + 1] |= fsw_cmm_get(&world->area, i, &view->entries[i]);
	for (i = 1; i <= INSTANCES; i++) {
		struct fsw_instance *instance = &view->instances[i];

		view->errors[i] = fsw_instance_get(&world->area, i, instance);
		if (instance->load)
			view->loads[i] = *instance->load;
		if (instance->resume)
			view->resumes[i] = *instance->resume;
		if (instance->manifest)
			view->manifests[i] = *instance->manifest;
		view->timing_errors[i] = fsw_timings_get(&world->area, i, &view->timings[i]);
	}
	for (i = 0; i < CORES; i++)
		view->core_errors |= fsw_core_get(&world->area, i, &view->cores[i]);
	view->errors[0] = fsw_status(&world->area, &status);
	view->running = status.running;
	view->phase = status.phase;
	/* while idle the record of the last operation says nothing but its sequence */
	view->operation = *status.operation;
}

/* Use the area on, from any of the phases: end what goes on, then a bit of everything. Returns a hash of what happened. */
static uint32_t use_on(struct world *world)
{
	struct fsw_outcome outcome;
	uint32_t hash = 5381;
	struct view view;
	uint32_t i;

	if (world->executing == 1) {
		struct fsw_status status;

		fsw_status(&world->area, &status);
		if (status.phase != FSW_PHASE_IDLE) {
			hash = hash * 33 + (uint32_t)fsw_acknowledge(&world->area, 1, &outcome);
			hash = hash * 33 + outcome.result;
		}
		hash = hash * 33 + (uint32_t)world_claim(world, 3, FSW_ANYWHERE);
		hash = hash * 33 + (uint32_t)world_switch(world, 2);
	}
	hash = hash * 33 + (uint32_t)world_reset(world).died;
	hash = hash * 33 + (uint32_t)world_kill(world, 2);
	hash = hash * 33 + (uint32_t)world_prepare(world, 2, FSW_ANYWHERE, 2, 3);
	look(world, &view);
	for (i = 0; i < SECTIONS; i++)
		hash = hash * 33 + view.entries[i];
	for (i = 1; i <= INSTANCES; i++)
		hash = hash * 33 + view.instances[i].state * 8 + view.instances[i].parent;
	return hash * 33 + view.running;
}

static void idle(struct world *world)
{
	struct fsw_timings timings;

	memset(&timings, 0, sizeof(timings));
	timings.hz = 1000;
	timings.ticks[0] = 5;
	assert_int_equal(fsw_timings_set(&world->area, 1, &timings), 0);
}

/* One core of each kind */
static void on_all_cores(struct world *world)
{
	uint32_t core;

	for (core = 1; core < CORES - 1; core++)
		assert_int_equal(fsw_core_take(&world->area, 1, core, 0x8000, core), 0);
	assert_int_not_equal(world_core_goes(world, 1), 0);
	assert_int_equal(fsw_core_lost(&world->area, 1, 2), 0);
}

static void requested(struct world *world)
{
	assert_int_equal(fsw_switch(&world->area, 1, 2), 0);
}

static void armed(struct world *world)
{
	requested(world);
	assert_int_equal(fsw_arm(&world->area, 1, 0, 0x1004, 0xa1), 1);
}

static void reset_in_a_switch(struct world *world)
{
	struct fsw_advice advice;

	armed(world);
	world->executing = 0;
	assert_int_equal(fsw_recover(&world->area, world->memory, world->size, &world->port, &advice), 0);
}

static const struct {
	const char *name;
	void (*enter)(struct world *world);
} phases[] = {
	{ "idle", idle },
	{ "requested", requested },
	{ "armed", armed },
	{ "recovered, not started", reset_in_a_switch },
	{ "on all cores", on_all_cores },
};

static unsigned long by_error[FSW_ERROR_COUNT];

/* The load record of a dead instance, which nobody needs, is not shown once it is damaged. */
static int withheld(const struct view *before, const struct view *after)
{
	uint32_t i;

	for (i = 1; i <= INSTANCES; i++)
		if (before->instances[i].state == FSW_STATE_DEAD && before->instances[i].load && !after->instances[i].load)
			return 1;
	return 0;
}

static void every_flip(const char *name, void (*enter)(struct world *world))
{
	unsigned long detected = 0, on_reading = 0, harmless = 0, condemned = 0;
	struct world world, start;
	struct view before, after;
	unsigned char *copy;
	uint32_t bit, hash, i;
	int used = 0;

	world_make_cores(&world, INSTANCES, SECTIONS, CORES);
	world_populate(&world, INSTANCES - 1);
	for (i = 1; i < CORES; i++)
		world_core_arrives(&world, i);
	enter(&world);
	copy = malloc(world.size);
	memcpy(copy, world.memory, world.size);
	look(&world, &before);
	start = world;
	hash = use_on(&world);

	for (bit = 0; bit < world.size * 8; bit++) {
		struct fsw_advice advice;
		int error;

		start.log = world.log;
		start.log_size = world.log_size;
		world = start;
		memcpy(world.memory, copy, world.size);
		world.memory[bit / 8] ^= (unsigned char)(1u << bit % 8);
		error = fsw_open(&world.area, world.memory, world.size, &world.port);
		if (error) {
			assert_in_range(-error, 1, FSW_ERROR_COUNT - 1);
			by_error[-error]++;
			detected++;
		} else {
			look(&world, &after);
			if (memcmp(before.timing_errors, after.timing_errors, sizeof(before.timing_errors))) {
				by_error[FSW_ERROR_TIMINGS_CRC]++;
				on_reading++;
			} else if (withheld(&before, &after)) {
				by_error[FSW_ERROR_LOAD_CRC]++;
				on_reading++;
			} else if (memcmp(&before, &after, sizeof(before))) {
				fail_msg("%s: flip of bit %u of byte %u is neither named nor harmless", name, bit % 8, bit / 8);
			} else {
				harmless++;
				/* most of an area is room: of bits in the same word one is used on */
				used = bit % 32 == (bit / 32) % 32;
			}
		}
		if (used) {
			used = 0;
			if (use_on(&world) != hash)
				fail_msg("%s: flip of bit %u of byte %u changes what follows", name, bit % 8, bit / 8);
		}
		if (!error)
			continue;
		memcpy(world.memory, copy, world.size);
		world.memory[bit / 8] ^= (unsigned char)(1u << bit % 8);
		if (fsw_recover(&world.area, world.memory, world.size, &world.port, &advice) == 0) {
			/* what cost nobody anything was mended: the parent of an instance */
			assert_true(advice.condemned <= 1);
			assert_int_equal(fsw_open(&world.area, world.memory, world.size, &world.port), 0);
			condemned += advice.condemned;
		}
	}
	printf("  %-24s %u flips: %lu refused by name, %lu named on reading, %lu harmless; %lu would cost one instance\n", name,
	       world.size * 8, detected, on_reading, harmless, condemned);
	assert_int_equal(detected + on_reading + harmless, world.size * 8);
	free(copy);
	world_free(&world);
}

static void flips(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(phases) / sizeof(phases[0]); i++)
		every_flip(phases[i].name, phases[i].enter);
	for (i = 1; i < FSW_ERROR_COUNT; i++)
		if (by_error[i])
			printf("  %8lu  %s\n", by_error[i], fsw_error_text(-(int)i));
}

/* What lies in the records, the entries and the words in use must be detected, not merely be harmless. */
static void nothing_in_use_is_unguarded(void **state)
{
	static const struct {
		uint32_t from, size;
	} page_parts[] = {
		{ FSW_PAGE_STATE, 4 },
		{ FSW_PAGE_PARENT, 4 },
		{ FSW_PAGE_RESUME, FSW_RESUME_BYTES },
		{ FSW_PAGE_LOAD, FSW_LOAD_BYTES },
		{ FSW_PAGE_MANIFEST, FSW_MANIFEST_BYTES },
		{ FSW_PAGE_SAR, 16 + 3 * 16 + 16 + 8 + 8 + 16 },
	};
	struct world world;
	uint32_t bit, part;
	unsigned char *at;

	(void)state;
	world_make_cores(&world, INSTANCES, SECTIONS, CORES);
	world_populate(&world, INSTANCES - 1);
	armed(&world);
	for (part = 0; part < CORES; part++) {
		world_core_arrives(&world, part);
		for (bit = 0; bit < 64; bit++) {
			uint32_t *word = world_core(&world, part, bit / 32 * 4);

			*word ^= 1u << bit % 32;
			assert_int_equal(fsw_open(&world.area, world.memory, world.size, &world.port), FSW_ERR(CORE_WORD));
			*word ^= 1u << bit % 32;
		}
	}
	for (part = 0; part < 4 + sizeof(page_parts) / sizeof(page_parts[0]); part++) {
		uint32_t size;

		if (part == 0) {
			at = world.memory;
			size = FSW_HEADER_BYTES;
		} else if (part == 1) {
			at = (unsigned char *)world_operation(&world);
			size = FSW_OPERATION_BYTES;
		} else if (part == 2) {
			at = world.memory + FSW_AREA_SWITCH;
			size = 8;
		} else if (part == 3) {
			at = (unsigned char *)world.area.cmm;
			size = 4 * SECTIONS;
		} else {
			at = world_page(&world, 2, page_parts[part - 4].from);
			size = page_parts[part - 4].size;
		}
		for (bit = 0; bit < size * 8; bit++) {
			at[bit / 8] ^= (unsigned char)(1u << bit % 8);
			assert_int_not_equal(fsw_open(&world.area, world.memory, world.size, &world.port), 0);
			at[bit / 8] ^= (unsigned char)(1u << bit % 8);
			fsw_open(&world.area, world.memory, world.size, &world.port);
		}
	}
	world_free(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(flips), cmocka_unit_test(nothing_in_use_is_unguarded) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
