/*
 * mm/slab_debug.c - caches with checks: red zones, poison, owners.
 *
 * THEORY
 *
 * Around and behind each object of such a cache there is more than its user knows of:
 *
 *     |left|<-- what was asked for -->|<-------- right -------->|   meta    |
 *     | 8  |                          | up to the meta, 8 at least| 2 owners, size |
 *
 * While the object is in use both zones are filled with 0xcc, while it is free with 0xbb, and the object
 * itself with 0x6b, its last byte 0xa5 (all as in Linux). A byte that differs tells what happened:
 *
 *     right zone, at free     overrun: somebody wrote behind his object
 *     left zone, at free      underrun: before it, or an overrun of the object before
 *     object, at allocation   use after free: somebody kept the address
 *
 * The right zone begins where the size that was asked for ends, so that kmalloc(60) is watched from
 * byte 60 on. The left zone of an object is the end of the stride of the one before; the first one of a
 * slab has one only if objects are aligned to no more than MAX_LEAD.
 *
 * Debug builds (DEBUG=1) check all caches; in others one asks for it by the flags of kmem_cache_create().
 * Objects with a constructor are not poisoned, because they must stay as they are.
 *
 * LOCKING  Whoever calls owns the object, or holds the node's lock.
 * UNITS    Bytes.
 * NOT HERE Mistakes that are seen without all this (mm/slab_report.c).
 */
#include "kernel/bug.h"
#include "kernel/cpu.h"
#include "kernel/ksyms.h"
#include "kernel/lib/seqbuf.h"
#include "kernel/lib/string.h"
#include "kernel/task.h"
#include "mm/slab_internal.h"

#define RED_FREE   0xbb
#define RED_IN_USE 0xcc
#define POISON     0x6b
#define POISON_END 0xa5
#define ZONE       8u /* bytes of a red zone, at least */

struct owner {
    uintptr_t pc; /* the instruction behind the call; 0: there was none */
    int32_t pid;
    int32_t cpu;
};

struct slab_meta {
    struct owner allocated;
    struct owner freed;
    uint64_t size; /* what was asked for */
};

static struct slab_meta *meta_of(const struct kmem_cache *cache, const void *object)
{
    return (struct slab_meta *)((uintptr_t)object + cache->meta);
}

/*
 * slab_debug_stride - the stride of objects of @size bytes; *@meta: where what belongs to it begins.
 *
 * @align  a power of two, 8 or more.
 */
unsigned slab_debug_stride(unsigned size, unsigned align, unsigned *meta)
{
    *meta = ALIGN_UP(size, 8u) + ZONE;
    return ALIGN_UP(*meta + (unsigned)sizeof(struct slab_meta) + ZONE, align);
}

static bool has_left_zone(const struct kmem_cache *cache, const void *object)
{
    return cache->shape.lead >= ZONE || ((uintptr_t)object & (PAGE_SIZE - 1)) != 0 ||
           slab_page_of(object)->s_mem != object;
}

static void fill_zones(const struct kmem_cache *cache, uint8_t *object, size_t size, uint8_t value)
{
    if (!(cache->flags & SLAB_RED_ZONE))
        return;
    memset(object + size, value, cache->meta - size);
    if (has_left_zone(cache, object))
        memset(object - ZONE, value, ZONE);
}

static void fill_object(const struct kmem_cache *cache, uint8_t *object)
{
    if (!(cache->flags & SLAB_POISON))
        return;
    memset(object, POISON, cache->object_size - 1);
    object[cache->object_size - 1] = POISON_END;
}

/* slab_debug_new - @object of a new slab, constructed if it has a constructor, is free. */
void slab_debug_new(const struct kmem_cache *cache, void *object)
{
    if (!cache_has_checks(cache))
        return;
    memset(meta_of(cache, object), 0, sizeof(struct slab_meta));
    fill_object(cache, object);
    fill_zones(cache, object, cache->object_size, RED_FREE);
}

/* ---- what it says ------------------------------------------------------------------------------- */

static void print_owner(struct seqbuf *s, const char *what, const struct owner *o)
{
    const char *name = ksym_lookup(o->pc - 1, NULL, NULL);

    if (o->pc)
        seq_printf(s, ", %s by %s on CPU %d (pid %d)", what, name ? name : "an unknown function",
                   o->cpu, o->pid);
}

/* slab_debug_describe - who had @object, as far as the cache knows. Context: any. */
void slab_debug_describe(const struct kmem_cache *cache, const void *object, struct seqbuf *s)
{
    if (!(cache->flags & SLAB_STORE_USER))
        return;
    print_owner(s, "allocated", &meta_of(cache, object)->allocated);
    print_owner(s, "freed", &meta_of(cache, object)->freed);
}

/* The first of @size bytes from @from on that is not @value, or NULL. */
static const uint8_t *find_other(const uint8_t *from, size_t size, uint8_t value)
{
    for (size_t i = 0; i < size; i++) {
        if (from[i] != value)
            return &from[i];
    }
    return NULL;
}

static void check_bytes(const struct kmem_cache *cache, const uint8_t *object, const uint8_t *from,
                        size_t size, uint8_t value, const char *mistake)
{
    const uint8_t *bad = find_other(from, size, value);
    char text[80];
    struct seqbuf s;

    if (!bad)
        return;
    seqbuf_init(&s, text, sizeof(text));
    seq_printf(&s, "%s: byte %ld is 0x%02x, not 0x%02x", mistake, (long)(bad - object), *bad,
               value);
    slab_report(cache, object, seqbuf_str(&s));
}

static void check_zones(const struct kmem_cache *cache, const uint8_t *object, size_t size,
                        uint8_t value, const char *right, const char *left)
{
    if (!(cache->flags & SLAB_RED_ZONE))
        return;
    check_bytes(cache, object, object + size, cache->meta - size, value, right);
    if (has_left_zone(cache, object))
        check_bytes(cache, object, object - ZONE, ZONE, value, left);
}

static void set_owner(struct owner *o, uintptr_t pc)
{
    const struct task *t = current;

    *o = (struct owner){.pc = pc, .pid = t ? t->pid : 0, .cpu = this_cpu()};
}

/*
 * slab_debug_alloc - @object is handed out for @size bytes by @pc: report what changed while it was free.
 *
 * Context: the caller owns the object, which is in use by the bits of its slab.
 */
void slab_debug_alloc(const struct kmem_cache *cache, void *object, size_t size, uintptr_t pc)
{
    struct slab_meta *meta = meta_of(cache, object);
    const uint8_t *bytes = object;

    if (cache->flags & SLAB_POISON) {
        check_bytes(cache, bytes, bytes, cache->object_size - 1, POISON, "use after free");
        check_bytes(cache, bytes, bytes + cache->object_size - 1, 1, POISON_END, "use after free");
    }
    check_zones(cache, bytes, cache->object_size, RED_FREE, "write behind a free object",
                "write before a free object");
    fill_zones(cache, object, size, RED_IN_USE);
    meta->size = size;
    set_owner(&meta->allocated, pc);
    meta->freed.pc = 0;
}

/*
 * slab_debug_free - @object is freed by @pc: report what was written around it.
 *
 * Context: the node's lock is held; the slab's bits say that the object was in use.
 */
void slab_debug_free(const struct kmem_cache *cache, void *object, uintptr_t pc)
{
    struct slab_meta *meta = meta_of(cache, object);
    size_t size = min((size_t)meta->size, (size_t)cache->object_size);

    check_zones(cache, object, size, RED_IN_USE, "overrun", "underrun");
    set_owner(&meta->freed, pc);
    fill_object(cache, object);
    fill_zones(cache, object, cache->object_size, RED_FREE);
}

/* slab_debug_widen - all of @object may be used from now on, for ksize(). Context: the owner. */
void slab_debug_widen(const struct kmem_cache *cache, void *object)
{
    if (cache_has_checks(cache))
        meta_of(cache, object)->size = cache->object_size;
}
