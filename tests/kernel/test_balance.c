/*
 * tests/kernel/test_balance.c - threads spread over the machine at hand, and come home.
 *
 * All is judged by numbers of threads, which are looked at again until they are right or LIMIT_NS
 * have passed: virtual CPUs get their turn when the host pleases. That something does not happen is
 * shown by giving the balancer many occasions, and not by waiting for a while.
 */
#include "kernel/ktest.h"
#include "mm/node.h"
#include "sched/balance.h"
#include "sched/load.h"
#include "sched/sched.h"
#include "tests/kernel/spinners.h"

#define MANY_LOOKS 20 /* more than the failures after which even a running thread must go */
#define SOME       16 /* CPUs; with more of them it takes too long for every day */
#define MOST       64 /* larger machines are filled in part */

static void unpark_balancer(void *unused)
{
    (void)unused;
    kbalance_unpark();
}

/* Until the test is over. */
static void park_balancer(void)
{
    kbalance_park();
    ktest_defer(unpark_balancer, NULL);
}

static int first_online(void)
{
    return cpumask_first(&cpu_online_mask);
}

static bool is_alone(void)
{
    return !sched_domains.base[first_online()];
}

/* By how many threads the fullest CPU of @cpus is ahead of the emptiest. */
static int spread(const cpumask_t *cpus, const unsigned char *nr_on)
{
    int high = 0, low = MAX_SPINNERS, cpu;

    for_each_cpu (cpu, cpus) {
        high = max(high, (int)nr_on[cpu]);
        low = min(low, (int)nr_on[cpu]);
    }
    return high - low;
}

/* Has no CPU two threads more than another one of its domains? */
static bool is_even(void)
{
    static unsigned char nr_on[NR_CPUS];
    const struct sched_domain *sd;
    int cpu;

    for_each_cpu (cpu, &cpu_online_mask)
        nr_on[cpu] = (unsigned char)spinners_on(cpu);
    for_each_cpu (cpu, &cpu_online_mask) {
        for_each_domain (cpu, sd) {
            if (sd->balance_cpu == cpu && spread(&sd->span, nr_on) > 1)
                return false;
        }
    }
    return true;
}

/*
 * This thread, which looks on, is of the real-time class meanwhile: those have no weight in the loads that
 * are compared. Else it could be what keeps the last thread from leaving its home for where it looks on.
 */
static void look_on_from_outside(bool yes)
{
    KEXPECT_EQ(0, yes ? sched_setscheduler(current, SCHED_FIFO, 2)
                      : sched_setscheduler(current, SCHED_NORMAL, 0));
}

/* From the worst start, all of @nr threads on one CPU, to an even one. */
static bool becomes_even(int nr)
{
    bool ok = spinners_start_on(nr, first_online(), &cpu_online_mask);

    look_on_from_outside(true);
    ok = ok && KEXPECT(becomes_true(is_even()));
    look_on_from_outside(false);
    if (!ok)
        spinners_show();
    return ok;
}

/* Otherwise a machine of many CPUs would be no faster than one of a single CPU. */
KTEST_SLOW(balance, threads_spread_from_the_worst_start)
{
    KSKIP_IF(is_alone(), "the CPU has nobody to balance with");
    becomes_even(min(2 * nr_online_cpus(), MOST));
}

/* Otherwise a CPU would stand idle while threads wait, if there are enough for everyone. */
KTEST_SLOW(balance, no_cpu_stays_idle_while_threads_wait)
{
    int most = 0, cpu;

    KSKIP_IF(is_alone(), "the CPU has nobody to balance with");
    KASSERT(becomes_even(min(nr_online_cpus(), MOST)));
    for_each_cpu (cpu, &cpu_online_mask)
        most = max(most, spinners_on(cpu));
    KEXPECT_EQ(1, most);
}

/* Let every domain be looked at @nr times by those who do it, and threads be sent home. */
static void look_at_all(int nr)
{
    struct sched_domain *sd;
    int cpu;

    while (nr-- > 0) {
        for_each_cpu (cpu, &cpu_online_mask) {
            for_each_domain (cpu, sd) {
                if (sd->balance_cpu == cpu)
                    balance_domain(sd, cpu, CPU_NOT_IDLE);
            }
            balance_send_home(cpu);
        }
    }
}

/* Two looks at everything: did the second find nothing more to do? */
static bool is_settled(void)
{
    unsigned long moves;

    look_at_all(1);
    moves = spinners_moves();
    look_at_all(1);
    return spinners_moves() == moves;
}

/* Have the queues been as long as they are for so long that their averages say so, too? */
static bool averages_are_up(void)
{
    int cpu;

    for_each_cpu (cpu, &cpu_online_mask) {
        const struct rq *rq = cpu_rq(cpu);

        if (load_value(&rq->avg) * 10 < READ_ONCE(rq->fair.weight) * 9)
            return false;
    }
    return true;
}

/* Once nothing moves any more, threads don't change their node however often one looks. */
static void expect_no_far_moves(void)
{
    unsigned long moves;

    look_on_from_outside(true);
    if (KEXPECT(becomes_true(averages_are_up() && is_settled()))) {
        moves = spinners_node_moves();
        look_at_all(MANY_LOOKS);
        KEXPECT_EQ(moves, spinners_node_moves());
    }
    look_on_from_outside(false);
}

/*
 * The balancer is stopped, and the test looks in its place: at everything, again and again, while each
 * CPU has a thread that waits. Otherwise threads would pay for far memory again and again, and nobody
 * would gain.
 */
KTEST(balance, balanced_threads_stay_on_their_nodes)
{
    int cpu;

    KSKIP_IF(is_alone(), "the CPU has nobody to balance with");
    KSKIP_IF(nr_online_cpus() > SOME, "more than %d CPUs", SOME);
    park_balancer();
    for_each_cpu (cpu, &cpu_online_mask)
        KASSERT(spinners_start_on(2, cpu, &cpu_online_mask));
    expect_no_far_moves();
}

/* The same after threads have come from one CPU, so that most of them are away from home. */
KTEST_SLOW(balance, threads_that_have_spread_stay_on_their_nodes)
{
    KSKIP_IF(is_alone(), "the CPU has nobody to balance with");
    KSKIP_IF(2 * nr_online_cpus() > MAX_SPINNERS, "more than %d CPUs", MAX_SPINNERS / 2);
    if (becomes_even(2 * nr_online_cpus()))
        expect_no_far_moves();
}

static unsigned nr_failed_looks(void)
{
    const struct sched_domain *sd;
    unsigned nr = 0;
    int cpu;

    for_each_cpu (cpu, &cpu_online_mask) {
        for_each_domain (cpu, sd) {
            for (int i = 0; i < CPU_MAX_IDLE_TYPES; i++)
                nr += sd->stats.lb[i].lb_failed;
        }
    }
    return nr;
}

/* Otherwise whoever binds threads to a CPU, for measuring, would find them elsewhere. */
KTEST(balance, bound_threads_are_left_where_they_are)
{
    int first = first_online();
    cpumask_t one = cpumask_of(first);
    unsigned failed = nr_failed_looks();

    KSKIP_IF(is_alone(), "the CPU has nobody to balance with");
    KASSERT(spinners_start_on(4, first, &one));
    KEXPECT(becomes_true((look_at_all(1), nr_failed_looks() >= failed + MANY_LOOKS)));
    KEXPECT_EQ(nr_spinners, spinners_on(first));
    KEXPECT_EQ(0, spinners_moves());
}

/* A CPU that is not near the memory of @nid, or NR_CPUS. */
static int cpu_away_from(const cpumask_t *home)
{
    cpumask_t away;

    cpumask_andnot(&away, &cpu_online_mask, home);
    return cpumask_first(&away);
}

/* A thread of node @nid that was pushed away to another node comes back. */
static void expect_return(int nid)
{
    cpumask_t there, home;
    int away;

    if (!spinner_start(nid, &cpu_online_mask))
        return;
    home = *sched_home_cpus(spinners[0]);
    away = cpu_away_from(&home);
    if (away < NR_CPUS) {
        there = cpumask_of(away);
        KEXPECT_EQ(0, set_cpus_allowed(spinners[0], &there));
        KEXPECT_EQ(away, READ_ONCE(spinners[0]->cpu));
        KEXPECT_EQ(0, set_cpus_allowed(spinners[0], &cpu_online_mask));
        if (!KEXPECT(becomes_true(spinners_on_cpus(&home) == 1)))
            spinners_show();
    }
    spinners_stop();
}

/* Otherwise a thread that was pushed away once would reach for far memory as long as it lives. */
KTEST(balance, a_thread_returns_to_its_home_node)
{
    int home = cpu_to_node(first_online());
    cpumask_t cpus = online_cpus_of(home);

    KSKIP_IF(cpu_away_from(&cpus) == NR_CPUS, "all CPUs are of one node");
    expect_return(home);
}

/* Otherwise nobody would keep threads near memory that has no CPUs of its own. */
KTEST(balance, a_thread_of_a_node_without_cpus_returns_to_the_nearest)
{
    int nid, nr = 0;

    for_each_online_node (nid) {
        cpumask_t cpus = online_cpus_of(nid);

        if (!cpumask_empty(&cpus) || nr++ > 1)
            continue;
        expect_return(nid);
    }
    KSKIP_IF(nr == 0, "each node has CPUs");
}

static unsigned long nr_balancer_turns(void)
{
    unsigned long nr = 0;
    int pid;

    for (pid = task_next_pid(0); pid >= 0; pid = task_next_pid(pid)) {
        struct task *t = task_find(pid);

        if (t && is_balancer(t->cpu, t))
            nr += READ_ONCE(t->nr_picked);
        if (t)
            task_put(t);
    }
    return nr;
}

static bool balancers_rest(void)
{
    unsigned long turns = nr_balancer_turns();

    msleep(250);
    return nr_balancer_turns() == turns;
}

/* Otherwise large machines would never be idle: with a CPU each, 64 nodes would ask one another. */
KTEST(balance, nobody_balances_where_nobody_waits)
{
    KSKIP_IF(nr_online_cpus() == 1, "one CPU");
    KEXPECT(becomes_true(balancers_rest()));
}

/* ---- newly idle ------------------------------------------------------------------------------ */

static struct sched_domain *domain_of(int cpu, int other)
{
    struct sched_domain *sd;

    for_each_domain (cpu, sd) {
        if (cpumask_test(&sd->span, other))
            return sd;
    }
    return NULL;
}

static unsigned nr_newly_idle(const struct sched_domain *sd)
{
    return sd->stats.lb[CPU_NEWLY_IDLE].lb_gained;
}

/*
 * A thread keeps @cpu busy for a moment; when it ends, the CPU goes idle. It was idle for some time before,
 * too, as from another node nothing comes to a CPU that has just been busy.
 */
static void pass_by(int cpu)
{
    cpumask_t one = cpumask_of(cpu);

    msleep(20);
    if (spinner_start(cpu_to_node(cpu), &one))
        spinner_stop(nr_spinners - 1);
}

/*
 * Nobody balances but CPUs that go idle. Otherwise a thread would wait beside another one although the
 * CPU next to it has just run out of work.
 */
KTEST(balance, a_cpu_that_goes_idle_takes_a_waiting_thread)
{
    int first = first_online(), second;
    struct sched_domain *sd = sched_domains.base[first];
    cpumask_t both;
    unsigned before;

    KSKIP_IF(!sd, "the CPU has nobody to balance with");
    second = cpumask_next(&sd->span, first);
    second = second < NR_CPUS ? second : cpumask_first(&sd->span);
    sd = domain_of(second, first);
    KSKIP_IF(!sd, "CPU %d doesn't see CPU %d", second, first);
    both = cpumask_of(first);
    cpumask_set(&both, second);
    park_balancer();
    before = nr_newly_idle(sd);
    KASSERT(spinners_start_on(2, first, &both));
    KEXPECT(becomes_true((pass_by(second), spinners_on(second) == 1)));
    KEXPECT(becomes_true(nr_newly_idle(sd) > before)); /* counted last; others may have come, too */
    KEXPECT_EQ(1, spinners_moves());
}

/* The first CPU of @sd that isn't of its child, nor of its own group. */
static int cpu_out_of_child(const struct sched_domain *sd)
{
    cpumask_t rest;

    cpumask_andnot(&rest, &sd->span, &sd->child->span);
    return cpumask_first(&rest);
}

/* Two threads wait, one near @taker and one far from it; @taker is to take one when it goes idle. */
struct offer {
    int taker, near, far;
    struct sched_domain *sd; /* of @taker, with @near and without @far */
};

static bool find_offer(struct offer *o)
{
    o->taker = first_online();
    o->sd = sched_domains.base[o->taker];
    if (!o->sd || !o->sd->parent)
        return false;
    o->near = cpumask_next(&o->sd->span, o->taker);
    o->far = cpu_out_of_child(o->sd->parent);
    return o->near < NR_CPUS && o->far < NR_CPUS;
}

static bool start_offer(const struct offer *o)
{
    cpumask_t with_far = cpumask_of(o->taker), with_near = with_far;

    cpumask_set(&with_far, o->far);
    cpumask_set(&with_near, o->near);
    return spinners_start_on(2, o->far, &with_far) && spinners_start_on(2, o->near, &with_near);
}

/*
 * Let the CPU go idle until it takes a thread. True if that comes from near. It may come from afar if
 * what is near was refused, as it had just run: then all starts anew, and the answer is false.
 */
static bool takes_from_near(const struct offer *o)
{
    unsigned refused;

    if (!start_offer(o)) {
        spinners_stop();
        return false;
    }
    do {
        refused = o->sd->stats.lb[CPU_NEWLY_IDLE].lb_failed;
        pass_by(o->taker);
    } while (spinners_on(o->taker) == 0);
    if (spinners_on(o->near) == 1)
        return true;
    KEXPECT(READ_ONCE(o->sd->stats.lb[CPU_NEWLY_IDLE].lb_failed) > refused);
    spinners_stop();
    return false;
}

/* Otherwise a CPU would fetch from afar what its neighbour has to give, and separate it from its memory. */
KTEST(balance, a_cpu_that_goes_idle_takes_from_the_nearest)
{
    struct offer o;

    KSKIP_IF(!find_offer(&o), "no two CPUs at different distances");
    park_balancer();
    KEXPECT(becomes_true(takes_from_near(&o)));
}

/* Otherwise one look that took long would keep a CPU from ever taking a thread again. */
KTEST(balance, cost_of_newly_idle_looks_fades)
{
    int cpu = first_online() == last_online_cpu() ? NR_CPUS : last_online_cpu();
    struct sched_domain *sd;

    KSKIP_IF(cpu == NR_CPUS || !sched_domains.base[cpu], "nobody to balance with");
    sd = sched_domains.base[cpu];
    sd->max_newidle_lb_cost = 60 * NS_PER_S;
    sd->newidle_faded_ns = clock_ns() - 3600 * NS_PER_S;
    KEXPECT(becomes_true((pass_by(cpu), READ_ONCE(sd->max_newidle_lb_cost) < NS_PER_S)));
}

/* ---- files ----------------------------------------------------------------------------------- */

/* Otherwise tools that read the file on Linux would stumble here. */
KTEST(balance, schedstat_has_nine_numbers_a_cpu_and_thirty_six_a_domain)
{
    static char text[64 * 1024];
    struct seqbuf s;
    int words = 0, line = 0, domains = 0;
    const char *p;

    seqbuf_init(&s, text, sizeof(text));
    schedstat_show(&s);
    for (p = seqbuf_str(&s); *p; p++) {
        words += *p == ' ';
        if (*p != '\n')
            continue;
        if (line >= 2 && p > text && words != 9 && words != 1 + 36)
            KEXPECT_EQ(9, words);
        domains += words == 1 + 36;
        words = 0;
        line++;
    }
    KEXPECT(s.overflow || line >= 2 + nr_online_cpus());
    KEXPECT(domains > 0 || is_alone());
}
