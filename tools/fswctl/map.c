/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "call.h"
#include "held.h"
#include "json.h"
#include "view.h"

#define NARROW 16
#define WIDE 32
#define PINNED_TEXT 64

struct picture {
	struct view view;
	struct tally tally;
	struct held held;
	int color;
	int digits; /* of the largest owner */
	int marked; /* some section carries a mark of an operation */
};

static const char *const kinds[KINDS] = { "nobody", "free", "shared", "core", "movable", "damaged" };
static const char *const legends[KINDS] = { "nobody's", "free", "shared by all", "kernel core", "movable", "damaged entry" };

/* How it is told apart without colour: core 1#, movable 1+ */
static const char symbols[KINDS] = { '-', '.', 's', '#', '+', 'X' };

static char mark_of(uint32_t marks)
{
	if (marks & FSW_ENTRY_CLAIMED)
		return 'c';
	if (marks & FSW_ENTRY_RELEASE_RET)
		return 'f';
	if (marks & FSW_ENTRY_RELEASE_ORDER)
		return 'o';
	return marks & FSW_ENTRY_REQUESTED ? 'r' : ' ';
}

static void cell_text(const struct picture *picture, const struct cell *cell, char *to)
{
	char owner[16] = "";
	int length;

	if (cell->kind == KIND_CORE || cell->kind == KIND_MOVABLE)
		snprintf(owner, sizeof(owner), "%" PRIu32, cell->owner);
	length = snprintf(to, TEXT_ROOM, "%*s%c", picture->digits, owner, symbols[cell->kind]);
	if (picture->marked)
		snprintf(to + length, (size_t)(TEXT_ROOM - length), "%c", mark_of(cell->marks));
}

/* Six background colours go round among the owners; kernel core is bold on the colour, movable is in the colour. */
static void cell_color(const struct cell *cell, char *to)
{
	static const unsigned int colors[6] = { 2, 4, 5, 6, 3, 1 };
	unsigned int color = colors[(cell->owner + 5) % 6];

	switch (cell->kind) {
	case KIND_CORE:
		snprintf(to, TEXT_ROOM, "\033[1;97;4%um", color);
		break;
	case KIND_MOVABLE:
		snprintf(to, TEXT_ROOM, "\033[3%um", color);
		break;
	case KIND_FREE:
		snprintf(to, TEXT_ROOM, "\033[97m");
		break;
	case KIND_SHARED:
		snprintf(to, TEXT_ROOM, "\033[7m");
		break;
	case KIND_DAMAGED:
		snprintf(to, TEXT_ROOM, "\033[1;97;41m");
		break;
	default:
		snprintf(to, TEXT_ROOM, "\033[90m");
		break;
	}
}

static void put_cell(const struct picture *picture, const struct cell *cell)
{
	char text[TEXT_ROOM];
	char color[TEXT_ROOM];

	cell_text(picture, cell, text);
	if (picture->color) {
		cell_color(cell, color);
		printf(" %s%s\033[0m", color, text);
	} else {
		printf(" %s", text);
	}
}

static int alike(const struct cell *one, const struct cell *other)
{
	return one->kind == other->kind && one->owner == other->owner && one->marks == other->marks;
}

/* Rows like the one before are drawn once, then "*" stands for them; the last row is always drawn. */
static void put_rows(struct picture *picture)
{
	uint32_t sections = picture->view.area.sections;
	uint32_t columns = sections <= 256 ? NARROW : WIDE;
	struct cell before[WIDE] = { { KIND_DAMAGED, 0, 0, 0 } };
	struct cell cells[WIDE];
	int starred = 0;
	int width = snprintf(NULL, 0, "%08" PRIx64, fsw_section_address(&picture->view.area, sections - 1));
	uint32_t first, i;

	for (first = 0; first < sections; first += columns) {
		uint32_t count = sections - first < columns ? sections - first : columns;
		int same = first != 0 && count == columns && first + columns < sections;

		for (i = 0; i < count; i++) {
			cells[i] = view_cell(&picture->view, first + i);
			same = same && alike(&cells[i], &before[i]);
		}
		if (same) {
			if (!starred)
				printf("*\n");
			starred = 1;
			continue;
		}
		starred = 0;
		printf("0x%0*" PRIx64 " ", width, fsw_section_address(&picture->view.area, first));
		for (i = 0; i < count; i++)
			put_cell(picture, &cells[i]);
		printf("\n");
		memcpy(before, cells, sizeof(before));
	}
}

static void legend(struct picture *picture, enum kind kind, uint32_t owner, uint32_t sections)
{
	struct cell cell = { kind, owner, 0, 0 };
	char text[TEXT_ROOM];

	if (!sections)
		return;
	printf("  ");
	put_cell(picture, &cell);
	printf("  %8" PRIu32 "  %9s  ", sections, text_bytes(text, sections * view_section_bytes(&picture->view)));
	if (owner) {
		printf("instance %" PRIu32, owner);
		if (view_name(&picture->view, owner, text)[0])
			printf(" '%s'", text);
		printf(", ");
	}
	printf("%s\n", legends[kind]);
}

static void put_legend(struct picture *picture)
{
	static const enum kind rest[] = { KIND_FREE, KIND_SHARED, KIND_NOBODY, KIND_DAMAGED };
	uint32_t i;

	for (i = 1; i < FSW_OWNER_SHARED; i++) {
		legend(picture, KIND_CORE, i, picture->tally.core[i]);
		legend(picture, KIND_MOVABLE, i, picture->tally.movable[i]);
	}
	for (i = 0; i < sizeof(rest) / sizeof(rest[0]); i++)
		legend(picture, rest[i], 0, picture->tally.of[rest[i]]);
	if (picture->marked)
		printf("  behind an entry: r requested, o ordered to be freed, f freed, c claimed\n");
}

/* What moves, what could, what can not */
static void put_moves(struct picture *picture)
{
	struct view *view = &picture->view;
	const struct held *held = &picture->held;
	int64_t claimable = view_claimable(view);
	char line[PROBLEM_LINE];
	char text[TEXT_ROOM];
	struct claim claim;

	printf("\n");
	if (view_claim(view, &claim))
		printf("Claim: %s\n", view_claim_text(view, &claim, line));
	if (claimable >= 0)
		printf("Claimable by instance %" PRIu32 ": %" PRId64 " sections (%s) of sleepers' movable memory\n", view->self,
		       claimable, text_bytes(text, (uint64_t)claimable * view_section_bytes(view)));
	if (!held->known)
		return;
	printf("This kernel: %" PRIu32 " sections on-line, %" PRIu32 " fenced since boot, %" PRIu32 " off-lined since\n",
	       held_count(held, FSW_HELD_ONLINE), held_count(held, FSW_HELD_FENCED), held_count(held, FSW_HELD_TAKEN));
	held_print_pinned(held, view, PINNED_TEXT);
}

static void prepare(struct picture *picture)
{
	uint32_t i;

	view_tally(&picture->view, &picture->tally);
	picture->digits = 1;
	for (i = 10; i < FSW_OWNER_SHARED; i++)
		if (picture->tally.core[i] || picture->tally.movable[i])
			picture->digits = i < 100 ? 2 : 3;
	for (i = 0; i < picture->view.area.sections && !picture->marked; i++)
		picture->marked = view_cell(&picture->view, i).marks != 0;
}

static void json_run(struct view *view, uint32_t first, uint32_t count, const struct cell *cell)
{
	static const struct {
		uint32_t bit;
		const char *name;
	} marks[] = {
		{ FSW_ENTRY_REQUESTED, "requested" },
		{ FSW_ENTRY_RELEASE_ORDER, "ordered" },
		{ FSW_ENTRY_RELEASE_RET, "freed" },
		{ FSW_ENTRY_CLAIMED, "claimed" },
	};
	uint32_t i;

	json_open(NULL, '{');
	json_number("first", first);
	json_number("count", count);
	json_address("address", fsw_section_address(&view->area, first));
	json_string("kind", kinds[cell->kind]);
	if (cell->kind == KIND_CORE || cell->kind == KIND_MOVABLE)
		json_number("owner", cell->owner);
	else
		json_null("owner");
	json_open("marks", '[');
	for (i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (cell->marks & marks[i].bit)
			json_string(NULL, marks[i].name);
	json_close();
	json_string("damage", cell->error ? error_name(cell->error) : NULL);
	json_close();
}

static void print_json(struct view *view, const struct held *held)
{
	struct cell cell = { KIND_NOBODY, 0, 0, 0 };
	uint32_t first = 0;
	uint32_t i;

	json_address("base", view->area.header->geometry.base);
	json_number("section_bytes", (int64_t)view_section_bytes(view));
	json_number("sections", view->area.sections);
	json_open("runs", '[');
	for (i = 0; i <= view->area.sections; i++) {
		struct cell next = cell;

		if (i < view->area.sections) {
			next = view_cell(view, i);
			if (i == 0)
				cell = next;
			if (alike(&cell, &next) && cell.error == next.error)
				continue;
		}
		json_run(view, first, i - first, &cell);
		first = i;
		cell = next;
	}
	json_close();
	held_json_runs(held, "online", FSW_HELD_ONLINE);
	held_json_runs(held, "fenced", FSW_HELD_FENCED);
	held_json_runs(held, "taken", FSW_HELD_TAKEN);
	held_json_pinned(held, view, "pinned");
	view_json_claimable(view);
	view_json_claim(view);
}

void command_map(const struct call *call, struct problem *problem)
{
	static struct picture picture;

	picture.color = call_color(call, problem);
	if (picture.color >= 0 && view_read(&picture.view, call->area, problem) == 0) {
		prepare(&picture);
		held_read(&picture.view, &picture.held);
		if (call->json) {
			print_json(&picture.view, &picture.held);
		} else {
			put_rows(&picture);
			printf("\n");
			put_legend(&picture);
			put_moves(&picture);
		}
		/* who runs and what an instance is are not in the picture */
		if (picture.view.error)
			view_damaged(&picture.view, problem);
	}
	held_free(&picture.held);
	view_free(&picture.view);
}
