/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The program that the head of the compressed kernel starts when a firmware that can not be changed
 * has started the kernel: as the bootloader, it goes on with whom the area names, and if that is
 * nobody, it makes the area and lets this kernel be the master. What the firmware writes at each
 * reset is nobody's from then on: the master's device tree and initrd move away from there.
 */
#include <libfdt.h>

#include "boot/image.h"
#include "boot/probe.h"
#include "boot/tree.h"
#include "bootloader.h"

#define PAGE 4096u
#define ALIGNMENT 0x10000u
#define KERNEL_BYTES (32u << 20) /* from its base on it unpacks and works there */
#define RANGES_MAX 64		 /* all that a probe can find, and what the firmware loaded */
#define CELLS_MAX 2
#define RECORD (BOARD_CARVE + BOARD_CARVE_BYTES - FSW_PROBE_PAGE)

/* program.S */
uint32_t program(uint32_t tree, uint32_t start, uint32_t loaded, uint32_t end);
__attribute__((noreturn)) void program_return(uint32_t tree);

const char boot_name[] = "head of the kernel";
const char boot_limit[] = "";
const char boot_source[] = "what the firmware loaded";

/* What the firmware gave us */
static struct {
	uint32_t tree;
	uint32_t start, loaded, end; /* the kernel's image, all of it up to `loaded` by the firmware */
	uint32_t initrd, initrd_end;
} given;

/* What it overwrites: ascending, apart from each other */
static struct fsw_range range[RANGES_MAX];
static uint32_t ranges;

/* Memory that the tree reserves for others: nothing is put there. */
static struct fsw_range kept[RANGES_MAX];
static uint32_t keeps;

/* The tree while it is completed. Never cleared: all of it is written before it is read. */
static __attribute__((section(".keep"), aligned(8))) unsigned char tree[FSW_IMAGE_TREE_ROOM];

static int exclude(uint64_t base, uint64_t end)
{
	uint32_t i, first, last;

	base &= ~(uint64_t)(PAGE - 1);
	end = (end + PAGE - 1) & ~(uint64_t)(PAGE - 1);
	if (base >= end)
		return 0;
	for (first = 0; first < ranges && range[first].base + range[first].size < base; first++)
		;
	for (last = first; last < ranges && range[last].base <= end; last++) {
		if (range[last].base < base)
			base = range[last].base;
		if (range[last].base + range[last].size > end)
			end = range[last].base + range[last].size;
	}
	/* [first, last) become one */
	if (first == last) {
		if (ranges == RANGES_MAX)
			return -FSW_IMAGE_TREE_LARGE;
		for (i = ranges++; i > first; i--)
			range[i] = range[i - 1];
	} else {
		for (i = last; i < ranges; i++)
			range[first + 1 + i - last] = range[i];
		ranges -= last - first - 1;
	}
	range[first].base = base;
	range[first].size = end - base;
	return 0;
}

/* Where what lies over [start, end) ends; 0: nothing does. */
static uint64_t covered(uint64_t start, uint64_t end)
{
	uint32_t i;

	for (i = 0; i < ranges + keeps; i++) {
		const struct fsw_range *one = i < ranges ? &range[i] : &kept[i - ranges];

		if (one->base < end && one->base + one->size > start)
			return one->base + one->size;
	}
	return 0;
}

static uint64_t cells(const fdt32_t *cell, int count)
{
	uint64_t value = 0;

	while (count-- > 0)
		value = value << 32 | fdt32_to_cpu(*cell++);
	return value;
}

/* The first range of a child of /reserved-memory. Returns 0: it has none that can be read */
static int range_of(int node, uint64_t *base, uint64_t *size)
{
	int parent = fdt_parent_offset(tree, node);
	int address_cells = fdt_address_cells(tree, parent);
	int size_cells = fdt_size_cells(tree, parent);
	int length;
	const fdt32_t *reg = fdt_getprop(tree, node, "reg", &length);

	if (!reg || address_cells < 1 || address_cells > CELLS_MAX || size_cells < 1 || size_cells > CELLS_MAX ||
	    length < (address_cells + size_cells) * 4)
		return 0;
	*base = cells(reg, address_cells);
	*size = cells(reg + address_cells, size_cells);
	return 1;
}

static uint32_t chosen_address(const char *name)
{
	int length;
	const fdt32_t *value = fdt_getprop(tree, fdt_path_offset(tree, "/chosen"), name, &length);

	if (!value || (length != 4 && length != 8))
		return 0;
	return (uint32_t)cells(value, length / 4);
}

/* What the firmware loaded and what the tree says of it. Returns whether the tree had ranges. */
static int find_ranges(int *error)
{
	uint64_t base, size;
	int known = 0;
	int node = -1;

	*error = exclude(given.start, given.end);
	if (!*error)
		*error = exclude(given.tree, given.tree + fdt_totalsize(tree));
	given.initrd = chosen_address("linux,initrd-start");
	given.initrd_end = chosen_address("linux,initrd-end");
	if (given.initrd_end <= given.initrd)
		given.initrd = given.initrd_end = 0;
	if (!*error)
		*error = exclude(given.initrd, given.initrd_end);
	while (!*error) {
		node = fdt_node_offset_by_compatible(tree, node, FSW_TREE_EXCLUDED);
		if (node < 0)
			break;
		if (!range_of(node, &base, &size))
			continue;
		known = 1;
		*error = exclude(base, base + size);
	}
	return known;
}

static int keep(uint64_t base, uint64_t size)
{
	if (keeps == RANGES_MAX)
		return -FSW_IMAGE_TREE_LARGE;
	kept[keeps].base = base;
	kept[keeps++].size = size;
	return 0;
}

/* All that the tree reserves, whatever for */
static int find_kept(void)
{
	uint64_t base, size;
	int error = 0;
	int node, i;

	keeps = 0;
	for (i = 0; !error && i < fdt_num_mem_rsv(tree); i++) {
		if (fdt_get_mem_rsv(tree, i, &base, &size) == 0)
			error = keep(base, size);
	}
	node = fdt_first_subnode(tree, fdt_path_offset(tree, "/reserved-memory"));
	for (; !error && node >= 0; node = fdt_next_subnode(tree, node)) {
		if (range_of(node, &base, &size))
			error = keep(base, size);
	}
	return error;
}

/*
 * Where the kernel's memory begins: at the start of the 128 MiB that its image is in (AUTO_ZRELADDR), or behind what is there of the
 * firmware's or is kept.
 */
static uint32_t find_base(void)
{
	uint32_t base = given.start & ~(FSW_IMAGE_BASE_ALIGN - 1u);

	if (base < BOARD_RAM)
		base = BOARD_RAM;
	while (base < BOARD_CARVE && covered(base, (uint64_t)base + KERNEL_BYTES))
		base += 1u << BOARD_SECTION_SHIFT;
	return base;
}

/* The lowest place that is neither the firmware's nor the kernel's own; 0: there is none */
static uint32_t find_place(uint32_t base, uint32_t bytes)
{
	uint64_t at = (uint64_t)base + KERNEL_BYTES;
	uint64_t end;

	for (;;) {
		if (at + bytes > BOARD_CARVE)
			return 0;
		end = covered(at, at + bytes);
		if (!end)
			return (uint32_t)at;
		at = (end + ALIGNMENT - 1) & ~(uint64_t)(ALIGNMENT - 1);
	}
}

static uint32_t refuse(const char *why)
{
	say("fsw: device tree: %s. No area was made: this kernel boots alone\n", why);
	return 0;
}

/* The master's cold start: the tree that it boots with; 0: it can not be one, and why was said. */
static uint32_t cold(void)
{
	struct fsw_tree what;
	uint64_t base, size;
	uint32_t bytes, initrd;
	const struct fsw_probe *probe;
	uint32_t i;
	int error, known, node;

	error = fsw_tree_check((const void *)given.tree, FSW_IMAGE_TREE_MAX);
	if (error)
		return refuse(fsw_image_text(error));
	memcpy(tree, (const void *)given.tree, fdt_totalsize((const void *)given.tree));
	node = fdt_node_offset_by_compatible(tree, -1, FSW_TREE_COMPATIBLE);
	if (node < 0 || !range_of(node, &base, &size) || base != BOARD_CARVE || size != BOARD_CARVE_BYTES) {
		say("fsw: device tree: this kernel has its area at 0x%08x, %u MiB; there is no such node fsw,area. It boots alone\n",
		    BOARD_CARVE, BOARD_CARVE_BYTES >> 20);
		return 0;
	}
	if (!memory_there())
		return 0;
	ranges = 0;
	known = find_ranges(&error);
	probe = (const struct fsw_probe *)(RECORD);
	if (fsw_probe_good(probe, FSW_PROBE_DONE))
		for (i = 0; i < probe->count && !error; i++)
			error = exclude(probe->range[i].base, probe->range[i].base + probe->range[i].size);
	else
		probe = NULL;
	if (!error)
		error = find_kept();
	if (error)
		return refuse("more ranges that are reserved, or that the firmware overwrites, than there is room for");
	memset(&what, 0, sizeof(what));
	what.ram_base = find_base();
	what.ram_size = BOARD_RAM + (uint64_t)BOARD_RAM_BYTES - what.ram_base;
	what.carve_base = BOARD_CARVE;
	what.carve_size = BOARD_CARVE_BYTES;
	what.cores = cores_count();
	what.excluded = range;
	what.excluded_count = ranges;
	what.closed = probe ? FSW_TREE_CLOSED_PROBED : known ? FSW_TREE_CLOSED_GIVEN : FSW_TREE_CLOSED_UNKNOWN;
	what.initrd_size = given.initrd_end - given.initrd;
	bytes = ((uint32_t)what.initrd_size + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
	initrd = find_place((uint32_t)what.ram_base, bytes + FSW_IMAGE_TREE_ROOM);
	if (!initrd)
		return refuse("no room for the initrd where the firmware does not overwrite it");
	what.initrd = what.initrd_size ? initrd : 0;
	error = fsw_tree_complete(tree, FSW_IMAGE_TREE_ROOM, &what);
	if (error)
		return refuse(fsw_image_text(error));
	/* All that can be wrong was looked for. */
	if (area_make())
		return 0;
	memcpy((void *)initrd, (const void *)given.initrd, what.initrd_size);
	memcpy((void *)(initrd + bytes), tree, FSW_IMAGE_TREE_ROOM);
	say("fsw: start instance 1: memory from 0x%08llx, initrd 0x%08llx (%u bytes), device tree 0x%08x\n", what.ram_base,
	    what.initrd, (uint32_t)what.initrd_size, initrd + bytes);
	console_flush();
	return initrd + bytes;
}

/* The kernel's division calls it; nothing here divides by what can be 0. */
void __div0(void);
void __div0(void)
{
	boot_reset();
}

int boot_has(uint32_t id)
{
	if (id == FSW_MASTER)
		return 1;
	say("Error: the firmware loads no instance %u\nIt loads: 1\n", id);
	return 0;
}

void boot_cold(uint32_t id)
{
	uint32_t at = cold();

	(void)id;
	if (at)
		program_return(at);
}

static int page_changed(uint32_t page)
{
	const uint32_t *word = (const uint32_t *)page;
	uint32_t expected = page + FSW_PROBE_PATTERN;
	uint32_t differ = 0;
	uint32_t i;

	for (i = 0; i < FSW_PROBE_PAGE / 4; i += 4, expected += 16) {
		differ |= word[i] ^ expected;
		differ |= word[i + 1] ^ (expected + 4);
		differ |= word[i + 2] ^ (expected + 8);
		differ |= word[i + 3] ^ (expected + 12);
	}
	return differ != 0;
}

/* All memory was filled, and the board reset: what is there now that was not filled in? */
static int probed(void)
{
	struct fsw_probe *probe = (struct fsw_probe *)(RECORD);
	uint32_t i, page;

	if (!fsw_probe_good(probe, FSW_PROBE_FILLED))
		return 0;
	say("fsw: probe: looking for what the firmware overwrites at a reset\n");
	for (i = 0; i < 2; i++) {
		uint64_t end = probe->filled[i].base + probe->filled[i].size;

		for (page = (uint32_t)probe->filled[i].base; page < end; page += PAGE) {
			/* behind what was loaded of the kernel is what its head writes */
			if (page >= ((given.loaded + PAGE - 1) & ~(PAGE - 1)) && page < given.end)
				continue;
			if (page_changed(page))
				fsw_probe_add(probe, page, PAGE);
		}
	}
	probe->state = FSW_PROBE_DONE;
	fsw_probe_seal(probe);
	for (i = 0; i < probe->count; i++)
		say("fsw: probe: 0x%08llx, 0x%llx bytes\n", probe->range[i].base, probe->range[i].size);
	return 1;
}

/* Who loaded this kernel as another instance may not know that its tree should say so. */
static int is_guest(uint32_t start)
{
	struct fsw_instance instance;
	struct fsw_status status;
	struct fsw_area area;

	return fsw_open(&area, AREA, BOARD_CARVE_BYTES, &port) == 0 && fsw_status(&area, &status) == 0 &&
	       status.phase == FSW_PHASE_HANDED && status.operation->mode == FSW_MODE_BOOT &&
	       fsw_instance_get(&area, status.running, &instance) == 0 && instance.load && instance.load->entry == start;
}

uint32_t program(uint32_t tree_at, uint32_t start, uint32_t loaded, uint32_t end)
{
	uint32_t at;

	if (is_guest(start))
		return tree_at;

	given.tree = tree_at;
	given.start = start;
	given.loaded = loaded;
	given.end = end;
	console_start();
	say("\nfsw: %s, %s on " BOARD_NAME "\n", boot_name, FSW_VERSION_STRING);
	/* who fills all memory has seen to it that nobody sleeps there */
	if (!probed() && boot_resume(0) != STANDING_COLD)
		prompt();
	at = cold();
	if (at)
		return at;
	/* An area in which nobody is left is not this kernel's. */
	*(volatile uint32_t *)BOARD_CARVE = 0;
	return tree_at;
}
