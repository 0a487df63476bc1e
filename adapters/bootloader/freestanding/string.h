/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* For libfdt, which asks for the C library's header. lib.c has these functions, and the four that env.h declares. */
#ifndef FSW_BOOTLOADER_STRING_H
#define FSW_BOOTLOADER_STRING_H

#include <fsw/env.h>

void *memchr(const void *in, int byte, size_t size);
size_t strlen(const char *text);
size_t strnlen(const char *text, size_t most);
char *strchr(const char *text, int c);
char *strrchr(const char *text, int c);
int strcmp(const char *one, const char *other);

#endif
