/*
 * kernel/ksyms.h - which function does this address belong to?
 */
#ifndef KERNEL_KSYMS_H
#define KERNEL_KSYMS_H

#include "kernel/lib/compiler.h"

/* A function starts at @addr and reaches to the next entry; NULL as name marks a gap. */
struct ksym {
    uintptr_t addr;
    const char *name;
};

/* Ascending by address, written by tools/mksyms after the first link; the last one is a gap. */
extern const struct ksym ksyms[];
extern const size_t nr_ksyms;

/*
 * ksym_lookup - the function that @pc lies in.
 *
 * @offset, @size  out, bytes, may be NULL: of @pc from the function's start; of the function.
 * Returns its name, or NULL if @pc lies in no function (or the table is empty). O(log n).
 */
const char *ksym_lookup(uintptr_t pc, size_t *offset, size_t *size);

#endif
