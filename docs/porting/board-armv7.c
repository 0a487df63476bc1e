/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Runs adapters/arm/leave.S and the hand-over subset on QEMU's vexpress-a9, MMU off: two instances that are a stack each take turns, one is
 * refused, one is booted through the reset vector. Two words of memory stand for the registers that must be saved.
 */
#include "adapter.h"
#include "leave.h"

#define AREA 0x61000000u
#define UART (*(volatile uint32_t *)0x10009000)
#define CLOCK 0x1000005cu /* SYS_24MHZ */
#define TURNS 100

#define BASE 0x60000000u
#define AT(section) (BASE + (uint64_t)(section)*0x1000000)

enum { A = 1, B, C, INSTANCES = C };

void leave(struct leave *me);
void start(void);
void image(void);
void resume(void);

/* What each instance keeps to itself */
static struct instance {
	uint32_t stack[1024];
	struct leave leave;
	struct fsw_area area;
	uint32_t turns;
} instances[INSTANCES + 1];

static const struct fsw_segment rows[] = { { 0x61f00000, 4, 8 } }; /* plain memory in the place of registers */
static const struct fsw_segments table = { rows, 1 };
static const struct fsw_geometry geometry = {
	.base = BASE, .section_shift = 24, .sections = 16, .instances = INSTANCES, .page_size = 4096
};
const struct fsw_port kernel_port;
static uint32_t clock = CLOCK;
static uint32_t stamp; /* the last that was seen */

/* The vectors of the story: cold start and reset, the head of an image, the resume code. r0 says who. */
__asm__(".arm\n"
	".globl start\n"
	"start:	mrc p15, 0, r0, c0, c0, 5\n"
	"	tst r0, #3\n"
	"1:	bne 1b\n" /* other cores are held */
	"	ldr sp, =boot_stack + 4096\n"
	"	b boot\n"
	".globl image\n"
	"image:	mov r1, #0\n"
	"	b 2f\n"
	".globl resume\n"
	"resume: mov r1, #1\n"
	"2:	ldr r2, =instances\n"
	"	ldr r3, =instance_bytes\n"
	"	ldr r3, [r3]\n"
	"	mla r2, r0, r3, r2\n"
	"	add sp, r2, #4096\n"
	"	cmp r1, #0\n"
	"	beq image_main\n"
	"	b resume_main\n"
	".ltorg\n");

uint32_t boot_stack[1024];
const uint32_t instance_bytes = sizeof(struct instance);

__attribute__((noreturn)) static void stop(int good)
{
	/* semihosting: SYS_EXIT, application exit or error */
	register uint32_t call __asm__("r0") = 0x18;
	register uint32_t reason __asm__("r1") = good ? 0x20026 : 0x20023;

	__asm__ volatile("svc 0x123456" : : "r"(call), "r"(reason) : "memory");
	for (;;)
		;
}

static void say(const char *text)
{
	while (*text)
		UART = (unsigned char)*text++;
}

void kernel_say(const char *format, ...)
{
	(void)format;
	say("board: (a message of adapter.c)\n");
}

static void expect_(int good, const char *what)
{
	if (!good) {
		say("board: expected ");
		say(what);
		say("\n");
		stop(0);
	}
}
#define EXPECT(what) expect_(what, #what)

/* Suspend: all that this system has is on its stack, which it gives up. */
__attribute__((noreturn)) static void suspend(uint32_t self)
{
	struct instance *me = &instances[self];
	struct leave *to = &me->leave;

	((volatile uint32_t *)0x61f00000)[0] = self;
	to->area = AREA;
	to->resume = (uint32_t)resume;
	to->argument = self;
	to->reset = (uint32_t)start;
	to->clock = clock;
	to->stamp = (uint32_t)fsw_stamp(&me->area, self);
	to->in.table = table;
	to->in.core = 0;
	EXPECT(fsw_arm(&me->area, self, 0, (uint32_t)resume, self) == 1);
	leave(to);
	stop(0);
}

/* Who left, or tried to, read the clock after the last one did, and not long ago. Without a clock nothing was written. */
static void stamped(uint32_t value)
{
	uint32_t now = *(volatile uint32_t *)CLOCK;

	if (clock) {
		EXPECT(value != stamp && now - value < now - stamp);
	} else {
		EXPECT(value == stamp);
	}
	stamp = value;
}

static struct fsw_outcome woken(uint32_t self)
{
	struct fsw_outcome outcome;

	EXPECT(fsw_acknowledge(&instances[self].area, self, &outcome) == 0);
	stamped(*fsw_stamp(&instances[self].area, outcome.result == FSW_RESULT_DONE ? outcome.other : self));
	return outcome;
}

static void load(uint32_t id)
{
	struct fsw_area *area = &instances[A].area;
	struct fsw_load load = { .base = AT(4 * id), .entry = (uint32_t)image, .arguments = { id } };
	uint32_t section = 0;

	EXPECT(fsw_free(area, A, id, AT(4 * id), 1, 1) == 0);
	while (fsw_free_next(area, A, &section) == 1)
		EXPECT(fsw_cmm_offline(area, A, section) == 0);
	EXPECT(fsw_free_commit(area, A) == 0);
	/* this program lies in a shared section: all images begin there */
	EXPECT(fsw_load(area, A, id, &load) == 0);
}

/* The reset vector leads here. */
void boot(void)
{
	static const struct fsw_range ram = { BASE, 0x10000000 }, movable = { BASE + 0x2000000, 0xe000000 },
				      shared = { BASE, 0x2000000 };
	static const struct fsw_memory map = { { &ram, 1 }, { &movable, 1 }, { &shared, 1 }, { 0, 0 } };
	const struct fsw_load master = { .base = BASE, .entry = (uint32_t)image };
	struct fsw_area *area = &instances[A].area;
	struct fsw_jump jump;

	if (boot_after_reset((void *)AREA, 0x100000, &kernel_port, &table, &jump) == FSW_GO_JUMP) {
		register uint32_t first __asm__("r0") = (uint32_t)jump.argument[0];
		register uint32_t at __asm__("ip") = (uint32_t)jump.address;

		say("board: boot from the reset vector\n");
		__asm__ volatile("bx %1" : : "r"(first), "r"(at) : "memory");
	}
	EXPECT(fsw_format((void *)AREA, 0x100000, &geometry, &kernel_port) == 0);
	EXPECT(fsw_open(area, (void *)AREA, 0x100000, &kernel_port) == 0 && fsw_master(area, &master, &map) == 0);
	load(B);
	EXPECT(fsw_boot(area, A, B, FSW_FLAG_DIRECT) == 0);
	suspend(A);
}

void image_main(uint32_t self)
{
	struct instance *me = &instances[self];
	struct fsw_outcome outcome;

	EXPECT(fsw_open(&me->area, (void *)AREA, 0x100000, &kernel_port) == 0);
	outcome = woken(self);
	EXPECT(outcome.result == FSW_RESULT_DONE && outcome.other == A);
	if (self == C) {
		say("board: all went well\n");
		stop(1);
	}
	EXPECT(fsw_switch(&me->area, self, A) == 0);
	suspend(self);
}

void resume_main(uint32_t self)
{
	struct instance *me = &instances[self];
	struct fsw_outcome outcome = woken(self);
	unsigned char *blob = (unsigned char *)AREA + 0x2000 + 4096 * (B - 1) + FSW_PAGE_SAR;

	/* the registers are this instance's own again */
	EXPECT(*(volatile uint32_t *)0x61f00000 == self);
	me->turns++;
	if (self == B) {
		EXPECT(outcome.result == FSW_RESULT_DONE && fsw_switch(&me->area, B, A) == 0);
		suspend(B);
	}
	if (me->turns <= TURNS) {
		EXPECT(outcome.result == FSW_RESULT_DONE && outcome.other == B && fsw_switch(&me->area, A, B) == 0);
		/* the last time what B needs is damaged before the hand-over */
		if (me->turns == TURNS)
			blob[20] ^= 1;
		suspend(A);
	}
	EXPECT(outcome.result == FSW_RESULT_UNDONE && outcome.error == FSW_ERR(SAR_CRC));
	say("board: 100 turns, and a damaged target refused\n");
	clock = 0;
	load(C);
	EXPECT(fsw_boot(&me->area, A, C, 0) == 0);
	suspend(A);
}

/* What the library calls, and what adapter.c would */
void *memcpy(void *to, const void *from, size_t size)
{
	unsigned char *out = to;
	const unsigned char *in = from;

	while (size--)
		*out++ = *in++;
	return to;
}

void *memset(void *to, int byte, size_t size)
{
	unsigned char *out = to;

	while (size--)
		*out++ = (unsigned char)byte;
	return to;
}
