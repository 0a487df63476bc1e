/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Replays files, or all files of folders, without the fuzzing engine. */
#define _POSIX_C_SOURCE 200809L
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned replayed;

static int replay(const char *name)
{
	FILE *file = fopen(name, "rb");
	struct stat status;
	unsigned char *data;

	if (!file || fstat(fileno(file), &status)) {
		fprintf(stderr, "replay: %s cannot be read: name a file or folder that exists\n", name);
		return 1;
	}
	data = malloc((size_t)status.st_size + 1);
	if (!data || fread(data, 1, (size_t)status.st_size, file) != (size_t)status.st_size)
		abort();
	fclose(file);
	printf("%s\n", name);
	fflush(stdout);
	LLVMFuzzerTestOneInput(data, (size_t)status.st_size);
	free(data);
	replayed++;
	return 0;
}

int main(int argc, char **argv)
{
	char name[4096];
	int failed = 0;
	int i;

	for (i = 1; i < argc; i++) {
		DIR *folder = opendir(argv[i]);
		struct dirent *entry;

		if (!folder) {
			failed |= replay(argv[i]);
			continue;
		}
		while ((entry = readdir(folder))) {
			if (entry->d_name[0] == '.')
				continue;
			snprintf(name, sizeof(name), "%s/%s", argv[i], entry->d_name);
			failed |= replay(name);
		}
		closedir(folder);
	}
	printf("replayed %u inputs\n", replayed);
	return failed || replayed == 0;
}
