/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "notes.h"

#include <stdarg.h>
#include <stdio.h>

#include "json.h"
#include "text.h"

void note(struct notes *notes, const char *format, ...)
{
	va_list arguments;

	if (notes->count == NOTES)
		return;
	va_start(arguments, format);
	vsnprintf(notes->line[notes->count++], PROBLEM_LINE, format, arguments);
	va_end(arguments);
}

void notes_print(const struct notes *notes)
{
	char text[TEXT_ROOM];
	unsigned int i;

	for (i = 0; i < notes->count; i++)
		printf("%s\n", text_safe(text, notes->line[i], sizeof(text)));
}

void notes_json(const struct notes *notes)
{
	unsigned int i;

	json_open("notes", '[');
	for (i = 0; i < notes->count; i++)
		json_string(NULL, notes->line[i]);
	json_close();
}
