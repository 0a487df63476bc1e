/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Exceptions: say what is known, then the prompt. */
#include "bootloader.h"

extern const unsigned char vectors[], text_end[];
extern unsigned char stack_start[], stack_end[];

struct frame exception_frame;

#define BACKTRACE_WORDS 4096 /* of stack that are looked at */
#define BACKTRACE_DEPTH 24

void show_registers(void)
{
	const struct frame *frame = &exception_frame;
	uint32_t control, faults[4], i;

	__asm__ volatile("mrc p15, 0, %0, c1, c0, 0" : "=r"(control));
	if (!frame->kind) {
		say("No exception since the reset. SCTLR %08x\n", control);
		return;
	}
	for (i = 0; i < 13; i++)
		say("%sr%u %08x%s", i < 10 ? " " : "", i, frame->r[i], i % 4 == 3 ? "\n" : "  ");
	say("\n sp %08x   lr %08x   pc %08x  psr %08x\n", frame->sp, frame->lr, frame->pc, frame->psr);
	__asm__ volatile("mrc p15, 0, %0, c5, c0, 0" : "=r"(faults[0]));
	__asm__ volatile("mrc p15, 0, %0, c6, c0, 0" : "=r"(faults[1]));
	__asm__ volatile("mrc p15, 0, %0, c5, c0, 1" : "=r"(faults[2]));
	__asm__ volatile("mrc p15, 0, %0, c6, c0, 2" : "=r"(faults[3]));
	say("DFSR %08x  DFAR %08x  IFSR %08x  IFAR %08x  SCTLR %08x\n", faults[0], faults[1], faults[2], faults[3], control);
}

/* Is this where a call of ours comes back to? Thumb: BL and BLX of two halfwords, BLX of one */
static int return_address(uint32_t value)
{
	const uint16_t *at = (const uint16_t *)(value & ~1u);

	if (!(value & 1) || value - 4 < (uint32_t)vectors + 4 || value >= (uint32_t)text_end)
		return 0;
	return ((at[-2] & 0xf800) == 0xf000 && (at[-1] & 0xc000) == 0xc000) || (at[-1] & 0xff87) == 0x4780;
}

/* Whatever on the stack looks like the return address of a call */
void show_backtrace(void)
{
	const struct frame *frame = &exception_frame;
	uint32_t sp = frame->kind ? frame->sp : (uint32_t)__builtin_frame_address(0);
	uint32_t word, shown = 0, i;

	if (frame->kind)
		say("pc %08x, called from %08x\n", frame->pc, frame->lr);
	for (i = 0; i < BACKTRACE_WORDS && shown < BACKTRACE_DEPTH && !(sp & 3); i++, sp += 4) {
		if (sp == (uint32_t)stack_end || guarded_read(sp, 4, &word))
			break;
		if (return_address(word)) {
			say("%08x: %08x\n", sp, word & ~1u);
			shown++;
		}
	}
	say("%s(addresses below %08x: addr2line -fe bootloader.elf ADDRESS)\n",
	    shown ? "" : "No call of the bootloader on that stack. ", (uint32_t)text_end);
}

void exception(void)
{
	static const char names[][24] = { "?",		"undefined instruction", "supervisor call", "prefetch abort",
					  "data abort", "hypervisor trap",	 "interrupt",	    "fast interrupt" };
	static uint32_t nested;
	const struct frame *frame = &exception_frame;

	console_start();
	say("\nException: %s at %08x\n", names[frame->kind & 7], frame->pc);
	/* One while one is shown: the stack is nonsense, do without. */
	if (!nested++) {
		show_registers();
		show_backtrace();
	}
	nested = 0;
	say("Whoever ran is lost, those who sleep are not. To go on with them: reset\n");
	prompt();
}
