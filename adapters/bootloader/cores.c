/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* After a reset all cores but this one wait where the board's firmware has them wait. From here on they wait in the area's pen. */
#include "../arm/pen.h"
#include "bootloader.h"

#define ARRIVE_MS 1000

/* Interrupt controller: distributor control, and software interrupts */
#define GIC_DIST_CONTROL 0x000
#define GIC_DIST_SGI 0xf00
#define GIC_SGI_ALL_BUT_SELF (1u << 24)

static void store(uint32_t address, uint32_t value)
{
	*(volatile uint32_t *)address = value;
}

uint32_t cores_count(void)
{
	return 1 + (*(const volatile uint32_t *)BOARD_SCU_CONFIG & 3);
}

static int here(struct fsw_area *area, uint32_t core)
{
	struct fsw_core now;

	return fsw_core_get(area, core, &now) != 0 || now.arrived;
}

void cores_gather(struct fsw_area *area)
{
	const struct fsw_geometry *geometry = &area->header->geometry;
	unsigned char *pen = (unsigned char *)area->header + geometry->cores_offset + FSW_CORES_PEN;
	uint32_t core, begun = clock_now();

	if (geometry->cores == 0)
		return;
	memcpy(pen, fsw_pen, (size_t)(fsw_pen_end - fsw_pen));
	store(BOARD_FLAGS_CLEAR, ~0u);
	store(BOARD_FLAGS_SET, (uint32_t)(uintptr_t)pen);
	store(BOARD_GIC_DIST + GIC_DIST_CONTROL, 1);
	store(BOARD_GIC_DIST + GIC_DIST_SGI, GIC_SGI_ALL_BUT_SELF);
	for (core = 1; core < geometry->cores; core++) {
		while (!here(area, core) && clock_now() - begun < ARRIVE_MS * BOARD_CLOCK_KHZ)
			;
		if (!here(area, core))
			say("fsw: core %u did not arrive in the pen within %u ms: no instance can use it until the next reset\n",
			    core, ARRIVE_MS);
	}
	store(BOARD_GIC_DIST + GIC_DIST_CONTROL, 0);
	store(BOARD_FLAGS_CLEAR, ~0u);
}
