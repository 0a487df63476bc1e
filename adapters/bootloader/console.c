/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The board's PL011, polled, and text on it */
#include <stdarg.h>

#include "bootloader.h"

#define UART(offset) (*(volatile uint32_t *)(BOARD_UART + (offset)))
#define DATA UART(0x00)
#define FLAGS UART(0x18)
#define DIVISOR UART(0x24)
#define FRACTION UART(0x28)
#define LINE UART(0x2c)
#define CONTROL UART(0x30)
#define FLAGS_BUSY 0x08
#define FLAGS_NOTHING 0x10
#define FLAGS_FULL 0x20
#define LINE_8BIT_FIFO 0x70
#define CONTROL_ON 0x301

#define BACKSPACE 0x08
#define DELETE 0x7f
#define CANCEL 0x03
#define KILL_LINE 0x15

void console_start(void)
{
	CONTROL = 0;
	/* in 64ths */
	DIVISOR = BOARD_UART_CLOCK * 4u / BOARD_BAUD / 64;
	FRACTION = BOARD_UART_CLOCK * 4u / BOARD_BAUD % 64;
	LINE = LINE_8BIT_FIFO;
	CONTROL = CONTROL_ON;
}

void console_flush(void)
{
	while (FLAGS & FLAGS_BUSY)
		;
}

static void put(char c)
{
	if (c == '\n')
		put('\r');
	while (FLAGS & FLAGS_FULL)
		;
	DATA = (unsigned char)c;
}

static void put_number(uint64_t value, uint32_t base, uint32_t width, char pad)
{
	char digits[20];
	uint32_t count = 0, low;

	if (base == 16) {
		do {
			digits[count++] = "0123456789abcdef"[value & 15];
			value >>= 4;
		} while (value);
	} else {
		low = (uint32_t)value;
		do {
			digits[count++] = (char)('0' + low % 10);
			low /= 10;
		} while (low);
	}
	for (; width > count; width--)
		put(pad);
	while (count)
		put(digits[--count]);
}

void say(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	for (; *format; format++) {
		uint32_t width = 0, most = ~0u, length;
		const char *text;
		char pad = ' ';
		int wide = 0;

		if (*format != '%') {
			put(*format);
			continue;
		}
		if (*++format == '0')
			pad = '0';
		for (; *format >= '0' && *format <= '9'; format++)
			width = width * 10 + (uint32_t)(*format - '0');
		if (*format == '.')
			for (most = 0, format++; *format >= '0' && *format <= '9'; format++)
				most = most * 10 + (uint32_t)(*format - '0');
		for (; *format == 'l'; format++)
			wide++;
		switch (*format) {
		case 's':
			text = va_arg(list, const char *);
			for (length = 0; length < most && text[length]; length++)
				put(text[length]);
			for (; length < width; length++)
				put(' ');
			break;
		case 'c':
			put((char)va_arg(list, int));
			break;
		case 'u':
			put_number(va_arg(list, uint32_t), 10, width, pad);
			break;
		case 'x':
			put_number(wide == 2 ? va_arg(list, uint64_t) : va_arg(list, uint32_t), 16, width, pad);
			break;
		default:
			put(*format);
			break;
		}
	}
	va_end(list);
}

int key(uint32_t milliseconds)
{
	uint32_t start = clock_now();
	uint32_t pause;

	while (FLAGS & FLAGS_NOTHING) {
		if (milliseconds != KEY_FOREVER && clock_now() - start >= milliseconds * BOARD_CLOCK_KHZ)
			return -1;
		/* Each look at a register is a lock in an emulator: leave some to those who bring the key. */
		for (pause = 1000; pause; pause--)
			__asm__ volatile("" : : : "memory");
	}
	return (int)(DATA & 0xff);
}

int read_line(const char *prompt_text, char *line, uint32_t size)
{
	uint32_t length = 0;

	say("%s", prompt_text);
	for (;;) {
		int c = key(KEY_FOREVER);
		uint32_t rub = 0;

		if (c == '\r' || c == '\n')
			break;
		if (c == CANCEL) {
			say("^C\n");
			return 0;
		}
		if (c == BACKSPACE || c == DELETE)
			rub = length ? 1 : 0;
		else if (c == KILL_LINE)
			rub = length;
		else if (c >= ' ' && c <= '~' && length < size - 1)
			put(line[length++] = (char)c);
		else
			put('\a');
		for (; rub; rub--, length--)
			say("\b \b");
	}
	line[length] = '\0';
	say("\n");
	return 1;
}
