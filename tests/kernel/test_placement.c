/*
 * tests/kernel/test_placement.c - where threads begin, and where they wake.
 *
 * The balancers are stopped, so that nothing but sched/affinity.c decides. A CPU that should be idle
 * may have something to do at the moment, be it this test; what is expected must come true within
 * LIMIT_NS of trying again.
 */
#include "kernel/ktest.h"
#include "kernel/wait.h"
#include "mm/node.h"
#include "sched/balance.h"
#include "sched/sched.h"
#include "tests/kernel/spinners.h"

/* A thread that sleeps, wakes, and notes where. */
static struct {
    struct task *task;
    struct completion go, done;
    int cpu;
} sleeper;

static int sleep_and_wake(void *unused)
{
    (void)unused;
    for (;;) {
        wait_for_completion(&sleeper.go);
        if (kthread_should_stop())
            break;
        sleeper.cpu = raw_this_cpu();
        complete(&sleeper.done);
    }
    return 0;
}

static void sleeper_stop(void *unused)
{
    (void)unused;
    complete_all(&sleeper.go);
    kthread_stop(sleeper.task);
}

/* Until the test is over. */
static bool sleeper_start(int nid)
{
    completion_init(&sleeper.go);
    completion_init(&sleeper.done);
    sleeper.task = kthread_create_on_node(sleep_and_wake, NULL, nid, "sleeper");
    if (!KEXPECT(sleeper.task != NULL))
        return false;
    kthread_start(sleeper.task);
    ktest_defer(sleeper_stop, NULL);
    return true;
}

static void wait_until_asleep(void)
{
    while (READ_ONCE(sleeper.task->on_rq) != TASK_NOT_QUEUED)
        sched_yield();
}

/* Wake it, from here; returns where it ran. */
static int sleeper_wake(void)
{
    wait_until_asleep();
    complete(&sleeper.go);
    wait_for_completion(&sleeper.done);
    return sleeper.cpu;
}

/* Let it have run last on @cpu, and sleep; from then on it may run on @mask. */
static void sleeper_put(int cpu, const cpumask_t *mask)
{
    cpumask_t one = cpumask_of(cpu);

    KEXPECT_EQ(0, set_cpus_allowed(sleeper.task, &one));
    KEXPECT_EQ(cpu, sleeper_wake());
    wait_until_asleep();
    KEXPECT_EQ(0, set_cpus_allowed(sleeper.task, mask));
}

static bool wakes_on(int cpu, const cpumask_t *want)
{
    sleeper_put(cpu, &cpu_online_mask);
    return cpumask_test(want, sleeper_wake());
}

/* A node of at least @nr CPUs that isn't @but, or -1. */
static int node_with_cpus(int nr, int but)
{
    int nid;

    for_each_online_node (nid) {
        cpumask_t cpus = online_cpus_of(nid);

        if (nid != but && cpumask_weight(&cpus) >= nr)
            return nid;
    }
    return -1;
}

/* Two nodes, and this thread bound to the one where it wakes others from. */
struct scene {
    int home, other;
    cpumask_t home_cpus, other_cpus;
};

static void scene_end(void *unused)
{
    (void)unused;
    KEXPECT_EQ(0, set_cpus_allowed(current, &cpu_present_mask));
    kbalance_unpark();
}

/* Until the test is over. False: no node of @nr CPUs beside another one. */
static bool scene_begin(struct scene *s, int nr)
{
    s->home = node_with_cpus(nr, -1);
    s->other = s->home < 0 ? -1 : node_with_cpus(1, s->home);
    if (s->other < 0)
        return false;
    s->home_cpus = online_cpus_of(s->home);
    s->other_cpus = online_cpus_of(s->other);
    kbalance_park();
    ktest_defer(scene_end, NULL);
    KEXPECT_EQ(0, set_cpus_allowed(current, &s->other_cpus));
    return true;
}

/* This thread isn't in the way on the other node. */
static void stay_at_home(const struct scene *s)
{
    KEXPECT_EQ(0, set_cpus_allowed(current, &s->home_cpus));
}

/* Each CPU of @cpus gets a thread that stays there. False: there was no memory for one. */
static bool fill(const cpumask_t *cpus)
{
    int cpu;

    for_each_cpu (cpu, cpus) {
        cpumask_t one = cpumask_of(cpu);

        if (!spinner_start(cpu_to_node(cpu), &one))
            return false;
    }
    return true;
}

/* Otherwise a wake-up from afar would take a thread away from its memory, though there is room. */
KTEST(placement, thread_wakes_on_an_idle_cpu_of_its_home_node)
{
    struct scene s;
    cpumask_t busy, idle;

    KSKIP_IF(!scene_begin(&s, 2), "no two nodes, one with two CPUs");
    busy = cpumask_of(cpumask_first(&s.home_cpus));
    cpumask_andnot(&idle, &s.home_cpus, &busy);
    KASSERT(fill(&busy));
    if (sleeper_start(s.home)) {
        KEXPECT(becomes_true(wakes_on(cpumask_first(&busy), &idle)));
    }
}

/* Otherwise data that are still in a cache would be fetched from memory anew. */
KTEST(placement, thread_wakes_where_it_ran_last_if_that_is_idle_and_at_home)
{
    struct scene s;
    cpumask_t last;

    KSKIP_IF(!scene_begin(&s, 1), "one node");
    last = cpumask_of(cpumask_first(&s.home_cpus));
    if (sleeper_start(s.home)) {
        KEXPECT(becomes_true(wakes_on(cpumask_first(&last), &last)));
    }
}

/* Otherwise a thread that was away once would come home only when the balancer finds the time. */
KTEST(placement, thread_that_slept_elsewhere_wakes_at_home)
{
    struct scene s;

    KSKIP_IF(!scene_begin(&s, 1), "one node");
    if (sleeper_start(s.home)) {
        KEXPECT(becomes_true(wakes_on(cpumask_first(&s.other_cpus), &s.home_cpus)));
    }
}

/* The narrowest domain of @cpu has @flag and reaches @other. */
static bool reaches(int cpu, int other, unsigned flag)
{
    const struct sched_domain *sd;

    for_each_domain (cpu, sd) {
        if (cpumask_test(&sd->span, other))
            return sd->flags & flag && sd->weight <= MAX_SPINNERS / 2;
    }
    return false;
}

/* Otherwise it would wait in a full node beside one that is idle, and not far. */
KTEST(placement, thread_of_a_full_node_wakes_on_an_idle_one)
{
    struct scene s;
    cpumask_t idle;
    int last;

    KSKIP_IF(!scene_begin(&s, 1), "one node");
    last = cpumask_first(&s.home_cpus);
    cpumask_andnot(&idle, &cpu_online_mask, &s.home_cpus);
    if (!reaches(last, cpumask_first(&s.other_cpus), SD_WAKE_AFFINE)) {
        ktest_skip("wake-ups don't reach from node %d to node %d", s.home, s.other);
    } else if (sleeper_start(s.home)) {
        stay_at_home(&s);
        KASSERT(fill(&s.home_cpus));
        KEXPECT(becomes_true(wakes_on(last, &idle)));
    }
}

/* Otherwise it would change caches each time, and be no better off. */
KTEST(placement, thread_stays_where_it_ran_last_if_no_cpu_of_its_is_idle)
{
    struct scene s;
    cpumask_t last;

    KSKIP_IF(!scene_begin(&s, 2), "no two nodes, one with two CPUs");
    last = cpumask_of(cpumask_first(&s.home_cpus));
    KASSERT(fill(&s.home_cpus));
    KASSERT(sleeper_start(s.home));
    sleeper_put(cpumask_first(&last), &s.home_cpus);
    KEXPECT(cpumask_test(&last, sleeper_wake()));
}

/* A thread for each CPU of @cpus: has each got one of its own? */
static bool all_get_their_own(int nid, const cpumask_t *cpus)
{
    bool ok = true;
    int cpu;

    for_each_cpu (cpu, cpus)
        ok &= spinner_start(nid, &cpu_online_mask);
    for_each_cpu (cpu, cpus)
        ok &= spinners_on(cpu) == 1;
    spinners_stop();
    return ok;
}

/* Otherwise new threads would queue up, until the balancer comes, beside CPUs that are idle. */
KTEST(placement, new_threads_spread_over_the_idle_cpus_of_their_home_node)
{
    struct scene s;

    KSKIP_IF(!scene_begin(&s, 2), "no two nodes, one with two CPUs");
    KEXPECT(becomes_true(all_get_their_own(s.home, &s.home_cpus)));
}

/* Is a thread whose home is full placed on a CPU that is idle? */
static bool new_one_gets_an_idle_cpu(const struct scene *s)
{
    const cpumask_t *home = &s->home_cpus;
    int i = nr_spinners;
    bool ok = spinner_start(s->home, &cpu_online_mask) &&
              !cpumask_test(home, READ_ONCE(spinners[i]->cpu));

    while (nr_spinners > i)
        spinner_stop(i);
    return ok;
}

/* Otherwise a node that is full would get more and more threads, and its neighbour none. */
KTEST(placement, new_thread_of_a_full_node_begins_on_an_idle_one)
{
    struct scene s;

    KSKIP_IF(!scene_begin(&s, 1), "one node");
    if (!reaches(cpumask_first(&s.home_cpus), cpumask_first(&s.other_cpus), SD_BALANCE_FORK)) {
        ktest_skip("new threads aren't placed as far as from node %d to node %d", s.home, s.other);
    } else {
        stay_at_home(&s);
        KASSERT(fill(&s.home_cpus));
        KEXPECT(becomes_true(new_one_gets_an_idle_cpu(&s)));
    }
}

/* Do as many threads as @cpus have cores get a core each? */
static bool all_get_a_core(int nid, const cpumask_t *cpus)
{
    cpumask_t cores = *cpus, core;
    bool ok = true;
    int cpu;

    for_each_cpu (cpu, &cores) {
        cpumask_andnot(&cores, &cores, &sched_domains.base[cpu]->span);
        cpumask_set(&cores, cpu);
        ok &= spinner_start(nid, &cpu_online_mask);
    }
    for_each_cpu (cpu, &cores) {
        core = sched_domains.base[cpu]->span;
        ok &= spinners_on_cpus(&core) == 1;
    }
    spinners_stop();
    return ok;
}

/* Otherwise two threads would share a core's units while another core has nothing to do. */
KTEST(placement, new_threads_get_a_core_each_while_there_are_any)
{
    struct scene s;
    const struct sched_domain *sd;

    KSKIP_IF(!scene_begin(&s, 4), "no two nodes, one with four CPUs");
    sd = sched_domains.base[cpumask_first(&s.home_cpus)];
    if (!sd || !(sd->flags & SD_SHARE_CPUCAPACITY))
        ktest_skip("cores have one thread");
    else
        KEXPECT(becomes_true(all_get_a_core(s.home, &s.home_cpus)));
}

/* Otherwise threads near memory without CPUs would be spread by chance. */
KTEST(placement, threads_of_a_node_without_cpus_begin_on_the_nearest)
{
    int nid, nr = 0;

    for_each_online_node (nid) {
        cpumask_t cpus = online_cpus_of(nid);

        if (!cpumask_empty(&cpus) || nr > 2 || !spinner_start(nid, &cpu_online_mask))
            continue;
        cpus = *sched_home_cpus(spinners[nr]);
        KEXPECT(cpumask_test(&cpus, READ_ONCE(spinners[nr]->cpu)));
        nr++;
    }
    spinners_stop();
    KSKIP_IF(nr == 0, "each node has CPUs");
}
