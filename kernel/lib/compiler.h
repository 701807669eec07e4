/*
 * kernel/lib/compiler.h - what the compiler offers, under the names that kernels use.
 */
#ifndef KERNEL_LIB_COMPILER_H
#define KERNEL_LIB_COMPILER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A host's C library defines this one in its headers. */
#undef __always_inline

#define __packed                        __attribute__((packed))
#define __aligned(n)                    __attribute__((aligned(n)))
#define __noreturn                      __attribute__((noreturn))
#define __noinline                      __attribute__((noinline))
#define __always_inline                 inline __attribute__((always_inline))
#define __used                          __attribute__((used))
#define __unused                        __attribute__((unused))
#define __weak                          __attribute__((weak))
#define __section(s)                    __attribute__((section(s)))
#define __printf(fmt, first)            __attribute__((format(printf, fmt, first)))

#define likely(x)                       __builtin_expect(!!(x), 1)
#define unlikely(x)                     __builtin_expect(!!(x), 0)

#define READ_ONCE(x)                    (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v)                (*(volatile __typeof__(x) *)&(x) = (v))

#define ARRAY_SIZE(a)                   (sizeof(a) / sizeof((a)[0]))

#define container_of(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))

/* Each operand is evaluated once; both should have one type. They nest. */
#define min(a, b)        __pick(<, a, b, __COUNTER__)
#define max(a, b)        __pick(>, a, b, __COUNTER__)
#define clamp(x, lo, hi) min(max(x, lo), hi)

/* Locals of their own name for each use, so that a nested use doesn't shadow the outer one's. */
#define __pick(op, a, b, id) __pick_named(op, a, b, id)
#define __pick_named(op, a, b, id)                                                                 \
    ({                                                                                             \
        __typeof__(a) _pick_a##id = (a);                                                           \
        __typeof__(b) _pick_b##id = (b);                                                           \
        _pick_a##id op _pick_b##id ? _pick_a##id : _pick_b##id;                                    \
    })

/* @a is a power of two. */
#define ALIGN_UP(x, a)   (((x) + ((__typeof__(x))(a)-1)) & ~((__typeof__(x))(a)-1))
#define ALIGN_DOWN(x, a) ((x) & ~((__typeof__(x))(a)-1))
#define IS_ALIGNED(x, a) (((x) & ((__typeof__(x))(a)-1)) == 0)

#define KiB(n)           ((uint64_t)(n) << 10)
#define MiB(n)           ((uint64_t)(n) << 20)
#define GiB(n)           ((uint64_t)(n) << 30)

/* A function whose accesses a KASan build doesn't check one by one. */
#ifdef CONFIG_KASAN
#define __no_kasan __attribute__((no_sanitize_address))
#else
#define __no_kasan
#endif

/*
 * Lock contracts for clang's -Wthread-safety; nothing under other compilers. See kernel/lock.h.
 */
#if defined(__clang__) && defined(THREAD_SAFETY)
#define __capability(name)  __attribute__((capability(name)))
#define __guarded_by(l)     __attribute__((guarded_by(l)))
#define __must_hold(...)    __attribute__((requires_capability(__VA_ARGS__)))
#define __acquires(...)     __attribute__((acquire_capability(__VA_ARGS__)))
#define __releases(...)     __attribute__((release_capability(__VA_ARGS__)))
#define __try_acquires(...) __attribute__((try_acquire_capability(__VA_ARGS__)))
#define __no_lock_analysis  __attribute__((no_thread_safety_analysis))
#else
#define __capability(name)
#define __guarded_by(l)
#define __must_hold(...)
#define __acquires(...)
#define __releases(...)
#define __try_acquires(...)
#define __no_lock_analysis
#endif

#endif
