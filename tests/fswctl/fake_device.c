/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * For LD_PRELOAD: a /dev/fsw on a host that has none. In the folder that FSW_FAKE names:
 *
 *   dev/fsw, sys/..., proc/cmdline   what is read there
 *   open                             the errno with which opening /dev/fsw fails, if the file is there
 *   answer-1, -2, -3                 what the ioctl of that number gives: errno, then (1, 2) the instance and the result, or (3) the entries
 *   answer-4 to -9                   the same, for given flags answer-N.FLAGS: errno (-1: the machine is gone), then what is written over the
 *                                    argument: its offset, how many bytes, the bytes; of a pointer's member (bytes + 0x80000000), where it points
 *   steps                            what `progress` says while a boot is asked for or memory moves, a line after the other
 *   calls                            written: what each ioctl was asked; of 4 to 9, all bytes
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include <uapi/fsw.h>

#define STEP_NS 130000000

static char is_device[1024]; /* by descriptor */

static const char *in_folder(char *to, const char *name)
{
	const char *folder = getenv("FSW_FAKE");

	snprintf(to, 4096, "%s/%s", folder ? folder : "", name);
	return to;
}

static int real_open(const char *path, int flags, mode_t mode)
{
	static int (*next)(const char *, int, ...);

	if (!next)
		next = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open");
	return next(path, flags, mode);
}

static int faked(const char *path)
{
	return getenv("FSW_FAKE") &&
	       (strcmp(path, FSW_DEVICE) == 0 || strncmp(path, "/sys/", 5) == 0 || strcmp(path, "/proc/cmdline") == 0);
}

int open(const char *path, int flags, ...)
{
	mode_t mode = 0;
	char fake[4096];
	int number, opened;
	FILE *file;

	if (flags & O_CREAT) {
		va_list arguments;

		va_start(arguments, flags);
		mode = va_arg(arguments, mode_t);
		va_end(arguments);
	}
	if (!faked(path))
		return real_open(path, flags, mode);
	if (strcmp(path, FSW_DEVICE) != 0)
		return real_open(in_folder(fake, path + 1), flags, mode);
	file = fopen(in_folder(fake, "open"), "r");
	if (file) {
		if (fscanf(file, "%d", &number) != 1)
			number = EIO;
		fclose(file);
		errno = number;
		return -1;
	}
	opened = real_open(in_folder(fake, path + 1), O_RDONLY, 0);
	if (opened >= 0 && opened < (int)sizeof(is_device))
		is_device[opened] = 1;
	return opened;
}

static void steps(void)
{
	struct timespec pause = { 0, STEP_NS };
	char path[4096];
	char line[256];
	FILE *from = fopen(in_folder(path, "steps"), "r");

	while (from && fgets(line, sizeof(line), from)) {
		FILE *to = fopen(in_folder(path, "sys/class/misc/fsw/progress"), "w");

		if (to) {
			fputs(line[0] == '-' ? "" : line, to);
			fclose(to);
		}
		nanosleep(&pause, NULL);
	}
	if (from)
		fclose(from);
}

static void path_of(FILE *calls, const char *name, int fd)
{
	char link[64];
	char path[4096];
	ssize_t length;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = fd < 0 ? 0 : readlink(link, path, sizeof(path) - 1);
	path[length > 0 ? length : 0] = '\0';
	fprintf(calls, "%s %s\n", name, path);
}

static int answer(int number, uint32_t *instance, struct fsw_ioc_result *result)
{
	char path[4096];
	char name[16];
	int32_t error = 0;
	FILE *file;

	snprintf(name, sizeof(name), "answer-%d", number);
	file = fopen(in_folder(path, name), "r");
	if (file) {
		if (fread(&error, sizeof(error), 1, file) != 1 || fread(instance, sizeof(*instance), 1, file) != 1 ||
		    fread(result, sizeof(*result), 1, file) != 1)
			error = EIO;
		fclose(file);
	}
	errno = error;
	return error ? -1 : 0;
}

static int answer_log(struct fsw_ioc_log *log)
{
	struct fsw_ioc_entry *to = (struct fsw_ioc_entry *)(uintptr_t)log->entries;
	char path[4096];
	int32_t error = 0;
	uint32_t count = 0;
	FILE *file = fopen(in_folder(path, "answer-3"), "r");

	if (file) {
		if (fread(&error, sizeof(error), 1, file) != 1)
			error = EIO;
		while (count < log->count && fread(&to[count], sizeof(to[count]), 1, file) == 1)
			count++;
		fclose(file);
	}
	log->count = count;
	errno = error;
	return error ? -1 : 0;
}

/* Writes over the argument what the file says. */
static int patch(FILE *file, unsigned char *argument)
{
	uint32_t at[2];
	int32_t error;

	if (fread(&error, sizeof(error), 1, file) != 1)
		return EIO;
	while (fread(at, sizeof(at), 1, file) == 1) {
		uint32_t bytes = at[1] & 0x7fffffff;
		unsigned char *to = argument + at[0];
		uint64_t pointer;

		memcpy(&pointer, to, sizeof(pointer));
		if (at[1] & 0x80000000)
			to = (unsigned char *)(uintptr_t)pointer;
		if (bytes && fread(to, bytes, 1, file) != 1)
			return EIO;
	}
	return error;
}

static int answer_any(FILE *calls, unsigned int number, unsigned int bytes, unsigned char *argument)
{
	const uint32_t *head = (const uint32_t *)(void *)argument; /* size, flags */
	char path[4096];
	char name[32];
	/* what no answer was made for is done; the kernel's books are not known */
	int error = number == _IOC_NR(FSW_IOC_MEMORY) ? ENOTTY : 0;
	unsigned int i;
	FILE *file;

	fprintf(calls, "ioctl %u\nbytes ", number);
	for (i = 0; i < bytes; i++)
		fprintf(calls, "%02x", argument[i]);
	if (number == _IOC_NR(FSW_IOC_RELEASE)) {
		const struct fsw_ioc_release *release = (const struct fsw_ioc_release *)(void *)argument;
		const uint64_t *starts = (const uint64_t *)(uintptr_t)release->starts;

		fprintf(calls, "\nstarts");
		for (i = 0; starts && i < release->count; i++)
			fprintf(calls, " %llx", (unsigned long long)starts[i]);
	}
	fputs("\n\n", calls);
	fflush(calls);
	if (number != _IOC_NR(FSW_IOC_MEMORY))
		steps();
	snprintf(name, sizeof(name), "answer-%u.%u", number, head[1]);
	file = fopen(in_folder(path, name), "r");
	if (!file) {
		snprintf(name, sizeof(name), "answer-%u", number);
		file = fopen(in_folder(path, name), "r");
	}
	if (file) {
		error = patch(file, argument);
		fclose(file);
	}
	if (error < 0)
		_exit(42);
	errno = error;
	return error ? -1 : 0;
}

int ioctl(int fd, unsigned long request, ...)
{
	struct fsw_ioc_switch *ask;
	struct fsw_ioc_boot *boot;
	struct fsw_ioc_log *log;
	char path[4096];
	va_list arguments;
	void *argument;
	FILE *calls;
	int done = -1;

	va_start(arguments, request);
	argument = va_arg(arguments, void *);
	va_end(arguments);
	if (fd < 0 || fd >= (int)sizeof(is_device) || !is_device[fd]) {
		int (*next)(int, unsigned long, ...) = (int (*)(int, unsigned long, ...))dlsym(RTLD_NEXT, "ioctl");

		return next(fd, request, argument);
	}
	calls = fopen(in_folder(path, "calls"), "a");
	if (!calls)
		abort();
	switch (request) {
	case FSW_IOC_SWITCH:
		ask = argument;
		fprintf(calls, "ioctl switch\nsize %u\nflags %u\ninstance %u\n\n", ask->size, ask->flags, ask->instance);
		done = answer(1, &ask->instance, &ask->result);
		break;
	case FSW_IOC_BOOT:
		boot = argument;
		fprintf(calls,
			"ioctl boot\nsize %u\nflags %u\ninstance %u\ncontiguous %u\ntotal %u\nstart %llx\nname %.32s\ncmdline %s\n",
			boot->size, boot->flags, boot->instance, boot->contiguous, boot->total, (unsigned long long)boot->start,
			boot->name, boot->cmdline ? (const char *)(uintptr_t)boot->cmdline : "");
		path_of(calls, "kernel", boot->kernel_fd);
		path_of(calls, "initrd", boot->initrd_fd);
		path_of(calls, "tree", boot->tree_fd);
		fputs("\n", calls);
		fflush(calls);
		steps();
		done = answer(2, &boot->instance, &boot->result);
		break;
	case FSW_IOC_LOG:
		log = argument;
		fprintf(calls, "ioctl log\nsize %u\ncount %u\n\n", log->size, log->count);
		done = answer_log(log);
		break;
	default:
		done = answer_any(calls, _IOC_NR(request), _IOC_SIZE(request), argument);
		break;
	}
	fclose(calls);
	return done;
}
