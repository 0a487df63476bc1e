/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "operation.h"

#include "../area/cores.h"

void fsw__operation_commit(struct fsw_area *area, struct fsw_operation *operation, uint32_t owner, uint32_t phase)
{
	uint32_t slot = fsw__slot(fsw__switch(area));

	operation->sequence = fsw__operation(area, slot)->sequence + 1;
	fsw__record_put(area->port, fsw__operation(area, slot ^ 1), operation, sizeof(*operation));
	fsw__set_switch(area, owner, phase, slot ^ 1);
}

int fsw__operation_new(const struct fsw_area *area, uint32_t asker, struct fsw_operation *operation)
{
	memset(operation, 0, sizeof(*operation));
	operation->source = asker;
	operation->core = FSW_CORE_ANY;
	return fsw__idle(area, asker);
}

void fsw__operation_begin(struct fsw_area *area, struct fsw_operation *operation, uint32_t mode, uint32_t target)
{
	operation->mode = mode;
	operation->target = target;
	fsw__operation_commit(area, operation, operation->source, FSW_PHASE_REQUESTED);
}

int fsw__operation_of(struct fsw_area *area, uint32_t asker, uint32_t mode, struct fsw_operation *operation)
{
	int error = fsw__running(area, asker);
	uint32_t sw = fsw__switch(area);

	if (error)
		return error;
	if (fsw__phase(sw) == FSW_PHASE_IDLE)
		return FSW_ERR(NO_OPERATION);
	*operation = *fsw__operation(area, fsw__slot(sw));
	if (!fsw__record_sound(operation, sizeof(*operation)))
		return FSW_ERR(OPERATION_CRC);
	return mode != FSW_MODE_NONE && mode != operation->mode ? FSW_ERR(NO_OPERATION) : 0;
}

void fsw__operation_end(struct fsw_area *area)
{
	uint32_t sw = fsw__switch(area);

	fsw__set_switch(area, fsw__owner(sw), FSW_PHASE_IDLE, fsw__slot(sw));
}

void fsw__operation_undo(struct fsw_area *area, const struct fsw_operation *operation)
{
	uint32_t owner = fsw__owner(fsw__switch(area));

	fsw__map_unmark(area, operation->first, operation->limit, FSW_OWNER_NONE);
	/* a reset that was asked for and never came: the source is awake after all */
	if (fsw__state(area, owner) == FSW_STATE_SLEEPING)
		fsw__set_state(area, owner, FSW_STATE_RUNNING);
	fsw__operation_end(area);
}

void fsw__inherit(struct fsw_area *area, uint32_t victim, uint32_t heir)
{
	fsw__map_take(area, victim, heir);
	fsw__page_erase(area, victim);
}

int fsw_status(struct fsw_area *area, struct fsw_status *status)
{
	uint32_t sw = fsw__switch(area);

	if (!fsw__sound(sw))
		return FSW_ERR(SWITCH_WORD);
	status->running = fsw__owner(sw);
	status->phase = fsw__phase(sw);
	status->operation = fsw__operation(area, fsw__slot(sw));
	return fsw__record_sound(status->operation, sizeof(*status->operation)) ? 0 : FSW_ERR(OPERATION_CRC);
}

int fsw_cancel(struct fsw_area *area, uint32_t asker)
{
	struct fsw_operation operation;
	int error = fsw__operation_of(area, asker, FSW_MODE_NONE, &operation);

	if (error)
		return error;
	/* the machine has changed hands: only a round can still be given up */
	if (fsw__phase(fsw__switch(area)) == FSW_PHASE_HANDED && operation.mode != FSW_MODE_CLAIM)
		return FSW_ERR(NO_OPERATION);
	fsw__operation_undo(area, &operation);
	return 0;
}

int fsw_arm(struct fsw_area *area, uint32_t self, uint32_t core, uint64_t address, uint64_t argument)
{
	struct fsw_operation operation;
	struct fsw_resume resume;
	uint32_t phase = fsw__phase(fsw__switch(area));
	int error = fsw__operation_of(area, self, FSW_MODE_NONE, &operation);

	if (error == FSW_ERR(NO_OPERATION))
		return 0;
	if (error)
		return error;
	if (phase != FSW_PHASE_REQUESTED && phase != FSW_PHASE_ARMED)
		return 0;
	/* a preparation in progress does not hinder a plain suspend */
	if (operation.mode == FSW_MODE_FREE)
		return 0;
	error = fsw__cores_settled(area, core);
	if (error)
		return error;
	memset(&resume, 0, sizeof(resume));
	resume.address = address;
	resume.argument = argument;
	resume.sequence = operation.sequence;
	fsw__record_put(area->port, fsw__resume(area, self), &resume, sizeof(resume));
	operation.core = core;
	fsw__operation_commit(area, &operation, self, FSW_PHASE_ARMED);
	return 1;
}
