/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Interruption at every store: each operation, in worlds of 1 to 4 instances, is stopped before every store and every barrier in turn; any
 * store since the last barrier may be lost. Then the machine recovers, and nothing may be missing. The recovery is stopped at each
 * of its own stores too.
 */
#include "unit/support.h"

/* Pending stores of which every subset is tried; above that a sample, and a smaller one while a block is being cleared */
#define ALL_SUBSETS 5
#define SAMPLES 8
#define BULK 64
#define BULK_SAMPLES 3

#define CORES 4

struct scenario {
	const char *name;
	uint32_t guests;
	void (*prepare)(struct world *world);
	void (*run)(struct world *world);
	uint32_t expendable; /* bit i: instance i may be gone afterwards */
};

static struct {
	const struct scenario *scenario;
	unsigned long point, nested;
	uint64_t kept, nested_kept;
	int checking;
} at;

static unsigned long tried, recoveries;
static uint32_t sampling = 0x2545f491;

static uint32_t sample(void)
{
	sampling ^= sampling << 13;
	sampling ^= sampling >> 17;
	sampling ^= sampling << 5;
	return sampling;
}

/* A world and its memory, to go back to */
struct snapshot {
	struct world world;
	unsigned char *memory;
};

static void take(struct snapshot *snapshot, const struct world *world)
{
	if (!snapshot->memory)
		snapshot->memory = malloc(world->size);
	snapshot->world = *world;
	memcpy(snapshot->memory, world->memory, world->size);
}

static void put_back(struct world *world, const struct snapshot *snapshot)
{
	struct world_store *log = world->log;
	uint32_t log_size = world->log_size;

	*world = snapshot->world;
	memcpy(world->memory, snapshot->memory, world->size);
	world->log = log;
	world->log_size = log_size;
	world->logged = 0;
	world->points = 0;
}

/* Of the stores in the log keep those whose bit is set; the other words get back what they held. */
static void lose(struct world *world, const struct world_store *log, uint32_t logged, uint64_t kept)
{
	uint32_t i;

	for (i = logged; i-- > 0;)
		*log[i].word = log[i].before;
	for (i = 0; i < logged; i++)
		if (i >= 64 ? kept >> (i % 64) & 1 : kept >> i & 1)
			*log[i].word = log[i].value;
	world->logged = 0;
}

/* The n-th subset to try, of `logged` stores: 1 and *kept, or 0 */
static int subset(uint32_t logged, uint32_t n, uint64_t *kept)
{
	if (logged <= ALL_SUBSETS) {
		*kept = n;
		return n < 1u << logged;
	}
	*kept = (uint64_t)sample() << 32 | sample();
	if (n == 0)
		*kept = 0;
	if (n == 1)
		*kept = ~0ull;
	return n < (logged <= BULK ? SAMPLES : BULK_SAMPLES);
}

static int living(uint32_t state)
{
	return state == FSW_STATE_LOADED || state == FSW_STATE_RUNNING || state == FSW_STATE_SLEEPING;
}

static uint32_t state_of(struct world *world, uint32_t id)
{
	struct fsw_instance instance;

	assert_int_equal(fsw_instance_get(&world->area, id, &instance), 0);
	return instance.state;
}

/* After a reset every core is with whoever started the machine, whatever stood in its record. */
static void check_cores(struct world *world)
{
	struct fsw_core now;
	uint32_t core, i;

	for (core = 0; core < CORES; core++) {
		assert_int_equal(fsw_core_get(&world->area, core, &now), 0);
		assert_int_equal(now.state, FSW_CORE_PARKED);
		assert_int_equal(now.arrived, 0);
		for (i = FSW_CORE_ADDRESS; i < FSW_CORE_BYTES; i += 4)
			assert_int_equal(*world_core(world, core, i), 0);
	}
}

/* At any moment a core that is not in the pen is whose the machine is. */
static void check_one_owner(struct world *world)
{
	uint32_t sw = fsw__unguard(*world_switch_word(world), FSW_TAG_SWITCH);
	uint32_t core;

	for (core = 0; core < CORES; core++) {
		uint32_t word = fsw__unguard(*world_core(world, core, FSW_CORE_WORD), FSW_TAG_CORE + core);

		if (fsw__sound(word) && word >> 8 != FSW_CORE_PARKED)
			assert_int_equal(word & 0xff, sw & FSW_SWITCH_OWNER);
	}
}

/* What must hold once the machine has come back from `stopped`, when `before` was how things stood. */
static void check(struct world *world, const struct snapshot *before, uint32_t executing, uint32_t target)
{
	struct fsw_status status;
	struct fsw_area old;
	uint32_t dead = 0, sleepers = 0;
	uint32_t id, i;

	at.checking = 1;
	tried++;
	if (before->world.executing == 0) {
		/* there was nothing yet to lose: either no area, or one that says so */
		struct fsw_advice advice;
		int error = fsw_recover(&world->area, world->memory, world->size, &world->port, &advice);

		if (!error && advice.why != FSW_WHY_NOT_READY)
			assert_int_equal(advice.died, FSW_MASTER);
		else
			assert_true(!error || error == FSW_ERR(NO_AREA));
		at.checking = 0;
		return;
	}
	fsw__attach(&old, before->memory, &world->port);
	check_one_owner(world);
	world_reset(world);
	recoveries++;
	assert_true(world->transitions_legal);
	assert_int_equal(fsw_open(&world->area, world->memory, world->size, &world->port), 0);
	assert_int_equal(fsw_status(&world->area, &status), 0);
	check_cores(world);

	for (id = 1; id <= world->area.instances; id++) {
		uint32_t was = fsw__state(&old, id) & 0xff;
		uint32_t is = state_of(world, id);

		if (id != executing && id != target && was == FSW_STATE_SLEEPING && !(at.scenario->expendable >> id & 1))
			sleepers++;
		if (!living(was) || living(is) || at.scenario->expendable >> id & 1)
			continue;
		assert_true(id == executing || id == target);
		dead++;
	}
	assert_true(dead <= 1);
	if (sleepers)
		assert_int_not_equal(world->executing, 0);
	if (world->executing) {
		assert_int_equal(status.running, world->executing);
		assert_int_equal(status.phase, FSW_PHASE_IDLE);
	}
	for (i = 0; i < world->area.sections; i++) {
		uint32_t was = fsw__unguard(old.cmm[i], i);
		uint32_t is = world_entry(world, i);
		uint32_t owner = is & FSW_ENTRY_OWNER;
		uint32_t users = 0;

		/* memory is never made nor lost; what is shared stays so */
		assert_int_equal(was == FSW_OWNER_NONE, is == FSW_OWNER_NONE);
		assert_int_equal(was == FSW_OWNER_SHARED, is == FSW_OWNER_SHARED);
		assert_int_equal(is & FSW_ENTRY_MARKS, 0);
		if (owner != FSW_OWNER_NONE && owner != FSW_OWNER_SHARED)
			assert_int_not_equal(state_of(world, owner), FSW_STATE_EMPTY);
		for (id = 1; id <= world->area.instances; id++) {
			uint32_t state = state_of(world, id);

			if (!world->online[id][i] || (state != FSW_STATE_RUNNING && state != FSW_STATE_SLEEPING))
				continue;
			/* in use by a kernel that lives: it must be its own */
			assert_int_equal(owner, id);
			users++;
		}
		assert_true(users <= 1);
	}
	at.checking = 0;
}

/* Stop the recovery at each of its stores too; then recover for good. */
static void nest(struct world *world, const struct snapshot *before, const struct snapshot *stopped, uint32_t target)
{
	static struct world_store *log; /* static: kept across longjmp() */
	static struct snapshot again;
	struct fsw_advice advice;
	uint32_t logged, n;

	/* every point, but of a long clearing of a block only some */
	for (at.nested = 1;; at.nested += at.nested < BULK ? 1 : BULK / 4) {
		put_back(world, stopped);
		world->stop_at = at.nested;
		if (setjmp(world->stopped) == 0) {
			fsw_recover(&world->area, world->memory, world->size, &world->port, &advice);
			break;
		}
		world->stop_at = 0;
		logged = world->logged;
		log = realloc(log, (logged + 1) * sizeof(*log));
		memcpy(log, world->log, logged * sizeof(*log));
		take(&again, world);
		for (n = 0; n < 2; n++) {
			at.nested_kept = n ? ~0ull : 0;
			put_back(world, &again);
			lose(world, log, logged, at.nested_kept);
			check(world, before, stopped->world.executing, target);
		}
	}
	at.nested = 0;
}

static void interrupt(struct world *world, const struct scenario *scenario)
{
	static struct snapshot before, stopped, lost; /* static: kept across longjmp() */
	static struct world_store *log;
	static unsigned long stride, first;
	uint32_t logged, n, target;
	uint64_t kept;

	first = tried;
	at.scenario = scenario;
	scenario->prepare(world);
	world->stop_at = 0;
	take(&before, world);
	/* once undisturbed, to know how many points there are */
	put_back(world, &before);
	scenario->run(world);
	stride = world->points / 40 + 1;

	for (at.point = 1;; at.point++) {
		put_back(world, &before);
		world->stop_at = at.point;
		if (setjmp(world->stopped) == 0) {
			scenario->run(world);
			break;
		}
		world->stop_at = 0;
		logged = world->logged;
		log = realloc(log, (logged + 1) * sizeof(*log));
		memcpy(log, world->log, logged * sizeof(*log));
		take(&stopped, world);
		target = world_operation(world)->target;
		for (n = 0; subset(logged, n, &kept); n++) {
			at.kept = kept;
			put_back(world, &stopped);
			lose(world, log, logged, kept);
			check(world, &before, stopped.world.executing, target);
		}
		if (at.point % stride)
			continue;
		/* with all pending stores kept, and with all lost */
		for (n = 0; n < 2; n++) {
			at.kept = n ? ~0ull : 0;
			put_back(world, &stopped);
			lose(world, log, logged, at.kept);
			take(&lost, world);
			if (before.world.executing)
				nest(world, &before, &lost, target);
		}
	}
	at.point = 0;
	printf("  %-28s %u instances: %lu points\n", scenario->name, scenario->guests + 1, tried - first);
}

/* What stands before an operation */
static void nothing(struct world *world)
{
	(void)world;
}

static void blank(struct world *world)
{
	assert_int_equal(fsw_format(world->memory, world->size, &world->geometry, &world->port), 0);
	world->executing = 0;
}

/* About to be formatted anew: nothing of it needs to survive. */
static void given_up(struct world *world)
{
	world->executing = 0;
}

static void image_loaded(struct world *world)
{
	uint32_t id = world->geometry.instances;
	struct fsw_load load = world_load(11, "loaded");

	assert_int_equal(world_prepare(world, id, WORLD_ADDRESS(11), 1, 2), 0);
	assert_int_equal(fsw_load(&world->area, world->executing, id, &load), 0);
}

static void guest_runs(struct world *world)
{
	assert_int_equal(world_switch(world, 2), 0);
}

static void guest_died(struct world *world)
{
	guest_runs(world);
	world_reset(world);
}

static void last_was_freed(struct world *world)
{
	world->online[1][10] = 0;
	assert_int_equal(fsw_cmm_offline(&world->area, 1, 10), 0);
}

static void section_stuck(struct world *world)
{
	world->refuse_offline = 1u << 12;
}

static void guest_runs_and_one_is_damaged(struct world *world)
{
	uint32_t *blob = world_page(world, 1, FSW_PAGE_SAR);

	guest_runs(world);
	blob[5] ^= 1;
}

static void child_of_guest(struct world *world)
{
	uint32_t id = world->geometry.instances;
	struct fsw_load load = world_load(12, "child");

	guest_runs(world);
	assert_int_equal(world_claim(world, 2, WORLD_ADDRESS(12)), 0);
	assert_int_equal(world_prepare(world, id, WORLD_ADDRESS(12), 1, 2), 0);
	assert_int_equal(fsw_load(&world->area, 2, id, &load), 0);
	assert_int_equal(world_boot(world, id, FSW_FLAG_DIRECT), 0);
}

/* All but the boot core wait in the pen. */
static void in_the_pen(struct world *world)
{
	uint32_t core;

	for (core = 1; core < CORES; core++)
		world_core_arrives(world, core);
}

/* ... or run for the instance that does, but for the last, which is lost */
static void on_all_cores(struct world *world)
{
	uint32_t core;

	in_the_pen(world);
	for (core = 1; core < CORES; core++) {
		assert_int_equal(fsw_core_take(&world->area, world->executing, core, 0x8000, core), 0);
		assert_int_not_equal(world_core_goes(world, core), 0);
	}
	assert_int_equal(fsw_core_lost(&world->area, world->executing, CORES - 1), 0);
}

static void guest_on_all_cores(struct world *world)
{
	guest_runs(world);
	on_all_cores(world);
}

/* The operations */
static void do_format(struct world *world)
{
	fsw_format(world->memory, world->size, &world->geometry, &world->port);
}

static void do_master(struct world *world)
{
	world_populate(world, 0);
}

static void do_one_section(struct world *world)
{
	world->online[1][12] = 0;
	fsw_cmm_offline(&world->area, 1, 12);
	fsw_cmm_online(&world->area, 1, 12);
	world->online[1][12] = 1;
	fsw_cmm_keep(&world->area, 1, 12);
}

static void do_prepare(struct world *world)
{
	world_prepare(world, world->geometry.instances, WORLD_ADDRESS(11), 2, 3);
}

static void do_load(struct world *world)
{
	image_loaded(world);
}

static void do_boot(struct world *world)
{
	world_boot(world, world->geometry.instances, 0);
}

static void do_direct_boot(struct world *world)
{
	world_boot(world, world->geometry.instances, FSW_FLAG_DIRECT);
}

static void do_switch(struct world *world)
{
	world_switch(world, 2);
}

static void do_switch_back(struct world *world)
{
	world_switch(world, 1);
}

static void do_switch_on(struct world *world)
{
	world_switch(world, 3);
}

static void do_claim(struct world *world)
{
	world_claim(world, 4, FSW_ANYWHERE);
}

static void do_claim_exact(struct world *world)
{
	world_claim(world, 2, WORLD_ADDRESS(10));
}

static void do_terminate(struct world *world)
{
	world_terminate(world);
}

static void do_kill(struct world *world)
{
	world_kill(world, 2);
}

static void do_unload(struct world *world)
{
	world_kill(world, world->geometry.instances);
}

static void do_cancel(struct world *world)
{
	fsw_switch(&world->area, 1, 2);
	fsw_cancel(&world->area, 1);
}

static void do_manifest(struct world *world)
{
	struct fsw_manifest manifest;
	struct fsw_timings timings;

	memset(&manifest, 0, sizeof(manifest));
	memset(&timings, 0, sizeof(timings));
	strcpy(manifest.release, "6.1.0");
	manifest.count = 1;
	strcpy(manifest.devices[0].name, "uart0");
	manifest.devices[0].state = 1;
	fsw_manifest_set(&world->area, 1, &manifest);
	timings.hz = 24000000;
	fsw_timings_set(&world->area, 1, &timings);
}

static void do_take(struct world *world)
{
	uint32_t core;

	for (core = 1; core < CORES; core++)
		fsw_core_take(&world->area, world->executing, core, 0x500008000, ~(uint64_t)core);
}

static void do_park(struct world *world)
{
	uint32_t core;

	for (core = 1; core < CORES; core++) {
		fsw_core_park(&world->area, world->executing, core);
		world_core_arrives(world, core);
		fsw_core_park(&world->area, world->executing, core);
	}
}

static void do_lose(struct world *world)
{
	uint32_t core;

	for (core = 1; core < CORES; core++)
		fsw_core_lost(&world->area, world->executing, core);
}

/* Not all came: the switch is given up. Then they do, and it takes place. */
static void do_switch_from_all_cores(struct world *world)
{
	uint32_t core;

	fsw_switch(&world->area, 1, 2);
	fsw_arm(&world->area, 1, 0, 0x1004, 0xa1);
	fsw_cancel(&world->area, 1);
	for (core = 1; core < CORES; core++) {
		world_core_arrives(world, core);
		fsw_core_park(&world->area, 1, core);
	}
	world_switch(world, 2);
}

static const struct scenario scenarios[] = {
	{ "format", 0, blank, do_format, 0 },
	{ "format over an area", 2, given_up, do_format, 0 },
	{ "master", 0, blank, do_master, 0 },
	{ "one section", 1, nothing, do_one_section, 0 },
	{ "prepare", 0, nothing, do_prepare, 0 },
	{ "prepare", 2, nothing, do_prepare, 0 },
	{ "prepare, refused", 1, section_stuck, do_prepare, 0 },
	{ "load", 1, nothing, do_load, 0 },
	{ "boot by reset", 0, image_loaded, do_boot, 0 },
	{ "boot by reset", 2, image_loaded, do_boot, 0 },
	{ "boot at once", 1, image_loaded, do_direct_boot, 0 },
	{ "switch", 1, nothing, do_switch, 0 },
	{ "switch", 3, nothing, do_switch, 0 },
	{ "switch back", 3, guest_runs, do_switch_back, 0 },
	{ "switch, a guest dead", 2, guest_died, do_switch_on, 0 },
	{ "claim", 1, guest_runs, do_claim, 0 },
	{ "claim", 2, guest_runs, do_claim, 0 },
	{ "claim", 3, guest_runs, do_claim, 0 },
	{ "claim by the master", 3, last_was_freed, do_claim, 0 },
	{ "claim, a section stuck", 2, guest_runs, do_claim, 0 },
	{ "claim, exact", 3, guest_runs, do_claim_exact, 0 },
	{ "claim, one unreachable", 3, guest_runs_and_one_is_damaged, do_claim, 1 << 1 },
	{ "terminate", 1, guest_runs, do_terminate, 1 << 2 },
	{ "terminate", 3, guest_runs, do_terminate, 1 << 2 },
	{ "terminate, a grandchild", 2, child_of_guest, do_terminate, 1 << 4 },
	{ "kill", 1, nothing, do_kill, 1 << 2 },
	{ "kill", 3, nothing, do_kill, 1 << 2 },
	{ "unload", 1, image_loaded, do_unload, 1 << 4 },
	{ "cancel", 1, nothing, do_cancel, 0 },
	{ "manifest and timings", 1, nothing, do_manifest, 0 },
	{ "take cores", 1, in_the_pen, do_take, 0 },
	{ "park cores", 1, on_all_cores, do_park, 0 },
	{ "park cores, by a guest", 2, guest_on_all_cores, do_park, 0 },
	{ "lose cores", 1, on_all_cores, do_lose, 0 },
	{ "switch from all cores", 2, on_all_cores, do_switch_from_all_cores, 0 },
};

static void every_store(void **state)
{
	struct world world;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++) {
		/* room for one more than there are */
		world_make_cores(&world, 4, WORLD_SECTIONS, CORES);
		if (scenarios[i].prepare != blank)
			world_populate(&world, scenarios[i].guests);
		interrupt(&world, &scenarios[i]);
		world_free(&world);
	}
	printf("interruption: %lu points tried, %lu recoveries, seed 0x2545f491\n", tried, recoveries);
	assert_true(tried > 20000);
}

static int explain(void **state)
{
	(void)state;
	if (at.checking)
		printf("at: %s, %u instances, stopped before point %lu, kept %#llx, recovery stopped before %lu, kept %#llx\n",
		       at.scenario->name, at.scenario->guests + 1, at.point, (unsigned long long)at.kept, at.nested,
		       (unsigned long long)at.nested_kept);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test_teardown(every_store, explain) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
