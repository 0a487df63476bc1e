/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * fsw_rule_offline(), fsw_rule_online() and fsw_entry_legal() for every entry and every asker, against the two tables written out anew,
 * and what must hold of each answer whatever the tables say.
 *
 * sources: cmm/rules.c
 * seconds: 1
 * unwind: 1 there is no loop
 * mutant: cmm/rules.c s/return entry & A ? FSW_ERR(REQUEST_NEEDED) : FSW_ERR(KERNEL_CORE)/return FSW_ERR(REQUEST_NEEDED)/
 * mutant: cmm/rules.c s/\*after = FSW_OWNER_NONE | A;/*after = entry \& ~0xffu;/
 * mutant: cmm/rules.c s/SET(A | REQ | RET) | SET(A | REQ | ORDER | RET))/SET(A | REQ | RET) | SET(A | REQ | ORDER))/
 */
#include <fsw/cmm.h>

#include "proof.h"

#define NONE 0
#define SHARED 255

struct entry {
	uint32_t owner;
	int available, ordered, released, requested, claimed, other;
};

static struct entry parse(uint32_t entry)
{
	struct entry e;

	e.owner = entry & 255;
	e.available = entry >> 8 & 1;
	e.ordered = entry >> 9 & 1;
	e.released = entry >> 10 & 1;
	e.requested = entry >> 11 & 1;
	e.claimed = entry >> 12 & 1;
	e.other = entry >> 13 != 0;
	return e;
}

/* Flags only on what is available, never on what is shared; each mark only where it can have come from. */
static int legal(struct entry e)
{
	int marked = e.ordered || e.released || e.requested || e.claimed;

	if (e.other || ((marked || e.owner == SHARED) && e.available != (e.owner != SHARED)))
		return 0;
	if (e.owner == SHARED)
		return !marked;
	if ((e.ordered || e.released) && !e.requested)
		return 0;
	if (e.claimed && e.requested)
		return 0;
	return e.owner == NONE ? !e.claimed && (e.released || !e.ordered) : !e.released;
}

/* The tables of SPEC section 3: the error, or 0 and the new owner and availability */
static int offline(struct entry e, uint32_t asker, struct entry *after)
{
	*after = e;
	if (e.owner == SHARED)
		return FSW_ERR(SHARED);
	if (e.owner == NONE)
		return FSW_ERR(NOT_ONLINE);
	if (e.owner != asker)
		return FSW_ERR(OTHERS);
	if (!e.available)
		return 0;
	after->owner = NONE;
	after->claimed = 0;
	after->released = e.requested;
	return 0;
}

static int online(struct entry e, uint32_t asker, struct entry *after)
{
	*after = e;
	if (e.owner == asker) {
		after->claimed = 0;
		return 0;
	}
	if (e.owner == SHARED)
		return FSW_ERR(SHARED);
	if (e.owner == NONE && !e.available)
		return FSW_ERR(NO_MEMORY);
	if (e.owner != NONE)
		return e.available ? FSW_ERR(REQUEST_NEEDED) : FSW_ERR(KERNEL_CORE);
	after->owner = asker;
	after->ordered = 0;
	after->released = 0;
	after->requested = 0;
	return 0;
}

static int same(struct entry a, struct entry b)
{
	return a.owner == b.owner && a.available == b.available && a.ordered == b.ordered && a.released == b.released &&
	       a.requested == b.requested && a.claimed == b.claimed && a.other == b.other;
}

static void check(uint32_t before, uint32_t asker, int error, uint32_t after, uint32_t old)
{
	struct entry e = parse(before);
	struct entry a = parse(after);

	if (error) {
		PROVE(after == old, "a refusal sets nothing");
		return;
	}
	PROVE(fsw_entry_legal(after), "the result is legal");
	PROVE(a.available == e.available, "what is claimable stays so");
	PROVE(e.owner != SHARED, "what is shared never changes");
	PROVE(a.owner == e.owner || (e.owner == NONE && a.owner == asker) || (e.owner == asker && a.owner == NONE),
	      "an owner changes from or to the asker only");
	PROVE(a.owner == e.owner || e.available, "only available sections change owner");
}

int main(void)
{
	uint32_t entry = any_u32();
	uint32_t asker = any_u32();
	uint32_t old = any_u32();
	uint32_t after = old;
	struct entry want;
	int error;

	PROVE((fsw_entry_legal(entry) != 0) == legal(parse(entry)), "legal entries");

	error = fsw_rule_offline(entry, asker, &after);
	check(entry, asker, error, after, old);
	if (asker < 1 || asker > 254)
		PROVE(error == FSW_ERR(ARGUMENT), "offline: no such asker");
	else if (!legal(parse(entry)))
		PROVE(error == FSW_ERR(ENTRY_VALUE), "offline: illegal entry");
	else
		PROVE(error == offline(parse(entry), asker, &want) && (error || same(parse(after), want)), "the offline table");

	after = old;
	error = fsw_rule_online(entry, asker, &after);
	check(entry, asker, error, after, old);
	if (asker < 1 || asker > 254)
		PROVE(error == FSW_ERR(ARGUMENT), "online: no such asker");
	else if (!legal(parse(entry)))
		PROVE(error == FSW_ERR(ENTRY_VALUE), "online: illegal entry");
	else
		PROVE(error == online(parse(entry), asker, &want) && (error || same(parse(after), want)), "the online table");
	return 0;
}
