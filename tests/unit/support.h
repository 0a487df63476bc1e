/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A world to test in: an area in memory, a board with a few registers, and instances that do what a thin adapter and its kernel would.
 * The port counts every store, can stop at any, and remembers what no barrier has made durable yet.
 */
#ifndef FSW_TEST_SUPPORT_H
#define FSW_TEST_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/core.h"
#include "fsw/fsw.h"

/* Ids and sections a world can have, for what it keeps beside the area */
#define WORLD_IDS 8
#define WORLD_MAP 128
#define WORLD_SECTIONS 16
#define WORLD_INSTANCES 4
#define WORLD_BASE 0x80000000ull
#define WORLD_SHIFT 24
#define WORLD_REGISTERS 6
#define WORLD_REGISTER_BASE 0x4a326000ull
#define WORLD_ADDRESS(section) (WORLD_BASE + ((uint64_t)(section) << WORLD_SHIFT))

struct world_store {
	uint32_t *word;
	uint32_t before;
	uint32_t value;
};

struct world {
	struct fsw_geometry geometry;
	unsigned char *memory;
	uint32_t size;
	struct fsw_port port;
	struct fsw_area area;
	struct fsw_handover handover; /* what this platform hands to the library */
	struct fsw_segment segments[3];

	uint32_t registers[WORLD_REGISTERS];
	uint32_t executing;			       /* the instance whose code really runs; 0: none */
	uint32_t expected[WORLD_IDS][WORLD_REGISTERS]; /* what the registers held when it fell asleep */
	unsigned char online[WORLD_IDS][WORLD_MAP];    /* online[x][s]: x's kernel uses section s */
	uint32_t refuse_offline;		       /* bit s: no kernel can off-line section s */
	enum fsw_result last_result;
	int last_error;
	uint32_t got; /* sections taken by the last claim */

	/* the stores */
	unsigned long points;  /* stores and barriers so far */
	unsigned long stop_at; /* stop before this one; 0: never */
	jmp_buf stopped;
	struct world_store *log; /* not yet durable */
	uint32_t logged;
	uint32_t log_size;
	int transitions_legal; /* all state stores seen were legal transitions */
	unsigned char seen_state[WORLD_IDS];
};

/* An area with this many instances and sections, formatted. Memory is the caller's to give back with world_free(). */
void world_make(struct world *world, uint32_t instances, uint32_t sections);
void world_make_cores(struct world *world, uint32_t instances, uint32_t sections, uint32_t cores);
void world_free(struct world *world);

/*
 * The usual start: the master with sections 0-3 as kernel core, the rest movable, the last shared, the one before excluded. Then
 * `guests` further instances, each booted directly with 2 sections of its own, the first of them kept as kernel core; the master runs
 * again at the end.
 */
void world_populate(struct world *world, uint32_t guests);

/* A load record of an instance whose memory begins at this section. */
struct fsw_load world_load(uint32_t section, const char *name);

/* The running instance suspends: arm and hand over. Returns FSW_GO_* or an error; whoever is jumped to executes. */
int world_suspend(struct world *world);

/* The executing instance wakes, acknowledges, and plays its part until the machine is some instance's and no operation is left. */
void world_wake(struct world *world);

/* Prepare `total` sections for `target` and give them to it. Errors as the library's. */
int world_prepare(struct world *world, uint32_t target, uint64_t start, uint32_t contiguous, uint32_t total);

/* A whole BOOT, SWITCH, CLAIM, TERMINATE by the executing instance; the error of the request, else 0 */
int world_boot(struct world *world, uint32_t target, uint32_t flags);
int world_switch(struct world *world, uint32_t target);
int world_claim(struct world *world, uint32_t count, uint64_t from);
int world_terminate(struct world *world);
int world_kill(struct world *world, uint32_t victim);

/* The machine was reset: recover, and do as advised until some instance runs. Returns the advice of the first recovery. */
struct fsw_advice world_reset(struct world *world);

/* Low 16 bits of an entry; a corrupt one fails the test. */
uint32_t world_entry(struct world *world, uint32_t section);

/* Store a record whose CRC is made to match, or a guarded word, past all rules: for tests of what is refused. */
void world_put_record(void *record, uint32_t bytes);
uint32_t *world_switch_word(struct world *world);
uint32_t *world_state_word(struct world *world, uint32_t id);
uint32_t *world_parent_word(struct world *world, uint32_t id);
void *world_page(struct world *world, uint32_t id, uint32_t offset);
struct fsw_operation *world_operation(struct world *world);

/* A word of a core's record, and what the core itself does in the pen: it arrives; it looks once, and leaves if told to. 0: it stays. */
uint32_t *world_core(struct world *world, uint32_t core, uint32_t offset);
void world_core_arrives(struct world *world, uint32_t core);
uint64_t world_core_goes(struct world *world, uint32_t core);

#endif
