/*
 * kernel/lib/kasan_check.h - may these bytes be touched? For functions that go through many at once.
 */
#ifndef KERNEL_LIB_KASAN_CHECK_H
#define KERNEL_LIB_KASAN_CHECK_H

#include "kernel/lib/compiler.h"

/*
 * A KASan build reports the access to @size bytes at @p by the caller of this function's caller if it
 * is wrong; other builds do nothing. Context: any.
 */
#ifdef CONFIG_KASAN
void kasan_check_range(const void *p, size_t size, bool is_write, uintptr_t pc);
#define kasan_check_read(p, size)                                                                  \
    kasan_check_range(p, size, false, (uintptr_t)__builtin_return_address(0))
#define kasan_check_write(p, size)                                                                 \
    kasan_check_range(p, size, true, (uintptr_t)__builtin_return_address(0))
#else
#define kasan_check_read(p, size)  ((void)0)
#define kasan_check_write(p, size) ((void)0)
#endif

#endif
