/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Opening: every check in the order of the codes in error.h. */
#include "../include/fsw/cmm.h"
#include "../include/fsw/cores.h"
#include "../include/fsw/instance.h"
#include "frame.h"

#define SWAPPED_MAGIC 0x46535741u

/* Errors here are positive, as the enumeration has them. */
static enum fsw_error header_wrong(const struct fsw_header *header, size_t length)
{
	struct fsw_geometry layout;
	uint32_t size;
	enum fsw_error error;

	if (length < sizeof(*header))
		return FSW_ERROR_TRUNCATED;
	if (header->magic == 0 || header->magic == ~0u)
		return FSW_ERROR_NO_AREA;
	if (header->magic == SWAPPED_MAGIC)
		return FSW_ERROR_BYTE_ORDER;
	if (header->magic != FSW_AREA_MAGIC)
		return FSW_ERROR_MAGIC;
	if (header->last_compat > FSW_AREA_VERSION)
		return FSW_ERROR_VERSION_NEW;
	if (header->version < FSW_AREA_FIRST_SUPPORTED)
		return FSW_ERROR_VERSION_OLD;
	if (!fsw__record_sound(header, sizeof(*header)))
		return FSW_ERROR_HEADER_CRC;
	error = fsw__layout(&header->geometry, &layout, &size);
	if (error)
		return error;
	/* A later version may put more behind what this one knows. */
	if (header->geometry.cmm_offset != FSW_BLOCK_SIZE || header->geometry.pages_offset != layout.pages_offset ||
	    header->geometry.cores_offset != layout.cores_offset || header->size < size)
		return FSW_ERROR_LAYOUT;
	return length < header->size ? FSW_ERROR_TRUNCATED : FSW_ERROR_NONE;
}

static enum fsw_error switch_wrong(const struct fsw_area *area)
{
	uint32_t sw = fsw__switch(area);
	uint32_t phase = fsw__phase(sw);
	uint32_t owner = fsw__owner(sw);
	const struct fsw_operation *operation = fsw__operation(area, fsw__slot(sw));

	if (!fsw__sound(sw))
		return FSW_ERROR_SWITCH_WORD;
	/* nobody owns the machine: only before it is set up, or between recovery and start */
	if (sw & FSW_SWITCH_RESERVED || phase > FSW_PHASE_FAILED || owner > area->instances ||
	    (owner == 0) > (phase == FSW_PHASE_BLANK || phase == FSW_PHASE_ARMED))
		return FSW_ERROR_SWITCH_VALUE;
	if (!fsw__sound(fsw__opened(area->switch_word + 1, FSW_TAG_RESULT)))
		return FSW_ERROR_RESULT_WORD;
	if (!fsw__record_sound(operation, sizeof(*operation)))
		return FSW_ERROR_OPERATION_CRC;
	if (phase <= FSW_PHASE_IDLE)
		return FSW_ERROR_NONE;
	if (operation->mode - 1 >= FSW_MODE_LAST || operation->source - 1 >= area->instances ||
	    operation->target - 1 >= area->instances || operation->first > operation->limit || operation->limit > area->sections)
		return FSW_ERROR_OPERATION;
	return FSW_ERROR_NONE;
}

int fsw__open_frame(struct fsw_area *area, void *memory, size_t length, const struct fsw_port *port)
{
	enum fsw_error error;

	if (!area || !memory || !port)
		return FSW_ERR(ARGUMENT);
	area->fault.error = 0;
	area->fault.index = 0;
	if ((uintptr_t)memory & 7)
		return FSW_ERR(ALIGNMENT);
	error = header_wrong((const struct fsw_header *)memory, length);
	if (error == FSW_ERROR_NONE) {
		fsw__attach(area, memory, port);
		error = switch_wrong(area);
	}
	return error != FSW_ERROR_NONE ? -(int)error : fsw_cmm_verify(area);
}

int fsw_open(struct fsw_area *area, void *memory, size_t length, const struct fsw_port *port)
{
	struct fsw_instance instance;
	struct fsw_core now;
	int error = fsw__open_frame(area, memory, length, port);
	uint32_t i;

	for (i = 1; !error && i <= area->instances; i++)
		error = fsw_instance_get(area, i, &instance);
	for (i = 0; !error && i < area->header->geometry.cores; i++)
		error = fsw_core_get(area, i, &now);
	return error;
}
