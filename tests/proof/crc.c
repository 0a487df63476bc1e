/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * fsw__crc32() against the definition, bit by bit. One word: since the CRC starts as ~0 XOR the word, any word is any state, so this is
 * every step that a longer input can take. Two words: that steps follow each other; and what a record gives with its CRC
 * behind it.
 *
 * sources: core/crc.c
 * seconds: 1
 * unwind: 9 bits of a byte, entries of the table two by two, nibbles of a word, bytes of two words
 * mutant: core/crc.c s/crc >> 4 ^ table/crc >> 4 | table/
 * mutant: core/crc.c s/return ~crc/return crc/
 */
#include "proof.h"

static uint32_t definition(const uint32_t *word, uint32_t bytes)
{
	uint32_t crc = 0xffffffff;
	uint32_t i, bit;

	for (i = 0; i < bytes; i++) {
		crc ^= word[i / 4] >> 8 * (i % 4) & 0xff;
		for (bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
	}
	return crc ^ 0xffffffff;
}

int main(void)
{
	uint32_t word[2] = { any_u32(), any_u32() };
	uint32_t own[2] = { 0, 0 };

	PROVE(fsw__crc32(word, 0) == 0, "nothing");
	PROVE(fsw__crc32(word, 4) == definition(word, 4), "any state");
	PROVE(fsw__crc32(word, 8) == definition(word, 8), "two words");
	/* any state meets its own complement, and is all ones then: one of them is all of them */
	own[1] = fsw__crc32(own, 4);
	PROVE(fsw__crc32(own, 8) == FSW_CRC_RESIDUE, "its own CRC behind it");
	return 0;
}
