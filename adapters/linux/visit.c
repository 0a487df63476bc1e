// SPDX-License-Identifier: GPL-2.0-only
/* A claim round is here, for what another asked: this instance wakes only so far, and gives. */
#define pr_fmt(fmt) "fsw: " fmt

#include <linux/printk.h>

#include "adapter.h"

/**
 * fsw_give - a claim round is here: off-line what is asked for
 *
 * Called with the devices down. A section that will not go is passed over; none is given that would
 * leave this instance less than its reserve.
 */
void fsw_give(void)
{
	struct fsw_outcome *outcome = &fsw.outcome;
	u32 gave = 0, stayed = 0;

	while (fsw_reserve_allows(1) && fsw_visit_next(&fsw.area, fsw.self, outcome) == 1) {
		u32 section = outcome->walk.section;

		if (fsw_section_give(section) == 0 &&
		    fsw_cmm_offline(&fsw.area, fsw.self, section) == 0)
			gave++;
		else
			stayed++;
	}
	fsw_memory_books();
	pr_info("gave %u sections to instance %u, %u are in use and stayed\n", gave, outcome->other,
		stayed);
}
