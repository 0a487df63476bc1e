// SPDX-License-Identifier: GPL-2.0-only
/* Read-only state in sysfs: docs/abi/sysfs-class-misc-fsw describes each file. */
#include <linux/kobject.h>
#include <linux/miscdevice.h>
#include <linux/slab.h>
#include <linux/sysfs.h>

#include "adapter.h"

/* Words of the area are whole at any time: looked at without the lock, held through a switch. */
#define SHOW(name, format, value)                                                             \
	static ssize_t name##_show(struct device *unused, struct device_attribute *attribute, \
				   char *line)                                                \
	{                                                                                     \
		return sysfs_emit(line, format "\n", value);                                  \
	}                                                                                     \
	static DEVICE_ATTR_RO(name)

SHOW(self, "%u", fsw.self);
SHOW(instances, "%u", fsw.area.instances);
SHOW(sections, "%u", fsw.area.sections);
SHOW(base, "0x%llx", fsw.area.header->geometry.base);
SHOW(section_size, "%lu", 1ul << fsw.area.header->geometry.section_shift);
SHOW(area, "0x%llx", (u64)fsw.at);
SHOW(area_size, "%u", fsw.area.header->size);
SHOW(version, "%u", fsw.area.header->version);

/* Sections or images on their way: read without the lock by who wants to know how far it is */
static struct {
	const char *label;
	u32 done;
	u32 total;
} progress;

/**
 * fsw_progress_begin - something that may take long begins
 * @label: what
 * @total: in sections or bytes
 */
void fsw_progress_begin(const char *label, u32 total)
{
	WRITE_ONCE(progress.done, 0);
	WRITE_ONCE(progress.total, total);
	WRITE_ONCE(progress.label, label);
}

void fsw_progress_step(u32 done)
{
	WRITE_ONCE(progress.done, done);
}

void fsw_progress_end(void)
{
	WRITE_ONCE(progress.label, NULL);
}

static ssize_t progress_show(struct device *unused, struct device_attribute *attribute, char *line)
{
	const char *label = READ_ONCE(progress.label);

	if (!label)
		return 0;
	return sysfs_emit(line, "%s %u %u\n", label, READ_ONCE(progress.done),
			  READ_ONCE(progress.total));
}
static DEVICE_ATTR_RO(progress);

static ssize_t phase_show(struct device *unused, struct device_attribute *attribute, char *line)
{
	struct fsw_status status;
	int error = fsw_status(&fsw.area, &status);

	if (error)
		return sysfs_emit(line, "%s\n", fsw_error_text(error));
	return sysfs_emit(line, "%u\n", status.phase);
}
static DEVICE_ATTR_RO(phase);

static struct attribute *attributes[] = {
	&dev_attr_self.attr,
	&dev_attr_instances.attr,
	&dev_attr_sections.attr,
	&dev_attr_base.attr,
	&dev_attr_section_size.attr,
	&dev_attr_area.attr,
	&dev_attr_area_size.attr,
	&dev_attr_version.attr,
	&dev_attr_progress.attr,
	&dev_attr_phase.attr,
	NULL,
};

static const struct attribute_group group = { .attrs = attributes };
static const struct attribute_group *groups[] = { &group, NULL };

/* One folder for each instance */
struct shown {
	struct kobject kobject;
	u32 id;
};

struct shown_attribute {
	struct attribute attribute;
	ssize_t (*show)(u32 id, const struct fsw_instance *instance, char *line);
};

static ssize_t show(struct kobject *kobject, struct attribute *attribute, char *line)
{
	const struct shown_attribute *wanted =
		container_of(attribute, struct shown_attribute, attribute);
	u32 id = container_of(kobject, struct shown, kobject)->id;
	struct fsw_instance instance;
	struct fsw_area look = fsw.area; /* its fault is the reader's own */
	int error = fsw_instance_get(&look, id, &instance);

	if (error)
		return sysfs_emit(line, "%s\n", fsw_error_text(error));
	return wanted->show(id, &instance, line);
}

static ssize_t show_state(u32 id, const struct fsw_instance *instance, char *line)
{
	return sysfs_emit(line, "%s\n", fsw_state_name(instance->state));
}

static ssize_t show_cause(u32 id, const struct fsw_instance *instance, char *line)
{
	return sysfs_emit(line, "%u\n", instance->cause);
}

static ssize_t show_parent(u32 id, const struct fsw_instance *instance, char *line)
{
	return sysfs_emit(line, "%u\n", instance->parent);
}

static ssize_t show_name(u32 id, const struct fsw_instance *instance, char *line)
{
	return sysfs_emit(line, "%.32s\n", instance->load ? instance->load->name : "");
}

static ssize_t show_release(u32 id, const struct fsw_instance *instance, char *line)
{
	return sysfs_emit(line, "%.64s\n", instance->manifest ? instance->manifest->release : "");
}

static ssize_t show_sections(u32 id, const struct fsw_instance *instance, char *line)
{
	return sysfs_emit(line, "%u\n", fsw_sections_of(id));
}

#define SHOWN(what)                                           \
	static struct shown_attribute shown_##what = {        \
		.attribute = { .name = #what, .mode = 0444 }, \
		.show = show_##what,                          \
	}
SHOWN(state);
SHOWN(cause);
SHOWN(parent);
SHOWN(name);
SHOWN(release);
SHOWN(sections);

static struct attribute *shown_attrs[] = {
	&shown_state.attribute,
	&shown_cause.attribute,
	&shown_parent.attribute,
	&shown_name.attribute,
	&shown_release.attribute,
	&shown_sections.attribute,
	NULL,
};
ATTRIBUTE_GROUPS(shown);

static const struct sysfs_ops shown_ops = { .show = show };

static void release(struct kobject *kobject)
{
	kfree(container_of(kobject, struct shown, kobject));
}

static const struct kobj_type shown_type = {
	.release = release,
	.sysfs_ops = &shown_ops,
	.default_groups = shown_groups,
};

/**
 * fsw_report_groups - the files that the device comes with
 */
const struct attribute_group **fsw_report_groups(void)
{
	return groups;
}

/**
 * fsw_report_init - add a folder for each instance
 * @device: of /dev/fsw
 */
int __init fsw_report_init(struct device *device)
{
	struct kobject *folder = kobject_create_and_add("instance", &device->kobj);
	struct shown *shown;
	int error = 0;
	u32 id;

	if (!folder)
		return -ENOMEM;
	for (id = 1; !error && id <= fsw.area.instances; id++) {
		shown = kzalloc(sizeof(*shown), GFP_KERNEL);
		if (!shown)
			return -ENOMEM;
		shown->id = id;
		error = kobject_init_and_add(&shown->kobject, &shown_type, folder, "%u", id);
		if (error)
			kobject_put(&shown->kobject);
	}
	return error;
}
