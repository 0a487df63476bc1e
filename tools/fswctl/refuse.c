/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "refuse.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <fsw/cores.h>

#include "boot/image.h"
#include "cores.h"
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

static const char *command_of(const struct told *told)
{
	return told->asked->call->command->name;
}

static int is(const struct told *told, const char *command)
{
	return strcmp(command_of(told), command) == 0;
}

/* Was memory for a new instance asked for? */
static int is_place(const struct told *told)
{
	return is(told, "boot") || is(told, "free");
}

/* The adapter refused the address, its own or the one that was asked for. */
static void tell_begin(struct told *told)
{
	uint64_t at = told->asked->start;
	uint64_t start;

	if (at != FSW_ANY_START && at % FSW_IMAGE_BASE_ALIGN)
		problem_state(told->problem,
			      "0x%" PRIx64 " is no multiple of %d MiB: those around it are 0x%" PRIx64 " and 0x%" PRIx64, at,
			      FSW_IMAGE_BASE_ALIGN >> 20, at / FSW_IMAGE_BASE_ALIGN * FSW_IMAGE_BASE_ALIGN,
			      (at / FSW_IMAGE_BASE_ALIGN + 1) * FSW_IMAGE_BASE_ALIGN);
	if (told->asked->call->prepared)
		problem_next(told->problem,
			     "Take it back, then prepare another run: fswctl kill %" PRIu32 "; fswctl free --start ADDRESS ...",
			     told->asked->instance);
	else if (told->seen && begins_at(&told->view, told->asked->contiguous, &start))
		problem_next(told->problem, "Name an address: fswctl %s --start 0x%" PRIx64 " ...", command_of(told), start);
	else
		problem_next(
			told->problem,
			"No such run is free or movable, ask for less in one run: fswctl %s --contiguous SIZE ... (fswctl map)",
			command_of(told));
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
			     "See fswctl map; the longest run: fswctl %s --start 0x%" PRIx64 " --contiguous %" PRIu32 " ...",
			     command_of(told), fsw_section_address(&told->view.area, longest.first),
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
		problem_next(told->problem, "Ask for less: fswctl %s --%s %" PRIu32 " ...", command_of(told),
			     is(told, "boot") ? "memory" : "total", count);
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
		problem_next(told->problem, "It cannot come back; take its memory: fswctl kill %" PRIu32, id);
		break;
	default:
		problem_next(told->problem, "List the instances: fswctl status");
		break;
	}
}

/* Sections that an instance has */
static uint32_t owned_by(struct view *view, uint32_t id)
{
	uint32_t count = 0;
	uint32_t i;

	for (i = 0; i < view->area.sections; i++) {
		struct cell cell = view_cell(view, i);

		count += (cell.kind == KIND_CORE || cell.kind == KIND_MOVABLE) && cell.owner == id;
	}
	return count;
}

/* The first guest that neither runs nor sleeps and has memory; 0: there is none */
static uint32_t idle_owner(struct view *view)
{
	struct fsw_instance instance;
	uint32_t id;

	for (id = FSW_MASTER + 1; id <= view->area.instances; id++) {
		if (fsw_instance_get(&view->area, id, &instance) || instance.state == FSW_STATE_SLEEPING || id == view->self)
			continue;
		if (owned_by(view, id))
			return id;
	}
	return 0;
}

/* Is it one that has memory and nothing else, from 'fswctl free'? Then that is told. */
static int tell_prepared(struct told *told)
{
	uint32_t id = told->asked->instance;
	struct fsw_instance instance;
	uint32_t count;

	if (!id || fsw_instance_get(&told->view.area, id, &instance) || instance.state != FSW_STATE_EMPTY)
		return 0;
	count = owned_by(&told->view, id);
	if (!count)
		return 0;
	problem_state(told->problem, "instance %" PRIu32 " is 'empty', and has %" PRIu32 " sections already", id, count);
	problem_next(told->problem,
		     "Boot in them, or take them back: fswctl boot --prepared --instance %" PRIu32 " ... | fswctl kill %" PRIu32,
		     id, id);
	return 1;
}

static void tell_in_use(struct told *told)
{
	struct fsw_instance instance;
	uint32_t id;

	if (tell_prepared(told))
		return;
	tell_state(told);
	for (id = 1; id <= told->view.area.instances; id++)
		if (!fsw_instance_get(&told->view.area, id, &instance) && instance.state == FSW_STATE_EMPTY &&
		    !owned_by(&told->view, id))
			break;
	if (id <= told->view.area.instances)
		problem_next(told->problem, "Take an empty one: fswctl %s --instance %" PRIu32 " ...", command_of(told), id);
	else
		problem_next(told->problem, "All %" PRIu32 " are in use: fswctl status", told->view.area.instances);
}

/* Of those that were named, the address that was refused by result->error */
static uint64_t address_refused(const struct told *told)
{
	const struct fsw_area *area = &told->view.area;
	uint64_t end = fsw_section_address(area, area->sections);
	uint32_t i;

	for (i = 0; told->asked->starts && i < told->asked->total; i++) {
		uint64_t at = told->asked->starts[i];

		if (told->result->error == FSW_ERR(ALIGNMENT) ? at % view_section_bytes(&told->view) != 0
							      : at < fsw_section_address(area, 0) || at >= end)
			return at;
	}
	return told->asked->start;
}

static void tell_outside(struct told *told)
{
	const struct fsw_area *area = &told->view.area;
	uint64_t size = view_section_bytes(&told->view);
	uint64_t at = address_refused(told);
	char bytes[TEXT_ROOM];

	if (told->result->error == FSW_ERR(ALIGNMENT) && is_place(told)) {
		tell_begin(told);
		return;
	}
	if (told->result->error == FSW_ERR(ALIGNMENT))
		problem_state(told->problem,
			      "0x%" PRIx64 " is no multiple of the section size, %s: the sections around it begin at 0x%" PRIx64
			      " and 0x%" PRIx64,
			      at, text_bytes(bytes, size), at / size * size, at / size * size + size);
	else
		problem_state(told->problem, "the map goes from 0x%" PRIx64 " to 0x%" PRIx64, fsw_section_address(area, 0),
			      fsw_section_address(area, area->sections));
	problem_next(told->problem, "See where memory is: fswctl map");
}

static void tell_below_base(struct told *told)
{
	uint64_t size = view_section_bytes(&told->view);
	uint64_t base;

	problem_next(told->problem, "See where memory is: fswctl map");
	if (!view_base(&told->view, &base))
		return;
	problem_state(told->problem, "a 32-bit kernel drops RAM below its own base, and this instance begins at 0x%" PRIx64, base);
	if (is(told, "request"))
		problem_next(told->problem, "Ask from there on: fswctl request %" PRIu32 " --from 0x%" PRIx64, told->asked->total,
			     (base + size - 1) / size * size);
}

/* Who sleeps, and can not be woken as its page is damaged */
static void unreachable(struct view *view, uint32_t bits[8])
{
	struct fsw_instance instance;
	uint32_t id;

	memset(bits, 0, 8 * sizeof(*bits));
	for (id = 1; id <= view->area.instances; id++)
		if (id != view->self && fsw_instance_get(&view->area, id, &instance) && instance.state == FSW_STATE_SLEEPING)
			bits[id / 32] |= 1u << id % 32;
}

/* A request that nobody could fill */
static void tell_nothing(struct told *told)
{
	struct view *view = &told->view;
	int nobody = told->result->error == FSW_ERR(NOBODY);
	uint32_t idle = idle_owner(view);
	char lost[PROBLEM_LINE];
	char rest[PROBLEM_LINE];
	char text[TEXT_ROOM];
	uint32_t bits[8];
	uint64_t base;

	unreachable(view, bits);
	if (view_set_text(bits, lost)[0])
		snprintf(rest, sizeof(rest), "%.200s could not be reached", lost);
	else
		snprintf(rest, sizeof(rest), "%s", nobody ? "no instance sleeps" : "no sleeper has movable memory there");
	if (told->asked->start != FSW_ANY_START)
		problem_state(told->problem, "none of those sections is free, and %.300s", rest);
	else if (view_base(view, &base))
		problem_state(told->problem, "no section from 0x%" PRIx64 " on, where this instance begins, is free, and %.300s",
			      base, rest);
	if (lost[0])
		problem_next(told->problem, "See what is wrong there: fswctl status");
	else if (idle)
		problem_next(told->problem, "%s does not run and has %" PRIu32 " sections, take them: fswctl kill %" PRIu32,
			     view_instance(view, idle, text), owned_by(view, idle), idle);
	else
		problem_next(told->problem, "See who owns what; a guest gives all back when it ends: fswctl map");
}

/* Who can not end or be killed */
static void tell_never(struct told *told)
{
	if (told->result->error == FSW_ERR(MASTER)) {
		problem_state(told->problem, "instance %d is the master: it starts the board, and neither ends nor is killed",
			      FSW_MASTER);
		problem_next(told->problem, "Give the machine to another, or end a guest: fswctl switch N | fswctl kill N");
	} else if (is(told, "kill")) {
		problem_next(told->problem, "To end the instance that runs: fswctl exit");
	} else {
		problem_next(told->problem, "List the instances: fswctl status");
	}
}

/* kill: nothing is left of it */
static void tell_gone(struct told *told)
{
	problem_state(told->problem, "instance %" PRIu32 " has neither a page nor memory", told->asked->instance);
	problem_next(told->problem, "List the instances: fswctl status");
}

static void tell_interrupted(struct told *told)
{
	problem_next(told->problem,
		     "Mend or unbind that, then try without giving anything away: fswctl rehearse (see also: dmesg | tail -n 20)");
}

/* What to type to try once more. Returns `to`, of TEXT_ROOM bytes. */
static const char *again(const struct told *told, char *to)
{
	if (is(told, "switch"))
		snprintf(to, TEXT_ROOM, "fswctl switch %" PRIu32, told->asked->instance);
	else
		snprintf(to, TEXT_ROOM, "fswctl %s%s", command_of(told), is(told, "exit") ? "" : " ...");
	return to;
}

/* The number of a core is Linux's own for it: all instances count them as the board does. */
#define CPU_ONLINE "/sys/devices/system/cpu/cpu%" PRIu32 "/online"

/* A core is where it must not be while the machine changes hands. It may have moved since: told is what is true now, too. */
static void tell_core(struct told *told)
{
	struct problem *problem = told->problem;
	struct view *view = &told->view;
	uint32_t core = told->result->index;
	char state[PROBLEM_LINE];
	char where[TEXT_ROOM];
	char next[TEXT_ROOM];
	const char *undone = "";
	struct fsw_core now;
	int error;

	if (core >= cores_count(view)) {
		problem_next(problem, "See what the kernel says of it: dmesg | grep 'fsw: core'");
		return;
	}
	error = fsw_core_get(&view->area, core, &now);
	again(told, next);
	if (!view->status_error && view->status.phase == FSW_PHASE_IDLE)
		undone = is(told, "request") ? "nobody was asked; " : "it was undone; ";
	memcpy(state, problem->state, sizeof(state));
	problem_state(problem, "%score %" PRIu32 ": %s; %.300s", undone, core, cores_text(view, core, where), state);
	if (error || problem->exit == EXIT_AREA)
		problem_next(problem, "Save the area for analysis; a reset of the board writes that record anew: fswctl dump FILE");
	else if (now.state == FSW_CORE_LOST && !now.arrived)
		problem_next(
			problem,
			"Try again when fswctl status says that it has come; if it never does, only a reset brings it back: %s",
			next);
	else if (now.state == FSW_CORE_LOST)
		problem_next(problem, "It has come, late; try again, that takes it back: %s", next);
	else if (now.state == FSW_CORE_RUNNING && told->result->error == FSW_ERR(CORE_STATE))
		problem_next(problem, "Take it off-line, then try again: echo 0 >" CPU_ONLINE " && %s", core, next);
	else if (now.state == FSW_CORE_RUNNING || now.arrived)
		problem_next(problem, "It is back, try again: %s", next);
	else
		problem_next(problem,
			     "Go on without it; a reset of the board brings it to the pen, who runs ends by that: fswctl status");
}

/* What the rules and the state machine refuse, where the command matters: 1, or 0: nothing is known about that */
static int tell_by_command(struct told *told)
{
	switch (told->result->error) {
	case FSW_ERR(IN_USE):
		if (is_place(told))
			tell_in_use(told);
		return is_place(told);
	case FSW_ERR(CONTIGUOUS):
		if (is_place(told))
			tell_contiguous(told);
		return is_place(told);
	case FSW_ERR(NOT_ENOUGH):
		if (is_place(told))
			tell_not_enough(told);
		return is_place(told);
	case FSW_ERR(EMPTY):
		if (is(told, "kill"))
			tell_gone(told);
		else
			tell_state(told);
		return 1;
	case FSW_ERR(NOBODY):
		if (is(told, "request"))
			tell_nothing(told);
		else
			problem_next(told->problem, "Somebody has to get the machine; boot one first: fswctl boot --kernel FILE");
		return 1;
	default:
		return 0;
	}
}

/* By the error of libfsw: docs/porting.md, "What to tell people" */
static void tell_error(struct told *told)
{
	if (tell_by_command(told))
		return;
	switch (told->result->error) {
	case FSW_ERR(BUSY):
		problem_next(told->problem, "Wait until it is over: fswctl status");
		break;
	case FSW_ERR(STATE):
		tell_state(told);
		break;
	case FSW_ERR(SELF):
	case FSW_ERR(MASTER):
		tell_never(told);
		break;
	case FSW_ERR(BELOW_BASE):
		tell_below_base(told);
		break;
	case FSW_ERR(NOTHING):
		tell_nothing(told);
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
	case FSW_ERR(CORE_WORD):
	case FSW_ERR(CORE_VALUE):
	case FSW_ERR(CORE_STATE):
	case FSW_ERR(CORE_AWAY):
	case FSW_ERR(CORE_LOST):
		tell_core(told);
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
	return (error <= FSW_ERR(TRUNCATED) && error >= FSW_ERR(SAR_RANGE)) ||
			       (error <= FSW_ERR(CORES) && error >= FSW_ERR(CORE_VALUE))
		       ? EXIT_AREA
		       : EXIT_REFUSED;
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
	if ((number == EPERM || number == EACCES) && !what[0]) {
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
	} else if (strstr(what, "closed firmware overwrites")) {
		problem_next(problem, "Find out, which restarts this instance: fswctl firmware-probe");
	} else if (strstr(what, "nothing is overwritten")) {
		problem_next(problem, "There is nothing to find out: fswctl firmware-probe --show");
	} else if (strstr(what, "would be lost")) {
		problem_next(problem, "End it there, or take its memory: fswctl kill N (fswctl status)");
	} else if (strstr(what, "only instance 1 can probe")) {
		problem_next(problem, "Go there, end all others, probe: fswctl switch 1");
	} else if (strstr(what, "no pen")) {
		problem_next(problem,
			     "Boot this kernel with nr_cpus=1, or by a bootloader that makes a map of the cores: fswctl status");
	} else if (strstr(what, "named twice")) {
		problem_next(problem, "Name each section once: fswctl %s ADDRESS ...", command_of(told));
	} else if (strstr(what, "fsw.reserve")) {
		problem_next(problem,
			     "End what uses memory, ask for less, or lower the reserve: /sys/module/fsw/parameters/reserve");
	} else if (strstr(what, "does not free")) {
		problem_next(
			problem,
			"That memory is in use: end what uses it, or take another address: fswctl %s --start ADDRESS ... (fswctl map)",
			command_of(told));
	} else if (strstr(what, "no memory yet")) {
		problem_next(problem,
			     "Give it some, or boot without --prepared: fswctl free --instance %" PRIu32 " --contiguous SIZE",
			     told->asked->instance);
	} else if (strstr(what, "memory already") && told->seen && tell_prepared(told)) {
		/* that is all */
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

/* Of an error of libfsw: its text, with the core that it is about. Returns `to`, of TEXT_ROOM bytes. */
static const char *tell_why(const struct fsw_ioc_result *result, char *to)
{
	if (result->error <= FSW_ERR(CORE_WORD) && result->error >= FSW_ERR(CORE_LOST))
		snprintf(to, TEXT_ROOM, "core %" PRIu32 ": %s", result->index, fsw_error_text(result->error));
	else
		snprintf(to, TEXT_ROOM, "%s", fsw_error_text(result->error));
	return to;
}

/* Who refused, for the problem; " ('uart')" for its text, or "". Returns `to`, of TEXT_ROOM bytes. */
static const char *tell_who(const struct fsw_ioc_result *result, struct problem *problem, char *to)
{
	char who[TEXT_ROOM];

	text_safe(who, result->who, sizeof(result->who));
	snprintf(problem->who, sizeof(problem->who), "%.*s", (int)sizeof(result->who), who);
	snprintf(to, TEXT_ROOM, "%s%s%s", problem->who[0] ? " ('" : "", problem->who, problem->who[0] ? "')" : "");
	return to;
}

static void tell_refused(struct told *told, int number)
{
	const struct fsw_ioc_result *result = told->result;
	struct problem *problem = told->problem;
	char text[3][TEXT_ROOM];
	const char *who = tell_who(result, problem, text[0]);
	const char *what = text_safe(text[1], result->what, sizeof(result->what));
	const char *why = result->error ? tell_why(result, text[2]) : what[0] ? what : strerror(number);

	problem->error = result->error;
	problem_what(problem, exit_of(result->error), "%s: %s%s%s%s", told->asked->doing, why, result->error && what[0] ? ": " : "",
		     result->error ? what : "", who);
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

/* A claim round came, and did not find the way out again: the requester sleeps on, and this instance has the machine. */
static void tell_visit(struct told *told)
{
	const struct fsw_ioc_result *result = told->result;
	struct problem *problem = told->problem;
	char who[TEXT_ROOM];

	if (result->error == FSW_ERR(UNREACHABLE)) {
		problem_what(problem, EXIT_REFUSED,
			     "%s: this instance runs again: it gave memory to instance %" PRIu32 ", which can not be resumed",
			     told->asked->doing, result->other);
		problem->error = result->error;
		if (told->seen)
			view_state(&told->view, problem->state);
		problem_next(problem, "See what is wrong with instance %" PRIu32 ": fswctl status", result->other);
		return;
	}
	problem_what(problem, EXIT_DRIVER,
		     "%s: this instance runs again: it gave memory to instance %" PRIu32 " and could not fall asleep again%s",
		     told->asked->doing, result->other, tell_who(result, problem, who));
	problem->error = result->error;
	if (told->seen)
		view_state(&told->view, problem->state);
	else
		problem_state(problem, "instance %" PRIu32 " sleeps", result->other);
	problem_next(problem, "Instance %" PRIu32 " sleeps and waits for its memory: fswctl switch %" PRIu32, result->other,
		     result->other);
}

static struct told *look(const struct asked *asked, const struct fsw_ioc_result *result, struct problem *problem)
{
	static struct told told;
	struct problem unread = { .exit = EXIT_OK };

	told.asked = asked;
	told.result = result;
	told.problem = problem;
	told.seen = !waits(result) && view_read(&told.view, NULL, &unread) == 0;
	return &told;
}

void outcome_tell(const struct asked *asked, int number, const struct fsw_ioc_result *result, struct problem *problem)
{
	int refused = number != 0 || result->outcome == FSW_RESULT_UNDONE;
	struct told *told;

	if (!refused && result->outcome != FSW_RESULT_SURVIVED && result->outcome != FSW_RESULT_VISIT)
		return;
	told = look(asked, result, problem);
	if (result->outcome == FSW_RESULT_VISIT)
		tell_visit(told);
	else if (result->outcome == FSW_RESULT_SURVIVED)
		tell_survived(told);
	else
		tell_refused(told, number);
	view_free(&told->view);
}

void outcome_part(const struct asked *asked, const struct fsw_ioc_result *result, enum exit_code exit, const char *got,
		  const char *rest, struct problem *problem)
{
	struct told *told = look(asked, result, problem);
	char text[2][TEXT_ROOM];
	const char *who = tell_who(result, problem, text[0]);
	const char *why = result->error ? tell_why(result, text[1]) : text_safe(text[1], result->what, sizeof(result->what));

	problem->error = result->error;
	problem_what(problem, exit, "%s: %s%s%s%s", asked->doing, got, why[0] ? "; " : "", why, who);
	if (told->seen)
		view_state(&told->view, problem->state);
	if (result->error && told->seen)
		tell_error(told);
	else if (who[0])
		tell_interrupted(told);
	else
		problem_next(problem, "See who owns what, and what is in use: fswctl map");
	if (rest[0])
		problem_state(problem, "%s", rest);
	view_free(&told->view);
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
