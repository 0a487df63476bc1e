/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The last code of an instance on ARMv7: hand the machine over, or keep it. Entered with MMU, caches and interrupts off, in SVC mode, at
 * its physical address; r0 = physical address of struct leave. Everything is reached relative to pc or r4. Does not return. It can be
 * part of Linux or of a freestanding image: it needs no literal pool, no relocation but the call, and no stack of the caller's.
 */
#include <fsw/format.h>
#include "leave.h"

	.syntax	unified
	.arm
	.text
	.globl	leave
	.type	leave, %function
leave:
	mov	r4, r0
	ldr	r1, [r4, #LEAVE_CLOCK]
	cmp	r1, #0
	ldrne	r2, [r1]			@ what the hand-over took counts from here
	ldrne	r3, [r4, #LEAVE_STAMP]
	strne	r2, [r3]
	mrc	p15, 0, r1, c0, c0, 5		@ MPIDR: another core than the one that armed it passes by
	and	r1, r1, #0xff
	str	r1, [r4, #LEAVE_IN + LEAVE_IN_CORE]
	add	sp, r4, #512		@ the top of the stack; in two steps, an immediate has eight bits
	add	sp, sp, #LEAVE_BYTES - 512
	ldr	r0, [r4, #LEAVE_AREA]
	add	r1, r4, #LEAVE_IN
	add	r2, r4, #LEAVE_JUMP
	bl	fsw_handover

	/* Code may have been written since the last instruction fetch from there, and the predictor knows another kernel. */
	mov	r3, #0
	mcr	p15, 0, r3, c7, c5, 0		@ ICIALLU
	mcr	p15, 0, r3, c7, c5, 6		@ BPIALL
	dsb
	isb
	cmp	r0, #FSW_GO_JUMP
	beq	jump
	cmp	r0, #FSW_GO_RESET
	ldreq	ip, [r4, #LEAVE_RESET]
	/* GO_ON, or an error: fsw_acknowledge() will say which. */
	ldrne	ip, [r4, #LEAVE_RESUME]
	ldr	r0, [r4, #LEAVE_ARGUMENT]
	bx	ip
jump:
	/* struct fsw_jump: address, argument[4], of 64 bits each; the low words serve */
	ldr	ip, [r4, #LEAVE_JUMP + FSW_JUMP_ADDRESS]
	ldr	r0, [r4, #LEAVE_JUMP + FSW_JUMP_ARGUMENTS]
	ldr	r1, [r4, #LEAVE_JUMP + FSW_JUMP_ARGUMENTS + 8]
	ldr	r2, [r4, #LEAVE_JUMP + FSW_JUMP_ARGUMENTS + 16]
	ldr	r3, [r4, #LEAVE_JUMP + FSW_JUMP_ARGUMENTS + 24]
	bx	ip
	.size	leave, . - leave
