/*
 * mm/slab_page.c - one slab: a block of pages cut into objects of one size.
 *
 * THEORY
 *
 * A slab is a block of the page allocator with objects side by side, `stride` bytes apart, and a bit for
 * each of them: set, it is free. Nothing is written into a free object, so that what its constructor
 * built lasts, and a stray write to a free object breaks nothing but itself.
 *
 *     stride 1000, one page:  | object 0 | object 1 | object 2 | object 3 | 96 bytes unused |
 *     object 1 in use:          slab_word = 1101 in binary
 *
 * Up to 64 objects have their bits in the head's descriptor. Smaller ones than that share their page with
 * the words of their bits and the count of free ones, which lie behind the last object: stride 8 leaves
 * room for 503 objects, 8 words, and the count.
 *
 * A slab is the smallest block that wastes at most an eighth and has SLAB_MIN_OBJECTS, but at most of order
 * SLAB_MAX_ORDER. When there is no such block the smallest that holds one object will do, so a cache may
 * have slabs of two orders.
 *
 * Each page of a slab says that it is one (PAGE_SLAB), whose (slab_cache), and where the first object
 * lies (s_mem), so that an object's address is enough to find all of it.
 *
 * Which object is at offset n? n / stride, if n % stride == 0. Instead of dividing, multiply by the
 * inverse, M = 2^64 / stride rounded up: of the 128-bit product n * M the upper half is n / stride, and
 * the lower half is less than M just if nothing remains (n below 2^32):
 *
 *     stride 96, M = 0x2aaaaaaaaaaaaab:    192 * M = 2 | 0x80     0x80 < M: object 2
 *                                           200 * M = 2 | 0x155...  not: inside of object 2
 *
 * LOCKING  None here; mm/slab_node.c holds the lock of the slab's node.
 * UNITS    Bytes.
 * SOURCES  Lemire, Kaser, Kurz, "Faster remainder by direct computation", Software: Practice and
 *          Experience 49 (2019), 3.2 "A fast divisibility check".
 * NOT HERE Where slabs come from, and lists of them (mm/slab_node.c).
 */
#include "mm/slab_page.h"

/* Objects in a block of @order. More than a word has bits for: then their words and count lie there, too. */
static unsigned objects_in(unsigned stride, unsigned lead, unsigned order)
{
    size_t room = (PAGE_SIZE << order) - lead;
    size_t nr = room / stride;

    while (nr > SLAB_WORD_BITS &&
           nr * stride + (BITMAP_WORDS(nr) + 1) * sizeof(unsigned long) > room)
        nr--;
    return (unsigned)nr;
}

static bool wastes_little(unsigned stride, unsigned lead, unsigned order)
{
    size_t size = PAGE_SIZE << order;

    return size - (size_t)objects_in(stride, lead, order) * stride <= size / 8;
}

/*
 * slab_shape_init - how to cut slabs for objects that are @stride bytes apart, the first at @lead.
 *
 * @stride  8 or more.
 * @lead    less than a page.
 *
 * False if an object fits no block.
 */
bool slab_shape_init(struct slab_shape *s, unsigned stride, unsigned lead)
{
    unsigned order = 0;

    while (order < MAX_ORDER && objects_in(stride, lead, order) == 0)
        order++;
    if (order == MAX_ORDER)
        return false;
    *s = (struct slab_shape){.stride = stride, .lead = lead, .min_order = order};
    s->min_objects = objects_in(stride, lead, order);
    s->inverse = UINT64_MAX / stride + 1;
    while (order < SLAB_MAX_ORDER && (objects_in(stride, lead, order) < SLAB_MIN_OBJECTS ||
                                      !wastes_little(stride, lead, order)))
        order++;
    s->order = order;
    s->objects = objects_in(stride, lead, order);
    return true;
}

/*
 * slab_format - make a slab of @cache of the allocated block @head; all objects are free.
 *
 * Context: the caller owns the block, which has one of the shape's two orders.
 */
void slab_format(const struct slab_shape *s, struct page *head, struct kmem_cache *cache)
{
    unsigned nr = slab_objects(s, head);
    char *first = (char *)page_address(head) + s->lead;

    for (unsigned i = 0; i < 1U << page_order(head); i++) {
        page_flag_set(&head[i], PAGE_SLAB);
        head[i].slab_cache = cache;
        head[i].s_mem = first;
    }
    if (slab_is_large(s)) {
        char *end = (char *)page_address(head) + (PAGE_SIZE << page_order(head));

        head->slab_words = (unsigned long *)end - BITMAP_WORDS(nr) - 1;
        *slab_count(s, head) = nr;
    }
    bitmap_fill(slab_map(s, head), nr);
}

/* slab_unformat - the pages are plain ones again. Context: as slab_format; nobody has an object. */
void slab_unformat(struct page *head)
{
    for (unsigned i = 0; i < 1U << page_order(head); i++) {
        page_flag_clear(&head[i], PAGE_SLAB);
        head[i].slab_cache = NULL;
        head[i].s_mem = NULL;
    }
}

/* Move objects of one word, the first of which is @first, to @objects. */
static unsigned take_word(const struct slab_shape *s, unsigned long *word, char *first,
                          void **objects, unsigned max)
{
    unsigned long bits = *word;
    unsigned n = 0;

    for (; bits && n < max; bits &= bits - 1)
        objects[n++] = first + (size_t)__builtin_ctzl(bits) * s->stride;
    *word = bits;
    return n;
}

/* slab_take - up to @max free objects, lowest first, are in use from now on. Returns how many. */
unsigned slab_take(const struct slab_shape *s, struct page *head, void **objects, unsigned max)
{
    unsigned long *map = slab_map(s, head);
    unsigned nr = slab_objects(s, head), n = 0;

    for (unsigned i = 0; i < nr && n < max; i += BITS_PER_LONG)
        n += take_word(s, &map[i / BITS_PER_LONG], slab_object(s, head, i), objects + n, max - n);
    if (slab_is_large(s))
        *slab_count(s, head) -= n;
    return n;
}

/* slab_put - object @index is free. False, and nothing changes, if it was, or if there is none. */
bool slab_put(const struct slab_shape *s, struct page *head, unsigned long index)
{
    unsigned long *map = slab_map(s, head);

    if (index >= slab_objects(s, head) || bitmap_test(map, (unsigned)index))
        return false;
    bitmap_set(map, (unsigned)index);
    if (slab_is_large(s))
        ++*slab_count(s, head);
    return true;
}

/* slab_nr_free - how many are free. */
unsigned slab_nr_free(const struct slab_shape *s, struct page *head)
{
    return bitmap_weight(slab_map(s, head), slab_objects(s, head));
}
