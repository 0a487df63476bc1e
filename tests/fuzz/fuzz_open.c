/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Any bytes laid over an area, then opened, asked, handed over, recovered and used. Input: a mode byte, then patches: two bytes of
 * offset in words, one of count, and the words. Mode bits choose which CRCs and check bits are made to match afterwards, so that the engine
 * gets past them. Nothing may be read or written outside the area, and what recovers must be in order.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/core.h"
#include "fsw/fsw.h"

#define INSTANCES 3
#define SECTIONS 16
#define CORES 3

static unsigned char *memory;
static uint32_t size;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

static uint32_t read_register(void *context, uint64_t address, uint32_t width)
{
	(void)context;
	return (uint32_t)address * width;
}

static void write_register(void *context, uint64_t address, uint32_t width, uint32_t value)
{
	(void)context;
	if (address < 0x1000 || address - 0x1000 + width > 64 || address % width || value == 0xfeed)
		abort();
}

static const struct fsw_segment segment = { 0x1000, 4, 64 };
static const struct fsw_port port = { .read = read_register, .write = write_register };
static const struct fsw_handover handover = { &port, { &segment, 1 }, 0 };

static unsigned char *core_record(unsigned char *area_memory, uint32_t core)
{
	return area_memory + size - FSW_BLOCK_SIZE + FSW_CORES_RECORDS + core * FSW_CORE_BYTES;
}

static void core_arrives(unsigned char *area_memory, uint32_t core)
{
	*(uint32_t *)(void *)(core_record(area_memory, core) + FSW_CORE_ARRIVED) = FSW_CORE_HERE - core * FSW_CORE_STEP;
}

/* A master and two sleepers, made once */
static void make(unsigned char *area_memory)
{
	const struct fsw_geometry geometry = { .base = 0x80000000,
					       .section_shift = 24,
					       .sections = SECTIONS,
					       .instances = INSTANCES,
					       .page_size = 4096,
					       .cores = CORES };
	const struct fsw_range all = { 0x80000000, SECTIONS << 24 }, movable = { 0x82000000, (SECTIONS - 2) << 24 };
	const struct fsw_memory ranges = { { &all, 1 }, { &movable, 1 }, { NULL, 0 }, { NULL, 0 } };
	struct fsw_load load = { .base = 0x80000000, .entry = 0x80008000 };
	struct fsw_outcome outcome;
	struct fsw_area area;
	struct fsw_jump jump;
	uint32_t id;

	if (fsw_format(area_memory, size, &geometry, &port) || fsw_open(&area, area_memory, size, &port) ||
	    fsw_master(&area, &load, &ranges))
		abort();
	for (id = 1; id < CORES; id++)
		core_arrives(area_memory, id);
	for (id = 2; id <= INSTANCES; id++) {
		uint32_t cursor = 0;

		load.base = 0x80000000 + ((uint64_t)(2 * id) << 24);
		load.entry = load.base;
		if (fsw_free(&area, 1, id, load.base, 2, 2))
			abort();
		while (fsw_free_next(&area, 1, &cursor) == 1)
			fsw_cmm_offline(&area, 1, cursor);
		if (fsw_free_commit(&area, 1) || fsw_load(&area, 1, id, &load) || fsw_boot(&area, 1, id, FSW_FLAG_DIRECT) ||
		    fsw_arm(&area, 1, 0, 0x1004, 1) != 1 || fsw_handover(area_memory, &handover, &jump) != FSW_GO_JUMP ||
		    fsw_acknowledge(&area, id, &outcome) || fsw_switch(&area, id, 1) || fsw_arm(&area, id, 0, 0x2004, id) != 1 ||
		    fsw_handover(area_memory, &handover, &jump) != FSW_GO_JUMP || fsw_acknowledge(&area, 1, &outcome))
			abort();
	}
}

static void seal(unsigned char *record, uint32_t bytes)
{
	((fsw_word *)(void *)record)[bytes / 4 - 1] = fsw__crc32(record, bytes - 4);
}

static void guard(unsigned char *at, uint32_t tag)
{
	*(fsw_word *)(void *)at = fsw__guard(*(fsw_word *)(void *)at & 0xffff, tag);
}

static void mend(uint8_t mode)
{
	unsigned char *pages = memory + 2 * FSW_BLOCK_SIZE;
	uint32_t i;

	if (mode & 1)
		seal(memory, FSW_HEADER_BYTES);
	if (mode & 2) {
		seal(memory + FSW_AREA_OPERATION, FSW_OPERATION_BYTES);
		seal(memory + FSW_AREA_OPERATION + FSW_OPERATION_BYTES, FSW_OPERATION_BYTES);
	}
	if (mode & 4) {
		guard(memory + FSW_AREA_SWITCH, FSW_TAG_SWITCH);
		guard(memory + FSW_AREA_RESULT, FSW_TAG_RESULT);
	}
	for (i = 0; mode & 8 && i < SECTIONS; i++)
		guard(memory + FSW_BLOCK_SIZE + 4 * i, i);
	for (i = 0; mode & 128 && i < CORES; i++)
		guard(core_record(memory, i), FSW_TAG_CORE + i);
	for (i = 0; i < INSTANCES; i++, pages += 4096) {
		uint32_t sar_size = ((struct fsw_sar *)(void *)(pages + FSW_PAGE_SAR))->size;

		if (mode & 16) {
			guard(pages + FSW_PAGE_STATE, FSW_TAG_STATE + i + 1);
			guard(pages + FSW_PAGE_PARENT, FSW_TAG_PARENT + i + 1);
		}
		if (mode & 32) {
			seal(pages + FSW_PAGE_LOAD, FSW_LOAD_BYTES);
			seal(pages + FSW_PAGE_RESUME, FSW_RESUME_BYTES);
			seal(pages + FSW_PAGE_MANIFEST, FSW_MANIFEST_BYTES);
		}
		if (mode & 64 && sar_size >= 4 && sar_size <= 4096 - FSW_PAGE_SAR && sar_size % 4 == 0)
			seal(pages + FSW_PAGE_SAR, sar_size);
	}
}

/* All questions, for each instance */
static void ask(struct fsw_area *area)
{
	struct fsw_instance instance;
	struct fsw_timings timings;
	struct fsw_device device;
	struct fsw_status status;
	struct fsw_count count;
	struct fsw_core core;
	struct fsw_run run;
	uint32_t id;

	fsw_status(area, &status);
	fsw_cmm_count(area, &count);
	fsw_cmm_longest(area, fsw_match_free(), &run);
	for (id = 0; id <= CORES; id++)
		fsw_core_get(area, id, &core);
	for (id = 0; id <= INSTANCES + 1; id++) {
		fsw_instance_get(area, id, &instance);
		fsw_timings_get(area, id, &timings);
		fsw_manifest_compare(area, 1, id, &device);
		fsw_cmm_range(area, id, 0x83000000, 0x2000000);
	}
}

/* Whoever owns the machine does what it can. */
static void use(struct fsw_area *area)
{
	struct fsw_outcome outcome;
	struct fsw_status status;
	struct fsw_jump jump;
	struct fsw_want want;
	uint32_t self, steps;

	for (steps = 0; steps < 12; steps++) {
		if (fsw_status(area, &status) || status.running == 0)
			return;
		self = status.running;
		if (fsw_acknowledge(area, self, &outcome) == 0) {
			while (outcome.result == FSW_RESULT_VISIT && fsw_visit_next(area, self, &outcome) == 1)
				fsw_cmm_offline(area, self, outcome.walk.section);
			if (outcome.result == FSW_RESULT_VISIT || outcome.result == FSW_RESULT_PASS)
				fsw_pass(area, self);
			while (outcome.result == FSW_RESULT_COLLECT && fsw_collect_next(area, self, &outcome) == 1)
				fsw_cmm_online(area, self, outcome.walk.section);
			if (outcome.result == FSW_RESULT_COLLECT)
				fsw_collect_end(area, self);
		}
		if (steps % 4 == 1 && fsw_want(area, self, 3, FSW_ANYWHERE, &want) == 0)
			fsw_claim(area, self, &want);
		else if (steps % 4 == 2)
			fsw_terminate(area, self);
		else if (steps % 4 == 3)
			fsw_kill(area, self, self % INSTANCES + 1);
		fsw_switch(area, self, self % INSTANCES + 1);
		if (fsw_core_take(area, self, steps % (CORES + 1), 0x8000, self) == 0 && steps % 2)
			fsw_core_lost(area, self, steps % (CORES + 1));
		fsw_core_park(area, self, steps / 2 % (CORES + 1));
		fsw_arm(area, self, 0, 0x1000 * self + 4, self);
		fsw_handover(memory, &handover, &jump);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	static unsigned char *good;
	struct fsw_advice advice;
	struct fsw_area area;
	struct fsw_jump jump;
	size_t at = 2;

	if (!good) {
		const struct fsw_geometry geometry = { .base = 0x80000000,
						       .section_shift = 24,
						       .sections = SECTIONS,
						       .instances = INSTANCES,
						       .page_size = 4096,
						       .cores = CORES };

		fsw_area_size(&geometry, &size);
		good = aligned_alloc(4096, size);
		memory = aligned_alloc(4096, size);
		if (!good || !memory)
			abort();
		make(good);
	}
	if (length < 2)
		return 0;
	memcpy(memory, good, size);
	while (at + 3 <= length) {
		uint32_t to = (data[at] | (uint32_t)data[at + 1] << 8) * 4;
		uint32_t count = data[at + 2] % 16 * 4;

		at += 3;
		if (count > length - at)
			count = (uint32_t)(length - at);
		if (to >= size || count > size - to)
			break;
		memcpy(memory + to, data + at, count);
		at += count;
	}
	mend(data[0]);

	/* the hand-over trusts no handle, but a header whose CRC matches: what makes one opens it first */
	if (data[1] & 1 && !(data[0] & 1))
		fsw_handover(memory, &handover, &jump);
	if (data[1] & 2 && !(data[0] & 1))
		fsw_start(memory, &handover, &jump);
	if (fsw_open(&area, memory, data[1] & 4 ? data[1] * 64u : size, &port) == 0) {
		ask(&area);
		if (data[1] & 8)
			use(&area);
	}
	if (fsw_recover(&area, memory, size, &port, &advice) == 0) {
		struct fsw_core core;
		uint32_t i;

		/* damage is behind it: it opens, and comes to the same conclusion again; one never set up is to be formatted anyway */
		struct fsw_advice again;

		if (advice.why == FSW_WHY_NOT_READY)
			return 0;
		if (fsw_open(&area, memory, size, &port) || fsw_recover(&area, memory, size, &port, &again) ||
		    again.action != advice.action || again.instance != advice.instance)
			abort();
		for (i = 0; i < area.header->geometry.cores; i++)
			if (fsw_core_get(&area, i, &core) || core.state != FSW_CORE_PARKED || core.arrived)
				abort();
		if (advice.action != FSW_ACTION_COLD && fsw_start(memory, &handover, &jump) == FSW_GO_JUMP)
			use(&area);
		ask(&area);
	}
	return 0;
}
