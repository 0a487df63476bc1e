/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "held.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "device.h"
#include "json.h"

void held_read(const struct view *view, struct held *held)
{
	struct fsw_ioc_memory ask = { .size = sizeof(ask), .count = view->area.sections };
	struct problem unread = { .exit = EXIT_OK };
	int device;

	memset(held, 0, sizeof(*held));
	if (!view->live)
		return;
	device = device_open(&unread);
	if (device < 0)
		return;
	held->sections = calloc(view->area.sections, sizeof(*held->sections));
	ask.sections = (uintptr_t)held->sections;
	if (held->sections && device_ask(device, FSW_IOC_MEMORY, &ask) == 0) {
		held->known = 1;
		held->count = ask.count < view->area.sections ? ask.count : view->area.sections;
		held->total = ask.total;
		held->available = ask.available;
		held->reserve = ask.reserve;
	}
	close(device);
}

void held_free(struct held *held)
{
	free(held->sections);
	memset(held, 0, sizeof(*held));
}

uint32_t held_count(const struct held *held, uint32_t how)
{
	uint32_t count = 0;
	uint32_t i;

	for (i = 0; i < held->count; i++)
		count += held->sections[i].held == how;
	return count;
}

/* Begins a list, or says that it is not known. */
static int json_list(const struct held *held, const char *key)
{
	if (held->known)
		json_open(key, '[');
	else
		json_null(key);
	return held->known;
}

void held_json_runs(const struct held *held, const char *key, uint32_t how)
{
	uint32_t first = 0;
	uint32_t i;

	if (!json_list(held, key))
		return;
	for (i = 0; i < held->count; i++) {
		if (held->sections[i].held != how)
			continue;
		for (first = i; i < held->count && held->sections[i].held == how;)
			i++;
		json_open(NULL, '[');
		json_number(NULL, first);
		json_number(NULL, i - first);
		json_close();
	}
	json_close();
}

void held_json_pinned(const struct held *held, const struct view *view, const char *key)
{
	uint32_t i;

	if (!json_list(held, key))
		return;
	for (i = 0; i < held->count; i++) {
		const struct fsw_ioc_section *section = &held->sections[i];

		if (!section->pinned)
			continue;
		json_open(NULL, '{');
		json_number("section", i);
		json_address("address", fsw_section_address(&view->area, i));
		json_number("pages", section->pinned);
		if (section->why[0])
			json_bytes("why", section->why, sizeof(section->why));
		else
			json_null("why");
		json_close();
	}
	json_close();
}

void held_print_pinned(const struct held *held, const struct view *view, uint32_t most)
{
	char why[TEXT_ROOM];
	uint32_t count = 0;
	uint32_t i;

	for (i = 0; i < held->count; i++) {
		const struct fsw_ioc_section *section = &held->sections[i];

		if (!section->pinned || count++ >= most)
			continue;
		text_safe(why, section->why, sizeof(section->why));
		printf("Pinned: section %" PRIu32 " at 0x%08" PRIx64 ": %" PRIu32 " page%s%s%s\n", i,
		       fsw_section_address(&view->area, i), section->pinned, section->pinned == 1 ? "" : "s", why[0] ? ": " : "",
		       why);
	}
	if (count > most)
		printf("Pinned: %" PRIu32 " more sections\n", count - most);
}
