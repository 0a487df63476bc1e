/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a closed firmware overwrites at a reset, as it was found: all memory but the shared sections is filled with a pattern, the board is
 * reset, and whoever comes first compares. The record of that is no part of the fsw area: it lies in the last page of the shared sections,
 * where a reset leaves it. docs/protocol.md tells the way. Shared by the Linux adapter and the head of its kernel. Freestanding.
 */
#ifndef FSW_BOOT_PROBE_H
#define FSW_BOOT_PROBE_H

#include <fsw/cmm.h>

#define FSW_PROBE_MAGIC 0x42505346 /* "FSPB" in memory */
#define FSW_PROBE_VERSION 1
#define FSW_PROBE_BYTES 1024
#define FSW_PROBE_PAGE 4096 /* compared page by page; the record has one for itself */
#define FSW_PROBE_RANGES 60

/* What a word of filled memory holds: its physical address and this, mod 2^32 */
#define FSW_PROBE_PATTERN 0x5afe0001

/* The magic is stored last, after the filling: without it there is no record. */
struct fsw_probe {
	uint32_t magic;
	uint32_t version;
	uint32_t state;				  /* FSW_PROBE_FILLED, FSW_PROBE_DONE */
	uint32_t count;				  /* of ranges */
	struct fsw_range filled[2];		  /* ascending; size 0: nothing */
	struct fsw_range range[FSW_PROBE_RANGES]; /* what was overwritten: whole pages, ascending, apart from each other */
	uint32_t reserved[3];
	uint32_t crc; /* CRC-32 of all before it, the magic as it is when all is done */
};

#define FSW_PROBE_FILLED 1
#define FSW_PROBE_DONE 2

FSW_ASSERT(sizeof(struct fsw_probe) == FSW_PROBE_BYTES && FSW_PROBE_BYTES <= FSW_PROBE_PAGE, "the record fits into its page");

/* Make it whole. The magic is left as it is. */
void fsw_probe_seal(struct fsw_probe *probe);

/* Is it a record that can be gone by, in this state? */
int fsw_probe_good(const struct fsw_probe *probe, uint32_t state);

/* One more range that was overwritten, behind all others: where there is no room, the two with the least between them become one. */
void fsw_probe_add(struct fsw_probe *probe, uint64_t base, uint64_t size);

#endif
