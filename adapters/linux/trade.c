// SPDX-License-Identifier: GPL-2.0-only
/* What this instance asks: memory of others or for them, to leave. Who may, libfsw says. */
#define pr_fmt(fmt) "fsw: " fmt

#include <linux/mm.h>
#include <linux/slab.h>

#include "adapter.h"
#include "trace.h"

static struct fsw_ioc_moved *row_add(struct fsw_list *list, u32 section, u32 owner, u32 what)
{
	static struct fsw_ioc_moved beyond;
	struct fsw_ioc_moved *row = list->count < list->room ? &list->rows[list->count] : &beyond;

	list->count++;
	memset(row, 0, sizeof(*row));
	row->section = section;
	row->owner = owner;
	row->what = what;
	return row;
}

/* A section of ours did not go. */
static void row_stayed(struct fsw_list *list, u32 section, int error)
{
	struct fsw_ioc_moved *row;

	if (error == -EDQUOT) {
		row_add(list, section, fsw.self, FSW_MOVED_RESERVE);
		return;
	}
	row = row_add(list, section, fsw.self, FSW_MOVED_IN_USE);
	fsw_section_why(section, error, row->why, sizeof(row->why));
}

/* -- request -- */

struct wish {
	struct fsw_ioc_request *request;
	struct fsw_list *list;
	struct fsw_want want;
	u8 *owners; /* of all sections, before the round */
};

/* Takes what is named, if this kernel can use it. */
static void take(struct wish *wish, u32 section, u32 owner)
{
	int error = fsw_section_online(section);

	row_add(wish->list, section, owner, error ? FSW_MOVED_UNUSABLE : FSW_MOVED_DONE);
	wish->request->got += !error;
}

static int take_free(struct wish *wish)
{
	u32 since = fsw_now();
	u32 taken = 0;
	int found;

	fsw_progress_begin("request", wish->want.walk.missing);
	while ((found = fsw_want_free(&fsw.area, fsw.self, &wish->want)) == 1) {
		take(wish, wish->want.walk.section, FSW_OWNER_NONE);
		fsw_progress_step(++taken);
		cond_resched();
	}
	fsw_progress_end();
	wish->request->ticks_free += fsw_now() - since;
	return found;
}

static void remember_owners(struct wish *wish)
{
	u32 i, entry;

	for (i = 0; i < fsw.area.sections; i++) {
		wish->owners[i] = FSW_OWNER_NONE;
		if (fsw_cmm_get(&fsw.area, i, &entry) == 0)
			wish->owners[i] = entry & FSW_ENTRY_OWNER;
	}
}

static void set_bit_of(u32 *bits, u32 id)
{
	bits[id / 32] |= 1u << id % 32;
}

static bool has_bit(const u32 *bits, u32 id)
{
	return bits[id / 32] >> id % 32 & 1;
}

/* All who sleep up to `last`, but those with a bit in `without` */
static void list_sleepers(u32 *bits, u32 last, const u32 *without)
{
	struct fsw_instance instance;
	u32 id;

	for (id = 1; id <= last; id++) {
		if (id == fsw.self || (without && has_bit(without, id)))
			continue;
		/* its state is told even if more of its page is damaged */
		fsw_instance_get(&fsw.area, id, &instance);
		if (instance.state == FSW_STATE_SLEEPING)
			set_bit_of(bits, id);
	}
}

/* Of whom a section was named: an order went out, and stays on what was released. */
static void list_ordered(struct wish *wish, const struct fsw_operation *operation)
{
	u32 i, entry;

	for (i = operation->first; i < operation->limit; i++)
		if (fsw_cmm_get(&fsw.area, i, &entry) == 0 && entry & FSW_ENTRY_RELEASE_ORDER)
			set_bit_of(wish->request->visited, wish->owners[i]);
}

/*
 * What was asked of those who were visited, and stayed with them: named and in use, or not named
 * for the reserve. In a round that was cut short, what was not named may have had no turn.
 */
static void list_kept(struct wish *wish, const struct fsw_operation *operation, bool cut)
{
	u32 i, entry, owner;

	for (i = operation->first; i < operation->limit; i++) {
		if (fsw_cmm_get(&fsw.area, i, &entry) || !(entry & FSW_ENTRY_REQUESTED))
			continue;
		if (cut && !(entry & FSW_ENTRY_RELEASE_ORDER))
			continue;
		owner = entry & FSW_ENTRY_OWNER;
		if (owner != FSW_OWNER_NONE && has_bit(wish->request->visited, owner))
			row_add(wish->list, i, owner,
				entry & FSW_ENTRY_RELEASE_ORDER ? FSW_MOVED_IN_USE
								: FSW_MOVED_RESERVE);
	}
}

/* The round is over: its fruits are ours. */
static void collect(struct wish *wish)
{
	struct fsw_operation operation;
	struct fsw_status status;
	u32 since = fsw_now();
	u32 taken = 0, giver = 0;
	bool enough, cut;

	if (fsw_status(&fsw.area, &status))
		return;
	operation = *status.operation;
	enough = fsw.outcome.walk.missing >= operation.wanted;
	/* by a reset, from which the round was recovered */
	cut = operation.undone == FSW_MODE_CLAIM;
	if (cut)
		list_ordered(wish, &operation);
	fsw_progress_begin("take", fsw.outcome.walk.missing);
	while (fsw_collect_next(&fsw.area, fsw.self, &fsw.outcome) == 1) {
		u32 section = fsw.outcome.walk.section;

		giver = max_t(u32, giver, wish->owners[section]);
		take(wish, section, wish->owners[section]);
		fsw_progress_step(++taken);
		cond_resched();
	}
	fsw_progress_end();
	/*
	 * The round went up from the first sleeper, and ended with the one that gave the last that
	 * was wanted; if that was not to be had, all were asked.
	 */
	memcpy(wish->request->skipped, operation.skipped, sizeof(operation.skipped));
	if (!cut)
		list_sleepers(wish->request->visited, enough ? giver : fsw.area.instances,
			      operation.skipped);
	if (!enough)
		list_kept(wish, &operation, cut);
	fsw_collect_end(&fsw.area, fsw.self);
	wish->request->ticks_take = fsw_now() - since;
}

/* More than is free: ask the sleepers. */
static int ask_sleepers(struct wish *wish, struct fsw_ioc_result *result)
{
	u32 since = fsw_now();
	int error;

	remember_owners(wish);
	error = fsw_claim(&fsw.area, fsw.self, &wish->want);
	trace_fsw_request(FSW_MODE_CLAIM, 0, error);
	if (error == FSW_ERR(NOBODY))
		list_sleepers(wish->request->skipped, fsw.area.instances, NULL);
	if (error)
		return fsw_report_error(result, error);
	error = fsw_go(FSW_MODE_CLAIM, 0, since, result);
	wish->request->ticks_round = fsw_now() - since;
	if (!error && result->outcome == FSW_RESULT_COLLECT)
		collect(wish);
	return error;
}

/* Nothing at all is a refusal. */
static int got_or_not(struct fsw_ioc_request *request)
{
	struct fsw_ioc_result *result = &request->result;

	if (request->got)
		return 0;
	return fsw_refuse(result, -ENOSPC, "none of the %u sections came%s%s", request->count,
			  result->what[0] ? ": " : "", result->what);
}

/* Of a copy of the area nobody needs to hear. */
static const struct fsw_port quiet;

/* On a copy of the area: what would be taken, and of whom would be asked. */
static int request_dry(struct wish *wish)
{
	struct fsw_ioc_request *request = wish->request;
	u32 size = fsw.area.header->size;
	void *memory = kvmalloc(size, GFP_KERNEL);
	struct fsw_area copy = fsw.area;
	u32 i, entry;
	int error;

	if (!memory)
		return -ENOMEM;
	memcpy(memory, fsw.memory, size);
	error = fsw_open(&copy, memory, size, &quiet);
	while (!error && fsw_want_free(&copy, fsw.self, &wish->want) == 1) {
		u32 section = wish->want.walk.section;

		fsw_cmm_online(&copy, fsw.self, section);
		row_add(wish->list, section, FSW_OWNER_NONE, FSW_MOVED_DONE);
		request->got++;
	}
	if (!error && wish->want.walk.missing && !(request->flags & FSW_REQUEST_FREE_ONLY))
		error = fsw_claim(&copy, fsw.self, &wish->want);
	for (i = wish->want.first; !error && i < wish->want.limit && request->got < request->count;
	     i++) {
		if (fsw_cmm_get(&copy, i, &entry) || !(entry & FSW_ENTRY_REQUESTED))
			continue;
		row_add(wish->list, i, entry & FSW_ENTRY_OWNER, FSW_MOVED_DONE);
		request->got++;
	}
	kvfree(memory);
	return error && !request->got ? fsw_report_error(&request->result, error)
				      : got_or_not(request);
}

/* The round was given up, by a sleeper or a reset: what was released until then is free. */
static int take_rest(struct wish *wish)
{
	struct fsw_ioc_request *request = wish->request;
	u32 count = request->count;
	int error;

	if (request->from == FSW_ANY_START)
		count -= request->got;
	fsw_refuse(&request->result, 0, "the claim round was given up on its way");
	error = fsw_want(&fsw.area, fsw.self, count, request->from, &wish->want);
	return error ? error : take_free(wish);
}

static int ask(struct wish *wish)
{
	struct fsw_ioc_request *request = wish->request;
	struct fsw_ioc_result *result = &request->result;
	int error = take_free(wish);

	if (error < 0)
		return fsw_report_error(result, error);
	if (wish->want.walk.missing && !(request->flags & FSW_REQUEST_FREE_ONLY)) {
		error = ask_sleepers(wish, result);
		if (!error && result->outcome != FSW_RESULT_COLLECT)
			error = fsw_report_error(result, take_rest(wish));
	}
	request->ticks_zero = fsw_zero_ticks();
	return error && !request->got ? error : got_or_not(request);
}

/**
 * fsw_request_memory - FSW_IOC_REQUEST
 * @request: what is asked; its result and numbers are filled
 * @list: takes what became of each section
 *
 * Return: 0 if at least one section is there now, or a negative errno.
 */
int fsw_request_memory(struct fsw_ioc_request *request, struct fsw_list *list)
{
	const u32 known = FSW_REQUEST_DRY_RUN | FSW_REQUEST_FREE_ONLY;
	struct wish wish = { .request = request, .list = list };
	int error;

	if (request->flags & ~known)
		return fsw_refuse(&request->result, -EINVAL, "unknown flags 0x%x", request->flags);
	fsw_zero_ticks();
	request->got = 0;
	request->ticks_free = 0;
	request->ticks_round = 0;
	request->ticks_take = 0;
	request->ticks_zero = 0;
	memset(request->skipped, 0, sizeof(request->skipped));
	memset(request->visited, 0, sizeof(request->visited));
	error = fsw_want(&fsw.area, fsw.self, request->count, request->from, &wish.want);
	if (error)
		return fsw_report_error(&request->result, error);
	request->hz = fsw.board->clock_hz;
	request->got = request->count - wish.want.walk.missing;
	if (request->flags & FSW_REQUEST_DRY_RUN)
		return request_dry(&wish);
	wish.owners = kvmalloc(fsw.area.sections, GFP_KERNEL);
	if (!wish.owners)
		return -ENOMEM;
	error = ask(&wish);
	kvfree(wish.owners);
	return error;
}

/* -- release -- */

/* May this one be released? What the rules refuse is listed. */
static bool releasable(u32 section, struct fsw_list *list)
{
	u32 entry, after;
	int error = fsw_cmm_get(&fsw.area, section, &entry);

	if (!error)
		error = fsw_rule_offline(entry, fsw.self, &after);
	if (!error && after == entry)
		error = FSW_ERR(KERNEL_CORE);
	if (error && list)
		row_add(list, section, error == FSW_ERR(ENTRY_CHECK) ? 0 : entry & FSW_ENTRY_OWNER,
			FSW_MOVED_REFUSED)
			->error = error;
	return !error;
}

/* Would they go? As far as can be told without trying */
static int would_go(u32 first, u32 count, const struct fsw_ioc_release *request)
{
	u32 i;

	if (!fsw_reserve_allows(request->gave + count))
		return -EDQUOT;
	for (i = first; i < first + count; i++)
		if (fsw_section_pinned(i))
			return -EBUSY;
	return 0;
}

/* Adjacent sections, which may go */
static void release(u32 first, u32 count, struct fsw_ioc_release *request, struct fsw_list *list)
{
	bool dry = request->flags & FSW_RELEASE_DRY_RUN;
	int error = dry ? would_go(first, count, request) : fsw_sections_offline(first, count);
	u32 i;

	if (error && count > 1) {
		for (i = first + count; i > first; i--)
			release(i - 1, 1, request, list);
		return;
	}
	if (error) {
		row_stayed(list, first, error);
		return;
	}
	for (i = first; i < first + count; i++) {
		error = dry ? 0 : fsw_cmm_offline(&fsw.area, fsw.self, i);
		row_add(list, i, fsw.self, error ? FSW_MOVED_REFUSED : FSW_MOVED_DONE)->error =
			error;
		request->gave += !error;
	}
	fsw_progress_step(request->gave);
	cond_resched();
}

/* All are looked at before one goes. */
static int release_these(struct fsw_ioc_release *request, const u64 *starts, struct fsw_list *list)
{
	u64 inside = (1ull << fsw.area.header->geometry.section_shift) - 1;
	u32 refused = 0;
	u32 i, section, run;
	int error;

	for (i = 0; i < request->count; i++) {
		error = starts[i] & inside ? FSW_ERR(ALIGNMENT)
					   : fsw_section_at(&fsw.area, starts[i], &section);
		if (error) {
			fsw_report_error(&request->result, error);
			return fsw_refuse(&request->result, -EINVAL, "0x%llx: %s, nothing released",
					  starts[i], fsw_error_text(error));
		}
		for (run = 0; run < i; run++)
			if (starts[run] == starts[i])
				return fsw_refuse(&request->result, -EINVAL,
						  "0x%llx: named twice, nothing released",
						  starts[i]);
		refused += !releasable(section, list);
	}
	if (refused)
		return fsw_refuse(&request->result, -EPERM, "%u of %u can not go, nothing released",
				  refused, request->count);
	for (i = 0; i < request->count; i += run) {
		fsw_section_at(&fsw.area, starts[i], &section);
		run = 1;
		while (run < FSW_AT_ONCE && i + run < request->count &&
		       starts[i + run] == fsw_section_address(&fsw.area, section + run))
			run++;
		release(section, run, request, list);
	}
	return 0;
}

/* From the highest down: it lies above most instances' bases, so most can use it. */
static void release_any(struct fsw_ioc_release *request, struct fsw_list *list)
{
	u32 end = fsw.area.sections;
	u32 wanted, run;

	while (end && request->gave < request->count) {
		wanted = min_t(u32, FSW_AT_ONCE, request->count - request->gave);
		run = 0;
		while (run < wanted && run < end && releasable(end - 1 - run, NULL))
			run++;
		if (run)
			release(end - run, run, request, list);
		end -= run ? run : 1;
	}
}

/**
 * fsw_request_release - FSW_IOC_RELEASE
 * @request: what is asked; its result and numbers are filled
 * @starts: physical addresses, as many as are asked for; NULL: any
 * @list: takes what became of each section
 *
 * Return: 0 if at least one section is free now, or a negative errno.
 */
int fsw_request_release(struct fsw_ioc_release *request, const u64 *starts, struct fsw_list *list)
{
	struct fsw_ioc_result *result = &request->result;
	struct fsw_status status;
	u32 since = fsw_now();
	int error;

	if (request->flags & ~FSW_RELEASE_DRY_RUN)
		return fsw_refuse(result, -EINVAL, "unknown flags 0x%x", request->flags);
	if (!request->count || (request->starts && !starts))
		return fsw_report_error(result, FSW_ERR(ARGUMENT));
	request->gave = 0;
	request->ticks = 0;
	error = fsw_status(&fsw.area, &status);
	if (!error && status.phase != FSW_PHASE_IDLE)
		error = FSW_ERR(BUSY);
	if (error)
		return fsw_report_error(result, error);
	fsw_progress_begin("release", request->count);
	if (starts)
		error = release_these(request, starts, list);
	else
		release_any(request, list);
	fsw_progress_end();
	request->hz = fsw.board->clock_hz;
	request->ticks = fsw_now() - since;
	if (error || request->gave)
		return error;
	return fsw_refuse(result, -ENOSPC, "none of the %u sections went", request->count);
}

/* -- exit and kill -- */

/**
 * fsw_request_exit - FSW_IOC_EXIT
 * @request: its result and heir are filled
 *
 * Return: never, if this instance ended; 0 after a dry run; or a negative errno.
 */
int fsw_request_exit(struct fsw_ioc_exit *request)
{
	struct fsw_ioc_result *result = &request->result;
	u32 asked = fsw_now();
	struct fsw_status status;
	int error;

	if (request->flags & ~FSW_EXIT_DRY_RUN)
		return fsw_refuse(result, -EINVAL, "unknown flags 0x%x", request->flags);
	error = fsw_terminate(&fsw.area, fsw.self);
	trace_fsw_request(FSW_MODE_TERMINATE, 0, error);
	if (!error)
		error = fsw_status(&fsw.area, &status);
	if (error)
		return fsw_report_error(result, error);
	request->heir = status.operation->target;
	if (request->flags & FSW_EXIT_DRY_RUN)
		return fsw_report_error(result, fsw_cancel(&fsw.area, fsw.self));
	return fsw_go(FSW_MODE_TERMINATE, request->heir, asked, result);
}

/* On a copy of the area */
static int kill_dry(struct fsw_ioc_kill *request)
{
	u32 size = fsw.area.header->size;
	void *memory = kvmalloc(size, GFP_KERNEL);
	struct fsw_area copy;
	int error;

	if (!memory)
		return -ENOMEM;
	memcpy(memory, fsw.memory, size);
	error = fsw_open(&copy, memory, size, &quiet);
	if (!error)
		error = fsw_kill(&copy, fsw.self, request->instance);
	kvfree(memory);
	return fsw_report_error(&request->result, error);
}

/**
 * fsw_request_kill - FSW_IOC_KILL
 * @request: what is asked; its result and numbers are filled
 *
 * Return: 0, or a negative errno, and nothing has changed.
 */
int fsw_request_kill(struct fsw_ioc_kill *request)
{
	struct fsw_ioc_result *result = &request->result;
	u32 since = fsw_now();
	int error;

	if (request->flags & ~FSW_KILL_DRY_RUN)
		return fsw_refuse(result, -EINVAL, "unknown flags 0x%x", request->flags);
	request->online = 0;
	request->ticks = 0;
	request->ticks_zero = 0;
	request->hz = fsw.board->clock_hz;
	request->sections = fsw_sections_of(request->instance);
	if (request->flags & FSW_KILL_DRY_RUN)
		return kill_dry(request);
	error = fsw_kill(&fsw.area, fsw.self, request->instance);
	trace_fsw_request(FSW_MODE_KILL, request->instance, error);
	if (error)
		return fsw_report_error(result, error);
	fsw_zero_ticks();
	request->online = fsw_take_claimed();
	request->ticks_zero = fsw_zero_ticks();
	request->ticks = fsw_now() - since;
	return 0;
}
