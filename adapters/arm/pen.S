/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The pen: where a core waits that no instance uses. Whoever formats or recovers the area copies this to the start of the area's core block,
 * which is at a multiple of 4096, and there it runs: MMU and caches off, on Cortex-A9 (and A5), whose interrupt controller is at a fixed
 * distance from its private registers. A core gets here by a jump, from wherever it was, in SVC mode; it leaves with the argument of its
 * order in r0. No stack, no memory but its own record. The rules it keeps are in docs/porting.md, section 13.
 */
#include <fsw/format.h>

#define GIC_CPU 0x100 /* Cortex-A9 MPCore TRM 1.5: interrupt controller interfaces */
#define GIC_CONTROL 0x00
#define GIC_PRIORITY 0x04
#define GIC_ACKNOWLEDGE 0x0c
#define GIC_END 0x10
#define GIC_RUNNING 0x14 /* priority; 0xff: nothing is active */
#define GIC_LEVELS 32

	.syntax	unified
	.arch	armv7-a
	.arm
	.text
	.globl	fsw_pen
	.type	fsw_pen, %function
fsw_pen:
	cpsid	aif
	adr	r4, fsw_pen
	mrc	p15, 0, r5, c0, c0, 5		@ MPIDR
	and	r5, r5, #0xff
	add	r4, r4, #FSW_CORES_RECORDS
	add	r4, r4, r5, lsl #5		@ its record
	movw	r0, #(FSW_CORE_STEP & 0xffff)
	movt	r0, #(FSW_CORE_STEP >> 16)
	mul	r0, r0, r5
	movw	r6, #(FSW_CORE_HERE & 0xffff)
	movt	r6, #(FSW_CORE_HERE >> 16)
	sub	r6, r6, r0			@ the mark that it is here
	movw	r7, #(FSW_CORE_STAYS & 0xffff)
	movt	r7, #(FSW_CORE_STAYS >> 16)
	sub	r7, r7, r0			@ its word while it belongs to no one

	mrc	p15, 4, r8, c15, c0, 0		@ CBAR: base of the private registers
	add	r8, r8, #GIC_CPU
	mov	r0, #0xff
	str	r0, [r8, #GIC_PRIORITY]		@ any interrupt ends a wait; none is taken
	mov	r0, #1
	str	r0, [r8, #GIC_CONTROL]
	mov	r9, #0

arrive:
	dsb
	str	r6, [r4, #FSW_CORE_ARRIVED]
	dsb
look:
	ldr	r0, [r4, #FSW_CORE_ADDRESS]
	cmp	r0, #0
	beq	wait
	ldr	r1, [r4, #FSW_CORE_WORD]
	cmp	r1, r7
	beq	wait
	/* The mark goes before the second look: who takes an order back takes it away first, and looks at the mark then. */
	str	r9, [r4, #FSW_CORE_ARRIVED]
	dsb
	ldr	r10, [r4, #FSW_CORE_ADDRESS]
	cmp	r10, #0
	beq	arrive
	ldr	r0, [r4, #FSW_CORE_ARGUMENT]
	str	r9, [r4, #FSW_CORE_ADDRESS]	@ it is followed once
	dsb
	mcr	p15, 0, r9, c7, c5, 0		@ ICIALLU: what is there was written as data
	mcr	p15, 0, r9, c7, c5, 6		@ BPIALL
	dsb
	isb
	bx	r10
wait:
	dsb
	wfi
	ldr	r0, [r8, #GIC_ACKNOWLEDGE]	@ an interrupt may come of anything: be done with it, and look
	str	r0, [r8, #GIC_END]
	mov	r10, #GIC_LEVELS
1:	ldr	r0, [r8, #GIC_RUNNING]		@ of an interrupt that a reset cut short the priority may be left
	cmp	r0, #0xff
	beq	arrive
	str	r9, [r8, #GIC_END]
	subs	r10, r10, #1
	bne	1b
	b	arrive				@ who recovers the area again takes all marks away
	.size	fsw_pen, . - fsw_pen
	.globl	fsw_pen_end
fsw_pen_end:
	.if	. - fsw_pen > FSW_CORES_PEN_BYTES
	.error	"the pen is larger than its room in the area"
	.endif
