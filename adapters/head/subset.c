/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The library's hand-over subset once more: for the head, at whatever address it is. */
#include "libfsw/core/crc.c"
#include "libfsw/instance/sar.c"
#include "libfsw/switch/handover.c"
