/*
 * tests/kernel/test_domains.c - the scheduling domains of the machine that runs.
 */
#include "kernel/cpu.h"
#include "kernel/fs/vfs.h"
#include "kernel/ktest.h"
#include "kernel/lib/seqbuf.h"
#include "mm/node.h"
#include "mm/page.h"
#include "sched/domains.h"

/* A thread would never leave an overloaded CPU, or be balanced over half of a machine. */
KTEST(domains, invariants_hold_on_this_machine)
{
    KEXPECT_EQ(0, sched_domains_check());
}

static void expect_near(int cpu, const void *piece)
{
    int want = node_nearest_with_memory(cpu_to_node(cpu));
    int got = page_to_nid(virt_to_page(piece));

    if (want != got && node_free_pages(want) > 64) /* on a node that is full they lie elsewhere */
        ktest_fail(__FILE__, __LINE__, "cpu %d walks its domains on node %d, expected %d", cpu, got,
                   want);
}

/* Each look for work would go to another node's memory, thousands of times a second. */
KTEST(domains, domains_and_groups_lie_in_the_memory_of_their_cpus_node)
{
    const struct sched_domain *sd;
    const struct sched_group *sg;
    int cpu;

    for_each_cpu (cpu, &cpu_online_mask) {
        for_each_domain (cpu, sd) {
            expect_near(cpu, sd);
            for_each_sched_group (sg, sd)
                expect_near(cpu, sg);
        }
    }
}

static int count_domains(int cpu)
{
    const struct sched_domain *sd;
    int nr = 0;

    for_each_domain (cpu, sd)
        nr++;
    return nr;
}

static int count_entry(const char *name, const struct vfs_stat *st, void *arg)
{
    (void)name;
    (void)st;
    ++*(int *)arg;
    return 0;
}

/* Who compares with Linux by these files would miss a level. */
KTEST(domains, a_directory_for_each_domain_of_each_cpu)
{
    char path[VFS_PATH_MAX];
    struct seqbuf s;
    int cpu;

    for_each_cpu (cpu, &cpu_online_mask) {
        int nr = 0;

        seqbuf_init(&s, path, sizeof(path));
        seq_printf(&s, "/sys/kernel/debug/sched/domains/cpu%d", cpu);
        KEXPECT_EQ(0, vfs_readdir(seqbuf_str(&s), count_entry, &nr));
        KEXPECT_EQ(count_domains(cpu), nr);
    }
}

static void count_lines(struct seqbuf *s, const char *text, size_t len)
{
    while (len--)
        *(int *)s->flush_arg += *text++ == '\n';
}

/* A line for each, or a script that reads all domains at once sees a part of the machine. */
KTEST(domains, topology_has_a_line_for_each_domain)
{
    char text[256];
    struct seqbuf s;
    int cpu, want = 0, got = 0;

    seqbuf_init(&s, text, sizeof(text));
    s.flush = count_lines;
    s.flush_arg = &got;
    KASSERT_EQ(0, vfs_read("/sys/kernel/debug/sched/topology", &s));
    seqbuf_flush(&s);
    for_each_cpu (cpu, &cpu_online_mask)
        want += count_domains(cpu);
    KEXPECT_EQ(want, got);
}
