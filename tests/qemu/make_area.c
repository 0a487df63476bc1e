/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Areas for the board, as a reset may find them: every operation, stopped before each of its stores.
 *
 *   make_area list                   SCENARIO STOP ERROR ACTION WHY INSTANCE DIED UNDONE CONDEMNED for each: what fsw_recover() says of it
 *   make_area write SCENARIO STOP    the area, to standard output; STOP 0: not stopped
 *
 * Instance N resumes at AT(home) + 1 MiB with N as its argument, and its image begins at AT(home) + 2 MiB; homes are sections 0, 32, 48.
 */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fsw/fsw.h>

#define BASE 0x60000000ull
#define SHIFT 24
#define SECTIONS 64
#define INSTANCES 8
#define MIB 0x100000ull
#define AT(section) (BASE + ((uint64_t)(section) << SHIFT))
#define LED 0x10000008 /* a register of the board that keeps what is written to it */
#define ROOM 65536

static struct fsw_geometry geometry = {
	.base = BASE, .section_shift = SHIFT, .sections = SECTIONS, .instances = INSTANCES, .page_size = 4096
};
static const uint32_t homes[] = { 0, 0, 32, 48 };

static unsigned char memory[ROOM] __attribute__((aligned(4096)));
static struct fsw_area area;
static uint32_t executing;
static unsigned long stores, stop;
static jmp_buf stopped;

/* ---- the board ---- */

static void port_store(void *context, uint32_t *word, uint32_t value)
{
	(void)context;
	if (stop && ++stores == stop)
		longjmp(stopped, 1);
	*word = value;
}

/* The register holds who executes. */
static uint32_t port_read(void *context, uint64_t address, uint32_t width)
{
	(void)context;
	(void)address;
	(void)width;
	return 0x80 | executing;
}

static void port_write(void *context, uint64_t address, uint32_t width, uint32_t value)
{
	(void)context;
	(void)address;
	(void)width;
	(void)value;
}

static const struct fsw_port port = { NULL, port_read, port_write, port_store, NULL, NULL };
static const struct fsw_segment row = { LED, 4, 4 };
static const struct fsw_handover in = { &port, { &row, 1 }, 0 };

#define MUST(call) must((call) >= 0, #call)

static void must(int good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "make_area: %s failed\n", what);
	exit(EXIT_FAILURE);
}

/* ---- instances that do what they are told ---- */

static void wake(void);

static void leave(void)
{
	struct fsw_advice advice;
	struct fsw_jump jump;
	int due = fsw_handover(memory, &in, &jump);

	MUST(due);
	if (due == FSW_GO_RESET) {
		MUST(fsw_recover(&area, memory, sizeof(memory), &port, &advice));
		MUST(fsw_start(memory, &in, &jump));
	}
	wake();
}

static void suspend(void)
{
	MUST(fsw_arm(&area, executing, 0, AT(homes[executing]) + MIB, executing));
	leave();
}

/* Whoever owns the machine wakes and acknowledges. */
static void wake(void)
{
	struct fsw_outcome outcome;
	struct fsw_status status;
	uint32_t i;

	MUST(fsw_status(&area, &status));
	executing = status.running;
	MUST(fsw_acknowledge(&area, executing, &outcome));
	switch (outcome.result) {
	case FSW_RESULT_VISIT:
		while (fsw_visit_next(&area, executing, &outcome) == 1)
			MUST(fsw_cmm_offline(&area, executing, outcome.walk.section));
		/* fall through */
	case FSW_RESULT_PASS:
		if (fsw_pass(&area, executing) == 1)
			suspend();
		else
			wake();
		break;
	case FSW_RESULT_COLLECT:
		while (fsw_collect_next(&area, executing, &outcome) == 1)
			MUST(fsw_cmm_online(&area, executing, outcome.walk.section));
		MUST(fsw_collect_end(&area, executing));
		break;
	case FSW_RESULT_INHERIT:
	case FSW_RESULT_SURVIVED:
		for (i = 0; i < SECTIONS; i++) {
			uint32_t entry;

			MUST(fsw_cmm_get(&area, i, &entry));
			if ((entry & (FSW_ENTRY_OWNER | FSW_ENTRY_CLAIMED)) == (executing | FSW_ENTRY_CLAIMED))
				MUST(fsw_cmm_online(&area, executing, i));
		}
		break;
	default:
		break;
	}
}

/* ---- scenarios: what is there before, then what is stopped ---- */

static void format(void)
{
	MUST(fsw_format(memory, sizeof(memory), &geometry, &port));
}

static struct fsw_load load_of(uint32_t id)
{
	static const char names[][8] = { "", "first", "second", "third" };
	struct fsw_load load;

	memset(&load, 0, sizeof(load));
	load.base = AT(homes[id]);
	load.entry = load.base + 2 * MIB;
	load.arguments[0] = 0x10 + id;
	load.arguments[1] = ~0u;
	load.arguments[2] = load.base;
	strcpy(load.name, names[id]);
	return load;
}

static void master(void)
{
	static const struct fsw_range ram = { BASE, (SECTIONS - 1) * 16 * MIB },
				      movable = { BASE + 64 * MIB, (SECTIONS - 5) * 16 * MIB },
				      shared = { BASE + (SECTIONS - 1) * 16 * MIB, 16 * MIB };
	static const struct fsw_memory map = { { &ram, 1 }, { &movable, 1 }, { &shared, 1 }, { NULL, 0 } };
	const struct fsw_load load = load_of(1);

	MUST(fsw_open(&area, memory, sizeof(memory), &port));
	MUST(fsw_master(&area, &load, &map));
	executing = 1;
}

static void prepare(uint32_t id)
{
	const struct fsw_load load = load_of(id);
	uint32_t section = 0;

	MUST(fsw_free(&area, executing, id, load.base, 4, 4));
	while (fsw_free_next(&area, executing, &section) == 1)
		MUST(fsw_cmm_offline(&area, executing, section));
	MUST(fsw_free_commit(&area, executing));
	MUST(fsw_load(&area, executing, id, &load));
}

static void boot(uint32_t id, uint32_t flags)
{
	MUST(fsw_boot(&area, executing, id, flags));
	suspend();
}

static void switch_to(uint32_t id)
{
	MUST(fsw_switch(&area, executing, id));
	suspend();
}

static void world(void)
{
	format();
	master();
	prepare(2);
	boot(2, FSW_FLAG_DIRECT);
	MUST(fsw_cmm_keep(&area, 2, homes[2]));
	switch_to(1);
	prepare(3);
	boot(3, FSW_FLAG_DIRECT);
	MUST(fsw_cmm_keep(&area, 3, homes[3]));
	switch_to(1);
}

static void world_of_2(void)
{
	world();
	switch_to(2);
}

static void world_loaded(void)
{
	format();
	master();
	prepare(2);
}

static void nothing(void)
{
}

static void boot_2(void)
{
	boot(2, 0);
}

static void boot_2_direct(void)
{
	boot(2, FSW_FLAG_DIRECT);
}

static void free_2(void)
{
	prepare(2);
}

static void blank(void)
{
	format();
	master();
}

static void switch_2(void)
{
	switch_to(2);
}

static void claim(void)
{
	struct fsw_want want;

	MUST(fsw_want(&area, executing, 5, FSW_ANYWHERE, &want));
	MUST(fsw_claim(&area, executing, &want));
	suspend();
}

static void terminate(void)
{
	MUST(fsw_terminate(&area, executing));
	suspend();
}

static void kill_2(void)
{
	MUST(fsw_kill(&area, executing, 2));
}

/* A reset, while 2 runs: what recovery does is stopped too. */
static void reset(void)
{
	struct fsw_advice advice;
	struct fsw_jump jump;

	MUST(fsw_recover(&area, memory, sizeof(memory), &port, &advice));
	MUST(fsw_start(memory, &in, &jump));
	wake();
}

/* Half an instance: what fell asleep has a wrong bit in its saved registers, so it is condemned. */
static void damage(uint32_t id)
{
	area.pages[(id - 1) * area.page_size + FSW_PAGE_SAR + 20] ^= 1;
}

static void switch_damaged(void)
{
	damage(3);
	switch_to(2);
}

static void all_damaged(void)
{
	damage(2);
	damage(3);
}

static const struct {
	const char *name;
	void (*before)(void);
	void (*what)(void);
} scenarios[] = {
	{ "format", nothing, format },
	{ "master", format, master },
	{ "free", blank, free_2 },
	{ "boot", world_loaded, boot_2 },
	{ "direct", world_loaded, boot_2_direct },
	{ "switch", world, switch_2 },
	{ "claim", world, claim },
	{ "terminate", world_of_2, terminate },
	{ "kill", world, kill_2 },
	{ "reset", world_of_2, reset },
	{ "damaged", world, switch_damaged },
	{ "alone", world, all_damaged },
};
#define SCENARIOS (sizeof(scenarios) / sizeof(*scenarios))

/* 1: it was stopped; 0: it came to its end before */
static int play(uint32_t which, unsigned long before_store)
{
	volatile int done = 0;

	memset(memory, 0xcc, sizeof(memory));
	memset(memory, 0, 64);
	stop = 0;
	scenarios[which].before();
	stores = 0;
	stop = before_store;
	if (setjmp(stopped) == 0) {
		scenarios[which].what();
		done = 1;
	}
	stop = 0;
	return !done;
}

static void list(uint32_t which, unsigned long at)
{
	struct fsw_advice advice;
	int error;

	memset(&advice, 0, sizeof(advice));
	error = fsw_recover(&area, memory, sizeof(memory), &port, &advice);
	printf("%s %lu %d %d %d %u %u %u %u\n", scenarios[which].name, at, error, (int)advice.action, (int)advice.why,
	       advice.instance, advice.died, advice.undone, advice.condemned);
}

int main(int count, char **words)
{
	uint32_t i;

	if (count == 2 && strcmp(words[1], "list") == 0) {
		for (i = 0; i < SCENARIOS; i++) {
			unsigned long at = 1;

			for (; play(i, at); at++)
				list(i, at);
			list(i, 0);
		}
		return EXIT_SUCCESS;
	}
	if (count == 5) {
		geometry.cores = (uint32_t)strtoul(words[4], NULL, 10);
		count--;
	}
	for (i = 0; count == 4 && strcmp(words[1], "write") == 0 && i < SCENARIOS; i++) {
		if (strcmp(words[2], scenarios[i].name) != 0)
			continue;
		play(i, strtoul(words[3], NULL, 10));
		return fwrite(memory, sizeof(memory), 1, stdout) == 1 ? EXIT_SUCCESS : EXIT_FAILURE;
	}
	fprintf(stderr, "usage: make_area list | write SCENARIO STOP [CORES]\n");
	return EXIT_FAILURE;
}
