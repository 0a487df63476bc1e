/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Numbers and names as people write and read them. */
#ifndef FSWCTL_TEXT_H
#define FSWCTL_TEXT_H

#include <stddef.h>
#include <stdint.h>

/* Room for any text below */
#define TEXT_ROOM 192

/*
 * What others wrote, made safe for a terminal: at most `size` bytes up to a NUL, `?` for control characters and for what is not UTF-8.
 * Returns `to`, of TEXT_ROOM bytes.
 */
const char *text_safe(char *to, const char *from, size_t size);

/* Bytes of the UTF-8 character at `from`, of which `left` bytes may be read; 0: not UTF-8. */
size_t text_utf8(const char *from, size_t left);

/* "16 MiB", "1 GiB", "512 KiB": exact, in the largest unit that is. Returns `to`, of TEXT_ROOM bytes. */
const char *text_bytes(char *to, uint64_t bytes);

/* A whole number, decimal or 0x..., with K, M or G behind it; 0, or -1 when it is none or does not fit. *suffixed: it had a letter. */
int text_number(const char *text, uint64_t *number, int *suffixed);

/* Sections: a plain number counts them; one with K, M or G is bytes, rounded up to whole ones: *rounded. 0, or -1 (none, or 0). */
int text_sections(const char *text, uint32_t shift, uint32_t *sections, int *rounded);

double text_ms(uint64_t ticks, uint32_t hz);

/* A word for a number from its table */
const char *text_phase(uint32_t phase);	  /* FSW_PHASE_* */
const char *text_mode(uint32_t mode);	  /* FSW_MODE_* */
const char *text_cause(uint32_t cause);	  /* FSW_CAUSE_* */
const char *text_result(uint32_t result); /* FSW_RESULT_*, 0 */
const char *text_why(uint32_t why);	  /* FSW_WHY_* */
extern const char *const text_phases[];	  /* of timings, as in JSON; TEXT_PHASES of them */
#define TEXT_PHASES 6

#endif
