/*
 * tests/kernel/soak_cache.c - the soak's workers on what reclaim lives on: a file that is larger than memory,
 * read and changed through the page cache, and a cache of objects with a shrinker.
 */
#include "kernel/lib/errno.h"
#include "kernel/mutex.h"
#include "kernel/timer.h"
#include "mm/lru.h"
#include "mm/shrinker.h"
#include "mm/slab.h"
#include "mm/vmscan.h"
#include "tests/kernel/cache_helpers.h"
#include "tests/kernel/soak.h"

/* ---- a file ---------------------------------------------------------------------------------- */

#define RUN_PAGES   16 /* that are read one behind the other */
#define MAX_READ_NS (50 * NS_PER_US)
#define FILE_SHARE  2 /* the file is so many times as large as memory, */
#define MOST_PAGES  (1ul << 22)

static struct test_file file;
static unsigned nr_writers;
static unsigned long file_pages_before;

/* What one worker knows: pages [0, NR_VERSIONS) are shared out, each has one who changes it. */
struct file_user {
    unsigned long next; /* page to read */
    unsigned long versions[NR_VERSIONS];
};

static int prepare_cache(int nr)
{
    unsigned long nr_pages = 0;
    int nid;

    for_each_online_node (nid)
        nr_pages += node_managed_pages(nid);
    file_pages_before = global_node_page_state(NR_FILE_PAGES);
    nr_writers = (unsigned)nr;
    test_file_init(&file, clamp(FILE_SHARE * nr_pages, 2ul * NR_VERSIONS, MOST_PAGES), true);
    return 0;
}

static unsigned long nr_file_pages(void)
{
    return (unsigned long)(file.mapping.size >> PAGE_SHIFT);
}

/* Without memory it isn't read, and that is all. */
static void look(const struct soak_worker *w, unsigned long index, unsigned long version)
{
    int err = test_file_look(&file, index, version);

    if (err && err != -ENOMEM)
        soak_fail(w, "page %lu of the file isn't what was written as version %lu: %d", index,
                  version, err);
}

static void change_own(struct soak_worker *w, struct file_user *u)
{
    unsigned long index = soak_random(w, NR_VERSIONS);
    unsigned long version = (u->versions[index] + 1) & UINT16_MAX;

    if (index % nr_writers != (unsigned)w->index)
        return;
    if (test_file_change_to(&file, index, version))
        u->versions[index] = version;
    look(w, index, u->versions[index]);
}

static void read_run(struct soak_worker *w, struct file_user *u)
{
    unsigned long nr = nr_file_pages() - NR_VERSIONS;

    if (soak_one_in(w, 16))
        u->next = soak_random(w, nr);
    for (int i = 0; i < RUN_PAGES; i++)
        look(w, NR_VERSIONS + u->next++ % nr, 0);
}

static bool step_cache(struct soak_worker *w)
{
    struct file_user *u = soak_data(w, struct file_user);

    if (soak_one_in(w, 256))
        file.read_takes_ns = soak_one_in(w, 2) ? 0 : soak_random(w, MAX_READ_NS);
    if (soak_one_in(w, 4))
        change_own(w, u);
    else
        read_run(w, u);
    return soak_goes_on();
}

/* What was written last is there, in memory or written back. */
static void end_cache(struct soak_worker *w)
{
    struct file_user *u = soak_data(w, struct file_user);

    for (unsigned long i = (unsigned)w->index; i < NR_VERSIONS; i += nr_writers)
        look(w, i, u->versions[i]);
}

/* No page is left, neither in the file nor in the counts. */
static void finish_cache(void)
{
    if (nr_writers == 0)
        return; /* it didn't take part */
    nr_writers = 0;
    address_space_drop(&file.mapping);
    if (file.mapping.nr_pages != 0)
        soak_fail(NULL, "%lu pages of the file are left in the cache", file.mapping.nr_pages);
    if (!nothing_is_isolated())
        soak_fail(NULL, "%ld pages are isolated, and nobody gives them back",
                  (long)global_node_page_state(NR_ISOLATED_FILE));
    if (global_node_page_state(NR_FILE_PAGES) > file_pages_before)
        soak_fail(NULL, "there were %lu file pages, and are %lu", file_pages_before,
                  (unsigned long)global_node_page_state(NR_FILE_PAGES));
}

const struct soak_kind soak_cache = {
    .name = "cache",
    .cpus_each = 2,
    .least = 1,
    .most = 8,
    .prepare = prepare_cache,
    .step = step_cache,
    .end = end_cache,
    .finish = finish_cache,
};

/* ---- objects that can be had back ------------------------------------------------------------ */

#define OBJECT_SIZE 328
#define SHARE       16 /* all of them are at most so small a part of what is free */
#define GROW_BY     16 /* in one step */

struct object {
    struct object *next;
    int nid;           /* whose list it is in */
    unsigned long sum; /* of the two */
};

/* Linked by next, protected by lock, which nobody holds who allocates. */
static DEFINE_MUTEX(objects_lock);
static struct object *objects[MAX_NUMNODES];
static unsigned long nr_objects[MAX_NUMNODES];
static unsigned long most_objects; /* on one node; fixed before they start */
static struct kmem_cache *object_cache;
static unsigned long nr_broken; /* atomic */

static unsigned long sum_of(const struct object *o)
{
    return (uintptr_t)o->next ^ (unsigned long)o->nid << 48 ^ (uintptr_t)o;
}

/* Up to @nr objects of @nid are freed. Returns how many. */
static unsigned long free_objects(int nid, unsigned long nr) __must_hold(objects_lock)
{
    unsigned long freed = 0;

    while (freed < nr && objects[nid]) {
        struct object *o = objects[nid];

        if (o->sum != sum_of(o) || o->nid != nid)
            __atomic_fetch_add(&nr_broken, 1, __ATOMIC_RELAXED);
        objects[nid] = o->next;
        kmem_cache_free(object_cache, o);
        freed++;
    }
    nr_objects[nid] -= freed;
    return freed;
}

static unsigned long count_objects(struct shrinker *s, struct shrink_control *sc)
{
    unsigned long nr = READ_ONCE(nr_objects[sc->nid]);

    (void)s;
    return nr ? nr : SHRINK_EMPTY;
}

static unsigned long scan_objects(struct shrinker *s, struct shrink_control *sc)
{
    unsigned long freed;

    (void)s;
    if (!mutex_trylock(&objects_lock))
        return SHRINK_STOP;
    freed = free_objects(sc->nid, sc->nr_to_scan);
    mutex_unlock(&objects_lock);
    return freed;
}

static struct shrinker shrinker = {.count_objects = count_objects,
                                   .scan_objects = scan_objects,
                                   .seeks = DEFAULT_SEEKS,
                                   .flags = SHRINKER_NUMA_AWARE};

static int prepare_shrinkers(int nr)
{
    unsigned long nr_free = 0;
    int nid;

    (void)nr;
    for_each_online_node (nid)
        nr_free += node_free_pages(nid);
    most_objects = max(nr_free / SHARE * (PAGE_SIZE / OBJECT_SIZE) /
                           (unsigned)nodemask_weight(&node_states[N_ONLINE]),
                       16ul);
    object_cache = kmem_cache_create("soak_objects", OBJECT_SIZE, 0, SLAB_RECLAIM_ACCOUNT, NULL);
    if (!object_cache)
        return -ENOMEM;
    register_shrinker(&shrinker, "soak");
    return 0;
}

static void finish_shrinkers(void)
{
    if (!object_cache)
        return;
    unregister_shrinker(&shrinker);
    mutex_lock(&objects_lock);
    for (int nid = 0; nid < MAX_NUMNODES; nid++)
        free_objects(nid, -1ul);
    mutex_unlock(&objects_lock);
    if (kmem_cache_destroy(object_cache))
        soak_fail(NULL, "objects are left that nobody has");
    object_cache = NULL;
}

/* Into the list of the node that was asked, wherever it lies: @o's place is its page's, not the list's. */
static void add_object(struct object *o, int nid)
{
    mutex_lock(&objects_lock);
    o->next = objects[nid];
    o->nid = nid;
    o->sum = sum_of(o);
    objects[nid] = o;
    WRITE_ONCE(nr_objects[nid], nr_objects[nid] + 1);
    mutex_unlock(&objects_lock);
}

static bool step_shrinkers(struct soak_worker *w)
{
    int nid = soak_random_node(w);

    for (int i = 0; i < GROW_BY && READ_ONCE(nr_objects[nid]) < most_objects; i++) {
        struct object *o = kmem_cache_alloc_node(object_cache, GFP_KERNEL | __GFP_NOWARN, nid);

        if (!o)
            break;
        add_object(o, nid);
    }
    if (soak_one_in(w, 64))
        drop_slab();
    if (__atomic_exchange_n(&nr_broken, 0, __ATOMIC_RELAXED) > 0)
        soak_fail(w, "an object of the shrinker's list was somebody else's, too");
    return soak_goes_on();
}

const struct soak_kind soak_shrinkers = {
    .name = "shrinkers",
    .cpus_each = 8,
    .least = 1,
    .most = 3,
    .prepare = prepare_shrinkers,
    .step = step_shrinkers,
    .finish = finish_shrinkers,
};
