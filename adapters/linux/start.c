// SPDX-License-Identifier: GPL-2.0-only
/* The order in which the rooms of the adapter are opened. */
#define pr_fmt(fmt) "fsw: " fmt

#include <linux/init.h>
#include <linux/utsname.h>

#include "adapter.h"

/**
 * fsw_adapter_early - find the area, and who this kernel is in it
 * @board: the board it runs on
 *
 * Without an area, or with one that is of no use, this kernel is as any other.
 */
int __init fsw_adapter_early(const struct fsw_board *board)
{
	int error;

	fsw.board = board;
	error = fsw_area_map();
	if (!error)
		error = fsw_area_open();
	if (!error)
		fsw_cores_init();
	return error == -ENODEV ? 0 : error;
}

/**
 * fsw_adapter_start - make this kernel an instance
 */
int __init fsw_adapter_start(void)
{
	const struct fsw_board *board = fsw.board;
	int error;

	if (!fsw.self)
		return 0;
	error = fsw_area_join();
	if (error)
		return error;
	pr_info("instance %u of %u on %s, Linux %s, area at %pa, %u sections of %u MiB\n", fsw.self,
		fsw.area.instances, board->name, init_utsname()->release, &fsw.at,
		fsw.area.sections, 1u << (fsw.area.header->geometry.section_shift - 20));
	if (fsw.outcome.result == FSW_RESULT_DONE)
		pr_info("booted by instance %u\n", fsw.outcome.other);
	mutex_lock(&fsw.lock);
	error = fsw_witness_init();
	if (!error)
		error = fsw_suspend_init();
	if (!error)
		error = fsw_fault_init();
	fsw_memory_books();
	mutex_unlock(&fsw.lock);
	return error ? error : fsw_control_init();
}
