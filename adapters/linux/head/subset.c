// SPDX-License-Identifier: GPL-2.0-only
/* The library's hand-over subset once more: for the head, at whatever address it is. */
#include "libfsw/core/crc.c"
#include "libfsw/instance/sar.c"
#include "libfsw/switch/handover.c"
