/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "core.h"

/* One string: a table of pointers would need relocations where the library is moved. */
#define ERROR_TEXT(name, text) text "\0"
static const char texts[] = "no error\0" FSW_ERRORS(ERROR_TEXT);

/* Negative numbers are compared as unsigned ones, so that no negation can overflow. */
const char *fsw_error_text(int error)
{
	uint32_t code = 0u - (uint32_t)error;
	const char *text = texts;

	if (code >= FSW_ERROR_COUNT)
		return "unknown error";
	for (; code != 0; code--)
		while (*text++ != '\0')
			;
	return text;
}
