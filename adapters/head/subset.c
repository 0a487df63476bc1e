/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The library's hand-over subset once more: for the head, at whatever address it is. */
#include "libfsw/core/crc.c"
#include "libfsw/instance/sar.c"
#include "libfsw/switch/handover.c"

#include "head.h"

/* Of the head, not of the subset, whose size is measured by its section. */
__attribute__((section(".text.sound"))) int fsw_head_sound(const void *area)
{
	const struct fsw_header *header = (const struct fsw_header *)area;

	return header->magic == FSW_AREA_MAGIC && fsw__record_sound(header, sizeof(*header));
}
