/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* fswctl: what a person or a program asks of the instances on this board. */
#include <stdio.h>
#include <string.h>

#include <fsw/version.h>

#include "call.h"
#include "json.h"

#define FLAG(name, member, help)                                \
	{                                                       \
		name, NULL, offsetof(struct call, member), help \
	}
#define VALUE(name, value, member, help)                         \
	{                                                        \
		name, value, offsetof(struct call, member), help \
	}

#define HELP FLAG("help", help, "this text")
#define JSON FLAG("json", json, "one JSON object on standard output")
#define AREA VALUE("area", "FILE", area, "look at a dumped area instead of the one of this board")
#define DRY_RUN FLAG("dry-run", dry_run, "check everything, change nothing")

static const struct option status_options[] = { AREA, JSON, HELP };
static const struct option map_options[] = {
	AREA, VALUE("color", "WHEN", color, "always, never or auto (only on a terminal; the default)"), JSON, HELP
};
static const struct option boot_options[] = {
	VALUE("kernel", "FILE", kernel, "the kernel, a zImage"),
	VALUE("initrd", "FILE", initrd, "its initial RAM disk"),
	VALUE("dtb", "FILE", dtb, "its device tree; else derived from the running one"),
	VALUE("cmdline", "STRING", cmdline, "its command line; else the running kernel's"),
	VALUE("memory", "SIZE", memory, "its memory in all; 256M when not given"),
	VALUE("contiguous", "SIZE", contiguous, "how much of it in one run, which holds the images; else all of it"),
	VALUE("start", "ADDRESS", start, "physical address of that run, a multiple of 128 MiB; else the lowest that fits"),
	VALUE("instance", "N", instance, "its number; else the lowest empty one"),
	VALUE("name", "NAME", name, "its name, up to 31 bytes; else the kernel's file name"),
	FLAG("direct", direct, "enter the kernel at once, without a warm reset"),
	FLAG("stay", stay, "only load: this instance goes on, the new one is 'loaded'"),
	FLAG("loaded", loaded, "start the instance that was loaded before"),
	FLAG("prepared", prepared, "into the memory that 'fswctl free' gave to --instance"),
	DRY_RUN,
	JSON,
	HELP,
};
static const struct option free_options[] = {
	VALUE("contiguous", "SIZE", contiguous, "so much in one run, which will hold the images"),
	VALUE("total", "SIZE", total, "memory in all; else that run alone"),
	VALUE("start", "ADDRESS", start, "physical address of the run, a multiple of 128 MiB; else the lowest that fits"),
	VALUE("instance", "N", instance, "whose it shall be; else the lowest empty one's"),
	DRY_RUN,
	JSON,
	HELP,
};
static const struct option request_options[] = {
	VALUE("from", "ADDRESS", from, "exactly the sections from this physical address on"),
	FLAG("free-only", free_only, "take free ones only, ask no sleeping instance"),
	DRY_RUN,
	JSON,
	HELP,
};
static const struct option release_options[] = { DRY_RUN, JSON, HELP };
static const struct option exit_options[] = { DRY_RUN, JSON, HELP };
static const struct option kill_options[] = { DRY_RUN, JSON, HELP };
static const struct option switch_options[] = { DRY_RUN, JSON, HELP };
static const struct option rehearse_options[] = { JSON, HELP };
static const struct option log_options[] = { FLAG("devices", devices, "what each driver took in the last one"), AREA, JSON, HELP };
static const struct option firmware_probe_options[] = { FLAG("show", show, "only show what is known"),
							FLAG("again", again, "probe even if there is a result"), DRY_RUN, JSON,
							HELP };
static const struct option dump_options[] = { JSON, HELP };

#define SIZE_HELP "SIZE: a plain number counts sections; with K, M or G it is bytes, rounded up to whole sections.\n"

/* The rest: further lines of --help, then what else is not 0 */
#define COMMAND(label, ...) NAMED(#label, label, __VA_ARGS__)
#define NAMED(called, label, takes, says, ...)                                                                             \
	{                                                                                                                  \
		.name = called, .operand = takes, .help = says, .options = label##_options,                                \
		.count = sizeof(label##_options) / sizeof(label##_options[0]), .run = command_##label, .more = __VA_ARGS__ \
	}

static const struct command commands[] = {
	COMMAND(status, NULL, "who runs, who sleeps, what they own, what is pending", ""),
	COMMAND(map, NULL, "a picture of all memory sections by owner", ""),
	COMMAND(boot, NULL, "load and start a new instance",
		SIZE_HELP
		"It returns when this instance is resumed. --stay returns at once; then: fswctl boot --loaded --instance N\n"),
	COMMAND(switch, "N", "suspend this instance, resume instance N", "It returns when this instance is resumed.\n"),
	COMMAND(request, "SIZE", "more memory: free sections, then what sleeping instances can spare",
		SIZE_HELP
		"Free sections come at once. For the rest, this instance suspends, each sleeper wakes to its core and gives what it\n"
		"can, and this one is resumed. Exit code 8: some came, not all.\n"),
	COMMAND(release, "SECTIONS", "give memory to the free ones: so many sections, or those at addresses",
		"SECTIONS: one SIZE, from the highest down, or physical addresses, which begin with 0x.\n" SIZE_HELP
		"Exit code 8: some went, not all.\n",
		.many = 1),
	COMMAND(free, NULL, "memory for a new instance: the first half of a boot, all or nothing",
		SIZE_HELP "The other half: fswctl boot --prepared --instance N ...  To undo it: fswctl kill N\n"),
	COMMAND(exit, NULL, "leave for good: who booted this instance resumes and gets its memory",
		"What is not saved is lost. Not for the master. It does not return, unless it fails.\n"),
	COMMAND(kill, "N", "take the memory of instance N, which does not run, and forget it",
		"What it had not saved is lost. Not for the master.\n"),
	COMMAND(rehearse, NULL, "suspend and resume this instance at once, giving nothing away",
		"Shows whether every driver survives, and what it takes.\n"),
	COMMAND(log, NULL, "past switches of this instance and what they took", ""),
	NAMED("firmware-probe", firmware_probe, NULL, "what a closed firmware overwrites at a reset",
	      "For instance 1 alone: all memory is filled with a pattern, the board is reset, this instance starts anew. What is not\n"
	      "saved is lost. When there is a result, it is shown, with what to add to the board's device tree.\n"),
	COMMAND(dump, "FILE", "save the fsw area, for --area on any machine", ""),
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void help(void)
{
	char text[64];
	size_t i;

	printf("usage: fswctl COMMAND [OPTION...]\n\n");
	for (i = 0; i < COMMANDS; i++) {
		call_operand_text(&commands[i], text, sizeof(text));
		printf("  %-14s %-11s %s\n", commands[i].name, text, commands[i].help);
	}
	printf("\n  fswctl COMMAND --help   its options\n"
	       "  fswctl --version        version of this tool and of the area format\n\n"
	       "Exit codes: 0 done, 1 refused, 2 usage, 3 no area or a damaged one, 4 root is needed, 5 a driver refused,\n"
	       "6 the machine came back because the other instance died, 7 a file, 8 some sections, not all. See fswctl(1).\n");
}

static void command_help(const struct command *command)
{
	size_t i;
	char text[64];

	call_operand_text(command, text, sizeof(text));
	printf("usage: fswctl %s%s%s [OPTION...]\n\n%s\n%s\n", command->name, text[0] ? " " : "", text, command->help,
	       command->more);
	for (i = 0; i < command->count; i++) {
		call_option_text(&command->options[i], text, sizeof(text));
		printf("  %-21s %s\n", text, command->options[i].help);
	}
}

static const struct command *find(const char *name)
{
	size_t i;

	for (i = 0; i < COMMANDS; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

static void json_problem(const struct problem *problem)
{
	json_number("exit", problem->exit);
	if (problem->exit == EXIT_OK) {
		json_null("error");
		return;
	}
	json_open("error", '{');
	json_string("name", problem->error ? error_name(problem->error) : NULL);
	json_number("code", problem->error);
	json_string("message", problem->what);
	json_string("state", problem->state);
	json_string("next", problem->next);
	json_string("who", problem->who[0] ? problem->who : NULL);
	json_close();
}

static int run(const struct command *command, char **words)
{
	struct problem problem = { .exit = EXIT_OK };
	struct call call;
	int parsed = call_parse(&call, command, words, &problem);
	int i;

	if (parsed == 0 && call.help) {
		command_help(command);
		return EXIT_OK;
	}
	/* where parsing stopped early, a program still gets its object */
	for (i = 0; parsed != 0 && words[i]; i++)
		if (strcmp(words[i], "--json") == 0)
			call.json = 1;
	if (call.json) {
		json_open(NULL, '{');
		json_string("fswctl", FSW_VERSION_STRING);
		json_string("command", command->name);
	}
	if (parsed == 0)
		command->run(&call, &problem);
	if (call.json) {
		json_problem(&problem);
		json_close();
	}
	if (problem.exit != EXIT_OK)
		problem_print(&problem);
	if ((fflush(stdout) != 0 || ferror(stdout)) && problem.exit == EXIT_OK) {
		problem_what(&problem, EXIT_FILE, "cannot write to standard output");
		problem_state(&problem, "the command was carried out, what it said is lost");
		problem_next(&problem, "Look again: fswctl status");
		problem_print(&problem);
	}
	return (int)problem.exit;
}

int main(int count, char **words)
{
	const char *first = count > 1 ? words[1] : NULL;
	const struct command *command;
	struct problem problem;

	if (first && (strcmp(first, "--help") == 0 || strcmp(first, "-h") == 0)) {
		help();
		return EXIT_OK;
	}
	if (first && strcmp(first, "--version") == 0) {
		printf("fswctl %s, area format %d\n", FSW_VERSION_STRING, FSW_AREA_VERSION);
		return EXIT_OK;
	}
	command = first ? find(first) : NULL;
	if (command)
		return run(command, words + 2);
	if (first)
		problem_what(&problem, EXIT_USAGE, "unknown command '%s'", first);
	else
		problem_what(&problem, EXIT_USAGE, "no command given");
	problem_state(&problem, "nothing was done");
	problem_next(&problem, "See the commands: fswctl --help");
	problem_print(&problem);
	return (int)problem.exit;
}
