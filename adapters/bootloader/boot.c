/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What happens after a reset: go on with whom the area names, else start an instance of the boot volume as the master. */
#include "../boot/image.h"
#include "../boot/tree.h"
#include "bootloader.h"

/* A person reads what went wrong, what has become of it, and what to do, in one line. */
#define SEE_VOLUME "Write a good volume (scripts/make-volume) to the second flash, then: reset"

const struct fsw_port port; /* the area is memory, nothing is cached */

/* Here a tree is completed before anything is written to RAM. Never cleared: it is all written before it is read. */
static __attribute__((section(".keep"), aligned(8))) unsigned char tree[FSW_IMAGE_TREE_ROOM];

void boot_reset(void)
{
	console_flush();
	*(volatile uint32_t *)BOARD_CONFIG_DATA = 0;
	*(volatile uint32_t *)BOARD_CONFIG_CONTROL = BOARD_CONFIG_REBOOT;
	for (;;)
		;
}

static void jump(const struct fsw_jump *to)
{
	console_flush();
	leave(to);
}

static const char *name_of(struct fsw_area *area, uint32_t id)
{
	struct fsw_instance instance;

	return fsw_instance_get(area, id, &instance) == 0 && instance.load ? instance.load->name : "?";
}

static const char *mode_name(uint32_t mode)
{
	static const char names[][10] = { "-", "switch", "boot", "claim", "terminate", "kill", "free", "recover" };

	return names[mode <= FSW_MODE_LAST ? mode : 0];
}

static void say_advice(struct fsw_area *area, const struct fsw_advice *advice)
{
	static const char *const why[] = {
		"",
		"it was formatted, but never set up",
		"no instance sleeps",
		"its boot asked for this reset",
		"the hand-over was not final, who asked goes on",
		"the hand-over was final",
		"its claim round was cut short, it takes what was released",
		"next in line",
	};

	if (advice->died)
		say("fsw: instance %u '%s' died: the machine was reset while it ran\n", advice->died, name_of(area, advice->died));
	if (advice->condemned)
		say("fsw: instances with a damaged page, marked dead: %u\n", advice->condemned);
	if (advice->undone)
		say("fsw: the %s that was in progress is undone\n", mode_name(advice->undone));
	if (advice->action == FSW_ACTION_COLD)
		say("fsw: cold start: %s\n", why[advice->why & 7]);
	else
		say("fsw: %s instance %u '%s': %s\n", advice->action == FSW_ACTION_BOOT ? "boot" : "resume", advice->instance,
		    name_of(area, advice->instance), why[advice->why & 7]);
}

/* No area: there is nothing to lose. Anything else was one. */
static enum standing say_no_area(const struct fsw_area *area, int error)
{
	if (error == FSW_ERR(NO_AREA) || error == FSW_ERR(MAGIC) || error == FSW_ERR(BYTE_ORDER)) {
		say("fsw: cold start: %s\n", fsw_error_text(error));
		return STANDING_COLD;
	}
	say("fsw: area at 0x%08x: %s", BOARD_CARVE, fsw_error_text(error));
	if (error <= FSW_ERR(ENTRY_CHECK) && error >= FSW_ERR(ENTRY_OWNER))
		say(" (section %u)", area->fault.index);
	say(". It is as it was, and instances may sleep in it. To look: insts, map, hexdump. To start anew and lose them: boot 1!\n");
	return STANDING_DAMAGED;
}

enum standing boot_resume(uint32_t wanted)
{
	static const struct fsw_segment rows[] = { BOARD_SEGMENTS };
	struct fsw_handover in;
	struct fsw_advice advice;
	struct fsw_area area;
	struct fsw_jump to;
	uint32_t tries, probe;
	int error;

	if (guarded_read(BOARD_CARVE, 4, &probe))
		return STANDING_COLD; /* which will find that there is no memory */
	in.port = &port;
	in.table.segment = rows;
	in.table.count = sizeof(rows) / sizeof(*rows);
	in.core = 0;
	/* Each refused start leaves one sleeper less. */
	for (tries = 0; tries <= FSW_INSTANCES_MAX; tries++) {
		error = fsw_recover(&area, AREA, BOARD_CARVE_BYTES, &port, &advice);
		if (error)
			return say_no_area(&area, error);
		say_advice(&area, &advice);
		if (advice.action == FSW_ACTION_COLD)
			return STANDING_COLD;
		if (wanted && advice.instance != wanted)
			return STANDING_SLEEPERS;
		cores_gather(&area);
		error = fsw_start(AREA, &in, &to);
		if (error == FSW_GO_JUMP)
			jump(&to);
		say("fsw: instance %u cannot be entered: %s: marked dead\n", advice.instance, fsw_error_text(error));
	}
	return STANDING_DAMAGED;
}

int boot_volume(struct volume *volume)
{
	int error = volume_open(volume, (const void *)BOARD_VOLUME, BOARD_FLASH_BYTES);

	if (error)
		say("fsw: boot volume: %s (at %s %u). Nothing was started. " SEE_VOLUME "\n", volume_text(error),
		    error >= -VOLUME_MANIFEST ? "byte" : "line", volume->at);
	return error;
}

/* One line for all that can be wrong with an instance of the volume */
static int refuse(uint32_t id, const char *what, const char *why)
{
	say("fsw: instance %u: %s%s. Nothing was started. " SEE_VOLUME "\n", id, what, why);
	return 0;
}

/* Is there RAM that keeps what is written to it, where the area goes? What was there is there again. */
static int memory_there(void)
{
	uint32_t at[2] = { BOARD_CARVE, BOARD_CARVE + BOARD_CARVE_BYTES - 4 };
	uint32_t i, seen;

	for (i = 0; i < 2; i++) {
		volatile uint32_t *word = (volatile uint32_t *)at[i];
		uint32_t before, kept;

		if (guarded_read(at[i], 4, &before))
			return 0;
		*word = ~before;
		kept = guarded_read(at[i], 4, &seen) == 0 && seen == ~before;
		*word = before;
		if (!kept)
			return 0;
	}
	return 1;
}

static int files_good(const struct volume_instance *instance)
{
	const struct {
		const char *what;
		const struct volume_file *file;
	} files[] = { { "kernel: ", &instance->kernel }, { "initrd: ", &instance->initrd }, { "device tree: ", &instance->tree } };
	uint32_t i;
	int error;

	for (i = 0; i < 3; i++) {
		error = files[i].file->bytes ? volume_file_check(files[i].file) : 0;
		if (error)
			return refuse(instance->id, files[i].what, volume_text(error));
	}
	return 1;
}

static void copy(uint64_t to, const struct volume_file *file)
{
	uint32_t lines = file->size & ~31u;
	unsigned char *out = (unsigned char *)(uintptr_t)to;

	copy_lines(out, file->bytes, lines);
	memcpy(out + lines, file->bytes + lines, file->size - lines);
}

static int tree_complete(const struct volume_instance *instance, const struct fsw_placement *placement)
{
	struct fsw_tree what;
	int error;

	if (instance->tree.size > FSW_IMAGE_TREE_MAX)
		return -FSW_IMAGE_TREE_LARGE;
	memcpy(tree, instance->tree.bytes, instance->tree.size);
	error = fsw_tree_check(tree, instance->tree.size);
	if (error)
		return error;
	memset(&what, 0, sizeof(what));
	what.ram_base = BOARD_RAM;
	what.ram_size = BOARD_RAM_BYTES;
	what.carve_base = BOARD_CARVE;
	what.carve_size = BOARD_CARVE_BYTES;
	what.initrd = placement->initrd;
	what.initrd_size = instance->initrd.size;
	what.bootargs = instance->has_cmdline ? instance->cmdline : NULL;
	what.cores = cores_count();
	return fsw_tree_complete(tree, FSW_IMAGE_TREE_ROOM, &what);
}

void boot_cold(uint32_t id)
{
	struct fsw_geometry geometry = { .base = BOARD_RAM,
					 .section_shift = BOARD_SECTION_SHIFT,
					 .sections = BOARD_SECTIONS,
					 .instances = BOARD_INSTANCES,
					 .page_size = BOARD_PAGE_BYTES,
					 .cores = cores_count() };
	static struct volume_instance instance;
	struct fsw_placement placement;
	struct fsw_area area;
	struct volume volume;
	struct fsw_jump to;
	int error;

	if (boot_volume(&volume))
		return;
	error = volume_instance(&volume, id, &instance);
	if (error) {
		refuse(id, "", volume_text(error));
		return;
	}
	if (!memory_there()) {
		say("fsw: no memory at 0x%08x, where the fsw area goes: this board needs %u MiB. Nothing was started. Add memory, then: reset\n",
		    BOARD_CARVE, BOARD_RAM_BYTES >> 20);
		return;
	}
	if (!files_good(&instance))
		return;
	error = fsw_image_check(instance.kernel.bytes, instance.kernel.size);
	if (!error)
		error = fsw_image_place(BOARD_RAM, BOARD_CARVE - BOARD_RAM, instance.kernel.size, instance.initrd.size, &placement);
	if (!error)
		error = tree_complete(&instance, &placement);
	if (error) {
		refuse(id, "", fsw_image_text(error));
		return;
	}
	/* All that can be wrong was looked for. Now what was in RAM is lost. */
	error = fsw_format(AREA, BOARD_CARVE_BYTES, &geometry, &port);
	if (!error)
		error = fsw_open(&area, AREA, BOARD_CARVE_BYTES, &port);
	if (error) {
		say("fsw: area at 0x%08x: %s, just after it was made: memory does not hold. Replace it\n", BOARD_CARVE,
		    fsw_error_text(error));
		return;
	}
	cores_gather(&area);
	copy(placement.kernel, &instance.kernel);
	copy(placement.initrd, &instance.initrd);
	memcpy((void *)(uintptr_t)placement.tree, tree, FSW_IMAGE_TREE_ROOM);
	say("fsw: start instance %u '%s': kernel 0x%08llx, initrd 0x%08llx (%u bytes), device tree 0x%08llx\n", id, instance.name,
	    placement.kernel, placement.initrd, instance.initrd.size, placement.tree);
	memset(&to, 0, sizeof(to));
	to.address = placement.kernel;
	to.argument[1] = ~0u; /* no machine number: the tree says what this is */
	to.argument[2] = placement.tree;
	jump(&to);
}

/* entry.S comes here, after every reset. */
void bootloader(void);
void bootloader(void)
{
	struct volume volume;

	console_start();
	say("\nfsw: bootloader %s on " BOARD_NAME "\n", FSW_VERSION_STRING);
	if (boot_resume(0) == STANDING_COLD && boot_volume(&volume) == 0) {
		if (volume.wait_ms)
			say("fsw: any key within %u ms: prompt\n", volume.wait_ms);
		if (volume.wait_ms == 0 || key(volume.wait_ms) < 0)
			boot_cold(FSW_MASTER);
	}
	prompt();
}
