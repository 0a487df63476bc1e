/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Versions: of the library (what you call) and of the area (what lies in RAM). */
#ifndef FSW_VERSION_H
#define FSW_VERSION_H

#define FSW_VERSION_MAJOR 0
#define FSW_VERSION_MINOR 1
#define FSW_VERSION_PATCH 0
#define FSW_VERSION_STRING "0.1.0"
#define FSW_VERSION ((FSW_VERSION_MAJOR << 16) | (FSW_VERSION_MINOR << 8) | FSW_VERSION_PATCH)

/*
 * An area is accepted iff its version >= FIRST_SUPPORTED and its last_compat <= AREA_VERSION. A change that an older
 * library can ignore raises AREA_VERSION alone; one that it cannot raises LAST_COMPAT with it. Version 2 added the hand-over stamp,
 * version 3 the core block: an area that has one is not for older libraries, whose recovery would leave cores where they no longer are.
 */
#define FSW_AREA_VERSION 3
#define FSW_AREA_LAST_COMPAT 1
#define FSW_AREA_LAST_COMPAT_CORES 3
#define FSW_AREA_FIRST_SUPPORTED 1

/* The SAR blob is versioned on its own, by the same rule: a platform may keep one outside an area. */
#define FSW_SAR_VERSION 1
#define FSW_SAR_LAST_COMPAT 1
#define FSW_SAR_FIRST_SUPPORTED 1

#endif
