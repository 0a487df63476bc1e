/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "sections.h"

#include <inttypes.h>
#include <stdio.h>

#include "device.h"
#include "text.h"
#include "view.h"

/*
 * Reading the area waits while another request is in progress, and that may take hours; we would rather be refused. So the section size
 * is taken from sysfs, and from the area only where that does not have it.
 */
int sections_shift(uint32_t *shift, struct problem *problem)
{
	struct view view;
	char text[TEXT_ROOM];
	uint64_t size;
	int suffixed, result;

	if (device_text(DEVICE_SECTION_SIZE, text, sizeof(text)) > 0 && text_number(text, &size, &suffixed) == 0) {
		for (*shift = FSW_SECTION_SHIFT_MIN; *shift <= FSW_SECTION_SHIFT_MAX; (*shift)++)
			if (size == (uint64_t)1 << *shift)
				return 0;
	}
	result = view_read(&view, NULL, problem);
	if (result == 0) {
		*shift = view.area.header->geometry.section_shift;
		if (view.error) {
			view_damaged(&view, problem);
			result = -1;
		}
	}
	view_free(&view);
	return result;
}

int sections_count(const struct call *call, uint32_t shift, const char *name, const char *text, uint32_t *count,
		   struct notes *notes, struct problem *problem)
{
	char bytes[2][TEXT_ROOM];
	int rounded;

	if (text_sections(text, shift, count, &rounded)) {
		char what[TEXT_ROOM];

		snprintf(what, sizeof(what), "%s is a count of sections, or bytes with K, M or G; not", name);
		call_usage(call, problem, what, text);
		return -1;
	}
	if (rounded)
		note(notes, "%s %s is rounded up to %" PRIu32 " sections of %s: %s", name, text, *count,
		     text_bytes(bytes[0], (uint64_t)1 << shift), text_bytes(bytes[1], (uint64_t)*count << shift));
	return 0;
}

int sections_address(const struct call *call, const char *name, const char *text, uint64_t *address, struct problem *problem)
{
	char what[TEXT_ROOM];
	int suffixed;

	if (text_number(text, address, &suffixed) == 0)
		return 0;
	snprintf(what, sizeof(what), "%s is a physical address, as 0x80000000; not", name);
	call_usage(call, problem, what, text);
	return -1;
}

int sections_place(const struct call *call, uint32_t shift, const char *name, const char *total, struct place *place,
		   struct notes *notes, struct problem *problem)
{
	char what[TEXT_ROOM];

	place->start = FSW_ANY_START;
	if (total && sections_count(call, shift, name, total, &place->total, notes, problem))
		return -1;
	place->contiguous = place->total;
	if (call->contiguous && sections_count(call, shift, "--contiguous", call->contiguous, &place->contiguous, notes, problem))
		return -1;
	if (!total)
		place->total = place->contiguous;
	if (place->contiguous > place->total) {
		snprintf(what, sizeof(what), "--contiguous is more than %s:", name);
		call_usage(call, problem, what, call->contiguous);
		return -1;
	}
	return call->start ? sections_address(call, "--start", call->start, &place->start, problem) : 0;
}
