/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What leave-armv7.S needs: in memory of the leaving instance, physically contiguous, cleaned from the caches. All addresses physical. */
#ifndef LEAVE_ARMV7_H
#define LEAVE_ARMV7_H

#define LEAVE_AREA 0
#define LEAVE_RESUME 4
#define LEAVE_ARGUMENT 8
#define LEAVE_RESET 12
#define LEAVE_IN 16
#define LEAVE_JUMP 32
#define LEAVE_STACK 72
#define LEAVE_BYTES 584

#ifndef __ASSEMBLER__
#include <fsw/fsw.h>

struct leave {
	uint32_t area;		/* the fsw area */
	uint32_t resume;	/* this kernel's own resume code, if it keeps the machine */
	uint32_t argument;	/* for it */
	uint32_t reset;		/* code that resets the board, memory kept; runs with the MMU off */
	struct fsw_handover in; /* table.segment: a physical address too */
	struct fsw_jump jump;
	uint32_t stack[128];
};

FSW_ASSERT(offsetof(struct leave, in) == LEAVE_IN, "in moved");
FSW_ASSERT(offsetof(struct leave, jump) == LEAVE_JUMP, "jump moved");
FSW_ASSERT(offsetof(struct leave, stack) == LEAVE_STACK, "stack moved");
FSW_ASSERT(sizeof(struct leave) == LEAVE_BYTES && LEAVE_BYTES % 8 == 0, "the stack ends at a multiple of 8");
#endif

#endif
