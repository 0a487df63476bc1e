/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Post-operation: what the switch word and the operation mean to the instance that finds itself running. */
#include "operation.h"

/* The target has the machine. */
static void handed(struct fsw_area *area, uint32_t self, const struct fsw_operation *operation, struct fsw_outcome *outcome)
{
	uint32_t released;

	outcome->other = operation->source;
	switch (operation->mode) {
	case FSW_MODE_CLAIM: /* the round ends with fsw_collect_end() */
		released = fsw__claim_released(area, operation);
		outcome->walk.section = operation->first;
		if (operation->source == self) {
			outcome->result = FSW_RESULT_COLLECT;
			outcome->walk.missing = released;
			outcome->other = operation->died;
			return;
		}
		outcome->result = FSW_RESULT_VISIT;
		if (released < operation->wanted)
			outcome->walk.missing = operation->wanted - released;
		return;
	case FSW_MODE_TERMINATE:
		fsw__inherit(area, operation->source, self);
		outcome->result = FSW_RESULT_INHERIT;
		break;
	case FSW_MODE_RECOVER:
		outcome->result = FSW_RESULT_SURVIVED;
		outcome->other = operation->died;
		outcome->undone = operation->undone;
		break;
	default:
		outcome->result = FSW_RESULT_DONE;
		break;
	}
	fsw__operation_end(area);
}

/* Nobody took the machine: back to who asked, or on with the round. */
static void kept(struct fsw_area *area, uint32_t self, const struct fsw_operation *operation, int failed,
		 struct fsw_outcome *outcome)
{
	uint32_t result = fsw__opened(area->switch_word + 1, FSW_TAG_RESULT);

	outcome->error = FSW_ERR(INTERRUPTED);
	if (failed)
		outcome->error = fsw__sound(result) ? -(int)result : FSW_ERR(RESULT_WORD);
	outcome->undone = operation->mode;
	outcome->other = operation->target;
	if (operation->mode == FSW_MODE_CLAIM && (failed || self != operation->source)) {
		if (!failed || operation->target != operation->source) {
			outcome->result = FSW_RESULT_PASS;
			return;
		}
		/* the requester is beyond reach, and sleeps on: what was released stays free */
		outcome->error = FSW_ERR(UNREACHABLE);
	}
	outcome->result = FSW_RESULT_UNDONE;
	fsw__operation_undo(area, operation);
}

int fsw_acknowledge(struct fsw_area *area, uint32_t self, struct fsw_outcome *outcome)
{
	struct fsw_operation operation;
	uint32_t phase = fsw__phase(fsw__switch(area));
	int error = fsw__operation_of(area, self, FSW_MODE_NONE, &operation);

	memset(outcome, 0, sizeof(*outcome));
	if (error == FSW_ERR(NO_OPERATION) || (!error && operation.mode == FSW_MODE_FREE)) {
		outcome->result = FSW_RESULT_PLAIN;
		return 0;
	}
	if (error)
		return error;
	if (phase == FSW_PHASE_HANDED)
		handed(area, self, &operation, outcome);
	else
		kept(area, self, &operation, phase == FSW_PHASE_FAILED, outcome);
	return 0;
}
