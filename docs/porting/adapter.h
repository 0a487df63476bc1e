/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The adapter that docs/porting.md explains. All its functions are called with one lock held: the library has none. */
#ifndef ADAPTER_H
#define ADAPTER_H

#include "kernel.h"

struct adapter {
	struct fsw_area area;
	uint32_t self;
	uint64_t resume_address; /* physical, of this kernel's resume code, as for a wake-up from a plain suspend */
	uint64_t resume_argument;
	struct fsw_manifest manifest; /* what this kernel leaves on */
	struct fsw_outcome outcome;   /* of the last resume */
};

/* An image and where it goes */
struct image {
	const void *bytes;
	uint32_t size;
	uint64_t address;
};

int adapter_open(struct adapter *me, void *memory, size_t length);
int adapter_first(struct adapter *me, void *memory, size_t length, const struct fsw_geometry *geometry, const struct fsw_load *load,
		  const struct fsw_memory *map);
void adapter_enter(struct adapter *me);
int adapter_resumed(struct adapter *me);
int adapter_switch(struct adapter *me, uint32_t target);
int adapter_prepare(struct adapter *me, uint32_t target, uint64_t start, uint32_t contiguous, uint32_t total);
int adapter_load(struct adapter *me, uint32_t target, const struct image *image, uint32_t images, const struct fsw_load *load);
int adapter_boot(struct adapter *me, uint32_t target, uint32_t flags);
int adapter_claim(struct adapter *me, uint32_t count, uint64_t from);
int adapter_leave(struct adapter *me);
int adapter_kill(struct adapter *me, uint32_t victim);

/* In the bootloader, after a reset: FSW_GO_JUMP and *jump, or 0 for a cold start. */
int boot_after_reset(void *memory, size_t length, const struct fsw_port *port, const struct fsw_segments *table,
		     struct fsw_jump *jump);

#endif
