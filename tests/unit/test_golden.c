/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Golden blobs: areas and SAR blobs as a library of each format version wrote them (tests/data/v*). Today's library must read them forever,
 * and go on from where they stand. `FSW_GOLDEN_WRITE=1` writes those of this version anew: only before it is released.
 */
#include "support.h"

#define STAMP 0x12345678

/* "v2-idle.bin": the version is that of the area's or of the SAR blob's format */
static const char *path(uint32_t version, const char *what)
{
	static char name[sizeof(FSW_TEST_DATA) + 64];

	snprintf(name, sizeof(name), FSW_TEST_DATA "/v%u-%s.bin", version, what);
	return name;
}

static unsigned char *read_file(const char *name, size_t *size)
{
	FILE *file = fopen(name, "rb");
	unsigned char *bytes;

	if (!file)
		fail_msg("%s cannot be opened: git checkout tests/data", name);
	fseek(file, 0, SEEK_END);
	*size = (size_t)ftell(file);
	rewind(file);
	bytes = aligned_alloc(4096, (*size + 4095) / 4096 * 4096);
	assert_int_equal(fread(bytes, 1, *size, file), *size);
	fclose(file);
	return bytes;
}

static void write_file(const char *name, const void *bytes, size_t size)
{
	FILE *file;

	if (!getenv("FSW_GOLDEN_WRITE"))
		return;
	file = fopen(name, "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	fclose(file);
}

/* The stories that the areas stop in */
static void idle(struct world *world)
{
	struct fsw_manifest manifest;
	struct fsw_timings timings;

	memset(&manifest, 0, sizeof(manifest));
	strcpy(manifest.release, "6.1.0-golden");
	manifest.count = 1;
	strcpy(manifest.devices[0].name, "uart0");
	manifest.devices[0].state = 1;
	assert_int_equal(fsw_manifest_set(&world->area, 1, &manifest), 0);
	memset(&timings, 0, sizeof(timings));
	timings.hz = 24000000;
	timings.ticks[3] = 4711;
	assert_int_equal(fsw_timings_set(&world->area, 1, &timings), 0);
}

static void armed(struct world *world)
{
	assert_int_equal(fsw_switch(&world->area, 1, 3), 0);
	assert_int_equal(fsw_arm(&world->area, 1, 0, 0x1004, 0xa1), 1);
}

static void visited(struct world *world)
{
	struct fsw_want want;
	struct fsw_outcome outcome;

	assert_int_equal(world_switch(world, 2), 0);
	assert_int_equal(fsw_want(&world->area, 2, 3, FSW_ANYWHERE, &want), 0);
	assert_int_equal(fsw_claim(&world->area, 2, &want), 0);
	world_suspend(world);
	assert_int_equal(fsw_acknowledge(&world->area, 1, &outcome), 0);
	assert_int_equal(fsw_visit_next(&world->area, 1, &outcome), 1);
	assert_int_equal(fsw_cmm_offline(&world->area, 1, outcome.walk.section), 0);
}

/* Of four: the boot core, one that runs, one that is lost, one in the pen */
static void cores(struct world *world)
{
	uint32_t core;

	for (core = 1; core < 4; core++)
		world_core_arrives(world, core);
	for (core = 1; core < 3; core++) {
		assert_int_equal(fsw_core_take(&world->area, 1, core, 0x100008000, core), 0);
		assert_true(world_core_goes(world, core) == 0x100008000);
	}
	assert_int_equal(fsw_core_lost(&world->area, 1, 2), 0);
}

static const struct story {
	const char *name;
	void (*tell)(struct world *world);
	uint32_t running, phase;
	enum fsw_why why;
	uint32_t next, died;
	uint32_t since; /* the first version that has it */
	uint32_t cores;
} stories[] = {
	{ "idle", idle, 1, FSW_PHASE_IDLE, FSW_WHY_DIED, 3, 1, 1, 0 },
	{ "armed", armed, 1, FSW_PHASE_ARMED, FSW_WHY_DIED, 3, 1, 1, 0 },
	{ "visited", visited, 1, FSW_PHASE_HANDED, FSW_WHY_CLAIM, 2, 1, 1, 0 },
	{ "cores", cores, 1, FSW_PHASE_IDLE, FSW_WHY_DIED, 3, 1, 3, 4 },
};

static void cores_are_known(struct fsw_area *area)
{
	static const struct fsw_core expected[] = {
		{ FSW_CORE_PARKED, 0, 0 }, { FSW_CORE_RUNNING, 1, 0 }, { FSW_CORE_LOST, 1, 0 }, { FSW_CORE_PARKED, 0, 1 }
	};
	struct fsw_core now;
	uint32_t core;

	for (core = 0; core < 4; core++) {
		assert_int_equal(fsw_core_get(area, core, &now), 0);
		assert_memory_equal(&now, &expected[core], sizeof(now));
	}
}

/* The area of one version, against the world that today's library is in at the end of the same story */
static void opens(uint32_t version, const struct story *story, const struct world *world)
{
	const struct fsw_port port = { 0 };
	struct fsw_area area;
	struct fsw_status status;
	struct fsw_instance instance;
	struct fsw_advice advice;
	unsigned char *bytes;
	size_t size;

	bytes = read_file(path(version, story->name), &size);
	assert_int_equal(fsw_open(&area, bytes, size, &port), 0);
	assert_int_equal(area.header->version, version);
	assert_int_equal(area.header->last_compat, story->cores ? 3 : 1);
	assert_int_equal(area.header->geometry.cores, story->cores);
	if (story->cores)
		cores_are_known(&area);
	assert_int_equal(area.sections, WORLD_SECTIONS);
	assert_int_equal(area.instances, 3);
	assert_true(area.header->geometry.base == WORLD_BASE);
	assert_int_equal(fsw_status(&area, &status), 0);
	assert_int_equal(status.running, story->running);
	assert_int_equal(status.phase, story->phase);
	assert_int_equal(fsw_instance_get(&area, 3, &instance), 0);
	assert_string_equal(instance.load->name, "guest3");
	assert_true(instance.load->base == WORLD_ADDRESS(6));
	assert_true(instance.resume->address == 0x3004);
	assert_int_equal(instance.sar->size, 16 + 3 * 16 + 16 + 8 + 8 + 16);
	/* version 1 knew of no stamps */
	assert_int_equal(*fsw_stamp(&area, 3), version == 1 ? 0 : STAMP);
	/* as long as the format is the same, so are the bytes */
	assert_int_equal(size, world->size);
	if (version == FSW_AREA_VERSION)
		assert_memory_equal(bytes, world->memory, size);
	assert_int_equal(fsw_recover(&area, bytes, size, &port, &advice), 0);
	assert_int_equal(advice.action, FSW_ACTION_RESUME);
	assert_int_equal(advice.why, story->why);
	assert_int_equal(advice.instance, story->next);
	assert_int_equal(advice.died, story->died);
	free(bytes);
}

static void areas_open(void **state)
{
	uint32_t version;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(stories) / sizeof(stories[0]); i++) {
		struct world world;

		world_make_cores(&world, 3, WORLD_SECTIONS, stories[i].cores);
		world_populate(&world, 2);
		stories[i].tell(&world);
		*fsw_stamp(&world.area, 3) = STAMP;
		write_file(path(FSW_AREA_VERSION, stories[i].name), world.memory, world.size);
		for (version = stories[i].since; version <= FSW_AREA_VERSION; version++)
			opens(version, &stories[i], &world);
		world_free(&world);
	}
}

static void sar_opens(void **state)
{
	static const struct fsw_segment segments[] = { { 0x4a326a00, 4, 8 }, { 0x4a326fe4, 2, 2 }, { 0x4a328684, 1, 3 } };
	const struct fsw_segments table = { segments, 3 };
	uint32_t words[64];
	uint32_t version;
	unsigned char *bytes;
	size_t size;

	(void)state;
	for (version = FSW_SAR_FIRST_SUPPORTED; version <= FSW_SAR_VERSION; version++) {
		bytes = read_file(path(version, "sar"), &size);
		assert_int_equal(fsw_sar_verify(bytes, (uint32_t)size, &table), 0);
		memcpy(words, bytes, size);
		assert_int_equal(words[1], version);
		assert_int_equal(words[4], 0x4a326a00);
		assert_int_equal(words[8], 0x11223344);
		assert_int_equal(words[9], 0x55667788);
		free(bytes);
	}
}

static uint32_t golden_register(void *context, uint64_t address, uint32_t width)
{
	static const unsigned char bytes[] = { 0x44, 0x33, 0x22, 0x11, 0x88, 0x77, 0x66, 0x55, 0xcc, 0xbb, 0xaa, 0x99 };
	uint32_t value = 0;

	(void)context;
	memcpy(&value, bytes + address % 4 + (address & 4), width);
	return value;
}

static void sar_is_written_so(void **state)
{
	static const struct fsw_segment segments[] = { { 0x4a326a00, 4, 8 }, { 0x4a326fe4, 2, 2 }, { 0x4a328684, 1, 3 } };
	const struct fsw_segments table = { segments, 3 };
	const struct fsw_port port = { .read = golden_register };
	uint64_t blob[32];
	const struct fsw_sar *sar = (const struct fsw_sar *)(void *)blob;
	unsigned char *bytes;
	size_t size;

	(void)state;
	assert_int_equal(fsw_sar_save(&port, &table, blob, sizeof(blob)), 0);
	write_file(path(FSW_SAR_VERSION, "sar"), blob, sar->size);
	bytes = read_file(path(FSW_SAR_VERSION, "sar"), &size);
	assert_int_equal(size, sar->size);
	assert_memory_equal(bytes, blob, size);
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(areas_open),
		cmocka_unit_test(sar_is_written_so),
		cmocka_unit_test(sar_opens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
