/*
 * tests/host/fuzz_bootinfo.c - any bytes as a loader's information: the result holds together.
 *
 * The first byte chooses the loader; the rest is the memory, from physical 0x1000 on, with the
 * information at its start.
 */
#include "boot/bootinfo.h"
#include "boot/handoff.h"
#include "kernel/bug.h"
#include "kernel/lib/errno.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct boot_info *bi)
{
    BUG_ON(bi->nr_ranges > BOOT_MAX_RANGES);
    for (unsigned i = 0; i < bi->nr_ranges; i++) {
        BUG_ON(bi->ranges[i].start >= bi->ranges[i].end);
        BUG_ON(i > 0 && bi->ranges[i - 1].end > bi->ranges[i].start); /* I1 */
    }
    BUG_ON(bi->nr_modules > BOOT_MAX_MODULES);
    for (unsigned i = 0; i < bi->nr_modules; i++) {
        BUG_ON(bi->modules[i].end < bi->modules[i].start);
        BUG_ON(strlen(bi->modules[i].cmdline) >= sizeof(bi->strings));
    }
    BUG_ON(strnlen(bi->cmdline, BOOT_CMDLINE_SIZE) == BOOT_CMDLINE_SIZE);
    BUG_ON(bi->rsdp_copy_len != 0 && bi->rsdp_copy_len != 20 && bi->rsdp_copy_len != 36);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct boot_info bi;
    struct boot_diag diag;
    struct boot_window window;
    int rc;

    if (size == 0)
        return 0;
    window = (struct boot_window){.bytes = data + 1, .base = 0x1000, .size = size - 1};
    rc = bootinfo_parse(&bi, data[0] & 1 ? PVH_BOOT_MAGIC : MULTIBOOT2_BOOT_MAGIC, 0x1000, &window,
                        &diag);
    BUG_ON(rc != 0 && rc != -EINVAL);
    BUG_ON(rc != 0 && diag.count == 0);
    check(&bi);
    return 0;
}
