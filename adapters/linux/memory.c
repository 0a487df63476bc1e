// SPDX-License-Identifier: GPL-2.0-only
/* Sections off-line and on-line, by Linux's contiguous allocator. Whether one may, libfsw says. */
#define pr_fmt(fmt) "fsw: " fmt

#include <asm/cacheflush.h>
#include <asm/outercache.h>
#include <linux/atomic.h>
#include <linux/cpu.h>
#include <linux/gfp.h>
#include <linux/highmem.h>
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/moduleparam.h>
#include <linux/pagemap.h>
#include <linux/reboot.h>
#include <linux/slab.h>
#include <linux/stop_machine.h>
#include <linux/swap.h>

#include "adapter.h"
#include "trace.h"

/* Beside one of FSW_HELD_*: taken since fsw_lend_begin() */
#define HELD_LENT 0x80

#define TRIES 3 /* pages on their way through a list are free a moment later */

static u8 *held;

/* This instance gives nothing that would leave it less than so many MiB (MemAvailable). */
static unsigned int reserve = 16;
module_param(reserve, uint, 0644);
MODULE_PARM_DESC(reserve, "MiB that this instance keeps available when it gives memory away");

static u32 zero_ticks;

static unsigned long first_pfn(u32 section)
{
	return PHYS_PFN(fsw_section_address(&fsw.area, section));
}

static unsigned long pages(void)
{
	return 1ul << (fsw.area.header->geometry.section_shift - PAGE_SHIFT);
}

static u32 held_as(u32 section)
{
	return held[section] & ~HELD_LENT;
}

static bool is_movable(u32 section)
{
	const struct zone *zone = &NODE_DATA(0)->node_zones[ZONE_MOVABLE];
	unsigned long pfn = first_pfn(section);

	return zone->spanned_pages && pfn >= zone->zone_start_pfn &&
	       pfn + pages() <= zone_end_pfn(zone);
}

static atomic_t dirty;

/* On every core: the last one does the cache that all share, which then no other works on. */
static int flush(void *unused)
{
	flush_cache_all();
	if (atomic_dec_and_test(&dirty))
		outer_flush_all();
	return 0;
}

/**
 * fsw_flush - have everything in memory, and nothing in the caches
 *
 * What another kernel wrote must be read from memory, what we wrote for it must be there, and
 * nothing of ours may be written back over it. All at once costs less than a section line by line.
 */
void fsw_flush(void)
{
	cpus_read_lock();
	atomic_set(&dirty, num_online_cpus());
	stop_machine_cpuslocked(flush, NULL, cpu_online_mask);
	cpus_read_unlock();
}

/**
 * fsw_reserve_allows - may this kernel give so much?
 * @count: sections
 *
 * Whoever gives keeps enough for itself: its users must not meet the OOM killer for another's sake.
 */
bool fsw_reserve_allows(u32 count)
{
	s64 left = si_mem_available() - (s64)count * pages();

	return left >= (s64)reserve << (20 - PAGE_SHIFT);
}

/**
 * fsw_sections_offline - take adjacent sections from this kernel, all or none
 * @first: number of the first
 * @count: how many
 *
 * Return: 0; or, and all are as before, -EBUSY: pages there do not move; -ENOMEM: there is no room
 * to move them to; -EINTR: a signal came; -EDQUOT: this kernel would have less left than its
 * reserve; -EINVAL: not all are on-line.
 */
int fsw_sections_offline(u32 first, u32 count)
{
	unsigned long pfn = first_pfn(first);
	int error = -EBUSY;
	int tries;
	u32 i;

	for (i = first; i < first + count; i++)
		if (held_as(i) != FSW_HELD_ONLINE)
			return -EINVAL;
	if (!fsw_reserve_allows(count))
		return -EDQUOT;
	for (tries = 0; error == -EBUSY && tries < TRIES; tries++)
		error = alloc_contig_range(pfn, pfn + count * pages(), MIGRATE_MOVABLE,
					   GFP_KERNEL | __GFP_NOWARN);
	if (!error) {
		adjust_managed_page_count(pfn_to_page(pfn), -(long)(count * pages()));
		/* lines of it may stay in the caches: a hand-over cleans all of them */
		memset(held + first, FSW_HELD_TAKEN | HELD_LENT, count);
		fsw.books_stale = true;
	}
	for (i = first; i < first + count; i++)
		trace_fsw_section(i, false, error);
	return error;
}

/* One block of pages after the other: thousands of single ones would take ten times as long. */
static void free_pages_of(u32 section)
{
	unsigned int order = min_t(unsigned int, pageblock_order, ilog2(pages()));
	unsigned long pfn = first_pfn(section);
	unsigned long end = pfn + pages();
	unsigned long i;

	for (; pfn < end; pfn += 1ul << order) {
		for (i = pfn; i < pfn + (1ul << order); i++) {
			ClearPageReserved(pfn_to_page(i));
			set_page_count(pfn_to_page(i), 0);
		}
		init_page_count(pfn_to_page(pfn));
		__free_pages(pfn_to_page(pfn), order);
		adjust_managed_page_count(pfn_to_page(pfn), 1l << order);
	}
}

/* What was there is another's, or may be. */
static void zero(u32 section)
{
	u32 since = fsw_now();

	fsw_clear(fsw_section_address(&fsw.area, section), pages() << PAGE_SHIFT);
	zero_ticks += fsw_now() - since;
}

/* Back as it was: nobody had it meanwhile. */
static int section_back(u32 section)
{
	if (held_as(section) == FSW_HELD_ONLINE)
		return 0;
	if (held_as(section) == FSW_HELD_NOT)
		return -ENXIO;
	free_pages_of(section);
	held[section] = FSW_HELD_ONLINE;
	fsw.books_stale = true;
	trace_fsw_section(section, true, 0);
	return 0;
}

/**
 * fsw_section_online - give a section to this kernel, zeroed, and tell the map
 * @section: its number; the map lets us have it
 *
 * Where Linux may keep what it allocates there, the section is kernel core from now on.
 *
 * Return: 0, or -ENXIO: this kernel can not use memory there; or -EIO: the map does not allow it.
 */
int fsw_section_online(u32 section)
{
	u32 entry, after;
	int error;

	if (held_as(section) == FSW_HELD_NOT)
		return -ENXIO;
	if (fsw_cmm_get(&fsw.area, section, &entry) || fsw_rule_online(entry, fsw.self, &after))
		return -EIO;
	if (held_as(section) != FSW_HELD_ONLINE) {
		fsw_flush();
		zero(section);
		section_back(section);
	}
	error = fsw_cmm_online(&fsw.area, fsw.self, section);
	if (!error && !is_movable(section))
		error = fsw_cmm_keep(&fsw.area, fsw.self, section);
	return error ? -EIO : 0;
}

/**
 * fsw_section_undo - give a section back to this kernel that it has just given, and tell the map
 * @section: its number; free in the map
 *
 * Return: 0, or -ENXIO: this kernel can not use memory there.
 */
int fsw_section_undo(u32 section)
{
	int error = section_back(section);

	if (!error)
		fsw_cmm_online(&fsw.area, fsw.self, section);
	return error;
}

/**
 * fsw_zero_ticks - how long zeroing took since the last call, in ticks of the shared clock
 */
u32 fsw_zero_ticks(void)
{
	u32 ticks = zero_ticks;

	zero_ticks = 0;
	return ticks;
}

/* Names in /proc/iomem: runs of sections that are this kernel's memory and not this instance's */
static struct resource *others;
static u32 others_count;

static void name_others(void)
{
	u32 i, end;

	while (others_count)
		remove_resource(&others[--others_count]);
	for (i = 0; i < fsw.area.sections; i = end) {
		struct resource *run = &others[others_count];

		end = i + 1;
		if (held_as(i) != FSW_HELD_FENCED && held_as(i) != FSW_HELD_TAKEN)
			continue;
		while (end < fsw.area.sections &&
		       (held_as(end) == FSW_HELD_FENCED || held_as(end) == FSW_HELD_TAKEN))
			end++;
		memset(run, 0, sizeof(*run));
		run->name = "fsw: not this instance's";
		run->flags = IORESOURCE_MEM | IORESOURCE_BUSY;
		run->start = fsw_section_address(&fsw.area, i);
		run->end = fsw_section_address(&fsw.area, end) - 1;
		if (insert_resource(&iomem_resource, run))
			pr_warn("%pR has no place in /proc/iomem\n", run);
		else
			others_count++;
	}
}

/*
 * What each zone keeps for those who can use nothing else grows with the memory above it. As Linux
 * counts it, which does so at boot only: the ratio is what it took then, or was told since.
 */
static void protect_zones(void)
{
	static unsigned long last[ZONE_MOVABLE];
	struct zone *zones = NODE_DATA(0)->node_zones;
	unsigned long above = 0;
	int i;

	for (i = ZONE_MOVABLE - 1; i >= 0; i--) {
		long *kept = &zones[i].lowmem_reserve[ZONE_MOVABLE];

		above += zone_managed_pages(&zones[i + 1]);
		if (last[i] && *kept)
			*kept = above / DIV_ROUND_CLOSEST(last[i], *kept);
		last[i] = above;
	}
}

/**
 * fsw_memory_books - after sections moved: the kernel's own books follow
 *
 * Counters of pages followed each section; watermarks and /proc/iomem follow here.
 */
void fsw_memory_books(void)
{
	if (!fsw.books_stale)
		return;
	fsw.books_stale = false;
	protect_zones();
	setup_per_zone_wmarks();
	name_others();
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

/* `take` for each section that is ours since another ended; what it can not take is free. */
static u32 take_claimed(int (*take)(u32 section))
{
	struct fsw_run run = { 0, 0 };
	u32 taken = 0, done = 0;
	u32 i;

	fsw_progress_begin("take", fsw_sections_matching(fsw_match_claimed(fsw.self)));
	while (fsw_cmm_run(&fsw.area, fsw_match_claimed(fsw.self), run.first + run.count, &run) ==
	       1) {
		for (i = run.first; i < run.first + run.count; i++) {
			if (take(i) == 0)
				taken++;
			else
				fsw_cmm_offline(&fsw.area, fsw.self, i);
			fsw_progress_step(++done);
		}
	}
	fsw_progress_end();
	return taken;
}

/**
 * fsw_take_claimed - on-line what the map says is ours since another instance ended
 *
 * What can not be on-lined goes to the free ones.
 *
 * Return: how many are on-line now.
 */
u32 fsw_take_claimed(void)
{
	return take_claimed(fsw_section_online);
}

static int take_back(u32 section)
{
	return held[section] & HELD_LENT ? fsw_section_undo(section) : -ENXIO;
}

/**
 * fsw_lend_undo - have the map and the memory as they were at fsw_lend_begin()
 *
 * Of what the map says is ours since another instance ended, what was ours comes back, and what was
 * free is free again.
 */
void fsw_lend_undo(void)
{
	take_claimed(take_back);
}

/* Memory that this kernel has no page of: below its base */
static int clear_beyond(phys_addr_t from, size_t bytes)
{
	void __iomem *at = ioremap_wc(from, bytes);

	if (!at)
		return -ENOMEM;
	memset_io(at, 0, bytes);
	iounmap(at);
	return 0;
}

/**
 * fsw_clear - zero memory that this kernel does not use
 * @from: physical address of a page
 * @bytes: how many, whole pages
 *
 * fsw_flush() must follow before anybody reads it with the caches off.
 *
 * Return: 0, or -ENOMEM.
 */
int fsw_clear(phys_addr_t from, size_t bytes)
{
	unsigned long pfn = PHYS_PFN(from);

	if (!pfn_valid(pfn))
		return clear_beyond(from, bytes);
	if (!PageHighMem(pfn_to_page(pfn + PHYS_PFN(bytes) - 1))) {
		fsw_zero(page_address(pfn_to_page(pfn)), bytes);
		return 0;
	}
	for (; bytes; bytes -= PAGE_SIZE)
		clear_highpage(pfn_to_page(pfn++));
	return 0;
}

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

/* Does Linux keep something there since boot that will never move? */
static bool partly_reserved(u32 section)
{
	unsigned long i;

	/* a look at few entries, for nearly all sections the only one */
	if (!memblock_is_region_reserved(fsw_section_address(&fsw.area, section),
					 pages() << PAGE_SHIFT))
		return false;
	for (i = 0; i < pages(); i++)
		if (PageReserved(pfn_to_page(first_pfn(section) + i)))
			return true;
	return false;
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

	held = kvzalloc(fsw.area.sections, GFP_KERNEL);
	others = kvcalloc(fsw.area.sections / 2 + 1, sizeof(*others), GFP_KERNEL);
	if (!held || !others)
		return FSW_ERR(NOT_ENOUGH);
	fsw.books_stale = true;
	for (section = 0; section < fsw.area.sections; section++) {
		error = fsw_cmm_get(&fsw.area, section, &entry);
		if (error)
			return error;
		if (!pfn_valid(first_pfn(section)) || !pfn_valid(first_pfn(section) + pages() - 1))
			continue;
		if ((entry & FSW_ENTRY_OWNER) == fsw.self) {
			held[section] = FSW_HELD_ONLINE;
			continue;
		}
		if ((entry & FSW_ENTRY_OWNER) == FSW_OWNER_SHARED)
			continue;
		/* nobody's for good: the master alone may use what is left of it */
		if (entry == FSW_OWNER_NONE && fsw.self == FSW_MASTER)
			continue;
		if (!all_reserved(section))
			stop(section);
		if (entry != FSW_OWNER_NONE)
			held[section] = FSW_HELD_FENCED;
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
	struct fsw_match ours =
		fsw_match(FSW_ENTRY_OWNER | FSW_ENTRY_AVAILABLE, fsw.self | FSW_ENTRY_AVAILABLE);
	struct fsw_run run = { 0, 0 };
	int error = 0;
	u32 i;

	while (!error && fsw_cmm_run(&fsw.area, ours, run.first + run.count, &run) == 1) {
		for (i = run.first; !error && i < run.first + run.count; i++) {
			if (!is_movable(i) || partly_reserved(i))
				error = fsw_cmm_keep(&fsw.area, fsw.self, i);
		}
	}
	return error;
}

/* Why a page that is in use does not move; NULL: it does. */
static const char *holder(struct page *page)
{
	struct folio *folio = page_folio(page);
	int references = folio_ref_count(folio) - folio_mapcount(folio);

	if (PageReserved(page))
		return "reserved";
	if (__folio_test_movable(folio))
		return NULL;
	if (!folio_test_lru(folio))
		return "allocated by the kernel or a driver";
	if (folio_maybe_dma_pinned(folio))
		return "pinned for DMA or direct I/O";
	/* the page cache holds each page once, buffers hold the folio once */
	if (folio_mapping(folio))
		references -= folio_nr_pages(folio);
	references -= folio_has_private(folio);
	return references > 0 ? "held by I/O or a pipe" : NULL;
}

/* The next page at or after *pfn that is in use; NULL: none before `end` */
static struct page *used_page(unsigned long *pfn, unsigned long end)
{
	for (; *pfn < end; (*pfn)++) {
		struct page *page = pfn_to_page(*pfn);

		if (PageBuddy(page)) {
			unsigned long order = READ_ONCE(page->private);

			if (order <= ilog2(pages()))
				*pfn += (1ul << order) - 1;
			continue;
		}
		if (page_count(page) || PageTail(page))
			return page;
	}
	return NULL;
}

/**
 * fsw_section_look - how this kernel holds a section, and what keeps it from going
 * @section: its number
 * @look: takes it
 *
 * What is found is gone a moment later, or not: it is for a person. Needs no lock.
 * lru_add_drain_all() before makes it better.
 */
void fsw_section_look(u32 section, struct fsw_ioc_section *look)
{
	unsigned long pfn = first_pfn(section);
	unsigned long end = pfn + pages();
	struct fsw_area area = fsw.area; /* its fault is the reader's own */
	struct page *page;
	const char *why;
	u32 entry;

	memset(look, 0, sizeof(*look));
	look->held = held_as(section);
	if (look->held != FSW_HELD_ONLINE || fsw_cmm_get(&area, section, &entry))
		return;
	for (; (page = used_page(&pfn, end)); pfn++) {
		look->used++;
		/* kernel core is not asked to move */
		if (!(entry & FSW_ENTRY_AVAILABLE))
			continue;
		why = holder(page);
		if (why && !look->pinned++)
			strscpy(look->why, why, sizeof(look->why));
	}
}

/**
 * fsw_section_pinned - is there something that keeps it from going off-line?
 * @section: its number
 */
bool fsw_section_pinned(u32 section)
{
	struct fsw_ioc_section look;

	lru_add_drain_all();
	fsw_section_look(section, &look);
	return look.pinned;
}

/**
 * fsw_section_why - why a section did not go off-line
 * @section: its number
 * @error: of fsw_sections_offline()
 * @why: takes a few words
 * @size: its bytes
 */
void fsw_section_why(u32 section, int error, char *why, size_t size)
{
	struct fsw_ioc_section look = { .why = "in use" };

	if (error == -ENOMEM) {
		strscpy(look.why, "no room to move its pages to", sizeof(look.why));
	} else if (error == -EINTR) {
		strscpy(look.why, "a signal came", sizeof(look.why));
	} else if (error != -EBUSY) {
		strscpy(look.why, "map and memory disagree", sizeof(look.why));
	} else {
		lru_add_drain_all();
		fsw_section_look(section, &look);
	}
	strscpy(why, look.why[0] ? look.why : "in use", size);
}

/* Does nothing there wait for a device, or would have to be written to one to be moved? */
static bool quiet(u32 section)
{
	unsigned long pfn = first_pfn(section);
	unsigned long end = pfn + pages();
	struct address_space *mapping;
	struct page *page;

	for (; (page = used_page(&pfn, end)); pfn++) {
		struct folio *folio = page_folio(page);

		if (folio_test_locked(folio) || folio_test_writeback(folio))
			return false;
		mapping = folio_test_lru(folio) ? folio_mapping(folio) : NULL;
		if (folio_test_dirty(folio) && mapping && !mapping->a_ops->migrate_folio)
			return false;
	}
	return true;
}

/**
 * fsw_section_give - take a section from this kernel in its sleep
 * @section: its number
 *
 * The devices are down: migration must not wait for one. And what moves has to find room in movable
 * memory: filling the kernel's own zones would leave it nothing to wake up with.
 *
 * Return: as fsw_sections_offline().
 */
int fsw_section_give(u32 section)
{
	struct zone *zones = NODE_DATA(0)->node_zones;
	long kept[ZONE_MOVABLE];
	int error, i;

	if (!quiet(section))
		return -EBUSY;
	for (i = 0; i < ZONE_MOVABLE; i++) {
		kept[i] = zones[i].lowmem_reserve[ZONE_MOVABLE];
		if (!is_highmem_idx(i))
			zones[i].lowmem_reserve[ZONE_MOVABLE] = zone_managed_pages(&zones[i]);
	}
	error = fsw_sections_offline(section, 1);
	for (i = 0; i < ZONE_MOVABLE; i++)
		zones[i].lowmem_reserve[ZONE_MOVABLE] = kept[i];
	return error;
}

/**
 * fsw_reserve_bytes - what this kernel keeps for itself
 */
u64 fsw_reserve_bytes(void)
{
	return (u64)reserve << 20;
}
