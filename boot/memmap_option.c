/*
 * boot/memmap_option.c - memmap= on the command line: the user knows better than the firmware.
 *
 * THEORY
 *
 * An option holds one or more parts, separated by commas, and may be there several times:
 *
 *     memmap=SIZE!START    [START, START + SIZE) is persistent memory
 *     memmap=SIZE$START    reserved: nobody uses it
 *     memmap=SIZE#START    ACPI tables
 *     memmap=SIZE@START    RAM, where the firmware has told of nothing
 *     memmap=SIZE          no RAM at SIZE and above
 *     memmap=exactmap      forget what the firmware said; other parts say what there is
 *
 * SIZE and START are numbers as in C with a suffix K, M, G or T. Where a part overlaps what is there the
 * less usable type wins, as everywhere in the map (boot/bootinfo.c): 256M!1G turns RAM into persistent
 * memory, and leaves what is reserved reserved.
 *
 * A part that would take away what the kernel stands on is refused by itself; if at the end of all parts
 * the kernel's image doesn't lie in RAM, the firmware's map stays as it was.
 *
 * LOCKING  None: the boot CPU alone. Pure, but for the messages of memmap_options().
 * UNITS    Physical addresses in bytes.
 * SOURCES  Linux 6.1, Documentation/admin-guide/kernel-parameters.rst, "memmap=".
 */
#include "boot/memmap_option.h"
#include "boot/bootinfo.h"
#include "kernel/cmdline.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/parse.h"
#include "kernel/lib/string.h"
#include "kernel/printk.h"

/* The real-mode code that starts other CPUs, and the BIOS's data. */
#define LOW_END (64UL << 10)

static int refuse(const char **why, const char *reason)
{
    *why = reason;
    return -EINVAL;
}

static bool overlap(uint64_t start, uint64_t end, uint64_t a, uint64_t b)
{
    return start < b && a < end;
}

/* Does the kernel stand on a byte of [start, end)? */
static const char *needed_for(const struct boot_info *bi, uint64_t start, uint64_t end)
{
    if (overlap(start, end, 0, LOW_END))
        return "the first 64 KiB are needed to start CPUs";
    if (overlap(start, end, bi->kernel_start, bi->kernel_end))
        return "the kernel itself lies there";
    for (unsigned i = 0; i < bi->nr_modules; i++) {
        if (overlap(start, end, bi->modules[i].start, bi->modules[i].end))
            return "a boot module lies there";
    }
    return NULL;
}

/* No RAM at @limit and above. */
static void cut_ram(struct boot_info *bi, uint64_t limit)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < bi->nr_ranges; i++) {
        struct mem_range r = bi->ranges[i];

        if (r.type == MEM_RAM)
            r.end = min(r.end, limit);
        if (r.start < r.end)
            bi->ranges[kept++] = r;
    }
    bi->nr_ranges = kept;
}

/* What the letter between SIZE and START means; 0 if nothing. */
static uint32_t type_of(char letter)
{
    switch (letter) {
    case '!':
        return MEM_PMEM;
    case '$':
        return MEM_RESERVED;
    case '#':
        return MEM_ACPI;
    case '@':
        return MEM_RAM;
    default:
        return 0;
    }
}

/*
 * memmap_part - obey one part, such as "256M!1G".
 *
 * @why  out on error: a clause that says what is wrong.
 *
 * Returns 0, or -EINVAL and bi->ranges are as they were. Pure.
 */
int memmap_part(struct boot_info *bi, const char *part, const char **why)
{
    uint64_t size, start;
    const char *end, *reason;
    uint32_t type;

    if (strcmp(part, "exactmap") == 0) {
        bi->nr_ranges = 0;
        return 0;
    }
    if (parse_size(part, &size, &end))
        return refuse(why, "not SIZE!START, SIZE$START, SIZE#START, SIZE@START, SIZE or exactmap");
    if (size == 0)
        return refuse(why, "its size is 0");
    if (*end == '\0') {
        cut_ram(bi, size);
        return 0;
    }
    type = type_of(*end);
    if (!type)
        return refuse(why, "between SIZE and START there is one of ! $ # @");
    if (parse_size(end + 1, &start, NULL))
        return refuse(why, "START is not an address, such as 4G or 0x100000000");
    if (start + size < start)
        return refuse(why, "it reaches past the end of all addresses");
    reason = type == MEM_RAM ? NULL : needed_for(bi, start, start + size);
    if (reason)
        return refuse(why, reason);
    bootinfo_add_range(bi, start, size, type);
    return 0;
}

/* memmap_is_sound - does the kernel's image lie in RAM as a whole? Pure. */
bool memmap_is_sound(const struct boot_info *bi)
{
    uint64_t at = bi->kernel_start;

    for (unsigned i = 0; i < bi->nr_ranges && at < bi->kernel_end; i++) {
        const struct mem_range *r = &bi->ranges[i];

        if (r->type == MEM_RAM && r->start <= at && r->end > at)
            at = r->end;
    }
    return at >= bi->kernel_end;
}

/* All parts of one option's value. */
static void obey(struct boot_info *bi, const char *value)
{
    char part[64];
    const char *why;

    while (*value) {
        const char *comma = strchr(value, ',');
        size_t len = comma ? (size_t)(comma - value) : strlen(value);

        strlcpy(part, value, min(len + 1, sizeof(part)));
        if (memmap_part(bi, part, &why))
            pr_warn("memmap=%s: %s; ignored", part, why);
        value += len + (comma != NULL);
    }
}

/* memmap_options - contract in the header. */
void memmap_options(struct boot_info *bi)
{
    static struct mem_range before[BOOT_MAX_RANGES];
    const char *value = NULL;
    unsigned nr_before = bi->nr_ranges;

    memcpy(before, bi->ranges, sizeof(before));
    while ((value = cmdline_next("memmap", value)))
        obey(bi, value);
    if (memmap_is_sound(bi))
        return;
    if (cmdline_get("memmap"))
        pr_warn("memmap=: the kernel at 0x%llx would not lie in RAM; all parts are ignored",
                (unsigned long long)bi->kernel_start);
    memcpy(bi->ranges, before, sizeof(before));
    bi->nr_ranges = nr_before;
}
