/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "page.h"

#include "../cmm/cmm.h"
#include "../include/fsw/sar.h"

#define STATES (FSW_STATE_LAST + 1)
#define MAY(from, to) (1u << (FSW_STATE_##from * STATES + FSW_STATE_##to))
#define TRANSITIONS                                                                                                          \
	(MAY(EMPTY, LOADED) | MAY(EMPTY, RUNNING) | MAY(LOADED, RUNNING) | MAY(LOADED, EMPTY) | MAY(LOADED, DEAD) |          \
	 MAY(RUNNING, SLEEPING) | MAY(RUNNING, EMPTY) | MAY(RUNNING, DEAD) | MAY(SLEEPING, RUNNING) | MAY(SLEEPING, EMPTY) | \
	 MAY(SLEEPING, DEAD) | MAY(DEAD, EMPTY))

int fsw_state_may(uint32_t from, uint32_t to)
{
	return from < STATES && to < STATES && (TRANSITIONS >> (from * STATES + to) & 1);
}

const char *fsw_state_name(uint32_t state)
{
	static const char names[STATES + 1][9] = { "empty", "loaded", "running", "sleeping", "dead", "unknown" };

	return names[state < STATES ? state : STATES];
}

static struct fsw_manifest *manifest_of(const struct fsw_area *area, uint32_t id)
{
	return (struct fsw_manifest *)(void *)(fsw__page(area, id) + FSW_PAGE_MANIFEST);
}

static struct fsw_timings *timings_of(const struct fsw_area *area, uint32_t id)
{
	return (struct fsw_timings *)(void *)(fsw__page(area, id) + FSW_PAGE_TIMINGS);
}

static int known(const struct fsw_area *area, uint32_t id)
{
	return id - 1 < area->instances;
}

/* Fills what the state keeps, checking as it goes. Errors are positive. */
static enum fsw_error examine(const struct fsw_area *area, uint32_t id, struct fsw_instance *instance)
{
	uint32_t state = fsw__state(area, id);
	uint32_t parent = fsw__opened(fsw__parent_word(area, id), FSW_TAG_PARENT + id);
	const struct fsw_load *load = fsw__load(area, id);

	memset(instance, 0, sizeof(*instance));
	if (!fsw__sound(state))
		return FSW_ERROR_STATE_WORD;
	instance->state = state & 0xff;
	instance->cause = state >> 8;
	if (instance->state > FSW_STATE_LAST || instance->cause > FSW_CAUSE_LAST)
		return FSW_ERROR_STATE_VALUE;
	if (!fsw__sound(parent))
		return FSW_ERROR_PARENT_WORD;
	if (parent > area->instances)
		return FSW_ERROR_PARENT_VALUE;
	instance->parent = parent;
	if (instance->state == FSW_STATE_EMPTY)
		return FSW_ERROR_NONE;
	if (fsw__record_sound(load, sizeof(*load)))
		instance->load = load;
	/* the dead need nothing any more: damage there is no error */
	if (instance->state == FSW_STATE_DEAD)
		return FSW_ERROR_NONE;
	if (!instance->load)
		return FSW_ERROR_LOAD_CRC;
	instance->manifest = manifest_of(area, id);
	if (!fsw__record_sound(instance->manifest, sizeof(*instance->manifest)))
		return FSW_ERROR_MANIFEST_CRC;
	if (instance->manifest->count > FSW_MANIFEST_DEVICES_MAX)
		return FSW_ERROR_MANIFEST_VALUE;
	if (instance->state != FSW_STATE_SLEEPING)
		return FSW_ERROR_NONE;
	instance->resume = fsw__resume(area, id);
	if (!fsw__record_sound(instance->resume, sizeof(*instance->resume)))
		return FSW_ERROR_RESUME_CRC;
	instance->sar = (const struct fsw_sar *)fsw__sar(area, id);
	return (enum fsw_error) - fsw_sar_verify(instance->sar, fsw__sar_room(area), NULL);
}

int fsw_instance_get(struct fsw_area *area, uint32_t id, struct fsw_instance *instance)
{
	enum fsw_error error;

	if (!known(area, id))
		return FSW_ERR(ARGUMENT);
	error = examine(area, id, instance);
	return error != FSW_ERROR_NONE ? fsw__fault(area, -(int)error, id) : 0;
}

int fsw__ready(struct fsw_area *area, uint32_t id)
{
	struct fsw_instance instance;

	return fsw_instance_get(area, id, &instance) == 0 && instance.state == FSW_STATE_SLEEPING;
}

/* More than any instance also where the check bits are not sound */
static uint32_t opened_parent(const struct fsw_area *area, uint32_t id)
{
	return fsw__opened(fsw__parent_word(area, id), FSW_TAG_PARENT + id);
}

uint32_t fsw__parent(const struct fsw_area *area, uint32_t id)
{
	uint32_t parent = opened_parent(area, id);

	return parent <= area->instances ? parent : FSW_MASTER;
}

static void set_parent(const struct fsw_area *area, uint32_t id, uint32_t parent)
{
	fsw__commit(area->port, fsw__parent_word(area, id), parent, FSW_TAG_PARENT + id);
}

void fsw__parent_mend(const struct fsw_area *area, uint32_t id)
{
	if (opened_parent(area, id) > area->instances)
		set_parent(area, id, id == FSW_MASTER ? 0 : FSW_MASTER);
}

uint32_t fsw__heir(struct fsw_area *area, uint32_t id)
{
	uint32_t heir = id;
	uint32_t latest = 0;
	uint32_t i;

	/* at most so many steps, whatever the parents say */
	for (i = 0; i < area->instances; i++) {
		heir = fsw__parent(area, heir);
		if (heir == 0)
			break;
		if (heir != id && fsw__ready(area, heir))
			return heir;
	}
	heir = 0;
	for (i = 1; i <= area->instances; i++) {
		if (i == id || !fsw__ready(area, i) || fsw__resume(area, i)->sequence < latest)
			continue;
		latest = fsw__resume(area, i)->sequence;
		heir = i;
	}
	return heir;
}

void fsw__page_erase(struct fsw_area *area, uint32_t id)
{
	uint32_t parent = fsw__parent(area, id);
	uint32_t i;

	for (i = 1; i <= area->instances; i++)
		if (fsw__parent(area, i) == id)
			set_parent(area, i, parent);
	set_parent(area, id, 0);
	fsw__set_state(area, id, FSW_STATE_EMPTY);
	/* what these two vouched for goes */
	fsw__write(area->port, fsw__page(area, id) + FSW_PAGE_RESUME, NULL, area->page_size - FSW_PAGE_RESUME);
}

static int string_ends(const char *string, uint32_t size)
{
	uint32_t i;

	for (i = 0; i < size; i++)
		if (string[i] == '\0')
			return 1;
	return 0;
}

int fsw__page_fill(struct fsw_area *area, uint32_t id, const struct fsw_load *load, uint32_t parent)
{
	uint32_t *word = (uint32_t *)(void *)manifest_of(area, id);

	if (!string_ends(load->name, sizeof(load->name)))
		return FSW_ERR(ARGUMENT);
	fsw__record_put(area->port, fsw__load(area, id), load, sizeof(*load));
	/* an empty manifest, made in place: it would be the largest thing on the stack */
	fsw__write(area->port, word, NULL, FSW_MANIFEST_BYTES);
	fsw__seal(area->port, word, word, FSW_MANIFEST_BYTES);
	set_parent(area, id, parent);
	return 0;
}

int fsw_load(struct fsw_area *area, uint32_t asker, uint32_t id, const struct fsw_load *load)
{
	int error = fsw__idle(area, asker);

	if (error)
		return error;
	if (!known(area, id))
		return FSW_ERR(ARGUMENT);
	if (fsw__state(area, id) != FSW_STATE_EMPTY)
		return FSW_ERR(IN_USE);
	error = fsw_cmm_range(area, id, load->base, 1);
	if (!error)
		error = fsw_cmm_range(area, id, load->entry, 4);
	if (!error)
		error = fsw__page_fill(area, id, load, asker);
	if (!error)
		fsw__set_state(area, id, FSW_STATE_LOADED);
	return error;
}

int fsw_manifest_set(struct fsw_area *area, uint32_t self, const struct fsw_manifest *manifest)
{
	int error = fsw__running(area, self);
	uint32_t i;

	if (error)
		return error;
	if (manifest->count > FSW_MANIFEST_DEVICES_MAX || !string_ends(manifest->release, sizeof(manifest->release)))
		return FSW_ERR(ARGUMENT);
	for (i = 0; i < manifest->count; i++)
		if (!string_ends(manifest->devices[i].name, sizeof(manifest->devices[i].name)))
			return FSW_ERR(ARGUMENT);
	fsw__record_put(area->port, manifest_of(area, self), manifest, sizeof(*manifest));
	return 0;
}

static uint32_t state_in(const struct fsw_manifest *manifest, const char *name)
{
	uint32_t i, at;

	for (i = 0; i < manifest->count; i++) {
		const char *other = manifest->devices[i].name;

		for (at = 0; at < FSW_DEVICE_NAME_SIZE && name[at] == other[at]; at++)
			if (name[at] == '\0')
				return manifest->devices[i].state;
	}
	return 0;
}

static int differing(const struct fsw_manifest *one, const struct fsw_manifest *other, struct fsw_device *device)
{
	uint32_t i;

	for (i = 0; i < one->count; i++) {
		if (one->devices[i].state != state_in(other, one->devices[i].name)) {
			*device = one->devices[i];
			return FSW_ERR(DEVICES);
		}
	}
	return 0;
}

int fsw_manifest_compare(struct fsw_area *area, uint32_t one, uint32_t other, struct fsw_device *device)
{
	struct fsw_instance a, b;
	int error = fsw_instance_get(area, one, &a);

	if (!error)
		error = fsw_instance_get(area, other, &b);
	if (error)
		return error;
	if (!a.manifest || !b.manifest)
		return FSW_ERR(STATE);
	error = differing(a.manifest, b.manifest, device);
	if (!error) {
		error = differing(b.manifest, a.manifest, device);
		/* not the state in `one`: there it is off, or the first search would have found it */
		if (error)
			device->state = 0;
	}
	return error;
}

int fsw_timings_set(struct fsw_area *area, uint32_t self, const struct fsw_timings *timings)
{
	int error = fsw__running(area, self);

	if (!error)
		fsw__record_put(area->port, timings_of(area, self), timings, sizeof(*timings));
	return error;
}

int fsw_timings_get(struct fsw_area *area, uint32_t id, struct fsw_timings *timings)
{
	const struct fsw_timings *from = timings_of(area, id);

	if (!known(area, id))
		return FSW_ERR(ARGUMENT);
	if (!fsw__record_sound(from, sizeof(*from)))
		return fsw__fault(area, FSW_ERR(TIMINGS_CRC), id);
	*timings = *from;
	return 0;
}
