/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How large an area is, and how one is made. */
#include "frame.h"

/* The map follows the header block, the pages follow the map. */
int fsw__layout(const struct fsw_geometry *geometry, struct fsw_layout *layout)
{
	uint32_t page_size = geometry->page_size;
	uint64_t end;

	if (geometry->section_shift < FSW_SECTION_SHIFT_MIN || geometry->section_shift > FSW_SECTION_SHIFT_MAX)
		return FSW_ERR(SECTION_SIZE);
	if (geometry->sections - 1 >= FSW_SECTIONS_MAX)
		return FSW_ERR(SECTIONS);
	if (geometry->instances - 1 >= FSW_INSTANCES_MAX)
		return FSW_ERR(INSTANCES);
	/* one bit of those from the smallest to the largest */
	if (page_size & (page_size - 1) || !(page_size & (2 * FSW_PAGE_SIZE_MAX - FSW_PAGE_SIZE_MIN)))
		return FSW_ERR(PAGE_SIZE);
	end = geometry->base + ((uint64_t)geometry->sections << geometry->section_shift);
	/* no section is larger than 32 bits can say */
	if ((uint32_t)geometry->base << (32 - geometry->section_shift) || end < geometry->base)
		return FSW_ERR(BASE);
	layout->pages_offset = FSW_BLOCK_SIZE + ((geometry->sections * 4 + FSW_BLOCK_SIZE - 1) & ~(uint32_t)(FSW_BLOCK_SIZE - 1));
	layout->size = layout->pages_offset + geometry->instances * page_size;
	return 0;
}

int fsw_area_size(const struct fsw_geometry *geometry, uint32_t *size)
{
	struct fsw_layout layout;
	int error;

	if (!geometry || !size)
		return FSW_ERR(ARGUMENT);
	error = fsw__layout(geometry, &layout);
	if (!error)
		*size = layout.size;
	return error;
}

int fsw_format(void *memory, size_t length, const struct fsw_geometry *geometry, const struct fsw_port *port)
{
	unsigned char *bytes = (unsigned char *)memory;
	uint32_t *word = (uint32_t *)memory;
	struct fsw_operation operation;
	struct fsw_header header;
	struct fsw_layout layout;
	struct fsw_area area;
	uint32_t i;
	int error;

	if (!memory || !geometry || !port)
		return FSW_ERR(ARGUMENT);
	if ((uintptr_t)memory & 7)
		return FSW_ERR(ALIGNMENT);
	error = fsw__layout(geometry, &layout);
	if (error)
		return error;
	if (length < layout.size)
		return FSW_ERR(TRUNCATED);

	/* What was here is no area from now on. */
	fsw__commit(port, word, 0);
	fsw__clear(port, word, layout.size);

	memset(&header, 0, sizeof(header));
	header.magic = FSW_AREA_MAGIC;
	header.version = FSW_AREA_VERSION;
	header.last_compat = FSW_AREA_LAST_COMPAT;
	header.size = layout.size;
	header.geometry = *geometry;
	header.cmm_offset = FSW_BLOCK_SIZE;
	header.pages_offset = layout.pages_offset;
	header.crc = fsw__crc32(&header, FSW_HEADER_CRC);

	memset(&operation, 0, sizeof(operation));
	fsw__record_put(port, bytes + FSW_AREA_OPERATION, &operation, sizeof(operation));
	fsw_port_store(port, word + FSW_AREA_SWITCH / 4, fsw__guard(FSW_PHASE_BLANK << FSW_SWITCH_PHASE_SHIFT, FSW_TAG_SWITCH));
	fsw_port_store(port, word + FSW_AREA_RESULT / 4, fsw__guard(0, FSW_TAG_RESULT));
	for (i = 0; i < geometry->sections; i++)
		fsw_port_store(port, word + FSW_BLOCK_SIZE / 4 + i, fsw__guard(FSW_OWNER_NONE, i));
	area.pages = bytes + layout.pages_offset;
	area.page_size = geometry->page_size;
	for (i = 1; i <= geometry->instances; i++) {
		fsw_port_store(port, fsw__state_word(&area, i), fsw__guard(FSW_STATE_EMPTY, FSW_TAG_STATE + i));
		fsw_port_store(port, fsw__parent_word(&area, i), fsw__guard(0, FSW_TAG_PARENT + i));
	}
	for (i = 1; i < FSW_HEADER_BYTES / 4; i++)
		fsw_port_store(port, word + i, ((const fsw_word *)&header)[i]);
	fsw_port_persist(port, memory, layout.size);
	fsw__commit(port, word, FSW_AREA_MAGIC);
	return 0;
}
