/*
 * kernel/main.c - from the first line of the log to the prompt.
 */
#include "kernel/main.h"
#include "kernel/bench.h"
#include "kernel/boot_info.h"
#include "kernel/cmdline.h"
#include "kernel/console.h"
#include "kernel/exec.h"
#include "kernel/firmware.h"
#include "kernel/fs/initramfs.h"
#include "kernel/fs/vfs.h"
#include "kernel/ktest.h"
#include "kernel/kthread.h"
#include "kernel/lib/errno.h"
#include "kernel/lock.h"
#include "kernel/monitor.h"
#include "kernel/printk.h"
#include "kernel/smp.h"
#include "kernel/task.h"
#include "kernel/version.h"
#include "mm/mm_init.h"
#include "mm/pcp.h"
#include "mm/percpu.h"
#include "mm/slab.h"
#include "mm/vmscan.h"
#include "sched/balance.h"
#include "sched/sched.h"
#include <arch/clock.h>
#include <arch/cpu.h>
#include <arch/fwcfg.h>
#include <arch/interrupt.h>
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
        failed = ktest_run(*tests ? tests : "*", KTEST_QUICK) != 0;
    if (commands)
        failed |= exec_run(commands) != 0;
    leave(failed);
}

/* Thread 1: the last step of the boot, then orders, or the prompt. */
static int take_orders(void *arg)
{
    const struct boot_info *bi = arg;

    mm_init_rest();     /* all memory is there */
    initramfs_init(bi); /* and the files that the loader brought */
    bench_set_boot_ticks(bi->entry_tsc);
    run_orders();
    monitor_run();
}

/* As in Linux, 1 is the thread that the others are there for, and 2 is kthreadd. */
static void start_threads(struct boot_info *bi)
{
    struct task *monitor = kthread_create(take_orders, bi, "monitor");

    if (!monitor)
        panic("no memory for the first thread");
    kthreads_init();
    kbalance_init();
    kswapd_init(); /* memory that runs short is reclaimed in time */
    kthread_start(monitor);
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
    kmem_init();       /* kmalloc */
    percpu_init();     /* each CPU has memory of its own */
    pcp_init();        /* and lists of pages */
    lock_init(cpu_is_virtual());
    interrupts_init(firmware_madt()); /* interrupts come, timers run */
    task_init();                      /* threads have structures */
    sched_init();         /* this is a thread, the first of CPU 0; locks may be slept for */
    smp_init();           /* all CPUs run */
    sched_domains_init(); /* and have circles of others to balance with */
    console_listen();     /* who waits for a key may sleep */
    vfs_init();           /* files can be read */
    cmdline_warn_unknown();
    start_threads(bi); /* thread 1 takes orders */
    sched_idle_loop();
}
