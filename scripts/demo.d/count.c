/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The process that counts in an instance of the demo: count FILE. A number that stands still or goes back shows that it did not survive. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

int main(int count, char **words)
{
	const struct timespec pause = { 0, 20000000 };
	int file = count == 2 ? open(words[1], O_WRONLY | O_CREAT, 0644) : -1;
	unsigned int i;
	char text[16];

	for (i = 1; file >= 0; i++) {
		int size = snprintf(text, sizeof(text), "%08u\n", i);

		/* the same place each time: whoever reads finds a whole number */
		if (pwrite(file, text, (size_t)size, 0) != size)
			break;
		nanosleep(&pause, NULL);
	}
	perror("count");
	return 1;
}
