/*
 * kernel/kasan_report.h - what a wrong access looks like in the log.
 */
#ifndef KERNEL_KASAN_REPORT_H
#define KERNEL_KASAN_REPORT_H

#include "kernel/lib/compiler.h"

struct kasan_access {
    uintptr_t addr;
    size_t size; /* bytes */
    bool is_write;
    uintptr_t pc;        /* return address of the check: behind it the access follows */
    uintptr_t first_bad; /* the first byte that may not be touched */
};

/*
 * kasan_report - a wrong access is about to happen: say so by report_bug(), with the shadow around.
 *
 * Context: any. Does nothing if this CPU is making a report, so that a wrong access on the way doesn't
 * make another.
 */
void kasan_report(const struct kasan_access *access);

/* Prints what lies at @addr, if it knows: the slab allocator's, set at boot. NULL: nobody. */
extern void (*kasan_describe)(uintptr_t addr);

#endif
