/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What opening and recovering share. Internal. */
#ifndef FSW_AREA_FRAME_H
#define FSW_AREA_FRAME_H

#include "../core/core.h"

/* Is the geometry within its limits, and where do its blocks lie? Errors: SECTION_SIZE, SECTIONS, INSTANCES, PAGE_SIZE, BASE. */
struct fsw_layout {
	uint32_t pages_offset;
	uint32_t size;
};
int fsw__layout(const struct fsw_geometry *geometry, struct fsw_layout *layout);

/* All of fsw_open() but the instance pages. */
int fsw__open_frame(struct fsw_area *area, void *memory, size_t length, const struct fsw_port *port);

#endif
