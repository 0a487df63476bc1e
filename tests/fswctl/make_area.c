/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* make_area STATE FILE: an fsw area in that state, as a dump. Without arguments: the names of the states. For test_fswctl.py */
#include "../unit/support.h"

#define HZ 24000000

static struct world world;

static void device(struct fsw_manifest *manifest, const char *name, uint32_t state)
{
	struct fsw_device *to = &manifest->devices[manifest->count++];

	memcpy(to->name, name, strlen(name));
	to->state = state;
}

/* What the executing instance says of itself */
static void declare(const char *release, uint32_t uart, uint32_t more)
{
	struct fsw_manifest manifest = { .count = 0 };
	struct fsw_timings timings = { .hz = HZ };
	uint32_t i;

	memcpy(manifest.release, release, strlen(release));
	if (uart)
		device(&manifest, "10009000.uart", uart);
	device(&manifest, "rtc", 1);
	if (more)
		device(&manifest, "10013000.virtio", more);
	for (i = 0; i < FSW_TIMINGS_PHASES; i++)
		timings.ticks[i] = HZ / 1000 * (i + 1) + world.executing;
	assert_int_equal(fsw_manifest_set(&world.area, world.executing, &manifest), 0);
	assert_int_equal(fsw_timings_set(&world.area, world.executing, &timings), 0);
}

/* Guest 2 left the uart on, which the master has off; guest 3 agrees with the master. */
static void guests_on(uint32_t cores)
{
	world_make_cores(&world, 4, 16, cores);
	world_populate(&world, 2);
	declare("6.1.0-master", 0, 0);
	assert_int_equal(world_switch(&world, 2), 0);
	declare("6.12.95", 1, 2);
	assert_int_equal(world_switch(&world, 3), 0);
	declare("6.1.0-third", 0, 0);
	assert_int_equal(world_switch(&world, 1), 0);
}

static void guests(void)
{
	guests_on(0);
}

static void blank(void)
{
	world_make(&world, 3, 16);
}

static void master(void)
{
	world_make(&world, 3, 16);
	world_populate(&world, 0);
}

static void loaded(void)
{
	struct fsw_load load = world_load(8, "fourth");

	guests();
	assert_int_equal(world_prepare(&world, 4, WORLD_ADDRESS(8), 2, 3), 0);
	assert_int_equal(fsw_load(&world.area, FSW_MASTER, 4, &load), 0);
}

static void dead(void)
{
	guests();
	assert_int_equal(world_switch(&world, 2), 0);
	world_reset(&world);
}

static void requested(void)
{
	guests();
	assert_int_equal(fsw_switch(&world.area, FSW_MASTER, 2), 0);
}

static void armed(void)
{
	requested();
	assert_int_equal(fsw_arm(&world.area, FSW_MASTER, 0, 0x1004, 0xa1), 1);
}

static void handed(void)
{
	requested();
	world_suspend(&world);
}

static void resetting(void)
{
	struct fsw_jump jump;

	loaded();
	assert_int_equal(fsw_boot(&world.area, FSW_MASTER, 4, 0), 0);
	assert_int_equal(fsw_arm(&world.area, FSW_MASTER, 0, 0x1004, 0xa1), 1);
	assert_int_equal(fsw_handover(world.memory, &world.handover, &jump), FSW_GO_RESET);
}

static void freeing(void)
{
	uint32_t section = 0;

	guests();
	assert_int_equal(fsw_free(&world.area, FSW_MASTER, 4, FSW_ANYWHERE, 2, 3), 0);
	assert_int_equal(fsw_free_next(&world.area, FSW_MASTER, &section), 1);
	assert_int_equal(fsw_cmm_offline(&world.area, FSW_MASTER, section), 0);
}

/* The master asks for so many sections. */
static void claim(uint32_t count)
{
	struct fsw_want want;

	assert_int_equal(fsw_want(&world.area, FSW_MASTER, count, FSW_ANYWHERE, &want), 0);
	assert_int_equal(fsw_want_free(&world.area, FSW_MASTER, &want), 0);
	assert_int_equal(fsw_claim(&world.area, FSW_MASTER, &want), 0);
}

/* The round goes on to the next: the section that it is told to free, and perhaps does */
static void visit(int frees)
{
	struct fsw_outcome outcome;

	world_suspend(&world);
	assert_int_equal(fsw_acknowledge(&world.area, world.executing, &outcome), 0);
	assert_int_equal(outcome.result, FSW_RESULT_VISIT);
	assert_int_equal(fsw_visit_next(&world.area, world.executing, &outcome), 1);
	if (frees)
		assert_int_equal(fsw_cmm_offline(&world.area, world.executing, outcome.walk.section), 0);
}

/* A claim round is asked for, and nobody has left yet. */
static void asking(void)
{
	guests();
	claim(1);
}

/* A claim round stands in guest 2, which has freed a section. */
static void claiming(void)
{
	guests();
	claim(2);
	visit(1);
}

/* The round has gone on to guest 3, which has freed its section: guest 2 kept its own. Whom it could not reach is made up. */
static void skipping(void)
{
	guests();
	claim(2);
	visit(0);
	assert_int_equal(fsw_pass(&world.area, world.executing), 1);
	visit(1);
	world_operation(&world)->skipped[0] |= 1u << 4;
	world_put_record(world_operation(&world), sizeof(struct fsw_operation));
}

/* Guest 2 runs, whose memory begins above the master's. */
static void second(void)
{
	guests();
	assert_int_equal(world_switch(&world, 2), 0);
}

/* The first half of a boot: memory for 4, and nothing in it */
static void prepared(void)
{
	guests();
	assert_int_equal(world_prepare(&world, 4, WORLD_ADDRESS(8), 2, 3), 0);
}

/* A guest is about to end itself. */
static void terminating(void)
{
	guests();
	assert_int_equal(world_switch(&world, 2), 0);
	assert_int_equal(fsw_terminate(&world.area, 2), 0);
}

/* A guest was killed, its sections are not yet on-line in the master. */
static void killed(void)
{
	guests();
	assert_int_equal(fsw_kill(&world.area, FSW_MASTER, 2), 0);
}

/* Reset while guest 2 ran: recovered, and the survivor not yet entered */
static void recovered(void)
{
	struct fsw_advice advice;

	guests();
	assert_int_equal(world_switch(&world, 2), 0);
	assert_int_equal(fsw_recover(&world.area, world.memory, world.size, &world.port, &advice), 0);
	assert_int_equal(advice.action, FSW_ACTION_RESUME);
}

/* The same while a switch was on its way */
static void interrupted(void)
{
	struct fsw_advice advice;

	armed();
	assert_int_equal(fsw_recover(&world.area, world.memory, world.size, &world.port, &advice), 0);
	assert_int_equal(advice.undone, FSW_MODE_SWITCH);
}

/* Names that would do harm on a terminal or in JSON, and one that does not end */
static void evil(void)
{
	static const char name[] = "\033[2Jx\"\\\n\xc2\x9b\xff\xc3\xa9";
	static const char release[] = "\xe2\x82\xac\xf0\x9f\x98\x80|\xe0\x80\x80|\xed\xa0\x80|\xf4\x90\x80\x80|\xe2\x82";
	struct fsw_manifest *manifest;
	struct fsw_load *load;

	guests();
	load = world_page(&world, 2, FSW_PAGE_LOAD);
	memset(load->name, 0, sizeof(load->name));
	memcpy(load->name, name, sizeof(name));
	world_put_record(load, sizeof(*load));
	load = world_page(&world, 3, FSW_PAGE_LOAD);
	memset(load->name, 'y', sizeof(load->name));
	world_put_record(load, sizeof(*load));
	/* two characters; then too long a form, a surrogate, beyond Unicode, cut short */
	manifest = world_page(&world, 3, FSW_PAGE_MANIFEST);
	memset(manifest->release, 0, sizeof(manifest->release));
	memcpy(manifest->release, release, sizeof(release));
	world_put_record(manifest, sizeof(*manifest));
}

/* On four cores: 0 boots, the others wait in the pen. */
static void cores_parked(void)
{
	uint32_t core;

	guests_on(4);
	for (core = 1; core < 4; core++)
		world_core_arrives(&world, core);
}

static void core_taken(uint32_t core)
{
	assert_int_equal(fsw_core_take(&world.area, world.executing, core, 0x8000, 0), 0);
	assert_int_equal(world_core_goes(&world, core), 0x8000);
}

/* The master runs on all of them. */
static void cores(void)
{
	uint32_t core;

	cores_parked();
	for (core = 1; core < 4; core++)
		core_taken(core);
}

/* Core 2 was told to go to the pen and did not come, 3 is there. */
static void cores_lost(void)
{
	cores();
	world_core_arrives(&world, 3);
	assert_int_equal(fsw_core_park(&world.area, 1, 3), 0);
	assert_int_equal(fsw_core_lost(&world.area, 1, 2), 0);
}

/* It comes after all. */
static void cores_late(void)
{
	cores_lost();
	world_core_arrives(&world, 2);
}

/* Core 3 did not come to the pen after a reset. */
static void cores_stray(void)
{
	guests_on(4);
	world_core_arrives(&world, 1);
	world_core_arrives(&world, 2);
	core_taken(1);
	core_taken(2);
}

/* The same in a switch, which names the boot core */
static void cores_armed(void)
{
	guests_on(4);
	world_core_arrives(&world, 1);
	assert_int_equal(fsw_switch(&world.area, FSW_MASTER, 2), 0);
	assert_int_equal(fsw_arm(&world.area, FSW_MASTER, 0, 0x1004, 0xa1), 1);
}

/* Set up without a world, which is small: a map of 1,048,576 sections for 254 instances, one of them far up */
static void large(void)
{
	static struct fsw_port port;
	struct fsw_range ram = { 0, (uint64_t)FSW_SECTIONS_MAX << 20 };
	struct fsw_range movable = { 64 << 20, ((uint64_t)FSW_SECTIONS_MAX - 64) << 20 };
	struct fsw_memory memory = { { &ram, 1 }, { &movable, 1 }, { NULL, 0 }, { NULL, 0 } };
	struct fsw_load load = { .entry = 0x8000, .name = "large" };
	uint32_t section = 0;

	world.geometry = (struct fsw_geometry){
		.base = 0, .section_shift = 20, .sections = FSW_SECTIONS_MAX, .instances = FSW_INSTANCES_MAX, .page_size = 4096
	};
	assert_int_equal(fsw_area_size(&world.geometry, &world.size), 0);
	world.memory = aligned_alloc(4096, world.size);
	assert_non_null(world.memory);
	assert_int_equal(fsw_format(world.memory, world.size, &world.geometry, &port), 0);
	assert_int_equal(fsw_open(&world.area, world.memory, world.size, &port), 0);
	assert_int_equal(fsw_master(&world.area, &load, &memory), 0);
	assert_int_equal(fsw_free(&world.area, 1, 254, (uint64_t)0x80000 << 20, 3, 3), 0);
	while (fsw_free_next(&world.area, 1, &section) == 1)
		assert_int_equal(fsw_cmm_offline(&world.area, 1, section), 0);
	assert_int_equal(fsw_free_commit(&world.area, 1), 0);
}

static const struct {
	const char *name;
	void (*make)(void);
} states[] = {
	{ "blank", blank },
	{ "master", master },
	{ "guests", guests },
	{ "loaded", loaded },
	{ "dead", dead },
	{ "requested", requested },
	{ "armed", armed },
	{ "handed", handed },
	{ "freeing", freeing },
	{ "resetting", resetting },
	{ "claiming", claiming },
	{ "terminating", terminating },
	{ "killed", killed },
	{ "recovered", recovered },
	{ "interrupted", interrupted },
	{ "evil", evil },
	{ "large", large },
	{ "skipping", skipping },
	{ "asking", asking },
	{ "second", second },
	{ "prepared", prepared },
	{ "cores", cores },
	{ "cores-parked", cores_parked },
	{ "cores-lost", cores_lost },
	{ "cores-late", cores_late },
	{ "cores-stray", cores_stray },
	{ "cores-armed", cores_armed },
};

int main(int count, char **words)
{
	size_t i;
	FILE *file;

	for (i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		if (count < 3) {
			puts(states[i].name);
			continue;
		}
		if (strcmp(states[i].name, words[1]) != 0)
			continue;
		states[i].make();
		file = fopen(words[2], "wb");
		if (!file || fwrite(world.memory, 1, world.size, file) != world.size || fclose(file)) {
			perror(words[2]);
			return EXIT_FAILURE;
		}
		world_free(&world);
		return EXIT_SUCCESS;
	}
	return count < 3 ? EXIT_SUCCESS : EXIT_FAILURE;
}
