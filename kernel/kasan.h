/*
 * kernel/kasan.h - what of the kernel's memory may be touched (KASan builds; nothing in others).
 *
 * The theory is at the head of kernel/kasan.c.
 */
#ifndef KERNEL_KASAN_H
#define KERNEL_KASAN_H

#include "kernel/lib/compiler.h"

/* Shadow bytes, with Linux's values: 0 all eight bytes may be touched, 1 to 7 so many of them, else
 * none, for this reason. The compilers know those of globals and of the stack. */
#define KASAN_PAGE_FREE       0xff /* in the page allocator */
#define KASAN_OBJECT_FREE     0xfb /* a place for an object, without one */
#define KASAN_OBJECT_REDZONE  0xfc /* behind an object */
#define KASAN_GLOBAL_REDZONE  0xf9 /* between global variables */
#define KASAN_USE_AFTER_SCOPE 0xf8 /* a local variable of a block that was left; */
#define KASAN_VMALLOC_INVALID 0xf8 /* in the vmalloc space, above the stacks: no area */
#define KASAN_STACK_LEFT      0xf1 /* below the first array of a stack frame, */
#define KASAN_STACK_MID       0xf2 /* between two, */
#define KASAN_STACK_RIGHT     0xf3 /* above the last */

/*
 * kasan_poison - [p, p + size) must not be touched from now on, because of @why, a KASAN_* value.
 * kasan_unpoison - it may. @p is a multiple of 8 in both; what the last eight bytes have behind
 *                  @size may not.
 * kasan_is_forbidden - may the byte at @p not be touched?
 * kasan_start - the shadow is there: guard the global variables and begin to check.
 */
#ifdef CONFIG_KASAN
void kasan_poison(const void *p, size_t size, uint8_t why);
void kasan_unpoison(const void *p, size_t size);
bool kasan_is_forbidden(const void *p);
void kasan_start(void);
#else
static inline void kasan_poison(const void *p, size_t size, uint8_t why)
{
    (void)p;
    (void)size;
    (void)why;
}

static inline void kasan_unpoison(const void *p, size_t size)
{
    (void)p;
    (void)size;
}
#endif

#endif
