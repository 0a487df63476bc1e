/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A person at the console. Nothing here is trusted: not the numbers that are typed, not what lies in memory. */
#include "bootloader.h"

#define LINE_SIZE 80
#define WORDS 4 /* of a command */
#define DUMP_MAX 0x10000

extern const unsigned char vectors[], image_end[];

/* What hexdump may read: reading a register of a device may change it. */
static const struct {
	uint32_t base;
	uint32_t size;
	char name[16];
} memories[] = {
	{ BOARD_FLASH_ALIAS, BOARD_FLASH_BYTES, "flash 0 at 0" },
	{ BOARD_FLASH, BOARD_FLASH_BYTES, "flash 0" },
	{ BOARD_VOLUME, BOARD_FLASH_BYTES, "flash 1" },
	{ BOARD_SRAM, BOARD_SRAM_BYTES, "static RAM" },
	{ BOARD_RAM, BOARD_RAM_BYTES, "RAM" },
};
#define MEMORIES (sizeof(memories) / sizeof(*memories))

static int same(const char *one, const char *other)
{
	while (*one && *one == *other) {
		one++;
		other++;
	}
	return *one == *other;
}

/* Decimal, or hexadecimal behind 0x. 0: not a number, or one of more than 32 bits */
static int number(const char *text, uint32_t *value)
{
	uint32_t base = 10, digit;

	*value = 0;
	if (text[0] == '0' && (text[1] | 32) == 'x') {
		base = 16;
		text += 2;
	}
	if (!*text)
		return 0;
	for (; *text; text++) {
		digit = (uint32_t)(unsigned char)*text - '0';
		if (digit > 9)
			digit = ((uint32_t)(unsigned char)*text | 32) - 'a' + 10;
		if (digit >= base || (digit > 9 && (*text | 32) < 'a') || *value > (~0u - digit) / base)
			return 0;
		*value = *value * base + digit;
	}
	return 1;
}

static void say_value(uint32_t width, uint32_t value)
{
	if (width == 1)
		say(" %02x", value & 0xff);
	else if (width == 2)
		say(" %04x", value & 0xffff);
	else
		say(" %08x", value);
}

/* The area, if it can be read: else says why and what still can be done */
static int open_area(struct fsw_area *area)
{
	int error = fsw_open(area, AREA, BOARD_CARVE_BYTES, &port);

	/* A damaged page, or record of a core, does not keep the others from being shown. */
	if (error && (error > FSW_ERR(STATE_WORD) || error == FSW_ERR(CORES))) {
		say("Error: area at 0x%08x: %s (at %u)\nNext: hexdump 0x%08x 512 4\n", BOARD_CARVE, fsw_error_text(error),
		    area->fault.index, BOARD_CARVE);
		return 0;
	}
	return 1;
}

static int instance_of(struct fsw_area *area, const char *text, struct fsw_instance *instance, uint32_t *id)
{
	int error;

	if (!text || !number(text, id)) {
		say("Error: an instance number is needed\nNext: insts\n");
		return 0;
	}
	if (!open_area(area))
		return 0;
	if (*id == 0 || *id > area->instances) {
		say("Error: no instance %u: this area has 1 to %u\nNext: insts\n", *id, area->instances);
		return 0;
	}
	error = fsw_instance_get(area, *id, instance);
	if (error) {
		say("Error: instance %u: %s\nNext: hexdump 0x%08x %u 4\n", *id, fsw_error_text(error),
		    (uint32_t)(uintptr_t)area->pages + (*id - 1) * area->page_size, FSW_PAGE_SAR);
		return 0;
	}
	return 1;
}

static void do_ver(char **word)
{
	(void)word;
	say("fsw %s %s on " BOARD_NAME ", %u%s bytes; areas of version %u to %u\n", boot_name, FSW_VERSION_STRING,
	    (uint32_t)image_end - (uint32_t)vectors, boot_limit, FSW_AREA_FIRST_SUPPORTED, FSW_AREA_VERSION);
	say("area at 0x%08x; RAM 0x%08x, %u sections of %u MiB\n", BOARD_CARVE, BOARD_RAM, BOARD_SECTIONS,
	    1u << (BOARD_SECTION_SHIFT - 20));
}

static void do_insts(char **word)
{
	static const char phases[][10] = { "blank", "idle", "requested", "armed", "resetting", "handed", "failed", "?" };
	struct fsw_instance instance;
	struct fsw_status status;
	struct fsw_area area;
	uint32_t id;
	int error;

	(void)word;
	if (!open_area(&area))
		return;
	error = fsw_status(&area, &status);
	if (error)
		say("status: %s\n", fsw_error_text(error));
	else
		say("owner %u, phase %s, operation mode %u from %u to %u\n", status.running, phases[status.phase & 7],
		    status.operation->mode, status.operation->source, status.operation->target);
	for (id = 1; id <= area.instances; id++) {
		error = fsw_instance_get(&area, id, &instance);
		if (error)
			say("%3u damaged   %s\n", id, fsw_error_text(error));
		else if (instance.state != FSW_STATE_EMPTY)
			say("%3u %9s parent %u, base 0x%08llx, '%.32s'\n", id, fsw_state_name(instance.state), instance.parent,
			    instance.load ? instance.load->base : 0, instance.load ? instance.load->name : "?");
	}
	say("others are empty, of %u\n", area.instances);
}

static char picture(uint32_t entry)
{
	uint32_t owner = entry & FSW_ENTRY_OWNER;

	if (owner == FSW_OWNER_NONE)
		return entry & FSW_ENTRY_AVAILABLE ? '.' : '-';
	if (owner == FSW_OWNER_SHARED)
		return '=';
	if (entry & FSW_ENTRY_AVAILABLE)
		return owner < 10 ? (char)('0' + owner) : '+';
	return owner <= 26 ? (char)('A' + owner - 1) : '#';
}

static void do_map(char **word)
{
	struct fsw_area area;
	uint32_t section, entry;

	(void)word;
	if (!open_area(&area))
		return;
	for (section = 0; section < area.sections; section++) {
		if (section % 32 == 0)
			say("%s%3u 0x%08llx ", section ? "\n" : "", section, fsw_section_address(&area, section));
		say("%c", fsw_cmm_get(&area, section, &entry) ? '!' : picture(entry));
	}
	say("\n- nobody's, . free, = shared, 1 movable of instance 1, A kernel core of instance 1, B of 2 and so on, ! damaged\n");
}

static void do_page(char **word)
{
	struct fsw_instance instance;
	struct fsw_area area;
	uint32_t id, i;

	if (!instance_of(&area, word[1], &instance, &id))
		return;
	say("instance %u: %s, cause %u, parent %u\n", id, fsw_state_name(instance.state), instance.cause, instance.parent);
	if (instance.load)
		say("load: '%.32s', base 0x%08llx, entry 0x%08llx, arguments 0x%llx 0x%llx 0x%llx 0x%llx\n", instance.load->name,
		    instance.load->base, instance.load->entry, instance.load->arguments[0], instance.load->arguments[1],
		    instance.load->arguments[2], instance.load->arguments[3]);
	if (instance.resume)
		say("resume: address 0x%08llx, argument 0x%llx, sequence %u\n", instance.resume->address, instance.resume->argument,
		    instance.resume->sequence);
	if (instance.manifest) {
		say("release: '%.64s', leaves %u devices on\n", instance.manifest->release, instance.manifest->count);
		for (i = 0; i < instance.manifest->count && i < FSW_MANIFEST_DEVICES_MAX; i++)
			say("device: %.32s in state %u\n", instance.manifest->devices[i].name, instance.manifest->devices[i].state);
	}
}

static void do_sar(char **word)
{
	struct fsw_instance instance;
	struct fsw_area area;
	const unsigned char *at, *end;
	uint32_t id, i;

	if (!instance_of(&area, word[1], &instance, &id))
		return;
	if (!instance.sar) {
		say("Error: instance %u keeps no saved registers\nCurrent state: %s (needed: sleeping)\nNext: insts\n", id,
		    fsw_state_name(instance.state));
		return;
	}
	/* the library checked it whole */
	at = (const unsigned char *)instance.sar + sizeof(struct fsw_sar);
	end = (const unsigned char *)instance.sar + instance.sar->size - sizeof(struct fsw_sar_end);
	say("%u bytes, version %u\n", instance.sar->size, instance.sar->version);
	while (at < end) {
		const struct fsw_sar_record *record = (const void *)at;

		at += sizeof(*record);
		say("0x%08llx, %u bytes by %u:", record->address, record->size, record->width);
		for (i = 0; i < record->size; i += record->width)
			say_value(record->width, fsw_env_read((uintptr_t)(at + i), record->width));
		say("\n");
		at += (record->size + 7) & ~7u;
	}
}

static void do_hexdump(char **word)
{
	uint32_t address, count, width = 1, i, value;

	if (!word[1] || !word[2] || !number(word[1], &address) || !number(word[2], &count) ||
	    (word[3] && !number(word[3], &width)) || (width != 1 && width != 2 && width != 4 && width != 8) || count == 0 ||
	    count > DUMP_MAX) {
		say("Error: what to show is not understood\nNext: hexdump ADDRESS COUNT [1|2|4|8], COUNT bytes, at most %u\n",
		    DUMP_MAX);
		return;
	}
	if ((address | count) & (width - 1)) {
		say("Error: address and count must be multiples of %u\nNext: hexdump 0x%08x %u %u\n", width, address & ~(width - 1),
		    (count + width - 1) & ~(width - 1), width);
		return;
	}
	for (i = 0; i < MEMORIES; i++)
		if (address - memories[i].base < memories[i].size && count <= memories[i].size - (address - memories[i].base))
			break;
	if (i == MEMORIES) {
		say("Error: 0x%08x, %u bytes, is not memory as a whole: device registers are not read\nMemory is:\n", address,
		    count);
		for (i = 0; i < MEMORIES; i++)
			say("0x%08x to 0x%08x %s\n", memories[i].base, memories[i].base + (memories[i].size - 1), memories[i].name);
		return;
	}
	for (i = 0; i < count; i += width) {
		uint32_t step = width < 4 ? width : 4;

		if (i % 16 == 0)
			say("%s%08x:", i ? "\n" : "", address + i);
		if (guarded_read(address + i + width - step, step, &value)) {
			say("\nError: nothing answers at 0x%08x", address + i + width - step);
			break;
		}
		say_value(step, value);
		if (width == 8 && !guarded_read(address + i, 4, &value))
			say("%08x", value);
	}
	say("\n");
}

static void do_regs(char **word)
{
	(void)word;
	show_registers();
}

static void do_bt(char **word)
{
	(void)word;
	show_backtrace();
}

/* boot: go on as after a reset. boot N: if it is N's turn; boot N!: whoever sleeps. */
static void do_boot(char **word)
{
	uint32_t id = 0, length = 0;
	int sure = 0;

	if (word[1]) {
		while (word[1][length])
			length++;
		sure = length > 1 && word[1][length - 1] == '!';
		if (sure)
			word[1][length - 1] = '\0';
		if (!number(word[1], &id) || id == 0 || id > FSW_INSTANCES_MAX) {
			say("Error: an instance number is needed\nNext: boot 1\n");
			return;
		}
	}
	switch (sure ? STANDING_COLD : boot_resume(id)) {
	case STANDING_COLD:
		break;
	case STANDING_SLEEPERS:
		say("Error: it is not the turn of instance %u\nCurrent state: instances sleep in the area, as said above\n"
		    "Next: boot, to go on with the one named; boot %u!, to lose them and start %u from %s\n",
		    id, id, id, boot_source);
		return;
	default:
		say("Error: instances may sleep in the damaged area\nNext: boot %u!, to lose them and start from %s\n",
		    id ? id : FSW_MASTER, boot_source);
		return;
	}
	id = id ? id : FSW_MASTER;
	if (boot_has(id))
		boot_cold(id);
}

static void do_reset(char **word)
{
	(void)word;
	boot_reset();
}

static void do_help(char **word)
{
	(void)word;
	say("help             this\n"
	    "ver              of the bootloader, and what it knows of the board\n"
	    "insts            all instances, and the operation in progress\n"
	    "map              who owns which section\n"
	    "page N           the page of an instance\n"
	    "sar N            its saved registers\n"
	    "hexdump ADDRESS COUNT [1|2|4|8]\n"
	    "regs             registers at the last exception\n"
	    "bt               its calls\n"
	    "boot [N]         as after a reset; N: only if it is its turn, or nobody sleeps; N!: even if others sleep, who are lost\n"
	    "reset            the board; memory is kept\n");
}

static const struct {
	char name[8];
	void (*run)(char **word);
} commands[] = {
	{ "help", do_help }, { "ver", do_ver },	  { "insts", do_insts },     { "map", do_map },
	{ "page", do_page }, { "sar", do_sar },	  { "hexdump", do_hexdump }, { "regs", do_regs },
	{ "bt", do_bt },     { "boot", do_boot }, { "reset", do_reset },
};

static void run(char *line)
{
	char *word[WORDS + 1];
	uint32_t count = 0, i;

	for (i = 0; i <= WORDS; i++)
		word[i] = NULL;
	while (*line) {
		while (*line == ' ')
			*line++ = '\0';
		if (!*line)
			break;
		if (count == WORDS) {
			say("Error: too many words\nNext: help\n");
			return;
		}
		word[count++] = line;
		while (*line && *line != ' ')
			line++;
	}
	if (!count)
		return;
	for (i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
		if (same(word[0], commands[i].name)) {
			commands[i].run(word);
			return;
		}
	}
	say("Error: no command '%s'\nNext: help\n", word[0]);
}

void prompt(void)
{
	static char line[LINE_SIZE];

	say("fsw: help shows the commands\n");
	for (;;)
		if (read_line("fsw> ", line, sizeof(line)))
			run(line);
}
