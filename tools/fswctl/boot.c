/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <fsw/switch.h>

#include "call.h"
#include "device.h"
#include "json.h"
#include "notes.h"
#include "past.h"
#include "progress.h"
#include "refuse.h"
#include "sections.h"
#include "text.h"

#define DEFAULT_MEMORY "256M"
#define CMDLINE_ROOM 4096

struct order {
	const struct call *call;
	uint32_t shift; /* log2 of the section size */
	struct fsw_ioc_boot ask;
	char cmdline[CMDLINE_ROOM];
	struct notes notes;
};

/* Options that make no sense together */
static int check(const struct call *call, struct problem *problem)
{
	if (call->prepared && (call->memory || call->contiguous || call->start)) {
		call_usage(
			call, problem,
			"--prepared takes the memory that 'fswctl free' gave: --memory, --contiguous and --start do not go with it",
			NULL);
		return -1;
	}
	if (call->loaded && (call->kernel || call->initrd || call->dtb || call->cmdline || call->memory || call->contiguous ||
			     call->start || call->name || call->prepared)) {
		call_usage(call, problem,
			   "--loaded starts what was loaded before: only --instance, --direct and --dry-run go with it", NULL);
		return -1;
	}
	if ((call->loaded || call->prepared) && !call->instance) {
		call_usage(call, problem,
			   call->loaded ? "--loaded needs --instance N"
					: "--prepared needs --instance N, which 'fswctl free' gave it to",
			   NULL);
		return -1;
	}
	if (call->stay && (call->loaded || call->direct)) {
		call_usage(call, problem, "--stay only loads: it does not go with --loaded or --direct", NULL);
		return -1;
	}
	if (!call->loaded && !call->kernel) {
		call_usage(call, problem, "--kernel FILE is missing (or --loaded --instance N)", NULL);
		return -1;
	}
	if (call->name && strlen(call->name) >= FSW_NAME_BYTES) {
		call_usage(call, problem, "longer than 31 bytes: name", call->name);
		return -1;
	}
	return 0;
}

static int memory(struct order *order, struct problem *problem)
{
	struct fsw_ioc_boot *ask = &order->ask;
	const char *total = order->call->memory ? order->call->memory : DEFAULT_MEMORY;
	struct place place = { 0 };

	if (sections_place(order->call, order->shift, "--memory", total, &place, &order->notes, problem))
		return -1;
	ask->contiguous = place.contiguous;
	ask->total = place.total;
	ask->start = place.start;
	return 0;
}

static int cmdline(struct order *order, struct problem *problem)
{
	long length;

	if (order->call->cmdline) {
		order->ask.cmdline = (uintptr_t)order->call->cmdline;
		return 0;
	}
	length = device_text(DEVICE_CMDLINE, order->cmdline, sizeof(order->cmdline));
	if (length < 0) {
		problem_file(problem, "read", DEVICE_CMDLINE, (int)-length);
		problem_next(problem, "Give the new instance its own: fswctl boot --cmdline STRING ...");
		return -1;
	}
	order->ask.cmdline = (uintptr_t)order->cmdline;
	note(&order->notes, "command line as the running kernel's: %.400s", order->cmdline);
	return 0;
}

static int open_image(const char *path, int *file, struct problem *problem)
{
	if (!path)
		return 0;
	*file = open(path, O_RDONLY | O_CLOEXEC);
	if (*file >= 0)
		return 0;
	problem_file(problem, "read", path, errno);
	return -1;
}

static void name(struct order *order)
{
	const char *kernel = order->call->kernel;
	const char *slash = strrchr(kernel, '/');
	const char *from = order->call->name ? order->call->name : slash ? slash + 1 : kernel;

	snprintf(order->ask.name, sizeof(order->ask.name), "%.*s", FSW_NAME_BYTES - 1, from);
}

/* All that the ioctl takes. Descriptors are closed by the caller in any case. */
static int fill(struct order *order, struct problem *problem)
{
	const struct call *call = order->call;
	struct fsw_ioc_boot *ask = &order->ask;

	ask->size = sizeof(*ask);
	ask->kernel_fd = -1;
	ask->initrd_fd = -1;
	ask->tree_fd = -1;
	ask->start = FSW_ANY_START;
	ask->flags = (call->direct ? FSW_BOOT_DIRECT : 0u) | (call->dry_run ? FSW_BOOT_DRY_RUN : 0u) |
		     (call->stay ? FSW_BOOT_STAY : 0u) | (call->loaded ? FSW_BOOT_LOADED : 0u) |
		     (call->prepared ? FSW_BOOT_PREPARED : 0u);
	if (call->instance && call_instance(call, call->instance, &ask->instance, problem))
		return -1;
	if (call->loaded)
		return 0;
	name(order);
	if ((!call->prepared && memory(order, problem)) || cmdline(order, problem))
		return -1;
	if (open_image(call->kernel, &ask->kernel_fd, problem) || open_image(call->initrd, &ask->initrd_fd, problem))
		return -1;
	return open_image(call->dtb, &ask->tree_fd, problem);
}

static void print_before(const struct order *order)
{
	const struct fsw_ioc_boot *ask = &order->ask;
	uint64_t size = (uint64_t)1 << order->shift;
	char text[2][TEXT_ROOM];

	notes_print(&order->notes);
	if (order->call->loaded) {
		printf("Starting instance %" PRIu32 ".\n", ask->instance);
	} else if (order->call->prepared) {
		printf("%s '%s' in the memory of instance %" PRIu32 ".\n", order->call->stay ? "Loading" : "Booting",
		       text_safe(text[0], ask->name, sizeof(ask->name)), ask->instance);
	} else {
		printf("%s '%s': %" PRIu32 " sections (%s), %" PRIu32 " of them in one run",
		       order->call->stay ? "Loading" : "Booting", text_safe(text[0], ask->name, sizeof(ask->name)), ask->total,
		       text_bytes(text[1], ask->total * size), ask->contiguous);
		if (ask->start != FSW_ANY_START)
			printf(" from 0x%08" PRIx64, (uint64_t)ask->start);
		printf(".\n");
	}
	fflush(stdout);
}

static void print_after(const struct order *order, int device)
{
	const struct fsw_ioc_boot *ask = &order->ask;
	const struct fsw_ioc_result *result = &ask->result;

	if (order->call->dry_run) {
		printf("Dry run: instance %" PRIu32 " could be %s; nothing was changed.\n", ask->instance,
		       order->call->stay ? "loaded" : "booted");
	} else if (order->call->stay) {
		printf("Instance %" PRIu32 " is loaded. Start it: fswctl boot --loaded --instance %" PRIu32 "\n", ask->instance,
		       ask->instance);
	} else {
		if (result->outcome == FSW_RESULT_INHERIT)
			printf("This instance runs again: instance %" PRIu32 " ended, its memory is ours.\n", result->other);
		else
			printf("This instance runs again: instance %" PRIu32 " was booted, instance %" PRIu32
			       " gave the machine back.\n",
			       ask->instance, result->other ? result->other : ask->instance);
		past_print_last(device, "The switch to here took");
	}
	outcome_note(result);
}

static void print_json(const struct order *order, int device, const struct problem *problem)
{
	const struct fsw_ioc_boot *ask = &order->ask;
	const struct call *call = order->call;

	if (ask->instance)
		json_number("instance", ask->instance);
	else
		json_null("instance");
	json_bool("dry_run", call->dry_run);
	json_bool("stay", call->stay);
	json_bool("direct", call->direct);
	json_bool("loaded", call->loaded);
	json_bool("prepared", call->prepared);
	json_string("name", call->loaded ? NULL : ask->name);
	json_number("sections", ask->total);
	json_number("contiguous", ask->contiguous);
	json_number("section_bytes", (int64_t)1 << order->shift);
	if (ask->start != FSW_ANY_START)
		json_address("start", ask->start);
	else
		json_null("start");
	json_string("cmdline", call->loaded ? NULL : (const char *)(uintptr_t)ask->cmdline);
	notes_json(&order->notes);
	outcome_json(&ask->result);
	if (problem->exit == EXIT_OK && !call->dry_run && !call->stay)
		past_json_last(device, "last");
	else
		json_null("last");
}

static void ask_boot(struct order *order, int device, struct problem *problem)
{
	struct fsw_ioc_boot *ask = &order->ask;
	struct asked asked = { .call = order->call, .instance = ask->instance };
	char doing[64];
	int number;

	asked.needed = order->call->loaded ? FSW_STATE_LOADED : FSW_STATE_EMPTY;
	asked.contiguous = ask->contiguous;
	asked.total = ask->total;
	asked.start = ask->start;
	if (ask->instance)
		snprintf(doing, sizeof(doing), "boot of instance %" PRIu32, ask->instance);
	else
		snprintf(doing, sizeof(doing), "boot");
	asked.doing = doing;
	if (!order->call->json) {
		print_before(order);
		progress_start();
	}
	number = device_ask(device, FSW_IOC_BOOT, ask);
	progress_stop();
	outcome_tell(&asked, number, &ask->result, problem);
	if (order->call->json)
		print_json(order, device, problem);
	else if (problem->exit == EXIT_OK)
		print_after(order, device);
}

void command_boot(const struct call *call, struct problem *problem)
{
	static struct order order;
	int device;

	order.call = call;
	if (check(call, problem))
		return;
	device = device_open(problem);
	if (device < 0)
		return;
	order.ask.kernel_fd = order.ask.initrd_fd = order.ask.tree_fd = -1;
	if (sections_shift(&order.shift, problem) == 0 && fill(&order, problem) == 0)
		ask_boot(&order, device, problem);
	close(device);
	if (order.ask.kernel_fd >= 0)
		close(order.ask.kernel_fd);
	if (order.ask.initrd_fd >= 0)
		close(order.ask.initrd_fd);
	if (order.ask.tree_fd >= 0)
		close(order.ask.tree_fd);
}
