/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What happens after a reset: if the area names nobody to go on with, start an instance of the boot volume as the master. */
#include "../boot/image.h"
#include "../boot/tree.h"
#include "bootloader.h"
#include "volume.h"

/* A person reads what went wrong, what has become of it, and what to do, in one line. */
#define SEE_VOLUME "Write a good volume (scripts/make-volume) to the second flash, then: reset"

/* Here a tree is completed before anything is written to RAM. Never cleared: it is all written before it is read. */
static __attribute__((section(".keep"), aligned(8))) unsigned char tree[FSW_IMAGE_TREE_ROOM];

const char boot_name[] = "bootloader";
const char boot_limit[] = " of 49152";
const char boot_source[] = "the boot volume";

/* The volume, opened anew; 0, or an error that was said */
static int boot_volume(struct volume *volume)
{
	int error = volume_open(volume, (const void *)BOARD_VOLUME, BOARD_FLASH_BYTES);

	if (error)
		say("fsw: boot volume: %s (at %s %u). Nothing was started. " SEE_VOLUME "\n", volume_text(error),
		    error >= -VOLUME_MANIFEST ? "byte" : "line", volume->at);
	return error;
}

int boot_has(uint32_t id)
{
	struct volume volume;
	uint32_t i;

	if (boot_volume(&volume))
		return 0;
	if (volume.ids[id / 32] >> id % 32 & 1)
		return 1;
	say("Error: instance %u is not in the boot volume\nThe volume has:", id);
	for (i = 1; i <= VOLUME_IDS; i++)
		if (volume.ids[i / 32] >> i % 32 & 1)
			say(" %u", i);
	say("\n");
	return 0;
}

/* One line for all that can be wrong with an instance of the volume */
static int refuse(uint32_t id, const char *what, const char *why)
{
	say("fsw: instance %u: %s%s. Nothing was started. " SEE_VOLUME "\n", id, what, why);
	return 0;
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
	static struct volume_instance instance;
	struct fsw_placement placement;
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
	if (!memory_there())
		return;
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
	if (area_make())
		return;
	copy(placement.kernel, &instance.kernel);
	copy(placement.initrd, &instance.initrd);
	memcpy((void *)(uintptr_t)placement.tree, tree, FSW_IMAGE_TREE_ROOM);
	say("fsw: start instance %u '%s': kernel 0x%08llx, initrd 0x%08llx (%u bytes), device tree 0x%08llx\n", id, instance.name,
	    placement.kernel, placement.initrd, instance.initrd.size, placement.tree);
	memset(&to, 0, sizeof(to));
	to.address = placement.kernel;
	to.argument[1] = ~0u; /* no machine number: the tree says what this is */
	to.argument[2] = placement.tree;
	console_flush();
	leave(&to);
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
