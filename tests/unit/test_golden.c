/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Golden blobs: areas and a SAR blob as a library of each format version wrote them (tests/data/v*). Today's library must read them forever, and
 * go on from where they stand. `FSW_GOLDEN_WRITE=1` writes those of this version anew: only before it is released.
 */
#include "support.h"

#define DATA FSW_TEST_DATA "/v1-"

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

static const struct {
	const char *file;
	void (*story)(struct world *world);
	uint32_t running, phase;
	enum fsw_why why;
	uint32_t next, died;
} areas[] = {
	{ DATA "idle.bin", idle, 1, FSW_PHASE_IDLE, FSW_WHY_DIED, 3, 1 },
	{ DATA "armed.bin", armed, 1, FSW_PHASE_ARMED, FSW_WHY_DIED, 3, 1 },
	{ DATA "visited.bin", visited, 1, FSW_PHASE_HANDED, FSW_WHY_CLAIM, 2, 1 },
};

static void areas_open(void **state)
{
	const struct fsw_port port = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(areas) / sizeof(areas[0]); i++) {
		struct world world;
		struct fsw_area area;
		struct fsw_status status;
		struct fsw_instance instance;
		struct fsw_advice advice;
		unsigned char *bytes;
		size_t size;

		world_make(&world, 3, WORLD_SECTIONS);
		world_populate(&world, 2);
		areas[i].story(&world);
		write_file(areas[i].file, world.memory, world.size);

		bytes = read_file(areas[i].file, &size);
		assert_int_equal(fsw_open(&area, bytes, size, &port), 0);
		assert_int_equal(area.sections, WORLD_SECTIONS);
		assert_int_equal(area.instances, 3);
		assert_true(area.header->geometry.base == WORLD_BASE);
		assert_int_equal(fsw_status(&area, &status), 0);
		assert_int_equal(status.running, areas[i].running);
		assert_int_equal(status.phase, areas[i].phase);
		assert_int_equal(fsw_instance_get(&area, 3, &instance), 0);
		assert_string_equal(instance.load->name, "guest3");
		assert_true(instance.load->base == WORLD_ADDRESS(6));
		assert_true(instance.resume->address == 0x3004);
		assert_int_equal(instance.sar->size, 16 + 3 * 16 + 16 + 8 + 8 + 16);
		/* as long as the format is the same, so are the bytes */
		assert_int_equal(size, world.size);
		if (FSW_AREA_VERSION == 1)
			assert_memory_equal(bytes, world.memory, size);
		assert_int_equal(fsw_recover(&area, bytes, size, &port, &advice), 0);
		assert_int_equal(advice.action, FSW_ACTION_RESUME);
		assert_int_equal(advice.why, areas[i].why);
		assert_int_equal(advice.instance, areas[i].next);
		assert_int_equal(advice.died, areas[i].died);
		free(bytes);
		world_free(&world);
	}
}

static void sar_opens(void **state)
{
	static const struct fsw_segment segments[] = { { 0x4a326a00, 4, 8 }, { 0x4a326fe4, 2, 2 }, { 0x4a328684, 1, 3 } };
	const struct fsw_segments table = { segments, 3 };
	uint32_t words[64];
	unsigned char *bytes;
	size_t size;

	(void)state;
	bytes = read_file(DATA "sar.bin", &size);
	assert_int_equal(fsw_sar_verify(bytes, (uint32_t)size, &table), 0);
	memcpy(words, bytes, size);
	assert_int_equal(words[4], 0x4a326a00);
	assert_int_equal(words[8], 0x11223344);
	assert_int_equal(words[9], 0x55667788);
	free(bytes);
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
	write_file(DATA "sar.bin", blob, sar->size);
	bytes = read_file(DATA "sar.bin", &size);
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
