// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cores but the boot core: Linux's own hotplug takes them out of the pen and sends them back. What
 * it does by itself is to park them in this kernel's memory, where the next kernel finds none.
 */
#define pr_fmt(fmt) "fsw: " fmt

#include <asm/cputype.h>
#include <asm/smp.h>
#include <asm/smp_plat.h>
#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/smp.h>

#include "adapter.h"

/* How long a core may take to leave the pen, or to arrive in it */
#define PATIENCE_MS 1000

/* What is waited for without sleep: it takes this long when all is well */
#define SPIN_US 2000

/* Of its own: hotplug has another lock than the rest of the adapter. */
static struct fsw_area area;
static phys_addr_t pen;
static u32 self;
static bool pooled;

static u32 number_of(unsigned int cpu)
{
	return MPIDR_AFFINITY_LEVEL(cpu_logical_map(cpu), 0);
}

static int arrived(u32 core, bool *here)
{
	struct fsw_core now;
	int error = fsw_core_get(&area, core, &now);

	*here = now.arrived;
	return error;
}

static u32 us_since(u32 since)
{
	return (fsw_now() - since) / (fsw.board->clock_hz / USEC_PER_SEC);
}

/* false: patience is at its end */
static bool wait_more(u32 since)
{
	u32 us = us_since(since);

	if (us < SPIN_US)
		cpu_relax();
	else
		usleep_range(100, 200);
	return us < PATIENCE_MS * USEC_PER_MSEC;
}

/* It was told to leave: does it? Else it is to stay, and does not hear of it later. */
static int left(unsigned int cpu, u32 core)
{
	u32 since = fsw_now();
	bool here;
	int error;

	do {
		error = arrived(core, &here);
		if (error || !here)
			return error;
	} while (wait_more(since));
	/* It left in the last moment; or it was about to, and turns round. */
	since = fsw_now();
	do {
		error = fsw_core_park(&area, self, core);
	} while (error == FSW_ERR(CORE_AWAY) && us_since(since) < SPIN_US);
	if (error == FSW_ERR(CORE_AWAY))
		return 0;
	return error ?: FSW_ERR(CORE_AWAY);
}

static int cpu_boot(unsigned int cpu, struct task_struct *idle)
{
	u32 core = number_of(cpu);
	phys_addr_t entry = __pa_symbol(secondary_startup);
	u32 since = fsw_now();
	int error;

	/* one that saw an order taken back is away for a moment */
	do {
		error = fsw_core_take(&area, self, core, entry, 0);
		/* it was given up, and came later */
		if (error == FSW_ERR(CORE_STATE) && !fsw_core_park(&area, self, core))
			error = fsw_core_take(&area, self, core, entry, 0);
	} while (error == FSW_ERR(CORE_AWAY) && wait_more(since));
	if (!error) {
		arch_send_wakeup_ipi_mask(cpumask_of(cpu));
		error = left(cpu, core);
	}
	if (!error)
		return 0;
	pr_err("core %u stays off: %s\n", core, fsw_error_text(error));
	return -EIO;
}

/* On the core itself, which is off for Linux. */
static void cpu_leave(unsigned int cpu)
{
	fsw_fault_die(number_of(cpu));
	fsw.board->die(pen);
}

/* On another core, after it said that it is off. */
static int cpu_arrive(unsigned int cpu)
{
	u32 core = number_of(cpu);
	u32 since = fsw_now();
	int error;

	do {
		error = fsw_core_park(&area, self, core);
		if (error != FSW_ERR(CORE_AWAY))
			break;
	} while (wait_more(since));
	if (!error)
		return 1;
	if (error == FSW_ERR(CORE_AWAY))
		fsw_core_lost(&area, self, core);
	pr_err("core %u is lost, no switch until it is back: %s\n", core, fsw_error_text(error));
	return 0;
}

static const struct smp_operations operations __initconst = {
	.smp_boot_secondary = cpu_boot,
	.cpu_die = cpu_leave,
	.cpu_kill = cpu_arrive,
};

/**
 * fsw_cores_init - from now on, cores come from the pen and go there
 *
 * Before any but the boot core is up.
 */
void __init fsw_cores_init(void)
{
	if (!fsw.area.header->geometry.cores || !fsw.board->die)
		return;
	area = fsw.area;
	self = fsw.self;
	pen = fsw.at + area.header->geometry.cores_offset + FSW_CORES_PEN;
	smp_set_ops(&operations);
	pooled = true;
}

enum whereabouts { ELSEWHERE, BACK, AWAY };

/* Of a core that is off for Linux, and that this instance had: is it in the pen by now? */
static enum whereabouts look_for(unsigned int cpu)
{
	enum whereabouts found = ELSEWHERE;
	u32 core = number_of(cpu);
	struct fsw_core now;

	cpus_read_lock();
	if (cpu_online(cpu) || fsw_core_get(&area, core, &now)) {
		/* in use, or there is nothing to go by */
	} else if (now.owner == self) {
		found = fsw_core_park(&area, self, core) ? AWAY : BACK;
		/* Linux gave it up, and did not say so */
		if (found == AWAY && now.state == FSW_CORE_RUNNING)
			fsw_core_lost(&area, self, core);
	} else if (now.arrived && !get_cpu_device(cpu)->offline) {
		/* parked, and Linux failed to bring it up */
		found = BACK;
	}
	cpus_read_unlock();
	return found;
}

static void welcome(unsigned int cpu)
{
	struct device *device = get_cpu_device(cpu);

	pr_info("core %u is back\n", number_of(cpu));
	lock_device_hotplug();
	/* Linux failed to bring it up after a suspend, and takes it for up */
	if (device->offline)
		device = NULL;
	else
		device->offline = true;
	unlock_device_hotplug();
	if (device)
		add_cpu(cpu);
}

/* Cores that were given up and have come since: they are waited for, but not for ever. */
static void welcome_all(void)
{
	u32 since = fsw_now();
	unsigned int cpu;
	bool away;

	do {
		away = false;
		for_each_present_cpu(cpu) {
			enum whereabouts found = look_for(cpu);

			if (found == BACK)
				welcome(cpu);
			away |= found == AWAY;
		}
	} while (away && wait_more(since));
}

/**
 * fsw_cores_check - can this kernel leave, as far as its cores go?
 * @result: takes why not
 *
 * Return: 0 or a negative errno.
 */
int fsw_cores_check(struct fsw_ioc_result *result)
{
	if (pooled)
		welcome_all();
	if (pooled || num_present_cpus() == 1)
		return 0;
	return fsw_refuse(result, -EOPNOTSUPP, "%u cores, and no pen for them: boot with nr_cpus=1",
			  num_present_cpus());
}

/**
 * fsw_cores_parked - is every core but this one where it can do no harm?
 *
 * Return: 0 or an error of libfsw, whose core fsw.area's fault names.
 */
int fsw_cores_parked(void)
{
	u32 boot = MPIDR_AFFINITY_LEVEL(read_cpuid_mpidr(), 0);
	struct fsw_core now;
	int error = 0;
	u32 core;

	for (core = 0; !error && pooled && core < area.header->geometry.cores; core++) {
		error = fsw_core_get(&fsw.area, core, &now);
		if (error || core == boot || now.state == FSW_CORE_PARKED)
			continue;
		error = now.state == FSW_CORE_LOST ? FSW_ERR(CORE_LOST) : FSW_ERR(CORE_STATE);
		fsw.area.fault.error = error;
		fsw.area.fault.index = core;
	}
	return error;
}
