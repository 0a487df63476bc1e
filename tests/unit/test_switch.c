/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The state machine: what each phase refuses, and that every refusal leads back to the requester. */
#include "support.h"

static int setup(void **state)
{
	struct world *world = malloc(sizeof(*world));

	*state = world;
	world_make(world, WORLD_INSTANCES, WORLD_SECTIONS);
	world_populate(world, 2);
	return 0;
}

static int teardown(void **state)
{
	struct world *world = *state;

	assert_true(world->transitions_legal);
	world_free(world);
	free(world);
	return 0;
}

/* A refused request changes nothing at all. */
#define UNCHANGED(call, error)                                         \
	do {                                                           \
		unsigned long points = world->points;                  \
		unsigned char *copy = malloc(world->size);             \
		memcpy(copy, world->memory, world->size);              \
		assert_int_equal(call, error);                         \
		assert_memory_equal(copy, world->memory, world->size); \
		assert_int_equal(points, world->points);               \
		free(copy);                                            \
	} while (0)

static void refused_requests(void **state)
{
	struct world *world = *state;
	struct fsw_area *area = &world->area;
	struct fsw_want want = { 0 };
	struct fsw_outcome outcome = { 0 };
	uint32_t cursor = 0;

	UNCHANGED(fsw_switch(area, 2, 1), FSW_ERR(NOT_RUNNING));
	UNCHANGED(fsw_switch(area, 1, 1), FSW_ERR(SELF));
	UNCHANGED(fsw_switch(area, 1, 4), FSW_ERR(EMPTY));
	UNCHANGED(fsw_switch(area, 1, 0), FSW_ERR(ARGUMENT));
	UNCHANGED(fsw_switch(area, 1, 9), FSW_ERR(ARGUMENT));
	UNCHANGED(fsw_boot(area, 1, 2, 0), FSW_ERR(STATE));
	UNCHANGED(fsw_kill(area, 1, 1), FSW_ERR(SELF));
	UNCHANGED(fsw_kill(area, 1, 4), FSW_ERR(EMPTY));
	UNCHANGED(fsw_kill(area, 1, 0), FSW_ERR(ARGUMENT));
	UNCHANGED(fsw_kill(area, 1, 5), FSW_ERR(ARGUMENT));
	UNCHANGED(fsw_kill(area, 3, 2), FSW_ERR(NOT_RUNNING));
	UNCHANGED(fsw_terminate(area, 1), FSW_ERR(MASTER));
	UNCHANGED(fsw_terminate(area, 2), FSW_ERR(NOT_RUNNING));
	UNCHANGED(fsw_cancel(area, 1), FSW_ERR(NO_OPERATION));
	UNCHANGED(fsw_cancel(area, 2), FSW_ERR(NOT_RUNNING));
	UNCHANGED(fsw_arm(area, 1, 0, 0, 0), 0);
	UNCHANGED(fsw_arm(area, 3, 0, 0, 0), FSW_ERR(NOT_RUNNING));
	UNCHANGED(fsw_free_next(area, 1, &cursor), FSW_ERR(NO_OPERATION));
	UNCHANGED(fsw_free_undo(area, 1, &cursor), FSW_ERR(NO_OPERATION));
	UNCHANGED(fsw_free_commit(area, 1), FSW_ERR(NO_OPERATION));
	UNCHANGED(fsw_visit_next(area, 1, &outcome), FSW_ERR(NO_OPERATION));
	UNCHANGED(fsw_collect_next(area, 1, &outcome), FSW_ERR(NO_OPERATION));
	UNCHANGED(fsw_collect_end(area, 1), FSW_ERR(NO_OPERATION));
	UNCHANGED(fsw_pass(area, 1), FSW_ERR(NO_OPERATION));
	UNCHANGED(fsw_want(area, 1, 0, FSW_ANYWHERE, &want), FSW_ERR(ARGUMENT));
	UNCHANGED(fsw_want(area, 2, 1, FSW_ANYWHERE, &want), FSW_ERR(NOT_RUNNING));
	UNCHANGED(fsw_want(area, 1, 1, WORLD_ADDRESS(4) + 1, &want), FSW_ERR(ALIGNMENT));
	UNCHANGED(fsw_want(area, 1, 1, WORLD_ADDRESS(16), &want), FSW_ERR(OUTSIDE));
	UNCHANGED(fsw_want(area, 1, 3, WORLD_ADDRESS(14), &want), FSW_ERR(OUTSIDE));
	UNCHANGED(fsw_want(area, 1, 1, WORLD_BASE - (1 << 24), &want), FSW_ERR(BELOW_BASE));
	want.limit = WORLD_SECTIONS + 1;
	UNCHANGED(fsw_want_free(area, 1, &want), FSW_ERR(ARGUMENT));
	UNCHANGED(fsw_want_free(area, 2, &want), FSW_ERR(NOT_RUNNING));
	UNCHANGED(fsw_claim(area, 2, &want), FSW_ERR(NOT_RUNNING));
	want.walk.missing = 0;
	UNCHANGED(fsw_claim(area, 1, &want), FSW_ERR(ARGUMENT));
	want.walk.missing = 1;
	UNCHANGED(fsw_claim(area, 1, &want), FSW_ERR(ARGUMENT));
	want.limit = WORLD_SECTIONS + 1;
	UNCHANGED(fsw_claim(area, 1, &want), FSW_ERR(ARGUMENT));
	want.first = 5;
	want.limit = 4;
	UNCHANGED(fsw_claim(area, 1, &want), FSW_ERR(ARGUMENT));
	UNCHANGED(fsw_free(area, 2, 4, FSW_ANYWHERE, 1, 1), FSW_ERR(NOT_RUNNING));
	UNCHANGED(fsw_free(area, 1, 4, FSW_ANYWHERE, 0, 1), FSW_ERR(ARGUMENT));
	UNCHANGED(fsw_free(area, 1, 4, FSW_ANYWHERE, 2, 1), FSW_ERR(ARGUMENT));
	UNCHANGED(fsw_free(area, 1, 0, FSW_ANYWHERE, 1, 1), FSW_ERR(ARGUMENT));
	UNCHANGED(fsw_free(area, 1, 5, FSW_ANYWHERE, 1, 1), FSW_ERR(ARGUMENT));
	UNCHANGED(fsw_free(area, 1, 2, FSW_ANYWHERE, 1, 1), FSW_ERR(IN_USE));
	UNCHANGED(fsw_free(area, 1, 4, WORLD_ADDRESS(8) + 4096, 1, 1), FSW_ERR(ALIGNMENT));
	UNCHANGED(fsw_free(area, 1, 4, WORLD_ADDRESS(16), 1, 1), FSW_ERR(OUTSIDE));
	UNCHANGED(fsw_free(area, 1, 4, WORLD_ADDRESS(15), 2, 2), FSW_ERR(OUTSIDE));
	UNCHANGED(fsw_free(area, 1, 4, WORLD_ADDRESS(2), 2, 2), FSW_ERR(CONTIGUOUS));
	assert_int_equal(area->fault.index, 2);
	UNCHANGED(fsw_free(area, 1, 4, WORLD_ADDRESS(12), 3, 3), FSW_ERR(CONTIGUOUS));
	assert_int_equal(area->fault.index, 14);
	UNCHANGED(fsw_free(area, 1, 4, FSW_ANYWHERE, 7, 7), FSW_ERR(CONTIGUOUS));
	UNCHANGED(fsw_free(area, 1, 4, WORLD_ADDRESS(8), 2, 7), FSW_ERR(NOT_ENOUGH));
	assert_int_equal(area->fault.index, 6);
}

static void one_operation_at_a_time(void **state)
{
	struct world *world = *state;
	struct fsw_area *area = &world->area;
	struct fsw_want want;
	struct fsw_status status;

	assert_int_equal(fsw_want(area, 1, 1, FSW_ANYWHERE, &want), 0);
	assert_int_equal(fsw_switch(area, 1, 2), 0);
	assert_int_equal(fsw_status(area, &status), 0);
	assert_int_equal(status.phase, FSW_PHASE_REQUESTED);
	assert_int_equal(status.running, 1);
	assert_int_equal(status.operation->mode, FSW_MODE_SWITCH);
	UNCHANGED(fsw_switch(area, 1, 3), FSW_ERR(BUSY));
	UNCHANGED(fsw_boot(area, 1, 3, 0), FSW_ERR(BUSY));
	UNCHANGED(fsw_kill(area, 1, 3), FSW_ERR(BUSY));
	UNCHANGED(fsw_terminate(area, 1), FSW_ERR(BUSY));
	UNCHANGED(fsw_claim(area, 1, &want), FSW_ERR(BUSY));
	UNCHANGED(fsw_free(area, 1, 4, FSW_ANYWHERE, 1, 1), FSW_ERR(BUSY));
	UNCHANGED(fsw_pass(area, 1), FSW_ERR(NO_OPERATION));
	/* memory of its own it may still move */
	assert_int_equal(fsw_cmm_offline(area, 1, 12), 0);
	assert_int_equal(fsw_cancel(area, 1), 0);
	assert_int_equal(fsw_switch(area, 1, 3), 0);
	assert_int_equal(fsw_cancel(area, 1), 0);
	world_operation(world)->core ^= 1;
	assert_int_equal(fsw_status(area, &status), FSW_ERR(OPERATION_CRC));
	*world_switch_word(world) ^= 1;
	assert_int_equal(fsw_status(area, &status), FSW_ERR(SWITCH_WORD));
}

static void damaged_operations(void **state)
{
	struct world *world = *state;
	struct fsw_outcome outcome;
	struct fsw_jump jump;
	struct fsw_operation *operation;

	assert_int_equal(fsw_switch(&world->area, 1, 2), 0);
	operation = world_operation(world);
	operation->wanted ^= 1;
	assert_int_equal(fsw_cancel(&world->area, 1), FSW_ERR(OPERATION_CRC));
	assert_int_equal(fsw_arm(&world->area, 1, 0, 0, 0), FSW_ERR(OPERATION_CRC));
	assert_int_equal(fsw_acknowledge(&world->area, 1, &outcome), FSW_ERR(OPERATION_CRC));
	UNCHANGED(fsw_handover(world->memory, &world->handover, &jump), FSW_GO_ON); /* not armed */
	operation->wanted ^= 1;
	assert_int_equal(fsw_acknowledge(&world->area, 2, &outcome), FSW_ERR(NOT_RUNNING));
	assert_int_equal(fsw_arm(&world->area, 1, 0, 0x1004, 0xa1), 1);
	/* damaged after it was armed: refused, and the reason is kept */
	operation = world_operation(world);
	operation->wanted ^= 1;
	assert_int_equal(fsw_handover(world->memory, &world->handover, &jump), FSW_ERR(OPERATION_CRC));
	operation->wanted ^= 1;
	assert_int_equal(fsw_acknowledge(&world->area, 1, &outcome), 0);
	assert_int_equal(outcome.error, FSW_ERR(OPERATION_CRC));
	assert_int_equal(fsw_switch(&world->area, 1, 2), 0);
	assert_int_equal(fsw_arm(&world->area, 1, 0, 0x1004, 0xa1), 1);
	operation = world_operation(world);
	operation->target = 5;
	world_put_record(operation, sizeof(*operation));
	assert_int_equal(fsw_handover(world->memory, &world->handover, &jump), FSW_ERR(OPERATION));
	assert_int_equal(fsw_acknowledge(&world->area, 1, &outcome), 0);
	assert_int_equal(outcome.error, FSW_ERR(OPERATION));
	assert_int_equal(fsw_switch(&world->area, 1, 2), 0);
	assert_int_equal(fsw_arm(&world->area, 1, 0, 0x1004, 0xa1), 1);
	*world_switch_word(world) ^= 1;
	assert_int_equal(fsw_handover(world->memory, &world->handover, &jump), FSW_ERR(SWITCH_WORD));
	*world_switch_word(world) ^= 1;
	world->area.header->version ^= 1;
	assert_int_equal(fsw_handover(world->memory, &world->handover, &jump), FSW_ERR(HEADER_CRC));
	world->area.header->version ^= 1;
	world->area.header->magic ^= 1;
	assert_int_equal(fsw_handover(world->memory, &world->handover, &jump), FSW_ERR(HEADER_CRC));
	world->area.header->magic ^= 1;
	assert_int_equal(fsw_start(world->memory, &world->handover, &jump), FSW_ERR(NO_OPERATION));
	assert_int_equal(fsw_handover(world->memory, &world->handover, &jump), FSW_GO_JUMP);
}

/* Seed 001, 06/09: a secondary core must not take the hand-over, nor may anyone twice. */
static void only_the_armed_core(void **state)
{
	struct world *world = *state;
	struct fsw_outcome outcome;
	struct fsw_jump jump;

	UNCHANGED(fsw_handover(world->memory, &world->handover, &jump), FSW_GO_ON);
	assert_int_equal(fsw_switch(&world->area, 1, 2), 0);
	UNCHANGED(fsw_handover(world->memory, &world->handover, &jump), FSW_GO_ON);
	assert_int_equal(fsw_arm(&world->area, 1, 3, 0x1004, 0xa1), 1);
	world->handover.core = 1;
	UNCHANGED(fsw_handover(world->memory, &world->handover, &jump), FSW_GO_ON);
	world->handover.core = 3;
	assert_int_equal(fsw_handover(world->memory, &world->handover, &jump), FSW_GO_JUMP);
	world->handover.core = 1;
	UNCHANGED(fsw_handover(world->memory, &world->handover, &jump), FSW_GO_ON);
	world->handover.core = 3;
	UNCHANGED(fsw_handover(world->memory, &world->handover, &jump), FSW_GO_ON);
	assert_int_equal(fsw_acknowledge(&world->area, 2, &outcome), 0);
	assert_int_equal(outcome.result, FSW_RESULT_DONE);
	assert_int_equal(outcome.other, 1);

	/* armed twice: the last time counts; armed for any core, any may */
	assert_int_equal(fsw_switch(&world->area, 2, 1), 0);
	assert_int_equal(fsw_arm(&world->area, 2, 3, 0x2004, 0xa2), 1);
	assert_int_equal(fsw_arm(&world->area, 2, FSW_CORE_ANY, 0x2008, 0xa2), 1);
	assert_int_equal(fsw_handover(world->memory, &world->handover, &jump), FSW_GO_JUMP);
	assert_true(jump.address == 0x1004);
	assert_true(((struct fsw_resume *)world_page(world, 2, FSW_PAGE_RESUME))->address == 0x2008);
}

/* Memory up to the very end of the map, and a master that does not begin with it */
static void up_to_the_end(void **state)
{
	struct world *world = *state;
	struct fsw_range ram = { WORLD_BASE, 8 << 24 };
	struct fsw_memory memory = { { &ram, 1 }, { &ram, 1 }, { NULL, 0 }, { NULL, 0 } };
	struct fsw_load load = world_load(2, "master");

	world_free(world);
	world_make(world, 2, 8);
	assert_int_equal(fsw_master(&world->area, &load, &memory), 0);
	world->executing = 1;
	UNCHANGED(fsw_free(&world->area, 1, 2, FSW_ANYWHERE, 9, 9), FSW_ERR(CONTIGUOUS));
	assert_int_equal(world_prepare(world, 2, FSW_ANYWHERE, 8, 8), 0);
	assert_int_equal(world_entry(world, 7), FSW_ENTRY_AVAILABLE | 2);
}

static void plain_suspends(void **state)
{
	struct world *world = *state;
	struct fsw_outcome outcome;
	struct fsw_jump jump;

	assert_int_equal(world_suspend(world), 0);
	UNCHANGED(fsw_acknowledge(&world->area, 1, &outcome), 0);
	assert_int_equal(outcome.result, FSW_RESULT_PLAIN);
	/* in the middle of a preparation too */
	assert_int_equal(fsw_free(&world->area, 1, 4, FSW_ANYWHERE, 1, 2), 0);
	assert_int_equal(world_suspend(world), 0);
	UNCHANGED(fsw_acknowledge(&world->area, 1, &outcome), 0);
	assert_int_equal(outcome.result, FSW_RESULT_PLAIN);
	assert_int_equal(fsw_cancel(&world->area, 1), 0);
	assert_int_equal(world_entry(world, 8), FSW_ENTRY_AVAILABLE | 1);
	/* before what happened was acknowledged */
	assert_int_equal(fsw_switch(&world->area, 1, 2), 0);
	assert_int_equal(world_suspend(world), FSW_GO_JUMP);
	assert_int_equal(world_suspend(world), 0);
	/* nor can what was handed over be taken back */
	UNCHANGED(fsw_cancel(&world->area, 2), FSW_ERR(NO_OPERATION));
	/* before there was any operation, and before there was any instance */
	world_free(world);
	world_make(world, 2, 8);
	UNCHANGED(fsw_handover(world->memory, &world->handover, &jump), FSW_GO_ON);
	UNCHANGED(fsw_start(world->memory, &world->handover, &jump), FSW_ERR(NO_OPERATION));
	world_populate(world, 0);
	UNCHANGED(fsw_handover(world->memory, &world->handover, &jump), FSW_GO_ON);
	UNCHANGED(fsw_start(world->memory, &world->handover, &jump), FSW_ERR(NO_OPERATION));
}

static void back_to_the_requester(void **state)
{
	struct world *world = *state;
	struct fsw_outcome outcome;
	uint32_t *resume = world_page(world, 2, FSW_PAGE_RESUME);
	uint32_t *sar = world_page(world, 2, FSW_PAGE_SAR);

	/* woken before the hand-over */
	assert_int_equal(fsw_switch(&world->area, 1, 2), 0);
	assert_int_equal(fsw_acknowledge(&world->area, 1, &outcome), 0);
	assert_int_equal(outcome.result, FSW_RESULT_UNDONE);
	assert_int_equal(outcome.error, FSW_ERR(INTERRUPTED));
	assert_int_equal(outcome.undone, FSW_MODE_SWITCH);
	assert_int_equal(outcome.other, 2);

	/* damage that came after the request */
#define DAMAGED(word, code)                                                      \
	do {                                                                     \
		assert_int_equal(fsw_switch(&world->area, 1, 2), 0);             \
		*(word) ^= 1;                                                    \
		assert_int_equal(world_suspend(world), code);                    \
		*(word) ^= 1;                                                    \
		assert_int_equal(world->executing, 1);                           \
		assert_int_equal(fsw_acknowledge(&world->area, 1, &outcome), 0); \
		assert_int_equal(outcome.result, FSW_RESULT_UNDONE);             \
		assert_int_equal(outcome.error, code);                           \
	} while (0)
	DAMAGED(resume, FSW_ERR(RESUME_CRC));
	DAMAGED(sar + 8, FSW_ERR(SAR_CRC));
	DAMAGED(world_state_word(world, 2), FSW_ERR(STATE));
	*resume ^= 1;
	assert_int_equal(fsw_switch(&world->area, 1, 2), FSW_ERR(RESUME_CRC));
	*resume ^= 1;

	/* registers that this platform does not allow, or for which there is no room */
	assert_int_equal(fsw_switch(&world->area, 1, 2), 0);
	world->handover.table.count = 2;
	assert_int_equal(world_suspend(world), FSW_ERR(SAR_RANGE));
	world->handover.table.count = 3;
	world_wake(world);
	assert_int_equal(world->last_error, FSW_ERR(SAR_RANGE));
	assert_int_equal(fsw_switch(&world->area, 1, 2), 0);
	world->segments[0].size = 3 * 4096;
	assert_int_equal(world_suspend(world), FSW_ERR(SAR_SIZE));
	world->segments[0].size = 12;
	world_wake(world);
	assert_int_equal(world->last_error, FSW_ERR(SAR_SIZE));

	/* the reason itself is damaged */
	assert_int_equal(fsw_switch(&world->area, 1, 2), 0);
	*resume ^= 1;
	assert_int_equal(world_suspend(world), FSW_ERR(RESUME_CRC));
	*resume ^= 1;
	world_switch_word(world)[1] ^= 1;
	world_wake(world);
	assert_int_equal(world->last_error, FSW_ERR(RESULT_WORD));
	world_switch_word(world)[1] ^= 1;

	assert_int_equal(world_switch(world, 2), 0);
	assert_int_equal(world->executing, 2);
}

static void boots(void **state)
{
	struct world *world = *state;
	struct fsw_load load = world_load(10, "new");
	struct fsw_outcome outcome;
	struct fsw_jump jump;
	uint32_t *record = world_page(world, 4, FSW_PAGE_LOAD);

	assert_int_equal(world_prepare(world, 4, WORLD_ADDRESS(10), 1, 2), 0);
	assert_int_equal(fsw_load(&world->area, 1, 4, &load), 0);
	UNCHANGED(fsw_boot(&world->area, 1, 4, 2), FSW_ERR(ARGUMENT));
	/* the image is damaged between request and hand-over */
	assert_int_equal(fsw_boot(&world->area, 1, 4, FSW_FLAG_DIRECT), 0);
	*record ^= 1;
	assert_int_equal(world_suspend(world), FSW_ERR(LOAD_CRC));
	*record ^= 1;
	world_wake(world);
	assert_int_equal(world->last_result, FSW_RESULT_UNDONE);
	assert_int_equal(fsw_boot(&world->area, 1, 4, 0), 0);
	*world_state_word(world, 4) ^= 1;
	assert_int_equal(world_suspend(world), FSW_ERR(STATE));
	*world_state_word(world, 4) ^= 1;
	world_wake(world);

	/* the reset does not come: the source, already asleep by its page, is awake after all */
	assert_int_equal(fsw_boot(&world->area, 1, 4, 0), 0);
	assert_int_equal(fsw_arm(&world->area, 1, 0, 0x1004, 0xa1), 1);
	memcpy(world->expected[1], world->registers, sizeof(world->registers));
	assert_int_equal(fsw_handover(world->memory, &world->handover, &jump), FSW_GO_RESET);
	assert_int_equal(fsw_acknowledge(&world->area, 1, &outcome), 0);
	assert_int_equal(outcome.result, FSW_RESULT_UNDONE);
	assert_int_equal(fsw__state(&world->area, 1), FSW_STATE_RUNNING);
	assert_int_equal(world_boot(world, 4, 0), 0);
	assert_int_equal(world->executing, 4);
}

static void prepares_all_or_nothing(void **state)
{
	struct world *world = *state;
	struct fsw_area *area = &world->area;
	unsigned char *cmm = malloc(4 * WORLD_SECTIONS);
	uint32_t cursor = 0;

	/* free ones first: 12 is free, so 9, 10 and 11 stay */
	assert_int_equal(fsw_cmm_offline(area, 1, 12), 0);
	assert_int_equal(world_prepare(world, 4, WORLD_ADDRESS(8), 1, 2), 0);
	assert_int_equal(world_entry(world, 8), FSW_ENTRY_AVAILABLE | 4);
	assert_int_equal(world_entry(world, 12), FSW_ENTRY_AVAILABLE | 4);
	assert_int_equal(world_entry(world, 9), FSW_ENTRY_AVAILABLE | 1);
	/* never loaded: given back by killing what never was */
	assert_int_equal(world_kill(world, 4), 0);
	assert_int_equal(world_entry(world, 12), FSW_ENTRY_AVAILABLE | 1);

	/* one will not go: all come back, the map is as before */
	assert_int_equal(fsw_cmm_offline(area, 1, 9), 0);
	memcpy(cmm, area->cmm, 4 * WORLD_SECTIONS);
	world->refuse_offline = 1 << 11;
	assert_int_equal(world_prepare(world, 4, FSW_ANYWHERE, 3, 5), FSW_ERR(UNFINISHED));
	assert_memory_equal(cmm, area->cmm, 4 * WORLD_SECTIONS);
	world->refuse_offline = 0;
	/* the lowest run that fits is not the first one free */
	assert_int_equal(fsw_cmm_keep(area, 1, 10), 0);
	assert_int_equal(world_prepare(world, 4, FSW_ANYWHERE, 3, 3), 0);
	assert_int_equal(world_entry(world, 11), FSW_ENTRY_AVAILABLE | 4);
	assert_int_equal(world_entry(world, 8), FSW_ENTRY_AVAILABLE | 1);
	assert_int_equal(world_kill(world, 4), 0);

	/* a stray write in the middle of it all is named */
	assert_int_equal(fsw_free(area, 1, 4, WORLD_ADDRESS(11), 2, 2), 0);
	area->cmm[12] ^= 1;
	assert_int_equal(fsw_free_next(area, 1, &cursor), 1);
	assert_int_equal(fsw_cmm_offline(area, 1, cursor), 0);
	assert_int_equal(fsw_free_next(area, 1, &cursor), FSW_ERR(ENTRY_CHECK));
	assert_int_equal(fsw_free_commit(area, 1), FSW_ERR(ENTRY_CHECK));
	assert_int_equal(area->fault.index, 12);
	assert_int_equal(fsw_cancel(area, 1), 0);
	assert_int_equal(fsw_free(area, 1, 4, WORLD_ADDRESS(11), 2, 2), FSW_ERR(ENTRY_CHECK));
	assert_int_equal(fsw_kill(area, 1, 4), FSW_ERR(ENTRY_CHECK));
	area->cmm[12] ^= 1;
	free(cmm);
}

static void kills_leave_stray_writes_alone(void **state)
{
	struct world *world = *state;
	uint32_t stray;

	world->area.cmm[6] ^= 1u << 20;
	stray = world->area.cmm[6];
	assert_int_equal(fsw_kill(&world->area, 1, 3), 0);
	assert_int_equal(world_entry(world, 7), FSW_ENTRY_AVAILABLE | FSW_ENTRY_CLAIMED | 1);
	assert_int_equal(world->area.cmm[6], stray);
	assert_int_equal(fsw_cmm_verify(&world->area), FSW_ERR(ENTRY_CHECK));
	assert_int_equal(world->area.fault.index, 6);
}

static void children_of_the_gone(void **state)
{
	struct world *world = *state;
	struct fsw_load load = world_load(12, "child");
	struct fsw_instance instance;

	/* 2 boots 4; 2 is killed: 4 now is a child of 2's parent */
	assert_int_equal(world_switch(world, 2), 0);
	assert_int_equal(world_claim(world, 2, WORLD_ADDRESS(12)), 0);
	assert_int_equal(world_prepare(world, 4, WORLD_ADDRESS(12), 1, 1), 0);
	assert_int_equal(fsw_load(&world->area, 2, 4, &load), 0);
	assert_int_equal(fsw_kill(&world->area, 2, 1), FSW_ERR(MASTER));
	assert_int_equal(world_boot(world, 4, 0), 0);
	assert_int_equal(fsw_instance_get(&world->area, 4, &instance), 0);
	assert_int_equal(instance.parent, 2);
	assert_int_equal(world_kill(world, 2), 0);
	assert_int_equal(fsw_instance_get(&world->area, 4, &instance), 0);
	assert_int_equal(instance.parent, 1);
	assert_int_equal(world_terminate(world), 0);
	assert_int_equal(world->executing, 1);
	/* it inherits also what its child had taken from the killed */
	assert_int_equal(world_entry(world, 4), FSW_ENTRY_AVAILABLE | 1);
}

static void the_last_cannot_leave(void **state)
{
	struct world *world = *state;

	assert_int_equal(world_switch(world, 3), 0);
	assert_int_equal(world_switch(world, 2), 0);
	/* its parent cannot be resumed: the most recent sleeper is the heir */
	*(uint32_t *)world_page(world, 1, FSW_PAGE_RESUME) ^= 1;
	assert_int_equal(fsw_terminate(&world->area, 2), 0);
	assert_int_equal(world_operation(world)->target, 3);
	assert_int_equal(fsw_cancel(&world->area, 2), 0);
	*(uint32_t *)world_page(world, 3, FSW_PAGE_RESUME) ^= 1;
	assert_int_equal(fsw_terminate(&world->area, 2), FSW_ERR(NOBODY));
	*(uint32_t *)world_page(world, 3, FSW_PAGE_RESUME) ^= 1;
	*(uint32_t *)world_page(world, 1, FSW_PAGE_RESUME) ^= 1;
	/* whatever the parent word says */
	*world_parent_word(world, 2) ^= 1;
	assert_int_equal(fsw_terminate(&world->area, 2), 0);
	assert_int_equal(world_operation(world)->target, 1);
	assert_int_equal(fsw_cancel(&world->area, 2), 0);
	*world_parent_word(world, 2) = fsw__guard(2, FSW_TAG_PARENT + 2);
	assert_int_equal(fsw_terminate(&world->area, 2), 0);
	assert_int_equal(world_operation(world)->target, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(refused_requests, setup, teardown),
		cmocka_unit_test_setup_teardown(one_operation_at_a_time, setup, teardown),
		cmocka_unit_test_setup_teardown(damaged_operations, setup, teardown),
		cmocka_unit_test_setup_teardown(only_the_armed_core, setup, teardown),
		cmocka_unit_test_setup_teardown(plain_suspends, setup, teardown),
		cmocka_unit_test_setup_teardown(back_to_the_requester, setup, teardown),
		cmocka_unit_test_setup_teardown(boots, setup, teardown),
		cmocka_unit_test_setup_teardown(prepares_all_or_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(kills_leave_stray_writes_alone, setup, teardown),
		cmocka_unit_test_setup_teardown(children_of_the_gone, setup, teardown),
		cmocka_unit_test_setup_teardown(up_to_the_end, setup, teardown),
		cmocka_unit_test_setup_teardown(the_last_cannot_leave, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
