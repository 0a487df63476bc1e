/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Stands for a kernel in tests of the bootloader: a zImage header and a few instructions that say on the serial console what they were
 * entered with. Assembled with -DEND=how: what it does afterwards.
 */
	.arm
	.text
start:
	.rept	8
	nop
	.endr
	b	begin
	.word	0x016f2818	@ magic
	.word	0		@ start and end; linked at 0
	.word	end - start
	.word	0x04030201
begin:
	mov	r11, r0
	mov	r10, r1
	mov	r9, r2
	mrs	r8, cpsr
	adr	r4, text_entered
	bl	puts
	mov	r4, pc
	sub	r4, r4, #. + 4 - start	@ where the image lies
	bl	hex
	mov	r4, r11
	bl	hex
	mov	r4, r10
	bl	hex
	mov	r4, r9
	bl	hex
	mov	r4, r8
	bl	hex
	mrc	p15, 0, r4, c1, c0, 0
	bl	hex
	ldr	r4, [r9]
	bl	hex
	adr	r4, text_end
	bl	puts
	END

puts:	ldrb	r5, [r4], #1
	cmp	r5, #0
	bxeq	lr
	ldr	r6, uart
	str	r5, [r6]
	b	puts

hex:	mov	r7, #8
	mov	r12, r4
	ldr	r6, uart
	mov	r5, #' '
	str	r5, [r6]
1:	mov	r5, r12, lsr #28
	cmp	r5, #10
	addlo	r5, r5, #'0'
	addhs	r5, r5, #'a' - 10
	str	r5, [r6]
	mov	r12, r12, lsl #4
	subs	r7, r7, #1
	bne	1b
	bx	lr

uart:	.word	0x10009000
text_entered:
	.asciz	"KERNEL:"
text_end:
	.asciz	" .\r\n"
	.align	2
end:
