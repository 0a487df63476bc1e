/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* adapters/boot/probe.c: a record is good only as it was sealed, and what is added to it covers all that was added, whatever there is room for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "boot/probe.h"

#define PAGES 4096

static void clear(struct fsw_probe *probe)
{
	memset(probe, 0, sizeof(*probe));
	probe->magic = FSW_PROBE_MAGIC;
	probe->state = FSW_PROBE_DONE;
}

/* Every bit of it counts; the magic may come after the seal. */
static void test_sealed(void **state)
{
	static struct fsw_probe probe;
	unsigned char *bytes = (unsigned char *)&probe;
	uint32_t bit;

	(void)state;
	clear(&probe);
	fsw_probe_add(&probe, 0x60000000, 0x1000);
	probe.magic = 0;
	fsw_probe_seal(&probe);
	assert_false(fsw_probe_good(&probe, FSW_PROBE_DONE));
	probe.magic = FSW_PROBE_MAGIC;
	assert_true(fsw_probe_good(&probe, FSW_PROBE_DONE));
	assert_false(fsw_probe_good(&probe, FSW_PROBE_FILLED));
	for (bit = 0; bit < 8 * sizeof(probe); bit++) {
		bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
		assert_false(fsw_probe_good(&probe, FSW_PROBE_DONE));
		bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
	}
	probe.count = FSW_PROBE_RANGES + 1;
	fsw_probe_seal(&probe);
	assert_false(fsw_probe_good(&probe, FSW_PROBE_DONE));
}

/* The CRC as Python's zlib has it */
static void test_crc(void **state)
{
	static struct fsw_probe probe;

	(void)state;
	clear(&probe);
	fsw_probe_add(&probe, 0x60000000, 0x1000);
	fsw_probe_seal(&probe);
	assert_int_equal(probe.crc, 0xf0061d30);
}

/* Pages at random, ascending: ranges ascend, lie apart, begin and end with a page that was added, and cover all of them. */
static void test_add(void **state)
{
	static unsigned char added[PAGES];
	static struct fsw_probe probe;
	uint32_t round, page, i, runs;

	(void)state;
	for (round = 0; round < 400; round++) {
		uint32_t sparse = 1 + (uint32_t)rand() % 100;
		uint64_t end = 0;

		clear(&probe);
		memset(added, 0, sizeof(added));
		runs = 0;
		for (page = 1; page < PAGES; page++) {
			added[page] = (uint32_t)rand() % sparse == 0;
			runs += added[page] && !added[page - 1];
			if (added[page])
				fsw_probe_add(&probe, (uint64_t)page * 4096, 4096);
		}
		assert_int_equal(probe.count, runs < FSW_PROBE_RANGES ? runs : FSW_PROBE_RANGES);
		for (i = 0; i < probe.count; i++) {
			uint64_t base = probe.range[i].base;

			assert_true(base > end || i == 0);
			end = base + probe.range[i].size;
			assert_true(added[base / 4096] && added[end / 4096 - 1]);
			for (; base < end; base += 4096)
				added[base / 4096] = 0;
		}
		for (page = 0; page < PAGES; page++)
			assert_false(added[page]);
	}
}

/* No room: those become one that lie nearest to each other. */
static void test_full(void **state)
{
	static struct fsw_probe probe;
	uint64_t at = 0x60000000;
	uint32_t i;

	(void)state;
	clear(&probe);
	for (i = 0; i <= FSW_PROBE_RANGES; i++) {
		fsw_probe_add(&probe, at, 4096);
		at += i == 7 ? 0x2000 : 0x10000;
	}
	assert_int_equal(probe.count, FSW_PROBE_RANGES);
	assert_true(probe.range[7].size == 0x3000);
	for (i = 0; i < probe.count; i++)
		assert_true(i == 7 || probe.range[i].size == 0x1000);
	/* the new one and the last are the nearest */
	fsw_probe_add(&probe, probe.range[probe.count - 1].base + 0x2000, 4096);
	assert_int_equal(probe.count, FSW_PROBE_RANGES);
	assert_true(probe.range[probe.count - 1].size == 0x3000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sealed),
		cmocka_unit_test(test_crc),
		cmocka_unit_test(test_add),
		cmocka_unit_test(test_full),
	};

	srand((unsigned int)time(NULL));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
