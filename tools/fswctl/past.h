/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Past switches, as the kernel keeps them. */
#ifndef FSWCTL_PAST_H
#define FSWCTL_PAST_H

#include <stdint.h>

#include <uapi/fsw.h>

struct past {
	struct fsw_ioc_entry *entries; /* oldest first */
	uint32_t count;
};

/* 0 or an errno. past_free() in any case. */
int past_read(int device, struct past *past);
void past_free(struct past *past);

uint64_t past_total(const struct fsw_ioc_entry *entry); /* ticks */
void past_json(const char *key, const struct fsw_ioc_entry *entry);

/* "2.41 ms: freeze 0.31, ..." of the last one, behind `head`; nothing where there is none */
void past_print_last(int device, const char *head);
void past_json_last(int device, const char *key);

#endif
