/*
 * sched/bench.c - what switching, waking and starting threads cost, all on one CPU.
 */
#include "kernel/bench.h"
#include "kernel/kthread.h"
#include "kernel/sched.h"
#include <arch/clock.h>

#define NR_TIMES  1000
#define NR_ROUNDS 5

/* Two threads that are bound to one CPU. */
struct pair {
    struct completion ping, pong;
    uint64_t ticks; /* for NR_TIMES, by the first thread */
};

static int answer_yields(void *arg)
{
    (void)arg;
    for (int i = 0; i < NR_TIMES; i++)
        sched_yield();
    return 0;
}

/* Each of our yields is answered by one, so that there are two switches a turn. */
static int measure_yields(void *arg)
{
    struct pair *p = arg;
    uint64_t start;

    sched_yield(); /* until the other one has begun */
    start = clock_ticks();
    for (int i = 0; i < NR_TIMES / 2; i++)
        sched_yield();
    p->ticks = clock_ticks() - start;
    return 0;
}

static int answer_pings(void *arg)
{
    struct pair *p = arg;

    for (int i = 0; i < NR_TIMES + 1; i++) {
        wait_for_completion(&p->ping);
        complete(&p->pong);
    }
    return 0;
}

static void ping(struct pair *p)
{
    complete(&p->ping);
    wait_for_completion(&p->pong);
}

static int measure_pings(void *arg)
{
    struct pair *p = arg;
    uint64_t start;

    ping(p);
    start = clock_ticks();
    for (int i = 0; i < NR_TIMES; i++)
        ping(p);
    p->ticks = clock_ticks() - start;
    return 0;
}

static struct task *start_here(int (*fn)(void *arg), void *arg, int cpu)
{
    struct task *t = kthread_create(fn, arg, "bench");

    if (t) {
        kthread_bind(t, cpu);
        kthread_start(t);
    }
    return t;
}

/* The least ticks of a round, or UINT64_MAX without memory. */
static uint64_t run_pair(int (*measure)(void *arg), int (*respond)(void *arg))
{
    uint64_t least = UINT64_MAX;
    int cpu = raw_this_cpu();

    for (int i = 0; i < NR_ROUNDS; i++) {
        struct pair p;
        struct task *a, *b;

        completion_init(&p.ping);
        completion_init(&p.pong);
        a = start_here(measure, &p, cpu);
        b = a ? start_here(respond, &p, cpu) : NULL;
        if (!b)
            panic("no memory for the threads of a measurement");
        kthread_join(a);
        kthread_join(b);
        least = min(least, p.ticks);
    }
    return least;
}

static void bench_yield(struct seqbuf *out)
{
    seq_printf(out, "BENCH sched.yield ticks=%lu\n",
               (unsigned long)(run_pair(measure_yields, answer_yields) / NR_TIMES));
}

static void bench_pingpong(struct seqbuf *out)
{
    seq_printf(out, "BENCH sched.pingpong ticks=%lu\n",
               (unsigned long)(run_pair(measure_pings, answer_pings) / NR_TIMES));
}

static int nothing(void *arg)
{
    (void)arg;
    return 0;
}

/* From creating a thread to having joined it. */
static int measure_creates(void *arg)
{
    uint64_t *least = arg;
    int cpu = raw_this_cpu();

    for (int i = 0; i < NR_ROUNDS * 4; i++) {
        uint64_t start = clock_ticks();
        struct task *t = start_here(nothing, NULL, cpu);

        if (!t)
            panic("no memory for the thread of a measurement");
        kthread_join(t);
        *least = min(*least, clock_ticks() - start);
    }
    return 0;
}

/*
 * Creator and created are bound to one CPU, like the pairs. Where they may choose, one of them wakes up
 * an idle CPU, and what is counted then is how long it takes until QEMU lets that one run.
 */
static void bench_create(struct seqbuf *out)
{
    uint64_t least = UINT64_MAX;
    struct task *t = start_here(measure_creates, &least, raw_this_cpu());

    if (!t)
        panic("no memory for the threads of a measurement");
    kthread_join(t);
    seq_printf(out, "BENCH sched.create ticks=%lu\n", (unsigned long)least);
}

BENCH("sched.create", bench_create);
BENCH("sched.pingpong", bench_pingpong);
BENCH("sched.yield", bench_yield);
