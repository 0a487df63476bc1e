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
struct fsw_probe;

/**
 * struct fsw_adapter - the one adapter of this kernel
 * @lock: one at a time
 * @board: the board
 * @area: libfsw's handle on the area, mapped uncached
 * @at: physical address of the area
 * @carve: physical address of the reserved range that holds it
 * @carve_size: its bytes
 * @memory: the area, as mapped
 * @firmware: FSW_FIRMWARE_*
 * @probe: where the suspend that comes is to leave its record and fill all memory; NULL: it is not
 * @self: which instance this is
 * @outcome: of the last resume
 * @error: of the last fsw_acknowledge()
 * @rehearse: the suspend that comes is one that comes back at once
 * @going: a suspend was begun by an operation of ours
 * @visited: in that suspend, a claim round was here
 * @books_stale: sections moved since fsw_memory_books()
 */
struct fsw_adapter {
	struct mutex lock; /* all operations, and all looks at the area */
	const struct fsw_board *board;
	struct fsw_area area;
	phys_addr_t at;
	phys_addr_t carve;
	phys_addr_t carve_size;
	void *memory;
	u32 firmware;
	struct fsw_probe *probe;
	u32 self;
	struct fsw_outcome outcome;
	int error;
	bool rehearse;
	bool going;
	bool visited;
	bool books_stale;
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
int fsw_area_join(void);
u32 fsw_sections_matching(struct fsw_match match);

static inline u32 fsw_sections_of(u32 id)
{
	return fsw_sections_matching(fsw_match_owner(id));
}

int fsw_report_error(struct fsw_ioc_result *result, int error);
__printf(3, 4) int fsw_refuse(struct fsw_ioc_result *result, int errno_, const char *format, ...);

/* suspend.c: give the machine away, and get it back */
int fsw_suspend_init(void);
int fsw_go(u32 mode, u32 target, u32 asked, struct fsw_ioc_result *result);
int fsw_request_switch(struct fsw_ioc_switch *request);
u32 fsw_log_copy(struct fsw_ioc_entry *to, u32 most);

/* probe.c: what a closed firmware overwrites */
void fsw_probe_leave(void);
int fsw_request_firmware(struct fsw_ioc_firmware *request, struct fsw_ioc_range *ranges);
int fsw_firmware_known(struct fsw_ioc_result *result);

/* cores.c: the pen's; under Linux's own lock of hotplug */
#ifdef CONFIG_SMP
void fsw_cores_init(void);
int fsw_cores_check(struct fsw_ioc_result *result);
int fsw_cores_parked(void);
#else
static inline void fsw_cores_init(void)
{
}

static inline int fsw_cores_check(struct fsw_ioc_result *result)
{
	return 0;
}

static inline int fsw_cores_parked(void)
{
	return 0;
}
#endif

/* memory.c: sections off-line and on-line */
int fsw_memory_check(void);
int fsw_memory_keep(void);
void fsw_memory_books(void);
bool fsw_reserve_allows(u32 count);

/* Off-line so many in one go: each go costs as an idle section does. More would hide progress. */
#define FSW_AT_ONCE 4

u64 fsw_reserve_bytes(void);
int fsw_sections_offline(u32 first, u32 count);
int fsw_section_online(u32 section);
int fsw_section_undo(u32 section);
void fsw_section_look(u32 section, struct fsw_ioc_section *look);
void fsw_section_why(u32 section, int error, char *why, size_t size);
int fsw_section_give(u32 section);
bool fsw_section_pinned(u32 section);
u32 fsw_zero_ticks(void);
u32 fsw_take_claimed(void);
void fsw_flush(void);
void fsw_lend_begin(void);
void fsw_lend_undo(void);
int fsw_clear(phys_addr_t from, size_t bytes);
int fsw_copy_in(phys_addr_t to, const void *from, size_t bytes);

/* arm/zero.S */
void fsw_zero(void *at, unsigned long bytes);

/* mm/: declared in a header of its own since 6.2 */
void setup_per_zone_wmarks(void);

/* visit.c: what another asks of this instance in its sleep */
void fsw_give(void);

/* trade.c: memory moves between instances */

/**
 * struct fsw_list - what became of sections, for whom asked
 * @rows: so many as there is @room for
 * @room: rows
 * @count: how many there are, even beyond @room
 */
struct fsw_list {
	struct fsw_ioc_moved *rows;
	u32 room;
	u32 count;
};

int fsw_request_memory(struct fsw_ioc_request *request, struct fsw_list *list);
int fsw_request_release(struct fsw_ioc_release *request, const u64 *starts, struct fsw_list *list);
int fsw_request_exit(struct fsw_ioc_exit *request);
int fsw_request_kill(struct fsw_ioc_kill *request);

/* boot.c: a new instance */
int fsw_request_free(struct fsw_ioc_free *request);
int fsw_request_boot(struct fsw_ioc_boot *request, const char *cmdline);

/* witness.c: which driver took how long, and which refused */
int fsw_witness_init(void);
void fsw_witness_begin(void);
void fsw_witness_name(int error, char *who, size_t size);
void fsw_witness_wakeups(char *who, size_t size);
void fsw_manifest_make(struct fsw_manifest *manifest);

/* report.c: sysfs */
const struct attribute_group **fsw_report_groups(void);
int fsw_report_init(struct device *device);
void fsw_progress_begin(const char *label, u32 total);
void fsw_progress_step(u32 done);
void fsw_progress_end(void);

/* control.c: /dev/fsw */
int fsw_control_init(void);

/* fault.c: faults on purpose; without CONFIG_FSW_TEST there are none */
#ifdef CONFIG_FSW_TEST
int fsw_fault_init(void);
int fsw_fault_core(void);
void fsw_fault_spoil(void);
void fsw_fault_die(u32 core);
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

static inline void fsw_fault_die(u32 core)
{
}
#endif

#endif
