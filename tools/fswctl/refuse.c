/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "refuse.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "boot/image.h"
#include "device.h"
#include "json.h"
#include "view.h"

struct told {
	const struct asked *asked;
	const struct fsw_ioc_result *result;
	struct problem *problem;
	struct view view; /* read anew: nothing was changed, or all was undone */
	int seen;	  /* that worked */
};

static const char *cell_words(char *to, const struct cell *cell)
{
	switch (cell->kind) {
	case KIND_CORE:
		snprintf(to, TEXT_ROOM, "kernel core of instance %" PRIu32, cell->owner);
		break;
	case KIND_MOVABLE:
		snprintf(to, TEXT_ROOM, "movable memory of instance %" PRIu32, cell->owner);
		break;
	case KIND_FREE:
		snprintf(to, TEXT_ROOM, "free");
		break;
	case KIND_SHARED:
		snprintf(to, TEXT_ROOM, "shared by all");
		break;
	case KIND_NOBODY:
		snprintf(to, TEXT_ROOM, "nobody's: no memory that may be used");
		break;
	default:
		snprintf(to, TEXT_ROOM, "not known: %s", fsw_error_text(cell->error));
		break;
	}
	return to;
}

static void state_of_section(struct told *told, uint32_t section)
{
	char words[TEXT_ROOM];
	struct cell cell;

	if (section >= told->view.area.sections)
		return;
	cell = view_cell(&told->view, section);
	problem_state(told->problem, "section %" PRIu32 " at 0x%08" PRIx64 " is %s", section,
		      fsw_section_address(&told->view.area, section), cell_words(words, &cell));
}

/* Can the asker have this section: is it free, or its own and movable? */
static int reachable(struct view *view, uint32_t section)
{
	struct cell cell = view_cell(view, section);

	return cell.kind == KIND_FREE || (cell.kind == KIND_MOVABLE && cell.owner == view->self);
}

/* What the asker can have: free sections and its own movable ones. The longest run that a kernel can begin in, and how many in all. */
static uint32_t within_reach(struct view *view, struct fsw_run *longest)
{
	struct fsw_run run = { 0, 0 };
	uint32_t all = 0;
	uint32_t i;

	memset(longest, 0, sizeof(*longest));
	for (i = 0; i < view->area.sections; i++) {
		if (!reachable(view, i)) {
			run.count = 0;
			continue;
		}
		all++;
		if (run.count == 0 && fsw_section_address(&view->area, i) % FSW_IMAGE_BASE_ALIGN)
			continue;
		if (run.count++ == 0)
			run.first = i;
		if (run.count > longest->count)
			*longest = run;
	}
	return all;
}

/* The lowest run of `count` sections within reach at a multiple of FSW_IMAGE_BASE_ALIGN: 1 and *start, or 0. */
static int begins_at(struct view *view, uint32_t count, uint64_t *start)
{
	uint32_t first, i;

	for (first = 0; first < view->area.sections; first++) {
		*start = fsw_section_address(&view->area, first);
		if (*start % FSW_IMAGE_BASE_ALIGN)
			continue;
		for (i = first; i < view->area.sections && i - first < count; i++) {
			if (!reachable(view, i))
				break;
		}
		if (i - first == count)
			return 1;
	}
	return 0;
}

/* The adapter refused the address, its own or the one that was asked for. */
static void tell_begin(struct told *told)
{
	uint64_t start;

	if (told->seen && begins_at(&told->view, told->asked->contiguous, &start))
		problem_next(told->problem, "Name an address: fswctl boot --start 0x%" PRIx64 " ...", start);
	else
		problem_next(
			told->problem,
			"No such run is free or movable, ask for less in one run: fswctl boot --contiguous SIZE ... (fswctl map)");
}

static void tell_contiguous(struct told *told)
{
	char bytes[TEXT_ROOM];
	struct fsw_run longest;

	within_reach(&told->view, &longest);
	if (told->asked->start != FSW_ANY_START)
		state_of_section(told, told->result->index);
	else
		problem_state(told->problem,
			      "the longest run to be had is %" PRIu32 " sections (%s) at 0x%08" PRIx64 ", asked for: %" PRIu32,
			      longest.count, text_bytes(bytes, longest.count * view_section_bytes(&told->view)),
			      fsw_section_address(&told->view.area, longest.first), told->asked->contiguous);
	if (longest.count)
		problem_next(told->problem,
			     "See fswctl map; the longest run: fswctl boot --start 0x%" PRIx64 " --contiguous %" PRIu32 " ...",
			     fsw_section_address(&told->view.area, longest.first),
			     longest.count < told->asked->contiguous ? longest.count : told->asked->contiguous);
	else
		problem_next(told->problem, "Nothing is free or movable; see who owns it: fswctl map");
}

static void tell_not_enough(struct told *told)
{
	uint32_t count = told->result->index;
	char bytes[2][TEXT_ROOM];
	uint64_t size = view_section_bytes(&told->view);

	problem_state(told->problem, "%" PRIu32 " sections (%s) can be had, asked for: %" PRIu32 " (%s)", count,
		      text_bytes(bytes[0], count * size), told->asked->total, text_bytes(bytes[1], told->asked->total * size));
	if (count)
		problem_next(told->problem, "Ask for less: fswctl boot --memory %" PRIu32 " ...", count);
	else
		problem_next(told->problem, "Nothing is free or movable; see who owns it: fswctl map");
}

/* The instance is in the wrong state for this. */
static void tell_state(struct told *told)
{
	uint32_t id = told->asked->instance;
	struct fsw_instance instance = { 0 };

	if (!id || id > told->view.area.instances) {
		problem_next(told->problem, "List the instances: fswctl status");
		return;
	}
	fsw_instance_get(&told->view.area, id, &instance);
	problem_state(told->problem, "instance %" PRIu32 " is '%s'%s%s (needed: '%s')", id, fsw_state_name(instance.state),
		      instance.cause ? ", cause: " : "", instance.cause ? text_cause(instance.cause) : "",
		      fsw_state_name(told->asked->needed));
	switch (instance.state) {
	case FSW_STATE_LOADED:
		problem_next(told->problem, "Start it first: fswctl boot --loaded --instance %" PRIu32, id);
		break;
	case FSW_STATE_SLEEPING:
		problem_next(told->problem, "Resume it: fswctl switch %" PRIu32, id);
		break;
	case FSW_STATE_EMPTY:
		problem_next(told->problem, "Load it first: fswctl boot --instance %" PRIu32 " --kernel FILE", id);
		break;
	case FSW_STATE_DEAD:
		problem_next(told->problem, "It cannot come back; boot another: fswctl boot --kernel FILE");
		break;
	default:
		problem_next(told->problem, "List the instances: fswctl status");
		break;
	}
}

static void tell_in_use(struct told *told)
{
	struct fsw_instance instance;
	uint32_t id;

	tell_state(told);
	for (id = 1; id <= told->view.area.instances; id++)
		if (!fsw_instance_get(&told->view.area, id, &instance) && instance.state == FSW_STATE_EMPTY)
			break;
	if (id <= told->view.area.instances)
		problem_next(told->problem, "Take an empty one: fswctl boot --instance %" PRIu32 " ...", id);
	else
		problem_next(told->problem, "All %" PRIu32 " are in use: fswctl status", told->view.area.instances);
}

static void tell_outside(struct told *told)
{
	const struct fsw_area *area = &told->view.area;
	uint64_t size = view_section_bytes(&told->view);
	char bytes[TEXT_ROOM];

	if (told->result->error == FSW_ERR(ALIGNMENT))
		problem_state(told->problem, "0x%" PRIx64 " is no multiple of the section size, %s", told->asked->start,
			      text_bytes(bytes, size));
	else
		problem_state(told->problem, "the map goes from 0x%" PRIx64 " to 0x%" PRIx64, fsw_section_address(area, 0),
			      fsw_section_address(area, area->sections));
	problem_next(told->problem, "See where memory is: fswctl map");
}

static void tell_interrupted(struct told *told)
{
	problem_next(told->problem,
		     "Mend or unbind that, then try without giving anything away: fswctl rehearse (see also: dmesg | tail -n 20)");
}

/* By the error of libfsw: docs/porting.md, "What to tell people" */
static void tell_error(struct told *told)
{
	switch (told->result->error) {
	case FSW_ERR(BUSY):
		problem_next(told->problem, "Wait until it is over: fswctl status");
		break;
	case FSW_ERR(EMPTY):
	case FSW_ERR(STATE):
		tell_state(told);
		break;
	case FSW_ERR(IN_USE):
		tell_in_use(told);
		break;
	case FSW_ERR(CONTIGUOUS):
		tell_contiguous(told);
		break;
	case FSW_ERR(NOT_ENOUGH):
		tell_not_enough(told);
		break;
	case FSW_ERR(NO_MEMORY):
	case FSW_ERR(NOT_ONLINE):
	case FSW_ERR(SHARED):
	case FSW_ERR(OTHERS):
	case FSW_ERR(KERNEL_CORE):
	case FSW_ERR(REQUEST_NEEDED):
		state_of_section(told, told->result->index);
		problem_next(told->problem, "See who owns what: fswctl map");
		break;
	case FSW_ERR(OUTSIDE):
	case FSW_ERR(ALIGNMENT):
		tell_outside(told);
		break;
	case FSW_ERR(NOT_READY):
		problem_next(told->problem, "See why the master did not set it up: dmesg | grep fsw");
		break;
	case FSW_ERR(INTERRUPTED):
		tell_interrupted(told);
		break;
	case FSW_ERR(DEVICES):
		problem_next(told->problem, "Leave the device in the same state in both; the differences: fswctl status");
		break;
	default:
		if (told->problem->exit == EXIT_AREA)
			problem_next(told->problem, "Save the area for analysis: fswctl dump FILE");
		else
			problem_next(told->problem, "List the instances: fswctl status");
		break;
	}
}

static enum exit_code exit_of(int error)
{
	if (error == FSW_ERR(INTERRUPTED))
		return EXIT_DRIVER;
	/* what opening, or entering an instance, finds damaged */
	return error <= FSW_ERR(TRUNCATED) && error >= FSW_ERR(SAR_RANGE) ? EXIT_AREA : EXIT_REFUSED;
}

/* An image that was refused: the adapter's text begins with what it is. */
static const char *file_of(const struct call *call, const char *what)
{
	if (strncmp(what, "kernel", 6) == 0)
		return call->kernel;
	if (strncmp(what, "initrd", 6) == 0)
		return call->initrd;
	return strncmp(what, "device tree", 11) == 0 ? call->dtb : NULL;
}

static int other_version(int number, const char *what)
{
	if (what[0])
		return strncmp(what, "unknown flags", 13) == 0;
	return number == ENOTTY || number == EFAULT || number == E2BIG || number == EINVAL;
}

/* The adapter's own reasons: files, privilege, a driver, its version */
static void tell_number(struct told *told, int number)
{
	const struct call *call = told->asked->call;
	const char *what = told->result->what;
	const char *file = file_of(call, what);
	struct problem *problem = told->problem;

	problem->exit = EXIT_REFUSED;
	if (number == EPERM || number == EACCES) {
		problem->exit = EXIT_PRIVILEGE;
		problem_next(problem, "Run it as root: sudo fswctl %s ...", call->command->name);
	} else if (number == EINTR) {
		problem->exit = EXIT_DRIVER;
		problem_next(problem, "Try again; to see what goes on: fswctl status");
	} else if (told->result->who[0] || strstr(what, "suspend")) {
		problem->exit = EXIT_DRIVER;
		tell_interrupted(told);
	} else if (file) {
		problem_next(problem, "Look at the file, give another: hexdump -C '%s' | head -n 4", file);
	} else if (other_version(number, what)) {
		problem->exit = EXIT_AREA;
		problem_state(problem, "fswctl %s and the adapter in kernel %s do not speak the same interface", FSW_VERSION_STRING,
			      device_release());
		problem_next(problem, "Take the fswctl that was built with this kernel: fswctl --version");
	} else if (strncmp(what, "memory", 6) == 0) {
		tell_begin(told);
	} else if (strstr(what, "does not free")) {
		problem_next(problem,
			     "End what uses that memory, or take another address: fswctl boot --start ADDRESS ... (fswctl map)");
	} else if (number == EBUSY) {
		problem_next(problem, "Wait until it is over: fswctl status");
	} else if (number == ENOSPC) {
		problem_next(problem, "List the instances: fswctl status");
	} else {
		problem_next(problem, "See what the adapter said: dmesg | tail -n 20");
	}
}

/* Another program's request holds the device: reading the area would wait for its end. */
static int waits(const struct fsw_ioc_result *result)
{
	return strncmp(result->what, "another request", 15) == 0;
}

static void state_of_other(struct problem *problem)
{
	char text[TEXT_ROOM];
	char safe[TEXT_ROOM];

	if (device_text(DEVICE_PROGRESS, text, sizeof(text)) > 0)
		problem_state(problem, "another program's request is at: %s", text_safe(safe, text, sizeof(text)));
	else
		problem_state(problem, "another program's request has the machine");
}

static void tell_refused(struct told *told, int number)
{
	const struct fsw_ioc_result *result = told->result;
	struct problem *problem = told->problem;
	char text[2][TEXT_ROOM];
	const char *who = text_safe(text[0], result->who, sizeof(result->who));
	const char *what = text_safe(text[1], result->what, sizeof(result->what));
	const char *why = result->error ? fsw_error_text(result->error) : what[0] ? what : strerror(number);

	problem->error = result->error;
	snprintf(problem->who, sizeof(problem->who), "%s", who);
	problem_what(problem, exit_of(result->error), "%s: %s%s%s%s%s%s", told->asked->doing, why,
		     result->error && what[0] ? ": " : "", result->error ? what : "", who[0] ? " ('" : "", who, who[0] ? "')" : "");
	if (told->seen)
		view_state(&told->view, problem->state);
	else if (waits(result))
		state_of_other(problem);
	else
		problem_state(problem, "not known, the area could not be read; nothing was changed");
	if (result->error && told->seen)
		tell_error(told);
	else if (result->error)
		problem_next(problem, "See what the adapter said: dmesg | tail -n 20");
	else
		tell_number(told, number);
}

/* The machine came back, but not because somebody gave it back. */
static void tell_survived(struct told *told)
{
	const struct fsw_ioc_result *result = told->result;
	struct problem *problem = told->problem;

	if (result->other)
		problem_what(problem, EXIT_DIED, "%s: instance %" PRIu32 " died, and this one was resumed", told->asked->doing,
			     result->other);
	else
		problem_what(problem, EXIT_DIED, "%s: the machine was reset, and this one was resumed", told->asked->doing);
	if (result->undone) {
		size_t at = strlen(problem->what);

		snprintf(problem->what + at, sizeof(problem->what) - at, "; a %s did not take place", text_mode(result->undone));
	}
	if (told->seen)
		view_state(&told->view, problem->state);
	else
		problem_state(problem, "not known, the area could not be read");
	problem_next(problem, "See what is left of it: fswctl status");
}

void outcome_tell(const struct asked *asked, int number, const struct fsw_ioc_result *result, struct problem *problem)
{
	static struct told told;
	struct problem unread = { .exit = EXIT_OK };
	int refused = number != 0 || result->outcome == FSW_RESULT_UNDONE;

	if (!refused && result->outcome != FSW_RESULT_SURVIVED)
		return;
	told.asked = asked;
	told.result = result;
	told.problem = problem;
	told.seen = !waits(result) && view_read(&told.view, NULL, &unread) == 0;
	if (refused)
		tell_refused(&told, number);
	else
		tell_survived(&told);
	view_free(&told.view);
}

void outcome_note(const struct fsw_ioc_result *result)
{
	char who[TEXT_ROOM];
	char what[TEXT_ROOM];

	text_safe(who, result->who, sizeof(result->who));
	text_safe(what, result->what, sizeof(result->what));
	if (what[0])
		printf("Note: %s%s%s\n", who, who[0] ? ": " : "", what);
	else if (who[0])
		printf("Note: device '%s' is not in the state in which the other instance left it: fswctl status\n", who);
}

void outcome_json(const struct fsw_ioc_result *result)
{
	json_string("outcome", result->outcome ? text_result(result->outcome) : NULL);
	if (result->other)
		json_number("other", result->other);
	else
		json_null("other");
	json_string("undone", result->undone ? text_mode(result->undone) : NULL);
	if (result->who[0])
		json_bytes("device", result->who, sizeof(result->who));
	else
		json_null("device");
	if (result->what[0])
		json_bytes("note", result->what, sizeof(result->what));
	else
		json_null("note");
}
