/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The seam: what a platform may supply. Every member is optional; the wrappers below say what happens without it.
 *
 * Contract, for every callback:
 *  - it MUST NOT call back into libfsw with the same area, sleep, or allocate;
 *  - it MUST have done its work when it returns;
 *  - it is never called by the hand-over subset outside a host build: there the wrappers are the plain accesses of env.h.
 */
#ifndef FSW_PORT_H
#define FSW_PORT_H

#include "env.h"

FSW_BEGIN_DECLS

/* What trace() is told; a, b and the unit of each are given per event. */
enum fsw_event {
	FSW_EVENT_SWITCH = 1, /* switch word committed: a = instance that owns the machine, b = phase */
	FSW_EVENT_STATE = 2,  /* instance state stored: a = instance, b = state, cause of death in bits 8-15 */
};

struct fsw_port {
	void *context; /* handed to each callback, never looked at */

	/*
	 * Read / write one register of `width` (1, 2 or 4) bytes at physical `address`, a multiple of width. MUST be one access of that
	 * width. Absent: a plain volatile access at that address.
	 */
	uint32_t (*read)(void *context, uint64_t address, uint32_t width);
	void (*write)(void *context, uint64_t address, uint32_t width, uint32_t value);

	/*
	 * Store `value` to one aligned word of the area. MUST be a single store that cannot be seen half done. For memory that needs more
	 * than a plain store, and for simulators that stop or drop a store. Absent: a plain volatile store.
	 */
	void (*store)(void *context, uint32_t *word, uint32_t value);

	/*
	 * All stores to [start, start + size) MUST have reached memory that survives a reset and is seen by an observer with caches off,
	 * before any later store does (ARM: clean to the point of coherency, then DSB). `size` may be 0. Absent: a barrier only, which is
	 * right where the area is mapped uncached. A cached mapping must also be invalidated by the adapter before the first call
	 * after a resume: others wrote meanwhile.
	 */
	void (*persist)(void *context, const void *start, size_t size);

	/* Told of each commit, after it. MUST NOT change the area. Absent: nothing. */
	void (*trace)(void *context, enum fsw_event event, uint32_t a, uint32_t b);
};

static inline uint32_t fsw_port_read(const struct fsw_port *port, uint64_t address, uint32_t width)
{
	if (!FSW_PORT_DIRECT && port->read)
		return port->read(port->context, address, width);
	return fsw_env_read(address, width);
}

static inline void fsw_port_write(const struct fsw_port *port, uint64_t address, uint32_t width, uint32_t value)
{
	if (!FSW_PORT_DIRECT && port->write)
		port->write(port->context, address, width, value);
	else
		fsw_env_write(address, width, value);
}

static inline void fsw_port_store(const struct fsw_port *port, uint32_t *word, uint32_t value)
{
	if (!FSW_PORT_DIRECT && port->store)
		port->store(port->context, word, value);
	else
		*(volatile fsw_word *)word = value;
}

static inline void fsw_port_persist(const struct fsw_port *port, const void *start, size_t size)
{
	if (!FSW_PORT_DIRECT && port->persist)
		port->persist(port->context, start, size);
	else
		fsw_env_barrier();
}

static inline void fsw_port_trace(const struct fsw_port *port, enum fsw_event event, uint32_t a, uint32_t b)
{
	if (!FSW_PORT_DIRECT && port->trace)
		port->trace(port->context, event, a, b);
}

FSW_END_DECLS

#endif
