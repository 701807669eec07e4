/*
 * mm/pcp.c - every CPU's lists of pages: made at boot, drained when asked.
 *
 * THEORY
 *
 * Each CPU has one struct pcp for each zone of the machine, of its own node and of others, in memory of
 * its own node, and a table to find them by place (node and zone, as a page's flags name them). Until
 * they are there, and for a CPU for which there is no memory, every place leads to `nobody`: lists that
 * are always empty and always full, so that the buddy serves.
 *
 * What lies in lists isn't free in its zone: nr_free_pages doesn't count it, and no other CPU can have
 * it. So whoever would fail for lack of it, or wants to count exactly, has it drained first.
 *
 * LOCKING  Lists are their CPU's, interrupts off. Others have the CPU do it (smp_call). Limits and
 *          tables are fixed once all CPUs run, but for pcp_update().
 * NOT HERE The lists and their arithmetic (mm/pcp_lists.c).
 */
#include "mm/pcp.h"
#include "kernel/cpu.h"
#include "kernel/lib/string.h"
#include "kernel/printk.h"
#include "kernel/smp_call.h"
#include "mm/page_alloc_internal.h"
#include "mm/watermark.h"
#include "mm/zonelist.h"

#define NOBODYS_ROOM (-(1 << 30)) /* far below 0, whatever is subtracted before it is set again */

/* Everybody's, and so nothing in it may ever change but room. */
#define EMPTY(i) [i] = LIST_HEAD_INIT(nobody.lists[i])
static struct pcp nobody = {
    .room = NOBODYS_ROOM,
    .high = NOBODYS_ROOM,
    .lists = {EMPTY(0), EMPTY(1), EMPTY(2), EMPTY(3), EMPTY(4), EMPTY(5), EMPTY(6), EMPTY(7),
              EMPTY(8), EMPTY(9), EMPTY(10), EMPTY(11), EMPTY(12), EMPTY(13), EMPTY(14), EMPTY(15)},
};

static struct pcp *nobodys_table[PCP_PLACES] = {[0 ... PCP_PLACES - 1] = &nobody};

uint16_t pcp_first_place[MAX_NUMNODES * PCP_GFP_ZONES] = {[0 ... MAX_NUMNODES * PCP_GFP_ZONES - 1] =
                                                              PCP_PLACE_NONE};
DEFINE_PER_CPU(struct pcp **, pcp_table) = nobodys_table;

/* This CPU's, all zones in a row. */
static DEFINE_PER_CPU(struct pcp *, pcps);
static unsigned nr_pcps; /* of each CPU that has any */

static unsigned long place_of(const struct zone *zone)
{
    const pg_data_t *pgdat = zone->zone_pgdat;

    return (unsigned long)pgdat->node_id << PAGE_ZONE_BITS |
           (unsigned long)(zone - pgdat->node_zones);
}

/* pcp_of - contract in the header. Context: any. */
const struct pcp *pcp_of(int cpu, const struct zone *zone)
{
    return (*per_cpu_ptr(&pcp_table, cpu))[place_of(zone)];
}

/* How many structures @cpu has. */
static unsigned nr_pcps_of(int cpu)
{
    return *per_cpu_ptr(&pcps, cpu) ? nr_pcps : 0;
}

/* ---- slow paths ------------------------------------------------------------------------------- */

static void give_to_buddy(struct page *page)
{
    struct zone *zone = &NODE_DATA(page_to_nid(page))->node_zones[page_zonenum(page)];

    zone_lock(zone);
    buddy_free(zone, page, page_order(page));
    zone_unlock(zone);
}

/* The list's first block, after a refill if it is empty. */
static struct page *take_from_list(struct pcp *pcp, unsigned order, enum migrate_type type)
{
    struct list_head *list = &pcp->lists[pcp_index(order, type)];
    struct page *page;

    if (list_empty(list)) {
        bool filled;

        zone_lock(pcp->zone);
        filled = pcp_refill_locked(pcp, order, type);
        zone_unlock(pcp->zone);
        if (!filled)
            return NULL;
    }
    page = pcp_pop(list);
    page->flags ^= PAGE_PCP ^ PAGE_ALLOCATED;
    pcp->room += 1 << order;
    pcp->nr_refilled -= 1UL << order;
    return page;
}

/* pcp_take - contract in the header. */
struct page *pcp_take(struct zone *zone, unsigned order, enum migrate_type type)
{
    unsigned long irq_flags = irq_save();
    struct pcp *pcp = pcp_of_place(place_of(zone));
    struct page *page;

    if (likely(pcp->zone))
        page = take_from_list(pcp, order, type);
    else
        page = take_from_buddy(zone, order, type);
    irq_restore(irq_flags);
    return page;
}

/*
 * Take the zone's lock for a drain, now that the lists are full. If somebody else has it, there is no hurry:
 * until there is twice as much in the lists as there should be, the next block that is freed may try again.
 * False: not now.
 */
static bool lock_for_drain(struct pcp *pcp) __try_acquires(true, pcp->zone->lock) __no_lock_analysis
{
    if (zone_trylock(pcp->zone))
        return true;
    if (pcp->room + pcp->high >= 0) {
        pcp->nr_put_off++;
        return false;
    }
    zone_lock(pcp->zone);
    return true;
}

/*
 * pcp_free_overflow - the rest of pcp_free() when there is no room.
 *
 * @page is marked PAGE_PCP, and room has been lowered. Context: interrupts off; back to @irq_flags.
 */
void pcp_free_overflow(struct pcp *pcp, struct page *page, unsigned long index,
                       unsigned long irq_flags)
{
    if (likely(pcp->zone)) {
        list_add(&page->lru, &pcp->lists[index]);
        if (lock_for_drain(pcp)) {
            pcp_drain_locked(pcp, pcp_nr_to_drain(pcp) - (int)min(pcp->room, 0l), index);
            zone_unlock(pcp->zone);
        }
    } else {
        WRITE_ONCE(pcp->room, NOBODYS_ROOM);
        give_to_buddy(page);
    }
    irq_restore(irq_flags);
}

/* ---- draining --------------------------------------------------------------------------------- */

/* All of them, or those of *@zone. Context: interrupts off. */
static void drain_here(void *zone)
{
    unsigned nr = nr_pcps_of(this_cpu());

    for (unsigned i = 0; i < nr; i++) {
        struct pcp *pcp = &(*raw_cpu_ptr(&pcps))[i];

        if (pcp_count(pcp) == 0 || (zone && pcp->zone != zone))
            continue;
        zone_lock(pcp->zone);
        pcp_drain_locked(pcp, pcp_count(pcp), 0);
        zone_unlock(pcp->zone);
    }
}

/* drain_local_pages - contract in the header. */
void drain_local_pages(void)
{
    unsigned long irq_flags = irq_save();

    drain_here(NULL);
    irq_restore(irq_flags);
}

/* A block that is looked for, and where it was found. */
struct pcp_search {
    const struct page *head;
    unsigned long index;
    int cpu;
};

/* Context: interrupts off. */
static void find_here(void *arg)
{
    struct pcp_search *search = arg;
    const struct list_head *list, *at;

    list = &pcp_of_place(page_place(search->head))->lists[search->index];
    for (at = list->next; at != list; at = at->next) {
        if (at == &search->head->lru)
            search->cpu = this_cpu();
    }
}

/* pcp_find - contract in the header. Each CPU looks itself, as nobody else may walk its lists. */
int pcp_find(const struct page *head)
{
    struct pcp_search search = {.head = head, .cpu = -1};
    unsigned order = page_order(head);

    for (unsigned long type = 0; order < PCP_ORDERS && type < PCP_TYPES; type++) {
        search.index = pcp_index(order, type);
        on_each_cpu(find_here, &search);
    }
    return search.cpu;
}

static bool has_pages(int cpu, const struct zone *zone)
{
    const struct pcp *first = *per_cpu_ptr(&pcps, cpu);

    for (unsigned i = 0; i < nr_pcps_of(cpu); i++) {
        if (pcp_count(&first[i]) != 0 && (!zone || first[i].zone == zone))
            return true;
    }
    return false;
}

/* Have the CPUs that hold something drain it; this one may do it, too. Returns whether there are any. */
static bool drain_elsewhere(struct zone *zone)
{
    cpumask_t cpus;
    int cpu;

    cpumask_zero(&cpus);
    for_each_cpu (cpu, &cpu_online_mask) {
        if (has_pages(cpu, zone))
            cpumask_set(&cpus, cpu);
    }
    if (cpumask_empty(&cpus))
        return false;
    smp_call_function_many(&cpus, drain_here, zone, true);
    return true;
}

/* drain_all_pages - contract in the header. Context: any but under a zone's lock. */
bool drain_all_pages(struct zone *zone)
{
    bool others = false, own;
    unsigned long irq_flags;

    if (!cpu_is_pinned() && !cpu_in_interrupt()) {
        preempt_disable(); /* or this might be another CPU when the others have done it */
        others = drain_elsewhere(zone);
        preempt_enable();
    }
    irq_flags = irq_save();
    own = has_pages(this_cpu(), zone);
    drain_here(zone);
    irq_restore(irq_flags);
    return others || own;
}

static void verify_here(void *arg)
{
    unsigned *wrong = arg;

    for (unsigned i = 0; i < nr_pcps_of(this_cpu()); i++)
        __atomic_fetch_add(wrong, pcp_lists_verify(&(*raw_cpu_ptr(&pcps))[i]), __ATOMIC_RELAXED);
}

/* pcp_verify - contract in the header. */
unsigned pcp_verify(void)
{
    unsigned wrong = 0;

    on_each_cpu(verify_here, &wrong);
    return wrong;
}

/* ---- counts ----------------------------------------------------------------------------------- */

/* Blocks served at once, by CPUs of the zone's node, and by others. */
static void count_served(const struct zone *zone, unsigned long *local, unsigned long *other)
{
    int cpu;

    *local = *other = 0;
    for_each_cpu (cpu, &cpu_present_mask) {
        const struct pcp *pcp = pcp_of(cpu, zone);
        unsigned long nr = 0;

        for (int order = 0; order < PCP_ORDERS; order++)
            nr += READ_ONCE(pcp->nr_served[order]);
        *(cpu_to_node(cpu) == zone->zone_pgdat->node_id ? local : other) += nr;
    }
}

/* zone_numa_stat - contract in the header. Context: any; asks all CPUs' lists. */
unsigned long zone_numa_stat(const struct zone *zone, enum numa_stat_item item)
{
    unsigned long nr = READ_ONCE(zone->numa_stat[item]), local, other;

    count_served(zone, &local, &other);
    if (item == NUMA_HIT)
        return nr + local + other;
    if (item == NUMA_LOCAL)
        return nr + local;
    return item == NUMA_OTHER ? nr + other : nr;
}

/* Pages that the lists served, less those that came from the zone for it. */
static unsigned long served_pages(const struct zone *zone)
{
    unsigned long nr = 0;
    int cpu;

    for_each_cpu (cpu, &cpu_present_mask) {
        const struct pcp *pcp = pcp_of(cpu, zone);

        for (int order = 0; order < PCP_ORDERS; order++)
            nr += READ_ONCE(pcp->nr_served[order]) << order;
        nr -= READ_ONCE(pcp->nr_refilled);
    }
    return nr;
}

/* zone_pcp_put_off - contract in the header. */
unsigned long zone_pcp_put_off(const struct zone *zone)
{
    unsigned long nr = 0;
    int cpu;

    for_each_cpu (cpu, &cpu_present_mask)
        nr += READ_ONCE(pcp_of(cpu, zone)->nr_put_off);
    return nr;
}

unsigned long zone_pcp_pages(const struct zone *zone)
{
    unsigned long nr = 0;
    int cpu;

    for_each_cpu (cpu, &cpu_present_mask) {
        const struct pcp *pcp = pcp_of(cpu, zone);

        nr += pcp->zone ? (unsigned long)pcp_count(pcp) : 0;
    }
    return nr;
}

/*
 * Pages leave the zone to be handed out, or for the lists. Those in the lists have come from there or
 * from users:
 *
 *     handed out = left the zone - refilled + served
 *     freed      = came back to the zone - drained + (in the lists + drained + served - refilled)
 */
unsigned long zone_pgalloc(const struct zone *zone)
{
    return READ_ONCE(zone->nr_alloc) + served_pages(zone);
}

unsigned long zone_pgfree(const struct zone *zone)
{
    return READ_ONCE(zone->nr_freed) + served_pages(zone) + zone_pcp_pages(zone);
}

/* ---- boot ------------------------------------------------------------------------------------- */

/* Does the zone get lists? */
static bool has_lists(const struct zone *zone, int type)
{
    return populated_zone(zone) && type != ZONE_DEVICE;
}

static unsigned count_zones(void)
{
    unsigned nr = 0;
    int nid;

    for_each_node (nid) {
        for (int i = 0; i < MAX_NR_ZONES; i++)
            nr += has_lists(&NODE_DATA(nid)->node_zones[i], i);
    }
    return nr;
}

/* The zone that a walk for these begins with. */
static unsigned long find_first_place(int nid, gfp_t gfp)
{
    const struct zoneref *ref;

    for_each_zone_in (ref, node_zonelist(nid, false), gfp_zone(gfp))
        return place_of(ref->zone);
    return PCP_PLACE_NONE;
}

/* pcp_set_fast - contract in the header: with no zone in the table, pcp_alloc() finds nothing. */
void pcp_set_fast(bool on)
{
    int nid;

    for_each_node (nid) {
        for (gfp_t gfp = 0; gfp < PCP_GFP_ZONES; gfp++)
            WRITE_ONCE(pcp_first_place[nid * PCP_GFP_ZONES + (int)gfp],
                       (uint16_t)(on ? find_first_place(nid, gfp) : PCP_PLACE_NONE));
    }
}

/* @cpu's structures begin at @first, its table at @table; it may use them from now on. */
static void set_up(int cpu, struct pcp *first, struct pcp **table)
{
    struct pcp *pcp = first;
    int nid;

    for (int place = 0; place < nr_node_ids << PAGE_ZONE_BITS; place++)
        table[place] = &nobody;
    for_each_node (nid) {
        for (int i = 0; i < MAX_NR_ZONES; i++) {
            struct zone *zone = &NODE_DATA(nid)->node_zones[i];

            if (!has_lists(zone, i))
                continue;
            pcp_lists_init(pcp, zone);
            pcp_set_limits(pcp, zone->pcp_high, zone->pcp_batch);
            table[place_of(zone)] = pcp++;
        }
    }
    *per_cpu_ptr(&pcps, cpu) = first;
    *per_cpu_ptr(&pcp_table, cpu) = table;
}

/* Online CPUs that use the zone most. */
static unsigned nr_cpus_near(const struct zone *zone)
{
    cpumask_t cpus = node_online_cpus(zone->zone_pgdat->node_id);

    if (cpumask_empty(&cpus))
        cpus = cpu_online_mask;
    return (unsigned)cpumask_weight(&cpus);
}

static void compute_limits(void)
{
    int nid;

    for_each_node (nid) {
        for (int i = 0; i < MAX_NR_ZONES; i++) {
            struct zone *zone = &NODE_DATA(nid)->node_zones[i];

            zone->pcp_batch = zone_batchsize(zone->managed_pages);
            zone->pcp_high =
                zone_highsize(wmark_pages(zone, WMARK_LOW), zone->pcp_batch, nr_cpus_near(zone));
        }
    }
}

/* pcp_init - contract in the header. A CPU for which there is no memory has no lists. */
void pcp_init(void)
{
    size_t table_size = (sizeof(struct pcp *) * (unsigned)nr_node_ids) << PAGE_ZONE_BITS;
    unsigned order;
    int cpu;

    nr_pcps = count_zones();
    order = get_order(table_size + nr_pcps * sizeof(struct pcp));
    compute_limits();
    pcp_set_fast(true);
    for_each_cpu (cpu, &cpu_present_mask) {
        struct page *page = alloc_pages_node(cpu_to_node(cpu), GFP_KERNEL | __GFP_NOWARN, order);

        if (page)
            set_up(cpu, (struct pcp *)((char *)page_address(page) + table_size),
                   page_address(page));
        else
            pr_warn("CPU %d has no page lists of its own: there is no memory for them", cpu);
    }
}

static void set_limits_here(void *unused)
{
    (void)unused;
    for (unsigned i = 0; i < nr_pcps_of(this_cpu()); i++) {
        struct pcp *pcp = &(*raw_cpu_ptr(&pcps))[i];

        pcp_set_limits(pcp, pcp->zone->pcp_high, pcp->zone->pcp_batch);
    }
}

/* pcp_update - contract in the header. One at a time. */
void pcp_update(void)
{
    compute_limits();
    on_each_cpu(set_limits_here, NULL);
}
