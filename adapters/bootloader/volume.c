/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "volume.h"

#define HEADER_BYTES 110
#define FIELD_SIZE 6 /* fields of eight hex digits behind the magic */
#define FIELD_NAME_SIZE 11
#define POLYNOMIAL 0xedb88320u

static const char *const texts[] = {
#define VOLUME_TEXT(name, text) text,
	"no error", VOLUME_ERRORS(VOLUME_TEXT) "unknown error"
};

const char *volume_text(int error)
{
	return texts[error <= 0 && error > -(int)VOLUME_ERROR_COUNT ? -error : (int)VOLUME_ERROR_COUNT];
}

uint32_t volume_crc(const void *start, uint32_t bytes)
{
	static uint32_t table[256];
	const unsigned char *byte = (const unsigned char *)start;
	uint32_t crc = ~0u;
	uint32_t i, bit;

	for (i = 0; table[255] == 0 && i < 256; i++) {
		uint32_t value = i;

		for (bit = 0; bit < 8; bit++)
			value = value >> 1 ^ (POLYNOMIAL & (0u - (value & 1)));
		table[i] = value;
	}
	/* by words where it can: caches are off, and each access is one of the bus */
	for (; bytes && (uintptr_t)byte & 3; bytes--)
		crc = crc >> 8 ^ table[(crc ^ *byte++) & 255];
	for (; bytes >= 4; bytes -= 4, byte += 4) {
		crc ^= *(const fsw_word *)(const void *)byte;
		crc = crc >> 8 ^ table[crc & 255];
		crc = crc >> 8 ^ table[crc & 255];
		crc = crc >> 8 ^ table[crc & 255];
		crc = crc >> 8 ^ table[crc & 255];
	}
	for (; bytes; bytes--)
		crc = crc >> 8 ^ table[(crc ^ *byte++) & 255];
	return ~crc;
}

/* ---- the archive ---- */

struct member {
	const char *name; /* NUL-terminated within the archive */
	const unsigned char *bytes;
	uint32_t name_size; /* with the NUL */
	uint32_t size;
	uint32_t next; /* offset of the header behind it */
};

static int hex(const unsigned char *digit, uint32_t *value)
{
	uint32_t i;

	*value = 0;
	for (i = 0; i < 8; i++) {
		uint32_t c = digit[i];

		if (c - '0' < 10)
			c -= '0';
		else if ((c | 32) - 'a' < 6)
			c = (c | 32) - 'a' + 10;
		else
			return 0;
		*value = *value << 4 | c;
	}
	return 1;
}

static uint32_t padded(uint32_t bytes)
{
	return (bytes + 3) & ~3u;
}

static int member_at(struct volume *volume, uint32_t offset, struct member *member)
{
	const unsigned char *head = volume->start + offset;
	uint32_t left = volume->size - offset;
	uint32_t head_bytes;

	volume->at = offset;
	if (left < HEADER_BYTES)
		return -VOLUME_CUT;
	if (memcmp(head, "070701", 6) != 0 || !hex(head + 6 + 8 * FIELD_SIZE, &member->size) ||
	    !hex(head + 6 + 8 * FIELD_NAME_SIZE, &member->name_size))
		return -VOLUME_HEADER;
	/* neither sum can overflow: both parts are bounded first */
	if (member->name_size == 0 || member->name_size > 256)
		return -VOLUME_HEADER;
	head_bytes = padded(HEADER_BYTES + member->name_size);
	if (left < head_bytes || left - head_bytes < member->size || left - head_bytes < padded(member->size))
		return -VOLUME_CUT;
	member->name = (const char *)head + HEADER_BYTES;
	if (member->name[member->name_size - 1] != '\0')
		return -VOLUME_HEADER;
	member->bytes = head + head_bytes;
	member->next = offset + head_bytes + padded(member->size);
	return 0;
}

static int called(const struct member *member, const char *name, uint32_t length)
{
	return member->name_size == length + 1 && memcmp(member->name, name, length) == 0;
}

static int last(const struct member *member)
{
	return called(member, "TRAILER!!!", 10);
}

/* ---- the manifest ---- */

/* What is left of a line */
struct line {
	const char *at;
	const char *end;
};

/* The next word; 0: there is none, or not just one space before it */
static int word(struct line *line, struct line *out)
{
	out->at = line->at;
	while (line->at < line->end && *line->at != ' ')
		line->at++;
	out->end = line->at;
	if (line->at < line->end && ++line->at == line->end)
		return 0; /* a space ends the line */
	return out->at < out->end;
}

static int is(const struct line *text, const char *what)
{
	const char *at = text->at;

	while (at < text->end && *what && *at == *what) {
		at++;
		what++;
	}
	return at == text->end && *what == '\0';
}

static int number(struct line *line, uint32_t most, uint32_t *value)
{
	struct line digits;
	uint32_t digit;

	*value = 0;
	if (!word(line, &digits) || digits.end - digits.at > 9)
		return 0;
	for (; digits.at < digits.end; digits.at++) {
		digit = (uint32_t)(unsigned char)*digits.at - '0';
		if (digit > 9)
			return 0;
		*value = *value * 10 + digit;
	}
	return *value <= most;
}

static int file(struct volume *volume, struct line *line, struct volume_file *out)
{
	struct member member;
	struct line name, crc;
	uint32_t offset = 0, at = volume->at;

	if (out->bytes)
		return -VOLUME_TWICE;
	if (!word(line, &name) || !number(line, volume->size, &out->size) || !word(line, &crc) || line->at != line->end ||
	    crc.end - crc.at != 8 || !hex((const unsigned char *)crc.at, &out->crc))
		return -VOLUME_LINE;
	for (;;) {
		int error = member_at(volume, offset, &member);

		volume->at = at;
		if (error || last(&member))
			return -VOLUME_NO_FILE;
		if (called(&member, name.at, (uint32_t)(name.end - name.at)))
			break;
		offset = member.next;
	}
	if (member.size != out->size)
		return -VOLUME_SIZE;
	out->bytes = member.bytes;
	return 0;
}

static int name(struct line *line, char *out)
{
	struct line text;
	uint32_t i = 0;

	if (!word(line, &text) || line->at != line->end || text.end - text.at >= VOLUME_NAME_SIZE)
		return 0;
	for (; text.at < text.end; text.at++) {
		if (*text.at <= ' ' || *text.at > '~')
			return 0;
		out[i++] = *text.at;
	}
	out[i] = '\0';
	return 1;
}

static int cmdline(struct line *line, struct volume_instance *out)
{
	uint32_t i = 0;

	if (out->has_cmdline)
		return -VOLUME_TWICE;
	if (line->at == line->end || line->end - line->at >= VOLUME_CMDLINE_SIZE)
		return -VOLUME_LINE;
	for (; line->at < line->end; line->at++) {
		if (*line->at < ' ' || *line->at > '~')
			return -VOLUME_LINE;
		out->cmdline[i++] = *line->at;
	}
	out->cmdline[i] = '\0';
	out->has_cmdline = 1;
	return 0;
}

/* An instance is complete when the next begins, or at the end. */
static int complete(const struct volume_instance *instance)
{
	return instance->id == 0 || (instance->kernel.bytes && instance->tree.bytes) ? 0 : -VOLUME_INCOMPLETE;
}

static int instance_line(struct volume *volume, struct line *line, struct volume_instance *now)
{
	uint32_t id;
	int error = complete(now);

	if (error)
		return error;
	memset(now, 0, sizeof(*now));
	if (!number(line, VOLUME_IDS, &id) || id == 0 || !name(line, now->name))
		return -VOLUME_LINE;
	if (volume->ids[id / 32] >> id % 32 & 1)
		return -VOLUME_TWICE;
	volume->ids[id / 32] |= 1u << id % 32;
	now->id = id;
	return 0;
}

static int wait_line(struct volume *volume, struct line *line, const struct volume_instance *now, uint32_t *said)
{
	if (now->id)
		return -VOLUME_PLACE;
	if ((*said)++)
		return -VOLUME_TWICE;
	return number(line, VOLUME_WAIT_MAX, &volume->wait_ms) && line->at == line->end ? 0 : -VOLUME_LINE;
}

/* All lines between the first and the last. With an id: until that instance is whole in *now. */
static int lines(struct volume *volume, uint32_t id, struct volume_instance *now)
{
	const char *at = volume->manifest;
	const char *end = at + volume->manifest_bytes;
	uint32_t said_wait = 0;
	int error = 0;

	now->id = 0;
	memset(volume->ids, 0, sizeof(volume->ids));
	for (volume->at = 1; at < end && !error; volume->at++) {
		struct line line, verb;

		line.at = at;
		while (at < end && *at != '\n')
			at++;
		line.end = at++;
		if (volume->at == 1)
			continue; /* the version */
		if (!word(&line, &verb))
			error = -VOLUME_LINE;
		else if (is(&verb, "instance") && id && now->id == id)
			return 0;
		else if (is(&verb, "instance"))
			error = instance_line(volume, &line, now);
		else if (is(&verb, "wait"))
			error = wait_line(volume, &line, now, &said_wait);
		else if (!is(&verb, "kernel") && !is(&verb, "initrd") && !is(&verb, "dtb") && !is(&verb, "cmdline"))
			error = -VOLUME_LINE;
		else if (now->id == 0)
			error = -VOLUME_PLACE;
		else if (is(&verb, "cmdline"))
			error = cmdline(&line, now);
		else
			error = file(volume, &line,
				     is(&verb, "kernel") ? &now->kernel
				     : is(&verb, "dtb")	 ? &now->tree
							 : &now->initrd);
		if (error)
			return error;
	}
	return complete(now);
}

int volume_open(struct volume *volume, const void *start, uint32_t size)
{
	static const char first[] = "fsw-volume 1\n";
	static struct volume_instance scratch;
	struct member member, manifest;
	uint32_t offset = 0, crc, i;
	const char *end;
	int error;

	memset(volume, 0, sizeof(*volume));
	volume->start = (const unsigned char *)start;
	volume->size = size;
	volume->wait_ms = VOLUME_WAIT_MS;
	/* an empty flash, or one that was never written as a volume */
	if (size < 6 || memcmp(start, "0707", 4) != 0)
		return -VOLUME_NONE;
	do {
		error = member_at(volume, offset, &member);
		if (error)
			return error;
		if (offset == 0)
			manifest = member;
		offset = member.next;
	} while (!last(&member));
	volume->at = 0;
	if (!called(&manifest, "manifest", 8))
		return -VOLUME_MANIFEST;
	volume->at = 1;
	if (manifest.size < sizeof(first) - 1 || memcmp(manifest.bytes, first, sizeof(first) - 1) != 0)
		return -VOLUME_VERSION;
	/* "end", a space, eight digits and a line end are the last 13 bytes. */
	volume->manifest = (const char *)manifest.bytes;
	for (i = 0; i < manifest.size; i++)
		volume->at += manifest.bytes[i] == '\n' && i + 1 < manifest.size;
	end = volume->manifest + manifest.size - 13;
	if (manifest.size < sizeof(first) - 1 + 13 || memcmp(end - 1, "\nend ", 5) != 0 || end[12] != '\n' ||
	    !hex((const unsigned char *)end + 4, &crc))
		return -VOLUME_END;
	volume->manifest_bytes = manifest.size - 13;
	if (volume_crc(volume->manifest, volume->manifest_bytes) != crc)
		return -VOLUME_CRC;
	return lines(volume, 0, &scratch);
}

int volume_instance(struct volume *volume, uint32_t id, struct volume_instance *instance)
{
	struct volume seen = *volume;

	if (id == 0 || id > VOLUME_IDS || !(volume->ids[id / 32] >> id % 32 & 1))
		return -VOLUME_INSTANCE;
	return lines(&seen, id, instance);
}

int volume_file_check(const struct volume_file *file)
{
	return volume_crc(file->bytes, file->size) == file->crc ? 0 : -VOLUME_FILE_CRC;
}
