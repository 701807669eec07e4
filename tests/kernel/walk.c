/*
 * tests/kernel/walk.c - the command walk: a known number of reads, from a CPU and from a node's memory.
 *
 * It gives a tool that counts accesses something to be measured with: `walk 1000000 --node 1 --cpu 0`
 * is a million loads of node 1 by CPU 0, and but for the few that starting a thread takes, no others.
 */
#include "kernel/command.h"
#include "kernel/cpu.h"
#include "kernel/kthread.h"
#include "kernel/lib/compiler.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/parse.h"
#include "kernel/lib/string.h"
#include "mm/node.h"
#include "mm/page_alloc.h"

#define MAX_READS   1000000000UL
#define BLOCK_ORDER 4 /* 64 KiB, read again and again */
#define BLOCK_SIZE  (PAGE_SIZE << BLOCK_ORDER)
#define STRIDE      64 /* a cache line of a real machine */

struct walk {
    uint64_t nr_reads;
    uint64_t nid;
    uint64_t cpu;
    const volatile char *block;
};

static int walk(void *arg)
{
    const struct walk *w = arg;

    for (uint64_t i = 0; i < w->nr_reads; i++)
        (void)w->block[i * STRIDE % BLOCK_SIZE];
    return 0;
}

static const char *parse_option(char **argv, struct walk *w)
{
    uint64_t *value = strcmp(argv[0], "--node") == 0  ? &w->nid
                      : strcmp(argv[0], "--cpu") == 0 ? &w->cpu
                                                      : NULL;

    if (!value)
        return "the options are --node N and --cpu N";
    if (!argv[1] || parse_u64(argv[1], 10, value, NULL))
        return "a number is missing behind an option";
    return NULL;
}

/* NULL, or what is wrong with the arguments. */
static const char *parse(int argc, char **argv, struct walk *w)
{
    if (argc < 2 || parse_u64(argv[1], 10, &w->nr_reads, NULL) || w->nr_reads > MAX_READS)
        return "how many reads? 0 to 1000000000";
    for (int i = 2; i < argc; i += 2) {
        const char *wrong = parse_option(argv + i, w);

        if (wrong)
            return wrong;
    }
    if (w->nid >= MAX_NUMNODES || !node_state((int)w->nid, N_MEMORY))
        return "that node has no memory";
    if (w->cpu >= NR_CPUS || !cpumask_test(&cpu_online_mask, (int)w->cpu))
        return "that CPU is not online";
    return NULL;
}

static int run(struct walk *w)
{
    struct task *t =
        kthread_create_on_node(walk, w, cpu_to_node((int)w->cpu), "walk/%d", (int)w->cpu);

    if (!t)
        return -ENOMEM;
    kthread_bind(t, (int)w->cpu);
    kthread_start(t);
    return kthread_join(t);
}

static int walk_command(int argc, char **argv, struct seqbuf *out)
{
    struct walk w = {.cpu = (uint64_t)cpumask_first(&cpu_online_mask)};
    const char *wrong;
    struct page *pages;
    int err;

    w.nid = (uint64_t)node_nearest_with_memory(cpu_to_node((int)w.cpu));
    wrong = parse(argc, argv, &w);
    if (wrong) {
        seq_printf(out, "walk: %s\n", wrong);
        return -EINVAL;
    }
    pages = alloc_pages_node((int)w.nid, GFP_KERNEL | __GFP_THISNODE | __GFP_NOWARN, BLOCK_ORDER);
    if (!pages) {
        seq_printf(out, "walk: node %d has no 64 KiB to walk through\n", (int)w.nid);
        return -ENOMEM;
    }
    w.block = page_address(pages);
    err = run(&w);
    __free_pages(pages, BLOCK_ORDER);
    if (err)
        seq_puts(out, "walk: no memory for a thread\n");
    return err;
}

MONITOR_COMMAND("walk", "READS [--node N] [--cpu N]",
                "read memory of a node, 64 bytes apart, that many times", walk_command);
