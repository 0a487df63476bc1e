/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Stands for a kernel, or for the resume code of one, in tests of the bootloader: a zImage header, and code that says on the serial console what
 * it was entered with. Runs wherever it was put, is linked at 0. -DEND=... is what it does then, -DPAYLOAD=... what it puts into memory before:
 * address, bytes, that many bytes (a multiple of 4), and so on until the bytes are 0. -DFILL: before that, it fills RAM.
 */
#include <fsw/format.h>

#define HANG 0
#define UNDEFINED 1
#define SUPERVISOR 2
#define PREFETCH 3
#define DATA 4
#define INTERRUPT 6
#define FAST 7
#define RESET 8
#define CORES 9
#define GUARDED 10

	.arm
	.text
	.globl	start
start:
	.rept	8
	nop
	.endr
	b	begin
	.word	0x016f2818	@ magic
	.word	0		@ start and end
	.word	end - start
	.word	0x04030201
begin:
	mov	r11, r0
	mov	r10, r1
	mov	r9, r2
	mrs	r8, cpsr
	adr	r4, text_entered
	bl	puts
	adr	r4, start		@ where it lies
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
	ldr	r4, led
	ldr	r4, [r4]
	bl	hex
	adr	r4, text_end
	bl	puts

#ifdef FILL
	/* each word of RAM behind this image is its address, but for the section of the fsw area */
	adr	r0, start
	add	r0, r0, #0x200000
	ldr	r1, =0x9f000000
1:	mov	r2, r0
	add	r3, r0, #4
	stmia	r0!, {r2, r3}
	cmp	r0, r1
	blo	1b
#endif
#ifdef PAYLOAD
	ldr	r0, payload_at
	adr	r1, start
	add	r0, r0, r1
1:	ldmia	r0!, {r1, r2}
	cmp	r2, #0
	beq	3f
2:	ldr	r3, [r0], #4
	str	r3, [r1], #4
	subs	r2, r2, #4
	bne	2b
	b	1b
3:	adr	r4, text_put
	bl	puts
#endif

	/* what can be recognised in a list of registers */
	ldr	r5, =0x55555555
	ldr	r6, =0x66666666
#if END == UNDEFINED
	udf	#0
#elif END == SUPERVISOR
	svc	#0
#elif END == PREFETCH
	bkpt	#0
#elif END == DATA
	mrc	p15, 0, r0, c1, c0, 0
	orr	r0, r0, #2		@ alignment faults
	mcr	p15, 0, r0, c1, c0, 0
	isb
	ldr	r0, =0x60000001
	ldr	r0, [r0]
#elif END == INTERRUPT || END == FAST
	ldr	r0, gic
	mov	r1, #1
	str	r1, [r0, #0x1000 - 0x100]	@ distributor
	mov	r2, #0xff
	str	r2, [r0, #4]
#if END == FAST
	mov	r1, #9			@ what is secure comes as FIQ
#endif
	str	r1, [r0]
	dsb
	cpsie	if
	ldr	r1, =0x02000000		@ interrupt 0, to whom asks
	add	r0, r0, #0x1e00
	str	r1, [r0]
	dsb
#elif END == RESET
	ldr	r0, =0x100000a0
	mov	r1, #0
	str	r1, [r0]
	ldr	r1, =0xc0900000
	str	r1, [r0, #4]
#elif END == CORES
	/* first what the board's own pen would follow, but that of the area not; then an order for each, and an interrupt */
	ldr	r0, gic
	mov	r1, #1
	str	r1, [r0, #0x1000 - 0x100]
	ldr	r2, =0x010e0001
	add	r3, r0, #0x1e00
	adr	r1, secondary
	ldr	r0, =0x10000030
	str	r1, [r0]
	dsb
	str	r2, [r3]
	bl	pause
	adr	r4, text_now
	bl	puts
	ldr	r4, =0x9f000000
	ldr	r0, [r4, #FSW_HEADER_CORES_OFFSET]
	add	r4, r4, r0
	add	r4, r4, #FSW_CORES_RECORDS
	mov	r0, #3
1:	add	r4, r4, #FSW_CORE_BYTES
	str	r0, [r4, #FSW_CORE_WORD]	@ not what keeps it there
	str	r1, [r4, #FSW_CORE_ADDRESS]
	subs	r0, r0, #1
	bne	1b
	dsb
	str	r2, [r3]
	b	.
secondary:
	mrc	p15, 0, r0, c0, c0, 5
	and	r0, r0, #3
	add	r0, r0, #'0'
	ldr	r6, uart
	str	r0, [r6]
	b	.
pause:	mov	r0, #0x400000
1:	subs	r0, r0, #1
	bne	1b
	bx	lr
text_now:
	.asciz	"NOW:"
	.align	2
#elif END == GUARDED
	/* what cannot be read, then what can: 1, a register that must be as it was, 0 */
	mrc	p15, 0, r0, c1, c0, 0
	orr	r0, r0, #2
	mcr	p15, 0, r0, c1, c0, 0
	isb
	ldr	sp, =0x60010000
	adr	r4, text_returned
	mov	r9, r5
	bl	puts
	ldr	r0, =0x60000001
	mov	r1, #4
	ldr	r2, =0x60008000
	mov	r5, r9
	ldr	ip, =GUARDED_READ
	blx	ip
	mov	r9, r5
	mov	r4, r0
	bl	hex
	mov	r4, r9
	bl	hex
	ldr	r0, =0x60000000
	mov	r1, #4
	ldr	r2, =0x60008000
	ldr	ip, =GUARDED_READ
	blx	ip
	mov	r4, r0
	bl	hex
	adr	r4, text_line
	bl	puts
	b	.
text_returned:
	.asciz	"RETURNED:"
text_line:
	.asciz	"\r\n"
	.align	2
#endif
	b	.

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

	.align	2
uart:	.word	0x10009000
led:	.word	0x10000008
gic:	.word	0x1e000100
#ifdef PAYLOAD
payload_at:
	.word	payload - start
#endif
text_entered:
	.asciz	"KERNEL:"
text_end:
	.asciz	" .\r\n"
text_put:
	.asciz	"PUT\r\n"
	.align	2
	.ltorg
#ifdef PAYLOAD
payload:
	.incbin	PAYLOAD
#endif
	.align	2
end:
