# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Debian's AArch64 compiler is the one for Linux; built -ffreestanding, nothing of Linux is used.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
