/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What leave.S needs: in memory of the leaving instance, physically contiguous, cleaned from the caches. All addresses physical. */
#ifndef FSW_ARM_LEAVE_H
#define FSW_ARM_LEAVE_H

#define LEAVE_AREA 0
#define LEAVE_RESUME 4
#define LEAVE_ARGUMENT 8
#define LEAVE_RESET 12
#define LEAVE_CLOCK 16
#define LEAVE_STAMP 20
#define LEAVE_IN 24
#define LEAVE_IN_CORE 12
#define LEAVE_JUMP 40
#define LEAVE_STACK 80
#define LEAVE_BYTES 592

#ifndef __ASSEMBLER__
#include <fsw/fsw.h>

struct leave {
	uint32_t area;		/* the fsw area */
	uint32_t resume;	/* this kernel's own resume code, if it keeps the machine */
	uint32_t argument;	/* for it */
	uint32_t reset;		/* code that resets the board, memory kept; runs with the MMU off */
	uint32_t clock;		/* register of a free-running 32-bit counter that all instances share; 0: none */
	uint32_t stamp;		/* takes its reading: FSW_PAGE_STAMP of this instance's page; unused without a clock */
	struct fsw_handover in; /* table.segment: a physical address too; core is filled in here */
	struct fsw_jump jump;
	uint32_t stack[128];
};

FSW_ASSERT(offsetof(struct leave, area) == LEAVE_AREA, "area moved");
FSW_ASSERT(offsetof(struct leave, resume) == LEAVE_RESUME, "resume moved");
FSW_ASSERT(offsetof(struct leave, argument) == LEAVE_ARGUMENT, "argument moved");
FSW_ASSERT(offsetof(struct leave, reset) == LEAVE_RESET, "reset moved");
FSW_ASSERT(offsetof(struct leave, clock) == LEAVE_CLOCK, "clock moved");
FSW_ASSERT(offsetof(struct leave, stamp) == LEAVE_STAMP, "stamp moved");
FSW_ASSERT(offsetof(struct leave, in) == LEAVE_IN, "in moved");
FSW_ASSERT(offsetof(struct leave, in.core) == LEAVE_IN + LEAVE_IN_CORE, "core moved");
FSW_ASSERT(offsetof(struct leave, jump) == LEAVE_JUMP, "jump moved");
FSW_ASSERT(offsetof(struct leave, stack) == LEAVE_STACK, "stack moved");
FSW_ASSERT(sizeof(struct leave) == LEAVE_BYTES && LEAVE_BYTES % 8 == 0, "the stack ends at a multiple of 8");
#endif

#endif
