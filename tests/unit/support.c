/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "support.h"

static uint32_t board_read(void *context, uint64_t address, uint32_t width)
{
	struct world *world = context;
	uint32_t value = 0;

	memcpy(&value, (unsigned char *)world->registers + (address - WORLD_REGISTER_BASE), width);
	return value;
}

static void board_write(void *context, uint64_t address, uint32_t width, uint32_t value)
{
	struct world *world = context;

	memcpy((unsigned char *)world->registers + (address - WORLD_REGISTER_BASE), &value, width);
}

static void point(struct world *world)
{
	world->points++;
	if (world->points == world->stop_at)
		longjmp(world->stopped, 1);
}

static void board_store(void *context, uint32_t *word, uint32_t value)
{
	struct world *world = context;

	point(world);
	if (world->logged == world->log_size) {
		world->log_size = world->log_size ? 2 * world->log_size : 64;
		world->log = realloc(world->log, world->log_size * sizeof(*world->log));
	}
	world->log[world->logged].word = word;
	world->log[world->logged].before = *word;
	world->log[world->logged].value = value;
	world->logged++;
	*(volatile uint32_t *)word = value;
}

static void board_persist(void *context, const void *start, size_t size)
{
	struct world *world = context;
	const unsigned char *from = start;
	uint32_t kept = 0;
	uint32_t i;

	point(world);
	for (i = 0; i < world->logged; i++) {
		const unsigned char *at = (const unsigned char *)world->log[i].word;

		if (at < from || at >= from + size)
			world->log[kept++] = world->log[i];
	}
	world->logged = kept;
}

static void board_trace(void *context, enum fsw_event event, uint32_t a, uint32_t b)
{
	struct world *world = context;

	if (event != FSW_EVENT_STATE)
		return;
	/* setting a state again that already holds is what a repeated recovery does */
	if (world->seen_state[a] != 0xff && world->seen_state[a] != (b & 0xff) && !fsw_state_may(world->seen_state[a], b & 0xff))
		world->transitions_legal = 0;
	world->seen_state[a] = (unsigned char)b;
}

void world_make(struct world *world, uint32_t instances, uint32_t sections)
{
	world_make_cores(world, instances, sections, 0);
}

void world_make_cores(struct world *world, uint32_t instances, uint32_t sections, uint32_t cores)
{
	memset(world, 0, sizeof(*world));
	memset(world->seen_state, 0xff, sizeof(world->seen_state));
	world->transitions_legal = 1;
	world->geometry.base = WORLD_BASE;
	world->geometry.section_shift = WORLD_SHIFT;
	world->geometry.sections = sections;
	world->geometry.instances = instances;
	world->geometry.page_size = 4096;
	world->geometry.cores = cores;
	world->port.context = world;
	world->port.read = board_read;
	world->port.write = board_write;
	world->port.store = board_store;
	world->port.persist = board_persist;
	world->port.trace = board_trace;
	world->segments[0] = (struct fsw_segment){ WORLD_REGISTER_BASE, 4, 12 };
	world->segments[1] = (struct fsw_segment){ WORLD_REGISTER_BASE + 12, 2, 6 };
	world->segments[2] = (struct fsw_segment){ WORLD_REGISTER_BASE + 20, 1, 3 };
	world->handover.port = &world->port;
	world->handover.table.segment = world->segments;
	world->handover.table.count = 3;
	assert_int_equal(fsw_area_size(&world->geometry, &world->size), 0);
	world->memory = aligned_alloc(4096, world->size);
	assert_non_null(world->memory);
	assert_int_equal(fsw_format(world->memory, world->size, &world->geometry, &world->port), 0);
	assert_int_equal(fsw_open(&world->area, world->memory, world->size, &world->port), 0);
}

void world_free(struct world *world)
{
	free(world->memory);
	free(world->log);
	memset(world, 0, sizeof(*world));
}

struct fsw_load world_load(uint32_t section, const char *name)
{
	struct fsw_load load;

	memset(&load, 0, sizeof(load));
	load.base = WORLD_ADDRESS(section);
	load.entry = load.base + 0x8000;
	load.arguments[0] = 0;
	load.arguments[1] = ~0u;
	load.arguments[2] = load.base + 0x100;
	strcpy(load.name, name);
	return load;
}

static uint64_t resume_address(uint32_t id)
{
	return 0x1000ull * id + 4;
}

/* Code of `id` runs now: it sets the registers to values of its own. */
static void run_code(struct world *world, uint32_t id)
{
	uint32_t i;

	world->executing = id;
	for (i = 0; i < 5; i++)
		world->registers[i] = world->registers[i] * 7 + 0x01000193 * (id + i);
	/* the last byte of the window is in no segment: it stays */
	world->registers[5] = (world->registers[5] & 0xff000000) | ((world->registers[5] + id) & 0xffffff);
}

/* What saving and loading cover: 12 + 6 + 3 bytes, with a gap of two between the second and the third segment */
static int same_registers(const uint32_t *one, const uint32_t *other)
{
	const unsigned char *a = (const unsigned char *)one;
	const unsigned char *b = (const unsigned char *)other;

	return memcmp(a, b, 18) == 0 && memcmp(a + 20, b + 20, 3) == 0;
}

static void jumped(struct world *world, const struct fsw_jump *jump)
{
	uint32_t id;

	for (id = 1; id <= world->geometry.instances; id++) {
		struct fsw_instance instance;

		if (jump->address == resume_address(id)) {
			assert_int_equal(jump->argument[0], 0xa0 + id);
			assert_true(same_registers(world->registers, world->expected[id]));
			run_code(world, id);
			return;
		}
		if (fsw_instance_get(&world->area, id, &instance))
			continue; /* damaged, and not who was jumped to */
		if (instance.state == FSW_STATE_RUNNING && jump->address == instance.load->entry) {
			assert_int_equal(jump->argument[1], ~0u);
			assert_int_equal(jump->argument[2], instance.load->base + 0x100);
			run_code(world, id);
			return;
		}
	}
	fail_msg("jump to nobody's address %llx", (unsigned long long)jump->address);
}

int world_suspend(struct world *world)
{
	uint32_t self = world->executing;
	struct fsw_jump jump;
	int go = fsw_arm(&world->area, self, 0, resume_address(self), 0xa0 + self);

	if (go <= 0)
		return go;
	memcpy(world->expected[self], world->registers, sizeof(world->registers));
	go = fsw_handover(world->memory, &world->handover, &jump);
	if (go == FSW_GO_JUMP)
		jumped(world, &jump);
	else if (go == FSW_GO_RESET)
		world_reset(world);
	return go;
}

static void take_claimed(struct world *world)
{
	uint32_t self = world->executing;
	struct fsw_run run = { 0, 0 };
	uint32_t i;

	while (fsw_cmm_run(&world->area, fsw_match_claimed(self), 0, &run) == 1) {
		for (i = run.first; i < run.first + run.count; i++) {
			world->online[self][i] = 1;
			assert_int_equal(fsw_cmm_online(&world->area, self, i), 0);
		}
	}
}

static void visit(struct world *world, struct fsw_outcome *outcome)
{
	uint32_t self = world->executing;

	while (fsw_visit_next(&world->area, self, outcome) == 1) {
		uint32_t section = outcome->walk.section;

		if (world->refuse_offline >> section % 32 & 1)
			continue;
		world->online[self][section] = 0;
		assert_int_equal(fsw_cmm_offline(&world->area, self, section), 0);
	}
}

void world_wake(struct world *world)
{
	struct fsw_outcome outcome;
	uint32_t self;
	int passes;

	for (passes = 0;; passes++) {
		assert_true(passes < 100);
		self = world->executing;
		assert_int_equal(fsw_acknowledge(&world->area, self, &outcome), 0);
		world->last_result = outcome.result;
		world->last_error = outcome.error;
		switch (outcome.result) {
		case FSW_RESULT_VISIT:
			visit(world, &outcome);
			/* fall through */
		case FSW_RESULT_PASS:
			if (fsw_pass(&world->area, self) == 1)
				world_suspend(world);
			continue;
		case FSW_RESULT_COLLECT:
			world->got = 0;
			while (fsw_collect_next(&world->area, self, &outcome) == 1) {
				world->online[self][outcome.walk.section] = 1;
				assert_int_equal(fsw_cmm_online(&world->area, self, outcome.walk.section), 0);
				world->got++;
			}
			assert_int_equal(fsw_collect_end(&world->area, self), 0);
			return;
		case FSW_RESULT_INHERIT:
		case FSW_RESULT_SURVIVED:
			take_claimed(world);
			return;
		default:
			return;
		}
	}
}

int world_prepare(struct world *world, uint32_t target, uint64_t start, uint32_t contiguous, uint32_t total)
{
	uint32_t self = world->executing;
	uint32_t cursor = 0;
	int error = fsw_free(&world->area, self, target, start, contiguous, total);
	int refused = 0;

	if (error)
		return error;
	while (fsw_free_next(&world->area, self, &cursor) == 1) {
		if (world->refuse_offline >> cursor % 32 & 1) {
			refused = 1;
			break;
		}
		world->online[self][cursor] = 0;
		assert_int_equal(fsw_cmm_offline(&world->area, self, cursor), 0);
	}
	if (!refused)
		return fsw_free_commit(&world->area, self);
	assert_int_equal(fsw_free_commit(&world->area, self), FSW_ERR(UNFINISHED));
	cursor = 0;
	while (fsw_free_undo(&world->area, self, &cursor) == 1) {
		world->online[self][cursor] = 1;
		assert_int_equal(fsw_cmm_online(&world->area, self, cursor), 0);
	}
	assert_int_equal(fsw_cancel(&world->area, self), 0);
	return FSW_ERR(UNFINISHED);
}

int world_boot(struct world *world, uint32_t target, uint32_t flags)
{
	int error = fsw_boot(&world->area, world->executing, target, flags);
	uint32_t i;

	if (error)
		return error;
	if (world_suspend(world) != FSW_GO_RESET)
		world_wake(world);
	if (world->executing == target)
		for (i = 0; i < world->area.sections; i++)
			world->online[target][i] = (world_entry(world, i) & FSW_ENTRY_OWNER) == target;
	return 0;
}

static int suspend_and_wake(struct world *world, int error)
{
	if (error)
		return error;
	world_suspend(world);
	world_wake(world);
	return 0;
}

int world_switch(struct world *world, uint32_t target)
{
	return suspend_and_wake(world, fsw_switch(&world->area, world->executing, target));
}

int world_terminate(struct world *world)
{
	uint32_t self = world->executing;
	int error = fsw_terminate(&world->area, self);

	if (error)
		return error;
	world_suspend(world);
	/* gone from its own point of view, unless the hand-over was refused */
	if (world->executing != self)
		memset(world->online[self], 0, sizeof(world->online[self]));
	world_wake(world);
	return 0;
}

int world_kill(struct world *world, uint32_t victim)
{
	int error;

	if (victim != world->executing && victim != FSW_MASTER)
		memset(world->online[victim], 0, sizeof(world->online[victim]));
	error = fsw_kill(&world->area, world->executing, victim);
	if (!error)
		take_claimed(world);
	return error;
}

int world_claim(struct world *world, uint32_t count, uint64_t from)
{
	uint32_t self = world->executing;
	struct fsw_want want;
	int error = fsw_want(&world->area, self, count, from, &want);

	if (error)
		return error;
	while (fsw_want_free(&world->area, self, &want) == 1) {
		world->online[self][want.walk.section] = 1;
		assert_int_equal(fsw_cmm_online(&world->area, self, want.walk.section), 0);
	}
	if (want.walk.missing == 0)
		return 0;
	return suspend_and_wake(world, fsw_claim(&world->area, self, &want));
}

struct fsw_advice world_reset(struct world *world)
{
	struct fsw_advice first = { 0 };
	struct fsw_advice advice;
	struct fsw_jump jump;
	int tries;

	world->executing = 0;
	memset(world->registers, 0x5a, sizeof(world->registers));
	for (tries = 0; tries < 10; tries++) {
		assert_int_equal(fsw_recover(&world->area, world->memory, world->size, &world->port, &advice), 0);
		if (tries == 0)
			first = advice;
		if (advice.action == FSW_ACTION_COLD)
			return first;
		if (fsw_start(world->memory, &world->handover, &jump) == FSW_GO_JUMP)
			break;
	}
	jumped(world, &jump);
	assert_int_equal(world->executing, advice.instance);
	world_wake(world);
	return first;
}

uint32_t world_entry(struct world *world, uint32_t section)
{
	uint32_t entry = 0;

	assert_int_equal(fsw_cmm_get(&world->area, section, &entry), 0);
	return entry;
}

void world_populate(struct world *world, uint32_t guests)
{
	uint32_t last = world->geometry.sections - 1;
	struct fsw_range ram = { WORLD_BASE, (uint64_t)(last + 1) << WORLD_SHIFT };
	struct fsw_range movable = { WORLD_ADDRESS(4), (uint64_t)(last - 3) << WORLD_SHIFT };
	struct fsw_range shared = { WORLD_ADDRESS(last) + 0x1000, 0x1000 };
	struct fsw_range excluded = { WORLD_ADDRESS(last - 1) + 0x10000, 0x100 };
	struct fsw_memory memory = { { &ram, 1 }, { &movable, 1 }, { &shared, 1 }, { &excluded, 1 } };
	struct fsw_load load = world_load(0, "master");
	char name[8] = "guest0";
	uint32_t i, id;

	assert_int_equal(fsw_master(&world->area, &load, &memory), 0);
	run_code(world, FSW_MASTER);
	for (i = 0; i <= last; i++)
		world->online[FSW_MASTER][i] = (world_entry(world, i) & FSW_ENTRY_OWNER) == FSW_MASTER;
	for (id = 2; id < 2 + guests; id++) {
		uint32_t first = 4 + 2 * (id - 2);

		name[5] = (char)('0' + id);
		load = world_load(first, name);
		assert_int_equal(world_prepare(world, id, WORLD_ADDRESS(first), 2, 2), 0);
		assert_int_equal(fsw_load(&world->area, FSW_MASTER, id, &load), 0);
		assert_int_equal(world_boot(world, id, FSW_FLAG_DIRECT), 0);
		assert_int_equal(world->executing, id);
		assert_int_equal(fsw_cmm_keep(&world->area, id, first), 0);
		assert_int_equal(world_switch(world, FSW_MASTER), 0);
		assert_int_equal(world->executing, FSW_MASTER);
	}
}

void world_put_record(void *record, uint32_t bytes)
{
	uint32_t *words = record;

	words[bytes / 4 - 1] = fsw__crc32(record, bytes - 4);
}

uint32_t *world_switch_word(struct world *world)
{
	return (uint32_t *)(void *)(world->memory + FSW_AREA_SWITCH);
}

void *world_page(struct world *world, uint32_t id, uint32_t offset)
{
	return world->area.pages + (id - 1) * world->geometry.page_size + offset;
}

uint32_t *world_state_word(struct world *world, uint32_t id)
{
	return world_page(world, id, FSW_PAGE_STATE);
}

uint32_t *world_parent_word(struct world *world, uint32_t id)
{
	return world_page(world, id, FSW_PAGE_PARENT);
}

struct fsw_operation *world_operation(struct world *world)
{
	uint32_t slot = fsw__unguard(*world_switch_word(world), FSW_TAG_SWITCH) >> FSW_SWITCH_SLOT_SHIFT & 1;

	return (struct fsw_operation *)(void *)(world->memory + FSW_AREA_OPERATION) + slot;
}

uint32_t *world_core(struct world *world, uint32_t core, uint32_t offset)
{
	return (uint32_t *)(void *)(world->memory + world->area.header->geometry.cores_offset + FSW_CORES_RECORDS +
				    core * FSW_CORE_BYTES + offset);
}

void world_core_arrives(struct world *world, uint32_t core)
{
	*world_core(world, core, FSW_CORE_ARRIVED) = FSW_CORE_HERE - core * FSW_CORE_STEP;
}

uint64_t world_core_goes(struct world *world, uint32_t core)
{
	uint32_t *order = world_core(world, core, FSW_CORE_ADDRESS);
	uint64_t address;

	if (order[0] == 0 || *world_core(world, core, FSW_CORE_WORD) == FSW_CORE_STAYS - core * FSW_CORE_STEP)
		return 0;
	*world_core(world, core, FSW_CORE_ARRIVED) = 0;
	address = order[0] | (uint64_t)order[1] << 32;
	order[0] = 0;
	return address;
}
