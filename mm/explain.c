/*
 * mm/explain.c - why a page came from where it came from.
 *
 * Each step of an allocation that had to walk is told to the trace event mm_page_alloc_zone, and, for the
 * monitor's command `explain`, in words:
 *
 *     explain --node 1 --gfp GFP_KERNEL 0
 *
 *     order 0, GFP_KERNEL, near node 1, asked by CPU 0 of node 0; zones up to Normal
 *     low   1:DMA32    below the mark: 1210 free, must stay above 1302
 *     low   0:DMA32    serves: 41770 free, mark 1290
 *     page 0x1f3a0 of node 0, zone DMA32
 *
 * LOCKING  None. The numbers are those of a moment after the decision.
 */
#include "mm/explain.h"
#include "kernel/command.h"
#include "kernel/cpu.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/parse.h"
#include "kernel/lib/string.h"
#include "kernel/trace.h"
#include "mm/page_alloc_internal.h"
#include "mm/watermark.h"
#include "mm/zonelist.h"

static const char *const verdict_names[] = {
    [ZONE_SERVED] = "serves",     [ZONE_ABOVE] = "not asked",
    [ZONE_EMPTY] = "empty",       [ZONE_BELOW_MARK] = "below the mark",
    [ZONE_RESERVED] = "reserved", [ZONE_FRAGMENTED] = "fragmented",
    [ZONE_RACED] = "raced",
};

/* The pass by the mark that it looks at. */
static const char *pass_name(unsigned alloc_flags)
{
    static const char *const names[] = {
        [WMARK_MIN] = "min", [WMARK_LOW] = "low", [WMARK_HIGH] = "high"};

    return alloc_flags & ALLOC_NO_WATERMARKS ? "none" : names[alloc_flags & ALLOC_WMARK_MASK];
}

/* How many pages must be left for this request, before lowmem_reserve. */
static unsigned long mark_of(const struct zone *zone, unsigned alloc_flags)
{
    if (alloc_flags & ALLOC_NO_WATERMARKS)
        return 0;
    return zone_lowered_mark(
        wmark_pages(zone, (enum zone_watermarks)(alloc_flags & ALLOC_WMARK_MASK)), alloc_flags);
}

/* The reason with its numbers. */
static void tell_reason(struct seqbuf *s, const struct alloc_context *ac, const struct zone *zone,
                        unsigned long mark, enum alloc_verdict verdict)
{
    unsigned long nr_free = READ_ONCE(zone->nr_free_pages);
    unsigned long reserve = READ_ONCE(zone->lowmem_reserve[ac->highest]);

    switch (verdict) {
    case ZONE_SERVED:
        seq_printf(s, "serves: %lu free, mark %lu", nr_free, mark);
        break;
    case ZONE_ABOVE:
        seq_printf(s, "not asked: the request allows zones up to %s", zone_name(ac->highest));
        break;
    case ZONE_EMPTY:
        seq_puts(s, "empty: it has no memory");
        break;
    case ZONE_BELOW_MARK:
        seq_printf(s, "below the mark: %lu free, more than %lu must stay", nr_free, mark);
        break;
    case ZONE_RESERVED:
        seq_printf(
            s, "reserved: %lu free, more than %lu must stay, and %lu for those who can't use %s",
            nr_free, mark, reserve, zone_name(ac->highest));
        break;
    case ZONE_FRAGMENTED:
        seq_printf(s, "fragmented: %lu free, but no block of order %u", nr_free, ac->order);
        break;
    case ZONE_RACED:
        seq_puts(s, "raced: another CPU took what was there");
        break;
    }
}

/* alloc_note - contract in mm/page_alloc_internal.h. Context: any. */
void alloc_note(const struct alloc_context *ac, const struct zone *zone, unsigned alloc_flags,
                enum alloc_verdict verdict)
{
    int nid = zone->zone_pgdat->node_id;
    unsigned long mark;

    if (likely(!ac->explain && !trace_is_enabled(mm_page_alloc_zone)))
        return;
    mark = mark_of(zone, alloc_flags);
    trace(mm_page_alloc_zone, .nid = nid, .zone = zone->name, .order = ac->order,
          .pass = pass_name(alloc_flags), .free = READ_ONCE(zone->nr_free_pages), .mark = mark,
          .reserve = READ_ONCE(zone->lowmem_reserve[ac->highest]),
          .verdict = verdict_names[verdict]);
    if (!ac->explain)
        return;
    seq_printf(ac->explain, "%-5s %d:%-8s ", pass_name(alloc_flags), nid, zone->name);
    tell_reason(ac->explain, ac, zone, mark, verdict);
    seq_putc(ac->explain, '\n');
}

/* alloc_note_step - contract in mm/page_alloc_internal.h. Context: any. */
void alloc_note_step(const struct alloc_context *ac, const char *text)
{
    if (unlikely(ac->explain))
        seq_printf(ac->explain, "      %s\n", text);
}

/* ---- the command ------------------------------------------------------------------------------- */

struct request {
    int nid;
    gfp_t gfp;
    unsigned order;
};

static int parse_order(const char *text, struct request *r, struct seqbuf *out)
{
    uint64_t order;

    if (parse_u64(text, 10, &order, NULL) || order >= MAX_ORDER) {
        seq_printf(out, "explain: %s is no order; 0 to %d are\n", text, MAX_ORDER - 1);
        return -EINVAL;
    }
    r->order = (unsigned)order;
    return 0;
}

static int parse_node(const char *text, struct request *r, struct seqbuf *out)
{
    uint64_t nid;

    if (parse_u64(text, 10, &nid, NULL) || nid >= MAX_NUMNODES || !NODE_DATA(nid)) {
        seq_printf(out, "explain: %s is no node; ", text);
        nodemask_print_list(out, &node_states[N_POSSIBLE]);
        seq_puts(out, " are\n");
        return -EINVAL;
    }
    r->nid = (int)nid;
    return 0;
}

static int parse_gfp(const char *text, struct request *r, struct seqbuf *out)
{
    if (gfp_parse(text, &r->gfp)) {
        seq_printf(out,
                   "explain: %s is no set of flags; GFP_KERNEL or GFP_ATOMIC|__GFP_THISNODE are\n",
                   text);
        return -EINVAL;
    }
    if (r->gfp & __GFP_NOFAIL) {
        seq_printf(out, "explain: %s: with __GFP_NOFAIL it might wait for ever; leave that out\n",
                   text);
        return -EINVAL;
    }
    return 0;
}

/* What the words behind `explain` ask for. */
static int parse_request(char **argv, struct request *r, struct seqbuf *out)
{
    *r = (struct request){.nid = numa_node_id(), .gfp = GFP_KERNEL};
    for (; *argv; argv++) {
        bool takes_value = strcmp(*argv, "--node") == 0 || strcmp(*argv, "--gfp") == 0;
        int err;

        if (takes_value && !argv[1]) {
            seq_printf(out, "explain: %s wants a value\n", *argv);
            return -EINVAL;
        }
        if (!takes_value)
            err = parse_order(*argv, r, out);
        else if (strcmp(*argv++, "--node") == 0)
            err = parse_node(*argv, r, out);
        else
            err = parse_gfp(*argv, r, out);
        if (err)
            return err;
    }
    return 0;
}

static void tell_request(const struct request *r, struct seqbuf *out)
{
    seq_printf(out, "order %u, ", r->order);
    gfp_print(out, r->gfp);
    seq_printf(out, ", near node %d, asked by CPU %d of node %d; zones up to %s\n", r->nid,
               this_cpu(), numa_node_id(), zone_name(gfp_zone(r->gfp)));
}

static int explain_command(int argc, char **argv, struct seqbuf *out)
{
    struct request r;
    struct page *page;
    int err = parse_request(argv + 1, &r, out);

    (void)argc;
    if (err)
        return err;
    tell_request(&r, out);
    page = alloc_pages_explained(r.nid, r.gfp, r.order, out);
    if (!page) {
        seq_puts(out, "no page\n");
        return 0;
    }
    seq_printf(out, "page 0x%lx of node %d, zone %s; freed again\n", page_to_pfn(page),
               page_to_nid(page), zone_name((enum zone_type)page_zonenum(page)));
    __free_pages(page, r.order);
    return 0;
}

MONITOR_COMMAND("explain", "[ORDER] [--node N] [--gfp FLAGS]",
                "allocate, and tell which zones were asked and why they refused", explain_command);
