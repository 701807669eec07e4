/*
 * <arch/vm.h> - the kernel's page tables.
 *
 * From the first C instruction on the first 4 GiB are mapped at DIRECT_MAP_BASE, readable and
 * writable, and the image at KERNEL_BASE. vm_init() replaces these tables with the final ones. Page
 * 0 is unmapped from the start; the rights of the image and the stacks' guard pages hold from
 * vm_activate() on.
 */
#ifndef ARCH_VM_H
#define ARCH_VM_H

#include <arch/page.h>
#include <stdbool.h>
#include <stddef.h>

/* Rights of a mapping; always readable, supervisor only. */
#define VM_WRITE    (1u << 0)
#define VM_EXEC     (1u << 1)
#define VM_UNCACHED (1u << 2)

/*
 * Where page-table pages come from: one page, 4 KiB aligned, anything in it, reachable through the
 * direct map (before vm_activate(): below 4 GiB). Returns its physical address or 0.
 */
typedef paddr_t (*vm_alloc_fn)(void);
/* And where they go. False: the page did not come from there, keep it. */
typedef bool (*vm_free_fn)(paddr_t pa);

/*
 * vm_init - start the final tables: the image with its rights (text RX, rodata R, data and bss RW
 * NX), guard page under the boot stack unmapped. Panics if @alloc fails.
 * vm_set_alloc - from now on take page-table pages from @alloc.
 * vm_set_free - give pages that vm_free_tables() is told of to @free; without it they are kept.
 * vm_activate - load them; from now on only what vm_map() put there is mapped.
 */
void vm_init(vm_alloc_fn alloc);
void vm_set_alloc(vm_alloc_fn alloc);
void vm_set_free(vm_free_fn free);
void vm_activate(void);

/*
 * vm_map - map [va, va + size) to [pa, pa + size), with the largest pages that alignment and the
 * CPU allow. All three are multiples of PAGE_SIZE. A part that is already mapped to the same frame
 * with the same rights stays; any other conflict is a panic (it is the caller's bug).
 * Returns 0 or -ENOMEM (what was mapped so far stays).
 * vm_unmap - remove mappings made by vm_map; splits large pages at the borders. 0 or -ENOMEM.
 */
int vm_map(uintptr_t va, paddr_t pa, size_t size, unsigned prot);
int vm_unmap(uintptr_t va, size_t size);

/*
 * Pages of 4 KiB that come and go often, such as stacks: their tables are made first, and stay until
 * somebody takes them out.
 *
 * vm_prepare - make the tables of [va, va + size), on which nothing else is ever mapped. 0 or -ENOMEM.
 * vm_set_pages - map a prepared range; replaces what was there, and tells no TLB.
 * vm_clear_pages - unmap it; the TLBs may still know it: tlb_flush_*() before it is used again.
 * vm_prepared_frame - what a prepared page is mapped to, 0 if it isn't.
 * vm_prune - take the tables out that lie wholly in [va, va + size), where nothing is mapped; adds them
 *            to the list *@tables, which is 0 at first. They are still in the CPUs' caches:
 *            tlb_flush_range() with @freed_tables, then
 * vm_free_tables - give them back.
 *
 * Different ranges may be changed at the same time.
 */
int vm_prepare(uintptr_t va, size_t size);
void vm_set_pages(uintptr_t va, paddr_t pa, size_t size, unsigned prot);
void vm_clear_pages(uintptr_t va, size_t size);
paddr_t vm_prepared_frame(uintptr_t va);
void vm_prune(uintptr_t va, size_t size, paddr_t *tables);
void vm_free_tables(paddr_t tables);

/*
 * After entries were cleared: no CPU knows [va, va + size), or anything, any more. @freed_tables:
 * tables were taken out, too. Context: interrupts on and no spinlock held, unless this CPU is the
 * only one online.
 */
void tlb_flush_range(uintptr_t va, size_t size, bool freed_tables);
void tlb_flush_all(void);

/* What maps @va: false if nothing. Any out pointer may be NULL. @prot: VM_*, @size: of the page. */
bool vm_query(uintptr_t va, paddr_t *pa, unsigned *prot, size_t *size);

/*
 * Touch one byte and survive: 0, or -EFAULT if the access faulted. For tests of rights.
 */
int vm_probe_read(uintptr_t va);
int vm_probe_write(uintptr_t va);
int vm_probe_exec(uintptr_t va); /* calls a `ret` there */

/* How many bytes the kernel's page tables take. */
size_t vm_table_bytes(void);

#endif
