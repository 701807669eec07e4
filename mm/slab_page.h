/*
 * mm/slab_page.h - one slab: a block of pages cut into objects of one size.
 *
 * The theory is at the head of mm/slab_page.c.
 */
#ifndef MM_SLAB_PAGE_H
#define MM_SLAB_PAGE_H

#include "kernel/lib/bitmap.h"
#include "mm/page.h"

#define SLAB_MAX_ORDER   3  /* slabs grow no larger to waste less */
#define SLAB_WORD_BITS   64 /* so many objects have their bits in the descriptor */
#define SLAB_MIN_OBJECTS 4  /* a slab has these, if SLAB_MAX_ORDER allows */

/* How a cache cuts its slabs. Fixed when the cache is made. */
struct slab_shape {
    uint64_t inverse;     /* 2^64 / stride, rounded up: slab_index() */
    unsigned stride;      /* bytes from one object to the next */
    unsigned lead;        /* bytes before the first object */
    unsigned order;       /* of a slab, */
    unsigned objects;     /* and how many objects are in it */
    unsigned min_order;   /* the same if there is no block of that order */
    unsigned min_objects; /**/
};

static inline unsigned slab_objects(const struct slab_shape *s, const struct page *head)
{
    return page_order(head) == s->order ? s->objects : s->min_objects;
}

/* The head of the slab that @page, with PAGE_SLAB, is a part of. */
static inline struct page *slab_head(const struct page *page)
{
    return virt_to_page(page->s_mem);
}

/* Are there more objects than a word has bits? Such slabs have one order only. */
static inline bool slab_is_large(const struct slab_shape *s)
{
    return s->objects > SLAB_WORD_BITS;
}

static inline unsigned long *slab_map(const struct slab_shape *s, struct page *head)
{
    return slab_is_large(s) ? head->slab_words : &head->slab_word;
}

/* Of a slab that is large in this sense: how many objects are free. */
static inline unsigned long *slab_count(const struct slab_shape *s, struct page *head)
{
    return head->slab_words + BITMAP_WORDS(slab_objects(s, head));
}

static inline bool slab_has_free(const struct slab_shape *s, struct page *head)
{
    return slab_is_large(s) ? *slab_count(s, head) != 0 : head->slab_word != 0;
}

/* Are all objects free? */
static inline bool slab_is_unused(const struct slab_shape *s, struct page *head)
{
    unsigned nr = slab_objects(s, head);

    return slab_is_large(s) ? *slab_count(s, head) == nr
                            : head->slab_word == ~0UL >> (SLAB_WORD_BITS - nr);
}

static inline void *slab_object(const struct slab_shape *s, const struct page *head, unsigned i)
{
    return (char *)head->s_mem + (size_t)i * s->stride;
}

/*
 * slab_index - which object of its slab @p is.
 *
 * @page  a page of the slab, the head or not.
 *
 * True, and *@index, if @p is where an object begins. *@index may lie behind the slab's last object; only
 * the slab's head knows where that is. One multiplication, see the theory.
 */
static inline bool slab_index(const struct slab_shape *s, const struct page *page, const void *p,
                              unsigned long *index)
{
    unsigned __int128 product =
        (unsigned __int128)((uintptr_t)p - (uintptr_t)page->s_mem) * s->inverse;

    *index = (unsigned long)(product >> 64);
    return (uint64_t)product < s->inverse;
}

bool slab_shape_init(struct slab_shape *s, unsigned stride, unsigned lead);
void slab_format(const struct slab_shape *s, struct page *head, struct kmem_cache *cache);
void slab_unformat(struct page *head);
unsigned slab_take(const struct slab_shape *s, struct page *head, void **objects, unsigned max);
bool slab_put(const struct slab_shape *s, struct page *head, unsigned long index);
unsigned slab_nr_free(const struct slab_shape *s, struct page *head);

#endif
