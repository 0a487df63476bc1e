# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# The one list of the library's sources. Kbuild includes it; CMake and scripts/check-objects read it line by line, so keep to
# one name a line: "fsw-... += WORD".

fsw-objs += core/record.o
fsw-objs += core/error.o
fsw-objs += cmm/rules.o
fsw-objs += cmm/map.o
fsw-objs += cmm/query.o
fsw-objs += instance/page.o
fsw-objs += switch/operation.o
fsw-objs += switch/request.o
fsw-objs += switch/claim.o
fsw-objs += switch/acknowledge.o
fsw-objs += area/geometry.o
fsw-objs += area/cores.o
fsw-objs += area/open.o
fsw-objs += area/recover.o

# The hand-over subset: runs with MMU and caches off, at whatever address it was put.
fsw-handover-objs += core/crc.o
fsw-handover-objs += instance/sar.o
fsw-handover-objs += switch/handover.o

# How the subset is compiled on a target. No tables of addresses, and no call that the source does not show:
fsw-handover-flags += -ffreestanding
fsw-handover-flags += -fno-builtin
fsw-handover-flags += -fno-jump-tables
fsw-handover-flags += -fno-tree-loop-distribute-patterns
fsw-handover-flags += -fno-stack-protector
fsw-handover-flags += -fno-stack-clash-protection
fsw-handover-flags += -fno-sanitize=all
fsw-handover-flags += -ftrivial-auto-var-init=uninitialized
# nothing beside the code, and no alignment that whoever copies it would have to know
fsw-handover-flags += -fno-unwind-tables
fsw-handover-flags += -fno-asynchronous-unwind-tables
fsw-handover-flags += -fno-align-functions
fsw-handover-flags += -fno-align-loops
fsw-handover-flags += -fno-align-jumps
fsw-handover-flags += -fno-align-labels
# the unit for floating point may be off, and with the MMU off an unaligned access faults
fsw-handover-flags += -mgeneral-regs-only
fsw-handover-flags-arm += -mno-unaligned-access
fsw-handover-flags-arm64 += -mstrict-align
