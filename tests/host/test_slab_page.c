/*
 * tests/host/test_slab_page.c - mm/slab_page.c: one slab against a list of who is free.
 */
#include "mm/slab_page.h"
#include "tests/host/test.h"

#define MAX_SLAB_PAGES 8
#define MAX_OBJECTS    512

static struct page pages[MAX_SLAB_PAGES];
static char *memory; /* of the slab */
static struct slab_shape shape;
static struct page *head;

/* The model. */
static bool is_free[MAX_OBJECTS];
static unsigned nr, nr_free;

/* Descriptors whose page_address() is the host's memory. */
static void begin(unsigned stride, unsigned lead, bool smallest)
{
    unsigned long pfn;
    unsigned order;

    ASSERT(slab_shape_init(&shape, stride, lead));
    order = smallest ? shape.min_order : shape.order;
    memory = aligned_alloc(PAGE_SIZE << order, PAGE_SIZE << order);
    pfn = ((uintptr_t)memory - DIRECT_MAP_BASE) >> PAGE_SHIFT;
    memset(pages, 0, sizeof(pages));
    vmemmap = (struct page *)((uintptr_t)pages - pfn * sizeof(struct page));
    head = &pages[0];
    head->flags = PAGE_ALLOCATED | order;
    slab_format(&shape, head, (struct kmem_cache *)&shape);
    nr = nr_free = slab_objects(&shape, head);
    for (unsigned i = 0; i < nr; i++)
        is_free[i] = true;
}

static void end(void)
{
    slab_unformat(head);
    for (unsigned i = 0; i < MAX_SLAB_PAGES; i++)
        EXPECT_EQ(0, pages[i].flags & PAGE_OWNER_MASK);
    free(memory);
}

static const unsigned strides[] = {8,   16,  24,  32,   40,   56,   64,   72,   96,   100, 128,
                                   192, 256, 448, 1000, 1024, 1368, 2048, 3000, 4096, 8192};

/* Every object lies within the slab, and none over the words of the bits. */
HTEST(slab_page, objects_fit_into_the_slab)
{
    for (unsigned i = 0; i < ARRAY_SIZE(strides); i++) {
        char *end_of_slab;

        begin(strides[i], 0, false);
        end_of_slab = memory + (PAGE_SIZE << page_order(head));
        if (nr > SLAB_WORD_BITS)
            end_of_slab = (char *)head->slab_words;
        EXPECT(nr >= 1 && nr <= MAX_OBJECTS);
        EXPECT((char *)slab_object(&shape, head, nr - 1) + strides[i] <= end_of_slab);
        memset(memory, 0xff, nr * strides[i]);
        EXPECT_EQ(nr, slab_nr_free(&shape, head));
        end();
    }
}

/* A slab wastes at most an eighth, if a larger one would not be too large. */
HTEST(slab_page, slabs_waste_little)
{
    for (unsigned stride = 8; stride <= 8192; stride += 8) {
        struct slab_shape s;

        ASSERT(slab_shape_init(&s, stride, 0));
        if (s.order < SLAB_MAX_ORDER) {
            EXPECT((PAGE_SIZE << s.order) - (size_t)s.objects * stride <= PAGE_SIZE << s.order >>
                   3);
            EXPECT(s.objects >= SLAB_MIN_OBJECTS);
        }
        EXPECT(s.objects > SLAB_WORD_BITS ? s.order == s.min_order : true);
        EXPECT(s.min_order <= s.order && s.min_objects >= 1);
    }
}

/* What fits no block of the page allocator is refused. */
HTEST(slab_page, object_larger_than_every_block_is_refused)
{
    struct slab_shape s;

    EXPECT(slab_shape_init(&s, PAGE_SIZE << (MAX_ORDER - 1), 0));
    EXPECT_EQ(MAX_ORDER - 1, s.min_order);
    EXPECT(!slab_shape_init(&s, (PAGE_SIZE << (MAX_ORDER - 1)) + 8, 0));
}

/* The multiplication is the division, for every byte of a slab. */
HTEST(slab_page, index_is_what_division_says)
{
    for (unsigned stride = 8; stride <= 1032; stride += 8) {
        begin(stride, 0, false);
        for (unsigned offset = 0; offset < PAGE_SIZE << page_order(head); offset++) {
            unsigned long index;
            bool exact = slab_index(&shape, head, memory + offset, &index);

            ASSERT_EQ(offset / stride, index);
            ASSERT_EQ(offset % stride == 0, exact);
        }
        end();
    }
}

static void expect_model(void)
{
    EXPECT_EQ(nr_free, slab_nr_free(&shape, head));
    EXPECT_EQ(nr_free > 0, slab_has_free(&shape, head));
    EXPECT_EQ(nr_free == nr, slab_is_unused(&shape, head));
}

static void take(unsigned max)
{
    void *objects[MAX_OBJECTS];
    unsigned n = slab_take(&shape, head, objects, max), lowest = 0;

    EXPECT_EQ(min(max, nr_free), n);
    for (unsigned i = 0; i < n; i++) {
        while (!is_free[lowest])
            lowest++;
        ASSERT(objects[i] == memory + shape.lead + (size_t)lowest * shape.stride);
        is_free[lowest] = false;
        nr_free--;
    }
}

static void put(unsigned index)
{
    bool wanted = index < nr && !is_free[index];

    EXPECT_EQ(wanted, slab_put(&shape, head, index));
    if (wanted) {
        is_free[index] = true;
        nr_free++;
    }
}

static void walk(unsigned stride, unsigned lead, bool smallest)
{
    begin(stride, lead, smallest);
    for (int i = 0; i < 2000; i++) {
        if (host_random_below(3) == 0)
            take(host_random_below(20));
        else
            put(host_random_below(nr + 2));
        expect_model();
    }
    take(MAX_OBJECTS);
    EXPECT(!slab_has_free(&shape, head));
    for (unsigned i = 0; i < nr; i++)
        put(i);
    EXPECT(slab_is_unused(&shape, head));
    end();
}

/* Taken lowest first, put once, refused twice: whatever the order, the bits say what the model says. */
HTEST(slab_page, random_walk_follows_the_model)
{
    for (unsigned i = 0; i < ARRAY_SIZE(strides); i++) {
        walk(strides[i], 0, false);
        walk(strides[i], 0, true);
        walk(strides[i], 8, false);
    }
}

/* Every page of a slab leads to its head, whichever an object lies in. */
HTEST(slab_page, every_page_leads_to_the_head)
{
    begin(3000, 0, false);
    ASSERT(page_order(head) > 0);
    for (unsigned i = 0; i < 1U << page_order(head); i++) {
        EXPECT(slab_head(&pages[i]) == head);
        EXPECT(pages[i].slab_cache == (struct kmem_cache *)&shape);
        EXPECT(pages[i].flags & PAGE_SLAB);
    }
    end();
}
