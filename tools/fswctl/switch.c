/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* switch, and rehearse, which is one without another instance */
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include <fsw/switch.h>

#include "call.h"
#include "device.h"
#include "json.h"
#include "past.h"
#include "refuse.h"

static void print_back(const struct fsw_ioc_switch *ask, int rehearsed)
{
	const struct fsw_ioc_result *result = &ask->result;

	if (rehearsed)
		printf("Suspended and resumed: every driver came back.\n");
	else if (result->outcome == FSW_RESULT_INHERIT)
		printf("This instance runs again: instance %" PRIu32 " ended, its memory is ours.\n", result->other);
	else if (result->outcome == FSW_RESULT_COLLECT)
		printf("This instance runs again: its claim round is over.\n");
	else if (result->other)
		printf("This instance runs again: instance %" PRIu32 " gave the machine back.\n", result->other);
	else
		printf("This instance runs again.\n");
}

static void ask_switch(const struct call *call, uint32_t instance, int rehearse, struct problem *problem)
{
	struct fsw_ioc_switch ask = { .size = sizeof(ask), .instance = instance };
	struct asked asked = { .call = call, .instance = instance, .needed = FSW_STATE_SLEEPING, .start = FSW_ANY_START };
	char doing[64];
	int device = device_open(problem);
	int number;

	if (device < 0)
		return;
	ask.flags = (rehearse ? FSW_SWITCH_REHEARSE : 0u) | (call->dry_run ? FSW_SWITCH_DRY_RUN : 0u);
	if (rehearse)
		snprintf(doing, sizeof(doing), "rehearsal");
	else
		snprintf(doing, sizeof(doing), "switch to instance %" PRIu32, instance);
	asked.doing = doing;
	number = device_ask(device, FSW_IOC_SWITCH, &ask);
	outcome_tell(&asked, number, &ask.result, problem);
	if (call->json) {
		if (!rehearse)
			json_number("instance", instance);
		json_bool("dry_run", call->dry_run);
		outcome_json(&ask.result);
		if (problem->exit == EXIT_OK && !call->dry_run)
			past_json_last(device, "last");
		else
			json_null("last");
	} else if (problem->exit == EXIT_OK && call->dry_run) {
		printf("Dry run: instance %" PRIu32 " could be switched to; nothing was changed.\n", instance);
		outcome_note(&ask.result);
	} else if (problem->exit == EXIT_OK) {
		print_back(&ask, rehearse);
		past_print_last(device, rehearse ? "It took" : "The switch to here took");
		outcome_note(&ask.result);
	}
	close(device);
}

void command_switch(const struct call *call, struct problem *problem)
{
	uint32_t instance;

	if (call_instance(call, call->operand, &instance, problem) == 0)
		ask_switch(call, instance, 0, problem);
}

void command_rehearse(const struct call *call, struct problem *problem)
{
	ask_switch(call, 0, 1, problem);
}
