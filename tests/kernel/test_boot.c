/*
 * tests/kernel/test_boot.c - what the loader handed over, and what became of it.
 */
#include "boot/start.h"
#include "kernel/boot_info.h"
#include "kernel/cmdline.h"
#include "kernel/ktest.h"
#include "kernel/lib/string.h"
#include "kernel/sections.h"
#include "mm/memblock.h"
#include "mm/vmemmap.h"
#include <arch/clock.h>
#include <arch/vm.h>

/* Below, firmware owns places that the loader calls RAM (mm/mm_init.c). */
#define LOW_END MiB(1)

/* ACPI 6.4, 5.2.5.3 "Root System Description Pointer (RSDP) Structure": its first 20 bytes sum up
 * to 0. */
#define RSDP_V1_SIZE 20

/* Overlapping ranges would give the same byte two meanings, RAM and device. */
KTEST(boot, memory_ranges_are_sorted_and_disjoint)
{
    const struct boot_info *bi = boot_info_get();
    uint64_t end = 0;

    KASSERT(bi->nr_ranges > 0 && bi->nr_ranges <= BOOT_MAX_RANGES);
    for (unsigned i = 0; i < bi->nr_ranges; i++) {
        KEXPECT(bi->ranges[i].start >= end);
        KEXPECT(bi->ranges[i].start < bi->ranges[i].end);
        end = bi->ranges[i].end;
    }
}

/* RAM that memblock doesn't know is lost for good. */
KTEST(boot, ram_above_1_mib_is_all_in_memblock)
{
    const struct boot_info *bi = boot_info_get();
    uint64_t told = 0, kept = memblock_bytes_in(&memblock, LOW_END, UINT64_MAX, NUMA_NO_NODE);

    for (unsigned i = 0; i < bi->nr_ranges; i++) {
        uint64_t start = ALIGN_UP(max(bi->ranges[i].start, LOW_END), PAGE_SIZE);
        uint64_t end = ALIGN_DOWN(min(bi->ranges[i].end, 1ULL << PHYS_BITS), PAGE_SIZE);

        if (bi->ranges[i].type == MEM_RAM && start < end)
            told += end - start;
    }
    /* What belongs to no node is left out, and the topology is given up when that is 1 MiB. */
    KEXPECT(kept <= told && told - kept < MiB(1));
}

/* A page of memblock's that the loader didn't call RAM may be a device's register. */
KTEST(boot, memblock_holds_nothing_but_ram)
{
    const struct boot_info *bi = boot_info_get();

    for (unsigned m = 0; m < memblock.memory.nr; m++) {
        uint64_t at = memblock.memory.regions[m].start;

        for (unsigned i = 0; i < bi->nr_ranges; i++)
            if (bi->ranges[i].type == MEM_RAM && bi->ranges[i].start <= at &&
                bi->ranges[i].end > at)
                at = bi->ranges[i].end;
        KEXPECT(at >= memblock.memory.regions[m].end);
    }
}

/* A kernel whose own pages are free memory overwrites itself some minutes later. */
KTEST(boot, kernel_image_is_reserved)
{
    const struct boot_info *bi = boot_info_get();

    KEXPECT_EQ(virt_to_phys(__kernel_start), bi->kernel_start);
    KEXPECT_EQ(virt_to_phys(__kernel_end), bi->kernel_end);
    for (uint64_t pa = bi->kernel_start; pa < bi->kernel_end; pa += PAGE_SIZE) {
        KASSERT(pfn_valid(pa >> PAGE_SHIFT));
        KASSERT_EQ(PAGE_RESERVED, pfn_to_page(pa >> PAGE_SHIFT)->flags & PAGE_RESERVED);
    }
}

/* A module that is handed out as free memory is gone before anyone reads it. */
KTEST(boot, modules_are_reserved)
{
    const struct boot_info *bi = boot_info_get();

    KSKIP_IF(bi->nr_modules == 0, "the loader passed no module");
    for (unsigned i = 0; i < bi->nr_modules; i++)
        for (uint64_t pa = ALIGN_DOWN(bi->modules[i].start, PAGE_SIZE); pa < bi->modules[i].end;
             pa += PAGE_SIZE)
            KEXPECT(!pfn_valid(pa >> PAGE_SHIFT) ||
                    (pfn_to_page(pa >> PAGE_SHIFT)->flags & PAGE_RESERVED));
}

static const uint8_t *find_rsdp(const struct boot_info *bi)
{
    uintptr_t va = (uintptr_t)phys_to_virt(bi->rsdp_pa);

    if (bi->rsdp_copy_len)
        return bi->rsdp_copy;
    return bi->rsdp_pa && vm_query(va, NULL, NULL, NULL) ? (const uint8_t *)va : NULL;
}

/* Without it there are no tables: one node, one CPU, whatever the machine is like. */
KTEST(boot, rsdp_that_the_loader_told_of_is_one)
{
    const struct boot_info *bi = boot_info_get();
    const uint8_t *rsdp = find_rsdp(bi);
    uint8_t sum = 0;

    KSKIP_IF(!bi->rsdp_pa && !bi->rsdp_copy_len, "the loader told of no RSDP");
    KASSERT(rsdp != NULL);
    for (int i = 0; i < RSDP_V1_SIZE; i++)
        sum = (uint8_t)(sum + rsdp[i]);
    KEXPECT_EQ(0, memcmp(rsdp, "RSD PTR ", 8));
    KEXPECT_EQ(0, sum);
}

/* Options that get lost on the way are options that the user believes to be in force. */
KTEST(boot, command_line_is_the_loaders)
{
    KEXPECT_EQ(0, strcmp(boot_info_get()->cmdline, cmdline_text()));
}

/* Boot time is measured from here; a stamp of the future makes it 500 years. */
KTEST(boot, entry_was_before_now)
{
    const struct boot_info *bi = boot_info_get();

    KEXPECT(bi->entry_tsc < clock_ticks());
    KEXPECT(bi->loader != NULL && bi->loader[0] != '\0');
}
