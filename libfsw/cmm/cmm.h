/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The map as the state machine uses it: passes and stores without asking the rules. Internal. */
#ifndef FSW_CMM_CMM_H
#define FSW_CMM_CMM_H

#include "../core/core.h"
#include "../include/fsw/cmm.h"

/* The opened entry: below 0x10000 if its check bits are sound. */
uint32_t fsw__entry(const struct fsw_area *area, uint32_t section);

/* One store, not yet persisted. */
void fsw__store_entry(const struct fsw_area *area, uint32_t section, uint32_t entry);

/* Persist the entries of [first, limit). */
void fsw__persist_entries(const struct fsw_area *area, uint32_t first, uint32_t limit);

/* The asker must be the one that runs. Errors: SWITCH_WORD, NOT_READY, NOT_RUNNING. */
int fsw__running(const struct fsw_area *area, uint32_t asker);

/* The same, and no operation is in progress. Errors: also BUSY. */
int fsw__idle(const struct fsw_area *area, uint32_t asker);

/* Are all check bits sound? ENTRY_CHECK, and fault names the first entry where they are not: precedes what must be all or nothing. */
int fsw__map_sound(struct fsw_area *area);

/* Fill the map from what the master knows. Errors: RANGES. */
int fsw__map_fill(struct fsw_area *area, const struct fsw_memory *memory);

/*
 * Passes over [first, limit). An entry with unsound check bits is left as it is, for the next check to name. All persist what they store.
 *  request: mark REQUESTED what is another's movable memory; returns whether there was any
 *  unmark:  clear the marks of an operation; what was marked and free becomes owner's, AVAILABLE (owner 0: stays free)
 *  take:    all that is from's becomes to's, AVAILABLE and CLAIMED
 */
int fsw__map_request(struct fsw_area *area, uint32_t first, uint32_t limit, uint32_t asker);
void fsw__map_unmark(struct fsw_area *area, uint32_t first, uint32_t limit, uint32_t owner);
void fsw__map_take(struct fsw_area *area, uint32_t from, uint32_t to);

/* Number of the first of `count` sections from physical address `start`. Errors: ALIGNMENT, OUTSIDE. */
int fsw__map_run_at(const struct fsw_area *area, uint64_t start, uint32_t count, uint32_t *first);

/* How many of [first, limit) match. */
uint32_t fsw__map_matching(const struct fsw_area *area, uint32_t first, uint32_t limit, struct fsw_match match);

/* The first match at or after *section: 1, and it; 0. ENTRY_CHECK at an unsound one before it. */
int fsw__map_find(struct fsw_area *area, struct fsw_match match, uint32_t limit, uint32_t *section);

#endif
