/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* SAR blobs: what is saved is loaded, whole or not at all, and only where the platform allows. */
#include "support.h"

#define ROOM 512

static unsigned char registers[256];
static unsigned writes, reads;

static uint32_t read_register(void *context, uint64_t address, uint32_t width)
{
	uint32_t value = 0;

	(void)context;
	assert_true(address + width <= sizeof(registers));
	reads++;
	memcpy(&value, registers + address, width);
	return value;
}

static void write_register(void *context, uint64_t address, uint32_t width, uint32_t value)
{
	(void)context;
	assert_true(address + width <= sizeof(registers));
	writes++;
	memcpy(registers + address, &value, width);
}

static const struct fsw_port port = { .read = read_register, .write = write_register };
static const struct fsw_segment segments[] = { { 0, 4, 32 }, { 64, 2, 6 }, { 100, 1, 5 }, { 128, 4, 4 }, { 140, 2, 2 } };
static const struct fsw_segments table = { segments, 5 };
static uint64_t blob[ROOM / 8];

static uint32_t *words(void)
{
	return (uint32_t *)(void *)blob;
}

static void fill(unsigned char seed)
{
	size_t i;

	for (i = 0; i < sizeof(registers); i++)
		registers[i] = (unsigned char)(seed + 7 * i);
}

static int saved(void)
{
	memset(blob, 0xee, sizeof(blob));
	writes = reads = 0;
	fill(1);
	return fsw_sar_save(&port, &table, blob, ROOM);
}

/* Make the blob's CRC match whatever was done to it. */
static void seal(void)
{
	world_put_record(blob, words()[3]);
}

static void round_trip(void **state)
{
	unsigned char before[sizeof(registers)];
	uint32_t i, s;

	(void)state;
	assert_int_equal(saved(), 0);
	assert_int_equal(reads, 8 + 3 + 5 + 1 + 1);
	assert_int_equal(words()[3], 16 + 5 * 16 + 32 + 8 + 8 + 8 + 8 + 16);
	memcpy(before, registers, sizeof(before));
	fill(100);
	assert_int_equal(fsw_sar_load(&port, &table, blob, ROOM), 0);
	assert_int_equal(writes, 18);
	for (i = 0; i < sizeof(registers); i++) {
		int covered = 0;

		for (s = 0; s < 5; s++)
			covered |= i >= segments[s].address && i < segments[s].address + segments[s].size;
		assert_int_equal(registers[i], covered ? before[i] : (unsigned char)(100 + 7 * i));
	}
	/* in exactly the room it takes, and no table at all */
	assert_int_equal(fsw_sar_verify(blob, words()[3], NULL), 0);
	assert_int_equal(fsw_sar_verify(blob, words()[3] - 1, NULL), FSW_ERR(SAR_SIZE));
}

static void empty_table(void **state)
{
	const struct fsw_segments none = { NULL, 0 };

	(void)state;
	assert_int_equal(fsw_sar_save(&port, &none, blob, 32), 0);
	assert_int_equal(fsw_sar_load(&port, &none, blob, 32), 0);
	assert_int_equal(fsw_sar_save(&port, &none, blob, 31), FSW_ERR(SAR_SIZE));
	assert_int_equal(fsw_sar_verify(blob, 31, NULL), FSW_ERR(SAR_SIZE));
}

static void bad_tables(void **state)
{
	static const struct fsw_segment bad[] = {
		{ 0, 0, 4 }, { 0, 3, 3 }, { 0, 8, 8 },		{ 2, 4, 4 },	     { 1, 2, 2 },  { 0, 4, 6 },
		{ 0, 2, 3 }, { 0, 4, 0 }, { 0, 1, 0xffffffff }, { ~0ull - 2, 1, 4 }, { 0, 5, 10 },
	};
	uint32_t room, i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct fsw_segments one = { &bad[i], 1 };

		memset(blob, 0xee, sizeof(blob));
		reads = 0;
		assert_int_equal(fsw_sar_save(&port, &one, blob, ROOM), FSW_ERR(SAR_RECORD));
		assert_int_equal(reads, 0);
		assert_int_equal(words()[0], 0xeeeeeeee);
	}
	assert_int_equal(saved(), 0);
	for (room = 0; room < 16 + 5 * 16 + 64 + 16; room++) {
		memset(blob, 0xee, sizeof(blob));
		assert_int_equal(fsw_sar_save(&port, &table, blob, room), FSW_ERR(SAR_SIZE));
		assert_int_equal(words()[0], 0xeeeeeeee);
	}
}

static void refused(int error, const struct fsw_segments *allowed)
{
	writes = 0;
	assert_int_equal(fsw_sar_load(&port, allowed, blob, ROOM), error);
	assert_int_equal(writes, 0);
}

static void refuses_by_name(void **state)
{
	uint32_t size, at;

	(void)state;
	saved();
	size = words()[3];
	words()[0] ^= 1;
	refused(FSW_ERR(SAR_MAGIC), &table);
	saved();
	words()[1] = FSW_SAR_FIRST_SUPPORTED - 1;
	refused(FSW_ERR(SAR_VERSION), &table);
	saved();
	words()[2] = FSW_SAR_VERSION + 1;
	refused(FSW_ERR(SAR_VERSION), &table);
	/* newer, but says that it can still be read */
	words()[1] = FSW_SAR_VERSION + 5;
	words()[2] = FSW_SAR_VERSION;
	seal();
	assert_int_equal(fsw_sar_verify(blob, ROOM, &table), 0);
	saved();
	words()[3] = ROOM + 8;
	refused(FSW_ERR(SAR_SIZE), &table);
	words()[3] = 24;
	refused(FSW_ERR(SAR_SIZE), &table);
	words()[3] = size + 4;
	refused(FSW_ERR(SAR_SIZE), &table);
	saved();
	for (at = 16; at < size; at++) {
		((unsigned char *)blob)[at] ^= 0x40;
		refused(FSW_ERR(SAR_CRC), &table);
		((unsigned char *)blob)[at] ^= 0x40;
	}

	/* the first record: address, width, size at words 4, 5, 6, 7 */
#define RECORD(word, value, error)      \
	do {                            \
		saved();                \
		words()[word] = value;  \
		seal();                 \
		refused(error, &table); \
	} while (0)
	RECORD(4, 2, FSW_ERR(SAR_RECORD));
	RECORD(6, 0, FSW_ERR(SAR_RECORD));
	RECORD(6, 3, FSW_ERR(SAR_RECORD));
	RECORD(7, 0, FSW_ERR(SAR_RECORD));
	RECORD(7, 30, FSW_ERR(SAR_RECORD));
	RECORD(7, 0x1000, FSW_ERR(SAR_RECORD));
	RECORD(7, size - 32, FSW_ERR(SAR_RECORD)); /* as many bytes as are left, but none for its head */
	RECORD(5, 1, FSW_ERR(SAR_RANGE));
	RECORD(4, 4, FSW_ERR(SAR_RANGE));
	RECORD(4, 32, FSW_ERR(SAR_RANGE));
	RECORD(6, 2, FSW_ERR(SAR_RANGE));
	RECORD(size / 4 - 4, 0, FSW_ERR(SAR_END));
	RECORD(size / 4 - 2, 4, FSW_ERR(SAR_END));
	saved();
	words()[4] = 0xfffffff0;
	words()[5] = 0xffffffff;
	seal();
	refused(FSW_ERR(SAR_RECORD), &table);
	/* a later record is wrong: nothing of the earlier ones is written */
	RECORD(16 / 4 + 12 + 3, 0, FSW_ERR(SAR_RECORD));
	saved();
	refused(0 * 1 + FSW_ERR(SAR_RANGE), &(struct fsw_segments){ segments, 4 });
	/* a part of what is allowed is allowed */
	saved();
	words()[4] = 8;
	refused(FSW_ERR(SAR_CRC), &table);
	{
		const struct fsw_segment wide = { 0, 4, 64 };
		const struct fsw_segments wider = { &wide, 1 };
		const struct fsw_segment narrow = { 8, 4, 16 };
		const struct fsw_segments narrower = { &narrow, 1 };

		assert_int_equal(fsw_sar_save(&port, &narrower, blob, ROOM), 0);
		assert_int_equal(fsw_sar_load(&port, &wider, blob, ROOM), 0);
		assert_int_equal(fsw_sar_save(&port, &wider, blob, ROOM), 0);
		assert_int_equal(fsw_sar_load(&port, &narrower, blob, ROOM), FSW_ERR(SAR_RANGE));
	}
}

/* Without callbacks a register is one plain access at its address. */
static void plain_accesses(void **state)
{
	static uint32_t real[4] = { 1, 2, 3, 0x04050607 };
	const struct fsw_port bare = { 0 };
	struct fsw_segment own[] = { { 0, 4, 8 }, { 0, 2, 4 }, { 0, 1, 4 } };
	const struct fsw_segments mine = { own, 3 };

	(void)state;
	own[0].address = (uintptr_t)&real[0];
	own[1].address = (uintptr_t)&real[2];
	own[2].address = (uintptr_t)&real[3];
	assert_int_equal(fsw_sar_save(&bare, &mine, blob, ROOM), 0);
	memset(real, 0, sizeof(real));
	assert_int_equal(fsw_sar_load(&bare, &mine, blob, ROOM), 0);
	assert_int_equal(real[0], 1);
	assert_int_equal(real[1], 2);
	assert_int_equal(real[2], 3);
	assert_int_equal(real[3], 0x04050607);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip),	   cmocka_unit_test(empty_table),    cmocka_unit_test(bad_tables),
		cmocka_unit_test(refuses_by_name), cmocka_unit_test(plain_accesses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
