// SPDX-License-Identifier: GPL-2.0-only
/*
 * What Linux's suspend does to whom: the kernel's own tracepoints say which driver takes how long
 * and which one refuses; its lists of wake-up sources and consoles say what is left on.
 */
#define pr_fmt(fmt) "fsw: " fmt

#include <linux/console.h>
#include <linux/debugfs.h>
#include <linux/device.h>
#include <linux/pm.h>
#include <linux/pm_wakeup.h>
#include <linux/seq_file.h>
#include <linux/suspend.h>
#include <linux/utsname.h>
#include <trace/events/power.h>

#include "adapter.h"

#define DEVICES_MAX 64

/* States of a device, in the manifest */
#define DEVICE_CONSOLE 1 /* kept alive for messages */
#define DEVICE_WAKEUP 2	 /* may wake the machine */

/* What takes less than some microseconds is worth neither a row nor the time to find it. */
#define WORTH_SHIFT 17

struct taken {
	const struct device *device; /* only compared */
	char name[32];
	char driver[32];
	u32 suspend;
	u32 resume;
};

static struct taken taken[DEVICES_MAX];
static u32 devices;
static u32 started;
static bool resuming;
static bool watching;
static char refused[64];

static struct taken *row_of(struct device *device)
{
	struct taken *row;

	for (row = taken; row < taken + devices; row++)
		if (row->device == device)
			return row;
	if (devices == DEVICES_MAX)
		return NULL;
	devices++;
	memset(row, 0, sizeof(*row));
	row->device = device;
	strscpy(row->name, dev_name(device), sizeof(row->name));
	strscpy(row->driver, dev_driver_string(device), sizeof(row->driver));
	return row;
}

static void callback_start(void *unused, struct device *device, const char *pm_ops, int event)
{
	resuming = event == PM_EVENT_RESUME || event == PM_EVENT_ON;
	started = fsw_now();
}

static void callback_end(void *unused, struct device *device, int error)
{
	u32 ticks = fsw_now() - started;
	struct taken *row;

	if (!watching)
		return;
	if (error && !refused[0])
		snprintf(refused, sizeof(refused), "%s (%s)", dev_name(device),
			 dev_driver_string(device));
	if (ticks < fsw.board->clock_hz >> WORTH_SHIFT)
		return;
	row = row_of(device);
	if (row && resuming)
		row->resume += ticks;
	else if (row)
		row->suspend += ticks;
}

/* A suspend begins: forget the last one. */
void fsw_witness_begin(void)
{
	devices = 0;
	refused[0] = '\0';
	watching = true;
}

/**
 * fsw_witness_wakeups - which wake-up sources are active; when none is, which one was last
 * @who: takes their names
 * @size: its bytes
 */
void fsw_witness_wakeups(char *who, size_t size)
{
	struct wakeup_source *source, *last = NULL;
	size_t length = 0;
	int index;

	who[0] = '\0';
	index = wakeup_sources_read_lock();
	for_each_wakeup_source(source) {
		if (source->active)
			length += scnprintf(who + length, size - length, "%s%s", length ? " " : "",
					    source->name);
		if (!last || ktime_after(source->last_time, last->last_time))
			last = source;
	}
	if (!length && last && last->last_time)
		strscpy(who, last->name, size);
	wakeup_sources_read_unlock(index);
}

/**
 * fsw_witness_name - who refused the suspend that just failed
 * @error: what it failed with
 * @who: takes the name, empty if nobody is known to have refused
 * @size: its bytes
 */
void fsw_witness_name(int error, char *who, size_t size)
{
	strscpy(who, refused, size);
	if (!who[0])
		fsw_witness_wakeups(who, size);
}

static void add_device(struct fsw_manifest *manifest, const char *name, u32 state)
{
	struct fsw_device *device = &manifest->devices[manifest->count];

	if (manifest->count == FSW_MANIFEST_DEVICES_MAX) {
		pr_warn_once("more than %u devices stay on: %s is not declared\n",
			     FSW_MANIFEST_DEVICES_MAX, name);
		return;
	}
	strscpy(device->name, name, sizeof(device->name));
	device->state = state;
	manifest->count++;
}

/* The list of consoles has had a lock of its own since 6.2: the Makefile looks. */
#ifdef FSW_CONSOLE_LIST_LOCK
#define lock_consoles console_list_lock
#define unlock_consoles console_list_unlock
#else
#define lock_consoles console_lock
#define unlock_consoles console_unlock
#endif

static void add_consoles(struct fsw_manifest *manifest)
{
	struct console *console;
	char name[FSW_DEVICE_NAME_SIZE];

	if (console_suspend_enabled)
		return;
	lock_consoles();
	for_each_console(console) {
		snprintf(name, sizeof(name), "%s%d", console->name, console->index);
		add_device(manifest, name, DEVICE_CONSOLE);
	}
	unlock_consoles();
}

/**
 * fsw_manifest_make - what this kernel leaves on when it suspends now
 * @manifest: takes it
 */
void fsw_manifest_make(struct fsw_manifest *manifest)
{
	struct wakeup_source *source;
	int index;

	memset(manifest, 0, sizeof(*manifest));
	strscpy(manifest->release, init_utsname()->release, sizeof(manifest->release));
	add_consoles(manifest);
	index = wakeup_sources_read_lock();
	for_each_wakeup_source(source) {
		/* those without a device are held by programs */
		if (source->dev && source->dev->parent)
			add_device(manifest, dev_name(source->dev->parent), DEVICE_WAKEUP);
	}
	wakeup_sources_read_unlock(index);
}

static int devices_show(struct seq_file *file, void *unused)
{
	u32 i;

	if (mutex_lock_interruptible(&fsw.lock))
		return -ERESTARTSYS;
	for (i = 0; i < devices; i++)
		seq_printf(file, "%s %s %u %u %u\n", taken[i].name,
			   taken[i].driver[0] ? taken[i].driver : "-", taken[i].suspend,
			   taken[i].resume, fsw.board->clock_hz);
	mutex_unlock(&fsw.lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(devices);

int __init fsw_witness_init(void)
{
	struct dentry *folder = debugfs_create_dir("fsw", NULL);

	debugfs_create_file("devices", 0444, folder, NULL, &devices_fops);
	return register_trace_device_pm_callback_start(callback_start, NULL)
		       ?: register_trace_device_pm_callback_end(callback_end, NULL);
}
