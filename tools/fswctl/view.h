/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A copy of the fsw area, from the device or from a file, and as much of it as can be read when it is damaged. */
#ifndef FSWCTL_VIEW_H
#define FSWCTL_VIEW_H

#include <stddef.h>

#include <fsw/fsw.h>

#include "say.h"
#include "text.h"

struct view {
	const char *source; /* for people */
	int live;	    /* from the device, so the running instance is this one */
	unsigned char *bytes;
	size_t length;
	int error; /* what fsw_open() said */
	struct fsw_fault fault;
	struct fsw_area area; /* good for looking at parts, whatever `error` is */
	int status_error;
	struct fsw_status status; /* when there is no status_error */
	uint32_t self;		  /* the running instance; 0: none */
};

/*
 * Read `file`, or with NULL the device. 0 when there is something to look at, even if view->error then names damage; else -1 and a problem.
 * view_free() in any case.
 */
int view_read(struct view *view, const char *file, struct problem *problem);
void view_free(struct view *view);

/* All bytes of the device, unchecked, as view->bytes and view->length: for a dump. Otherwise as view_read(). */
int view_bytes(struct view *view, struct problem *problem);

/* What a section is */
enum kind { KIND_NOBODY, KIND_FREE, KIND_SHARED, KIND_CORE, KIND_MOVABLE, KIND_DAMAGED, KINDS };
struct cell {
	enum kind kind;
	uint32_t owner; /* CORE, MOVABLE */
	uint32_t marks; /* FSW_ENTRY_* of an operation */
	int error;	/* DAMAGED */
};
struct cell view_cell(struct view *view, uint32_t section);

/* How many there are of each; by owner for CORE and MOVABLE. */
struct tally {
	uint32_t of[KINDS];
	uint32_t core[256];
	uint32_t movable[256];
};
void view_tally(struct view *view, struct tally *tally);

uint64_t view_section_bytes(const struct view *view);

/* "section 5", "instance 2", "": where a fault of this error is. Returns `to`, of TEXT_ROOM bytes. */
const char *view_where(char *to, const struct fsw_fault *fault);

/* Name of an instance, "" when it has none. Returns `to`, of TEXT_ROOM bytes. */
const char *view_name(struct view *view, uint32_t id, char *to);

/* "instance 2 'linux'", "instance 2" when it has no name. Returns `to`, of TEXT_ROOM bytes. */
const char *view_instance(struct view *view, uint32_t id, char *to);

/* Where the memory begins that the running instance can use: 1, or 0: not known */
int view_base(struct view *view, uint64_t *base);

/* How many sections a request of the running instance could get of sleepers; -1: no instance runs, or its base is not known. */
int64_t view_claimable(struct view *view);
void view_json_claimable(struct view *view); /* "claimable" */

/* The claim round that goes on: 1, or 0: none does */
struct claim {
	const struct fsw_operation *operation;
	uint32_t released; /* so far */
	uint32_t kept;	   /* asked for, and would not go */
};
int view_claim(struct view *view, struct claim *claim);
void view_json_claim(struct view *view); /* "claim" */

/* "1 of 2 sections released, 1 stayed; at instance 2 'linux'; could not be reached: instance 3". Returns `to`, of PROBLEM_LINE bytes. */
const char *view_claim_text(struct view *view, const struct claim *claim, char *to);

/* "instance 2, 3" of a set of bits. Returns `to`, of PROBLEM_LINE bytes. */
const char *view_set_text(const uint32_t bits[8], char *to);
int view_in_set(const uint32_t bits[8], uint32_t id);
void view_json_set(const char *key, const uint32_t bits[8]);

/* The timings in the page of `id`: 1; none kept: 0; damaged: negative */
int view_timings(struct view *view, uint32_t id, struct fsw_timings *timings);

/* The operation in progress, "switch of instance 2 by instance 1; phase 'armed'". Returns `to`, of TEXT_ROOM bytes. */
const char *view_pending(const struct view *view, char *to);

/* "instance 1 'x' runs, 2 sleeps; no operation pending": for the second line of an error. Returns `to`, of PROBLEM_LINE bytes. */
const char *view_state(struct view *view, char *to);

/* The three lines for an area that does not open */
void view_damaged(struct view *view, struct problem *problem);

#endif
