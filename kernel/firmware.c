/*
 * kernel/firmware.c - this machine's firmware tables: found, logged, and what they say about
 * processors and power told to those concerned.
 *
 * kernel/acpi turns bytes into structs and knows nothing of this machine; here the bytes are.
 */
#include "kernel/firmware.h"
#include "kernel/acpi/fadt.h"
#include "kernel/acpi/madt.h"
#include "kernel/boot_info.h"
#include "kernel/cpu.h"
#include "kernel/lib/errno.h"
#include "kernel/printk.h"
#include <arch/cpu.h>
#include <arch/power.h>
#include <arch/vm.h>

static struct acpi_tables tables;
static struct madt madt;
static bool have_madt;

/* Tables lie in memory that isn't RAM to the kernel, so they are mapped when they are asked for. */
static const void *map_firmware(uint64_t pa, size_t len)
{
    uint64_t start = ALIGN_DOWN(pa, PAGE_SIZE), end = pa + len;

    if (end < pa || end > 1ULL << PHYS_BITS)
        return NULL;
    for (uint64_t at = start; at < end; at += PAGE_SIZE) {
        uintptr_t va = (uintptr_t)phys_to_virt(at);

        if (!vm_query(va, NULL, NULL, NULL) && vm_map(va, at, PAGE_SIZE, 0))
            return NULL;
    }
    return phys_to_virt(pa);
}

static void print_tables(void)
{
    for (unsigned i = 0; i < tables.nr_tables; i++) {
        const struct acpi_table *t = &tables.tables[i];

        pr_info("ACPI: %s 0x%016llx %06x%s", t->signature, (unsigned long long)t->pa, t->length,
                t->bytes ? "" : " rejected");
    }
    for (unsigned i = 0; i < tables.nr_diags; i++) {
        const struct acpi_diag *d = &tables.diags[i];

        pr_warn("ACPI: %s: offset 0x%x: %s", d->table, d->offset, d->reason);
    }
    if (tables.nr_diags_dropped)
        pr_warn("ACPI: %u more complaints", tables.nr_diags_dropped);
}

/* Count of a kind of entries that were left out, if there were any. */
static void warn_count(unsigned nr, const char *what)
{
    if (nr)
        pr_warn("ACPI: MADT: %u %s", nr, what);
}

/* Register the CPUs that are @present, or those that are not and may come; how many had no room. */
static unsigned register_cpus(bool present)
{
    unsigned nr_left_out = 0;

    for (unsigned i = 0; i < madt.nr_cpus; i++) {
        const struct madt_cpu *cpu = &madt.cpus[i];

        if (cpu->enabled != present || (!present && !cpu->online_capable))
            continue;
        nr_left_out += cpu_register(cpu->apic_id, present) == -ENOSPC;
    }
    return nr_left_out;
}

/* The boot CPU comes first; cpu_register() refuses its second appearance. */
static void find_cpus(void)
{
    const struct acpi_table *table = firmware_table("APIC");
    struct acpi_diag diag;
    unsigned nr_left_out;

    cpu_register(cpu_apic_id(), true);
    cpumask_set(&cpu_online_mask, 0);
    if (!table) {
        pr_warn("ACPI: no MADT, so only the boot CPU is known");
        return;
    }
    madt_parse(table->bytes, table->length, &madt, &diag);
    if (diag.reason[0] != '\0')
        pr_warn("ACPI: MADT: offset 0x%x: %s", diag.offset, diag.reason);
    have_madt = true;
    nr_left_out = register_cpus(true);
    nr_left_out += register_cpus(false);
    if (nr_left_out)
        pr_warn("ACPI: MADT: %u processors left out, %d is the limit", nr_left_out, NR_CPUS);
    warn_count(madt.nr_duplicates, "processors listed twice, the first entry counts");
    warn_count(madt.nr_invalid, "processors with the id that means all, ignored");
    warn_count(madt.nr_malformed, "entries too short for their type, ignored");
    warn_count(madt.nr_dropped, "entries more than there is room for, ignored");
    pr_info("ACPI: %d CPUs present, %d possible, %u I/O APICs", cpumask_weight(&cpu_present_mask),
            nr_cpu_ids, madt.nr_ioapics);
}

static void find_power_off(void)
{
    const struct acpi_table *table = firmware_table("FACP");
    struct acpi_table dsdt;
    struct acpi_diag diag;
    struct fadt fadt;
    uint8_t typa, typb;

    if (!table)
        return;
    fadt_parse(table->bytes, table->length, &fadt, &diag);
    if (diag.reason[0] != '\0') {
        pr_warn("ACPI: FADT: offset 0x%x: %s", diag.offset, diag.reason);
        return;
    }
    acpi_table_at(map_firmware, fadt.dsdt_pa, &dsdt, &diag);
    if (diag.reason[0] != '\0')
        pr_warn("ACPI: DSDT: offset 0x%x: %s", diag.offset, diag.reason);
    if (dsdt.bytes && dsdt_find_s5(dsdt.bytes, dsdt.length, &typa, &typb))
        power_set_acpi(fadt.pm1a_port, fadt.pm1b_port, typa, typb);
}

/*
 * firmware_init - find the tables; register the CPUs; learn how to power off.
 *
 * What is damaged is named in the log and left out. Context: boot, once, after vm_activate.
 */
void firmware_init(const struct boot_info *bi)
{
    if (acpi_find_tables(map_firmware, bi->rsdp_copy_len ? bi->rsdp_copy : NULL, bi->rsdp_copy_len,
                         bi->rsdp_pa, &tables))
        pr_warn("ACPI: no usable tables: one node, one CPU");
    print_tables();
    find_cpus();
    find_power_off();
}

const struct madt *firmware_madt(void)
{
    return have_madt ? &madt : NULL;
}

const struct acpi_table *firmware_table(const char *signature)
{
    return acpi_table_get(&tables, signature);
}

const struct acpi_table *firmware_table_nth(unsigned i)
{
    return i < tables.nr_tables ? &tables.tables[i] : NULL;
}
