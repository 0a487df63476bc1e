/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "say.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <fsw/fsw.h>

#define LINE(line)                                                                  \
	do {                                                                        \
		va_list arguments;                                                  \
		va_start(arguments, format);                                        \
		vsnprintf(problem->line, sizeof(problem->line), format, arguments); \
		va_end(arguments);                                                  \
	} while (0)

void problem_what(struct problem *problem, enum exit_code exit, const char *format, ...)
{
	problem->exit = exit;
	LINE(what);
}

void problem_state(struct problem *problem, const char *format, ...)
{
	LINE(state);
}

void problem_next(struct problem *problem, const char *format, ...)
{
	LINE(next);
}

void problem_file(struct problem *problem, const char *doing, const char *path, int number)
{
	problem_what(problem, EXIT_FILE, "cannot %s '%s': %s", doing, path, strerror(number));
	problem_state(problem, "nothing was changed");
	problem_next(problem, "Look at it: ls -l '%s'", path);
}

void problem_print(const struct problem *problem)
{
	fflush(stdout);
	fprintf(stderr, "Error: %s\nCurrent state: %s\n%s\n", problem->what, problem->state, problem->next);
}

const char *error_name(int error)
{
#define ERROR_NAME(name, text) #name,
	static const char *const names[] = { "", FSW_ERRORS(ERROR_NAME) };

	return error <= 0 && error > -(int)FSW_ERROR_COUNT ? names[-error] : "UNKNOWN";
}
