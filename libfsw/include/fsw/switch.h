/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The switch state machine: what an adapter calls, in the order in which it calls it. docs/design.md has the picture.
 *
 *   request        fsw_switch() fsw_boot() fsw_claim() fsw_terminate()     MMU on, before the OS suspends
 *   pre-operation  fsw_arm()                                               MMU on, last thing before the hand-over
 *   hand-over      fsw_handover()                                          MMU and caches off
 *   post-operation fsw_acknowledge()                                       MMU on, first thing after any resume
 *
 * Each phase refuses by an error and leaves the asker running; fsw_acknowledge() brings every failure back to it. Where an asker is
 * named, SWITCH_WORD and NOT_READY are possible too, and OPERATION_CRC where an operation is in progress.
 */
#ifndef FSW_SWITCH_H
#define FSW_SWITCH_H

#include "cmm.h"
#include "instance.h"
#include "sar.h"

FSW_BEGIN_DECLS

/* The state of the whole, for those who only look. Errors: SWITCH_WORD, OPERATION_CRC. */
struct fsw_status {
	uint32_t running;		       /* 0: none */
	uint32_t phase;			       /* FSW_PHASE_* */
	const struct fsw_operation *operation; /* in force, or the last one when idle */
};
int fsw_status(struct fsw_area *area, struct fsw_status *status);

/*
 * Set a formatted area up as instance 1, the master, which then is the running instance: its load record and the map (SPEC section 3).
 * The last store makes it count; interrupted before, the area is as formatted. Errors: ARGUMENT (name without end), READY,
 * OUTSIDE (its base is past the map), RANGES.
 */
int fsw_master(struct fsw_area *area, const struct fsw_load *load, const struct fsw_memory *memory);

/*
 * Prepare sections for a boot of `target` (empty; SPEC section 4.1): `contiguous` ones from physical address `start` (FSW_ANYWHERE: the
 * lowest run that fits) and further ones above it up to `total`; free ones first, then the asker's movable ones. Then, until it returns
 * 0: fsw_free_next() names a section to off-line; do it and call fsw_cmm_offline(). At the end fsw_free_commit() makes all of them the
 * target's. If one cannot be freed: until fsw_free_undo() returns 0 on-line what it names, with fsw_cmm_online(); then fsw_cancel().
 * Nothing else can be asked for meanwhile. *cursor starts at 0 and is the section named; call again with it as it is, or with one
 * more to pass over a section.
 * Errors: ARGUMENT, NOT_RUNNING, BUSY, IN_USE, OUTSIDE, ALIGNMENT, CONTIGUOUS (fault.index: first section in the way, of the run at
 * `start`), NOT_ENOUGH (fault.index: how many there are), ENTRY_CHECK; then NO_OPERATION; UNFINISHED for a commit with sections
 * not yet off-line.
 */
#define FSW_ANYWHERE (~(uint64_t)0)
int fsw_free(struct fsw_area *area, uint32_t asker, uint32_t target, uint64_t start, uint32_t contiguous, uint32_t total);
int fsw_free_next(struct fsw_area *area, uint32_t asker, uint32_t *cursor);
int fsw_free_undo(struct fsw_area *area, uint32_t asker, uint32_t *cursor);
int fsw_free_commit(struct fsw_area *area, uint32_t asker);

/*
 * Ask for a switch to a sleeping instance, or for a boot of a loaded one (flags: FSW_FLAG_DIRECT). The target is checked whole.
 * Errors: NOT_RUNNING, BUSY, ARGUMENT, SELF, EMPTY, STATE, those of fsw_instance_get().
 */
int fsw_switch(struct fsw_area *area, uint32_t asker, uint32_t target);
int fsw_boot(struct fsw_area *area, uint32_t asker, uint32_t target, uint32_t flags);

/* Sections named one by one, for the kernel to act on */
struct fsw_walk {
	uint32_t section; /* the one just named */
	uint32_t missing; /* how many are still wanted; COLLECT: released ones not yet taken */
	uint32_t named;	  /* the library's: section was named and its fate is not yet counted */
};

/*
 * Memory for the asker (SPEC section 6): `count` sections, any above its base, or exactly those from physical address `from`.
 * fsw_want() checks the wish and counts what is to be had: on return want->walk.missing is count, less what the asker has already of exact
 * ones. fsw_want_free() then names, until it returns 0, a free section to on-line: do it and call fsw_cmm_online(). If want->walk.missing
 * is still positive, fsw_claim() starts a claim round for the rest.
 * Errors: ARGUMENT (count 0), NOT_RUNNING, ALIGNMENT, OUTSIDE, BELOW_BASE; fsw_claim(): BUSY, NOBODY (no sleeper), NOTHING
 * (no sleeper's section qualifies).
 */
struct fsw_want {
	uint32_t first; /* sections [first, limit) qualify */
	uint32_t limit;
	struct fsw_walk walk; /* missing is up to date when fsw_want_free() has returned 0 */
};
int fsw_want(struct fsw_area *area, uint32_t asker, uint32_t count, uint64_t from, struct fsw_want *want);
int fsw_want_free(struct fsw_area *area, uint32_t asker, struct fsw_want *want);
int fsw_claim(struct fsw_area *area, uint32_t asker, const struct fsw_want *want);

/*
 * The asker, a guest, leaves for good: its parent (else its parent, and so on; else the most recent sleeper) gets its sections.
 * Errors: NOT_RUNNING, MASTER, BUSY, NOBODY.
 */
int fsw_terminate(struct fsw_area *area, uint32_t asker);

/*
 * Take everything from an instance that does not run, and empty its page. Its sections are then the asker's, AVAILABLE and CLAIMED:
 * on-line each one (fsw_match_claimed()) with fsw_cmm_online(), or give it back with fsw_cmm_offline().
 * Its children become children of its parent. Also undoes a fsw_load() or fsw_free_commit(). Errors: NOT_RUNNING, BUSY, ARGUMENT, SELF, MASTER, EMPTY
 * (it has neither page nor sections), ENTRY_CHECK.
 */
int fsw_kill(struct fsw_area *area, uint32_t asker, uint32_t victim);

/*
 * Take the operation back before the hand-over, when the OS could not suspend or the user changed their mind. Marks are cleared.
 * A visited sleeper may call it too if it can not suspend again: the requester then sleeps on. Errors: NOT_RUNNING, NO_OPERATION
 * (also: the machine has changed hands).
 */
int fsw_cancel(struct fsw_area *area, uint32_t asker);

/*
 * Pre-operation: `self` is about to give the machine away on core `core`; note where it resumes. Returns 1 when a hand-over is due, 0
 * for a plain suspend (nothing was asked for; nothing is stored). Where the area has a map of cores, all others must be PARKED; `core`
 * is the boot core then. Errors: NOT_RUNNING; CORE_STATE (another core is RUNNING), CORE_LOST, CORE_WORD, CORE_VALUE: fault names the core.
 */
int fsw_arm(struct fsw_area *area, uint32_t self, uint32_t core, uint64_t address, uint64_t argument);

/* What the hand-over needs; `port` is ignored outside a host build */
struct fsw_handover {
	const struct fsw_port *port;
	struct fsw_segments table; /* the platform's mandatory resume registers */
	uint32_t core;		   /* the core that runs this */
};

/* Where to go. The first four argument registers of the boot protocol or, after a resume, argument[0]. */
struct fsw_jump {
	uint64_t address;
	uint64_t argument[4];
};

FSW_ASSERT_AT(fsw_jump, address, FSW_JUMP_ADDRESS);
FSW_ASSERT_AT(fsw_jump, argument, FSW_JUMP_ARGUMENTS);

/*
 * Hand-over subset: safe with MMU and caches off, position independent, `area` at its physical address. The last code of the suspend or,
 * where a ROM restores state, the first of the resume. Saves the leaving instance's registers, verifies the target before anything is
 * given away, commits with one store, loads the target's registers. Returns FSW_GO_*; or an error, after which the caller resumes the
 * leaving instance as from a plain suspend and fsw_acknowledge() tells it why. HEADER_CRC and SWITCH_WORD store nothing: there is no
 * area to store it in; the next call finds the same.
 */
int fsw_handover(void *area, const struct fsw_handover *in, struct fsw_jump *jump);

/*
 * Hand-over subset: enter what fsw_recover() advised to resume or boot. Returns FSW_GO_JUMP. On error the instance is marked dead (cause
 * REFUSED): call fsw_recover() again for the next in order. NO_OPERATION (nothing waits for a start) and errors of the area itself
 * (HEADER_CRC, SWITCH_WORD, OPERATION_CRC, OPERATION) mark no one.
 */
int fsw_start(void *area, const struct fsw_handover *in, struct fsw_jump *jump);

enum fsw_result {
	FSW_RESULT_PLAIN = 1,	 /* no operation: a plain suspend and resume */
	FSW_RESULT_DONE = 2,	 /* acknowledged: `self` was switched to or booted; `other` is who left */
	FSW_RESULT_UNDONE = 3,	 /* the operation did not take place; `error` says why */
	FSW_RESULT_VISIT = 4,	 /* a claim round visits `self`: see fsw_visit_next() */
	FSW_RESULT_PASS = 5,	 /* a claim round goes on: call fsw_pass(), then suspend again */
	FSW_RESULT_COLLECT = 6,	 /* the claim round of `self` is over: see fsw_collect_next() */
	FSW_RESULT_INHERIT = 7,	 /* `other` ended; its sections are `self`'s, marked CLAIMED as after fsw_kill() */
	FSW_RESULT_SURVIVED = 8, /* resumed after a reset; `other` died (0: no one); `undone` is the mode that was interrupted.
				  * There may be CLAIMED sections to on-line, as with INHERIT. */
};

struct fsw_outcome {
	enum fsw_result result;
	int error; /* UNDONE: why, negative */
	uint32_t other;
	uint32_t undone;
	struct fsw_walk walk; /* VISIT, COLLECT */
};

/*
 * Post-operation: tell the area that `self` runs, and be told what happened. Call it on the boot core, once no other core of this instance
 * can enter the hand-over (seed 001, 06/09: the mode was reset while a secondary still came). Errors: NOT_RUNNING.
 */
int fsw_acknowledge(struct fsw_area *area, uint32_t self, struct fsw_outcome *outcome);

/*
 * VISIT: the next section to off-line: 1 and outcome->walk.section, or 0 when enough is released or no more can be. After a success call
 * fsw_cmm_offline(); after a failure just go on. Errors: NO_OPERATION, ENTRY_CHECK.
 */
int fsw_visit_next(struct fsw_area *area, uint32_t self, struct fsw_outcome *outcome);

/*
 * VISIT, PASS: choose who is next: 1: suspend again and hand over; 0: the requester itself runs (fsw_acknowledge() says COLLECT).
 * Order: SPEC section 6. Unreachable sleepers are noted in the operation's skipped bits. Errors: NO_OPERATION.
 */
int fsw_pass(struct fsw_area *area, uint32_t self);

/*
 * COLLECT: the next released section to on-line: 1 and outcome->walk.section; then fsw_cmm_online(). 0 when there is none.
 * fsw_collect_end() clears all marks and ends the operation. Errors: NO_OPERATION, ENTRY_CHECK.
 */
int fsw_collect_next(struct fsw_area *area, uint32_t self, struct fsw_outcome *outcome);
int fsw_collect_end(struct fsw_area *area, uint32_t self);

FSW_END_DECLS

#endif
