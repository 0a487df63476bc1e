/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Who may off-line and on-line what: the two tables of SPEC section 3 (seed), and which entries there can be. */
#include "../include/fsw/cmm.h"

#define A FSW_ENTRY_AVAILABLE
#define ORDER FSW_ENTRY_RELEASE_ORDER
#define RET FSW_ENTRY_RELEASE_RET
#define REQ FSW_ENTRY_REQUESTED
#define CLAIMED FSW_ENTRY_CLAIMED

/* Sets of flag combinations, one bit for each of the 32 */
#define SET(flags) (1u << ((flags) >> 8))
#define NONE_MAY (SET(0) | SET(A) | SET(A | REQ) | SET(A | REQ | RET) | SET(A | REQ | ORDER | RET))
#define OWNED_MAY (SET(0) | SET(A) | SET(A | REQ) | SET(A | REQ | ORDER) | SET(A | CLAIMED))
#define SHARED_MAY SET(0)

int fsw_entry_legal(uint32_t entry)
{
	uint32_t owner = entry & FSW_ENTRY_OWNER;
	uint32_t may = OWNED_MAY;

	if (entry & ~(uint32_t)(FSW_ENTRY_OWNER | FSW_ENTRY_FLAGS))
		return 0;
	if (owner == FSW_OWNER_NONE)
		may = NONE_MAY;
	else if (owner == FSW_OWNER_SHARED)
		may = SHARED_MAY;
	return may >> (entry >> 8) & 1;
}

static int check(uint32_t entry, uint32_t asker)
{
	if (asker - 1 >= FSW_INSTANCES_MAX)
		return FSW_ERR(ARGUMENT);
	return fsw_entry_legal(entry) ? 0 : FSW_ERR(ENTRY_VALUE);
}

int fsw_rule_offline(uint32_t entry, uint32_t asker, uint32_t *after)
{
	uint32_t owner = entry & FSW_ENTRY_OWNER;
	int error = check(entry, asker);

	if (error)
		return error;
	if (owner == FSW_OWNER_SHARED)
		return FSW_ERR(SHARED);
	if (owner == FSW_OWNER_NONE)
		return FSW_ERR(NOT_ONLINE);
	if (owner != asker)
		return FSW_ERR(OTHERS);
	*after = entry;
	if (entry & A) {
		*after = FSW_OWNER_NONE | A;
		/* Asked for by a claim round or a preparation: it did. */
		if (entry & REQ)
			*after |= (entry & (REQ | ORDER)) | RET;
	}
	return 0;
}

int fsw_rule_online(uint32_t entry, uint32_t asker, uint32_t *after)
{
	uint32_t owner = entry & FSW_ENTRY_OWNER;
	int error = check(entry, asker);

	if (error)
		return error;
	if (owner == FSW_OWNER_SHARED)
		return FSW_ERR(SHARED);
	if (owner == asker) {
		*after = entry & ~(uint32_t)CLAIMED;
		return 0;
	}
	if (owner != FSW_OWNER_NONE)
		return entry & A ? FSW_ERR(REQUEST_NEEDED) : FSW_ERR(KERNEL_CORE);
	if (!(entry & A))
		return FSW_ERR(NO_MEMORY);
	*after = asker | A;
	return 0;
}
