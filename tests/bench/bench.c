/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What scripts/bench counts instructions of. `bench_fsw CASE` runs one case: the part that is measured lies in bench_measured().
 * `bench_fsw --list` prints "CASE UNIT DIVISOR LIMIT description" for each; the value is instructions / DIVISOR.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fsw/fsw.h"

#define MANY 1048576u
#define FEW 64u
#define SAR_BYTES 2048u
#define REPEAT 64u

static struct fsw_area area;
static struct fsw_port port;
static unsigned char *memory;
static uint32_t size;
static uint32_t registers[SAR_BYTES / 4];
static uint64_t blob[512];
static struct fsw_segment segment = { 0, 4, SAR_BYTES };
static struct fsw_segments table = { &segment, 1 };

static void die(const char *what, int error)
{
	if (error < 0) {
		fprintf(stderr, "bench: %s: %s\n", what, fsw_error_text(error));
		exit(1);
	}
}

/* Instance `id` is given sections from `base`, booted, and keeps two thirds of them as kernel core. */
static void boot(uint32_t id, uint64_t base, uint32_t sections)
{
	struct fsw_handover in = { &port, { NULL, 0 }, 0 };
	struct fsw_outcome outcome;
	struct fsw_load load;
	struct fsw_jump jump;
	uint32_t cursor = 0;
	uint32_t kept;

	memset(&load, 0, sizeof(load));
	load.base = base;
	load.entry = base;
	die("free", fsw_free(&area, 1, id, base, sections, sections));
	while (fsw_free_next(&area, 1, &cursor) == 1)
		die("offline", fsw_cmm_offline(&area, 1, cursor));
	die("commit", fsw_free_commit(&area, 1));
	die("load", fsw_load(&area, 1, id, &load));
	die("boot", fsw_boot(&area, 1, id, FSW_FLAG_DIRECT));
	die("arm", fsw_arm(&area, 1, 0, 0x1000, 0));
	die("handover", fsw_handover(memory, &in, &jump));
	die("acknowledge", fsw_acknowledge(&area, id, &outcome));
	for (kept = 0; kept < sections - sections / 3; kept++)
		die("keep", fsw_cmm_keep(&area, id, (uint32_t)(base >> 20) + kept));
}

static void back(uint32_t id)
{
	struct fsw_handover in = { &port, { NULL, 0 }, 0 };
	struct fsw_outcome outcome;
	struct fsw_jump jump;

	die("switch", fsw_switch(&area, id, 1));
	die("arm", fsw_arm(&area, id, 0, 0x2000, 0));
	die("handover", fsw_handover(memory, &in, &jump));
	die("acknowledge", fsw_acknowledge(&area, 1, &outcome));
}

/* Four instances: three guests with an eighth of the map each, a third of that movable; the master has the rest, and runs. */
static void world(uint32_t sections)
{
	struct fsw_geometry geometry = { .base = 0, .section_shift = 20, .sections = sections, .instances = 4, .page_size = 4096 };
	struct fsw_range ram = { 0, (uint64_t)sections << 20 };
	struct fsw_range movable = { (uint64_t)(sections / 4) << 20, (uint64_t)(sections - sections / 4) << 20 };
	struct fsw_memory ranges = { { &ram, 1 }, { &movable, 1 }, { NULL, 0 }, { NULL, 0 } };
	struct fsw_load load;
	uint32_t id;

	memset(&load, 0, sizeof(load));
	die("size", fsw_area_size(&geometry, &size));
	memory = aligned_alloc(4096, size);
	if (!memory)
		exit(1);
	die("format", fsw_format(memory, size, &geometry, &port));
	die("open", fsw_open(&area, memory, size, &port));
	die("master", fsw_master(&area, &load, &ranges));
	for (id = 2; id <= 4; id++) {
		boot(id, (uint64_t)(sections / 8 * (id + 3)) << 20, sections / 8);
		back(id);
	}
}

/* Cases: prepare, then the measured part */
static void one_section(void)
{
	uint32_t i, middle = area.sections / 2;

	for (i = 0; i < REPEAT / 2; i++) {
		die("offline", fsw_cmm_offline(&area, 1, middle));
		die("online", fsw_cmm_online(&area, 1, middle));
	}
}

static void small_world(void)
{
	world(FEW);
}

static void large_world(void)
{
	world(MANY);
}

/* What the master wants is the movable memory of three sleepers: an eighth of the map is marked. */
static void mark(void)
{
	struct fsw_want want;

	die("want", fsw_want(&area, 1, MANY, FSW_ANYWHERE, &want));
	die("claim", fsw_claim(&area, 1, &want));
}

static struct fsw_count counted;

static void count(void)
{
	die("count", fsw_cmm_count(&area, &counted));
}

static void kill_one(void)
{
	die("kill", fsw_kill(&area, 1, 3));
}

static void open_and_recover(void)
{
	struct fsw_advice advice;

	die("recover", fsw_recover(&area, memory, size, &port, &advice));
}

static void saved(void)
{
	/* the port's accessors absent, as in the hand-over on a board: each register is one plain access */
	segment.address = (uintptr_t)registers;
	die("save", fsw_sar_save(&port, &table, blob, sizeof(blob)));
}

static void save(void)
{
	die("save", fsw_sar_save(&port, &table, blob, sizeof(blob)));
}

static void load(void)
{
	die("load", fsw_sar_load(&port, &table, blob, sizeof(blob)));
}

static const struct bench {
	const char *name, *unit;
	uint32_t divisor;
	double limit;
	const char *description;
	void (*prepare)(void);
	void (*measured)(void);
} cases[] = {
	{ "section@64", "instructions", REPEAT, 150, "one-section operation, 64 sections", small_world, one_section },
	{ "section@1048576", "instructions", REPEAT, 150, "one-section operation, 1,048,576 sections", large_world, one_section },
	{ "mark", "instructions/section", MANY, 8, "mark for a claim, an eighth of the map qualifies", large_world, mark },
	{ "count", "instructions/section", MANY, 8, "count all owners", large_world, count },
	{ "kill", "instructions/section", MANY, 8, "kill, the victim owns an eighth of the map", large_world, kill_one },
	{ "recover", "instructions/section", MANY, 24, "open, verify and recover", large_world, open_and_recover },
	{ "sar-save", "instructions/byte", SAR_BYTES, 16, "SAR save with CRC", saved, save },
	{ "sar-load", "instructions/byte", SAR_BYTES, 16, "SAR load with CRC", saved, load },
};

/* Not inlined and not merged: the counter is switched on and off at its borders. */
__attribute__((noinline)) void bench_measured(void (*measured)(void));
void bench_measured(void (*measured)(void))
{
	measured();
	__asm__ volatile("" ::: "memory");
}

int main(int argc, char **argv)
{
	size_t i;

	if (argc != 2) {
		fprintf(stderr, "usage: bench_fsw CASE | --list\n");
		return 2;
	}
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (strcmp(argv[1], "--list") == 0)
			printf("%s %s %u %g %s\n", cases[i].name, cases[i].unit, cases[i].divisor, cases[i].limit,
			       cases[i].description);
		else if (strcmp(argv[1], cases[i].name) == 0) {
			cases[i].prepare();
			bench_measured(cases[i].measured);
			return 0;
		}
	}
	if (strcmp(argv[1], "--list") == 0)
		return 0;
	fprintf(stderr, "bench_fsw: no case '%s'; bench_fsw --list shows them\n", argv[1]);
	return 2;
}
