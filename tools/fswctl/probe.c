/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* firmware-probe: what a firmware that cannot be changed overwrites at a reset */
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "call.h"
#include "device.h"
#include "json.h"
#include "refuse.h"
#include "text.h"

#define RANGES_MAX 64

static const char *const known[] = { "own", "unknown", "given", "probed" };

static int is_closed(const struct fsw_ioc_firmware *ask)
{
	return ask->firmware != FSW_FIRMWARE_OWN && ask->firmware <= FSW_FIRMWARE_PROBED;
}

static uint32_t listed(const struct fsw_ioc_firmware *ask)
{
	return ask->count < RANGES_MAX ? ask->count : RANGES_MAX;
}

static void print_cells(uint64_t value, int wide)
{
	if (wide)
		printf("0x%" PRIx32 " ", (uint32_t)(value >> 32));
	printf("0x%08" PRIx32, (uint32_t)value);
}

/* What the board's tree has to say, so that it is known after a power-off too */
static void print_nodes(const struct fsw_ioc_firmware *ask, const struct fsw_ioc_range *range)
{
	int wide = 0;
	uint32_t i;

	for (i = 0; i < listed(ask); i++)
		wide |= (range[i].base + range[i].size) >> 32 != 0;
	printf("\nThe record is lost when the power goes. For good: into the device tree that the firmware loads, below /reserved-memory\n"
	       "(%d cell%s for an address, %d for a size)\n\n",
	       1 + wide, wide ? "s" : "", 1 + wide);
	for (i = 0; i < listed(ask); i++) {
		printf("\tfirmware@%" PRIx64 " {\n\t\tcompatible = \"fsw,excluded\";\n\t\treg = <", (uint64_t)range[i].base);
		print_cells(range[i].base, wide);
		printf(" ");
		print_cells(range[i].size, wide);
		printf(">;\n\t};\n");
	}
}

static void print(const struct fsw_ioc_firmware *ask, const struct fsw_ioc_range *range)
{
	char bytes[TEXT_ROOM];
	uint32_t i;

	if (!is_closed(ask)) {
		printf("Firmware: fsw's own bootloader, or another instance booted this one. Nothing is overwritten at a reset.\n");
		return;
	}
	if (ask->firmware == FSW_FIRMWARE_UNKNOWN)
		printf("Firmware: closed, it starts instance 1 after each reset. What it overwrites then is not known, but for what it loads:\n");
	else if (ask->firmware == FSW_FIRMWARE_GIVEN)
		printf("Firmware: closed, it starts instance 1 after each reset. By the device tree and by what it loads, it overwrites:\n");
	else
		printf("Firmware: closed, it starts instance 1 after each reset. A probe found that it overwrites:\n");
	for (i = 0; i < listed(ask); i++)
		printf("  0x%08" PRIx64 "  %s\n", (uint64_t)range[i].base, text_bytes(bytes, range[i].size));
	if (ask->firmware == FSW_FIRMWARE_UNKNOWN)
		printf("No other instance can be booted before that is known. Find out, which restarts this instance: fswctl firmware-probe\n");
	if (ask->firmware == FSW_FIRMWARE_PROBED)
		print_nodes(ask, range);
}

static void print_json(const struct fsw_ioc_firmware *ask, const struct fsw_ioc_range *range)
{
	uint32_t i;

	json_string("firmware", is_closed(ask) ? "closed" : "own");
	json_string("known", is_closed(ask) ? known[ask->firmware] : NULL);
	json_open("ranges", '[');
	for (i = 0; i < listed(ask); i++) {
		json_open(NULL, '{');
		json_address("base", range[i].base);
		json_number("bytes", (int64_t)range[i].size);
		json_close();
	}
	json_close();
}

/* Does not return, unless it fails. A suspend writes out what is in memory. */
static void probe(const struct asked *asked, int device, struct problem *problem)
{
	struct fsw_ioc_firmware ask = { .size = sizeof(ask), .flags = FSW_FIRMWARE_PROBE | FSW_FIRMWARE_DRY_RUN };
	int number = device_ask(device, FSW_IOC_FIRMWARE, &ask);

	if (!number && !asked->call->dry_run) {
		if (!asked->call->json)
			printf("All memory is filled, and the board reset: this instance starts anew. Then: fswctl firmware-probe --show\n");
		fflush(stdout);
		ask.flags = FSW_FIRMWARE_PROBE;
		number = device_ask(device, FSW_IOC_FIRMWARE, &ask);
	}
	outcome_tell(asked, number, &ask.result, problem);
}

void command_firmware_probe(const struct call *call, struct problem *problem)
{
	static struct fsw_ioc_range range[RANGES_MAX];
	struct fsw_ioc_firmware ask = { .size = sizeof(ask), .count = RANGES_MAX, .ranges = (uintptr_t)range };
	struct asked asked = { .call = call, .doing = "probe of the firmware", .start = FSW_ANY_START };
	int device = device_open(problem);
	int number, show;

	if (device < 0)
		return;
	number = device_ask(device, FSW_IOC_FIRMWARE, &ask);
	outcome_tell(&asked, number, &ask.result, problem);
	if (problem->exit == EXIT_OK) {
		show = call->show || (ask.firmware == FSW_FIRMWARE_PROBED && !call->again && !call->dry_run);
		if (!show)
			probe(&asked, device, problem);
		if (call->json)
			print_json(&ask, range);
		else if (problem->exit == EXIT_OK && call->dry_run && !show)
			printf("Dry run: a probe could begin; nothing was changed.\n");
		else if (problem->exit == EXIT_OK)
			print(&ask, range);
	}
	close(device);
}
