/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* SAR blobs as the hand-over uses them. Internal. */
#ifndef FSW_INSTANCE_SAR_H
#define FSW_INSTANCE_SAR_H

#include "../core/core.h"
#include "../include/fsw/sar.h"

/* Write the registers of a blob that was just verified. */
void fsw__sar_write(const struct fsw_port *port, const void *blob);

#endif
