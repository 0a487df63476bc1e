/* SPDX-License-Identifier: GPL-2.0-only */
/* Code that runs at physical addresses: only those of these functions are used. */
#ifndef FSW_VEXPRESS_ENTRY_H
#define FSW_VEXPRESS_ENTRY_H

#include <linux/types.h>

void fsw_vexpress_leave(void);
void fsw_vexpress_resume(void);
void fsw_vexpress_reset(void);

/* Copied away, the words filled in: what to fill (twice), record, magic, SYS_CFGDATA, pattern */
extern const u8 fsw_vexpress_fill[], fsw_vexpress_fill_words[], fsw_vexpress_fill_end[];

/* Called: the pen, and cpu_reset() as the identity map has it */
void __noreturn fsw_vexpress_die(phys_addr_t pen, phys_addr_t reset);

#endif
