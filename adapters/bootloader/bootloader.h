/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef FSW_BOOTLOADER_H
#define FSW_BOOTLOADER_H

#include <fsw/fsw.h>

#include "board.h"

#define AREA ((void *)BOARD_CARVE)

/* exceptions.S */
int guarded_read(uint32_t address, uint32_t width, uint32_t *value);
__attribute__((noreturn)) void leave(const struct fsw_jump *jump);
void copy_lines(void *to, const void *from, uint32_t bytes);

/* What an exception found; exceptions.S knows the offsets. */
struct frame {
	uint32_t r[13];
	uint32_t sp;
	uint32_t lr;
	uint32_t pc;
	uint32_t psr;
	uint32_t kind;	  /* 0: there was none */
	uint32_t control; /* SCTLR */
};
extern struct frame exception_frame;

FSW_ASSERT(offsetof(struct frame, sp) == 52 && offsetof(struct frame, control) == 72, "frame: exceptions.S knows it");

/* exception.c */
void exception(void);
void show_registers(void);
void show_backtrace(void);

/* Of the clock that instances share too: only differences mean anything */
static inline uint32_t clock_now(void)
{
	return *(const volatile uint32_t *)BOARD_CLOCK;
}

/* cores.c */
/* How many there are; core 0 runs this */
uint32_t cores_count(void);
/* Bring all others into the pen of the area, just formatted or recovered. Says which did not come. */
void cores_gather(struct fsw_area *area);

/* console.c */
void console_start(void);
void console_flush(void);
/* %s %.Ns %c %u %x %llx, the numbers with a width, as in %08x; nothing else */
__attribute__((format(printf, 1, 2))) void say(const char *format, ...);
/* The next key, or -1 when none comes within that time */
int key(uint32_t milliseconds);
#define KEY_FOREVER (~(uint32_t)0)
/* A line, edited; at most size - 1 characters. 0: given up by ^C */
int read_line(const char *prompt, char *line, uint32_t size);

/* resume.c */
extern const struct fsw_port port;
/* After a reset, and whenever asked: what the area says. Resumes or boots whom it names and does not return, or says why not. */
enum standing {
	STANDING_COLD,	   /* nothing sleeps here: a cold start loses nothing */
	STANDING_DAMAGED,  /* there is an area that cannot be read: what sleeps in it would be lost */
	STANDING_SLEEPERS, /* recovery has somebody to go on with: only from boot_resume() with `wanted` another one */
};
enum standing boot_resume(uint32_t wanted);
__attribute__((noreturn)) void boot_reset(void);
/* Is there RAM that keeps what is written to it, where the area goes? Says so if not. */
int memory_there(void);
/* A new area, and the cores in its pen; 0, or an error that was said. What slept is lost. */
int area_make(void);

/* boot.c, or whoever else starts the master: what it is called, and how large it may be, for people */
extern const char boot_name[], boot_limit[], boot_source[];
/* Is there an instance `id` that can be started cold? Says what there is if not. */
int boot_has(uint32_t id);
/* Start it as the master. Returns only when it cannot be done, and has said why. */
void boot_cold(uint32_t id);

/* prompt.c */
__attribute__((noreturn)) void prompt(void);

#endif
