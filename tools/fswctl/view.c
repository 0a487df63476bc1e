/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "view.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "device.h"
#include "json.h"

/* No area is larger: 2^20 sections, 254 pages of 64 KiB, and what a later version may add */
#define AREA_MAX (64u << 20)
/* Another program may be changing the area while we read it. */
#define READS 4

static const struct fsw_port port;

static int grow(struct view *view, size_t room)
{
	unsigned char *bytes = realloc(view->bytes, room);

	if (!bytes)
		return -1;
	view->bytes = bytes;
	return 0;
}

/* Up to `until` bytes in all. 0, or an errno. */
static int read_until(struct view *view, int file, size_t until)
{
	while (view->length < until) {
		ssize_t got = read(file, view->bytes + view->length, until - view->length);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return errno;
		if (got == 0)
			break;
		view->length += (size_t)got;
	}
	return 0;
}

/* All there is, for a dump: whatever the header says */
static int read_whole(struct view *view, int file)
{
	size_t room;
	int number = 0;

	view->length = 0;
	for (room = 65536; room <= AREA_MAX && !number; room *= 2) {
		if (grow(view, room))
			return ENOMEM;
		number = read_until(view, file, room);
		if (view->length < room)
			break;
	}
	return number;
}

/* The area at the start of a file, and no more of what may be gigabytes behind it */
static int read_area(struct view *view, int file)
{
	const struct fsw_header *header;
	size_t size = FSW_HEADER_BYTES;
	int number;

	view->length = 0;
	if (grow(view, FSW_HEADER_BYTES))
		return ENOMEM;
	number = read_until(view, file, FSW_HEADER_BYTES);
	if (number || view->length < FSW_HEADER_BYTES)
		return number;
	header = (const struct fsw_header *)(void *)view->bytes;
	if (header->magic == FSW_AREA_MAGIC)
		size = header->size < AREA_MAX ? header->size : AREA_MAX;
	if (size <= FSW_HEADER_BYTES)
		return 0;
	if (grow(view, size))
		return ENOMEM;
	return read_until(view, file, size);
}

static int open_source(struct view *view, const char *file, struct problem *problem)
{
	int source;

	view->live = !file;
	view->source = file ? file : FSW_DEVICE;
	if (!file)
		return device_open(problem);
	source = open(file, O_RDONLY | O_CLOEXEC);
	if (source < 0)
		problem_file(problem, "read", file, errno);
	return source;
}

static int read_source(struct view *view, const char *file, int source, int whole, struct problem *problem)
{
	int number;

	if (lseek(source, 0, SEEK_SET) < 0 && errno != ESPIPE)
		number = errno;
	else
		number = whole ? read_whole(view, source) : read_area(view, source);
	if (!number)
		return 0;
	if (number == ENOMEM)
		view->length = 0;
	problem_file(problem, "read", view->source, number);
	if (!file) {
		problem->exit = number == EPERM || number == EACCES ? EXIT_PRIVILEGE : EXIT_AREA;
		problem_next(problem, "See what the adapter said: dmesg | grep fsw");
	}
	return -1;
}

int view_bytes(struct view *view, struct problem *problem)
{
	int source, result;

	memset(view, 0, sizeof(*view));
	source = open_source(view, NULL, problem);
	if (source < 0)
		return -1;
	result = read_source(view, NULL, source, 1, problem);
	close(source);
	return result;
}

/* Is it an error of header or geometry? Codes are in the order of the checks, but for those that came later. */
static int of_header(int error)
{
	return error > FSW_ERR(SWITCH_WORD) || error == FSW_ERR(CORES);
}

/* The handle, from a header that was found good: what a damaged area can still be looked at with. */
static void attach(struct view *view)
{
	struct fsw_area *area = &view->area;

	area->port = &port;
	area->header = (struct fsw_header *)(void *)view->bytes;
	area->switch_word = (uint32_t *)(void *)(view->bytes + FSW_AREA_SWITCH);
	area->cmm = (uint32_t *)(void *)(view->bytes + area->header->geometry.cmm_offset);
	area->pages = view->bytes + area->header->geometry.pages_offset;
	area->sections = area->header->geometry.sections;
	area->instances = area->header->geometry.instances;
	area->page_size = area->header->geometry.page_size;
}

int view_read(struct view *view, const char *file, struct problem *problem)
{
	int source, reads;

	memset(view, 0, sizeof(*view));
	source = open_source(view, file, problem);
	if (source < 0)
		return -1;
	for (reads = 0; reads < READS; reads++) {
		if (read_source(view, file, source, 0, problem)) {
			close(source);
			return -1;
		}
		view->error = fsw_open(&view->area, view->bytes, view->length, &port);
		view->fault = view->area.fault;
		if (!view->error || file)
			break;
	}
	close(source);
	if (view->error && of_header(view->error)) {
		view_damaged(view, problem);
		return -1;
	}
	attach(view);
	view->status_error = fsw_status(&view->area, &view->status);
	if (!view->status_error && view->status.running <= view->area.instances)
		view->self = view->status.running;
	return 0;
}

void view_free(struct view *view)
{
	free(view->bytes);
	view->bytes = NULL;
}

static int cell_error(const struct view *view, uint32_t entry)
{
	uint32_t owner = entry & FSW_ENTRY_OWNER;

	if (!fsw_entry_legal(entry))
		return FSW_ERR(ENTRY_VALUE);
	return owner > view->area.instances && owner != FSW_OWNER_SHARED ? FSW_ERR(ENTRY_OWNER) : 0;
}

struct cell view_cell(struct view *view, uint32_t section)
{
	struct cell cell = { KIND_DAMAGED, 0, 0, 0 };
	uint32_t entry;

	cell.error = fsw_cmm_get(&view->area, section, &entry);
	if (!cell.error)
		cell.error = cell_error(view, entry);
	if (cell.error)
		return cell;
	cell.owner = entry & FSW_ENTRY_OWNER;
	cell.marks = entry & (FSW_ENTRY_FLAGS & ~(uint32_t)FSW_ENTRY_AVAILABLE);
	if (cell.owner == FSW_OWNER_SHARED)
		cell.kind = KIND_SHARED;
	else if (cell.owner == FSW_OWNER_NONE)
		cell.kind = entry & FSW_ENTRY_AVAILABLE ? KIND_FREE : KIND_NOBODY;
	else
		cell.kind = entry & FSW_ENTRY_AVAILABLE ? KIND_MOVABLE : KIND_CORE;
	return cell;
}

void view_tally(struct view *view, struct tally *tally)
{
	uint32_t i;

	memset(tally, 0, sizeof(*tally));
	for (i = 0; i < view->area.sections; i++) {
		struct cell cell = view_cell(view, i);

		tally->of[cell.kind]++;
		if (cell.kind == KIND_CORE)
			tally->core[cell.owner]++;
		else if (cell.kind == KIND_MOVABLE)
			tally->movable[cell.owner]++;
	}
}

uint64_t view_section_bytes(const struct view *view)
{
	return (uint64_t)1 << view->area.header->geometry.section_shift;
}

const char *view_where(char *to, const struct fsw_fault *fault)
{
	int error = fault->error;

	/* codes are negative: in error.h's order they fall */
	if (error <= FSW_ERR(ENTRY_CHECK) && error >= FSW_ERR(ENTRY_OWNER))
		snprintf(to, TEXT_ROOM, "section %" PRIu32, fault->index);
	else if (error <= FSW_ERR(STATE_WORD) && error >= FSW_ERR(SAR_END))
		snprintf(to, TEXT_ROOM, "instance %" PRIu32, fault->index);
	else if (error <= FSW_ERR(CORE_WORD) && error >= FSW_ERR(CORE_LOST))
		snprintf(to, TEXT_ROOM, "core %" PRIu32, fault->index);
	else
		to[0] = '\0';
	return to;
}

const char *view_name(struct view *view, uint32_t id, char *to)
{
	struct fsw_instance instance;

	to[0] = '\0';
	/* what could be read before some damage was found counts */
	if (id != 0 && id <= view->area.instances) {
		fsw_instance_get(&view->area, id, &instance);
		if (instance.load)
			text_safe(to, instance.load->name, sizeof(instance.load->name));
	}
	return to;
}

const char *view_instance(struct view *view, uint32_t id, char *to)
{
	char name[TEXT_ROOM];

	view_name(view, id, name);
	snprintf(to, TEXT_ROOM, "instance %" PRIu32 "%s%.*s%s", id, name[0] ? " '" : "", 4 * FSW_LOAD_NAME_SIZE, name,
		 name[0] ? "'" : "");
	return to;
}

int view_base(struct view *view, uint64_t *base)
{
	struct fsw_instance instance;

	if (!view->self || fsw_instance_get(&view->area, view->self, &instance) || !instance.load)
		return 0;
	*base = instance.load->base;
	return 1;
}

int64_t view_claimable(struct view *view)
{
	unsigned char sleeps[256] = { 0 };
	struct fsw_instance instance;
	int64_t count = 0;
	uint64_t base;
	uint32_t i;

	if (!view_base(view, &base))
		return -1;
	for (i = 1; i <= view->area.instances; i++)
		sleeps[i] = !fsw_instance_get(&view->area, i, &instance) && instance.state == FSW_STATE_SLEEPING;
	for (i = 0; i < view->area.sections; i++) {
		struct cell cell = view_cell(view, i);

		count += cell.kind == KIND_MOVABLE && sleeps[cell.owner] && fsw_section_address(&view->area, i) >= base;
	}
	return count;
}

void view_json_claimable(struct view *view)
{
	int64_t claimable = view_claimable(view);

	if (claimable >= 0)
		json_number("claimable", claimable);
	else
		json_null("claimable");
}

int view_in_set(const uint32_t bits[8], uint32_t id)
{
	return id < 256 && (bits[id / 32] >> (id % 32) & 1);
}

int view_timings(struct view *view, uint32_t id, struct fsw_timings *timings)
{
	int error = fsw_timings_get(&view->area, id, timings);
	const unsigned char *page = view->area.pages + (size_t)(id - 1) * view->area.page_size;
	uint32_t i;

	if (!error)
		return timings->hz != 0;
	/* where none were ever kept, there is not even a CRC */
	for (i = 0; i < FSW_TIMINGS_BYTES; i++)
		if (page[FSW_PAGE_TIMINGS + i] != 0)
			return error;
	return 0;
}

/* Appends, as far as there is room. */
static void __attribute__((format(printf, 3, 4))) add(char *to, size_t *at, const char *format, ...)
{
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(to + *at, PROBLEM_LINE - *at, format, arguments);
	va_end(arguments);
	if (length > 0)
		*at += (size_t)length;
	if (*at >= PROBLEM_LINE)
		*at = PROBLEM_LINE - 1;
}

void view_json_set(const char *key, const uint32_t bits[8])
{
	uint32_t id;

	json_open(key, '[');
	for (id = 0; id < 256; id++)
		if (view_in_set(bits, id))
			json_number(NULL, id);
	json_close();
}

const char *view_set_text(const uint32_t bits[8], char *to)
{
	size_t at = 0;
	uint32_t id;

	to[0] = '\0';
	for (id = 1; id < 256; id++)
		if (view_in_set(bits, id))
			add(to, &at, "%s%" PRIu32, at ? ", " : "instance ", id);
	return to;
}

int view_claim(struct view *view, struct claim *claim)
{
	uint32_t i;

	memset(claim, 0, sizeof(*claim));
	if (view->status_error || view->status.phase <= FSW_PHASE_IDLE || view->status.operation->mode != FSW_MODE_CLAIM)
		return 0;
	claim->operation = view->status.operation;
	for (i = claim->operation->first; i < claim->operation->limit && i < view->area.sections; i++) {
		uint32_t marks = view_cell(view, i).marks;

		claim->released += (marks & FSW_ENTRY_RELEASE_RET) != 0;
		claim->kept += (marks & (FSW_ENTRY_RELEASE_ORDER | FSW_ENTRY_RELEASE_RET)) == FSW_ENTRY_RELEASE_ORDER;
	}
	return 1;
}

void view_json_claim(struct view *view)
{
	struct claim claim;

	if (!view_claim(view, &claim)) {
		json_null("claim");
		return;
	}
	json_open("claim", '{');
	json_number("source", claim.operation->source);
	json_number("target", claim.operation->target);
	json_number("wanted", claim.operation->wanted);
	json_number("released", claim.released);
	json_number("kept", claim.kept);
	view_json_set("skipped", claim.operation->skipped);
	json_close();
}

const char *view_claim_text(struct view *view, const struct claim *claim, char *to)
{
	const struct fsw_operation *operation = claim->operation;
	char skipped[PROBLEM_LINE];
	char text[TEXT_ROOM];
	size_t at = 0;

	add(to, &at, "%" PRIu32 " of %" PRIu32 " sections released", claim->released, operation->wanted);
	if (claim->kept)
		add(to, &at, ", %" PRIu32 " stayed", claim->kept);
	if (operation->target == operation->source)
		add(to, &at, "; back to %s", view_instance(view, operation->source, text));
	else
		add(to, &at, "; %s %s",
		    view->self == operation->target ? "at" : "next:", view_instance(view, operation->target, text));
	if (view_set_text(operation->skipped, skipped)[0])
		add(to, &at, "; could not be reached: %s", skipped);
	return to;
}

const char *view_pending(const struct view *view, char *to)
{
	const struct fsw_operation *operation = view->status.operation;
	uint32_t source = operation->source;
	uint32_t target = operation->target;
	char words[96];

	switch (operation->mode) {
	case FSW_MODE_CLAIM:
		snprintf(words, sizeof(words), "claim of %" PRIu32 " sections by instance %" PRIu32 ", now at instance %" PRIu32,
			 operation->wanted, source, target);
		break;
	case FSW_MODE_TERMINATE:
		snprintf(words, sizeof(words), "end of instance %" PRIu32 ", instance %" PRIu32 " follows", source, target);
		break;
	case FSW_MODE_FREE:
		snprintf(words, sizeof(words), "freeing of memory for instance %" PRIu32 " by instance %" PRIu32, target, source);
		break;
	case FSW_MODE_RECOVER:
		snprintf(words, sizeof(words), "resumption of instance %" PRIu32 " after a reset (%s)", target,
			 text_why(operation->why));
		break;
	default:
		snprintf(words, sizeof(words), "%s %s instance %" PRIu32 " by instance %" PRIu32, text_mode(operation->mode),
			 operation->mode == FSW_MODE_SWITCH ? "to" : "of", target, source);
		break;
	}
	snprintf(to, TEXT_ROOM, "%s; phase '%s'", words, text_phase(view->status.phase));
	return to;
}

const char *view_state(struct view *view, char *to)
{
	struct fsw_instance instance;
	char name[TEXT_ROOM];
	size_t at = 0;
	uint32_t id;

	to[0] = '\0';
	if (view->status_error) {
		add(to, &at, "who runs is not known: %s", fsw_error_text(view->status_error));
		return to;
	}
	if (view->status.phase == FSW_PHASE_BLANK) {
		add(to, &at, "the area is formatted, no master has set it up yet");
		return to;
	}
	if (view->self)
		add(to, &at, "instance %" PRIu32 " '%s' runs", view->self, view_name(view, view->self, name));
	else
		add(to, &at, "no instance runs");
	for (id = 1; id <= view->area.instances; id++) {
		int error = fsw_instance_get(&view->area, id, &instance);

		if (at > PROBLEM_LINE - 160) {
			add(to, &at, ", ...");
			break;
		}
		if (error)
			add(to, &at, ", %" PRIu32 " is damaged (%s)", id, fsw_error_text(error));
		else if (id != view->self && instance.state != FSW_STATE_EMPTY)
			add(to, &at, ", %" PRIu32 " is '%s'", id, fsw_state_name(instance.state));
	}
	if (view->status.phase <= FSW_PHASE_IDLE)
		add(to, &at, "; no operation pending");
	else
		add(to, &at, "; pending: %s", view_pending(view, name));
	return to;
}

void view_damaged(struct view *view, struct problem *problem)
{
	const struct fsw_header *header = (const struct fsw_header *)(void *)view->bytes;
	const char *from = view->live ? "" : " of the file";
	char where[TEXT_ROOM];
	int error = view->error;

	view_where(where, &view->fault);
	problem_what(problem, EXIT_AREA, "%s: %s%s%s", view->source, where, where[0] ? ": " : "", fsw_error_text(error));
	problem->error = error;
	switch (error) {
	case FSW_ERR(TRUNCATED):
		if (view->length >= FSW_HEADER_BYTES)
			problem_state(problem, "%zu bytes%s are there, its header says %" PRIu32, view->length, from, header->size);
		else
			problem_state(problem, "%zu bytes%s are there, a header alone has %d", view->length, from,
				      FSW_HEADER_BYTES);
		break;
	case FSW_ERR(NO_AREA):
	case FSW_ERR(MAGIC):
	case FSW_ERR(BYTE_ORDER):
		problem_state(problem, "the first word is 0x%08" PRIx32 ", an area begins with 0x%08x", header->magic,
			      FSW_AREA_MAGIC);
		break;
	case FSW_ERR(VERSION_NEW):
	case FSW_ERR(VERSION_OLD):
		problem_state(problem, "area format %" PRIu32 " (readable from format %" PRIu32 " on), this fswctl reads %d to %d",
			      header->version, header->last_compat, FSW_AREA_FIRST_SUPPORTED, FSW_AREA_VERSION);
		problem_next(problem, "Take an fswctl made with the same libfsw as the bootloader: fswctl --version");
		return;
	default:
		if (of_header(error))
			problem_state(problem, "%zu bytes, the header is not one that libfsw wrote", view->length);
		else
			view_state(view, problem->state);
		break;
	}
	if (error <= FSW_ERR(CORE_WORD) && error >= FSW_ERR(CORE_VALUE) && view->live)
		problem_next(problem, "Save the area for analysis; a reset of the board writes that record anew: fswctl dump FILE");
	else if (view->live)
		problem_next(problem, "Switch no more, save the area for analysis, then start cold: fswctl dump FILE");
	else if (error > FSW_ERR(HEADER_CRC))
		problem_next(problem, "Make a dump in the instance that runs: fswctl dump FILE");
	else
		problem_next(problem, "Look at what is left: fswctl map --area '%s'", view->source);
}
