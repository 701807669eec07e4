/*
 * tests/kernel/test_oom.c - out of memory: what is short, who is chosen, and that it gives up its memory.
 *
 * Victims are made up: they say that they have pages, and free some that the test has taken for them.
 */
#include "kernel/bug.h"
#include "kernel/ktest.h"
#include "kernel/kthread.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/seqbuf.h"
#include "kernel/lib/string.h"
#include "kernel/printk.h"
#include "kernel/timer.h"
#include "mm/oom_internal.h"
#include "mm/zonelist.h"
#include "tests/kernel/mm_helpers.h"
#include <arch/clock.h>

#define NR_FAKES  4
#define LIMIT_NS  (20 * NS_PER_S)
#define HELD_SIZE 8 /* pages that a fake really has */

struct fake {
    struct oom_victim victim;
    unsigned long on[MAX_NUMNODES]; /* what it claims */
    struct page *held[HELD_SIZE];
    int nr_held;
    int nr_releases; /* how often it was told to give up */
    bool is_slow;    /* waits for `may_end` */
    bool may_end;
};

static struct fake fakes[NR_FAKES];
static struct free_counts before;

static struct fake *fake_of(struct oom_victim *v)
{
    return container_of(v, struct fake, victim);
}

static unsigned long fake_pages(struct oom_victim *v, const nodemask_t *nodes)
{
    unsigned long nr = 0;
    int nid;

    for_each_node_mask (nid, nodes)
        nr += READ_ONCE(fake_of(v)->on[nid]);
    return nr;
}

static unsigned long fake_release(struct oom_victim *v)
{
    struct fake *f = fake_of(v);
    unsigned long nr = (unsigned long)f->nr_held;

    while (f->is_slow && !READ_ONCE(f->may_end))
        msleep(1);
    while (f->nr_held > 0)
        __free_pages(f->held[--f->nr_held], 0);
    memset(f->on, 0, sizeof(f->on));
    __atomic_fetch_add(&f->nr_releases, 1, __ATOMIC_SEQ_CST);
    return nr;
}

static struct fake *fake_init(int i, const char *name, int adj)
{
    struct fake *f = &fakes[i];

    memset(f, 0, sizeof(*f));
    f->victim.name = name;
    f->victim.pid = 1000 + i;
    f->victim.oom_score_adj = adj;
    f->victim.pages = fake_pages;
    f->victim.release = fake_release;
    return f;
}

/* The lists as boot makes them, of the node that has memory and is lowest. */
static int first_node(void)
{
    return nodemask_first(&node_states[N_MEMORY]);
}

static struct oom_control request(gfp_t gfp)
{
    int nid = first_node();

    return (struct oom_control){
        .zonelist = node_zonelist(nid, gfp & __GFP_THISNODE), .nid = nid, .gfp = gfp};
}

/* ---- what is short --------------------------------------------------------------------------- */

/* If the wrong memory is named, the wrong victim is chosen, and nothing is gained. */
KTEST(oom, constraint_names_what_the_request_allows)
{
    struct oom_control oc = request(GFP_KERNEL);
    int nid = first_node();
    nodemask_t one;
    static struct oom_case c;

    oom_find_constraint(&c, &oc);
    KEXPECT_EQ(OOM_MACHINE, c.constraint);
    KEXPECT(nodemask_test(&c.nodes, nid));

    oc = request(GFP_KERNEL | __GFP_THISNODE);
    oom_find_constraint(&c, &oc);
    KEXPECT_EQ(OOM_THISNODE, c.constraint);
    KEXPECT_EQ(1, nodemask_weight(&c.nodes));
    KEXPECT(nodemask_test(&c.nodes, nid));

    nodemask_zero(&one);
    nodemask_set(&one, nid);
    oc = request(GFP_KERNEL);
    oc.nodemask = &one;
    oom_find_constraint(&c, &oc);
    KEXPECT_EQ(OOM_POLICY, c.constraint);
    KEXPECT(nodemask_equal(&one, &c.nodes));

    oc = request(GFP_KERNEL | GFP_DMA32);
    oom_find_constraint(&c, &oc);
    KEXPECT_EQ(OOM_ZONE, c.constraint);
    KEXPECT_EQ(ZONE_DMA32, c.highest);

    oc = (struct oom_control){.gfp = GFP_KERNEL, .order = OOM_BY_HAND};
    oom_find_constraint(&c, &oc);
    KEXPECT_EQ(OOM_MACHINE, c.constraint);
}

/* The score of a victim is a share of these pages. */
KTEST(oom, total_is_what_the_zones_concerned_manage)
{
    struct oom_control oc = request(GFP_KERNEL);
    static struct oom_case c;
    unsigned long total = 0, low = 0;
    int nid;

    for_each_online_node (nid) {
        for (int i = 0; i <= ZONE_NORMAL; i++) {
            total += NODE_DATA(nid)->node_zones[i].managed_pages;
            low += i == ZONE_DMA ? NODE_DATA(nid)->node_zones[i].managed_pages : 0;
        }
    }
    oom_find_constraint(&c, &oc);
    KEXPECT_EQ(total, c.total_pages);
    oc.gfp |= GFP_DMA;
    oom_find_constraint(&c, &oc);
    KEXPECT_EQ(low, c.total_pages);
}

/* ---- who is chosen --------------------------------------------------------------------------- */

/* Choose among the first @nr fakes. */
static struct oom_victim *choose(const nodemask_t *nodes, unsigned long total, int nr)
{
    static struct oom_case c;
    struct list_head list = LIST_HEAD_INIT(list);

    for (int i = 0; i < nr; i++)
        list_add_tail(&fakes[i].victim.link, &list);
    c = (struct oom_case){.nodes = *nodes, .total_pages = total, .victims = &list};
    oom_choose(&c);
    return c.chosen;
}

/* The table at the head of mm/oom.c. */
KTEST(oom, score_is_pages_on_the_nodes_concerned_and_the_owners_word)
{
    struct fake *a = fake_init(0, "A", 0), *b = fake_init(1, "B", 0);
    struct fake *c = fake_init(2, "C", 200), *d = fake_init(3, "D", OOM_SCORE_ADJ_MIN);
    nodemask_t all, one;

    a->on[0] = 30000, a->on[1] = 100;
    b->on[0] = 5000, b->on[1] = 20000;
    c->on[1] = 12000;
    d->on[0] = 40000, d->on[1] = 40000;
    nodemask_zero(&one);
    nodemask_set(&one, 1);
    all = one;
    nodemask_set(&all, 0);
    KEXPECT(choose(&all, 100000, 2) == &a->victim);
    KEXPECT(choose(&one, 50000, 2) == &b->victim);
    KEXPECT(choose(&all, 100000, 4) == &c->victim);
    KEXPECT_EQ(32000, c->victim.points);
    KEXPECT(choose(&one, 50000, 4) == &c->victim);
    KEXPECT_EQ(22000, c->victim.points);
    KEXPECT_EQ(20000, b->victim.points);
}

/* Nobody is told to give up what he doesn't have, what he had not, or what he already gives up. */
KTEST(oom, victims_without_memory_there_are_not_chosen)
{
    struct fake *a = fake_init(0, "A", 1000), *b = fake_init(1, "B", -999);
    nodemask_t one;

    nodemask_zero(&one);
    nodemask_set(&one, 5);
    a->on[4] = 100;
    KEXPECT(choose(&one, 1000, 2) == NULL);
    b->on[5] = 1;
    KEXPECT(choose(&one, 1000, 2) == &b->victim);
    b->victim.is_useless = true;
    KEXPECT(choose(&one, 1000, 2) == NULL);
    b->victim.is_useless = false;
    b->victim.is_chosen = true;
    KEXPECT(choose(&one, 1000, 2) == NULL);
}

/* ---- giving up ------------------------------------------------------------------------------- */

static int nr_releases(const struct fake *f)
{
    return __atomic_load_n(&f->nr_releases, __ATOMIC_SEQ_CST);
}

static bool was_released(const struct fake *f, int times)
{
    uint64_t end = clock_ns() + ktest_limit(LIMIT_NS);

    while (nr_releases(f) < times && clock_ns() < end)
        msleep(1);
    return nr_releases(f) == times;
}

/* Some real pages, and they are registered. False: there are not so many, and it holds nothing. */
static bool hold(struct fake *f, int nid)
{
    while (f->nr_held < HELD_SIZE) {
        struct page *page = alloc_pages_node(nid, GFP_KERNEL | __GFP_NOWARN, 0);

        if (!page)
            break;
        f->on[page_to_nid(page)]++;
        f->held[f->nr_held++] = page;
    }
    if (!KEXPECT_EQ(HELD_SIZE, f->nr_held)) {
        fake_release(&f->victim);
        return false;
    }
    oom_victim_register(&f->victim);
    return true;
}

/* The whole way: the report, the choice, the memory is back, and it is counted. */
KTEST(oom, largest_victim_gives_up_its_memory)
{
    struct fake *small = fake_init(0, "small", 0), *large = fake_init(1, "large", 0);
    struct oom_control oc = request(GFP_KERNEL);
    unsigned long kills = vm_event_sum(OOM_KILL);
    int nid = first_node();

    KSKIP_IF(node_free_pages(nid) < 256, "too little memory");
    free_counts_take(&before);
    KASSERT(hold(large, nid));
    small->on[nid] = 1;
    oom_victim_register(&small->victim);
    KEXPECT(out_of_memory(&oc));
    KEXPECT(was_released(large, 1));
    KEXPECT_EQ(0, nr_releases(small));
    oom_victim_unregister(&large->victim);
    oom_victim_unregister(&small->victim);
    drain_all_pages(NULL);
    KEXPECT_EQ(before.pages[nid], node_free_pages(nid));
    KEXPECT_EQ(kills + 1, vm_event_sum(OOM_KILL));
}

/* Without anybody to ask, the allocation must get an answer, not wait for ever. */
KTEST(oom, nobody_to_ask_is_an_answer)
{
    struct oom_control oc = request(GFP_KERNEL | __GFP_NOWARN);
    struct fake *f = fake_init(0, "protected", OOM_SCORE_ADJ_MIN);
    int nid = first_node();

    KEXPECT(!out_of_memory(&oc));
    f->on[nid] = 100;
    oom_victim_register(&f->victim);
    KEXPECT(!out_of_memory(&oc));
    oom_victim_unregister(&f->victim);
    KEXPECT_EQ(0, nr_releases(f));
}

static int call_killer(void *arg)
{
    return out_of_memory(arg);
}

/* While one gives up its memory, others who are short wait for that instead of taking a second one's. */
KTEST(oom, second_victim_is_spared_while_the_first_gives_up)
{
    struct fake *slow = fake_init(0, "slow", 500), *other = fake_init(1, "other", 0);
    static struct oom_control oc;
    struct task *t;
    int nid = first_node();

    oc = request(GFP_KERNEL | __GFP_NOWARN);
    KSKIP_IF(node_free_pages(nid) < 256, "too little memory");
    KASSERT(hold(slow, nid));
    if (!hold(other, nid)) {
        oom_victim_unregister(&slow->victim);
        fake_release(&slow->victim);
        return;
    }
    slow->is_slow = true;
    t = kthread_run(call_killer, &oc, "short/0");
    KEXPECT(t != NULL);
    if (t)
        KEXPECT_EQ(true, kthread_join(t));
    KEXPECT(out_of_memory(&oc));
    KEXPECT_EQ(0, nr_releases(slow));
    KEXPECT_EQ(0, nr_releases(other));
    WRITE_ONCE(slow->may_end, true);
    KEXPECT(was_released(slow, 1));
    oom_victim_unregister(&slow->victim);
    oom_victim_unregister(&other->victim);
    fake_release(&other->victim);
}

/* Who has nothing to give when it comes to it must not be asked again and again. */
KTEST(oom, victim_that_gives_nothing_is_asked_once)
{
    struct oom_control oc = request(GFP_KERNEL | __GFP_NOWARN);
    struct fake *liar = fake_init(0, "liar", 0);
    int nid = first_node();

    liar->on[nid] = 1000;
    oom_victim_register(&liar->victim);
    KEXPECT(out_of_memory(&oc));
    KEXPECT(was_released(liar, 1));
    for (uint64_t end = clock_ns() + LIMIT_NS; liar->victim.is_chosen && clock_ns() < end;)
        msleep(1);
    liar->on[nid] = 1000;
    KEXPECT(!out_of_memory(&oc));
    oom_victim_unregister(&liar->victim);
    KEXPECT_EQ(1, nr_releases(liar));
}

/* ---- files ------------------------------------------------------------------------------------- */

/* A setting that is taken and does nothing, or a wrong one that is taken. */
KTEST(oom, panic_on_oom_takes_0_to_2)
{
    char text[8];
    struct seqbuf s;

    KEXPECT_EQ(-EINVAL, panic_on_oom_store("3", 1));
    KEXPECT_EQ(-EINVAL, panic_on_oom_store("", 0));
    KEXPECT_EQ(-EINVAL, panic_on_oom_store("1x", 2));
    KEXPECT_EQ(0, panic_on_oom_store("2\n", 2));
    seqbuf_init(&s, text, sizeof(text));
    panic_on_oom_show(&s);
    KEXPECT(strcmp("2\n", seqbuf_str(&s)) == 0);
    KEXPECT_EQ(0, panic_on_oom_store("0", 1));
    KEXPECT_EQ(-EINVAL, sysrq_trigger_store("x", 1));
}

/* An instructor calls the killer by hand; with panic_on_oom a hand doesn't kill the machine. */
KTEST(oom, sysrq_f_calls_it_by_hand)
{
    struct fake *f = fake_init(0, "by hand", 0);
    int nid = first_node();

    KSKIP_IF(node_free_pages(nid) < 256, "too little memory");
    KASSERT(hold(f, nid));
    KEXPECT_EQ(0, panic_on_oom_store("2", 1));
    KEXPECT_EQ(0, sysrq_trigger_store("f\n", 2));
    KEXPECT_EQ(0, panic_on_oom_store("0", 1));
    KEXPECT(was_released(f, 1));
    oom_victim_unregister(&f->victim);
}

/* The log is all that is left when somebody asks why his memory is gone. */
KTEST(oom, report_names_constraint_victim_and_reason)
{
    static char log[65536];
    struct oom_control oc = request(GFP_KERNEL | __GFP_THISNODE);
    struct fake *f = fake_init(0, "somebody", 7);
    uint64_t pos = log_end();
    int nid = first_node();
    size_t len;

    KSKIP_IF(node_free_pages(nid) < 256, "too little memory");
    KASSERT(hold(f, nid));
    KEXPECT(out_of_memory(&oc));
    KEXPECT(was_released(f, 1));
    oom_victim_unregister(&f->victim);
    len = log_read(&pos, log, sizeof(log) - 1);
    log[len] = '\0';
    KEXPECT(
        strstr(log, "invoked oom-killer: gfp_mask=0x200cc0(GFP_KERNEL|__GFP_THISNODE), order=0") !=
        NULL);
    KEXPECT(strstr(log, "constraint=CONSTRAINT_THISNODE") != NULL);
    KEXPECT(strstr(log, "Out of memory: somebody (pid 1000) is to give up 8 pages, 32kB") != NULL);
    KEXPECT(strstr(log, "oom_score_adj 7") != NULL);
    KEXPECT(strstr(log, "oom_reaper: somebody (pid 1000) gave up 8 pages, 32 kB") != NULL);
}
