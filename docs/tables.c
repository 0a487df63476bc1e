/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the tables in docs/ say the library does, found out by letting it do it. scripts/doc-tables builds and runs this; each table
 * begins with a line "@NAME" and is Markdown.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../libfsw/core/core.h"
#include "fsw/fsw.h"

#define SECTIONS 64
#define BASE 0x80000000u
#define MIB 0x100000u
#define AT(section) (BASE + (uint64_t)(section)*16 * MIB)

enum { A = 1, B, C, D, INSTANCES = D };

/* Errors, and what the headers number, by name */
#define ERROR_NAME(name, text) #name,
static const char *const errors[] = { "0", FSW_ERRORS(ERROR_NAME) };
static const char *const phases[] = { "BLANK", "IDLE", "REQUESTED", "ARMED", "RESETTING", "HANDED", "FAILED" };
static const char *const modes[] = { "NONE", "SWITCH", "BOOT", "CLAIM", "TERMINATE", "KILL", "FREE", "RECOVER" };
static const char *const results[] = { "?", "PLAIN", "DONE", "UNDONE", "VISIT", "PASS", "COLLECT", "INHERIT", "SURVIVED" };
static const char *const whys[] = { "?", "NOT_READY", "NOBODY", "BOOT", "UNDONE", "COMPLETED", "CLAIM", "DIED" };

static const char *name_of(uint32_t id)
{
	static const char *const names[] = { "nobody", "A", "B", "C", "D" };

	return names[id <= D ? id : 0];
}

/* Text that grows */
struct text {
	char of[512];
	size_t used;
};

__attribute__((format(printf, 2, 3))) static void add(struct text *text, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	text->used += (size_t)vsnprintf(text->of + text->used, sizeof(text->of) - text->used, format, list);
	va_end(list);
	if (text->used >= sizeof(text->of))
		abort();
}

static void must(int good, const char *what, int line)
{
	if (!good) {
		fprintf(stderr, "docs/tables.c:%d: the library does not do what this file expects of it: %s\n", line, what);
		exit(EXIT_FAILURE);
	}
}
#define MUST(what) must(what, #what, __LINE__)

/* ---- the board: an area, two registers, and a port that counts stores and can stop before any ---- */

static _Alignas(8) unsigned char memory[64 * 1024], saved[64 * 1024];
static uint32_t size;
static struct fsw_area area;
static uint32_t registers[2];
static uint32_t stores, stop_at;
static jmp_buf stopped;
static uint32_t *last_word;
static uint32_t last_value;

static void store(void *context, uint32_t *word, uint32_t value)
{
	(void)context;
	if (stores == stop_at)
		longjmp(stopped, 1);
	stores++;
	last_word = word;
	last_value = value;
	*word = value;
}

static uint32_t read_register(void *context, uint64_t address, uint32_t width)
{
	(void)context;
	(void)width;
	return registers[address / 4 % 2];
}

static void write_register(void *context, uint64_t address, uint32_t width, uint32_t value)
{
	(void)context;
	(void)width;
	registers[address / 4 % 2] = value;
}

static const struct fsw_port port = { .read = read_register, .write = write_register, .store = store };
static const struct fsw_segment segment = { 0x10000000, 4, 8 };
static const struct fsw_handover board = { &port, { &segment, 1 }, 0 };
static struct fsw_geometry geometry = {
	.base = BASE, .section_shift = 24, .sections = SECTIONS, .instances = INSTANCES, .page_size = 4096
};

static const struct fsw_range ram = { BASE, 1024 * MIB };
static const struct fsw_range movable = { BASE + 256 * MIB, 768 * MIB };
static const struct fsw_range shared = { BASE + 1008 * MIB, 16 * MIB };
static const struct fsw_memory map = { { &ram, 1 }, { &movable, 1 }, { &shared, 1 }, { NULL, 0 } };

static void unlimited(void)
{
	stores = 0;
	stop_at = ~0u;
}

/* ---- what kernels do ---- */

static struct fsw_load load_at(uint32_t section)
{
	struct fsw_load load;

	memset(&load, 0, sizeof(load));
	load.base = AT(section);
	load.entry = AT(section) + 0x8000;
	return load;
}

static int suspend(uint32_t self)
{
	struct fsw_jump jump;

	MUST(fsw_arm(&area, self, 0, AT(0) + 0x1000 * self, self) == 1);
	return fsw_handover(memory, &board, &jump);
}

static struct fsw_outcome wake(uint32_t self)
{
	struct fsw_outcome outcome;

	MUST(fsw_acknowledge(&area, self, &outcome) == 0);
	return outcome;
}

static void format(void)
{
	MUST(fsw_area_size(&geometry, &size) == 0 && size <= sizeof(memory));
	MUST(fsw_format(memory, size, &geometry, &port) == 0 && fsw_open(&area, memory, size, &port) == 0);
}

static void master(void)
{
	struct fsw_load load = load_at(0);

	MUST(fsw_master(&area, &load, &map) == 0);
}

/* `asker` gives two sections from `section` on to `target` and fills its page. */
static void prepare(uint32_t asker, uint32_t target, uint32_t section)
{
	struct fsw_load load = load_at(section);
	uint32_t next = 0;

	MUST(fsw_free(&area, asker, target, AT(section), 2, 2) == 0);
	while (fsw_free_next(&area, asker, &next) == 1)
		MUST(fsw_cmm_offline(&area, asker, next) == 0);
	MUST(fsw_free_commit(&area, asker) == 0 && fsw_load(&area, asker, target, &load) == 0);
}

static void switch_to(uint32_t from, uint32_t to)
{
	MUST(fsw_switch(&area, from, to) == 0 && suspend(from) == FSW_GO_JUMP && wake(to).result == FSW_RESULT_DONE);
}

static void boot(uint32_t from, uint32_t target)
{
	MUST(fsw_boot(&area, from, target, FSW_FLAG_DIRECT) == 0 && suspend(from) == FSW_GO_JUMP);
	MUST(wake(target).result == FSW_RESULT_DONE);
}

/* A runs; B and C, which it booted, sleep, C the longer; A then loaded D. Two sections are free. */
static void four(void)
{
	unlimited();
	memset(memory, 0, sizeof(memory));
	format();
	master();
	prepare(A, C, 24);
	boot(A, C);
	switch_to(C, A);
	prepare(A, B, 20);
	boot(A, B);
	switch_to(B, A);
	prepare(A, D, 28);
	MUST(fsw_cmm_offline(&area, A, 40) == 0 && fsw_cmm_offline(&area, A, 41) == 0);
}

/* ---- bytes ---- */

static void sizes(void)
{
	static const struct {
		const char *what;
		struct fsw_geometry of;
	} row[] = {
		{ "1 section, 1 instance: the smallest", { 0, 24, 1, 1, 4096, .cores = 0 } },
		{ "1 GiB in sections of 16 MiB, 4 instances", { BASE, 24, 64, 4, 4096, .cores = 0 } },
		{ "the same for 4 cores, or for 64", { BASE, 24, 64, 4, 4096, .cores = 4 } },
		{ "the same for one core, with pages of 8 KiB", { BASE, 24, 64, 4, 8192, .cores = 0 } },
		{ "64 GiB in sections of 2 MiB, 8 instances", { 0, 21, 32768, 8, 8192, .cores = 0 } },
		{ "1 TiB in sections of 1 MiB, 254 instances, 64 cores: the largest",
		  { 0, 20, FSW_SECTIONS_MAX, FSW_INSTANCES_MAX, FSW_PAGE_SIZE_MAX, .cores = FSW_CORES_MAX } },
	};
	uint32_t i, bytes;

	puts("@sizes\n| memory | map, bytes | page, bytes | area, bytes |\n|---|---|---|---|");
	for (i = 0; i < sizeof(row) / sizeof(*row); i++) {
		MUST(fsw_area_size(&row[i].of, &bytes) == 0);
		printf("| %s | %" PRIu32 " | %" PRIu32 " | %" PRIu32 " |\n", row[i].what, 4 * row[i].of.sections,
		       row[i].of.page_size, bytes);
	}
}

static void dump(const void *start, uint32_t bytes)
{
	const unsigned char *byte = start;
	uint32_t i;

	puts("```");
	for (i = 0; i < bytes; i++)
		printf("%s%02x%s", i % 16 ? "" : "    ", byte[i], i % 16 == 15 ? "\n" : i % 4 == 3 ? "  " : " ");
	puts("```");
}

static void vectors(void)
{
	static const uint32_t text[2] = { 0x34333231, 0x38373635 };
	static const uint32_t zeros[15];

	puts("@crc\n| bytes | CRC-32 |\n|---|---|");
	printf("| `12345678`, 8 ASCII digits | `0x%08" PRIx32 "` |\n", fsw__crc32(text, 8));
	printf("| 4 zeros | `0x%08" PRIx32 "` |\n", fsw__crc32(zeros, 4));
	printf("| 60 zeros | `0x%08" PRIx32 "` |\n", fsw__crc32(zeros, 60));
	unlimited();
	format();
	puts("@header-dump");
	dump(memory, FSW_HEADER_BYTES);
}

static void guards(void)
{
	static const struct {
		const char *what;
		uint32_t payload, tag;
	} row[] = {
		{ "section 0, nobody's", 0, 0 },
		{ "section 1, free", FSW_ENTRY_AVAILABLE, 1 },
		{ "section 5, movable memory of instance 2", FSW_ENTRY_AVAILABLE | 2, 5 },
		{ "section 63, shared", FSW_OWNER_SHARED, 63 },
		{ "section 1048575, kernel core of instance 254", 254, 1048575 },
		{ "switch word: blank", 0, FSW_TAG_SWITCH },
		{ "switch word: instance 1, idle, slot 0", 1 | FSW_PHASE_IDLE << FSW_SWITCH_PHASE_SHIFT, FSW_TAG_SWITCH },
		{ "result word: the number of error `SAR_CRC`", FSW_ERROR_SAR_CRC, FSW_TAG_RESULT },
		{ "state of instance 2: sleeping", FSW_STATE_SLEEPING, FSW_TAG_STATE + 2 },
		{ "state of instance 2: dead, cause reset", FSW_STATE_DEAD | FSW_CAUSE_RESET << 8, FSW_TAG_STATE + 2 },
		{ "parent of instance 2: instance 1", 1, FSW_TAG_PARENT + 2 },
	};
	uint32_t i;

	puts("@guards\n| word | payload | tag | stored |\n|---|---|---|---|");
	for (i = 0; i < sizeof(row) / sizeof(*row); i++)
		printf("| %s | `0x%04" PRIx32 "` | `0x%04" PRIx32 "` | `0x%08" PRIx32 "` |\n", row[i].what, row[i].payload,
		       row[i].tag, fsw__guard(row[i].payload, row[i].tag));
}

/* How many damages of `bits` bits, in all entries that may be stored, no check of opening finds */
static void damage(void)
{
	uint32_t pairs = 0, missed = 0, flips = 0, lost = 0;
	uint32_t entry, one, other, tag;

	for (tag = 0; tag < SECTIONS; tag++) {
		for (entry = 0; entry < 0x10000; entry++) {
			uint32_t word = fsw__guard(entry, tag);

			if (!fsw_entry_legal(entry))
				continue;
			for (one = 0; one < 32; one++) {
				flips++;
				lost += fsw_entry_legal(fsw__unguard(word ^ 1u << one, tag)) != 0;
				for (other = one + 1; other < 32; other++) {
					pairs++;
					missed += fsw_entry_legal(fsw__unguard(word ^ 1u << one ^ 1u << other, tag)) != 0;
				}
			}
		}
	}
	puts("@damage\n| damage to one entry | tried | not found |\n|---|---|---|");
	printf("| one bit | %" PRIu32 " | %" PRIu32 " |\n| two bits | %" PRIu32 " | %" PRIu32 " |\n", flips, lost, pairs, missed);
}

static void entry_bits(void)
{
	static const struct {
		uint32_t flags;
		const char *what;
	} row[] = {
		{ 0, "nobody's: no memory, a hole, or what nobody may use; an instance's kernel core; shared" },
		{ FSW_ENTRY_AVAILABLE, "free; an instance's movable memory" },
		{ FSW_ENTRY_AVAILABLE | FSW_ENTRY_REQUESTED, "free and reserved by FREE; movable and asked for by FREE or CLAIM" },
		{ FSW_ENTRY_AVAILABLE | FSW_ENTRY_REQUESTED | FSW_ENTRY_RELEASE_ORDER,
		  "a visited sleeper was told to off-line it, and has not, or could not" },
		{ FSW_ENTRY_AVAILABLE | FSW_ENTRY_REQUESTED | FSW_ENTRY_RELEASE_RET, "given up for FREE" },
		{ FSW_ENTRY_AVAILABLE | FSW_ENTRY_REQUESTED | FSW_ENTRY_RELEASE_ORDER | FSW_ENTRY_RELEASE_RET,
		  "given up for CLAIM" },
		{ FSW_ENTRY_AVAILABLE | FSW_ENTRY_CLAIMED, "inherited from an instance that is gone, not on-line yet" },
	};
	static const char *const flag[] = { "AVAILABLE", "RELEASE_ORDER", "RELEASE_RET", "REQUESTED", "CLAIMED" };
	uint32_t combination, i, bit, shown = 0;

	puts("@entries\n| flags | nobody | an instance | shared | what it says |\n|---|---|---|---|---|");
	for (combination = 0; combination < 0x2000; combination += 0x100) {
		int none = fsw_entry_legal(combination), owned = fsw_entry_legal(combination | A),
		    all = fsw_entry_legal(combination | FSW_OWNER_SHARED);
		const char *what = NULL;

		if (!none && !owned && !all)
			continue;
		for (i = 0; i < sizeof(row) / sizeof(*row); i++)
			if (row[i].flags == combination)
				what = row[i].what;
		MUST(what != NULL); /* a new combination: describe it above */
		printf("|");
		for (bit = 0; bit < 5; bit++)
			if (combination & FSW_ENTRY_AVAILABLE << bit)
				printf(" `%s`", flag[bit]);
		printf("%s | %s | %s | %s | %s |\n", combination ? "" : " none", none ? "yes" : "–", owned ? "yes" : "–",
		       all ? "yes" : "–", what);
		shown++;
	}
	MUST(shown > 5);
}

/* One register record of two words, one of three bytes */
static const struct fsw_segment example_row[] = { { 0x4a326a04, 4, 8 }, { 0x1c090000, 1, 3 } };
static const struct fsw_segments example_table = { example_row, 2 };

static uint32_t example_read(void *context, uint64_t address, uint32_t width)
{
	(void)context;
	if (width == 4)
		return address == 0x4a326a04 ? 0x80001020 : 0xc0de0001;
	return 0x41 + (uint32_t)(address & 0xff);
}

static void sar_line(const unsigned char *blob, uint32_t at, uint32_t bytes, const char *what)
{
	uint32_t i;

	printf("| %" PRIu32 " | `", at);
	for (i = 0; i < bytes; i++)
		printf("%s%02x", i ? " " : "", blob[at + i]);
	printf("` | %s |\n", what);
}

static void sar_example(void)
{
	static const struct fsw_port example_port = { .read = example_read };
	_Alignas(8) unsigned char blob[256];
	const struct fsw_sar *sar = (const struct fsw_sar *)blob;
	uint32_t at = FSW_SAR_HEADER_BYTES;
	uint32_t i;

	MUST(fsw_sar_save(&example_port, &example_table, blob, sizeof(blob)) == 0);
	MUST(fsw_sar_verify(blob, sizeof(blob), &example_table) == 0);
	puts("@sar-example\n| offset | bytes | what |\n|---|---|---|");
	sar_line(blob, 0, 4, "magic, \"FSAR\"");
	sar_line(blob, 4, 4, "version");
	sar_line(blob, 8, 4, "lowest reader version that can read it");
	sar_line(blob, 12, 4, "size of the blob");
	for (i = 0; i < example_table.count; i++) {
		uint32_t bytes = example_row[i].size, padded = (bytes + 7) & ~7u;

		sar_line(blob, at, 8, "record: address");
		sar_line(blob, at + 8, 4, "width");
		sar_line(blob, at + 12, 4, "size");
		sar_line(blob, at + 16, bytes, "the registers' bytes");
		if (padded != bytes)
			sar_line(blob, at + 16 + bytes, padded - bytes, "padding");
		at += FSW_SAR_RECORD_BYTES + padded;
	}
	sar_line(blob, at, 4, "end mark, \"SEND\"");
	sar_line(blob, at + 4, 4, "reserved");
	sar_line(blob, at + 8, 4, "width 0");
	sar_line(blob, at + 12, 4, "CRC-32 of all before it");
	MUST(at + FSW_SAR_END_BYTES == sar->size);
}

static void arrives(uint32_t core)
{
	uint32_t at = area.header->geometry.cores_offset + FSW_CORES_RECORDS + core * FSW_CORE_BYTES + FSW_CORE_ARRIVED;

	*(uint32_t *)(void *)(memory + at) = FSW_CORE_HERE - core * FSW_CORE_STEP;
}

/* Every bit of an area in turn: who notices? Regions in the order of the bytes. */
static const char *region(uint32_t at)
{
	const struct fsw_geometry *of = &area.header->geometry;
	uint32_t cmm = of->cmm_offset, pages = of->pages_offset, in;

	if (at < FSW_HEADER_BYTES)
		return "header";
	if (at >= FSW_AREA_OPERATION && at < FSW_AREA_OPERATION + 2 * FSW_OPERATION_BYTES)
		return (at - FSW_AREA_OPERATION) / FSW_OPERATION_BYTES == fsw__slot(fsw__switch(&area))
			       ? "operation record in force"
			       : "operation record not in force";
	if (at >= FSW_AREA_SWITCH && at < FSW_AREA_RESULT + 4)
		return at < FSW_AREA_RESULT ? "switch word" : "result word";
	if (at < cmm)
		return "padding of the switch page";
	if (at < pages)
		return at < cmm + 4 * area.sections ? "map entries" : "padding of the map";
	if (at >= of->cores_offset) {
		in = at - of->cores_offset;
		if (in < FSW_CORES_RECORDS)
			return "room for the pen";
		in -= FSW_CORES_RECORDS;
		if (in >= of->cores * FSW_CORE_BYTES)
			return "padding of the core block";
		in %= FSW_CORE_BYTES;
		return in < FSW_CORE_ARRIVED	    ? "words of the cores"
		       : in < FSW_CORE_ADDRESS	    ? "their marks of arrival"
		       : in < FSW_CORE_ARGUMENT + 8 ? "their orders"
						    : "padding of the core block";
	}
	in = (at - pages) % area.page_size;
	if (in < FSW_PAGE_PARENT + 4)
		return in < FSW_PAGE_PARENT ? "state words" : "parent words";
	if (in >= FSW_PAGE_STAMP && in < FSW_PAGE_STAMP + 4)
		return "hand-over stamps, any state";
	if (in >= FSW_PAGE_TIMINGS && in < FSW_PAGE_TIMINGS + FSW_TIMINGS_BYTES)
		return "timings, any state (`fsw_timings_get()` names them)";
	switch (fsw__state(&area, (at - pages) / area.page_size + 1)) {
	case FSW_STATE_EMPTY:
		return "rest of an empty page";
	case FSW_STATE_RUNNING:
		if (in >= FSW_PAGE_LOAD && in < FSW_PAGE_LOAD + FSW_LOAD_BYTES)
			return "load record";
		if (in >= FSW_PAGE_MANIFEST && in < FSW_PAGE_MANIFEST + FSW_MANIFEST_BYTES)
			return "device manifest";
		return "rest of the running instance's page";
	default:
		if (in >= FSW_PAGE_RESUME && in < FSW_PAGE_RESUME + FSW_RESUME_BYTES)
			return "resume record";
		if (in >= FSW_PAGE_LOAD && in < FSW_PAGE_LOAD + FSW_LOAD_BYTES)
			return "load record";
		if (in >= FSW_PAGE_MANIFEST && in < FSW_PAGE_MANIFEST + FSW_MANIFEST_BYTES)
			return "device manifest";
		if (in >= FSW_PAGE_SAR && in < FSW_PAGE_SAR + ((const struct fsw_sar *)(fsw__page(&area, B) + FSW_PAGE_SAR))->size)
			return "SAR blob";
		return "rest of a sleeping instance's page";
	}
}

static void flips(void)
{
	static struct {
		const char *name;
		uint32_t bits, found;
		unsigned char by[FSW_ERROR_COUNT];
	} seen[32];
	static const struct fsw_geometry three = {
		.base = BASE, .section_shift = 24, .sections = SECTIONS, .instances = 3, .page_size = 4096, .cores = 4
	};
	uint32_t at, bit, i, e, used = 0;
	struct fsw_area other;

	unlimited();
	MUST(fsw_area_size(&three, &size) == 0 && fsw_format(memory, size, &three, &port) == 0 &&
	     fsw_open(&area, memory, size, &port) == 0);
	master();
	prepare(A, B, 20);
	boot(A, B);
	switch_to(B, A);
	/* one of each kind: the boot core, one that runs, one in the pen and one that never came */
	arrives(1);
	MUST(fsw_core_take(&area, A, 1, 0x8000, 0) == 0);
	arrives(2);
	for (at = 0; at < size; at++) {
		const char *name = region(at);

		for (i = 0; i < used && strcmp(seen[i].name, name) != 0; i++)
			;
		if (i == used)
			seen[used++].name = name;
		MUST(used < 32);
		for (bit = 0; bit < 8; bit++) {
			int error;

			memory[at] ^= (unsigned char)(1 << bit);
			error = fsw_open(&other, memory, size, &port);
			memory[at] ^= (unsigned char)(1 << bit);
			seen[i].bits++;
			seen[i].found += error != 0;
			seen[i].by[-error] = 1;
		}
	}
	puts("@flips\n| region | bits | found | harmless | found as |\n|---|---|---|---|---|");
	for (i = 0; i < used; i++) {
		printf("| %s | %" PRIu32 " | %" PRIu32 " | %" PRIu32 " |", seen[i].name, seen[i].bits, seen[i].found,
		       seen[i].bits - seen[i].found);
		MUST(seen[i].found == 0 || seen[i].found == seen[i].bits);
		for (e = 1; e < FSW_ERROR_COUNT; e++)
			if (seen[i].by[e])
				printf(" `%s`", errors[e]);
		puts(seen[i].found ? " |" : " – |");
	}
}

/* ---- the order of opening: an area with every fault; the one that is named is repaired, again and again ---- */

/* clang-format off */
static const struct fault {
	int error;
	const char *what;
} faults[] = {
	{ FSW_ERROR_ALIGNMENT,      "the address is a multiple of 8" },
	{ FSW_ERROR_TRUNCATED,      "the length holds a header" },
	{ FSW_ERROR_NO_AREA,        "magic is neither `0` nor `0xffffffff`" },
	{ FSW_ERROR_BYTE_ORDER,     "magic is not the right one backwards" },
	{ FSW_ERROR_MAGIC,          "magic is right" },
	{ FSW_ERROR_VERSION_NEW,    "`last_compat` is not above this library's area version" },
	{ FSW_ERROR_VERSION_OLD,    "`version` is not below the first supported one" },
	{ FSW_ERROR_HEADER_CRC,     "CRC-32 of the header" },
	{ FSW_ERROR_SECTION_SIZE,   "section size within limits" },
	{ FSW_ERROR_SECTIONS,       "number of sections within limits" },
	{ FSW_ERROR_INSTANCES,      "number of instances within limits" },
	{ FSW_ERROR_PAGE_SIZE,      "page size within limits, a power of two" },
	{ FSW_ERROR_BASE,           "base is a multiple of the section size, the map ends below 2^64" },
	{ FSW_ERROR_CORES,          "number of cores within limits" },
	{ FSW_ERROR_LAYOUT,         "map, pages, core block and size are where this geometry puts them" },
	{ FSW_ERROR_COUNT,          "the length holds the whole area" },
	{ FSW_ERROR_SWITCH_WORD,    "check bits of the switch word" },
	{ FSW_ERROR_SWITCH_VALUE,   "its phase and owner exist and go together" },
	{ FSW_ERROR_RESULT_WORD,    "check bits of the result word" },
	{ FSW_ERROR_OPERATION_CRC,  "CRC-32 of the operation record in force" },
	{ FSW_ERROR_OPERATION,      "if an operation is in progress: its mode, source, target and sections exist" },
	{ FSW_ERROR_ENTRY_CHECK,    "each entry: check bits" },
	{ FSW_ERROR_ENTRY_VALUE,    "a legal combination of flags and owner" },
	{ FSW_ERROR_ENTRY_OWNER,    "the owner exists" },
	{ FSW_ERROR_STATE_WORD,     "each instance: check bits of the state word" },
	{ FSW_ERROR_STATE_VALUE,    "state and cause exist" },
	{ FSW_ERROR_PARENT_WORD,    "check bits of the parent word" },
	{ FSW_ERROR_PARENT_VALUE,   "the parent exists" },
	{ FSW_ERROR_LOAD_CRC,       "unless empty or dead: CRC-32 of the load record" },
	{ FSW_ERROR_MANIFEST_CRC,   "unless empty or dead: CRC-32 of the manifest" },
	{ FSW_ERROR_MANIFEST_VALUE, "the manifest's count" },
	{ FSW_ERROR_RESUME_CRC,     "if it sleeps: CRC-32 of the resume record" },
	{ FSW_ERROR_SAR_MAGIC,      "if it sleeps: magic of its SAR blob" },
	{ FSW_ERROR_SAR_VERSION,    "version and `last_compat` of the blob, as of the header" },
	{ FSW_ERROR_SAR_SIZE,       "size of the blob: a multiple of 8 that fits the page" },
	{ FSW_ERROR_SAR_CRC,        "CRC-32 of the blob" },
	{ FSW_ERROR_SAR_RECORD,     "each record: width, size, alignment, no wrap-around, within the blob" },
	{ FSW_ERROR_SAR_END,        "the end mark follows the last record" },
	{ FSW_ERROR_CORE_WORD,      "each core: check bits of its word; its mark of arrival is its own, or 0" },
	{ FSW_ERROR_CORE_VALUE,     "the state exists, and goes together with an owner that exists" },
};
/* clang-format on */
#define FAULTS (sizeof(faults) / sizeof(*faults))

static unsigned char faulty[FAULTS];

static int has(int error)
{
	uint32_t i;

	for (i = 0; i < FAULTS; i++)
		if (faults[i].error == error)
			return faulty[i];
	abort();
}

/* The CRC of a record is right, or wrong by one bit. */
static void seal(void *record, uint32_t bytes, int wrong)
{
	uint32_t *crc = (uint32_t *)(void *)((unsigned char *)record + bytes - 4);

	*crc = fsw__crc32(record, bytes - 4) ^ (uint32_t)(wrong != 0);
}

static int open_with_faults(void)
{
	struct fsw_header *header = (struct fsw_header *)(void *)memory;
	uint32_t *word = (uint32_t *)(void *)memory;
	struct fsw_operation *operation;
	unsigned char *page;
	struct fsw_manifest *manifest;
	struct fsw_sar *sar;
	uint32_t sar_size;
	uint32_t *core;

	memcpy(memory, saved, sizeof(memory));
	operation = fsw__operation(&area, fsw__slot(fsw__switch(&area)));
	page = fsw__page(&area, B);
	manifest = (struct fsw_manifest *)(void *)(page + FSW_PAGE_MANIFEST);
	sar = (struct fsw_sar *)(void *)(page + FSW_PAGE_SAR);
	sar_size = sar->size;

	header->last_compat = has(FSW_ERROR_VERSION_NEW) ? FSW_AREA_VERSION + 1 : FSW_AREA_LAST_COMPAT;
	header->version = has(FSW_ERROR_VERSION_OLD) ? FSW_AREA_FIRST_SUPPORTED - 1 : FSW_AREA_VERSION;
	header->geometry.section_shift = has(FSW_ERROR_SECTION_SIZE) ? 31 : 24;
	header->geometry.sections = has(FSW_ERROR_SECTIONS) ? 0 : SECTIONS;
	header->geometry.instances = has(FSW_ERROR_INSTANCES) ? 255 : INSTANCES;
	header->geometry.page_size = has(FSW_ERROR_PAGE_SIZE) ? 4097 : 4096;
	header->geometry.base = has(FSW_ERROR_BASE) ? 1 : BASE;
	header->geometry.cores = has(FSW_ERROR_CORES) ? FSW_CORES_MAX + 1 : 4;
	header->geometry.cmm_offset = has(FSW_ERROR_LAYOUT) ? 0 : FSW_BLOCK_SIZE;
	seal(header, FSW_HEADER_BYTES, has(FSW_ERROR_HEADER_CRC));
	header->magic = has(FSW_ERROR_NO_AREA)	    ? 0
			: has(FSW_ERROR_BYTE_ORDER) ? 0x46535741
			: has(FSW_ERROR_MAGIC)	    ? 1
						    : FSW_AREA_MAGIC;
	if (has(FSW_ERROR_SWITCH_VALUE))
		word[FSW_AREA_SWITCH / 4] = fsw__guard(
			7 << FSW_SWITCH_PHASE_SHIFT | fsw__slot(fsw__switch(&area)) << FSW_SWITCH_SLOT_SHIFT, FSW_TAG_SWITCH);
	word[FSW_AREA_SWITCH / 4] ^= (uint32_t)has(FSW_ERROR_SWITCH_WORD) << 31;
	word[FSW_AREA_RESULT / 4] ^= (uint32_t)has(FSW_ERROR_RESULT_WORD);
	operation->mode = has(FSW_ERROR_OPERATION) ? 99 : FSW_MODE_SWITCH;
	seal(operation, FSW_OPERATION_BYTES, has(FSW_ERROR_OPERATION_CRC));

	if (has(FSW_ERROR_ENTRY_OWNER))
		area.cmm[9] = fsw__guard(INSTANCES + 1, 9);
	if (has(FSW_ERROR_ENTRY_VALUE))
		area.cmm[9] = fsw__guard(FSW_ENTRY_RELEASE_RET | (INSTANCES + 1), 9);
	area.cmm[9] ^= (uint32_t)has(FSW_ERROR_ENTRY_CHECK);

	if (has(FSW_ERROR_STATE_VALUE))
		*fsw__state_word(&area, B) = fsw__guard(FSW_STATE_LAST + 1, FSW_TAG_STATE + B);
	*fsw__state_word(&area, B) ^= (uint32_t)has(FSW_ERROR_STATE_WORD);
	if (has(FSW_ERROR_PARENT_VALUE))
		*fsw__parent_word(&area, B) = fsw__guard(INSTANCES + 1, FSW_TAG_PARENT + B);
	*fsw__parent_word(&area, B) ^= (uint32_t)has(FSW_ERROR_PARENT_WORD);
	page[FSW_PAGE_LOAD] ^= (unsigned char)has(FSW_ERROR_LOAD_CRC);
	page[FSW_PAGE_RESUME] ^= (unsigned char)has(FSW_ERROR_RESUME_CRC);
	manifest->count = has(FSW_ERROR_MANIFEST_VALUE) ? FSW_MANIFEST_DEVICES_MAX + 1 : 0;
	seal(manifest, FSW_MANIFEST_BYTES, has(FSW_ERROR_MANIFEST_CRC));
	((struct fsw_sar_record *)(void *)(sar + 1))->width = has(FSW_ERROR_SAR_RECORD) ? 3 : 4;
	((struct fsw_sar_end *)(void *)((unsigned char *)sar + sar_size))[-1].mark ^= (uint32_t)has(FSW_ERROR_SAR_END);
	seal(sar, sar_size, has(FSW_ERROR_SAR_CRC));
	sar->last_compat += has(FSW_ERROR_SAR_VERSION) ? 1 : 0;
	sar->magic += has(FSW_ERROR_SAR_MAGIC) ? 1 : 0;
	if (has(FSW_ERROR_SAR_VERSION) || has(FSW_ERROR_SAR_MAGIC))
		seal(sar, sar_size, has(FSW_ERROR_SAR_CRC));
	sar->size += has(FSW_ERROR_SAR_SIZE) ? 4 : 0;
	core = (uint32_t *)(void *)(memory + size - FSW_BLOCK_SIZE + FSW_CORES_RECORDS);
	if (has(FSW_ERROR_CORE_VALUE))
		*core = fsw__guard((FSW_CORE_LAST + 1) << 8, FSW_TAG_CORE);
	*core ^= (uint32_t)has(FSW_ERROR_CORE_WORD);

	return fsw_open(&area, memory + (has(FSW_ERROR_ALIGNMENT) ? 4 : 0),
			has(FSW_ERROR_TRUNCATED) ? FSW_HEADER_BYTES - 1
			: has(FSW_ERROR_COUNT)	 ? size - 1
						 : size,
			&port);
}

static void opening(void)
{
	uint32_t number = 0, i;
	int error;

	geometry.cores = 4;
	four();
	geometry.cores = 0;
	MUST(fsw_switch(&area, A, B) == 0);
	memcpy(saved, memory, sizeof(memory));
	memset(faulty, 1, sizeof(faulty));
	puts("@opening\n| | what is checked | error |\n|---|---|---|");
	for (;;) {
		struct fsw_area before = area;

		error = open_with_faults();
		/* a handle that was not filled is of no use to build the next */
		area = before;
		if (error == 0)
			break;
		for (i = 0; i < FAULTS && !(faulty[i] && (faults[i].error == -error ||
							  (faults[i].error == FSW_ERROR_COUNT && error == FSW_ERR(TRUNCATED))));
		     i++)
			;
		MUST(i < FAULTS);
		faulty[i] = 0;
		printf("| %" PRIu32 " | %s | `%s` |\n", ++number, faults[i].what, errors[-error]);
	}
	for (i = 0; i < FAULTS; i++)
		MUST(!faulty[i]);
}

/* ---- rules ---- */

static void print_entry(uint32_t entry)
{
	uint32_t owner = entry & FSW_ENTRY_OWNER;

	printf("%s", owner == A ? "X" : owner == B ? "other" : owner == FSW_OWNER_SHARED ? "shared" : "nobody");
	printf("%s%s%s%s%s", entry & FSW_ENTRY_AVAILABLE ? ", `AVAILABLE`" : "", entry & FSW_ENTRY_REQUESTED ? ", `REQUESTED`" : "",
	       entry & FSW_ENTRY_RELEASE_ORDER ? ", `RELEASE_ORDER`" : "", entry & FSW_ENTRY_RELEASE_RET ? ", `RELEASE_RET`" : "",
	       entry & FSW_ENTRY_CLAIMED ? ", `CLAIMED`" : "");
}

static void print_ruling(int (*rule)(uint32_t, uint32_t, uint32_t *), uint32_t entry)
{
	uint32_t after;
	int error = rule(entry, A, &after);

	if (error)
		printf(" no: `%s` |", errors[-error]);
	else if (after == entry) {
		printf(" yes, stays |");
	} else {
		printf(" yes: ");
		print_entry(after);
		printf(" |");
	}
}

static void rules(void)
{
	static const uint32_t owners[] = { A, B, FSW_OWNER_NONE, FSW_OWNER_SHARED };
	uint32_t i, flags;

	puts("@rules\n| entry | X off-lines it | X on-lines it |\n|---|---|---|");
	for (i = 0; i < 4; i++) {
		for (flags = 0; flags < 0x2000; flags += 0x100) {
			if (!fsw_entry_legal(flags | owners[i]))
				continue;
			printf("| ");
			print_entry(flags | owners[i]);
			printf(" |");
			print_ruling(fsw_rule_offline, flags | owners[i]);
			print_ruling(fsw_rule_online, flags | owners[i]);
			puts("");
		}
	}
}

static void transitions(void)
{
	uint32_t from, to;

	printf("@transitions\n| from \\ to |");
	for (to = 0; to <= FSW_STATE_LAST; to++)
		printf(" %s |", fsw_state_name(to));
	puts("\n|---|---|---|---|---|---|");
	for (from = 0; from <= FSW_STATE_LAST; from++) {
		printf("| %s |", fsw_state_name(from));
		for (to = 0; to <= FSW_STATE_LAST; to++)
			printf(" %s |", fsw_state_may(from, to) ? "yes" : "–");
		puts("");
	}
}

/* ---- phases and calls ---- */

/* Bring the area, four() before, into a phase. Returns who owns the machine. */
static void into(uint32_t phase)
{
	struct fsw_advice advice;
	unsigned char *sar;

	unlimited();
	if (phase == FSW_PHASE_BLANK) {
		format();
		return;
	}
	four();
	switch (phase) {
	case FSW_PHASE_REQUESTED:
		MUST(fsw_switch(&area, A, B) == 0);
		break;
	case FSW_PHASE_ARMED:
		MUST(fsw_switch(&area, A, B) == 0 && fsw_arm(&area, A, 0, AT(1), 0) == 1);
		break;
	case FSW_PHASE_HANDED:
		MUST(fsw_switch(&area, A, B) == 0 && suspend(A) == FSW_GO_JUMP);
		break;
	case FSW_PHASE_FAILED:
		MUST(fsw_switch(&area, A, B) == 0);
		sar = fsw__page(&area, B) + FSW_PAGE_SAR;
		sar[20] ^= 1;
		MUST(suspend(A) == FSW_ERR(SAR_CRC));
		sar[20] ^= 1;
		break;
	case FSW_PHASE_RESETTING:
		MUST(fsw_boot(&area, A, D, 0) == 0 && suspend(A) == FSW_GO_RESET);
		break;
	case FSW_PHASE_FAILED + 1: /* ARMED, and nobody owns the machine */
		MUST(fsw_recover(&area, memory, size, &port, &advice) == 0);
		break;
	default:
		break;
	}
}

static int do_request(void)
{
	return fsw_switch(&area, fsw__owner(fsw__switch(&area)), C);
}

static int do_cancel(void)
{
	return fsw_cancel(&area, fsw__owner(fsw__switch(&area)));
}

static int do_arm(void)
{
	return fsw_arm(&area, fsw__owner(fsw__switch(&area)), 0, AT(1), 0);
}

static int do_handover(void)
{
	struct fsw_jump jump;

	return fsw_handover(memory, &board, &jump);
}

static int do_start(void)
{
	struct fsw_jump jump;

	return fsw_start(memory, &board, &jump);
}

static int do_acknowledge(void)
{
	struct fsw_outcome outcome;
	int error = fsw_acknowledge(&area, fsw__owner(fsw__switch(&area)), &outcome);

	return error ? error : (int)outcome.result;
}

static const char *cell(int (*call)(void), char *out, size_t room)
{
	uint32_t before = fsw__switch(&area), after;
	int result = call();
	const char *said = result < 0 ? errors[-result] : "";

	after = fsw__switch(&area);
	if (call == do_arm && result >= 0)
		said = result ? "1" : "0";
	else if ((call == do_handover || call == do_start) && result >= 0)
		said = result == FSW_GO_JUMP ? "`GO_JUMP`" : result == FSW_GO_RESET ? "`GO_RESET`" : "`GO_ON`";
	else if (call == do_acknowledge && result >= 0)
		said = results[result];
	snprintf(out, room, result < 0 ? "`%s`" : "%s", said);
	if (after != before)
		snprintf(out + strlen(out), room - strlen(out), "%s→ %s%s%s", *out ? " " : "", phases[fsw__phase(after)],
			 fsw__owner(after) != fsw__owner(before) ? ", " : "",
			 fsw__owner(after) != fsw__owner(before) ? name_of(fsw__owner(after)) : "");
	return out;
}

static void calls(void)
{
	static const struct {
		const char *name;
		int (*call)(void);
	} column[] = {
		{ "`fsw_switch()` to C", do_request }, { "`fsw_cancel()`", do_cancel }, { "`fsw_arm()`", do_arm },
		{ "`fsw_handover()`", do_handover },   { "`fsw_start()`", do_start },	{ "`fsw_acknowledge()`", do_acknowledge },
	};
	const uint32_t columns = sizeof(column) / sizeof(*column);
	char text[128];
	uint32_t phase, i;

	printf("@calls\n| phase, owner |");
	for (i = 0; i < columns; i++)
		printf(" %s |", column[i].name);
	puts("\n|---|---|---|---|---|---|---|");
	for (phase = 0; phase <= FSW_PHASE_FAILED + 1; phase++) {
		into(phase);
		printf("| %s, %s |", phases[phase > FSW_PHASE_FAILED ? FSW_PHASE_ARMED : phase],
		       name_of(fsw__owner(fsw__switch(&area))));
		for (i = 0; i < columns; i++) {
			into(phase);
			printf(" %s |", cell(column[i].call, text, sizeof(text)));
		}
		puts("");
	}
}

/* ---- what recovery does after a reset at each store ---- */

static void whole_switch(void)
{
	switch_to(A, B);
}

static void whole_boot(void)
{
	struct fsw_advice advice;
	struct fsw_jump jump;

	MUST(fsw_boot(&area, A, D, 0) == 0 && suspend(A) == FSW_GO_RESET);
	MUST(fsw_recover(&area, memory, size, &port, &advice) == 0 && advice.action == FSW_ACTION_BOOT);
	MUST(fsw_start(memory, &board, &jump) == FSW_GO_JUMP && wake(D).result == FSW_RESULT_DONE);
}

static void whole_direct(void)
{
	boot(A, D);
}

static void visit(uint32_t self)
{
	struct fsw_outcome outcome = wake(self);

	MUST(outcome.result == FSW_RESULT_VISIT);
	while (fsw_visit_next(&area, self, &outcome) == 1)
		MUST(fsw_cmm_offline(&area, self, outcome.walk.section) == 0);
	MUST(fsw_pass(&area, self) == 1 && suspend(self) == FSW_GO_JUMP);
}

static void whole_claim(void)
{
	struct fsw_outcome outcome;
	struct fsw_want want;

	/* three sections from where B's and C's lie: both must be visited */
	MUST(fsw_want(&area, A, 3, FSW_ANYWHERE, &want) == 0);
	want.limit = 28;
	MUST(fsw_want_free(&area, A, &want) == 0 && want.walk.missing == 3);
	MUST(fsw_claim(&area, A, &want) == 0 && suspend(A) == FSW_GO_JUMP);
	visit(B);
	visit(C);
	outcome = wake(A);
	MUST(outcome.result == FSW_RESULT_COLLECT);
	while (fsw_collect_next(&area, A, &outcome) == 1)
		MUST(fsw_cmm_online(&area, A, outcome.walk.section) == 0);
	MUST(fsw_collect_end(&area, A) == 0 && outcome.walk.missing == 0);
}

/* B runs, and will leave; A, its parent, sleeps. */
static void before_terminate(void)
{
	four();
	MUST(fsw_switch(&area, A, B) == 0 && suspend(A) == FSW_GO_JUMP && wake(B).result == FSW_RESULT_DONE);
}

static void whole_terminate(void)
{
	MUST(fsw_terminate(&area, B) == 0 && suspend(B) == FSW_GO_JUMP && wake(A).result == FSW_RESULT_INHERIT);
}

static void whole_kill(void)
{
	MUST(fsw_kill(&area, A, B) == 0);
}

/* D's place is empty here. */
static void before_free(void)
{
	four();
	MUST(fsw_kill(&area, A, D) == 0 && fsw_cmm_online(&area, A, 28) == 0 && fsw_cmm_online(&area, A, 29) == 0);
}

static void whole_free(void)
{
	prepare(A, D, 28);
}

static void before_recover(void)
{
	before_terminate();
}

static void whole_recover(void)
{
	struct fsw_advice advice;
	struct fsw_jump jump;

	MUST(fsw_recover(&area, memory, size, &port, &advice) == 0 && advice.action == FSW_ACTION_RESUME);
	MUST(fsw_start(memory, &board, &jump) == FSW_GO_JUMP && wake(advice.instance).result == FSW_RESULT_SURVIVED);
}

static void before_master(void)
{
	unlimited();
	format();
}

/* Which store was the last that counted? */
static void describe(struct text *text, const uint32_t *word, uint32_t value)
{
	uint32_t at = (uint32_t)((const unsigned char *)word - memory), in, id, opened;

	if (word == NULL) {
		add(text, "(none yet)");
	} else if (at < FSW_HEADER_BYTES) {
		add(text, at ? "header" : value ? "magic" : "magic: 0");
	} else if (at >= FSW_AREA_OPERATION && at < FSW_AREA_SWITCH) {
		add(text, "operation record, other slot");
	} else if (at == FSW_AREA_SWITCH) {
		opened = fsw__unguard(value, FSW_TAG_SWITCH);
		add(text, "**switch word: %s, %s**", phases[fsw__phase(opened)], name_of(fsw__owner(opened)));
	} else if (at < area.header->geometry.pages_offset) {
		in = (at - area.header->geometry.cmm_offset) / 4;
		opened = fsw__unguard(value, in);
		id = opened & FSW_ENTRY_OWNER;
		add(text, "entry %" PRIu32 ": %s%s", in,
		    id				     ? name_of(id)
		    : opened & FSW_ENTRY_RELEASE_RET ? "nobody, released"
						     : "free",
		    opened & FSW_ENTRY_CLAIMED ? ", claimed" : "");
	} else {
		id = (at - area.header->geometry.pages_offset) / area.page_size + 1;
		in = (at - area.header->geometry.pages_offset) % area.page_size;
		if (in == FSW_PAGE_STATE)
			add(text, "state of %s: %s", name_of(id), fsw_state_name(fsw__unguard(value, FSW_TAG_STATE + id) & 0xff));
		else if (in == FSW_PAGE_PARENT)
			add(text, "parent of %s", name_of(id));
		else
			add(text, "%s of %s",
			    in < FSW_PAGE_TIMINGS    ? "resume record"
			    : in < FSW_PAGE_LOAD     ? "timings"
			    : in < FSW_PAGE_MANIFEST ? "load record"
			    : in < FSW_PAGE_SAR	     ? "manifest"
						     : "SAR blob",
			    name_of(id));
	}
}

static void sections(struct text *text)
{
	struct fsw_count count;
	uint32_t id;

	MUST(fsw_cmm_count(&area, &count) == 0);
	for (id = A; id <= D; id++)
		add(text, "%" PRIu32 " ", count.of[0][id] + count.of[1][id]);
	add(text, "/ %" PRIu32, count.of[1][FSW_OWNER_NONE]);
}

/* Recover, start, acknowledge; and say what was advised, what the survivor is told, and whose the sections are. */
static void recover(struct text *text, int with_sections)
{
	struct fsw_advice advice;
	struct fsw_outcome outcome;
	struct fsw_jump jump;
	int error;

	unlimited();
	error = fsw_recover(&area, memory, size, &port, &advice);
	if (error) {
		add(text, "refused: `%s` | – |%s", errors[-error], with_sections ? " – |" : "");
		return;
	}
	if (advice.action == FSW_ACTION_COLD) {
		add(text, "COLD, `%s` | – |", whys[advice.why]);
	} else {
		add(text, "%s %s, `%s`", advice.action == FSW_ACTION_BOOT ? "BOOT" : "RESUME", name_of(advice.instance),
		    whys[advice.why]);
		if (advice.died)
			add(text, ", %s died", name_of(advice.died));
		if (advice.undone)
			add(text, ", undone %s", modes[advice.undone]);
		MUST(fsw_start(memory, &board, &jump) == FSW_GO_JUMP);
		outcome = wake(advice.instance);
		add(text, " | %s", results[outcome.result]);
		if (outcome.result == FSW_RESULT_COLLECT) {
			while (fsw_collect_next(&area, advice.instance, &outcome) == 1)
				MUST(fsw_cmm_online(&area, advice.instance, outcome.walk.section) == 0);
			MUST(fsw_collect_end(&area, advice.instance) == 0);
		}
		add(text, " |");
	}
	MUST(fsw_open(&area, memory, size, &port) == 0);
	if (with_sections) {
		add(text, " ");
		sections(text);
		add(text, " |");
	}
}

static void print_window(const struct text *label, const struct text *advice)
{
	printf("| %s | %s\n", label->of, advice->of);
}

static void windows(const char *name, void (*before)(void), void (*run)(void), int with_sections)
{
	struct text label, previous_label, advice, previous;
	volatile uint32_t n;
	volatile int done = 0;

	before();
	memcpy(saved, memory, sizeof(memory));
	printf("@%s\n| from this store on | `fsw_recover()` advises | then `fsw_acknowledge()` says |%s\n|---|---|---|%s\n", name,
	       with_sections ? " sections of A B C D / free |" : "", with_sections ? "---|" : "");
	memset(&previous, 0, sizeof(previous));
	memset(&previous_label, 0, sizeof(previous_label));
	for (n = 0; !done; n++) {
		memcpy(memory, saved, sizeof(memory));
		memset(&label, 0, sizeof(label));
		memset(&advice, 0, sizeof(advice));
		stores = 0;
		stop_at = n;
		last_word = NULL;
		last_value = 0;
		if (setjmp(stopped) == 0) {
			run();
			done = 1;
		}
		describe(&label, last_word, last_value);
		recover(&advice, with_sections);
		if (n != 0 && strcmp(advice.of, previous.of) != 0) {
			print_window(&previous_label, &previous);
			previous_label = label;
		}
		if (n == 0)
			previous_label = label;
		previous = advice;
	}
	print_window(&previous_label, &previous);
	unlimited();
}

/* ---- what a reset leads to on a board where A, the master, booted B: docs/protocol.md ---- */

static void formatted(void)
{
	unlimited();
	memset(memory, 0, sizeof(memory));
	format();
}

static void alone(void)
{
	formatted();
	master();
}

static void loading(void)
{
	alone();
	MUST(fsw_free(&area, A, B, AT(20), 2, 2) == 0);
}

static void loaded(void)
{
	alone();
	prepare(A, B, 20);
}

static void two(void)
{
	loaded();
	boot(A, B);
	switch_to(B, A);
}

static void asked(void)
{
	two();
	MUST(fsw_switch(&area, A, B) == 0);
}

static void boot_asked(void)
{
	loaded();
	MUST(fsw_boot(&area, A, B, 0) == 0);
}

static void direct_asked(void)
{
	loaded();
	MUST(fsw_boot(&area, A, B, FSW_FLAG_DIRECT) == 0);
}

static void hand_over(void)
{
	(void)suspend(A);
}

/* Stop a hand-over of A at the first store after which this is so. */
static void stop_when(void (*before)(void), int (*so)(void))
{
	volatile uint32_t n;

	for (n = 0; n < 1000; n++) {
		before();
		stores = 0;
		stop_at = n;
		if (setjmp(stopped) == 0)
			hand_over();
		unlimited();
		if (so())
			return;
	}
	MUST(!"it never is so");
}

static int not_final(void)
{
	return fsw__phase(fsw__switch(&area)) == FSW_PHASE_ARMED && fsw__state(&area, A) == FSW_STATE_SLEEPING;
}

static int final(void)
{
	return fsw__phase(fsw__switch(&area)) == FSW_PHASE_HANDED;
}

static void switch_not_final(void)
{
	stop_when(asked, not_final);
}

static void switch_final(void)
{
	stop_when(asked, final);
}

static void refused(void)
{
	unsigned char *sar;

	asked();
	sar = fsw__page(&area, B) + FSW_PAGE_SAR;
	sar[20] ^= 1;
	MUST(suspend(A) == FSW_ERR(SAR_CRC));
	sar[20] ^= 1;
}

static void resuming(void)
{
	asked();
	hand_over();
}

static void other_runs(void)
{
	resuming();
	(void)wake(B);
}

static void boot_not_final(void)
{
	stop_when(boot_asked, not_final);
}

static void resetting(void)
{
	boot_asked();
	hand_over();
}

static void again(void)
{
	struct fsw_advice advice;

	resetting();
	MUST(fsw_recover(&area, memory, size, &port, &advice) == 0);
}

static void starting(void)
{
	struct fsw_jump jump;

	again();
	MUST(fsw_start(memory, &board, &jump) == FSW_GO_JUMP);
}

static void direct_final(void)
{
	stop_when(direct_asked, final);
}

static void recovered(void)
{
	struct fsw_advice advice;

	other_runs();
	MUST(fsw_recover(&area, memory, size, &port, &advice) == 0);
}

static void resets(void)
{
	static const struct {
		const char *when;
		void (*lead)(void);
	} row[] = {
		{ "cold start: the master's kernel has not set the area up", formatted },
		{ "1 runs alone", alone },
		{ "1 frees memory for 2, and loads it", loading },
		{ "2 is loaded", loaded },
		{ "boot of 2: 1 suspends", boot_asked },
		{ "1 sleeps, nothing is final", boot_not_final },
		{ "**the reset that the boot asked for**", resetting },
		{ "another, before 2 was entered", again },
		{ "2 starts, and has not come to the adapter", starting },
		{ "direct boot: final, 2 has not begun", direct_final },
		{ "1 runs, 2 sleeps", two },
		{ "switch to 2: 1 suspends", asked },
		{ "1 sleeps, nothing is final", switch_not_final },
		{ "refused by its checks: 1 resumes", refused },
		{ "final, 2 has not begun", switch_final },
		{ "2 resumes, and has not come to the adapter", resuming },
		{ "2 runs, 1 sleeps", other_runs },
		{ "another, before the survivor was entered", recovered },
	};
	struct fsw_advice advice;
	uint32_t i;

	puts("@resets\n| the reset comes while | switch word | died | undone | the bootloader | because |\n|---|---|---|---|---|---|");
	for (i = 0; i < sizeof(row) / sizeof(*row); i++) {
		row[i].lead();
		printf("| %s | %s, %" PRIu32 " |", row[i].when, phases[fsw__phase(fsw__switch(&area))],
		       fsw__owner(fsw__switch(&area)));
		MUST(fsw_recover(&area, memory, size, &port, &advice) == 0);
		if (advice.died)
			printf(" %" PRIu32 " |", advice.died);
		else
			printf(" – |");
		printf(" %s |", advice.undone ? modes[advice.undone] : "–");
		if (advice.action == FSW_ACTION_COLD)
			printf(" starts cold |");
		else
			printf(" %s %" PRIu32 " |", advice.action == FSW_ACTION_BOOT ? "boots" : "resumes", advice.instance);
		/* in the bootloader's words, which scripts/doc-tables puts in */
		printf(" ~%" PRIu32 "~ |\n", advice.why);
	}
}

int main(void)
{
	unlimited();
	sizes();
	vectors();
	guards();
	damage();
	entry_bits();
	sar_example();
	flips();
	opening();
	rules();
	transitions();
	calls();
	windows("windows-switch", four, whole_switch, 0);
	windows("windows-boot", four, whole_boot, 0);
	windows("windows-direct", four, whole_direct, 0);
	windows("windows-claim", four, whole_claim, 1);
	windows("windows-terminate", before_terminate, whole_terminate, 1);
	windows("windows-kill", four, whole_kill, 1);
	windows("windows-free", before_free, whole_free, 1);
	windows("windows-recover", before_recover, whole_recover, 0);
	windows("windows-master", before_master, master, 0);
	windows("windows-format", four, format, 0);
	resets();
	return EXIT_SUCCESS;
}
