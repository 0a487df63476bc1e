/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#define FSW_HANDOVER 1
#include "core.h"

#define POLYNOMIAL 0xedb88320u

/*
 * Four bits at a time. The table is made on the stack: one in read-only data would have to be found with the MMU off, wherever this
 * code was put, and one of 256 words would cost more stack than all the rest.
 */
uint32_t fsw__crc32(const void *start, uint32_t bytes)
{
	const fsw_word *word = (const fsw_word *)start;
	const fsw_word *end = word + bytes / 4;
	uint32_t table[16];
	uint32_t power = POLYNOMIAL;
	uint32_t crc = ~0u;
	uint32_t bit, i;

	/* The CRC is linear: each entry is the sum of those of its bits. */
	table[0] = 0;
	for (bit = 8; bit != 0; bit >>= 1) {
		for (i = 0; i < 16; i += 2 * bit)
			table[i + bit] = table[i] ^ power;
		power = power >> 1 ^ (POLYNOMIAL & (0u - (power & 1)));
	}
	for (; word != end; word++) {
		crc ^= *word;
		FSW_UNROLL
		for (i = 0; i < 8; i++)
			crc = crc >> 4 ^ table[crc & 15];
	}
	return ~crc;
}
