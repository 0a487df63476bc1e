/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "moved.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"

/* Sections that did not come are listed as well, and nobody knows how many those are. */
#define ROOM 4096

static const char *const fates[] = { "unknown", "done", "in-use", "reserve", "refused", "unusable" };
#define FATES (sizeof(fates) / sizeof(fates[0]))

static uint32_t kept_in(const struct moved *moved)
{
	return moved->listed < moved->room ? moved->listed : moved->room;
}

static int releases(const struct moved *moved)
{
	return strcmp(moved->asked->call->command->name, "release") == 0;
}

int moved_make(struct moved *moved, uint32_t wanted, struct problem *problem)
{
	moved->wanted = wanted;
	moved->room = wanted + ROOM;
	moved->list = calloc(moved->room, sizeof(*moved->list));
	if (moved->list)
		return 0;
	problem_what(problem, EXIT_FILE, "no memory to list %" PRIu32 " sections", moved->room);
	problem_state(problem, "nothing was done");
	problem_next(problem, "Ask for fewer at a time: fswctl %s --help", moved->asked->call->command->name);
	return -1;
}

void moved_free(struct moved *moved)
{
	view_free(&moved->view);
	free(moved->list);
}

static int compare(const void *one, const void *other)
{
	const struct fsw_ioc_moved *a = one;
	const struct fsw_ioc_moved *b = other;

	/* those that came first, then by address */
	if ((a->what == FSW_MOVED_DONE) != (b->what == FSW_MOVED_DONE))
		return a->what == FSW_MOVED_DONE ? -1 : 1;
	return (a->section > b->section) - (a->section < b->section);
}

static const char *owner_text(struct moved *moved, uint32_t owner, char *to)
{
	if (moved->seen && owner == moved->view.self)
		snprintf(to, TEXT_ROOM, "this instance");
	else if (moved->seen)
		view_instance(&moved->view, owner, to);
	else
		snprintf(to, TEXT_ROOM, "instance %" PRIu32, owner);
	return to;
}

/* "got", "would have given" */
static const char *verb(const struct moved *moved)
{
	static const char *const verbs[2][2] = { { "got", "would have got" }, { "gave", "would have given" } };

	return verbs[releases(moved)][moved->asked->call->dry_run != 0];
}

/* REFUSED, which is not always the last word */
static void refused_text(struct moved *moved, const struct fsw_ioc_moved *entry, char *to)
{
	struct fsw_instance instance;
	char owner[TEXT_ROOM];

	owner_text(moved, entry->owner, owner);
	switch (entry->error) {
	case FSW_ERR(KERNEL_CORE):
		snprintf(to, PROBLEM_LINE, "kernel core of %s", owner);
		return;
	case FSW_ERR(SHARED):
		snprintf(to, PROBLEM_LINE, "shared by all");
		return;
	case FSW_ERR(NO_MEMORY):
		snprintf(to, PROBLEM_LINE, "nobody's: no memory that may be used");
		return;
	case FSW_ERR(NOT_ONLINE):
		snprintf(to, PROBLEM_LINE, "nobody's");
		return;
	case FSW_ERR(OTHERS):
		snprintf(to, PROBLEM_LINE, "of %s", owner);
		return;
	case FSW_ERR(REQUEST_NEEDED):
		break;
	default:
		snprintf(to, PROBLEM_LINE, "%s", fsw_error_text(entry->error));
		return;
	}
	if (moved->asked->call->free_only)
		snprintf(to, PROBLEM_LINE, "of %s, which was not asked: --free-only", owner);
	else if (moved->skipped && view_in_set(moved->skipped, entry->owner))
		snprintf(to, PROBLEM_LINE, "of %s, which could not be reached", owner);
	else if (moved->seen && !fsw_instance_get(&moved->view.area, entry->owner, &instance) &&
		 instance.state != FSW_STATE_SLEEPING)
		snprintf(to, PROBLEM_LINE, "of %s, which does not sleep but is '%s'", owner, fsw_state_name(instance.state));
	else if (moved->visited && view_in_set(moved->visited, entry->owner))
		/* at the end of a round the kernel would have listed it */
		snprintf(to, PROBLEM_LINE, "of %s: a reset ended the round", owner);
	else
		snprintf(to, PROBLEM_LINE, "of %s, which was not asked", owner);
}

static void text_of(struct moved *moved, const struct fsw_ioc_moved *entry, char *to)
{
	const char *would = moved->asked->call->dry_run ? "would be " : "";
	char owner[TEXT_ROOM];
	char why[TEXT_ROOM];

	owner_text(moved, entry->owner, owner);
	switch (entry->what) {
	case FSW_MOVED_DONE:
		if (releases(moved))
			snprintf(to, PROBLEM_LINE, "%sfree now", would);
		else if (!entry->owner)
			snprintf(to, PROBLEM_LINE, "%s free", moved->asked->call->dry_run ? "is" : "was");
		else if (moved->seen && entry->owner == moved->view.self)
			snprintf(to, PROBLEM_LINE, "this instance's already");
		else
			snprintf(to, PROBLEM_LINE, "%s %s", moved->asked->call->dry_run ? "would be asked of" : "from", owner);
		break;
	case FSW_MOVED_IN_USE:
		text_safe(why, entry->why, sizeof(entry->why));
		snprintf(to, PROBLEM_LINE, "in use in %s: %s", owner, why[0] ? why : "pages there do not move");
		break;
	case FSW_MOVED_RESERVE:
		snprintf(to, PROBLEM_LINE, "%s keeps it: it would be left with less than its reserve", owner);
		break;
	case FSW_MOVED_REFUSED:
		refused_text(moved, entry, to);
		break;
	case FSW_MOVED_UNUSABLE:
		snprintf(to, PROBLEM_LINE, "free, but this kernel can not use memory there");
		break;
	default:
		snprintf(to, PROBLEM_LINE, "not known: %" PRIu32, entry->what);
		break;
	}
}

static int alike(const struct fsw_ioc_moved *one, const struct fsw_ioc_moved *other)
{
	return one->owner == other->owner && one->what == other->what && one->error == other->error &&
	       strncmp(one->why, other->why, sizeof(one->why)) == 0;
}

/* Entries from `at` on that are alike, and adjacent sections */
static uint32_t run_at(const struct moved *moved, uint32_t at)
{
	const struct fsw_ioc_moved *list = moved->list;
	uint32_t count = 1;

	while (at + count < kept_in(moved) && alike(&list[at], &list[at + count]) &&
	       list[at + count].section == list[at].section + count)
		count++;
	return count;
}

/* "2 in use, 1 kept as a reserve; instance 3 could not be reached" */
static void rest_text(const struct moved *moved, char *to)
{
	static const char *const words[FATES] = { "", "", "in use", "kept as a reserve", "not to be had", "not usable here" };
	char skipped[PROBLEM_LINE] = "";
	uint32_t of[FATES] = { 0 };
	size_t at = 0;
	uint32_t i;

	to[0] = '\0';
	for (i = 0; i < kept_in(moved); i++)
		if (moved->list[i].what < FATES)
			of[moved->list[i].what]++;
	for (i = FSW_MOVED_IN_USE; i < FATES; i++)
		if (of[i] && at < PROBLEM_LINE)
			at += (size_t)snprintf(to + at, PROBLEM_LINE - at, "%s%" PRIu32 " %s", at ? ", " : "", of[i], words[i]);
	if (moved->skipped && view_set_text(moved->skipped, skipped)[0] && at < PROBLEM_LINE)
		snprintf(to + at, PROBLEM_LINE - at, "%s%.200s could not be reached", at ? "; " : "", skipped);
}

/* What helps most, of what can be told from the list */
static void next_of(const struct moved *moved, struct problem *problem)
{
	const char *name = moved->asked->call->command->name;
	uint32_t i;

	for (i = 1; moved->skipped && i < 256; i++) {
		if (!view_in_set(moved->skipped, i))
			continue;
		problem_next(problem,
			     "See what is wrong with instance %" PRIu32
			     ", or take all its memory: fswctl status | fswctl kill %" PRIu32,
			     i, i);
		return;
	}
	for (i = 0; i < kept_in(moved); i++) {
		const struct fsw_ioc_moved *entry = &moved->list[i];

		if (entry->what != FSW_MOVED_IN_USE && entry->what != FSW_MOVED_RESERVE)
			continue;
		if (moved->seen && entry->owner == moved->view.self)
			problem_next(problem, "End what uses it, then again (see fswctl map): fswctl %s ...", name);
		else
			problem_next(problem, "See there what uses it, end that: fswctl switch %" PRIu32, entry->owner);
		return;
	}
}

/* Of sections that were named, the kernel lists what it touched. Why no other came, the rules say. */
static void add_refused(struct moved *moved)
{
	struct fsw_area *area = &moved->view.area;
	uint32_t listed = kept_in(moved);
	uint32_t first, section, entry, after, i;

	if (moved->listed > moved->room - moved->wanted || fsw_section_at(area, moved->asked->start, &first))
		return;
	for (section = first; section < first + moved->wanted && section < area->sections; section++) {
		struct fsw_ioc_moved *row = &moved->list[moved->listed];

		for (i = 0; i < listed && moved->list[i].section != section;)
			i++;
		if (i < listed || fsw_cmm_get(area, section, &entry))
			continue;
		row->error = fsw_rule_online(entry, moved->view.self, &after);
		if (!row->error)
			continue;
		row->section = section;
		row->owner = entry & FSW_ENTRY_OWNER;
		row->what = FSW_MOVED_REFUSED;
		moved->listed++;
	}
}

void moved_tell(struct moved *moved, int number, const struct fsw_ioc_result *result, struct problem *problem)
{
	int named = moved->asked->start != FSW_ANY_START;
	int nobody = result->error == FSW_ERR(NOTHING) || result->error == FSW_ERR(NOBODY);
	int tried = !number || number == ENOSPC || moved->listed || nobody;
	struct problem unread = { .exit = EXIT_OK };
	char got[TEXT_ROOM];
	char rest[PROBLEM_LINE];

	/* refused before a section was looked at: reading the area may wait for who is busy with it */
	if (tried)
		moved->seen = view_read(&moved->view, NULL, &unread) == 0;
	if (moved->seen && named)
		add_refused(moved);
	moved->tried = tried;
	qsort(moved->list, kept_in(moved), sizeof(*moved->list), compare);
	if (result->outcome == FSW_RESULT_SURVIVED || (number && (!tried || (result->error && !nobody)))) {
		outcome_tell(moved->asked, number, result, problem);
	} else if (number || moved->got < moved->wanted) {
		rest_text(moved, rest);
		snprintf(got, sizeof(got), "%s %" PRIu32 " of %" PRIu32, verb(moved), moved->got, moved->wanted);
		outcome_part(moved->asked, result, moved->got ? EXIT_SOME : EXIT_REFUSED, got, rest, problem);
		if (!result->error && !result->who[0])
			next_of(moved, problem);
	}
}

static void print_runs(struct moved *moved)
{
	char words[PROBLEM_LINE];
	char bytes[TEXT_ROOM];
	char head[TEXT_ROOM];
	uint32_t at, count;

	for (at = 0; at < kept_in(moved); at += count) {
		const struct fsw_ioc_moved *entry = &moved->list[at];

		count = run_at(moved, at);
		if (count == 1)
			snprintf(head, sizeof(head), "section %" PRIu32, entry->section);
		else
			snprintf(head, sizeof(head), "sections %" PRIu32 "-%" PRIu32, entry->section, entry->section + count - 1);
		if (moved->seen)
			printf("  0x%08" PRIx64, fsw_section_address(&moved->view.area, entry->section));
		text_of(moved, entry, words);
		printf("  %-15s %9s  %s%s\n", head, text_bytes(bytes, (uint64_t)count << moved->shift),
		       entry->what == FSW_MOVED_DONE ? "" : "not: ", words);
	}
	if (moved->listed > moved->room)
		printf("  and %" PRIu32 " more\n", moved->listed - moved->room);
}

void moved_print(struct moved *moved)
{
	char bytes[2][TEXT_ROOM];
	uint32_t done = 0;
	uint32_t i;

	for (i = 0; i < kept_in(moved); i++)
		done += moved->list[i].what == FSW_MOVED_DONE;
	if (moved->asked->call->dry_run)
		printf("Dry run, nothing was changed: ");
	printf("%s %" PRIu32 " of %" PRIu32 " sections (%s of %s)", verb(moved), moved->got, moved->wanted,
	       text_bytes(bytes[0], (uint64_t)moved->got << moved->shift),
	       text_bytes(bytes[1], (uint64_t)moved->wanted << moved->shift));
	if (moved->got > done && moved->listed <= moved->room)
		printf(", %" PRIu32 " of them this instance's before", moved->got - done);
	printf("\n");
	print_runs(moved);
}

void moved_json(struct moved *moved, const char *key)
{
	uint32_t i;

	json_number("wanted", moved->wanted);
	json_number(key, moved->got);
	json_open("listed", '[');
	for (i = 0; i < kept_in(moved); i++) {
		const struct fsw_ioc_moved *entry = &moved->list[i];

		json_open(NULL, '{');
		json_number("section", entry->section);
		if (moved->seen)
			json_address("address", fsw_section_address(&moved->view.area, entry->section));
		else
			json_null("address");
		if (entry->owner && entry->owner != FSW_OWNER_SHARED)
			json_number("owner", entry->owner);
		else
			json_null("owner");
		json_string("what", fates[entry->what < FATES ? entry->what : 0]);
		if (entry->why[0])
			json_bytes("why", entry->why, sizeof(entry->why));
		else
			json_null("why");
		json_string("error", entry->error ? error_name(entry->error) : NULL);
		json_close();
	}
	json_close();
}
