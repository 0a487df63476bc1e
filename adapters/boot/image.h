/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Kernel images and where they go. Shared by whoever loads an instance: the bootloader and the Linux adapters. Freestanding,
 * no allocation, no I/O.
 */
#ifndef FSW_BOOT_IMAGE_H
#define FSW_BOOT_IMAGE_H

#include <fsw/env.h>

/* Why an image is refused, or why the images do not fit. The order is the order of the checks. */
/* clang-format off */
#define FSW_IMAGE_ERRORS(X) \
	X(SHORT,        "kernel image: too short to hold a header") \
	X(ARM64,        "kernel image: for 64-bit ARM") \
	X(X86,          "kernel image: for x86") \
	X(ELF,          "kernel image: an ELF file, a zImage is needed") \
	X(UIMAGE,       "kernel image: wrapped for U-Boot, a plain zImage is needed") \
	X(GZIP,         "kernel image: gzip data, a zImage is needed") \
	X(NO_ZIMAGE,    "kernel image: not a zImage") \
	X(BYTE_ORDER,   "kernel image: big-endian") \
	X(TRUNCATED,    "kernel image: cut short") \
	X(BASE,         "memory: does not begin at a multiple of 128 MiB") \
	X(TOO_LARGE,    "kernel image: too large for this memory") \
	X(INITRD_LARGE, "initrd: too large for this memory") \
	X(TREE_LARGE,   "device tree: too large") \
	X(TREE_BAD,     "device tree: malformed") \
	X(MAP_BAD,      "device tree: cannot be fenced, the memory map is damaged")
/* clang-format on */

#define FSW_IMAGE_ENUM(name, text) FSW_IMAGE_##name,
enum fsw_image_error { FSW_IMAGE_GOOD, FSW_IMAGE_ERRORS(FSW_IMAGE_ENUM) FSW_IMAGE_ERROR_COUNT };

/* One line of text of the negative of such a code. Never NULL. */
const char *fsw_image_text(int error);

#define FSW_IMAGE_HEAD_BYTES 64	       /* what fsw_image_check() must see of the file's beginning, if the file is that long */
#define FSW_IMAGE_TREE_MAX 0x10000     /* bytes of a device tree that is handed in */
#define FSW_IMAGE_TREE_ROOM 0x20000    /* bytes that a completed one may take */
#define FSW_IMAGE_BASE_ALIGN 0x8000000 /* an instance's memory begins at a multiple of this: AUTO_ZRELADDR */

/*
 * Is this the head of an ARM zImage that is whole? `head`: its first min(size, FSW_IMAGE_HEAD_BYTES) bytes; `size`: bytes of the file.
 * 0, or the negative of SHORT to TRUNCATED. Source: Documentation/arm/booting.rst; the header of arch/arm/boot/compressed/head.S.
 */
int fsw_image_check(const void *head, uint64_t size);

/* Physical addresses */
struct fsw_placement {
	uint64_t kernel;
	uint64_t initrd; /* 0: none */
	uint64_t tree;	 /* of FSW_IMAGE_TREE_ROOM bytes, a multiple of 8 */
};

/*
 * Where kernel, initrd and device tree go in the `size` bytes of memory at `base` (what the instance has in one run). The kernel is put where
 * it need not move itself away before it unpacks (32 MiB above the base, lower when there is less memory), all of them within the
 * first 128 MiB, from whose start a zImage derives where it unpacks to; hence the base must be a multiple of them. 0, or the negative
 * of BASE, TOO_LARGE, INITRD_LARGE.
 */
int fsw_image_place(uint64_t base, uint64_t size, uint64_t kernel_bytes, uint64_t initrd_bytes, struct fsw_placement *placement);

#endif
