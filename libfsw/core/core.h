/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What every room of the library stands on: guarded words, records under a CRC, the handle. Internal. */
#ifndef FSW_CORE_H
#define FSW_CORE_H

#include "../include/fsw/area.h"

/*
 * Guarded words (format.h). Opening one gives payload below 0x10000 when it is sound, else something larger. The check bits cost
 * one multiplication and one addition, so that whole-map passes can afford them.
 */
#define FSW_GUARD_SALT_STEP ((uint32_t)FSW_GUARD_STRIDE << 16)

static inline uint32_t fsw__salt(uint32_t tag)
{
	return (tag * FSW_GUARD_STRIDE + FSW_GUARD_START) << 16;
}

/* What a payload contributes to its word, wherever that is: adding flags to a word adds this. */
static inline uint32_t fsw__guard_part(uint32_t payload)
{
	return payload * (1u - ((uint32_t)FSW_GUARD_MULTIPLIER << 16));
}

static inline uint32_t fsw__guard(uint32_t payload, uint32_t tag)
{
	return fsw__guard_part(payload) - fsw__salt(tag);
}

static inline uint32_t fsw__unguard_salted(uint32_t word, uint32_t salt)
{
	return word * (1u + ((uint32_t)FSW_GUARD_MULTIPLIER << 16)) + salt;
}

static inline uint32_t fsw__unguard(uint32_t word, uint32_t tag)
{
	return fsw__unguard_salted(word, fsw__salt(tag));
}

static inline int fsw__sound(uint32_t opened)
{
	return opened < 0x10000;
}

/*
 * CRC-32 (IEEE 802.3: polynomial 0x04c11db7 reflected, initial value and final XOR all ones) over `bytes`, a multiple of 4, at an
 * aligned address.
 */
uint32_t fsw__crc32(const void *start, uint32_t bytes);

/* The CRC of anything with its own CRC behind it is always this. */
#define FSW_CRC_RESIDUE 0x2144df1cu

/* Copy a record into the area, CRC made, and persist it. `to` counts only once some guarded word says so. */
void fsw__record_put(const struct fsw_port *port, void *to, const void *record, uint32_t bytes);

/* Its two halves: words, or zeros where `from` is NULL; and the CRC of a record that holds the same as `as`. Both persist. */
void fsw__write(const struct fsw_port *port, void *to, const void *from, uint32_t bytes);
void fsw__seal(const struct fsw_port *port, void *record, const void *as, uint32_t bytes);

/* Fill a handle from a header already found good. Shared with the hand-over, which trusts nothing but the area itself. */
static inline void fsw__attach(struct fsw_area *area, void *memory, const struct fsw_port *port)
{
	struct fsw_header *header = (struct fsw_header *)memory;
	unsigned char *bytes = (unsigned char *)memory;

	area->port = port;
	area->header = header;
	area->switch_word = (uint32_t *)(bytes + FSW_AREA_SWITCH);
	area->cmm = (uint32_t *)(bytes + header->geometry.cmm_offset);
	area->pages = bytes + header->geometry.pages_offset;
	area->sections = header->geometry.sections;
	area->instances = header->geometry.instances;
	area->page_size = header->geometry.page_size;
}

/* Note where a check failed. */
static inline int fsw__fault(struct fsw_area *area, int error, uint32_t index)
{
	area->fault.error = error;
	area->fault.index = index;
	return error;
}

/* Instance pages: parts by address */
static inline unsigned char *fsw__page(const struct fsw_area *area, uint32_t id)
{
	return area->pages + (id - 1) * area->page_size;
}

static inline uint32_t *fsw__state_word(const struct fsw_area *area, uint32_t id)
{
	return (uint32_t *)(fsw__page(area, id) + FSW_PAGE_STATE);
}

static inline uint32_t *fsw__parent_word(const struct fsw_area *area, uint32_t id)
{
	return (uint32_t *)(fsw__page(area, id) + FSW_PAGE_PARENT);
}

/* Switch word */
static inline uint32_t fsw__owner(uint32_t sw)
{
	return sw & FSW_SWITCH_OWNER;
}

static inline uint32_t fsw__phase(uint32_t sw)
{
	return sw >> FSW_SWITCH_PHASE_SHIFT & FSW_SWITCH_PHASE_MASK;
}

static inline uint32_t fsw__slot(uint32_t sw)
{
	return sw >> FSW_SWITCH_SLOT_SHIFT & 1;
}

static inline struct fsw_operation *fsw__operation(const struct fsw_area *area, uint32_t slot)
{
	return (struct fsw_operation *)((unsigned char *)area->header + FSW_AREA_OPERATION) + slot;
}

#ifdef FSW_HANDOVER
#define FSW_WORDS static inline
#include "words.h"
#else
int fsw__record_sound(const void *record, uint32_t bytes);
void fsw__store(const struct fsw_port *port, uint32_t *word, uint32_t value);
void fsw__put(const struct fsw_port *port, uint32_t *word, uint32_t payload, uint32_t tag);
void fsw__store_last(const struct fsw_port *port, uint32_t *word, uint32_t value);
void fsw__commit(const struct fsw_port *port, uint32_t *word, uint32_t payload, uint32_t tag);
uint32_t fsw__opened(const uint32_t *word, uint32_t tag);
uint32_t fsw__switch(const struct fsw_area *area);
uint32_t fsw__state(const struct fsw_area *area, uint32_t id);
void fsw__set_state(const struct fsw_area *area, uint32_t id, uint32_t state);
void fsw__set_switch(const struct fsw_area *area, uint32_t owner, uint32_t phase, uint32_t slot);
#endif

#endif
