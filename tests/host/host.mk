# The pure core on the host: `make host` runs the tests of tests/host under ASan and UBSan, `make
# fuzz` runs each fuzzer for FUZZ_SECONDS. Included by the Makefile, from the root.
#
#   make host HOST_TESTS='bitmap.*'    only the tests whose name matches
#   make host HOSTCC=clang HOST_B=build/host-clang
#   make fuzz FUZZERS=srat FUZZ_SECONDS=600

HOSTCC       ?= gcc
FUZZCC       ?= clang
HOST_B       ?= build/host
FUZZ_B       ?= build/fuzz
HOST_TESTS   ?= *
FUZZ_SECONDS ?= 60

# What is pure: functions from data to data. Each program takes of these files what it calls, so a
# file may have a few functions that need more of the kernel than tests/host/stubs.c offers.
HOST_SRC += $(wildcard kernel/lib/*.c kernel/acpi/*.c boot/bootinfo.c boot/memmap_option.c kernel/cmdline.c kernel/lineedit.c)
HOST_SRC += $(wildcard mm/memblock.c mm/numa.c mm/numa_blocks.c mm/numa_fake.c mm/numa_report.c)
HOST_SRC += $(wildcard mm/node.c mm/zone.c mm/movable.c mm/pmem_ranges.c mm/zonelist.c mm/buddy.c)
HOST_SRC += $(wildcard mm/watermark.c mm/gfp.c mm/fragmentation.c mm/buddy_steal.c mm/pageblock.c mm/pcp_lists.c)
HOST_SRC += mm/fault_attr.c mm/reclaim_math.c mm/slab_page.c mm/vmap_space.c
HOST_SRC += kernel/trace_ring.c
HOST_SRC += $(wildcard sched/load.c sched/fair_math.c sched/balance_math.c sched/balance_groups.c sched/topology.c sched/verify.c)

# The archive of the boot module.
HOST_SRC += kernel/fs/cpio.c
HOST_SRC += kernel/fs/cpio_tree.c

HOST_TEST_SRC := tests/host/main.c $(wildcard tests/host/test_*.c)
FUZZERS       ?= $(patsubst tests/host/fuzz_%.c,%,$(wildcard tests/host/fuzz_*.c))

# ---- flags, each with its reason ------------------------------------------------------------------
HOST_CFLAGS := -std=gnu11 -O1 -g -fno-omit-frame-pointer # readable traces
HOST_CFLAGS += -fno-strict-aliasing                    # as in the kernel
HOST_CFLAGS += -U_FORTIFY_SOURCE                       # ASan checks the same, and says more
HOST_CFLAGS += -fno-sanitize-recover=all               # the first finding ends the program
HOST_CFLAGS += -ffunction-sections -fdata-sections     # what nobody calls is left out
HOST_CFLAGS += -DATOLL_HOST
HOST_CFLAGS += -Itests/host/include -I. -Iarch/x86_64/include # the host's <arch/x.h> come first
HOST_SANITIZE := -fsanitize=address,undefined
FUZZ_SANITIZE := -fsanitize=fuzzer-no-link,address,undefined
HOST_LDFLAGS := -Wl,--gc-sections

# Files with functions that the C library has too: they get names of their own.
HOST_RENAMED := kernel/lib/string.o kernel/lib/vsprintf.o
$(addprefix $(HOST_B)/obj/,$(HOST_RENAMED)) $(addprefix $(FUZZ_B)/obj/,$(HOST_RENAMED)): \
	HOST_CFLAGS += -fno-builtin -include tests/host/libc_names.h

# The machines of tests/topologies, for those who want to look at each.
$(HOST_B)/topologies.h: tests/host/make_topologies.py $(wildcard tests/topologies/*.toml)
	@mkdir -p $(@D)
	@python3 $< $(filter %.toml,$^) > $@.new && mv $@.new $@
$(HOST_B)/obj/tests/host/test_zonelist.o: HOST_CFLAGS += -I$(HOST_B)
$(HOST_B)/obj/tests/host/test_zonelist.o: $(HOST_B)/topologies.h

HOST_OBJS := $(patsubst %.c,$(HOST_B)/obj/%.o,tests/host/stubs.c $(HOST_TEST_SRC))
HOST_CORE := $(patsubst %.c,$(HOST_B)/obj/%.o,$(sort $(HOST_SRC)))
FUZZ_OBJS := $(FUZZ_B)/obj/tests/host/stubs.o
FUZZ_CORE := $(patsubst %.c,$(FUZZ_B)/obj/%.o,$(sort $(HOST_SRC)))

.PHONY: host fuzz $(addprefix fuzz-,$(FUZZERS))

# Flags that differ from the last build's rebuild everything.
host_stamp = $(shell mkdir -p $(1); echo '$(2)' | cmp -s - $(1)/flags || echo '$(2)' > $(1)/flags)
$(call host_stamp,$(HOST_B),$(HOSTCC) $(HOST_CFLAGS) $(HOST_SANITIZE) $(WARN))
$(call host_stamp,$(FUZZ_B),$(FUZZCC) $(HOST_CFLAGS) $(FUZZ_SANITIZE) $(WARN))

host: $(HOST_B)/tests ## the tests of the pure core, under ASan and UBSan (HOST_TESTS=GLOB)
	@$< '$(HOST_TESTS)'

$(HOST_B)/tests: $(HOST_OBJS) $(HOST_B)/core.a
	@echo "  LINK  $@"
	@$(HOSTCC) $(HOST_SANITIZE) $(HOST_LDFLAGS) $^ -o $@

$(HOST_B)/core.a: $(HOST_CORE)
$(FUZZ_B)/core.a: $(FUZZ_CORE)
$(HOST_B)/core.a $(FUZZ_B)/core.a:
	@rm -f $@
	@$(AR) rcs $@ $^

$(HOST_B)/obj/%.o: %.c $(HOST_B)/flags tests/host/host.mk
	@mkdir -p $(@D)
	@echo "  HOSTCC $<"
	@$(HOSTCC) $(HOST_CFLAGS) $(HOST_SANITIZE) $(WARN) -MMD -MP -c $< -o $@

# ---- fuzzers: tests/host/fuzz_NAME.c with LLVMFuzzerTestOneInput, seeds in tests/host/corpus/NAME ---
fuzz: $(addprefix fuzz-,$(FUZZERS)) ## each fuzzer for FUZZ_SECONDS (60), from tests/host/corpus (FUZZERS=srat)

$(addprefix fuzz-,$(FUZZERS)): fuzz-%: $(FUZZ_B)/%
	@echo "  FUZZ  $* for $(FUZZ_SECONDS) s"
	@mkdir -p $(FUZZ_B)/corpus/$*
	@$< -max_total_time=$(FUZZ_SECONDS) -timeout=10 -print_final_stats=1 -verbosity=0 \
		-artifact_prefix=$(FUZZ_B)/$*- $(FUZZ_B)/corpus/$* $(wildcard tests/host/corpus/$*)

$(addprefix $(FUZZ_B)/,$(FUZZERS)): $(FUZZ_B)/%: $(FUZZ_B)/obj/tests/host/fuzz_%.o $(FUZZ_OBJS) $(FUZZ_B)/core.a
	@echo "  LINK  $@"
	@$(FUZZCC) -fsanitize=fuzzer,address,undefined $(HOST_LDFLAGS) $^ -o $@

$(FUZZ_B)/obj/%.o: %.c $(FUZZ_B)/flags tests/host/host.mk
	@mkdir -p $(@D)
	@echo "  FUZZCC $<"
	@$(FUZZCC) $(HOST_CFLAGS) $(FUZZ_SANITIZE) $(WARN) -MMD -MP -c $< -o $@

-include $(patsubst %.o,%.d,$(HOST_OBJS) $(HOST_CORE) $(FUZZ_OBJS) $(FUZZ_CORE))
-include $(FUZZERS:%=$(FUZZ_B)/obj/tests/host/fuzz_%.d)
