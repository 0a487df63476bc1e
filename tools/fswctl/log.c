/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <fsw/switch.h>

#include "call.h"
#include "device.h"
#include "json.h"
#include "past.h"
#include "view.h"

#define DRIVERS_ROOM 65536
#define DRIVERS_MAX 1024

/* The phases, then the sum */
#define FIGURES (TEXT_PHASES + 1)

/* Of those that took place: switches, plain suspends, and claim rounds, which are within the hand-over of who asked */
enum group { GROUP_SWITCH, GROUP_PLAIN, GROUP_CLAIM, GROUPS };
static const struct {
	const char *name, *one, *more;
} groups[GROUPS] = {
	{ "switch", "switch", "switches" },
	{ "plain", "plain suspend", "plain suspends" },
	{ "claim", "claim round, within handover", "claim rounds, within handover" },
};

static int in_group(const struct fsw_ioc_entry *entry, enum group group)
{
	if (entry->error || entry->hz == 0)
		return 0;
	switch (entry->outcome) {
	case FSW_RESULT_UNDONE:
	case FSW_RESULT_SURVIVED:
	case FSW_RESULT_VISIT:
		return 0;
	case FSW_RESULT_COLLECT:
		return group == GROUP_CLAIM;
	case FSW_RESULT_PLAIN:
		if (entry->mode == FSW_MODE_NONE)
			return group == GROUP_PLAIN;
		break;
	default:
		break;
	}
	return group == GROUP_SWITCH;
}

static double figure(const struct fsw_ioc_entry *entry, int which)
{
	return text_ms(which < TEXT_PHASES ? entry->ticks[which] : past_total(entry), entry->hz);
}

struct spread {
	double min, median, max;
};

static int compare(const void *one, const void *other)
{
	const double *a = one;
	const double *b = other;

	return (*a > *b) - (*a < *b);
}

/* How many are in the group; *spread only if there are any. */
static uint32_t spread_of(const struct past *past, enum group group, int which, double *values, struct spread *spread)
{
	uint32_t count = 0;
	uint32_t i;

	for (i = 0; i < past->count; i++)
		if (in_group(&past->entries[i], group))
			values[count++] = figure(&past->entries[i], which);
	if (!count)
		return 0;
	qsort(values, count, sizeof(*values), compare);
	spread->min = values[0];
	spread->median = count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
	spread->max = values[count - 1];
	return count;
}

static const char *figure_name(int which)
{
	return which < TEXT_PHASES ? text_phases[which] : "total";
}

static void json_spread(const struct past *past, double *values)
{
	struct spread spread = { 0, 0, 0 };
	int group, which;

	json_open("spread", '{');
	for (group = 0; group < GROUPS; group++) {
		uint32_t count = spread_of(past, (enum group)group, 0, values, &spread);

		json_open(groups[group].name, '{');
		json_number("count", count);
		for (which = 0; count && which < FIGURES; which++) {
			spread_of(past, (enum group)group, which, values, &spread);
			json_open(figure_name(which), '{');
			json_ms("min", spread.min);
			json_ms("median", spread.median);
			json_ms("max", spread.max);
			json_close();
		}
		json_close();
	}
	json_close();
}

static void print_spread(const struct past *past, double *values)
{
	struct spread spread[FIGURES];
	int group, which;

	for (group = 0; group < GROUPS; group++) {
		uint32_t count = 0;

		for (which = 0; which < FIGURES; which++)
			count = spread_of(past, (enum group)group, which, values, &spread[which]);
		if (!count)
			continue;
		printf("\n%" PRIu32 " %s\n", count, count == 1 ? groups[group].one : groups[group].more);
		printf("%46s", "median");
		for (which = 0; which < FIGURES; which++)
			printf(" %9.2f", spread[which].median);
		printf("\n%46s", "min");
		for (which = 0; which < FIGURES; which++)
			printf(" %9.2f", spread[which].min);
		printf("\n%46s", "max");
		for (which = 0; which < FIGURES; which++)
			printf(" %9.2f", spread[which].max);
		printf("\n");
	}
}

static void print_entry(const struct fsw_ioc_entry *entry)
{
	time_t seconds = (time_t)(entry->wall / 1000000000u);
	char when[64] = "?";
	struct tm local;
	int which;

	if (localtime_r(&seconds, &local))
		strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", &local);
	printf("%4" PRIu32 "  %s  %-9s ", entry->number, when, entry->mode ? text_mode(entry->mode) : "suspend");
	if (entry->other)
		printf("%5" PRIu32, entry->other);
	else
		printf("%5s", "-");
	printf("  %-8s", text_result(entry->outcome));
	if (entry->hz)
		for (which = 0; which < FIGURES; which++)
			printf(" %9.2f", figure(entry, which));
	if (entry->error)
		printf("  %s", fsw_error_text(entry->error));
	printf("\n");
}

static void print_past(const struct past *past, double *values)
{
	uint32_t i;
	int which;

	if (past->count == 0) {
		printf("This instance has not been suspended yet.\n");
		return;
	}
	printf("%4s  %-19s  %-9s %5s  %-8s", "", "until", "asked", "other", "outcome");
	for (which = 0; which < FIGURES; which++)
		printf(" %9s", figure_name(which));
	printf("  (ms)\n");
	for (i = 0; i < past->count; i++)
		print_entry(&past->entries[i]);
	print_spread(past, values);
}

static void ask_log(const struct call *call, struct problem *problem)
{
	int device = device_open(problem);
	struct past past;
	double *values = NULL;
	uint32_t i;
	int number;

	if (device < 0)
		return;
	number = past_read(device, &past);
	close(device);
	if (!number) {
		values = malloc((past.count + 1) * sizeof(*values));
		number = values ? 0 : ENOMEM;
	}
	if (number) {
		problem_what(problem,
			     number == EPERM || number == EACCES ? EXIT_PRIVILEGE
			     : number == ENOMEM			 ? EXIT_FILE
								 : EXIT_AREA,
			     "cannot ask %s for its log: %s", FSW_DEVICE, strerror(number));
		problem_state(problem, "fswctl %s, kernel %s", FSW_VERSION_STRING, device_release());
		if (problem->exit == EXIT_PRIVILEGE)
			problem_next(problem, "Run it as root: sudo fswctl log");
		else
			problem_next(problem, "Take the fswctl that was built with this kernel: fswctl --version");
	} else if (call->json) {
		json_open("entries", '[');
		for (i = 0; i < past.count; i++)
			past_json(NULL, &past.entries[i]);
		json_close();
		json_spread(&past, values);
	} else {
		print_past(&past, values);
	}
	free(values);
	past_free(&past);
}

/* "DEVICE DRIVER SUSPEND_TICKS RESUME_TICKS HZ" */
struct driver {
	char *device, *name;
	uint64_t suspend, resume, hz;
};

static int parse_driver(char *line, struct driver *driver)
{
	char *words[5];
	char *rest = NULL;
	int suffixed, i;

	for (i = 0; i < 5; i++) {
		words[i] = strtok_r(i ? NULL : line, " \t", &rest);
		if (!words[i])
			return -1;
	}
	driver->device = words[0];
	driver->name = words[1];
	if (text_number(words[2], &driver->suspend, &suffixed) || text_number(words[3], &driver->resume, &suffixed) ||
	    text_number(words[4], &driver->hz, &suffixed) || driver->hz == 0 || driver->hz > UINT32_MAX)
		return -1;
	return 0;
}

static double suspend_ms(const struct driver *driver)
{
	return text_ms(driver->suspend, (uint32_t)driver->hz);
}

static double resume_ms(const struct driver *driver)
{
	return text_ms(driver->resume, (uint32_t)driver->hz);
}

static int slower(const void *one, const void *other)
{
	const struct driver *a = one;
	const struct driver *b = other;
	double took[2] = { suspend_ms(a) + resume_ms(a), suspend_ms(b) + resume_ms(b) };

	return (took[0] < took[1]) - (took[0] > took[1]);
}

static void put_drivers(const struct call *call, const struct driver *drivers, size_t count)
{
	double suspend = 0;
	double resume = 0;
	char safe[2][TEXT_ROOM];
	size_t i;

	if (call->json)
		json_open("devices", '[');
	else if (count == 0)
		printf("This instance has not been suspended yet.\n");
	else
		printf("%-28s %-20s %9s %9s  (ms, last switch)\n", "device", "driver", "suspend", "resume");
	for (i = 0; i < count; i++) {
		suspend += suspend_ms(&drivers[i]);
		resume += resume_ms(&drivers[i]);
		if (!call->json) {
			printf("%-28s %-20s %9.3f %9.3f\n", text_safe(safe[0], drivers[i].device, TEXT_ROOM),
			       text_safe(safe[1], drivers[i].name, TEXT_ROOM), suspend_ms(&drivers[i]), resume_ms(&drivers[i]));
			continue;
		}
		json_open(NULL, '{');
		json_string("device", drivers[i].device);
		json_string("driver", drivers[i].name);
		json_ms("suspend_ms", suspend_ms(&drivers[i]));
		json_ms("resume_ms", resume_ms(&drivers[i]));
		json_close();
	}
	if (call->json)
		json_close();
	else if (count)
		printf("%-28s %-20s %9.3f %9.3f\n", "all", "", suspend, resume);
}

static void print_drivers(const struct call *call, struct problem *problem)
{
	static char text[DRIVERS_ROOM];
	long length = device_text(DEVICE_DRIVERS, text, sizeof(text));
	static struct driver drivers[DRIVERS_MAX];
	size_t count = 0;
	char *rest = NULL;
	char *line;

	if (length < 0) {
		int number = (int)-length;

		problem_what(problem, number == EPERM || number == EACCES ? EXIT_PRIVILEGE : EXIT_AREA, "cannot read %s: %s",
			     DEVICE_DRIVERS, strerror(number));
		if (problem->exit == EXIT_PRIVILEGE) {
			problem_state(problem, "user %ld is not allowed to", (long)geteuid());
			problem_next(problem, "Run it as root: sudo fswctl log --devices");
		} else if (access(DEVICE_DEBUG "/.", R_OK) == 0 &&
			   device_text(DEVICE_DEBUG "/clear_warn_once", text, sizeof(text)) != -ENOENT) {
			problem_state(problem, "debugfs is mounted, kernel %s keeps no driver times in it", device_release());
			problem_next(problem, "See what the adapter said: dmesg | grep fsw");
		} else {
			problem_state(problem, "debugfs is not mounted, or kernel %s keeps no driver times", device_release());
			problem_next(problem, "Mount it: mount -t debugfs debugfs %s", DEVICE_DEBUG);
		}
		return;
	}
	for (line = strtok_r(text, "\n", &rest); line && count < DRIVERS_MAX; line = strtok_r(NULL, "\n", &rest))
		if (parse_driver(line, &drivers[count]) == 0)
			count++;
	qsort(drivers, count, sizeof(drivers[0]), slower);
	put_drivers(call, drivers, count);
}

/* What a dump has of it: the last switch of each instance */
static void print_dump(const struct call *call, struct problem *problem)
{
	struct fsw_timings timings;
	struct view view;
	char name[TEXT_ROOM];
	uint32_t id;
	int head = 0;
	int which;

	if (view_read(&view, call->area, problem)) {
		view_free(&view);
		return;
	}
	if (call->json)
		json_open("entries", '[');
	for (id = 1; id <= view.area.instances; id++) {
		struct fsw_ioc_entry entry = { .outcome = 0 };

		if (view_timings(&view, id, &timings) <= 0)
			continue;
		entry.hz = timings.hz;
		memcpy(entry.ticks, timings.ticks, sizeof(entry.ticks));
		if (call->json) {
			json_open(NULL, '{');
			json_number("instance", id);
			json_number("hz", timings.hz);
			json_open("ms", '{');
			for (which = 0; which < TEXT_PHASES; which++)
				json_ms(text_phases[which], figure(&entry, which));
			json_close();
			json_ms("total_ms", figure(&entry, TEXT_PHASES));
			json_close();
			continue;
		}
		if (!head++) {
			printf("%-32s", "last switch of instance");
			for (which = 0; which < FIGURES; which++)
				printf(" %9s", figure_name(which));
			printf("  (ms)\n");
		}
		printf("%3" PRIu32 " %-28s", id, view_name(&view, id, name));
		for (which = 0; which < FIGURES; which++)
			printf(" %9.2f", figure(&entry, which));
		printf("\n");
	}
	if (call->json)
		json_close();
	else if (!head)
		printf("No instance has been switched yet.\n");
	if (view.error)
		view_damaged(&view, problem);
	view_free(&view);
}

void command_log(const struct call *call, struct problem *problem)
{
	if (call->devices && call->area)
		call_usage(call, problem, "--devices asks the running kernel: it does not go with --area", NULL);
	else if (call->devices)
		print_drivers(call, problem);
	else if (call->area)
		print_dump(call, problem);
	else
		ask_log(call, problem);
}
