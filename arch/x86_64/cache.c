/*
 * arch/x86_64/cache.c - cache lines back to memory.
 *
 * CLWB writes a line back and keeps it, CLFLUSHOPT throws it out, CLFLUSH throws it out and waits for the
 * one before it; the best one that the CPU has is taken. The first two may be done in any order, hence the
 * SFENCE at the end.
 *
 * SOURCES  Intel SDM vol. 2A, "CLFLUSH", "CLFLUSHOPT", "CLWB"; vol. 2B, "SFENCE".
 */
#include "arch/x86_64/cpu_features.h"
#include "arch/x86_64/insn.h"
#include "kernel/lib/compiler.h"
#include <arch/cache.h>

#define DEFAULT_LINE 64 /* bytes, where CPUID does not say */

/* SDM vol. 2A, table 3-8: EBX bits 15-8 of leaf 1 count in units of 8 bytes. */
static size_t line_size(void)
{
    size_t size = (insn_cpuid(1, 0).ebx >> 8 & 0xff) * 8;

    return size ? size : DEFAULT_LINE;
}

/* cache_write_back - contract in the header. */
void cache_write_back(const void *addr, size_t size)
{
    size_t line = line_size();
    uintptr_t end = (uintptr_t)addr + size;
    bool keep = cpu_has(CPU_HAS_CLWB), weak = cpu_has(CPU_HAS_CLFLUSHOPT);

    for (uintptr_t at = ALIGN_DOWN((uintptr_t)addr, line); at < end; at += line) {
        if (keep)
            insn_clwb(at);
        else if (weak)
            insn_clflushopt(at);
        else
            insn_clflush(at);
    }
    insn_sfence();
}
