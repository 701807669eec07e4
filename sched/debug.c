/*
 * sched/debug.c - scheduling domains as text: files below /sys/kernel/debug/sched, and a drawing.
 *
 * SOURCES  Linux 6.1, Documentation/scheduler/sched-debug.rst and sched-domains.rst: names of files;
 *          span, groups and topology are ours.
 */
#include "kernel/command.h"
#include "kernel/cpu.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/parse.h"
#include "kernel/lib/seqbuf.h"
#include "sched/domains.h"

/* ---- files ----------------------------------------------------------------------------------- */

/* sched_domain_next_cpu - the lowest online CPU above @after, or -1. */
int sched_domain_next_cpu(int after)
{
    int cpu = cpumask_next(&cpu_online_mask, after);

    return cpu < NR_CPUS ? cpu : -1;
}

/* The domain with the number @nr of @cpu, NULL if there are not so many. */
static const struct sched_domain *nth_domain(int cpu, int nr)
{
    const struct sched_domain *sd;

    for_each_domain (cpu, sd) {
        if (nr-- == 0)
            return sd;
    }
    return NULL;
}

/* sched_domain_next - the number of the domain of @cpu after the one with number @after, or -1. */
int sched_domain_next(int cpu, int after)
{
    return nth_domain(cpu, after + 1) ? after + 1 : -1;
}

/* sched_domain_name_show - .../domains/cpuN/domainM/name: its level. */
void sched_domain_name_show(struct seqbuf *s, int cpu, int nr)
{
    seq_printf(s, "%s\n", nth_domain(cpu, nr)->name);
}

#define FLAG_NAME(_name, _bit) [_bit] = #_name,
static const char *const flag_names[] = {SD_FLAG_NAMES(FLAG_NAME)};
#undef FLAG_NAME

/* sched_domain_flags_show - .../flags: by name, a space behind each. */
void sched_domain_flags_show(struct seqbuf *s, int cpu, int nr)
{
    unsigned flags = nth_domain(cpu, nr)->flags;

    for (size_t bit = 0; bit < ARRAY_SIZE(flag_names); bit++) {
        if (flags & 1u << bit)
            seq_printf(s, "%s ", flag_names[bit]);
    }
    seq_putc(s, '\n');
}

/* sched_domain_min_interval_show - .../min_interval, ms. */
void sched_domain_min_interval_show(struct seqbuf *s, int cpu, int nr)
{
    seq_printf(s, "%u\n", nth_domain(cpu, nr)->min_interval);
}

/* sched_domain_max_interval_show - .../max_interval, ms. */
void sched_domain_max_interval_show(struct seqbuf *s, int cpu, int nr)
{
    seq_printf(s, "%u\n", nth_domain(cpu, nr)->max_interval);
}

/* sched_domain_busy_factor_show - .../busy_factor. */
void sched_domain_busy_factor_show(struct seqbuf *s, int cpu, int nr)
{
    seq_printf(s, "%u\n", nth_domain(cpu, nr)->busy_factor);
}

/* sched_domain_imbalance_pct_show - .../imbalance_pct. */
void sched_domain_imbalance_pct_show(struct seqbuf *s, int cpu, int nr)
{
    seq_printf(s, "%u\n", nth_domain(cpu, nr)->imbalance_pct);
}

/* sched_domain_cache_nice_tries_show - .../cache_nice_tries. */
void sched_domain_cache_nice_tries_show(struct seqbuf *s, int cpu, int nr)
{
    seq_printf(s, "%u\n", nth_domain(cpu, nr)->cache_nice_tries);
}

/* sched_domain_max_newidle_lb_cost_show - .../max_newidle_lb_cost, ns. */
void sched_domain_max_newidle_lb_cost_show(struct seqbuf *s, int cpu, int nr)
{
    seq_printf(s, "%llu\n",
               (unsigned long long)READ_ONCE(nth_domain(cpu, nr)->max_newidle_lb_cost));
}

/* sched_domain_span_show - .../span: its CPUs. */
void sched_domain_span_show(struct seqbuf *s, int cpu, int nr)
{
    cpumask_print_list(s, &nth_domain(cpu, nr)->span);
    seq_putc(s, '\n');
}

/* sched_domain_groups_show - .../groups: the CPUs of a group a line, this CPU's group first. */
void sched_domain_groups_show(struct seqbuf *s, int cpu, int nr)
{
    const struct sched_domain *sd = nth_domain(cpu, nr);
    const struct sched_group *sg;

    for_each_sched_group (sg, sd) {
        cpumask_print_list(s, &sg->span);
        seq_putc(s, '\n');
    }
}

/* sched_topology_show - /sys/kernel/debug/sched/topology: a line for each domain of each CPU. */
void sched_topology_show(struct seqbuf *s)
{
    const struct sched_domain *sd;
    const struct sched_group *sg;
    int cpu;

    for_each_cpu (cpu, &cpu_online_mask) {
        int nr = 0;

        for_each_domain (cpu, sd) {
            seq_printf(s, "cpu %d domain %d %s span ", cpu, nr++, sd->name);
            cpumask_print_list(s, &sd->span);
            seq_puts(s, " groups");
            for_each_sched_group (sg, sd) {
                seq_putc(s, ' ');
                cpumask_print_list(s, &sg->span);
            }
            seq_putc(s, '\n');
        }
    }
}

/* ---- the drawing ----------------------------------------------------------------------------- */

static void indent(struct seqbuf *out, int depth)
{
    seq_printf(out, "%*s", 4 * depth, "");
}

/* A group that isn't @cpu's own, and who balances for it if not all of it. */
static void draw_group(struct seqbuf *out, const struct sched_group *sg, int depth)
{
    indent(out, depth);
    seq_puts(out, "|-- ");
    cpumask_print_list(out, &sg->span);
    if (!cpumask_equal(&sg->span, &sg->balance_mask)) {
        seq_puts(out, "   as seen by ");
        cpumask_print_list(out, &sg->balance_mask);
    }
    seq_putc(out, '\n');
}

/* One domain: its name, then its groups without the own one, which is what comes next. */
static void draw_domain(struct seqbuf *out, const struct sched_domain *sd, int depth)
{
    const struct sched_group *sg;

    seq_printf(out, "%s ", sd->name);
    cpumask_print_list(out, &sd->span);
    if (sd->distance)
        seq_printf(out, "   distance up to %d", sd->distance);
    seq_putc(out, '\n');
    for_each_sched_group (sg, sd) {
        if (sg != sd->groups)
            draw_group(out, sg, depth);
    }
    indent(out, depth);
    seq_puts(out, "`-- ");
}

static void draw_cpu(struct seqbuf *out, int cpu)
{
    const struct sched_domain *sd, *top = NULL;
    int depth = 0;

    for_each_domain (cpu, sd)
        top = sd;
    for (sd = top; sd; sd = sd->child)
        draw_domain(out, sd, depth++);
    seq_printf(out, "CPU %d on node %d\n", cpu, cpu_to_node(cpu));
    if (!top)
        seq_printf(out, "It is the only one, and has nobody to balance with.\n");
}

static int domains_command(int argc, char **argv, struct seqbuf *out)
{
    uint64_t cpu = (uint64_t)cpumask_first(&cpu_online_mask);

    if (argc > 2 || (argc == 2 && parse_u64(argv[1], 10, &cpu, NULL))) {
        seq_printf(out, "domains: %s: expected the number of one CPU\n", argv[argc - 1]);
        return -EINVAL;
    }
    if (cpu >= NR_CPUS || !cpumask_test(&cpu_online_mask, (int)cpu)) {
        seq_puts(out, "domains: no such CPU is online; there are ");
        cpumask_print_list(out, &cpu_online_mask);
        seq_putc(out, '\n');
        return -EINVAL;
    }
    draw_cpu(out, (int)cpu);
    return 0;
}
MONITOR_COMMAND("domains", "[CPU]", "draw the circles of CPUs with which a CPU balances",
                domains_command);
