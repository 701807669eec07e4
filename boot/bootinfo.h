/*
 * boot/bootinfo.h - from the loader's bytes to struct boot_info.
 */
#ifndef BOOT_BOOTINFO_H
#define BOOT_BOOTINFO_H

#include "kernel/boot_info.h"

/* Physical memory as far as the loader's structures may lie in it: [base, base + size). */
struct boot_window {
    const uint8_t *bytes;
    uint64_t base;
    uint64_t size;
};

/* What was wrong; the first complaint is kept. */
struct boot_diag {
    unsigned count;
    const char *what; /* a clause, NULL if count is 0 */
    uint64_t pa;      /* where it stands */
};

/*
 * bootinfo_parse - read what the loader handed over.
 *
 * @bi      out, all of it but entry_tsc, kernel_start and kernel_end.
 * @loader  PVH_BOOT_MAGIC or what the loader left in EAX.
 * @info    physical address of the loader's structure.
 * @window  the memory to read from; nothing outside is touched.
 * @diag    out.
 *
 * Returns 0, or -EINVAL if there is no memory map that one could boot with: then @diag says why.
 * A complaint with 0 means that a part was left out. Pure.
 */
int bootinfo_parse(struct boot_info *bi, uint32_t loader, uint64_t info,
                   const struct boot_window *window, struct boot_diag *diag);

/*
 * bootinfo_add_range - enter [start, start + size) into bi->ranges.
 *
 * Where it overlaps what is there, the less usable type wins. Cut at the end of the physical
 * address space; neighbours of one type become one range. A range that finds no room is counted in
 * bi->nr_ranges_dropped; what it would have made unusable is then given up, never used.
 */
void bootinfo_add_range(struct boot_info *bi, uint64_t start, uint64_t size, uint32_t type);

#endif
