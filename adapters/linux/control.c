// SPDX-License-Identifier: GPL-2.0-only
/* /dev/fsw: see uapi/fsw.h. */
#define pr_fmt(fmt) "fsw: " fmt

#include <asm/setup.h>
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "adapter.h"

/* The area as it is between two operations */
static ssize_t read(struct file *file, char __user *to, size_t count, loff_t *offset)
{
	u32 size = fsw.area.header->size;
	void *copy = kmalloc(size, GFP_KERNEL);
	ssize_t done;

	if (!copy)
		return -ENOMEM;
	/* interruptible: who waits here must not hold up a suspend */
	done = mutex_lock_interruptible(&fsw.lock);
	if (!done) {
		memcpy(copy, fsw.memory, size);
		mutex_unlock(&fsw.lock);
		done = simple_read_from_buffer(to, count, offset, copy, size);
	}
	kfree(copy);
	return done;
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
	int error;

	if (copy_struct_from_user(&request, sizeof(request), argument, size))
		return -EINVAL;
	error = enter(&request.result);
	if (!error) {
		error = fsw_request_switch(&request);
		mutex_unlock(&fsw.lock);
	}
	if (copy_to_user(argument, &request, min_t(size_t, size, sizeof(request))))
		return -EFAULT;
	return error;
}

static long ioctl_boot(void __user *argument, u32 size)
{
	struct fsw_ioc_boot request;
	char *cmdline = NULL;
	int error;

	if (copy_struct_from_user(&request, sizeof(request), argument, size))
		return -EINVAL;
	if (!(request.flags & FSW_BOOT_LOADED)) {
		cmdline = strndup_user(u64_to_user_ptr(request.cmdline), COMMAND_LINE_SIZE);
		if (IS_ERR(cmdline))
			return PTR_ERR(cmdline);
	}
	error = enter(&request.result);
	if (!error) {
		error = fsw_request_boot(&request, cmdline);
		mutex_unlock(&fsw.lock);
	}
	kfree(cmdline);
	if (copy_to_user(argument, &request, min_t(size_t, size, sizeof(request))))
		return -EFAULT;
	return error;
}

static long ioctl_log(void __user *argument, u32 size)
{
	struct fsw_ioc_entry *entries;
	struct fsw_ioc_log request;
	long error = 0;

	if (copy_struct_from_user(&request, sizeof(request), argument, size))
		return -EINVAL;
	request.count = min_t(u32, request.count, 256);
	entries = kcalloc(request.count, sizeof(*entries), GFP_KERNEL);
	if (!entries)
		return -ENOMEM;
	error = mutex_lock_interruptible(&fsw.lock);
	if (!error) {
		request.count = fsw_log_copy(entries, request.count);
		mutex_unlock(&fsw.lock);
	}
	if (!error && (copy_to_user(u64_to_user_ptr(request.entries), entries,
				    request.count * sizeof(*entries)) ||
		       copy_to_user(argument, &request, min_t(size_t, size, sizeof(request)))))
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
	switch (command) {
	case FSW_IOC_SWITCH:
		return ioctl_switch(argument, size);
	case FSW_IOC_BOOT:
		return ioctl_boot(argument, size);
	case FSW_IOC_LOG:
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
