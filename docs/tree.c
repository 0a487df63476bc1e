/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What is completed in the device tree of an instance, found out by completing one: the tables that docs/protocol.md takes from
 * adapters/boot. scripts/doc-tables builds and runs this as it does docs/tables.c.
 */
#include <inttypes.h>
#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "boot/image.h"
#include "boot/tree.h"
#include "bootloader/board.h"
#include "fsw/fsw.h"

#define MIB ((uint64_t)1 << 20)
#define GUEST ((uint64_t)0x80000000)
#define GUEST_SECTIONS 8
#define KERNEL_BYTES 4000000u
#define INITRD_BYTES 2500000u

static _Alignas(8) unsigned char memory[64 * 1024];
static _Alignas(8) unsigned char tree[FSW_IMAGE_TREE_ROOM];
static const struct fsw_port port;
static struct fsw_area area;

static void must(int good, const char *what, int line)
{
	if (!good) {
		fprintf(stderr, "docs/tree.c:%d: the code does not do what this file expects of it: %s\n", line, what);
		exit(EXIT_FAILURE);
	}
}
#define MUST(what) must(what, #what, __LINE__)

/* The master has given instance 2 the sections from GUEST on. */
static void give_sections(void)
{
	static const struct fsw_geometry geometry = { .base = BOARD_RAM,
						      .section_shift = BOARD_SECTION_SHIFT,
						      .sections = BOARD_SECTIONS,
						      .instances = BOARD_INSTANCES,
						      .page_size = BOARD_PAGE_BYTES };
	static const struct fsw_range ram = { BOARD_RAM, BOARD_RAM_BYTES };
	static const struct fsw_range movable = { BOARD_RAM + 128 * MIB, BOARD_RAM_BYTES - 128 * MIB };
	static const struct fsw_range shared = { BOARD_CARVE, BOARD_CARVE_BYTES };
	static const struct fsw_memory map = { { &ram, 1 }, { &movable, 1 }, { &shared, 1 }, { NULL, 0 } };
	struct fsw_load load;
	uint32_t section = 0;

	memset(&load, 0, sizeof(load));
	load.base = load.entry = BOARD_RAM;
	MUST(fsw_format(memory, sizeof(memory), &geometry, &port) == 0);
	MUST(fsw_open(&area, memory, sizeof(memory), &port) == 0 && fsw_master(&area, &load, &map) == 0);
	MUST(fsw_free(&area, 1, 2, GUEST, GUEST_SECTIONS, GUEST_SECTIONS) == 0);
	while (fsw_free_next(&area, 1, &section) == 1)
		MUST(fsw_cmm_offline(&area, 1, section) == 0);
	MUST(fsw_free_commit(&area, 1) == 0);
}

/* The names of what has text */
static int is_text(const char *name)
{
	return strcmp(name, "compatible") == 0 || strcmp(name, "device_type") == 0 || strcmp(name, "bootargs") == 0;
}

static void print_property(int property, int depth)
{
	int length, i;
	const char *name;
	const fdt32_t *cell = fdt_getprop_by_offset(tree, property, &name, &length);

	printf("%.*s%s", depth, "\t\t\t\t", name);
	if (is_text(name)) {
		printf(" = \"%s\"", (const char *)cell);
	} else if (length) {
		printf(" = <");
		for (i = 0; i < length / 4; i++)
			printf("%s0x%" PRIx32, i ? " " : "", fdt32_ld(&cell[i]));
		printf(">");
	}
	puts(";");
}

static void print_inside(int node, int depth)
{
	int property, child;

	for (property = fdt_first_property_offset(tree, node); depth && property >= 0;
	     property = fdt_next_property_offset(tree, property))
		print_property(property, depth);
	for (child = fdt_first_subnode(tree, node); child >= 0; child = fdt_next_subnode(tree, child)) {
		printf("%.*s%s {\n", depth, "\t\t\t\t", fdt_get_name(tree, child, NULL));
		print_inside(child, depth + 1);
		printf("%.*s};\n", depth, "\t\t\t\t");
	}
}

/* A tree with no more in it than a board must have */
static void bare_tree(void)
{
	MUST(fdt_create(tree, sizeof(tree)) == 0 && fdt_finish_reservemap(tree) == 0 && fdt_begin_node(tree, "") == 0);
	MUST(fdt_property_u32(tree, "#address-cells", 1) == 0 && fdt_property_u32(tree, "#size-cells", 1) == 0);
	MUST(fdt_end_node(tree) == 0 && fdt_finish(tree) == 0);
}

int main(void)
{
	struct fsw_placement at;
	struct fsw_tree what;

	give_sections();
	MUST(fsw_image_place(GUEST, GUEST_SECTIONS * 16 * MIB, KERNEL_BYTES, INITRD_BYTES, &at) == 0);
	memset(&what, 0, sizeof(what));
	what.ram_base = BOARD_RAM;
	what.ram_size = BOARD_RAM_BYTES;
	what.carve_base = BOARD_CARVE;
	what.carve_size = BOARD_CARVE_BYTES;
	what.initrd = at.initrd;
	what.initrd_size = INITRD_BYTES;
	what.bootargs = "console=ttyAMA0";
	what.area = &area;
	what.instance = 2;
	bare_tree();
	MUST(fsw_tree_complete(tree, sizeof(tree), &what) == 0);
	puts("@tree\n```dts");
	print_inside(0, 0);
	puts("```");

	puts("@placement\n| what | at | offset from the base |\n|---|---|---|");
	printf("| kernel, a zImage of %u bytes | `0x%" PRIx64 "` | %" PRIu64 " MiB |\n", KERNEL_BYTES, at.kernel,
	       (at.kernel - GUEST) / MIB);
	printf("| initrd of %u bytes | `0x%" PRIx64 "` | %" PRIu64 " KiB |\n", INITRD_BYTES, at.initrd, (at.initrd - GUEST) / 1024);
	printf("| device tree, %u KiB of room | `0x%" PRIx64 "` | %" PRIu64 " KiB |\n", FSW_IMAGE_TREE_ROOM / 1024, at.tree,
	       (at.tree - GUEST) / 1024);
	return EXIT_SUCCESS;
}
