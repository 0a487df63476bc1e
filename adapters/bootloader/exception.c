/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Exceptions: say what is known, then entry.S goes to the prompt. */
#include "bootloader.h"

extern const unsigned char vectors[], text_end[];
/* Functions by ascending address: two bytes of it, counted from the vectors, the name with its NUL; 0xffff ends. scripts/bootloader makes it. */
extern const unsigned char symbols[];
extern unsigned char stack_end[];

struct frame exception_frame;

#define BACKTRACE_WORDS 4096 /* of stack that are looked at */
#define BACKTRACE_DEPTH 24

static struct calls {
	uint32_t count;
	uint32_t address[BACKTRACE_DEPTH];
} last;

void show_registers(void)
{
	const struct frame *frame = &exception_frame;
	uint32_t faults[4], i;

	if (!frame->kind) {
		say("No exception since the reset\n");
		return;
	}
	for (i = 0; i < 13; i++)
		say("%sr%u %08x%s", i < 10 ? " " : "", i, frame->r[i], i % 4 == 3 ? "\n" : "  ");
	say("\n sp %08x   lr %08x   pc %08x  psr %08x\n", frame->sp, frame->lr, frame->pc, frame->psr);
	__asm__ volatile("mrc p15, 0, %0, c5, c0, 0" : "=r"(faults[0]));
	__asm__ volatile("mrc p15, 0, %0, c6, c0, 0" : "=r"(faults[1]));
	__asm__ volatile("mrc p15, 0, %0, c5, c0, 1" : "=r"(faults[2]));
	__asm__ volatile("mrc p15, 0, %0, c6, c0, 2" : "=r"(faults[3]));
	say("DFSR %08x  DFAR %08x  IFSR %08x  IFAR %08x  SCTLR %08x\n", faults[0], faults[1], faults[2], faults[3], frame->control);
}

/* Is this where a call of ours comes back to? Thumb: BL and BLX of two halfwords, BLX of one */
static int return_address(uint32_t value)
{
	const uint16_t *at = (const uint16_t *)(value & ~1u);

	if (!(value & 1) || value - 4 < (uint32_t)vectors + 4 || value >= (uint32_t)text_end)
		return 0;
	return ((at[-2] & 0xf800) == 0xf000 && (at[-1] & 0xc000) == 0xc000) || (at[-1] & 0xff87) == 0x4780;
}

/* Whatever on the stack looks like the return address of a call, taken down while it is there */
static void collect(struct calls *calls, uint32_t sp)
{
	uint32_t word, i;

	calls->count = 0;
	for (i = 0; i < BACKTRACE_WORDS && calls->count < BACKTRACE_DEPTH && !(sp & 3); i++, sp += 4) {
		if (sp == (uint32_t)stack_end || guarded_read(sp, 4, &word))
			break;
		if (return_address(word))
			calls->address[calls->count++] = word & ~1u;
	}
}

static void say_address(uint32_t address)
{
	const unsigned char *at = symbols, *found = NULL;
	uint32_t offset = address - (uint32_t)vectors;

	say("%08x", address);
	if (offset < (uint32_t)(text_end - vectors))
		for (; (at[0] | (uint32_t)at[1] << 8) <= offset; at++) {
			found = at;
			for (at += 2; *at; at++)
				;
		}
	if (found)
		say("  %s+0x%x", (const char *)found + 2, offset - (found[0] | (uint32_t)found[1] << 8));
}

void show_backtrace(void)
{
	const struct frame *frame = &exception_frame;
	struct calls now;
	const struct calls *calls = &last;
	uint32_t i;

	if (frame->kind) {
		say("pc  ");
		say_address(frame->pc);
		say("\nlr  ");
		say_address(frame->lr);
		say("\n");
	} else {
		collect(&now, (uint32_t)__builtin_frame_address(0));
		calls = &now;
	}
	for (i = 0; i < calls->count; i++) {
		say("%2u  ", i);
		say_address(calls->address[i]);
		say("\n");
	}
	if (!i)
		say("No call of the bootloader on that stack\n");
}

void exception(void)
{
	static const char names[][24] = { "?",		"undefined instruction", "supervisor call", "prefetch abort",
					  "data abort", "hypervisor trap",	 "interrupt",	    "fast interrupt" };
	static uint32_t nested;
	const struct frame *frame = &exception_frame;

	console_start();
	say("\nException: %s at %08x\n", names[frame->kind & 7], frame->pc);
	/* One while one is shown: do without. */
	if (!nested++) {
		collect(&last, frame->sp);
		show_registers();
		show_backtrace();
	}
	nested = 0;
	say("Whoever ran is lost, those who sleep are not. To go on with them: reset\n");
}
