/*
 * boot/start.c - the first C function: a console, trap gates, the loader's information, kmain().
 */
#include "boot/start.h"
#include "boot/bootinfo.h"
#include "boot/memmap_option.h"
#include "kernel/bug.h"
#include "kernel/cmdline.h"
#include "kernel/console.h"
#include "kernel/main.h"
#include "kernel/printk.h"
#include "kernel/sections.h"
#include <arch/cpu.h>
#include <arch/page.h>
#include <arch/power.h>

static struct boot_info boot_info;

/* What the early tables map at DIRECT_MAP_BASE; loaders put everything below. */
static const struct boot_window early_window = {
    .bytes = (const uint8_t *)DIRECT_MAP_BASE,
    .base = 0,
    .size = GiB(4),
};

/* boot_info_get - what the loader handed over. Context: any, from kmain on. */
const struct boot_info *boot_info_get(void)
{
    return &boot_info;
}

/*
 * boot_start - called by entry.asm in 64-bit mode, on the boot stack, with the early page tables.
 *
 * @loader     PVH_BOOT_MAGIC or what the loader left in EAX.
 * @info       physical address of its structure.
 * @entry_tsc  time stamp counter at the kernel's first instruction.
 *
 * Does not return. Interrupts are off.
 */
void boot_start(uint32_t loader, uint32_t info, uint64_t entry_tsc)
{
    struct boot_diag diag;
    int err;

    console_init();
    cpu_init();
    err = bootinfo_parse(&boot_info, loader, info, &early_window, &diag);
    if (err)
        panic("%s (loader 0x%x, physical 0x%llx)", diag.what, loader, (unsigned long long)diag.pa);
    if (diag.count > 0)
        pr_warn("boot: %s passes %s (physical 0x%llx); %u complaints in all", boot_info.loader,
                diag.what, (unsigned long long)diag.pa, diag.count);
    boot_info.entry_tsc = entry_tsc;
    boot_info.kernel_start = virt_to_phys(__kernel_start);
    boot_info.kernel_end = virt_to_phys(__kernel_end);
    cmdline_init(boot_info.cmdline);
    memmap_options(&boot_info);
    kmain(&boot_info);
    power_off();
}
