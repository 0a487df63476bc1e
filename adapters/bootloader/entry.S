/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Where all begins after a reset, by way of the vectors; the pen for all cores but the first. MMU and caches are off, and stay so. */
#include "board.h"

#define MODE_SVC 0x13

	.syntax	unified
	.arm
	.section .vectors.reset, "ax"
	.globl	reset
reset:
	cpsid	aif, #MODE_SVC
	/* Vectors at 0; whatever ran before: no MMU, no caches, no branch prediction. */
	mrc	p15, 0, r0, c1, c0, 0
	bic	r0, r0, #0x3800			@ V, I, Z
	bic	r0, r0, #0x0007			@ C, A, M
	mcr	p15, 0, r0, c1, c0, 0
	mov	r0, #0
	mcr	p15, 0, r0, c12, c0, 0		@ VBAR
	mcr	p15, 0, r0, c7, c5, 0		@ ICIALLU
	mcr	p15, 0, r0, c7, c5, 6		@ BPIALL
	mcr	p15, 0, r0, c8, c7, 0		@ TLBIALL
	isb

	/* The first-level data cache holds anything after a reset, and Linux cleans it before it uses it: into memory. */
	mcr	p15, 2, r0, c0, c0, 0		@ CSSELR
	isb
	mrc	p15, 1, r0, c0, c0, 0		@ CCSIDR
	ubfx	r1, r0, #13, #15		@ last set
	ubfx	r2, r0, #3, #10			@ last way
	and	r3, r0, #7
	add	r3, r3, #4			@ log2 of the line's bytes
	clz	r4, r2				@ where the way goes
1:	mov	r5, r1
2:	lsl	r6, r2, r4
	orr	r6, r6, r5, lsl r3
	mcr	p15, 0, r6, c7, c6, 2		@ DCISW
	subs	r5, r5, #1
	bge	2b
	subs	r2, r2, #1
	bge	1b
	dsb
	isb

	mrc	p15, 0, r0, c0, c0, 5		@ MPIDR
	tst	r0, #3
	bne	pen

	ldr	r1, =BOARD_FLAGS_CLEAR		@ no core leaves the pen for what another kernel wanted
	mvn	r0, #0
	str	r0, [r1]
	ldr	r0, =bss_start
	ldr	r1, =bss_end
	mov	r2, #0
	mov	r3, #0
3:	cmp	r0, r1
	strdlo	r2, r3, [r0], #8
	blo	3b
	ldr	sp, =stack_end
	mov	lr, #0
	ldr	ip, =bootloader
	bx	ip

	/*
	 * Other cores wait for a kernel to wake them as the board's own firmware lets it: an address in the flags register and any interrupt.
	 * What a wake-up was for is looked up in the register only, and after it: an interrupt may come of anything.
	 */
pen:
	ldr	r1, =BOARD_GIC_CPU
	mov	r0, #0xff
	str	r0, [r1, #4]			@ all priorities
	mov	r0, #1
	str	r0, [r1]
	ldr	r2, =BOARD_FLAGS_SET
4:	dsb
	wfi
	ldr	r0, [r2]
	cmp	r0, #0
	bxne	r0
	ldr	r0, [r1, #0x0c]			@ take it and be done with it, else there is no more waiting
	str	r0, [r1, #0x10]
	b	4b
	.ltorg
