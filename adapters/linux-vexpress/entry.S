/* SPDX-License-Identifier: GPL-2.0-only */
/* The first and last instructions of this kernel on Versatile Express, MMU and caches off. */
#include <linux/linkage.h>
#include "leave.h"

	.syntax	unified
	.arm
	.text

/* soft_restart() brings nothing but our own address: what leave needs is found from the pc. */
ENTRY(fsw_vexpress_leave)
	adr	r1, 1f
	ldr	r0, [r1]
	add	r0, r0, r1
	b	leave
1:	.long	fsw_vexpress_leaving - .
ENDPROC(fsw_vexpress_leave)

/* Whoever hands over to this kernel jumps here. Note when, then go on as after any suspend. */
ENTRY(fsw_vexpress_resume)
	adr	r1, 2f
	ldr	r0, [r1]
	add	r0, r0, r1
	ldr	r1, [r0, #LEAVE_CLOCK]
	ldr	r1, [r1]
	str	r1, [r0, #LEAVE_BYTES]		@ struct vexpress_leaving: came
	b	cpu_resume
2:	.long	fsw_vexpress_leaving - .
ENDPROC(fsw_vexpress_resume)

/* System reset, memory kept (V2M-P1 TRM: SYS_CFGDATA, SYS_CFGCTRL function 9, reboot). */
ENTRY(fsw_vexpress_reset)
	adr	r1, 3f
	ldr	r0, [r1]
	add	r0, r0, r1
	ldr	r1, [r0, #LEAVE_BYTES + 4]	@ struct vexpress_leaving: config
	mov	r2, #0
	str	r2, [r1]			@ SYS_CFGDATA
	movw	r2, #0x0000
	movt	r2, #0xc090
	str	r2, [r1, #4]			@ SYS_CFGCTRL
4:	wfi
	b	4b
3:	.long	fsw_vexpress_leaving - .
ENDPROC(fsw_vexpress_reset)

/*
 * A core but the boot core, MMU on, identity map in force: r0 the pen, r1 cpu_reset(). Between the
 * first step and the last no memory is used: what is in the caches of this core goes out of them.
 */
ENTRY(fsw_vexpress_die)
	cpsid	aif
	mov	r8, r0
	mov	r12, r1
	mrc	p15, 0, r0, c1, c0, 0		@ SCTLR
	bic	r0, r0, #0x4			@ C
	mcr	p15, 0, r0, c1, c0, 0
	isb
	bl	v7_flush_dcache_louis		@ leaves r8 and r12
	clrex
	mrc	p15, 0, r0, c1, c0, 1		@ ACTLR
	bic	r0, r0, #0x40			@ SMP: Cortex-A9 TRM 4.3.10
	mcr	p15, 0, r0, c1, c0, 1
	isb
	dsb
	mov	r0, r8
	mov	r1, #0
	bx	r12
ENDPROC(fsw_vexpress_die)
