/*
 * mm/vmalloc.h - memory that is contiguous for the kernel, and made of single pages.
 */
#ifndef MM_VMALLOC_H
#define MM_VMALLOC_H

#include "mm/page.h"
#include <arch/vm.h>

struct seqbuf;

void *vmalloc(size_t size);
void *vmalloc_node(size_t size, int nid);
void *vzalloc(size_t size);
void vfree(const void *addr);
void *vmap(struct page *const *pages, unsigned long nr_pages, unsigned prot);
void vunmap(const void *addr);
struct page *vmalloc_to_page(const void *addr);

/* Is it an address of the vmalloc space, mapped or not? Kernel stacks lie there, too. */
static inline bool is_vmalloc_addr(const void *addr)
{
    return (uintptr_t)addr >= VMALLOC_BASE && (uintptr_t)addr < VMALLOC_END;
}

void vmallocinfo_show(struct seqbuf *s);
/* The lines of /proc/meminfo. */
void vmalloc_meminfo_show(struct seqbuf *s);

#endif
