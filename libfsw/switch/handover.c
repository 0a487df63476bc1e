/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The hand-over: MMU and caches off, on one core. It trusts nothing but the area's own checks, and gives nothing away before the
 * target is known to be good.
 */
#define FSW_HANDOVER 1
#include "../include/fsw/switch.h"
#include "../instance/page.h"
#include "../instance/sar.h"

struct scene {
	struct fsw_area area;
	const struct fsw_operation *operation;
	uint32_t phase;
	uint32_t slot;
	uint32_t owner;
};

static int look(struct scene *scene, void *memory, const struct fsw_handover *in)
{
	const struct fsw_header *header = (const struct fsw_header *)memory;
	uint32_t sw;

	if (header->magic != FSW_AREA_MAGIC || !fsw__record_sound(header, sizeof(*header)))
		return FSW_ERR(HEADER_CRC);
	fsw__attach(&scene->area, memory, in->port);
	sw = fsw__switch(&scene->area);
	if (!fsw__sound(sw))
		return FSW_ERR(SWITCH_WORD);
	scene->phase = fsw__phase(sw);
	scene->slot = fsw__slot(sw);
	scene->owner = fsw__owner(sw);
	scene->operation = fsw__operation(&scene->area, scene->slot);
	return 0;
}

/* Errors are positive. */
static enum fsw_error target_wrong(const struct scene *scene, const struct fsw_handover *in)
{
	const struct fsw_area *area = &scene->area;
	uint32_t id = scene->operation->target;
	uint32_t state;

	if (!fsw__record_sound(scene->operation, sizeof(*scene->operation)))
		return FSW_ERROR_OPERATION_CRC;
	if (id - 1 >= area->instances)
		return FSW_ERROR_OPERATION;
	state = fsw__state(area, id);
	if (scene->operation->mode == FSW_MODE_BOOT) {
		if (state != FSW_STATE_LOADED)
			return FSW_ERROR_STATE;
		return fsw__record_sound(fsw__load(area, id), sizeof(struct fsw_load)) ? FSW_ERROR_NONE : FSW_ERROR_LOAD_CRC;
	}
	if (state != FSW_STATE_SLEEPING)
		return FSW_ERROR_STATE;
	if (!fsw__record_sound(fsw__resume(area, id), sizeof(struct fsw_resume)))
		return FSW_ERROR_RESUME_CRC;
	return (enum fsw_error) - fsw_sar_verify(fsw__sar(area, id), fsw__sar_room(area), &in->table);
}

static int enter(const struct scene *scene, struct fsw_jump *jump)
{
	const struct fsw_area *area = &scene->area;
	uint32_t id = scene->operation->target;
	uint32_t i;

	/* The commit: from here on a reset finds the target, not yet started, as the owner. */
	fsw__set_switch(area, id, FSW_PHASE_HANDED, scene->slot);
	if (scene->operation->mode == FSW_MODE_BOOT) {
		const struct fsw_load *load = fsw__load(area, id);

		jump->address = load->entry;
		for (i = 0; i < 4; i++)
			jump->argument[i] = load->arguments[i];
	} else {
		const struct fsw_resume *resume = fsw__resume(area, id);

		jump->address = resume->address;
		jump->argument[0] = resume->argument;
		for (i = 1; i < 4; i++)
			jump->argument[i] = 0;
		fsw__sar_write(area->port, fsw__sar(area, id));
	}
	fsw__set_state(area, id, FSW_STATE_RUNNING);
	return FSW_GO_JUMP;
}

int fsw_handover(void *memory, const struct fsw_handover *in, struct fsw_jump *jump)
{
	struct scene scene;
	const struct fsw_area *area = &scene.area;
	int error = look(&scene, memory, in);

	if (error)
		return error;
	/* A plain suspend, or a core that merely passes by (seed 001, 06/09). */
	if (scene.phase != FSW_PHASE_ARMED || scene.owner == 0)
		return FSW_GO_ON;
	if (scene.operation->core != in->core && scene.operation->core != FSW_CORE_ANY)
		return FSW_GO_ON;
	error = -(int)target_wrong(&scene, in);
	if (!error && scene.operation->mode != FSW_MODE_TERMINATE)
		error = fsw_sar_save(in->port, &in->table, fsw__sar(area, scene.owner), fsw__sar_room(area));
	if (error) {
		fsw__commit(in->port, area->switch_word + 1, (uint32_t)-error, FSW_TAG_RESULT);
		fsw__set_switch(area, scene.owner, FSW_PHASE_FAILED, scene.slot);
		return error;
	}
	if (scene.operation->mode != FSW_MODE_TERMINATE)
		fsw__set_state(area, scene.owner, FSW_STATE_SLEEPING);
	if (scene.operation->mode == FSW_MODE_BOOT && !(scene.operation->flags & FSW_FLAG_DIRECT)) {
		fsw__set_switch(area, scene.owner, FSW_PHASE_RESETTING, scene.slot);
		return FSW_GO_RESET;
	}
	return enter(&scene, jump);
}

int fsw_start(void *memory, const struct fsw_handover *in, struct fsw_jump *jump)
{
	struct scene scene;
	int error = look(&scene, memory, in);

	if (error)
		return error;
	if (scene.phase != FSW_PHASE_RESETTING && (scene.phase != FSW_PHASE_ARMED || scene.owner != 0))
		return FSW_ERR(NO_OPERATION);
	error = -(int)target_wrong(&scene, in);
	if (!error)
		return enter(&scene, jump);
	if (error != FSW_ERR(OPERATION_CRC) && error != FSW_ERR(OPERATION))
		fsw__set_state(&scene.area, scene.operation->target, FSW_STATE_DEAD | FSW_CAUSE_REFUSED << 8);
	return error;
}
