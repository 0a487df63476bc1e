/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* exit and kill: an instance ends, its own or another */
#define _XOPEN_SOURCE 700 /* sync() */
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "call.h"
#include "device.h"
#include "json.h"
#include "progress.h"
#include "refuse.h"
#include "text.h"
#include "view.h"

/* Who gets what: told before, as nothing of this instance is there to tell it afterwards. */
static void print_heir(uint32_t heir, int dry_run)
{
	struct problem unread = { .exit = EXIT_OK };
	char text[3][TEXT_ROOM];
	static struct view view;

	if (view_read(&view, NULL, &unread) == 0 && view.self) {
		static struct tally tally;
		uint32_t sections;

		view_tally(&view, &tally);
		sections = tally.core[view.self] + tally.movable[view.self];
		printf("%s %s, %s resumes and gets its memory: %" PRIu32 " sections (%s)\n",
		       view_instance(&view, view.self, text[0]), dry_run ? "could end" : "ends",
		       view_instance(&view, heir, text[1]), sections, text_bytes(text[2], sections * view_section_bytes(&view)));
	} else {
		printf("This instance %s, instance %" PRIu32 " resumes and gets its memory\n", dry_run ? "could end" : "ends",
		       heir);
	}
	if (dry_run)
		printf("Dry run: nothing was changed.\n");
	fflush(stdout);
	view_free(&view);
}

void command_exit(const struct call *call, struct problem *problem)
{
	struct fsw_ioc_exit ask = { .size = sizeof(ask), .flags = FSW_EXIT_DRY_RUN };
	struct asked asked = { .call = call, .doing = "end of this instance", .start = FSW_ANY_START };
	int device = device_open(problem);
	int number;

	if (device < 0)
		return;
	number = device_ask(device, FSW_IOC_EXIT, &ask);
	outcome_tell(&asked, number, &ask.result, problem);
	if (problem->exit == EXIT_OK && !call->json)
		print_heir(ask.heir, call->dry_run);
	if (problem->exit == EXIT_OK && !call->dry_run) {
		sync();
		ask.flags = 0;
		number = device_ask(device, FSW_IOC_EXIT, &ask);
		outcome_tell(&asked, number, &ask.result, problem);
		if (problem->exit == EXIT_OK) {
			problem_what(problem, EXIT_REFUSED, "end of this instance: it goes on");
			problem_state(problem, "the kernel says that it ended, and gives no reason");
			problem_next(problem, "See what the adapter said: dmesg | tail -n 20");
		}
	}
	if (call->json) {
		if (ask.heir)
			json_number("heir", ask.heir);
		else
			json_null("heir");
		json_bool("dry_run", call->dry_run);
		outcome_json(&ask.result);
	}
	close(device);
}

static void print_killed(const struct fsw_ioc_kill *ask, int dry_run)
{
	struct problem unread = { .exit = EXIT_OK };
	static struct view view;
	char bytes[TEXT_ROOM] = "";
	uint64_t base = 0;
	int seen = view_read(&view, NULL, &unread) == 0;
	uint32_t rest = ask->sections - ask->online;

	if (seen)
		text_bytes(bytes, ask->sections * view_section_bytes(&view));
	if (dry_run) {
		printf("Dry run: instance %" PRIu32 " could be killed, it has %" PRIu32 " sections%s%s%s; nothing was changed.\n",
		       ask->instance, ask->sections, seen ? " (" : "", bytes, seen ? ")" : "");
	} else {
		printf("Instance %" PRIu32 " is gone: %" PRIu32 " sections%s%s%s came back, %" PRIu32 " are on-line here\n",
		       ask->instance, ask->sections, seen ? " (" : "", bytes, seen ? ")" : "", ask->online);
		if (rest && seen && view_base(&view, &base))
			printf("%" PRIu32
			       " went to the free ones: a 32-bit kernel can not use memory below its base, here 0x%08" PRIx64 "\n",
			       rest, base);
		else if (rest)
			printf("%" PRIu32 " went to the free ones: this kernel can not use memory there\n", rest);
		printf("It took %.2f ms; of it zeroing %.2f\n", text_ms(ask->ticks, ask->hz), text_ms(ask->ticks_zero, ask->hz));
	}
	view_free(&view);
}

void command_kill(const struct call *call, struct problem *problem)
{
	struct fsw_ioc_kill ask = { .size = sizeof(ask), .flags = call->dry_run ? FSW_KILL_DRY_RUN : 0u };
	struct asked asked = { .call = call, .start = FSW_ANY_START };
	char doing[64];
	int device, number;

	if (call_instance(call, call->operand, &ask.instance, problem))
		return;
	device = device_open(problem);
	if (device < 0)
		return;
	asked.instance = ask.instance;
	snprintf(doing, sizeof(doing), "kill of instance %" PRIu32, ask.instance);
	asked.doing = doing;
	if (!call->json)
		progress_start();
	number = device_ask(device, FSW_IOC_KILL, &ask);
	progress_stop();
	outcome_tell(&asked, number, &ask.result, problem);
	if (call->json) {
		json_number("instance", ask.instance);
		json_bool("dry_run", call->dry_run);
		json_number("sections", ask.sections);
		json_number("online", ask.online);
		json_ms("ms", text_ms(ask.ticks, ask.hz));
		json_ms("zero_ms", text_ms(ask.ticks_zero, ask.hz));
		outcome_json(&ask.result);
	} else if (problem->exit == EXIT_OK) {
		print_killed(&ask, call->dry_run);
	}
	close(device);
}
