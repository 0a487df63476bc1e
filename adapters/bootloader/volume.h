/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The boot volume: a newc CPIO archive whose first member is `manifest`, text by lines, and then the files that it names. scripts/make-volume
 * makes one:
 *
 *     fsw-volume 1
 *     wait MILLISECONDS            for a key before a cold start; may be absent
 *     instance ID NAME             then what it consists of, each once:
 *     kernel FILE SIZE CRC32
 *     initrd FILE SIZE CRC32       may be absent
 *     dtb FILE SIZE CRC32
 *     cmdline TEXT                 to the end of the line; may be absent
 *     end CRC32                    of all bytes before this line
 *
 * Words are parted by one space, CRC-32 is zlib's in 8 hex digits. Reads nothing outside [start, start + size), whatever is in there.
 */
#ifndef FSW_BOOTLOADER_VOLUME_H
#define FSW_BOOTLOADER_VOLUME_H

#include <fsw/env.h>

/* In the order in which they are looked for */
/* clang-format off */
#define VOLUME_ERRORS(X) \
	X(NONE,       "no boot volume here") \
	X(HEADER,     "not a header of a newc CPIO archive") \
	X(CUT,        "archive is cut short") \
	X(MANIFEST,   "first member of the archive is not 'manifest'") \
	X(VERSION,    "manifest does not begin with 'fsw-volume 1'") \
	X(END,        "manifest has no whole 'end' line") \
	X(CRC,        "manifest has a bad CRC") \
	X(LINE,       "line of the manifest is not understood") \
	X(PLACE,      "line of the manifest is out of place") \
	X(TWICE,      "line of the manifest says what was said before") \
	X(NO_FILE,    "file that the manifest names is not in the archive") \
	X(SIZE,       "file has another size than the manifest says") \
	X(INCOMPLETE, "instance without kernel or device tree") \
	X(INSTANCE,   "instance is not in the volume") \
	X(FILE_CRC,   "file has a bad CRC")
/* clang-format on */

#define VOLUME_ENUM(name, text) VOLUME_##name,
enum volume_error { VOLUME_GOOD, VOLUME_ERRORS(VOLUME_ENUM) VOLUME_ERROR_COUNT };

/* Of the negative of such a code. Never NULL. */
const char *volume_text(int error);

#define VOLUME_WAIT_MS 1000 /* unless the manifest says otherwise */
#define VOLUME_WAIT_MAX 60000
#define VOLUME_NAME_SIZE 32
#define VOLUME_CMDLINE_SIZE 1024
#define VOLUME_IDS 254

struct volume_file {
	const unsigned char *bytes; /* NULL: there is none. A multiple of 4 behind the volume's start */
	uint32_t size;
	uint32_t crc;
};

struct volume_instance {
	uint32_t id;
	char name[VOLUME_NAME_SIZE];
	struct volume_file kernel;
	struct volume_file initrd;
	struct volume_file tree;
	char cmdline[VOLUME_CMDLINE_SIZE];
	uint32_t has_cmdline;
};

struct volume {
	const unsigned char *start;
	uint32_t size;
	const char *manifest;
	uint32_t manifest_bytes; /* before the end line */
	uint32_t wait_ms;
	uint32_t ids[256 / 32]; /* bit i: instance i is in it */
	/* where the last error was found: offset in the archive (NONE to MANIFEST), else line of the manifest, from 1 */
	uint32_t at;
};

/* Check archive and manifest, all but the CRCs of the files. 0, or the negative of NONE to INCOMPLETE. */
int volume_open(struct volume *volume, const void *start, uint32_t size);

/* What the volume says of one instance: 0, or the negative of INSTANCE. */
int volume_instance(struct volume *volume, uint32_t id, struct volume_instance *instance);

/* Is the file what the manifest says? 0, or the negative of FILE_CRC. */
int volume_file_check(const struct volume_file *file);

/* zlib's crc32() */
uint32_t volume_crc(const void *start, uint32_t bytes);

#endif
