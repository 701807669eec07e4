/*
 * kernel/bench.h - measurements that the monitor's `bench` runs.
 *
 * BENCH(name, fn): fn prints its lines itself, "BENCH name key=value ...", in TSC ticks, each the
 * least of several rounds. Under `qemu -icount shift=0` one tick is one instruction.
 */
#ifndef KERNEL_BENCH_H
#define KERNEL_BENCH_H

#include "kernel/lib/compiler.h"
#include "kernel/lib/seqbuf.h"

struct bench {
    const char *name; /* what the glob of `bench GLOB` is matched against */
    void (*run)(struct seqbuf *out);
};

#define BENCH(_name, _run)                                                                         \
    static const struct bench bench_##_run __used __section(".rodata.benches")                     \
        __aligned(_Alignof(struct bench)) = {.name = (_name), .run = (_run)}

/* The prompt is there. "BENCH boot" shows the ticks from the kernel's first instruction, at @entry_tsc,
 * and those since the machine's reset, firmware and all. */
void bench_set_boot_ticks(uint64_t entry_tsc);

#endif
