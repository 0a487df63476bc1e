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
	VALUE("start", "ADDRESS", start, "physical address of that run; else the lowest that fits"),
	VALUE("instance", "N", instance, "its number; else the lowest empty one"),
	VALUE("name", "NAME", name, "its name, up to 31 bytes; else the kernel's file name"),
	FLAG("direct", direct, "enter the kernel at once, without a warm reset"),
	FLAG("stay", stay, "only load: this instance goes on, the new one is 'loaded'"),
	FLAG("loaded", loaded, "start the instance that was loaded before"),
	DRY_RUN,
	JSON,
	HELP,
};
static const struct option switch_options[] = { DRY_RUN, JSON, HELP };
static const struct option rehearse_options[] = { JSON, HELP };
static const struct option log_options[] = { FLAG("devices", devices, "what each driver took in the last one"), AREA, JSON, HELP };
static const struct option dump_options[] = { JSON, HELP };

#define COMMAND(name, operand, help, more)                                                                                     \
	{                                                                                                                      \
#name, operand, help, more, name##_options, sizeof(name##_options) / sizeof(name##_options[0]), command_##name \
	}

static const struct command commands[] = {
	COMMAND(status, NULL, "who runs, who sleeps, what they own, what is pending", ""),
	COMMAND(map, NULL, "a picture of all memory sections by owner", ""),
	COMMAND(boot, NULL, "load and start a new instance",
		"SIZE: a plain number counts sections; with K, M or G it is bytes, rounded up to whole sections.\n"
		"It returns when this instance is resumed. --stay returns at once; then: fswctl boot --loaded --instance N\n"),
	COMMAND(switch, "N", "suspend this instance, resume instance N", "It returns when this instance is resumed.\n"),
	COMMAND(rehearse, NULL, "suspend and resume this instance at once, giving nothing away",
		"Shows whether every driver survives, and what it takes.\n"),
	COMMAND(log, NULL, "past switches of this instance and what they took", ""),
	COMMAND(dump, "FILE", "save the fsw area, for --area on any machine", ""),
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void help(void)
{
	size_t i;

	printf("usage: fswctl COMMAND [OPTION...]\n\n");
	for (i = 0; i < COMMANDS; i++)
		printf("  %-9s %-5s %s\n", commands[i].name, commands[i].operand ? commands[i].operand : "", commands[i].help);
	printf("\n  fswctl COMMAND --help   its options\n"
	       "  fswctl --version        version of this tool and of the area format\n\n"
	       "Exit codes: 0 done, 1 refused, 2 usage, 3 no area or a damaged one, 4 root is needed, 5 a driver refused,\n"
	       "6 the machine came back because the other instance died, 7 a file. See fswctl(1).\n");
}

static void command_help(const struct command *command)
{
	size_t i;
	char text[64];

	printf("usage: fswctl %s%s%s [OPTION...]\n\n%s\n%s\n", command->name, command->operand ? " " : "",
	       command->operand ? command->operand : "", command->help, command->more);
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

static int run(const struct command *command, char *const *words)
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
