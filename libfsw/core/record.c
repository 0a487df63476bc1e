/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "core.h"

/* The shared copy of what is done to single words */
#define FSW_WORDS
#include "words.h"

void fsw__write(const struct fsw_port *port, void *to, const void *from, uint32_t bytes)
{
	uint32_t *out = (uint32_t *)to;
	const fsw_word *in = (const fsw_word *)from;
	uint32_t i;

	for (i = 0; i < bytes / 4; i++)
		fsw__store(port, out + i, in ? in[i] : 0);
	fsw_port_persist(port, to, bytes);
}

void fsw__seal(const struct fsw_port *port, void *record, const void *as, uint32_t bytes)
{
	uint32_t last = bytes / 4 - 1;

	fsw__store_last(port, (uint32_t *)record + last, fsw__crc32(as, 4 * last));
}

void fsw__record_put(const struct fsw_port *port, void *to, const void *record, uint32_t bytes)
{
	fsw__write(port, to, record, bytes - 4);
	fsw__seal(port, to, record, bytes);
}
