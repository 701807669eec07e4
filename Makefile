# Atoll: `make run` boots it, `make test` tests it, `make help` lists the rest.
#
# One source tree, four kernels: build/atoll.elf, with DEBUG=1 build/debug/atoll.elf (poison, page
# owners, assertions), with UBSAN=1 build/ubsan/atoll.elf (undefined behaviour is reported), with
# KASAN=1 build/kasan/atoll.elf (each access is checked against a map of what may be touched).

ifeq ($(origin CC),default)
CROSS_COMPILE ?= $(firstword $(foreach p,x86_64-elf- x86_64-linux-gnu-,$(if $(shell command -v $(p)gcc),$(p))))
CC := $(CROSS_COMPILE)gcc
endif
CLANG := $(findstring clang,$(CC))
NASM  ?= nasm
NM   := $(if $(shell command -v $(CROSS_COMPILE)nm),$(CROSS_COMPILE),)nm

CONFIG := $(if $(DEBUG),debug,$(if $(UBSAN),ubsan,$(if $(KASAN),kasan)))
B      := build$(addprefix /,$(CONFIG))
KERNEL := $(B)/atoll.elf

# ---- flags, each with its reason ------------------------------------------------------------------
CFLAGS := -std=gnu11 -O2 -g                    # statement expressions; symbols for gdb and backtraces
CFLAGS += -ffreestanding                       # no C library
CFLAGS += -mcmodel=kernel -fno-pic -fno-pie    # linked into the top 2 GiB of the address space
CFLAGS += -mno-red-zone                        # an interrupt writes below the stack pointer
CFLAGS += -mgeneral-regs-only                  # vector registers are not saved on a trap
CFLAGS += -fno-omit-frame-pointer              # backtraces walk the frames,
CFLAGS += -mno-omit-leaf-frame-pointer         # also from a trap in a leaf function
CFLAGS += -fno-stack-protector                 # its canary lives in thread storage that isn't there
CFLAGS += -fno-asynchronous-unwind-tables      # nobody reads .eh_frame
CFLAGS += -fno-delete-null-pointer-checks      # address 0 is an address to a kernel
CFLAGS += -fno-strict-aliasing -fno-strict-overflow # memory is looked at as bytes and as structs
CFLAGS += -fno-common                          # a variable is defined once
CFLAGS += -fno-tree-loop-distribute-patterns   # memcpy must not be compiled into a call of memcpy
CFLAGS += -fno-jump-tables                     # no indirect jumps
WARN   := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition
WARN   += -Wundef -Wvla -Wpointer-arith -Wwrite-strings -Wcast-qual -Wimplicit-fallthrough -Wformat=2
WARN   += -Werror
INCLUDES := -I. -Iarch/x86_64/include
ifneq ($(CLANG),)
CFLAGS := $(filter-out -fno-tree-loop-distribute-patterns,$(CFLAGS)) --target=x86_64-unknown-none-elf
WARN   += -Wno-gnu-statement-expression
endif
CFLAGS += $(if $(DEBUG),-DCONFIG_DEBUG) $(if $(UBSAN),-DCONFIG_UBSAN -fsanitize=undefined)
# KASan (kernel/kasan.c): a call before each access instead of the check itself, which is easier to
# follow; and room between variables, on the stack, too. The files that do the checking are left out.
KASAN_OFFSET := 0xdffffc0000000000
ifneq ($(KASAN),)
ifneq ($(DEBUG),)
$(error KASAN=1 and DEBUG=1 both keep watch over freed pages, each its own way: build one or the other)
endif
CFLAGS += -DCONFIG_KASAN -DKASAN_SHADOW_OFFSET=$(KASAN_OFFSET)UL
ASFLAGS := -DCONFIG_KASAN
ifneq ($(CLANG),)
# This target of clang's has no KASan; the code is the same.
CFLAGS := $(subst x86_64-unknown-none-elf,x86_64-unknown-linux-gnu,$(CFLAGS))
KASAN_FLAGS := -fsanitize=kernel-address $(addprefix -mllvm -asan-,mapping-offset=$(KASAN_OFFSET) \
               instrumentation-with-call-threshold=0 stack=1 globals=1)
else
KASAN_FLAGS := -fsanitize=kernel-address -fasan-shadow-offset=$(KASAN_OFFSET) \
               $(addprefix --param=asan-,instrumentation-with-call-threshold=0 stack=1 globals=1)
endif
endif
# The image is loaded where it is linked, its segments need no page of their own in the file's
# headers, and a stack that could be executed is not asked for.
LDFLAGS := -nostdlib -static -Wl,-z,max-page-size=4096 -Wl,-z,noexecstack -Wl,--build-id=none
LDFLAGS += -Wl,--no-warn-rwx-segments -Wl,-T,linker.ld

# ---- what is built --------------------------------------------------------------------------------
DIRS := boot arch/x86_64 kernel kernel/lib kernel/acpi kernel/fs mm sched tests/kernel
CSRC := $(filter-out arch/x86_64/numbers.c,$(wildcard $(addsuffix /*.c,$(DIRS))))
ASRC := $(wildcard $(addsuffix /*.asm,$(DIRS)))
OBJS := $(CSRC:%.c=$(B)/%.o) $(ASRC:%.asm=$(B)/%.asm.o)

.PHONY: all
all: $(KERNEL) ## the kernel (DEBUG=1, UBSAN=1 or KASAN=1: another one; CC=clang)

# Flags that differ from the last build's rebuild everything.
STAMP := $(B)/flags
$(shell mkdir -p $(B); echo '$(CC) $(CFLAGS) $(KASAN_FLAGS) $(WARN)' | cmp -s - $(STAMP) || \
        echo '$(CC) $(CFLAGS) $(KASAN_FLAGS) $(WARN)' > $(STAMP))

$(B)/kernel/kasan.o $(B)/kernel/kasan_report.o $(B)/arch/x86_64/kasan.o: KASAN_FLAGS :=


$(B)/%.o: %.c $(STAMP) Makefile
	@mkdir -p $(@D)
	@echo "  CC    $<"
	@$(CC) $(CFLAGS) $(KASAN_FLAGS) $(WARN) $(INCLUDES) -MMD -MP -c $< -o $@

$(B)/%.asm.o: %.asm $(B)/numbers.inc Makefile
	@mkdir -p $(@D)
	@echo "  NASM  $<"
	@$(NASM) -f elf64 -g -F dwarf -Werror $(ASFLAGS) -I$(B)/ -MD $(@:.o=.d) $< -o $@

# Numbers that C and assembly share are written once, in C; the compiler prints them as "NASM name value".
$(B)/numbers.inc: arch/x86_64/numbers.c $(STAMP) Makefile
	@mkdir -p $(@D)
	@$(CC) $(filter-out -g,$(CFLAGS)) $(WARN) $(INCLUDES) -MMD -MP -MT $@ -MF $(B)/numbers.d -S $< -o $(B)/numbers.s
	@sed -n 's/^.*@NASM \([A-Za-z0-9_]*\) \$$*\(-*[0-9]*\).*/%define \1 \2/p' $(B)/numbers.s > $@

# Linked twice: the names of the functions, for backtraces, are known after the first time. They go
# behind the code, so the code doesn't move.
$(KERNEL): $(OBJS) linker.ld tools/mksyms
	@echo "  LINK  $@"
	@python3 tools/mksyms </dev/null > $(B)/syms0.c
	@$(CC) $(CFLAGS) $(INCLUDES) -c $(B)/syms0.c -o $(B)/syms0.o
	@$(CC) $(CFLAGS) $(LDFLAGS) $(OBJS) $(B)/syms0.o -o $(B)/pass1.elf
	@$(NM) -n $(B)/pass1.elf | python3 tools/mksyms > $(B)/syms1.c
	@$(CC) $(CFLAGS) $(INCLUDES) -c $(B)/syms1.c -o $(B)/syms1.o
	@$(CC) $(CFLAGS) $(LDFLAGS) $(OBJS) $(B)/syms1.o -o $@

include tests/host/host.mk
include tools/targets.mk

-include $(OBJS:.o=.d) $(B)/numbers.d
