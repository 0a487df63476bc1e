/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The bytes from assembly: uint32_t sections_of(const void *header), what start-up code may ask before it can call C */
#include <fsw/format.h>

	.text
	.globl	sections_of
	.type	sections_of, %function
sections_of:
#if defined(__x86_64__)
	movl	FSW_HEADER_SECTIONS(%rdi), %eax
	ret
#elif defined(__aarch64__)
	ldr	w0, [x0, #FSW_HEADER_SECTIONS]
	ret
#elif defined(__arm__)
	ldr	r0, [r0, #FSW_HEADER_SECTIONS]
	bx	lr
#else
#error "sections_of.S: no code for this processor: add two lines above"
#endif
	.size	sections_of, . - sections_of
	.section .note.GNU-stack, "", %progbits
