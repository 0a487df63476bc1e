/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Instance pages as the state machine uses them. Internal. */
#ifndef FSW_INSTANCE_PAGE_H
#define FSW_INSTANCE_PAGE_H

#include "../core/core.h"
#include "../include/fsw/instance.h"

static inline struct fsw_resume *fsw__resume(const struct fsw_area *area, uint32_t id)
{
	return (struct fsw_resume *)(void *)(fsw__page(area, id) + FSW_PAGE_RESUME);
}

static inline struct fsw_load *fsw__load(const struct fsw_area *area, uint32_t id)
{
	return (struct fsw_load *)(void *)(fsw__page(area, id) + FSW_PAGE_LOAD);
}

static inline void *fsw__sar(const struct fsw_area *area, uint32_t id)
{
	return fsw__page(area, id) + FSW_PAGE_SAR;
}

static inline uint32_t fsw__sar_room(const struct fsw_area *area)
{
	return area->page_size - FSW_PAGE_SAR;
}

/* Does it sleep, and does its page hold all that a resume needs? */
int fsw__ready(struct fsw_area *area, uint32_t id);

/* Write load record, empty manifest and parent of a page whose state is not yet set. Errors: ARGUMENT (name without end). */
int fsw__page_fill(struct fsw_area *area, uint32_t id, const struct fsw_load *load, uint32_t parent);

/* The page's parent, or the master where the word says nothing sensible. */
uint32_t fsw__parent(const struct fsw_area *area, uint32_t id);

/* Make that so where the word says nothing sensible; the master has no parent. */
void fsw__parent_mend(const struct fsw_area *area, uint32_t id);

/* Who goes on when `id` does not: its parent, its parent's parent and so on, else the most recent sleeper; 0: nobody. */
uint32_t fsw__heir(struct fsw_area *area, uint32_t id);

/* The instance is no more: its children become its parent's, its page is empty. Its sections are another's already. */
void fsw__page_erase(struct fsw_area *area, uint32_t id);

#endif
