/*
 * kernel/kasan.c - KASan: each access is checked against a map of what may be touched.
 *
 * THEORY
 *
 * Eight bytes of memory, a granule, have one byte of shadow, which says how many of them may be
 * touched, or why none (kernel/kasan.h). In a KASAN=1 build the compiler calls a check of this file
 * before each access, with the address; and where it lays out variables, on the stack or globally, it
 * leaves room between them that must not be touched.
 *
 *     int a[5] on the stack   | left zone, 32 bytes | 20 bytes of a | 12 more | right zone, 32 bytes |
 *     its shadow                f1 f1 f1 f1           00 00 04 f3     f3 ...
 *
 * a[5] is the byte 4 of the third granule, whose shadow says that only 4 bytes, 0 to 3, may be touched.
 *
 * Who knows that memory is free says so: the page allocator (mm/kasan.h), the stacks of threads, the
 * objects of caches (mm/slab_kasan.c). What nobody speaks of may be touched.
 *
 * What it can't see: an access that jumps from an object over the room into another one, accesses by
 * assembly, and free memory that has been given out again.
 *
 * This file and kernel/kasan_report.c are compiled without checks.
 *
 * LOCKING  None: a byte of shadow is changed by whoever owns the memory that it speaks of.
 * SOURCES  LLVM 14, "AddressSanitizerAlgorithm" (the shadow, the layout of a stack frame); the
 *          interface in compiler-rt's lib/asan/asan_interface_internal.h (struct kasan_global); gcc 12
 *          follows it. Linux 6.1, Documentation/dev-tools/kasan.rst.
 * NOT HERE Where the shadow comes from (mm/kasan.c, arch/x86_64/kasan.c).
 */
#ifdef CONFIG_KASAN

#include "kernel/kasan.h"
#include "kernel/bug.h"
#include "kernel/kasan_report.h"
#include "kernel/lib/kasan_check.h"
#include "kernel/lib/string.h"
#include "kernel/sections.h"
#include <arch/kasan.h>

/* A global variable, as the compiler describes it. */
struct kasan_global {
    uintptr_t start;
    size_t size;
    size_t size_with_redzone;
    const char *name;
    const char *module;
    uintptr_t has_dynamic_init;
    const void *location;
    uintptr_t odr_indicator;
};

static bool started; /* before that the shadow means nothing */

/* ---- the check --------------------------------------------------------------------------------- */

static int8_t *shadow_of(uintptr_t addr)
{
    return (int8_t *)kasan_shadow_of(addr);
}

/* May the first @nr bytes, 1 to 8, of a granule with this shadow be touched? */
static bool granule_ok(int8_t shadow, size_t nr)
{
    return shadow == 0 || (shadow > 0 && nr <= (size_t)shadow);
}

/* Move on from @addr as long as eight bytes of shadow at a time, those of 64 bytes, are zeros. */
static uintptr_t skip_good(uintptr_t addr, uintptr_t end)
{
    const uintptr_t step = sizeof(uint64_t) * KASAN_GRANULE;

    if (addr % step != 0)
        return addr;
    while (end - addr >= step && *(const uint64_t *)kasan_shadow_of(addr) == 0)
        addr += step;
    return addr;
}

/* The first of [addr, end) that may not be touched; @end if all may. */
static uintptr_t first_bad(uintptr_t addr, uintptr_t end)
{
    while ((addr = skip_good(addr, end)) < end) {
        uintptr_t granule = ALIGN_DOWN(addr, KASAN_GRANULE);
        uintptr_t stop = min(end, granule + KASAN_GRANULE);
        int8_t shadow = *shadow_of(addr);

        if (unlikely(!granule_ok(shadow, stop - granule)))
            return shadow > 0 ? max(addr, granule + (uintptr_t)shadow) : addr;
        addr = stop;
    }
    return end;
}

/* Addresses without a shadow are not checked: the access itself will fault. */
static __always_inline void check(uintptr_t addr, size_t size, bool is_write, uintptr_t pc)
{
    uintptr_t end = addr + size, bad;

    if (unlikely(!started || addr < KASAN_MEMORY_START || end < addr))
        return;
    bad = first_bad(addr, end);
    if (unlikely(bad != end)) {
        struct kasan_access access = {
            .addr = addr, .size = size, .is_write = is_write, .pc = pc, .first_bad = bad};

        kasan_report(&access);
    }
}

/* kasan_check_range - contract in the header. */
void kasan_check_range(const void *p, size_t size, bool is_write, uintptr_t pc)
{
    check((uintptr_t)p, size, is_write, pc);
}

/* ---- what the compilers call, by names that they prescribe --------------------------------------- */

#define DEFINE_CHECKS(n)                                                                           \
    void __asan_load##n##_noabort(uintptr_t addr);                                                 \
    void __asan_load##n##_noabort(uintptr_t addr)                                                  \
    {                                                                                              \
        check(addr, n, false, (uintptr_t)__builtin_return_address(0));                             \
    }                                                                                              \
    void __asan_store##n##_noabort(uintptr_t addr);                                                \
    void __asan_store##n##_noabort(uintptr_t addr)                                                 \
    {                                                                                              \
        check(addr, n, true, (uintptr_t)__builtin_return_address(0));                              \
    }

DEFINE_CHECKS(1)
DEFINE_CHECKS(2)
DEFINE_CHECKS(4)
DEFINE_CHECKS(8)
DEFINE_CHECKS(16)

void __asan_loadN_noabort(uintptr_t addr, size_t size);
void __asan_storeN_noabort(uintptr_t addr, size_t size);
void __asan_handle_no_return(void);
void __asan_register_globals(const struct kasan_global *globals, size_t nr);
void __asan_unregister_globals(const struct kasan_global *globals, size_t nr);

void __asan_loadN_noabort(uintptr_t addr, size_t size)
{
    check(addr, size, false, (uintptr_t)__builtin_return_address(0));
}

void __asan_storeN_noabort(uintptr_t addr, size_t size)
{
    check(addr, size, true, (uintptr_t)__builtin_return_address(0));
}

/* A function that doesn't return leaves the marks of its frames. Nobody uses that part of the stack
 * again: a dead thread's is freed, with its shadow. */
void __asan_handle_no_return(void)
{
}

/* The globals of one object file. */
void __asan_register_globals(const struct kasan_global *globals, size_t nr)
{
    for (size_t i = 0; i < nr; i++) {
        const struct kasan_global *g = &globals[i];

        kasan_poison((const void *)g->start, g->size_with_redzone, KASAN_GLOBAL_REDZONE);
        kasan_unpoison((const void *)g->start, g->size);
    }
}

/* For programs that end. */
void __asan_unregister_globals(const struct kasan_global *globals, size_t nr)
{
    (void)globals;
    (void)nr;
}

/* ---- what the kernel calls ----------------------------------------------------------------------- */

static void set_shadow(uintptr_t addr, size_t size, uint8_t value)
{
    BUG_ON(addr < KASAN_MEMORY_START || addr % KASAN_GRANULE != 0);
    memset(shadow_of(addr), value, size / KASAN_GRANULE);
}

/* kasan_poison - contract in the header. @size is a multiple of 8. Context: any. */
void kasan_poison(const void *p, size_t size, uint8_t why)
{
    BUG_ON(size % KASAN_GRANULE != 0);
    set_shadow((uintptr_t)p, size, why);
}

/* kasan_unpoison - contract in the header. Context: any. */
void kasan_unpoison(const void *p, size_t size)
{
    set_shadow((uintptr_t)p, size, 0);
    if (size % KASAN_GRANULE != 0)
        *shadow_of((uintptr_t)p + size) = (int8_t)(size % KASAN_GRANULE);
}

/* kasan_is_forbidden - contract in the header. Context: any. */
bool kasan_is_forbidden(const void *p)
{
    return started && !granule_ok(*shadow_of((uintptr_t)p), (uintptr_t)p % KASAN_GRANULE + 1);
}

/* kasan_start - contract in the header. Context: boot, once. */
void kasan_start(void)
{
    for (size_t i = 0; i < SET_SIZE(__init_array_start, __init_array_end); i++)
        __init_array_start[i]();
    started = true;
}

#endif
