/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The command line, and the commands. */
#ifndef FSWCTL_CALL_H
#define FSWCTL_CALL_H

#include <stddef.h>

#include "say.h"

struct command;

/* What was asked for. Absent: NULL or 0. */
struct call {
	const struct command *command;
	const char *operand; /* the first */
	char *const *operands;
	size_t operand_count;
	const char *area, *color;
	const char *kernel, *initrd, *dtb, *cmdline, *memory, *contiguous, *total, *start, *instance, *name, *from;
	int help, json, dry_run, direct, stay, loaded, prepared, devices, free_only, show, again;
};

struct option {
	const char *name;  /* without its dashes */
	const char *value; /* NULL: takes none */
	size_t member;	   /* of struct call */
	const char *help;
};

struct command {
	const char *name;
	const char *operand; /* NULL: takes none */
	int many;	     /* takes more than one operand, too */
	const char *help;    /* one line */
	const char *more;    /* further lines of --help */
	const struct option *options;
	size_t count;
	/* Prints its results; with --json within an object that the caller opens and closes. What went wrong is left in `problem`. */
	void (*run)(const struct call *call, struct problem *problem);
};

/*
 * Fills `call` from the words after the command's name, up to a NULL; operands are gathered at their front. 0, or -1 with a problem; then
 * words that were parsed may be gone.
 */
int call_parse(struct call *call, const struct command *command, char **words, struct problem *problem);

/* The operand as in --help, "N" or "N...", "" where there is none. Returns its length. */
int call_operand_text(const struct command *command, char *to, size_t room);

/* An option as in --help: "--memory SIZE". Returns its length. */
int call_option_text(const struct option *option, char *to, size_t room);

/* A usage problem: the third line names the command's --help. */
void call_usage(const struct call *call, struct problem *problem, const char *what, const char *about);

/* An instance number. 0, or -1 with a problem. */
int call_instance(const struct call *call, const char *text, unsigned int *instance, struct problem *problem);

/* Is standard output to be coloured? -1 with a problem for another word than always, never, auto. */
int call_color(const struct call *call, struct problem *problem);

void command_status(const struct call *call, struct problem *problem);
void command_map(const struct call *call, struct problem *problem);
void command_boot(const struct call *call, struct problem *problem);
void command_free(const struct call *call, struct problem *problem);
void command_switch(const struct call *call, struct problem *problem);
void command_rehearse(const struct call *call, struct problem *problem);
void command_request(const struct call *call, struct problem *problem);
void command_release(const struct call *call, struct problem *problem);
void command_exit(const struct call *call, struct problem *problem);
void command_kill(const struct call *call, struct problem *problem);
void command_log(const struct call *call, struct problem *problem);
void command_firmware_probe(const struct call *call, struct problem *problem);
void command_dump(const struct call *call, struct problem *problem);

#endif
