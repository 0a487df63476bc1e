/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How large an area is, and how one is made. */
#include "cores.h"
#include "frame.h"

/* The map follows the header block, the pages follow the map, the core block follows the pages. */
enum fsw_error fsw__layout(const struct fsw_geometry *geometry, struct fsw_geometry *layout, uint32_t *size)
{
	uint32_t page_size = geometry->page_size;
	uint32_t end_of_pages;
	uint64_t end;

	if (geometry->section_shift < FSW_SECTION_SHIFT_MIN || geometry->section_shift > FSW_SECTION_SHIFT_MAX)
		return FSW_ERROR_SECTION_SIZE;
	if (geometry->sections - 1 >= FSW_SECTIONS_MAX)
		return FSW_ERROR_SECTIONS;
	if (geometry->instances - 1 >= FSW_INSTANCES_MAX)
		return FSW_ERROR_INSTANCES;
	/* one bit of those from the smallest to the largest */
	if (page_size & (page_size - 1) || !(page_size & (2 * FSW_PAGE_SIZE_MAX - FSW_PAGE_SIZE_MIN)))
		return FSW_ERROR_PAGE_SIZE;
	end = geometry->base + ((uint64_t)geometry->sections << geometry->section_shift);
	/* no section is larger than 32 bits can say */
	if ((uint32_t)geometry->base << (32 - geometry->section_shift) || end < geometry->base)
		return FSW_ERROR_BASE;
	if (geometry->cores > FSW_CORES_MAX)
		return FSW_ERROR_CORES;
	*layout = *geometry;
	layout->cmm_offset = FSW_BLOCK_SIZE;
	layout->pages_offset = FSW_BLOCK_SIZE + ((geometry->sections * 4 + FSW_BLOCK_SIZE - 1) & ~(uint32_t)(FSW_BLOCK_SIZE - 1));
	end_of_pages = layout->pages_offset + geometry->instances * page_size;
	layout->cores_offset = geometry->cores != 0 ? end_of_pages : 0;
	*size = geometry->cores != 0 ? end_of_pages + FSW_BLOCK_SIZE : end_of_pages;
	return FSW_ERROR_NONE;
}

int fsw_area_size(const struct fsw_geometry *geometry, uint32_t *size)
{
	struct fsw_geometry layout;

	return geometry && size ? -(int)fsw__layout(geometry, &layout, size) : FSW_ERR(ARGUMENT);
}

int fsw_format(void *memory, size_t length, const struct fsw_geometry *geometry, const struct fsw_port *port)
{
	uint32_t *word = (uint32_t *)memory;
	struct fsw_header header;
	struct fsw_area area;
	enum fsw_error error;
	uint32_t i;

	if (!memory || !geometry || !port)
		return FSW_ERR(ARGUMENT);
	if ((uintptr_t)memory & 7)
		return FSW_ERR(ALIGNMENT);
	error = fsw__layout(geometry, &header.geometry, &header.size);
	if (error != FSW_ERROR_NONE)
		return -(int)error;
	if (length < header.size)
		return FSW_ERR(TRUNCATED);

	/* What was here is no area from now on. */
	fsw__write(port, word, NULL, 4);
	fsw__write(port, word, NULL, header.size);

	header.magic = FSW_AREA_MAGIC;
	header.version = FSW_AREA_VERSION;
	header.last_compat = header.geometry.cores != 0 ? FSW_AREA_LAST_COMPAT_CORES : FSW_AREA_LAST_COMPAT;
	header.reserved = 0;
	header.crc = fsw__crc32(&header, FSW_HEADER_CRC);
	fsw__write(port, word + 1, (const fsw_word *)&header + 1, FSW_HEADER_BYTES - 4);
	area.port = port;
	area.header = (struct fsw_header *)memory;
	area.pages = (unsigned char *)memory + header.geometry.pages_offset;
	area.page_size = header.geometry.page_size;

	fsw__seal(port, fsw__operation(&area, 0), fsw__operation(&area, 0), FSW_OPERATION_BYTES);
	fsw__put(port, word + FSW_AREA_SWITCH / 4, FSW_PHASE_BLANK << FSW_SWITCH_PHASE_SHIFT, FSW_TAG_SWITCH);
	fsw__put(port, word + FSW_AREA_RESULT / 4, 0, FSW_TAG_RESULT);
	for (i = 0; i < header.geometry.sections; i++)
		fsw__put(port, word + FSW_BLOCK_SIZE / 4 + i, FSW_OWNER_NONE, i);
	for (i = 1; i <= header.geometry.instances; i++) {
		fsw__put(port, fsw__state_word(&area, i), FSW_STATE_EMPTY, FSW_TAG_STATE + i);
		fsw__put(port, fsw__parent_word(&area, i), 0, FSW_TAG_PARENT + i);
	}
	fsw__cores_reset(&area);
	fsw_port_persist(port, memory, header.size);
	fsw__store_last(port, word, FSW_AREA_MAGIC);
	return 0;
}
