/* SPDX-License-Identifier: GPL-2.0-only */
/* Code that runs at physical addresses: only those of these functions are used. */
#ifndef FSW_VEXPRESS_ENTRY_H
#define FSW_VEXPRESS_ENTRY_H

void fsw_vexpress_leave(void);
void fsw_vexpress_resume(void);
void fsw_vexpress_reset(void);

#endif
