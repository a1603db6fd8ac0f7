# SPDX-License-Identifier: MIT
#
#   make               build/revenant.elf
#   make CC=clang      the same with clang (objects of their own under build/clang/)
#   make build/vmm     the VMM of vmm/, which runs the image on /dev/kvm
#   make iso           build/revenant.iso, for BIOS and UEFI; ARGS='…' is its command line
#   make host-tests    unit tests of what runs without a VM (tests/unit/unit.mk)
#   make dist          build/revenant-VERSION.tar.gz: all that a machine without a compiler needs
#   make install PREFIX=/usr/local   the same as PREFIX/bin/revenant
#   make check         everything that can be tested on this machine
#   make bench         benchmark (docs/speed.md); KVM_UNIT_TESTS=x86/svm_npt.flat: beside that
#   make mutants       which planted faults of KVM are caught (docs/mutants.md); 20 minutes on an idle machine
#   make reproducer NAME='…'   an image with that one case, or program, in it, for a plain QEMU
#   make coverage      what of KVM is reached (docs/coverage.md); an hour on an idle machine, and builds a kernel
#   make history       what is red on stock kernels since 5.10 (docs/history.md); 11 minutes, and downloads
#   make pictures      those of README, from a run on an emulated host (a minute); needs chromium
#   make format-check  does the source look as .clang-format says?
#   make clean

ifeq ($(origin CC),default)
CC := gcc
endif
LD ?= ld
OBJCOPY ?= objcopy
CLANG_FORMAT ?= clang-format

VERSION := 0.1
ROOMS   := boot lib kernel hv svm vmx guests model/lang model/oracle model/search exec plan scenarios
BUILD   := build
OBJ     := $(BUILD)/$(notdir $(lastword $(CC)))
ELF     := $(BUILD)/revenant.elf
ISO     := $(BUILD)/revenant.iso
VMM     := $(BUILD)/vmm

# sort: the same order, and so the same image, on every machine.
SOURCES := $(filter-out %_offsets.c,$(sort $(wildcard $(foreach room,$(ROOMS),$(room)/*.c $(room)/*.S))))
OBJECTS := $(SOURCES:%=$(OBJ)/%.o)
OFFSETS := $(patsubst %.c,$(OBJ)/%.h,$(wildcard $(ROOMS:%=%/*_offsets.c)))

LANGUAGE := -std=gnu11 -ffreestanding -fno-common -fno-strict-aliasing
WARNINGS := -Wall -Wextra -Werror -Wundef -Wshadow -Wvla -Wstrict-prototypes -Wmissing-prototypes
# No unit but the integer one, no red zone (interrupts use our stack), no unwinder, fixed address.
MACHINE  := -m64 -march=x86-64 -mgeneral-regs-only -mno-red-zone -fno-pic -fno-pie \
	    -fno-stack-protector -fno-asynchronous-unwind-tables -fcf-protection=none
OPTIMISE := -Os -fno-omit-frame-pointer -ffunction-sections -fdata-sections
DEBUG    := -g -ffile-prefix-map='$(CURDIR)=.'
DEFINES  := -I. -I$(OBJ) -DREVENANT_VERSION='"$(VERSION)"'

KERNEL_CFLAGS  := $(LANGUAGE) $(WARNINGS) $(MACHINE) $(OPTIMISE) $(DEBUG) $(DEFINES)
KERNEL_LDFLAGS := -m elf_x86_64 -nostdlib -static --gc-sections --build-id=none \
		  -z max-page-size=0x1000 -z noexecstack --fatal-warnings

all: $(ELF) $(VMM)

$(OBJ)/%.c.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(KERNEL_CFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# The oracle and the parsers: two thirds of what the image computes.
$(OBJ)/model/% $(OBJ)/scenarios/%: KERNEL_CFLAGS += -O2

# What assembly has to know of C: lib/offsets.h.
$(OBJ)/%_offsets.h: %_offsets.c Makefile
	@mkdir -p $(@D)
	$(CC) $(KERNEL_CFLAGS) $(CFLAGS) -MMD -MP -MT $@ -MF $(@:.h=.d) -S -o $(@:.h=.s) $<
	sed -n 's/^.*\.ascii[[:space:]]*"->\([A-Z0-9_]*\) \$$*\(-*[0-9]*\)".*/#define \1 \2/p' $(@:.h=.s) > $@

$(OBJ)/%.S.o: %.S Makefile | $(OFFSETS)
	@mkdir -p $(@D)
	$(CC) $(KERNEL_CFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# The 32-bit agent: the same C for a 32-bit CPU, a program of its own with no library below it, linked to
# where linker.ld puts it.
AGENT32         := $(OBJ)/agent32
AGENT32_BASE    := 0x200000
AGENT32_OBJECTS := $(patsubst %,$(AGENT32)/%.o,guests/32bit/start32.S guests/action.c guests/agent.c)
AGENT32_CFLAGS  := $(LANGUAGE) $(WARNINGS) $(subst -m64 -march=x86-64,-m32 -march=i686,$(MACHINE)) \
		   $(OPTIMISE) $(DEBUG) $(DEFINES)

$(AGENT32)/%.o: % Makefile | $(OFFSETS)
	@mkdir -p $(@D)
	$(CC) $(AGENT32_CFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(AGENT32)/agent.elf: $(AGENT32_OBJECTS) guests/32bit/agent32.ld
	$(LD) -m elf_i386 -nostdlib -static --build-id=none --defsym=AGENT32_BASE=$(AGENT32_BASE) \
		-T guests/32bit/agent32.ld -o $@ $(AGENT32_OBJECTS)

$(AGENT32)/agent.bin: $(AGENT32)/agent.elf
	$(OBJCOPY) -O binary -j .image $< $@

$(OBJ)/guests/agent32.S.o: $(AGENT32)/agent.bin
$(OBJ)/guests/agent32.S.o: KERNEL_CFLAGS += -DAGENT32_BIN='"$(AGENT32)/agent.bin"'

# The families of scenarios: checked, then as they are, but for comments. The list of cases is for readers of
# the ELF, such as run.sh, and no part of what is loaded.
FAMILIES  := scenarios/common.scn $(filter-out %/common.scn,$(sort $(wildcard scenarios/*.scn)))
SCENARIOS := $(BUILD)/host/revenant-scenarios
$(BUILD)/scenarios.txt: $(FAMILIES) $(SCENARIOS)
	$(SCENARIOS) text $(FAMILIES) > $@
$(BUILD)/cases.txt: $(FAMILIES) $(SCENARIOS)
	$(SCENARIOS) list $(FAMILIES) > $@

$(OBJ)/scenarios/text.S.o: $(BUILD)/scenarios.txt
$(OBJ)/scenarios/text.S.o: KERNEL_CFLAGS += -DSCENARIOS_TXT='"$(BUILD)/scenarios.txt"'

# The list of objects is a prerequisite of its own, so that a source that goes away relinks.
$(OBJ)/objects: FORCE
	@mkdir -p $(@D)
	@echo '$(OBJECTS)' | cmp -s - $@ || echo '$(OBJECTS)' > $@

# With all that debuggers want.
$(OBJ)/revenant.elf: $(OBJECTS) $(OBJ)/objects linker.ld
	$(LD) $(KERNEL_LDFLAGS) --defsym=AGENT32_BASE=$(AGENT32_BASE) -T linker.ld -o $@ $(OBJECTS)

# The product: symbols, but no debug information. FORCE: another CC may have made it last.
$(ELF): $(OBJ)/revenant.elf $(BUILD)/cases.txt FORCE
	@$(OBJCOPY) --strip-debug --discard-all --add-section .revenant.list=$(BUILD)/cases.txt $< $@.new
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

# The VMM: a Linux program, static so that it runs in an initrd that has no libraries.
VMM_OBJECTS := $(patsubst %,$(OBJ)/%.o,$(sort $(wildcard vmm/*.c)))
# KVM's interface has structures that end in arrays without a length.
VMM_CFLAGS  := -std=gnu11 $(WARNINGS) -Wno-gnu-variable-sized-type-not-at-end -O2 $(DEBUG) -I.

$(OBJ)/vmm/%.c.o: vmm/%.c Makefile
	@mkdir -p $(@D)
	$(CC) $(VMM_CFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(VMM): $(VMM_OBJECTS)
	$(CC) -static -s -o $@ $(VMM_OBJECTS)

iso: $(ISO)
$(ISO): $(ELF) FORCE
	lab/iso.sh $(ELF) $@ $(ARGS)

PREFIX ?= /usr/local
BUNDLE := $(BUILD)/revenant-$(VERSION)

dist: $(ELF) $(SCENARIOS) $(if $(wildcard vmm),$(BUILD)/vmm)
	lab/dist.sh $(VERSION) $(BUNDLE)
	tar -c --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -C $(BUILD) $(notdir $(BUNDLE)) | gzip -n > $(BUNDLE).tar.gz
	@rm -rf $(BUNDLE)
	@echo $(BUNDLE).tar.gz

install: dist
	mkdir -p $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib/revenant
	tar -xzf $(BUNDLE).tar.gz --strip-components=1 --no-same-owner -C $(DESTDIR)$(PREFIX)/lib/revenant
	ln -sfn ../lib/revenant/run.sh $(DESTDIR)$(PREFIX)/bin/revenant

check: all
	tests/check.sh

bench: all
	tests/bench.sh

mutants: all
	lab/py/score.py $(ARGS)

reproducer: all $(BUILD)/host/revenant-scenarios
	lab/reproducer.sh '$(NAME)'

history: all
	lab/py/history.py $(ARGS)

coverage: all
	lab/py/coverage.py $(ARGS)

pictures: all
	lab/py/pictures.py docs/pictures --host lab --strict '!*smm-writes-before*'

FORMATTED := $(sort $(wildcard $(foreach room,$(ROOMS) vmm tests tests/*,$(room)/*.[ch])))
format-check:
	$(CLANG_FORMAT) --dry-run -Werror $(FORMATTED)

clean:
	rm -rf $(BUILD)

# Host-side tests: what they build goes to $(BUILD)/unit/; the file defines host-tests.
-include $(wildcard tests/unit/unit.mk)

-include $(OBJECTS:.o=.d) $(AGENT32_OBJECTS:.o=.d) $(OFFSETS:.h=.d) $(VMM_OBJECTS:.o=.d)

.DELETE_ON_ERROR:
.PHONY: all iso dist install check bench mutants reproducer history coverage pictures format-check clean FORCE
