/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sections on the command line: how large one is, how many are meant, and where. */
#ifndef FSWCTL_SECTIONS_H
#define FSWCTL_SECTIONS_H

#include <stdint.h>

#include "call.h"
#include "notes.h"

/* log2 of the section size of this board. 0, or -1 with a problem. */
int sections_shift(uint32_t *shift, struct problem *problem);

/* A SIZE; `name` is the option's, with its dashes, or the operand's. What was rounded is noted. 0, or -1 with a problem. */
int sections_count(const struct call *call, uint32_t shift, const char *name, const char *text, uint32_t *count,
		   struct notes *notes, struct problem *problem);

/* A physical address. 0, or -1 with a problem. */
int sections_address(const struct call *call, const char *name, const char *text, uint64_t *address, struct problem *problem);

/* Memory for a new instance */
struct place {
	uint32_t contiguous, total;
	uint64_t start; /* FSW_ANY_START: none was named */
};

/* From --contiguous, --start, and what is asked for in all, by the option `name`; either of the two sizes may be NULL. 0, or -1. */
int sections_place(const struct call *call, uint32_t shift, const char *name, const char *total, struct place *place,
		   struct notes *notes, struct problem *problem);

#endif
