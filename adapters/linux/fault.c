// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults on purpose, for tests: module parameters under /sys/module/fsw/parameters.
 *   refuse  "devices": our own device refuses to suspend; "late": so at the late step;
 *           "core": the last step refuses; "again": our device refuses to suspend late once a
 *           claim round was here; "again-once": so the first time only
 *   pin     physical address: the page there is taken and held, so that its section does not go
 *           off-line; 0 lets it go
 *   bare    "alloc ADDRESS SECTIONS": Linux's own alloc_contig_range() over that memory, given back
 *           at once; "online ADDRESS SECTIONS": clear_highpage() and free_reserved_page() for each
 *           page of it. Reads as how long that took: "TICKS HZ"
 *   late    "CORE MS": each time that this core is to go to the pen, it takes so long; "": none
 *   spoil   1: what the next hand-over needs is damaged after it was armed
 */
#define pr_fmt(fmt) "fsw: " fmt
#undef KBUILD_MODNAME
#define KBUILD_MODNAME "fsw"

#include <linux/gfp.h>
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/platform_device.h>
#include <linux/pm.h>

#include "adapter.h"

#undef MODULE_PARAM_PREFIX
#define MODULE_PARAM_PREFIX "fsw."

static char refuse[16];
module_param_string(refuse, refuse, sizeof(refuse), 0600);

static bool spoil;
module_param(spoil, bool, 0600);

static char late[32];
module_param_string(late, late, sizeof(late), 0600);

static unsigned long pinned;

static int pin_set(const char *value, const struct kernel_param *parameter)
{
	unsigned long address;
	unsigned long pfn;
	int error = kstrtoul(value, 0, &address);

	if (error)
		return error;
	if (pinned) {
		free_contig_range(pinned, 1);
		pinned = 0;
	}
	pfn = PHYS_PFN(address);
	if (!address)
		return 0;
	if (!pfn_valid(pfn))
		return -EINVAL;
	error = alloc_contig_range(pfn, pfn + 1, MIGRATE_MOVABLE, GFP_KERNEL);
	if (!error)
		pinned = pfn;
	return error;
}

static int pin_get(char *line, const struct kernel_param *parameter)
{
	return sysfs_emit(line, "0x%lx\n", pinned << PAGE_SHIFT);
}

static const struct kernel_param_ops pin_ops = { .set = pin_set, .get = pin_get };
module_param_cb(pin, &pin_ops, NULL, 0600);

static u32 bare_ticks;

/* What an adapter could not do without: the measure for what it costs. */
static int bare_set(const char *value, const struct kernel_param *parameter)
{
	unsigned long address, sections, pfn, end, i;
	char what[8];
	bool online;
	u32 since;
	int error;

	if (sscanf(value, "%7s %lx %lu", what, &address, &sections) != 3)
		return -EINVAL;
	online = sysfs_streq(what, "online");
	pfn = PHYS_PFN(address);
	end = pfn + (sections << (fsw.area.header->geometry.section_shift - PAGE_SHIFT));
	if (!pfn_valid(pfn) || !pfn_valid(end - 1))
		return -EINVAL;
	since = fsw_now();
	error = alloc_contig_range(pfn, end, MIGRATE_MOVABLE, GFP_KERNEL | __GFP_NOWARN);
	bare_ticks = fsw_now() - since;
	if (error)
		return error;
	if (!online) {
		free_contig_range(pfn, end - pfn);
		return 0;
	}
	adjust_managed_page_count(pfn_to_page(pfn), -(long)(end - pfn));
	for (i = pfn; i < end; i++)
		SetPageReserved(pfn_to_page(i));
	since = fsw_now();
	for (i = pfn; i < end; i++)
		clear_highpage(pfn_to_page(i));
	for (i = pfn; i < end; i++)
		free_reserved_page(pfn_to_page(i));
	bare_ticks = fsw_now() - since;
	return 0;
}

static int bare_get(char *line, const struct kernel_param *parameter)
{
	return sysfs_emit(line, "%u %u\n", bare_ticks, fsw.board->clock_hz);
}

static const struct kernel_param_ops bare_ops = { .set = bare_set, .get = bare_get };
module_param_cb(bare, &bare_ops, NULL, 0600);

static bool refuses(const char *where)
{
	return sysfs_streq(refuse, where);
}

static int refuse_suspend(struct device *device)
{
	return refuses("devices") ? -EBUSY : 0;
}

static int refuse_late(struct device *device)
{
	if (refuses("again-once") && fsw.visited) {
		refuse[0] = '\0';
		return -EBUSY;
	}
	return refuses("late") || (refuses("again") && fsw.visited) ? -EBUSY : 0;
}

static const struct dev_pm_ops refusing = {
	.suspend = refuse_suspend,
	.suspend_late = refuse_late,
};

static int probe(struct platform_device *device)
{
	return 0;
}

static struct platform_driver driver = {
	.probe = probe,
	.driver = { .name = "fsw-fault", .pm = &refusing },
};

int fsw_fault_core(void)
{
	return refuses("core");
}

void fsw_fault_spoil(void)
{
	struct fsw_status status;
	struct fsw_instance instance;

	if (!spoil || fsw_status(&fsw.area, &status) ||
	    fsw_instance_get(&fsw.area, status.operation->target, &instance) || !instance.resume)
		return;
	spoil = false;
	((struct fsw_resume *)instance.resume)->argument ^= 1;
}

void fsw_fault_die(u32 core)
{
	u32 since = fsw_now();
	unsigned int which, ms;

	if (sscanf(late, "%u %u", &which, &ms) != 2 || which != core)
		return;
	/* not by mdelay(): on emulated cores it knows little of time */
	while (fsw_now() - since < ms * (fsw.board->clock_hz / MSEC_PER_SEC))
		cpu_relax();
}

int __init fsw_fault_init(void)
{
	struct platform_device *device = platform_device_register_simple("fsw-fault", -1, NULL, 0);

	return PTR_ERR_OR_ZERO(device) ?: platform_driver_register(&driver);
}
