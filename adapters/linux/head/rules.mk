# SPDX-License-Identifier: GPL-2.0-only
#
# A part of arch/arm/boot/compressed/Makefile, which includes it by the line that scripts/place-linux
# adds. fsw-head.o goes to the head of the compressed kernel; it carries a program, which has a link
# of its own: the bootloader's code, for RAM beside the area.
ifdef CONFIG_FSW_HEAD

fsw := $(srctree)/drivers/fsw
fsw-obj := $(obj)/fsw

include $(fsw)/libfsw/sources.mk

# Nothing of the kernel's flags: it runs before there is a kernel, as the bootloader does.
fsw-gcc-include := -isystem $(shell $(CC) -print-file-name=include)
fsw-cc := $(CC) -nostdinc -std=gnu11 -Os -g -mthumb -march=armv7-a \
	-mfloat-abi=soft -mgeneral-regs-only -mno-unaligned-access -ffreestanding -fno-common -fshort-wchar -Wa,--noexecstack -fno-stack-protector \
	-fno-stack-clash-protection -fno-tree-loop-distribute-patterns -fno-unwind-tables -fno-asynchronous-unwind-tables \
	-ffile-prefix-map=$(fsw)/= -Wall -Wextra -Wno-unused-parameter -Werror -I $(fsw)/libfsw/include -I $(fsw)
fsw-program-cc := $(fsw-cc) -fno-pic -ffunction-sections -fdata-sections -I $(fsw)/bootloader -isystem $(fsw)/bootloader/freestanding \
	-isystem $(srctree)/scripts/dtc/libfdt $(fsw-gcc-include)
fsw-head-cc := $(fsw-cc) $(fsw-gcc-include) -fpic -fvisibility=hidden $(fsw-handover-flags) $(fsw-handover-flags-arm)

fsw-program-objs := $(addprefix libfsw/,$(fsw-objs) $(fsw-handover-objs)) boot/tree.o boot/image.o boot/probe.o arm/pen.o \
	bootloader/exceptions.o bootloader/console.o bootloader/cores.o bootloader/exception.o bootloader/lib.o \
	bootloader/prompt.o bootloader/resume.o head/program.o head/cold.o
fsw-program-fdt := $(addprefix fdt/,fdt.o fdt_ro.o fdt_rw.o fdt_wip.o fdt_addresses.o)
fsw-head-objs := start/head.o start/decide.o start/subset.o

OBJS += fsw-head.o
targets += $(addprefix fsw/,$(fsw-program-objs) $(fsw-program-fdt) $(fsw-head-objs) program.lds program.elf program.bin)

quiet_cmd_fsw_program = CC      $@
      cmd_fsw_program = $(fsw-program-cc) -Wp,-MMD,$(depfile) -c -o $@ $<
quiet_cmd_fsw_head = CC      $@
      cmd_fsw_head = $(fsw-head-cc) -Wp,-MMD,$(depfile) -Wa,-I,$(fsw-obj) -c -o $@ $<
quiet_cmd_fsw_lds = LDS     $@
      cmd_fsw_lds = $(CPP) -P -D__ASSEMBLER__ -Wp,-MMD,$(depfile) -Wp,-MT,$@ -I $(fsw) -o $@ $<
quiet_cmd_fsw_link = LD      $@
      cmd_fsw_link = $(LD) --gc-sections --fatal-warnings --no-undefined -z noexecstack $(call ld-option,--no-warn-rwx-segments) -Map $@.map -T $(fsw-obj)/program.lds -o $@ \
		     $(filter %.o,$^)
quiet_cmd_fsw_bin = OBJCOPY $@
      cmd_fsw_bin = $(OBJCOPY) -O binary $< $@
quiet_cmd_fsw_one = LD      $@
      cmd_fsw_one = $(LD) -r -T $(fsw)/linux/head/head.lds -o $@ $(filter %.o,$^)

# The assembler tells nobody which file it includes.
$(fsw-obj)/start/head.o: $(fsw-obj)/program.bin
$(fsw-obj)/start/%.o: $(fsw)/head/%.c FORCE
	$(call if_changed_dep,fsw_head)
$(fsw-obj)/start/%.o: $(fsw)/linux/head/%.S FORCE
	$(call if_changed_dep,fsw_head)
$(fsw-obj)/fdt/%.o: $(srctree)/scripts/dtc/libfdt/%.c FORCE
	$(call if_changed_dep,fsw_program)
$(addprefix $(fsw-obj)/libfsw/,$(fsw-handover-objs)): fsw-program-cc += $(fsw-handover-flags) $(fsw-handover-flags-arm)
$(fsw-obj)/%.o: $(fsw)/%.c FORCE
	$(call if_changed_dep,fsw_program)
$(fsw-obj)/%.o: $(fsw)/%.S FORCE
	$(call if_changed_dep,fsw_program)
$(fsw-obj)/program.lds: $(fsw)/head/program.lds.S FORCE
	$(call if_changed_dep,fsw_lds)
$(fsw-obj)/program.elf: $(addprefix $(fsw-obj)/,$(fsw-program-objs) $(fsw-program-fdt)) $(obj)/lib1funcs.o $(fsw-obj)/program.lds FORCE
	$(call if_changed,fsw_link)
$(fsw-obj)/program.bin: $(fsw-obj)/program.elf FORCE
	$(call if_changed,fsw_bin)
$(obj)/fsw-head.o: $(addprefix $(fsw-obj)/,$(fsw-head-objs)) $(fsw)/linux/head/head.lds FORCE
	$(call if_changed,fsw_one)

endif
