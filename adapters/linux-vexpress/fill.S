/* SPDX-License-Identifier: GPL-2.0-only */
/* Fill memory, and reset: copied to a page that is not filled, MMU and caches off. */
#include <linux/linkage.h>

	.syntax	unified
	.arm
	.text

ENTRY(fsw_vexpress_fill)
	adr	r0, fsw_vexpress_fill_words
	ldr	r12, [r0, #28]			@ the pattern
	mov	r11, #2
1:	ldmia	r0!, {r1, r2}			@ from, to: multiples of 32 bytes
2:	cmp	r1, r2
	bhs	3f
	add	r3, r1, r12
	add	r4, r3, #4
	add	r5, r3, #8
	add	r6, r3, #12
	add	r7, r3, #16
	add	r8, r3, #20
	add	r9, r3, #24
	add	r10, r3, #28
	stmia	r1!, {r3-r10}
	b	2b
3:	subs	r11, r11, #1
	bne	1b
	ldmia	r0, {r1-r3}			@ the record, its magic, SYS_CFGDATA
	dsb
	str	r2, [r1]
	dsb
	mov	r2, #0
	str	r2, [r3]
	movw	r2, #0x0000
	movt	r2, #0xc090			@ as fsw_vexpress_reset
	str	r2, [r3, #4]
4:	wfi
	b	4b
ENDPROC(fsw_vexpress_fill)

	.globl	fsw_vexpress_fill_words
fsw_vexpress_fill_words:
	.space	32
	.globl	fsw_vexpress_fill_end
fsw_vexpress_fill_end:
