/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Cores as the rest of the library uses them. Internal. */
#ifndef FSW_AREA_CORES_H
#define FSW_AREA_CORES_H

#include "../core/core.h"
#include "../include/fsw/cores.h"

/* Every core is with whoever started the machine: PARKED, not arrived, no order. Can be done again from the start. */
void fsw__cores_reset(const struct fsw_area *area);

/*
 * The machine is about to change hands on core `core`: every other must be PARKED, and this one is then the boot core. Errors: CORE_WORD,
 * CORE_VALUE, CORE_STATE, CORE_LOST; fault names the core.
 */
int fsw__cores_settled(struct fsw_area *area, uint32_t core);

#endif
