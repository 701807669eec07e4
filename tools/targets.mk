# What `make` does besides building: running, testing, looking. Included by the Makefile.
.PHONY: run test test-long test-kasan test-report soak compare bench report debug iso lint clean help
.PHONY: setup print-flags

RUN_OPTIONS = $(if $(TOPO),--topo $(TOPO)) $(if $(NODES),--nodes $(NODES)) \
              $(if $(CPUS),--cpus $(CPUS)) $(if $(MEM),--mem $(MEM)) $(if $(APPEND),--append='$(APPEND)') \
              $(if $(INITRD),--initrd '$(INITRD)')

run: setup ## boot a machine to its prompt (TOPO=interlagos-8n, or NODES= CPUS= MEM=; APPEND=, INITRD=FOLDER)
	@$(MAKE) --no-print-directory $(KERNEL)
	@tools/run --kernel $(KERNEL) $(RUN_OPTIONS)

test: setup ## run all tests; the last line counts them (T='-k boot.*', see tools/test --help)
	@tools/test $(T)

test-long: setup ## the kernel's slow tests on large machines, an hour or so
	@tools/test --tier long $(T)

# On the debug kernel, whose checkers are active.
soak: SECONDS ?= 600
soak: setup ## everything at once for SECONDS=600 on TOPO=interlagos-8n, invariants checked (SEED=)
	@$(MAKE) --no-print-directory DEBUG=1 build/debug/atoll.elf
	@tools/run --kernel build/debug/atoll.elf --topo $(or $(TOPO),interlagos-8n) \
		--exec 'soak $(SECONDS) $(SEED)' --timeout $$((2 * $(SECONDS) + 300))

test-kasan: setup ## the kernel's own tests in a KASan build: each access is checked; minutes
	@tools/test --tier kasan $(T)

compare: ## Linux and Atoll on the same machine, file by file (TOPO=two-nodes, TOPO=all; RANDOM_MACHINES=20 SEED=)
	@tools/setup linux
	@$(MAKE) --no-print-directory $(KERNEL)
	@tools/compare --kernel $(KERNEL) $(if $(TOPO),--topo $(TOPO)) \
		$(if $(RANDOM_MACHINES),--random $(RANDOM_MACHINES)) $(if $(SEED),--seed $(SEED))

bench: ## Linux and Atoll on the same machine in instructions; writes docs/benchmarks.md (FRESH=1, WALL=anew|none)
	@tools/setup bench
	@$(MAKE) --no-print-directory $(KERNEL)
	@tools/bench --kernel $(KERNEL) $(if $(FRESH),--fresh) $(if $(WALL),--wall $(WALL))

report: setup ## build/report/NAME.html: TOPO=interlagos-8n and a run of it as one page (COMPARE=FILE.json)
	@$(MAKE) --no-print-directory $(KERNEL)
	@tools/report/run --kernel $(KERNEL) $(if $(TOPO),--topo $(TOPO)) \
		$(if $(COMPARE),--compare '$(COMPARE)')

# Apart from `make test`, as the browser is a large package.
test-report: setup ## the report's page in a browser without a window; installs chromium
	@$(MAKE) --no-print-directory build/atoll.elf
	@tests/report/run

lint: setup ## layers, headers, lock contracts, cppcheck, format, links of the documents
	@tools/lint

# A part of QEMU, so it is built for the host.
HOST_CC ?= cc
build/numascope.so: tools/numascope/numascope.c tools/numascope/qemu_plugin.h
	@mkdir -p $(@D)
	@echo "  CC    $<"
	@$(HOST_CC) -std=gnu11 -O2 -g -fPIC -shared -Wall -Wextra -Wshadow -Werror -o $@ $< \
		$(if $(filter Darwin,$(shell uname)),-undefined dynamic_lookup)

debug: setup ## boot, wait for gdb and start it with the helpers of tools/gdb
	@$(MAKE) --no-print-directory $(KERNEL)
	@tools/debug $(KERNEL) $(RUN_OPTIONS)

iso: setup ## build/atoll.iso, for a BIOS or UEFI machine
	@$(MAKE) --no-print-directory $(KERNEL)
	@tools/iso $(KERNEL) $(B)/atoll.iso

setup: ## install the tools that are missing
	@tools/setup

clean: ## remove all that was built
	rm -rf build compile_commands.json

help: ## this list
	@sed -n 's/^\([a-z_.-]*\):[^=#]*## /\1\t/p' $(MAKEFILE_LIST) | \
		awk -F '\t' '{ printf "  make %-22s %s\n", $$1, $$2 }'

print-flags:
	@echo '$(CC) $(CFLAGS) $(WARN) $(INCLUDES)'

compile_commands.json: Makefile ## what editors ask a compiler
	@{ sep='['; for f in $(CSRC); do \
		printf '%s\n{"directory": "%s", "file": "%s", "command": "%s"}' "$$sep" '$(CURDIR)' "$$f" \
			'$(CC) $(CFLAGS) $(INCLUDES) -c '"$$f"; sep=','; done; printf '\n]\n'; } > $@
