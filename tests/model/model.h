/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reference model of the fsw area, written from the rules and the public contracts alone: structs, arrays and one plain
 * function per operation. It shares nothing with the library but the public constants, and is meant to be read, not to be fast.
 *
 * Each function returns what the library must return (0, a positive result, or a negative error) and leaves the model in the
 * state that the library must then show. Where several errors apply, the order is asker, operation in progress, arguments.
 */
#ifndef MODEL_H
#define MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include <fsw/fsw.h>

#define MODEL_INSTANCES 8 /* ids 1..8 */
#define MODEL_SECTIONS 96
#define MODEL_REGISTERS 64 /* bytes of all mandatory resume registers */
#define MODEL_SEGMENTS 4
#define MODEL_RANGES 4
#define MODEL_ANY_CORE FSW_CORE_ANY

struct model_section {
	uint32_t owner; /* 0 none, 255 shared by all */
	bool available;
	bool claimed;	/* given to its owner, who has not yet on-lined it */
	bool requested; /* takes part in the operation: asked of a sleeper, or planned for the target of a free */
	bool released;	/* was given up for the operation */
	bool asked;	/* a visited instance was asked for it: it is not asked twice */
};

struct model_core {
	uint32_t state;
	uint32_t owner;
	bool arrived;
	uint64_t address; /* its order, as long as it has not followed it; 0: stay */
	uint64_t argument;
	uint32_t used_by; /* where it really is: in whose kernel; 0: in the pen, or it takes the hand-overs */
};

struct model_instance {
	uint32_t state;
	uint32_t cause;
	uint32_t parent;
	struct fsw_load load;
	uint64_t resume_address;
	uint64_t resume_argument;
	uint32_t slept;	   /* when it fell asleep; larger is more recent */
	uint32_t segments; /* how many segments its saved registers cover */
	uint8_t registers[MODEL_REGISTERS];
	uint32_t manifest; /* what its manifest was made from; 0: never set */
	uint32_t timings;  /* the same for its timings */
};

/* What the platform's registers are, in the order of the segment table */
struct model_platform {
	uint32_t offset[MODEL_SEGMENTS + 1]; /* of each segment's bytes in `registers`; the last is the size of all */
};

struct model_memory {
	struct fsw_range ram[MODEL_RANGES], movable[MODEL_RANGES], shared[MODEL_RANGES], excluded[MODEL_RANGES];
	uint32_t rams, movables, shareds, excludeds;
};

/* What to do after a reset */
struct model_advice {
	uint32_t action;
	uint32_t why;
	uint32_t instance;
	uint32_t died;
	uint32_t undone;
};

struct model {
	struct fsw_geometry geometry;
	struct model_section section[MODEL_SECTIONS];
	struct model_instance instance[MODEL_INSTANCES + 1]; /* [0] is unused */
	struct model_core cores[FSW_CORES_MAX];

	uint32_t running; /* who owns the machine; 0: nobody */
	uint32_t phase;
	uint32_t clock; /* one more whenever somebody falls asleep */

	/* the operation in progress */
	uint32_t mode;
	uint32_t source;
	uint32_t target;
	uint32_t core;
	uint32_t flags;
	uint32_t wanted; /* CLAIM: sections asked of the sleepers; FREE: sections planned */
	uint32_t first;	 /* CLAIM: sections [first, limit) qualify */
	uint32_t limit;
	uint32_t died;
	uint32_t undone;
	int why;      /* FAILED: what the hand-over said */
	uint32_t job; /* CLAIM: what the owner is at */
	bool skipped[MODEL_INSTANCES + 1];

	bool advised; /* recovery has decided, and its advice has not yet been taken */
	struct model_advice advice;

	uint8_t registers[MODEL_REGISTERS]; /* of the one machine there is */
};

/* Jobs in a claim round */
#define JOB_ASKED 0   /* asked for a hand-over, has yet to suspend */
#define JOB_VISIT 1   /* gives sections to a claim round */
#define JOB_PASS 2    /* must choose the next of a claim round */
#define JOB_COLLECT 3 /* takes what a claim round brought */

struct model_want {
	uint32_t first;
	uint32_t limit;
	uint32_t missing;
	uint32_t section; /* the one named */
	bool named;	  /* ... and whether it was on-lined is not yet counted */
	uint32_t from;	  /* where to look for the next */
};

struct model_outcome {
	uint32_t result;
	int error;
	uint32_t other;
	uint32_t undone;
	uint32_t missing;
	uint32_t section; /* the one named */
	bool named;	  /* ... and whether it was off-lined is not yet counted */
	uint32_t from;	  /* collecting: where to look for the next */
};

struct model_jump {
	uint64_t address;
	uint64_t argument[4];
	uint32_t arguments; /* how many of them count */
};

/* The hand-over's segment table: how many of the platform's segments it has, and whether one row more makes it wrong */
struct model_table {
	uint32_t segments;
	int wrong; /* 0, or the error that saving with it gives */
};

/* setting up */
void model_format(struct model *m, const struct fsw_geometry *geometry);
int model_master(struct model *m, const struct fsw_load *load, const struct model_memory *memory);

/* one section: may `asker` (1..254) do it, as far as the two tables go; and the thing itself */
int model_rule_offline(const struct model_section *s, uint32_t asker);
int model_rule_online(const struct model_section *s, uint32_t asker);
int model_offline(struct model *m, uint32_t asker, uint32_t section);
int model_online(struct model *m, uint32_t asker, uint32_t section);
int model_keep(struct model *m, uint32_t asker, uint32_t section);

/* queries; `kind` is what a section must be */
#define MODEL_FREE 0
#define MODEL_OWNED 1
#define MODEL_CLAIMED 2
bool model_matches(const struct model *m, uint32_t section, uint32_t kind, uint32_t owner);
void model_count(const struct model *m, struct fsw_count *count);
int model_run(const struct model *m, uint32_t kind, uint32_t owner, uint32_t from, struct fsw_run *run);
int model_longest(const struct model *m, uint32_t kind, uint32_t owner, struct fsw_run *run);
int model_range(const struct model *m, uint32_t instance, uint64_t address, uint64_t size, uint32_t *where);
int model_section_at(const struct model *m, uint64_t address, uint32_t *section);

/* preparing a boot */
int model_free(struct model *m, uint32_t asker, uint32_t target, uint64_t start, uint32_t contiguous, uint32_t total,
	       uint32_t *where);
int model_free_next(const struct model *m, uint32_t asker, uint32_t *cursor);
int model_free_undo(const struct model *m, uint32_t asker, uint32_t *cursor);
int model_free_commit(struct model *m, uint32_t asker);
int model_load(struct model *m, uint32_t asker, uint32_t id, const struct fsw_load *load);

/* asking */
int model_switch(struct model *m, uint32_t asker, uint32_t target);
int model_boot(struct model *m, uint32_t asker, uint32_t target, uint32_t flags);
int model_want(const struct model *m, uint32_t asker, uint32_t count, uint64_t from, struct model_want *want);
int model_want_free(const struct model *m, uint32_t asker, struct model_want *want);
int model_claim(struct model *m, uint32_t asker, const struct model_want *want);
int model_terminate(struct model *m, uint32_t asker);
int model_kill(struct model *m, uint32_t asker, uint32_t victim);
int model_cancel(struct model *m, uint32_t asker);

/* the way down and up again */
int model_arm(struct model *m, uint32_t self, uint32_t core, uint64_t address, uint64_t argument);
int model_handover(struct model *m, const struct model_platform *platform, const struct model_table *table, uint32_t core,
		   struct model_jump *jump);
int model_acknowledge(struct model *m, uint32_t self, struct model_outcome *outcome);
int model_visit_next(struct model *m, uint32_t self, struct model_outcome *outcome);
int model_pass(struct model *m, uint32_t self);
int model_collect_next(struct model *m, uint32_t self, struct model_outcome *outcome);
int model_collect_end(struct model *m, uint32_t self);

/* a reset: nobody runs any more; then what fsw_recover() and fsw_start() make of it */
int model_recover(struct model *m, struct model_advice *advice);
int model_start(struct model *m, const struct model_platform *platform, const struct model_table *table, struct model_jump *jump);

/* cores; `stir`: what the core does by itself: leaves as it was told, or comes to the pen */
int model_core_take(struct model *m, uint32_t self, uint32_t core, uint64_t address, uint64_t argument);
int model_core_park(struct model *m, uint32_t self, uint32_t core);
int model_core_lost(struct model *m, uint32_t self, uint32_t core);
void model_core_stir(struct model *m, uint32_t core);

/* records of the instance page that the rules do not depend on */
int model_manifest_set(struct model *m, uint32_t self, uint32_t made_from, bool too_many);
int model_timings_set(struct model *m, uint32_t self, uint32_t made_from);

/* What must hold whatever was done: NULL, or the promise that is broken */
const char *model_promise(const struct model *m);

#endif
