/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Writes one JSON object to standard output, in order. A key of NULL is right within a list. */
#ifndef FSWCTL_JSON_H
#define FSWCTL_JSON_H

#include <stddef.h>
#include <stdint.h>

void json_open(const char *key, char bracket); /* '{' or '[' */
void json_close(void);
void json_number(const char *key, int64_t value);
void json_ms(const char *key, double value); /* three digits behind the point */
void json_bool(const char *key, int value);
void json_null(const char *key);
void json_string(const char *key, const char *value);		  /* NULL: null */
void json_bytes(const char *key, const char *value, size_t size); /* up to a NUL */
void json_address(const char *key, uint64_t value);		  /* "0x...": numbers of JSON have 53 bits */

#endif
