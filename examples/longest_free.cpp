/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The library from C++ */
#include <fsw/fsw.h>

extern "C" int longest_free(struct fsw_area *area)
{
	struct fsw_run run = {};
	const int found = fsw_cmm_longest(area, fsw_match_free(), &run);

	return found > 0 ? static_cast<int>(run.count) : found;
}
