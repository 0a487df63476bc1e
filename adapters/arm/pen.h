/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef FSW_ARM_PEN_H
#define FSW_ARM_PEN_H

/* pen.S: position independent; at most FSW_CORES_PEN_BYTES */
extern const unsigned char fsw_pen[];
extern const unsigned char fsw_pen_end[];

#endif
