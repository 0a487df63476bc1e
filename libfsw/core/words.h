/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How words of the switch page and of instance pages are read and stored. The hand-over must have these in its own text, without
 * any pointer; all others share one copy, made by record.c. Internal, included by core.h.
 */

/* Records end in the CRC of all before it; `bytes` includes that word. */
FSW_WORDS int fsw__record_sound(const void *record, uint32_t bytes)
{
	return fsw__crc32(record, bytes) == FSW_CRC_RESIDUE;
}

FSW_WORDS void fsw__store(const struct fsw_port *port, uint32_t *word, uint32_t value)
{
	fsw_port_store(port, word, value);
}

/* A guarded word */
FSW_WORDS void fsw__put(const struct fsw_port *port, uint32_t *word, uint32_t payload, uint32_t tag)
{
	fsw__store(port, word, fsw__guard(payload, tag));
}

/* Store one word and let nothing that follows overtake it. */
FSW_WORDS void fsw__store_last(const struct fsw_port *port, uint32_t *word, uint32_t value)
{
	fsw__store(port, word, value);
	fsw_port_persist(port, word, sizeof(*word));
}

/* The same with a guarded word: a commit. */
FSW_WORDS void fsw__commit(const struct fsw_port *port, uint32_t *word, uint32_t payload, uint32_t tag)
{
	fsw__store_last(port, word, fsw__guard(payload, tag));
}

FSW_WORDS uint32_t fsw__opened(const uint32_t *word, uint32_t tag)
{
	return fsw__unguard(*word, tag);
}

FSW_WORDS uint32_t fsw__switch(const struct fsw_area *area)
{
	return fsw__opened(area->switch_word, FSW_TAG_SWITCH);
}

FSW_WORDS uint32_t fsw__state(const struct fsw_area *area, uint32_t id)
{
	return fsw__opened(fsw__state_word(area, id), FSW_TAG_STATE + id);
}

FSW_WORDS void fsw__set_state(const struct fsw_area *area, uint32_t id, uint32_t state)
{
	fsw__commit(area->port, fsw__state_word(area, id), state, FSW_TAG_STATE + id);
	fsw_port_trace(area->port, FSW_EVENT_STATE, id, state);
}

/* Commit owner and phase in one store; the operation slot stays. */
FSW_WORDS void fsw__set_switch(const struct fsw_area *area, uint32_t owner, uint32_t phase, uint32_t slot)
{
	uint32_t payload = owner | phase << FSW_SWITCH_PHASE_SHIFT | slot << FSW_SWITCH_SLOT_SHIFT;

	fsw__commit(area->port, area->switch_word, payload, FSW_TAG_SWITCH);
	fsw_port_trace(area->port, FSW_EVENT_SWITCH, owner, phase);
}
