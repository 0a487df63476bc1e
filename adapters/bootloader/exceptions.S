/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The vectors, which stay in force until a kernel has its own, and what they lead to; and what else C cannot say. MMU and caches are off,
 * and stay so.
 */
#define MODE_SVC 0x13
#define MODE_UND 0x1b
#define MODE_SYS 0x1f
#define MASKED 0xc0 /* IRQ and FIQ */

/* struct frame of bootloader.h */
#define FRAME_SP 52
#define FRAME_LR 56
#define FRAME_PC 60
#define FRAME_PSR 64
#define FRAME_KIND 68
#define FRAME_CONTROL 72

	.syntax	unified
	.arm
	.section .vectors, "ax"
	.globl	vectors
vectors:
	b	reset
	b	undefined
	b	supervisor
	b	prefetch
	b	data
	b	hypervisor
	b	interrupt
	b	fast

	.text
	/*
	 * Exceptions. Each of these modes has an sp of its own that nobody uses, but SVC, which is left at once. The frame is in one place:
	 * an exception is the end of whatever ran.
	 */
	.macro	entry name, kind, offset
\name:
	ldr	sp, =exception_frame
	stmia	sp, {r0-r7}
	mov	r7, #\kind
	sub	r5, lr, #\offset
	mrs	r6, spsr
	b	enter
	.endm

	entry	undefined, 1, 4
	entry	prefetch, 3, 4
	entry	hypervisor, 5, 4
	entry	interrupt, 6, 4
	entry	fast, 7, 4
supervisor:
	cpsid	if, #MODE_UND			@ not a register is free, and sp is whose call it was
	ldr	sp, =exception_frame
	stmia	sp, {r0-r7}
	mov	r4, sp
	cpsid	if, #MODE_SVC
	sub	r5, lr, #4
	mrs	r6, spsr
	mov	r7, #2
	mov	r0, r4
	b	enter_at
data:
	ldr	sp, =exception_frame
	stmia	sp, {r0-r7}
	mov	r7, #4
	sub	r5, lr, #8
	mrs	r6, spsr
	/* One that was expected: go on behind it. */
	ldr	r0, =guarded
	ldr	r1, =guarded_end
	cmp	r5, r0
	cmphs	r1, r5
	bls	enter
	ldmia	sp, {r0-r7}
	ldr	lr, =guarded_fault
	movs	pc, lr
enter:
	mov	r0, sp
enter_at:
	/* Thumb instructions that are undefined or call are shorter by two bytes. */
	cmp	r7, #2
	bhi	1f
	tst	r6, #0x20
	addne	r5, r5, #2
1:	/* r0 frame, r5 pc, r6 psr, r7 kind; r8 to r12, sp and lr are those of the mode that was interrupted, user's are system's */
	str	r5, [r0, #FRAME_PC]
	str	r6, [r0, #FRAME_PSR]
	str	r7, [r0, #FRAME_KIND]
	/* A kernel may have switched on what this program does without. */
	mrc	p15, 0, r1, c1, c0, 0
	str	r1, [r0, #FRAME_CONTROL]
	bic	r1, r1, #0x1800
	bic	r1, r1, #0x0007
	mcr	p15, 0, r1, c1, c0, 0
	isb
	and	r1, r6, #0x1f
	cmp	r1, #0x10
	moveq	r1, #MODE_SYS
	orr	r1, r1, #MASKED
	msr	cpsr_c, r1
	add	r2, r0, #32
	stmia	r2, {r8-r12}
	str	sp, [r0, #FRAME_SP]
	str	lr, [r0, #FRAME_LR]
	/* On a stack apart: the other one is looked at. */
	cpsid	aif, #MODE_SVC
	ldr	sp, =stack_start
	ldr	ip, =exception
	blx	ip
	ldr	sp, =stack_end
	mov	lr, #0
	ldr	ip, =prompt
	bx	ip
	.ltorg

	/* int guarded_read(uint32_t address, uint32_t width, uint32_t *value): 0, or 1 when nothing answers there */
	.globl	guarded_read
	.type	guarded_read, %function
guarded_read:
	cmp	r1, #2
guarded:
	ldrblo	r3, [r0]
	ldrheq	r3, [r0]
	ldrhi	r3, [r0]
	dsb
guarded_end:
	str	r3, [r2]
	mov	r0, #0
	bx	lr
guarded_fault:
	mov	r0, #1
	bx	lr

	/* void leave(const struct fsw_jump *jump): address and four arguments of 64 bits each, the low words serve. Does not return. */
	.globl	leave
	.type	leave, %function
leave:
	cpsid	aif, #MODE_SVC
	mov	r4, r0
	mov	r3, #0
	dsb
	mcr	p15, 0, r3, c7, c5, 0		@ ICIALLU: what is jumped to was written as data
	mcr	p15, 0, r3, c7, c5, 6		@ BPIALL
	dsb
	isb
	ldr	ip, [r4]
	ldr	r0, [r4, #8]
	ldr	r1, [r4, #16]
	ldr	r2, [r4, #24]
	ldr	r3, [r4, #32]
	bx	ip

	/* void copy_lines(void *to, const void *from, uint32_t bytes): words, bytes a multiple of 32 */
	.globl	copy_lines
	.type	copy_lines, %function
copy_lines:
	push	{r4-r10, lr}
1:	subs	r2, r2, #32
	ldmiahs	r1!, {r3-r10}
	stmiahs	r0!, {r3-r10}
	bhi	1b
	pop	{r4-r10, pc}
