/*
 * kernel/main.c - from the first line of the log to the prompt.
 */
#include "kernel/main.h"
#include "kernel/bench.h"
#include "kernel/boot_info.h"
#include "kernel/cmdline.h"
#include "kernel/exec.h"
#include "kernel/firmware.h"
#include "kernel/fs/vfs.h"
#include "kernel/ktest.h"
#include "kernel/lib/errno.h"
#include "kernel/monitor.h"
#include "kernel/printk.h"
#include "kernel/version.h"
#include "mm/mm_init.h"
#include <arch/clock.h>
#include <arch/cpu.h>
#include <arch/fwcfg.h>
#include <arch/power.h>

/* Commands that are too long for the command line come as a file of QEMU's. */
static char script[256 * 1024];

static const char *find_script(void)
{
    int len = fwcfg_read_file("opt/atoll/exec", script, sizeof(script) - 1);

    if (len == -E2BIG)
        pr_err("opt/atoll/exec: longer than %zu bytes, not run", sizeof(script) - 1);
    if (len >= 0) {
        script[len] = '\0';
        return script;
    }
    return cmdline_get("exec");
}

/* End the machine such that QEMU's exit status tells how it went. */
static __noreturn void leave(bool failed)
{
    if (failed)
        power_exit(EXIT_FAILED);
    power_off();
}

/* What the command line asks for instead of a prompt. */
static void run_orders(void)
{
    const char *tests = cmdline_get("ktest"), *commands = find_script();
    bool failed = false;

    if (!tests && !commands)
        return;
    if (tests)
        failed = ktest_run(*tests ? tests : "*") != 0;
    if (commands)
        failed |= exec_run(commands) != 0;
    leave(failed);
}

void kmain(struct boot_info *bi)
{
    cmdline_init(bi->cmdline); /* options can be asked for */
    printk_init();             /* loglevel= and quiet hold */
    pr_info("%s", VERSION_BANNER);
    clock_init(bi->entry_tsc); /* the log has timestamps */
    cpu_print_features();
    mm_map_ram(bi);    /* all RAM is mapped, memblock gives memory */
    firmware_init(bi); /* the ACPI tables are found, CPUs have numbers */
    mm_init();         /* nodes, zones, alloc_pages */
    vfs_init();        /* files can be read */
    cmdline_warn_unknown();
    bench_set_boot_ticks(clock_ticks() - bi->entry_tsc);
    run_orders();
    monitor_run();
}
