/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How the running kernel holds each section, and what keeps it from going: not in the area, so only the kernel itself can tell. */
#ifndef FSWCTL_HELD_H
#define FSWCTL_HELD_H

#include <stdint.h>

#include <uapi/fsw.h>

#include "view.h"

struct held {
	int known; /* else the rest is 0: a dump, no privilege, an older kernel */
	struct fsw_ioc_section *sections;
	uint32_t count;
	uint64_t total, available, reserve; /* bytes */
};

void held_read(const struct view *view, struct held *held);
void held_free(struct held *held);

/* Sections that are held so (FSW_HELD_*) */
uint32_t held_count(const struct held *held, uint32_t how);

/* [first, count] of each run of them; null when not known */
void held_json_runs(const struct held *held, const char *key, uint32_t how);

/* Movable sections that can not go now, and why. The text names so many at most. */
void held_json_pinned(const struct held *held, const struct view *view, const char *key);
void held_print_pinned(const struct held *held, const struct view *view, uint32_t most);

#endif
