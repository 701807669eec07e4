/*
 * sched/spin.c - the command spin: threads that do nothing but run, to see where they go.
 */
#include "kernel/command.h"
#include "kernel/kthread.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/parse.h"
#include "kernel/lib/string.h"
#include "kernel/mutex.h"
#include "mm/node.h"
#include "sched/rq.h"
#include "sched/sched.h"
#include <arch/cpu.h>

#define MAX_SPINNERS 1024

static DEFINE_MUTEX(lock);
/* Protected by lock. */
static struct task *spinners[MAX_SPINNERS];
static int nr_spinners;
static bool all_end; /* read without */

static int spin(void *arg)
{
    (void)arg;
    while (!READ_ONCE(all_end))
        cpu_relax();
    return 0;
}

/* Where they are started, as the arguments say. */
struct place {
    int nid; /* home node, KTHREAD_ANY_NODE */
    int cpu; /* -1: any */
};

static int parse_number(const char *text, int limit, int *value)
{
    uint64_t n;

    if (!text || parse_u64(text, 10, &n, NULL) || n >= (uint64_t)limit)
        return -EINVAL;
    *value = (int)n;
    return 0;
}

/* The arguments behind the number. Returns 0, or -EINVAL after having said why. */
static int parse_place(char **argv, struct place *p, struct seqbuf *out)
{
    *p = (struct place){KTHREAD_ANY_NODE, -1};
    if (!argv[0])
        return 0;
    if (strcmp(argv[0], "--node") == 0 && !parse_number(argv[1], nr_node_ids, &p->nid) &&
        node_online(p->nid) && !argv[2])
        return 0;
    if (strcmp(argv[0], "--cpu") == 0 && !parse_number(argv[1], nr_cpu_ids, &p->cpu) &&
        cpumask_test(&cpu_online_mask, p->cpu) && !argv[2])
        return 0;
    seq_puts(out, "spin:");
    for (int i = 0; argv[i]; i++)
        seq_printf(out, " %s", argv[i]);
    seq_puts(out, ": write --node N or --cpu N, N being one that is online\n");
    return -EINVAL;
}

static int create_one(const struct place *p) __must_hold(lock)
{
    int nid = p->cpu >= 0 ? cpu_to_node(p->cpu) : p->nid;
    struct task *t = kthread_create_on_node(spin, NULL, nid, "spin/%d", nr_spinners);

    if (!t)
        return -ENOMEM;
    if (p->cpu >= 0)
        kthread_bind(t, p->cpu);
    spinners[nr_spinners++] = t;
    return 0;
}

/* Get rid of all but the first @nr, which have not been started. */
static void drop_from(int nr) __must_hold(lock)
{
    while (nr_spinners > nr)
        kthread_stop(spinners[--nr_spinners]);
}

/* All are made before the first is started, or the more there are the longer the next would take. */
static int start(int nr, const struct place *p, struct seqbuf *out) __must_hold(lock)
{
    int first = nr_spinners;

    if (nr > MAX_SPINNERS - nr_spinners) {
        seq_printf(out, "spin: %d run, and %d is the most\n", nr_spinners, MAX_SPINNERS);
        return -ENOSPC;
    }
    for (int i = 0; i < nr; i++) {
        int err = create_one(p);

        if (err) {
            drop_from(first);
            seq_printf(out, "spin: no memory for thread %d of %d; none was started\n", i + 1, nr);
            return err;
        }
    }
    for (int i = first; i < nr_spinners; i++)
        kthread_start(spinners[i]);
    seq_printf(out, "%d spin now; `top` shows where, `spin 0` ends them\n", nr_spinners);
    return 0;
}

/* All are told before the first is waited for: else each one's end would take a round of the others. */
static void stop_all(struct seqbuf *out) __must_hold(lock)
{
    seq_printf(out, "%d stop\n", nr_spinners);
    WRITE_ONCE(all_end, true);
    while (nr_spinners > 0)
        kthread_join(spinners[--nr_spinners]);
    WRITE_ONCE(all_end, false);
}

static int spin_command(int argc, char **argv, struct seqbuf *out)
{
    struct place p;
    int nr, err;

    if (argc < 2 || parse_number(argv[1], MAX_SPINNERS + 1, &nr)) {
        seq_printf(out, "spin: %s: how many threads? write 1 to %d, or 0 to end all\n",
                   argc < 2 ? "no number" : argv[1], MAX_SPINNERS);
        return -EINVAL;
    }
    err = parse_place(argv + 2, &p, out);
    if (err)
        return err;
    mutex_lock(&lock);
    if (nr == 0)
        stop_all(out);
    else
        err = start(nr, &p, out);
    mutex_unlock(&lock);
    return err;
}

MONITOR_COMMAND("spin", "N [--node X|--cpu X]", "start N busy threads; 0 ends all of them",
                spin_command);
