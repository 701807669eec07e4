/*
 * mm/oom_report.c - what the log says when memory has run out.
 *
 *     monitor invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, node=1
 *     CPU: 2 PID: 1 Comm: monitor
 *     oom-kill: short of memory: the whole machine (nodes 0-1)
 *     Mem-Info:
 *     Node 0 active_file:0kB inactive_file:0kB ... vmalloc:0kB
 *     Node 0 DMA free:15360kB min:264kB low:328kB high:392kB present:15992kB managed:15360kB
 *     lowmem_reserve[]: 0 911 911 911 911
 *     Node 0 DMA: 0*4kB 0*8kB 0*16kB ... 3*4096kB = 15360kB
 *     Clients state (memory values in pages):
 *     [    pid ]     pages   score oom_score_adj name                 pages by node
 *     [     12 ]     81920   81920             0 memhog/1             N0=70000 N1=11920
 *     Out of memory: memhog/1 (pid 12) is to give up 81920 pages, 327680kB: score 81920, the highest of 1
 *
 * One report is a hundred lines on a large machine, and a machine in need may kill several times a second.
 * So the tables are left out when there were many lately; the first lines and the last are always there.
 *
 * The first line, the zones' and the blocks' are Linux's, as far as Atoll has what they speak of. Nodes that
 * could not have served are left out.
 *
 * LOCKING  Numbers are read without locks: each is right, together they may be of different moments. One
 *          report at a time: the caller holds the lock of mm/oom.c, or doesn't mind lines of two.
 * UNITS    kB, as Linux writes, where it says so; else pages.
 */
#include "kernel/lib/seqbuf.h"
#include "kernel/printk.h"
#include "kernel/task.h"
#include "kernel/timer.h"
#include "mm/oom_internal.h"
#include "mm/watermark.h"
#include <arch/clock.h>
#include <arch/percpu.h>

#define LINE_SIZE       320            /* of one line, on the stack */
#define TABLES_AT_ONCE  10             /* reports with all of it, if none came for long, */
#define TABLES_EVERY_NS (5 * NS_PER_S) /* then one each so often: the log has other things to say */

/* oom_constraint_name - for lines that programs read. Context: any. */
const char *oom_constraint_name(enum oom_constraint constraint)
{
    static const char *const names[] = {[OOM_MACHINE] = "CONSTRAINT_NONE",
                                        [OOM_THISNODE] = "CONSTRAINT_THISNODE",
                                        [OOM_POLICY] = "CONSTRAINT_MEMORY_POLICY",
                                        [OOM_ZONE] = "CONSTRAINT_ZONE"};

    return names[constraint];
}

/* oom_print_constraint - contract in mm/oom_internal.h. */
void oom_print_constraint(struct seqbuf *s, const struct oom_case *c)
{
    static const char *const what[] = {[OOM_MACHINE] = "the whole machine",
                                       [OOM_THISNODE] = "one node, because of __GFP_THISNODE",
                                       [OOM_POLICY] = "the nodes that a policy allows",
                                       [OOM_ZONE] = "low zones of all nodes"};

    seq_puts(s, what[c->constraint]);
    if (c->highest < ZONE_NORMAL)
        seq_printf(s, ", zone %s%s because of %s", zone_name(c->highest),
                   c->highest > ZONE_DMA ? " and below" : "",
                   c->highest > ZONE_DMA ? "GFP_DMA32" : "GFP_DMA");
    seq_puts(s, " (nodes ");
    nodemask_print_list(s, &c->nodes);
    seq_puts(s, ")");
}

static void report_head(const struct oom_case *c)
{
    const struct oom_control *oc = c->oc;
    const struct task *t = cpu_current();
    char text[LINE_SIZE];
    struct seqbuf s;

    seqbuf_init(&s, text, sizeof(text));
    gfp_print(&s, oc->gfp);
    pr_warn("%s invoked oom-killer: gfp_mask=0x%x(%s), order=%d, node=%d", t ? t->comm : "swapper",
            oc->gfp, seqbuf_str(&s), (int)oc->order, oc->nid);
    pr_warn("CPU: %d PID: %d Comm: %s", raw_this_cpu(), t ? t->pid : 0, t ? t->comm : "swapper");
    seqbuf_init(&s, text, sizeof(text));
    oom_print_constraint(&s, c);
    pr_warn("oom-kill: constraint=%s: short of memory is %s", oom_constraint_name(c->constraint),
            seqbuf_str(&s));
}

static void report_node(int nid)
{
    static const struct {
        enum node_stat_item item;
        const char *name;
    } shown[] = {
        {NR_ACTIVE_FILE, "active_file"},
        {NR_INACTIVE_FILE, "inactive_file"},
        {NR_FILE_PAGES, "file_pages"},
        {NR_SLAB_RECLAIMABLE, "slab_reclaimable"},
        {NR_SLAB_UNRECLAIMABLE, "slab_unreclaimable"},
        {NR_VMALLOC, "vmalloc"},
    };
    char text[LINE_SIZE];
    struct seqbuf s;

    seqbuf_init(&s, text, sizeof(text));
    seq_printf(&s, "Node %d free:%lukB", nid, pages_to_kib(node_free_pages(nid)));
    for (size_t i = 0; i < ARRAY_SIZE(shown); i++)
        seq_printf(&s, " %s:%lukB", shown[i].name,
                   pages_to_kib(node_page_state(nid, shown[i].item)));
    pr_warn("%s", seqbuf_str(&s));
}

static void report_zone(const struct zone *zone)
{
    char text[LINE_SIZE];
    struct seqbuf s;

    pr_warn("Node %d %s free:%lukB min:%lukB low:%lukB high:%lukB present:%lukB managed:%lukB",
            zone->zone_pgdat->node_id, zone->name, pages_to_kib(READ_ONCE(zone->nr_free_pages)),
            pages_to_kib(wmark_pages(zone, WMARK_MIN)), pages_to_kib(wmark_pages(zone, WMARK_LOW)),
            pages_to_kib(wmark_pages(zone, WMARK_HIGH)), pages_to_kib(zone->present_pages),
            pages_to_kib(zone->managed_pages));
    seqbuf_init(&s, text, sizeof(text));
    for (int i = 0; i < MAX_NR_ZONES; i++)
        seq_printf(&s, " %lu", READ_ONCE(zone->lowmem_reserve[i]));
    pr_warn("lowmem_reserve[]:%s", seqbuf_str(&s));
}

static void report_blocks(const struct zone *zone)
{
    unsigned long total = 0;
    char text[LINE_SIZE];
    struct seqbuf s;

    seqbuf_init(&s, text, sizeof(text));
    for (unsigned order = 0; order < MAX_ORDER; order++) {
        unsigned long nr = READ_ONCE(zone->free_area[order].nr_free);

        seq_printf(&s, " %lu*%lukB", nr, pages_to_kib(1UL << order));
        total += nr << order;
    }
    pr_warn("Node %d %s:%s = %lukB", zone->zone_pgdat->node_id, zone->name, seqbuf_str(&s),
            pages_to_kib(total));
}

/* oom_report_memory - the nodes of the set, their zones, their free blocks, to the log. Context: any. */
void oom_report_memory(const nodemask_t *nodes)
{
    int nid;

    pr_warn("Mem-Info:");
    for_each_node_mask (nid, nodes) {
        report_node(nid);
        for (int i = 0; i < MAX_NR_ZONES; i++) {
            const struct zone *zone = &NODE_DATA(nid)->node_zones[i];

            if (zone->managed_pages) {
                report_zone(zone);
                report_blocks(zone);
            }
        }
    }
}

/* Is @v to be listed behind one with @points? @is_behind: it was registered later. */
static bool is_listed_later(const struct oom_victim *v, long points, bool is_behind)
{
    return v->points < points || (v->points == points && is_behind);
}

/* The one that is listed behind @last (NULL: the first), NULL if there is none. Most points first. */
static struct oom_victim *next_listed(const struct oom_case *c, const struct oom_victim *last)
{
    long points = last ? last->points : INT64_MAX;
    struct oom_victim *v, *best = NULL;
    bool is_behind = last == NULL;

    list_for_each_entry (v, c->victims, link) {
        if (v != last && is_listed_later(v, points, is_behind) &&
            (!best || v->points > best->points))
            best = v;
        is_behind = is_behind || v == last;
    }
    return best;
}

static void report_victim(const struct oom_case *c, struct oom_victim *v)
{
    char text[LINE_SIZE];
    struct seqbuf s;
    int nid;

    seqbuf_init(&s, text, sizeof(text));
    for_each_node_mask (nid, &c->nodes) {
        nodemask_t one;
        unsigned long nr;

        nodemask_zero(&one);
        nodemask_set(&one, nid);
        nr = v->pages(v, &one);
        if (nr)
            seq_printf(&s, " N%d=%lu", nid, nr);
    }
    pr_warn("[%7d ] %9lu %9ld %13d %s%s%s", v->pid, v->nr_pages, v->points, v->oom_score_adj,
            v->name, v->is_useless ? " (has nothing that it can give)" : "", seqbuf_str(&s));
}

static void report_victims(const struct oom_case *c)
{
    struct oom_victim *v = NULL;

    pr_warn("Clients state (memory values in pages, on the nodes above):");
    pr_warn("[    pid ]     pages     score oom_score_adj name, pages by node");
    while ((v = next_listed(c, v)))
        report_victim(c, v);
}

/* May the tables be told once more? Who calls the killer by hand wants to see them. */
static bool tables_are_due(const struct oom_case *c)
{
    static unsigned nr_left = TABLES_AT_ONCE;
    static uint64_t since_ns;
    uint64_t more = (clock_ns() - since_ns) / TABLES_EVERY_NS;

    if (more > 0) {
        nr_left = (unsigned)min(nr_left + more, (uint64_t)TABLES_AT_ONCE);
        since_ns += more * TABLES_EVERY_NS;
    }
    if (nr_left > 0)
        nr_left--;
    else if (c->oc->order != OOM_BY_HAND)
        return false;
    return true;
}

static void report_tables(const struct oom_case *c)
{
    if (!tables_are_due(c)) {
        pr_warn("Mem-Info and clients are left out: they were told just now, and will be in %d s",
                (int)(TABLES_EVERY_NS / NS_PER_S));
        return;
    }
    oom_report_memory(&c->nodes);
    if (c->victims)
        report_victims(c);
}

/* oom_report - contract in mm/oom_internal.h. Context: may sleep; allocates nothing. */
void oom_report(const struct oom_case *c)
{
    const struct oom_victim *v = c->chosen;

    report_head(c);
    report_tables(c);
    if (!c->victims)
        return; /* nobody was looked for */
    if (!v)
        pr_err("Out of memory and no killable clients: none has memory there, and may be chosen");
    else
        pr_err("Out of memory: %s (pid %d) is to give up %lu pages, %lukB: score %ld, the highest "
               "of %u, oom_score_adj %d",
               v->name, v->pid, v->nr_pages, pages_to_kib(v->nr_pages), v->points, c->nr_candidates,
               v->oom_score_adj);
}
