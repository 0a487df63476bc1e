/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Runs adapter.c: a make-believe machine in which each instance is a stack of its own, and a jump goes to another one. Three instances
 * boot, switch, move memory, refuse, end and crash. Every step is checked; the exit status says whether all went well.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include "adapter.h"

#define MIB 0x100000u
#define BASE 0x80000000u
#define SECTIONS 32
#define AT(section) (BASE + (uint64_t)(section)*16 * MIB)

enum { A = 1, B, C, INSTANCES = C };

static _Alignas(8) unsigned char memory[64 * 1024];
static uint32_t size;
static uint32_t registers[1];
static ucontext_t bootloader, context[INSTANCES + 1];
static struct adapter adapters[INSTANCES + 1];
static unsigned char online[INSTANCES + 1][SECTIONS];
static uint32_t running;	     /* whose code it is that runs */
static uint32_t stubborn = SECTIONS; /* a section that no kernel can off-line */
static int refuses;		     /* does a driver refuse to suspend? */
static uint64_t copied_to;
static uint32_t steps;

static void expect_(int good, const char *what, int line)
{
	steps++;
	if (!good) {
		fprintf(stderr, "story.c:%d: instance %u expected %s\n", line, running, what);
		exit(EXIT_FAILURE);
	}
}
#define EXPECT(what) expect_(what, #what, __LINE__)

/* ---- the board ---- */

static uint32_t read_register(void *board, uint64_t address, uint32_t width)
{
	(void)board, (void)address, (void)width;
	return registers[0];
}

static void write_register(void *board, uint64_t address, uint32_t width, uint32_t value)
{
	(void)board, (void)address, (void)width;
	registers[0] = value;
}

static const struct fsw_segment resume_registers[] = { { 0x10000030, 4, 4 } };
static const struct fsw_segments table = { resume_registers, 1 };
const struct fsw_port kernel_port = { .read = read_register, .write = write_register };

/* Where a jump leads: to the resume code of an instance, or to its image. */
static void main_of(void);

static void jump_to(const struct fsw_jump *jump, ucontext_t *from)
{
	static char stacks[INSTANCES + 1][256 * 1024];
	uint32_t id = (uint32_t)jump->argument[0];

	running = id;
	if (jump->address == AT(8 * (id - 1)) + 0x8000) {
		memset(online[id], 0, SECTIONS);
		getcontext(&context[id]);
		context[id].uc_stack.ss_sp = stacks[id];
		context[id].uc_stack.ss_size = sizeof(stacks[id]);
		makecontext(&context[id], main_of, 0);
	} else {
		EXPECT(jump->address == AT(8 * (id - 1)) + 0x1000);
		EXPECT(registers[0] == id); /* the hand-over restored what this kernel needs */
	}
	if (from)
		swapcontext(from, &context[id]);
	else
		setcontext(&context[id]);
}

/* The machine is reset; memory stays, registers do not. */
static void reset(void)
{
	registers[0] = 0;
	setcontext(&bootloader);
}

/* ---- the kernel ---- */

int kernel_offline(uint32_t section)
{
	if (section == stubborn)
		return -1;
	EXPECT(online[running][section]);
	online[running][section] = 0;
	return 0;
}

int kernel_online(uint32_t section)
{
	uint32_t id;

	for (id = A; id <= INSTANCES; id++)
		EXPECT(!online[id][section]); /* the one thing that must never happen */
	online[running][section] = 1;
	return 0;
}

void kernel_copy(uint64_t to, const void *from, uint32_t bytes)
{
	(void)from, (void)bytes;
	copied_to = to;
}

int kernel_suspend(struct adapter *me)
{
	if (refuses)
		return -16;
	do
		adapter_enter(me);
	while (adapter_resumed(me));
	return 0;
}

void kernel_leave(void)
{
	const struct fsw_handover in = { &kernel_port, { resume_registers, 1 }, 0 };
	struct fsw_jump jump;
	int result;

	registers[0] = running;
	result = fsw_handover(memory, &in, &jump);
	if (result == FSW_GO_JUMP) {
		jump_to(&jump, &context[running]);
	} else if (result == FSW_GO_RESET) {
		registers[0] = 0;
		swapcontext(&context[running], &bootloader);
	}
}

void kernel_sleep(void)
{
}

uint32_t kernel_core(void)
{
	return 0;
}

void kernel_say(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vprintf(format, list);
	va_end(list);
}

/* ---- the story ---- */

static struct adapter *start(uint32_t id)
{
	struct adapter *me = &adapters[id];

	memset(me, 0, sizeof(*me));
	me->resume_address = AT(8 * (id - 1)) + 0x1000;
	me->resume_argument = id;
	snprintf(me->manifest.release, sizeof(me->manifest.release), "make-believe %u", id);
	return me;
}

static struct fsw_load load_of(uint32_t id)
{
	struct fsw_load load;

	memset(&load, 0, sizeof(load));
	load.base = AT(8 * (id - 1));
	load.entry = load.base + 0x8000;
	load.arguments[0] = id;
	snprintf(load.name, sizeof(load.name), "instance %u", id);
	return load;
}

static uint32_t owned(struct adapter *me, uint32_t id)
{
	struct fsw_count count;

	EXPECT(fsw_cmm_count(&me->area, &count) == 0);
	return count.of[0][id] + count.of[1][id];
}

static void new_instance(struct adapter *me, uint32_t id, uint32_t flags)
{
	static const char bytes[] = "an image";
	const struct image image = { bytes, sizeof(bytes), AT(8 * (id - 1)) + 0x8000 };
	const struct fsw_load load = load_of(id);

	EXPECT(adapter_prepare(me, id, AT(8 * (id - 1)), 4, 4) == 0);
	EXPECT(adapter_load(me, id, &image, 1, &load) == 0 && copied_to == image.address);
	EXPECT(adapter_boot(me, id, flags) == 0);
}

static void first(void)
{
	static const struct fsw_geometry geometry = {
		.base = BASE, .section_shift = 24, .sections = SECTIONS, .instances = INSTANCES, .page_size = 4096
	};
	static const struct fsw_range ram = { BASE, 512 * MIB }, movable = { BASE + 64 * MIB, 448 * MIB };
	static const struct fsw_memory map = { { &ram, 1 }, { &movable, 1 }, { NULL, 0 }, { NULL, 0 } };
	const struct image nowhere = { "x", 1, AT(20) };
	const struct fsw_load load = load_of(A), second = load_of(B);
	struct adapter *me = start(A);

	EXPECT(adapter_first(me, memory, size, &geometry, &load, &map) == 0);
	memset(online[A], 1, SECTIONS);

	/* refused, and nothing changed */
	EXPECT(adapter_switch(me, B) == FSW_ERR(EMPTY) && adapter_switch(me, A) == FSW_ERR(SELF) &&
	       adapter_switch(me, 9) == FSW_ERR(ARGUMENT));
	stubborn = 10;
	EXPECT(adapter_prepare(me, B, AT(8), 4, 4) == FSW_ERR(NOT_ENOUGH));
	stubborn = SECTIONS;
	EXPECT(owned(me, A) == SECTIONS && online[A][8] && online[A][9]);
	EXPECT(adapter_load(me, B, &nowhere, 1, &second) == FSW_ERR(OTHERS));

	/* a plain suspend */
	EXPECT(kernel_suspend(me) == 0 && me->outcome.result == FSW_RESULT_PLAIN);

	new_instance(me, B, 0); /* through a reset; back here when B switches to us */
	EXPECT(running == A && me->outcome.result == FSW_RESULT_DONE && me->outcome.other == B);
	new_instance(me, C, FSW_FLAG_DIRECT);
	EXPECT(running == A && me->outcome.other == C);

	/* a driver refuses; B left another device on than we would; then it works */
	refuses = 1;
	EXPECT(adapter_switch(me, B) == -16);
	refuses = 0;
	me->manifest.count = 1;
	snprintf(me->manifest.devices[0].name, FSW_DEVICE_NAME_SIZE, "uart0");
	me->manifest.devices[0].state = 3;
	EXPECT(adapter_switch(me, B) == FSW_ERR(DEVICES));
	me->manifest.count = 0;
	EXPECT(adapter_switch(me, B) == 0);

	/* five sections: one is free, B and C give two each, though one of B's will not go */
	EXPECT(kernel_offline(20) == 0 && fsw_cmm_offline(&me->area, A, 20) == 0);
	EXPECT(owned(me, B) == 4 && owned(me, C) == 4);
	stubborn = 9;
	EXPECT(adapter_claim(me, 5, FSW_ANYWHERE) == 5);
	stubborn = SECTIONS;
	EXPECT(owned(me, A) == 28 && online[B][9] && owned(me, B) == 1 && owned(me, C) == 3);

	/* exactly these two: one is ours already, the other is C's kernel core */
	EXPECT(fsw_cmm_range(&me->area, A, AT(17), 16 * MIB) == 0 && fsw_cmm_range(&me->area, C, AT(16), 16 * MIB) == 0);
	EXPECT(adapter_claim(me, 2, AT(16)) == FSW_ERR(NOTHING));
	EXPECT(adapter_claim(me, 1, AT(18)) == 1 && online[A][18] && owned(me, C) == 2);

	/* C leaves and its sections come back; B crashes, and we go on */
	EXPECT(adapter_switch(me, C) == 0 && me->outcome.result == FSW_RESULT_INHERIT);
	EXPECT(owned(me, C) == 0);
	EXPECT(adapter_switch(me, B) == 0 && me->outcome.result == FSW_RESULT_SURVIVED && me->outcome.other == B);
	EXPECT(adapter_kill(me, B) == 0 && owned(me, A) == SECTIONS);
	printf("story: %u checks\n", steps);
	exit(EXIT_SUCCESS);
}

static void guest(uint32_t id)
{
	struct adapter *me = start(id);
	uint32_t section;

	EXPECT(adapter_open(me, memory, size) == 0 && me->self == id && me->outcome.result == FSW_RESULT_DONE);
	/* from its first instruction on it uses only what is its own; the first section is its kernel */
	for (section = 0; section < SECTIONS; section++)
		if (fsw_cmm_range(&me->area, id, AT(section), 1) == 0)
			EXPECT(kernel_online(section) == 0);
	if (id == C)
		EXPECT(fsw_cmm_keep(&me->area, id, 8 * (id - 1)) == 0);
	EXPECT(adapter_switch(me, A) == 0);

	if (id == B) {
		EXPECT(running == B && me->outcome.other == A);
		EXPECT(adapter_switch(me, A) == 0);
		memset(online[B], 0, SECTIONS);
		reset(); /* a panic */
	}
	memset(online[C], 0, SECTIONS);
	adapter_leave(me);
	EXPECT(!"a way back after the end");
}

static void main_of(void)
{
	if (running == A)
		first();
	else
		guest(running);
}

int main(void)
{
	static const struct fsw_geometry geometry = {
		.base = BASE, .section_shift = 24, .sections = SECTIONS, .instances = INSTANCES, .page_size = 4096
	};
	const struct fsw_jump cold = { AT(0) + 0x8000, { A, 0, 0, 0 } };
	struct fsw_jump jump;

	EXPECT(fsw_area_size(&geometry, &size) == 0 && size <= sizeof(memory));
	/* the reset vector */
	getcontext(&bootloader);
	if (boot_after_reset(memory, size, &kernel_port, &table, &jump) == FSW_GO_JUMP)
		jump_to(&jump, NULL);
	jump_to(&cold, NULL);
	return EXIT_FAILURE;
}
