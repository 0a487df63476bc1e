/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "core.h"

/* The shared copy of what is done to single words */
#define FSW_WORDS
#include "words.h"

void fsw__record_put(const struct fsw_port *port, void *to, const void *record, uint32_t bytes)
{
	uint32_t *out = (uint32_t *)to;
	const fsw_word *in = (const fsw_word *)record;
	uint32_t last = bytes / 4 - 1;
	uint32_t i;

	for (i = 0; i < last; i++)
		fsw_port_store(port, out + i, in[i]);
	fsw_port_store(port, out + last, fsw__crc32(in, bytes - 4));
	fsw_port_persist(port, to, bytes);
}

void fsw__clear(const struct fsw_port *port, void *start, uint32_t bytes)
{
	uint32_t *word = (uint32_t *)start;
	uint32_t i;

	for (i = 0; i < bytes / 4; i++)
		fsw_port_store(port, word + i, 0);
	fsw_port_persist(port, start, bytes);
}
