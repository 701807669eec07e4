/*
 * tests/host/fuzz_madt.c - any bytes as a MADT: lists within bounds, each APIC id once.
 */
#include "kernel/acpi/madt.h"
#include "kernel/bug.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct madt madt;
    struct acpi_diag diag;
    int rc = madt_parse(data, size, &madt, &diag);
    unsigned left_out = madt.nr_malformed + madt.nr_invalid + madt.nr_duplicates + madt.nr_dropped;

    BUG_ON((rc != 0 || left_out > 0) != (diag.reason[0] != '\0'));
    BUG_ON(madt.nr_cpus > MADT_MAX_CPUS || madt.nr_ioapics > MADT_MAX_IOAPICS);
    BUG_ON(madt.nr_overrides > MADT_MAX_OVERRIDES || madt.nr_nmi_sources > MADT_MAX_NMI_SOURCES);
    BUG_ON(madt.nr_lapic_nmis > MADT_MAX_CPUS);
    for (unsigned i = 0; i < madt.nr_cpus; i++) {
        const struct madt_cpu *cpu = &madt.cpus[i];

        BUG_ON(cpu->apic_id == (cpu->x2apic ? 0xffffffff : 0xff)); /* M1 */
        BUG_ON(cpu->enabled && cpu->online_capable);
        for (unsigned k = 0; k < i; k++)
            BUG_ON(madt.cpus[k].apic_id == cpu->apic_id); /* M1 */
    }
    return 0;
}
