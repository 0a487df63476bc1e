/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * fsw_cmm_get(), fsw_cmm_offline(), fsw_cmm_online() and fsw_cmm_keep() on a map of three sections, for any words in the map and the switch
 * page, any asker and any section number: the refusals in their order; on success what the rule says (`rules` proves the rule), by one
 * store to that section's entry, or none where nothing changes.
 *
 * sources: cmm/map.c cmm/rules.c core/record.c
 * seconds: 1
 * unwind: 4 the harness's loops over three sections
 * mutant: cmm/map.c s/if (section >= area->sections)/if (section > area->sections)/
 * mutant: cmm/map.c s/if (after != before)/if (1)/
 * mutant: cmm/map.c s/return asker != 0 \&\& fsw__owner/return fsw__owner/
 * mutant: cmm/map.c s/FSW_ERR(ENTRY_CHECK), section/FSW_ERR(ENTRY_CHECK), 0/
 */
#include "cmm/cmm.h"
#include "proof.h"

#define SECTIONS 3

static uint32_t map[SECTIONS];
static uint32_t switch_page[2];
static uint32_t stores;

static void store(void *context, uint32_t *word, uint32_t value)
{
	PROVE(context == map, "the context is handed on");
	*word = value;
	stores++;
}

static int expected(uint32_t asker, uint32_t section, uint32_t how, uint32_t *after)
{
	uint32_t sw = fsw__unguard(switch_page[0], FSW_TAG_SWITCH);
	uint32_t entry;

	if (!fsw__sound(sw))
		return FSW_ERR(SWITCH_WORD);
	if (((sw >> 8) & 7) == FSW_PHASE_BLANK)
		return FSW_ERR(NOT_READY);
	if (asker == 0 || (sw & 0xff) != asker)
		return FSW_ERR(NOT_RUNNING);
	if (section >= SECTIONS)
		return FSW_ERR(ARGUMENT);
	entry = fsw__unguard(map[section], section);
	if (!fsw__sound(entry))
		return FSW_ERR(ENTRY_CHECK);
	if (how == 0)
		return fsw_rule_offline(entry, asker, after);
	if (how == 1)
		return fsw_rule_online(entry, asker, after);
	*after = asker;
	return (entry & 0xff) == asker ? 0 : FSW_ERR(OTHERS);
}

int main(void)
{
	const struct fsw_port port = { .context = map, .store = store };
	struct fsw_area area = { .port = &port, .switch_word = switch_page, .cmm = map, .sections = SECTIONS };
	uint32_t before[SECTIONS];
	uint32_t asker = any_u32();
	uint32_t section = any_u32();
	uint32_t how = any_u32();
	uint32_t after = 0;
	uint32_t entry = 0;
	uint32_t i;
	int error, want;

	for (i = 0; i < SECTIONS; i++) {
		map[i] = any_u32();
		before[i] = map[i];
	}
	switch_page[0] = any_u32();
	switch_page[1] = any_u32();
	ASSUME(how < 3);

	error = fsw_cmm_get(&area, section, &entry);
	if (section >= SECTIONS)
		PROVE(error == FSW_ERR(ARGUMENT), "get: no such section");
	else if (fsw__sound(fsw__unguard(map[section], section)))
		PROVE(error == 0 && entry == fsw__unguard(map[section], section), "get: a sound entry");
	else
		PROVE(error == FSW_ERR(ENTRY_CHECK) && area.fault.index == section, "get: an unsound entry is named");

	area.fault.error = 0;
	want = expected(asker, section, how, &after);
	if (how == 0)
		error = fsw_cmm_offline(&area, asker, section);
	else if (how == 1)
		error = fsw_cmm_online(&area, asker, section);
	else
		error = fsw_cmm_keep(&area, asker, section);
	PROVE(error == want, "the refusals in their order");
	PROVE(stores <= (error == 0), "one store, none on a refusal");
	if (error == FSW_ERR(ENTRY_CHECK))
		PROVE(area.fault.error == error && area.fault.index == section, "the fault names the section");
	for (i = 0; i < SECTIONS; i++)
		if (error || i != section)
			PROVE(map[i] == before[i], "nothing else changes");
		else
			PROVE(map[i] == (stores ? fsw__guard(after, i) : before[i]), "what the rule says");
	if (!error)
		PROVE(stores == (after != entry), "no store where nothing changes");
	return 0;
}
