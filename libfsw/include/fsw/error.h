/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Every function that can fail returns 0 or a positive result, or one of these as a negative number. The order is part of the
 * interface: codes are added at the end. docs/format.md shows this list; a test compares them.
 */
#ifndef FSW_ERROR_H
#define FSW_ERROR_H

#include "env.h"

/* clang-format off */
#define FSW_ERRORS(X) \
	X(ARGUMENT,       "bad argument") \
	X(ALIGNMENT,      "not aligned") \
	/* what opening an area finds, in the order in which it looks */ \
	X(TRUNCATED,      "area truncated") \
	X(NO_AREA,        "no area here") \
	X(BYTE_ORDER,     "other byte order") \
	X(MAGIC,          "not an fsw area") \
	X(VERSION_NEW,    "version too new") \
	X(VERSION_OLD,    "version too old") \
	X(HEADER_CRC,     "header: bad CRC") \
	X(SECTION_SIZE,   "bad section size") \
	X(SECTIONS,       "bad section count") \
	X(INSTANCES,      "bad instance count") \
	X(PAGE_SIZE,      "bad page size") \
	X(BASE,           "base out of place") \
	X(LAYOUT,         "blocks misplaced") \
	X(SWITCH_WORD,    "switch word: bad check") \
	X(SWITCH_VALUE,   "switch word: bad value") \
	X(RESULT_WORD,    "result word: bad check") \
	X(OPERATION_CRC,  "operation: bad CRC") \
	X(OPERATION,      "operation: bad value") \
	X(ENTRY_CHECK,    "entry: bad check") \
	X(ENTRY_VALUE,    "entry: bad value") \
	X(ENTRY_OWNER,    "entry: unknown owner") \
	X(STATE_WORD,     "state: bad check") \
	X(STATE_VALUE,    "state: unknown") \
	X(PARENT_WORD,    "parent: bad check") \
	X(PARENT_VALUE,   "parent: unknown") \
	X(LOAD_CRC,       "load record: bad CRC") \
	X(MANIFEST_CRC,   "manifest: bad CRC") \
	X(MANIFEST_VALUE, "manifest: too long") \
	X(RESUME_CRC,     "resume record: bad CRC") \
	X(TIMINGS_CRC,    "timings: bad CRC") \
	X(SAR_MAGIC,      "no SAR blob") \
	X(SAR_VERSION,    "SAR blob: bad version") \
	X(SAR_SIZE,       "SAR blob: no room") \
	X(SAR_CRC,        "SAR blob: bad CRC") \
	X(SAR_RECORD,     "SAR record malformed") \
	X(SAR_END,        "SAR blob: no end mark") \
	X(SAR_RANGE,      "SAR record not allowed") \
	/* what the rules refuse */ \
	X(NO_MEMORY,      "no memory there") \
	X(NOT_ONLINE,     "section has no owner") \
	X(SHARED,         "shared by all") \
	X(OTHERS,         "another's section") \
	X(KERNEL_CORE,    "another's kernel core") \
	X(REQUEST_NEEDED, "another's: request it") \
	X(OUTSIDE,        "outside the map") \
	X(BELOW_BASE,     "below its base") \
	X(RANGES,         "ranges unsorted") \
	X(CONTIGUOUS,     "no such run free") \
	X(NOT_ENOUGH,     "not enough sections") \
	X(UNFINISHED,     "unfinished") \
	X(NOTHING,        "nothing to claim") \
	/* what the state machine refuses */ \
	X(NOT_READY,      "not yet set up") \
	X(READY,          "already set up") \
	X(NOT_RUNNING,    "asker does not run") \
	X(BUSY,           "operation pending") \
	X(NO_OPERATION,   "no such operation") \
	X(EMPTY,          "no such instance") \
	X(IN_USE,         "instance id in use") \
	X(STATE,          "wrong state") \
	X(SELF,           "target is asker") \
	X(MASTER,         "not for the master") \
	X(NOBODY,         "no instance sleeps") \
	X(DEVICES,        "device states differ") \
	X(INTERRUPTED,    "interrupted") \
	X(UNREACHABLE,    "requester lost") \
	/* what opening finds of cores: the first behind BASE, the others last */ \
	X(CORES,          "bad core count") \
	X(CORE_WORD,      "core: bad check") \
	X(CORE_VALUE,     "core: bad value") \
	/* what is refused of cores */ \
	X(CORE_STATE,     "core: wrong state") \
	X(CORE_AWAY,      "core not in pen") \
	X(CORE_LOST,      "core lost")
/* clang-format on */

/* FSW_ERROR_ARGUMENT = 1 and so on; functions return their negative, FSW_ERR(ARGUMENT). */
#define FSW_ERROR_ENUM(name, text) FSW_ERROR_##name,
enum fsw_error { FSW_ERROR_NONE, FSW_ERRORS(FSW_ERROR_ENUM) FSW_ERROR_COUNT };
#define FSW_ERR(name) (-(int)FSW_ERROR_##name)

FSW_BEGIN_DECLS

/* Text of an error code, or of 0 ("no error"); "unknown error" for any other number. Never NULL. */
const char *fsw_error_text(int error);

FSW_END_DECLS

#endif
