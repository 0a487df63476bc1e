/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What libfsw, libfdt and the compiler call. No word is read that is not aligned: that faults with the MMU off. */
#include <fsw/env.h>

#include "freestanding/string.h"

static int aligned(const void *one, const void *other)
{
	return (((uintptr_t)one | (uintptr_t)other) & 3) == 0;
}

void *memcpy(void *to, const void *from, size_t size)
{
	unsigned char *out = to;
	const unsigned char *in = from;

	if (aligned(to, from))
		for (; size >= 4; size -= 4, out += 4, in += 4)
			*(fsw_word *)(void *)out = *(const fsw_word *)(const void *)in;
	while (size--)
		*out++ = *in++;
	return to;
}

void *memmove(void *to, const void *from, size_t size)
{
	unsigned char *out = (unsigned char *)to + size;
	const unsigned char *in = (const unsigned char *)from + size;

	/* Ascending, memcpy() never reads what it wrote. */
	if ((uintptr_t)to <= (uintptr_t)from || (uintptr_t)to >= (uintptr_t)in)
		return memcpy(to, from, size);
	if (aligned(out, in))
		for (; size >= 4; size -= 4) {
			out -= 4;
			in -= 4;
			*(fsw_word *)(void *)out = *(const fsw_word *)(const void *)in;
		}
	while (size--)
		*--out = *--in;
	return to;
}

void *memset(void *to, int byte, size_t size)
{
	unsigned char *out = to;
	uint32_t word = (unsigned char)byte * 0x01010101u;

	if (aligned(to, to))
		for (; size >= 4; size -= 4, out += 4)
			*(fsw_word *)(void *)out = word;
	while (size--)
		*out++ = (unsigned char)byte;
	return to;
}

int memcmp(const void *one, const void *other, size_t size)
{
	const unsigned char *a = one, *b = other;

	for (; size; size--, a++, b++)
		if (*a != *b)
			return *a - *b;
	return 0;
}

void *memchr(const void *in, int byte, size_t size)
{
	const unsigned char *at = in;

	for (; size; size--, at++)
		if (*at == (unsigned char)byte)
			return (void *)(uintptr_t)at;
	return NULL;
}

size_t strlen(const char *text)
{
	size_t length = 0;

	while (text[length])
		length++;
	return length;
}

size_t strnlen(const char *text, size_t most)
{
	size_t length = 0;

	while (length < most && text[length])
		length++;
	return length;
}

char *strchr(const char *text, int c)
{
	return memchr(text, c, strlen(text) + 1);
}

char *strrchr(const char *text, int c)
{
	size_t length = strlen(text) + 1;

	while (length--)
		if (text[length] == (char)c)
			return (char *)(uintptr_t)(text + length);
	return NULL;
}

int strcmp(const char *one, const char *other)
{
	while (*one && *one == *other) {
		one++;
		other++;
	}
	return (unsigned char)*one - (unsigned char)*other;
}
