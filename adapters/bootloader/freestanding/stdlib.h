/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* For libfdt, which asks for the C library's header and uses nothing of it here. */
