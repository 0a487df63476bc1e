/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What came of an ioctl, told to a person: why it was refused, what the state is, what to do. */
#ifndef FSWCTL_REFUSE_H
#define FSWCTL_REFUSE_H

#include <stdint.h>

#include <uapi/fsw.h>

#include "call.h"

/* What was asked for */
struct asked {
	const struct call *call;
	const char *doing; /* "switch to instance 3" */
	uint32_t instance; /* 0: none was named */
	uint32_t needed;   /* FSW_STATE_* that it must be in */
	uint32_t contiguous, total;
	uint64_t start;		/* FSW_ANY_START: none was named */
	const uint64_t *starts; /* of `total` sections that were named one by one; NULL: none was */
};

/* `number` is the errno, 0 when the ioctl succeeded. Fills the problem if there is one. */
void outcome_tell(const struct asked *asked, int number, const struct fsw_ioc_result *result, struct problem *problem);

/* Some of the sections, or none: `got` says how many, `rest` what became of the others. `exit` is EXIT_SOME or EXIT_REFUSED. */
void outcome_part(const struct asked *asked, const struct fsw_ioc_result *result, enum exit_code exit, const char *got,
		  const char *rest, struct problem *problem);

/* What there is to say after a success: a line, or nothing */
void outcome_note(const struct fsw_ioc_result *result);

/* "outcome", "other", "undone", "device" and "note" of the JSON object */
void outcome_json(const struct fsw_ioc_result *result);

#endif
