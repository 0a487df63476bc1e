/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the head of the compressed kernel and the program that it carries know of each other.
 * Included from assembly too.
 */
#ifndef FSW_HEAD_H
#define FSW_HEAD_H

#include "bootloader/board.h"

/* What is to be done, as fsw_head_decide() says */
#define FSW_HEAD_GO_ON 0   /* the kernel's own boot */
#define FSW_HEAD_ENTER 1   /* the image that a boot asked the reset for */
#define FSW_HEAD_PROGRAM 2 /* all else */

#define FSW_HEAD_STACK_BYTES 1024
#define FSW_HEAD_JUMP_BYTES 40 /* struct fsw_jump */

#ifndef __ASSEMBLER__
#include <fsw/fsw.h>

/* head.S calls it: what an area is there, and where the kernel was given its device tree */
int fsw_head_decide(void *area, const void *tree, struct fsw_jump *jump);

/* subset.c: is there the header of an area, whole? */
int fsw_head_sound(const void *area);

FSW_ASSERT(sizeof(struct fsw_jump) == FSW_HEAD_JUMP_BYTES, "head.S has room for it on its stack");
#endif

#endif
