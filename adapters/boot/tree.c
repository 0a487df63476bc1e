/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifdef __KERNEL__
#include <linux/libfdt.h>
#else
#include <libfdt.h>
#endif
#include "image.h"
#include "tree.h"

#define FENCE "fsw-fence@"
#define AREA "fsw@"
#define FIRMWARE "fsw-firmware@"
#define NAME_BYTES 32
#define FAILED "fail" /* a firmware that knows why says more */

/* libfdt's errors: no room, or the tree is not what it should be */
static int error_of(int error)
{
	if (error >= 0)
		return 0;
	return error == -FDT_ERR_NOSPACE ? -FSW_IMAGE_TREE_LARGE : -FSW_IMAGE_TREE_BAD;
}

/* Each tag and each name, so that later no one meets what they did not expect */
static int whole(const void *tree, uint32_t size, uint32_t most)
{
	int offset = 0, next = 0, depth = 0, error;
	uint32_t tag;

	if (size < FDT_V17_SIZE || fdt_check_header(tree) != 0)
		return -FSW_IMAGE_TREE_BAD;
	if (fdt_totalsize(tree) > size)
		return -FSW_IMAGE_TREE_BAD;
	if (fdt_totalsize(tree) > most)
		return -FSW_IMAGE_TREE_LARGE;
	if (fdt_num_mem_rsv(tree) < 0)
		return -FSW_IMAGE_TREE_BAD;
	do {
		offset = next;
		tag = fdt_next_tag(tree, offset, &next);
		if (next < 0)
			return -FSW_IMAGE_TREE_BAD;
		/* the root has no name */
		if (tag == FDT_BEGIN_NODE && depth++ == 0 && (!fdt_get_name(tree, offset, &error) || error != 0))
			return -FSW_IMAGE_TREE_BAD;
		if (tag == FDT_END_NODE && --depth < 0)
			return -FSW_IMAGE_TREE_BAD;
		if (tag == FDT_PROP) {
			const struct fdt_property *property = fdt_get_property_by_offset(tree, offset, &error);

			if (!property || depth == 0 || !fdt_get_string(tree, (int)fdt32_to_cpu(property->nameoff), NULL))
				return -FSW_IMAGE_TREE_BAD;
		}
	} while (tag != FDT_END);
	return depth != 0 || fdt_path_offset(tree, "/") != 0 ? -FSW_IMAGE_TREE_BAD : 0;
}

int fsw_tree_check(const void *tree, uint32_t size)
{
	return whole(tree, size, FSW_IMAGE_TREE_MAX);
}

/* Where the completion is: the first error stays, as an error of image.h. */
struct work {
	void *tree;
	int address_cells;
	int size_cells;
	int error;
};

static void note(struct work *work, int error)
{
	if (!work->error)
		work->error = error_of(error);
}

/* A property of numbers. Big-endian, the larger half first */
static uint32_t put(fdt32_t *to, int cells, uint64_t value)
{
	if (cells == 2)
		*to++ = cpu_to_fdt32((uint32_t)(value >> 32));
	*to = cpu_to_fdt32((uint32_t)value);
	return (uint32_t)cells;
}

static int fits(int cells, uint64_t value)
{
	return cells == 2 || value >> 32 == 0;
}

static void set_range(struct work *work, int node, uint64_t base, uint64_t size)
{
	fdt32_t cell[4];
	uint32_t cells;

	if (!fits(work->address_cells, base) || !fits(work->size_cells, size)) {
		note(work, -FDT_ERR_BADVALUE);
		return;
	}
	cells = put(cell, work->address_cells, base);
	cells += put(cell + cells, work->size_cells, size);
	note(work, fdt_setprop(work->tree, node, "reg", cell, (int)(cells * sizeof(*cell))));
}

static void set_address(struct work *work, int node, const char *name, uint64_t address)
{
	fdt32_t cell[2];
	uint32_t cells = put(cell, address >> 32 ? 2 : 1, address);

	note(work, fdt_setprop(work->tree, node, name, cell, (int)(cells * sizeof(*cell))));
}

static void set_string(struct work *work, int node, const char *name, const char *text)
{
	int length = 0;

	while (text[length])
		length++;
	note(work, fdt_setprop(work->tree, node, name, text, length + 1));
}

/* NAME@ADDRESS below a node; its offset, or the error of libfdt, which is noted */
static int add_at(struct work *work, int parent, const char *name, uint64_t address)
{
	char full[NAME_BYTES];
	uint32_t length = 0;
	int shift = 60, node;

	while (name[length]) {
		full[length] = name[length];
		length++;
	}
	while (shift > 0 && address >> shift == 0)
		shift -= 4;
	for (; shift >= 0; shift -= 4)
		full[length++] = "0123456789abcdef"[address >> shift & 15];
	full[length] = '\0';
	node = work->error ? -FDT_ERR_BADSTATE : fdt_add_subnode(work->tree, parent, full);
	note(work, node);
	return node;
}

/* A subnode of the root, made if there is none */
static int need(struct work *work, const char *name)
{
	int node = fdt_subnode_offset(work->tree, 0, name);

	if (node == -FDT_ERR_NOTFOUND)
		node = fdt_add_subnode(work->tree, 0, name);
	note(work, node);
	return node;
}

static int is_memory(const void *tree, int node)
{
	int length = 0;
	const char *type = fdt_getprop(tree, node, "device_type", &length);

	return type && length == 7 && memcmp(type, "memory", 7) == 0;
}

static int is_ours(const void *tree, int node)
{
	int length = 0;
	const char *name = fdt_get_name(tree, node, &length);

	return fdt_node_check_compatible(tree, node, FSW_TREE_COMPATIBLE) == 0 ||
	       (name && length >= (int)sizeof(FENCE) - 1 && memcmp(name, FENCE, sizeof(FENCE) - 1) == 0);
}

/* In a tree that has fences these cover it too. */
static int is_excluded(const void *tree, int node)
{
	return fdt_node_check_compatible(tree, node, FSW_TREE_EXCLUDED) == 0;
}

static void delete_all(struct work *work, int parent, int (*unwanted)(const void *tree, int node))
{
	int node = fdt_first_subnode(work->tree, parent);

	while (node >= 0 && !work->error) {
		if (unwanted(work->tree, node)) {
			note(work, fdt_del_node(work->tree, node));
			node = fdt_first_subnode(work->tree, parent);
		} else {
			node = fdt_next_subnode(work->tree, node);
		}
	}
}

static void chosen(struct work *work, const struct fsw_tree *what)
{
	int node = need(work, "chosen");

	if (node < 0)
		return;
	if (what->bootargs)
		set_string(work, node, "bootargs", what->bootargs);
	if (what->initrd_size) {
		set_address(work, node, "linux,initrd-start", what->initrd);
		set_address(work, node, "linux,initrd-end", what->initrd + what->initrd_size);
	} else {
		fdt_delprop(work->tree, node, "linux,initrd-start");
		fdt_delprop(work->tree, node, "linux,initrd-end");
	}
}

/* The first section from `from` that is foreign, or not foreign */
static uint32_t border(struct work *work, const struct fsw_tree *what, uint32_t from, int foreign)
{
	uint32_t entry = 0;

	for (; from < what->area->sections; from++) {
		uint32_t owner;

		if (fsw_cmm_get(what->area, from, &entry) != 0) {
			work->error = -FSW_IMAGE_MAP_BAD;
			break;
		}
		owner = entry & FSW_ENTRY_OWNER;
		if ((owner != what->instance && owner != FSW_OWNER_SHARED) == foreign)
			break;
	}
	return from;
}

static void fence(struct work *work, int parent, const struct fsw_tree *what)
{
	uint32_t end = 0;

	while (!work->error) {
		uint32_t first = border(work, what, end, 1);
		uint64_t base;
		int node;

		if (work->error || first == what->area->sections)
			break;
		end = border(work, what, first, 0);
		base = fsw_section_address(what->area, first);
		node = add_at(work, parent, FENCE, base);
		if (node >= 0)
			set_range(work, node, base, fsw_section_address(what->area, end) - base);
	}
}

static void exclude(struct work *work, int parent, const struct fsw_tree *what)
{
	uint32_t i;

	for (i = 0; i < what->excluded_count && !work->error; i++) {
		const struct fsw_range *range = &what->excluded[i];
		int node;

		if (range->base + range->size <= what->ram_base)
			continue;
		node = add_at(work, parent, FIRMWARE, range->base);
		if (node < 0)
			break;
		set_range(work, node, range->base, range->size);
		set_string(work, node, "compatible", FSW_TREE_EXCLUDED);
	}
}

static void reserved(struct work *work, const struct fsw_tree *what)
{
	int node = need(work, "reserved-memory");
	int area;

	if (node < 0)
		return;
	/* A kernel takes only one whose cells are those of the root. */
	if (fdt_getprop(work->tree, node, "#address-cells", NULL)) {
		if (fdt_address_cells(work->tree, node) != work->address_cells ||
		    fdt_size_cells(work->tree, node) != work->size_cells)
			note(work, -FDT_ERR_BADNCELLS);
	} else {
		note(work, fdt_setprop_u32(work->tree, node, "#address-cells", (uint32_t)work->address_cells));
		note(work, fdt_setprop_u32(work->tree, node, "#size-cells", (uint32_t)work->size_cells));
	}
	if (!fdt_getprop(work->tree, node, "ranges", NULL))
		note(work, fdt_setprop_empty(work->tree, node, "ranges"));
	delete_all(work, node, is_ours);
	if (what->area) {
		delete_all(work, node, is_excluded);
		fence(work, node, what);
	} else if (what->excluded_count) {
		delete_all(work, node, is_excluded);
		exclude(work, node, what);
	}
	area = add_at(work, node, AREA, what->carve_base);
	if (area < 0)
		return;
	note(work, fdt_setprop_empty(work->tree, area, "no-map"));
	note(work, fdt_setprop_empty(work->tree, area, FSW_TREE_PREPARED));
	if (what->closed)
		set_string(work, area, FSW_TREE_CLOSED, what->closed);
	set_range(work, area, what->carve_base, what->carve_size);
	set_string(work, area, "compatible", FSW_TREE_COMPATIBLE);
}

/* A kernel waits long for a core that is not there. */
static void cpus(struct work *work, const struct fsw_tree *what)
{
	int parent = fdt_subnode_offset(work->tree, 0, "cpus");
	int node;

	if (parent < 0 || what->cores == 0)
		return;
	for (node = fdt_first_subnode(work->tree, parent); node >= 0 && !work->error; node = fdt_next_subnode(work->tree, node)) {
		int length = 0, said = 0;
		const fdt32_t *reg = fdt_getprop(work->tree, node, "reg", &length);
		const char *status = fdt_getprop(work->tree, node, "status", &said);

		/* the last cell ends with the number of the core */
		if (!reg || length < 4)
			continue;
		if ((fdt32_ld(reg + length / 4 - 1) & 0xff) >= what->cores)
			set_string(work, node, "status", FAILED);
		else if (status && said == (int)sizeof(FAILED) && memcmp(status, FAILED, sizeof(FAILED)) == 0)
			note(work, fdt_delprop(work->tree, node, "status"));
	}
}

static void memory(struct work *work, const struct fsw_tree *what)
{
	int node;

	delete_all(work, 0, is_memory);
	node = add_at(work, 0, "memory@", what->ram_base);
	if (node < 0)
		return;
	set_range(work, node, what->ram_base, what->ram_size);
	set_string(work, node, "device_type", "memory");
}

int fsw_tree_complete(void *tree, uint32_t room, const struct fsw_tree *what)
{
	struct work work = { tree, 0, 0, 0 };

	work.error = whole(tree, room, room);
	if (work.error)
		return work.error;
	note(&work, fdt_open_into(tree, tree, (int)room));
	if (work.error)
		return work.error;
	work.address_cells = fdt_address_cells(tree, 0);
	work.size_cells = fdt_size_cells(tree, 0);
	if (work.address_cells < 1 || work.address_cells > 2 || work.size_cells < 1 || work.size_cells > 2)
		return -FSW_IMAGE_TREE_BAD;
	/* In this order, and each made anew, so that what is completed again is the same again */
	chosen(&work, what);
	reserved(&work, what);
	cpus(&work, what);
	memory(&work, what);
	note(&work, fdt_pack(tree));
	return work.error;
}
