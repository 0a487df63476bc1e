/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* request, and release, which is its reverse */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <fsw/switch.h>

#include "call.h"
#include "device.h"
#include "json.h"
#include "moved.h"
#include "notes.h"
#include "progress.h"
#include "refuse.h"
#include "sections.h"
#include "text.h"

#define NAME "SIZE"

static int ask(const struct call *call, int device, unsigned long request, void *argument)
{
	int number;

	if (!call->json)
		progress_start();
	number = device_ask(device, request, argument);
	progress_stop();
	return number;
}

static void request_json(const struct fsw_ioc_request *ask, struct moved *moved)
{
	moved_json(moved, "got");
	view_json_set("skipped", ask->skipped);
	view_json_set("visited", ask->visited);
	json_open("ms", '{');
	json_ms("free", text_ms(ask->ticks_free, ask->hz));
	json_ms("round", text_ms(ask->ticks_round, ask->hz));
	json_ms("take", text_ms(ask->ticks_take, ask->hz));
	json_ms("zero", text_ms(ask->ticks_zero, ask->hz));
	json_ms("total", text_ms((uint64_t)ask->ticks_free + ask->ticks_round + ask->ticks_take, ask->hz));
	json_close();
}

static void request_print(const struct fsw_ioc_request *ask, struct moved *moved)
{
	char text[TEXT_ROOM];
	char ids[PROBLEM_LINE];
	uint32_t i;

	moved_print(moved);
	if (view_set_text(ask->visited, ids)[0])
		printf("Asked: %s\n", ids);
	for (i = 1; i < 256; i++) {
		if (!view_in_set(ask->skipped, i))
			continue;
		printf("Skipped: %s sleeps and could not be reached. See why: fswctl status\n",
		       moved->seen ? view_instance(&moved->view, i, text) : "one who");
	}
	if (!moved->asked->call->dry_run && ask->hz)
		printf("It took %.2f ms: free ones %.2f, round %.2f, take %.2f; of it zeroing %.2f\n",
		       text_ms((uint64_t)ask->ticks_free + ask->ticks_round + ask->ticks_take, ask->hz),
		       text_ms(ask->ticks_free, ask->hz), text_ms(ask->ticks_round, ask->hz), text_ms(ask->ticks_take, ask->hz),
		       text_ms(ask->ticks_zero, ask->hz));
	if (ask->result.outcome == FSW_RESULT_COLLECT && ask->result.other)
		printf("Note: instance %" PRIu32 " died in the round, and the board was reset: fswctl status\n", ask->result.other);
}

static void request(const struct call *call, int device, struct notes *notes, struct fsw_ioc_request *wish, uint32_t shift,
		    struct problem *problem)
{
	struct asked asked = { .call = call, .total = wish->count, .start = wish->from };
	static struct moved moved;
	char doing[64];
	int number;

	snprintf(doing, sizeof(doing), "request of %" PRIu32 " section%s", wish->count, wish->count == 1 ? "" : "s");
	asked.doing = doing;
	moved.asked = &asked;
	moved.shift = shift;
	moved.skipped = wish->skipped;
	moved.visited = wish->visited;
	if (moved_make(&moved, wish->count, problem) == 0) {
		if (!call->json) {
			notes_print(notes);
			fflush(stdout);
		}
		wish->moved = (uintptr_t)moved.list;
		wish->room = moved.room;
		number = ask(call, device, FSW_IOC_REQUEST, wish);
		moved.got = wish->got;
		moved.listed = wish->listed;
		moved_tell(&moved, number, &wish->result, problem);
		if (call->json)
			request_json(wish, &moved);
		else if (moved.tried)
			request_print(wish, &moved);
	}
	if (call->json) {
		json_bool("dry_run", call->dry_run);
		notes_json(notes);
		outcome_json(&wish->result);
	}
	moved_free(&moved);
}

void command_request(const struct call *call, struct problem *problem)
{
	struct fsw_ioc_request wish = { .size = sizeof(wish), .from = FSW_ANY_START };
	static struct notes notes;
	uint64_t from = FSW_ANY_START;
	uint32_t shift;
	int device = device_open(problem);

	if (device < 0)
		return;
	wish.flags = (call->dry_run ? FSW_REQUEST_DRY_RUN : 0u) | (call->free_only ? FSW_REQUEST_FREE_ONLY : 0u);
	if (sections_shift(&shift, problem) == 0 &&
	    sections_count(call, shift, NAME, call->operand, &wish.count, &notes, problem) == 0 &&
	    (!call->from || sections_address(call, "--from", call->from, &from, problem) == 0)) {
		wish.from = from;
		request(call, device, &notes, &wish, shift, problem);
	}
	close(device);
}

/* What is to go: so many, or those at *starts, which the caller frees. 0, or -1 with a problem. */
static int parse_release(const struct call *call, uint32_t shift, uint32_t *count, uint64_t **starts, struct notes *notes,
			 struct problem *problem)
{
	int address = strncmp(call->operand, "0x", 2) == 0;
	size_t i;

	for (i = 1; i < call->operand_count; i++) {
		if (address != (strncmp(call->operands[i], "0x", 2) == 0) || !address) {
			call_usage(call, problem, "either one SIZE or addresses, which begin with 0x; not also", call->operands[i]);
			return -1;
		}
	}
	if (!address)
		return sections_count(call, shift, NAME, call->operand, count, notes, problem);
	*count = (uint32_t)call->operand_count;
	*starts = calloc(call->operand_count, sizeof(**starts));
	if (!*starts) {
		problem_file(problem, "keep", "the addresses", ENOMEM);
		return -1;
	}
	for (i = 0; i < call->operand_count; i++)
		if (sections_address(call, "ADDRESS", call->operands[i], &(*starts)[i], problem))
			return -1;
	return 0;
}

static void release(const struct call *call, int device, struct notes *notes, uint32_t count, const uint64_t *starts,
		    uint32_t shift, struct problem *problem)
{
	struct fsw_ioc_release gift = { .size = sizeof(gift), .count = count, .starts = (uintptr_t)starts };
	struct asked asked = { .call = call, .total = count, .start = FSW_ANY_START, .starts = starts };
	static struct moved moved;
	char doing[64];
	int number;

	snprintf(doing, sizeof(doing), "release of %" PRIu32 " section%s", count, count == 1 ? "" : "s");
	asked.doing = doing;
	moved.asked = &asked;
	moved.shift = shift;
	gift.flags = call->dry_run ? FSW_RELEASE_DRY_RUN : 0u;
	if (moved_make(&moved, count, problem) == 0) {
		if (!call->json) {
			notes_print(notes);
			fflush(stdout);
		}
		gift.moved = (uintptr_t)moved.list;
		gift.room = moved.room;
		number = ask(call, device, FSW_IOC_RELEASE, &gift);
		moved.got = gift.gave;
		moved.listed = gift.listed;
		moved_tell(&moved, number, &gift.result, problem);
		if (call->json) {
			moved_json(&moved, "gave");
			json_ms("ms", text_ms(gift.ticks, gift.hz));
		} else if (moved.tried) {
			moved_print(&moved);
			if (!call->dry_run && gift.hz)
				printf("It took %.2f ms\n", text_ms(gift.ticks, gift.hz));
		}
	}
	if (call->json) {
		json_bool("dry_run", call->dry_run);
		notes_json(notes);
		outcome_json(&gift.result);
	}
	moved_free(&moved);
}

void command_release(const struct call *call, struct problem *problem)
{
	static struct notes notes;
	uint64_t *starts = NULL;
	uint32_t shift, count;
	int device = device_open(problem);

	if (device < 0)
		return;
	if (sections_shift(&shift, problem) == 0 && parse_release(call, shift, &count, &starts, &notes, problem) == 0)
		release(call, device, &notes, count, starts, shift, problem);
	close(device);
	free(starts);
}
