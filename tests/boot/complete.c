/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Completes a device tree as the bootloader does: from standard input to standard output. With a word, sections 0 to 7 and 63 are
 * not fenced; with "closed", as the head of a kernel does that a closed firmware started.
 */
#include <stdio.h>
#include <stdlib.h>

#include <libfdt.h>

#include "boot/image.h"
#include "boot/tree.h"
#include "core/core.h"
#include "fsw/fsw.h"

static unsigned char tree[FSW_IMAGE_TREE_ROOM] __attribute__((aligned(8)));
static unsigned char memory[65536] __attribute__((aligned(8)));

int main(int count, char **words)
{
	static const struct fsw_geometry geometry = {
		.base = 0x60000000, .section_shift = 24, .sections = 64, .instances = 8, .page_size = 4096
	};
	static const struct fsw_port port;
	static const struct fsw_range range = { 0x68000000, 0x7dc000 };
	struct fsw_tree what = { 0x60000000, 0x40000000, 0x9f000000, 0x1000000, 0x67000000, 12345, "console=ttyAMA0", 1, NULL, 1 };
	struct fsw_area area;
	size_t size = fread(tree, 1, sizeof(tree), stdin);
	uint32_t i;
	int error = fsw_tree_check(tree, (uint32_t)size);

	if (count > 1 && fsw_format(memory, sizeof(memory), &geometry, &port) == 0 &&
	    fsw_open(&area, memory, sizeof(memory), &port) == 0) {
		what.area = &area;
		for (i = 0; i < 64; i++)
			area.cmm[i] = fsw__guard(i < 8 ? 1 : i == 63 ? FSW_OWNER_SHARED : 2, i);
	}
	if (count > 1 && strcmp(words[1], "closed") == 0) {
		what.area = NULL;
		what.closed = FSW_TREE_CLOSED_PROBED;
		what.excluded = &range;
		what.excluded_count = 1;
	}
	if (!error)
		error = fsw_tree_complete(tree, sizeof(tree), &what);
	if (error) {
		fprintf(stderr, "complete: %s\n", fsw_image_text(error));
		return EXIT_FAILURE;
	}
	return fwrite(tree, fdt_totalsize(tree), 1, stdout) == 1 ? EXIT_SUCCESS : EXIT_FAILURE;
}
