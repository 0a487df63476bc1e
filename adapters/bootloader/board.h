/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The board: QEMU's vexpress-a9, Versatile Express with the A9x4 core tile. All that another board changes is here, in console.c (its UART)
 * and in the names of the two memories in bootloader.ld.
 */
#ifndef FSW_BOOTLOADER_BOARD_H
#define FSW_BOOTLOADER_BOARD_H

#define BOARD_NAME "vexpress-a9"

/* NOR flash 0: this program, seen at 0 after a reset; NOR flash 1: the boot volume */
#define BOARD_FLASH 0x40000000
#define BOARD_FLASH_ALIAS 0x00000000
#define BOARD_VOLUME 0x44000000
#define BOARD_FLASH_BYTES 0x04000000

/* Static RAM: all this program writes, but for the fsw area and, on a cold start, the images of one instance */
#define BOARD_SRAM 0x48000000
#define BOARD_SRAM_BYTES 0x02000000

/* RAM, and the shared section that holds the fsw area at its start */
#define BOARD_RAM 0x60000000
#define BOARD_RAM_BYTES 0x40000000
#define BOARD_SECTION_SHIFT 24
#define BOARD_SECTIONS (BOARD_RAM_BYTES >> BOARD_SECTION_SHIFT)
#define BOARD_INSTANCES 8
#define BOARD_PAGE_BYTES 4096
#define BOARD_CARVE 0x9f000000
#define BOARD_CARVE_BYTES 0x01000000

/* The program that a kernel carries where the firmware is closed: in the shared section above the area, its stack and buffers too */
#define BOARD_PROGRAM 0x9f100000
#define BOARD_PROGRAM_BYTES 0x00100000

/* System registers */
#define BOARD_SYS 0x10000000
#define BOARD_FLAGS_SET (BOARD_SYS + 0x30)
#define BOARD_FLAGS_CLEAR (BOARD_SYS + 0x34)
#define BOARD_CLOCK (BOARD_SYS + 0x5c)
#define BOARD_CLOCK_KHZ 24000
#define BOARD_CONFIG_DATA (BOARD_SYS + 0xa0)
#define BOARD_CONFIG_CONTROL (BOARD_SYS + 0xa4)
#define BOARD_CONFIG_REBOOT 0xc0900000

#define BOARD_UART 0x10009000
#define BOARD_UART_CLOCK 24000000
#define BOARD_BAUD 115200

/* Snoop control unit: bits 0 and 1 of its configuration are the number of the last core */
#define BOARD_SCU_CONFIG 0x1e000004

/* Interrupt controller: its interface for the core that asks, and its distributor */
#define BOARD_GIC_CPU 0x1e000100
#define BOARD_GIC_DIST 0x1e001000

/*
 * What the saved registers of a sleeper may be written to, { address, width, bytes }: any device register of the mother board or beside
 * the cores, never memory.
 */
#define BOARD_SEGMENTS                \
	{ 0x10000000, 4, 0x20000 },   \
	{                             \
		0x1e000000, 4, 0x2000 \
	}

#endif
