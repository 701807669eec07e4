/*
 * tests/host/test_vmap_space.c - mm/vmap_space.c, against a map with a byte for each unit of space.
 */
#include "mm/vmap_space.h"
#include "tests/host/test.h"

#define UNITS    512
#define MAX_HELD 64
#define STEPS    200000

/* Descriptions, and which of them nobody uses. */
static struct vmap_area pool[UNITS];
static struct vmap_area *unused[UNITS];
static int nr_unused;

static struct vmap_space space;
static bool is_free[UNITS]; /* the model */

static void reset(void)
{
    struct vmap_area *dead[2];
    struct vmap_area *all;

    nr_unused = 0;
    for (int i = 0; i < UNITS; i++)
        unused[nr_unused++] = &pool[i];
    vmap_space_init(&space);
    all = unused[--nr_unused];
    all->start = 0;
    all->end = UNITS;
    EXPECT_EQ(0, vmap_space_give(&space, all, dead));
    memset(is_free, true, sizeof(is_free));
}

static struct vmap_area *take(size_t size)
{
    struct vmap_area *spare = unused[--nr_unused];
    struct vmap_area *area = vmap_space_take(&space, size, &spare);

    if (spare)
        unused[nr_unused++] = spare;
    if (area)
        memset(&is_free[area->start], false, area->end - area->start);
    return area;
}

static void give(struct vmap_area *area)
{
    struct vmap_area *dead[2];
    int nr_dead;

    memset(&is_free[area->start], true, area->end - area->start);
    nr_dead = vmap_space_give(&space, area, dead);
    for (int i = 0; i < nr_dead; i++)
        unused[nr_unused++] = dead[i];
}

/* The length of the run of free units at @at. */
static size_t run_at(size_t at)
{
    size_t n = 0;

    while (at + n < UNITS && is_free[at + n])
        n++;
    return n;
}

/* Where the model would put @size units; UNITS if nowhere. */
static size_t model_place(size_t size)
{
    size_t best = UNITS, best_run = UNITS + 1;

    for (size_t at = 0; at < UNITS;) {
        size_t run = run_at(at);

        if (run >= size && run < best_run) {
            best = at;
            best_run = run;
        }
        at += run + 1;
    }
    return best;
}

static void expect_as_model(void)
{
    size_t largest = 0, nr_free = 0;

    for (size_t at = 0; at < UNITS;) {
        size_t run = run_at(at);

        if (run > 0) {
            const struct vmap_area *area = vmap_space_behind(&space, at);

            ASSERT(area != NULL);
            EXPECT_EQ(at + run, area->end);
            EXPECT(vmap_space_before(&space, at + run) == area);
        }
        largest = run > largest ? run : largest;
        nr_free += run;
        at += run + 1;
    }
    EXPECT_EQ(largest, vmap_space_largest(&space));
    EXPECT_EQ(nr_free, space.nr_bytes);
    EXPECT(vmap_space_verify(&space));
}

/* The example at the head of mm/vmap_space.c. */
HTEST(vmap_space, best_fit_takes_the_lower_end_and_neighbours_melt)
{
    struct vmap_area *a, *b, *c, *rest;

    reset();
    a = take(2);
    b = take(3);
    c = take(1);
    rest = take(2);
    give(a);
    give(c);
    EXPECT_EQ(0, vmap_space_first(&space)->start);
    a = take(2); /* [0,2) fits exactly */
    EXPECT_EQ(0, a->start);
    EXPECT_EQ(5, vmap_space_first(&space)->start);
    give(rest);
    EXPECT_EQ(UNITS - 5, vmap_space_largest(&space));
    give(b);
    give(a);
    EXPECT_EQ(UNITS, vmap_space_largest(&space));
    expect_as_model();
}

/* If the description of the end could be another one, a variable could not be. */
HTEST(vmap_space, description_of_the_end_stays)
{
    struct vmap_area *held[8], *end;

    reset();
    end = vmap_space_first(&space);
    for (int i = 0; i < 8; i++)
        held[i] = take(4);
    for (int i = 0; i < 8; i++)
        give(held[(i * 3) % 8]);
    EXPECT(vmap_space_first(&space) == end);
    EXPECT_EQ(UNITS - 1, nr_unused);
}

/* What is too large must be refused, and change nothing. */
HTEST(vmap_space, nothing_is_taken_if_nothing_fits)
{
    struct vmap_area *all;

    reset();
    EXPECT(take(UNITS + 1) == NULL);
    all = take(UNITS);
    ASSERT(all != NULL);
    EXPECT(take(1) == NULL);
    EXPECT_EQ(0, vmap_space_largest(&space));
    give(all);
    expect_as_model();
}

/* Looking up an address that lies in an area, in a gap, and above all. */
HTEST(vmap_space, tree_finds_the_area_at_or_above_an_address)
{
    struct vmap_area low = {.start = 10, .end = 20}, high = {.start = 30, .end = 40};
    struct rb_tree tree;

    rb_init(&tree);
    vmap_tree_add(&tree, &high);
    vmap_tree_add(&tree, &low);
    EXPECT(vmap_tree_at_or_above(&tree, 0) == &low);
    EXPECT(vmap_tree_at_or_above(&tree, 19) == &low);
    EXPECT(vmap_tree_at_or_above(&tree, 20) == &high);
    EXPECT(vmap_tree_at_or_above(&tree, 39) == &high);
    EXPECT(vmap_tree_at_or_above(&tree, 40) == NULL);
}

/* An overlap gives two owners the same addresses; a gap that nobody knows is lost for ever. */
HTEST(vmap_space, random_walk_agrees_with_the_model)
{
    struct vmap_area *held[MAX_HELD] = {NULL};

    reset();
    for (int step = 0; step < STEPS; step++) {
        struct vmap_area **place = &held[host_random_below(MAX_HELD)];

        if (*place) {
            give(*place);
            *place = NULL;
        } else {
            size_t size = 1 + host_random_below(host_random_below(8) ? 8 : 64);
            size_t want = model_place(size);

            *place = take(size);
            ASSERT_EQ(want, *place ? (*place)->start : UNITS);
        }
        if (step % 1000 == 0)
            expect_as_model();
    }
    for (int i = 0; i < MAX_HELD; i++)
        if (held[i])
            give(held[i]);
    expect_as_model();
    EXPECT_EQ(UNITS - 1, nr_unused);
}
