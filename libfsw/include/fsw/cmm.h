/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The common memory map: who owns which section. An entry is a guarded word (format.h); functions here take and give its low 16 bits.
 *
 * Every function that takes a section number returns ENTRY_CHECK when that entry fails its check bits (a stray write), with
 * area->fault naming the section, and changes nothing.
 */
#ifndef FSW_CMM_H
#define FSW_CMM_H

#include "area.h"

FSW_BEGIN_DECLS

/*
 * The two rule tables (seed; SPEC section 3), as pure functions: may `asker` (1..254) offline / online a section with this entry, and
 * what is the entry afterwards? Returns 0 and sets *after, or the refusal: ARGUMENT, ENTRY_VALUE, SHARED, OTHERS, NOT_ONLINE;
 * SHARED, KERNEL_CORE, REQUEST_NEEDED, NO_MEMORY.
 */
int fsw_rule_offline(uint32_t entry, uint32_t asker, uint32_t *after);
int fsw_rule_online(uint32_t entry, uint32_t asker, uint32_t *after);

/* Is this value of the low 16 bits one the library can have stored? */
int fsw_entry_legal(uint32_t entry);

/* The entry of one section: 0 and *entry, or ARGUMENT (no such section), ENTRY_CHECK. */
int fsw_cmm_get(struct fsw_area *area, uint32_t section, uint32_t *entry);

/*
 * `asker`, the running instance, has really taken the section off-line / on-line: store what the rule says. At most one store.
 * Ask the rule about fsw_cmm_get() first, then act, then call this (SPEC section 3: a table changes only after the kernel did it).
 * Errors: NOT_RUNNING, ARGUMENT, ENTRY_CHECK and those of the rule.
 */
int fsw_cmm_offline(struct fsw_area *area, uint32_t asker, uint32_t section);
int fsw_cmm_online(struct fsw_area *area, uint32_t asker, uint32_t section);

/*
 * The running instance declares one of its own movable sections kernel core: it never leaves it while it lives. For a guest that has just
 * booted. Errors: NOT_RUNNING, ARGUMENT, ENTRY_CHECK, OTHERS.
 */
int fsw_cmm_keep(struct fsw_area *area, uint32_t asker, uint32_t section);

/* Physical ranges, ascending and without overlap (touching is allowed) */
struct fsw_range {
	uint64_t base;
	uint64_t size; /* bytes, not 0 */
};

struct fsw_ranges {
	const struct fsw_range *range;
	uint32_t count;
};

/*
 * What the master knows of the memory (seed; SPEC section 3, initialisation). A section is owner 1 where `ram` covers it whole;
 * AVAILABLE where `movable` does too; shared where `shared` touches it; none, not available where `excluded` (what the firmware
 * overwrites) touches it, and everywhere else. The later wins.
 */
struct fsw_memory {
	struct fsw_ranges ram;
	struct fsw_ranges movable;
	struct fsw_ranges shared;
	struct fsw_ranges excluded;
};

/* Sections by AVAILABLE and owner: of[1][FSW_OWNER_NONE] are free, of[0][X] are the kernel core of X. 2 KiB. */
struct fsw_count {
	uint32_t of[2][256];
};

/* Count all sections. Errors: ENTRY_CHECK. */
int fsw_cmm_count(struct fsw_area *area, struct fsw_count *count);

/* Check all entries: check bits, value, owner. Errors: ENTRY_CHECK, ENTRY_VALUE, ENTRY_OWNER; fault names the first section. */
int fsw_cmm_verify(struct fsw_area *area);

/* Adjacent sections */
struct fsw_run {
	uint32_t first;
	uint32_t count;
};

/* What a section must look like: (entry & mask) == value. */
struct fsw_match {
	uint32_t mask;
	uint32_t value;
};

static inline struct fsw_match fsw_match(uint32_t mask, uint32_t value)
{
	struct fsw_match match;

	match.mask = mask;
	match.value = value;
	return match;
}

static inline struct fsw_match fsw_match_free(void)
{
	return fsw_match(FSW_ENTRY_OWNER | FSW_ENTRY_AVAILABLE, FSW_OWNER_NONE | FSW_ENTRY_AVAILABLE);
}

static inline struct fsw_match fsw_match_owner(uint32_t owner)
{
	return fsw_match(FSW_ENTRY_OWNER, owner);
}

/* Owned since a fsw_kill() or the end of a child, and not yet on-line. */
static inline struct fsw_match fsw_match_claimed(uint32_t owner)
{
	return fsw_match(FSW_ENTRY_OWNER | FSW_ENTRY_CLAIMED, owner | FSW_ENTRY_CLAIMED);
}

/*
 * The next run of matching sections at or after `from`: 1 and *run, or 0 where there is none. Walk all runs with
 * from = run.first + run.count. Errors: ENTRY_CHECK.
 */
int fsw_cmm_run(struct fsw_area *area, struct fsw_match match, uint32_t from, struct fsw_run *run);

/* The longest run of matching sections, the lowest of equals: 1, or 0 where none matches. Errors: ENTRY_CHECK. */
int fsw_cmm_longest(struct fsw_area *area, struct fsw_match match, struct fsw_run *run);

/*
 * Is each byte of [address, address + size) in a section that `instance` owns or that all share? 0 if so. Safe for any values: what a
 * monitor asks about a guest's pointer. Errors: ARGUMENT (size 0, instance not 1..254), OUTSIDE, NOT_ONLINE (no one's), OTHERS,
 * ENTRY_CHECK; fault names the section.
 */
int fsw_cmm_range(struct fsw_area *area, uint32_t instance, uint64_t address, uint64_t size);

/* Number of the section that holds an address (OUTSIDE), and physical address of a section. */
int fsw_section_at(const struct fsw_area *area, uint64_t address, uint32_t *section);
uint64_t fsw_section_address(const struct fsw_area *area, uint32_t section);

FSW_END_DECLS

#endif
