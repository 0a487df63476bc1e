/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Guarded words, for every payload and every tag (tags count mod 2^16: a salt is shifted by 16): what was guarded opens to itself, any
 * single flipped bit is detected, a word of zeros is never sound, and no sound word is sound in one of the 2^15 - 1 places on
 * either side. By trying all: two of the sums that are multiplied out here are more than CBMC's solver can compare.
 *
 * checker: cc
 * seconds: 13
 * mutant: core/core.h s/FSW_GUARD_STRIDE + FSW_GUARD_START/FSW_GUARD_STRIDE/
 * mutant: include/fsw/format.h s/0x9e37/0x9e36/
 * mutant: include/fsw/format.h s/0x6a3e/0x6a3c/
 */
#include <stdio.h>
#include <stdlib.h>

#include "core/core.h"

#define ALL 0x10000u

static void prove(int holds, const char *what, uint32_t tag)
{
	if (holds)
		return;
	printf("refuted: %s, tag %#x\n", what, (unsigned)tag);
	exit(10);
}

/* Of the sound words of one tag: `word[p]` is the one that opens to p. */
static void check_tag(uint32_t tag)
{
	static uint32_t word[ALL];
	uint32_t wrong, payload, base, bit, away;

	wrong = 0;
	for (payload = 0; payload < ALL; payload++) {
		word[payload] = fsw__guard(payload, tag);
		wrong |= fsw__unguard(word[payload], tag) ^ payload;
	}
	prove(wrong == 0, "what was guarded opens to itself", tag);
	/* and then no other word does: opening is a multiplication by an odd number and an addition, each payload is met once */

	wrong = 0;
	for (payload = 0; payload < ALL; payload++)
		wrong |= (word[payload] & 0xffff) ^ payload;
	prove(wrong == 0, "the payload is the low half, so that a flip in the high half of a sound word is detected", tag);

	wrong = 0;
	for (bit = 1; bit < ALL; bit <<= 1)
		for (base = 0; base < ALL; base += 2 * bit)
			for (payload = base; payload < base + bit; payload++)
				wrong |= (word[payload] ^ word[payload + bit]) == bit;
	prove(wrong == 0, "a flip in the low half is detected", tag);

	prove(!fsw__sound(fsw__unguard(0, tag)), "zeros are never sound", tag);

	/* one word opened in two places differs by their salts */
	wrong = 0;
	for (away = 1; away < ALL / 2; away++)
		wrong |= fsw__salt(tag + away) == fsw__salt(tag);
	prove(wrong == 0, "sound at its own place only", tag);
}

int main(void)
{
	uint32_t tag;

	for (tag = 0; tag < ALL; tag++) {
		prove((fsw__salt(tag) & 0xffff) == 0 && fsw__salt(tag) == fsw__salt(tag + ALL), "salts repeat", tag);
		check_tag(tag);
	}
	printf("** 0 of 6 failed\n");
	return 0;
}
