/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The adapter that docs/porting.md explains, complete. story.c runs it. */
#include "adapter.h"

/* An instance that starts: the area is there, and whoever owns the machine is us. */
int adapter_open(struct adapter *me, void *memory, size_t length)
{
	struct fsw_status status;
	int error = fsw_open(&me->area, memory, length, &kernel_port);

	if (!error)
		error = fsw_status(&me->area, &status);
	if (error) {
		kernel_say("fsw: no usable area: %s (at %u)\n", fsw_error_text(error), me->area.fault.index);
		return error;
	}
	me->self = status.running;
	adapter_resumed(me); /* a boot, like a resume, is acknowledged */
	return 0;
}

/* The master on a cold start makes the area first. */
int adapter_first(struct adapter *me, void *memory, size_t length, const struct fsw_geometry *geometry, const struct fsw_load *load,
		  const struct fsw_memory *map)
{
	int error = fsw_format(memory, length, geometry, &kernel_port);

	if (!error)
		error = fsw_open(&me->area, memory, length, &kernel_port);
	if (!error)
		error = fsw_master(&me->area, load, map);
	me->self = FSW_MASTER;
	return error;
}

/* The last thing of every suspend, on the boot core, all others off, MMU still on */
void adapter_enter(struct adapter *me)
{
	int due;

	fsw_manifest_set(&me->area, me->self, &me->manifest);
	due = fsw_arm(&me->area, me->self, kernel_core(), me->resume_address, me->resume_argument);
	if (due == 1)
		kernel_leave();
	else
		kernel_sleep();
}

/* VISIT: off-line what is asked for. A section that will not go is passed over. */
static void give(struct adapter *me)
{
	while (fsw_visit_next(&me->area, me->self, &me->outcome) == 1)
		if (kernel_offline(me->outcome.walk.section) == 0)
			fsw_cmm_offline(&me->area, me->self, me->outcome.walk.section);
}

/* After every resume, on the boot core, devices still down, but able to off-line memory. 1: suspend again at once. */
int adapter_resumed(struct adapter *me)
{
	int error = fsw_acknowledge(&me->area, me->self, &me->outcome);

	if (error) {
		me->outcome.result = FSW_RESULT_UNDONE;
		me->outcome.error = error;
		return 0;
	}
	if (me->outcome.result == FSW_RESULT_VISIT)
		give(me);
	if (me->outcome.result == FSW_RESULT_VISIT || me->outcome.result == FSW_RESULT_PASS) {
		if (fsw_pass(&me->area, me->self) == 1)
			return 1;
		/* all others were tried: it is our own round, and over */
		return adapter_resumed(me);
	}
	return 0;
}

/* COLLECT: on-line what was released, even more than was wanted. Returns how many of those wanted were got. */
static int collect(struct adapter *me)
{
	struct fsw_status status;
	uint32_t wanted = 0;

	if (fsw_status(&me->area, &status) == 0)
		wanted = status.operation->wanted;
	while (fsw_collect_next(&me->area, me->self, &me->outcome) == 1)
		if (kernel_online(me->outcome.walk.section) == 0)
			fsw_cmm_online(&me->area, me->self, me->outcome.walk.section);
	fsw_collect_end(&me->area, me->self);
	return (int)(wanted - me->outcome.walk.missing);
}

/* CLAIMED sections are ours in the map but not on-line yet. What cannot be on-lined goes to the free ones. */
static void take_claimed(struct adapter *me)
{
	struct fsw_run run = { 0, 0 };
	uint32_t i;

	while (fsw_cmm_run(&me->area, fsw_match_claimed(me->self), run.first + run.count, &run) == 1) {
		for (i = run.first; i < run.first + run.count; i++) {
			if (kernel_online(i) == 0)
				fsw_cmm_online(&me->area, me->self, i);
			else
				fsw_cmm_offline(&me->area, me->self, i);
		}
	}
}

/* Suspend for an operation, and afterwards, all devices back, do what the outcome asks for. An error, or what was got. */
static int go(struct adapter *me)
{
	int error = kernel_suspend(me);

	if (error) {
		/* it never came to adapter_enter(), or could not suspend again on a visit */
		fsw_cancel(&me->area, me->self);
		return error;
	}
	switch (me->outcome.result) {
	case FSW_RESULT_UNDONE:
		return me->outcome.error;
	case FSW_RESULT_COLLECT:
		return collect(me);
	case FSW_RESULT_SURVIVED:
		kernel_say("fsw: the machine was reset; instance %u died\n", me->outcome.other);
		take_claimed(me);
		return 0;
	case FSW_RESULT_INHERIT:
		take_claimed(me);
		return 0;
	default:
		return 0;
	}
}

int adapter_switch(struct adapter *me, uint32_t target)
{
	struct fsw_device device;
	int error = fsw_switch(&me->area, me->self, target);

	if (error)
		return error;
	/* compare what we are about to leave on with what the target left on */
	fsw_manifest_set(&me->area, me->self, &me->manifest);
	error = fsw_manifest_compare(&me->area, me->self, target, &device);
	if (error) {
		if (error == FSW_ERR(DEVICES))
			kernel_say("fsw: instance %u left %.32s in another state than %u\n", target, device.name, device.state);
		fsw_cancel(&me->area, me->self);
		return error;
	}
	return go(me);
}

/* Sections for a new instance: all or nothing */
int adapter_prepare(struct adapter *me, uint32_t target, uint64_t start, uint32_t contiguous, uint32_t total)
{
	uint32_t section = 0;
	int error = fsw_free(&me->area, me->self, target, start, contiguous, total);
	int found;

	if (error)
		return error;
	while ((found = fsw_free_next(&me->area, me->self, &section)) == 1) {
		if (kernel_offline(section) != 0)
			break;
		fsw_cmm_offline(&me->area, me->self, section);
	}
	if (found == 0)
		return fsw_free_commit(&me->area, me->self);
	error = found < 0 ? found : FSW_ERR(NOT_ENOUGH);
	kernel_say("fsw: section %u will not go off-line: all others come back\n", section);
	section = 0;
	while (fsw_free_undo(&me->area, me->self, &section) == 1) {
		if (kernel_online(section) == 0)
			fsw_cmm_online(&me->area, me->self, section);
		else
			section++; /* stays free: no longer ours */
	}
	fsw_cancel(&me->area, me->self);
	return error;
}

/* Images go nowhere but into sections of the target. */
int adapter_load(struct adapter *me, uint32_t target, const struct image *image, uint32_t images, const struct fsw_load *load)
{
	uint32_t i;
	int error;

	for (i = 0; i < images; i++) {
		error = fsw_cmm_range(&me->area, target, image[i].address, image[i].size);
		if (error)
			return error;
		kernel_copy(image[i].address, image[i].bytes, image[i].size);
	}
	return fsw_load(&me->area, me->self, target, load);
}

int adapter_boot(struct adapter *me, uint32_t target, uint32_t flags)
{
	int error = fsw_boot(&me->area, me->self, target, flags);

	return error ? error : go(me);
}

/* Memory: free sections first, with no switch; then a round over the sleepers. Returns how many were got, or an error. */
int adapter_claim(struct adapter *me, uint32_t count, uint64_t from)
{
	struct fsw_want want;
	int error = fsw_want(&me->area, me->self, count, from, &want);
	uint32_t missing;
	int found, got;

	if (error)
		return error;
	missing = want.walk.missing; /* less than count where some of exact ones are ours already */
	while ((found = fsw_want_free(&me->area, me->self, &want)) == 1)
		if (kernel_online(want.walk.section) == 0)
			fsw_cmm_online(&me->area, me->self, want.walk.section);
	got = (int)(missing - want.walk.missing);
	if (found < 0 || want.walk.missing == 0)
		return found < 0 ? found : got;
	error = fsw_claim(&me->area, me->self, &want);
	if (error)
		return got ? got : error;
	error = go(me);
	return error < 0 && got == 0 ? error : got + (error > 0 ? error : 0);
}

/* For good: returns only if it did not work. */
int adapter_leave(struct adapter *me)
{
	int error = fsw_terminate(&me->area, me->self);

	return error ? error : go(me);
}

int adapter_kill(struct adapter *me, uint32_t victim)
{
	int error = fsw_kill(&me->area, me->self, victim);

	if (!error)
		take_claimed(me);
	return error;
}

/* In the bootloader, MMU and caches off. Either a refused start marks its instance dead or recovery refuses the area: this ends. */
int boot_after_reset(void *memory, size_t length, const struct fsw_port *port, const struct fsw_segments *table,
		     struct fsw_jump *jump)
{
	struct fsw_handover in;
	struct fsw_advice advice;
	struct fsw_area area;
	uint32_t tries;
	int error;

	in.port = port;
	in.table = *table;
	in.core = 0;
	for (tries = 0; tries <= FSW_INSTANCES_MAX; tries++) {
		error = fsw_recover(&area, memory, length, port, &advice);
		if (error) {
			kernel_say("fsw: %s: cold start\n", fsw_error_text(error));
			return 0;
		}
		if (advice.action == FSW_ACTION_COLD)
			return 0;
		error = fsw_start(memory, &in, jump);
		if (error == FSW_GO_JUMP)
			return FSW_GO_JUMP;
		kernel_say("fsw: instance %u cannot be entered: %s\n", advice.instance, fsw_error_text(error));
	}
	return 0;
}
