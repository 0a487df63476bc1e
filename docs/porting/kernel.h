/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What docs/porting.md needs of your kernel and your board. The names are made up; story.c has a make-believe kernel behind them. */
#ifndef KERNEL_H
#define KERNEL_H

#include <fsw/fsw.h>

struct adapter;

/* Memory: really take a section off-line or on-line. 0, or an error of yours. */
int kernel_offline(uint32_t section);
int kernel_online(uint32_t section);

/* Copy into physical memory that this kernel does not use, and clean the caches over it. */
void kernel_copy(uint64_t to, const void *from, uint32_t size);

/*
 * The system's own suspend: freeze, devices, secondary cores, core. Then adapter_enter(), and when the machine is back
 * adapter_resumed(); while that returns 1, again from adapter_enter(), devices still down. 0, or why it could not suspend.
 */
int kernel_suspend(struct adapter *me);

/* Give the machine away: clean the caches, MMU off, fsw_handover(). Returns when this kernel is resumed, whoever did that. */
void kernel_leave(void);

/* Sleep until something wakes this kernel: a plain suspend. */
void kernel_sleep(void);

/* The core that runs this, in a numbering that all instances share (ARM: the affinity bits of MPIDR) */
uint32_t kernel_core(void);

void kernel_say(const char *format, ...);

/* What the library may call; see "The port". */
extern const struct fsw_port kernel_port;

#endif
