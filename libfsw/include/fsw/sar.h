/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * SAR blob: the mandatory resume registers of one instance as self-describing records (format.h). Part of the hand-over subset.
 *
 * The platform's segment table says which registers there are. It is used twice: to save, and as the list of what a blob may write.
 */
#ifndef FSW_SAR_H
#define FSW_SAR_H

#include "error.h"
#include "format.h"
#include "port.h"

FSW_BEGIN_DECLS

struct fsw_segment {
	uint64_t address; /* physical address of the first register, a multiple of width */
	uint32_t width;	  /* bytes of one register: 1, 2 or 4 */
	uint32_t size;	  /* bytes of the segment, a multiple of width, not 0 */
};

struct fsw_segments {
	const struct fsw_segment *segment;
	uint32_t count; /* may be 0: the blob then is header and end mark */
};

/*
 * Read every register of the table, in its order, into a blob of at most `room` bytes at `blob` (8-byte aligned). Returns 0, or SAR_RECORD
 * (malformed table row) or SAR_SIZE (no room); these are found before the first register is read, and the blob is as before.
 */
int fsw_sar_save(const struct fsw_port *port, const struct fsw_segments *table, void *blob, uint32_t room);

/*
 * Check a blob whole. With a table, each record must lie within one of its segments and have its width; table NULL skips that.
 * Errors, in this order: SAR_SIZE (room for no blob at all), SAR_MAGIC, SAR_VERSION, SAR_SIZE, SAR_CRC; then record by record
 * SAR_RECORD and SAR_RANGE; last SAR_END.
 */
int fsw_sar_verify(const void *blob, uint32_t room, const struct fsw_segments *table);

/* Verify, then write every register, in the order of the records. On any error no register was written. */
int fsw_sar_load(const struct fsw_port *port, const struct fsw_segments *table, const void *blob, uint32_t room);

FSW_END_DECLS

#endif
