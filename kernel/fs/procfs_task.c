/*
 * kernel/fs/procfs_task.c - /proc/PID, and the command ps: threads as the outside sees them.
 *
 * LOCKING  A thread's structure is kept by a reference; its numbers are read without a lock, and may be
 *          a moment apart.
 * SOURCES  Linux 6.1, Documentation/filesystems/proc.rst, 1.1 "Process-Specific Subdirectories", tables
 *          1-2 "Contents of the status files" and 1-4 "Contents of the stat files".
 */
#include "kernel/command.h"
#include "kernel/cpu.h"
#include "kernel/fs/vfs.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"
#include "kernel/task.h"
#include "kernel/timer.h"
#include "mm/node.h"
#include "sched/sched.h"

#define PID_KTHREADD 2
#define EXIT_SIGNAL  17         /* SIGCHLD, what Linux shows for all but kthreadd */
#define NO_LIMIT     UINT64_MAX /* of memory: RLIM_INFINITY */
#define ALL_SIGNALS  INT32_MAX  /* ignored: 1 to 31 */

/* Flags, Linux's: a thread of the kernel, forked without exec, not to be frozen. */
#define PF_KTHREAD    0x00200000
#define PF_FORKNOEXEC 0x00000040
#define PF_NOFREEZE   0x00008000

static int parent_of(const struct task *t)
{
    return t->pid > PID_KTHREADD ? PID_KTHREADD : 0;
}

/* What Linux shows of where a thread waits: that it does. */
static bool is_asleep(const struct task *t)
{
    return READ_ONCE(t->state) != TASK_RUNNING;
}

static void show_zeros(struct seqbuf *s, int nr)
{
    while (nr-- > 0)
        seq_puts(s, " 0");
}

/* The 52 fields; those that are about a process's memory and signals are what a kernel thread has. */
static void show_stat(struct seqbuf *s, struct task *t)
{
    unsigned long ticks = (unsigned long)(task_runtime(t) / USER_TICK_NS);

    seq_printf(s, "%d (%s) %c %d 0 0 0 -1 %d", t->pid, t->comm, task_state_char(t), parent_of(t),
               PF_KTHREAD | PF_FORKNOEXEC | PF_NOFREEZE);
    show_zeros(s, 4);                                       /* 10-13: page faults */
    seq_printf(s, " 0 %lu 0 0", ticks);                     /* 14-17: utime stime cutime cstime */
    seq_printf(s, " %d %d 1 0", task_priority(t), t->nice); /* 18-21 */
    seq_printf(s, " %lu", (unsigned long)(t->start_ns / USER_TICK_NS)); /* 22 */
    seq_printf(s, " 0 0 %lu", (unsigned long)NO_LIMIT);                 /* 23-25 */
    show_zeros(s, 7);                                                   /* 26-32 */
    seq_printf(s, " %d 0 %d 0 0", ALL_SIGNALS, is_asleep(t));           /* 33-37 */
    seq_printf(s, " %d %d %d %d", t->pid == PID_KTHREADD ? 0 : EXIT_SIGNAL, t->cpu, t->rt_priority,
               (int)t->policy); /* 38-41 */
    show_zeros(s, 11);          /* 42-52 */
    seq_putc(s, '\n');
}

/* What Linux shows of every kernel thread: the superuser's, without files, deaf to signals. */
static void show_credentials(struct seqbuf *s, const struct task *t)
{
    seq_puts(s, "TracerPid:\t0\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\nFDSize:\t0\nGroups:\t \n");
    seq_printf(s, "NStgid:\t%d\nNSpid:\t%d\nNSpgid:\t0\nNSsid:\t0\nThreads:\t1\n", t->pid, t->pid);
    seq_puts(s, "SigQ:\t0/0\nSigPnd:\t0000000000000000\nShdPnd:\t0000000000000000\n"
                "SigBlk:\t0000000000000000\nSigIgn:\tffffffffffffffff\nSigCgt:\t0000000000000000\n"
                "CapInh:\t0000000000000000\nCapPrm:\t000001ffffffffff\nCapEff:\t000001ffffffffff\n"
                "CapBnd:\t000001ffffffffff\nCapAmb:\t0000000000000000\nNoNewPrivs:\t0\n"
                "Seccomp:\t0\nSeccomp_filters:\t0\n");
}

static void show_status(struct seqbuf *s, struct task *t)
{
    seq_printf(
        s, "Name:\t%s\nUmask:\t0022\nState:\t%c (%s)\nTgid:\t%d\nNgid:\t0\nPid:\t%d\nPPid:\t%d\n",
        t->comm, task_state_char(t), task_state_name(t), t->pid, t->pid, parent_of(t));
    show_credentials(s, t);
    seq_puts(s, "Cpus_allowed:\t");
    cpumask_print_mask(s, &t->cpus_mask, nr_cpu_ids);
    seq_puts(s, "\nCpus_allowed_list:\t");
    cpumask_print_list(s, &t->cpus_mask);
    seq_puts(s, "\nMems_allowed:\t");
    nodemask_print_mask(s, &node_states[N_MEMORY], MAX_NUMNODES); /* as Linux, unlike CPUs */
    seq_puts(s, "\nMems_allowed_list:\t");
    nodemask_print_list(s, &node_states[N_MEMORY]);
    seq_printf(s, "\nvoluntary_ctxt_switches:\t%lu\nnonvoluntary_ctxt_switches:\t%lu\n", t->nvcsw,
               t->nivcsw);
}

static void show_comm(struct seqbuf *s, struct task *t)
{
    seq_printf(s, "%s\n", t->comm);
}

/* Call @show for the thread @pid, if it is still there. */
static void with_task(struct seqbuf *s, int pid, void (*show)(struct seqbuf *s, struct task *t))
{
    struct task *t = task_find(pid);

    if (!t)
        return;
    show(s, t);
    task_put(t);
}

static void stat_show(struct seqbuf *s, int pid)
{
    with_task(s, pid, show_stat);
}

static void status_show(struct seqbuf *s, int pid)
{
    with_task(s, pid, show_status);
}

static void sched_show(struct seqbuf *s, int pid)
{
    with_task(s, pid, task_sched_show);
}

static void schedstat_of_task_show(struct seqbuf *s, int pid)
{
    with_task(s, pid, task_schedstat_show);
}

static void comm_show(struct seqbuf *s, int pid)
{
    with_task(s, pid, show_comm);
}

static const struct vfs_file files[] = {
    VFS_FILE("/proc/loadavg", proc_loadavg_show),
    VFS_FILE("/proc/stat", proc_stat_show),
    VFS_FILE_PER_ID("/proc/#/comm", task_next_pid, comm_show),
    VFS_FILE_PER_ID("/proc/#/sched", task_next_pid, sched_show),
    VFS_FILE_PER_ID("/proc/#/schedstat", task_next_pid, schedstat_of_task_show),
    VFS_FILE_PER_ID("/proc/#/stat", task_next_pid, stat_show),
    VFS_FILE_PER_ID("/proc/#/status", task_next_pid, status_show),
};

/* procfs_task_register - make the files appear. Context: boot. */
void procfs_task_register(void)
{
    vfs_register(files, ARRAY_SIZE(files));
}

/* ---- ps -------------------------------------------------------------------------------------- */

static void show_priority(struct seqbuf *s, const struct task *t)
{
    if (t->rt_priority)
        seq_printf(s, "%-4s %3d", t->policy == SCHED_RR ? "rr" : "fifo", t->rt_priority);
    else
        seq_printf(s, "%-4s %3d", task_class_name(t), t->nice);
}

static void show_line(struct seqbuf *s, struct task *t)
{
    unsigned long ms = (unsigned long)(task_runtime(t) / 1000000);

    seq_printf(s, "%5d ", t->pid);
    show_priority(s, t);
    seq_printf(s, " %c %4d %4d %4d %6lu.%03lu %s\n", task_state_char(t), t->cpu,
               cpu_to_node(t->cpu), t->nid, ms / 1000, ms % 1000, t->comm);
}

static int ps_command(int argc, char **argv, struct seqbuf *out)
{
    (void)argc;
    (void)argv;
    seq_puts(out, "  PID CLASS PRI S  CPU NODE HOME       TIME NAME\n");
    for (int pid = task_next_pid(0); pid > 0; pid = task_next_pid(pid))
        with_task(out, pid, show_line);
    return 0;
}

MONITOR_COMMAND("ps", "", "list the threads: class, nice or priority, state, CPU, nodes, seconds",
                ps_command);
