/*
 * tests/kernel/slab_helpers.c - what the tests of objects share.
 */
#include "tests/kernel/slab_helpers.h"
#include "kernel/bug.h"

#define MAX_CACHES 4

static struct kmem_cache *owned[MAX_CACHES];
static int nr_owned;

static void end_owned(void *unused)
{
    (void)unused;
    while (nr_owned > 0)
        KEXPECT_EQ(0, kmem_cache_destroy(owned[--nr_owned]));
}

struct kmem_cache *test_cache(const char *name, unsigned size, unsigned align, unsigned flags,
                              void (*ctor)(void *object))
{
    struct kmem_cache *cache = kmem_cache_create(name, size, align, flags, ctor);

    if (!cache)
        return NULL;
    ktest_defer(end_owned, NULL);
    BUG_ON(nr_owned == MAX_CACHES);
    return owned[nr_owned++] = cache;
}

int test_cache_destroy(struct kmem_cache *cache)
{
    int err = kmem_cache_destroy(cache);

    for (int i = 0; !err && i < nr_owned; i++) {
        if (owned[i] == cache)
            owned[i] = owned[--nr_owned];
    }
    return err;
}
