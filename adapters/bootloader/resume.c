/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What happens after a reset: go on with whom the area names, if it names somebody. And the area itself. */
#include "bootloader.h"

const struct fsw_port port; /* the area is memory, nothing is cached */

void boot_reset(void)
{
	console_flush();
	*(volatile uint32_t *)BOARD_CONFIG_DATA = 0;
	*(volatile uint32_t *)BOARD_CONFIG_CONTROL = BOARD_CONFIG_REBOOT;
	for (;;)
		;
}

static const char *name_of(struct fsw_area *area, uint32_t id)
{
	struct fsw_instance instance;

	return fsw_instance_get(area, id, &instance) == 0 && instance.load ? instance.load->name : "?";
}

static const char *mode_name(uint32_t mode)
{
	static const char names[][10] = { "-", "switch", "boot", "claim", "terminate", "kill", "free", "recover" };

	return names[mode <= FSW_MODE_LAST ? mode : 0];
}

static void say_advice(struct fsw_area *area, const struct fsw_advice *advice)
{
	static const char *const why[] = {
		"",
		"it was formatted, but never set up",
		"no instance sleeps",
		"its boot asked for this reset",
		"the hand-over was not final, who asked goes on",
		"the hand-over was final",
		"its claim round was cut short, it takes what was released",
		"next in line",
	};

	if (advice->died)
		say("fsw: instance %u '%s' died: the machine was reset while it ran\n", advice->died, name_of(area, advice->died));
	if (advice->condemned)
		say("fsw: instances with a damaged page, marked dead: %u\n", advice->condemned);
	if (advice->undone)
		say("fsw: the %s that was in progress is undone\n", mode_name(advice->undone));
	if (advice->action == FSW_ACTION_COLD)
		say("fsw: cold start: %s\n", why[advice->why & 7]);
	else
		say("fsw: %s instance %u '%s': %s\n", advice->action == FSW_ACTION_BOOT ? "boot" : "resume", advice->instance,
		    name_of(area, advice->instance), why[advice->why & 7]);
}

/* No area: there is nothing to lose. Anything else was one. */
static enum standing say_no_area(const struct fsw_area *area, int error)
{
	if (error == FSW_ERR(NO_AREA) || error == FSW_ERR(MAGIC) || error == FSW_ERR(BYTE_ORDER)) {
		say("fsw: cold start: %s\n", fsw_error_text(error));
		return STANDING_COLD;
	}
	say("fsw: area at 0x%08x: %s", BOARD_CARVE, fsw_error_text(error));
	if (error <= FSW_ERR(ENTRY_CHECK) && error >= FSW_ERR(ENTRY_OWNER))
		say(" (section %u)", area->fault.index);
	say(". It is as it was, and instances may sleep in it. To look: insts, map, hexdump. To start anew and lose them: boot 1!\n");
	return STANDING_DAMAGED;
}

enum standing boot_resume(uint32_t wanted)
{
	static const struct fsw_segment rows[] = { BOARD_SEGMENTS };
	struct fsw_handover in;
	struct fsw_advice advice;
	struct fsw_area area;
	struct fsw_jump to;
	uint32_t tries, probe;
	int error;

	if (guarded_read(BOARD_CARVE, 4, &probe))
		return STANDING_COLD; /* which will find that there is no memory */
	in.port = &port;
	in.table.segment = rows;
	in.table.count = sizeof(rows) / sizeof(*rows);
	in.core = 0;
	/* Each refused start leaves one sleeper less. */
	for (tries = 0; tries <= FSW_INSTANCES_MAX; tries++) {
		error = fsw_recover(&area, AREA, BOARD_CARVE_BYTES, &port, &advice);
		if (error)
			return say_no_area(&area, error);
		say_advice(&area, &advice);
		if (advice.action == FSW_ACTION_COLD)
			return STANDING_COLD;
		if (wanted && advice.instance != wanted)
			return STANDING_SLEEPERS;
		cores_gather(&area);
		error = fsw_start(AREA, &in, &to);
		if (error == FSW_GO_JUMP) {
			console_flush();
			leave(&to);
		}
		say("fsw: instance %u cannot be entered: %s: marked dead\n", advice.instance, fsw_error_text(error));
	}
	return STANDING_DAMAGED;
}

/* What is written there is kept. What was there is there again. */
static int memory_keeps(void)
{
	uint32_t at[2] = { BOARD_CARVE, BOARD_CARVE + BOARD_CARVE_BYTES - 4 };
	uint32_t i, seen;

	for (i = 0; i < 2; i++) {
		volatile uint32_t *word = (volatile uint32_t *)at[i];
		uint32_t before, kept;

		if (guarded_read(at[i], 4, &before))
			return 0;
		*word = ~before;
		kept = guarded_read(at[i], 4, &seen) == 0 && seen == ~before;
		*word = before;
		if (!kept)
			return 0;
	}
	return 1;
}

int memory_there(void)
{
	if (memory_keeps())
		return 1;
	say("fsw: no memory at 0x%08x, where the fsw area goes: this board needs %u MiB. Nothing was started. Add memory, then: reset\n",
	    BOARD_CARVE, BOARD_RAM_BYTES >> 20);
	return 0;
}

int area_make(void)
{
	const struct fsw_geometry geometry = { .base = BOARD_RAM,
					       .section_shift = BOARD_SECTION_SHIFT,
					       .sections = BOARD_SECTIONS,
					       .instances = BOARD_INSTANCES,
					       .page_size = BOARD_PAGE_BYTES,
					       .cores = cores_count() };
	struct fsw_area area;
	int error;

	error = fsw_format(AREA, BOARD_CARVE_BYTES, &geometry, &port);
	if (!error)
		error = fsw_open(&area, AREA, BOARD_CARVE_BYTES, &port);
	if (!error)
		cores_gather(&area);
	else
		say("fsw: area at 0x%08x: %s, just after it was made: memory does not hold. Replace it\n", BOARD_CARVE,
		    fsw_error_text(error));
	return error;
}
