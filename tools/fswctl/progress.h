/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How far the kernel is with what takes long, images that are loaded or sections that move: on standard error, while the ioctl blocks. */
#ifndef FSWCTL_PROGRESS_H
#define FSWCTL_PROGRESS_H

void progress_start(void);
void progress_stop(void);

#endif
