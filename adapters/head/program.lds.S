/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* In the shared section above the area: nothing of it is any instance's. */
#include "bootloader/board.h"

ENTRY(vectors)

SECTIONS
{
	. = BOARD_PROGRAM;
	.text : {
		KEEP(*(.vectors))
		*(.text .text.*)
		text_end = .;
		*(.rodata .rodata.*)
		. = ALIGN(4);
		image_end = .;
	}

	/* A copy of initialised data is the program's, which is loaded anew each time; but none is wanted. */
	.data : { *(.data .data.*) }
	ASSERT(SIZEOF(.data) == 0, "initialised data: make it const, or set it at the start")

	.bss (NOLOAD) : ALIGN(8) {
		bss_start = .;
		*(.bss .bss.* COMMON)
		. = ALIGN(8);
		bss_end = .;
	}
	.keep (NOLOAD) : ALIGN(8) { *(.keep .keep.*) }

	stack_end = BOARD_PROGRAM + BOARD_PROGRAM_BYTES;
	stack_start = stack_end - 0x10000; /* below it: that of exceptions */
	ASSERT(ADDR(.keep) + SIZEOF(.keep) <= stack_start - 0x1000, "no room for the stacks")

	/DISCARD/ : { *(.ARM.attributes) *(.comment) *(.note*) *(.ARM.exidx*) *(.ARM.extab*) *(.got*) }
}
