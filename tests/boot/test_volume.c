/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * adapters/bootloader/volume.c: every truncation of archive and manifest, every wrong byte, every kind of line in the wrong place. Each volume
 * lies in a block of exactly its size (run under sanitizers and memcheck).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bootloader/volume.h"

#define ROOM 8192
#define KERNEL "a kernel, of some length"
#define INITRD "an initrd"
#define TREE "tree"

static struct volume volume;
static struct volume_instance instance;

/* zlib's, bit by bit */
static uint32_t slow_crc(const void *start, size_t bytes)
{
	const unsigned char *byte = start;
	uint32_t crc = ~0u;
	int bit;

	while (bytes--)
		for (crc ^= *byte++, bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0xedb88320u : crc >> 1;
	return ~crc;
}

/* ---- archives ---- */

struct archive {
	unsigned char bytes[ROOM];
	uint32_t size;
};

static void pad(struct archive *archive)
{
	while (archive->size % 4)
		archive->bytes[archive->size++] = 0;
}

static void add(struct archive *archive, const char *name, const void *bytes, size_t size)
{
	static uint32_t inode;
	int head = snprintf((char *)archive->bytes + archive->size, ROOM - archive->size,
			    "070701%08X%08X%08X%08X%08X%08X%08zX%08X%08X%08X%08X%08zX%08X%s", inode++, 0x81a4, 0, 0, 1, 0, size, 0,
			    0, 0, 0, strlen(name) + 1, 0, name);

	archive->size += (uint32_t)head + 1;
	pad(archive);
	assert_true(archive->size + size + 4 < ROOM);
	memcpy(archive->bytes + archive->size, bytes, size);
	archive->size += (uint32_t)size;
	pad(archive);
}

static void add_rest(struct archive *archive)
{
	add(archive, "kernel", KERNEL, strlen(KERNEL));
	add(archive, "initrd", INITRD, strlen(INITRD));
	add(archive, "tree", TREE, strlen(TREE));
	add(archive, "TRAILER!!!", "", 0);
}

/* The manifest with its end line; the files are always the same three. */
static struct archive archive_of(const char *manifest)
{
	static char text[ROOM];
	struct archive archive = { { 0 }, 0 };

	snprintf(text, sizeof(text), "%send %08x\n", manifest, slow_crc(manifest, strlen(manifest)));
	add(&archive, "manifest", text, strlen(text));
	add_rest(&archive);
	return archive;
}

/* KERNEL has 24 bytes, INITRD 9, TREE 4. %K and so on stand for their lines. */
static const char *manifest_of(const char *pattern)
{
	static char text[ROOM];
	size_t length = 0;

	for (; *pattern; pattern++) {
		if (*pattern != '%') {
			text[length++] = *pattern;
			continue;
		}
		pattern++;
		if (*pattern == 'K')
			length += (size_t)sprintf(text + length, "kernel kernel 24 %08x\n", slow_crc(KERNEL, 24));
		else if (*pattern == 'I')
			length += (size_t)sprintf(text + length, "initrd initrd 9 %08X\n", slow_crc(INITRD, 9));
		else
			length += (size_t)sprintf(text + length, "dtb tree 4 %08x\n", slow_crc(TREE, 4));
	}
	text[length] = '\0';
	return text;
}

#define GOOD "fsw-volume 1\nwait 250\ninstance 1 first\n%K%I%Tcmdline console=ttyAMA0  quiet\ninstance 7 second\n%T%K"

/* Open a copy in a block of just this size. */
static int open_bytes(const unsigned char *bytes, uint32_t size, unsigned char **block)
{
	*block = malloc(size ? size : 1);
	assert_non_null(*block);
	memcpy(*block, bytes, size);
	return volume_open(&volume, *block, size);
}

static int opened(const unsigned char *bytes, uint32_t size)
{
	unsigned char *block;
	int error = open_bytes(bytes, size, &block);

	free(block);
	return error;
}

static void test_good(void **state)
{
	struct archive archive = archive_of(manifest_of(GOOD));
	unsigned char *block;

	(void)state;
	assert_int_equal(open_bytes(archive.bytes, archive.size, &block), 0);
	assert_int_equal(volume.wait_ms, 250);
	assert_int_equal(volume.ids[0], 1 << 1 | 1 << 7);
	assert_int_equal(volume_instance(&volume, 1, &instance), 0);
	assert_string_equal(instance.name, "first");
	assert_int_equal(instance.id, 1);
	assert_true(instance.has_cmdline);
	assert_string_equal(instance.cmdline, "console=ttyAMA0  quiet");
	assert_int_equal(instance.kernel.size, 24);
	assert_memory_equal(instance.kernel.bytes, KERNEL, 24);
	assert_memory_equal(instance.initrd.bytes, INITRD, 9);
	assert_memory_equal(instance.tree.bytes, TREE, 4);
	assert_int_equal(volume_file_check(&instance.kernel), 0);
	assert_int_equal(volume_file_check(&instance.initrd), 0);
	assert_int_equal(volume_file_check(&instance.tree), 0);
	instance.initrd.crc++;
	assert_int_equal(volume_file_check(&instance.initrd), -VOLUME_FILE_CRC);
	assert_int_equal(volume_instance(&volume, 7, &instance), 0);
	assert_string_equal(instance.name, "second");
	assert_true(!instance.has_cmdline && !instance.initrd.bytes && instance.kernel.bytes && instance.tree.bytes);
	assert_int_equal(volume_instance(&volume, 0, &instance), -VOLUME_INSTANCE);
	assert_int_equal(volume_instance(&volume, 2, &instance), -VOLUME_INSTANCE);
	assert_int_equal(volume_instance(&volume, 255, &instance), -VOLUME_INSTANCE);
	assert_int_equal(volume_instance(&volume, ~0u, &instance), -VOLUME_INSTANCE);
	free(block);
	/* unless it is said */
	archive = archive_of(manifest_of("fsw-volume 1\ninstance 254 x\n%K%T"));
	assert_int_equal(open_bytes(archive.bytes, archive.size, &block), 0);
	assert_int_equal(volume.wait_ms, VOLUME_WAIT_MS);
	assert_int_equal(volume_instance(&volume, 254, &instance), 0);
	free(block);
}

/* Cut anywhere, whatever is behind the cut: nothing, an erased flash, zeros */
static void test_truncated(void **state)
{
	struct archive archive = archive_of(manifest_of(GOOD));
	uint32_t cut;

	(void)state;
	for (cut = 0; cut < archive.size; cut++) {
		static const unsigned char fill[] = { 0xff, 0x00 };
		unsigned char bytes[ROOM];
		uint32_t i;
		int error = opened(archive.bytes, cut);

		assert_int_equal(error, cut < 6 ? -VOLUME_NONE : -VOLUME_CUT);
		for (i = 0; i < 2; i++) {
			memset(bytes, fill[i], ROOM);
			memcpy(bytes, archive.bytes, cut);
			error = opened(bytes, ROOM);
			/* what is filled with the very bytes that were cut is not cut */
			if (memcmp(bytes, archive.bytes, archive.size) != 0)
				assert_true(error != 0 || cut + 4 > archive.size);
			else
				assert_int_equal(error, 0);
		}
	}
}

/* The manifest cut by whoever made it: the archive is whole */
static void test_manifest_truncated(void **state)
{
	static char text[ROOM];
	const char *manifest = manifest_of(GOOD);
	int length = snprintf(text, sizeof(text), "%send %08x\n", manifest, slow_crc(manifest, strlen(manifest)));
	int cut;

	(void)state;
	for (cut = 0; cut < length; cut++) {
		struct archive archive = { { 0 }, 0 };
		int error;

		add(&archive, "manifest", text, (size_t)cut);
		add_rest(&archive);
		error = opened(archive.bytes, archive.size);
		assert_int_equal(error, cut < 13 ? -VOLUME_VERSION : -VOLUME_END);
	}
	/* cut by lines, with an end line made for it: refused where an instance is not whole, else a smaller volume */
	for (cut = 0; cut < (int)strlen(manifest); cut++) {
		static char less[ROOM];
		struct archive archive;
		int error;

		memcpy(less, manifest, (size_t)cut);
		less[cut] = '\0';
		archive = archive_of(less);
		error = opened(archive.bytes, archive.size);
		if (cut < 13)
			assert_int_equal(error, -VOLUME_VERSION);
		else if (less[cut - 1] != '\n')
			assert_int_equal(error, -VOLUME_END);
		else
			assert_true(error == 0 || error == -VOLUME_INCOMPLETE);
	}
}

/* Each bit of all but the files wrong */
static void test_flipped(void **state)
{
	struct archive archive = archive_of(manifest_of(GOOD));
	uint32_t at, bit, taken = 0;

	(void)state;
	for (at = 0; at < archive.size; at++) {
		for (bit = 0; bit < 8; bit++) {
			unsigned char *block;
			int error;

			archive.bytes[at] ^= (unsigned char)(1u << bit);
			error = open_bytes(archive.bytes, archive.size, &block);
			assert_true(error <= 0 && error > -VOLUME_FILE_CRC);
			if (error == 0) {
				/* times, owners and padding do not count, and a file is found by its CRC to be wrong */
				taken++;
				assert_int_equal(volume_instance(&volume, 1, &instance), 0);
				assert_true(instance.kernel.bytes + instance.kernel.size <= block + archive.size);
				volume_file_check(&instance.kernel);
			}
			archive.bytes[at] ^= (unsigned char)(1u << bit);
			free(block);
		}
	}
	assert_true(taken > 0);
	/* the manifest is under its CRC: no wrong bit of it is taken */
	for (at = 0; at < archive.size && memcmp(archive.bytes + at, "fsw-volume", 10) != 0; at++)
		;
	for (; memcmp(archive.bytes + at, "070701", 6) != 0; at++) {
		if (archive.bytes[at] == 0)
			continue; /* padding */
		archive.bytes[at] ^= 1;
		assert_true(opened(archive.bytes, archive.size) != 0 || (archive.bytes[at] ^ 1) == 0);
		archive.bytes[at] ^= 1;
	}
}

static void test_archives(void **state)
{
	static const unsigned char erased[256] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	static const unsigned char zeros[256];
	struct archive archive = { { 0 }, 0 };
	struct archive good = archive_of(manifest_of(GOOD));
	uint32_t at;

	(void)state;
	assert_int_equal(opened(erased, sizeof(erased)), -VOLUME_NONE);
	assert_int_equal(opened(zeros, sizeof(zeros)), -VOLUME_NONE);
	/* the other kinds of CPIO */
	memcpy(good.bytes, "070702", 6);
	assert_int_equal(opened(good.bytes, good.size), -VOLUME_HEADER);
	memcpy(good.bytes, "070707", 6);
	assert_int_equal(opened(good.bytes, good.size), -VOLUME_HEADER);
	/* other members first, or none */
	add(&archive, "manifests", "fsw-volume 1\n", 13);
	add_rest(&archive);
	assert_int_equal(opened(archive.bytes, archive.size), -VOLUME_MANIFEST);
	archive.size = 0;
	add(&archive, "TRAILER!!!", "", 0);
	assert_int_equal(opened(archive.bytes, archive.size), -VOLUME_MANIFEST);
	/* sizes that would lead out of it, of file and of name */
	good = archive_of(manifest_of(GOOD));
	for (at = 54; at < 62; at++) {
		unsigned char was = good.bytes[at];

		good.bytes[at] = 'f';
		assert_int_equal(opened(good.bytes, good.size), at >= 60 ? -VOLUME_HEADER : -VOLUME_CUT);
		good.bytes[at] = 'g';
		assert_int_equal(opened(good.bytes, good.size), -VOLUME_HEADER);
		good.bytes[at] = was;
	}
	memset(good.bytes + 54, 'f', 8);
	assert_int_equal(opened(good.bytes, good.size), -VOLUME_CUT);
	good = archive_of(manifest_of(GOOD));
	memset(good.bytes + 94, 'f', 8);
	assert_int_equal(opened(good.bytes, good.size), -VOLUME_HEADER);
	memset(good.bytes + 94, '0', 8);
	assert_int_equal(opened(good.bytes, good.size), -VOLUME_HEADER);
}

static void test_lines(void **state)
{
	static const struct {
		int expected;
		const char *pattern;
		uint32_t at;
	} cases[] = {
		{ -VOLUME_VERSION, "fsw-volume 2\ninstance 1 a\n%K%T", 1 },
		{ -VOLUME_VERSION, "fsw-volume 10\ninstance 1 a\n%K%T", 1 },
		{ -VOLUME_LINE, "fsw-volume 1\n\ninstance 1 a\n%K%T", 2 },
		{ -VOLUME_LINE, "fsw-volume 1\ninstances 1 a\n%K%T", 2 },
		{ -VOLUME_LINE, "fsw-volume 1\ninstance 0 a\n%K%T", 2 },
		{ -VOLUME_LINE, "fsw-volume 1\ninstance 255 a\n%K%T", 2 },
		{ -VOLUME_LINE, "fsw-volume 1\ninstance 4294967297 a\n%K%T", 2 },
		{ -VOLUME_LINE, "fsw-volume 1\ninstance x a\n%K%T", 2 },
		{ -VOLUME_LINE, "fsw-volume 1\ninstance 1\n%K%T", 2 },
		{ -VOLUME_LINE, "fsw-volume 1\ninstance 1 a b\n%K%T", 2 },
		{ -VOLUME_LINE, "fsw-volume 1\ninstance  1 a\n%K%T", 2 },
		{ -VOLUME_LINE, "fsw-volume 1\ninstance 1 a \n%K%T", 2 },
		{ -VOLUME_LINE, "fsw-volume 1\ninstance 1 \x7f\n%K%T", 2 },
		{ -VOLUME_LINE, "fsw-volume 1\ninstance 1 12345678901234567890123456789012\n%K%T", 2 },
		{ 0, "fsw-volume 1\ninstance 1 1234567890123456789012345678901\n%K%T", 0 },
		{ -VOLUME_LINE, "fsw-volume 1\nwait\ninstance 1 a\n%K%T", 2 },
		{ -VOLUME_LINE, "fsw-volume 1\nwait 60001\ninstance 1 a\n%K%T", 2 },
		{ -VOLUME_LINE, "fsw-volume 1\nwait -1\ninstance 1 a\n%K%T", 2 },
		{ -VOLUME_LINE, "fsw-volume 1\nwait 1 2\ninstance 1 a\n%K%T", 2 },
		{ 0, "fsw-volume 1\nwait 60000\ninstance 1 a\n%K%T", 0 },
		{ -VOLUME_TWICE, "fsw-volume 1\nwait 1\nwait 1\ninstance 1 a\n%K%T", 3 },
		{ -VOLUME_PLACE, "fsw-volume 1\ninstance 1 a\n%K%Twait 1\n", 5 },
		{ -VOLUME_PLACE, "fsw-volume 1\n%Kinstance 1 a\n%K%T", 2 },
		{ -VOLUME_PLACE, "fsw-volume 1\ncmdline a\ninstance 1 a\n%K%T", 2 },
		{ -VOLUME_TWICE, "fsw-volume 1\ninstance 1 a\n%K%T%K", 5 },
		{ -VOLUME_TWICE, "fsw-volume 1\ninstance 1 a\n%I%I", 4 },
		{ -VOLUME_TWICE, "fsw-volume 1\ninstance 1 a\n%K%Tcmdline a\ncmdline b\n", 6 },
		{ -VOLUME_TWICE, "fsw-volume 1\ninstance 1 a\n%K%Tinstance 1 a\n%K%T", 5 },
		{ -VOLUME_INCOMPLETE, "fsw-volume 1\ninstance 1 a\n%K", 0 },
		{ -VOLUME_INCOMPLETE, "fsw-volume 1\ninstance 1 a\n%T%I", 0 },
		{ -VOLUME_INCOMPLETE, "fsw-volume 1\ninstance 1 a\n%Kinstance 2 b\n%K%T", 4 },
		{ -VOLUME_NO_FILE, "fsw-volume 1\ninstance 1 a\nkernel kernels 24 00000000\n%T", 3 },
		{ -VOLUME_NO_FILE, "fsw-volume 1\ninstance 1 a\nkernel kerne 24 00000000\n%T", 3 },
		{ -VOLUME_NO_FILE, "fsw-volume 1\ninstance 1 a\nkernel TRAILER!!! 0 00000000\n%T", 3 },
		{ -VOLUME_SIZE, "fsw-volume 1\ninstance 1 a\nkernel kernel 23 00000000\n%T", 3 },
		{ -VOLUME_LINE, "fsw-volume 1\ninstance 1 a\nkernel kernel 999999999 00000000\n%T", 3 },
		{ -VOLUME_LINE, "fsw-volume 1\ninstance 1 a\nkernel kernel 24 0000000\n%T", 3 },
		{ -VOLUME_LINE, "fsw-volume 1\ninstance 1 a\nkernel kernel 24 000000000\n%T", 3 },
		{ -VOLUME_LINE, "fsw-volume 1\ninstance 1 a\nkernel kernel 24 0000000g\n%T", 3 },
		{ -VOLUME_LINE, "fsw-volume 1\ninstance 1 a\nkernel kernel 24 00000000 x\n%T", 3 },
		{ -VOLUME_LINE, "fsw-volume 1\ninstance 1 a\nkernel kernel 0x18 00000000\n%T", 3 },
		{ -VOLUME_LINE, "fsw-volume 1\ninstance 1 a\nkernel\n%T", 3 },
		{ -VOLUME_LINE, "fsw-volume 1\ninstance 1 a\nkernel kernel\n%T", 3 },
		{ -VOLUME_LINE, "fsw-volume 1\ninstance 1 a\n%K%Tcmdline\n", 5 },
		{ -VOLUME_LINE, "fsw-volume 1\ninstance 1 a\n%K%Tcmdline \n", 5 },
		{ -VOLUME_LINE, "fsw-volume 1\ninstance 1 a\n%K%Tcmdline a\tb\n", 5 },
		{ 0, "fsw-volume 1\n", 0 }, /* with nothing in it that could be started */
	};
	static char text[ROOM];
	struct archive archive;
	uint32_t i, length;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		int error;

		archive = archive_of(manifest_of(cases[i].pattern));
		error = opened(archive.bytes, archive.size);
		if (error != cases[i].expected || (cases[i].at && volume.at != cases[i].at))
			fail_msg("case %u: %d (%s) at %u", i, error, volume_text(error), volume.at);
	}
	/* the longest command line */
	for (length = VOLUME_CMDLINE_SIZE - 1; length <= VOLUME_CMDLINE_SIZE; length++) {
		size_t at = strlen(strcpy(text, manifest_of("fsw-volume 1\ninstance 1 a\n%K%Tcmdline ")));

		memset(text + at, 'a', length);
		strcpy(text + at + length, "\n");
		archive = archive_of(text);
		assert_int_equal(opened(archive.bytes, archive.size), length < VOLUME_CMDLINE_SIZE ? 0 : -VOLUME_LINE);
	}
	/* a wrong CRC of its own, and none */
	archive = archive_of(manifest_of(GOOD));
	for (i = 0; memcmp(archive.bytes + i, "\nend ", 5) != 0; i++)
		;
	archive.bytes[i + 5] = archive.bytes[i + 5] == '0' ? '1' : '0';
	assert_int_equal(opened(archive.bytes, archive.size), -VOLUME_CRC);
	archive.bytes[i + 5] = 'x';
	assert_int_equal(opened(archive.bytes, archive.size), -VOLUME_END);
}

static void test_crc(void **state)
{
	unsigned char bytes[300];
	uint32_t start, length, i;

	(void)state;
	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(i * 7 + i / 256);
	assert_int_equal(volume_crc("123456789", 9), 0xcbf43926);
	for (start = 0; start < 8; start++)
		for (length = 0; length < 290; length++)
			assert_int_equal(volume_crc(bytes + start, length), slow_crc(bytes + start, length));
}

static void test_texts(void **state)
{
	int error;

	(void)state;
	for (error = 0; error < VOLUME_ERROR_COUNT; error++)
		assert_true(strlen(volume_text(-error)) > 5);
	assert_string_equal(volume_text(1), "unknown error");
	assert_string_equal(volume_text(-VOLUME_ERROR_COUNT), "unknown error");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),	cmocka_unit_test(test_truncated), cmocka_unit_test(test_manifest_truncated),
		cmocka_unit_test(test_flipped), cmocka_unit_test(test_archives),  cmocka_unit_test(test_lines),
		cmocka_unit_test(test_crc),	cmocka_unit_test(test_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
