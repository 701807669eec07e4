/*
 * mm/numa_report.c - the chosen topology, and what became of each table entry, in words.
 *
 * Once in the log at boot, and for ever in /sys/kernel/debug/numa. The log's lines for entries that
 * are used read as Linux's do.
 */
#include "kernel/lib/seqbuf.h"
#include "kernel/lib/string.h"
#include "kernel/printk.h"
#include "mm/node.h"
#include "mm/numa_internal.h"

static const char *const fate_text[] = {
    [FATE_NOT_REACHED] = "not read, the table was given up before",
    [FATE_UNKNOWN_TYPE] = "ignored, a type that is of no use here",
    [FATE_DISABLED] = "ignored, not enabled",
    [FATE_BAD_LENGTH] = "REJECTS the table, its length is wrong for its type",
    [FATE_BAD_PXM] = "REJECTS the table, domain 1024 or above, or more than 128 domains",
    [FATE_BAD_APIC] = "ignored, an APIC id that no CPU of this machine can have",
    [FATE_NO_CPU] = "used, but no such CPU is enabled in the MADT",
    [FATE_REPEATED] = "overruled, a later entry has the same APIC id",
    [FATE_EMPTY] = "used for its domain, the range is empty",
    [FATE_WRAPS] = "used for its domain, the range ends below its start",
    [FATE_TOO_MANY] = "REJECTS the table, too many ranges",
    [FATE_NO_RAM] = "used for its domain, no RAM in the range",
    [FATE_OVERLAPS] = "REJECTS the table, overlaps another node",
    [FATE_USED] = "used",
};

static void describe_entry(struct seqbuf *s, const struct srat_entry *e)
{
    seq_printf(s, "SRAT offset 0x%x: ", e->offset);
    if (e->malformed) {
        seq_printf(s, "type %u, length %u", e->type, e->length);
        return;
    }
    switch (e->type) {
    case SRAT_CPU:
        seq_printf(s, "PXM %u -> APIC 0x%02x", e->pxm, e->apic_id);
        break;
    case SRAT_X2APIC:
        seq_printf(s, "PXM %u -> X2APIC 0x%04x", e->pxm, e->apic_id);
        break;
    case SRAT_MEMORY:
        seq_printf(s, "PXM %u [mem 0x%08llx-0x%08llx]%s%s", e->pxm, (unsigned long long)e->base,
                   (unsigned long long)(e->base + e->size - 1), e->hotplug ? " hotplug" : "",
                   e->nonvolatile ? " non-volatile" : "");
        break;
    case SRAT_GENERIC_INITIATOR:
        seq_printf(s, "PXM %u generic initiator", e->pxm);
        break;
    default:
        seq_printf(s, "type %u, length %u", e->type, e->length);
        break;
    }
}

/* Was there nothing wrong with an entry, and yet it is not used? */
static bool table_unused(const struct numa_topology *t, enum numa_fate fate)
{
    return t->origin == NUMA_ORIGIN_FLAT &&
           (fate == FATE_USED || fate == FATE_EMPTY || fate == FATE_WRAPS || fate == FATE_NO_RAM);
}

/* The sentence about entry @i: what it says, its node, its fate. */
static void describe_fate(struct seqbuf *s, const struct numa_topology *t, const struct srat *srat,
                          unsigned i)
{
    const struct srat_entry *e = &srat->entries[i];
    enum numa_fate fate = i < t->nr_fates ? (enum numa_fate)t->fates[i] : FATE_NOT_REACHED;
    int nid = numa_node_of_pxm(t, e->pxm);

    describe_entry(s, e);
    if (t->origin == NUMA_ORIGIN_SRAT && nid != NUMA_NO_NODE && e->enabled && !e->malformed)
        seq_printf(s, " -> Node %d", nid);
    seq_printf(s, ": %s", table_unused(t, fate) ? "not used, as the whole table" : fate_text[fate]);
}

static const char *origin_text(const struct numa_topology *t)
{
    if (t->fake)
        return t->origin == NUMA_ORIGIN_SRAT ? "fake nodes cut out of the firmware's"
                                             : "fake nodes cut out of one flat node";
    return t->origin == NUMA_ORIGIN_SRAT ? "firmware (SRAT)" : "one flat node";
}

static void describe_verdicts(struct seqbuf *s, const struct numa_topology *t)
{
    seq_printf(s, "topology: %s\n", origin_text(t));
    if (t->verdict[0])
        seq_printf(s, "SRAT not used: %s\n", t->verdict);
    if (t->slit_verdict[0])
        seq_printf(s, "SLIT not used: %s\n", t->slit_verdict);
    else
        seq_printf(s, "SLIT: used\n");
    if (t->fake_verdict[0])
        seq_printf(s, "option%s: %s\n", t->fake ? "" : " not obeyed", t->fake_verdict);
    if (!t->verdict[0] && t->covered_bytes < t->ram_bytes)
        seq_printf(s, "RAM without a node, left out: %llu KiB\n",
                   (unsigned long long)(t->ram_bytes - t->covered_bytes) >> 10);
}

static void describe_block(struct seqbuf *s, const struct numa_topology *t, unsigned i)
{
    const struct numa_block *b = &t->blocks[i];

    seq_printf(s, "node %d [mem 0x%08llx-0x%08llx]", b->nid, (unsigned long long)b->start,
               (unsigned long long)b->end - 1);
    if (t->fake)
        seq_printf(s, " of physical node %d", t->phys_node[b->nid]);
}

static void describe_nodes(struct seqbuf *s, const struct numa_topology *t)
{
    int nid;

    for (nid = 0; nid < t->nr_pxm_nodes && !t->fake; nid++)
        seq_printf(s, "node %d = proximity domain %d\n", nid, t->node_pxm[nid]);
    for_each_node_mask (nid, &t->possible) {
        int to;

        seq_printf(s, "node %d distances", nid);
        for_each_node_mask (to, &t->possible)
            seq_printf(s, " %u", t->distance[nid * t->nr_nodes + to]);
        seq_putc(s, '\n');
    }
}

/* numa_report - the text of /sys/kernel/debug/numa. */
void numa_report(struct seqbuf *s, const struct numa_topology *t, const struct numa_input *in)
{
    describe_verdicts(s, t);
    describe_nodes(s, t);
    for (unsigned i = 0; i < t->nr_blocks; i++) {
        describe_block(s, t, i);
        seq_putc(s, '\n');
    }
    for (unsigned i = 0; in->srat && i < in->srat->nr_entries; i++) {
        describe_fate(s, t, in->srat, i);
        seq_putc(s, '\n');
    }
    for (unsigned i = 0; in->slit && i < in->slit->nr_localities; i++) {
        seq_printf(s, "SLIT row %u:", i);
        for (unsigned j = 0; j < in->slit->nr_localities; j++)
            seq_printf(s, " %u", in->slit->distance[(size_t)i * in->slit->nr_localities + j]);
        seq_printf(s, ": %s\n", t->slit_used ? "used" : "ignored");
    }
}

/* A log line for each line of text. */
static void log_lines(const char *text)
{
    while (*text) {
        const char *end = strchr(text, '\n');
        size_t len = end ? (size_t)(end - text) : strlen(text);

        pr_info("NUMA: %.*s", (int)len, text);
        text += len + (end != NULL);
    }
}

/* numa_print - the log of the decision: entries first, then what was made of them. */
void numa_print(const struct numa_topology *t, const struct numa_input *in)
{
    char text[1024];
    struct seqbuf s;

    for (unsigned i = 0; in->srat && i < in->srat->nr_entries; i++) {
        seqbuf_init(&s, text, sizeof(text));
        describe_fate(&s, t, in->srat, i);
        pr_info("%s", seqbuf_str(&s));
    }
    seqbuf_init(&s, text, sizeof(text));
    describe_verdicts(&s, t);
    log_lines(seqbuf_str(&s));
    for (unsigned i = 0; i < t->nr_blocks; i++) {
        seqbuf_init(&s, text, sizeof(text));
        describe_block(&s, t, i);
        pr_info("NUMA: %s", seqbuf_str(&s));
    }
}
