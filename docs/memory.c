/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The example of docs/memory.md: three instances on the board, one excluded range, and what moves between them, found out by letting the
 * library do it. What Linux does itself (its movable zone, its page structures) stands here as numbers. scripts/doc-tables builds and runs
 * this as it does docs/tables.c.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bootloader/board.h"
#include "fsw/fsw.h"

#define SECTION ((uint64_t)1 << BOARD_SECTION_SHIFT)
#define ROW 16

enum { FIRST = 1, SECOND, THIRD };

/* What each was booted with, in sections; what lies above, up to the shared one, is in its movable zone. */
static const struct {
	uint32_t base, own, kernelcore;
} instance[] = { { 0 }, { 0, 63, 8 }, { 8, 8, 4 }, { 16, 8, 4 } };

static _Alignas(8) unsigned char memory[64 * 1024];
static struct fsw_area area;
static const struct fsw_port port;
static const struct fsw_handover board = { &port, { NULL, 0 }, 0 };

static void must(int good, const char *what, int line)
{
	if (!good) {
		fprintf(stderr, "docs/memory.c:%d: the library does not do what this file expects of it: %s\n", line, what);
		exit(EXIT_FAILURE);
	}
}
#define MUST(what) must(what, #what, __LINE__)

static uint64_t at(uint32_t section)
{
	return BOARD_RAM + section * SECTION;
}

static struct fsw_load load_at(uint32_t section)
{
	struct fsw_load load;

	memset(&load, 0, sizeof(load));
	load.base = load.entry = at(section);
	return load;
}

/* What the adapter declares at the start: below the movable zone, and where the page structures lie */
static void keep(uint32_t self)
{
	uint32_t i;

	for (i = instance[self].base; i < instance[self].base + instance[self].kernelcore; i++)
		MUST(fsw_cmm_keep(&area, self, i) == 0);
	MUST(fsw_cmm_keep(&area, self, instance[self].base + instance[self].own - 1) == 0);
}

static void first(void)
{
	static const struct fsw_geometry geometry = { .base = BOARD_RAM,
						      .section_shift = BOARD_SECTION_SHIFT,
						      .sections = BOARD_SECTIONS,
						      .instances = BOARD_INSTANCES,
						      .page_size = BOARD_PAGE_BYTES };
	static const struct fsw_range ram = { BOARD_RAM, BOARD_CARVE - BOARD_RAM };
	static const struct fsw_range movable = { BOARD_RAM + 8 * SECTION, BOARD_CARVE - BOARD_RAM - 8 * SECTION };
	static const struct fsw_range shared = { BOARD_CARVE, BOARD_CARVE_BYTES };
	static const struct fsw_range excluded = { 0x8d100000, 0x100000 };
	static const struct fsw_memory map = { { &ram, 1 }, { &movable, 1 }, { &shared, 1 }, { &excluded, 1 } };
	struct fsw_load load = load_at(0);

	MUST(fsw_format(memory, sizeof(memory), &geometry, &port) == 0);
	MUST(fsw_open(&area, memory, sizeof(memory), &port) == 0 && fsw_master(&area, &load, &map) == 0);
	keep(FIRST);
}

static struct fsw_outcome hand_over(uint32_t from, uint32_t to)
{
	struct fsw_outcome outcome;
	struct fsw_jump jump;

	MUST(fsw_arm(&area, from, 0, at(instance[from].base), 0) == 1 && fsw_handover(memory, &board, &jump) == FSW_GO_JUMP);
	MUST(fsw_acknowledge(&area, to, &outcome) == 0);
	return outcome;
}

static void switch_to(uint32_t from, uint32_t to)
{
	MUST(fsw_switch(&area, from, to) == 0 && hand_over(from, to).result == FSW_RESULT_DONE);
}

/* The first instance boots another, which then gives the machine back. */
static void boot(uint32_t target)
{
	uint32_t own = instance[target].own, section = 0;
	struct fsw_load load = load_at(instance[target].base);

	MUST(fsw_free(&area, FIRST, target, load.base, own, own) == 0);
	while (fsw_free_next(&area, FIRST, &section) == 1)
		MUST(fsw_cmm_offline(&area, FIRST, section) == 0);
	MUST(fsw_free_commit(&area, FIRST) == 0 && fsw_load(&area, FIRST, target, &load) == 0);
	MUST(fsw_boot(&area, FIRST, target, FSW_FLAG_DIRECT) == 0 && hand_over(FIRST, target).result == FSW_RESULT_DONE);
	keep(target);
	switch_to(target, FIRST);
}

/* Nothing is free above the asker's base: the first instance gives all of it. */
static void request(uint32_t self, uint32_t count)
{
	struct fsw_outcome outcome;
	struct fsw_want want;

	MUST(fsw_want(&area, self, count, FSW_ANYWHERE, &want) == 0 && fsw_want_free(&area, self, &want) == 0);
	MUST(fsw_claim(&area, self, &want) == 0);
	outcome = hand_over(self, FIRST);
	MUST(outcome.result == FSW_RESULT_VISIT);
	while (fsw_visit_next(&area, FIRST, &outcome) == 1)
		MUST(fsw_cmm_offline(&area, FIRST, outcome.walk.section) == 0);
	MUST(fsw_pass(&area, FIRST) == 1);
	outcome = hand_over(FIRST, self);
	MUST(outcome.result == FSW_RESULT_COLLECT && outcome.walk.missing == count);
	while (fsw_collect_next(&area, self, &outcome) == 1)
		MUST(fsw_cmm_online(&area, self, outcome.walk.section) == 0);
	MUST(fsw_collect_end(&area, self) == 0);
}

/* From the highest down */
static void release(uint32_t self, uint32_t count)
{
	uint32_t section = BOARD_SECTIONS, entry;

	while (count && section--) {
		MUST(fsw_cmm_get(&area, section, &entry) == 0);
		if (entry != (FSW_ENTRY_AVAILABLE | self))
			continue;
		MUST(fsw_cmm_offline(&area, self, section) == 0);
		count--;
	}
}

/* As fswctl map draws it */
static void draw(const char *name)
{
	uint32_t i, entry;

	printf("@%s\n```\n", name);
	for (i = 0; i < area.sections; i++) {
		uint32_t owner;

		MUST(fsw_cmm_get(&area, i, &entry) == 0);
		owner = entry & FSW_ENTRY_OWNER;
		if (i % ROW == 0)
			printf("0x%08" PRIx64 " ", at(i));
		if (owner == FSW_OWNER_SHARED)
			printf("  s");
		else if (owner)
			printf(" %" PRIu32 "%c", owner, entry & FSW_ENTRY_AVAILABLE ? '+' : '#');
		else
			printf("  %c", entry & FSW_ENTRY_AVAILABLE ? '.' : '-');
		if (i % ROW == ROW - 1)
			puts("");
	}
	puts("```");
}

int main(void)
{
	first();
	boot(SECOND);
	boot(THIRD);
	draw("memory-booted");
	switch_to(FIRST, SECOND);
	request(SECOND, 6);
	switch_to(SECOND, THIRD);
	request(THIRD, 2);
	switch_to(THIRD, SECOND);
	release(SECOND, 3);
	draw("memory-moved");
	return EXIT_SUCCESS;
}
