/*
 * tests/kernel/soak.c - the command soak: everything at once, for as long as one likes.
 *
 * THEORY
 *
 * Kinds of workers (struct soak_kind) each do one thing again and again: take and free pages, create
 * and end threads, wait for each other, call other CPUs, remap pages under them, read all files. Some of them
 * are hogs: again and again they take all memory, so that the others meet kswapd, direct reclaim and the OOM
 * killer, and allocations that fail; for that there are a file that is larger than memory and a shrinker. What
 * they do next is pseudo-random, from a seed that is printed. When two of them meet is chance, and the
 * reason for all this; the same seed makes the same choices, not the same encounters.
 *
 * A worker checks what it can see itself: a pattern in its page, a sum, that a sleep was long enough.
 * Meanwhile the thread of the command, which is of the real-time class so that it comes to run, looks
 * once a second at the whole:
 *
 *     each run queue                Q1 to Q6 (sched/rq_verify.c)
 *     nodes, zones, free pages      V1 to V7, B1 to B5 (mm/numa_verify.c)
 *     CPUs' page lists              L1, L2 (mm/pcp_lists.c)
 *     the page cache's lists        L1, L2 (mm/lru.c)
 *     scheduling domains            D1 to D13 (sched/verify.c)
 *     each worker                   got on since it was looked at MAX_LOOKS times, over MAX_STILL_NS
 *     kernel/bug.h                  no report came
 *
 * A round takes ROUND_SECONDS. Then all workers end and are joined, and nothing may be left of them: each
 * node has as many free pages as before, there are as many threads and stacks as before. The next round
 * begins with other numbers. Within a round busy times and lazy ones, in which CPUs go idle, take turns.
 *
 * The first failure ends it.
 *
 * LOCKING  A worker's structure is its own, but for what soak.h says. `stopping`, `lazy` and the count of
 *          failures are single words.
 */
#include "tests/kernel/soak.h"
#include "kernel/backtrace.h"
#include "kernel/command.h"
#include "kernel/console.h"
#include "kernel/cpu.h"
#include "kernel/ktest.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/glob.h"
#include "kernel/lib/parse.h"
#include "kernel/printk.h"
#include "kernel/timer.h"
#include "mm/kstack.h"
#include "mm/lru.h"
#include "mm/numa_verify.h"
#include "mm/slab.h"
#include "sched/domains.h"
#include "sched/rq_verify.h"
#include "sched/sched.h"
#include <arch/clock.h>
#include <arch/vm.h>

#define MAX_WORKERS      256    /* with their children fewer than there are prepared stacks */
#define PAGES_EACH       1024u  /* so many free pages are wanted for each CPU that is counted */
#define MAX_SECONDS      604800 /* a week */
#define ROUND_SECONDS    60
#define STATUS_SECONDS   10
#define PHASE_SECONDS    5
#define LOOK_NS          NS_PER_S
#define MAX_STILL_NS     (30 * NS_PER_S)
#define MAX_LOOKS        30
#define MANY_CPUS        32  /* with more, verifying the domains takes long, */
#define DOMAINS_EVERY    10  /* and is done once in so many looks */
#define MAX_BEGINS       100 /* tries to begin, */
#define BEGIN_MS         100 /* so far apart */
#define MAX_REPORTS      20  /* failures that are logged */
#define CHECKER_PRIORITY 95  /* SCHED_FIFO */
#define TEST_SEED        1

static const struct soak_kind *const kinds[] = {
    &soak_pages,  &soak_stacks,   &soak_remap, &soak_kthreads, &soak_movers,    &soak_rt,
    &soak_pairs,  &soak_crowds,   &soak_items, &soak_locks,    &soak_timers,    &soak_sleepers,
    &soak_calls,  &soak_spinners, &soak_files, &soak_tracer,   &soak_log,       &soak_objects,
    &soak_caches, &soak_areas,    &soak_hogs,  &soak_cache,    &soak_shrinkers, &soak_urgent,
    &soak_tight,  &soak_knobs,
};

#define NR_KINDS ((int)ARRAY_SIZE(kinds))

static struct soak_worker *workers[MAX_WORKERS];
static int nr_workers;
static unsigned long nr_ops[NR_KINDS]; /* of the workers of earlier rounds */

static bool stopping;
static bool lazy;
static unsigned long nr_failures; /* atomic */

/* ---- for the workers ------------------------------------------------------------------------- */

/* soak_goes_on - contract in the header. */
bool soak_goes_on(void)
{
    return !READ_ONCE(stopping);
}

/* soak_fail - contract in the header. */
void soak_fail(const struct soak_worker *w, const char *fmt, ...)
{
    char text[256];
    struct seqbuf s;
    va_list args;

    if (__atomic_fetch_add(&nr_failures, 1, __ATOMIC_SEQ_CST) >= MAX_REPORTS)
        return;
    seqbuf_init(&s, text, sizeof(text));
    if (w)
        seq_printf(&s, "%s/%d: ", w->kind->name, w->index);
    va_start(args, fmt);
    seq_vprintf(&s, fmt, args);
    va_end(args);
    pr_err("soak: %s", seqbuf_str(&s));
}

static bool has_failed(void)
{
    return __atomic_load_n(&nr_failures, __ATOMIC_SEQ_CST) != 0;
}

/* soak_random - contract in the header. @limit is not 0. */
uint64_t soak_random(struct soak_worker *w, uint64_t limit)
{
    return rng_next(&w->rng) % limit;
}

/* soak_one_in - contract in the header. */
bool soak_one_in(struct soak_worker *w, unsigned n)
{
    return soak_random(w, n) == 0;
}

/* soak_random_node - contract in the header. */
int soak_random_node(struct soak_worker *w)
{
    uint64_t skip = soak_random(w, (unsigned)nodemask_weight(&node_states[N_ONLINE]));
    int nid = nodemask_first(&node_states[N_ONLINE]);

    while (skip-- > 0)
        nid = nodemask_next(&node_states[N_ONLINE], nid);
    return nid;
}

/* soak_random_cpu - contract in the header. */
int soak_random_cpu(struct soak_worker *w)
{
    uint64_t skip = soak_random(w, (unsigned)cpumask_weight(&cpu_online_mask));
    int cpu = cpumask_first(&cpu_online_mask);

    while (skip-- > 0)
        cpu = cpumask_next(&cpu_online_mask, cpu);
    return cpu;
}

/* soak_random_cpus - contract in the header. Mostly few, sometimes all. */
cpumask_t soak_random_cpus(struct soak_worker *w)
{
    cpumask_t cpus;

    if (soak_one_in(w, 8))
        return cpu_online_mask;
    cpumask_zero(&cpus);
    do
        cpumask_set(&cpus, soak_random_cpu(w));
    while (!soak_one_in(w, 3));
    return cpus;
}

/* ---- a worker's life ------------------------------------------------------------------------- */

/* Now and then nothing, so that CPUs go idle: seldom in busy times, often in lazy ones. */
static void rest(struct soak_worker *w)
{
    if (READ_ONCE(lazy)) {
        if (soak_one_in(w, 8))
            usleep(soak_random(w, 20000));
    } else if (soak_one_in(w, 256)) {
        usleep(soak_random(w, 5000));
    }
}

/* Hogs may have all memory just now, but not for long. False: no memory ever came, or the end has come. */
static bool begin(struct soak_worker *w)
{
    if (!w->kind->begin)
        return true;
    for (int tries = 0; tries < MAX_BEGINS && soak_goes_on(); tries++) {
        if (w->kind->begin(w))
            return true;
        msleep(BEGIN_MS);
    }
    if (soak_goes_on())
        soak_fail(w, "no memory for what it needs");
    return false;
}

static int work(void *arg)
{
    struct soak_worker *w = arg;
    bool goes_on = begin(w), has_begun = goes_on;

    while (goes_on) {
        goes_on = w->kind->step(w);
        WRITE_ONCE(w->nr_ops, w->nr_ops + 1);
        rest(w);
    }
    if (has_begun && w->kind->end)
        w->kind->end(w);
    __atomic_store_n(&w->has_ended, true, __ATOMIC_RELEASE);
    return 0;
}

/* Numbers that are near to each other give states that aren't: multiplied by 2^64 / golden ratio. */
static uint64_t state_of(uint64_t seed, int kind, int index)
{
    uint64_t x = (seed * 1000 + (unsigned)kind) * 1000 + (unsigned)index + 1;

    x *= 0x9e3779b97f4a7c15ul;
    x ^= x >> 32;
    x *= 0x9e3779b97f4a7c15ul;
    return x ? x : 1;
}

/* Its page and its thread are at home on one node. Returns 0 or -ENOMEM. */
static int make_worker(int kind, int index, uint64_t seed)
{
    struct rng place = {.state = state_of(seed, kind, index)};
    int skip = (int)(rng_next(&place) % (unsigned)nodemask_weight(&node_states[N_ONLINE])), nid;
    struct soak_worker *w;
    struct page *page;

    for_each_online_node (nid) {
        if (skip-- == 0)
            break;
    }
    page = alloc_pages_node(nid, GFP_KERNEL | __GFP_ZERO | __GFP_NOWARN, 0);
    if (!page)
        return -ENOMEM;
    w = page_address(page);
    w->kind = kinds[kind];
    w->index = index;
    w->rng = place;
    w->seen_ns = clock_ns();
    w->task = kthread_create_on_node(work, w, nid, "%s/%d", w->kind->name, index);
    if (!w->task) {
        __free_pages(page, 0);
        return -ENOMEM;
    }
    workers[nr_workers++] = w;
    return 0;
}

/* How many of a kind: by the CPUs, and by memory where there is little. */
static int nr_of_kind(const struct soak_kind *k)
{
    unsigned long nr_free = 0;
    int nid, nr, cpus = cpumask_weight(&cpu_online_mask);

    for_each_online_node (nid)
        nr_free += node_free_pages(nid);
    cpus = min(cpus, (int)(nr_free / PAGES_EACH));
    nr = clamp(cpus / k->cpus_each, k->least, k->most);
    return k->group ? nr - nr % k->group : nr;
}

static int make_kind(int kind, uint64_t seed)
{
    int nr = min(nr_of_kind(kinds[kind]), MAX_WORKERS - nr_workers);
    int err = nr > 0 && kinds[kind]->prepare ? kinds[kind]->prepare(nr) : 0;

    for (int i = 0; i < nr && !err; i++)
        err = make_worker(kind, i, seed);
    return err;
}

/* Those of the kinds that @glob chooses, none started. */
static int make_workers(uint64_t seed, const char *glob)
{
    int err = 0;

    for (int kind = 0; kind < NR_KINDS && !err; kind++)
        if (glob_match(glob, kinds[kind]->name))
            err = make_kind(kind, seed);
    return err;
}

/* All have ended, or not begun. */
static void free_workers(void)
{
    for (int i = 0; i < nr_workers; i++) {
        struct soak_worker *w = workers[i];

        kthread_stop(w->task);
        for (int kind = 0; kind < NR_KINDS; kind++)
            nr_ops[kind] += kinds[kind] == w->kind ? w->nr_ops : 0;
        free_pages((unsigned long)w, 0);
    }
    nr_workers = 0;
    for (int kind = 0; kind < NR_KINDS; kind++)
        if (kinds[kind]->finish)
            kinds[kind]->finish();
}

/* ---- looking at the whole -------------------------------------------------------------------- */

/* What @w does, and where it waits if it does. Its queue's lock keeps it there meanwhile. */
static void show_worker(const struct soak_worker *w)
{
    struct task *t = w->task;
    unsigned long flags;
    struct rq *rq = task_rq_lock(t, &flags);

    pr_err("soak: %s/%d: pid %d, state %c, %s, CPU %d, node %d, class %s, %lu operations",
           w->kind->name, w->index, t->pid, task_state_char(t),
           t->on_rq == TASK_QUEUED ? "queued" : "not queued", rq->cpu, cpu_to_node(rq->cpu),
           t->class->name, w->nr_ops);
    if (!t->on_cpu && t->state != TASK_NEW)
        backtrace_print(LOG_ERR, context_frame(&t->context));
    task_rq_unlock(rq, flags);
}

/* Time alone says nothing where the host doesn't run the machine: it must have been looked at, too. */
static void check_progress(struct soak_worker *w)
{
    unsigned long now_ops = READ_ONCE(w->nr_ops);
    uint64_t now = clock_ns();

    if (now_ops != w->seen_ops || __atomic_load_n(&w->has_ended, __ATOMIC_ACQUIRE)) {
        w->seen_ops = now_ops;
        w->looks_since = 0;
        w->seen_ns = now;
        return;
    }
    if (++w->looks_since < MAX_LOOKS || now - w->seen_ns < MAX_STILL_NS)
        return;
    soak_fail(w, "it hasn't got on for %lu s", (unsigned long)((now - w->seen_ns) / NS_PER_S));
    show_worker(w);
    w->looks_since = 0;
}

static void check_queues(void)
{
    int cpu;

    for_each_cpu (cpu, &cpu_online_mask)
        rq_verify(cpu_rq(cpu));
}

/* What the page cache and the CPUs have. */
static void check_lists(void)
{
    unsigned wrong = pcp_verify();
    int nid;

    if (wrong)
        soak_fail(NULL, "L1 or L2 of mm/pcp_lists.c is broken in %u lists", wrong);
    for_each_node_mask (nid, &node_states[N_MEMORY]) {
        if (lru_verify(NODE_DATA(nid)) != 0)
            soak_fail(NULL, "L1 or L2 of mm/lru.c is broken in node %d", nid);
    }
}

/* Reports that came are counted by the machine, not here: what matters is whether there are any. */
static void check_machine(unsigned nr_looks)
{
    check_queues();
    numa_verify();
    check_lists();
    if (cpumask_weight(&cpu_online_mask) <= MANY_CPUS || nr_looks % DOMAINS_EVERY == 0)
        sched_domains_check();
}

static void check_reports(unsigned long before)
{
    unsigned long now = report_count();

    if (now != before)
        soak_fail(NULL, "%lu reports came, the last: %s", now - before, report_last());
}

static void check_workers(void)
{
    for (int i = 0; i < nr_workers; i++)
        check_progress(workers[i]);
}

static bool all_have_ended(void)
{
    for (int i = 0; i < nr_workers; i++)
        if (!__atomic_load_n(&workers[i]->has_ended, __ATOMIC_ACQUIRE))
            return false;
    return true;
}

/* ---- what is left over ----------------------------------------------------------------------- */

/* The machine before a round. */
static struct {
    struct free_counts free;
    int nr_tasks;
    unsigned nr_stacks;
    size_t table_bytes;
    unsigned long nr_reports;
} before;

static void note_before(void)
{
    kmem_cache_drain_all();
    free_counts_take(&before.free);
    before.nr_tasks = task_nr();
    before.nr_stacks = kstack_nr_used();
    before.table_bytes = vm_table_bytes();
    before.nr_reports = report_count();
}

static bool is_as_before(void)
{
    int nid;

    kmem_cache_drain_all();
    drain_all_pages(NULL);
    for_each_online_node (nid)
        if (node_free_pages(nid) != before.free.pages[nid])
            return false;
    return task_nr() == before.nr_tasks && kstack_nr_used() == before.nr_stacks;
}

/* Threads that nobody joins take a while to go. */
static void await_detached(void)
{
    uint64_t end = clock_ns() + MAX_STILL_NS;

    for (int looks = 0; !is_as_before() && (looks < MAX_LOOKS || clock_ns() < end); looks++)
        msleep(20);
}

static void check_leaks(void)
{
    int nid;

    await_detached();
    if (task_nr() != before.nr_tasks || kstack_nr_used() != before.nr_stacks)
        soak_fail(NULL, "there were %d threads and %u stacks, and there are %d and %u",
                  before.nr_tasks, before.nr_stacks, task_nr(), kstack_nr_used());
    if (vm_table_bytes() != before.table_bytes)
        soak_fail(NULL, "page tables took %zu bytes, and take %zu", before.table_bytes,
                  vm_table_bytes());
    for_each_online_node (nid) {
        unsigned long now = exact_free_pages(nid);

        if (now != before.free.pages[nid])
            soak_fail(NULL, "node %d had %lu free pages, and has %lu", nid, before.free.pages[nid],
                      now);
    }
}

/* ---- a round --------------------------------------------------------------------------------- */

/* How short of memory was it? */
static const struct {
    enum vm_event_item item;
    const char *name;
} pressure_events[] = {
    {PAGEOUTRUN, "pageoutrun"},
    {PGSTEAL_KSWAPD, "pgsteal_kswapd"},
    {PGSTEAL_DIRECT, "pgsteal_direct"},
    {ALLOCSTALL_NORMAL, "allocstall_normal"},
    {OOM_KILL, "oom_kill"},
};

/* One `soak` on its way. */
struct soak {
    const char *glob; /* of kinds */
    struct seqbuf *out;
    uint64_t begin_ns, end_ns;
    uint64_t status_ns; /* when the next line is due */
    unsigned nr_looks;
    bool ended_by_key;
    unsigned long events[ARRAY_SIZE(pressure_events)]; /* before it */
};

static unsigned long seconds_of(const struct soak *s)
{
    return (unsigned long)((clock_ns() - s->begin_ns) / NS_PER_S);
}

/* Operations of all workers of a kind so far. */
static unsigned long ops_of(int kind)
{
    unsigned long nr = nr_ops[kind];

    for (int i = 0; i < nr_workers; i++)
        nr += workers[i]->kind == kinds[kind] ? READ_ONCE(workers[i]->nr_ops) : 0;
    return nr;
}

static void print_status(struct soak *s)
{
    s->status_ns += STATUS_SECONDS * NS_PER_S;
    seq_printf(s->out, "soak: %lu s:", seconds_of(s));
    for (int kind = 0; kind < NR_KINDS; kind++)
        seq_printf(s->out, " %s %lu", kinds[kind]->name, ops_of(kind));
    seq_putc(s->out, '\n');
    seqbuf_flush(s->out);
}

static void look(struct soak *s)
{
    msleep(LOOK_NS / NS_PER_MS);
    WRITE_ONCE(lazy, seconds_of(s) / PHASE_SECONDS % 2 != 0);
    check_machine(s->nr_looks++);
    check_workers();
    check_reports(before.nr_reports);
    if (clock_ns() >= s->status_ns)
        print_status(s);
    while (console_is_interactive() && console_getc() >= 0)
        s->ended_by_key = true;
}

/* Wait until they have, as long as they get on. False: some don't. */
static bool stop_workers(void)
{
    uint64_t end = clock_ns() + MAX_STILL_NS;

    WRITE_ONCE(stopping, true);
    for (int looks = 0; !all_have_ended(); looks++) {
        if (looks >= MAX_LOOKS && clock_ns() > end)
            return false;
        msleep(100);
    }
    return true;
}

static void show_standing(void)
{
    for (int i = 0; i < nr_workers; i++) {
        if (__atomic_load_n(&workers[i]->has_ended, __ATOMIC_ACQUIRE))
            continue;
        soak_fail(workers[i], "it doesn't end");
        show_worker(workers[i]);
    }
}

/* From making the workers until nothing is left of them. False: some don't end, and stay. */
static bool run_round(struct soak *s, uint64_t seed)
{
    uint64_t end = min(clock_ns() + ROUND_SECONDS * NS_PER_S, s->end_ns);
    int err;

    note_before();
    WRITE_ONCE(stopping, false);
    err = make_workers(seed, s->glob);
    if (err)
        soak_fail(NULL, "no memory for worker %d", nr_workers);
    for (int i = 0; i < nr_workers && !err; i++)
        kthread_start(workers[i]->task);
    while (!has_failed() && !s->ended_by_key && clock_ns() < end)
        look(s);
    if (!err && !stop_workers()) {
        show_standing();
        return false;
    }
    free_workers();
    check_leaks();
    check_machine(0);
    check_reports(before.nr_reports);
    return true;
}

/* ---- the command ----------------------------------------------------------------------------- */

static void run_rounds(struct soak *s, uint64_t seed)
{
    bool clean = true;

    do
        clean = run_round(s, seed++);
    while (clean && !has_failed() && !s->ended_by_key && clock_ns() < s->end_ns);
}

static void print_result(const struct soak *s)
{
    unsigned long ops = 0;

    for (int kind = 0; kind < NR_KINDS; kind++)
        ops += ops_of(kind);
    if (s->ended_by_key)
        seq_puts(s->out, "soak: ended by a key\n");
    seq_puts(s->out, "soak: memory pressure:");
    for (size_t i = 0; i < ARRAY_SIZE(pressure_events); i++)
        seq_printf(s->out, " %s %lu", pressure_events[i].name,
                   vm_event_sum(pressure_events[i].item) - s->events[i]);
    seq_putc(s->out, '\n');
    seq_printf(s->out, "soak: %lu seconds, %lu operations, %lu failures\n", seconds_of(s), ops,
               nr_failures);
}

/* soak_run - contract in the header. Context: a thread; one at a time; the checker is that thread. */
unsigned long soak_run(unsigned seconds, uint64_t seed, const char *glob, struct seqbuf *out)
{
    uint64_t now = clock_ns();
    struct soak s = {.glob = glob,
                     .out = out,
                     .begin_ns = now,
                     .end_ns = now + seconds * NS_PER_S,
                     .status_ns = now + STATUS_SECONDS * NS_PER_S};
    enum sched_policy policy = current->policy;
    int priority = current->rt_priority;

    nr_failures = 0;
    for (size_t i = 0; i < ARRAY_SIZE(pressure_events); i++)
        s.events[i] = vm_event_sum(pressure_events[i].item);
    for (int kind = 0; kind < NR_KINDS; kind++)
        nr_ops[kind] = 0;
    if (nr_workers > 0) {
        soak_fail(NULL, "threads of an earlier soak still stand; start the machine anew");
        return nr_failures;
    }
    sched_setscheduler(current, SCHED_FIFO, CHECKER_PRIORITY);
    run_rounds(&s, seed);
    sched_setscheduler(current, policy, priority);
    print_result(&s);
    return nr_failures;
}

static bool any_kind_fits(const char *glob)
{
    for (int kind = 0; kind < NR_KINDS; kind++)
        if (glob_match(glob, kinds[kind]->name))
            return true;
    return false;
}

static int refuse_kind(const char *glob, struct seqbuf *out)
{
    seq_printf(out, "soak: %s: no kind of worker; there are", glob);
    for (int kind = 0; kind < NR_KINDS; kind++)
        seq_printf(out, " %s", kinds[kind]->name);
    seq_putc(out, '\n');
    return -EINVAL;
}

static int soak_command(int argc, char **argv, struct seqbuf *out)
{
    const char *glob = argc > 3 ? argv[3] : "*";
    uint64_t seconds, seed = clock_ticks();

    if (argc < 2 || argc > 4 || parse_u64(argv[1], 10, &seconds, NULL) || seconds == 0 ||
        seconds > MAX_SECONDS) {
        seq_printf(out, "soak: for how many seconds? 1 to %d\n", MAX_SECONDS);
        return -EINVAL;
    }
    if (argc > 2 && parse_u64(argv[2], 0, &seed, NULL)) {
        seq_printf(out, "soak: %s: the seed is a number\n", argv[2]);
        return -EINVAL;
    }
    if (!any_kind_fits(glob))
        return refuse_kind(glob, out);
    seq_printf(out, "soak: `soak %lu %lu %s` makes the same choices again%s\n",
               (unsigned long)seconds, (unsigned long)seed, glob,
               console_is_interactive() ? "; any key ends it" : "");
    seqbuf_flush(out);
    return soak_run((unsigned)seconds, seed, glob, out) ? 1 : 0;
}

MONITOR_COMMAND("soak", "SECONDS [SEED]",
                "everything at once, with all invariants checked all along", soak_command);

/* What only goes wrong when everything happens at the same time. `make soak` does it for longer. */
KTEST_SLOW(soak, two_seconds_of_everything_at_once_leave_nothing_behind)
{
    char unused[2];
    struct seqbuf out;

    seqbuf_init(&out, unused, sizeof(unused));
    KEXPECT_EQ(0, soak_run(2, TEST_SEED, "*", &out));
}
