/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Any bytes as a SAR blob. First byte: bit 0 makes the CRC match, bit 1 the magic and versions, so that the engine gets past them. What
 * verifies must load, and writes only what the table allows.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/core.h"
#include "fsw/fsw.h"

#define ROOM 1024

static const struct fsw_segment segments[] = {
	{ 0x1000, 4, 64 }, { 0x2000, 2, 32 }, { 0x3000, 1, 16 }, { 0xfffffffffffffff0ull, 4, 16 }
};
static const struct fsw_segments table = { segments, 4 };
static int verified;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_register(void *context, uint64_t address, uint32_t width, uint32_t value)
{
	size_t i;

	(void)context;
	(void)value;
	for (i = 0; i < table.count; i++)
		if (width == segments[i].width && address >= segments[i].address &&
		    address - segments[i].address < segments[i].size && address % width == 0)
			break;
	/* to somewhere not allowed, or before all of it was verified */
	if (i == table.count || !verified)
		abort();
}

static const struct fsw_port port = { .write = write_register };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint64_t blob[ROOM / 8];
	struct fsw_sar *sar = (struct fsw_sar *)(void *)blob;
	uint32_t room;
	int free_check, checked;

	if (size < 1 || size - 1 > ROOM)
		return 0;
	room = (uint32_t)(size - 1);
	memset(blob, 0, sizeof(blob));
	memcpy(blob, data + 1, room);
	if (data[0] & 2) {
		sar->magic = FSW_SAR_MAGIC;
		sar->version = FSW_SAR_VERSION;
		sar->last_compat = FSW_SAR_LAST_COMPAT;
	}
	if (data[0] & 1 && sar->size >= 4 && sar->size <= room && sar->size % 4 == 0)
		((fsw_word *)blob)[sar->size / 4 - 1] = fsw__crc32(blob, sar->size - 4);
	free_check = fsw_sar_verify(blob, room, NULL);
	checked = fsw_sar_verify(blob, room, &table);
	/* what is wrong in itself is not allowed anywhere */
	if (free_check && !checked)
		abort();
	verified = checked == 0;
	if (fsw_sar_load(&port, &table, blob, room) != checked)
		abort();
	return 0;
}
