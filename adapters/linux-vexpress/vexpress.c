// SPDX-License-Identifier: GPL-2.0-only
/*
 * ARM Versatile Express: a 24 MHz counter that all instances share, a reset that keeps the memory,
 * and no mandatory resume registers (Linux saves interrupt controller and timers in its memory).
 */
#define pr_fmt(fmt) "fsw: " fmt

#include <asm/cacheflush.h>
#include <asm/idmap.h>
#include <asm/outercache.h>
#include <asm/proc-fns.h>
#include <asm/suspend.h>
#include <asm/system_misc.h>
#include <linux/io.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/of_address.h>
#include <linux/of_platform.h>
#include <linux/platform_device.h>

#include "arm/leave.h"
#include "board.h"
#include "boot/probe.h"
#include "entry.h"

/* V2M-P1 motherboard: system registers; PrimeCell real-time clock PL031 */
#define SYS_24MHZ 0x5c
#define SYS_CFGDATA 0xa0
#define RTC_DR 0x00

/* What the code with the MMU off needs; entry.S knows where its members are */
struct vexpress_leaving {
	struct leave leave;
	u32 came;   /* the clock at the first instruction of the resume */
	u32 config; /* physical address of SYS_CFGDATA */
};

static_assert(offsetof(struct vexpress_leaving, came) == LEAVE_BYTES);
static_assert(offsetof(struct vexpress_leaving, config) == LEAVE_BYTES + 4);

struct vexpress_leaving fsw_vexpress_leaving __aligned(64);

static void __iomem *sysreg;
static void __iomem *rtc;

static u32 vexpress_clock(void)
{
	return readl_relaxed(sysreg + SYS_24MHZ);
}

static u32 vexpress_seconds(void)
{
	return readl_relaxed(rtc + RTC_DR);
}

static u32 vexpress_came(void)
{
	return fsw_vexpress_leaving.came;
}

/* cpu_suspend() has saved this core; from here on nothing of it is needed but memory. */
static int leave_kernel(unsigned long unused)
{
	soft_restart(__pa_symbol(fsw_vexpress_leave));
	return -EIO;
}

/* As leave_kernel(), but back at once */
static int turn_round(unsigned long unused)
{
	soft_restart(__pa_symbol(fsw_vexpress_resume));
	return -EIO;
}

static int vexpress_leave(enum fsw_leaving how, phys_addr_t area, phys_addr_t stamp)
{
	struct leave *leave = &fsw_vexpress_leaving.leave;
	int error;

	leave->area = area;
	leave->stamp = stamp;
	/* read with the caches off, and written so: not a line of it may stay in them */
	__cpuc_flush_dcache_area(&fsw_vexpress_leaving, sizeof(fsw_vexpress_leaving));
	outer_flush_range(__pa_symbol(&fsw_vexpress_leaving),
			  __pa_symbol(&fsw_vexpress_leaving) + sizeof(fsw_vexpress_leaving));
	error = cpu_suspend(0, how == FSW_LEAVE_HANDOVER ? leave_kernel : turn_round);
	/* soft_restart() turned it off */
	outer_resume();
	return error;
}

/* Caches and MMU off, and to the pen: nothing of this kernel is needed there. */
static void vexpress_die(phys_addr_t pen)
{
	setup_mm_for_reboot();
	fsw_vexpress_die(pen, virt_to_idmap(cpu_reset));
}

static void vexpress_fill(phys_addr_t page, void *to, const struct fsw_range *ranges,
			  phys_addr_t record, u32 magic)
{
	const u32 words[] = {
		ranges[0].base,
		ranges[0].base + ranges[0].size,
		ranges[1].base,
		ranges[1].base + ranges[1].size,
		record,
		magic,
		fsw_vexpress_leaving.config,
		FSW_PROBE_PATTERN,
	};

	memcpy(to, fsw_vexpress_fill, fsw_vexpress_fill_end - fsw_vexpress_fill);
	memcpy(to + (fsw_vexpress_fill_words - fsw_vexpress_fill), words, sizeof(words));
	wmb(); /* a write-combining mapping: all of it is there before it runs */
	soft_restart(page);
}

static struct fsw_board board = {
	.name = "ARM Versatile Express",
	.clock_hz = 24000000,
	.clock = vexpress_clock,
	.leave = vexpress_leave,
	.came = vexpress_came,
	.fill = vexpress_fill,
	.die = vexpress_die,
};

static int __init map_registers(void)
{
	struct device_node *node = of_find_compatible_node(NULL, NULL, "arm,vexpress-sysreg");
	struct resource resource;

	if (!node || of_address_to_resource(node, 0, &resource)) {
		pr_err("no arm,vexpress-sysreg in the device tree: this kernel can not switch\n");
		of_node_put(node);
		return -ENODEV;
	}
	sysreg = of_iomap(node, 0);
	of_node_put(node);
	node = of_find_compatible_node(NULL, NULL, "arm,pl031");
	rtc = of_iomap(node, 0);
	of_node_put(node);
	if (!sysreg)
		return -ENOMEM;
	if (rtc)
		board.seconds = vexpress_seconds;
	fsw_vexpress_leaving.leave.clock = resource.start + SYS_24MHZ;
	fsw_vexpress_leaving.config = resource.start + SYS_CFGDATA;
	return 0;
}

static int side_by_side(struct device *device, void *unused)
{
	device_enable_async_suspend(device);
	return 0;
}

/* Devices on virtio transports have nothing to do with each other: none waits for another. */
static void __init virtio_side_by_side(void)
{
	struct platform_device *transport;
	struct device_node *node;

	for_each_compatible_node(node, NULL, "virtio,mmio") {
		transport = of_find_device_by_node(node);
		if (!transport)
			continue;
		side_by_side(&transport->dev, NULL);
		device_for_each_child(&transport->dev, NULL, side_by_side);
		put_device(&transport->dev);
	}
}

static int __init vexpress_early(void)
{
	struct leave *leave = &fsw_vexpress_leaving.leave;
	int error;

	if (!of_machine_is_compatible("arm,vexpress"))
		return 0;
	error = map_registers();
	if (error)
		return error;
	board.resume = __pa_symbol(fsw_vexpress_resume);
	leave->resume = __pa_symbol(fsw_vexpress_resume);
	leave->reset = __pa_symbol(fsw_vexpress_reset);
	return fsw_adapter_early(&board);
}

early_initcall(vexpress_early);

static int __init vexpress_init(void)
{
	if (!of_machine_is_compatible("arm,vexpress"))
		return 0;
	virtio_side_by_side();
	return fsw_adapter_start();
}

/* late: what it has to say must be seen, and the reset must be there */
late_initcall(vexpress_init);
