/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What was chosen or changed for the user */
#ifndef FSWCTL_NOTES_H
#define FSWCTL_NOTES_H

#include "say.h"

#define NOTES 4

struct notes {
	char line[NOTES][PROBLEM_LINE];
	unsigned int count;
};

void note(struct notes *notes, const char *format, ...) __attribute__((format(printf, 2, 3)));
void notes_print(const struct notes *notes);
void notes_json(const struct notes *notes); /* as "notes" */

#endif
