/*
 * kernel/fs/procfs.c - /proc: the machine as a whole.
 *
 * SOURCES  Linux 6.1, Documentation/filesystems/proc.rst, "The /proc Filesystem": names and
 * formats.
 */
#include "kernel/cmdline.h"
#include "kernel/cpu.h"
#include "kernel/fs/vfs.h"
#include "kernel/printk.h"
#include "kernel/version.h"
#include "mm/oom.h"
#include "mm/pageblock.h"
#include "mm/slab.h"
#include "mm/vmalloc.h"
#include "mm/vmstat.h"
#include "sched/balance.h"
#include "sched/sched.h"
#include <arch/clock.h>

static void cmdline_show(struct seqbuf *s)
{
    seq_printf(s, "%s\n", cmdline_text());
}

static void version_show(struct seqbuf *s)
{
    seq_printf(s, "%s\n", VERSION_BANNER);
}

static void show_seconds(struct seqbuf *s, uint64_t ns, char end)
{
    unsigned long centiseconds = (unsigned long)(ns / 10000000);

    seq_printf(s, "%lu.%02lu%c", centiseconds / 100, centiseconds % 100, end);
}

/* Seconds since boot, and the idle time of all CPUs together. */
static void uptime_show(struct seqbuf *s)
{
    uint64_t idle = 0;
    int cpu;

    for_each_cpu (cpu, &cpu_online_mask)
        idle += cpu_idle_ns(cpu);
    show_seconds(s, clock_ns(), ' ');
    show_seconds(s, idle, '\n');
}

static const struct vfs_file files[] = {
    VFS_FILE("/proc/buddyinfo", buddyinfo_show),
    VFS_FILE("/proc/cmdline", cmdline_show),
    VFS_FILE("/proc/cpuinfo", cpuinfo_show),
    VFS_FILE("/proc/meminfo", meminfo_show),
    VFS_FILE("/proc/pagetypeinfo", pagetypeinfo_show),
    VFS_FILE("/proc/schedstat", schedstat_show),
    VFS_FILE("/proc/slabinfo", slabinfo_show),
    VFS_FILE_WRITABLE("/proc/sys/kernel/printk", printk_levels_show, printk_levels_store),
    VFS_FILE_WRITABLE("/proc/sys/kernel/sched_rt_period_us", sched_rt_period_show,
                      sched_rt_period_store),
    VFS_FILE_WRITABLE("/proc/sys/kernel/sched_rt_runtime_us", sched_rt_runtime_show,
                      sched_rt_runtime_store),
    VFS_FILE_WRITABLE("/proc/sysrq-trigger", sysrq_trigger_show, sysrq_trigger_store),
    VFS_FILE("/proc/uptime", uptime_show),
    VFS_FILE("/proc/version", version_show),
    VFS_FILE("/proc/vmallocinfo", vmallocinfo_show),
    VFS_FILE("/proc/vmstat", vmstat_show),
    VFS_FILE("/proc/zoneinfo", zoneinfo_show),
};

/* procfs_register - make the files appear. Context: boot. */
void procfs_register(void)
{
    vfs_register(files, ARRAY_SIZE(files));
}
