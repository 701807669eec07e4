/*
 * tests/host/test_lib_bitmap.c - kernel/lib/bitmap.c and the masks of nodes and CPUs, beside a
 * model that is an array of bool.
 */
#include "kernel/lib/bitmap.h"
#include "kernel/lib/cpumask.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/nodemask.h"
#include "tests/host/test.h"

#define MAX_BITS 300

/* Word borders, the two masks' sizes, and what lies beside them. */
static const unsigned sizes[] = {1, 2, 31, 32, 33, 63, 64, 65, 100, 127, 128, 129, 256, MAX_BITS};

struct model {
    bool bit[MAX_BITS];
};

/* A bitmap of exactly @nr bits on the heap, its spare bits random, which nobody may mind. */
static unsigned long *random_bitmap(struct model *m, unsigned nr)
{
    unsigned long *map = malloc(BITMAP_WORDS(nr) * sizeof(unsigned long));
    unsigned density = host_random_below(10);

    for (unsigned i = 0; i < BITMAP_WORDS(nr); i++)
        map[i] = host_random();
    for (unsigned i = 0; i < nr; i++) {
        m->bit[i] = host_random_below(9) < density;
        if (m->bit[i])
            bitmap_set(map, i);
        else
            bitmap_clear(map, i);
    }
    return map;
}

static bool same(const struct model *m, const unsigned long *map, unsigned nr)
{
    for (unsigned i = 0; i < nr; i++) {
        if (bitmap_test(map, i) != m->bit[i])
            return false;
    }
    return true;
}

static unsigned model_next(const struct model *m, unsigned nr, unsigned from)
{
    while (from < nr && !m->bit[from])
        from++;
    return min(from, nr);
}

/* A node would be missed, or one that isn't there visited. */
HTEST(bitmap, questions_agree_with_the_model)
{
    for (int i = 0; i < 1000; i++) {
        unsigned nr = sizes[host_random_below(ARRAY_SIZE(sizes))], weight = 0, bit, seen = 0;
        struct model m;
        unsigned long *map = random_bitmap(&m, nr);

        for (unsigned k = 0; k < nr; k++)
            weight += m.bit[k];
        EXPECT_EQ(weight, bitmap_weight(map, nr));
        EXPECT_EQ(!weight, bitmap_empty(map, nr));
        EXPECT_EQ(model_next(&m, nr, 0), bitmap_first(map, nr));
        for (unsigned from = 0; from <= nr; from++)
            EXPECT_EQ(model_next(&m, nr, from), bitmap_next(map, nr, from));
        for_each_bit (bit, map, nr)
            seen += m.bit[bit];
        EXPECT_EQ(weight, seen);
        free(map);
    }
}

HTEST(bitmap, and_or_andnot_agree_with_the_model_and_clear_the_spare_bits)
{
    for (int i = 0; i < 1000; i++) {
        unsigned nr = sizes[host_random_below(ARRAY_SIZE(sizes))];
        struct model ma, mb, want[3];
        unsigned long *a = random_bitmap(&ma, nr), *b = random_bitmap(&mb, nr);
        unsigned long got[BITMAP_WORDS(MAX_BITS)];

        for (unsigned k = 0; k < nr; k++) {
            want[0].bit[k] = ma.bit[k] && mb.bit[k];
            want[1].bit[k] = ma.bit[k] || mb.bit[k];
            want[2].bit[k] = ma.bit[k] && !mb.bit[k];
        }
        bitmap_and(got, a, b, nr);
        EXPECT(same(&want[0], got, nr));
        bitmap_or(got, a, b, nr);
        EXPECT(same(&want[1], got, nr));
        EXPECT_EQ(0, nr % 64 ? got[nr / 64] >> nr % 64 : 0);
        bitmap_andnot(got, a, b, nr);
        EXPECT(same(&want[2], got, nr));
        bitmap_or(a, a, b, nr);
        EXPECT(same(&want[1], a, nr));
        free(a);
        free(b);
    }
}

HTEST(bitmap, fill_and_zero_write_whole_words)
{
    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        unsigned nr = sizes[i];
        unsigned long *map = malloc(BITMAP_WORDS(nr) * sizeof(unsigned long));

        bitmap_fill(map, nr);
        EXPECT_EQ(nr, bitmap_weight(map, nr));
        EXPECT_EQ(nr % 64 ? (1UL << nr % 64) - 1 : ~0UL, map[BITMAP_WORDS(nr) - 1]);
        bitmap_zero(map, nr);
        EXPECT(bitmap_empty(map, nr));
        EXPECT_EQ(0, map[BITMAP_WORDS(nr) - 1]);
        free(map);
    }
}

/* Two equal sets of CPUs would be two scheduling domains because of bits that mean nothing. */
HTEST(bitmap, equal_ignores_the_spare_bits_and_nothing_else)
{
    unsigned long a[2] = {5, 0x3}, b[2] = {5, ~0UL << 6 | 0x3};

    EXPECT(bitmap_equal(a, b, 70));
    EXPECT(!bitmap_equal(a, b, 71));
    bitmap_set(a, 69);
    EXPECT(!bitmap_equal(a, b, 70));
    EXPECT(bitmap_equal(a, b, 69));
}

static const char *list_text(const unsigned long *map, unsigned nr)
{
    static char text[4096];
    struct seqbuf s;

    seqbuf_init(&s, text, sizeof(text));
    bitmap_print_list(&s, map, nr);
    return seqbuf_str(&s);
}

static const char *mask_text(const unsigned long *map, unsigned nr)
{
    static char text[4096];
    struct seqbuf s;

    seqbuf_init(&s, text, sizeof(text));
    bitmap_print_mask(&s, map, nr);
    return seqbuf_str(&s);
}

/* /sys/devices/system/node/online is read by Linux's programs. */
HTEST(bitmap, lists_join_neighbours_into_ranges)
{
    unsigned long map[2] = {0x27, 0};

    EXPECT_STR("0-2,5", list_text(map, 128));
    map[0] = 0;
    EXPECT_STR("", list_text(map, 128));
    map[0] = 3UL << 62;
    map[1] = 1;
    EXPECT_STR("62-64", list_text(map, 128));
    map[0] = 0xa;
    map[1] = 1UL << 63;
    EXPECT_STR("1,3,127", list_text(map, 128));
    bitmap_fill(map, 128);
    EXPECT_STR("0-127", list_text(map, 128));
    EXPECT_STR("0", list_text(map, 1));
    EXPECT_STR("0-69", list_text(map, 70));
}

/* A node's cpumap: groups of 32 bits, as wide as the number of CPUs says. */
HTEST(bitmap, masks_have_as_many_digits_as_linux_prints)
{
    unsigned long map[2] = {0x8000000f, 0x1};

    EXPECT_STR("00000000,8000000f", mask_text(map, 64));
    EXPECT_STR("8000000f", mask_text(map, 32));
    EXPECT_STR("1,00000000,8000000f", mask_text(map, 65));
    EXPECT_STR("01,00000000,8000000f", mask_text(map, 69));
    EXPECT_STR("0,8000000f", mask_text(map, 33));
    EXPECT_STR("f", mask_text(map, 4));
    EXPECT_STR("0f", mask_text(map, 5));
    EXPECT_STR("0f", mask_text(map, 8));
    EXPECT_STR("1", mask_text(map, 1));
    EXPECT_STR("00000000,00000001,00000000,8000000f", mask_text(map, 128));
}

/* What the kernel prints as a set a user may type back. */
HTEST(bitmap, every_printed_list_reads_back_as_the_same_set)
{
    for (int i = 0; i < 2000; i++) {
        unsigned nr = sizes[host_random_below(ARRAY_SIZE(sizes))];
        unsigned long back[BITMAP_WORDS(MAX_BITS)];
        struct model m;
        unsigned long *map = random_bitmap(&m, nr);

        ASSERT_EQ(0, bitmap_parse_list(list_text(map, nr), back, nr));
        ASSERT(same(&m, back, nr));
        free(map);
    }
}

HTEST(bitmap, lists_are_read_in_any_order_and_spacing)
{
    unsigned long map;

    EXPECT_EQ(0, bitmap_parse_list("5,0-2\n", &map, 64));
    EXPECT_EQ(0x27, map);
    EXPECT_EQ(0, bitmap_parse_list(" 1 , 1-3,, 2\t63", &map, 64));
    EXPECT_EQ(1UL << 63 | 0xe, map);
    EXPECT_EQ(0, bitmap_parse_list("", &map, 64));
    EXPECT_EQ(0, map);
    EXPECT_EQ(0, bitmap_parse_list("\n", &map, 64));
    EXPECT_EQ(0, map);
    EXPECT_EQ(0, bitmap_parse_list("007-07", &map, 64));
    EXPECT_EQ(0x80, map);
}

/* A slip of the user would silently be another set, or bits written past the bitmap's end. */
HTEST(bitmap, a_wrong_list_is_an_error_and_changes_nothing)
{
    static const struct {
        const char *text;
        int err;
    } wrong[] = {
        {"x", -EINVAL},
        {"-", -EINVAL},
        {"1-", -EINVAL},
        {"-1", -EINVAL},
        {"3-1", -EINVAL},
        {"1-2-3", -EINVAL},
        {"1;2", -EINVAL},
        {"0x1", -EINVAL},
        {"+1", -EINVAL},
        {"1- 2", -EINVAL},
        {"1,2x", -EINVAL},
        {"1 - 2", -EINVAL},
        {"70", -ERANGE},
        {"0-70", -ERANGE},
        {"4294967296", -ERANGE},
        {"18446744073709551616", -ERANGE},
        {"0-99999999999999999999", -ERANGE},
    };

    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
        unsigned long map[2] = {42, 43};

        if (!EXPECT_EQ(wrong[i].err, bitmap_parse_list(wrong[i].text, map, 70)))
            host_fail(__FILE__, __LINE__, "text \"%s\"", wrong[i].text);
        EXPECT_EQ(42, map[0]);
        EXPECT_EQ(43, map[1]);
    }
}

/* The last node would be skipped, or the first one visited twice. */
HTEST(nodemask, the_loop_visits_each_node_once_up_to_the_last)
{
    nodemask_t mask;
    int nid, visited = 0;

    nodemask_zero(&mask);
    EXPECT_EQ(MAX_NUMNODES, nodemask_first(&mask));
    for_each_node_mask (nid, &mask)
        host_fail(__FILE__, __LINE__, "node %d of an empty mask", nid);
    nodemask_set(&mask, 0);
    nodemask_set(&mask, 64);
    nodemask_set(&mask, 127);
    for_each_node_mask (nid, &mask)
        visited = visited * 1000 + nid;
    EXPECT_EQ(64127, visited);
    EXPECT_EQ(3, nodemask_weight(&mask));
    EXPECT_EQ(0, nodemask_next(&mask, -1));
    EXPECT_EQ(64, nodemask_next(&mask, 0));
    EXPECT_EQ(MAX_NUMNODES, nodemask_next(&mask, 127));
}

HTEST(cpumask, its_wrappers_reach_all_256_cpus)
{
    cpumask_t all, odd, even;
    char text[128];
    struct seqbuf s;
    int cpu;

    cpumask_fill(&all);
    EXPECT_EQ(NR_CPUS, cpumask_weight(&all));
    cpumask_zero(&odd);
    for (cpu = 1; cpu < NR_CPUS; cpu += 2)
        cpumask_set(&odd, cpu);
    cpumask_andnot(&even, &all, &odd);
    for_each_cpu (cpu, &even)
        EXPECT_EQ(0, cpu % 2);
    EXPECT(!cpumask_equal(&even, &odd));
    cpumask_or(&even, &even, &odd);
    EXPECT(cpumask_equal(&all, &even));
    cpumask_clear(&even, 255);
    EXPECT(!cpumask_test(&even, 255));
    cpumask_and(&odd, &odd, &even);
    EXPECT_EQ(127, cpumask_weight(&odd));
    EXPECT(!cpumask_empty(&odd));
    seqbuf_init(&s, text, sizeof(text));
    cpumask_print_list(&s, &even);
    seq_putc(&s, ' ');
    cpumask_print_mask(&s, &even, 36);
    EXPECT_STR("0-254 f,ffffffff", seqbuf_str(&s));
}
