/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "probe.h"

#define POLYNOMIAL 0xedb88320u

static uint32_t crc_of(const struct fsw_probe *probe)
{
	const fsw_word *word = (const fsw_word *)(const void *)probe;
	uint32_t value = FSW_PROBE_MAGIC;
	uint32_t crc = ~0u;
	uint32_t i, bit;

	for (i = 0; i < FSW_PROBE_BYTES / 4 - 1; i++) {
		crc ^= i ? word[i] : value;
		for (bit = 0; bit < 32; bit++)
			crc = crc >> 1 ^ (POLYNOMIAL & (0u - (crc & 1)));
	}
	return ~crc;
}

void fsw_probe_seal(struct fsw_probe *probe)
{
	probe->version = FSW_PROBE_VERSION;
	probe->crc = crc_of(probe);
}

int fsw_probe_good(const struct fsw_probe *probe, uint32_t state)
{
	return probe->magic == FSW_PROBE_MAGIC && probe->version == FSW_PROBE_VERSION && probe->crc == crc_of(probe) &&
	       probe->state == state && probe->count <= FSW_PROBE_RANGES;
}

static uint64_t end_of(const struct fsw_range *range)
{
	return range->base + range->size;
}

/* Ranges i and i + 1 become one. */
static void join(struct fsw_probe *probe, uint32_t i)
{
	probe->range[i].size = end_of(&probe->range[i + 1]) - probe->range[i].base;
	for (i++; i + 1 < probe->count; i++)
		probe->range[i] = probe->range[i + 1];
	probe->count--;
}

void fsw_probe_add(struct fsw_probe *probe, uint64_t base, uint64_t size)
{
	struct fsw_range *last = probe->range + probe->count - 1;
	uint64_t least;
	uint32_t i, nearest = 0;

	if (probe->count && end_of(last) == base) {
		last->size += size;
		return;
	}
	if (probe->count == FSW_PROBE_RANGES) {
		least = base - end_of(last);
		for (i = 0; i + 1 < probe->count; i++) {
			uint64_t between = probe->range[i + 1].base - end_of(&probe->range[i]);

			if (between < least) {
				least = between;
				nearest = i + 1;
			}
		}
		/* none is nearer than the new one is to the last */
		if (!nearest) {
			last->size = base + size - last->base;
			return;
		}
		join(probe, nearest - 1);
	}
	probe->range[probe->count].base = base;
	probe->range[probe->count++].size = size;
}
