/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "text.h"

#define DEPTH 16

static struct {
	char closes[DEPTH];
	unsigned char filled[DEPTH];
	unsigned int depth;
} json;

static void put_string(const char *value, size_t size)
{
	size_t at = 0;

	putchar('"');
	while (at < size && value[at] != '\0') {
		size_t bytes = text_utf8(value + at, size - at);
		unsigned char byte = (unsigned char)value[at];

		if (bytes == 0)
			printf("\\ufffd");
		else if (byte < 0x20 || byte == 0x7f)
			printf("\\u%04x", byte);
		else if (byte == '"' || byte == '\\')
			printf("\\%c", byte);
		else
			fwrite(value + at, 1, bytes, stdout);
		at += bytes ? bytes : 1;
	}
	putchar('"');
}

static void begin(const char *key)
{
	static char whole[1 << 16];

	/* The object is begun before a switch and ended after it: in one piece, or another instance's words come in between. */
	if (json.depth == 0)
		setvbuf(stdout, whole, _IOFBF, sizeof(whole));
	if (json.depth) {
		if (json.filled[json.depth - 1])
			putchar(',');
		json.filled[json.depth - 1] = 1;
		printf("\n%*s", (int)json.depth * 2, "");
	}
	if (key)
		printf("\"%s\": ", key);
}

void json_open(const char *key, char bracket)
{
	begin(key);
	putchar(bracket);
	json.closes[json.depth] = bracket == '{' ? '}' : ']';
	json.filled[json.depth] = 0;
	json.depth++;
}

void json_close(void)
{
	json.depth--;
	if (json.filled[json.depth])
		printf("\n%*s", (int)json.depth * 2, "");
	putchar(json.closes[json.depth]);
	if (json.depth == 0)
		putchar('\n');
}

void json_number(const char *key, int64_t value)
{
	begin(key);
	printf("%" PRId64, value);
}

void json_ms(const char *key, double value)
{
	begin(key);
	printf("%.3f", value);
}

void json_bool(const char *key, int value)
{
	begin(key);
	printf("%s", value ? "true" : "false");
}

void json_null(const char *key)
{
	begin(key);
	printf("null");
}

void json_bytes(const char *key, const char *value, size_t size)
{
	begin(key);
	put_string(value, size);
}

void json_string(const char *key, const char *value)
{
	if (value)
		json_bytes(key, value, strlen(value));
	else
		json_null(key);
}

void json_address(const char *key, uint64_t value)
{
	begin(key);
	printf("\"0x%" PRIx64 "\"", value);
}
