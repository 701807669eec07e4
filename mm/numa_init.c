/*
 * mm/numa_init.c - the topology of this machine: tables in, decision out, log and file.
 */
#include "kernel/bug.h"
#include "kernel/cmdline.h"
#include "kernel/cpu.h"
#include "kernel/firmware.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"
#include "kernel/printk.h"
#include "mm/numa_internal.h"
#include <arch/page.h>

struct numa_topology numa_topology;

/* The input of the decision, kept for the file. */
static struct numa_input input;
static struct srat srat;
static struct slit slit;
static struct acpi_diag srat_diag, slit_diag;
static uint32_t apic_ids[NR_CPUS];

static void read_srat(struct memblock *mb)
{
    const struct acpi_table *table = firmware_table("SRAT");
    uint64_t pa;

    if (!table)
        return;
    srat.capacity = min(srat_count(table->bytes, table->length), (unsigned)NUMA_MAX_ENTRIES);
    pa = memblock_alloc(mb, max(srat.capacity, 1u) * sizeof(struct srat_entry), 64, NUMA_NO_NODE);
    if (!pa)
        panic("no room for the %u entries of the SRAT", srat.capacity);
    srat.entries = phys_to_virt(pa);
    input.srat = &srat;
    if (srat_parse(table->bytes, table->length, &srat, &srat_diag))
        input.srat_diag = &srat_diag;
}

static void read_slit(void)
{
    const struct acpi_table *table = firmware_table("SLIT");

    if (!table)
        return;
    input.slit = &slit;
    if (slit_parse(table->bytes, table->length, &slit, &slit_diag))
        input.slit_diag = &slit_diag;
}

static void read_cpus(void)
{
    int cpu;

    for_each_cpu (cpu, &cpu_present_mask)
        apic_ids[input.nr_cpus++] = cpu_apic_id_of(cpu);
    input.apic_ids = apic_ids;
}

/*
 * numa_init - decide for this machine, tell memblock and the CPUs, and write the log.
 *
 * Context: boot, after firmware_init; takes memory from @mb for the table entries.
 */
void numa_init(struct memblock *mb)
{
    int cpu;

    input.memblock = mb;
    input.option = cmdline_get("numa");
    read_srat(mb);
    read_slit();
    read_cpus();
    numa_decide(&numa_topology, &input);
    if (numa_apply(&numa_topology, mb))
        panic("the machine's memory has more than %u pieces", MEMBLOCK_MAX_REGIONS);
    for_each_cpu (cpu, &cpu_present_mask)
        cpu_set_node(cpu, numa_topology.cpu_node[cpu]);
    numa_print(&numa_topology, &input);
}

/* The memory entry's range; false if it is not one, or says nothing. */
static bool memory_range(const struct srat_entry *e, uint64_t *start, uint64_t *end)
{
    *start = e->base;
    *end = e->base + e->size;
    return e->type == SRAT_MEMORY && e->enabled && !e->malformed && *start < *end;
}

/*
 * numa_mark_hotplug - tell @mb which ranges the SRAT calls hot-pluggable; none, if it is not used.
 *
 * Context: boot, after numa_init.
 */
void numa_mark_hotplug(struct memblock *mb)
{
    if (numa_topology.origin != NUMA_ORIGIN_SRAT)
        return;
    for (unsigned i = 0; i < srat.nr_entries; i++) {
        uint64_t start, end;

        if (memory_range(&srat.entries[i], &start, &end) && srat.entries[i].hotplug &&
            memblock_mark_hotplug(mb, start, end))
            pr_warn("movable_node: more than %u hot-pluggable ranges", MEMBLOCK_MAX_REGIONS);
    }
}

/*
 * numa_node_of_address - the node that the SRAT gives to this physical address, RAM or not.
 *
 * The smallest range that holds it counts: firmware lists persistent memory inside of the room that it
 * leaves for memory to come. NUMA_NO_NODE if there is none. Context: boot, after numa_init.
 */
int numa_node_of_address(uint64_t pa)
{
    uint64_t best = UINT64_MAX, start, end;
    int nid = NUMA_NO_NODE;

    for (unsigned i = 0; numa_topology.origin == NUMA_ORIGIN_SRAT && i < srat.nr_entries; i++) {
        if (!memory_range(&srat.entries[i], &start, &end) || pa < start || pa >= end ||
            end - start >= best)
            continue;
        best = end - start;
        nid = numa_logical_node(&numa_topology,
                                numa_node_of_pxm(&numa_topology, srat.entries[i].pxm));
    }
    return nid;
}

/* numa_show - /sys/kernel/debug/numa. */
void numa_show(struct seqbuf *s)
{
    numa_report(s, &numa_topology, &input);
}
