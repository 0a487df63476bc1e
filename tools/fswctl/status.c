/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <fsw/cores.h>

#include "call.h"
#include "cores.h"
#include "held.h"
#include "json.h"
#include "view.h"

/* All that is wrong is counted, so many are named. */
#define DAMAGES_TEXT 8
#define DAMAGES_JSON 64
#define PINNED_TEXT 8

struct seen {
	struct view view;
	struct tally tally;
	struct held held;
	uint32_t damages;
	int json;
};

static void damage(struct seen *seen, int error, const char *where)
{
	seen->damages++;
	if (seen->json && seen->damages <= DAMAGES_JSON) {
		json_open(NULL, '{');
		json_string("name", error_name(error));
		json_string("where", where);
		json_string("text", fsw_error_text(error));
		json_close();
	} else if (!seen->json && seen->damages <= DAMAGES_TEXT) {
		printf("Damaged: %s: %s\n", where, fsw_error_text(error));
	}
}

static void damages(struct seen *seen)
{
	struct view *view = &seen->view;
	struct fsw_instance instance;
	struct fsw_timings timings;
	struct fsw_core core;
	char where[TEXT_ROOM];
	uint32_t i;

	if (view->error && view->fault.error == 0)
		damage(seen, view->error, "switch page");
	for (i = 0; i < view->area.sections && seen->tally.of[KIND_DAMAGED]; i++) {
		struct cell cell = view_cell(view, i);

		if (cell.kind != KIND_DAMAGED)
			continue;
		snprintf(where, sizeof(where), "section %" PRIu32 " at 0x%08" PRIx64, i, fsw_section_address(&view->area, i));
		damage(seen, cell.error, where);
	}
	for (i = 1; i <= view->area.instances; i++) {
		int error = fsw_instance_get(&view->area, i, &instance);

		snprintf(where, sizeof(where), "instance %" PRIu32, i);
		if (error)
			damage(seen, error, where);
		/* written without a commit: unfinished after a crash */
		error = view_timings(view, i, &timings);
		if (error < 0)
			damage(seen, error, where);
	}
	for (i = 0; i < cores_count(view); i++) {
		int error = fsw_core_get(&view->area, i, &core);

		snprintf(where, sizeof(where), "core %" PRIu32, i);
		if (error)
			damage(seen, error, where);
	}
	if (!seen->json && seen->damages > DAMAGES_TEXT)
		printf("Damaged: %" PRIu32 " more\n", seen->damages - DAMAGES_TEXT);
}

/* Names are not trusted to end. */
static uint32_t state_in(const struct fsw_manifest *manifest, const char *name)
{
	uint32_t i;

	for (i = 0; i < manifest->count; i++)
		if (strncmp(manifest->devices[i].name, name, FSW_DEVICE_NAME_SIZE) == 0)
			return manifest->devices[i].state;
	return 0;
}

static void difference(struct seen *seen, uint32_t id, const char *name, uint32_t here, uint32_t there)
{
	char safe[TEXT_ROOM];

	if (seen->json) {
		json_open(NULL, '{');
		json_bytes("device", name, FSW_DEVICE_NAME_SIZE);
		json_number("here", here);
		json_number("there", there);
		json_close();
		return;
	}
	text_safe(safe, name, FSW_DEVICE_NAME_SIZE);
	printf("Devices differ: instance %" PRIu32 " left '%s' in state %" PRIu32 ", instance %" PRIu32 " has it in state %" PRIu32
	       "\n",
	       id, safe, there, seen->view.self, here);
}

/* All that fsw_manifest_compare() would find, one after the other. */
static void differences(struct seen *seen, uint32_t id)
{
	struct fsw_instance here, there;
	struct fsw_device first;
	uint32_t i;

	if (fsw_manifest_compare(&seen->view.area, seen->view.self, id, &first) != FSW_ERR(DEVICES))
		return;
	fsw_instance_get(&seen->view.area, seen->view.self, &here);
	fsw_instance_get(&seen->view.area, id, &there);
	for (i = 0; i < here.manifest->count; i++) {
		const struct fsw_device *device = &here.manifest->devices[i];
		uint32_t state = state_in(there.manifest, device->name);

		if (state != device->state)
			difference(seen, id, device->name, device->state, state);
	}
	for (i = 0; i < there.manifest->count; i++) {
		const struct fsw_device *device = &there.manifest->devices[i];

		/* off here: else it was found above */
		if (device->state && state_in(here.manifest, device->name) == 0)
			difference(seen, id, device->name, 0, device->state);
	}
}

static int compared(const struct seen *seen, uint32_t id, const struct fsw_instance *instance)
{
	return seen->view.self && id != seen->view.self && instance->state == FSW_STATE_SLEEPING && instance->manifest;
}

/* Is there anything to say about this id? */
static int shown(struct seen *seen, uint32_t id, struct fsw_instance *instance, int *error)
{
	*error = fsw_instance_get(&seen->view.area, id, instance);
	return *error || instance->state != FSW_STATE_EMPTY || seen->tally.core[id] || seen->tally.movable[id];
}

static uint64_t sum_of(const struct fsw_timings *timings)
{
	uint64_t sum = 0;
	uint32_t i;

	for (i = 0; i < FSW_TIMINGS_PHASES; i++)
		sum += timings->ticks[i];
	return sum;
}

static void json_timings(const char *key, const struct fsw_timings *timings)
{
	uint32_t i;

	json_open(key, '{');
	json_number("hz", timings->hz);
	json_open("ticks", '{');
	for (i = 0; i < FSW_TIMINGS_PHASES; i++)
		json_number(text_phases[i], timings->ticks[i]);
	json_close();
	json_open("ms", '{');
	for (i = 0; i < FSW_TIMINGS_PHASES; i++)
		json_ms(text_phases[i], text_ms(timings->ticks[i], timings->hz));
	json_close();
	json_ms("total_ms", text_ms(sum_of(timings), timings->hz));
	json_close();
}

static void json_instance(struct seen *seen, uint32_t id)
{
	struct fsw_instance instance;
	struct fsw_timings timings;
	uint32_t sections = seen->tally.core[id] + seen->tally.movable[id];
	uint32_t i;
	int error;

	if (!shown(seen, id, &instance, &error))
		return;
	json_open(NULL, '{');
	json_number("id", id);
	if (instance.load)
		json_bytes("name", instance.load->name, sizeof(instance.load->name));
	else
		json_null("name");
	json_string("state", error == FSW_ERR(STATE_WORD) ? "unknown" : fsw_state_name(instance.state));
	json_string("damage", error ? error_name(error) : NULL);
	if (instance.parent)
		json_number("parent", instance.parent);
	else
		json_null("parent");
	json_string("cause", instance.cause ? text_cause(instance.cause) : NULL);
	if (instance.manifest && instance.manifest->release[0])
		json_bytes("release", instance.manifest->release, sizeof(instance.manifest->release));
	else
		json_null("release");
	if (instance.load) {
		json_address("base", instance.load->base);
		json_address("entry", instance.load->entry);
	} else {
		json_null("base");
		json_null("entry");
	}
	json_number("core_sections", seen->tally.core[id]);
	json_number("movable_sections", seen->tally.movable[id]);
	json_number("bytes", (int64_t)(sections * view_section_bytes(&seen->view)));
	json_open("devices", '[');
	for (i = 0; !error && instance.manifest && i < instance.manifest->count; i++) {
		json_open(NULL, '{');
		json_bytes("name", instance.manifest->devices[i].name, FSW_DEVICE_NAME_SIZE);
		json_number("state", instance.manifest->devices[i].state);
		json_close();
	}
	json_close();
	if (!error && compared(seen, id, &instance)) {
		json_open("differences", '[');
		differences(seen, id);
		json_close();
	} else {
		json_null("differences");
	}
	if (view_timings(&seen->view, id, &timings) > 0)
		json_timings("timings", &timings);
	else
		json_null("timings");
	json_close();
}

static void json_memory(const struct held *held)
{
	if (!held->known) {
		json_null("memory");
		return;
	}
	json_open("memory", '{');
	json_number("total", (int64_t)held->total);
	json_number("available", (int64_t)held->available);
	json_number("reserve", (int64_t)held->reserve);
	json_close();
}

static void json_operation(const struct fsw_operation *operation)
{
	json_open("operation", '{');
	json_string("mode", text_mode(operation->mode));
	json_number("sequence", operation->sequence);
	json_number("source", operation->source);
	json_number("target", operation->target);
	json_bool("direct", operation->flags & FSW_FLAG_DIRECT);
	json_number("wanted", operation->wanted);
	json_number("first", operation->first);
	json_number("limit", operation->limit);
	json_number("died", operation->died);
	json_string("undone", operation->undone ? text_mode(operation->undone) : NULL);
	json_string("why", operation->why ? text_why(operation->why) : NULL);
	view_json_set("skipped", operation->skipped);
	json_close();
}

static void print_json(struct seen *seen)
{
	static const char *const keys[KINDS] = { "nobody", "free", "shared", "core", "movable", "damaged" };
	const struct fsw_geometry *geometry = &seen->view.area.header->geometry;
	struct view *view = &seen->view;
	uint32_t i;

	json_open("area", '{');
	json_string("source", view->source);
	json_number("bytes", view->area.header->size);
	json_number("format", view->area.header->version);
	json_address("base", geometry->base);
	json_number("section_bytes", (int64_t)view_section_bytes(view));
	json_number("sections", geometry->sections);
	json_number("instances", geometry->instances);
	json_number("page_bytes", geometry->page_size);
	json_close();
	if (view->self)
		json_number("running", view->self);
	else
		json_null("running");
	json_string("phase", view->status_error ? NULL : text_phase(view->status.phase));
	if (!view->status_error && view->status.phase > FSW_PHASE_IDLE)
		json_operation(view->status.operation);
	else
		json_null("operation");
	view_json_claim(view);
	json_open("sections", '{');
	for (i = 0; i < KINDS; i++)
		json_number(keys[i], seen->tally.of[i]);
	json_close();
	view_json_claimable(view);
	cores_json(view);
	json_memory(&seen->held);
	held_json_pinned(&seen->held, view, "pinned");
	json_open("instances", '[');
	for (i = 1; i <= view->area.instances; i++)
		json_instance(seen, i);
	json_close();
	json_open("damage", '[');
	damages(seen);
	json_close();
	json_number("damages", seen->damages);
}

static void print_operation(struct view *view)
{
	const struct fsw_operation *operation = view->status.operation;
	char line[PROBLEM_LINE];
	char text[TEXT_ROOM];
	struct claim claim;

	switch (view->status.phase) {
	case FSW_PHASE_BLANK:
		printf("Running: nobody: formatted, no master has set it up yet\n");
		return;
	case FSW_PHASE_IDLE:
		printf("Pending: nothing\n");
		return;
	default:
		break;
	}
	printf("Pending: %s", view_pending(view, text));
	if (operation->died)
		printf("; instance %" PRIu32 " died", operation->died);
	if (operation->undone)
		printf("; undone: %s", text_mode(operation->undone));
	printf("\n");
	if (view_claim(view, &claim))
		printf("Claim: %s\n", view_claim_text(view, &claim, line));
}

static const char *amount(const struct seen *seen, char *to, uint32_t sections)
{
	char bytes[TEXT_ROOM];

	if (!sections)
		snprintf(to, TEXT_ROOM, "-");
	else
		snprintf(to, TEXT_ROOM, "%" PRIu32 " (%s)", sections,
			 text_bytes(bytes, sections * view_section_bytes(&seen->view)));
	return to;
}

static double mib(uint64_t bytes)
{
	return (double)bytes / (1 << 20);
}

/* What this instance has and can get */
static void print_memory(struct seen *seen)
{
	const struct held *held = &seen->held;
	int64_t claimable = view_claimable(&seen->view);
	char text[3][TEXT_ROOM];
	uint64_t base;

	printf("Memory: free %s, shared %s, nobody's %s\n", amount(seen, text[0], seen->tally.of[KIND_FREE]),
	       amount(seen, text[1], seen->tally.of[KIND_SHARED]), amount(seen, text[2], seen->tally.of[KIND_NOBODY]));
	if (claimable >= 0 && view_base(&seen->view, &base))
		printf("Claimable: %s of sleepers' movable memory, by instance %" PRIu32 ", which begins at 0x%08" PRIx64 "\n",
		       amount(seen, text[0], (uint32_t)claimable), seen->view.self, base);
	if (!held->known)
		return;
	printf("This instance: %.1f MiB in all, %.1f available, of which it keeps %.1f as reserve\n", mib(held->total),
	       mib(held->available), mib(held->reserve));
	held_print_pinned(held, &seen->view, PINNED_TEXT);
}

#define COLUMNS 8

/* One line of the table, as texts; 0 where there is nothing to say. */
static int row(struct seen *seen, uint32_t id, char cells[COLUMNS][TEXT_ROOM])
{
	struct fsw_instance instance;
	struct fsw_timings timings;
	int error;

	if (!shown(seen, id, &instance, &error))
		return 0;
	snprintf(cells[0], TEXT_ROOM, "%" PRIu32, id);
	snprintf(cells[1], TEXT_ROOM, "-");
	if (instance.load && instance.load->name[0])
		text_safe(cells[1], instance.load->name, sizeof(instance.load->name));
	snprintf(cells[2], TEXT_ROOM, "%s%s%s%s", error == FSW_ERR(STATE_WORD) ? "unknown" : fsw_state_name(instance.state),
		 instance.cause ? ": " : "", instance.cause ? text_cause(instance.cause) : "", error ? " (damaged)" : "");
	snprintf(cells[3], TEXT_ROOM, "-");
	if (instance.parent)
		snprintf(cells[3], TEXT_ROOM, "%" PRIu32, instance.parent);
	snprintf(cells[4], TEXT_ROOM, "-");
	if (instance.manifest && instance.manifest->release[0])
		text_safe(cells[4], instance.manifest->release, sizeof(instance.manifest->release));
	amount(seen, cells[5], seen->tally.core[id]);
	amount(seen, cells[6], seen->tally.movable[id]);
	snprintf(cells[7], TEXT_ROOM, "-");
	if (view_timings(&seen->view, id, &timings) > 0)
		snprintf(cells[7], TEXT_ROOM, "%.2f ms", text_ms(sum_of(&timings), timings.hz));
	return 1;
}

/* Characters on the screen; what is no UTF-8 is gone from our texts. */
static int width(const char *text)
{
	int count = 0;

	for (; *text; text++)
		count += ((unsigned char)*text & 0xc0) != 0x80;
	return count;
}

static void print_row(char cells[COLUMNS][TEXT_ROOM], const int *widths)
{
	int i;

	for (i = 0; i < COLUMNS; i++) {
		int pad = widths[i] - width(cells[i]);

		/* numbers to the right */
		if (i == 0)
			printf("%*s%s", pad, "", cells[i]);
		else
			printf("  %s%*s", cells[i], i + 1 < COLUMNS ? pad : 0, "");
	}
	printf("\n");
}

static void print_table(struct seen *seen)
{
	char cells[COLUMNS][TEXT_ROOM] = { "id", "name", "state", "parent", "release", "kernel core", "movable", "last switch" };
	char heads[COLUMNS][TEXT_ROOM];
	int widths[COLUMNS];
	uint32_t id;
	int i;

	memcpy(heads, cells, sizeof(heads));
	for (i = 0; i < COLUMNS; i++)
		widths[i] = width(heads[i]);
	for (id = 1; id <= seen->view.area.instances; id++)
		if (row(seen, id, cells))
			for (i = 0; i < COLUMNS; i++)
				if (width(cells[i]) > widths[i])
					widths[i] = width(cells[i]);
	print_row(heads, widths);
	for (id = 1; id <= seen->view.area.instances; id++)
		if (row(seen, id, cells))
			print_row(cells, widths);
}

static void print_timings(struct seen *seen)
{
	struct fsw_timings timings;
	uint32_t id, i;
	int head = 0;

	for (id = 1; id <= seen->view.area.instances; id++) {
		if (view_timings(&seen->view, id, &timings) <= 0)
			continue;
		if (!head++) {
			printf("\nLast switch, ms");
			for (i = 0; i < FSW_TIMINGS_PHASES; i++)
				printf(" %9s", text_phases[i]);
			printf(" %9s\n", "total");
		}
		printf("  instance %-4" PRIu32, id);
		for (i = 0; i < FSW_TIMINGS_PHASES; i++)
			printf(" %9.2f", text_ms(timings.ticks[i], timings.hz));
		printf(" %9.2f\n", text_ms(sum_of(&timings), timings.hz));
	}
}

static void print_text(struct seen *seen)
{
	const struct fsw_geometry *geometry = &seen->view.area.header->geometry;
	struct view *view = &seen->view;
	struct fsw_instance instance;
	char text[TEXT_ROOM];
	uint32_t id;

	printf("Area: %s, %" PRIu32 " bytes, format %" PRIu32 ": %" PRIu32 " sections of %s from 0x%08" PRIx64 ", up to %" PRIu32
	       " instances\n",
	       view->source, view->area.header->size, view->area.header->version, geometry->sections,
	       text_bytes(text, view_section_bytes(view)), geometry->base, geometry->instances);
	if (view->status_error) {
		printf("Running: not known\n");
	} else {
		if (view->self)
			printf("Running: instance %" PRIu32 " '%s'%s\n", view->self, view_name(view, view->self, text),
			       view->live ? ", this one" : "");
		else if (view->status.phase != FSW_PHASE_BLANK)
			printf("Running: nobody\n");
		print_operation(view);
	}
	cores_print(view);
	print_memory(seen);
	printf("\n");
	print_table(seen);
	print_timings(seen);
	printf("\n");
	for (id = 1; id <= view->area.instances; id++)
		if (!fsw_instance_get(&view->area, id, &instance) && compared(seen, id, &instance))
			differences(seen, id);
	damages(seen);
}

void command_status(const struct call *call, struct problem *problem)
{
	static struct seen seen;

	seen.json = call->json;
	if (view_read(&seen.view, call->area, problem) == 0) {
		view_tally(&seen.view, &seen.tally);
		held_read(&seen.view, &seen.held);
		if (call->json)
			print_json(&seen);
		else
			print_text(&seen);
		if (seen.view.error)
			view_damaged(&seen.view, problem);
	}
	held_free(&seen.held);
	view_free(&seen.view);
}
