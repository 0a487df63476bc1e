/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "cores.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <fsw/cores.h>

#include "json.h"

/* The boot core, if it is known which that is */
#define NOT_KNOWN FSW_CORE_ANY

uint32_t cores_count(const struct view *view)
{
	return view->area.header->geometry.cores;
}

/* No one's, and not in the pen: so is the boot core, which has no entry of its own, and who did not come after a reset. */
static int astray(struct view *view, uint32_t core)
{
	struct fsw_core now;

	return fsw_core_get(&view->area, core, &now) == 0 && now.state == FSW_CORE_PARKED && !now.arrived;
}

static uint32_t boot_core(struct view *view)
{
	uint32_t boot = NOT_KNOWN;
	uint32_t core;

	/* an operation that goes on names it */
	if (!view->status_error && view->status.phase >= FSW_PHASE_ARMED && view->status.operation->core < cores_count(view))
		return view->status.operation->core;
	for (core = 0; core < cores_count(view); core++) {
		if (!astray(view, core))
			continue;
		if (boot != NOT_KNOWN)
			return NOT_KNOWN;
		boot = core;
	}
	return boot;
}

const char *cores_text(struct view *view, uint32_t core, char *to)
{
	struct fsw_core now;

	if (fsw_core_get(&view->area, core, &now))
		snprintf(to, TEXT_ROOM, "damaged");
	else if (now.state == FSW_CORE_RUNNING)
		snprintf(to, TEXT_ROOM, "instance %" PRIu32, now.owner);
	else if (now.state == FSW_CORE_LOST)
		snprintf(to, TEXT_ROOM, "lost by instance %" PRIu32 "%s", now.owner, now.arrived ? " (in the pen since)" : "");
	else if (now.arrived)
		snprintf(to, TEXT_ROOM, "parked");
	else
		snprintf(to, TEXT_ROOM, "%s", core == boot_core(view) ? "boot" : "not in the pen");
	return to;
}

void cores_print(struct view *view)
{
	uint32_t count = cores_count(view);
	char text[2][TEXT_ROOM];
	uint32_t stray = 0;
	uint32_t first, next;

	if (!count)
		return;
	printf("Cores:");
	for (first = 0; first < count; first = next) {
		cores_text(view, first, text[0]);
		for (next = first + 1; next < count; next++)
			if (strcmp(cores_text(view, next, text[1]), text[0]) != 0)
				break;
		printf("%s %" PRIu32, first ? "," : "", first);
		if (next - first > 1)
			printf("-%" PRIu32, next - 1);
		printf(" %s", text[0]);
	}
	for (first = 0; first < count; first++)
		stray += (uint32_t)astray(view, first);
	printf("%s\n", stray > 1 && boot_core(view) == NOT_KNOWN ? "; one not in the pen is the boot core" : "");
}

void cores_json(struct view *view)
{
	static const char *const states[] = { NULL, "parked", "running", "lost" };
	uint32_t boot = boot_core(view);
	struct fsw_core now;
	uint32_t core;

	if (!cores_count(view)) {
		json_null("cores");
		return;
	}
	json_open("cores", '[');
	for (core = 0; core < cores_count(view); core++) {
		int error = fsw_core_get(&view->area, core, &now);

		json_open(NULL, '{');
		json_number("core", core);
		json_string("state", error ? NULL : states[now.state]);
		if (!error && now.owner)
			json_number("owner", now.owner);
		else
			json_null("owner");
		if (error)
			json_null("arrived");
		else
			json_bool("arrived", now.arrived != 0);
		if (boot == NOT_KNOWN)
			json_null("boot");
		else
			json_bool("boot", core == boot);
		json_string("damage", error ? error_name(error) : NULL);
		json_close();
	}
	json_close();
}
