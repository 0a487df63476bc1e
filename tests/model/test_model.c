/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Random operation sequences on the real library and on the reference model, side by side, compared after every step.
 *
 *   test_model [--steps N] [--seed S] [--replay S:N] [--stats]
 *
 * Steps come in episodes that start from a fresh area, so that a failing step is replayed from the start of its episode. Each
 * step is drawn from the seed, its own number and the state of the model; what it does is recorded with all arguments, and a
 * record that fails is shrunk to the shortest one found that fails the same way.
 */
#include "model.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define EPISODE 1000
#define DEFAULT_STEPS 1000000
#define SHRINK_RUNS 20000
#define GARBAGE 0xa5 /* what lies where the library must write */
#define AREA_BYTES_MAX (4 * 4096 + MODEL_INSTANCES * 16384)

/* --- the steps --- */

/* In which stage of the machine a step makes sense; in another one it is skipped (shrinking makes such sequences) */
#define RAW 1	   /* no area yet, or one that nobody can go on with */
#define BLANK 2	   /* formatted */
#define LIT 4	   /* somebody owns the machine, or a hand-over says "reset" */
#define DARK 8	   /* after a reset */
#define ADVISED 16 /* recovery has said whom to start */
#define OPEN (BLANK | LIT)

/* clang-format off */
/* name, stages, letters of the arguments that are printed */
#define STEPS(X) \
	X(FORMAT, RAW | BLANK | LIT | DARK | ADVISED, "x") \
	X(MASTER, OPEN, "x") \
	X(OFFLINE, LIT, "ab") \
	X(ONLINE, LIT, "ab") \
	X(KEEP, LIT, "ab") \
	X(COUNT, OPEN, "") \
	X(RUN, OPEN, "abc") \
	X(LONGEST, OPEN, "ab") \
	X(RANGE, OPEN, "axy") \
	X(SECTION_AT, OPEN, "x") \
	X(FREE, LIT, "abcdx") \
	X(FREE_NEXT, LIT, "a") \
	X(FREE_UNDO, LIT, "a") \
	X(FREE_COMMIT, LIT, "a") \
	X(LOAD, LIT, "abcdxy") \
	X(SWITCH, LIT, "ab") \
	X(BOOT, LIT, "abc") \
	X(WANT, LIT, "abx") \
	X(WANT_FREE, LIT, "a") \
	X(CLAIM, LIT, "a") \
	X(TERMINATE, LIT, "a") \
	X(KILL, LIT, "ab") \
	X(CANCEL, LIT, "a") \
	X(ARM, LIT, "abxy") \
	X(HANDOVER, LIT, "abc") \
	X(ACKNOWLEDGE, LIT, "a") \
	X(VISIT_NEXT, LIT, "a") \
	X(PASS, LIT, "a") \
	X(COLLECT_NEXT, LIT, "a") \
	X(COLLECT_END, LIT, "a") \
	X(SCRIBBLE, LIT, "x") \
	X(CORE_TAKE, LIT, "abxy") \
	X(CORE_PARK, LIT, "ab") \
	X(CORE_LOST, LIT, "ab") \
	X(CORE_STIRS, LIT, "b") \
	X(MANIFEST, LIT, "abc") \
	X(COMPARE, LIT, "ab") \
	X(TIMINGS, LIT, "ab") \
	X(REOPEN, OPEN, "") \
	X(RESET, OPEN, "x") \
	X(RECOVER, DARK | ADVISED, "") \
	X(START, ADVISED, "a")
/* clang-format on */

#define STEP_ENUM(name, stages, letters) STEP_##name,
enum step_kind { STEPS(STEP_ENUM) STEP_KINDS };

#define STEP_NAME(name, stages, letters) #name,
static const char *const step_name[] = { STEPS(STEP_NAME) };
#define STEP_STAGES(name, stages, letters) stages,
static const uint8_t step_stages[] = { STEPS(STEP_STAGES) };
#define STEP_LETTERS(name, stages, letters) letters,
static const char *const step_letters[] = { STEPS(STEP_LETTERS) };

struct step {
	enum step_kind kind;
	uint32_t a, b, c, d;
	uint64_t x, y;
};

/* What an operation on the table of segments may be given that makes saving fail */
#define WRONG_NOTHING 0
#define WRONG_ROW 1
#define WRONG_SIZE 2

/* --- the world: area, machine, model, and what the adapters would keep between calls --- */

struct world {
	struct fsw_port port;
	struct fsw_area area;
	void *memory; /* of the area; before, a copy of it */
	void *before;
	uint32_t size;
	uint32_t stage;
	uint32_t stores;
	uint8_t registers[MODEL_REGISTERS];
	uint32_t register_accesses;

	struct model model;

	uint32_t want_by; /* whose wish is kept; 0: nobody's */
	struct fsw_want want;
	struct model_want model_want;
	uint32_t cursor, model_cursor; /* of a free */
	struct fsw_outcome outcome;
	struct model_outcome model_outcome;

	/* promises */
	uint8_t original[MODEL_SECTIONS]; /* 0 no memory, 1 memory, 2 shared: never changes */
	uint32_t round_source;		  /* who asked for the claim round that goes on; 0: none */
	bool round_excused;		  /* it was taken back, cut short by a reset, or its source refused to resume */
	uint32_t visits[MODEL_INSTANCES + 1];

	/* what the generator remembers; nothing below decides whether a step is right */
	bool named, off; /* a section was named, to be off-lined */
	uint32_t section;
	bool undoing;
	uint32_t freeing;  /* target of the last free */
	uint32_t loading;  /* target of the last commit, as long as it is not loaded */
	bool wishing;	   /* there is a wish, and free sections may still be had for it */
	bool wish_granted; /* ... no more of those */

	bool failed;
	const char *complaint; /* what the first one is about: shrinking must keep to it */
	bool quiet;
	uint64_t steps;
	uint64_t runs[STEP_KINDS][2]; /* accepted, refused */
};

static void complain(struct world *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void complain(struct world *w, const char *format, ...)
{
	va_list list;

	if (!w->quiet) {
		if (!w->failed)
			printf("MISMATCH\n");
		va_start(list, format);
		printf("  ");
		vprintf(format, list);
		printf("\n");
		va_end(list);
	}
	if (!w->failed)
		w->complaint = format;
	w->failed = true;
}

static const char *result_text(int result)
{
	static char text[2][96];
	static int turn;

	turn = !turn;
	if (result < 0)
		snprintf(text[turn], sizeof(text[turn]), "%d (%s)", result, fsw_error_text(result));
	else
		snprintf(text[turn], sizeof(text[turn]), "%d", result);
	return text[turn];
}

static void expect(struct world *w, const char *what, int64_t expected, int64_t got)
{
	bool already = w->failed;

	if (expected != got)
		complain(w, "%s: expected %" PRId64 ", got %" PRId64, what, expected, got);
	if (expected != got && !already)
		w->complaint = what;
}

static void expect_result(struct world *w, int expected, int got)
{
	if (expected != got)
		complain(w, "result: expected %s, got %s", result_text(expected), result_text(got));
}

static void print_step(const struct step *s)
{
	const char *letter;

	printf("%s(", step_name[s->kind]);
	for (letter = step_letters[s->kind]; *letter; letter++) {
		if (letter != step_letters[s->kind])
			printf(", ");
		switch (*letter) {
		case 'a':
			printf("%" PRIu32, s->a);
			break;
		case 'b':
			printf("%" PRIu32, s->b);
			break;
		case 'c':
			printf("%" PRIu32, s->c);
			break;
		case 'd':
			printf("%" PRIu32, s->d);
			break;
		case 'x':
			printf("0x%" PRIx64, s->x);
			break;
		default:
			printf("0x%" PRIx64, s->y);
		}
	}
	printf(")");
}

/* --- numbers --- */

struct dice {
	uint64_t state;
};

/* splitmix64: any state is a good one, so that each step can have its own */
static uint64_t roll(struct dice *dice)
{
	uint64_t z = dice->state += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

static uint32_t below(struct dice *dice, uint32_t limit)
{
	return (uint32_t)(roll(dice) % limit);
}

static bool chance(struct dice *dice, uint32_t percent)
{
	return below(dice, 100) < percent;
}

static struct dice dice_for(uint64_t seed, uint64_t step)
{
	struct dice dice = { seed ^ (step * 0xd1342543de82ef95) };

	roll(&dice);
	return dice;
}

/* --- the machine: registers and stores --- */

static const struct fsw_segment segments[MODEL_SEGMENTS] = {
	{ 0x4a002000, 4, 16 },
	{ 0x4a003002, 2, 6 },
	{ 0x4a004001, 1, 5 },
	{ 0x14a300000, 4, 12 },
};

static const struct model_platform platform = { { 0, 16, 22, 27, 39 } };

static uint8_t *register_at(struct world *w, uint64_t address, uint32_t width)
{
	static uint8_t nowhere[4];
	uint32_t i;

	w->register_accesses++;
	for (i = 0; i < MODEL_SEGMENTS; i++)
		if (address >= segments[i].address && address + width <= segments[i].address + segments[i].size &&
		    width == segments[i].width && address % width == 0)
			return w->registers + platform.offset[i] + (address - segments[i].address);
	complain(w, "access of %" PRIu32 " bytes to 0x%" PRIx64 ", where there is no such register", width, address);
	return nowhere;
}

static uint32_t port_read(void *context, uint64_t address, uint32_t width)
{
	uint32_t value = 0;

	memcpy(&value, register_at(context, address, width), width);
	return value;
}

static void port_write(void *context, uint64_t address, uint32_t width, uint32_t value)
{
	memcpy(register_at(context, address, width), &value, width);
}

static void port_store(void *context, uint32_t *word, uint32_t value)
{
	struct world *w = context;
	uintptr_t at = (uintptr_t)word - (uintptr_t)w->memory;

	w->stores++;
	if (at % 4 != 0 || at > w->size - 4)
		complain(w, "store outside the area, at offset 0x%" PRIxPTR, at);
	else
		*word = value;
}

static void scramble(uint8_t *registers, uint64_t seed)
{
	struct dice dice = { seed };
	uint32_t i;

	for (i = 0; i < MODEL_REGISTERS; i++)
		registers[i] = (uint8_t)roll(&dice);
}

/* The table of a hand-over: some of the platform's segments and perhaps a wrong row */
struct table {
	struct fsw_segment row[MODEL_SEGMENTS + 1];
	struct fsw_handover in;
	struct model_table model;
};

static void make_table(struct world *w, struct table *t, uint32_t count, uint32_t wrong, uint32_t core)
{
	static const struct fsw_segment wrong_row[] = {
		{ 0x4a002002, 4, 4 }, { 0x4a002000, 3, 3 }, { 0x4a002000, 4, 0 }, { 0x4a002000, 4, 6 }, { 0x4a002000, 0, 4 },
	};

	memset(t, 0, sizeof(*t));
	memcpy(t->row, segments, sizeof(segments));
	t->model.segments = count;
	t->in.port = &w->port;
	t->in.core = core;
	t->in.table.segment = t->row;
	t->in.table.count = count + (wrong != WRONG_NOTHING);
	if (wrong == WRONG_SIZE) {
		t->row[count] = (struct fsw_segment){ 0x50000000, 4, FSW_PAGE_SIZE_MAX };
		t->model.wrong = FSW_ERR(SAR_SIZE);
	} else if (wrong != WRONG_NOTHING) {
		t->row[count] = wrong_row[(wrong - WRONG_ROW) % 5];
		t->model.wrong = FSW_ERR(SAR_RECORD);
	}
}

/* --- things made from one number --- */

static struct fsw_geometry make_geometry(uint64_t seed)
{
	struct dice dice = { seed };
	struct fsw_geometry g = { 0 };

	g.section_shift = chance(&dice, 50) ? 24 : FSW_SECTION_SHIFT_MIN + below(&dice, 11);
	g.sections = 1 + below(&dice, chance(&dice, 8) ? 6 : chance(&dice, 60) ? 32 : MODEL_SECTIONS);
	g.instances = 1 + below(&dice, chance(&dice, 5) ? 2 : chance(&dice, 60) ? 4 : MODEL_INSTANCES);
	g.page_size = chance(&dice, 90) ? 4096 : 4096u << below(&dice, 3);
	g.base = (roll(&dice) >> (20 + below(&dice, 40))) << g.section_shift;
	if (chance(&dice, 3)) /* as high as it can be */
		g.base = 0 - ((uint64_t)(g.sections + 1) << g.section_shift);
	if (chance(&dice, 10))
		g.base = 0;
	g.cores = chance(&dice, 75) ? below(&dice, 5) : below(&dice, FSW_CORES_MAX + 1);
	return g;
}

static int compare_numbers(const void *one, const void *other)
{
	uint64_t a = *(const uint64_t *)one, b = *(const uint64_t *)other;

	return (a > b) - (a < b);
}

/* Ascending ranges with edges on quarters of sections, also outside the map */
static uint32_t make_ranges(struct dice *dice, const struct fsw_geometry *g, struct fsw_range *range, uint32_t count,
			    uint32_t length)
{
	uint64_t quarter = ((uint64_t)1 << g->section_shift) / 4;
	uint64_t start = g->base ? g->base - quarter * 4 : 0;
	uint32_t quarters = g->sections * 4 + 4;
	uint64_t edge[2 * MODEL_RANGES];
	uint32_t i, made = 0;

	for (i = 0; i < 2 * count; i++) {
		edge[i] = below(dice, quarters);
		if (chance(dice, 60))
			edge[i] &= ~(uint64_t)3;
	}
	qsort(edge, 2 * count, sizeof(*edge), compare_numbers);
	for (i = 0; i < count; i++) {
		if (length && edge[2 * i + 1] - edge[2 * i] > length)
			edge[2 * i + 1] = edge[2 * i] + length;
		if (i > 0 && chance(dice, 30) && !length)
			edge[2 * i] = edge[2 * i - 1]; /* touches the one before */
		if (edge[2 * i + 1] == edge[2 * i])
			continue;
		range[made].base = start + edge[2 * i] * quarter;
		range[made].size = (edge[2 * i + 1] - edge[2 * i]) * quarter;
		made++;
	}
	return made;
}

static void make_memory(struct dice *dice, const struct fsw_geometry *g, struct model_memory *memory)
{
	uint64_t size = (uint64_t)1 << g->section_shift;
	uint32_t core = 1 + below(dice, 4);

	memset(memory, 0, sizeof(*memory));
	if (chance(dice, 70)) { /* all is RAM, the kernel core at its start */
		memory->rams = 1;
		memory->ram[0].base = g->base;
		memory->ram[0].size = g->sections * size;
		if (core < g->sections) {
			memory->movables = 1;
			memory->movable[0].base = g->base + core * size;
			memory->movable[0].size = (g->sections - core) * size;
		}
	} else {
		memory->rams = make_ranges(dice, g, memory->ram, 1 + below(dice, MODEL_RANGES), 0);
		memory->movables = make_ranges(dice, g, memory->movable, below(dice, MODEL_RANGES + 1), 0);
	}
	if (chance(dice, 30))
		memory->shareds = make_ranges(dice, g, memory->shared, 1 + below(dice, 3), 9);
	if (chance(dice, 30))
		memory->excludeds = make_ranges(dice, g, memory->excluded, 1 + below(dice, 3), 6);
	if (chance(dice, 3) && memory->rams) { /* what no firmware should say */
		switch (below(dice, 4)) {
		case 0:
			memory->ram[0].size = 0;
			break;
		case 1:
			memory->ram[0].size = ~(uint64_t)0 - memory->ram[0].base + 2;
			break;
		case 2:
			memory->ram[memory->rams - 1].base = g->base;
			break;
		default:
			memory->excluded[0].base = g->base;
			memory->excluded[0].size = 0;
			memory->excludeds = 1;
		}
	}
}

static void make_load(struct dice *dice, uint64_t base, uint64_t entry, bool unended, struct fsw_load *load)
{
	uint32_t i;

	memset(load, 0, sizeof(*load));
	load->base = base;
	load->entry = entry;
	for (i = 0; i < 4; i++)
		load->arguments[i] = roll(dice);
	snprintf(load->name, sizeof(load->name), "os-%u", below(dice, 1000));
	if (unended)
		memset(load->name, 'x', sizeof(load->name));
}

/* A manifest from a number: which devices, in which state. 0 is what a page has that never got one. */
static void make_manifest(uint32_t from, struct fsw_manifest *manifest)
{
	static const char *const names[] = { "uart0", "wifi", "display", "mmc1" };
	struct dice dice = { from };
	uint32_t i;

	memset(manifest, 0, sizeof(*manifest));
	if (from == 0)
		return;
	snprintf(manifest->release, sizeof(manifest->release), "6.1.%u", from);
	for (i = 0; i < 4; i++) {
		if (chance(&dice, 40))
			continue;
		snprintf(manifest->devices[manifest->count].name, FSW_DEVICE_NAME_SIZE, "%s", names[i]);
		manifest->devices[manifest->count].state = below(&dice, 2);
		manifest->count++;
	}
}

static void make_timings(uint32_t from, struct fsw_timings *timings)
{
	struct dice dice = { from };
	uint32_t i;

	memset(timings, 0, sizeof(*timings));
	if (from == 0)
		return;
	timings->hz = 1 + below(&dice, 24000000);
	for (i = 0; i < FSW_TIMINGS_PHASES; i++)
		timings->ticks[i] = below(&dice, 100000);
}

/* Of two manifests: 0, or DEVICES and the name of the first device of `one`, then of `other`, that differs */
static uint32_t device_state(const struct fsw_manifest *m, const char *name)
{
	uint32_t i;

	for (i = 0; i < m->count; i++)
		if (strcmp(m->devices[i].name, name) == 0)
			return m->devices[i].state;
	return 0;
}

static bool manifests_agree(const struct fsw_manifest *one, const struct fsw_manifest *other)
{
	uint32_t i;

	for (i = 0; i < one->count; i++)
		if (one->devices[i].state != device_state(other, one->devices[i].name))
			return false;
	for (i = 0; i < other->count; i++)
		if (other->devices[i].state != device_state(one, other->devices[i].name))
			return false;
	return true;
}

/* --- comparing --- */

static void compare_load(struct world *w, const struct fsw_load *expected, const struct fsw_load *got)
{
	if (expected->base != got->base || expected->entry != got->entry ||
	    memcmp(expected->arguments, got->arguments, sizeof(got->arguments)) || strcmp(expected->name, got->name))
		complain(w, "load record differs");
}

static bool keeps_manifest(const struct model_instance *instance)
{
	return instance->state != FSW_STATE_EMPTY && instance->state != FSW_STATE_DEAD;
}

static void compare_instance(struct world *w, uint32_t id)
{
	const struct model_instance *expected = &w->model.instance[id];
	bool asleep = expected->state == FSW_STATE_SLEEPING;
	struct fsw_manifest manifest;
	struct fsw_instance got;
	int result;

	memset(&got, GARBAGE, sizeof(got));
	result = fsw_instance_get(&w->area, id, &got);
	if (result != 0) {
		complain(w, "instance %" PRIu32 ": expected to be readable, got %s", id, result_text(result));
		return;
	}
	if (got.state != expected->state)
		complain(w, "instance %" PRIu32 ": expected %s, got %s", id, fsw_state_name(expected->state),
			 fsw_state_name(got.state));
	if (w->failed)
		return;
	if (got.cause != expected->cause)
		complain(w, "instance %" PRIu32 ": expected cause %" PRIu32 ", got %" PRIu32, id, expected->cause, got.cause);
	if (expected->state != FSW_STATE_EMPTY && got.parent != expected->parent)
		complain(w, "instance %" PRIu32 ": expected parent %" PRIu32 ", got %" PRIu32, id, expected->parent, got.parent);
	expect(w, "shows load record", expected->state != FSW_STATE_EMPTY, got.load != NULL);
	expect(w, "shows resume record", asleep, got.resume != NULL);
	expect(w, "shows manifest", keeps_manifest(expected), got.manifest != NULL);
	expect(w, "shows SAR blob", asleep, got.sar != NULL);
	if (w->failed)
		return;
	if (got.load)
		compare_load(w, &expected->load, got.load);
	if (asleep && (got.resume->address != expected->resume_address || got.resume->argument != expected->resume_argument))
		complain(w, "instance %" PRIu32 ": resume record differs", id);
	if (!got.manifest)
		return;
	make_manifest(expected->manifest, &manifest);
	if (strcmp(got.manifest->release, manifest.release) || got.manifest->count != manifest.count ||
	    memcmp(got.manifest->devices, manifest.devices, sizeof(manifest.devices)))
		complain(w, "instance %" PRIu32 ": manifest differs", id);
}

static void compare_sections(struct world *w)
{
	const struct model_section *expected;
	uint32_t i, entry, owner, available;
	int result;

	for (i = 0; i < w->model.geometry.sections; i++) {
		expected = &w->model.section[i];
		entry = 0;
		result = fsw_cmm_get(&w->area, i, &entry);
		if (result != 0) {
			complain(w, "section %" PRIu32 ": expected to be readable, got %s", i, result_text(result));
			return;
		}
		owner = entry & FSW_ENTRY_OWNER;
		available = !!(entry & FSW_ENTRY_AVAILABLE);
		if (owner != expected->owner || available != expected->available ||
		    !!(entry & FSW_ENTRY_CLAIMED) != expected->claimed)
			complain(w, "section %" PRIu32 ": expected owner %" PRIu32 "%s%s, got 0x%04" PRIx32, i, expected->owner,
				 expected->available ? " available" : "", expected->claimed ? " claimed" : "", entry);
		if (w->model.phase == FSW_PHASE_IDLE && (entry & FSW_ENTRY_MARKS))
			complain(w, "section %" PRIu32 ": 0x%04" PRIx32 " has marks, and nothing goes on", i, entry);
		/* nothing is lost and nothing comes out of thin air */
		if (w->model.phase != FSW_PHASE_BLANK &&
		    w->original[i] != (owner == FSW_OWNER_SHARED ? 2 : owner != FSW_OWNER_NONE || available))
			complain(w, "section %" PRIu32 ": 0x%04" PRIx32 " is not what the master found there", i, entry);
		if (w->failed)
			return;
	}
}

static void compare_operation(struct world *w, const struct fsw_operation *got)
{
	uint32_t id;

	expect(w, "operation.mode", w->model.mode, got->mode);
	expect(w, "operation.target", w->model.target, got->target);
	if (w->model.mode != FSW_MODE_RECOVER)
		expect(w, "operation.source", w->model.source, got->source);
	if (w->model.mode != FSW_MODE_CLAIM)
		return;
	expect(w, "operation.wanted", w->model.wanted, got->wanted);
	expect(w, "operation.first", w->model.first, got->first);
	expect(w, "operation.limit", w->model.limit, got->limit);
	for (id = 1; id <= w->model.geometry.instances; id++)
		expect(w, "operation.skipped", w->model.skipped[id], got->skipped[id / 32] >> id % 32 & 1);
}

static void compare_cores(struct world *w)
{
	struct fsw_core got;
	uint32_t i;

	for (i = 0; i < w->model.geometry.cores; i++) {
		memset(&got, GARBAGE, sizeof(got));
		expect_result(w, 0, fsw_core_get(&w->area, i, &got));
		expect(w, "core.state", w->model.cores[i].state, got.state);
		expect(w, "core.owner", w->model.cores[i].owner, got.owner);
		expect(w, "core.arrived", w->model.cores[i].arrived, got.arrived);
	}
	expect_result(w, FSW_ERR(ARGUMENT), fsw_core_get(&w->area, i, &got));
}

static void compare(struct world *w)
{
	struct fsw_status status;
	struct fsw_area other; /* as the next one to map the area would see it */
	const char *broken;
	uint32_t id;
	int result;

	if (memcmp(w->registers, w->model.registers, MODEL_REGISTERS))
		complain(w, "registers of the machine differ");
	if (w->failed || !(w->stage & (OPEN | ADVISED)))
		return;
	memset(&status, GARBAGE, sizeof(status));
	result = fsw_status(&w->area, &status);
	expect_result(w, 0, result);
	if (w->failed)
		return;
	expect(w, "status.running", w->model.running, status.running);
	expect(w, "status.phase", w->model.phase, status.phase);
	if (w->failed)
		return;
	if (w->model.phase != FSW_PHASE_IDLE && w->model.phase != FSW_PHASE_BLANK)
		compare_operation(w, status.operation);
	if (w->steps++ % 16 == 0)
		expect_result(w, 0, fsw_open(&other, w->memory, w->size, &w->port));
	for (id = 1; id <= w->model.geometry.instances && !w->failed; id++)
		compare_instance(w, id);
	if (!w->failed)
		compare_sections(w);
	if (!w->failed)
		compare_cores(w);
	broken = model_promise(&w->model);
	if (broken)
		complain(w, "promise: %s", broken);
	/* who asks for a claim round gets the machine back */
	if (w->round_source && status.phase == FSW_PHASE_IDLE) {
		if (!w->round_excused && status.running != w->round_source)
			complain(w, "promise: the requester %" PRIu32 " of a claim round did not resume", w->round_source);
		w->round_source = 0;
	}
}

/* What the model knows, for whoever looks at a failure */
static void print_model(const struct model *m)
{
	uint32_t i;

	printf("  model: running %" PRIu32 ", phase %" PRIu32 ", mode %" PRIu32 ", source %" PRIu32 ", target %" PRIu32 "\n",
	       m->running, m->phase, m->mode, m->source, m->target);
	for (i = 1; i <= m->geometry.instances; i++)
		printf("  instance %" PRIu32 ": %s, parent %" PRIu32 ", base 0x%" PRIx64 "\n", i,
		       fsw_state_name(m->instance[i].state), m->instance[i].parent, m->instance[i].load.base);
	printf("  sections of 0x%" PRIx64 " from 0x%" PRIx64 " (owner, + available, c claimed, ? requested, ! released):",
	       (uint64_t)1 << m->geometry.section_shift, m->geometry.base);
	for (i = 0; i < m->geometry.sections; i++)
		printf(" %" PRIu32 "%s%s%s%s", m->section[i].owner, m->section[i].available ? "+" : "",
		       m->section[i].claimed ? "c" : "", m->section[i].requested ? "?" : "", m->section[i].released ? "!" : "");
	printf("\n");
}

/* --- doing one step on both --- */

static int do_format(struct world *w, const struct step *s)
{
	struct fsw_geometry geometry = make_geometry(s->x);
	int result;

	w->size = 0;
	expect_result(w, 0, fsw_area_size(&geometry, &w->size));
	if (w->size > AREA_BYTES_MAX)
		complain(w, "area of %" PRIu32 " bytes is larger than it should be", w->size);
	if (w->failed)
		return 0;
	expect_result(w, FSW_ERR(TRUNCATED), fsw_format(w->memory, w->size - 1, &geometry, &w->port));
	result = fsw_format(w->memory, w->size, &geometry, &w->port);
	expect_result(w, 0, result);
	expect_result(w, 0, fsw_open(&w->area, w->memory, w->size, &w->port));
	model_format(&w->model, &geometry);
	memset(w->original, 0, sizeof(w->original));
	w->want_by = 0;
	w->round_source = 0;
	w->named = false;
	w->undoing = false;
	w->loading = 0;
	w->wishing = false;
	w->stage = BLANK;
	return result;
}

static int do_master(struct world *w, const struct step *s)
{
	struct dice dice = { s->x };
	struct model_memory memory;
	struct fsw_memory lib;
	struct fsw_load load;
	uint32_t i;
	int expected, got;

	make_memory(&dice, &w->model.geometry, &memory);
	make_load(&dice, w->model.geometry.base + (chance(&dice, 10) ? roll(&dice) >> 36 : 0), w->model.geometry.base + 0x8000,
		  false, &load);
	lib.ram = (struct fsw_ranges){ memory.ram, memory.rams };
	lib.movable = (struct fsw_ranges){ memory.movable, memory.movables };
	lib.shared = (struct fsw_ranges){ memory.shared, memory.shareds };
	lib.excluded = (struct fsw_ranges){ memory.excluded, memory.excludeds };
	expected = model_master(&w->model, &load, &memory);
	got = fsw_master(&w->area, &load, &lib);
	expect_result(w, expected, got);
	if (expected != 0)
		return got;
	for (i = 0; i < w->model.geometry.sections; i++) {
		const struct model_section *m = &w->model.section[i];

		w->original[i] = m->owner == FSW_OWNER_SHARED ? 2 : m->owner != FSW_OWNER_NONE || m->available;
	}
	w->stage = LIT;
	return got;
}

/* What the adapter asks before it acts: the rule about the entry as it is */
static int ask_rule(struct world *w, const struct step *s, uint32_t *after)
{
	const struct model_section *section = &w->model.section[s->b];
	uint32_t entry = 0;
	int rule;

	expect_result(w, 0, fsw_cmm_get(&w->area, s->b, &entry));
	if (s->kind == STEP_OFFLINE) {
		rule = fsw_rule_offline(entry, s->a, after);
		expect_result(w, model_rule_offline(section, s->a), rule);
	} else {
		rule = fsw_rule_online(entry, s->a, after);
		expect_result(w, model_rule_online(section, s->a), rule);
	}
	return rule;
}

static int do_section(struct world *w, const struct step *s)
{
	bool askable = s->kind != STEP_KEEP && s->a >= 1 && s->a <= 254 && s->b < w->model.geometry.sections;
	uint32_t after = 0, entry = 0;
	int expected, got, rule = 0;

	if (askable)
		rule = ask_rule(w, s, &after);
	w->stores = 0;
	if (s->kind == STEP_OFFLINE) {
		expected = model_offline(&w->model, s->a, s->b);
		got = fsw_cmm_offline(&w->area, s->a, s->b);
	} else if (s->kind == STEP_ONLINE) {
		expected = model_online(&w->model, s->a, s->b);
		got = fsw_cmm_online(&w->area, s->a, s->b);
	} else {
		expected = model_keep(&w->model, s->a, s->b);
		got = fsw_cmm_keep(&w->area, s->a, s->b);
	}
	expect_result(w, expected, got);
	if (w->stores > 1)
		complain(w, "one section took %" PRIu32 " stores", w->stores);
	if (askable && rule == 0 && got == 0) {
		expect_result(w, 0, fsw_cmm_get(&w->area, s->b, &entry));
		expect(w, "entry, as the rule said", after, entry);
	}
	return got;
}

static struct fsw_match make_match(uint32_t kind, uint32_t owner)
{
	if (kind == MODEL_FREE)
		return fsw_match_free();
	if (kind == MODEL_OWNED)
		return fsw_match_owner(owner);
	return fsw_match_claimed(owner);
}

static int do_query(struct world *w, const struct step *s)
{
	struct fsw_run expected_run = { 0, 0 }, got_run = { 0, 0 };
	struct fsw_count expected_count, got_count;
	uint32_t where = 0, section = 0;
	int expected, got;

	switch (s->kind) {
	case STEP_COUNT:
		model_count(&w->model, &expected_count);
		memset(&got_count, GARBAGE, sizeof(got_count));
		expected = 0;
		got = fsw_cmm_count(&w->area, &got_count);
		if (memcmp(&expected_count, &got_count, sizeof(got_count)))
			complain(w, "counts differ");
		expect_result(w, 0, fsw_cmm_verify(&w->area));
		break;
	case STEP_RUN:
		expected = model_run(&w->model, s->a, s->b, s->c, &expected_run);
		got = fsw_cmm_run(&w->area, make_match(s->a, s->b), s->c, &got_run);
		break;
	case STEP_LONGEST:
		expected = model_longest(&w->model, s->a, s->b, &expected_run);
		got = fsw_cmm_longest(&w->area, make_match(s->a, s->b), &got_run);
		break;
	case STEP_RANGE:
		expected = model_range(&w->model, s->a, s->x, s->y, &where);
		got = fsw_cmm_range(&w->area, s->a, s->x, s->y);
		if (expected == got && expected != 0 && expected != FSW_ERR(ARGUMENT) && expected != FSW_ERR(OUTSIDE))
			expect(w, "fault.index", where, w->area.fault.index);
		break;
	default:
		expected = model_section_at(&w->model, s->x, &where);
		got = fsw_section_at(&w->area, s->x, &section);
		if (expected == 0 && got == 0) {
			expect(w, "section", where, section);
			if (s->x - fsw_section_address(&w->area, section) >= (uint64_t)1 << w->model.geometry.section_shift)
				complain(w, "address of section %" PRIu32 " is wrong", section);
		}
	}
	expect_result(w, expected, got);
	if (expected == 1 && got == 1) {
		expect(w, "run.first", expected_run.first, got_run.first);
		expect(w, "run.count", expected_run.count, got_run.count);
	}
	return got;
}

static int do_free(struct world *w, const struct step *s)
{
	uint32_t where = 0;
	int expected, got;

	switch (s->kind) {
	case STEP_FREE:
		expected = model_free(&w->model, s->a, s->b, s->x, s->c, s->d, &where);
		got = fsw_free(&w->area, s->a, s->b, s->x, s->c, s->d);
		if (expected == got &&
		    ((expected == FSW_ERR(CONTIGUOUS) && s->x != FSW_ANYWHERE) || expected == FSW_ERR(NOT_ENOUGH)))
			expect(w, "fault.index", where, w->area.fault.index);
		if (got == 0)
			w->freeing = s->b;
		w->cursor = 0;
		w->model_cursor = 0;
		w->undoing = false;
		break;
	case STEP_FREE_NEXT:
		expected = model_free_next(&w->model, s->a, &w->model_cursor);
		got = fsw_free_next(&w->area, s->a, &w->cursor);
		break;
	case STEP_FREE_UNDO:
		if (!w->undoing) {
			w->cursor = 0;
			w->model_cursor = 0;
			w->undoing = true;
		}
		expected = model_free_undo(&w->model, s->a, &w->model_cursor);
		got = fsw_free_undo(&w->area, s->a, &w->cursor);
		break;
	default:
		expected = model_free_commit(&w->model, s->a);
		got = fsw_free_commit(&w->area, s->a);
		if (got == 0)
			w->loading = w->freeing;
	}
	expect_result(w, expected, got);
	if (expected == 1 && got == 1) {
		expect(w, "section named", w->model_cursor, w->cursor);
		w->named = true;
		w->off = s->kind == STEP_FREE_NEXT;
		w->section = w->cursor;
	}
	return got;
}

static int do_load(struct world *w, const struct step *s)
{
	struct dice dice = { s->d };
	struct fsw_load load;
	int expected, got;

	make_load(&dice, s->x, s->y, s->c != 0, &load);
	expected = model_load(&w->model, s->a, s->b, &load);
	got = fsw_load(&w->area, s->a, s->b, &load);
	if (got == 0 || got == FSW_ERR(IN_USE))
		w->loading = 0;
	expect_result(w, expected, got);
	return got;
}

static int do_ask(struct world *w, const struct step *s)
{
	int expected, got;

	switch (s->kind) {
	case STEP_SWITCH:
		expected = model_switch(&w->model, s->a, s->b);
		got = fsw_switch(&w->area, s->a, s->b);
		break;
	case STEP_BOOT:
		expected = model_boot(&w->model, s->a, s->b, s->c);
		got = fsw_boot(&w->area, s->a, s->b, s->c);
		break;
	case STEP_WANT:
		memset(&w->want, GARBAGE, sizeof(w->want));
		memset(&w->model_want, 0, sizeof(w->model_want));
		expected = model_want(&w->model, s->a, s->b, s->x, &w->model_want);
		got = fsw_want(&w->area, s->a, s->b, s->x, &w->want);
		w->want_by = got == 0 ? s->a : 0;
		w->wishing = got == 0;
		w->wish_granted = false;
		if (got == 0 && expected == 0) {
			expect(w, "want.first", w->model_want.first, w->want.first);
			expect(w, "want.limit", w->model_want.limit, w->want.limit);
			expect(w, "want.missing", w->model_want.missing, w->want.walk.missing);
		}
		break;
	case STEP_WANT_FREE:
		expected = model_want_free(&w->model, s->a, &w->model_want);
		got = fsw_want_free(&w->area, s->a, &w->want);
		if (expected == 1 && got == 1) {
			expect(w, "section named", w->model_want.section, w->want.walk.section);
			w->named = true;
			w->off = false;
			w->section = w->want.walk.section;
		}
		w->wish_granted = got != 1;
		if (expected == 0 && got == 0)
			expect(w, "want.missing", w->model_want.missing, w->want.walk.missing);
		break;
	case STEP_CLAIM:
		expected = model_claim(&w->model, s->a, &w->model_want);
		got = fsw_claim(&w->area, s->a, &w->want);
		if (got == 0) {
			w->round_source = s->a;
			w->round_excused = false;
			memset(w->visits, 0, sizeof(w->visits));
		}
		break;
	case STEP_TERMINATE:
		expected = model_terminate(&w->model, s->a);
		got = fsw_terminate(&w->area, s->a);
		break;
	case STEP_KILL:
		expected = model_kill(&w->model, s->a, s->b);
		got = fsw_kill(&w->area, s->a, s->b);
		break;
	default:
		expected = model_cancel(&w->model, s->a);
		got = fsw_cancel(&w->area, s->a);
		if (got == 0)
			w->round_excused = true;
	}
	expect_result(w, expected, got);
	return got;
}

static void compare_jump(struct world *w, const struct model_jump *expected, const struct fsw_jump *got)
{
	uint32_t i;

	if (expected->address != got->address)
		complain(w, "jump: expected to 0x%" PRIx64 ", got 0x%" PRIx64, expected->address, got->address);
	for (i = 0; i < expected->arguments; i++)
		if (expected->argument[i] != got->argument[i])
			complain(w, "jump argument %" PRIu32 ": expected 0x%" PRIx64 ", got 0x%" PRIx64, i, expected->argument[i],
				 got->argument[i]);
}

static int do_way(struct world *w, const struct step *s)
{
	struct model_jump model_jump;
	struct fsw_status status;
	struct fsw_jump jump;
	struct table table;
	int expected, got;

	memset(&jump, GARBAGE, sizeof(jump));
	memset(&model_jump, 0, sizeof(model_jump));
	switch (s->kind) {
	case STEP_ARM:
		expected = model_arm(&w->model, s->a, s->b, s->x, s->y);
		got = fsw_arm(&w->area, s->a, s->b, s->x, s->y);
		break;
	case STEP_HANDOVER:
		make_table(w, &table, s->a, s->b, s->c);
		expected = model_handover(&w->model, &platform, &table.model, s->c, &model_jump);
		w->register_accesses = 0;
		got = fsw_handover(w->memory, &table.in, &jump);
		if (got == FSW_GO_ON && w->register_accesses)
			complain(w, "registers touched on the wrong core");
		break;
	default:
		make_table(w, &table, s->a, WRONG_NOTHING, 0);
		expected = model_start(&w->model, &platform, &table.model, &model_jump);
		got = fsw_start(w->memory, &table.in, &jump);
		w->stage = got == FSW_GO_JUMP ? LIT : DARK;
	}
	expect_result(w, expected, got);
	if (s->kind == STEP_ARM || expected != FSW_GO_JUMP || got != FSW_GO_JUMP)
		return got;
	memset(&w->outcome, 0, sizeof(w->outcome)); /* whoever goes on has yet to be told */
	compare_jump(w, &model_jump, &jump);
	if (s->kind == STEP_HANDOVER && w->round_source) {
		expect_result(w, 0, fsw_status(&w->area, &status));
		if (status.running != w->round_source && w->visits[status.running]++)
			complain(w, "promise: a claim round visits %" PRIu32 " twice", status.running);
	}
	return got;
}

static int do_acknowledge(struct world *w, const struct step *s)
{
	struct model_outcome *expected = &w->model_outcome;
	struct fsw_outcome *got = &w->outcome;
	int expected_result, result;

	memset(got, GARBAGE, sizeof(*got));
	expected_result = model_acknowledge(&w->model, s->a, expected);
	result = fsw_acknowledge(&w->area, s->a, got);
	expect_result(w, expected_result, result);
	if (result != 0)
		memset(got, 0, sizeof(*got));
	if (expected_result != 0 || result != 0)
		return result;
	expect(w, "outcome.result", expected->result, got->result);
	if (w->failed)
		return result;
	switch (got->result) {
	case FSW_RESULT_UNDONE:
		expect(w, "outcome.error", expected->error, got->error);
		w->round_excused = true;
		break;
	case FSW_RESULT_DONE:
	case FSW_RESULT_INHERIT:
		expect(w, "outcome.other", expected->other, got->other);
		break;
	case FSW_RESULT_SURVIVED:
		expect(w, "outcome.other", expected->other, got->other);
		expect(w, "outcome.undone", expected->undone, got->undone);
		break;
	case FSW_RESULT_VISIT:
		expect(w, "outcome.missing", expected->missing, got->walk.missing);
		break;
	default:
		break;
	}
	return result;
}

static int do_round(struct world *w, const struct step *s)
{
	int expected, got;

	switch (s->kind) {
	case STEP_VISIT_NEXT:
		expected = model_visit_next(&w->model, s->a, &w->model_outcome);
		got = fsw_visit_next(&w->area, s->a, &w->outcome);
		break;
	case STEP_PASS:
		expected = model_pass(&w->model, s->a);
		got = fsw_pass(&w->area, s->a);
		break;
	case STEP_COLLECT_NEXT:
		expected = model_collect_next(&w->model, s->a, &w->model_outcome);
		got = fsw_collect_next(&w->area, s->a, &w->outcome);
		break;
	default:
		expected = model_collect_end(&w->model, s->a);
		got = fsw_collect_end(&w->area, s->a);
	}
	expect_result(w, expected, got);
	if (s->kind == STEP_VISIT_NEXT && expected == 0 && got == 0)
		expect(w, "outcome.missing", w->model_outcome.missing, w->outcome.walk.missing);
	if (expected == 1 && got == 1 && s->kind != STEP_PASS) {
		expect(w, "section named", w->model_outcome.section, w->outcome.walk.section);
		w->named = true;
		w->off = s->kind == STEP_VISIT_NEXT;
		w->section = w->outcome.walk.section;
	}
	return got;
}

static int do_records(struct world *w, const struct step *s)
{
	struct fsw_manifest manifest, other;
	struct fsw_timings timings, back;
	struct fsw_device device;
	int expected, got;

	switch (s->kind) {
	case STEP_MANIFEST:
		make_manifest(s->b, &manifest);
		expected = model_manifest_set(&w->model, s->a, s->b, s->c != 0);
		if (s->c)
			manifest.count = FSW_MANIFEST_DEVICES_MAX + s->c;
		got = fsw_manifest_set(&w->area, s->a, &manifest);
		break;
	case STEP_COMPARE:
		memset(&device, GARBAGE, sizeof(device));
		got = fsw_manifest_compare(&w->area, s->a, s->b, &device);
		expected = FSW_ERR(ARGUMENT);
		if (s->a < 1 || s->a > w->model.geometry.instances || s->b < 1 || s->b > w->model.geometry.instances)
			break;
		expected = FSW_ERR(STATE);
		if (!keeps_manifest(&w->model.instance[s->a]) || !keeps_manifest(&w->model.instance[s->b]))
			break;
		make_manifest(w->model.instance[s->a].manifest, &manifest);
		make_manifest(w->model.instance[s->b].manifest, &other);
		expected = manifests_agree(&manifest, &other) ? 0 : FSW_ERR(DEVICES);
		if (expected != got || expected == 0)
			break;
		if (device_state(&manifest, device.name) == device_state(&other, device.name) ||
		    device_state(&manifest, device.name) != device.state)
			complain(w, "device %s does not differ as told", device.name);
		break;
	default:
		make_timings(s->b, &timings);
		expected = model_timings_set(&w->model, s->a, s->b);
		got = fsw_timings_set(&w->area, s->a, &timings);
		if (s->a < 1 || s->a > w->model.geometry.instances || w->model.instance[s->a].state == FSW_STATE_EMPTY)
			break;
		make_timings(w->model.instance[s->a].timings, &timings);
		memset(&back, GARBAGE, sizeof(back));
		expect_result(w, w->model.instance[s->a].timings ? 0 : FSW_ERR(TIMINGS_CRC),
			      fsw_timings_get(&w->area, s->a, &back));
		if (w->model.instance[s->a].timings == 0)
			break;
		if (timings.hz != back.hz || memcmp(timings.ticks, back.ticks, sizeof(back.ticks)))
			complain(w, "timings differ");
	}
	expect_result(w, expected, got);
	return got;
}

/* What the code of the pen does with the record of its core, or what is done to come to it */
static void core_stirs(struct world *w, uint32_t core)
{
	unsigned char *block = (unsigned char *)w->memory + w->area.header->geometry.cores_offset;
	uint32_t *record = (uint32_t *)(void *)(block + FSW_CORES_RECORDS + core * FSW_CORE_BYTES);
	const struct model_core *c = &w->model.cores[core];
	uint32_t *order = record + FSW_CORE_ADDRESS / 4;

	if (!c->arrived) {
		record[FSW_CORE_ARRIVED / 4] = FSW_CORE_HERE - core * FSW_CORE_STEP;
	} else if (order[0] != 0) {
		expect(w, "core's address", (int64_t)c->address, (int64_t)(order[0] | (uint64_t)order[1] << 32));
		expect(w, "core's argument", (int64_t)c->argument, (int64_t)(order[2] | (uint64_t)order[3] << 32));
		record[FSW_CORE_ARRIVED / 4] = 0;
		order[0] = 0;
	} else {
		expect(w, "core's address", (int64_t)c->address, 0);
	}
	model_core_stir(&w->model, core);
}

static int do_core(struct world *w, const struct step *s)
{
	int expected, got;

	switch (s->kind) {
	case STEP_CORE_TAKE:
		expected = model_core_take(&w->model, s->a, s->b, s->x, s->y);
		got = fsw_core_take(&w->area, s->a, s->b, s->x, s->y);
		break;
	case STEP_CORE_PARK:
		expected = model_core_park(&w->model, s->a, s->b);
		got = fsw_core_park(&w->area, s->a, s->b);
		break;
	case STEP_CORE_LOST:
		expected = model_core_lost(&w->model, s->a, s->b);
		got = fsw_core_lost(&w->area, s->a, s->b);
		break;
	default:
		if (s->b < w->model.geometry.cores)
			core_stirs(w, s->b);
		return 0;
	}
	expect_result(w, expected, got);
	return got;
}

static int do_recover(struct world *w)
{
	struct model_advice expected;
	struct fsw_advice got;
	int result;

	memset(&expected, 0, sizeof(expected));
	memset(&got, GARBAGE, sizeof(got));
	memset(&w->area, GARBAGE, sizeof(w->area));
	expect_result(w, model_recover(&w->model, &expected), result = fsw_recover(&w->area, w->memory, w->size, &w->port, &got));
	expect(w, "advice.action", expected.action, got.action);
	expect(w, "advice.why", expected.why, got.why);
	expect(w, "advice.instance", expected.instance, got.instance);
	expect(w, "advice.died", expected.died, got.died);
	expect(w, "advice.undone", expected.undone, got.undone);
	expect(w, "advice.condemned", 0, got.condemned);
	if (got.action == FSW_ACTION_COLD)
		w->stage = got.why == FSW_WHY_NOT_READY ? BLANK : RAW;
	else
		w->stage = ADVISED;
	return result;
}

static int do_on_both(struct world *w, const struct step *s)
{
	switch (s->kind) {
	case STEP_FORMAT:
		return do_format(w, s);
	case STEP_MASTER:
		return do_master(w, s);
	case STEP_OFFLINE:
	case STEP_ONLINE:
	case STEP_KEEP:
		return do_section(w, s);
	case STEP_COUNT:
	case STEP_RUN:
	case STEP_LONGEST:
	case STEP_RANGE:
	case STEP_SECTION_AT:
		return do_query(w, s);
	case STEP_FREE:
	case STEP_FREE_NEXT:
	case STEP_FREE_UNDO:
	case STEP_FREE_COMMIT:
		return do_free(w, s);
	case STEP_LOAD:
		return do_load(w, s);
	case STEP_ARM:
	case STEP_HANDOVER:
	case STEP_START:
		return do_way(w, s);
	case STEP_ACKNOWLEDGE:
		return do_acknowledge(w, s);
	case STEP_VISIT_NEXT:
	case STEP_PASS:
	case STEP_COLLECT_NEXT:
	case STEP_COLLECT_END:
		return do_round(w, s);
	case STEP_CORE_TAKE:
	case STEP_CORE_PARK:
	case STEP_CORE_LOST:
	case STEP_CORE_STIRS:
		return do_core(w, s);
	case STEP_MANIFEST:
	case STEP_COMPARE:
	case STEP_TIMINGS:
		return do_records(w, s);
	case STEP_REOPEN:
		memset(&w->area, GARBAGE, sizeof(w->area));
		expect_result(w, 0, fsw_open(&w->area, w->memory, w->size, &w->port));
		return 0;
	case STEP_SCRIBBLE:
		scramble(w->registers, s->x);
		scramble(w->model.registers, s->x);
		return 0;
	case STEP_RESET:
		/* RAM is kept, the registers are what the firmware leaves there */
		scramble(w->registers, s->x);
		scramble(w->model.registers, s->x);
		w->round_excused = true;
		w->named = false;
		w->stage = DARK;
		return 0;
	case STEP_RECOVER:
		return do_recover(w);
	default:
		return do_ask(w, s);
	}
}

/* A refusal changes nothing, but for the slot of the operation that was not to be */
static void compare_bytes(struct world *w)
{
	const uint8_t *before = w->before, *after = w->memory;
	uint32_t i, spare = FSW_AREA_OPERATION;
	struct fsw_status status;

	if (memcmp(before, after, w->size) == 0)
		return;
	expect_result(w, 0, fsw_status(&w->area, &status));
	if ((const uint8_t *)status.operation == after + spare)
		spare += FSW_OPERATION_BYTES;
	for (i = 0; i < w->size && !w->failed; i++) {
		if (before[i] == after[i] || (i >= spare && i < spare + FSW_OPERATION_BYTES))
			continue;
		complain(w, "refused, but the area has changed, first at 0x%" PRIx32, i);
	}
}

/* Steps that may change the area although they fail: they take note of it */
static bool may_fail_with_effect(enum step_kind kind, int result)
{
	/* to find out that there is nothing to be had takes a claim that was begun */
	if (kind == STEP_CLAIM && result == FSW_ERR(NOTHING))
		return true;
	return kind == STEP_HANDOVER || kind == STEP_START || kind == STEP_RECOVER || kind == STEP_FORMAT;
}

static bool out_of_place(const struct world *w, const struct step *s)
{
	if (!(step_stages[s->kind] & w->stage))
		return true;
	/* what leads a claim round on is for whom fsw_acknowledge() told so */
	if (w->model.mode == FSW_MODE_CLAIM && s->a == w->model.running) {
		if (s->kind == STEP_VISIT_NEXT && w->outcome.result != FSW_RESULT_VISIT)
			return true;
		if (s->kind == STEP_PASS && w->outcome.result != FSW_RESULT_VISIT && w->outcome.result != FSW_RESULT_PASS)
			return true;
		if (s->kind == STEP_COLLECT_NEXT && w->outcome.result != FSW_RESULT_COLLECT)
			return true;
	}
	/* a wish is its maker's */
	if ((s->kind == STEP_WANT_FREE || s->kind == STEP_CLAIM) && w->want_by != s->a)
		return true;
	return false;
}

/* Returns false if the step was skipped */
static bool do_step(struct world *w, const struct step *s)
{
	int result;

	if (out_of_place(w, s))
		return false;
	memcpy(w->before, w->memory, w->size);
	result = do_on_both(w, s);
	w->runs[s->kind][result < 0]++;
	if (result < 0 && !may_fail_with_effect(s->kind, result))
		compare_bytes(w);
	if (!w->failed)
		compare(w);
	return true;
}

/* --- drawing steps --- */

static uint32_t somebody(struct world *w, struct dice *dice)
{
	if (chance(dice, 94) && w->model.running)
		return w->model.running;
	return chance(dice, 80) ? below(dice, w->model.geometry.instances + 2) : below(dice, 300);
}

static uint32_t with_state(struct world *w, struct dice *dice, uint32_t state)
{
	uint32_t id = 1 + below(dice, w->model.geometry.instances);
	uint32_t i;

	for (i = 0; i < w->model.geometry.instances; i++) {
		if (w->model.instance[id].state == state)
			return id;
		id = id % w->model.geometry.instances + 1;
	}
	return id;
}

static uint32_t some_instance(struct world *w, struct dice *dice, uint32_t state)
{
	if (chance(dice, 85))
		return with_state(w, dice, state);
	return chance(dice, 80) ? below(dice, w->model.geometry.instances + 2) : below(dice, 300);
}

/* Mostly a section of this kind */
static uint32_t some_section(struct world *w, struct dice *dice, uint32_t kind, uint32_t owner)
{
	uint32_t sections = w->model.geometry.sections;
	uint32_t i, at = below(dice, sections);

	if (chance(dice, 75)) {
		for (i = 0; i < sections; i++)
			if (model_matches(&w->model, (at + i) % sections, kind, owner))
				return (at + i) % sections;
	}
	return chance(dice, 95) ? at : sections + below(dice, 3) * 0x7fffffff;
}

static uint64_t some_address(struct world *w, struct dice *dice, uint32_t section, bool aligned)
{
	uint32_t shift = w->model.geometry.section_shift;

	if (chance(dice, 3))
		return roll(dice);
	return w->model.geometry.base + ((uint64_t)section << shift) + (aligned ? 0 : roll(dice) >> (64 - shift));
}

static void draw_query(struct world *w, struct dice *dice, struct step *s)
{
	uint32_t sections = w->model.geometry.sections;
	uint64_t size = (uint64_t)1 << w->model.geometry.section_shift;

	switch (below(dice, 10)) {
	case 0:
		s->kind = STEP_COUNT;
		break;
	case 1:
	case 2:
		s->kind = STEP_RUN;
		s->a = below(dice, 3);
		s->b = chance(dice, 90) ? 1 + below(dice, w->model.geometry.instances) : below(dice, 256);
		s->c = chance(dice, 97) ? below(dice, sections + 1) : (uint32_t)roll(dice);
		break;
	case 3:
		s->kind = STEP_LONGEST;
		s->a = below(dice, 3);
		s->b = chance(dice, 90) ? 1 + below(dice, w->model.geometry.instances) : below(dice, 256);
		break;
	case 4:
		s->kind = STEP_SECTION_AT;
		s->x = some_address(w, dice, below(dice, sections + 1), chance(dice, 30));
		if (chance(dice, 10))
			s->x = w->model.geometry.base - 1;
		break;
	default:
		s->kind = STEP_RANGE;
		s->a = chance(dice, 90) ? 1 + below(dice, w->model.geometry.instances) : below(dice, 258);
		s->x = some_address(w, dice, below(dice, sections), chance(dice, 30));
		s->y = chance(dice, 60) ? 1 + roll(dice) % (2 * size) : 1 + roll(dice) % (size * sections);
		if (chance(dice, 10)) /* to the end of its section, or one byte further */
			s->y = size - ((s->x - w->model.geometry.base) & (size - 1)) + below(dice, 2);
		if (chance(dice, 8))
			s->y = chance(dice, 50) ? 0 - s->x + below(dice, 3) - 1 : ~(uint64_t)0 - below(dice, 3);
		if (chance(dice, 3))
			s->y = 0;
	}
}

static void draw_section(struct world *w, struct dice *dice, struct step *s)
{
	uint32_t running = w->model.running;

	s->a = somebody(w, dice);
	switch (below(dice, 8)) {
	case 0:
	case 1:
	case 2:
		s->kind = STEP_OFFLINE;
		s->b = some_section(w, dice, MODEL_OWNED, running);
		break;
	case 3:
	case 4:
		s->kind = STEP_ONLINE;
		s->b = some_section(w, dice, MODEL_FREE, 0);
		break;
	case 5:
	case 6:
		s->kind = STEP_ONLINE;
		s->b = some_section(w, dice, MODEL_CLAIMED, running);
		break;
	default:
		s->kind = chance(dice, 15) ? STEP_KEEP : STEP_OFFLINE;
		s->b = some_section(w, dice, MODEL_OWNED, running);
	}
}

static void draw_free(struct world *w, struct dice *dice, struct step *s)
{
	uint32_t sections = w->model.geometry.sections;

	s->kind = STEP_FREE;
	s->a = somebody(w, dice);
	s->b = some_instance(w, dice, FSW_STATE_EMPTY);
	s->c = 1 + below(dice, chance(dice, 80) ? 3 : sections + 2);
	s->d = s->c + below(dice, chance(dice, 80) ? 4 : sections + 2);
	if (chance(dice, 3))
		s->c = chance(dice, 50) ? 0 : (uint32_t)roll(dice);
	if (chance(dice, 3))
		s->d = chance(dice, 50) ? below(dice, 3) : (uint32_t)roll(dice);
	s->x = FSW_ANYWHERE;
	if (chance(dice, 50))
		s->x = some_address(w, dice, below(dice, sections + chance(dice, 10)), chance(dice, 95));
}

static void draw_load(struct world *w, struct dice *dice, struct step *s)
{
	uint32_t base;

	s->kind = STEP_LOAD;
	s->a = somebody(w, dice);
	s->b = w->loading && chance(dice, 85) ? w->loading : some_instance(w, dice, FSW_STATE_EMPTY);
	s->c = chance(dice, 2);
	s->d = (uint32_t)roll(dice);
	base = some_section(w, dice, MODEL_OWNED, s->b);
	s->x = some_address(w, dice, base, chance(dice, 80));
	s->y = some_address(w, dice, chance(dice, 85) ? base : some_section(w, dice, MODEL_OWNED, s->b), false);
}

static void draw_want(struct world *w, struct dice *dice, struct step *s)
{
	uint32_t sections = w->model.geometry.sections;

	s->kind = STEP_WANT;
	s->a = somebody(w, dice);
	s->b = 1 + below(dice, chance(dice, 80) ? 5 : sections + 2);
	if (chance(dice, 3))
		s->b = chance(dice, 50) ? 0 : ~(uint32_t)below(dice, 3);
	s->x = FSW_ANYWHERE;
	if (chance(dice, 50))
		s->x = some_address(w, dice, below(dice, sections + 1), chance(dice, 95));
}

static void draw_handover(struct dice *dice, struct step *s, uint32_t core)
{
	s->kind = STEP_HANDOVER;
	s->a = chance(dice, 92) ? MODEL_SEGMENTS : below(dice, MODEL_SEGMENTS + 1);
	s->b = chance(dice, 97) ? WRONG_NOTHING : 1 + below(dice, 6);
	s->c = core == MODEL_ANY_CORE ? below(dice, 4) : core;
	if (chance(dice, 10))
		s->c = below(dice, 4);
}

/* One core, by what it is; all but the first, which takes most hand-overs, stir */
static void draw_core(struct world *w, struct dice *dice, struct step *s, uint32_t core)
{
	static const enum step_kind any[] = { STEP_CORE_TAKE, STEP_CORE_PARK, STEP_CORE_LOST, STEP_CORE_STIRS };
	const struct model_core *c = &w->model.cores[core % FSW_CORES_MAX];
	uint32_t n = below(dice, 100);

	s->a = somebody(w, dice);
	s->b = core;
	s->x = roll(dice) >> below(dice, 40);
	if (chance(dice, 3))
		s->x &= 0xffffffff00000000;
	s->y = roll(dice);
	if (n < 10)
		s->kind = any[below(dice, 4)];
	else if (c->state == FSW_CORE_PARKED)
		s->kind = c->arrived ? STEP_CORE_TAKE : STEP_CORE_STIRS;
	else if (c->arrived && c->address == 0)
		s->kind = STEP_CORE_PARK;
	else
		s->kind = n < 80 ? STEP_CORE_STIRS : n < 95 ? STEP_CORE_PARK : STEP_CORE_LOST;
	if (s->kind == STEP_CORE_STIRS && core == 0)
		s->kind = STEP_CORE_PARK;
}

/* A core that keeps the machine from changing hands */
static bool draw_busy_core(struct world *w, struct dice *dice, struct step *s)
{
	uint32_t i;

	for (i = 0; i < w->model.geometry.cores; i++) {
		if (w->model.cores[i].state == FSW_CORE_PARKED)
			continue;
		draw_core(w, dice, s, i);
		return true;
	}
	return false;
}

static void draw_arm(struct world *w, struct dice *dice, struct step *s)
{
	s->kind = STEP_ARM;
	s->a = somebody(w, dice);
	s->b = chance(dice, 20) ? MODEL_ANY_CORE : below(dice, 2);
	s->x = roll(dice);
	s->y = roll(dice);
}

static void draw_reset(struct dice *dice, struct step *s)
{
	s->kind = STEP_RESET;
	s->x = roll(dice);
}

/* Anything at all, also what makes no sense now */
static void draw_anything(struct world *w, struct dice *dice, struct step *s)
{
	static const enum step_kind simple[] = {
		STEP_FREE_NEXT,	 STEP_FREE_UNDO, STEP_FREE_COMMIT,  STEP_TERMINATE,   STEP_CANCEL, STEP_ACKNOWLEDGE,
		STEP_VISIT_NEXT, STEP_PASS,	 STEP_COLLECT_NEXT, STEP_COLLECT_END, STEP_CLAIM,  STEP_WANT_FREE,
	};

	s->a = somebody(w, dice);
	switch (below(dice, 20)) {
	case 18:
	case 19:
		draw_core(w, dice, s, below(dice, w->model.geometry.cores + 1));
		break;
	case 0:
	case 1:
	case 2:
	case 3:
		draw_section(w, dice, s);
		break;
	case 13:
		draw_arm(w, dice, s);
		break;
	case 14:
		s->kind = chance(dice, 50) ? STEP_MANIFEST : STEP_TIMINGS;
		s->b = 1 + below(dice, 40);
		break;
	case 4:
		draw_free(w, dice, s);
		break;
	case 5:
		draw_load(w, dice, s);
		break;
	case 6:
		s->kind = STEP_SWITCH;
		s->b = some_instance(w, dice, FSW_STATE_SLEEPING);
		break;
	case 7:
		s->kind = STEP_BOOT;
		s->b = some_instance(w, dice, FSW_STATE_LOADED);
		s->c = chance(dice, 80) ? below(dice, 2) : below(dice, 5);
		break;
	case 8:
		draw_want(w, dice, s);
		break;
	case 9:
		s->kind = STEP_KILL;
		s->b = 1 + below(dice, w->model.geometry.instances + 1);
		break;
	case 10:
		draw_handover(dice, s, w->model.core);
		break;
	case 11:
		s->kind = STEP_COMPARE;
		s->a = below(dice, w->model.geometry.instances + 2);
		s->b = below(dice, w->model.geometry.instances + 2);
		break;
	case 12:
		s->kind = chance(dice, 50) ? STEP_MASTER : STEP_REOPEN;
		s->x = roll(dice);
		break;
	default:
		s->kind = simple[below(dice, sizeof(simple) / sizeof(*simple))];
	}
}

static uint32_t how_many(const struct world *w, uint32_t state)
{
	uint32_t id, count = 0;

	for (id = 1; id <= w->model.geometry.instances; id++)
		count += w->model.instance[id].state == state;
	return count;
}

static void draw_small_thing(struct world *w, struct dice *dice, struct step *s)
{
	switch (below(dice, 25)) {
	case 13:
	case 14:
	case 15:
	case 16:
	case 17:
	case 18:
	case 19:
	case 20:
	case 21:
	case 22:
	case 23:
		draw_core(w, dice, s, below(dice, w->model.geometry.cores + (w->model.geometry.cores == 0 || chance(dice, 3))));
		break;
	case 0:
	case 1:
	case 2:
		s->kind = STEP_SCRIBBLE;
		s->x = roll(dice);
		break;
	case 3:
	case 4:
		s->kind = STEP_MANIFEST;
		s->b = below(dice, 40);
		s->c = chance(dice, 5);
		break;
	case 5:
		s->kind = STEP_TIMINGS;
		s->b = 1 + below(dice, 40);
		break;
	case 6:
	case 7:
		draw_arm(w, dice, s); /* a plain suspend */
		break;
	case 8:
		s->kind = STEP_ACKNOWLEDGE; /* and its end */
		break;
	case 9:
	case 10:
		draw_query(w, dice, s);
		break;
	case 11:
		s->kind = STEP_COMPARE;
		s->a = some_instance(w, dice, FSW_STATE_SLEEPING);
		s->b = chance(dice, 50) ? w->model.running : some_instance(w, dice, FSW_STATE_SLEEPING);
		break;
	default:
		draw_anything(w, dice, s);
	}
}

/* What is likely to lead somewhere; what is not comes from draw_anything() */
static void draw_idle(struct world *w, struct dice *dice, struct step *s)
{
	uint32_t sleepers = how_many(w, FSW_STATE_SLEEPING);
	uint32_t n = below(dice, 100);

	s->a = somebody(w, dice);
	if (w->wishing && w->want_by == w->model.running && chance(dice, 85)) {
		s->a = w->want_by;
		s->kind = STEP_WANT_FREE;
		if (w->wish_granted || chance(dice, 2)) {
			s->kind = STEP_CLAIM;
			w->wishing = false;
		}
		return;
	}
	if (w->loading && chance(dice, 70)) {
		draw_load(w, dice, s);
		return;
	}
	if (n < 12 && how_many(w, FSW_STATE_EMPTY)) {
		draw_free(w, dice, s);
	} else if (n < 26 && how_many(w, FSW_STATE_LOADED)) {
		s->kind = STEP_BOOT;
		s->b = some_instance(w, dice, FSW_STATE_LOADED);
		s->c = chance(dice, 97) ? below(dice, 2) : below(dice, 5);
	} else if (n < 36 && sleepers) {
		s->kind = STEP_SWITCH;
		s->b = some_instance(w, dice, FSW_STATE_SLEEPING);
	} else if (n < 60 && (sleepers || chance(dice, 10))) {
		draw_want(w, dice, s);
	} else if (n < 63 && (w->model.running != FSW_MASTER || chance(dice, 10))) {
		s->kind = STEP_TERMINATE;
	} else if (n < 68 && (how_many(w, FSW_STATE_DEAD) || chance(dice, 15))) {
		s->kind = STEP_KILL;
		s->b = some_instance(w, dice, chance(dice, 85) ? FSW_STATE_DEAD : below(dice, 5));
	} else if (n < 82) {
		draw_section(w, dice, s);
	} else {
		draw_small_thing(w, dice, s);
	}
}

/* Act on the section that was named, as the kernel would, which may fail */
static bool draw_named(struct world *w, struct dice *dice, struct step *s)
{
	if (!w->named)
		return false;
	w->named = false;
	s->a = w->model.running;
	s->b = w->section;
	if (chance(dice, 85)) {
		s->kind = w->off ? STEP_OFFLINE : STEP_ONLINE;
		return true;
	}
	if (w->model.mode == FSW_MODE_FREE && w->off && w->model.phase == FSW_PHASE_REQUESTED) {
		s->kind = STEP_FREE_UNDO;
		return true;
	}
	return false;
}

/* Work of a claim round: a visit, a choice of the next, or the requester's harvest */
static void draw_round(struct world *w, struct dice *dice, struct step *s)
{
	s->a = somebody(w, dice);
	if (chance(dice, 2))
		s->kind = chance(dice, 50) ? STEP_CANCEL : STEP_ACKNOWLEDGE;
	else if (chance(dice, 6))
		draw_section(w, dice, s);
	else if (w->model.job == JOB_VISIT)
		s->kind = chance(dice, 75) ? STEP_VISIT_NEXT : STEP_PASS;
	else if (w->model.job == JOB_PASS)
		s->kind = STEP_PASS;
	else
		s->kind = chance(dice, 80) ? STEP_COLLECT_NEXT : STEP_COLLECT_END;
}

static void draw_requested(struct world *w, struct dice *dice, struct step *s)
{
	uint32_t n = below(dice, 100);

	s->a = somebody(w, dice);
	if (w->model.mode == FSW_MODE_FREE) {
		if (n < 10)
			s->kind = STEP_FREE_COMMIT;
		else if (n < 13)
			s->kind = STEP_CANCEL;
		else if (w->undoing)
			s->kind = chance(dice, 80) ? STEP_FREE_UNDO : STEP_CANCEL;
		else
			s->kind = chance(dice, 80) ? STEP_FREE_NEXT : STEP_FREE_COMMIT;
	} else if (n < 3) {
		s->kind = STEP_CANCEL;
	} else if (n < 6) {
		s->kind = STEP_ACKNOWLEDGE;
	} else if (n < 10 || !draw_busy_core(w, dice, s)) {
		draw_arm(w, dice, s);
	}
}

static void draw(struct world *w, struct dice *dice, struct step *s)
{
	memset(s, 0, sizeof(*s));
	if (w->stage == RAW) {
		s->kind = STEP_FORMAT;
		s->x = roll(dice);
		return;
	}
	if (w->stage == BLANK) {
		s->kind = STEP_MASTER;
		s->x = roll(dice);
		if (chance(dice, 5))
			draw_query(w, dice, s);
		if (chance(dice, 3))
			draw_reset(dice, s);
		return;
	}
	if (w->stage == DARK) {
		s->kind = STEP_RECOVER;
		return;
	}
	if (w->stage == ADVISED) {
		s->kind = chance(dice, 85) ? STEP_START : STEP_RECOVER;
		s->a = chance(dice, 92) ? MODEL_SEGMENTS : below(dice, MODEL_SEGMENTS + 1);
		return;
	}
	if (draw_named(w, dice, s))
		return;
	if (w->model.phase == FSW_PHASE_RESETTING && chance(dice, 80)) {
		draw_reset(dice, s);
		return;
	}
	if (chance(dice, 4)) {
		draw_query(w, dice, s);
		return;
	}
	if (chance(dice, 5)) {
		draw_anything(w, dice, s);
		return;
	}
	if (below(dice, how_many(w, FSW_STATE_SLEEPING) ? 150 : 1500) == 0) { /* a reset without a sleeper ends it all */
		draw_reset(dice, s);
		return;
	}
	if (w->model.mode == FSW_MODE_CLAIM && w->model.job != JOB_ASKED) {
		draw_round(w, dice, s);
		return;
	}
	switch (w->model.phase) {
	case FSW_PHASE_IDLE:
		draw_idle(w, dice, s);
		break;
	case FSW_PHASE_REQUESTED:
		draw_requested(w, dice, s);
		break;
	case FSW_PHASE_ARMED:
		draw_handover(dice, s, w->model.core);
		if (chance(dice, 5)) {
			s->kind = chance(dice, 50) ? STEP_ACKNOWLEDGE : STEP_CANCEL;
			s->a = somebody(w, dice);
		}
		break;
	default:
		s->kind = STEP_ACKNOWLEDGE;
		s->a = somebody(w, dice);
	}
}

/* --- runs --- */

static void world_make(struct world *w)
{
	memset(w, 0, sizeof(*w));
	w->memory = aligned_alloc(4096, AREA_BYTES_MAX);
	w->before = malloc(AREA_BYTES_MAX);
	if (!w->memory || !w->before)
		exit(2);
	memset(w->memory, GARBAGE, AREA_BYTES_MAX);
}

static void world_free(struct world *w)
{
	free(w->memory);
	free(w->before);
}

/* A new episode on the same memory: what was there is old news */
static void world_restart(struct world *w, uint64_t episode)
{
	w->port = (struct fsw_port){ .context = w, .read = port_read, .write = port_write };
	if (episode % 4)
		w->port.store = port_store;
	w->stage = RAW;
	w->size = 0;
	memset(&w->model, 0, sizeof(w->model));
	memset(w->registers, 0, sizeof(w->registers));
	w->failed = false;
}

/* Do these steps, without the dropped ones, fail at the last, with that complaint? */
static bool still_fails(const struct step *steps, const uint8_t *dropped, uint32_t count, uint64_t episode, const char *complaint,
			bool show)
{
	struct world w;
	uint32_t i;
	bool same;

	world_make(&w);
	world_restart(&w, episode);
	w.quiet = !show;
	for (i = 0; i < count && !w.failed; i++) {
		if (dropped[i])
			continue;
		if (show && !out_of_place(&w, &steps[i])) {
			printf("    ");
			print_step(&steps[i]);
			printf("\n");
		}
		do_step(&w, &steps[i]);
	}
	if (show)
		print_model(&w.model);
	same = w.failed && w.complaint == complaint && i == count;
	world_free(&w);
	return same;
}

/* Delta debugging: drop ever smaller pieces as long as it still fails */
static void shrink(const struct step *steps, uint32_t count, uint64_t episode, const char *complaint)
{
	static uint8_t dropped[EPISODE];
	uint32_t piece, i, k, left = 0, runs = 0;
	bool better = true;

	memset(dropped, 0, sizeof(dropped));
	if (!still_fails(steps, dropped, count, episode, complaint, false)) {
		printf("  does not fail again: nothing to shrink\n");
		return;
	}
	while (better && runs < SHRINK_RUNS) {
		better = false;
		for (piece = count / 2 ? count / 2 : 1; piece > 0; piece /= 2) {
			for (i = 0; i < count; i += piece) {
				uint8_t kept[EPISODE];
				uint32_t gone = 0;

				memcpy(kept, dropped, sizeof(kept));
				for (k = i; k < count && k < i + piece; k++) {
					gone += !dropped[k];
					dropped[k] = 1;
				}
				if (gone == 0)
					continue;
				runs++;
				if (still_fails(steps, dropped, count, episode, complaint, false))
					better = true;
				else
					memcpy(dropped, kept, sizeof(kept));
			}
		}
	}
	for (i = 0; i < count; i++)
		left += !dropped[i];
	printf("  shortest sequence found that fails, %" PRIu32 " of %" PRIu32 " steps:\n", left, count);
	still_fails(steps, dropped, count, episode, complaint, true);
}

static int run(uint64_t seed, uint64_t first, uint64_t last, bool stats)
{
	static struct step steps[EPISODE];
	static struct world w;
	uint64_t number, episode = 0, areas = 0;
	struct dice dice;
	uint32_t i = 0;

	world_make(&w);
	for (number = first; number <= last; number++) {
		i = (uint32_t)(number % EPISODE);
		if (i == 0 || number == first) {
			episode = number / EPISODE;
			world_restart(&w, episode);
		}
		dice = dice_for(seed, number);
		draw(&w, &dice, &steps[i]);
		areas += steps[i].kind == STEP_FORMAT;
		do_step(&w, &steps[i]);
		if (!w.failed)
			continue;
		printf("  at step %" PRIu64 " of seed %" PRIu64 ": ", number, seed);
		print_step(&steps[i]);
		printf("\n  replay: test_model --replay %" PRIu64 ":%" PRIu64 "\n", seed, number);
		shrink(steps, i + 1, episode, w.complaint);
		world_free(&w);
		return 1;
	}
	for (i = 0; stats && i < STEP_KINDS; i++)
		printf("%-14s %9" PRIu64 " accepted %9" PRIu64 " refused\n", step_name[i], w.runs[i][0], w.runs[i][1]);
	printf("model: seed %" PRIu64 ": %" PRIu64 " steps, %" PRIu64 " areas, library and model agree\n", seed, last - first + 1,
	       areas);
	world_free(&w);
	return 0;
}

static int usage(void)
{
	fprintf(stderr, "usage: test_model [--steps N] [--seed S] [--replay S:N] [--stats]\n");
	return 2;
}

int main(int argc, char **argv)
{
	uint64_t steps = DEFAULT_STEPS, seed = (uint64_t)time(NULL), first = 0;
	bool stats = false;
	char *rest = NULL;
	int i;

	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--stats")) {
			stats = true;
		} else if (i + 1 == argc) {
			return usage();
		} else if (!strcmp(argv[i], "--steps")) {
			steps = strtoull(argv[++i], &rest, 10);
		} else if (!strcmp(argv[i], "--seed")) {
			seed = strtoull(argv[++i], &rest, 10);
		} else if (!strcmp(argv[i], "--replay")) {
			seed = strtoull(argv[++i], &rest, 10);
			if (*rest != ':')
				return usage();
			steps = strtoull(rest + 1, &rest, 10) + 1;
			first = (steps - 1) / EPISODE * EPISODE;
		} else {
			return usage();
		}
		if (rest && *rest)
			return usage();
	}
	if (steps == 0)
		return usage();
	printf("model: seed %" PRIu64 "\n", seed);
	fflush(stdout);
	return run(seed, first, steps - 1, stats);
}
