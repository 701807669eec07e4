/*
 * tests/kernel/test_vm.c - rights and places of the kernel's address space.
 *
 * Each right is asked of two witnesses: the page tables (vm_query), and the CPU, which is made to
 * try (vm_probe_*).
 */
#include "kernel/ktest.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"
#include "kernel/sections.h"
#include "mm/memblock.h"
#include "mm/node.h"
#include "mm/page_alloc.h"
#include "mm/vmemmap.h"
#include <arch/trap.h>
#include <arch/vm.h>

#define RET_OPCODE 0xc3 /* Intel SDM vol. 2B, "RET - Return From Procedure" */

/* Every page of [start, end) is mapped with these rights. */
static void expect_rights(const char *start, const char *end, unsigned want)
{
    for (uintptr_t va = (uintptr_t)start; va < (uintptr_t)end; va += PAGE_SIZE) {
        unsigned prot = ~0u;

        if (!vm_query(va, NULL, &prot, NULL) || prot != want) {
            ktest_fail(__FILE__, __LINE__, "0x%lx: expected rights 0x%x, got 0x%x", va, want, prot);
            return;
        }
    }
}

/* The lowest page of the stack that this runs on. */
static uintptr_t stack_bottom(void)
{
    uintptr_t page = ALIGN_DOWN((uintptr_t)__builtin_frame_address(0), PAGE_SIZE);

    while (trap_on_stack(page - PAGE_SIZE))
        page -= PAGE_SIZE;
    return page;
}

/* Text that can be written is one wild pointer away from running anything. */
KTEST(vm, text_is_executable_and_not_writable)
{
    expect_rights(__text_start, __text_end, VM_EXEC);
    KEXPECT_EQ(0, vm_probe_read((uintptr_t)__text_start));
    KEXPECT_EQ(-EFAULT, vm_probe_write((uintptr_t)__text_start));
    KEXPECT_EQ(-EFAULT, vm_probe_write((uintptr_t)ktest_run));
}

/* Constants, the table of commands among them, must be constant. */
KTEST(vm, rodata_is_neither_writable_nor_executable)
{
    expect_rights(__rodata_start, __rodata_end, 0);
    KEXPECT_EQ(0, vm_probe_read((uintptr_t)__rodata_start));
    KEXPECT_EQ(-EFAULT, vm_probe_write((uintptr_t)__rodata_start));
    KEXPECT_EQ(-EFAULT, vm_probe_exec((uintptr_t)__rodata_start));
}

/* Data that can be executed turns a buffer overrun into code. */
KTEST(vm, data_is_writable_and_not_executable)
{
    static uint8_t code[16] = {RET_OPCODE};

    for (uintptr_t va = (uintptr_t)__data_start; va < (uintptr_t)__kernel_end; va += PAGE_SIZE) {
        unsigned prot;

        if (vm_query(va, NULL, &prot, NULL)) /* guard pages lie in between */
            KASSERT_EQ(VM_WRITE, prot);
    }
    KEXPECT_EQ(0, vm_probe_write((uintptr_t)&code[8]));
    KEXPECT_EQ(-EFAULT, vm_probe_exec((uintptr_t)code));
}

/* A NULL pointer must fault, not read the BIOS's data. */
KTEST(vm, page_0_is_not_mapped)
{
    KEXPECT(!vm_query(0, NULL, NULL, NULL));
    KEXPECT_EQ(-EFAULT, vm_probe_read(0));
    KEXPECT_EQ(-EFAULT, vm_probe_write(8));
    KEXPECT_EQ(-EFAULT, vm_probe_exec(0));
}

/* A leftover of the boot tables in the lower half would hide wild pointers. */
KTEST(vm, lower_half_is_empty)
{
    for (uintptr_t va = 0; va < GiB(8); va += MiB(2))
        KASSERT(!vm_query(va, NULL, NULL, NULL));
}

/* A stack that grows too far must fault, not eat the variables below it. */
KTEST(vm, page_under_the_stack_is_not_mapped)
{
    uintptr_t bottom = stack_bottom();

    KEXPECT_EQ(0, vm_probe_read(bottom));
    KEXPECT(!vm_query(bottom - PAGE_SIZE, NULL, NULL, NULL));
    KEXPECT_EQ(-EFAULT, vm_probe_read(bottom - 8));
    KEXPECT_EQ(-EFAULT, vm_probe_write(bottom - 8));
}

/* The kernel reaches any RAM here; a gap is a fault that depends on where a page happens to lie. */
KTEST(vm, direct_map_has_all_ram_at_its_place_and_not_executable)
{
    for (unsigned i = 0; i < memblock.memory.nr; i++) {
        const struct memblock_region *r = &memblock.memory.regions[i];

        for (uint64_t at = r->start; at < r->end;) {
            unsigned prot = ~0u;
            paddr_t pa = 0;
            size_t size = 0;

            KASSERT(vm_query((uintptr_t)phys_to_virt(at), &pa, &prot, &size));
            KASSERT_EQ(at, pa);
            KASSERT_EQ(0, prot & VM_EXEC);
            at = ALIGN_DOWN(at, size) + size;
        }
    }
}

/* The direct map shows the image a second time; writable there, text is writable all the same. */
KTEST(vm, direct_map_gives_no_writable_alias_of_text_and_rodata)
{
    paddr_t end = virt_to_phys(__rodata_end);

    for (paddr_t pa = virt_to_phys(__text_start); pa < end; pa += PAGE_SIZE) {
        unsigned prot = ~0u;

        KASSERT(vm_query((uintptr_t)phys_to_virt(pa), NULL, &prot, NULL));
        KASSERT_EQ(0, prot);
    }
    KEXPECT_EQ(-EFAULT, vm_probe_write((uintptr_t)phys_to_virt(virt_to_phys(__text_start))));
}

/* Pages that are handed out are data for whoever has them, and never code. */
KTEST(vm, page_of_the_allocator_is_writable_and_not_executable)
{
    struct page *page = alloc_pages(GFP_KERNEL, 0);
    uint8_t *va;

    KASSERT(page != NULL);
    va = page_address(page);
    memset(va, RET_OPCODE, PAGE_SIZE);
    KEXPECT_EQ(0, vm_probe_write((uintptr_t)va));
    KEXPECT_EQ(-EFAULT, vm_probe_exec((uintptr_t)va + 16));
    __free_pages(page, 0);
}

/* pfn_valid() promises a descriptor; one that isn't mapped is a fault in the buddy's inner loop. */
KTEST(vm, descriptors_are_mapped_exactly_where_pfn_valid_says)
{
    for (unsigned long pfn = 0; pfn < max_pfn; pfn += MAX_ORDER_PAGES) {
        uintptr_t first = (uintptr_t)pfn_to_page(pfn);
        uintptr_t last = (uintptr_t)pfn_to_page(pfn + MAX_ORDER_PAGES - 1);
        bool valid = pfn_valid(pfn);

        KASSERT_EQ(valid, vm_query(first, NULL, NULL, NULL));
        KASSERT_EQ(valid, vm_query(last, NULL, NULL, NULL));
    }
    KEXPECT(!pfn_valid(max_pfn));
    KEXPECT(!pfn_valid(~0UL));
}

/* RAM without a descriptor cannot be allocated; a descriptor for nothing wastes what little there
 * is. */
KTEST(vm, all_ram_has_descriptors)
{
    for (unsigned i = 0; i < memblock.memory.nr; i++) {
        const struct memblock_region *r = &memblock.memory.regions[i];

        for (uint64_t pa = r->start; pa < r->end; pa += MAX_ORDER_PAGES * PAGE_SIZE)
            KASSERT(pfn_valid(pa >> PAGE_SHIFT));
        KASSERT(pfn_valid((r->end - 1) >> PAGE_SHIFT));
    }
}

/* Is any page of these descriptors RAM of @nid? */
static bool describes_node(unsigned long pfn, unsigned long nr, int nid)
{
    uint64_t start = (uint64_t)pfn << PAGE_SHIFT;

    return memblock_bytes_in(&memblock, start, start + (nr << PAGE_SHIFT), nid) > 0;
}

static unsigned long managed_pages(int nid)
{
    unsigned long nr = 0;

    for (int i = 0; i < MAX_NR_ZONES; i++)
        nr += NODE_DATA(nid)->node_zones[i].managed_pages;
    return nr;
}

/* Every allocation touches descriptors: if they lie elsewhere, local memory is remote all the same. */
KTEST(vm, descriptors_lie_in_memory_of_the_node_that_they_describe)
{
    unsigned long per_page = PAGE_SIZE / sizeof(struct page);

    for (unsigned i = 0; i < memblock.memory.nr; i++) {
        const struct memblock_region *r = &memblock.memory.regions[i];
        uint64_t hotplug;

        if (memblock_first_hotplug(&memblock, r->start, r->end, &hotplug))
            continue; /* they must stay when the memory is pulled out */
        if (r->nid == NUMA_NO_NODE || managed_pages(r->nid) == 0)
            continue; /* so small that its own pages don't even hold the descriptors */
        for (unsigned long pfn = ALIGN_DOWN(r->start >> PAGE_SHIFT, per_page);
             pfn < r->end >> PAGE_SHIFT; pfn += per_page) {
            paddr_t pa = 0;

            KASSERT(vm_query((uintptr_t)pfn_to_page(pfn), &pa, NULL, NULL));
            /* Where nodes share a page of descriptors, one of them has it. */
            KASSERT(describes_node(pfn, per_page, memblock_nid_of(&memblock, pa)));
            KASSERT_EQ(PAGE_DESCRIPTOR | PAGE_RESERVED,
                       pfn_to_page(pa >> PAGE_SHIFT)->flags & PAGE_STATE_MASK);
        }
    }
}
