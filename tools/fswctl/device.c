/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "device.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

const char *device_release(void)
{
	static struct utsname system;

	if (system.release[0] == '\0' && uname(&system) != 0)
		snprintf(system.release, sizeof(system.release), "of unknown release");
	return system.release;
}

/* The kernel has the adapter: only the node is missing. */
static int known_to_kernel(void)
{
	char text[64];

	return device_text("/sys/class/misc/fsw/dev", text, sizeof(text)) > 0;
}

int device_open(struct problem *problem)
{
	int device = open(FSW_DEVICE, O_RDWR | O_CLOEXEC);
	int number = errno;

	if (device >= 0)
		return device;
	problem_what(problem, EXIT_AREA, "cannot open %s: %s", FSW_DEVICE, strerror(number));
	switch (number) {
	case EACCES:
	case EPERM:
		problem->exit = EXIT_PRIVILEGE;
		problem_state(problem, "user %ld is not allowed to, the superuser is (CAP_SYS_ADMIN)", (long)geteuid());
		problem_next(problem, "Run it as root: sudo fswctl ...");
		break;
	case ENOENT:
		if (known_to_kernel()) {
			problem_state(problem, "kernel %s has the fsw adapter, but /dev has no node of it", device_release());
			problem_next(problem, "Let the kernel make it: mount -t devtmpfs devtmpfs /dev");
			break;
		}
		problem_state(problem, "kernel %s has no fsw adapter, or it found no fsw area in the device tree",
			      device_release());
		problem_next(problem, "See what the adapter said: dmesg | grep fsw (a dumped area is read with --area FILE)");
		break;
	default:
		problem_state(problem, "kernel %s has a node for the fsw adapter that does not answer", device_release());
		problem_next(problem, "See what the adapter said: dmesg | grep fsw");
		break;
	}
	return -1;
}

static void nothing(int signal)
{
	(void)signal;
}

int device_ask(int device, unsigned long request, void *argument)
{
	struct sigaction wake = { .sa_handler = nothing };
	struct sigaction before;
	int number;

	sigaction(SIGINT, &wake, &before);
	number = ioctl(device, request, argument) < 0 ? errno : 0;
	sigaction(SIGINT, &before, NULL);
	return number;
}

long device_text(const char *path, char *text, size_t room)
{
	int file = open(path, O_RDONLY | O_CLOEXEC);
	size_t length = 0;
	ssize_t got = 0;
	int number;

	if (file < 0)
		return -(long)errno;
	while (length + 1 < room) {
		got = read(file, text + length, room - 1 - length);
		if (got <= 0)
			break;
		length += (size_t)got;
	}
	number = errno;
	close(file);
	if (got < 0)
		return -(long)number;
	if (length && text[length - 1] == '\n')
		length--;
	text[length] = '\0';
	return (long)length;
}
