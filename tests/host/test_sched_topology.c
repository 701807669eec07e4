/*
 * tests/host/test_sched_topology.c - sched/topology.c beside what Linux builds, and sched/verify.c
 * on domains that are broken in every way that it knows.
 */
#include "kernel/lib/errno.h"
#include "kernel/lib/seqbuf.h"
#include "sched/verify.h"
#include "tests/host/machine.h"

/* ---- a machine and its domains --------------------------------------------------------------- */

/* Three nodes in a line, a package of two CPUs each: the example at the head of sched/topology.c. */
static struct machine *line_of_three(void)
{
    struct machine *m = machine_new(6, 3);

    for (int cpu = 0; cpu < 6; cpu++) {
        uint32_t node = (uint32_t)cpu / 2;

        add_cpu(m, cpu, (struct sched_cpu_place){node, (uint32_t)cpu % 2, node, (int)node});
    }
    for (int i = 0; i < 3; i++) {
        for (int j = 0; j < 3; j++)
            set_distance(m, i, j, 10 + 10 * abs(i - j));
    }
    return m;
}

/* The domains of @cpu, as in domains_linux.h. */
static void print_cpu(struct seqbuf *s, const struct machine *m, int cpu)
{
    const struct sched_domain *sd;
    const struct sched_group *sg;

    seq_printf(s, "%d:", cpu);
    for_each_domain_from (sd, m->domains.base[cpu]) {
        seq_printf(s, "%s %s %x ", sd->child ? ";" : "", sd->name, sd->flags);
        cpumask_print_list(s, &sd->span);
        seq_puts(s, " =");
        for_each_sched_group (sg, sd) {
            seq_putc(s, ' ');
            cpumask_print_list(s, &sg->span);
            if (cpumask_equal(&sg->span, &sg->balance_mask))
                continue;
            seq_putc(s, '/');
            cpumask_print_list(s, &sg->balance_mask);
        }
    }
    seq_putc(s, '\n');
}

static void expect_cpu(const struct machine *m, int cpu, const char *want)
{
    static char text[8192];
    struct seqbuf s;

    seqbuf_init(&s, text, sizeof(text));
    print_cpu(&s, m, cpu);
    EXPECT_STR(want, seqbuf_str(&s));
}

/* ---- as Linux -------------------------------------------------------------------------------- */

static uint64_t sum_of(const char *text)
{
    uint64_t sum = 0xcbf29ce484222325;

    for (; *text; text++)
        sum = (sum ^ (uint8_t)*text) * 0x100000001b3;
    return sum;
}

/* The lines that are written out say where a difference is; the sum says whether there is one. */
static void expect_linux(const struct linux_machine *l, const struct machine *m)
{
    size_t size = 1 << 20;
    char *all = malloc(size), line[8192];
    struct seqbuf s;

    for (const char *want = l->domains; *want; want += strcspn(want, "\n") + 1) {
        snprintf(line, sizeof(line), "%.*s\n", (int)strcspn(want, "\n"), want);
        expect_cpu(m, atoi(want), line);
    }
    seqbuf_init(&s, all, size);
    for (int cpu = 0; cpu < l->nr_cpus; cpu++)
        print_cpu(&s, m, cpu);
    if (sum_of(seqbuf_str(&s)) != l->sum)
        host_fail(__FILE__, __LINE__, "%s: not as Linux:\n%s", l->name, seqbuf_str(&s));
    free(all);
}

/* Otherwise the student who compares both kernels, or a book with Atoll, would see different trees. */
HTEST(sched_topology, domains_flags_groups_and_balance_masks_equal_linux)
{
    for (size_t i = 0; i < ARRAY_SIZE(linux_machines); i++) {
        struct machine *m = machine_of(&linux_machines[i]);

        EXPECT_EQ(0, build(m));
        expect_linux(&linux_machines[i], m);
        machine_free(m);
    }
}

/* Otherwise the verifier would report what Linux does, too, and stop a debug boot of such machines. */
HTEST(sched_topology, linux_domains_break_no_invariant)
{
    for (size_t i = 0; i < ARRAY_SIZE(linux_machines); i++) {
        struct machine *m = machine_of(&linux_machines[i]);

        EXPECT_EQ(0, build(m));
        if (!EXPECT_EQ(0, sched_domains_verify(&m->domains, &m->in)))
            printf("# %s\n", linux_machines[i].name);
        machine_free(m);
    }
}

/*
 * Intervals and thresholds decide how eager balancing is; with others than Linux's its published
 * behaviour would not apply here.
 */
HTEST(sched_topology, tuning_of_each_level_is_as_in_linux)
{
    struct machine *m = line_of_three();
    const struct sched_domain *sd;

    ASSERT_EQ(0, build(m));
    for_each_domain_from (sd, m->domains.base[0]) {
        EXPECT_EQ(sd->weight, sd->min_interval);
        EXPECT_EQ(2 * sd->weight, sd->max_interval);
        EXPECT_EQ(16, sd->busy_factor);
        EXPECT_EQ(117, sd->imbalance_pct);
        EXPECT_EQ(sd->flags & SD_NUMA ? 2 : 1, sd->cache_nice_tries);
    }
    machine_free(m);

    m = machine_new(2, 1);
    add_cpu(m, 0, (struct sched_cpu_place){0, 0, 0, 0});
    add_cpu(m, 1, (struct sched_cpu_place){0, 0, 0, 0});
    set_distance(m, 0, 0, 10);
    ASSERT_EQ(0, build(m));
    EXPECT_STR("SMT", m->domains.base[0]->name);
    EXPECT_EQ(110, m->domains.base[0]->imbalance_pct);
    EXPECT_EQ(0, m->domains.base[0]->cache_nice_tries);
    machine_free(m);
}

/* ---- machines that nobody has booted --------------------------------------------------------- */

static int random_distance(void)
{
    static const int few[] = {16, 20, 22, 32};

    return few[host_random_below(ARRAY_SIZE(few))];
}

static void random_distances(struct machine *m, bool two_way)
{
    bool many = host_random_below(4) == 0;

    for (int i = 0; i < m->in.nr_nodes; i++) {
        for (int j = 0; j < m->in.nr_nodes; j++) {
            int d = many ? 11 + (int)host_random_below(245) : random_distance();

            if (i == j)
                d = 10;
            else if (two_way && j < i)
                d = m->distance[j * m->in.nr_nodes + i];
            set_distance(m, i, j, d);
        }
    }
}

/* Nodes with and without CPUs, gaps among the CPUs' numbers, packages and caches of any shape. */
static struct machine *random_machine(int max_cpus, int max_nodes, bool two_way)
{
    int nr_cpus = 1 + (int)host_random_below((unsigned)max_cpus);
    struct machine *m = machine_new(nr_cpus, 1 + (int)host_random_below((unsigned)max_nodes));
    unsigned threads = 1 + host_random_below(3), cores = 1 + host_random_below(6);
    unsigned caches = 1 + host_random_below(2), shuffled = host_random_below(2);

    for (int cpu = 0; cpu < nr_cpus; cpu++) {
        uint32_t n = (uint32_t)cpu, package = n / (threads * cores);
        unsigned node = shuffled ? host_random_below((unsigned)m->in.nr_nodes)
                                 : package % (unsigned)m->in.nr_nodes;

        if (cpu == 0 || host_random_below(10))
            add_cpu(m, cpu,
                    (struct sched_cpu_place){package, n / threads % cores,
                                             package * caches + n % caches, (int)node});
    }
    random_distances(m, two_way);
    return m;
}

/* Otherwise some machine that nobody tried would have threads on a CPU that no one balances. */
HTEST(sched_topology, invariants_hold_on_random_symmetric_machines)
{
    for (int i = 0; i < 1500; i++) {
        struct machine *m = random_machine(24, 8, true);

        EXPECT_EQ(0, build(m));
        EXPECT_EQ(0, sched_domains_verify(&m->domains, &m->in));
        machine_free(m);
    }
}

/* The same where going there and coming back do not cost the same. */
HTEST(sched_topology, invariants_hold_on_random_asymmetric_machines)
{
    for (int i = 0; i < 1500; i++) {
        struct machine *m = random_machine(24, 8, false);

        EXPECT_EQ(0, build(m));
        EXPECT_EQ(0, sched_domains_verify(&m->domains, &m->in));
        machine_free(m);
    }
}

/* A machine as large as can be must neither overrun an array nor take for ever to boot. */
HTEST(sched_topology, invariants_hold_on_the_largest_machines)
{
    for (int i = 0; i < 2; i++) {
        struct machine *m = machine_new(NR_CPUS, MAX_NODES);

        for (uint32_t cpu = 0; cpu < NR_CPUS; cpu++)
            add_cpu(m, (int)cpu, (struct sched_cpu_place){cpu / 2, cpu % 2, cpu / 2, (int)cpu / 2});
        for (int a = 0; a < MAX_NODES; a++) {
            for (int b = 0; b < MAX_NODES; b++)
                set_distance(m, a, b, i ? 10 + abs(a - b) : a == b ? 10 : 20);
        }
        EXPECT_EQ(0, build(m));
        EXPECT_EQ(0, sched_domains_verify(&m->domains, &m->in));
        machine_free(m);
    }
}

/* ---- single rules ---------------------------------------------------------------------------- */

/* The drawing at the head of sched/topology.c would lie. */
HTEST(sched_topology, a_node_in_the_middle_belongs_to_both_groups)
{
    struct machine *m = line_of_three();

    ASSERT_EQ(0, build(m));
    expect_cpu(m, 0,
               "0: MC 917 0-1 = 0 1; NUMA 3217 0-3 = 0-1 2-3; NUMA 3217 0-5 = 0-3/0-1 2-5/4-5\n");
    expect_cpu(m, 2, "2: MC 917 2-3 = 2 3; NUMA 3217 0-5 = 2-3 4-5 0-1\n");
    machine_free(m);
}

/* A CPU that is alone has nobody to balance with, and the balancer must not find a domain of one. */
HTEST(sched_topology, a_cpu_alone_has_no_domain)
{
    struct machine *m = machine_new(1, 1);

    add_cpu(m, 0, (struct sched_cpu_place){0, 0, 0, 0});
    set_distance(m, 0, 0, 10);
    EXPECT_EQ(0, build(m));
    EXPECT(!m->domains.base[0]);
    EXPECT_EQ(0, sched_domains_verify(&m->domains, &m->in));
    machine_free(m);
}

/* A CPU that was left out (maxcpus=, or it did not answer) would be given threads. */
HTEST(sched_topology, cpus_that_do_not_take_part_are_in_no_span)
{
    struct machine *m = line_of_three();

    cpumask_clear(&m->cpus, 1);
    cpumask_clear(&m->cpus, 4);
    cpumask_clear(&m->cpus, 5);
    ASSERT_EQ(0, build(m));
    EXPECT_EQ(0, sched_domains_verify(&m->domains, &m->in));
    expect_cpu(m, 0, "0: NUMA 3217 0,2-3 = 0 2-3\n");
    expect_cpu(m, 2, "2: MC 917 2-3 = 2 3; NUMA 3217 0,2-3 = 2-3 0\n");
    EXPECT(!m->domains.base[1] && !m->domains.base[4]);
    machine_free(m);
}

/* A node of memory only, as behind CXL, would add levels on which there is nothing to balance. */
HTEST(sched_topology, distances_of_nodes_without_cpus_make_no_level)
{
    struct machine *m = machine_new(2, 3);
    static const int distance[3][3] = {{10, 20, 40}, {20, 10, 50}, {40, 50, 10}};

    add_cpu(m, 0, (struct sched_cpu_place){0, 0, 0, 0});
    add_cpu(m, 1, (struct sched_cpu_place){1, 0, 1, 2});
    for (int i = 0; i < 9; i++)
        set_distance(m, i / 3, i % 3, distance[i / 3][i % 3]);
    ASSERT_EQ(0, build(m));
    expect_cpu(m, 0, "0: NUMA 3201 0-1 = 0 1\n");
    EXPECT_EQ(5, m->domains.base[0]->level + 1); /* SMT MC DIE NODE, and one more */
    EXPECT_EQ(40, m->domains.base[0]->distance);
    machine_free(m);
}

/* Threads would be taken for cheap to move though their memory stays behind. */
HTEST(sched_topology, siblings_across_nodes_are_ignored)
{
    struct machine *m = machine_new(4, 2);

    for (int cpu = 0; cpu < 4; cpu++)
        add_cpu(m, cpu, (struct sched_cpu_place){0, (uint32_t)cpu / 2, 0, cpu % 2});
    for (int i = 0; i < 4; i++)
        set_distance(m, i / 2, i % 2, i % 3 ? 20 : 10);
    ASSERT_EQ(0, build(m));
    expect_cpu(m, 0, "0: MC 917 0,2 = 0 2; NUMA 3217 0-3 = 0,2 1,3\n");
    machine_free(m);
}

/* Fork and wake-up would send threads so far from their memory that it never pays. */
HTEST(sched_topology, nothing_is_placed_beyond_the_reclaim_distance)
{
    struct machine *m = line_of_three();
    const unsigned placing = SD_BALANCE_EXEC | SD_BALANCE_FORK | SD_WAKE_AFFINE;
    const struct sched_domain *sd;

    m->in.reclaim_distance = 20;
    ASSERT_EQ(0, build(m));
    for_each_domain_from (sd, m->domains.base[0])
        EXPECT_EQ(sd->distance > 20 ? 0 : placing, sd->flags & placing);
    machine_free(m);
}

/* ---- errors ---------------------------------------------------------------------------------- */

/* A number that firmware made up would be used as an index. */
HTEST(sched_topology, input_that_contradicts_itself_is_refused)
{
    struct machine *m = line_of_three();

    m->place[3].node = 3;
    EXPECT_EQ(-EINVAL, build(m));
    m->place[3].node = -1;
    EXPECT_EQ(-EINVAL, build(m));
    m->place[3].node = 0;
    EXPECT_EQ(-EINVAL, build(m));
    m->place[3].node = 1;
    m->in.nr_cpus = 5;
    EXPECT_EQ(-EINVAL, build(m));
    m->in.nr_cpus = NR_CPUS + 1;
    EXPECT_EQ(-EINVAL, build(m));
    m->in.nr_cpus = 6;
    EXPECT_EQ(0, build(m));
    machine_free(m);
}

/* The balancer would walk half a chain. */
HTEST(sched_topology, without_memory_there_are_no_domains)
{
    struct machine *m = line_of_three();
    unsigned need;

    ASSERT_EQ(0, build(m));
    need = m->nr_pieces;
    for (m->limit = 0; m->limit < need; m->limit++) {
        free_pieces(m);
        EXPECT_EQ(-ENOMEM, build(m));
        for (int cpu = 0; cpu < 6; cpu++)
            EXPECT(!m->domains.base[cpu]);
    }
    machine_free(m);
}

/* ---- the verifier ---------------------------------------------------------------------------- */

/* Break something of CPU 0's domains: @low MC 0-1, @mid NUMA 0-3, @top NUMA 0-5. */
typedef void (*break_fn)(struct sched_domain *low, struct sched_domain *mid,
                         struct sched_domain *top);

static void endless_chain(struct sched_domain *low, struct sched_domain *mid,
                          struct sched_domain *top)
{
    (void)mid;
    top->parent = low;
}

static void lost_child(struct sched_domain *low, struct sched_domain *mid, struct sched_domain *top)
{
    (void)low;
    (void)mid;
    top->child = NULL;
}

static void wrong_weight(struct sched_domain *low, struct sched_domain *mid,
                         struct sched_domain *top)
{
    (void)low;
    (void)top;
    mid->weight++;
}

static void without_its_cpu(struct sched_domain *low, struct sched_domain *mid,
                            struct sched_domain *top)
{
    (void)mid;
    (void)top;
    cpumask_clear(&low->span, 0);
}

static void narrower_than_child(struct sched_domain *low, struct sched_domain *mid,
                                struct sched_domain *top)
{
    (void)low;
    (void)top;
    cpumask_clear(&mid->span, 1);
}

static void levels_shrink(struct sched_domain *low, struct sched_domain *mid,
                          struct sched_domain *top)
{
    (void)low;
    mid->level = top->level;
}

static void distances_shrink(struct sched_domain *low, struct sched_domain *mid,
                             struct sched_domain *top)
{
    (void)low;
    mid->distance = top->distance + 1;
}

static void open_ring(struct sched_domain *low, struct sched_domain *mid, struct sched_domain *top)
{
    (void)low;
    (void)mid;
    top->groups->next->next = NULL;
}

static void ring_without_its_head(struct sched_domain *low, struct sched_domain *mid,
                                  struct sched_domain *top)
{
    (void)low;
    (void)mid;
    top->groups->next->next = top->groups->next;
}

static void others_group_first(struct sched_domain *low, struct sched_domain *mid,
                               struct sched_domain *top)
{
    (void)mid;
    (void)top;
    low->groups = low->groups->next;
}

static void wrong_capacity(struct sched_domain *low, struct sched_domain *mid,
                           struct sched_domain *top)
{
    (void)low;
    (void)mid;
    top->groups->next->capacity--;
}

static void group_leaves_domain(struct sched_domain *low, struct sched_domain *mid,
                                struct sched_domain *top)
{
    (void)mid;
    (void)top;
    cpumask_set(&low->groups->next->span, 5);
    low->groups->next->weight++;
    low->groups->next->capacity += SCHED_CAPACITY_SCALE;
}

static void group_missing(struct sched_domain *low, struct sched_domain *mid,
                          struct sched_domain *top)
{
    (void)low;
    (void)mid;
    top->groups->next = top->groups;
}

static void groups_overlap(struct sched_domain *low, struct sched_domain *mid,
                           struct sched_domain *top)
{
    (void)mid;
    (void)top;
    cpumask_set(&low->groups->next->span, 0);
    low->groups->next->weight++;
    low->groups->next->capacity += SCHED_CAPACITY_SCALE;
}

static void nobody_balances(struct sched_domain *low, struct sched_domain *mid,
                            struct sched_domain *top)
{
    (void)low;
    (void)mid;
    cpumask_zero(&top->groups->balance_mask);
}

static void stranger_balances(struct sched_domain *low, struct sched_domain *mid,
                              struct sched_domain *top)
{
    (void)low;
    (void)mid;
    cpumask_set(&top->groups->balance_mask, 5);
}

static void seen_from_one_side(struct sched_domain *low, struct sched_domain *mid,
                               struct sched_domain *top)
{
    (void)mid;
    (void)top;
    low->level--; /* CPU 1 has its MC one level higher */
}

static void reaches_too_far(struct sched_domain *low, struct sched_domain *mid,
                            struct sched_domain *top)
{
    (void)low;
    (void)top;
    cpumask_set(&mid->span, 4); /* which is two hops away */
    mid->weight++;
}

static void backward_interval(struct sched_domain *low, struct sched_domain *mid,
                              struct sched_domain *top)
{
    (void)low;
    (void)mid;
    top->min_interval = top->max_interval + 1;
}

static void no_top(struct sched_domain *low, struct sched_domain *mid, struct sched_domain *top)
{
    (void)low;
    (void)top;
    mid->parent = NULL;
}

static void others_look(struct sched_domain *low, struct sched_domain *mid,
                        struct sched_domain *top)
{
    (void)low;
    (void)top;
    mid->balance_cpu = 2; /* of the other group */
}

static void looks_without_seeing(struct sched_domain *low, struct sched_domain *mid,
                                 struct sched_domain *top)
{
    (void)low;
    (void)mid;
    top->balance_cpu = 2; /* of this group, too, but its chain ends below */
}

static const struct {
    const char *code;
    break_fn run;
} violations[] = {
    {"D1:", endless_chain},         {"D1:", lost_child},
    {"D2:", wrong_weight},          {"D2:", without_its_cpu},
    {"D3:", narrower_than_child},   {"D4:", levels_shrink},
    {"D4:", distances_shrink},      {"D5:", open_ring},
    {"D5:", ring_without_its_head}, {"D6:", others_group_first},
    {"D7:", wrong_capacity},        {"D7:", group_leaves_domain},
    {"D8:", group_missing},         {"D9:", groups_overlap},
    {"D10:", nobody_balances},      {"D10:", stranger_balances},
    {"D11:", seen_from_one_side},   {"D11:", reaches_too_far},
    {"D12:", backward_interval},    {"D13:", no_top},
    {"D14:", others_look},          {"D14:", looks_without_seeing},
};

/* Does verifying @m report something that begins with @code? */
static bool reports(struct machine *m, const char *code)
{
    char text[32];

    host_stubs_reset(); /* what others have provoked is not to count */
    report_expect();
    sched_domains_verify(&m->domains, &m->in);
    report_expect_end();
    snprintf(text, sizeof(text), "expected report: %s", code);
    return host_logged(text);
}

/* A broken machine would pass for a sound one, and the check would be there for nothing. */
HTEST(sched_verify, each_violation_is_reported_by_its_code)
{
    for (size_t i = 0; i < ARRAY_SIZE(violations); i++) {
        struct machine *m = line_of_three();
        struct sched_domain *low;

        ASSERT_EQ(0, build(m));
        low = m->domains.base[0];
        violations[i].run(low, low->parent, low->parent->parent);
        if (!EXPECT(reports(m, violations[i].code)))
            printf("# violation %zu, %s last report: %s\n", i, violations[i].code, report_last());
        machine_free(m);
    }
}

/* Nobody would learn that the machine runs without balancing. */
HTEST(sched_verify, a_cpu_without_domains_among_others_is_reported)
{
    struct machine *m = line_of_three();

    ASSERT_EQ(0, build(m));
    m->domains.base[5] = NULL;
    EXPECT(reports(m, "D13:"));
    machine_free(m);
}
