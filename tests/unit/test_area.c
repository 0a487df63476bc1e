/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Geometry, format, and each thing that opening refuses, by its name. */
#include "support.h"

static int setup(void **state)
{
	struct world *world = malloc(sizeof(*world));

	*state = world;
	world_make(world, WORLD_INSTANCES, WORLD_SECTIONS);
	world_populate(world, 2);
	return 0;
}

static int teardown(void **state)
{
	world_free(*state);
	free(*state);
	return 0;
}

static int open_error(struct world *world)
{
	return fsw_open(&world->area, world->memory, world->size, &world->port);
}

static void sizes(void **state)
{
	const struct fsw_geometry good = {
		.base = 0x80000000, .section_shift = 24, .sections = 64, .instances = 4, .page_size = 4096
	};
	struct fsw_geometry geometry = good;
	uint32_t size = 1;

	(void)state;
	assert_int_equal(fsw_area_size(&geometry, &size), 0);
	assert_int_equal(size, 4096 + 4096 + 4 * 4096);
	geometry.sections = 1025;
	assert_int_equal(fsw_area_size(&geometry, &size), 0);
	assert_int_equal(size, 4096 + 8192 + 4 * 4096);
	geometry = (struct fsw_geometry){
		.base = 0xfff0000000000000ull, .section_shift = 30, .sections = 1048576, .instances = 254, .page_size = 65536
	};
	assert_int_equal(fsw_area_size(&geometry, &size), 0);
	assert_int_equal(size, 4096 + 4 * 1048576 + 254 * 65536);

	size = 77;
	assert_int_equal(fsw_area_size(NULL, &size), FSW_ERR(ARGUMENT));
	assert_int_equal(fsw_area_size(&good, NULL), FSW_ERR(ARGUMENT));
#define REFUSED(member, value, error)                                     \
	do {                                                              \
		geometry = good;                                          \
		geometry.member = value;                                  \
		assert_int_equal(fsw_area_size(&geometry, &size), error); \
	} while (0)
	REFUSED(section_shift, 19, FSW_ERR(SECTION_SIZE));
	REFUSED(section_shift, 31, FSW_ERR(SECTION_SIZE));
	REFUSED(section_shift, 0xffffffff, FSW_ERR(SECTION_SIZE));
	REFUSED(sections, 0, FSW_ERR(SECTIONS));
	REFUSED(sections, 1048577, FSW_ERR(SECTIONS));
	REFUSED(instances, 0, FSW_ERR(INSTANCES));
	REFUSED(instances, 255, FSW_ERR(INSTANCES));
	REFUSED(page_size, 0, FSW_ERR(PAGE_SIZE));
	REFUSED(page_size, 2048, FSW_ERR(PAGE_SIZE));
	REFUSED(page_size, 4097, FSW_ERR(PAGE_SIZE));
	REFUSED(page_size, 131072, FSW_ERR(PAGE_SIZE));
	REFUSED(page_size, 4096 + 8192, FSW_ERR(PAGE_SIZE));
	REFUSED(base, 0x80100000, FSW_ERR(BASE));
	REFUSED(base, 0x80000001, FSW_ERR(BASE));
	REFUSED(base, 0xffffffffff000000ull, FSW_ERR(BASE));
	assert_int_equal(size, 77);
	geometry = good;
	for (geometry.section_shift = 20; geometry.section_shift <= 30; geometry.section_shift++)
		assert_int_equal(fsw_area_size(&geometry, &size), 0);
	geometry = good;
	for (geometry.page_size = 4096; geometry.page_size <= 65536; geometry.page_size *= 2)
		assert_int_equal(fsw_area_size(&geometry, &size), 0);
}

static void formats(void **state)
{
	struct world *world = *state;
	struct fsw_geometry bad = world->geometry;
	const struct fsw_port bare = { 0 };
	unsigned char *memory = world->memory;
	struct fsw_status status;
	uint32_t i;

	bad.sections = 0;
	assert_int_equal(fsw_format(NULL, world->size, &world->geometry, &world->port), FSW_ERR(ARGUMENT));
	assert_int_equal(fsw_format(memory, world->size, NULL, &world->port), FSW_ERR(ARGUMENT));
	assert_int_equal(fsw_format(memory, world->size, &world->geometry, NULL), FSW_ERR(ARGUMENT));
	assert_int_equal(fsw_format(memory + 4, world->size, &world->geometry, &world->port), FSW_ERR(ALIGNMENT));
	assert_int_equal(fsw_format(memory, world->size, &bad, &world->port), FSW_ERR(SECTIONS));
	assert_int_equal(fsw_format(memory, world->size - 1, &world->geometry, &world->port), FSW_ERR(TRUNCATED));
	assert_int_equal(open_error(world), 0);
	assert_int_equal(world_entry(world, 0), 1);

	/* with nothing in the port, the plain accesses serve */
	memset(memory, 0x55, world->size);
	assert_int_equal(fsw_format(memory, world->size, &world->geometry, &bare), 0);
	assert_int_equal(fsw_open(&world->area, memory, world->size, &bare), 0);
	assert_int_equal(fsw_status(&world->area, &status), 0);
	assert_int_equal(status.phase, FSW_PHASE_BLANK);
	assert_int_equal(status.running, 0);
	for (i = 0; i < WORLD_SECTIONS; i++)
		assert_int_equal(world_entry(world, i), FSW_OWNER_NONE);
	for (i = 1; i <= WORLD_INSTANCES; i++) {
		struct fsw_instance instance;

		assert_int_equal(fsw_instance_get(&world->area, i, &instance), 0);
		assert_int_equal(instance.state, FSW_STATE_EMPTY);
	}
}

static void arguments(void **state)
{
	struct world *world = *state;
	struct fsw_advice advice;
	struct fsw_area area;

	assert_int_equal(fsw_open(NULL, world->memory, world->size, &world->port), FSW_ERR(ARGUMENT));
	assert_int_equal(fsw_open(&area, NULL, world->size, &world->port), FSW_ERR(ARGUMENT));
	assert_int_equal(fsw_open(&area, world->memory, world->size, NULL), FSW_ERR(ARGUMENT));
	assert_int_equal(fsw_open(&area, world->memory + 1, world->size, &world->port), FSW_ERR(ALIGNMENT));
	assert_int_equal(fsw_recover(&area, world->memory, world->size, &world->port, NULL), FSW_ERR(ARGUMENT));
	assert_int_equal(fsw_recover(&area, world->memory, 12, &world->port, &advice), FSW_ERR(TRUNCATED));
}

static void refuses_by_name(void **state)
{
	struct world *world = *state;
	struct fsw_header *header = world->area.header;
	const struct fsw_header good = *header;
	size_t length;

	for (length = 0; length < world->size; length += length < 64 ? 1 : 1021)
		assert_int_equal(fsw_open(&world->area, world->memory, length, &world->port), FSW_ERR(TRUNCATED));
#define HEADER(member, value, error)                        \
	do {                                                \
		*header = good;                             \
		header->member = value;                     \
		world_put_record(header, sizeof(*header));  \
		assert_int_equal(open_error(world), error); \
		*header = good;                             \
	} while (0)
	HEADER(magic, 0, FSW_ERR(NO_AREA));
	HEADER(magic, 0xffffffff, FSW_ERR(NO_AREA));
	HEADER(magic, 0x46535741, FSW_ERR(BYTE_ORDER));
	HEADER(magic, 0x12345678, FSW_ERR(MAGIC));
	HEADER(last_compat, FSW_AREA_VERSION + 1, FSW_ERR(VERSION_NEW));
	HEADER(version, FSW_AREA_FIRST_SUPPORTED - 1, FSW_ERR(VERSION_OLD));
	HEADER(version, 1000, 0); /* newer, but says that it can still be read */
	HEADER(geometry.section_shift, 19, FSW_ERR(SECTION_SIZE));
	HEADER(geometry.sections, 0, FSW_ERR(SECTIONS));
	HEADER(geometry.sections, 1048577, FSW_ERR(SECTIONS));
	HEADER(geometry.instances, 255, FSW_ERR(INSTANCES));
	HEADER(geometry.page_size, 5000, FSW_ERR(PAGE_SIZE));
	HEADER(geometry.base, 1, FSW_ERR(BASE));
	HEADER(geometry.cmm_offset, 8192, FSW_ERR(LAYOUT));
	HEADER(geometry.pages_offset, 4096, FSW_ERR(LAYOUT));
	HEADER(size, world->size - 1, FSW_ERR(LAYOUT));
	HEADER(size, world->size + 1, FSW_ERR(TRUNCATED));
	HEADER(geometry.instances, WORLD_INSTANCES + 1, FSW_ERR(LAYOUT));
	header->crc ^= 0x10;
	assert_int_equal(open_error(world), FSW_ERR(HEADER_CRC));
	*header = good;
	assert_int_equal(open_error(world), 0);
}

static void refuses_a_bad_switch_page(void **state)
{
	struct world *world = *state;
	uint32_t *word = world_switch_word(world);
	uint32_t good = *word;
	uint32_t slot = fsw__unguard(good, FSW_TAG_SWITCH) & 1 << FSW_SWITCH_SLOT_SHIFT;
	struct fsw_operation *operation = world_operation(world);
	struct fsw_operation saved;

#define SWITCH(owner, phase, error)                                                                     \
	do {                                                                                            \
		*word = fsw__guard((owner) | (phase) << FSW_SWITCH_PHASE_SHIFT | slot, FSW_TAG_SWITCH); \
		assert_int_equal(open_error(world), error);                                             \
	} while (0)
	*word ^= 4;
	assert_int_equal(open_error(world), FSW_ERR(SWITCH_WORD));
	SWITCH(1, 7, FSW_ERR(SWITCH_VALUE));
	SWITCH(1 | 0x1000, FSW_PHASE_IDLE, FSW_ERR(SWITCH_VALUE));
	SWITCH(WORLD_INSTANCES + 1, FSW_PHASE_IDLE, FSW_ERR(SWITCH_VALUE));
	SWITCH(0, FSW_PHASE_IDLE, FSW_ERR(SWITCH_VALUE));
	SWITCH(0, FSW_PHASE_HANDED, FSW_ERR(SWITCH_VALUE));
	SWITCH(0, FSW_PHASE_ARMED, 0);
	SWITCH(0, FSW_PHASE_BLANK, 0);
	*word = good;
	word[1] ^= 1;
	assert_int_equal(open_error(world), FSW_ERR(RESULT_WORD));
	word[1] ^= 1;
	operation->mode ^= 1;
	assert_int_equal(open_error(world), FSW_ERR(OPERATION_CRC));
	operation->mode ^= 1;
	saved = *operation;
	*word = fsw__guard(1 | FSW_PHASE_REQUESTED << FSW_SWITCH_PHASE_SHIFT | slot, FSW_TAG_SWITCH);
#define OPERATION(member, value, error)                          \
	do {                                                     \
		operation->member = value;                       \
		world_put_record(operation, sizeof(*operation)); \
		assert_int_equal(open_error(world), error);      \
		*operation = saved;                              \
	} while (0)
	OPERATION(mode, 0, FSW_ERR(OPERATION));
	OPERATION(mode, FSW_MODE_LAST + 1, FSW_ERR(OPERATION));
	OPERATION(source, 0, FSW_ERR(OPERATION));
	OPERATION(source, WORLD_INSTANCES + 1, FSW_ERR(OPERATION));
	OPERATION(target, 0, FSW_ERR(OPERATION));
	OPERATION(target, WORLD_INSTANCES + 1, FSW_ERR(OPERATION));
	OPERATION(first, 1, FSW_ERR(OPERATION));
	OPERATION(limit, WORLD_SECTIONS + 1, FSW_ERR(OPERATION));
	OPERATION(limit, WORLD_SECTIONS, 0);
}

static void refuses_bad_entries(void **state)
{
	struct world *world = *state;
	uint32_t i;

	for (i = 0; i < WORLD_SECTIONS; i++) {
		uint32_t good = world->area.cmm[i];

		world->area.cmm[i] ^= 1u << i;
		assert_int_equal(open_error(world), FSW_ERR(ENTRY_CHECK));
		assert_int_equal(world->area.fault.error, FSW_ERR(ENTRY_CHECK));
		assert_int_equal(world->area.fault.index, i);
		world->area.cmm[i] = fsw__guard(0x2001, i);
		assert_int_equal(open_error(world), FSW_ERR(ENTRY_VALUE));
		assert_int_equal(world->area.fault.index, i);
		world->area.cmm[i] = fsw__guard(WORLD_INSTANCES + 1, i);
		assert_int_equal(open_error(world), FSW_ERR(ENTRY_OWNER));
		assert_int_equal(world->area.fault.index, i);
		world->area.cmm[i] = good;
	}
	assert_int_equal(open_error(world), 0);
}

static void refuses_bad_pages(void **state)
{
	struct world *world = *state;
	uint32_t *word;

#define FLIPPED(id, offset, error)                             \
	do {                                                   \
		word = world_page(world, id, offset);          \
		*word ^= 0x100;                                \
		assert_int_equal(open_error(world), error);    \
		assert_int_equal(world->area.fault.index, id); \
		*word ^= 0x100;                                \
	} while (0)
	FLIPPED(3, FSW_PAGE_STATE, FSW_ERR(STATE_WORD));
	FLIPPED(3, FSW_PAGE_PARENT, FSW_ERR(PARENT_WORD));
	FLIPPED(1, FSW_PAGE_LOAD + 8, FSW_ERR(LOAD_CRC));
	FLIPPED(2, FSW_PAGE_LOAD + FSW_LOAD_CRC, FSW_ERR(LOAD_CRC));
	FLIPPED(2, FSW_PAGE_RESUME, FSW_ERR(RESUME_CRC));
	FLIPPED(2, FSW_PAGE_MANIFEST, FSW_ERR(MANIFEST_CRC));
	FLIPPED(2, FSW_PAGE_SAR, FSW_ERR(SAR_MAGIC));
	FLIPPED(2, FSW_PAGE_SAR + 4, FSW_ERR(SAR_CRC)); /* a newer version that says it can be read */
	FLIPPED(2, FSW_PAGE_SAR + 8, FSW_ERR(SAR_VERSION));
	FLIPPED(2, FSW_PAGE_SAR + 12, FSW_ERR(SAR_CRC)); /* a size of 0x1xx still has room */

	word = world_state_word(world, 4);
	*word = fsw__guard(FSW_STATE_LAST + 1, FSW_TAG_STATE + 4);
	assert_int_equal(open_error(world), FSW_ERR(STATE_VALUE));
	*word = fsw__guard(FSW_STATE_EMPTY | (FSW_CAUSE_LAST + 1) << 8, FSW_TAG_STATE + 4);
	assert_int_equal(open_error(world), FSW_ERR(STATE_VALUE));
	*word = fsw__guard(FSW_STATE_EMPTY, FSW_TAG_STATE + 4);
	word = world_parent_word(world, 4);
	*word = fsw__guard(WORLD_INSTANCES + 1, FSW_TAG_PARENT + 4);
	assert_int_equal(open_error(world), FSW_ERR(PARENT_VALUE));
	*word = fsw__guard(0, FSW_TAG_PARENT + 4);
	word = world_page(world, 2, FSW_PAGE_MANIFEST);
	word[FSW_MANIFEST_COUNT / 4] = FSW_MANIFEST_DEVICES_MAX + 1;
	world_put_record(word, FSW_MANIFEST_BYTES);
	assert_int_equal(open_error(world), FSW_ERR(MANIFEST_VALUE));
	word[FSW_MANIFEST_COUNT / 4] = FSW_MANIFEST_DEVICES_MAX;
	world_put_record(word, FSW_MANIFEST_BYTES);
	assert_int_equal(open_error(world), 0);
}

static void texts(void **state)
{
	int error;

	(void)state;
	assert_string_equal(fsw_error_text(0), "no error");
	assert_string_equal(fsw_error_text(1), "unknown error");
	assert_string_equal(fsw_error_text(-FSW_ERROR_COUNT), "unknown error");
	assert_string_equal(fsw_error_text((int)0x80000000), "unknown error");
	assert_string_equal(fsw_error_text(FSW_ERR(SAR_RANGE)), "SAR record not allowed");
	for (error = 1; error < FSW_ERROR_COUNT; error++) {
		const char *text = fsw_error_text(-error);
		int other;

		assert_in_range(strlen(text), 5, 40);
		for (other = 0; other < error; other++)
			assert_string_not_equal(text, fsw_error_text(-other));
	}
	assert_string_equal(fsw_state_name(FSW_STATE_EMPTY), "empty");
	assert_string_equal(fsw_state_name(FSW_STATE_SLEEPING), "sleeping");
	assert_string_equal(fsw_state_name(FSW_STATE_DEAD), "dead");
	assert_string_equal(fsw_state_name(FSW_STATE_LAST + 1), "unknown");
}

/* CRC-32 bit by bit, from the definition */
static uint32_t crc_by_bits(const unsigned char *data, size_t size)
{
	uint32_t crc = 0xffffffff;
	int bit;

	while (size--) {
		crc ^= *data++;
		for (bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return ~crc;
}

static void crc(void **state)
{
	uint32_t words[16];
	uint32_t i, size;

	(void)state;
	for (i = 0; i < 16; i++)
		words[i] = 0x9e3779b9 * (i + 1);
	for (size = 0; size <= sizeof(words); size += 4)
		assert_int_equal(fsw__crc32(words, size), crc_by_bits((unsigned char *)words, size));
	/* the check value of the catalogues is for nine digits; of the first eight it is this */
	assert_int_equal(fsw__crc32("12345678", 8), 0x9ae0daaf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes),
		cmocka_unit_test_setup_teardown(formats, setup, teardown),
		cmocka_unit_test_setup_teardown(arguments, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_by_name, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_a_bad_switch_page, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_bad_entries, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_bad_pages, setup, teardown),
		cmocka_unit_test(texts),
		cmocka_unit_test(crc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
