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
#define FSW_BOOT_PREPARED 16 /* into what FSW_IOC_FREE gave `instance`: memory is ignored */

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

/*
 * The first half of a boot: sections for `instance`, all or nothing. They are its own from then on;
 * FSW_IOC_BOOT with FSW_BOOT_PREPARED goes on with them, FSW_IOC_KILL takes them back.
 */
#define FSW_FREE_DRY_RUN 1

struct fsw_ioc_free {
	__u32 size;
	__u32 flags;
	__u32 instance; /* 0: the lowest empty one. On return: whose they are */
	__u32 contiguous;
	__u32 total;
	__u32 ticks; /* what it took */
	__u32 hz;    /* ticks a second */
	__u32 reserved;
	__u64 start; /* FSW_ANY_START: the lowest run that fits. On return: where it begins */
	struct fsw_ioc_result result;
};

/* A section that was asked for or given, and what became of it */
#define FSW_MOVED_DONE 1     /* on-line here (request) or free (release) */
#define FSW_MOVED_IN_USE 2   /* pages there are pinned: it stayed with `owner` */
#define FSW_MOVED_RESERVE 3  /* `owner` would have less left than its reserve: it stayed there */
#define FSW_MOVED_REFUSED 4  /* by the rules: `error` says why */
#define FSW_MOVED_UNUSABLE 5 /* this kernel can not use memory there: it is free */

struct fsw_ioc_moved {
	__u32 section;
	__u32 owner;  /* who had it; 0: it was free */
	__u32 what;   /* FSW_MOVED_* */
	__s32 error;  /* of libfsw, negative; IN_USE, RESERVE: 0 */
	char why[48]; /* IN_USE: what holds it there; known for sections of the asker's only */
};

/*
 * More memory: free sections at once, then a claim round over the sleepers. Got nothing: -1 and
 * errno. Got some: 0.
 */
#define FSW_REQUEST_DRY_RUN 1	/* only say what would be asked of whom: MOVED_DONE */
#define FSW_REQUEST_FREE_ONLY 2 /* no claim round */

struct fsw_ioc_request {
	__u32 size;
	__u32 flags;
	__u32 count; /* sections wanted */
	__u32 got;   /* of them; with `from`, also those that were the asker's before */
	__u64 from;  /* exactly those from there; FSW_ANY_START: any above the asker's base */
	__u64 moved; /* pointer to struct fsw_ioc_moved[room]; may be 0 */
	__u32 room;
	__u32 listed; /* how many there are, of which at most `room` were written */
	/* bit N % 32 of word N / 32: instance N */
	__u32 skipped[8]; /* sleeps and could not be reached */
	__u32 visited[8]; /* was asked for sections */
	__u32 hz;
	__u32 ticks_free;  /* taking free ones, which includes zeroing */
	__u32 ticks_round; /* the claim round, this instance's suspend and resume in it */
	__u32 ticks_take;  /* taking what the round released, which includes zeroing */
	__u32 ticks_zero;  /* of both: zeroing */
	__u32 reserved;
	struct fsw_ioc_result result;
};

/* Give sections back to the free ones. Gave none: -1 and errno. Gave some: 0. */
#define FSW_RELEASE_DRY_RUN 1

struct fsw_ioc_release {
	__u32 size;
	__u32 flags;
	__u32 count;  /* how many */
	__u32 gave;   /* of them */
	__u64 starts; /* pointer to __u64[count], their addresses; 0: any, from the top */
	__u64 moved;  /* pointer to struct fsw_ioc_moved[room]; may be 0 */
	__u32 room;
	__u32 listed;
	__u32 hz;
	__u32 ticks;
	struct fsw_ioc_result result;
};

/* Leave for good; the parent resumes and owns all our memory. Returns only if that failed. */
#define FSW_EXIT_DRY_RUN 1

struct fsw_ioc_exit {
	__u32 size;
	__u32 flags;
	__u32 heir; /* who gets it */
	__u32 reserved;
	struct fsw_ioc_result result;
};

/* Take all memory of an instance that does not run, and forget it. */
#define FSW_KILL_DRY_RUN 1

struct fsw_ioc_kill {
	__u32 size;
	__u32 flags;
	__u32 instance;
	__u32 sections; /* it had */
	__u32 online;	/* of them, on-line here now; the rest is free */
	__u32 hz;
	__u32 ticks;
	__u32 ticks_zero; /* of them */
	struct fsw_ioc_result result;
};

/* How this kernel holds each section, and what keeps it from going. */
#define FSW_HELD_NOT 0	  /* it has no pages there: below its base, or no memory */
#define FSW_HELD_ONLINE 1 /* in use */
#define FSW_HELD_FENCED 2 /* reserved since boot */
#define FSW_HELD_TAKEN 3  /* off-lined since */

struct fsw_ioc_section {
	__u32 held;   /* FSW_HELD_* */
	__u32 used;   /* pages in use, ONLINE only */
	__u32 pinned; /* of them, pages that do not move; counted in movable sections only */
	__u32 reserved;
	char why[48]; /* what holds the first of those */
};

struct fsw_ioc_memory {
	__u32 size;
	__u32 count;	 /* sections from 0 on, at most so many; becomes how many there are */
	__u64 sections;	 /* pointer to struct fsw_ioc_section[count] */
	__u64 total;	 /* bytes: MemTotal */
	__u64 available; /* bytes: MemAvailable */
	__u64 reserve;	 /* bytes: this instance gives nothing that would leave less available */
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

/*
 * The firmware: can it be replaced, and if not, is it known what it overwrites at a reset?
 * With FSW_FIRMWARE_PROBE: find out. Memory is filled with a pattern and the board is reset: this
 * instance, which must be the master and alone, starts anew. Returns only if that failed.
 */
#define FSW_FIRMWARE_PROBE 1   /* find out, else only say what is known */
#define FSW_FIRMWARE_DRY_RUN 2 /* only check whether a probe could begin */

#define FSW_FIRMWARE_OWN 0     /* fsw's bootloader, or not this instance's concern */
#define FSW_FIRMWARE_UNKNOWN 1 /* closed: no other instance may be booted */
#define FSW_FIRMWARE_GIVEN 2   /* closed: the device tree says what it overwrites */
#define FSW_FIRMWARE_PROBED 3  /* closed: a probe has found what it overwrites */

struct fsw_ioc_range {
	__u64 base;
	__u64 size;
};

struct fsw_ioc_firmware {
	__u32 size;
	__u32 flags;
	__u32 firmware; /* FSW_FIRMWARE_OWN to FSW_FIRMWARE_PROBED */
	__u32 count;	/* ranges, at most so many; becomes how many there are */
	__u64 ranges;	/* pointer to struct fsw_ioc_range[count]; may be 0 */
	struct fsw_ioc_result result;
};

#define FSW_IOC_MAGIC 0xf5
#define FSW_IOC_SWITCH _IOWR(FSW_IOC_MAGIC, 1, struct fsw_ioc_switch)
#define FSW_IOC_BOOT _IOWR(FSW_IOC_MAGIC, 2, struct fsw_ioc_boot)
#define FSW_IOC_LOG _IOWR(FSW_IOC_MAGIC, 3, struct fsw_ioc_log)
#define FSW_IOC_FREE _IOWR(FSW_IOC_MAGIC, 4, struct fsw_ioc_free)
#define FSW_IOC_REQUEST _IOWR(FSW_IOC_MAGIC, 5, struct fsw_ioc_request)
#define FSW_IOC_RELEASE _IOWR(FSW_IOC_MAGIC, 6, struct fsw_ioc_release)
#define FSW_IOC_EXIT _IOWR(FSW_IOC_MAGIC, 7, struct fsw_ioc_exit)
#define FSW_IOC_KILL _IOWR(FSW_IOC_MAGIC, 8, struct fsw_ioc_kill)
#define FSW_IOC_MEMORY _IOWR(FSW_IOC_MAGIC, 9, struct fsw_ioc_memory)
#define FSW_IOC_FIRMWARE _IOWR(FSW_IOC_MAGIC, 10, struct fsw_ioc_firmware)

#endif
