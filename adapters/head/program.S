/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where the program begins that the head of the compressed kernel starts, by way of its vectors: as
 * a function: r0 the device tree, r1 to r3 where the kernel's image begins, where what was loaded of
 * it ends, and where it ends itself. It returns the device tree to go on with, or does not return.
 * The rest is the bootloader's.
 */
	.syntax	unified
	.arm
	.text
	.globl	reset
reset:
	push	{r4-r11, lr}
	mrc	p15, 0, r4, c12, c0, 0		@ VBAR
	mrc	p15, 0, r5, c1, c0, 0		@ SCTLR
	push	{r3-r5}
	mov	r8, r3
	ldr	r3, =vectors
	bic	r6, r5, #0x2000			@ V
	bic	r6, r6, #0x40000000		@ exceptions in Thumb
	mcr	p15, 0, r3, c12, c0, 0
	mcr	p15, 0, r6, c1, c0, 0
	isb
	mov	r6, #0
	mov	r7, #0
	ldr	r3, =bss_start
	ldr	r4, =bss_end
1:	cmp	r3, r4
	strdlo	r6, r7, [r3], #8
	blo	1b
	ldr	r3, =caller
	str	sp, [r3]
	ldr	sp, =stack_end
	mov	r3, r8
	mov	lr, #0
	ldr	ip, =program
	blx	ip

	/* void program_return(uint32_t tree), from wherever */
	.globl	program_return
	.type	program_return, %function
program_return:
	ldr	r3, =caller
	ldr	sp, [r3]
	pop	{r3-r5}
	mcr	p15, 0, r5, c1, c0, 0
	mcr	p15, 0, r4, c12, c0, 0
	isb
	pop	{r4-r11, pc}
	.ltorg

	.bss
	.align	2
caller:	.space	4

	/* Nobody made the names of functions for exception.c: the end of none. */
	.section .rodata, "a"
	.globl	symbols
symbols:
	.hword	0xffff
