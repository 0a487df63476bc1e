/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The running kernel: /dev/fsw and the files around it. All that this tool asks of the system it runs in goes through here. */
#ifndef FSWCTL_DEVICE_H
#define FSWCTL_DEVICE_H

#include <stddef.h>

#include <uapi/fsw.h>

#include "say.h"

#define DEVICE_PROGRESS "/sys/class/misc/fsw/progress"
#define DEVICE_SECTION_SIZE "/sys/class/misc/fsw/section_size"
#define DEVICE_DRIVERS "/sys/kernel/debug/fsw/devices"
#define DEVICE_DEBUG "/sys/kernel/debug"
#define DEVICE_CMDLINE "/proc/cmdline"

/* A descriptor of /dev/fsw, or -1 with the reason in `problem`. */
int device_open(struct problem *problem);

/* One ioctl: 0 or an errno. Ctrl-C ends it with EINTR, not the program, so that what came of it can be told. */
int device_ask(int device, unsigned long request, void *argument);

/* A small text file, NUL-terminated, the last line's end cut off: its length, or the negative of an errno. */
long device_text(const char *path, char *text, size_t room);

/* Release of the kernel we run on */
const char *device_release(void);

#endif
