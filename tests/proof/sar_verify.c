/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The SAR parser, fsw_sar_verify(), for any bytes in a room of any size up to 96 bytes, which is 32 of frame and two records or one of up
 * to 48 bytes, with any table of up to two rows or none. Nothing outside of the room is read; the result is 0 or an error of its list;
 * of an accepted blob the first record lies within a row of its width. That loading then writes these registers and no others is
 * tested by units and by fuzz_sar, which check every write.
 *
 * sources: instance/sar.c
 * seconds: 3
 * unwind: 4 records, each at least 24 bytes; rows are fewer
 * mutant: instance/sar.c s/sar->size > room || //
 * mutant: instance/sar.c s/if (bytes > left)/if (bytes > left + 8)/
 * mutant: instance/sar.c s/if (table \&\& !allowed(record, table))/if (0)/
 * mutant: instance/sar.c s/record->width == row->width \&\& //
 */
#include "fsw/sar.h"
#include "proof.h"

#define ROOM 96

STUB_CRC

static struct fsw_segment row[2];
static const struct fsw_segments table = { row, 2 };

/* A row that fsw_sar_save() would take */
static void any_row(struct fsw_segment *segment)
{
	segment->address = any_u64();
	segment->width = any_u32();
	segment->size = any_u32();
	ASSUME(segment->width == 1 || segment->width == 2 || segment->width == 4);
	ASSUME(segment->size != 0 && segment->address + (segment->size - 1) >= segment->address);
}

static int holds(const struct fsw_segment *segment, const struct fsw_sar_record *record)
{
	return record->width == segment->width && record->address >= segment->address &&
	       record->address - segment->address < segment->size &&
	       record->size <= segment->size - (record->address - segment->address);
}

int main(void)
{
	uint32_t room = any_u32();
	int with_table = any_u32() % 2 == 0;
	const struct fsw_sar *sar;
	int error;

	ASSUME(room <= ROOM);
	sar = malloc(room);
	ASSUME(sar != NULL);
	any_row(&row[0]);
	any_row(&row[1]);
	error = fsw_sar_verify(sar, room, with_table ? &table : NULL);
	PROVE(error == 0 || error == FSW_ERR(SAR_MAGIC) || error == FSW_ERR(SAR_VERSION) || error == FSW_ERR(SAR_SIZE) ||
		      error == FSW_ERR(SAR_CRC) || error == FSW_ERR(SAR_END) || error == FSW_ERR(SAR_RECORD) ||
		      error == FSW_ERR(SAR_RANGE),
	      "0 or an error of the list");
	if (error)
		return 0;
	PROVE(sar->size >= 32 && sar->size <= room && sar->size % 8 == 0, "the blob is in the room");
	if (sar->size > 32) {
		const struct fsw_sar_record *record = (const struct fsw_sar_record *)(sar + 1);

		PROVE(record->width == 1 || record->width == 2 || record->width == 4, "a width");
		PROVE(record->size != 0 && record->size % record->width == 0 && record->address % record->width == 0,
		      "whole registers");
		PROVE(record->size <= sar->size - 48, "bytes that are there");
		PROVE(!with_table || holds(&row[0], record) || holds(&row[1], record), "allowed");
	}
	return 0;
}
