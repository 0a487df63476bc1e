/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* adapters/boot/image.c: each refusal, every length of a file, every size of memory */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "boot/image.h"

#define MIB 0x100000ull
#define HEADER 0x34

static void word(unsigned char *at, uint32_t value)
{
	at[0] = (unsigned char)value;
	at[1] = (unsigned char)(value >> 8);
	at[2] = (unsigned char)(value >> 16);
	at[3] = (unsigned char)(value >> 24);
}

/* A zImage that says it is this long, at an odd address in a block of exactly as many bytes */
static unsigned char *zimage(unsigned char **block, uint32_t head_bytes, uint32_t size)
{
	unsigned char *head;
	uint32_t i;

	*block = malloc(head_bytes + 1);
	assert_non_null(*block);
	head = *block + 1;
	for (i = 0; i + 4 <= head_bytes; i += 4)
		word(head + i, 0xe1a00000);
	if (head_bytes >= HEADER) {
		word(head + 0x24, 0x016f2818);
		word(head + 0x28, 0x1000);
		word(head + 0x2c, 0x1000 + size);
		word(head + 0x30, 0x04030201);
	}
	return head;
}

static void test_lengths(void **state)
{
	unsigned char *block, *head;
	uint32_t size;

	(void)state;
	for (size = 0; size < 4096; size++) {
		uint32_t head_bytes = size < FSW_IMAGE_HEAD_BYTES ? size : FSW_IMAGE_HEAD_BYTES;
		int expected = size < HEADER ? -FSW_IMAGE_SHORT : size < 2000 ? -FSW_IMAGE_TRUNCATED : 0;

		head = zimage(&block, head_bytes, 2000);
		assert_int_equal(fsw_image_check(head, size), expected);
		free(block);
	}
	/* more behind it is no harm: an appended device tree; nor is a file that nobody could load */
	head = zimage(&block, FSW_IMAGE_HEAD_BYTES, 2000);
	assert_int_equal(fsw_image_check(head, ~0ull), 0);
	free(block);
}

static void test_foreign(void **state)
{
	static const struct {
		const char *bytes;
		uint32_t at;
		uint32_t count;
		int expected;
	} cases[] = {
		{ "ARM\x64", 56, 4, -FSW_IMAGE_ARM64 },
		{ "MZ", 0, 2, -FSW_IMAGE_X86 },
		{ "\xea\x05\x00\xc0\x07", 0, 5, -FSW_IMAGE_X86 },
		{ "\x7f"
		  "ELF",
		  0, 4, -FSW_IMAGE_ELF },
		{ "\x27\x05\x19\x56", 0, 4, -FSW_IMAGE_UIMAGE },
		{ "\x1f\x8b", 0, 2, -FSW_IMAGE_GZIP },
		{ "MZ.", 1, 2, -FSW_IMAGE_NO_ZIMAGE },
		{ "\xea\x05\x00\xc0\x08", 0, 5, -FSW_IMAGE_NO_ZIMAGE },
	};
	unsigned char *block, *head;
	uint32_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		head = zimage(&block, FSW_IMAGE_HEAD_BYTES, 64);
		word(head + 0x24, 0);
		memcpy(head + cases[i].at, cases[i].bytes, cases[i].count);
		assert_int_equal(fsw_image_check(head, 64), cases[i].expected);
		free(block);
	}
	/* an EFI stub makes a zImage begin as a program for that firmware does */
	head = zimage(&block, FSW_IMAGE_HEAD_BYTES, 64);
	memcpy(head, "MZ", 2);
	assert_int_equal(fsw_image_check(head, 64), 0);
	/* the other byte order, as old kernels and as new ones show it */
	word(head + 0x30, 0x01020304);
	assert_int_equal(fsw_image_check(head, 64), -FSW_IMAGE_BYTE_ORDER);
	word(head + 0x30, 0);
	assert_int_equal(fsw_image_check(head, 64), 0);
	word(head + 0x24, 0x18286f01);
	assert_int_equal(fsw_image_check(head, 64), -FSW_IMAGE_BYTE_ORDER);
	/* an end before the start, or within the header */
	word(head + 0x24, 0x016f2818);
	word(head + 0x2c, 0x0fff);
	assert_int_equal(fsw_image_check(head, 64), -FSW_IMAGE_NO_ZIMAGE);
	word(head + 0x2c, 0x1000 + HEADER - 1);
	assert_int_equal(fsw_image_check(head, 64), -FSW_IMAGE_NO_ZIMAGE);
	word(head + 0x2c, 0xffffffff);
	assert_int_equal(fsw_image_check(head, 64), -FSW_IMAGE_TRUNCATED);
	free(block);
}

/* Whatever is said to fit, fits: in order, apart, within memory and reach */
static int placed(uint64_t base, uint64_t size, uint64_t kernel, uint64_t initrd)
{
	struct fsw_placement at = { 1, 2, 3 };
	uint64_t window = size < 128 * MIB ? size : 128 * MIB;
	int error = fsw_image_place(base, size, kernel, initrd, &at);

	if (error) {
		assert_true(at.kernel == 1 && at.initrd == 2 && at.tree == 3);
		return error;
	}
	assert_true(at.kernel >= base + 4 * kernel && at.kernel % 65536 == 0 && at.tree % 8 == 0);
	assert_true(at.tree + FSW_IMAGE_TREE_ROOM <= base + window);
	if (initrd) {
		assert_true(at.initrd % 4096 == 0 && at.initrd + initrd <= at.tree);
		assert_true(at.kernel + kernel + MIB <= at.initrd);
	} else {
		assert_true(at.initrd == 0 && at.kernel + kernel + MIB <= at.tree);
	}
	return 0;
}

static void test_place(void **state)
{
	static const uint64_t huge[] = { 1ull << 31, (1ull << 32) - 1, 1ull << 32, (1ull << 32) + 1, ~0ull - 1, ~0ull };
	struct fsw_placement at;
	uint32_t i, j, seed = 1;

	(void)state;
	/* the usual one */
	assert_int_equal(fsw_image_place(0x60000000, 0x3f000000, 5 * MIB, 2 * MIB, &at), 0);
	assert_true(at.kernel == 0x62000000 && at.initrd == 0x67de0000 && at.tree == 0x67fe0000);
	/* less memory: lower */
	assert_int_equal(fsw_image_place(0x80000000, 32 * MIB, 5 * MIB, 2 * MIB, &at), 0);
	assert_true(at.kernel == 0x80000000 + 23 * MIB + 0xe0000);
	/* what is unpacked would reach the place */
	assert_int_equal(fsw_image_place(0x60000000, 0x3f000000, 10 * MIB, 0, &at), 0);
	assert_true(at.kernel == 0x60000000 + 40 * MIB + 0x10000);

	assert_int_equal(placed(0x61000000, 0x3f000000, MIB, MIB), -FSW_IMAGE_BASE);
	assert_int_equal(placed(1, 128 * MIB, MIB, MIB), -FSW_IMAGE_BASE);
	for (i = 0; i < sizeof(huge) / sizeof(*huge); i++) {
		assert_int_equal(placed(0, 128 * MIB, huge[i], 0), -FSW_IMAGE_TOO_LARGE);
		assert_int_equal(placed(0, 128 * MIB, huge[i], huge[i]), -FSW_IMAGE_TOO_LARGE);
		assert_int_equal(placed(0, 128 * MIB, 1, huge[i]), -FSW_IMAGE_INITRD_LARGE);
		assert_int_equal(placed(0, huge[i], 5 * MIB, MIB), 0);
		for (j = 0; j < sizeof(huge) / sizeof(*huge); j++)
			assert_true(placed(0, huge[j], huge[i], huge[i]) != 0);
	}
	for (i = 0; i < 64; i++)
		assert_int_equal(placed(0, i * 16384, 1, 0), -FSW_IMAGE_TOO_LARGE);
	/* a memory of each size: what fits in one fits in all larger ones */
	for (i = 0; i < 600; i++) {
		uint64_t kernel = (seed = seed * 1103515245 + 12345) % (30 * MIB);
		uint64_t initrd = (seed = seed * 1103515245 + 12345) % (60 * MIB);
		int fits = 0, kernel_fits = 0;

		for (j = 0; j <= 160; j++) {
			int error = placed(0x80000000, j * MIB, kernel, initrd);

			assert_true(error == 0 || error == -FSW_IMAGE_TOO_LARGE || error == -FSW_IMAGE_INITRD_LARGE);
			assert_true(!fits || error == 0);
			assert_true(!kernel_fits || error != -FSW_IMAGE_TOO_LARGE);
			fits = error == 0;
			kernel_fits = error != -FSW_IMAGE_TOO_LARGE;
		}
	}
}

static void test_texts(void **state)
{
	int error, other;

	(void)state;
	assert_string_equal(fsw_image_text(0), "no error");
	for (error = 1; error < FSW_IMAGE_ERROR_COUNT; error++) {
		assert_true(strlen(fsw_image_text(-error)) > 5);
		for (other = 0; other < error; other++)
			assert_string_not_equal(fsw_image_text(-error), fsw_image_text(-other));
	}
	assert_string_equal(fsw_image_text(1), "unknown error");
	assert_string_equal(fsw_image_text(-FSW_IMAGE_ERROR_COUNT), "unknown error");
	assert_string_equal(fsw_image_text(-2147483647 - 1), "unknown error");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_foreign),
		cmocka_unit_test(test_place),
		cmocka_unit_test(test_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
