/* SPDX-License-Identifier: GPL-2.0-only */
/* The adapter's rooms, and what each offers the others. All is called with fsw.lock held. */
#ifndef FSW_ADAPTER_H
#define FSW_ADAPTER_H

#include <fsw/fsw.h>
#include <linux/mutex.h>
#include <linux/types.h>

#include "board.h"
#include "uapi/fsw.h"

struct attribute_group;
struct device;

/**
 * struct fsw_adapter - the one adapter of this kernel
 * @lock: one at a time
 * @board: the board
 * @area: libfsw's handle on the area, mapped uncached
 * @at: physical address of the area
 * @carve: physical address of the reserved range that holds it
 * @carve_size: its bytes
 * @memory: the area, as mapped
 * @self: which instance this is
 * @outcome: of the last resume
 * @error: of the last fsw_acknowledge()
 * @rehearse: the suspend that comes is one that comes back at once
 * @going: a suspend was begun by an operation of ours
 */
struct fsw_adapter {
	struct mutex lock; /* all operations, and all looks at the area */
	const struct fsw_board *board;
	struct fsw_area area;
	phys_addr_t at;
	phys_addr_t carve;
	phys_addr_t carve_size;
	void *memory;
	u32 self;
	struct fsw_outcome outcome;
	int error;
	bool rehearse;
	bool going;
};

extern struct fsw_adapter fsw;

/* The clock that all instances share: only differences of less than 2^32 ticks mean anything. */
static inline u32 fsw_now(void)
{
	return fsw.board->clock();
}

/* area.c: the area, and who we are in it */
int fsw_area_map(void);
int fsw_area_open(void);
int fsw_report_error(struct fsw_ioc_result *result, int error);
__printf(3, 4) int fsw_refuse(struct fsw_ioc_result *result, int errno_, const char *format, ...);

/* suspend.c: give the machine away, and get it back */
int fsw_suspend_init(void);
int fsw_go(u32 mode, u32 target, u32 asked, struct fsw_ioc_result *result);
int fsw_request_switch(struct fsw_ioc_switch *request);
u32 fsw_log_copy(struct fsw_ioc_entry *to, u32 most);

/* memory.c: sections off-line and on-line */
int fsw_memory_check(void);
int fsw_memory_keep(void);
int fsw_section_offline(u32 section);
int fsw_section_online(u32 section);
void fsw_take_claimed(void);
void fsw_flush(void);
void fsw_lend_begin(void);
void fsw_lend_undo(void);
int fsw_copy_in(phys_addr_t to, const void *from, size_t bytes);

/* boot.c: a new instance */
int fsw_request_boot(struct fsw_ioc_boot *request, const char *cmdline);
void fsw_progress(char *line, size_t size);

/* witness.c: which driver took how long, and which refused */
int fsw_witness_init(void);
void fsw_witness_begin(void);
void fsw_witness_name(int error, char *who, size_t size);
void fsw_witness_wakeups(char *who, size_t size);
void fsw_manifest_make(struct fsw_manifest *manifest);

/* report.c: sysfs */
const struct attribute_group **fsw_report_groups(void);
int fsw_report_init(struct device *device);

/* control.c: /dev/fsw */
int fsw_control_init(void);

/* fault.c: faults on purpose; without CONFIG_FSW_TEST there are none */
#ifdef CONFIG_FSW_TEST
int fsw_fault_init(void);
int fsw_fault_core(void);
void fsw_fault_spoil(void);
#else
static inline int fsw_fault_init(void)
{
	return 0;
}

static inline int fsw_fault_core(void)
{
	return 0;
}

static inline void fsw_fault_spoil(void)
{
}
#endif

#endif
