/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "image.h"

#define KIB 1024u
#define MIB 0x100000u

/* arch/arm/boot/compressed/head.S */
#define ZIMAGE_MAGIC_AT 0x24
#define ZIMAGE_START_AT 0x28
#define ZIMAGE_END_AT 0x2c
#define ZIMAGE_ORDER_AT 0x30
#define ZIMAGE_HEADER_BYTES 0x34
#define ZIMAGE_MAGIC 0x016f2818u
#define ZIMAGE_MAGIC_SWAPPED 0x18286f01u
#define ZIMAGE_ORDER_SWAPPED 0x01020304u

#define WINDOW FSW_IMAGE_BASE_ALIGN /* a zImage takes pc, rounded down to this, for the start of memory */
#define ALIGNMENT (64 * KIB)	    /* of the kernel and the initrd */
#define PLACE (32 * MIB)	    /* of the kernel, if there is room */
#define EXPANSION 4		    /* unpacked, a kernel is at most so much larger */
#define WORKSPACE (1 * MIB)	    /* what a zImage uses behind itself while it unpacks */

static const char *const texts[] = {
#define FSW_IMAGE_TEXT(name, text) text,
	"no error", FSW_IMAGE_ERRORS(FSW_IMAGE_TEXT) "unknown error"
};

const char *fsw_image_text(int error)
{
	return texts[error <= 0 && error > -(int)FSW_IMAGE_ERROR_COUNT ? -error : (int)FSW_IMAGE_ERROR_COUNT];
}

/* The head may lie at any address. */
static uint32_t word(const unsigned char *head, uint32_t at)
{
	return (uint32_t)head[at] | (uint32_t)head[at + 1] << 8 | (uint32_t)head[at + 2] << 16 | (uint32_t)head[at + 3] << 24;
}

int fsw_image_check(const void *start, uint64_t size)
{
	const unsigned char *head = (const unsigned char *)start;
	uint32_t magic, first, end, found;

	if (size < ZIMAGE_HEADER_BYTES)
		return -FSW_IMAGE_SHORT;
	first = word(head, 0);
	magic = word(head, ZIMAGE_MAGIC_AT);
	if (size >= FSW_IMAGE_HEAD_BYTES && word(head, 56) == 0x644d5241) /* "ARM\x64" */
		return -FSW_IMAGE_ARM64;
	/* What a kernel for ARM with an EFI stub begins with too; or the jump of a boot sector */
	found = magic == ZIMAGE_MAGIC || magic == ZIMAGE_MAGIC_SWAPPED;
	if (!found && ((first & 0xffff) == 0x5a4d || (first == 0xc00005ea && head[4] == 0x07)))
		return -FSW_IMAGE_X86;
	if (first == 0x464c457f)
		return -FSW_IMAGE_ELF;
	if (first == 0x56190527)
		return -FSW_IMAGE_UIMAGE;
	if ((first & 0xffff) == 0x8b1f)
		return -FSW_IMAGE_GZIP;
	if (!found)
		return -FSW_IMAGE_NO_ZIMAGE;
	if (magic == ZIMAGE_MAGIC_SWAPPED || word(head, ZIMAGE_ORDER_AT) == ZIMAGE_ORDER_SWAPPED)
		return -FSW_IMAGE_BYTE_ORDER;
	first = word(head, ZIMAGE_START_AT);
	end = word(head, ZIMAGE_END_AT);
	if (end < first || end - first < ZIMAGE_HEADER_BYTES)
		return -FSW_IMAGE_NO_ZIMAGE;
	return end - first > size ? -FSW_IMAGE_TRUNCATED : 0;
}

static uint32_t down(uint32_t value)
{
	return value & ~(ALIGNMENT - 1);
}

int fsw_image_place(uint64_t base, uint64_t size, uint64_t kernel_bytes, uint64_t initrd_bytes, struct fsw_placement *placement)
{
	/* Offsets from the base: nothing overflows 32 bits. Above the kernel, from the top down: device tree, initrd */
	uint32_t window = size < WINDOW ? (uint32_t)size : WINDOW;
	uint32_t tree, initrd, kernel, wanted;

	if (base & (WINDOW - 1))
		return -FSW_IMAGE_BASE;
	/* The last kernel that fits: unpacked below, itself, what it works in, the tree */
	if (window < FSW_IMAGE_TREE_ROOM + WORKSPACE + 2 * ALIGNMENT || kernel_bytes > window / EXPANSION)
		return -FSW_IMAGE_TOO_LARGE;
	tree = down(window - FSW_IMAGE_TREE_ROOM);
	wanted = down((uint32_t)kernel_bytes * EXPANSION + ALIGNMENT - 1) + ALIGNMENT;
	if (wanted + (uint32_t)kernel_bytes + WORKSPACE > tree)
		return -FSW_IMAGE_TOO_LARGE;
	if (initrd_bytes > tree)
		return -FSW_IMAGE_INITRD_LARGE;
	initrd = down(tree - (uint32_t)initrd_bytes);
	if (wanted + (uint32_t)kernel_bytes + WORKSPACE > initrd)
		return -FSW_IMAGE_INITRD_LARGE;
	kernel = down(initrd - WORKSPACE - (uint32_t)kernel_bytes);
	if (wanted < PLACE)
		wanted = PLACE;
	placement->kernel = base + (kernel < wanted ? kernel : wanted);
	placement->initrd = initrd_bytes ? base + initrd : 0;
	placement->tree = base + tree;
	return 0;
}
