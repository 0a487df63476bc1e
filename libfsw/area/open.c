/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Opening: every check in the order of the codes in error.h. */
#include "../include/fsw/cmm.h"
#include "../include/fsw/instance.h"
#include "frame.h"

#define SWAPPED_MAGIC 0x46535741u

static int header_good(const struct fsw_header *header, size_t length)
{
	struct fsw_layout layout;
	int error;

	if (length < sizeof(*header))
		return FSW_ERR(TRUNCATED);
	if (header->magic == 0 || header->magic == ~0u)
		return FSW_ERR(NO_AREA);
	if (header->magic == SWAPPED_MAGIC)
		return FSW_ERR(BYTE_ORDER);
	if (header->magic != FSW_AREA_MAGIC)
		return FSW_ERR(MAGIC);
	if (header->last_compat > FSW_AREA_VERSION)
		return FSW_ERR(VERSION_NEW);
	if (header->version < FSW_AREA_FIRST_SUPPORTED)
		return FSW_ERR(VERSION_OLD);
	if (!fsw__record_sound(header, sizeof(*header)))
		return FSW_ERR(HEADER_CRC);
	error = fsw__layout(&header->geometry, &layout);
	if (error)
		return error;
	/* A later version may put more behind what this one knows. */
	if (header->cmm_offset != FSW_BLOCK_SIZE || header->pages_offset != layout.pages_offset || header->size < layout.size)
		return FSW_ERR(LAYOUT);
	return length < header->size ? FSW_ERR(TRUNCATED) : 0;
}

static int switch_good(const struct fsw_area *area)
{
	uint32_t sw = fsw__switch(area);
	uint32_t phase = fsw__phase(sw);
	uint32_t owner = fsw__owner(sw);
	const struct fsw_operation *operation = fsw__operation(area, fsw__slot(sw));

	if (!fsw__sound(sw))
		return FSW_ERR(SWITCH_WORD);
	/* nobody owns the machine: only before it is set up, or between recovery and start */
	if (sw & FSW_SWITCH_RESERVED || phase > FSW_PHASE_FAILED || owner > area->instances ||
	    (owner == 0) > (phase == FSW_PHASE_BLANK || phase == FSW_PHASE_ARMED))
		return FSW_ERR(SWITCH_VALUE);
	if (!fsw__sound(fsw__unguard(area->switch_word[1], FSW_TAG_RESULT)))
		return FSW_ERR(RESULT_WORD);
	if (!fsw__record_sound(operation, sizeof(*operation)))
		return FSW_ERR(OPERATION_CRC);
	if (phase <= FSW_PHASE_IDLE)
		return 0;
	if (operation->mode - 1 >= FSW_MODE_LAST || operation->source - 1 >= area->instances ||
	    operation->target - 1 >= area->instances || operation->first > operation->limit || operation->limit > area->sections)
		return FSW_ERR(OPERATION);
	return 0;
}

int fsw__open_frame(struct fsw_area *area, void *memory, size_t length, const struct fsw_port *port)
{
	int error;

	if (!area || !memory || !port)
		return FSW_ERR(ARGUMENT);
	area->fault.error = 0;
	area->fault.index = 0;
	if ((uintptr_t)memory & 7)
		return FSW_ERR(ALIGNMENT);
	error = header_good((const struct fsw_header *)memory, length);
	if (error)
		return error;
	fsw__attach(area, memory, port);
	error = switch_good(area);
	return error ? error : fsw_cmm_verify(area);
}

int fsw_open(struct fsw_area *area, void *memory, size_t length, const struct fsw_port *port)
{
	struct fsw_instance instance;
	int error = fsw__open_frame(area, memory, length, port);
	uint32_t id;

	for (id = 1; !error && id <= area->instances; id++)
		error = fsw_instance_get(area, id, &instance);
	return error;
}
