/*
 * <arch/atomic.h> - atomic operations. All are sequentially consistent unless the name says else.
 */
#ifndef ARCH_ATOMIC_H
#define ARCH_ATOMIC_H

#include <stdbool.h>

static inline bool atomic_try_set(volatile int *word)
{
    return __atomic_exchange_n(word, 1, __ATOMIC_ACQUIRE) == 0;
}

static inline void atomic_clear_release(volatile int *word)
{
    __atomic_store_n(word, 0, __ATOMIC_RELEASE);
}

#endif
