/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "past.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "device.h"
#include "json.h"
#include "text.h"

#define FIRST_COUNT 256
#define LAST_COUNT 65536

int past_read(int device, struct past *past)
{
	uint32_t room;

	memset(past, 0, sizeof(*past));
	for (room = FIRST_COUNT; room <= LAST_COUNT; room *= 4) {
		struct fsw_ioc_log log = { .size = sizeof(log), .count = room };
		struct fsw_ioc_entry *entries = realloc(past->entries, room * sizeof(*entries));
		int number;

		if (!entries)
			return ENOMEM;
		past->entries = entries;
		memset(entries, 0, room * sizeof(*entries));
		log.entries = (uintptr_t)entries;
		number = device_ask(device, FSW_IOC_LOG, &log);
		if (number)
			return number;
		past->count = log.count < room ? log.count : room;
		if (past->count < room)
			break;
	}
	return 0;
}

void past_free(struct past *past)
{
	free(past->entries);
	memset(past, 0, sizeof(*past));
}

uint64_t past_total(const struct fsw_ioc_entry *entry)
{
	uint64_t sum = 0;
	int i;

	for (i = 0; i < TEXT_PHASES; i++)
		sum += entry->ticks[i];
	return sum;
}

static void json_id(const char *key, uint32_t id)
{
	if (id)
		json_number(key, id);
	else
		json_null(key);
}

void past_json(const char *key, const struct fsw_ioc_entry *entry)
{
	time_t seconds = (time_t)(entry->wall / 1000000000u);
	struct tm when;
	char text[64];
	int i;

	json_open(key, '{');
	json_number("number", entry->number);
	json_number("wall_ns", (int64_t)entry->wall);
	text[0] = '\0';
	if (gmtime_r(&seconds, &when))
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &when);
	json_string("time", text);
	json_string("mode", text_mode(entry->mode));
	json_id("other", entry->other);
	json_string("outcome", text_result(entry->outcome));
	json_string("error", entry->error ? error_name(entry->error) : NULL);
	json_number("hz", entry->hz);
	json_open("ms", '{');
	for (i = 0; i < TEXT_PHASES; i++)
		json_ms(text_phases[i], text_ms(entry->ticks[i], entry->hz));
	json_close();
	json_ms("total_ms", text_ms(past_total(entry), entry->hz));
	json_open("left_ms", '{');
	for (i = 0; i < 3; i++)
		json_ms(text_phases[i], text_ms(entry->left[i], entry->hz));
	json_close();
	json_close();
}

static int last(int device, struct fsw_ioc_entry *entry)
{
	struct past past;
	int found = past_read(device, &past) == 0 && past.count;

	if (found)
		*entry = past.entries[past.count - 1];
	past_free(&past);
	return found;
}

void past_print_last(int device, const char *head)
{
	struct fsw_ioc_entry entry;
	int i;

	if (!last(device, &entry))
		return;
	printf("%s %.2f ms:", head, text_ms(past_total(&entry), entry.hz));
	for (i = 0; i < TEXT_PHASES; i++)
		printf("%s %s %.2f", i ? "," : "", text_phases[i], text_ms(entry.ticks[i], entry.hz));
	printf("\n");
}

void past_json_last(int device, const char *key)
{
	struct fsw_ioc_entry entry;

	if (last(device, &entry))
		past_json(key, &entry);
	else
		json_null(key);
}
