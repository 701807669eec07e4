/*
 * kernel/ksyms.c - addresses to names, by binary search in the table of tools/mksyms.
 */
#include "kernel/ksyms.h"

/* Index of the first entry above @pc, nr_ksyms if none is. */
static size_t first_above(uintptr_t pc)
{
    size_t low = 0, high = nr_ksyms;

    while (low < high) {
        size_t mid = low + (high - low) / 2;

        if (ksyms[mid].addr > pc)
            high = mid;
        else
            low = mid + 1;
    }
    return low;
}

/* ksym_lookup - contract in the header. Context: any. */
const char *ksym_lookup(uintptr_t pc, size_t *offset, size_t *size)
{
    size_t next = first_above(pc);
    const struct ksym *sym;

    if (next == 0 || next == nr_ksyms)
        return NULL;
    sym = &ksyms[next - 1];
    if (!sym->name)
        return NULL;
    if (offset)
        *offset = pc - sym->addr;
    if (size)
        *size = sym[1].addr - sym->addr;
    return sym->name;
}
