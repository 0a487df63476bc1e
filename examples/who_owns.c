/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Who owns which memory? Makes an area in ordinary memory, sets it up as the master does, gives one section up and prints the map:
 *
 *	sections  0..3   instance 1, kernel core
 *	sections  4..5   instance 1, movable
 *	sections  6..6   free
 *	sections  7..11  instance 1, movable
 *	sections 12..12  shared by all
 *	sections 13..15  nobody's
 *	longest free run: 1 of 16 sections
 *	0x84001000, 4096 bytes, for instance 1: yes
 *	0x85fffff0, 4096 bytes, for instance 1: no, section 6: section has no owner
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <fsw/fsw.h>

int longest_free(struct fsw_area *area);  /* longest_free.cpp */
uint32_t sections_of(const void *header); /* sections_of.S */

#define MIB 0x100000u

static const struct fsw_port port; /* every callback has a default; a kernel supplies its own cache cleaning */

/* 256 MiB from 2 GiB on, in sections of 16 MiB */
static const struct fsw_geometry geometry = {
	.base = 0x80000000,
	.section_shift = 24,
	.sections = 16,
	.instances = 3,
	.page_size = 4096,
};

/* What the master's kernel knows: of 224 MiB it can off-line the upper 160; one section belongs to a driver in every instance, */
static const struct fsw_range ram = { 0x80000000, 224 * MIB };
static const struct fsw_range movable = { 0x84000000, 160 * MIB };
static const struct fsw_range shared = { 0x8c000000, 16 * MIB };
/* and the firmware overwrites a little of another at each reset. */
static const struct fsw_range firmware = { 0x8d800000, 1 * MIB };
static const struct fsw_memory map = { { &ram, 1 }, { &movable, 1 }, { &shared, 1 }, { &firmware, 1 } };

static const struct fsw_load master = { .base = 0x80000000, .entry = 0x80008000, .name = "first" };

static int check(int result, const char *what)
{
	if (result < 0) {
		fprintf(stderr, "who_owns: %s: %s\n", what, fsw_error_text(result));
		exit(EXIT_FAILURE);
	}
	return result;
}

static void print_owner(uint32_t entry)
{
	uint32_t owner = entry & FSW_ENTRY_OWNER;
	int available = (entry & FSW_ENTRY_AVAILABLE) != 0;

	if (owner == FSW_OWNER_SHARED)
		puts("shared by all");
	else if (owner == FSW_OWNER_NONE)
		puts(available ? "free" : "nobody's");
	else
		printf("instance %" PRIu32 ", %s\n", owner, available ? "movable" : "kernel core");
}

static void print_range(struct fsw_area *area, uint64_t address, uint64_t size)
{
	int result = fsw_cmm_range(area, FSW_MASTER, address, size);

	printf("0x%" PRIx64 ", %" PRIu64 " bytes, for instance %d: ", address, size, FSW_MASTER);
	if (result == 0)
		puts("yes");
	else
		printf("no, section %" PRIu32 ": %s\n", area->fault.index, fsw_error_text(result));
}

int main(void)
{
	struct fsw_area area;
	struct fsw_run run;
	uint32_t size, section, entry;
	void *memory;

	check(fsw_area_size(&geometry, &size), "geometry");
	memory = malloc(size);
	if (!memory) {
		fprintf(stderr, "who_owns: no memory for an area of %" PRIu32 " bytes\n", size);
		return EXIT_FAILURE;
	}
	check(fsw_format(memory, size, &geometry, &port), "format");
	check(fsw_open(&area, memory, size, &port), "open");
	check(fsw_master(&area, &master, &map), "set up the master");

	/* Ask, really take the section off-line (here there is nothing to do), then tell. */
	check(fsw_section_at(&area, 0x86000000, &section), "find the section");
	check(fsw_cmm_get(&area, section, &entry), "read the map");
	check(fsw_rule_offline(entry, FSW_MASTER, &entry), "ask");
	check(fsw_cmm_offline(&area, FSW_MASTER, section), "give the section up");

	for (section = 0; section < area.sections; section = run.first + run.count) {
		check(fsw_cmm_get(&area, section, &entry), "read the map");
		check(fsw_cmm_run(&area, fsw_match(0xffff, entry), section, &run), "read the map");
		printf("sections %2" PRIu32 "..%-3" PRIu32 " ", run.first, run.first + run.count - 1);
		print_owner(entry);
	}
	printf("longest free run: %d of %" PRIu32 " sections\n", check(longest_free(&area), "longest free run"),
	       sections_of(memory));

	/* What a monitor asks about every pointer it is handed */
	print_range(&area, 0x84001000, 4096);
	print_range(&area, 0x85fffff0, 4096);

	free(memory);
	return EXIT_SUCCESS;
}
