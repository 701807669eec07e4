/*
 * <arch/page.h> - page size and the kernel's address space.
 */
#ifndef ARCH_PAGE_H
#define ARCH_PAGE_H

#define PAGE_SHIFT      12
#define PAGE_SIZE       (1UL << PAGE_SHIFT)
#define PHYS_BITS       46 /* of RAM that the direct map and the vmemmap have room for: 64 TiB */

#define USER_END        0x0000800000000000UL /* end of the lower canonical half */
#define DIRECT_MAP_BASE 0xffff888000000000UL
#define VMALLOC_BASE    0xffffc90000000000UL
#define VMALLOC_END     0xffffe90000000000UL
#define VMEMMAP_BASE    0xffffea0000000000UL
#define KERNEL_BASE     0xffffffff80000000UL /* virtual = physical + KERNEL_BASE in the image */

#ifndef __ASSEMBLER__
#include <stdint.h>

typedef uint64_t paddr_t; /* physical address, bytes */

/* Any RAM by its physical address, through the direct map. */
static inline void *phys_to_virt(paddr_t pa)
{
    return (void *)(uintptr_t)(pa + DIRECT_MAP_BASE);
}

/* @va is in the direct map or in the kernel image. */
static inline paddr_t virt_to_phys(const volatile void *va)
{
    uintptr_t v = (uintptr_t)va;

    return v >= KERNEL_BASE ? v - KERNEL_BASE : v - DIRECT_MAP_BASE;
}
#endif

#endif
