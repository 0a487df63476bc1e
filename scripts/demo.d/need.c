/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The program of the demo that needs so much memory at once: need MIB. It writes all of it, reads it back, and prints a checksum of what it read. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int main(int count, char **words)
{
	size_t bytes = (count == 2 ? strtoul(words[1], NULL, 10) : 0) << 20, i;
	/* the compiler is not to keep to itself what is to be in memory */
	volatile uint32_t *memory = bytes ? malloc(bytes) : NULL;
	uint32_t word = 1, sum = 0;

	if (!memory) {
		perror("need");
		return 1;
	}
	for (i = 0; i < bytes / 4; i++) {
		/* xorshift: no two words are the same */
		word ^= word << 13;
		word ^= word >> 17;
		word ^= word << 5;
		memory[i] = word;
	}
	for (i = 0; i < bytes / 4; i++)
		sum = sum * 31 + memory[i];
	printf("checksum 0x%08x\n", (unsigned int)sum);
	return 0;
}
