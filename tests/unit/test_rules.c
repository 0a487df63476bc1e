/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Both rule tables of SPEC section 3 over every value of an entry and every asker; which values are legal; guarded words. */
#include "support.h"

#define A FSW_ENTRY_AVAILABLE
#define ORDER FSW_ENTRY_RELEASE_ORDER
#define RET FSW_ENTRY_RELEASE_RET
#define REQ FSW_ENTRY_REQUESTED
#define CLAIMED FSW_ENTRY_CLAIMED

/* Written out, not computed: flag combinations that can stand in an entry, by kind of owner */
static const uint32_t of_none[] = { 0, A, A | REQ, A | REQ | RET, A | REQ | ORDER | RET };
static const uint32_t of_owner[] = { 0, A, A | REQ, A | REQ | ORDER, A | CLAIMED };

static int listed(uint32_t flags, const uint32_t *list, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (list[i] == flags)
			return 1;
	return 0;
}

static int legal(uint32_t entry)
{
	uint32_t owner = entry & 0xff;
	uint32_t flags = entry & ~0xffu;

	if (owner == 0)
		return listed(flags, of_none, sizeof(of_none) / sizeof(of_none[0]));
	if (owner == 255)
		return flags == 0;
	return listed(flags, of_owner, sizeof(of_owner) / sizeof(of_owner[0]));
}

static void legal_values(void **state)
{
	uint32_t entry;

	(void)state;
	for (entry = 0; entry < 0x20000; entry++)
		assert_int_equal(fsw_entry_legal(entry), legal(entry));
	assert_int_equal(fsw_entry_legal(0xffffffff), 0);
}

/* The table "offline", row by row; 0 and *after, or the refusal */
static int offline(uint32_t entry, uint32_t asker, uint32_t *after)
{
	uint32_t owner = entry & 0xff;

	if (owner == asker && !(entry & A)) {
		*after = entry;
		return 0;
	}
	if (owner == asker) {
		*after = A;
		/* marks of the operation that asked for it stay, and tell that it was done */
		if (entry & REQ)
			*after = A | REQ | RET | (entry & ORDER);
		return 0;
	}
	if (owner == 255)
		return FSW_ERR(SHARED);
	if (owner == 0)
		return FSW_ERR(NOT_ONLINE);
	return FSW_ERR(OTHERS);
}

static int online(uint32_t entry, uint32_t asker, uint32_t *after)
{
	uint32_t owner = entry & 0xff;

	if (owner == asker) {
		*after = entry & ~(uint32_t)CLAIMED;
		return 0;
	}
	if (owner == 255)
		return FSW_ERR(SHARED);
	if (owner != 0 && !(entry & A))
		return FSW_ERR(KERNEL_CORE);
	if (owner != 0)
		return FSW_ERR(REQUEST_NEEDED);
	if (!(entry & A))
		return FSW_ERR(NO_MEMORY);
	*after = A | asker;
	return 0;
}

static void every_entry_and_asker(void **state)
{
	static const uint32_t no_instances[] = { 0, 255, 256, 0x80000000, 0xffffffff };
	uint32_t entry, asker, got, want, i;

	(void)state;
	for (entry = 0; entry < 0x10000; entry++) {
		for (asker = 1; asker <= 254; asker++) {
			int error;

			want = got = 0xdead;
			error = legal(entry) ? offline(entry, asker, &want) : FSW_ERR(ENTRY_VALUE);
			if (fsw_rule_offline(entry, asker, &got) != error || got != want)
				fail_msg("offline %#x by %u", entry, asker);
			want = got = 0xdead;
			error = legal(entry) ? online(entry, asker, &want) : FSW_ERR(ENTRY_VALUE);
			if (fsw_rule_online(entry, asker, &got) != error || got != want)
				fail_msg("online %#x by %u", entry, asker);
			if (!error && !legal(got))
				fail_msg("online %#x by %u gives %#x", entry, asker, got);
		}
		for (i = 0; i < sizeof(no_instances) / sizeof(no_instances[0]); i++) {
			got = 0xdead;
			assert_int_equal(fsw_rule_offline(entry, no_instances[i], &got), FSW_ERR(ARGUMENT));
			assert_int_equal(fsw_rule_online(entry, no_instances[i], &got), FSW_ERR(ARGUMENT));
			assert_int_equal(got, 0xdead);
		}
	}
}

/* The formula of docs/format.md, as it stands there */
static uint32_t guard(uint32_t payload, uint32_t tag)
{
	uint16_t check = (uint16_t) - (int)(payload * 0x9e37u + tag * 0x6a3eu + 0xa5c3u);

	return payload | (uint32_t)check << 16;
}

static void guarded_words(void **state)
{
	uint32_t payload, tag, bit;

	(void)state;
	for (tag = 0; tag < 0x10000; tag += 0x101) {
		for (payload = 0; payload < 0x10000; payload++) {
			uint32_t word = fsw__guard(payload, tag);

			if (word != guard(payload, tag) || word == 0 || fsw__unguard(word, tag) != payload)
				fail_msg("payload %#x, tag %#x", payload, tag);
			for (bit = 0; bit < 32; bit++)
				if (fsw__sound(fsw__unguard(word ^ 1u << bit, tag)))
					fail_msg("payload %#x, tag %#x: flip of bit %u is not seen", payload, tag, bit);
		}
		/* the same word elsewhere */
		for (bit = 1; bit < 0x8000; bit++)
			assert_false(fsw__sound(fsw__unguard(guard(1, tag), tag + bit)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(legal_values),
		cmocka_unit_test(every_entry_and_asker),
		cmocka_unit_test(guarded_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
