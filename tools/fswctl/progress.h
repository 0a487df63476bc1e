/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How far the images of a new instance are loaded, on standard error, while the ioctl that loads them blocks. */
#ifndef FSWCTL_PROGRESS_H
#define FSWCTL_PROGRESS_H

void progress_start(void);
void progress_stop(void);

#endif
