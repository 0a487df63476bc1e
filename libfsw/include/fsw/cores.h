/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The cores that instances share. A core that no instance uses waits in the pen, code of the board in the area's core block, with MMU
 * and caches off, until it is told where to go; docs/porting.md says what that code must do. The record of each core tells whose it is.
 *
 * The boot core, the one that takes the hand-over, is never in the pen meanwhile: its record says PARKED and not arrived, and it belongs
 * to the instance that runs. The block MUST be mapped uncached here: waiting cores look at it with their caches off, and store to it.
 *
 * Every function that takes a core returns ARGUMENT (no such core), CORE_WORD (check bits; or what it stores itself is neither 0 nor its
 * mark) or CORE_VALUE (state or owner that cannot be) and then changes nothing; area->fault names the core.
 */
#ifndef FSW_CORES_H
#define FSW_CORES_H

#include "area.h"

FSW_BEGIN_DECLS

struct fsw_core {
	uint32_t state;	  /* FSW_CORE_* */
	uint32_t owner;	  /* 0 when PARKED */
	uint32_t arrived; /* it waits in the pen */
};

/* One core. Errors: ARGUMENT, CORE_WORD, CORE_VALUE. Source: SPEC section 5; the pen is beyond the seeds. */
int fsw_core_get(struct fsw_area *area, uint32_t core, struct fsw_core *now);

/*
 * `self`, the running instance, takes a core that is PARKED and has arrived: it is RUNNING, and leaves for `address` with `argument` once
 * the caller has sent the event that wakes it. The store that lets it go is the last. Errors: NOT_RUNNING, BUSY (after fsw_arm(), before
 * fsw_acknowledge()); ARGUMENT (also: the low 32 bits of the address are 0), CORE_WORD, CORE_VALUE; CORE_STATE (not PARKED), CORE_AWAY
 * (not in the pen). Source: SPEC section 5, beyond the seeds.
 */
int fsw_core_take(struct fsw_area *area, uint32_t self, uint32_t core, uint64_t address, uint64_t argument);

/*
 * `self` has told its core, RUNNING or LOST, to go to the pen, or takes back the order of fsw_core_take(): PARKED once it is there. Until
 * then CORE_AWAY: call again, or give it up. An order that it has not followed is void from the first call on. For a core PARKED
 * already this says whether it is there. Errors: NOT_RUNNING; ARGUMENT, CORE_WORD, CORE_VALUE; CORE_STATE (another's), CORE_AWAY.
 * Source: SPEC section 5, beyond the seeds.
 */
int fsw_core_park(struct fsw_area *area, uint32_t self, uint32_t core);

/*
 * Its core did not come, to the pen or out of it: LOST, until fsw_core_park() finds it there or a reset brings it back. Errors: NOT_RUNNING;
 * ARGUMENT, CORE_WORD, CORE_VALUE; CORE_STATE (not its own). Source: SPEC section 5, beyond the seeds.
 */
int fsw_core_lost(struct fsw_area *area, uint32_t self, uint32_t core);

FSW_END_DECLS

#endif
