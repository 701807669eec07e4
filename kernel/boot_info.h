/*
 * kernel/boot_info.h - what the loader handed over, in one shape for all loaders.
 *
 * boot/bootinfo.c fills it; nobody else knows which loader there was.
 */
#ifndef KERNEL_BOOT_INFO_H
#define KERNEL_BOOT_INFO_H

#include "kernel/lib/compiler.h"

#define BOOT_MAX_RANGES   128
#define BOOT_MAX_MODULES  8
#define BOOT_CMDLINE_SIZE 4096

/* The numbers are those of ACPI's address range types, as both loaders pass them. */
enum mem_type {
    MEM_RAM = 1,
    MEM_RESERVED = 2,
    MEM_ACPI = 3,     /* holds ACPI tables, RAM once they are read; left alone here */
    MEM_NVS = 4,      /* firmware keeps it across sleep */
    MEM_UNUSABLE = 5, /* RAM with errors */
    MEM_PMEM = 7,     /* persistent memory */
};

struct mem_range {
    uint64_t start; /* physical, bytes, [start, end) as the firmware gave them: unaligned */
    uint64_t end;
    enum mem_type type;
};

struct boot_module {
    uint64_t start; /* physical, [start, end) */
    uint64_t end;
    const char *cmdline; /* in boot_info.strings, "" if none */
};

struct boot_info {
    const char *loader; /* "PVH" or "multiboot2", and the firmware if known */
    uint64_t entry_tsc; /* time stamp counter at the first instruction */
    char cmdline[BOOT_CMDLINE_SIZE];
    bool cmdline_truncated; /* the loader's was longer */

    /* RSDP: the loader's copy of the structure if it gives one, else its address, else neither. */
    uint64_t rsdp_pa; /* physical, 0 = not told */
    uint8_t rsdp_copy[36];
    unsigned rsdp_copy_len; /* 0, 20 or 36 */

    /* Sorted by start, no overlaps: where the firmware's overlapped, the less usable type won. */
    unsigned nr_ranges;
    struct mem_range ranges[BOOT_MAX_RANGES];
    unsigned nr_ranges_dropped; /* ranges that did not fit */

    unsigned nr_modules;
    struct boot_module modules[BOOT_MAX_MODULES];
    char strings[1024];

    uint64_t kernel_start; /* physical, [kernel_start, kernel_end), page aligned */
    uint64_t kernel_end;
};

#endif
