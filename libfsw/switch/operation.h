/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The operation in progress. Internal. */
#ifndef FSW_SWITCH_OPERATION_H
#define FSW_SWITCH_OPERATION_H

#include "../cmm/cmm.h"
#include "../include/fsw/switch.h"
#include "../instance/page.h"

/*
 * Write `operation` into the slot not in force, its sequence one more than that of the one in force, and make it count, with owner
 * and phase, by one store.
 */
void fsw__operation_commit(struct fsw_area *area, struct fsw_operation *operation, uint32_t owner, uint32_t phase);

/* A fresh operation of `asker`, who may ask for one: to be filled, then begun. Errors: those of fsw__idle(). */
int fsw__operation_new(const struct fsw_area *area, uint32_t asker, struct fsw_operation *operation);

/* It counts from now on, phase REQUESTED. */
void fsw__operation_begin(struct fsw_area *area, struct fsw_operation *operation, uint32_t mode, uint32_t target);

/*
 * Copy of the operation in force, which must be of this mode (NONE: any). Errors: those of fsw__running(), NO_OPERATION,
 * OPERATION_CRC.
 */
int fsw__operation_of(struct fsw_area *area, uint32_t asker, uint32_t mode, struct fsw_operation *operation);

/* Phase IDLE, the owner stays. */
void fsw__operation_end(struct fsw_area *area);

/* Clear what marks the operation left in the map, and end it; the owner runs. */
void fsw__operation_undo(struct fsw_area *area, const struct fsw_operation *operation);

/* CLAIM: how many sections were released so far. */
uint32_t fsw__claim_released(const struct fsw_area *area, const struct fsw_operation *operation);

/* The last steps of KILL and TERMINATE: `victim` is no more and `heir` has its sections. Done again from the start if interrupted. */
void fsw__inherit(struct fsw_area *area, uint32_t victim, uint32_t heir);

#endif
