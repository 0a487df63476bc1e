// SPDX-License-Identifier: GPL-2.0-only
/* /dev/fsw: see uapi/fsw.h. */
#define pr_fmt(fmt) "fsw: " fmt

#include <asm/setup.h>
#include <linux/capability.h>
#include <linux/delay.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/swap.h>
#include <linux/uaccess.h>

#include "adapter.h"

/* The area as it is between two operations */
static ssize_t read(struct file *file, char __user *to, size_t count, loff_t *offset)
{
	u32 size = fsw.area.header->size;
	void *copy = kvmalloc(size, GFP_KERNEL);
	ssize_t done;

	if (!copy)
		return -ENOMEM;
	/* interruptible: who waits here must not hold up a suspend */
	done = -ERESTARTSYS;
	if (mutex_lock_interruptible(&fsw.lock) == 0) {
		memcpy(copy, fsw.memory, size);
		mutex_unlock(&fsw.lock);
		done = simple_read_from_buffer(to, count, offset, copy, size);
	}
	kvfree(copy);
	return done;
}

/* Who knows more members than this kernel does must leave them 0; none may know fewer. */
static int copy_in(void *request, size_t known, const void __user *argument, u32 size)
{
	if (size > PAGE_SIZE)
		return -E2BIG;
	if (size < known)
		return -EINVAL;
	return copy_struct_from_user(request, known, argument, size);
}

/*
 * Who holds the lock may sleep for hours, in another's turn: a second one is refused. Who only
 * looks holds it for a moment.
 */
static int enter(struct fsw_ioc_result *result)
{
	int tries;

	memset(result, 0, sizeof(*result));
	for (tries = 0; tries < 20; tries++) {
		if (mutex_trylock(&fsw.lock))
			return 0;
		fsleep(1000);
	}
	return fsw_refuse(result, -EBUSY, "another request is in progress");
}

static void leave(void)
{
	fsw_memory_books();
	mutex_unlock(&fsw.lock);
}

static int ask_switch(void *request)
{
	return fsw_request_switch(request);
}

static int ask_free(void *request)
{
	return fsw_request_free(request);
}

static int ask_exit(void *request)
{
	return fsw_request_exit(request);
}

static int ask_kill(void *request)
{
	return fsw_request_kill(request);
}

/* Those that are nothing but a structure */
static const struct plain {
	u32 known;  /* its bytes */
	u32 result; /* where in it */
	int (*ask)(void *request);
} plains[] = {
	[_IOC_NR(FSW_IOC_SWITCH)] = { sizeof(struct fsw_ioc_switch),
				      offsetof(struct fsw_ioc_switch, result), ask_switch },
	[_IOC_NR(FSW_IOC_FREE)] = { sizeof(struct fsw_ioc_free),
				    offsetof(struct fsw_ioc_free, result), ask_free },
	[_IOC_NR(FSW_IOC_EXIT)] = { sizeof(struct fsw_ioc_exit),
				    offsetof(struct fsw_ioc_exit, result), ask_exit },
	[_IOC_NR(FSW_IOC_KILL)] = { sizeof(struct fsw_ioc_kill),
				    offsetof(struct fsw_ioc_kill, result), ask_kill },
};

static long ioctl_plain(const struct plain *plain, void __user *argument, u32 size)
{
	union {
		struct fsw_ioc_switch change;
		struct fsw_ioc_free free;
		struct fsw_ioc_exit exit;
		struct fsw_ioc_kill kill;
	} request;
	int error = copy_in(&request, plain->known, argument, size);

	if (error)
		return error;
	error = enter((void *)&request + plain->result);
	if (!error) {
		error = plain->ask(&request);
		leave();
	}
	if (copy_to_user(argument, &request, plain->known))
		return -EFAULT;
	return error;
}

/* Room for a row of each section, and no more */
static int list_new(struct fsw_list *list, u64 rows, u32 room)
{
	list->room = rows ? min(room, fsw.area.sections) : 0;
	list->rows = kvcalloc(list->room, sizeof(*list->rows), GFP_KERNEL);
	return list->rows || !list->room ? 0 : -ENOMEM;
}

/* To the caller, who learns how many there are */
static int list_out(struct fsw_list *list, u64 rows, u32 *listed)
{
	size_t bytes = min(list->count, list->room) * sizeof(*list->rows);
	int error = copy_to_user(u64_to_user_ptr(rows), list->rows, bytes) ? -EFAULT : 0;

	*listed = list->count;
	kvfree(list->rows);
	return error;
}

static long ioctl_request(void __user *argument, u32 size)
{
	struct fsw_ioc_request request;
	struct fsw_list list = { 0 };
	int error = copy_in(&request, sizeof(request), argument, size);

	if (!error)
		error = list_new(&list, request.moved, request.room);
	if (error)
		return error;
	error = enter(&request.result);
	if (!error) {
		error = fsw_request_memory(&request, &list);
		leave();
	}
	if (list_out(&list, request.moved, &request.listed) ||
	    copy_to_user(argument, &request, sizeof(request)))
		return -EFAULT;
	return error;
}

static long ioctl_release(void __user *argument, u32 size)
{
	struct fsw_ioc_release request;
	struct fsw_list list = { 0 };
	u64 *starts = NULL;
	int error = copy_in(&request, sizeof(request), argument, size);

	/* more than there are is refused below */
	if (!error && request.starts && request.count <= fsw.area.sections) {
		starts = vmemdup_user(u64_to_user_ptr(request.starts),
				      request.count * sizeof(*starts));
		error = PTR_ERR_OR_ZERO(starts);
	}
	if (error)
		return error;
	error = list_new(&list, request.moved, request.room);
	if (error) {
		kvfree(starts);
		return error;
	}
	error = enter(&request.result);
	if (!error) {
		error = fsw_request_release(&request, starts, &list);
		leave();
	}
	kvfree(starts);
	if (list_out(&list, request.moved, &request.listed) ||
	    copy_to_user(argument, &request, sizeof(request)))
		return -EFAULT;
	return error;
}

static long ioctl_memory(void __user *argument, u32 size)
{
	struct fsw_ioc_memory request;
	struct fsw_ioc_section __user *to;
	struct fsw_ioc_section look;
	int error = copy_in(&request, sizeof(request), argument, size);
	u32 i;

	if (error)
		return error;
	lru_add_drain_all();
	to = u64_to_user_ptr(request.sections);
	for (i = 0; !error && i < min(request.count, fsw.area.sections); i++) {
		fsw_section_look(i, &look);
		error = copy_to_user(to + i, &look, sizeof(look)) ? -EFAULT : 0;
		cond_resched();
	}
	request.count = fsw.area.sections;
	request.total = (u64)totalram_pages() << PAGE_SHIFT;
	request.available = (u64)si_mem_available() << PAGE_SHIFT;
	request.reserve = fsw_reserve_bytes();
	if (!error && copy_to_user(argument, &request, sizeof(request)))
		error = -EFAULT;
	return error;
}

static long ioctl_boot(void __user *argument, u32 size)
{
	struct fsw_ioc_boot request;
	char *cmdline = NULL;
	int error = copy_in(&request, sizeof(request), argument, size);

	if (error)
		return error;
	if (!(request.flags & FSW_BOOT_LOADED))
		cmdline = strndup_user(u64_to_user_ptr(request.cmdline), COMMAND_LINE_SIZE);
	if (PTR_ERR_OR_ZERO(cmdline) == -EFAULT)
		return -EFAULT;
	error = enter(&request.result);
	if (!error && IS_ERR(cmdline)) {
		error = fsw_refuse(&request.result, PTR_ERR(cmdline),
				   "command line: longer than %u bytes", COMMAND_LINE_SIZE - 1);
		leave();
	} else if (!error) {
		error = fsw_request_boot(&request, cmdline);
		leave();
	}
	if (!IS_ERR(cmdline))
		kfree(cmdline);
	if (copy_to_user(argument, &request, sizeof(request)))
		return -EFAULT;
	return error;
}

#define RANGES_MAX 64

static long ioctl_firmware(void __user *argument, u32 size)
{
	struct fsw_ioc_firmware request;
	struct fsw_ioc_range *ranges;
	int error = copy_in(&request, sizeof(request), argument, size);
	u32 room;

	if (error)
		return error;
	room = request.ranges ? min_t(u32, request.count, RANGES_MAX) : 0;
	request.count = room;
	ranges = kcalloc(RANGES_MAX, sizeof(*ranges), GFP_KERNEL);
	if (!ranges)
		return -ENOMEM;
	error = enter(&request.result);
	if (!error) {
		error = fsw_request_firmware(&request, ranges);
		leave();
	} else {
		request.count = 0;
	}
	if (copy_to_user(u64_to_user_ptr(request.ranges), ranges,
			 min(room, request.count) * sizeof(*ranges)) ||
	    copy_to_user(argument, &request, sizeof(request)))
		error = -EFAULT;
	kfree(ranges);
	return error;
}

static long ioctl_log(void __user *argument, u32 size)
{
	struct fsw_ioc_entry *entries;
	struct fsw_ioc_log request;
	int error = copy_in(&request, sizeof(request), argument, size);

	if (error)
		return error;
	request.count = min_t(u32, request.count, 256);
	entries = kcalloc(request.count, sizeof(*entries), GFP_KERNEL);
	if (!entries)
		return -ENOMEM;
	if (mutex_lock_interruptible(&fsw.lock)) {
		kfree(entries);
		return -ERESTARTSYS;
	}
	request.count = fsw_log_copy(entries, request.count);
	mutex_unlock(&fsw.lock);
	if (copy_to_user(u64_to_user_ptr(request.entries), entries,
			 request.count * sizeof(*entries)) ||
	    copy_to_user(argument, &request, sizeof(request)))
		error = -EFAULT;
	kfree(entries);
	return error;
}

static long ioctl(struct file *file, unsigned int command, unsigned long value)
{
	void __user *argument = (void __user *)value;
	unsigned int number;
	u32 size;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (get_user(size, (u32 __user *)argument))
		return -EFAULT;
	if (_IOC_TYPE(command) != FSW_IOC_MAGIC)
		return -ENOTTY;
	/* by its number: the size that is encoded beside it may grow */
	switch (_IOC_NR(command)) {
	case _IOC_NR(FSW_IOC_BOOT):
		return ioctl_boot(argument, size);
	case _IOC_NR(FSW_IOC_LOG):
		return ioctl_log(argument, size);
	case _IOC_NR(FSW_IOC_REQUEST):
		return ioctl_request(argument, size);
	case _IOC_NR(FSW_IOC_RELEASE):
		return ioctl_release(argument, size);
	case _IOC_NR(FSW_IOC_FIRMWARE):
		return ioctl_firmware(argument, size);
	case _IOC_NR(FSW_IOC_MEMORY):
		return ioctl_memory(argument, size);
	default:
		number = _IOC_NR(command);
		if (number >= ARRAY_SIZE(plains) || !plains[number].ask)
			return -ENOTTY;
		return ioctl_plain(&plains[number], argument, size);
	}
}

static const struct file_operations operations = {
	.owner = THIS_MODULE,
	.read = read,
	.llseek = default_llseek,
	.unlocked_ioctl = ioctl,
};

static struct miscdevice device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "fsw",
	.fops = &operations,
	.mode = 0600,
};

int __init fsw_control_init(void)
{
	int error;

	device.groups = fsw_report_groups();
	error = misc_register(&device);
	return error ? error : fsw_report_init(device.this_device);
}
