/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Completing a device tree for an instance, by libfdt. Shared by the bootloader and the Linux adapters. */
#ifndef FSW_BOOT_TREE_H
#define FSW_BOOT_TREE_H

#include <fsw/cmm.h>

/* The binding: docs/bindings/fsw,area.yaml */
#define FSW_TREE_COMPATIBLE "fsw,area"
#define FSW_TREE_PREPARED "fsw,prepared" /* nothing is to be done before whom the tree is for starts */
#define FSW_TREE_CLOSED "fsw,closed"	 /* a firmware that cannot be changed; is it known what it overwrites at a reset? */
#define FSW_TREE_CLOSED_UNKNOWN "unknown"
#define FSW_TREE_CLOSED_GIVEN "given"
#define FSW_TREE_CLOSED_PROBED "probed"
#define FSW_TREE_EXCLUDED "fsw,excluded" /* reserved memory that the firmware overwrites at a reset */

struct fsw_tree {
	uint64_t ram_base; /* all RAM of the board, or what the instance can use of it from there on: becomes the one memory node */
	uint64_t ram_size;
	uint64_t carve_base; /* the shared sections that hold the fsw area: reserved, no-map, compatible FSW_TREE_COMPATIBLE */
	uint64_t carve_size;
	uint64_t initrd; /* physical address; size 0: none, and what the tree said of one goes */
	uint64_t initrd_size;
	const char *bootargs;  /* NULL: as they are */
	uint32_t cores;	       /* how many there are: the nodes of others say that they failed; 0: as they are */
	struct fsw_area *area; /* NULL: no fence */
	uint32_t instance;     /* fence every section that is neither this instance's nor shared: reserved-memory without no-map */
	/* What the firmware overwrites, ascending: reserved-memory FSW_TREE_EXCLUDED. None: what the tree says of that stays. */
	uint32_t excluded_count;
	const struct fsw_range *excluded;
	const char *closed; /* FSW_TREE_CLOSED_*; NULL: no closed firmware, or no concern of whom the tree is for */
};

/*
 * Make the flattened tree at `tree` (8-byte aligned), in a buffer of `room` bytes, the one that an instance boots with. What an earlier completion put
 * there (memory, initrd, fences, area node) is replaced. 0, or a negative error of image.h: TREE_BAD (not a device tree, or without what is
 * needed), TREE_LARGE (no room), MAP_BAD. After an error the tree is of no use.
 */
int fsw_tree_complete(void *tree, uint32_t room, const struct fsw_tree *what);

/*
 * Is this (8-byte aligned) a whole device tree of at most FSW_IMAGE_TREE_MAX bytes in a file of `size` bytes? 0, TREE_BAD or TREE_LARGE,
 * negative.
 */
int fsw_tree_check(const void *tree, uint32_t size);

#endif
