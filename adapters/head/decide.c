/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Whose turn is it? Runs before the kernel has unpacked itself, MMU and caches off, at whatever
 * address. What a boot asked the reset for is entered from here, which takes few instructions; all
 * else is left to the program.
 */
#include "head.h"

#define ARRIVE_MS 1000

/* Interrupt controller's distributor */
#define GIC_DIST_CONTROL 0x000
#define GIC_DIST_SGI 0xf00
#define GIC_SGI_ALL_BUT_SELF (1u << 24)

/* Flattened device tree: Devicetree Specification 0.4, chapter 5 */
#define FDT_MAGIC 0xd00dfeed
#define FDT_TOTAL_MAX 0x200000
#define FDT_BEGIN_NODE 1
#define FDT_END_NODE 2
#define FDT_PROP 3
#define FDT_NOP 4

enum { AT_TOTAL = 4, AT_STRUCTS = 8, AT_STRINGS = 12 };

static uint32_t get(uint32_t address)
{
	return *(const volatile uint32_t *)address;
}

static void put(uint32_t address, uint32_t value)
{
	*(volatile uint32_t *)address = value;
}

static uint32_t big_endian(const unsigned char *at)
{
	return __builtin_bswap32(*(const uint32_t *)(const void *)at);
}

/* Is this there, its NUL too? */
static int is(const unsigned char *at, const unsigned char *end, const char *text)
{
	do {
		if (at >= end || *at++ != (unsigned char)*text)
			return 0;
	} while (*text++);
	return 1;
}

/* Whoever completed the tree has said so; else one that names the area comes from the firmware. */
static int tree_is_firmwares(const unsigned char *tree)
{
	const unsigned char *at, *end, *strings;
	uint32_t total, size;
	int named = 0;

	if (!tree || (uintptr_t)tree & 3 || big_endian(tree) != FDT_MAGIC)
		return 0;
	total = big_endian(tree + AT_TOTAL);
	if (total > FDT_TOTAL_MAX || big_endian(tree + AT_STRUCTS) > total || big_endian(tree + AT_STRINGS) > total)
		return 0;
	end = tree + total;
	at = tree + (big_endian(tree + AT_STRUCTS) & ~3u);
	strings = tree + big_endian(tree + AT_STRINGS);
	while (end - at >= 4) {
		uint32_t tag = big_endian(at);

		at += 4;
		if (tag == FDT_BEGIN_NODE) {
			while (at < end && *at)
				at++;
			at = (const unsigned char *)(((uintptr_t)at + 4) & ~(uintptr_t)3);
		} else if (tag == FDT_PROP) {
			const unsigned char *name;

			if (end - at < 8)
				return 0;
			size = big_endian(at);
			if (big_endian(at + 4) > total)
				return 0;
			name = strings + big_endian(at + 4);
			at += 8;
			if (size > (uint32_t)(end - at))
				return 0;
			if (is(name, end, "fsw,prepared"))
				return 0;
			if (is(name, end, "compatible") && is(at, at + size, "fsw,area"))
				named = 1;
			at += (size + 3) & ~3u;
		} else if (tag != FDT_END_NODE && tag != FDT_NOP) {
			break;
		}
	}
	return named;
}

/*
 * All cores but this one wait where the firmware has them wait. Their marks are of before the
 * reset; all orders were followed. Who does not come is missed by who wants it.
 */
static void gather(unsigned char *area)
{
	const struct fsw_geometry *geometry = &((const struct fsw_header *)(void *)area)->geometry;
	uint32_t pen = (uint32_t)(uintptr_t)area + geometry->cores_offset;
	uint32_t records = pen + FSW_CORES_RECORDS;
	uint32_t core, begun;

	if (geometry->cores < 2)
		return;
	for (core = 1; core < geometry->cores; core++) {
		put(records + core * FSW_CORE_BYTES + FSW_CORE_ADDRESS, 0);
		put(records + core * FSW_CORE_BYTES + FSW_CORE_ARRIVED, 0);
	}
	fsw_env_barrier();
	put(BOARD_FLAGS_CLEAR, ~0u);
	put(BOARD_FLAGS_SET, pen);
	put(BOARD_GIC_DIST + GIC_DIST_CONTROL, 1);
	put(BOARD_GIC_DIST + GIC_DIST_SGI, GIC_SGI_ALL_BUT_SELF);
	begun = get(BOARD_CLOCK);
	for (core = 1; core < geometry->cores; core++)
		while (get(records + core * FSW_CORE_BYTES + FSW_CORE_ARRIVED) == 0 &&
		       get(BOARD_CLOCK) - begun < ARRIVE_MS * BOARD_CLOCK_KHZ)
			;
	put(BOARD_GIC_DIST + GIC_DIST_CONTROL, 0);
	put(BOARD_FLAGS_CLEAR, ~0u);
}

/* A board may have less memory than its tree was written for, and not every one answers with an abort. What was there is there again. */
static int keeps(uint32_t address)
{
	uint32_t before = get(address);
	int kept;

	put(address, ~before);
	fsw_env_barrier();
	kept = get(address) == ~before;
	put(address, before);
	return kept;
}

static int pending(const unsigned char *area)
{
	uint32_t word = *(const uint32_t *)(const void *)(area + FSW_AREA_SWITCH);

	return (word >> FSW_SWITCH_PHASE_SHIFT & FSW_SWITCH_PHASE_MASK) == FSW_PHASE_RESETTING;
}

int fsw_head_decide(void *area, const void *tree, struct fsw_jump *jump)
{
	struct fsw_handover in;

	/* an image: no saved registers are loaded */
	in.port = NULL;
	in.table.segment = NULL;
	in.table.count = 0;
	in.core = 0;
	/* fsw_start() checks all that it goes by, and marks dead whom it refuses */
	if (fsw_head_sound(area) && pending(area)) {
		gather(area);
		if (fsw_start(area, &in, jump) == FSW_GO_JUMP)
			return FSW_HEAD_ENTER;
	}
	if (!tree_is_firmwares(tree) || !keeps(BOARD_PROGRAM) || !keeps(BOARD_PROGRAM + BOARD_PROGRAM_BYTES - 4))
		return FSW_HEAD_GO_ON;
	return FSW_HEAD_PROGRAM;
}
