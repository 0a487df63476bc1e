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

/* Images on their way: read without the lock by who wants to know how far it is */
static struct {
	const char *label;
	u32 done;
	u32 total;
} progress;

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

/**
 * fsw_progress - how far loading is
 * @line: takes "LABEL DONE TOTAL\n", or nothing
 * @size: its bytes
 */
void fsw_progress(char *line, size_t size)
{
	const char *label = READ_ONCE(progress.label);

	line[0] = '\0';
	if (label)
		scnprintf(line, size, "%s %u %u\n", label, READ_ONCE(progress.done),
			  READ_ONCE(progress.total));
}

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
static int free_somewhere(struct fsw_ioc_boot *request)
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

/* Sections for the new instance: all or nothing (SPEC section 4.1). */
static int free_sections(struct making *making)
{
	struct fsw_ioc_boot *request = making->request;
	struct fsw_ioc_result *result = making->result;
	u32 section = 0;
	int found, error;

	fsw_lend_begin();
	if (request->start == FSW_ANY_START)
		error = free_somewhere(request);
	else
		error = fsw_free(&fsw.area, fsw.self, request->instance, request->start,
				 request->contiguous, request->total);
	trace_fsw_request(FSW_MODE_FREE, request->instance, error);
	if (error)
		return fsw_report_error(result, error);
	if (request->flags & FSW_BOOT_DRY_RUN)
		return fsw_report_error(result, fsw_cancel(&fsw.area, fsw.self));
	WRITE_ONCE(progress.total, request->total);
	WRITE_ONCE(progress.done, 0);
	WRITE_ONCE(progress.label, "memory");
	error = 0;
	while ((found = fsw_free_next(&fsw.area, fsw.self, &section)) == 1) {
		error = fsw_section_offline(section);
		if (error)
			break;
		found = fsw_cmm_offline(&fsw.area, fsw.self, section);
		if (found < 0) {
			fsw_section_online(section);
			break;
		}
		WRITE_ONCE(progress.done, progress.done + 1);
	}
	if (found == 0)
		return fsw_report_error(result, fsw_free_commit(&fsw.area, fsw.self));
	if (found > 0)
		fsw_refuse(result, error,
			   "section %u at 0x%llx is in use and does not free: all others are back",
			   section, fsw_section_address(&fsw.area, section));
	else
		error = fsw_report_error(result, found);
	section = 0;
	while (fsw_free_undo(&fsw.area, fsw.self, &section) == 1) {
		if (fsw_section_online(section) == 0)
			fsw_cmm_online(&fsw.area, fsw.self, section);
		else
			section++; /* stays free: below our base */
	}
	fsw_cancel(&fsw.area, fsw.self);
	return error;
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

	WRITE_ONCE(progress.done, 0);
	WRITE_ONCE(progress.total, size);
	WRITE_ONCE(progress.label, label);
	for (done = 0; !error && done < size; done += CHUNK) {
		u32 part = min_t(u64, CHUNK, size - done);

		error = read_all(making, image->file, making->buffer, part, done);
		if (!error)
			error = put(making, to + done, making->buffer, part);
		WRITE_ONCE(progress.done, done + part);
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
		.cores = num_present_cpus(), /* a tree that was given names all of the family's */
		.bootargs = making->cmdline,
		.area = &fsw.area,
		.instance = making->request->instance,
	};
	int error;

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

static int fill(struct making *making)
{
	struct fsw_load load = { 0 };
	int error = find_base(making);

	if (!error)
		error = place(making, making->base);
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

/* Not yet started, and it will not be: its memory comes back. */
static void unload(u32 instance)
{
	if (fsw_kill(&fsw.area, fsw.self, instance) == 0)
		fsw_lend_undo();
}

static int load(struct making *making)
{
	int error = examine(making);

	if (!error)
		error = free_sections(making);
	if (error || making->request->flags & FSW_BOOT_DRY_RUN)
		return error;
	error = fill(making);
	if (error)
		unload(making->request->instance);
	else
		pr_info("instance %u (%.32s): loaded at 0x%llx, %u sections\n",
			making->request->instance, making->request->name, making->base,
			making->request->total);
	return error;
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
	struct fsw_run run;
	u32 id;

	for (id = 1; id <= fsw.area.instances; id++)
		if (fsw_instance_get(&fsw.area, id, &instance) == 0 &&
		    instance.state == FSW_STATE_EMPTY &&
		    fsw_cmm_run(&fsw.area, fsw_match_owner(id), 0, &run) == 0)
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
	WRITE_ONCE(progress.label, NULL);
	close_files(&making);
	vfree(making.buffer);
	return error;
}

/**
 * fsw_request_boot - FSW_IOC_BOOT
 * @request: what is asked; its result and instance are filled
 * @cmdline: the new kernel's command line
 *
 * Return: 0 once this instance is resumed (with FSW_BOOT_STAY: once the other is loaded), or a
 * negative errno: then map and instances are as before.
 */
int fsw_request_boot(struct fsw_ioc_boot *request, const char *cmdline)
{
	const u32 known = FSW_BOOT_DIRECT | FSW_BOOT_DRY_RUN | FSW_BOOT_STAY | FSW_BOOT_LOADED;
	struct fsw_ioc_result *result = &request->result;
	struct fsw_status status;
	u32 asked;
	int error;

	if (request->flags & ~known ||
	    (request->flags & FSW_BOOT_STAY && request->flags & FSW_BOOT_LOADED))
		return fsw_refuse(result, -EINVAL,
				  "unknown flags 0x%x, or flags that exclude each other",
				  request->flags);
	if (strnlen(request->name, sizeof(request->name)) == sizeof(request->name))
		return fsw_refuse(result, -EINVAL, "the name is longer than %zu bytes",
				  sizeof(request->name) - 1);
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
	if (error && !(request->flags & FSW_BOOT_LOADED))
		unload(request->instance);
	return error;
}
