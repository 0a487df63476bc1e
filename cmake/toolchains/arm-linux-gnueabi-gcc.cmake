# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Programs for Debian's armel, linked statically: they run on any ARM Linux from ARMv5 on.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR arm)
set(CMAKE_C_COMPILER arm-linux-gnueabi-gcc)
set(CMAKE_EXE_LINKER_FLAGS_INIT "-static -s")
