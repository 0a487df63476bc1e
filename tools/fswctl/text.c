/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fsw/fsw.h>

size_t text_utf8(const char *from, size_t left)
{
	const unsigned char *byte = (const unsigned char *)from;
	uint32_t value;
	size_t bytes, i;

	if (left == 0)
		return 0;
	if (byte[0] < 0x80)
		return 1;
	if (byte[0] >= 0xc2 && byte[0] < 0xe0) {
		bytes = 2;
		value = byte[0] & 0x1f;
	} else if (byte[0] >= 0xe0 && byte[0] < 0xf0) {
		bytes = 3;
		value = byte[0] & 0x0f;
	} else if (byte[0] >= 0xf0 && byte[0] < 0xf5) {
		bytes = 4;
		value = byte[0] & 0x07;
	} else {
		return 0;
	}
	if (bytes > left)
		return 0;
	for (i = 1; i < bytes; i++) {
		if ((byte[i] & 0xc0) != 0x80)
			return 0;
		value = value << 6 | (byte[i] & 0x3f);
	}
	/* too long a form, a surrogate, beyond Unicode */
	if ((bytes == 3 && value < 0x800) || (bytes == 4 && value < 0x10000) || (value >= 0xd800 && value < 0xe000) ||
	    value > 0x10ffff)
		return 0;
	return bytes;
}

const char *text_safe(char *to, const char *from, size_t size)
{
	size_t at = 0;
	size_t out = 0;

	while (at < size && from[at] != '\0' && out + 4 < TEXT_ROOM) {
		size_t bytes = text_utf8(from + at, size - at);
		unsigned char first = (unsigned char)from[at];

		/* C1 control characters are U+0080 to U+009F */
		if (bytes == 0 || first < 0x20 || first == 0x7f || (first == 0xc2 && (unsigned char)from[at + 1] < 0xa0)) {
			to[out++] = '?';
			at += bytes ? bytes : 1;
			continue;
		}
		memcpy(to + out, from + at, bytes);
		out += bytes;
		at += bytes;
	}
	to[out] = '\0';
	return to;
}

const char *text_bytes(char *to, uint64_t bytes)
{
	static const char units[][4] = { "B", "KiB", "MiB", "GiB" };
	unsigned int unit = 0;

	while (unit < 3 && bytes != 0 && bytes % 1024 == 0) {
		bytes /= 1024;
		unit++;
	}
	snprintf(to, TEXT_ROOM, "%" PRIu64 " %s", bytes, units[unit]);
	return to;
}

int text_number(const char *text, uint64_t *number, int *suffixed)
{
	unsigned int base = 10;
	unsigned int shift = 0;
	uint64_t value = 0;

	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
		base = 16;
		text += 2;
	}
	if (*text == '\0')
		return -1;
	for (; *text != '\0'; text++) {
		unsigned int digit;

		if (*text >= '0' && *text <= '9')
			digit = (unsigned int)(*text - '0');
		else if (base == 16 && *text >= 'a' && *text <= 'f')
			digit = (unsigned int)(*text - 'a' + 10);
		else if (base == 16 && *text >= 'A' && *text <= 'F')
			digit = (unsigned int)(*text - 'A' + 10);
		else
			break;
		if (value > (UINT64_MAX - digit) / base)
			return -1;
		value = value * base + digit;
		shift = 1; /* there is a digit */
	}
	if (!shift)
		return -1;
	switch (*text) {
	case '\0':
		shift = 0;
		break;
	case 'k':
	case 'K':
		shift = 10;
		break;
	case 'm':
	case 'M':
		shift = 20;
		break;
	case 'g':
	case 'G':
		shift = 30;
		break;
	default:
		return -1;
	}
	if ((shift && text[1] != '\0') || value > UINT64_MAX >> shift)
		return -1;
	*number = value << shift;
	*suffixed = shift != 0;
	return 0;
}

int text_sections(const char *text, uint32_t shift, uint32_t *sections, int *rounded)
{
	uint64_t size = (uint64_t)1 << shift;
	uint64_t number;
	int suffixed;

	if (text_number(text, &number, &suffixed))
		return -1;
	*rounded = suffixed && number % size != 0;
	if (suffixed)
		number = number / size + (uint64_t)*rounded;
	if (number == 0 || number > FSW_SECTIONS_MAX)
		return -1;
	*sections = (uint32_t)number;
	return 0;
}

double text_ms(uint64_t ticks, uint32_t hz)
{
	return hz ? (double)ticks * 1000.0 / hz : 0;
}

const char *const text_phases[TEXT_PHASES] = { "freeze", "devices", "core", "handover", "resume", "thaw" };

static const char *word_of(const char *const *words, size_t count, uint32_t number)
{
	return number < count ? words[number] : "unknown";
}

#define WORD_OF(words, number) word_of(words, sizeof(words) / sizeof((words)[0]), number)

const char *text_phase(uint32_t phase)
{
	static const char *const words[] = { "blank", "idle", "requested", "armed", "resetting", "handed", "failed" };

	return WORD_OF(words, phase);
}

const char *text_mode(uint32_t mode)
{
	static const char *const words[] = { "none", "switch", "boot", "claim", "terminate", "kill", "free", "recover" };

	return WORD_OF(words, mode);
}

const char *text_cause(uint32_t cause)
{
	static const char *const words[] = { "none", "reset", "corrupt", "refused" };

	return WORD_OF(words, cause);
}

const char *text_result(uint32_t result)
{
	static const char *const words[] = { "none", "plain", "done", "undone", "visit", "pass", "collect", "inherit", "survived" };

	return WORD_OF(words, result);
}

const char *text_why(uint32_t why)
{
	static const char *const words[] = { "none", "not-ready", "nobody", "boot", "undone", "completed", "claim", "died" };

	return WORD_OF(words, why);
}
