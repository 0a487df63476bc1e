/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* free: the first half of a boot */
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include <fsw/format.h>

#include "call.h"
#include "device.h"
#include "json.h"
#include "notes.h"
#include "progress.h"
#include "refuse.h"
#include "sections.h"
#include "text.h"

static void print(const struct fsw_ioc_free *ask, uint32_t shift, int dry_run)
{
	char bytes[TEXT_ROOM];

	if (dry_run)
		printf("Dry run, nothing was changed: instance %" PRIu32 " could have", ask->instance);
	else
		printf("Instance %" PRIu32 " has", ask->instance);
	printf(" %" PRIu32 " sections (%s), ", ask->total, text_bytes(bytes, (uint64_t)ask->total << shift));
	if (ask->contiguous < ask->total)
		printf("%" PRIu32 " of them in one run ", ask->contiguous);
	printf("from 0x%08" PRIx64 "\n", (uint64_t)ask->start);
	if (dry_run)
		return;
	printf("It took %.2f ms\nGo on: fswctl boot --prepared --instance %" PRIu32
	       " --kernel FILE ... (to undo it: fswctl kill %" PRIu32 ")\n",
	       text_ms(ask->ticks, ask->hz), ask->instance, ask->instance);
}

static void print_json(const struct call *call, const struct fsw_ioc_free *ask, uint32_t shift, const struct notes *notes)
{
	if (ask->instance)
		json_number("instance", ask->instance);
	else
		json_null("instance");
	json_bool("dry_run", call->dry_run);
	json_number("sections", ask->total);
	json_number("contiguous", ask->contiguous);
	json_number("section_bytes", (int64_t)1 << shift);
	if (ask->start != FSW_ANY_START)
		json_address("start", ask->start);
	else
		json_null("start");
	json_ms("ms", text_ms(ask->ticks, ask->hz));
	notes_json(notes);
	outcome_json(&ask->result);
}

static void ask_free(const struct call *call, int device, uint32_t shift, struct fsw_ioc_free *ask, const struct notes *notes,
		     struct problem *problem)
{
	struct asked asked = { .call = call, .instance = ask->instance, .needed = FSW_STATE_EMPTY, .contiguous = ask->contiguous };
	char doing[64];
	int number;

	asked.total = ask->total;
	asked.start = ask->start;
	snprintf(doing, sizeof(doing), "freeing of %" PRIu32 " section%s", ask->total, ask->total == 1 ? "" : "s");
	asked.doing = doing;
	if (!call->json) {
		notes_print(notes);
		fflush(stdout);
		progress_start();
	}
	number = device_ask(device, FSW_IOC_FREE, ask);
	progress_stop();
	outcome_tell(&asked, number, &ask->result, problem);
	if (call->json)
		print_json(call, ask, shift, notes);
	else if (problem->exit == EXIT_OK)
		print(ask, shift, call->dry_run);
}

void command_free(const struct call *call, struct problem *problem)
{
	struct fsw_ioc_free ask = { .size = sizeof(ask) };
	static struct notes notes;
	struct place place = { 0 };
	uint32_t shift;
	int device;

	if (!call->contiguous) {
		call_usage(call, problem, "--contiguous SIZE is missing", NULL);
		return;
	}
	device = device_open(problem);
	if (device < 0)
		return;
	if (sections_shift(&shift, problem) == 0 &&
	    (!call->instance || call_instance(call, call->instance, &ask.instance, problem) == 0) &&
	    sections_place(call, shift, "--total", call->total, &place, &notes, problem) == 0) {
		ask.flags = call->dry_run ? FSW_FREE_DRY_RUN : 0u;
		ask.contiguous = place.contiguous;
		ask.total = place.total;
		ask.start = place.start;
		ask_free(call, device, shift, &ask, &notes, problem);
	}
	close(device);
}
