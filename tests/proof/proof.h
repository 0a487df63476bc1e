/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the harnesses share. Each is a program for CBMC, linked with sources of the library as they are. `run` reads how from the
 * harness's first comment:
 *   sources:   files of libfsw/ to link; whatever else is called, the harness defines as a stub and says what it leaves out
 *   unwind:    N why        iterations of any loop; one more is an error, so that too low a limit cannot hide anything
 *   unwindset: LOOP:N why   the same for one loop
 *   mutant:    FILE SED     a mistake in the library that the harness must find
 *   seconds:   N            about how long it takes
 */
#ifndef PROOF_H
#define PROOF_H

#include "core/core.h"

/* CBMC: a function without body returns anything. */
uint32_t any_u32(void);
uint64_t any_u64(void);
size_t any_size(void);
int any_int(void);
void *malloc(size_t size);

#define PROVE(what, text) __CPROVER_assert(what, text)
#define ASSUME(what) __CPROVER_assume(what)
#define READABLE(start, bytes) __CPROVER_r_ok(start, bytes)
#define WRITABLE(start, bytes) __CPROVER_w_ok(start, bytes)

/*
 * Stub for core/crc.c: any CRC may match or not, so that what is behind a check is reached with any bytes. `crc` proves the real one.
 */
#define STUB_CRC                                                                                  \
	uint32_t fsw__crc32(const void *start, uint32_t bytes)                                    \
	{                                                                                         \
		PROVE(READABLE(start, bytes) && bytes % 4 == 0, "CRC over bytes that are there"); \
		return any_u32();                                                                 \
	}

#endif
