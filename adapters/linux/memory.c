// SPDX-License-Identifier: GPL-2.0-only
/* Sections off-line and on-line, by Linux's contiguous allocator. Whether one may, libfsw says. */
#define pr_fmt(fmt) "fsw: " fmt

#include <asm/cacheflush.h>
#include <asm/outercache.h>
#include <linux/gfp.h>
#include <linux/highmem.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/reboot.h>
#include <linux/slab.h>

#include "adapter.h"
#include "trace.h"

/* How this kernel holds a section */
enum held {
	HELD_NOT,    /* no page of it is known here: below our base, or no memory */
	HELD_ONLINE, /* in use */
	HELD_FENCED, /* reserved since boot: another's */
	HELD_TAKEN,  /* taken from the allocator */
};

/* Beside one of these: taken since fsw_lend_begin() */
#define HELD_LENT 0x80

#define TRIES 3 /* pages on their way through a list are free a moment later */

static u8 *held;

static unsigned long first_pfn(u32 section)
{
	return PHYS_PFN(fsw_section_address(&fsw.area, section));
}

static unsigned long pages(void)
{
	return 1ul << (fsw.area.header->geometry.section_shift - PAGE_SHIFT);
}

/**
 * fsw_flush - have everything in memory, and nothing in the caches
 *
 * What another kernel wrote must be read from memory, what we wrote for it must be there, and
 * nothing of ours may be written back over it. All at once costs less than a section line by line.
 */
void fsw_flush(void)
{
	unsigned long flags;

	local_irq_save(flags);
	flush_cache_all();
	outer_flush_all();
	local_irq_restore(flags);
}

/**
 * fsw_section_offline - take a section from this kernel
 * @section: its number
 *
 * Return: 0, or a negative errno, and the section is as before.
 */
int fsw_section_offline(u32 section)
{
	unsigned long pfn = first_pfn(section);
	int error = -EBUSY;
	int tries;

	if ((held[section] & ~HELD_LENT) != HELD_ONLINE)
		return -EINVAL;
	for (tries = 0; error == -EBUSY && tries < TRIES; tries++) {
		error = alloc_contig_range(pfn, pfn + pages(), MIGRATE_MOVABLE,
					   GFP_KERNEL | __GFP_NOWARN);
	}
	if (!error) {
		adjust_managed_page_count(pfn_to_page(pfn), -(long)pages());
		fsw_flush();
		held[section] = HELD_TAKEN | HELD_LENT;
	}
	trace_fsw_section(section, false, error);
	return error;
}

/**
 * fsw_section_online - give a section to this kernel
 * @section: its number
 *
 * Return: 0, or -ENXIO: this kernel can not use memory there.
 */
int fsw_section_online(u32 section)
{
	unsigned long pfn = first_pfn(section);
	unsigned long i;
	int error = 0;

	switch (held[section] & ~HELD_LENT) {
	case HELD_ONLINE:
		return 0;
	case HELD_TAKEN:
		fsw_flush();
		free_contig_range(pfn, pages());
		adjust_managed_page_count(pfn_to_page(pfn), pages());
		break;
	case HELD_FENCED:
		fsw_flush();
		for (i = 0; i < pages(); i++)
			free_reserved_page(pfn_to_page(pfn + i));
		break;
	default:
		error = -ENXIO;
		break;
	}
	if (!error)
		held[section] = HELD_ONLINE;
	trace_fsw_section(section, true, error);
	return error;
}

/**
 * fsw_lend_begin - sections that go off-line from now on may come back by fsw_lend_undo()
 */
void fsw_lend_begin(void)
{
	u32 i;

	for (i = 0; i < fsw.area.sections; i++)
		held[i] &= ~HELD_LENT;
}

static void take_claimed(u8 mask)
{
	struct fsw_run run = { 0, 0 };
	u32 i;

	while (fsw_cmm_run(&fsw.area, fsw_match_claimed(fsw.self), run.first + run.count, &run) ==
	       1) {
		for (i = run.first; i < run.first + run.count; i++) {
			if ((held[i] & mask) == mask && fsw_section_online(i) == 0)
				fsw_cmm_online(&fsw.area, fsw.self, i);
			else
				fsw_cmm_offline(&fsw.area, fsw.self, i);
		}
	}
}

/**
 * fsw_take_claimed - on-line what the map says is ours since another instance ended
 *
 * What can not be on-lined goes to the free ones.
 */
void fsw_take_claimed(void)
{
	take_claimed(0);
}

/**
 * fsw_lend_undo - have the map and the memory as they were at fsw_lend_begin()
 *
 * Of what the map says is ours since another instance ended, what was ours comes back, and what was
 * free is free again.
 */
void fsw_lend_undo(void)
{
	take_claimed(HELD_LENT);
}

/* Memory that this kernel has no page of: below its base */
static int copy_beyond(phys_addr_t to, const void *from, size_t bytes)
{
	void __iomem *at = ioremap_wc(to, bytes);

	if (!at)
		return -ENOMEM;
	memcpy_toio(at, from, bytes);
	iounmap(at);
	return 0;
}

/**
 * fsw_copy_in - write memory that this kernel does not use
 * @to: physical address
 * @from: the bytes
 * @bytes: how many
 *
 * fsw_flush() must follow before anybody reads it with the caches off.
 *
 * Return: 0, or -ENOMEM.
 */
int fsw_copy_in(phys_addr_t to, const void *from, size_t bytes)
{
	while (bytes) {
		size_t offset = offset_in_page(to);
		size_t part = min_t(size_t, bytes, PAGE_SIZE - offset);
		void *at;

		if (!pfn_valid(PHYS_PFN(to)))
			return copy_beyond(to, from, bytes);
		at = kmap_local_page(pfn_to_page(PHYS_PFN(to)));
		memcpy(at + offset, from, part);
		kunmap_local(at);
		to += part;
		from += part;
		bytes -= part;
	}
	return 0;
}

static bool all_reserved(u32 section)
{
	unsigned long i;

	for (i = 0; i < pages(); i++)
		if (!PageReserved(pfn_to_page(first_pfn(section) + i)))
			return false;
	return true;
}

/* Who is let into another's memory does harm as long as it runs: back to who booted this kernel. */
static void stop(u32 section)
{
	pr_emerg("section %u is another's and not fenced: the device tree is wrong: reset\n",
		 section);
	emergency_restart();
}

/**
 * fsw_memory_check - compare the map with what this kernel did with its memory since it started
 *
 * A guest that was let into another's memory ends here: it is never acknowledged, and the reset
 * resumes who booted it.
 *
 * Return: 0, or an error of libfsw.
 */
int __init fsw_memory_check(void)
{
	u32 section, entry;
	int error;

	held = kzalloc(fsw.area.sections, GFP_KERNEL);
	if (!held)
		return FSW_ERR(NOT_ENOUGH);
	for (section = 0; section < fsw.area.sections; section++) {
		error = fsw_cmm_get(&fsw.area, section, &entry);
		if (error)
			return error;
		if (!pfn_valid(first_pfn(section)) || !pfn_valid(first_pfn(section) + pages() - 1))
			continue;
		if ((entry & FSW_ENTRY_OWNER) == fsw.self) {
			held[section] = HELD_ONLINE;
			continue;
		}
		/* everyone's, or nobody's for good */
		if ((entry & FSW_ENTRY_OWNER) == FSW_OWNER_SHARED || entry == FSW_OWNER_NONE)
			continue;
		if (!all_reserved(section))
			stop(section);
		held[section] = HELD_FENCED;
	}
	return 0;
}

/**
 * fsw_memory_keep - declare kernel core what Linux may keep for itself
 *
 * Return: 0, or an error of libfsw.
 */
int __init fsw_memory_keep(void)
{
	const struct zone *movable = &NODE_DATA(0)->node_zones[ZONE_MOVABLE];
	struct fsw_match ours =
		fsw_match(FSW_ENTRY_OWNER | FSW_ENTRY_AVAILABLE, fsw.self | FSW_ENTRY_AVAILABLE);
	struct fsw_run run = { 0, 0 };
	unsigned long pfn;
	int error = 0;
	u32 i;

	while (!error && fsw_cmm_run(&fsw.area, ours, run.first + run.count, &run) == 1) {
		for (i = run.first; !error && i < run.first + run.count; i++) {
			pfn = first_pfn(i);
			if (!movable->spanned_pages || pfn < movable->zone_start_pfn ||
			    pfn + pages() > zone_end_pfn(movable))
				error = fsw_cmm_keep(&fsw.area, fsw.self, i);
		}
	}
	return error;
}
