// SPDX-License-Identifier: GPL-2.0-only
/* The area: find it, open it, learn who we are. */
#define pr_fmt(fmt) "fsw: " fmt

#include <linux/io.h>
#include <linux/memblock.h>
#include <linux/mmzone.h>
#include <linux/of.h>
#include <linux/of_address.h>
#include <linux/sort.h>

#include "adapter.h"
#include "boot/tree.h"
#include "trace.h"

struct fsw_adapter fsw = {
	.lock = __MUTEX_INITIALIZER(fsw.lock),
};

static void traced(void *context, enum fsw_event event, uint32_t a, uint32_t b)
{
	if (event == FSW_EVENT_SWITCH)
		trace_fsw_owner(a, b);
	else
		trace_fsw_state(a, b & 0xff, b >> 8);
}

/* The mapping is uncached: a barrier makes a store final, as libfsw does without persist(). */
static const struct fsw_port port = {
	.trace = traced,
};

/**
 * fsw_report_error - turn an error of libfsw into an errno
 * @result: takes the error and where it was found
 * @error: 0, positive, or negative of enum fsw_error
 */
int fsw_report_error(struct fsw_ioc_result *result, int error)
{
	if (error >= 0)
		return 0;
	result->error = error;
	result->index = fsw.area.fault.error == error ? fsw.area.fault.index : 0;
	switch (-error) {
	case FSW_ERROR_ARGUMENT:
	case FSW_ERROR_ALIGNMENT:
	case FSW_ERROR_SELF:
	case FSW_ERROR_MASTER:
		return -EINVAL;
	case FSW_ERROR_BUSY:
	case FSW_ERROR_IN_USE:
		return -EBUSY;
	case FSW_ERROR_EMPTY:
		return -ENOENT;
	case FSW_ERROR_STATE:
	case FSW_ERROR_NOBODY:
		return -ESRCH;
	case FSW_ERROR_CONTIGUOUS:
	case FSW_ERROR_NOT_ENOUGH:
	case FSW_ERROR_OUTSIDE:
	case FSW_ERROR_BELOW_BASE:
		return -ENOMEM;
	case FSW_ERROR_NOT_RUNNING:
	case FSW_ERROR_NOT_READY:
		return -ENODEV;
	default:
		return -EIO;
	}
}

/**
 * fsw_refuse - refuse for a reason of the adapter's own
 * @result: takes the reason
 * @errno_: negative errno, returned
 * @format: one line for a person
 */
int fsw_refuse(struct fsw_ioc_result *result, int errno_, const char *format, ...)
{
	char line[sizeof(result->what)]; /* what was said before may be among the arguments */
	va_list arguments;

	va_start(arguments, format);
	vscnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	strscpy(result->what, line, sizeof(result->what));
	return errno_;
}

/**
 * fsw_sections_matching - how many sections look so
 * @match: what they must look like
 */
u32 fsw_sections_matching(struct fsw_match match)
{
	struct fsw_area look = fsw.area; /* its fault is the reader's own */
	struct fsw_run run = { 0, 0 };
	u32 count = 0;

	while (fsw_cmm_run(&look, match, run.first + run.count, &run) == 1)
		count += run.count;
	return count;
}

#define EXCLUDED_MAX 64

static int __init by_base(const void *one, const void *other)
{
	u64 a = ((const struct fsw_range *)one)->base;
	u64 b = ((const struct fsw_range *)other)->base;

	return a < b ? -1 : a > b;
}

/*
 * What the firmware overwrites at a reset: reserved memory that the device tree calls so. One that
 * can not be read is not passed over: somebody's memory would be lost with it.
 */
static int __init find_excluded(struct fsw_range *range, u32 *found)
{
	struct device_node *node;
	struct resource resource;
	u32 count = 0;

	for_each_compatible_node(node, NULL, "fsw,excluded") {
		if (of_address_to_resource(node, 0, &resource) || count == EXCLUDED_MAX) {
			pr_err("%pOF: no reg, or more than %u such nodes\n", node, EXCLUDED_MAX);
			of_node_put(node);
			return FSW_ERR(RANGES);
		}
		range[count].base = resource.start;
		range[count++].size = resource_size(&resource);
	}
	sort(range, count, sizeof(*range), by_base, NULL);
	*found = count;
	return 0;
}

/* The master says which memory there is; nobody else knows. */
static int __init become_master(void)
{
	static struct fsw_range ram[16] __initdata;
	const struct zone *zone = &NODE_DATA(0)->node_zones[ZONE_MOVABLE];
	struct fsw_range movable = {
		.base = PFN_PHYS((u64)zone->zone_start_pfn),
		.size = PFN_PHYS((u64)zone->spanned_pages),
	};
	static struct fsw_range excluded[EXCLUDED_MAX] __initdata;
	struct fsw_range shared = { .base = fsw.carve, .size = fsw.carve_size };
	struct fsw_memory memory = {
		.ram = { ram, 0 },
		.movable = { &movable, movable.size ? 1 : 0 },
		.shared = { &shared, 1 },
		.excluded = { excluded, 0 },
	};
	struct fsw_load load = { .base = PHYS_OFFSET };
	phys_addr_t start, end;
	int error = find_excluded(excluded, &memory.excluded.count);
	u64 i;

	if (error)
		return error;
	for_each_mem_range(i, &start, &end) {
		struct fsw_range *last = ram + memory.ram.count - 1;

		if (memory.ram.count && last->base + last->size == start) {
			last->size += end - start;
		} else if (memory.ram.count < ARRAY_SIZE(ram)) {
			ram[memory.ram.count].base = start;
			ram[memory.ram.count++].size = end - start;
		}
	}
	load.entry = load.base;
	strscpy(load.name, "master", sizeof(load.name));
	return fsw_master(&fsw.area, &load, &memory);
}

static int __init no_place(int error)
{
	pr_err("instance %u can not take its place: %s\n", fsw.self, fsw_error_text(error));
	fsw.self = 0;
	return -EINVAL;
}

/**
 * fsw_area_open - open the area and learn who we are
 *
 * Return: 0, or a negative errno after saying why.
 */
int __init fsw_area_open(void)
{
	struct fsw_status status;
	int error = fsw_open(&fsw.area, fsw.memory, fsw.carve_size, &port);

	if (!error)
		error = fsw_status(&fsw.area, &status);
	if (error) {
		pr_err("no usable area at %pa: %s (at %u): this kernel can not switch\n", &fsw.at,
		       fsw_error_text(error), fsw.area.fault.index);
		return -EINVAL;
	}
	fsw.self = status.running;
	if (status.phase == FSW_PHASE_BLANK) {
		error = become_master();
		fsw.self = FSW_MASTER;
	}
	return error ? no_place(error) : 0;
}

/**
 * fsw_area_join - take our place
 *
 * Return: 0, or a negative errno after saying why.
 */
int __init fsw_area_join(void)
{
	int error = fsw_memory_check();

	/* only now: until then a reset brings back whoever booted us */
	if (!error)
		error = fsw_acknowledge(&fsw.area, fsw.self, &fsw.outcome);
	if (!error)
		error = fsw_memory_keep();
	return error ? no_place(error) : 0;
}

/* By the tree: Linux itself forgets memory beyond what it maps. */
static bool __init is_memory(const struct resource *range)
{
	struct device_node *node;
	struct resource memory;
	int i;

	for_each_node_by_type(node, "memory") {
		for (i = 0; !of_address_to_resource(node, i, &memory); i++) {
			if (memory.start <= range->start && memory.end >= range->end) {
				of_node_put(node);
				return true;
			}
		}
	}
	return false;
}

/* Does a closed firmware start the master after each reset, and is it known what it overwrites? */
static u32 __init firmware_of(const struct device_node *node)
{
	static const char *const words[] = {
		[FSW_FIRMWARE_UNKNOWN] = FSW_TREE_CLOSED_UNKNOWN,
		[FSW_FIRMWARE_GIVEN] = FSW_TREE_CLOSED_GIVEN,
		[FSW_FIRMWARE_PROBED] = FSW_TREE_CLOSED_PROBED,
	};
	const char *word;
	u32 i;

	if (of_property_read_string(node, FSW_TREE_CLOSED, &word))
		return FSW_FIRMWARE_OWN;
	for (i = FSW_FIRMWARE_UNKNOWN + 1; i < ARRAY_SIZE(words); i++)
		if (!strcmp(word, words[i]))
			return i;
	return FSW_FIRMWARE_UNKNOWN;
}

/**
 * fsw_area_map - find the area in the device tree and map it
 *
 * Return: 0, -ENODEV if there is none, or another negative errno after saying why.
 */
int __init fsw_area_map(void)
{
	struct device_node *node = of_find_compatible_node(NULL, NULL, "fsw,area");
	struct resource resource;
	int error;

	if (!node)
		return -ENODEV;
	error = of_address_to_resource(node, 0, &resource);
	fsw.firmware = firmware_of(node);
	of_node_put(node);
	if (error) {
		pr_err("node fsw,area has no reg: this kernel can not switch\n");
		return error;
	}
	/* a board with less memory than its tree was written for */
	if (!is_memory(&resource)) {
		pr_err("there is no memory at %pR, where the area would be: this kernel can not switch\n",
		       &resource);
		return -ENOMEM;
	}
	fsw.at = resource.start;
	fsw.carve = resource.start;
	fsw.carve_size = resource_size(&resource);
	/* of a size that the header tells, which has to be mapped first */
	fsw.memory = (void __force *)ioremap_wc(fsw.at, PAGE_SIZE);
	if (fsw.memory) {
		const struct fsw_header *header = fsw.memory;
		u32 size = header->magic == FSW_AREA_MAGIC ? header->size : PAGE_SIZE;

		if (size > fsw.carve_size)
			size = fsw.carve_size;
		iounmap((void __iomem *)fsw.memory);
		fsw.memory = (void __force *)ioremap_wc(fsw.at, PAGE_ALIGN(size));
	}
	if (!fsw.memory) {
		pr_err("area at %pa can not be mapped\n", &fsw.at);
		return -ENOMEM;
	}
	return 0;
}
