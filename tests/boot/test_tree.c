/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * adapters/boot/tree.c: what it puts into a tree is what it was asked for, the fences are exactly the foreign sections of the map, and nothing
 * that a file can hold makes it read or write where it must not (run under sanitizers and memcheck).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <libfdt.h>

#include "boot/image.h"
#include "boot/tree.h"
#include "core/core.h"
#include "fsw/fsw.h"

#define RAM 0x60000000ull
#define SECTION 0x1000000ull
#define SECTIONS 64
#define CARVE 0x9f000000ull
#define GUARD 64
#define GUARD_BYTE 0xa5

static const struct fsw_port port;
static unsigned char *memory;
static struct fsw_area area;

/* A buffer with guards on both sides: 8-byte aligned, `room` bytes */
struct room {
	unsigned char *block;
	unsigned char *tree;
	uint32_t size;
};

static struct room room_of(const void *tree, uint32_t bytes, uint32_t size)
{
	struct room room;

	room.size = size;
	room.block = malloc(size + 2 * GUARD);
	assert_non_null(room.block);
	memset(room.block, GUARD_BYTE, size + 2 * GUARD);
	room.tree = room.block + GUARD;
	memcpy(room.tree, tree, bytes < size ? bytes : size);
	return room;
}

static void room_end(struct room *room)
{
	uint32_t i;

	for (i = 0; i < GUARD; i++)
		assert_true(room->block[i] == GUARD_BYTE && room->tree[room->size + i] == GUARD_BYTE);
	free(room->block);
}

/* ---- trees ---- */

#define DO(call) assert_true((call) >= 0)

/* The likes of a board's tree. Cells of the root as given; with 0 it has neither chosen, reserved-memory nor memory. */
static void *board(int address_cells, int size_cells, int full)
{
	void *tree = calloc(1, 4096);
	fdt32_t reg[4] = { 0 };
	int length = 4 * (address_cells + size_cells);

	assert_non_null(tree);
	DO(fdt_create(tree, 4096));
	DO(fdt_add_reservemap_entry(tree, 0x1000, 0x1000));
	DO(fdt_finish_reservemap(tree));
	DO(fdt_begin_node(tree, ""));
	DO(fdt_property_string(tree, "model", "a board"));
	DO(fdt_property_u32(tree, "#address-cells", (uint32_t)address_cells));
	DO(fdt_property_u32(tree, "#size-cells", (uint32_t)size_cells));
	if (full) {
		DO(fdt_begin_node(tree, "chosen"));
		DO(fdt_property_string(tree, "bootargs", "old arguments"));
		DO(fdt_property_string(tree, "stdout-path", "serial0"));
		DO(fdt_property_u64(tree, "linux,initrd-start", 1));
		DO(fdt_end_node(tree));
		DO(fdt_begin_node(tree, "memory"));
		DO(fdt_property_string(tree, "device_type", "memory"));
		DO(fdt_property(tree, "reg", reg, length));
		DO(fdt_end_node(tree));
		DO(fdt_begin_node(tree, "memory@80000000"));
		DO(fdt_property_string(tree, "device_type", "memory"));
		DO(fdt_property(tree, "reg", reg, length));
		DO(fdt_end_node(tree));
		DO(fdt_begin_node(tree, "reserved-memory"));
		DO(fdt_property_u32(tree, "#address-cells", (uint32_t)address_cells));
		DO(fdt_property_u32(tree, "#size-cells", (uint32_t)size_cells));
		DO(fdt_property(tree, "ranges", NULL, 0));
		DO(fdt_begin_node(tree, "vram@4c000000"));
		DO(fdt_property_string(tree, "compatible", "shared-dma-pool"));
		DO(fdt_property(tree, "reg", reg, length));
		DO(fdt_end_node(tree));
		DO(fdt_begin_node(tree, "fsw@1000"));
		DO(fdt_property_string(tree, "compatible", FSW_TREE_COMPATIBLE));
		DO(fdt_end_node(tree));
		DO(fdt_begin_node(tree, "fsw-fence@2000"));
		DO(fdt_property(tree, "reg", reg, length));
		DO(fdt_end_node(tree));
		DO(fdt_end_node(tree));
	}
	DO(fdt_begin_node(tree, "cpus"));
	DO(fdt_property_u32(tree, "#address-cells", 1));
	DO(fdt_property_u32(tree, "#size-cells", 0));
	DO(fdt_begin_node(tree, "cpu@0"));
	DO(fdt_property_string(tree, "device_type", "cpu"));
	DO(fdt_property_u32(tree, "reg", 0));
	DO(fdt_end_node(tree));
	DO(fdt_begin_node(tree, "cpu@f01"));
	DO(fdt_property_u32(tree, "reg", 0xf01));
	DO(fdt_end_node(tree));
	DO(fdt_begin_node(tree, "idle-states"));
	DO(fdt_end_node(tree));
	DO(fdt_end_node(tree));
	DO(fdt_end_node(tree));
	DO(fdt_finish(tree));
	return tree;
}

static struct fsw_tree plain(void)
{
	struct fsw_tree what;

	memset(&what, 0, sizeof(what));
	what.ram_base = RAM;
	what.ram_size = SECTIONS * SECTION;
	what.carve_base = CARVE;
	what.carve_size = SECTION;
	return what;
}

/* ---- reading back ---- */

static uint64_t number(const void *tree, int node, const char *name)
{
	int length = 0;
	const fdt32_t *cell = fdt_getprop(tree, node, name, &length);

	assert_non_null(cell);
	assert_true(length == 4 || length == 8);
	return length == 4 ? fdt32_ld(cell) : (uint64_t)fdt32_ld(cell) << 32 | fdt32_ld(cell + 1);
}

static void range(const void *tree, int node, uint64_t *base, uint64_t *size)
{
	int address_cells = fdt_address_cells(tree, 0);
	int size_cells = fdt_size_cells(tree, 0);
	int length = 0;
	const fdt32_t *cell = fdt_getprop(tree, node, "reg", &length);

	assert_non_null(cell);
	assert_int_equal(length, 4 * (address_cells + size_cells));
	*base = address_cells == 2 ? (uint64_t)fdt32_ld(cell) << 32 | fdt32_ld(cell + 1) : fdt32_ld(cell);
	cell += address_cells;
	*size = size_cells == 2 ? (uint64_t)fdt32_ld(cell) << 32 | fdt32_ld(cell + 1) : fdt32_ld(cell);
}

static int begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* Is all in there that was asked for, and nothing else? Sections that are fenced go to `fenced`; their number of nodes is returned. */
static uint32_t verify(const void *tree, const struct fsw_tree *what, unsigned char *fenced)
{
	uint64_t base, size;
	uint32_t memories = 0, areas = 0, fences = 0, excluded = 0, wanted = 0, i;
	int node, parent, length;

	assert_int_equal(fdt_check_full(tree, fdt_totalsize(tree)), 0);
	fdt_for_each_subnode(node, tree, 0)
	{
		const char *type = fdt_getprop(tree, node, "device_type", NULL);

		if (!type || strcmp(type, "memory") != 0)
			continue;
		memories++;
		range(tree, node, &base, &size);
		assert_true(base == what->ram_base && size == what->ram_size);
	}
	assert_int_equal(memories, 1);

	parent = fdt_path_offset(tree, "/chosen");
	assert_true(parent > 0);
	if (what->bootargs)
		assert_string_equal(fdt_getprop(tree, parent, "bootargs", NULL), what->bootargs);
	if (what->initrd_size) {
		assert_true(number(tree, parent, "linux,initrd-start") == what->initrd);
		assert_true(number(tree, parent, "linux,initrd-end") == what->initrd + what->initrd_size);
	} else {
		assert_null(fdt_getprop(tree, parent, "linux,initrd-start", NULL));
		assert_null(fdt_getprop(tree, parent, "linux,initrd-end", NULL));
	}

	parent = fdt_path_offset(tree, "/reserved-memory");
	assert_true(parent > 0);
	assert_int_equal(fdt_address_cells(tree, parent), fdt_address_cells(tree, 0));
	assert_int_equal(fdt_size_cells(tree, parent), fdt_size_cells(tree, 0));
	assert_non_null(fdt_getprop(tree, parent, "ranges", &length));
	fdt_for_each_subnode(node, tree, parent)
	{
		char name[64];

		if (begins(fdt_get_name(tree, node, NULL), "vram"))
			continue;
		range(tree, node, &base, &size);
		if (fdt_node_check_compatible(tree, node, FSW_TREE_COMPATIBLE) == 0) {
			areas++;
			assert_true(base == what->carve_base && size == what->carve_size);
			assert_non_null(fdt_getprop(tree, node, "no-map", NULL));
			assert_non_null(fdt_getprop(tree, node, FSW_TREE_PREPARED, NULL));
			if (what->closed)
				assert_string_equal(fdt_getprop(tree, node, FSW_TREE_CLOSED, NULL), what->closed);
			else
				assert_null(fdt_getprop(tree, node, FSW_TREE_CLOSED, NULL));
			snprintf(name, sizeof(name), "fsw@%llx", (unsigned long long)base);
		} else if (fdt_node_check_compatible(tree, node, FSW_TREE_EXCLUDED) == 0 && what->excluded_count) {
			uint32_t at = 0;

			/* one of those that were named, and at least in part within this memory */
			while (at < what->excluded_count && what->excluded[at].base != base)
				at++;
			assert_true(at < what->excluded_count && what->excluded[at].size == size);
			assert_true(base + size > what->ram_base);
			excluded++;
			snprintf(name, sizeof(name), "fsw-firmware@%llx", (unsigned long long)base);
		} else {
			fences++;
			assert_null(fdt_getprop(tree, node, "no-map", NULL));
			snprintf(name, sizeof(name), "fsw-fence@%llx", (unsigned long long)base);
			assert_true(size > 0 && base % SECTION == 0 && size % SECTION == 0);
			for (; size; size -= SECTION, base += SECTION) {
				uint64_t section = (base - RAM) / SECTION;

				assert_true(base >= RAM && section < SECTIONS && !fenced[section]);
				fenced[section] = 1;
			}
		}
		assert_string_equal(fdt_get_name(tree, node, NULL), name);
	}
	assert_int_equal(areas, 1);
	for (i = 0; i < what->excluded_count; i++)
		wanted += what->excluded[i].base + what->excluded[i].size > what->ram_base;
	assert_int_equal(excluded, wanted);
	return fences;
}

/* Complete a copy of the tree, verify it, complete it again: not a byte may change. */
static uint32_t completed(const void *tree, const struct fsw_tree *what, unsigned char *fenced)
{
	struct room room = room_of(tree, fdt_totalsize(tree), FSW_IMAGE_TREE_ROOM);
	uint32_t size, fences;
	void *first;

	memset(fenced, 0, SECTIONS);
	assert_int_equal(fsw_tree_complete(room.tree, room.size, what), 0);
	fences = verify(room.tree, what, fenced);
	size = fdt_totalsize(room.tree);
	first = malloc(size);
	assert_non_null(first);
	memcpy(first, room.tree, size);
	assert_int_equal(fsw_tree_complete(room.tree, room.size, what), 0);
	assert_int_equal(fdt_totalsize(room.tree), size);
	assert_memory_equal(first, room.tree, size);
	free(first);
	room_end(&room);
	return fences;
}

static void test_complete(void **state)
{
	unsigned char fenced[SECTIONS];
	int address_cells, size_cells, full;

	(void)state;
	for (address_cells = 1; address_cells <= 2; address_cells++) {
		for (size_cells = 1; size_cells <= 2; size_cells++) {
			for (full = 0; full <= 1; full++) {
				void *tree = board(address_cells, size_cells, full);
				struct fsw_tree what = plain();

				assert_int_equal(fsw_tree_check(tree, fdt_totalsize(tree)), 0);
				assert_int_equal(completed(tree, &what, fenced), 0);
				what.initrd = 0x67000000;
				what.initrd_size = 0x1234567;
				what.bootargs = "console=ttyAMA0 root=/dev/ram0";
				completed(tree, &what, fenced);
				what.bootargs = "";
				what.initrd_size = 1;
				completed(tree, &what, fenced);
				if (address_cells == 2) {
					what.initrd = 0x880000000ull;
					what.carve_base = 0x8000000000ull;
					completed(tree, &what, fenced);
				}
				if (address_cells == 2 && size_cells == 2) {
					what.ram_size = 0x1234000000000ull;
					completed(tree, &what, fenced);
				}
				free(tree);
			}
		}
	}
}

/* What the firmware overwrites: those that were named replace those that the tree had; none named, and these stay. */
static void test_firmware(void **state)
{
	static const struct fsw_range ranges[] = { { RAM, 0x1000 }, { RAM + 0x10000, SECTION }, { RAM + 8 * SECTION, 0x7dc000 } };
	unsigned char fenced[SECTIONS];
	void *tree = board(1, 1, 1);
	struct room room = room_of(tree, fdt_totalsize(tree), FSW_IMAGE_TREE_ROOM);
	struct fsw_tree what = plain();
	int parent, node;

	(void)state;
	what.excluded = ranges;
	what.excluded_count = 3;
	what.closed = FSW_TREE_CLOSED_PROBED;
	completed(tree, &what, fenced);
	what.ram_base = RAM + SECTION;
	completed(tree, &what, fenced);
	what.ram_base = RAM + 2 * SECTION;
	completed(tree, &what, fenced);

	DO(fdt_open_into(room.tree, room.tree, FSW_IMAGE_TREE_ROOM));
	parent = fdt_path_offset(room.tree, "/reserved-memory");
	node = fdt_add_subnode(room.tree, parent, "firmware@70000000");
	DO(node);
	DO(fdt_setprop_string(room.tree, node, "compatible", FSW_TREE_EXCLUDED));
	DO(fdt_setprop_u64(room.tree, node, "reg", 0x7000000000001000ull));
	assert_int_equal(fsw_tree_complete(room.tree, room.size, &what), 0);
	verify(room.tree, &what, fenced);
	assert_int_equal(fdt_path_offset(room.tree, "/reserved-memory/firmware@70000000"), -FDT_ERR_NOTFOUND);
	what.excluded_count = 0;
	what.closed = NULL;
	assert_int_equal(fsw_tree_complete(room.tree, room.size, &what), 0);
	assert_true(fdt_path_offset(room.tree, "/reserved-memory/fsw-firmware@68000000") > 0);
	room_end(&room);
	free(tree);
}

/* One completion after another leaves nothing of the one before. */
static void test_again(void **state)
{
	unsigned char fenced[SECTIONS] = { 0 };
	void *tree = board(1, 1, 1);
	struct room room = room_of(tree, fdt_totalsize(tree), FSW_IMAGE_TREE_ROOM);
	struct fsw_tree what = plain();
	int chosen;

	(void)state;
	what.initrd = 0x67000000;
	what.initrd_size = 99;
	what.bootargs = "one";
	assert_int_equal(fsw_tree_complete(room.tree, room.size, &what), 0);
	what.initrd_size = 0;
	what.bootargs = NULL;
	what.ram_base = 0x80000000;
	what.carve_base = 0x80000000;
	assert_int_equal(fsw_tree_complete(room.tree, room.size, &what), 0);
	verify(room.tree, &what, fenced);
	chosen = fdt_path_offset(room.tree, "/chosen");
	assert_string_equal(fdt_getprop(room.tree, chosen, "bootargs", NULL), "one");
	assert_string_equal(fdt_getprop(room.tree, chosen, "stdout-path", NULL), "serial0");
	assert_true(fdt_path_offset(room.tree, "/reserved-memory/vram@4c000000") > 0);
	assert_true(fdt_path_offset(room.tree, "/cpus/cpu@0") > 0);
	assert_int_equal(fdt_num_mem_rsv(room.tree), 1);
	room_end(&room);
	free(tree);
}

static void cores(unsigned char *tree, uint32_t count, const char *first, const char *second)
{
	struct fsw_tree what = plain();
	const char *status;

	what.cores = count;
	assert_int_equal(fsw_tree_complete(tree, FSW_IMAGE_TREE_ROOM, &what), 0);
	status = fdt_getprop(tree, fdt_path_offset(tree, "/cpus/cpu@0"), "status", NULL);
	assert_string_equal(status ? status : "", first);
	status = fdt_getprop(tree, fdt_path_offset(tree, "/cpus/cpu@f01"), "status", NULL);
	assert_string_equal(status ? status : "", second);
	assert_null(fdt_getprop(tree, fdt_path_offset(tree, "/cpus/idle-states"), "status", NULL));
}

static void test_cores(void **state)
{
	void *tree = board(1, 1, 1);
	struct room room = room_of(tree, fdt_totalsize(tree), FSW_IMAGE_TREE_ROOM);

	(void)state;
	cores(room.tree, 0, "", "");
	cores(room.tree, 2, "", "");
	cores(room.tree, 1, "", "fail");
	cores(room.tree, 0, "", "fail");
	cores(room.tree, 1, "", "fail");
	cores(room.tree, 4, "", "");
	/* what the board itself switched off stays off */
	fdt_open_into(room.tree, room.tree, FSW_IMAGE_TREE_ROOM);
	DO(fdt_setprop_string(room.tree, fdt_path_offset(room.tree, "/cpus/cpu@f01"), "status", "disabled"));
	cores(room.tree, 4, "", "disabled");
	room_end(&room);
	free(tree);
}

/* ---- the map ---- */

static void set_entry(uint32_t section, uint32_t entry)
{
	area.cmm[section] = fsw__guard(entry, section);
}

static int setup(void **state)
{
	static const struct fsw_geometry geometry = {
		.base = RAM, .section_shift = 24, .sections = SECTIONS, .instances = 8, .page_size = 4096
	};
	uint32_t size = 0;

	(void)state;
	assert_int_equal(fsw_area_size(&geometry, &size), 0);
	memory = aligned_alloc(4096, size);
	assert_non_null(memory);
	assert_int_equal(fsw_format(memory, size, &geometry, &port), 0);
	assert_int_equal(fsw_open(&area, memory, size, &port), 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	free(memory);
	return 0;
}

static uint32_t draw(uint32_t *seed, uint32_t below)
{
	*seed = *seed * 1664525u + 1013904223u;
	return (*seed >> 8) % below;
}

static void test_fences(void **state)
{
	uint32_t seed = (uint32_t)time(NULL);
	void *tree = board(1, 1, 1);
	uint32_t round, i;

	(void)state;
	printf("seed %u\n", seed);
	for (round = 0; round < 400; round++) {
		unsigned char foreign[SECTIONS], fenced[SECTIONS];
		struct fsw_tree what = plain();
		/* from a few long runs to a new owner in each section */
		uint32_t steady = draw(&seed, 20), entry = 0, runs = 0, replay = seed;

		what.area = &area;
		what.instance = 1 + draw(&seed, 8);
		for (i = 0; i < SECTIONS; i++) {
			if (i == 0 || draw(&seed, steady + 1) == 0) {
				uint32_t owner = draw(&seed, 10);

				entry = (owner == 9 ? FSW_OWNER_SHARED : owner) |
					(draw(&seed, 2) && owner != 9 ? FSW_ENTRY_AVAILABLE : 0);
			}
			set_entry(i, entry);
			foreign[i] = (entry & FSW_ENTRY_OWNER) != what.instance && (entry & FSW_ENTRY_OWNER) != FSW_OWNER_SHARED;
			runs += foreign[i] && (i == 0 || !foreign[i - 1]);
		}
		if (completed(tree, &what, fenced) != runs || memcmp(foreign, fenced, SECTIONS) != 0)
			fail_msg("round %u, seed then %u: the fences are not the foreign sections of instance %u", round, replay,
				 what.instance);
	}
	free(tree);
}

static void test_map_bad(void **state)
{
	void *tree = board(1, 1, 1);
	struct fsw_tree what = plain();
	uint32_t i;

	(void)state;
	what.area = &area;
	what.instance = 1;
	for (i = 0; i < SECTIONS; i++)
		set_entry(i, i % 3);
	for (i = 0; i < SECTIONS; i++) {
		struct room room = room_of(tree, fdt_totalsize(tree), FSW_IMAGE_TREE_ROOM);

		area.cmm[i] ^= 1;
		assert_int_equal(fsw_tree_complete(room.tree, room.size, &what), -FSW_IMAGE_MAP_BAD);
		area.cmm[i] ^= 1;
		room_end(&room);
	}
	free(tree);
}

/* ---- what is refused ---- */

static void test_truncated(void **state)
{
	void *tree = board(1, 1, 1);
	struct fsw_tree what = plain();
	uint32_t size = fdt_totalsize(tree), cut;

	(void)state;
	for (cut = 0; cut < size; cut++) {
		/* of exactly as many bytes, with nothing behind them */
		unsigned char *copy = malloc(cut ? cut : 1);
		struct room room;

		assert_non_null(copy);
		memcpy(copy, tree, cut);
		assert_int_equal(fsw_tree_check(copy, cut), -FSW_IMAGE_TREE_BAD);
		assert_int_equal(fsw_tree_complete(copy, cut, &what), -FSW_IMAGE_TREE_BAD);
		/* and said to be no longer than that: the strings are last, and what is cut may not be needed */
		if (cut >= 8) {
			int error;

			fdt_set_totalsize(copy, cut);
			error = fsw_tree_check(copy, cut);
			assert_true(error == 0 || error == -FSW_IMAGE_TREE_BAD);
			assert_true(error != 0 || cut >= fdt_off_dt_strings(tree));
			room = room_of(copy, cut, cut);
			assert_true(fsw_tree_complete(room.tree, room.size, &what) != 0);
			room_end(&room);
		}
		free(copy);
	}
	free(tree);
}

/* Each byte of it wrong in several ways: refused or taken, nothing is touched outside, and what is taken is a whole tree. */
static void test_flipped(void **state)
{
	static const unsigned char flips[] = { 0x01, 0x80, 0xff, 0x03 };
	void *tree = board(1, 1, 1);
	struct fsw_tree what = plain();
	uint32_t size = fdt_totalsize(tree), at, i;

	(void)state;
	what.bootargs = "some";
	for (at = 0; at < size; at++) {
		for (i = 0; i < sizeof(flips); i++) {
			struct room room = room_of(tree, size, size + 300);
			unsigned char *exact = malloc(size);
			int checked, done;

			assert_non_null(exact);
			room.tree[at] ^= flips[i];
			memcpy(exact, room.tree, size);
			checked = fsw_tree_check(exact, size);
			assert_true(checked == 0 || checked == -FSW_IMAGE_TREE_BAD || checked == -FSW_IMAGE_TREE_LARGE);
			done = fsw_tree_complete(room.tree, room.size, &what);
			assert_true(done == 0 || done == -FSW_IMAGE_TREE_BAD || done == -FSW_IMAGE_TREE_LARGE);
			if (done == 0)
				assert_int_equal(fdt_check_full(room.tree, room.size), 0);
			room_end(&room);
			free(exact);
		}
	}
	free(tree);
}

/* In every room: it fits, or it says that it does not. */
static void test_rooms(void **state)
{
	void *tree = board(1, 1, 1);
	struct fsw_tree what = plain();
	uint32_t size = fdt_totalsize(tree), room_bytes, fitted = 0, i;

	(void)state;
	what.area = &area;
	what.instance = 1;
	what.bootargs = "console=ttyAMA0";
	for (i = 0; i < SECTIONS; i++)
		set_entry(i, 1 + i % 2);
	for (room_bytes = size; room_bytes < size + 4096; room_bytes++) {
		struct room room = room_of(tree, size, room_bytes);
		int error = fsw_tree_complete(room.tree, room.size, &what);

		assert_true(error == 0 || error == -FSW_IMAGE_TREE_LARGE);
		assert_true(!fitted || error == 0);
		fitted |= error == 0;
		room_end(&room);
	}
	assert_true(fitted);
	free(tree);
}

static void refused(void *tree, const struct fsw_tree *what, int expected)
{
	struct room room = room_of(tree, fdt_totalsize(tree), FSW_IMAGE_TREE_ROOM);

	assert_int_equal(fsw_tree_complete(room.tree, room.size, what), expected);
	room_end(&room);
}

static void test_refused(void **state)
{
	unsigned char zeros[64] __attribute__((aligned(8))) = { 0 };
	struct fsw_tree what = plain();
	uint32_t large = FSW_IMAGE_TREE_MAX + 8;
	void *tree, *copy;

	(void)state;
	assert_int_equal(fsw_tree_check(zeros, sizeof(zeros)), -FSW_IMAGE_TREE_BAD);
	/* numbers that its cells cannot hold */
	tree = board(1, 1, 1);
	what.ram_base = 1ull << 32;
	refused(tree, &what, -FSW_IMAGE_TREE_BAD);
	what = plain();
	what.carve_size = 1ull << 32;
	refused(tree, &what, -FSW_IMAGE_TREE_BAD);
	free(tree);
	/* cells that nobody has */
	what = plain();
	tree = board(3, 1, 0);
	refused(tree, &what, -FSW_IMAGE_TREE_BAD);
	free(tree);
	tree = board(1, 0, 0);
	refused(tree, &what, -FSW_IMAGE_TREE_BAD);
	free(tree);
	/* reserved memory in other cells than the root's */
	tree = board(1, 1, 1);
	DO(fdt_setprop_inplace_u32(tree, fdt_path_offset(tree, "/reserved-memory"), "#address-cells", 2));
	refused(tree, &what, -FSW_IMAGE_TREE_BAD);
	free(tree);
	/* too large to be handed in, though whole */
	tree = board(1, 1, 1);
	copy = calloc(1, large);
	assert_non_null(copy);
	DO(fdt_open_into(tree, copy, (int)large));
	assert_int_equal(fsw_tree_check(copy, large), -FSW_IMAGE_TREE_LARGE);
	fdt_set_totalsize(copy, FSW_IMAGE_TREE_MAX);
	assert_int_equal(fsw_tree_check(copy, large), 0);
	free(copy);
	free(tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_complete), cmocka_unit_test(test_again),	 cmocka_unit_test(test_cores),
		cmocka_unit_test(test_fences),	 cmocka_unit_test(test_map_bad), cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_flipped),	 cmocka_unit_test(test_rooms),	 cmocka_unit_test(test_refused),
		cmocka_unit_test(test_firmware),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
