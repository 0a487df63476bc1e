/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The map of the cores, for people and programs. */
#ifndef FSWCTL_CORES_H
#define FSWCTL_CORES_H

#include "view.h"

/* How many the area's map has; 0: it has none */
uint32_t cores_count(const struct view *view);

/* Where a core is, "instance 1", "lost by instance 1": behind its number. Returns `to`, of TEXT_ROOM bytes. */
const char *cores_text(struct view *view, uint32_t core, char *to);

void cores_print(struct view *view); /* a line, if there is a map */
void cores_json(struct view *view);  /* "cores" */

#endif
