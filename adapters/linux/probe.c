// SPDX-License-Identifier: GPL-2.0-only
/*
 * Find out what a closed firmware overwrites at a reset: go down as for a switch, fill all memory
 * that is not shared, reset. The head of the kernel compares (adapters/head/cold.c).
 */
#define pr_fmt(fmt) "fsw: " fmt

#include <linux/io.h>
#include <linux/of.h>
#include <linux/of_address.h>

#include "adapter.h"
#include "boot/probe.h"
#include "boot/tree.h"

/* The last two pages of the shared sections: code that fills, the record */
static phys_addr_t record_at(void)
{
	return fsw.carve + fsw.carve_size - FSW_PROBE_PAGE;
}

static struct fsw_probe *record_map(void)
{
	return (void __force *)ioremap_wc(record_at(), FSW_PROBE_PAGE);
}

/* All memory but the shared sections: below them, above them */
static void what_to_fill(struct fsw_range *range)
{
	u64 base = fsw.area.header->geometry.base;
	u64 end = fsw_section_address(&fsw.area, fsw.area.sections);

	range[0].base = base;
	range[0].size = fsw.carve - base;
	range[1].base = fsw.carve + fsw.carve_size;
	range[1].size = end - range[1].base;
}

/**
 * fsw_probe_leave - the last step of the suspend, interrupts off, one core: does not return
 */
void fsw_probe_leave(void)
{
	struct fsw_probe *record = fsw.probe;

	memset(record, 0, FSW_PROBE_PAGE);
	record->state = FSW_PROBE_FILLED;
	what_to_fill(record->filled);
	fsw_probe_seal(record);
	/* a write-combining mapping: all of it is there before the board goes on */
	wmb();
	fsw.board->fill(record_at() - FSW_PROBE_PAGE, (void *)record - FSW_PROBE_PAGE,
			record->filled, record_at(), FSW_PROBE_MAGIC);
}

/* Anybody else would lose all memory. */
static int alone(struct fsw_ioc_result *result)
{
	struct fsw_instance instance;
	struct fsw_status status;
	u32 id;
	int error = fsw_status(&fsw.area, &status);

	if (error)
		return fsw_report_error(result, error);
	if (status.phase != FSW_PHASE_IDLE)
		return fsw_report_error(result, FSW_ERR(BUSY));
	for (id = 1; id <= fsw.area.instances; id++) {
		error = fsw_instance_get(&fsw.area, id, &instance);
		if (error)
			return fsw_report_error(result, error);
		if (id != fsw.self &&
		    (instance.state == FSW_STATE_SLEEPING || instance.state == FSW_STATE_LOADED))
			return fsw_refuse(result, -EBUSY, "instance %u is '%s', and would be lost",
					  id, fsw_state_name(instance.state));
	}
	return 0;
}

/* What the tree keeps for others than Linux would be filled too. */
static int kept_by_others(struct fsw_ioc_result *result)
{
	struct device_node *parent = of_find_node_by_path("/reserved-memory");
	u64 base = fsw.area.header->geometry.base;
	u64 end = fsw_section_address(&fsw.area, fsw.area.sections);
	struct device_node *node;
	struct resource resource;
	int error = 0;

	for_each_child_of_node(parent, node) {
		if (error || of_device_is_compatible(node, FSW_TREE_COMPATIBLE) ||
		    of_device_is_compatible(node, FSW_TREE_EXCLUDED) ||
		    of_address_to_resource(node, 0, &resource))
			continue;
		if (resource.start < end && resource.end >= base)
			error = fsw_refuse(result, -EBUSY,
					   "memory is reserved, and would be lost: %pOF", node);
	}
	of_node_put(parent);
	return error;
}

static int begin(struct fsw_ioc_firmware *request)
{
	struct fsw_ioc_result *result = &request->result;
	struct fsw_ioc_switch down = { .flags = FSW_SWITCH_REHEARSE };
	void *pages;
	int error;

	if (fsw.self != FSW_MASTER)
		return fsw_refuse(result, -EPERM,
				  "only instance 1 can probe: the firmware starts it");
	if (fsw.firmware == FSW_FIRMWARE_OWN || !fsw.board->fill)
		return fsw_refuse(result, -EOPNOTSUPP,
				  "no closed firmware starts this kernel: nothing is overwritten");
	error = alone(result);
	if (!error)
		error = kept_by_others(result);
	if (error || request->flags & FSW_FIRMWARE_DRY_RUN)
		return error;
	pages = (void __force *)ioremap_wc(record_at() - FSW_PROBE_PAGE, 2 * FSW_PROBE_PAGE);
	if (!pages)
		return -ENOMEM;
	fsw.probe = pages + FSW_PROBE_PAGE;
	error = fsw_request_switch(&down);
	fsw.probe = NULL;
	iounmap((void __iomem *)pages);
	*result = down.result;
	return error;
}

/* Of the record, or of the device tree */
static u32 ranges_of(struct fsw_ioc_range *to, u32 room)
{
	struct fsw_probe *record = fsw.firmware == FSW_FIRMWARE_PROBED ? record_map() : NULL;
	struct device_node *node;
	struct resource resource;
	u32 count = 0;

	if (record && fsw_probe_good(record, FSW_PROBE_DONE)) {
		for (; count < record->count; count++) {
			if (count < room) {
				to[count].base = record->range[count].base;
				to[count].size = record->range[count].size;
			}
		}
	} else {
		for_each_compatible_node(node, NULL, FSW_TREE_EXCLUDED) {
			if (of_address_to_resource(node, 0, &resource))
				continue;
			if (count < room) {
				to[count].base = resource.start;
				to[count].size = resource_size(&resource);
			}
			count++;
		}
	}
	if (record)
		iounmap((void __iomem *)record);
	return count;
}

/**
 * fsw_request_firmware - FSW_IOC_FIRMWARE
 * @request: what is asked; its result, firmware and count are filled
 * @ranges: room for so many as @request has in its count
 *
 * Return: 0, or a negative errno.
 */
int fsw_request_firmware(struct fsw_ioc_firmware *request, struct fsw_ioc_range *ranges)
{
	if (request->flags & ~(FSW_FIRMWARE_PROBE | FSW_FIRMWARE_DRY_RUN))
		return fsw_refuse(&request->result, -EINVAL, "unknown flags 0x%x", request->flags);
	request->firmware = fsw.firmware;
	request->count = ranges_of(ranges, request->count);
	return request->flags & FSW_FIRMWARE_PROBE ? begin(request) : 0;
}

/**
 * fsw_firmware_known - may another instance be booted?
 * @result: takes the reason if not
 *
 * Not before it is known what a closed firmware overwrites: it could be the other's memory.
 */
int fsw_firmware_known(struct fsw_ioc_result *result)
{
	if (fsw.firmware != FSW_FIRMWARE_UNKNOWN)
		return 0;
	return fsw_refuse(result, -EPERM,
			  "it is not known what the closed firmware overwrites at a reset");
}
