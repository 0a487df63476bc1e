/* SPDX-License-Identifier: GPL-2.0-only */
/* Code that runs at physical addresses: only those of these functions are used. */
#ifndef FSW_VEXPRESS_ENTRY_H
#define FSW_VEXPRESS_ENTRY_H

#include <linux/types.h>

void fsw_vexpress_leave(void);
void fsw_vexpress_resume(void);
void fsw_vexpress_reset(void);

/* Called: the pen, and cpu_reset() as the identity map has it */
void __noreturn fsw_vexpress_die(phys_addr_t pen, phys_addr_t reset);

#endif
