// SPDX-License-Identifier: GPL-2.0-only
/* A new instance: look at its images, free memory, copy them, hand it the machine. */
#define pr_fmt(fmt) "fsw: " fmt

#include <linux/cpumask.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/libfdt.h>
#include <linux/of_fdt.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "adapter.h"
#include "boot/image.h"
#include "boot/tree.h"
#include "trace.h"

#define CHUNK 0x10000u

/* A new instance in the making */
struct making {
	struct fsw_ioc_boot *request;
	struct fsw_ioc_result *result;
	const char *cmdline;
	struct image {
		struct file *file; /* NULL: none */
		loff_t bytes;	   /* as it was when it was looked at */
	} kernel, initrd, tree;
	void *buffer; /* FSW_IMAGE_TREE_ROOM bytes */
	u64 base;     /* of the run that holds the images */
	struct fsw_placement at;
};

static u64 section_bytes(u32 sections)
{
	return (u64)sections << fsw.area.header->geometry.section_shift;
}

static int refuse_image(struct making *making, int error)
{
	return fsw_refuse(making->result, -ENOEXEC, "%s", fsw_image_text(error));
}

static int read_all(struct making *making, struct file *file, void *to, size_t bytes, loff_t from)
{
	ssize_t got = kernel_read(file, to, bytes, &from);

	if (got == (ssize_t)bytes)
		return 0;
	return fsw_refuse(making->result, got < 0 ? (int)got : -EIO,
			  "%pD: %zd of %zu bytes could be read", file, got < 0 ? 0 : got, bytes);
}

/* Where everything goes, if the run begins at `base` */
static int place(struct making *making, u64 base)
{
	int error = fsw_image_place(base, section_bytes(making->request->contiguous),
				    making->kernel.bytes, making->initrd.bytes, &making->at);

	return error ? refuse_image(making, error) : 0;
}

/* The tree to begin with, into the buffer */
static int read_tree(struct making *making)
{
	loff_t size;
	int error;

	if (!making->tree.file) {
		size = fdt_totalsize(initial_boot_params);
		if (size > FSW_IMAGE_TREE_ROOM)
			return refuse_image(making, -FSW_IMAGE_TREE_LARGE);
		memcpy(making->buffer, initial_boot_params, size);
		return 0;
	}
	size = making->tree.bytes;
	if (size > FSW_IMAGE_TREE_MAX)
		return refuse_image(making, -FSW_IMAGE_TREE_LARGE);
	error = read_all(making, making->tree.file, making->buffer, size, 0);
	if (error)
		return error;
	error = fsw_tree_check(making->buffer, size);
	return error ? refuse_image(making, error) : 0;
}

/* Look at all images before anything is touched. */
static int examine(struct making *making)
{
	u64 bytes = making->kernel.bytes;
	u64 head[FSW_IMAGE_HEAD_BYTES / 8];
	int error;

	error = read_all(making, making->kernel.file, head, min_t(u64, bytes, sizeof(head)), 0);
	if (error)
		return error;
	error = fsw_image_check(head, bytes);
	if (error)
		return refuse_image(making, error);
	error = place(making, making->request->start == FSW_ANY_START ? 0 : making->request->start);
	return error ? error : read_tree(making);
}

/* The lowest run that fits, and that begins where a zImage takes its memory to begin. */
static int free_somewhere(struct fsw_ioc_free *request)
{
	u64 end = fsw.area.header->geometry.base + section_bytes(fsw.area.sections);
	int error;

	request->start = ALIGN(fsw.area.header->geometry.base, FSW_IMAGE_BASE_ALIGN);
	for (; request->start < end; request->start += FSW_IMAGE_BASE_ALIGN) {
		error = fsw_free(&fsw.area, fsw.self, request->instance, request->start,
				 request->contiguous, request->total);
		if (error == FSW_ERR(OUTSIDE))
			break;
		if (error != FSW_ERR(CONTIGUOUS))
			return error;
	}
	return FSW_ERR(CONTIGUOUS);
}

/* The next sections that are to be freed, adjacent ones: how many, or an error of libfsw */
static int named(u32 *first)
{
	int found = fsw_free_next(&fsw.area, fsw.self, first);
	u32 next = *first;
	u32 count;

	if (found <= 0)
		return found;
	for (count = 1; count < FSW_AT_ONCE; count++) {
		next++;
		if (fsw_free_next(&fsw.area, fsw.self, &next) != 1 || next != *first + count)
			break;
	}
	return count;
}

static int free_run(u32 first, u32 count)
{
	u32 i;
	int error = fsw_sections_offline(first, count);

	if (error)
		return error;
	/* an entry that is damaged can not be changed: its section stays off-line, nobody has it */
	for (i = first; i < first + count; i++)
		if (fsw_cmm_offline(&fsw.area, fsw.self, i))
			error = -EIO;
	return error;
}

static int refuse_section(struct fsw_ioc_result *result, u32 section, int error)
{
	char why[48] = "it is needed here (fsw.reserve)";

	if (error != -EDQUOT)
		fsw_section_why(section, error, why, sizeof(why));
	return fsw_refuse(result, error,
			  "section %u at 0x%llx does not free, all others are back: %s", section,
			  fsw_section_address(&fsw.area, section), why);
}

/* Would all of them go? As far as can be told without trying */
static int free_dry(struct fsw_ioc_result *result)
{
	u32 section, count = 0;
	int error = 0;

	for (section = 0; !error && fsw_free_next(&fsw.area, fsw.self, &section) == 1; section++) {
		count++;
		if (fsw_section_pinned(section))
			error = refuse_section(result, section, -EBUSY);
		else if (!fsw_reserve_allows(count))
			error = refuse_section(result, section, -EDQUOT);
	}
	fsw_cancel(&fsw.area, fsw.self);
	return error;
}

/* Sections for the new instance: all or nothing (SPEC section 4.1). */
static int free_sections(struct fsw_ioc_free *request)
{
	struct fsw_ioc_result *result = &request->result;
	struct fsw_instance instance;
	u32 section = 0, done = 0;
	int found, error;

	/* what it was given before would become one with the new */
	if (fsw_instance_get(&fsw.area, request->instance, &instance) == 0 &&
	    instance.state == FSW_STATE_EMPTY && fsw_sections_of(request->instance))
		return fsw_refuse(result, -EBUSY, "instance %u has memory already",
				  request->instance);
	fsw_lend_begin();
	if (request->start == FSW_ANY_START)
		error = free_somewhere(request);
	else
		error = fsw_free(&fsw.area, fsw.self, request->instance, request->start,
				 request->contiguous, request->total);
	trace_fsw_request(FSW_MODE_FREE, request->instance, error);
	if (error)
		return fsw_report_error(result, error);
	if (request->flags & FSW_FREE_DRY_RUN)
		return free_dry(result);
	fsw_progress_begin("memory", request->total);
	while ((found = named(&section)) > 0) {
		error = free_run(section, found);
		/* which of them? */
		if (error && found > 1)
			error = free_run(section, found = 1);
		if (error)
			break;
		fsw_progress_step(done += found);
	}
	fsw_progress_end();
	if (found == 0)
		return fsw_report_error(result, fsw_free_commit(&fsw.area, fsw.self));
	if (found < 0)
		error = fsw_report_error(result, found);
	else
		error = refuse_section(result, section, error);
	section = 0;
	while (fsw_free_undo(&fsw.area, fsw.self, &section) == 1)
		if (fsw_section_undo(section))
			section++; /* stays free: below our base */
	fsw_cancel(&fsw.area, fsw.self);
	return error;
}

/* The memory of a boot */
static int free_for(struct making *making)
{
	struct fsw_ioc_boot *request = making->request;
	struct fsw_ioc_free prepare = {
		.flags = request->flags & FSW_BOOT_DRY_RUN ? FSW_FREE_DRY_RUN : 0,
		.instance = request->instance,
		.contiguous = request->contiguous,
		.total = request->total,
		.start = request->start,
	};
	int error = free_sections(&prepare);

	*making->result = prepare.result;
	return error;
}

/* Memory that FSW_IOC_FREE gave it */
static int find_prepared(struct making *making)
{
	struct fsw_ioc_boot *request = making->request;
	struct fsw_instance instance;
	struct fsw_run run;
	int found = fsw_instance_get(&fsw.area, request->instance, &instance);

	if (!found && instance.state != FSW_STATE_EMPTY)
		found = FSW_ERR(IN_USE);
	/* the lowest: what else it was given lies above */
	if (!found)
		found = fsw_cmm_run(&fsw.area, fsw_match_owner(request->instance), 0, &run);
	if (found < 0)
		return fsw_report_error(making->result, found);
	if (!found)
		return fsw_refuse(making->result, -ENOENT,
				  "instance %u has no memory yet: prepare some, or boot without",
				  request->instance);
	request->start = fsw_section_address(&fsw.area, run.first);
	request->contiguous = run.count;
	request->total = fsw_sections_of(request->instance);
	return 0;
}

/* No byte goes where the new instance does not own the memory. */
static int put(struct making *making, u64 to, const void *from, u32 bytes)
{
	int error = fsw_cmm_range(&fsw.area, making->request->instance, to, bytes);

	if (error)
		return fsw_report_error(making->result, error);
	return fsw_copy_in(to, from, bytes);
}

static int put_file(struct making *making, const char *label, const struct image *image, u64 to)
{
	u64 size = image->bytes;
	u64 done;
	int error = 0;

	fsw_progress_begin(label, size);
	for (done = 0; !error && done < size; done += CHUNK) {
		u32 part = min_t(u64, CHUNK, size - done);

		error = read_all(making, image->file, making->buffer, part, done);
		if (!error)
			error = put(making, to + done, making->buffer, part);
		fsw_progress_step(done + part);
		cond_resched();
	}
	return error;
}

/* The run that the sections were freed in: its beginning is the instance's base. */
static int find_base(struct making *making)
{
	struct fsw_run run;
	u32 first = 0;

	while (fsw_cmm_run(&fsw.area, fsw_match_owner(making->request->instance), first, &run) ==
	       1) {
		if (run.count >= making->request->contiguous) {
			making->base = fsw_section_address(&fsw.area, run.first);
			return 0;
		}
		first = run.first + run.count;
	}
	return fsw_report_error(making->result, FSW_ERR(CONTIGUOUS));
}

static int put_tree(struct making *making)
{
	struct fsw_tree what = {
		.ram_base = fsw.area.header->geometry.base,
		.ram_size = section_bytes(fsw.area.sections),
		.carve_base = fsw.carve,
		.carve_size = fsw.carve_size,
		/* a tree that was given names all of the family's */
		.cores = fsw.area.header->geometry.cores,
		.bootargs = making->cmdline,
		.area = &fsw.area,
		.instance = making->request->instance,
	};
	int error;

	if (!what.cores)
		what.cores = num_present_cpus();
	if (making->initrd.file) {
		what.initrd = making->at.initrd;
		what.initrd_size = making->initrd.bytes;
	}
	/* the buffer served for the files meanwhile */
	error = read_tree(making);
	if (error)
		return error;
	error = fsw_tree_complete(making->buffer, FSW_IMAGE_TREE_ROOM, &what);
	if (error)
		return refuse_image(making, error);
	return put(making, making->at.tree, making->buffer, fdt_totalsize(making->buffer));
}

/* What others had there, the new instance must not see. */
static int zero_sections(struct making *making)
{
	struct fsw_match owned = fsw_match_owner(making->request->instance);
	struct fsw_run run = { 0, 0 };
	u32 done = 0;
	u32 i;

	fsw_progress_begin("zero", making->request->total);
	/* not a line of it may be written back later */
	fsw_flush();
	while (fsw_cmm_run(&fsw.area, owned, run.first + run.count, &run) == 1) {
		for (i = run.first; i < run.first + run.count; i++) {
			if (fsw_clear(fsw_section_address(&fsw.area, i), section_bytes(1)))
				return -ENOMEM;
			fsw_progress_step(++done);
			cond_resched();
		}
	}
	return 0;
}

static int fill(struct making *making)
{
	struct fsw_load load = { 0 };
	int error = find_base(making);

	if (!error)
		error = place(making, making->base);
	if (!error)
		error = zero_sections(making);
	if (!error)
		error = put_file(making, "kernel", &making->kernel, making->at.kernel);
	if (!error && making->initrd.file)
		error = put_file(making, "initrd", &making->initrd, making->at.initrd);
	if (!error)
		error = put_tree(making);
	if (error)
		return error;
	fsw_flush();
	/* ARM boot protocol: Documentation/arm/booting.rst */
	load.base = making->base;
	load.entry = making->at.kernel;
	load.arguments[1] = 0xffffffff;
	load.arguments[2] = making->at.tree;
	strscpy(load.name, making->request->name, sizeof(load.name));
	return fsw_report_error(making->result,
				fsw_load(&fsw.area, fsw.self, making->request->instance, &load));
}

/* It never ran, and it will not: its memory comes back. */
static void unload(u32 id)
{
	struct fsw_instance instance;

	/* it ran, whatever came after */
	if (fsw_instance_get(&fsw.area, id, &instance) == 0 && instance.state != FSW_STATE_LOADED &&
	    instance.state != FSW_STATE_EMPTY)
		return;
	if (fsw_kill(&fsw.area, fsw.self, id) == 0)
		fsw_lend_undo();
}

static int load(struct making *making)
{
	bool prepared = making->request->flags & FSW_BOOT_PREPARED;
	int error = prepared ? find_prepared(making) : 0;

	if (!error)
		error = examine(making);
	if (!error && !prepared)
		error = free_for(making);
	if (error || making->request->flags & FSW_BOOT_DRY_RUN)
		return error;
	error = fill(making);
	if (error && !prepared)
		unload(making->request->instance);
	if (error)
		return error;
	pr_info("instance %u (%.32s): loaded at 0x%llx, %u sections\n", making->request->instance,
		making->request->name, making->base, making->request->total);
	return 0;
}

/* What is looked at now is what is loaded: a file that grows meanwhile is cut. */
static int open_image(struct making *making, struct image *image, const char *label, int fd)
{
	if (fd < 0)
		return 0;
	image->file = fget(fd);
	if (!image->file)
		return fsw_refuse(making->result, -EBADF, "%s: not an open file", label);
	if (!(image->file->f_mode & FMODE_READ))
		return fsw_refuse(making->result, -EBADF, "%s: not open for reading", label);
	image->bytes = i_size_read(file_inode(image->file));
	return 0;
}

static int open_files(struct making *making)
{
	struct fsw_ioc_boot *request = making->request;
	int error = open_image(making, &making->kernel, "kernel", request->kernel_fd);

	if (!error && !making->kernel.file)
		error = fsw_refuse(making->result, -EBADF, "kernel: not an open file");
	if (!error)
		error = open_image(making, &making->initrd, "initrd", request->initrd_fd);
	if (!error)
		error = open_image(making, &making->tree, "device tree", request->tree_fd);
	return error;
}

static void close_files(struct making *making)
{
	if (making->kernel.file)
		fput(making->kernel.file);
	if (making->initrd.file)
		fput(making->initrd.file);
	if (making->tree.file)
		fput(making->tree.file);
}

/* The lowest id that has neither a page nor sections */
static u32 free_id(void)
{
	struct fsw_instance instance;
	u32 id;

	for (id = 1; id <= fsw.area.instances; id++)
		if (fsw_instance_get(&fsw.area, id, &instance) == 0 &&
		    instance.state == FSW_STATE_EMPTY && !fsw_sections_of(id))
			return id;
	return 0;
}

static int load_files(struct fsw_ioc_boot *request, const char *cmdline)
{
	struct making making = {
		.request = request,
		.result = &request->result,
		.cmdline = cmdline,
	};
	int error;

	making.buffer = vzalloc(FSW_IMAGE_TREE_ROOM);
	if (!making.buffer)
		return -ENOMEM;
	error = open_files(&making);
	if (!error)
		error = load(&making);
	fsw_progress_end();
	close_files(&making);
	vfree(making.buffer);
	return error;
}

/**
 * fsw_request_free - FSW_IOC_FREE
 * @request: what is asked; its result, instance and start are filled
 *
 * Return: 0, or a negative errno: then map and memory are as before.
 */
int fsw_request_free(struct fsw_ioc_free *request)
{
	struct fsw_ioc_result *result = &request->result;
	u32 since = fsw_now();
	int error;

	if (request->flags & ~FSW_FREE_DRY_RUN)
		return fsw_refuse(result, -EINVAL, "unknown flags 0x%x", request->flags);
	if (!request->instance)
		request->instance = free_id();
	if (!request->instance)
		return fsw_refuse(result, -ENOSPC, "all %u instances exist", fsw.area.instances);
	/* the second half would be refused there */
	if (request->start != FSW_ANY_START && !IS_ALIGNED(request->start, FSW_IMAGE_BASE_ALIGN))
		return fsw_refuse(result, -ENOEXEC, "%s", fsw_image_text(-FSW_IMAGE_BASE));
	error = fsw_firmware_known(result);
	if (!error)
		error = free_sections(request);
	if (error || request->flags & FSW_FREE_DRY_RUN)
		return error;
	request->hz = fsw.board->clock_hz;
	request->ticks = fsw_now() - since;
	return 0;
}

/**
 * fsw_request_boot - FSW_IOC_BOOT
 * @request: what is asked; its result and instance are filled
 * @cmdline: the new kernel's command line
 *
 * Return: 0 once this instance is resumed (with FSW_BOOT_STAY: once the other is loaded), or a
 * negative errno: then map and instances are as before, but for an instance that was prepared: it
 * may be loaded now.
 */
int fsw_request_boot(struct fsw_ioc_boot *request, const char *cmdline)
{
	const u32 known = FSW_BOOT_DIRECT | FSW_BOOT_DRY_RUN | FSW_BOOT_STAY | FSW_BOOT_LOADED |
			  FSW_BOOT_PREPARED;
	struct fsw_ioc_result *result = &request->result;
	struct fsw_status status;
	u32 asked;
	int error;

	if (request->flags & ~known || (request->flags & FSW_BOOT_LOADED &&
					request->flags & (FSW_BOOT_STAY | FSW_BOOT_PREPARED)))
		return fsw_refuse(result, -EINVAL,
				  "unknown flags 0x%x, or flags that exclude each other",
				  request->flags);
	if (strnlen(request->name, sizeof(request->name)) == sizeof(request->name))
		return fsw_refuse(result, -EINVAL, "the name is longer than %zu bytes",
				  sizeof(request->name) - 1);
	error = fsw_firmware_known(result);
	if (error)
		return error;
	error = fsw_status(&fsw.area, &status);
	if (!error && status.phase != FSW_PHASE_IDLE)
		error = FSW_ERR(BUSY);
	if (error)
		return fsw_report_error(result, error);
	if (!(request->flags & FSW_BOOT_LOADED)) {
		if (!request->instance)
			request->instance = free_id();
		if (!request->instance)
			return fsw_refuse(result, -ENOSPC, "all %u instances exist",
					  fsw.area.instances);
		error = load_files(request, cmdline);
		if (error || request->flags & (FSW_BOOT_DRY_RUN | FSW_BOOT_STAY))
			return error;
	}
	asked = fsw_now();
	error = fsw_boot(&fsw.area, fsw.self, request->instance,
			 request->flags & FSW_BOOT_DIRECT ? FSW_FLAG_DIRECT : 0);
	trace_fsw_request(FSW_MODE_BOOT, request->instance, error);
	if (!error && request->flags & FSW_BOOT_DRY_RUN)
		return fsw_report_error(result, fsw_cancel(&fsw.area, fsw.self));
	error = fsw_report_error(result, error);
	if (!error)
		error = fsw_go(FSW_MODE_BOOT, request->instance, asked, result);
	/* what was there before this request stays */
	if (error && !(request->flags & (FSW_BOOT_LOADED | FSW_BOOT_PREPARED)))
		unload(request->instance);
	return error;
}
