/*
 * <arch/kasan.h> - where the shadow of a KASan build lies, and how memory gets there.
 *
 * One shadow byte for eight bytes of the kernel's half of the address space, in Linux's place:
 *
 *     shadow of va = va / 8 + KASAN_SHADOW_OFFSET
 *
 * All of the shadow can be read from the first C instruction on: what has no memory of its own shows
 * one page of zeros, "all may be touched". Only in KASAN=1 builds; the Makefile has the offset, which
 * the compiler must know, too.
 */
#ifndef ARCH_KASAN_H
#define ARCH_KASAN_H

#include <arch/vm.h>
#include <stdbool.h>

#define KASAN_GRANULE 8UL /* bytes for which a shadow byte speaks */

#ifdef CONFIG_KASAN
#define KASAN_MEMORY_START 0xffff800000000000UL /* below nothing has a shadow */

static inline uintptr_t kasan_shadow_of(uintptr_t va)
{
    return va / KASAN_GRANULE + KASAN_SHADOW_OFFSET;
}

#define KASAN_SHADOW_START kasan_shadow_of(KASAN_MEMORY_START)
#define KASAN_SHADOW_END   (kasan_shadow_of(~0UL) + 1)

/*
 * kasan_early_init - the page of zeros shows everywhere, in the early tables. Called by boot/entry.asm
 *                    before any other C. Until kasan_shadow_finish() it is written to, by functions
 *                    that mark their stack frames, and means nothing.
 * kasan_shadow_map - put [pa, pa + size) at shadow address @va, where the page of zeros was; @size
 *                    is PAGE_SIZE or 2 MiB, and both addresses are multiples of it.
 * kasan_shadow_prepare - the tables of shadow [va, va + size), so that vm_set_pages() works there.
 * kasan_shadow_finish - the page of zeros holds zeros and can only be read from now on.
 *
 * Tables come from @alloc; -ENOMEM if it fails. Context: boot, after vm_activate(). And at any time, for
 * ranges that come and go; one at a time, by the caller's lock:
 *
 * kasan_shadow_prepare - as above.
 * kasan_shadow_take - the page of zeros shows at @va, one page of a prepared range, again. Returns the page
 *                     that was there, 0 if it was that of zeros.
 * kasan_shadow_prune - take the tables out that lie wholly in [va, va + size), all of which shows zeros;
 *                      adds them to the list *@tables, as vm_prune() does.
 */
void kasan_early_init(void);
int kasan_shadow_map(uintptr_t va, paddr_t pa, size_t size, vm_alloc_fn alloc);
int kasan_shadow_prepare(uintptr_t va, size_t size, vm_alloc_fn alloc);
void kasan_shadow_finish(void);
paddr_t kasan_shadow_take(uintptr_t va);
void kasan_shadow_prune(uintptr_t va, size_t size, paddr_t *tables);
#endif

#endif
