/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Instance pages: transitions, load records, manifests, timings, stamps. */
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
	world_free(*state);
	free(*state);
	return 0;
}

static void transitions(void **state)
{
	/* rows: from empty, loaded, running, sleeping, dead; columns the same: the table of instance.h */
	static const char may[5][6] = { "-xx--", "x-x-x", "x--xx", "x-x-x", "x----" };
	uint32_t from, to;

	(void)state;
	for (from = 0; from < 7; from++)
		for (to = 0; to < 7; to++)
			assert_int_equal(fsw_state_may(from, to), from < 5 && to < 5 && may[from][to] == 'x');
	assert_int_equal(fsw_state_may(0, 0xffffffff), 0);
}

static void shows(void **state)
{
	struct world *world = *state;
	struct fsw_instance instance;

	assert_int_equal(fsw_instance_get(&world->area, 0, &instance), FSW_ERR(ARGUMENT));
	assert_int_equal(fsw_instance_get(&world->area, WORLD_INSTANCES + 1, &instance), FSW_ERR(ARGUMENT));
	assert_int_equal(fsw_instance_get(&world->area, 1, &instance), 0);
	assert_int_equal(instance.state, FSW_STATE_RUNNING);
	assert_int_equal(instance.parent, 0);
	assert_null(instance.resume);
	assert_string_equal(instance.load->name, "master");
	assert_int_equal(fsw_instance_get(&world->area, 3, &instance), 0);
	assert_int_equal(instance.state, FSW_STATE_SLEEPING);
	assert_int_equal(instance.parent, 1);
	assert_true(instance.resume->address == 0x3004);
	assert_string_equal(instance.load->name, "guest3");
	assert_int_equal(instance.sar->magic, FSW_SAR_MAGIC);
	assert_int_equal(fsw_instance_get(&world->area, 4, &instance), 0);
	assert_int_equal(instance.state, FSW_STATE_EMPTY);
	assert_null(instance.load);
}

static void loads(void **state)
{
	struct world *world = *state;
	struct fsw_load load = world_load(10, "new");

	assert_int_equal(fsw_load(&world->area, 2, 4, &load), FSW_ERR(NOT_RUNNING));
	assert_int_equal(fsw_load(&world->area, 1, 0, &load), FSW_ERR(ARGUMENT));
	assert_int_equal(fsw_load(&world->area, 1, WORLD_INSTANCES + 1, &load), FSW_ERR(ARGUMENT));
	assert_int_equal(fsw_load(&world->area, 1, 2, &load), FSW_ERR(IN_USE));
	/* over memory that was not freed */
	assert_int_equal(fsw_load(&world->area, 1, 4, &load), FSW_ERR(OTHERS));
	assert_int_equal(world_prepare(world, 4, WORLD_ADDRESS(10), 1, 1), 0);
	load.entry = WORLD_ADDRESS(11) - 2; /* its first instruction crosses into what is not its own */
	assert_int_equal(fsw_load(&world->area, 1, 4, &load), FSW_ERR(OTHERS));
	load.entry = WORLD_ADDRESS(10);
	memset(load.name, 'x', sizeof(load.name));
	assert_int_equal(fsw_load(&world->area, 1, 4, &load), FSW_ERR(ARGUMENT));
	load.name[31] = '\0';
	assert_int_equal(fsw_load(&world->area, 1, 4, &load), 0);
	assert_int_equal(fsw_load(&world->area, 1, 4, &load), FSW_ERR(IN_USE));
	assert_int_equal(fsw_switch(&world->area, 1, 4), FSW_ERR(STATE));
	assert_int_equal(fsw_boot(&world->area, 1, 4, 0), 0);
	assert_int_equal(fsw_load(&world->area, 1, 4, &load), FSW_ERR(BUSY));
}

static struct fsw_manifest manifest_of(const char *first, uint32_t one, const char *second, uint32_t two)
{
	struct fsw_manifest manifest;

	memset(&manifest, 0, sizeof(manifest));
	strcpy(manifest.release, "6.1.0");
	if (first) {
		strcpy(manifest.devices[manifest.count].name, first);
		manifest.devices[manifest.count++].state = one;
	}
	if (second) {
		strcpy(manifest.devices[manifest.count].name, second);
		manifest.devices[manifest.count++].state = two;
	}
	return manifest;
}

static int compared(struct world *world, struct fsw_manifest one, struct fsw_manifest two, struct fsw_device *device)
{
	int error;

	assert_int_equal(fsw_manifest_set(&world->area, 1, &one), 0);
	assert_int_equal(world_switch(world, 2), 0);
	assert_int_equal(fsw_manifest_set(&world->area, 2, &two), 0);
	error = fsw_manifest_compare(&world->area, 1, 2, device);
	assert_int_equal(world_switch(world, 1), 0);
	return error;
}

static void manifests(void **state)
{
	struct world *world = *state;
	struct fsw_device device;
	struct fsw_manifest manifest;

	assert_int_equal(compared(world, manifest_of("uart0", 1, NULL, 0), manifest_of("uart0", 1, NULL, 0), &device), 0);
	assert_int_equal(compared(world, manifest_of("uart0", 1, "rtc", 2), manifest_of("rtc", 2, "uart0", 1), &device), 0);
	assert_int_equal(compared(world, manifest_of("uart0", 0, NULL, 0), manifest_of(NULL, 0, NULL, 0), &device), 0);
	assert_int_equal(compared(world, manifest_of("uart0", 1, "rtc", 2), manifest_of("rtc", 2, NULL, 0), &device),
			 FSW_ERR(DEVICES));
	assert_string_equal(device.name, "uart0");
	assert_int_equal(device.state, 1);
	assert_int_equal(compared(world, manifest_of("rtc", 2, NULL, 0), manifest_of("uart0", 3, "rtc", 2), &device),
			 FSW_ERR(DEVICES));
	assert_string_equal(device.name, "uart0");
	assert_int_equal(device.state, 0);
	assert_int_equal(compared(world, manifest_of("rtc", 2, NULL, 0), manifest_of("rtc", 3, NULL, 0), &device),
			 FSW_ERR(DEVICES));
	assert_int_equal(device.state, 2);

	assert_int_equal(fsw_manifest_compare(&world->area, 1, 4, &device), FSW_ERR(STATE));
	assert_int_equal(fsw_manifest_compare(&world->area, 4, 1, &device), FSW_ERR(STATE));
	assert_int_equal(fsw_manifest_compare(&world->area, 0, 1, &device), FSW_ERR(ARGUMENT));
	assert_int_equal(fsw_manifest_compare(&world->area, 1, 9, &device), FSW_ERR(ARGUMENT));

	manifest = manifest_of("uart0", 1, NULL, 0);
	assert_int_equal(fsw_manifest_set(&world->area, 2, &manifest), FSW_ERR(NOT_RUNNING));
	manifest.count = FSW_MANIFEST_DEVICES_MAX + 1;
	assert_int_equal(fsw_manifest_set(&world->area, 1, &manifest), FSW_ERR(ARGUMENT));
	manifest.count = 2;
	memset(manifest.devices[1].name, 'x', sizeof(manifest.devices[1].name));
	assert_int_equal(fsw_manifest_set(&world->area, 1, &manifest), FSW_ERR(ARGUMENT));
	manifest.count = 1;
	memset(manifest.release, 'x', sizeof(manifest.release));
	assert_int_equal(fsw_manifest_set(&world->area, 1, &manifest), FSW_ERR(ARGUMENT));

	/* names without end can only come from elsewhere: no reading past them */
	{
		struct fsw_manifest *one = world_page(world, 1, FSW_PAGE_MANIFEST);
		struct fsw_manifest *two = world_page(world, 2, FSW_PAGE_MANIFEST);

		*one = manifest_of("x", 1, NULL, 0);
		memset(one->devices[0].name, 'y', sizeof(one->devices[0].name));
		*two = *one;
		world_put_record(one, sizeof(*one));
		world_put_record(two, sizeof(*two));
		assert_int_equal(fsw_manifest_compare(&world->area, 1, 2, &device), FSW_ERR(DEVICES));
	}
}

static void timings(void **state)
{
	struct world *world = *state;
	struct fsw_timings one, other;

	memset(&one, 0, sizeof(one));
	one.hz = 24000000;
	one.ticks[3] = 77;
	assert_int_equal(fsw_timings_get(&world->area, 1, &other), FSW_ERR(TIMINGS_CRC));
	assert_int_equal(world->area.fault.index, 1);
	assert_int_equal(fsw_timings_set(&world->area, 2, &one), FSW_ERR(NOT_RUNNING));
	assert_int_equal(fsw_timings_set(&world->area, 1, &one), 0);
	assert_int_equal(fsw_timings_get(&world->area, 1, &other), 0);
	assert_int_equal(other.hz, 24000000);
	assert_int_equal(other.ticks[3], 77);
	assert_int_equal(fsw_timings_get(&world->area, 0, &other), FSW_ERR(ARGUMENT));
}

/* The library writes none; who ended itself leaves its own for the heir to read. */
static void stamps(void **state)
{
	struct world *world = *state;
	struct fsw_instance instance;
	uint32_t id;

	for (id = 1; id <= WORLD_INSTANCES; id++) {
		assert_ptr_equal(fsw_stamp(&world->area, id), world_page(world, id, FSW_PAGE_STAMP));
		assert_int_equal(*fsw_stamp(&world->area, id), 0);
	}
	assert_int_equal(world_switch(world, 3), 0);
	*fsw_stamp(&world->area, 3) = 0xfffffff0;
	assert_int_equal(world_terminate(world), 0);
	assert_int_equal(fsw_instance_get(&world->area, 3, &instance), 0);
	assert_int_equal(instance.state, FSW_STATE_EMPTY);
	assert_int_equal(*fsw_stamp(&world->area, 3), 0xfffffff0);
	assert_int_equal(*fsw_stamp(&world->area, 1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(transitions),
		cmocka_unit_test_setup_teardown(shows, setup, teardown),
		cmocka_unit_test_setup_teardown(loads, setup, teardown),
		cmocka_unit_test_setup_teardown(manifests, setup, teardown),
		cmocka_unit_test_setup_teardown(timings, setup, teardown),
		cmocka_unit_test_setup_teardown(stamps, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
