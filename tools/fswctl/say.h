/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What went wrong, in three lines: the problem, the state now, the next command. */
#ifndef FSWCTL_SAY_H
#define FSWCTL_SAY_H

/* Exit codes: fswctl(1) and its test name the same. */
enum exit_code {
	EXIT_OK = 0,
	EXIT_REFUSED = 1,   /* by the rules of libfsw, or by the adapter */
	EXIT_USAGE = 2,	    /* the command line */
	EXIT_AREA = 3,	    /* no device, not an area, damaged, of another version */
	EXIT_PRIVILEGE = 4, /* root is needed */
	EXIT_DRIVER = 5,    /* a driver or a wake-up source refused to suspend, or a signal came */
	EXIT_DIED = 6,	    /* the machine came back because the other instance died, or by a reset */
	EXIT_FILE = 7,	    /* a file cannot be read or written, no memory */
	EXIT_SOME = 8,	    /* some of the sections that were asked for or to be given, not all */
};

#define PROBLEM_LINE 512

struct problem {
	enum exit_code exit; /* EXIT_OK: there is none */
	int error;	     /* of libfsw, negative; 0: not its */
	char who[64 + 1];    /* driver, wake-up source or device */
	char what[PROBLEM_LINE];
	char state[PROBLEM_LINE];
	char next[PROBLEM_LINE];
};

/* Each overwrites its line. `next` ends in a command. */
void problem_what(struct problem *problem, enum exit_code exit, const char *format, ...) __attribute__((format(printf, 3, 4)));
void problem_state(struct problem *problem, const char *format, ...) __attribute__((format(printf, 2, 3)));
void problem_next(struct problem *problem, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A file of the host: what errno says about it */
void problem_file(struct problem *problem, const char *doing, const char *path, int number);

void problem_print(const struct problem *problem);

/* "ENTRY_CHECK" of a code of libfsw; "" for 0 and "UNKNOWN" for others */
const char *error_name(int error);

#endif
