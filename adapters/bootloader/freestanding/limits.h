/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* For libfdt. A compiler for Linux brings one that asks for the C library's. */
#ifndef FSW_BOOTLOADER_LIMITS_H
#define FSW_BOOTLOADER_LIMITS_H

#define INT_MAX __INT_MAX__
#define INT_MIN (-INT_MAX - 1)
#define UINT_MAX (__INT_MAX__ * 2U + 1U)

#endif
