/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sections that were asked for or given, and what became of each. */
#ifndef FSWCTL_MOVED_H
#define FSWCTL_MOVED_H

#include <stdint.h>

#include <uapi/fsw.h>

#include "call.h"
#include "refuse.h"
#include "view.h"

struct moved {
	const struct asked *asked;
	uint32_t wanted, got, listed, room; /* of `listed` ones, `room` were written at most */
	struct fsw_ioc_moved *list;
	const uint32_t *skipped; /* who could not be reached; NULL: nobody was asked */
	const uint32_t *visited; /* who was asked; NULL as well */
	uint32_t shift;
	int tried;	  /* it came so far that there is something to list */
	struct view view; /* as it is afterwards */
	int seen;	  /* that could be read */
};

/* Room for the list of a wish for `wanted` sections. 0, or -1 with a problem. moved_free() in any case. */
int moved_make(struct moved *moved, uint32_t wanted, struct problem *problem);
void moved_free(struct moved *moved);

/* The ioctl is over. Tells its problem, if any: `number` is the errno. */
void moved_tell(struct moved *moved, int number, const struct fsw_ioc_result *result, struct problem *problem);

/* "got 3 of 5 sections (48 MiB of 80 MiB)", then runs of sections */
void moved_print(struct moved *moved);

/* "wanted", `key`, "listed" */
void moved_json(struct moved *moved, const char *key);

#endif
