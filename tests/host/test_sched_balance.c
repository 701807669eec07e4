/*
 * tests/host/test_sched_balance.c - sched/balance_math.c: worked examples, properties of any two
 * groups, and whole machines that balance themselves by it.
 */
#include "sched/balance_math.h"
#include "tests/host/machine.h"

#define WEIGHT 1024 /* nice 0 */

static struct queue_load group(unsigned nr_cpus, unsigned nr_running)
{
    return (struct queue_load){nr_cpus, nr_running, (uint64_t)nr_running * WEIGHT};
}

static bool pays(unsigned from, unsigned to, unsigned pct)
{
    struct queue_load a = group(1, from), b = group(1, to);

    return balance_pays(&a, &b, WEIGHT, pct);
}

static unsigned imbalance(unsigned cpus, unsigned local, unsigned other_cpus, unsigned other)
{
    struct queue_load a = group(cpus, local), b = group(other_cpus, other);

    return balance_imbalance(&a, &b, 117);
}

/* Otherwise the table at the head of balance_math.c would tell a reader what isn't so. */
HTEST(sched_balance, pays_as_far_as_the_table_says)
{
    static const struct {
        unsigned from, to;
        int distance; /* the last at which it pays */
    } rows[] = {{2, 0, 255}, {3, 1, 255}, {4, 2, 77}, {5, 3, 41}, {6, 4, 21}};

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        for (int distance = 0; distance < 256; distance++)
            EXPECT_EQ(distance <= rows[i].distance,
                      pays(rows[i].from, rows[i].to, balance_tolerance(117, distance)));
    }
    EXPECT(!pays(7, 5, 117));
}

/* Otherwise a far domain would be balanced more eagerly than a near one. */
HTEST(sched_balance, tolerance_grows_with_distance_up_to_a_limit)
{
    EXPECT_EQ(117, balance_tolerance(117, 0));
    EXPECT_EQ(110, balance_tolerance(110, 10));
    EXPECT_EQ(119, balance_tolerance(117, 20));
    EXPECT_EQ(145, balance_tolerance(117, 254));
    EXPECT_EQ(160, balance_tolerance(160, 20));
    EXPECT_EQ(134, balance_tolerance_from_home(119));
    EXPECT_EQ(145, balance_tolerance_from_home(144));
    for (int d = 1; d < 256; d++)
        EXPECT(balance_tolerance(117, d - 1) <= balance_tolerance(117, d));
}

/* Otherwise a full group would keep threads waiting beside an idle CPU, or give away too many. */
HTEST(sched_balance, imbalance_is_what_leaves_each_cpu_within_one_thread_of_the_other)
{
    EXPECT_EQ(7, imbalance(1, 0, 1, 16)); /* 9 and 7 are let be */
    EXPECT_EQ(1, imbalance(2, 1, 2, 3));
    EXPECT_EQ(1, imbalance(2, 3, 2, 5));
    EXPECT_EQ(0, imbalance(2, 3, 2, 4));
    EXPECT_EQ(0, imbalance(2, 0, 2, 2));
    EXPECT_EQ(0, imbalance(8, 8, 1, 2));
    EXPECT_EQ(1, imbalance(8, 7, 1, 2));
    EXPECT_EQ(BALANCE_MAX_MOVES, imbalance(4, 0, 4, 200));
}

/* Otherwise ten threads that want next to nothing would push away one that could use the CPU. */
HTEST(sched_balance, weight_counts_and_not_numbers_where_all_cpus_are_busy)
{
    struct queue_load heavy = {1, 1, 4 * WEIGHT}, light = {1, 20, 20 * 15},
                      two = {1, 2, 6 * WEIGHT};

    EXPECT_EQ(0, balance_imbalance(&heavy, &light, 117));
    EXPECT(!balance_pays(&light, &heavy, 15, 117));
    EXPECT_EQ(1, balance_imbalance(&light, &two, 117));
    EXPECT(balance_pays(&two, &light, 2 * WEIGHT, 117));
}

/* Otherwise a thread would be fetched from a group that is merely the first of the ring. */
HTEST(sched_balance, busiest_group_is_the_one_that_gives_most)
{
    struct balance_choice best = {0};
    struct queue_load local = group(2, 0), some = group(2, 4), most = group(2, 9),
                      same = group(2, 9);

    EXPECT(!balance_consider(&best, &local, &local, 117));
    EXPECT(balance_consider(&best, &local, &some, 117));
    EXPECT(balance_consider(&best, &local, &most, 117));
    EXPECT(!balance_consider(&best, &local, &same, 117));
    EXPECT(!balance_consider(&best, &local, &some, 117));
    EXPECT_EQ(9, best.load.nr_running);
    EXPECT_EQ(4, best.imbalance);
}

/* Otherwise going home would cost the thread, or those that are there, a share of their CPU. */
HTEST(sched_balance, going_home_is_free_where_fewer_threads_are)
{
    struct queue_load none = group(1, 0), one = group(1, 1), two = group(1, 2);
    struct queue_load heavy = {1, 1, 3 * WEIGHT};

    EXPECT(balance_is_free(&one, &none, WEIGHT));
    EXPECT(balance_is_free(&two, &one, WEIGHT));
    EXPECT(!balance_is_free(&one, &one, WEIGHT));
    EXPECT(!balance_is_free(&one, &two, WEIGHT));
    EXPECT(!balance_is_free(&two, &heavy, WEIGHT));
}

/* Otherwise whoever wakes for a moment beside a thread would send it to another node, and back. */
HTEST(sched_balance, going_home_is_not_free_because_of_a_moment)
{
    struct queue_load here = {1, 2, WEIGHT + WEIGHT / 8}, there = group(1, 1);

    EXPECT(!balance_is_free(&here, &there, WEIGHT));
}

/* Otherwise a thread would be sent home, fetched away because that pays, and sent home again. */
HTEST(sched_balance, going_home_never_pays_back)
{
    for (int i = 0; i < 200000; i++) {
        uint64_t weight = 3 + host_random_below(80000);
        struct queue_load from = {1, 1 + host_random_below(9), weight + host_random_below(200000)};
        struct queue_load to = {1, host_random_below(9), host_random_below(200000)};

        if (!balance_is_free(&from, &to, weight))
            continue;
        from = (struct queue_load){1, from.nr_running - 1, from.load - weight};
        to = (struct queue_load){1, to.nr_running + 1, to.load + weight};
        EXPECT(!balance_pays(&to, &from, weight, balance_tolerance(110, 0)));
    }
}

/* Otherwise one look that the host interrupted would end new-idle balancing for ever. */
HTEST(sched_balance, cost_of_a_newly_idle_look_is_limited_and_fades)
{
    uint64_t worst = balance_newidle_cost(0, 20000);

    EXPECT_EQ(20000, worst);
    EXPECT_EQ(20000, balance_newidle_cost(worst, 300));
    worst = balance_newidle_cost(worst, 60ull * 1000000000);
    EXPECT_EQ(500000, worst);
    EXPECT_EQ(500000, balance_fade_cost(worst, 0));
    EXPECT_EQ(494140, balance_fade_cost(worst, 1));
    EXPECT(balance_fade_cost(worst, 60) < worst / 2 + worst / 100);
    EXPECT_EQ(0, balance_fade_cost(worst, 3600));
    EXPECT_EQ(0, balance_fade_cost(worst, UINT64_MAX));
}

/* Otherwise a balanced domain would be looked at as often as one in motion. */
HTEST(sched_balance, interval_doubles_while_balanced_and_starts_over_after_a_move)
{
    EXPECT_EQ(8, balance_next_interval(4, 4, 8, false));
    EXPECT_EQ(8, balance_next_interval(8, 4, 8, false));
    EXPECT_EQ(4, balance_next_interval(8, 4, 8, true));
}

/* Queues of nice 0 threads, one a CPU. */
static struct queue_load look_at_numbers(void *numbers, int cpu, bool as_source)
{
    (void)as_source;
    return group(1, ((const unsigned char *)numbers)[cpu]);
}

/* A domain of the CPUs 0-3 whose own group is 0-1, the other one @other. */
static struct balance_finding find(const char *other, unsigned char *numbers)
{
    static struct sched_group groups[2];
    struct sched_domain sd = {.groups = &groups[0]};
    struct balance_finding f;

    groups[0].next = &groups[1];
    groups[1].next = &groups[0];
    EXPECT_EQ(0, bitmap_parse_list("0-1", groups[0].span.bits, NR_CPUS));
    EXPECT_EQ(0, bitmap_parse_list(other, groups[1].span.bits, NR_CPUS));
    EXPECT_EQ(0, bitmap_parse_list("0-3", sd.span.bits, NR_CPUS));
    balance_find_busiest(&f, &sd, 119, look_at_numbers, numbers);
    return f;
}

/* Otherwise a CPU between two groups would hide that the one behind it is overloaded. */
HTEST(sched_balance, cpus_of_both_groups_are_not_counted_against_themselves)
{
    unsigned char numbers[] = {1, 1, 3, 3};
    struct balance_finding f = find("1-3", numbers);

    EXPECT_EQ(2, f.local.nr_running);
    EXPECT_EQ(6, f.best.load.nr_running);
    EXPECT_EQ(2, f.best.load.nr_cpus);
    EXPECT(!cpumask_test(&f.cpus, 1) && cpumask_test(&f.cpus, 2) && cpumask_test(&f.cpus, 3));
    numbers[2] = numbers[3] = 1;
    numbers[1] = 8;
    EXPECT_EQ(0, find("1-3", numbers).best.imbalance);
}

/* Otherwise, where distances depend on the direction, threads would wait where nobody ever looks. */
HTEST(sched_balance, cpus_of_no_group_are_one_more)
{
    unsigned char numbers[] = {1, 1, 1, 3};
    struct balance_finding f = find("2", numbers);

    EXPECT_EQ(1, f.best.imbalance);
    EXPECT_EQ(3, cpumask_first(&f.cpus));
    EXPECT_EQ(1, cpumask_weight(&f.cpus));
}

/* B2, B3: any two groups, any tolerance. Otherwise the next balancer would move them back again. */
HTEST(sched_balance, no_imbalance_is_ever_inverted)
{
    for (int i = 0; i < 200000; i++) {
        unsigned cpus = 1 + host_random_below(16), other_cpus = 1 + host_random_below(16);
        struct queue_load local = group(cpus, host_random_below(64));
        struct queue_load other = group(other_cpus, host_random_below(64));
        unsigned pct = 110 + host_random_below(60), nr = balance_imbalance(&local, &other, pct);

        local.nr_running += nr;
        other.nr_running -= nr;
        EXPECT(nr == 0 || other.nr_running * cpus >= local.nr_running * other_cpus);
        local = group(cpus, local.nr_running);
        other = group(other_cpus, other.nr_running);
        EXPECT_EQ(0, nr ? balance_imbalance(&other, &local, pct) : 0);
    }
    for (unsigned nr = 0; nr < 100; nr++)
        EXPECT_EQ(0, imbalance(4, 4 * nr, 7, 7 * nr));
}

/* B1, with any weights. Otherwise a thread could go to and fro for ever. */
HTEST(sched_balance, no_move_that_pays_pays_back)
{
    for (int i = 0; i < 200000; i++) {
        uint64_t weight = 3 + host_random_below(80000);
        struct queue_load from = {1, 2 + host_random_below(9), weight + host_random_below(200000)};
        struct queue_load to = {1, host_random_below(9), host_random_below(200000)};
        unsigned pct = 100 + host_random_below(46);

        if (!balance_pays(&from, &to, weight, pct))
            continue;
        from = (struct queue_load){1, from.nr_running - 1, from.load - weight};
        to = (struct queue_load){1, to.nr_running + 1, to.load + weight};
        EXPECT(!balance_pays(&to, &from, weight, pct));
    }
}

/* ---- whole machines -------------------------------------------------------------------------- */

#define MAX_ROUNDS 200

struct simulation {
    struct machine *m;
    struct queue_load queues[NR_CPUS];
    unsigned moves;
};

static int extreme(const struct simulation *s, const cpumask_t *cpus, bool busiest)
{
    int best = cpumask_first(cpus), cpu;

    for_each_cpu (cpu, cpus) {
        const struct queue_load *a = &s->queues[busiest ? cpu : best];

        if (balance_is_busier(a, &s->queues[busiest ? best : cpu]))
            best = cpu;
    }
    return best;
}

static struct queue_load look(void *simulation, int cpu, bool as_source)
{
    const struct simulation *s = simulation;

    (void)as_source;
    return s->queues[cpu];
}

/* What sched/balance.c does with threads, done with their numbers. */
static void balance_domain(struct simulation *s, const struct sched_domain *sd)
{
    unsigned pct = balance_tolerance(sd->imbalance_pct, sd->distance);
    struct balance_finding f;

    balance_find_busiest(&f, sd, pct, look, s);
    for (; f.best.imbalance; f.best.imbalance--) {
        int from = extreme(s, &f.cpus, true), to = extreme(s, &sd->groups->span, false);

        if (!balance_pays(&s->queues[from], &s->queues[to], WEIGHT, pct))
            break;
        s->queues[from] = group(1, s->queues[from].nr_running - 1);
        s->queues[to] = group(1, s->queues[to].nr_running + 1);
        s->moves++;
    }
}

/* Every CPU balances once, those that may. Returns how many threads moved. */
static unsigned balance_all(struct simulation *s)
{
    const struct sched_domain *sd;
    unsigned before = s->moves;
    int cpu;

    for_each_cpu (cpu, &s->m->cpus) {
        for_each_domain_from (sd, s->m->domains.base[cpu]) {
            if (sd->balance_cpu == cpu)
                balance_domain(s, sd);
        }
    }
    return s->moves - before;
}

/* Rounds until nothing moves any more, or MAX_ROUNDS. */
static int settle(struct simulation *s)
{
    int rounds = 0;

    while (rounds < MAX_ROUNDS && balance_all(s))
        rounds++;
    return rounds;
}

/* By how many threads the fullest CPU of the widest domains is ahead of the emptiest. */
static int spread(const struct simulation *s)
{
    const struct sched_domain *sd;
    int cpu, worst = 0;

    for_each_cpu (cpu, &s->m->cpus) {
        for_each_domain_from (sd, s->m->domains.base[cpu]) {
            unsigned high = s->queues[extreme(s, &sd->span, true)].nr_running;
            unsigned low = s->queues[extreme(s, &sd->span, false)].nr_running;

            worst = max(worst, (int)(high - low));
        }
    }
    return worst;
}

static void clear(struct simulation *s)
{
    int cpu;

    for_each_cpu (cpu, &s->m->cpus)
        s->queues[cpu] = group(1, 0);
    s->moves = 0;
}

/* Does each CPU see all others? Where distances depend on the direction it may not. */
static bool all_see_all(const struct machine *m)
{
    const struct sched_domain *sd, *top;
    int cpu;

    for_each_cpu (cpu, &m->cpus) {
        top = NULL;
        for_each_domain_from (sd, m->domains.base[cpu])
            top = sd;
        if (!top || !cpumask_equal(&top->span, &m->cpus))
            return false;
    }
    return true;
}

static void expect_spread(struct simulation *s, const char *name, const char *start, unsigned nr)
{
    int rounds = settle(s);

    if (rounds == MAX_ROUNDS || (all_see_all(s->m) && spread(s) > 1))
        host_fail(__FILE__, __LINE__, "%s, %u threads %s: %d rounds, then %d apart", name, nr,
                  start, rounds, spread(s));
}

/*
 * Otherwise there would be a machine on which CPUs idle while threads wait, or on which threads
 * travel for ever. Up to two threads a CPU; what would be let be of more depends on the distance. Where
 * a CPU doesn't see all others, threads come to rest, and CPUs that go idle do what is left.
 */
HTEST(sched_balance, every_machine_spreads_threads_from_every_start)
{
    static struct simulation s;

    for (size_t i = 0; i < ARRAY_SIZE(linux_machines); i++) {
        const struct linux_machine *l = &linux_machines[i];
        unsigned nr_cpus = (unsigned)l->nr_cpus;

        s.m = machine_of(l);
        ASSERT_EQ(0, build(s.m));
        for (unsigned nr = 1; nr <= 2 * nr_cpus; nr = nr * 3 / 2 + 1) {
            clear(&s);
            s.queues[host_random_below(nr_cpus)] = group(1, nr);
            expect_spread(&s, l->name, "on one CPU", nr);
            clear(&s);
            for (unsigned t = 0; t < nr; t++) {
                struct queue_load *q = &s.queues[host_random_below(nr_cpus)];

                *q = group(1, q->nr_running + 1);
            }
            expect_spread(&s, l->name, "anywhere", nr);
        }
        machine_free(s.m);
    }
}
