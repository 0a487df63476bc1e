/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The fsw area: how large, how to make one, how to open one, and what to do after a reset. */
#ifndef FSW_AREA_H
#define FSW_AREA_H

#include "error.h"
#include "format.h"
#include "port.h"

FSW_BEGIN_DECLS

/* Where a check failed. `index` counts sections for ENTRY_* errors, instances for STATE_* to SAR_*, cores for CORE_*; elsewhere it is 0. */
struct fsw_fault {
	int error;
	uint32_t index;
};

/*
 * A handle: plain memory of the caller, one per mapping. Valid from the fsw_open() or fsw_recover() that returned 0 for as long as the
 * mapping. Its members are for reading; `fault` says where the last error of an entry, a page or a core was found.
 */
struct fsw_area {
	const struct fsw_port *port;
	struct fsw_header *header;
	uint32_t *switch_word; /* the result word follows it */
	uint32_t *cmm;
	unsigned char *pages; /* of instance 1 */
	uint32_t sections;
	uint32_t instances;
	uint32_t page_size;
	struct fsw_fault fault;
};

/* What to do after a reset, and why. */
enum fsw_action {
	FSW_ACTION_COLD = 1,   /* nobody can be resumed: start as after power-on (format anew) */
	FSW_ACTION_RESUME = 2, /* fsw_start() enters `instance`, which sleeps */
	FSW_ACTION_BOOT = 3,   /* fsw_start() enters the image of `instance` */
};

enum fsw_why {
	FSW_WHY_NOT_READY = 1, /* formatted, but the master never set it up */
	FSW_WHY_NOBODY = 2,    /* no instance sleeps */
	FSW_WHY_BOOT = 3,      /* a BOOT asked for this reset */
	FSW_WHY_UNDONE = 4,    /* the reset came before the hand-over was final: the requester goes on */
	FSW_WHY_COMPLETED = 5, /* the hand-over was final: its target goes on */
	FSW_WHY_CLAIM = 6,     /* a claim round was cut short: its requester takes what was released */
	FSW_WHY_DIED = 7,      /* the running instance is gone: its parent, or the most recent sleeper, goes on */
};

struct fsw_advice {
	enum fsw_action action;
	enum fsw_why why;
	uint32_t instance;  /* whom to resume or boot; 0 with COLD */
	uint32_t died;	    /* the instance that the reset ended; 0: none */
	uint32_t undone;    /* FSW_MODE_* of the operation that was interrupted; NONE: none */
	uint32_t condemned; /* instances found damaged and marked dead by this call */
};

/*
 * How many bytes an area of this geometry takes.
 * Errors: ARGUMENT; SECTION_SIZE, SECTIONS, INSTANCES, PAGE_SIZE, BASE, CORES. *size is set only on success.
 */
int fsw_area_size(const struct fsw_geometry *geometry, uint32_t *size);

/*
 * Make an area of this geometry in the `length` bytes at `memory` (8-byte aligned): every instance empty, every section "none, not
 * available", every core PARKED and not arrived. What was there is lost, also the code of the pen. The magic is stored last: an interrupted format leaves no area.
 * Errors: ARGUMENT, ALIGNMENT, those of fsw_area_size(), TRUNCATED.
 */
int fsw_format(void *memory, size_t length, const struct fsw_geometry *geometry, const struct fsw_port *port);

/*
 * Check everything and fill the handle. The order is that of the codes in error.h from ALIGNMENT to SAR_END: header,
 * geometry (CORES follows BASE), switch page, entries in ascending order, instances in ascending order; then cores in ascending
 * order (CORE_WORD, CORE_VALUE). Changes nothing in the area. On failure only area->fault is meaningful; after an error of a page
 * (STATE_WORD to SAR_END) or of a core the rest can be looked at too.
 */
int fsw_open(struct fsw_area *area, void *memory, size_t length, const struct fsw_port *port);

/*
 * Open after a reset, when no instance runs: completes or undoes what was going on, gives every section exactly one owner, marks
 * as dead what can no longer run, takes all cores back, and says what to do next. May itself be interrupted at any store and called again.
 * Damage to a page costs that instance (state dead, cause CORRUPT); damage elsewhere is refused by name as in fsw_open().
 * Source: SPEC section 6; beyond the seeds.
 */
int fsw_recover(struct fsw_area *area, void *memory, size_t length, const struct fsw_port *port, struct fsw_advice *advice);

FSW_END_DECLS

#endif
