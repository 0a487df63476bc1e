/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* libfsw: several operating systems take turns on one machine. All of its public face. */
#ifndef FSW_H
#define FSW_H

#include "area.h"
#include "cmm.h"
#include "cores.h"
#include "error.h"
#include "instance.h"
#include "port.h"
#include "sar.h"
#include "switch.h"
#include "version.h"

#endif
