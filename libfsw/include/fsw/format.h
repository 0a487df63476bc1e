/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The bytes: every record of the fsw area and of the SAR blob. Little-endian, naturally aligned, padding explicit. The part above
 * __ASSEMBLER__ can be included from assembly; each offset is asserted against its structure below. docs/format.md explains.
 */
#ifndef FSW_FORMAT_H
#define FSW_FORMAT_H

#include "version.h"

/* clang-format off */

/* Magics, as little-endian words: "FSWA" and "FSAR" in memory. */
#define FSW_AREA_MAGIC 0x41575346
#define FSW_SAR_MAGIC  0x52415346

/* Geometry limits */
#define FSW_SECTION_SHIFT_MIN 20
#define FSW_SECTION_SHIFT_MAX 30
#define FSW_SECTIONS_MAX      1048576
#define FSW_INSTANCES_MAX     254
#define FSW_PAGE_SIZE_MIN     4096
#define FSW_PAGE_SIZE_MAX     65536
/* Each block of the area starts on a multiple of this, so that it can be mapped on its own. */
#define FSW_BLOCK_SIZE        4096

/* Header, at offset 0 of the area; written once */
#define FSW_HEADER_MAGIC         0
#define FSW_HEADER_VERSION       4
#define FSW_HEADER_LAST_COMPAT   8
#define FSW_HEADER_SIZE          12
#define FSW_HEADER_BASE          16
#define FSW_HEADER_SECTION_SHIFT 24
#define FSW_HEADER_SECTIONS      28
#define FSW_HEADER_INSTANCES     32
#define FSW_HEADER_PAGE_SIZE     36
#define FSW_HEADER_CMM_OFFSET    40
#define FSW_HEADER_PAGES_OFFSET  44
#define FSW_HEADER_CORES         48
#define FSW_HEADER_CORES_OFFSET  52
#define FSW_HEADER_CRC           60
#define FSW_HEADER_BYTES         64

/* Switch page: offsets in the area */
#define FSW_AREA_OPERATION 128 /* two slots of FSW_OPERATION_BYTES */
#define FSW_AREA_SWITCH    384 /* the switch word */
#define FSW_AREA_RESULT    388 /* the result word */

/* Operation record: one slot */
#define FSW_OPERATION_SEQUENCE 0
#define FSW_OPERATION_MODE     4
#define FSW_OPERATION_SOURCE   8
#define FSW_OPERATION_TARGET   12
#define FSW_OPERATION_CORE     16
#define FSW_OPERATION_FLAGS    20
#define FSW_OPERATION_WANTED   24
#define FSW_OPERATION_FIRST    28
#define FSW_OPERATION_LIMIT    32
#define FSW_OPERATION_DIED     36
#define FSW_OPERATION_UNDONE   40
#define FSW_OPERATION_WHY      44
#define FSW_OPERATION_SKIPPED  48
#define FSW_OPERATION_CRC      124
#define FSW_OPERATION_BYTES    128

/* Instance page: offsets of its parts */
#define FSW_PAGE_STATE    0
#define FSW_PAGE_PARENT   4
#define FSW_PAGE_STAMP    8
#define FSW_PAGE_RESUME   64
#define FSW_PAGE_TIMINGS  128
#define FSW_PAGE_LOAD     192
#define FSW_PAGE_MANIFEST 384
#define FSW_PAGE_SAR      1024 /* the SAR blob fills the rest of the page */

/* Resume record */
#define FSW_RESUME_ADDRESS  0
#define FSW_RESUME_ARGUMENT 8
#define FSW_RESUME_SEQUENCE 16
#define FSW_RESUME_CRC      60
#define FSW_RESUME_BYTES    64

/* Timings record */
#define FSW_TIMINGS_HZ      0
#define FSW_TIMINGS_TICKS   4
#define FSW_TIMINGS_CRC     60
#define FSW_TIMINGS_BYTES   64
#define FSW_TIMINGS_PHASES  6

/* Load record */
#define FSW_LOAD_BASE      0
#define FSW_LOAD_ENTRY     8
#define FSW_LOAD_ARGUMENTS 16
#define FSW_LOAD_NAME      48
#define FSW_LOAD_CRC       188
#define FSW_LOAD_BYTES     192
#define FSW_LOAD_NAME_SIZE 32

/* Device manifest */
#define FSW_MANIFEST_RELEASE      0
#define FSW_MANIFEST_COUNT        64
#define FSW_MANIFEST_DEVICES      68
#define FSW_MANIFEST_CRC          636
#define FSW_MANIFEST_BYTES        640
#define FSW_MANIFEST_RELEASE_SIZE 64
#define FSW_MANIFEST_DEVICES_MAX  15
#define FSW_DEVICE_NAME_SIZE      32

/* Core block: room for the code of the board's pen, which the library never looks at, then one record for each core */
#define FSW_CORES_PEN       0
#define FSW_CORES_PEN_BYTES 512
#define FSW_CORES_RECORDS   512
#define FSW_CORES_MAX       64

/* Record of one core: address and argument are 64 bits each */
#define FSW_CORE_WORD     0 /* guarded: bits 0-7 owner, 8-15 state */
#define FSW_CORE_ARRIVED  4 /* stored by the core itself: guarded 1 while it waits in the pen, else 0 */
#define FSW_CORE_ADDRESS  8 /* where it is to go; it waits while the low word, which is stored last, is 0 */
#define FSW_CORE_ARGUMENT 16
#define FSW_CORE_BYTES    32

/* For the pen's code: what core 0 stores when it has arrived, and its word while it is PARKED; each further core STEP less, mod 2^32 */
#define FSW_CORE_HERE      0xa4060001
#define FSW_CORE_STAYS     0x493d0100
#define FSW_CORE_STEP      0x6a3e0000

/* SAR blob: header, then records (head, bytes padded to a multiple of 8), then the end mark: a head of width 0 */
#define FSW_SAR_HEADER_BYTES 16
#define FSW_SAR_RECORD_BYTES 16
#define FSW_SAR_END_BYTES    16
#define FSW_SAR_END_MARK     0x444e4553 /* "SEND" in memory: first word of the end mark */

/*
 * CMM entry, low 16 bits (SPEC section 3: the seed's bits); the high 16 are check bits, see FSW_GUARD_*.
 * Owner 0 is none, 255 is shared by all.
 */
#define FSW_ENTRY_OWNER         0x00ff
#define FSW_ENTRY_AVAILABLE     0x0100
#define FSW_ENTRY_RELEASE_ORDER 0x0200
#define FSW_ENTRY_RELEASE_RET   0x0400
#define FSW_ENTRY_REQUESTED     0x0800
#define FSW_ENTRY_CLAIMED       0x1000
#define FSW_ENTRY_FLAGS         0x1f00
#define FSW_ENTRY_MARKS         0x0e00 /* the flags that only live as long as one operation */
#define FSW_OWNER_NONE          0
#define FSW_OWNER_SHARED        255

/*
 * Guarded word: 16 bits of payload below 16 check bits, bound to its place by a tag (a section's entry: the section number):
 *     word = payload * (1 - (MULTIPLIER << 16)) - ((tag * STRIDE + START) << 16)      mod 2^32
 * START is odd and STRIDE even, so that a word of zeros is never sound.
 */
#define FSW_GUARD_MULTIPLIER 0x9e37
#define FSW_GUARD_STRIDE     0x6a3e
#define FSW_GUARD_START      0xa5c3
#define FSW_TAG_SWITCH       0x7001
#define FSW_TAG_RESULT       0x7002
#define FSW_TAG_STATE        0x7100 /* + instance */
#define FSW_TAG_PARENT       0x7200 /* + instance */
#define FSW_TAG_CORE         0x7300 /* + core */
#define FSW_TAG_ARRIVED      0x7400 /* + core */

/* Switch word, payload: bits 0-7 the instance that owns the machine (0: none), 8-10 phase, 11 operation slot in force */
#define FSW_SWITCH_OWNER       0x00ff
#define FSW_SWITCH_PHASE_SHIFT 8
#define FSW_SWITCH_PHASE_MASK  7
#define FSW_SWITCH_SLOT_SHIFT  11
#define FSW_SWITCH_RESERVED    0xf000

#define FSW_PHASE_BLANK     0 /* formatted, not yet set up by the master */
#define FSW_PHASE_IDLE      1 /* no operation */
#define FSW_PHASE_REQUESTED 2 /* asked for; the owner has yet to suspend, or works on the operation */
#define FSW_PHASE_ARMED     3 /* pre-operation done: the hand-over may be taken */
#define FSW_PHASE_RESETTING 4 /* source sleeps; a warm reset shall start the target's image */
#define FSW_PHASE_HANDED    5 /* the target owns the machine and has yet to acknowledge */
#define FSW_PHASE_FAILED    6 /* hand-over refused: the owner stays, the result word says why */

#define FSW_MODE_NONE      0
#define FSW_MODE_SWITCH    1
#define FSW_MODE_BOOT      2
#define FSW_MODE_CLAIM     3
#define FSW_MODE_TERMINATE 4
#define FSW_MODE_KILL      5
#define FSW_MODE_FREE      6 /* all-or-nothing preparation of a boot */
#define FSW_MODE_RECOVER   7 /* a survivor is resumed after a reset */
#define FSW_MODE_LAST      7

/* Operation flags */
#define FSW_FLAG_DIRECT 1 /* BOOT: enter the image at once, without a warm reset */

/* Operation core: any core may take the hand-over */
#define FSW_CORE_ANY 0xffffffff

/* Instance state word, payload: bits 0-7 state, 8-15 cause of death */
#define FSW_STATE_EMPTY    0
#define FSW_STATE_LOADED   1
#define FSW_STATE_RUNNING  2
#define FSW_STATE_SLEEPING 3
#define FSW_STATE_DEAD     4
#define FSW_STATE_LAST     4

#define FSW_CAUSE_NONE    0
#define FSW_CAUSE_RESET   1 /* the machine was reset while it ran */
#define FSW_CAUSE_CORRUPT 2 /* its page failed a check */
#define FSW_CAUSE_REFUSED 3 /* what it needs to run was refused when it was to be entered */
#define FSW_CAUSE_LAST    3

/* Core states. The boot core, on which the running instance woke or began, stays PARKED, not arrived: it goes with the machine. */
#define FSW_CORE_PARKED  1 /* no one's: owner 0 */
#define FSW_CORE_RUNNING 2 /* its owner's */
#define FSW_CORE_LOST    3 /* its owner sent it to the pen, or out of it, and it did not come */
#define FSW_CORE_LAST    3

/* What the hand-over returns (switch.h) */
#define FSW_GO_ON    0 /* no hand-over for this core: carry on as from a plain suspend */
#define FSW_GO_JUMP  1 /* to the address in struct fsw_jump, MMU and caches off */
#define FSW_GO_RESET 2 /* reset the machine, memory kept */

/* struct fsw_jump (switch.h) */
#define FSW_JUMP_ADDRESS   0
#define FSW_JUMP_ARGUMENTS 8

/* clang-format on */

#ifndef __ASSEMBLER__
#include "env.h"

FSW_BEGIN_DECLS

/* Immutable shape of an area. Offsets count in a header only: the library finds them itself. */
struct fsw_geometry {
	uint64_t base;		/* physical address of section 0, a multiple of the section size */
	uint32_t section_shift; /* log2 of the section size in bytes, 20..30 */
	uint32_t sections;	/* 1..1048576 */
	uint32_t instances;	/* 1..254 */
	uint32_t page_size;	/* bytes of an instance page: a power of two, 4096..65536; its SAR blob has 1024 less */
	uint32_t cmm_offset;
	uint32_t pages_offset;
	uint32_t cores;	       /* 0..64 that instances share through the pen; 0: there is no core block */
	uint32_t cores_offset; /* 0: there is none */
};

struct fsw_header {
	uint32_t magic;
	uint32_t version;
	uint32_t last_compat;
	uint32_t size; /* bytes of the whole area */
	struct fsw_geometry geometry;
	uint32_t reserved; /* written as 0, ignored when read, under the CRC */
	uint32_t crc;	   /* CRC-32 of all before it */
};

struct fsw_operation {
	uint32_t sequence; /* one more at each commit */
	uint32_t mode;	   /* FSW_MODE_* */
	uint32_t source;   /* the instance that asked */
	uint32_t target;   /* the next to run; FREE, KILL: the one it is about */
	uint32_t core;	   /* the core that may take the hand-over */
	uint32_t flags;	   /* FSW_FLAG_* */
	uint32_t wanted;   /* CLAIM: sections asked of the sleepers */
	uint32_t first;	   /* CLAIM, FREE: sections [first, limit) take part */
	uint32_t limit;
	uint32_t died;	     /* RECOVER, CLAIM after a reset: who owned the machine; 0: no one died */
	uint32_t undone;     /* RECOVER: mode that the reset interrupted */
	uint32_t why;	     /* RECOVER: enum fsw_why (area.h) */
	uint32_t skipped[8]; /* CLAIM: bit i: instance i could not be reached */
	uint32_t reserved[11];
	uint32_t crc;
};

struct fsw_resume {
	uint64_t address;  /* physical address of the first resume instruction */
	uint64_t argument; /* handed to it */
	uint32_t sequence; /* operation sequence at which it fell asleep: a larger one is more recent */
	uint32_t reserved[10];
	uint32_t crc;
};

struct fsw_timings {
	uint32_t hz;			    /* ticks a second, of a clock all instances share and no suspend stops */
	uint32_t ticks[FSW_TIMINGS_PHASES]; /* freeze, devices, core, hand-over, resume, thaw */
	uint32_t reserved[8];
	uint32_t crc;
};

struct fsw_load {
	uint64_t base;		       /* lowest physical address the instance can use */
	uint64_t entry;		       /* physical address of its first instruction */
	uint64_t arguments[4];	       /* boot protocol: what its first registers hold */
	char name[FSW_LOAD_NAME_SIZE]; /* NUL-terminated */
	uint32_t reserved[27];
	uint32_t crc;
};

/* One device left on at suspend, or a wake-up source: what state it is in, in the platform's own numbers; 0 means off. */
struct fsw_device {
	char name[FSW_DEVICE_NAME_SIZE]; /* NUL-terminated */
	uint32_t state;
};

struct fsw_manifest {
	char release[FSW_MANIFEST_RELEASE_SIZE]; /* of the OS, NUL-terminated */
	uint32_t count;
	struct fsw_device devices[FSW_MANIFEST_DEVICES_MAX];
	uint32_t reserved[7];
	uint32_t crc;
};

/* Head of a SAR blob */
struct fsw_sar {
	uint32_t magic;
	uint32_t version;
	uint32_t last_compat; /* lowest reader version that can read it */
	uint32_t size;	      /* bytes of the blob, end mark included */
};

/* Head of one SAR record; `size` bytes follow, padded with zeros to a multiple of 8 */
struct fsw_sar_record {
	uint64_t address; /* physical, a multiple of width */
	uint32_t width;	  /* bytes of one register: 1, 2 or 4 */
	uint32_t size;	  /* a multiple of width, not 0 */
};

/* End mark: where another record head would stand */
struct fsw_sar_end {
	uint32_t mark; /* FSW_SAR_END_MARK */
	uint32_t reserved;
	uint32_t width; /* 0 */
	uint32_t crc;	/* CRC-32 of the blob before this word */
};

#define FSW_ASSERT_AT(type, member, offset) FSW_ASSERT(offsetof(struct type, member) == (offset), #type "." #member " moved")

FSW_ASSERT_AT(fsw_header, magic, FSW_HEADER_MAGIC);
FSW_ASSERT_AT(fsw_header, version, FSW_HEADER_VERSION);
FSW_ASSERT_AT(fsw_header, last_compat, FSW_HEADER_LAST_COMPAT);
FSW_ASSERT_AT(fsw_header, size, FSW_HEADER_SIZE);
FSW_ASSERT_AT(fsw_header, geometry.base, FSW_HEADER_BASE);
FSW_ASSERT_AT(fsw_header, geometry.section_shift, FSW_HEADER_SECTION_SHIFT);
FSW_ASSERT_AT(fsw_header, geometry.sections, FSW_HEADER_SECTIONS);
FSW_ASSERT_AT(fsw_header, geometry.instances, FSW_HEADER_INSTANCES);
FSW_ASSERT_AT(fsw_header, geometry.page_size, FSW_HEADER_PAGE_SIZE);
FSW_ASSERT_AT(fsw_header, geometry.cmm_offset, FSW_HEADER_CMM_OFFSET);
FSW_ASSERT_AT(fsw_header, geometry.pages_offset, FSW_HEADER_PAGES_OFFSET);
FSW_ASSERT_AT(fsw_header, geometry.cores, FSW_HEADER_CORES);
FSW_ASSERT_AT(fsw_header, geometry.cores_offset, FSW_HEADER_CORES_OFFSET);
FSW_ASSERT_AT(fsw_header, crc, FSW_HEADER_CRC);
FSW_ASSERT(sizeof(struct fsw_header) == FSW_HEADER_BYTES, "header size");

FSW_ASSERT_AT(fsw_operation, sequence, FSW_OPERATION_SEQUENCE);
FSW_ASSERT_AT(fsw_operation, mode, FSW_OPERATION_MODE);
FSW_ASSERT_AT(fsw_operation, source, FSW_OPERATION_SOURCE);
FSW_ASSERT_AT(fsw_operation, target, FSW_OPERATION_TARGET);
FSW_ASSERT_AT(fsw_operation, core, FSW_OPERATION_CORE);
FSW_ASSERT_AT(fsw_operation, flags, FSW_OPERATION_FLAGS);
FSW_ASSERT_AT(fsw_operation, wanted, FSW_OPERATION_WANTED);
FSW_ASSERT_AT(fsw_operation, first, FSW_OPERATION_FIRST);
FSW_ASSERT_AT(fsw_operation, limit, FSW_OPERATION_LIMIT);
FSW_ASSERT_AT(fsw_operation, died, FSW_OPERATION_DIED);
FSW_ASSERT_AT(fsw_operation, undone, FSW_OPERATION_UNDONE);
FSW_ASSERT_AT(fsw_operation, why, FSW_OPERATION_WHY);
FSW_ASSERT_AT(fsw_operation, skipped, FSW_OPERATION_SKIPPED);
FSW_ASSERT_AT(fsw_operation, crc, FSW_OPERATION_CRC);
FSW_ASSERT(sizeof(struct fsw_operation) == FSW_OPERATION_BYTES, "operation size");
FSW_ASSERT(FSW_AREA_OPERATION + 2 * FSW_OPERATION_BYTES <= FSW_AREA_SWITCH, "slots end before the switch word");

FSW_ASSERT(FSW_PAGE_STAMP + 4 <= FSW_PAGE_RESUME, "the stamp fits");

FSW_ASSERT_AT(fsw_resume, address, FSW_RESUME_ADDRESS);
FSW_ASSERT_AT(fsw_resume, argument, FSW_RESUME_ARGUMENT);
FSW_ASSERT_AT(fsw_resume, sequence, FSW_RESUME_SEQUENCE);
FSW_ASSERT_AT(fsw_resume, crc, FSW_RESUME_CRC);
FSW_ASSERT(sizeof(struct fsw_resume) == FSW_RESUME_BYTES, "resume size");
FSW_ASSERT(FSW_PAGE_RESUME + FSW_RESUME_BYTES <= FSW_PAGE_TIMINGS, "resume record fits");

FSW_ASSERT_AT(fsw_timings, hz, FSW_TIMINGS_HZ);
FSW_ASSERT_AT(fsw_timings, ticks, FSW_TIMINGS_TICKS);
FSW_ASSERT_AT(fsw_timings, crc, FSW_TIMINGS_CRC);
FSW_ASSERT(sizeof(struct fsw_timings) == FSW_TIMINGS_BYTES, "timings size");
FSW_ASSERT(FSW_PAGE_TIMINGS + FSW_TIMINGS_BYTES <= FSW_PAGE_LOAD, "timings fit");

FSW_ASSERT_AT(fsw_load, base, FSW_LOAD_BASE);
FSW_ASSERT_AT(fsw_load, entry, FSW_LOAD_ENTRY);
FSW_ASSERT_AT(fsw_load, arguments, FSW_LOAD_ARGUMENTS);
FSW_ASSERT_AT(fsw_load, name, FSW_LOAD_NAME);
FSW_ASSERT_AT(fsw_load, crc, FSW_LOAD_CRC);
FSW_ASSERT(sizeof(struct fsw_load) == FSW_LOAD_BYTES, "load size");
FSW_ASSERT(FSW_PAGE_LOAD + FSW_LOAD_BYTES <= FSW_PAGE_MANIFEST, "load record fits");

FSW_ASSERT_AT(fsw_manifest, release, FSW_MANIFEST_RELEASE);
FSW_ASSERT_AT(fsw_manifest, count, FSW_MANIFEST_COUNT);
FSW_ASSERT_AT(fsw_manifest, devices, FSW_MANIFEST_DEVICES);
FSW_ASSERT_AT(fsw_manifest, crc, FSW_MANIFEST_CRC);
FSW_ASSERT(sizeof(struct fsw_manifest) == FSW_MANIFEST_BYTES, "manifest size");
FSW_ASSERT(FSW_PAGE_MANIFEST + FSW_MANIFEST_BYTES <= FSW_PAGE_SAR, "manifest fits");

FSW_ASSERT(FSW_CORES_RECORDS + FSW_CORES_MAX * FSW_CORE_BYTES <= FSW_BLOCK_SIZE, "all cores fit into one block");

FSW_ASSERT(sizeof(struct fsw_sar) == FSW_SAR_HEADER_BYTES, "SAR header size");
FSW_ASSERT(sizeof(struct fsw_sar_record) == FSW_SAR_RECORD_BYTES, "SAR record size");
FSW_ASSERT(sizeof(struct fsw_sar_end) == FSW_SAR_END_BYTES, "SAR end mark size");
FSW_ASSERT(offsetof(struct fsw_sar_end, width) == offsetof(struct fsw_sar_record, width), "an end mark is told by width");

FSW_END_DECLS
#endif /* __ASSEMBLER__ */

#endif
