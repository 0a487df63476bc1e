/* SPDX-License-Identifier: GPL-2.0-only */
/* What a board supplies to the adapter. */
#ifndef FSW_BOARD_H
#define FSW_BOARD_H

#include <fsw/fsw.h>
#include <linux/types.h>

/**
 * enum fsw_leaving - how the machine is left
 * @FSW_LEAVE_HANDOVER: hand it to whom the area says
 * @FSW_LEAVE_REHEARSE: go down and come back at once
 */
enum fsw_leaving {
	FSW_LEAVE_HANDOVER,
	FSW_LEAVE_REHEARSE,
};

/**
 * struct fsw_board - a board
 * @name: for the log
 * @clock_hz: rate of the clock that all instances share and no suspend stops
 * @clock: read it
 * @seconds: a clock of whole seconds that goes on in a suspend, for sleeps that @clock wraps in;
 *	NULL: none
 * @resume: physical address where this kernel is resumed, MMU off
 * @leave: the last step of a suspend, interrupts off, one core: never returns but by a resume.
 *	@stamp is the physical address that takes the clock as the last thing before a hand-over.
 *	Returns 0 after a resume, else this kernel never left.
 * @came: the clock as the first thing after the resume
 * @fill: interrupts off, one core: store to each word of the two ranges its address and
 *	FSW_PROBE_PATTERN, then @magic to @record, and reset, with code in the page at @page, mapped
 *	as @to. Does not return. NULL: this board can not
 * @die: the last step of a core that is not the boot core, interrupts off: caches off and clean,
 *	out of coherency, MMU off, to the pen at this physical address. NULL: one core only
 */
struct fsw_board {
	const char *name;
	u32 clock_hz;
	u32 (*clock)(void);
	u32 (*seconds)(void);
	phys_addr_t resume;
	int (*leave)(enum fsw_leaving how, phys_addr_t area, phys_addr_t stamp);
	u32 (*came)(void);
	void (*fill)(phys_addr_t page, void *to, const struct fsw_range *ranges, phys_addr_t record,
		     u32 magic);
	void (*die)(phys_addr_t pen);
};

/*
 * Two initcalls of a board call these, when it knows that it is the board: an early one, before
 * cores but the boot core are up, and a late one.
 */
int fsw_adapter_early(const struct fsw_board *board);
int fsw_adapter_start(void);

#endif
