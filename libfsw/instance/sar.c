/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#define FSW_HANDOVER 1
#include "sar.h"

/* Room of a record's bytes: a multiple of 8, so that the 64-bit address of the next head is aligned. */
#define PADDED(bytes) (((bytes) + 7) & ~7u)
#define FRAME_BYTES (FSW_SAR_HEADER_BYTES + FSW_SAR_END_BYTES)

/* Width 1, 2 or 4; size a multiple of it, 1..limit; no wrap. limit is below 2^31: no rounding up can overflow. */
static int row_sound(uint64_t address, uint32_t width, uint32_t size, uint32_t limit)
{
	return (width == 1 || width == 2 || width == 4) && size - 1 < limit && !((size | (uint32_t)address) & (width - 1)) &&
	       address + (size - 1) >= address;
}

static uint32_t *store(const struct fsw_port *port, uint32_t *to, uint32_t value)
{
	fsw_port_store(port, to, value);
	return to + 1;
}

/* One word of the blob: one register, or as many narrower ones as there are left, the first in the low bits. */
static uint32_t read_word(const struct fsw_port *port, uint64_t address, uint32_t width, uint32_t left)
{
	uint32_t value = fsw_port_read(port, address, width);
	uint32_t at;

	for (at = width; at < 4 && at < left; at += width)
		value |= fsw_port_read(port, address + at, width) << 8 * at;
	return value;
}

static void write_word(const struct fsw_port *port, uint64_t address, uint32_t width, uint32_t left, uint32_t value)
{
	uint32_t at;

	fsw_port_write(port, address, width, value);
	for (at = width; at < 4 && at < left; at += width)
		fsw_port_write(port, address + at, width, value >> 8 * at);
}

int fsw_sar_save(const struct fsw_port *port, const struct fsw_segments *table, void *blob, uint32_t room)
{
	uint32_t *out = (uint32_t *)blob;
	uint32_t size = FRAME_BYTES;
	uint32_t i;

	if (room < size)
		return FSW_ERR(SAR_SIZE);
	for (i = 0; i < table->count; i++) {
		const struct fsw_segment *row = &table->segment[i];

		if (!row_sound(row->address, row->width, row->size, 0x7fffff00))
			return FSW_ERR(SAR_RECORD);
		if (FSW_SAR_RECORD_BYTES + PADDED(row->size) > room - size)
			return FSW_ERR(SAR_SIZE);
		size += FSW_SAR_RECORD_BYTES + PADDED(row->size);
	}

	out = store(port, out, FSW_SAR_MAGIC);
	out = store(port, out, FSW_SAR_VERSION);
	out = store(port, out, FSW_SAR_LAST_COMPAT);
	out = store(port, out, size);
	for (i = 0; i < table->count; i++) {
		const struct fsw_segment *row = &table->segment[i];
		const uint64_t address = row->address;
		const uint32_t width = row->width;
		const uint32_t bytes = row->size;
		uint32_t at;

		out = store(port, out, (uint32_t)address);
		out = store(port, out, (uint32_t)(address >> 32));
		out = store(port, out, width);
		out = store(port, out, bytes);
		for (at = 0; at < bytes; at += 4)
			out = store(port, out, read_word(port, address + at, width, bytes - at));
		/* the blob begins at a multiple of 8, and so does every head */
		if ((uintptr_t)out & 4)
			out = store(port, out, 0);
	}
	out = store(port, out, FSW_SAR_END_MARK);
	out = store(port, out, 0);
	out = store(port, out, 0);
	store(port, out, fsw__crc32(blob, size - 4));
	fsw_port_persist(port, blob, size);
	return 0;
}

static const struct fsw_sar_record *next(const struct fsw_sar_record *record)
{
	return (const struct fsw_sar_record *)((const uint64_t *)(record + 1) + PADDED(record->size) / 8);
}

static int allowed(const struct fsw_sar_record *record, const struct fsw_segments *table)
{
	uint32_t i;

	for (i = 0; i < table->count; i++) {
		const struct fsw_segment *row = &table->segment[i];
		uint64_t offset = record->address - row->address;

		if (record->width == row->width && offset < row->size && record->size <= row->size - (uint32_t)offset)
			return 1;
	}
	return 0;
}

/* Errors are positive. */
static enum fsw_error wrong(const void *blob, uint32_t room, const struct fsw_segments *table)
{
	const struct fsw_sar *sar = (const struct fsw_sar *)blob;
	const struct fsw_sar_record *record = (const struct fsw_sar_record *)(sar + 1);
	const struct fsw_sar_end *end;
	uint32_t left, bytes;

	if (room < FRAME_BYTES)
		return FSW_ERROR_SAR_SIZE;
	if (sar->magic != FSW_SAR_MAGIC)
		return FSW_ERROR_SAR_MAGIC;
	if (sar->version < FSW_SAR_FIRST_SUPPORTED || sar->last_compat > FSW_SAR_VERSION)
		return FSW_ERROR_SAR_VERSION;
	if (sar->size > room || sar->size < FRAME_BYTES || sar->size % 8)
		return FSW_ERROR_SAR_SIZE;
	if (!fsw__record_sound(blob, sar->size))
		return FSW_ERROR_SAR_CRC;
	for (left = sar->size - FRAME_BYTES; left != 0; left -= bytes) {
		if (!row_sound(record->address, record->width, record->size, left))
			return FSW_ERROR_SAR_RECORD;
		bytes = FSW_SAR_RECORD_BYTES + PADDED(record->size);
		if (bytes > left)
			return FSW_ERROR_SAR_RECORD;
		if (table && !allowed(record, table))
			return FSW_ERROR_SAR_RANGE;
		record = next(record);
	}
	end = (const struct fsw_sar_end *)record;
	return end->mark == FSW_SAR_END_MARK && end->width == 0 ? FSW_ERROR_NONE : FSW_ERROR_SAR_END;
}

int fsw_sar_verify(const void *blob, uint32_t room, const struct fsw_segments *table)
{
	return -(int)wrong(blob, room, table);
}

void fsw__sar_write(const struct fsw_port *port, const void *blob)
{
	const struct fsw_sar_record *record = (const struct fsw_sar_record *)((const struct fsw_sar *)blob + 1);

	for (; record->width != 0; record = next(record)) {
		const fsw_word *in = (const fsw_word *)(record + 1);
		const uint64_t address = record->address;
		const uint32_t width = record->width;
		const uint32_t bytes = record->size;
		uint32_t at;

		for (at = 0; at < bytes; at += 4)
			write_word(port, address + at, width, bytes - at, *in++);
	}
}

int fsw_sar_load(const struct fsw_port *port, const struct fsw_segments *table, const void *blob, uint32_t room)
{
	int error = fsw_sar_verify(blob, room, table);

	if (!error)
		fsw__sar_write(port, blob);
	return error;
}
