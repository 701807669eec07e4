/*
 * tests/kernel/soak_slab.c - the soak's workers on objects: any size, any node, freed by anybody; and one
 * that takes the CPUs' parts of all caches away, and verifies.
 */
#include "kernel/lib/string.h"
#include "kernel/timer.h"
#include "mm/slab.h"
#include "tests/kernel/soak.h"

#define MAX_OBJECTS 64 /* that a worker holds */
#define NR_SHELVES  32
#define MAX_SIZE    12000

/* At the start of each object; the rest is filled with its lowest byte. */
struct label {
    uint32_t size;
    uint32_t seed;
};

struct object_holder {
    struct label *objects[MAX_OBJECTS]; /* NULL: none */
};

/* Objects that one worker leaves for another to free. Exchanged atomically. */
static struct label *shelves[NR_SHELVES];

static void check_free(const struct soak_worker *w, struct label *p)
{
    const uint8_t *bytes = (const uint8_t *)p;

    if (!p)
        return;
    if (p->size < sizeof(*p) || p->size > MAX_SIZE ||
        (p->size > sizeof(*p) && bytes[p->size - 1] != (uint8_t)p->seed))
        soak_fail(w, "object 0x%lx: size %u, seed 0x%x, last byte 0x%02x: somebody else's",
                  (unsigned long)p, p->size, p->seed, bytes[sizeof(*p)]);
    else
        kfree(p);
}

static struct label *take_object(struct soak_worker *w)
{
    size_t size = sizeof(struct label) + soak_random(w, soak_one_in(w, 8) ? MAX_SIZE - 8 : 300);
    gfp_t gfp = (soak_one_in(w, 4) ? GFP_ATOMIC : GFP_KERNEL) | __GFP_NOWARN;
    int nid = soak_one_in(w, 2) ? NUMA_NO_NODE : soak_random_node(w);
    struct label *p = kmalloc_node(size, gfp, nid);

    if (!p)
        return NULL;
    p->size = (uint32_t)size;
    p->seed = (uint32_t)rng_next(&w->rng);
    memset(p + 1, (uint8_t)p->seed, size - sizeof(*p));
    return p;
}

/* Take the object at a place, or, if there is none, put one there. */
static bool step_objects(struct soak_worker *w)
{
    struct object_holder *h = soak_data(w, struct object_holder);
    struct label **place = &h->objects[soak_random(w, MAX_OBJECTS)], *p = *place;

    if (!p) {
        *place = take_object(w);
        return soak_goes_on();
    }
    *place = NULL;
    if (soak_one_in(w, 4))
        p = __atomic_exchange_n(&shelves[soak_random(w, NR_SHELVES)], p, __ATOMIC_ACQ_REL);
    check_free(w, p);
    return soak_goes_on();
}

static void end_objects(struct soak_worker *w)
{
    struct object_holder *h = soak_data(w, struct object_holder);

    for (int i = 0; i < MAX_OBJECTS; i++)
        check_free(w, h->objects[i]);
}

static void finish_objects(void)
{
    for (int i = 0; i < NR_SHELVES; i++)
        check_free(NULL, __atomic_exchange_n(&shelves[i], NULL, __ATOMIC_ACQ_REL));
    kmem_cache_drain_all();
}

const struct soak_kind soak_objects = {
    .name = "objects",
    .cpus_each = 2,
    .least = 2,
    .most = 16,
    .step = step_objects,
    .end = end_objects,
    .finish = finish_objects,
};

static bool step_caches(struct soak_worker *w)
{
    if (soak_one_in(w, 4))
        kmem_cache_drain_all();
    if (kmem_cache_verify_all() != 0)
        soak_fail(w, "kmem_cache_verify found something; the log tells what");
    msleep(50);
    return soak_goes_on();
}

const struct soak_kind soak_caches = {
    .name = "caches",
    .cpus_each = 256,
    .least = 1,
    .most = 1,
    .step = step_caches,
};
