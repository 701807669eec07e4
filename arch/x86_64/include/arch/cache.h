/*
 * <arch/cache.h> - what a store has to do with memory that outlives the machine's power.
 */
#ifndef ARCH_CACHE_H
#define ARCH_CACHE_H

#include <stddef.h>

/*
 * Write the cache lines of [addr, addr + size) back to memory, and wait until they are on their way in an
 * order that a loss of power respects. Context: any.
 */
void cache_write_back(const void *addr, size_t size);

#endif
