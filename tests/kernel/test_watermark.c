/*
 * tests/kernel/test_watermark.c - how deep which request may go, on the running machine.
 */
#include "kernel/fs/vfs.h"
#include "kernel/ktest.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/seqbuf.h"
#include "kernel/lib/string.h"
#include "mm/explain.h"
#include "mm/watermark.h"
#include "tests/kernel/mm_helpers.h"

#define SLOW_TO_HOARD "a debug build would fill more than 2 GiB"
/* A CPU's list is refilled by so many pages at most, for which the mark is looked at once. */
#define REFILL_PAGES 64

static struct hoard hoard;

/* Take what @gfp gets on this node, largest blocks first; without reclaim, so that nothing comes back. */
static void drain(int nid, gfp_t gfp)
{
    struct page *page;

    for (unsigned order = MAX_ORDER; order-- > 0;)
        while ((page = alloc_pages_node(nid, gfp | __GFP_THISNODE | __GFP_NOWARN, order)))
            hoard_add(&hoard, page);
}

/* A zone with @before free pages was drained: it is at the floor of such requests, or was below before. */
static void expect_floor(const struct zone *zone, unsigned long before, unsigned alloc_flags)
{
    unsigned long mark = zone_lowered_mark(wmark_pages(zone, WMARK_MIN), alloc_flags);
    unsigned long floor = min(mark + zone->lowmem_reserve[ZONE_NORMAL], before);

    KEXPECT(zone->nr_free_pages <= floor);
    KEXPECT(zone->nr_free_pages + REFILL_PAGES >= floor);
}

/* On each node: requests with @gfp leave what @alloc_flags say of the min mark, and the reserve. */
static void expect_leaves(gfp_t gfp, unsigned alloc_flags)
{
    for (int nid = next_node_with_free(-1); nid < MAX_NUMNODES; nid = next_node_with_free(nid)) {
        unsigned long before[MAX_NR_ZONES];

        for (int i = 0; i < MAX_NR_ZONES; i++)
            before[i] = NODE_DATA(nid)->node_zones[i].nr_free_pages;
        hoard_init(&hoard);
        drain(nid, gfp);
        for (int i = 0; i <= ZONE_NORMAL; i++)
            expect_floor(&NODE_DATA(nid)->node_zones[i], before[i], alloc_flags);
        hoard_release(&hoard);
    }
}

/* Else a thread that could wait would take what an interrupt handler needs. */
KTEST(watermark, ordinary_requests_leave_min_and_the_reserve)
{
    KSKIP_IF(hoarding_is_slow(), SLOW_TO_HOARD);
    expect_leaves(0, 0);
}

/* Who cannot wait finds something where others find nothing more. */
KTEST(watermark, urgent_requests_go_below_min_as_far_as_their_flags_say)
{
    KSKIP_IF(hoarding_is_slow(), SLOW_TO_HOARD);
    expect_leaves(__GFP_HIGH, ALLOC_HIGH);
    expect_leaves(__GFP_ATOMIC, ALLOC_HARDER);
    expect_leaves(__GFP_HIGH | __GFP_ATOMIC, ALLOC_HIGH | ALLOC_HARDER);
}

/* Who frees memory must get the last page, or no more is ever freed; but only who says so. */
KTEST(watermark, memalloc_gets_the_last_page_and_nomemalloc_does_not)
{
    int nid = next_node_with_free(-1);

    KSKIP_IF(hoarding_is_slow(), SLOW_TO_HOARD);
    hoard_init(&hoard);
    drain(nid, __GFP_MEMALLOC);
    KEXPECT_EQ(0, kernel_free_pages(nid));
    hoard_release(&hoard);
    expect_leaves(__GFP_MEMALLOC | __GFP_NOMEMALLOC, 0);
}

/* Nodes of @order that have memory for the kernel. */
static int nr_with_kernel_memory(const int *order, int nr)
{
    int found = 0;

    for (int i = 0; i < nr; i++)
        found += node_state(order[i], N_NORMAL_MEMORY);
    return found;
}

/* A node below its marks sends requests on to the next one that is above, before it is emptied. */
KTEST(watermark, a_node_at_its_marks_sends_requests_to_the_next)
{
    int order[MAX_NUMNODES], from = next_node_with_free(-1), nr = model_node_order(order, from);
    struct page *page;

    KSKIP_IF(hoarding_is_slow(), SLOW_TO_HOARD);
    KSKIP_IF(nr_with_kernel_memory(order, nr) < 2, "one node has memory for the kernel");
    hoard_init(&hoard);
    drain(order[0], 0);
    page = alloc_pages_node(from, GFP_KERNEL, 0);
    hoard_release(&hoard);
    KASSERT(page != NULL);
    KEXPECT(page_to_nid(page) != order[0]);
    __free_pages(page, 0);
}

/* ---- the settings ------------------------------------------------------------------------------ */

static int write_vm(const char *name, const char *text)
{
    char path[64];
    struct seqbuf s;

    seqbuf_init(&s, path, sizeof(path));
    seq_printf(&s, "/proc/sys/vm/%s", name);
    return vfs_write(seqbuf_str(&s), text, strlen(text));
}

static unsigned long sum_of_marks(enum zone_watermarks which)
{
    unsigned long sum = 0;
    int nid;

    for_each_node (nid)
        for (int i = 0; i < MAX_NR_ZONES; i++)
            sum += wmark_pages(&NODE_DATA(nid)->node_zones[i], which);
    return sum;
}

KTEST(watermark, min_free_kbytes_is_shared_by_all_zones)
{
    unsigned long was = watermark_settings.min_free_kbytes;
    char text[32];
    struct seqbuf s;

    KEXPECT_EQ(0, write_vm("min_free_kbytes", "4096\n"));
    KEXPECT(sum_of_marks(WMARK_MIN) <= 1024);
    KEXPECT(sum_of_marks(WMARK_MIN) + MAX_NUMNODES * MAX_NR_ZONES >= 1024);
    seqbuf_init(&s, text, sizeof(text));
    seq_printf(&s, "%lu", was);
    KEXPECT_EQ(0, write_vm("min_free_kbytes", seqbuf_str(&s)));
    KEXPECT_EQ(was, watermark_settings.min_free_kbytes);
}

KTEST(watermark, wrong_settings_are_refused_and_change_nothing)
{
    struct watermark_settings was = watermark_settings;

    KEXPECT_EQ(-EINVAL, write_vm("min_free_kbytes", "many"));
    KEXPECT_EQ(-EINVAL, write_vm("min_free_kbytes", "-1"));
    KEXPECT_EQ(-EINVAL, write_vm("min_free_kbytes", "99999999999999"));
    KEXPECT_EQ(-EINVAL, write_vm("watermark_scale_factor", "0"));
    KEXPECT_EQ(-EINVAL, write_vm("watermark_scale_factor", "3001"));
    KEXPECT_EQ(-EINVAL, write_vm("watermark_scale_factor", "10 10"));
    KEXPECT_EQ(-EINVAL, write_vm("lowmem_reserve_ratio", ""));
    KEXPECT_EQ(-EINVAL, write_vm("lowmem_reserve_ratio", "1 2 x"));
    KEXPECT_EQ(-EINVAL, write_vm("lowmem_reserve_ratio", "1 2 3 4 5 6"));
    KEXPECT_EQ(0, memcmp(&was, &watermark_settings, sizeof(was)));
}

/* ---- explain ----------------------------------------------------------------------------------- */

static const char *explain(int nid, gfp_t gfp, unsigned order)
{
    static char text[4096];
    struct seqbuf s;
    struct page *page;

    seqbuf_init(&s, text, sizeof(text));
    page = alloc_pages_explained(nid, gfp, order, &s);
    if (page)
        __free_pages(page, order);
    return seqbuf_str(&s);
}

/* A student asks why a page came from far away: the answer must name the zone and the reason. */
KTEST(watermark, explain_tells_why_a_zone_refused)
{
    int nid = next_node_with_free(-1);

    KSKIP_IF(hoarding_is_slow(), SLOW_TO_HOARD);
    KEXPECT(strstr(explain(nid, GFP_KERNEL, 0), "serves: ") != NULL);
    KEXPECT(!strstr(explain(nid, GFP_KERNEL, 0), "below the mark"));
    hoard_init(&hoard);
    drain(nid, 0);
    KEXPECT(strstr(explain(nid, __GFP_THISNODE | __GFP_NOWARN, 0), "below the mark: ") ||
            strstr(explain(nid, __GFP_THISNODE | __GFP_NOWARN, 0), "reserved: "));
    hoard_release(&hoard);
}
