/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Instance pages: what is needed to boot, resume, show or reclaim one instance. */
#ifndef FSW_INSTANCE_H
#define FSW_INSTANCE_H

#include "area.h"

FSW_BEGIN_DECLS

#define FSW_MASTER 1

/*
 * May an instance go from one state (FSW_STATE_*) to the other? 1 or 0; any number may be given.
 *
 *            to: empty loaded running sleeping dead
 *   from empty     -     x      x        -      -     running: the master sets the area up
 *       loaded     x     -      x        -      x
 *      running     x     -      -        x      x     empty: it ended itself
 *     sleeping     x     -      x        -      x
 *         dead     x     -      -        -      -
 */
int fsw_state_may(uint32_t from, uint32_t to);

/* "empty", "loaded", "running", "sleeping", "dead"; "unknown" for any other number. Never NULL. */
const char *fsw_state_name(uint32_t state);

/* What fsw_instance_get() gives. Pointers are into the area and valid as long as the instance's state; NULL where no such record is kept. */
struct fsw_instance {
	uint32_t state;
	uint32_t cause;			     /* of death, FSW_CAUSE_* */
	uint32_t parent;		     /* the instance that booted it; 0 for the master */
	const struct fsw_load *load;	     /* not when empty; of the dead only while it is sound */
	const struct fsw_resume *resume;     /* when sleeping */
	const struct fsw_manifest *manifest; /* when loaded (then it is empty), running or sleeping */
	const struct fsw_sar *sar;	     /* when sleeping */
};

/*
 * Check one instance's page and show it. Errors: ARGUMENT (no such id); STATE_WORD, STATE_VALUE, PARENT_WORD, PARENT_VALUE, LOAD_CRC,
 * MANIFEST_CRC, MANIFEST_VALUE, RESUME_CRC, SAR_*: in this order, of the records that its state keeps. fault names the instance.
 */
int fsw_instance_get(struct fsw_area *area, uint32_t id, struct fsw_instance *instance);

/*
 * Fill an empty page for an image that was copied into sections of `id` (FREE, then fsw_free_commit() or fsw_cmm_* gave them to it):
 * state loaded, parent `asker`. base, entry, arguments and name count; the rest is the library's. Errors: ARGUMENT (also: name
 * without end), NOT_RUNNING, BUSY, IN_USE, and those of fsw_cmm_range() for base and entry: both must lie in sections of `id` or in shared ones.
 */
int fsw_load(struct fsw_area *area, uint32_t asker, uint32_t id, const struct fsw_load *load);

/*
 * What `self`, the running instance, will leave on when it suspends, and its OS release. Errors: ARGUMENT (too many, a string without
 * end), NOT_RUNNING.
 */
int fsw_manifest_set(struct fsw_area *area, uint32_t self, const struct fsw_manifest *manifest);

/*
 * Do two instances leave the same devices in the same state? 0, or DEVICES with *device the name and the state in `one` of the first that
 * differs (a device that one does not name counts as off). Errors: those of fsw_instance_get(), STATE (one is empty or dead).
 */
int fsw_manifest_compare(struct fsw_area *area, uint32_t one, uint32_t other, struct fsw_device *device);

/* Timings of the last switch into or out of `self`, the running instance; read back for any. Errors: ARGUMENT, NOT_RUNNING; TIMINGS_CRC. */
int fsw_timings_set(struct fsw_area *area, uint32_t self, const struct fsw_timings *timings);
int fsw_timings_get(struct fsw_area *area, uint32_t id, struct fsw_timings *timings);

/*
 * The hand-over stamp of `id`, 1 to area->instances: reading of the clock that all instances share (the timings' `hz`), stored by the
 * leaving instance's adapter as the last thing before its hand-over. A plain word, no check, informative only: whoever resumes subtracts
 * it, modulo 2^32, to know how long the hand-over took. The library neither reads nor writes it, nor erases it with the page: the heir of
 * an instance that ended itself reads it there. 0 until the first is stored.
 */
static inline uint32_t *fsw_stamp(const struct fsw_area *area, uint32_t id)
{
	return (uint32_t *)(void *)(area->pages + (id - 1) * area->page_size + FSW_PAGE_STAMP);
}

FSW_END_DECLS

#endif
