/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note OR BSD-2-Clause */
/*
 * /dev/fsw: what a program asks of the instance it runs in.
 *
 * read() and pread() give the bytes of the fsw area as they are now (docs/format.md): libfsw opens
 * such a copy.
 * Every ioctl needs CAP_SYS_ADMIN. One that is refused changes nothing, returns -1 with errno, and
 * fills `result`.
 */
#ifndef _UAPI_LINUX_FSW_H
#define _UAPI_LINUX_FSW_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define FSW_DEVICE "/dev/fsw"
#define FSW_NAME_BYTES 32
#define FSW_ANY_START (~(__u64)0)

/* What came of it */
struct fsw_ioc_result {
	__s32 error; /* of libfsw, negative (error.h); 0: none, or the adapter's own, see `what` */
	__u32 index; /* libfsw's fault index: section, instance or count, as the error says */
	__u32 outcome; /* FSW_RESULT_* (switch.h), once the machine came back; 0: it never left */
	__u32 other;   /* who had the machine before us, or whom it is about */
	__u32 undone;  /* FSW_MODE_* of what did not take place */
	__u32 reserved;
	char who[64];	/* the driver or wake-up source that refused, or the device that differs */
	char what[128]; /* one line for a person; empty: nothing beyond the error's text */
};

/* Suspend this instance, resume another that sleeps. Returns when this one is resumed. */
#define FSW_SWITCH_DRY_RUN 1 /* only check */
#define FSW_SWITCH_REHEARSE \
	2 /* `instance` is 0: suspend and resume this instance at once, give nothing away */

struct fsw_ioc_switch {
	__u32 size; /* of this structure; members that this kernel does not know must be 0 */
	__u32 flags;
	__u32 instance;
	__u32 reserved;
	struct fsw_ioc_result result;
};

/* Free sections, load images into them, suspend, start the new instance. */
#define FSW_BOOT_DIRECT 1  /* enter the image at once, without a warm reset */
#define FSW_BOOT_DRY_RUN 2 /* only check */
#define FSW_BOOT_STAY 4	   /* load only: this instance goes on, the new one is "loaded" */
#define FSW_BOOT_LOADED 8  /* start `instance`, loaded before: descriptors and memory are ignored */

struct fsw_ioc_boot {
	__u32 size;
	__u32 flags;
	__u32 instance; /* 0: the lowest empty one. On return: the one it became */
	__s32 kernel_fd;
	__s32 initrd_fd;  /* -1: none */
	__s32 tree_fd;	  /* -1: derived from the running instance's */
	__u32 contiguous; /* sections in one run, which holds the images */
	__u32 total;	  /* sections in all */
	__u64 start;	  /* physical address of the run, FSW_ANY_START: the lowest that fits */
	__u64 cmdline;	  /* pointer to a string */
	char name[FSW_NAME_BYTES];
	struct fsw_ioc_result result;
};

/* The last switches of this instance, oldest first: at most `count`, which becomes how many. */
struct fsw_ioc_entry {
	__u64 wall;    /* CLOCK_REALTIME at its end, ns */
	__u32 number;  /* counts from 1 at boot */
	__u32 mode;    /* FSW_MODE_* of what was asked here; NONE: a plain suspend */
	__u32 other;   /* who had the machine meanwhile, last */
	__u32 outcome; /* FSW_RESULT_* */
	__s32 error;
	__u32 hz; /* ticks a second */
	/* freeze, devices, core: of who left for us; hand-over, resume, thaw: ours */
	__u32 ticks[6];
	__u32 left[3]; /* freeze, devices, core of this instance, when it left */
	__u32 reserved;
};

struct fsw_ioc_log {
	__u32 size;
	__u32 count;
	__u64 entries; /* pointer to struct fsw_ioc_entry[] */
};

#define FSW_IOC_MAGIC 0xf5
#define FSW_IOC_SWITCH _IOWR(FSW_IOC_MAGIC, 1, struct fsw_ioc_switch)
#define FSW_IOC_BOOT _IOWR(FSW_IOC_MAGIC, 2, struct fsw_ioc_boot)
#define FSW_IOC_LOG _IOWR(FSW_IOC_MAGIC, 3, struct fsw_ioc_log)

#endif
