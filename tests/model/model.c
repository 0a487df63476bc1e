/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reference model of the fsw area. See model.h; comments name the rule that a line obeys. */
#include "model.h"

#include <string.h>

static bool instance_exists(const struct model *m, uint32_t id)
{
	return id >= 1 && id <= m->geometry.instances;
}

static bool sleeps(const struct model *m, uint32_t id)
{
	return instance_exists(m, id) && m->instance[id].state == FSW_STATE_SLEEPING;
}

/* Only who owns the machine may ask for anything. */
static bool runs(const struct model *m, uint32_t asker)
{
	return asker != 0 && asker == m->running;
}

static uint64_t section_size(const struct model *m)
{
	return (uint64_t)1 << m->geometry.section_shift;
}

static uint64_t section_start(const struct model *m, uint32_t section)
{
	return m->geometry.base + section * section_size(m);
}

static void clear_marks(struct model *m)
{
	uint32_t i;

	for (i = 0; i < m->geometry.sections; i++) {
		m->section[i].requested = false;
		m->section[i].released = false;
		m->section[i].asked = false;
	}
}

static void begin(struct model *m, uint32_t mode, uint32_t target)
{
	m->mode = mode;
	m->source = m->running;
	m->target = target;
	m->core = MODEL_ANY_CORE;
	m->flags = 0;
	m->wanted = 0;
	m->died = 0;
	m->undone = FSW_MODE_NONE;
	m->job = JOB_ASKED;
	m->phase = FSW_PHASE_REQUESTED;
	memset(m->skipped, 0, sizeof(m->skipped));
}

static void end(struct model *m)
{
	clear_marks(m);
	m->phase = FSW_PHASE_IDLE;
	m->mode = FSW_MODE_NONE;
}

/* Who starts the machine has all cores. */
static void all_cores_back(struct model *m)
{
	uint32_t i;

	memset(m->cores, 0, sizeof(m->cores));
	for (i = 0; i < m->geometry.cores; i++)
		m->cores[i].state = FSW_CORE_PARKED;
}

/* --- setting up --- */

void model_format(struct model *m, const struct fsw_geometry *geometry)
{
	uint8_t registers[MODEL_REGISTERS];

	memcpy(registers, m->registers, sizeof(registers));
	memset(m, 0, sizeof(*m));
	memcpy(m->registers, registers, sizeof(registers));
	m->geometry = *geometry;
	m->phase = FSW_PHASE_BLANK;
	all_cores_back(m);
}

/* How many bytes of [start, start + size) lie in these ranges? They do not overlap each other. */
static uint64_t covered(const struct fsw_range *range, uint32_t count, uint64_t start, uint64_t size)
{
	uint64_t from, to, sum = 0;
	uint32_t i;

	for (i = 0; i < count; i++) {
		from = range[i].base > start ? range[i].base : start;
		to = range[i].base + range[i].size < start + size ? range[i].base + range[i].size : start + size;
		if (from < to)
			sum += to - from;
	}
	return sum;
}

static bool ranges_good(const struct fsw_range *range, uint32_t count)
{
	uint32_t i;

	for (i = 0; i < count; i++) {
		if (range[i].size == 0 || range[i].base + range[i].size < range[i].base)
			return false;
		if (i > 0 && range[i].base < range[i - 1].base + range[i - 1].size)
			return false;
	}
	return true;
}

static bool has_end(const char *text, uint32_t size)
{
	uint32_t i;

	for (i = 0; i < size; i++)
		if (text[i] == '\0')
			return true;
	return false;
}

/* SPEC 3, initialisation by the master */
int model_master(struct model *m, const struct fsw_load *load, const struct model_memory *memory)
{
	uint64_t size = section_size(m);
	struct model_section *s;
	uint64_t start;
	uint32_t i;

	if (!has_end(load->name, FSW_LOAD_NAME_SIZE))
		return FSW_ERR(ARGUMENT);
	if (m->phase != FSW_PHASE_BLANK)
		return FSW_ERR(READY);
	if (load->base >= section_start(m, m->geometry.sections))
		return FSW_ERR(OUTSIDE);
	if (!ranges_good(memory->ram, memory->rams) || !ranges_good(memory->movable, memory->movables) ||
	    !ranges_good(memory->shared, memory->shareds) || !ranges_good(memory->excluded, memory->excludeds))
		return FSW_ERR(RANGES);
	for (i = 0; i < m->geometry.sections; i++) {
		s = &m->section[i];
		start = section_start(m, i);
		memset(s, 0, sizeof(*s));
		if (covered(memory->ram, memory->rams, start, size) == size) {
			s->owner = FSW_MASTER;
			s->available = covered(memory->movable, memory->movables, start, size) == size;
		}
		if (covered(memory->shared, memory->shareds, start, size) > 0) {
			s->owner = FSW_OWNER_SHARED;
			s->available = false;
		}
		if (covered(memory->excluded, memory->excludeds, start, size) > 0) {
			s->owner = FSW_OWNER_NONE;
			s->available = false;
		}
	}
	m->instance[FSW_MASTER].state = FSW_STATE_RUNNING;
	m->instance[FSW_MASTER].parent = 0;
	m->instance[FSW_MASTER].load = *load;
	m->running = FSW_MASTER;
	m->phase = FSW_PHASE_IDLE;
	return 0;
}

/* --- one section: the two tables of SPEC 3, row by row --- */

int model_rule_offline(const struct model_section *s, uint32_t asker)
{
	if (s->owner == asker)
		return 0;
	if (s->owner == FSW_OWNER_SHARED)
		return FSW_ERR(SHARED);
	if (s->owner == FSW_OWNER_NONE)
		return FSW_ERR(NOT_ONLINE);
	return FSW_ERR(OTHERS);
}

int model_rule_online(const struct model_section *s, uint32_t asker)
{
	if (s->owner == asker)
		return 0;
	if (s->owner == FSW_OWNER_SHARED)
		return FSW_ERR(SHARED);
	if (s->owner == FSW_OWNER_NONE)
		return s->available ? 0 : FSW_ERR(NO_MEMORY);
	return s->available ? FSW_ERR(REQUEST_NEEDED) : FSW_ERR(KERNEL_CORE);
}

int model_offline(struct model *m, uint32_t asker, uint32_t section)
{
	struct model_section *s;
	int error;

	if (!runs(m, asker))
		return FSW_ERR(NOT_RUNNING);
	if (section >= m->geometry.sections)
		return FSW_ERR(ARGUMENT);
	s = &m->section[section];
	error = model_rule_offline(s, asker);
	if (error)
		return error;
	if (!s->available) /* kernel core: allowed, no effect */
		return 0;
	s->owner = FSW_OWNER_NONE;
	s->claimed = false;
	if (s->requested)
		s->released = true;
	return 0;
}

int model_online(struct model *m, uint32_t asker, uint32_t section)
{
	struct model_section *s;
	int error;

	if (!runs(m, asker))
		return FSW_ERR(NOT_RUNNING);
	if (section >= m->geometry.sections)
		return FSW_ERR(ARGUMENT);
	s = &m->section[section];
	error = model_rule_online(s, asker);
	if (error)
		return error;
	if (s->owner == FSW_OWNER_NONE) { /* it leaves the operation that it may have been part of */
		s->requested = false;
		s->released = false;
	}
	s->claimed = false;
	s->owner = asker;
	return 0;
}

int model_keep(struct model *m, uint32_t asker, uint32_t section)
{
	if (!runs(m, asker))
		return FSW_ERR(NOT_RUNNING);
	if (section >= m->geometry.sections)
		return FSW_ERR(ARGUMENT);
	if (m->section[section].owner != asker)
		return FSW_ERR(OTHERS);
	m->section[section].available = false;
	m->section[section].claimed = false;
	return 0;
}

/* --- queries --- */

bool model_matches(const struct model *m, uint32_t section, uint32_t kind, uint32_t owner)
{
	const struct model_section *s = &m->section[section];

	if (kind == MODEL_FREE)
		return s->owner == FSW_OWNER_NONE && s->available;
	if (kind == MODEL_OWNED)
		return s->owner == owner;
	return s->owner == owner && s->claimed;
}

void model_count(const struct model *m, struct fsw_count *count)
{
	uint32_t i;

	memset(count, 0, sizeof(*count));
	for (i = 0; i < m->geometry.sections; i++)
		count->of[m->section[i].available][m->section[i].owner]++;
}

int model_run(const struct model *m, uint32_t kind, uint32_t owner, uint32_t from, struct fsw_run *run)
{
	uint32_t i;

	for (i = from; i < m->geometry.sections; i++) {
		if (!model_matches(m, i, kind, owner))
			continue;
		run->first = i;
		run->count = 0;
		while (i < m->geometry.sections && model_matches(m, i, kind, owner)) {
			run->count++;
			i++;
		}
		return 1;
	}
	return 0;
}

int model_longest(const struct model *m, uint32_t kind, uint32_t owner, struct fsw_run *run)
{
	struct fsw_run each;
	uint32_t from = 0;
	int found = 0;

	while (model_run(m, kind, owner, from, &each)) {
		if (!found || each.count > run->count)
			*run = each;
		found = 1;
		from = each.first + each.count;
	}
	return found;
}

int model_section_at(const struct model *m, uint64_t address, uint32_t *section)
{
	uint32_t i;

	for (i = 0; i < m->geometry.sections; i++) {
		if (address >= section_start(m, i) && address - section_start(m, i) < section_size(m)) {
			*section = i;
			return 0;
		}
	}
	return FSW_ERR(OUTSIDE);
}

int model_range(const struct model *m, uint32_t instance, uint64_t address, uint64_t size, uint32_t *where)
{
	const struct model_section *s;
	uint32_t first, last;

	if (size == 0 || instance < 1 || instance > 254)
		return FSW_ERR(ARGUMENT);
	if (address + (size - 1) < address) /* past 64 bits */
		return FSW_ERR(OUTSIDE);
	if (model_section_at(m, address, &first) || model_section_at(m, address + (size - 1), &last))
		return FSW_ERR(OUTSIDE);
	for (*where = first; *where <= last; ++*where) {
		s = &m->section[*where];
		if (s->owner == instance || s->owner == FSW_OWNER_SHARED)
			continue;
		if (s->owner == FSW_OWNER_NONE)
			return FSW_ERR(NOT_ONLINE);
		return FSW_ERR(OTHERS);
	}
	return 0;
}

/* --- preparing a boot: SPEC 4.1 and 4.2 --- */

static bool freeable(const struct model *m, uint32_t asker, uint32_t section)
{
	const struct model_section *s = &m->section[section];

	return s->available && !s->claimed && (s->owner == FSW_OWNER_NONE || s->owner == asker);
}

/* The first section in the way of a run, or the end of the run */
static uint32_t obstacle(const struct model *m, uint32_t asker, uint32_t first, uint32_t contiguous)
{
	uint32_t i;

	for (i = first; i < first + contiguous; i++)
		if (!freeable(m, asker, i))
			break;
	return i;
}

int model_free(struct model *m, uint32_t asker, uint32_t target, uint64_t start, uint32_t contiguous, uint32_t total,
	       uint32_t *where)
{
	uint32_t sections = m->geometry.sections;
	uint32_t i, owner, first = 0, have;

	if (!runs(m, asker))
		return FSW_ERR(NOT_RUNNING);
	if (m->phase != FSW_PHASE_IDLE)
		return FSW_ERR(BUSY);
	if (!instance_exists(m, target) || contiguous == 0 || contiguous > total)
		return FSW_ERR(ARGUMENT);
	if (m->instance[target].state != FSW_STATE_EMPTY)
		return FSW_ERR(IN_USE);
	if (start == FSW_ANYWHERE) {
		for (first = 0; first < sections; first++)
			if (contiguous <= sections - first && obstacle(m, asker, first, contiguous) == first + contiguous)
				break;
		if (first == sections) {
			*where = 0;
			return FSW_ERR(CONTIGUOUS);
		}
	} else {
		if ((start - m->geometry.base) % section_size(m) != 0)
			return FSW_ERR(ALIGNMENT);
		if (model_section_at(m, start, &first))
			return FSW_ERR(OUTSIDE);
		if (contiguous > sections - first)
			return FSW_ERR(OUTSIDE);
		*where = obstacle(m, asker, first, contiguous);
		if (*where != first + contiguous)
			return FSW_ERR(CONTIGUOUS);
	}
	have = contiguous;
	for (i = first + contiguous; i < sections; i++)
		have += freeable(m, asker, i);
	if (have < total) {
		*where = have;
		return FSW_ERR(NOT_ENOUGH);
	}

	begin(m, FSW_MODE_FREE, target);
	m->wanted = total;
	for (i = first; i < first + contiguous; i++)
		m->section[i].requested = true;
	have = contiguous;
	/* further ones: free ones first, then the asker's */
	for (owner = FSW_OWNER_NONE; owner <= asker; owner += asker) {
		for (i = first + contiguous; i < sections && have < total; i++) {
			if (m->section[i].owner == owner && freeable(m, asker, i)) {
				m->section[i].requested = true;
				have++;
			}
		}
	}
	return 0;
}

static bool freeing(const struct model *m)
{
	return m->phase == FSW_PHASE_REQUESTED && m->mode == FSW_MODE_FREE;
}

int model_free_next(const struct model *m, uint32_t asker, uint32_t *cursor)
{
	uint32_t i;

	if (!runs(m, asker))
		return FSW_ERR(NOT_RUNNING);
	if (!freeing(m))
		return FSW_ERR(NO_OPERATION);
	for (i = *cursor; i < m->geometry.sections; i++) {
		if (m->section[i].requested && m->section[i].owner == asker && m->section[i].available) {
			*cursor = i;
			return 1;
		}
	}
	return 0;
}

int model_free_undo(const struct model *m, uint32_t asker, uint32_t *cursor)
{
	uint32_t i;

	if (!runs(m, asker))
		return FSW_ERR(NOT_RUNNING);
	if (!freeing(m))
		return FSW_ERR(NO_OPERATION);
	for (i = *cursor; i < m->geometry.sections; i++) {
		if (m->section[i].requested && m->section[i].released && m->section[i].owner == FSW_OWNER_NONE) {
			*cursor = i;
			return 1;
		}
	}
	return 0;
}

int model_free_commit(struct model *m, uint32_t asker)
{
	uint32_t i, off = 0;

	if (!runs(m, asker))
		return FSW_ERR(NOT_RUNNING);
	if (!freeing(m))
		return FSW_ERR(NO_OPERATION);
	for (i = 0; i < m->geometry.sections; i++)
		off += m->section[i].requested && m->section[i].owner == FSW_OWNER_NONE;
	if (off < m->wanted)
		return FSW_ERR(UNFINISHED);
	for (i = 0; i < m->geometry.sections; i++)
		if (m->section[i].requested)
			m->section[i].owner = m->target;
	end(m);
	return 0;
}

int model_load(struct model *m, uint32_t asker, uint32_t id, const struct fsw_load *load)
{
	uint32_t where;
	int error;

	if (!runs(m, asker))
		return FSW_ERR(NOT_RUNNING);
	if (m->phase != FSW_PHASE_IDLE)
		return FSW_ERR(BUSY);
	if (!instance_exists(m, id))
		return FSW_ERR(ARGUMENT);
	if (m->instance[id].state != FSW_STATE_EMPTY)
		return FSW_ERR(IN_USE);
	/* only into sections that are really the instance's: shared ones belong to all */
	error = model_range(m, id, load->base, 1, &where);
	if (!error)
		error = model_range(m, id, load->entry, 1, &where);
	if (error)
		return error;
	if (!has_end(load->name, FSW_LOAD_NAME_SIZE))
		return FSW_ERR(ARGUMENT);
	memset(&m->instance[id], 0, sizeof(m->instance[id]));
	m->instance[id].state = FSW_STATE_LOADED;
	m->instance[id].parent = asker;
	m->instance[id].load = *load;
	return 0;
}

/* --- asking --- */

int model_switch(struct model *m, uint32_t asker, uint32_t target)
{
	if (!runs(m, asker))
		return FSW_ERR(NOT_RUNNING);
	if (m->phase != FSW_PHASE_IDLE)
		return FSW_ERR(BUSY);
	if (!instance_exists(m, target))
		return FSW_ERR(ARGUMENT);
	if (target == asker)
		return FSW_ERR(SELF);
	if (m->instance[target].state == FSW_STATE_EMPTY)
		return FSW_ERR(EMPTY);
	if (m->instance[target].state != FSW_STATE_SLEEPING)
		return FSW_ERR(STATE);
	begin(m, FSW_MODE_SWITCH, target);
	return 0;
}

int model_boot(struct model *m, uint32_t asker, uint32_t target, uint32_t flags)
{
	if (!runs(m, asker))
		return FSW_ERR(NOT_RUNNING);
	if (m->phase != FSW_PHASE_IDLE)
		return FSW_ERR(BUSY);
	if (!instance_exists(m, target))
		return FSW_ERR(ARGUMENT);
	if (target == asker)
		return FSW_ERR(SELF);
	if (m->instance[target].state == FSW_STATE_EMPTY)
		return FSW_ERR(EMPTY);
	if (m->instance[target].state != FSW_STATE_LOADED)
		return FSW_ERR(STATE);
	if (flags & ~(uint32_t)FSW_FLAG_DIRECT)
		return FSW_ERR(ARGUMENT);
	begin(m, FSW_MODE_BOOT, target);
	m->flags = flags;
	return 0;
}

/* The first section that begins at or above an instance's base */
static uint32_t first_above_base(const struct model *m, uint32_t id)
{
	uint32_t i;

	for (i = 0; i < m->geometry.sections; i++)
		if (section_start(m, i) >= m->instance[id].load.base)
			break;
	return i;
}

int model_want(const struct model *m, uint32_t asker, uint32_t count, uint64_t from, struct model_want *want)
{
	uint32_t sections = m->geometry.sections;
	uint32_t i;

	if (!runs(m, asker))
		return FSW_ERR(NOT_RUNNING);
	if (count == 0)
		return FSW_ERR(ARGUMENT);
	if (from == FSW_ANYWHERE) {
		want->first = first_above_base(m, asker);
		want->limit = sections;
		want->from = want->first;
		want->missing = count;
		return 0;
	}
	if (from < m->instance[asker].load.base)
		return FSW_ERR(BELOW_BASE);
	if ((from - m->geometry.base) % section_size(m) != 0)
		return FSW_ERR(ALIGNMENT);
	if (model_section_at(m, from, &i) || count > sections - i)
		return FSW_ERR(OUTSIDE);
	want->first = i;
	want->limit = i + count;
	want->from = i;
	want->missing = count;
	for (i = want->first; i < want->limit; i++)
		if (m->section[i].owner == asker)
			want->missing--;
	return 0;
}

int model_want_free(const struct model *m, uint32_t asker, struct model_want *want)
{
	uint32_t i;

	if (!runs(m, asker))
		return FSW_ERR(NOT_RUNNING);
	if (want->named && m->section[want->section].owner == asker)
		want->missing--;
	want->named = false;
	for (i = want->from; want->missing > 0 && i < want->limit; i++) {
		/* what an operation has set aside is not free for anything else */
		if (model_matches(m, i, MODEL_FREE, 0) && !m->section[i].requested && !m->section[i].released) {
			want->section = i;
			want->named = true;
			want->from = i + 1;
			return 1;
		}
	}
	return 0;
}

/* A section that a claim round can bring: a sleeper's movable one */
static bool claimable(const struct model *m, uint32_t section)
{
	return m->section[section].available && !m->section[section].claimed && sleeps(m, m->section[section].owner);
}

/* SPEC 6.3: from the first, never the source, only who sleeps and was not found unreachable; 0: nobody is left */
static uint32_t next_sleeper(const struct model *m, uint32_t after)
{
	uint32_t id;

	for (id = after + 1; id <= m->geometry.instances; id++)
		if (id != m->source && sleeps(m, id) && !m->skipped[id])
			return id;
	return 0;
}

int model_claim(struct model *m, uint32_t asker, const struct model_want *want)
{
	uint32_t i, id, sleepers = 0, sections = 0;

	if (!runs(m, asker))
		return FSW_ERR(NOT_RUNNING);
	if (m->phase != FSW_PHASE_IDLE)
		return FSW_ERR(BUSY);
	if (want->missing == 0)
		return FSW_ERR(ARGUMENT);
	for (id = 1; id <= m->geometry.instances; id++)
		sleepers += sleeps(m, id);
	if (sleepers == 0)
		return FSW_ERR(NOBODY);
	for (i = want->first; i < want->limit; i++)
		sections += claimable(m, i);
	if (sections == 0)
		return FSW_ERR(NOTHING);
	begin(m, FSW_MODE_CLAIM, 0);
	m->wanted = want->missing;
	m->first = want->first;
	m->limit = want->limit;
	for (i = want->first; i < want->limit; i++)
		m->section[i].requested = claimable(m, i);
	m->target = next_sleeper(m, 0);
	return 0;
}

static uint32_t most_recent_sleeper(const struct model *m)
{
	uint32_t id, best = 0;

	for (id = 1; id <= m->geometry.instances; id++)
		if (sleeps(m, id) && (best == 0 || m->instance[id].slept > m->instance[best].slept))
			best = id;
	return best;
}

/* Who goes on when `gone` does not: its parent, else the parent's, and so on; else who fell asleep last; 0: nobody */
static uint32_t heir_of(const struct model *m, uint32_t gone)
{
	uint32_t id;

	for (id = m->instance[gone].parent; id != 0; id = m->instance[id].parent)
		if (sleeps(m, id))
			return id;
	return most_recent_sleeper(m);
}

int model_terminate(struct model *m, uint32_t asker)
{
	uint32_t heir;

	if (!runs(m, asker))
		return FSW_ERR(NOT_RUNNING);
	if (m->phase != FSW_PHASE_IDLE)
		return FSW_ERR(BUSY);
	if (asker == FSW_MASTER)
		return FSW_ERR(MASTER);
	heir = heir_of(m, asker);
	if (heir == 0)
		return FSW_ERR(NOBODY);
	begin(m, FSW_MODE_TERMINATE, heir);
	return 0;
}

/* Everything of `gone` becomes `heir`'s, its page is erased and its children move up */
static void dissolve(struct model *m, uint32_t gone, uint32_t heir)
{
	struct model_section *s;
	uint32_t i, id;

	for (i = 0; i < m->geometry.sections; i++) {
		s = &m->section[i];
		if (s->owner == gone) {
			s->owner = heir;
			s->available = true; /* also its kernel core */
			s->claimed = true;
		}
	}
	for (id = 1; id <= m->geometry.instances; id++)
		if (m->instance[id].parent == gone)
			m->instance[id].parent = m->instance[gone].parent;
	memset(&m->instance[gone], 0, sizeof(m->instance[gone]));
}

int model_kill(struct model *m, uint32_t asker, uint32_t victim)
{
	uint32_t i, owned = 0;

	if (!runs(m, asker))
		return FSW_ERR(NOT_RUNNING);
	if (m->phase != FSW_PHASE_IDLE)
		return FSW_ERR(BUSY);
	if (!instance_exists(m, victim))
		return FSW_ERR(ARGUMENT);
	if (victim == asker)
		return FSW_ERR(SELF);
	if (victim == FSW_MASTER)
		return FSW_ERR(MASTER);
	for (i = 0; i < m->geometry.sections; i++)
		owned += m->section[i].owner == victim;
	if (m->instance[victim].state == FSW_STATE_EMPTY && owned == 0)
		return FSW_ERR(EMPTY);
	dissolve(m, victim, asker);
	return 0;
}

int model_cancel(struct model *m, uint32_t asker)
{
	if (!runs(m, asker))
		return FSW_ERR(NOT_RUNNING);
	/* before the hand-over; after it only by whom a claim round visits */
	if (m->phase == FSW_PHASE_IDLE || (m->phase == FSW_PHASE_HANDED && m->mode != FSW_MODE_CLAIM))
		return FSW_ERR(NO_OPERATION);
	m->instance[asker].state = FSW_STATE_RUNNING; /* again, if it slept for a reset */
	end(m);
	return 0;
}

/* --- the way down and up again: SPEC 5 and 6 --- */

int model_arm(struct model *m, uint32_t self, uint32_t core, uint64_t address, uint64_t argument)
{
	uint32_t i;

	if (!runs(m, self))
		return FSW_ERR(NOT_RUNNING);
	if ((m->phase != FSW_PHASE_REQUESTED && m->phase != FSW_PHASE_ARMED) || m->mode == FSW_MODE_FREE)
		return 0;
	/* SPEC 5: only the boot core takes the hand-over, all others are in the pen by then */
	for (i = 0; i < m->geometry.cores; i++) {
		if (i != core && m->cores[i].state == FSW_CORE_LOST)
			return FSW_ERR(CORE_LOST);
		if (i != core && m->cores[i].state == FSW_CORE_RUNNING)
			return FSW_ERR(CORE_STATE);
	}
	if (core < m->geometry.cores) {
		m->cores[core].state = FSW_CORE_PARKED;
		m->cores[core].owner = 0;
		m->cores[core].used_by = 0;
	}
	m->instance[self].resume_address = address;
	m->instance[self].resume_argument = argument;
	m->core = core;
	m->phase = FSW_PHASE_ARMED;
	return 1;
}

/* The registers and the address with which a sleeper goes on */
static void enter_sleeper(struct model *m, const struct model_platform *platform, uint32_t id, struct model_jump *jump)
{
	struct model_instance *i = &m->instance[id];

	memcpy(m->registers, i->registers, platform->offset[i->segments]);
	jump->address = i->resume_address;
	jump->argument[0] = i->resume_argument;
	jump->arguments = 1;
	m->instance[id].state = FSW_STATE_RUNNING;
	m->running = id;
	m->phase = FSW_PHASE_HANDED;
}

static void enter_image(struct model *m, uint32_t id, struct model_jump *jump)
{
	jump->address = m->instance[id].load.entry;
	memcpy(jump->argument, m->instance[id].load.arguments, sizeof(jump->argument));
	jump->arguments = 4;
	m->instance[id].state = FSW_STATE_RUNNING;
	m->running = id;
	m->phase = FSW_PHASE_HANDED;
}

int model_handover(struct model *m, const struct model_platform *platform, const struct model_table *table, uint32_t core,
		   struct model_jump *jump)
{
	struct model_instance *leaving = &m->instance[m->running];
	struct model_instance *target = &m->instance[m->target];
	int error = 0;

	if (m->phase != FSW_PHASE_ARMED)
		return FSW_GO_ON;
	if (m->core != MODEL_ANY_CORE && m->core != core)
		return FSW_GO_ON;
	if (m->mode != FSW_MODE_BOOT && target->segments > table->segments)
		error = FSW_ERR(SAR_RANGE);
	else if (m->mode != FSW_MODE_TERMINATE) /* who leaves for good is not saved */
		error = table->wrong;
	if (error) {
		m->why = error;
		m->phase = FSW_PHASE_FAILED;
		return error;
	}
	if (m->mode != FSW_MODE_TERMINATE) {
		leaving->segments = table->segments;
		memcpy(leaving->registers, m->registers, platform->offset[table->segments]);
		leaving->state = FSW_STATE_SLEEPING;
		leaving->slept = ++m->clock;
	}
	if (m->mode != FSW_MODE_BOOT) {
		enter_sleeper(m, platform, m->target, jump);
		return FSW_GO_JUMP;
	}
	if (m->flags & FSW_FLAG_DIRECT) {
		enter_image(m, m->target, jump);
		return FSW_GO_JUMP;
	}
	m->phase = FSW_PHASE_RESETTING;
	return FSW_GO_RESET;
}

static uint32_t released(const struct model *m)
{
	uint32_t i, count = 0;

	for (i = 0; i < m->geometry.sections; i++)
		count += m->section[i].released;
	return count;
}

static uint32_t still_missing(const struct model *m)
{
	uint32_t count = released(m);

	return count < m->wanted ? m->wanted - count : 0;
}

int model_acknowledge(struct model *m, uint32_t self, struct model_outcome *outcome)
{
	bool handed = m->phase == FSW_PHASE_HANDED;

	memset(outcome, 0, sizeof(*outcome));
	if (self == 0 || self != m->running)
		return FSW_ERR(NOT_RUNNING);
	if (m->phase == FSW_PHASE_IDLE || freeing(m)) { /* a plain suspend; a free goes on after it */
		outcome->result = FSW_RESULT_PLAIN;
		return 0;
	}
	/* a claim round goes on until its requester has collected; the phase stays, so that a visitor can be told again */
	if (m->mode == FSW_MODE_CLAIM && handed && self == m->source) {
		m->job = JOB_COLLECT;
		outcome->result = FSW_RESULT_COLLECT;
		return 0;
	}
	if (m->mode == FSW_MODE_CLAIM && handed) {
		m->job = JOB_VISIT;
		outcome->result = FSW_RESULT_VISIT;
		outcome->missing = still_missing(m);
		return 0;
	}
	/* somebody could not be reached, or a visitor could not suspend again */
	if (m->mode == FSW_MODE_CLAIM &&
	    ((m->phase == FSW_PHASE_FAILED && m->target != m->source) || (m->phase != FSW_PHASE_FAILED && self != m->source))) {
		m->job = JOB_PASS;
		outcome->result = FSW_RESULT_PASS;
		return 0;
	}

	if (!handed) {
		m->instance[self].state = FSW_STATE_RUNNING; /* again, if the reset that it slept for never came */
		outcome->result = FSW_RESULT_UNDONE;
		outcome->error = m->phase == FSW_PHASE_FAILED ? m->why : FSW_ERR(INTERRUPTED);
		if (m->mode == FSW_MODE_CLAIM && m->phase == FSW_PHASE_FAILED) /* not even the requester could be reached */
			outcome->error = FSW_ERR(UNREACHABLE);
	} else if (m->mode == FSW_MODE_TERMINATE) {
		outcome->result = FSW_RESULT_INHERIT;
		outcome->other = m->source;
		dissolve(m, m->source, self);
	} else if (m->mode == FSW_MODE_RECOVER) {
		outcome->result = FSW_RESULT_SURVIVED;
		outcome->other = m->died;
		outcome->undone = m->undone;
	} else {
		outcome->result = FSW_RESULT_DONE;
		outcome->other = m->source;
	}
	end(m);
	return 0;
}

static bool claiming(const struct model *m)
{
	return m->phase != FSW_PHASE_IDLE && m->mode == FSW_MODE_CLAIM;
}

int model_visit_next(struct model *m, uint32_t self, struct model_outcome *outcome)
{
	struct model_section *s;
	uint32_t i;

	if (!runs(m, self))
		return FSW_ERR(NOT_RUNNING);
	if (!claiming(m) || self == m->source)
		return FSW_ERR(NO_OPERATION);
	if (outcome->named && m->section[outcome->section].owner == FSW_OWNER_NONE)
		outcome->missing--;
	outcome->named = false;
	for (i = 0; outcome->missing > 0 && i < m->geometry.sections; i++) {
		s = &m->section[i];
		if (s->requested && s->owner == self && s->available && !s->asked) {
			s->asked = true;
			outcome->section = i;
			outcome->named = true;
			return 1;
		}
	}
	return 0;
}

int model_pass(struct model *m, uint32_t self)
{
	uint32_t after = m->phase == FSW_PHASE_FAILED ? m->target : self == m->source ? 0 : self;
	uint32_t next = 0;

	if (!runs(m, self))
		return FSW_ERR(NOT_RUNNING);
	if (!claiming(m))
		return FSW_ERR(NO_OPERATION);
	/* once it goes back to the requester it does not turn again */
	if (still_missing(m) > 0 && (m->target != m->source || m->phase == FSW_PHASE_HANDED))
		next = next_sleeper(m, after);
	if (m->phase == FSW_PHASE_FAILED)
		m->skipped[m->target] = true;
	m->job = JOB_ASKED;
	m->phase = FSW_PHASE_REQUESTED;
	m->target = next ? next : m->source;
	if (m->target != self)
		return 1;
	/* the requester need not go anywhere; it is as if it had been handed the machine */
	m->phase = FSW_PHASE_HANDED;
	return 0;
}

int model_collect_next(struct model *m, uint32_t self, struct model_outcome *outcome)
{
	uint32_t i;

	if (!runs(m, self))
		return FSW_ERR(NOT_RUNNING);
	if (!claiming(m) || self != m->source)
		return FSW_ERR(NO_OPERATION);
	for (i = outcome->from; i < m->geometry.sections; i++) {
		if (m->section[i].released && m->section[i].owner == FSW_OWNER_NONE) {
			outcome->section = i;
			outcome->from = i + 1;
			return 1;
		}
	}
	return 0;
}

int model_collect_end(struct model *m, uint32_t self)
{
	if (!runs(m, self))
		return FSW_ERR(NOT_RUNNING);
	if (!claiming(m) || self != m->source)
		return FSW_ERR(NO_OPERATION);
	end(m);
	return 0;
}

/* --- after a reset --- */

static void advise(struct model_advice *advice, uint32_t action, uint32_t why, uint32_t instance, uint32_t died, uint32_t undone)
{
	advice->action = action;
	advice->why = why;
	advice->instance = instance;
	advice->died = died;
	advice->undone = undone;
}

/* Nobody runs until `target` is entered */
static void wait_for(struct model *m, uint32_t mode, uint32_t target, uint32_t died, uint32_t undone)
{
	m->mode = mode;
	m->target = target;
	m->died = died;
	m->undone = undone;
	m->running = 0;
	m->phase = FSW_PHASE_ARMED;
	m->advised = true;
}

/* Nobody has it on-line, so it is free: what the dead were given, and what was prepared for an instance that is not there */
static void free_unused(struct model *m)
{
	struct model_section *s;
	uint32_t i;

	for (i = 0; i < m->geometry.sections; i++) {
		s = &m->section[i];
		if (!instance_exists(m, s->owner))
			continue;
		if (m->instance[s->owner].state == FSW_STATE_EMPTY ||
		    (s->claimed && m->instance[s->owner].state == FSW_STATE_DEAD)) {
			s->owner = FSW_OWNER_NONE;
			s->claimed = false;
			s->requested = false;
		}
	}
}

static void decide(struct model *m, struct model_advice *advice)
{
	uint32_t undone = m->phase == FSW_PHASE_IDLE ? FSW_MODE_NONE : m->mode;
	uint32_t owner = m->running;
	uint32_t heir;

	if (m->phase == FSW_PHASE_BLANK) {
		advise(advice, FSW_ACTION_COLD, FSW_WHY_NOT_READY, 0, 0, 0);
		return;
	}
	if (m->advised) { /* asked again */
		*advice = m->advice;
		return;
	}
	if (m->phase == FSW_PHASE_RESETTING && m->mode == FSW_MODE_BOOT) {
		advise(advice, FSW_ACTION_BOOT, FSW_WHY_BOOT, m->target, 0, 0);
		return;
	}
	if (m->mode == FSW_MODE_CLAIM && undone && owner != 0 && owner != m->source) {
		m->instance[owner].state = FSW_STATE_DEAD;
		m->instance[owner].cause = FSW_CAUSE_RESET;
		advise(advice, FSW_ACTION_RESUME, FSW_WHY_CLAIM, m->source, owner, FSW_MODE_CLAIM);
		wait_for(m, FSW_MODE_CLAIM, m->source, owner, FSW_MODE_CLAIM);
		m->advice = *advice;
		return;
	}
	if (m->phase == FSW_PHASE_HANDED && m->mode == FSW_MODE_TERMINATE) { /* that one is gone for good */
		dissolve(m, m->source, owner);
		undone = FSW_MODE_NONE;
	}
	if (owner == 0) { /* who was to go on was refused: its own heir does */
		owner = m->died;
		undone = m->undone;
	} else {
		m->instance[owner].state = FSW_STATE_DEAD;
		m->instance[owner].cause = FSW_CAUSE_RESET;
		if (m->mode == FSW_MODE_RECOVER && undone)
			undone = m->undone;
	}
	clear_marks(m);
	heir = heir_of(m, m->running ? owner : m->target);
	if (heir == 0) {
		advise(advice, FSW_ACTION_COLD, FSW_WHY_NOBODY, 0, owner, undone);
		return;
	}
	advise(advice, FSW_ACTION_RESUME, FSW_WHY_DIED, heir, owner, undone);
	wait_for(m, FSW_MODE_RECOVER, heir, owner, undone);
	m->advice = *advice;
}

int model_recover(struct model *m, struct model_advice *advice)
{
	decide(m, advice);
	free_unused(m);
	if (m->phase != FSW_PHASE_BLANK)
		all_cores_back(m);
	return 0;
}

int model_start(struct model *m, const struct model_platform *platform, const struct model_table *table, struct model_jump *jump)
{
	m->advised = false;
	if (m->mode == FSW_MODE_BOOT) {
		enter_image(m, m->target, jump);
		return FSW_GO_JUMP;
	}
	if (m->instance[m->target].segments > table->segments) {
		m->instance[m->target].state = FSW_STATE_DEAD;
		m->instance[m->target].cause = FSW_CAUSE_REFUSED;
		return FSW_ERR(SAR_RANGE);
	}
	enter_sleeper(m, platform, m->target, jump);
	return FSW_GO_JUMP;
}

/* --- cores --- */

int model_core_take(struct model *m, uint32_t self, uint32_t core, uint64_t address, uint64_t argument)
{
	struct model_core *c = &m->cores[core % FSW_CORES_MAX];

	if (!runs(m, self))
		return FSW_ERR(NOT_RUNNING);
	if (m->phase == FSW_PHASE_ARMED)
		return FSW_ERR(BUSY);
	if (core >= m->geometry.cores || (uint32_t)address == 0)
		return FSW_ERR(ARGUMENT);
	if (c->state != FSW_CORE_PARKED)
		return FSW_ERR(CORE_STATE);
	/* never used again before it has arrived */
	if (!c->arrived)
		return FSW_ERR(CORE_AWAY);
	c->state = FSW_CORE_RUNNING;
	c->owner = self;
	c->address = address;
	c->argument = argument;
	return 0;
}

int model_core_park(struct model *m, uint32_t self, uint32_t core)
{
	struct model_core *c = &m->cores[core % FSW_CORES_MAX];

	if (!runs(m, self))
		return FSW_ERR(NOT_RUNNING);
	if (core >= m->geometry.cores)
		return FSW_ERR(ARGUMENT);
	if (!c->arrived)
		return FSW_ERR(CORE_AWAY);
	c->state = FSW_CORE_PARKED;
	c->owner = 0;
	c->address = 0;
	return 0;
}

int model_core_lost(struct model *m, uint32_t self, uint32_t core)
{
	struct model_core *c = &m->cores[core % FSW_CORES_MAX];

	if (!runs(m, self))
		return FSW_ERR(NOT_RUNNING);
	if (core >= m->geometry.cores)
		return FSW_ERR(ARGUMENT);
	if (c->state == FSW_CORE_PARKED)
		return FSW_ERR(CORE_STATE);
	c->state = FSW_CORE_LOST;
	c->address = 0;
	return 0;
}

void model_core_stir(struct model *m, uint32_t core)
{
	struct model_core *c = &m->cores[core];

	if (!c->arrived) {
		c->arrived = true;
		c->used_by = 0;
	} else if (c->address != 0) {
		c->arrived = false;
		c->used_by = c->owner;
		c->address = 0;
	}
}

/* --- records that the rules do not depend on --- */

int model_manifest_set(struct model *m, uint32_t self, uint32_t made_from, bool too_many)
{
	if (!runs(m, self))
		return FSW_ERR(NOT_RUNNING);
	if (too_many)
		return FSW_ERR(ARGUMENT);
	m->instance[self].manifest = made_from;
	return 0;
}

int model_timings_set(struct model *m, uint32_t self, uint32_t made_from)
{
	if (!runs(m, self))
		return FSW_ERR(NOT_RUNNING);
	m->instance[self].timings = made_from;
	return 0;
}

const char *model_promise(const struct model *m)
{
	uint32_t i, id, running = 0;

	for (i = 0; i < m->geometry.sections; i++) {
		const struct model_section *s = &m->section[i];

		if (s->owner != FSW_OWNER_NONE && s->owner != FSW_OWNER_SHARED && !instance_exists(m, s->owner))
			return "a section has an owner that does not exist";
		if (s->claimed && (!instance_exists(m, s->owner) || !s->available))
			return "a section is claimed for nobody";
		if (m->phase == FSW_PHASE_IDLE && (s->requested || s->released))
			return "a mark outlived its operation";
	}
	for (i = 0; i < m->geometry.cores; i++) {
		if (m->cores[i].owner != 0 && m->cores[i].owner != m->running)
			return "a core belongs to an instance that does not run";
		if (m->cores[i].used_by != 0 && (m->cores[i].used_by != m->running || m->cores[i].owner != m->running))
			return "a core is in the kernel of an instance that does not run, or does not own it";
	}
	for (id = 1; id <= m->geometry.instances; id++)
		running += m->instance[id].state == FSW_STATE_RUNNING;
	if (m->phase == FSW_PHASE_IDLE && running != 1)
		return "not exactly one instance runs";
	return NULL;
}
