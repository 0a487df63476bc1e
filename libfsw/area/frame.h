/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What opening and recovering share. Internal. */
#ifndef FSW_AREA_FRAME_H
#define FSW_AREA_FRAME_H

#include "../core/core.h"

/* Is the geometry within its limits? The same with its offsets, and the size of it all. Errors, positive: those of fsw_area_size() but ARGUMENT. */
enum fsw_error fsw__layout(const struct fsw_geometry *geometry, struct fsw_geometry *layout, uint32_t *size);

/* All of fsw_open() but the instance pages. */
int fsw__open_frame(struct fsw_area *area, void *memory, size_t length, const struct fsw_port *port);

#endif
