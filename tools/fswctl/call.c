/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "call.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <fsw/format.h>

#include "text.h"

void call_usage(const struct call *call, struct problem *problem, const char *what, const char *about)
{
	char safe[TEXT_ROOM];

	problem_what(problem, EXIT_USAGE, "%s: %s%s%s%s", call->command->name, what, about ? " '" : "",
		     about ? text_safe(safe, about, TEXT_ROOM) : "", about ? "'" : "");
	problem_state(problem, "nothing was done");
	problem_next(problem, "See how it is used: fswctl %s --help", call->command->name);
}

static const struct option *find(const struct command *command, const char *word, size_t length)
{
	size_t i;

	for (i = 0; i < command->count; i++)
		if (strlen(command->options[i].name) == length && memcmp(command->options[i].name, word, length) == 0)
			return &command->options[i];
	return NULL;
}

/* One word that begins with dashes, perhaps with its value in the next: how many words it took, or -1. */
static int parse_option(struct call *call, char *const *words, struct problem *problem)
{
	const char *word = words[0];
	const char *equals = strchr(word, '=');
	size_t length = equals ? (size_t)(equals - word) : strlen(word);
	const struct option *option = strcmp(word, "-h") == 0	     ? find(call->command, "help", 4)
				      : length > 2 && word[1] == '-' ? find(call->command, word + 2, length - 2)
								     : NULL;
	char *member;
	const char *value;

	if (!option) {
		call_usage(call, problem, "unknown option", word);
		return -1;
	}
	member = (char *)call + option->member;
	if (!option->value) {
		int set = 1;

		if (equals) {
			call_usage(call, problem, "takes no value: option", option->name);
			return -1;
		}
		memcpy(member, &set, sizeof(set));
		return 1;
	}
	value = equals ? equals + 1 : words[1];
	if (!value) {
		call_usage(call, problem, "needs a value: option", word);
		return -1;
	}
	memcpy(member, &value, sizeof(value));
	return equals ? 1 : 2;
}

int call_parse(struct call *call, const struct command *command, char **words, struct problem *problem)
{
	char **operands = words;
	int only_operands = 0;

	memset(call, 0, sizeof(*call));
	call->command = command;
	call->operands = operands;
	while (*words) {
		if (!only_operands && strcmp(*words, "--") == 0) {
			only_operands = 1;
			words++;
		} else if (!only_operands && words[0][0] == '-' && words[0][1] != '\0') {
			int took = parse_option(call, words, problem);

			if (took < 0)
				return -1;
			words += took;
		} else if (!command->operand || (call->operand_count && !command->many)) {
			call_usage(call, problem, "one word too many:", *words);
			return -1;
		} else {
			operands[call->operand_count++] = *words++;
		}
	}
	call->operand = call->operand_count ? operands[0] : NULL;
	if (command->operand && !call->operand && !call->help) {
		call_usage(call, problem, "missing:", command->operand);
		return -1;
	}
	return 0;
}

int call_operand_text(const struct command *command, char *to, size_t room)
{
	return snprintf(to, room, "%s%s", command->operand ? command->operand : "", command->many ? "..." : "");
}

int call_option_text(const struct option *option, char *to, size_t room)
{
	return snprintf(to, room, "--%s%s%s", option->name, option->value ? " " : "", option->value ? option->value : "");
}

int call_instance(const struct call *call, const char *text, unsigned int *instance, struct problem *problem)
{
	uint64_t number;
	int suffixed;

	if (text_number(text, &number, &suffixed) || suffixed || number == 0 || number > FSW_INSTANCES_MAX) {
		call_usage(call, problem, "not an instance number (1 to 254):", text);
		return -1;
	}
	*instance = (unsigned int)number;
	return 0;
}

int call_color(const struct call *call, struct problem *problem)
{
	const char *no = getenv("NO_COLOR");
	const char *terminal = getenv("TERM");

	if (!call->color || strcmp(call->color, "auto") == 0)
		return !(no && no[0]) && !(terminal && strcmp(terminal, "dumb") == 0) && isatty(STDOUT_FILENO);
	if (strcmp(call->color, "always") == 0)
		return 1;
	if (strcmp(call->color, "never") == 0)
		return 0;
	call_usage(call, problem, "--color is always, never or auto, not", call->color);
	return -1;
}
