/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The head of the compressed kernel, right behind the first instructions of
 * arch/arm/boot/compressed/head.S, which falls through to here and goes on behind us. A firmware
 * that can not be changed starts this kernel after each reset; here it is decided whether it is
 * this kernel's turn. MMU and caches off, interrupts off, SVC mode, at whatever address; r7 to r9
 * are head.S's: r8 is the device tree. Nothing is written but to the bss of the compressed kernel,
 * before there is something of fsw's to be found.
 */
#include <fsw/format.h>

#include "head/head.h"

	.syntax	unified
	.arm
	.section .start.entry, "ax"
	.globl	fsw_head
fsw_head:
	/* There may be no memory where the area would be: a look at it must not be the end. */
	mrc	p15, 0, r4, c12, c0, 0		@ VBAR
	mrc	p15, 0, r5, c1, c0, 0		@ SCTLR
	bic	r0, r5, #0x2000			@ V
	bic	r0, r0, #0x40000000		@ exceptions in Thumb
	adr	r1, vectors
	mcr	p15, 0, r1, c12, c0, 0
	mcr	p15, 0, r0, c1, c0, 0
	isb
	movw	r10, #(BOARD_CARVE & 0xffff)
	movt	r10, #(BOARD_CARVE >> 16)
	mov	r6, #1
	ldr	r0, [r10]
	dsb
	b	looked
absent:
	mov	r6, #0
looked:
	mcr	p15, 0, r5, c1, c0, 0
	mcr	p15, 0, r4, c12, c0, 0
	isb
	cmp	r6, #0
	beq	go_on

	adr	r0, 1f
	ldr	sp, [r0]
	add	sp, sp, r0
	sub	sp, sp, #FSW_HEAD_JUMP_BYTES
	mov	r0, r10
	mov	r1, r8
	mov	r2, sp
	bl	fsw_head_decide
	mov	r6, #0
	cmp	r0, #FSW_HEAD_ENTER
	beq	enter
	cmp	r0, #FSW_HEAD_PROGRAM
	bne	go_on

	/* Copy the program to where it belongs; words, a multiple of 32 bytes */
	adr	r0, 2f
	ldmia	r0, {r1, r2}
	add	r1, r1, r0
	add	r2, r2, r0
	movw	lr, #(BOARD_PROGRAM & 0xffff)
	movt	lr, #(BOARD_PROGRAM >> 16)
	mov	r3, lr
	push	{r7-r9}
3:	ldmia	r1!, {r4-r11}
	stmia	r3!, {r4-r11}
	cmp	r1, r2
	blo	3b
	pop	{r7-r9}
	dsb
	mov	r6, #0
	mcr	p15, 0, r6, c7, c5, 0		@ ICIALLU
	mcr	p15, 0, r6, c7, c5, 6		@ BPIALL
	dsb
	isb
	mov	r0, r8
	adr	r4, 4f
	ldmia	r4, {r1-r3}
	add	r1, r1, r4
	add	r2, r2, r4
	add	r3, r3, r4
	mov	ip, lr
	blx	ip
	mov	r8, r0
	b	go_on

enter:
	dsb
	mcr	p15, 0, r6, c7, c5, 0		@ ICIALLU: what is entered was written as data
	mcr	p15, 0, r6, c7, c5, 6		@ BPIALL
	dsb
	isb
	ldr	ip, [sp, #FSW_JUMP_ADDRESS]
	ldr	r0, [sp, #FSW_JUMP_ARGUMENTS]
	ldr	r1, [sp, #FSW_JUMP_ARGUMENTS + 8]
	ldr	r2, [sp, #FSW_JUMP_ARGUMENTS + 16]
	ldr	r3, [sp, #FSW_JUMP_ARGUMENTS + 24]
	bx	ip

	.align	2
1:	.long	fsw_head_stack_end - 1b
2:	.long	fsw_head_program - 2b, fsw_head_program_end - 2b
	/* this image in memory: what was loaded, and what the kernel unpacks with behind it */
4:	.long	_text - 4b, _edata - 4b, fsw_head_stack_end - 4b

	.align	5
vectors:
	b	.
	b	.
	b	.
	b	.
	adr	lr, absent			@ data abort
	movs	pc, lr
	b	.
	b	.

	/* Behind all else of ours: head.S goes on here. */
	.section .start.last, "ax"
go_on:

	.section .rodata
	.align	5
fsw_head_program:
	.incbin	"program.bin"
	.align	5
fsw_head_program_end:

	.section .stack, "aw", %nobits
	.align	3
	.space	FSW_HEAD_STACK_BYTES
	.globl	fsw_head_stack_end
fsw_head_stack_end:
