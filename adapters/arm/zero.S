/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * void fsw_zero(void *at, unsigned long bytes): zero so much. `at` is a multiple of 4, `bytes` of 1024 and not 0. A section has many MiB, and
 * someone waits for it: 32 bytes with each instruction, and a turn of the loop for each KiB.
 */
	.syntax	unified
	.arm
	.text
	.globl	fsw_zero
	.type	fsw_zero, %function
fsw_zero:
	push	{r4-r9, lr}
	mov	r2, #0
	mov	r3, #0
	mov	r4, #0
	mov	r5, #0
	mov	r6, #0
	mov	r7, #0
	mov	r8, #0
	mov	r9, #0
1:
	.rept	32
	stmia	r0!, {r2-r9}
	.endr
	subs	r1, r1, #1024
	bne	1b
	pop	{r4-r9, pc}
	.size	fsw_zero, . - fsw_zero
