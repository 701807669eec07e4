/*
 * mm/memhog.c - the command memhog: memory that is taken and held, to see a machine without it.
 *
 * THEORY
 *
 * A hog is a thread that takes pages one by one until it has what it was told to, and holds them until it
 * is told to stop, its time is over, or the OOM killer chooses it: while it lives it is a registered
 * victim. Its pages hang one behind the other in a list that is changed by atomic operations alone, so that
 * the reaper can take them from under it:
 *
 *     hog:     push a page; ended? then take the list and free it
 *     others:  ended = true; take the list and free it
 *
 * Whichever side comes second finds the page, so none is left.
 *
 * With --node N the pages come from that node or not at all (__GFP_THISNODE); a hog that gets no more
 * keeps what it has. Without it they come as near to the thread as possible, then from further away, and
 * when the machine has none the OOM killer looks for the largest user, who may be this one.
 *
 * LOCKING  hogs_lock, a mutex, for the numbers that commands give; a hog's slot is its thread's from `busy`
 *          on until the thread sets it to false.
 * UNITS    Pages; the user's sizes in bytes.
 */
#include "kernel/bug.h"
#include "kernel/command.h"
#include "kernel/completion.h"
#include "kernel/kthread.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/parse.h"
#include "kernel/lib/string.h"
#include "kernel/mutex.h"
#include "kernel/printk.h"
#include "kernel/timer.h"
#include "kernel/wait.h"
#include "mm/oom.h"
#include "mm/page_alloc.h"

#define MAX_HOGS    32
#define MAX_SECONDS 86400

enum ending { NOT_YET, WAS_TOLD, WAS_CHOSEN }; /* by the user; by the OOM killer */

struct hog {
    struct oom_victim victim; /* its name is `name` */
    char name[16];            /* "memhog/3" */

    /* Fixed before the thread starts. */
    int id;               /* of the hogs since boot, from 1 */
    int nid;              /* from there alone, or NUMA_NO_NODE */
    unsigned long wanted; /* pages */
    unsigned seconds;     /* 0: until it is told to stop */

    /* The thread's, until is_filled. */
    unsigned long nr_taken; /* pages, given back since or not */

    /* Atomic. */
    bool busy;                         /* the slot is a hog's */
    bool is_filled;                    /* it takes no more */
    int ended;                         /* enum ending */
    struct page *pages;                /* linked by page->private[0] */
    unsigned long nr_on[MAX_NUMNODES]; /* by node */
};

static DEFINE_MUTEX(hogs_lock);
static DEFINE_WAIT_QUEUE(changed); /* is_filled, ended or busy of a hog */
static struct hog hogs[MAX_HOGS];
static int last_id; /* protected by hogs_lock */
static struct free_before {
    unsigned long pages[MAX_NUMNODES];
} free_before; /* protected by hogs_lock: the second witness */

/* ---- the hog --------------------------------------------------------------------------------- */

static struct hog *hog_of(struct oom_victim *v)
{
    return container_of(v, struct hog, victim);
}

static unsigned long nr_held(const struct hog *h)
{
    unsigned long nr = 0;

    for (int nid = 0; nid < MAX_NUMNODES; nid++)
        nr += READ_ONCE(h->nr_on[nid]);
    return nr;
}

static void push(struct hog *h, struct page *page)
{
    struct page *head = __atomic_load_n(&h->pages, __ATOMIC_RELAXED);

    __atomic_fetch_add(&h->nr_on[page_to_nid(page)], 1, __ATOMIC_RELAXED);
    do
        page->private[0] = (unsigned long)head;
    while (!__atomic_compare_exchange_n(&h->pages, &head, page, true, __ATOMIC_SEQ_CST,
                                        __ATOMIC_RELAXED));
}

/* Free all that it has. Returns how many pages. */
static unsigned long drop(struct hog *h)
{
    struct page *page = __atomic_exchange_n(&h->pages, NULL, __ATOMIC_SEQ_CST);
    unsigned long nr = 0;

    while (page) {
        struct page *next = (struct page *)page->private[0];

        __atomic_fetch_sub(&h->nr_on[page_to_nid(page)], 1, __ATOMIC_RELAXED);
        __free_pages(page, 0);
        page = next;
        nr++;
    }
    return nr;
}

static bool has_ended(const struct hog *h)
{
    return __atomic_load_n(&h->ended, __ATOMIC_SEQ_CST) != NOT_YET;
}

static void end(struct hog *h, enum ending why)
{
    int not_yet = NOT_YET;

    __atomic_compare_exchange_n(&h->ended, &not_yet, why, false, __ATOMIC_SEQ_CST,
                                __ATOMIC_SEQ_CST);
    wake_up_all(&changed);
}

static unsigned long victim_pages(struct oom_victim *v, const nodemask_t *nodes)
{
    const struct hog *h = hog_of(v);
    unsigned long nr = 0;
    int nid;

    for_each_node_mask (nid, nodes)
        nr += READ_ONCE(h->nr_on[nid]);
    return nr;
}

static unsigned long victim_release(struct oom_victim *v)
{
    struct hog *h = hog_of(v);

    end(h, WAS_CHOSEN);
    return drop(h);
}

/* A page from where it was told, or NULL. */
static struct page *take_page(const struct hog *h)
{
    if (h->nid == NUMA_NO_NODE)
        return alloc_pages(GFP_KERNEL | __GFP_NOWARN, 0);
    return alloc_pages_node(h->nid, GFP_KERNEL | __GFP_THISNODE | __GFP_NOWARN, 0);
}

static void fill(struct hog *h)
{
    for (unsigned long i = 0; i < h->wanted && !has_ended(h); i++) {
        struct page *page = take_page(h);

        if (!page)
            break;
        push(h, page);
        h->nr_taken++;
    }
    __atomic_store_n(&h->is_filled, true, __ATOMIC_SEQ_CST);
    wake_up_all(&changed);
}

static int hog_thread(void *arg)
{
    struct hog *h = arg;
    uint64_t limit = h->seconds ? h->seconds * NS_PER_S : UINT64_MAX;

    fill(h);
    (void)wait_event_timeout(&changed, has_ended(h), limit);
    end(h, WAS_TOLD);
    oom_victim_unregister(&h->victim);
    drop(h);
    if (READ_ONCE(h->ended) == WAS_CHOSEN)
        pr_notice("%s ends: the OOM killer took its memory", h->name);
    __atomic_store_n(&h->busy, false, __ATOMIC_SEQ_CST);
    wake_up_all(&changed);
    return 0;
}

/* ---- the command ----------------------------------------------------------------------------- */

static struct hog *find_slot(void) __must_hold(hogs_lock)
{
    for (int i = 0; i < MAX_HOGS; i++)
        if (!READ_ONCE(hogs[i].busy))
            return &hogs[i];
    return NULL;
}

static void prepare(struct hog *h, const struct hog *wish) __must_hold(hogs_lock)
{
    struct seqbuf s;

    *h = *wish;
    h->id = ++last_id;
    seqbuf_init(&s, h->name, sizeof(h->name));
    seq_printf(&s, "memhog/%d", h->id);
    seqbuf_str(&s);
    h->victim =
        (struct oom_victim){.name = h->name, .pages = victim_pages, .release = victim_release};
}

/* Make the thread; the hog is a victim before it takes anything. 0 or -ENOMEM. */
static int launch(struct hog *h) __must_hold(hogs_lock)
{
    int nid = h->nid == NUMA_NO_NODE ? KTHREAD_ANY_NODE : h->nid;
    struct task *t = kthread_create_on_node(hog_thread, h, nid, "%s", h->name);

    if (!t)
        return -ENOMEM;
    h->victim.pid = t->pid;
    WRITE_ONCE(h->busy, true);
    oom_victim_register(&h->victim);
    kthread_detach(t);
    kthread_start(t);
    return 0;
}

static void print_nodes(struct seqbuf *out, const struct hog *h)
{
    int nid;

    for_each_online_node (nid)
        if (h->nr_on[nid])
            seq_printf(out, " N%d=%lu", nid, h->nr_on[nid]);
}

/* Where it landed, by the pages and by who has fewer free ones. */
static void print_landing(struct seqbuf *out, const struct hog *h) __must_hold(hogs_lock)
{
    unsigned long nr = nr_held(h);
    int nid;

    if (READ_ONCE(h->ended) == WAS_CHOSEN) {
        seq_printf(out,
                   "%s: %lu of %lu pages, then the OOM killer took all again; `dmesg` tells why\n",
                   h->name, h->nr_taken, h->wanted);
        return;
    }
    seq_printf(out, "%s: %lu of %lu pages, %lu kB\n", h->name, nr, h->wanted,
               nr << (PAGE_SHIFT - 10));
    for_each_online_node (nid) {
        long fell = (long)(free_before.pages[nid] - node_free_pages(nid));

        if (h->nr_on[nid])
            seq_printf(out, "node %d: %lu pages are its, free pages fell by %ld\n", nid,
                       h->nr_on[nid], fell);
    }
    if (nr < h->wanted && h->nid != NUMA_NO_NODE)
        seq_printf(out, "%s: node %d has no more to give\n", h->name, h->nid);
    else if (nr < h->wanted)
        seq_printf(out, "%s: the machine has no more to give\n", h->name);
}

static int start(const struct hog *wish, struct seqbuf *out) __must_hold(hogs_lock)
{
    struct hog *h = find_slot();
    int nid;

    if (!h) {
        seq_printf(out, "memhog: %d hold memory, and that is the most; `memhog free` ends them\n",
                   MAX_HOGS);
        return -ENOSPC;
    }
    for_each_online_node (nid)
        free_before.pages[nid] = node_free_pages(nid);
    prepare(h, wish);
    if (launch(h)) {
        seq_puts(out, "memhog: no memory for the thread\n");
        return -ENOMEM;
    }
    wait_event(&changed, READ_ONCE(h->is_filled));
    print_landing(out, h);
    return 0;
}

static void list_hogs(struct seqbuf *out) __must_hold(hogs_lock)
{
    int nr = 0;

    for (int i = 0; i < MAX_HOGS; i++) {
        const struct hog *h = &hogs[i];

        if (!READ_ONCE(h->busy) || has_ended(h))
            continue;
        if (nr++ == 0)
            seq_puts(out, "     ID     PID        KB  NODE  PAGES BY NODE\n");
        seq_printf(out, "%7d %7d %9lu ", h->id, h->victim.pid, nr_held(h) << (PAGE_SHIFT - 10));
        seq_printf(out, h->nid == NUMA_NO_NODE ? "  any " : "%5d ", h->nid);
        print_nodes(out, h);
        seq_putc(out, '\n');
    }
    if (nr == 0)
        seq_puts(out, "nobody hogs memory; `memhog 16M` would\n");
}

/* End hog @id, 0: all. Returns how many there were. */
static int free_hogs(uint64_t id) __must_hold(hogs_lock)
{
    int nr = 0;

    for (int i = 0; i < MAX_HOGS; i++) {
        struct hog *h = &hogs[i];

        if (!READ_ONCE(h->busy) || (id && (uint64_t)h->id != id))
            continue;
        nr += !has_ended(h); /* else it is about to vanish by itself */
        end(h, WAS_TOLD);
        wait_event(&changed, !READ_ONCE(h->busy));
    }
    return nr;
}

static int free_command(char **argv, struct seqbuf *out) __must_hold(hogs_lock)
{
    uint64_t id = 0;
    int nr;

    if (argv[0] && (parse_u64(argv[0], 10, &id, NULL) || id == 0 || argv[1])) {
        seq_printf(out, "memhog: free %s: write one ID that `memhog` shows, or none for all\n",
                   argv[0]);
        return -EINVAL;
    }
    nr = free_hogs(id);
    if (id && !nr) {
        seq_printf(out, "memhog: there is no hog %lu\n", (unsigned long)id);
        return -ENOENT;
    }
    seq_printf(out, "%d gave back what they held\n", nr);
    return 0;
}

static int parse_limited(const char *text, uint64_t limit, uint64_t *value)
{
    return !text || parse_u64(text, 10, value, NULL) || *value >= limit ? -EINVAL : 0;
}

/* The options behind the size. Returns 0, or -EINVAL after having said why. */
static int parse_options(char **argv, struct hog *wish, struct seqbuf *out)
{
    for (; argv[0]; argv += 2) {
        uint64_t value = 0;

        if (strcmp(argv[0], "--node") == 0 && !parse_limited(argv[1], MAX_NUMNODES, &value) &&
            node_online((int)value)) {
            wish->nid = (int)value;
        } else if (strcmp(argv[0], "--for") == 0 &&
                   !parse_limited(argv[1], MAX_SECONDS + 1, &value) && value > 0) {
            wish->seconds = (unsigned)value;
        } else {
            seq_printf(out,
                       "memhog: %s %s: write --node N, which is online, or --for SECONDS, 1 to "
                       "%d\n",
                       argv[0], argv[1] ? argv[1] : "(nothing)", MAX_SECONDS);
            return -EINVAL;
        }
    }
    return 0;
}

static int parse_wish(char **argv, struct hog *wish, struct seqbuf *out)
{
    uint64_t bytes;

    if (parse_size(argv[0], &bytes, NULL) || bytes == 0 || bytes >= 1UL << PHYS_BITS) {
        seq_printf(out, "memhog: %s: how much? write a size such as 64M or 1G\n", argv[0]);
        return -EINVAL;
    }
    wish->wanted = ALIGN_UP(bytes, PAGE_SIZE) >> PAGE_SHIFT;
    return parse_options(argv + 1, wish, out);
}

static int run(int argc, char **argv, struct seqbuf *out) __must_hold(hogs_lock)
{
    static struct hog wish; /* protected by hogs_lock; too large for a stack */
    int err;

    if (argc < 2) {
        list_hogs(out);
        return 0;
    }
    if (strcmp(argv[1], "free") == 0)
        return free_command(argv + 2, out);
    wish = (struct hog){.nid = NUMA_NO_NODE};
    err = parse_wish(argv + 1, &wish, out);
    return err ? err : start(&wish, out);
}

static int memhog_command(int argc, char **argv, struct seqbuf *out)
{
    int err;

    mutex_lock(&hogs_lock);
    err = run(argc, argv, out);
    mutex_unlock(&hogs_lock);
    return err;
}

MONITOR_COMMAND("memhog", "[SIZE [--node N] [--for SECONDS] | free [ID]]",
                "take memory and hold it; list who does; give it back", memhog_command);
