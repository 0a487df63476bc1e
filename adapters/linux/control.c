// SPDX-License-Identifier: GPL-2.0-only
/* /dev/fsw: see uapi/fsw.h. */
#define pr_fmt(fmt) "fsw: " fmt

#include <asm/setup.h>
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/slab.h>
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

/* Who holds the lock may sleep for hours, in another's turn: a second one is refused. */
static int enter(struct fsw_ioc_result *result)
{
	memset(result, 0, sizeof(*result));
	if (mutex_trylock(&fsw.lock))
		return 0;
	return fsw_refuse(result, -EBUSY, "another request is in progress");
}

static long ioctl_switch(void __user *argument, u32 size)
{
	struct fsw_ioc_switch request;
	int error = copy_in(&request, sizeof(request), argument, size);

	if (error)
		return error;
	error = enter(&request.result);
	if (!error) {
		error = fsw_request_switch(&request);
		mutex_unlock(&fsw.lock);
	}
	if (copy_to_user(argument, &request, sizeof(request)))
		return -EFAULT;
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
		mutex_unlock(&fsw.lock);
	} else if (!error) {
		error = fsw_request_boot(&request, cmdline);
		mutex_unlock(&fsw.lock);
	}
	if (!IS_ERR(cmdline))
		kfree(cmdline);
	if (copy_to_user(argument, &request, sizeof(request)))
		return -EFAULT;
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
	u32 size;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (get_user(size, (u32 __user *)argument))
		return -EFAULT;
	if (_IOC_TYPE(command) != FSW_IOC_MAGIC)
		return -ENOTTY;
	/* by its number: the size that is encoded beside it may grow */
	switch (_IOC_NR(command)) {
	case _IOC_NR(FSW_IOC_SWITCH):
		return ioctl_switch(argument, size);
	case _IOC_NR(FSW_IOC_BOOT):
		return ioctl_boot(argument, size);
	case _IOC_NR(FSW_IOC_LOG):
		return ioctl_log(argument, size);
	default:
		return -ENOTTY;
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
