/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "call.h"
#include "json.h"
#include "view.h"

static int write_all(int file, const unsigned char *bytes, size_t length)
{
	while (length) {
		ssize_t put = write(file, bytes, length);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return errno;
		bytes += put;
		length -= (size_t)put;
	}
	return 0;
}

/* Damaged areas are saved too: that is what a dump is for. */
void command_dump(const struct call *call, struct problem *problem)
{
	struct view view;
	int file, number;

	if (view_bytes(&view, problem) == 0) {
		file = open(call->operand, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
		number = file < 0 ? errno : write_all(file, view.bytes, view.length);
		if (file >= 0 && close(file) != 0 && !number)
			number = errno;
		if (number)
			problem_file(problem, "write", call->operand, number);
		if (call->json) {
			json_string("file", call->operand);
			json_number("bytes", number ? 0 : (int64_t)view.length);
		} else if (!number) {
			printf("%zu bytes saved. Look at them on any machine: fswctl status --area %s\n", view.length,
			       call->operand);
		}
	}
	view_free(&view);
}
