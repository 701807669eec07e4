/*
 * tests/host/fuzz_tables.c - any bytes as a physical memory with tables in it, read by all parsers.
 *
 * The input begins with a byte of switches; the rest is memory from 0 on, the RSDP at RSDP_PA. A
 * switch makes the checksums of the RSDP and of both roots right, which a fuzzer would hardly
 * guess.
 */
#include "kernel/acpi/fadt.h"
#include "kernel/acpi/madt.h"
#include "kernel/acpi/slit.h"
#include "kernel/acpi/srat.h"
#include "kernel/acpi/tables.h"
#include "kernel/bug.h"
#include "tests/host/acpi_image.h"

#define RSDP_PA  0x10u
#define RSDP_MAX 36u

/* Switches. */
#define FIX_CHECKSUMS 0x1u /* of the RSDP and the roots */
#define GIVE_COPY     0x2u /* as a loader would */
#define GIVE_ADDRESS  0x4u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fix_root(uint8_t *memory, size_t size, uint64_t pa)
{
    if (pa > size || size - pa < 36)
        return;
    uint32_t length = memory[pa + 4] | memory[pa + 5] << 8;
    if (length >= 36 && length <= size - pa)
        image_fix_checksum(memory + pa, length, 9);
}

static void fix_checksums(uint8_t *memory, size_t size)
{
    uint32_t pa32;
    uint64_t pa64;

    if (size < RSDP_PA + RSDP_MAX)
        return;
    memcpy(&pa32, memory + RSDP_PA + 16, 4);
    memcpy(&pa64, memory + RSDP_PA + 24, 8);
    image_fix_checksum(memory + RSDP_PA, 20, 8);
    image_fix_checksum(memory + RSDP_PA, RSDP_MAX, 32);
    fix_root(memory, size, pa32);
    fix_root(memory, size, pa64);
}

static void read_dsdt(const struct acpi_table *facp)
{
    struct fadt fadt;
    struct acpi_table dsdt;
    struct acpi_diag diag;
    uint8_t a = 0, b = 0;

    if (fadt_parse(facp->bytes, facp->length, &fadt, &diag) != 0)
        return;
    if (acpi_table_at(fake_map, fadt.dsdt_pa, &dsdt, &diag) != 0)
        return;
    BUG_ON(dsdt_find_s5(dsdt.bytes, dsdt.length, &a, &b) && (a > 7 || b > 7));
}

/* Every parser reads every table, whatever its name: it must hold its own. */
static void read_table(const struct acpi_table *t)
{
    static struct madt madt;
    static struct srat_entry entries[64];
    struct srat srat = {.capacity = 64, .entries = entries};
    struct slit slit;
    struct acpi_diag diag;

    BUG_ON(t->length < 36); /* A2 */
    madt_parse(t->bytes, t->length, &madt, &diag);
    srat_parse(t->bytes, t->length, &srat, &diag);
    slit_parse(t->bytes, t->length, &slit, &diag);
    read_dsdt(t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct acpi_tables tables;

    if (size < 1)
        return 0;
    uint8_t switches = data[0];
    uint8_t *memory = exact_copy(data + 1, --size);
    const uint8_t *copy = size >= RSDP_PA + RSDP_MAX ? memory + RSDP_PA : NULL;

    if (switches & FIX_CHECKSUMS)
        fix_checksums(memory, size);
    fake_add(0, memory, size);
    acpi_find_tables(fake_map, copy, copy && switches & GIVE_COPY ? RSDP_MAX : 0,
                     switches & GIVE_ADDRESS ? RSDP_PA : 0, &tables);
    BUG_ON(tables.nr_tables > ACPI_MAX_TABLES || tables.nr_diags > ACPI_MAX_DIAGS);
    for (unsigned i = 0; i < tables.nr_tables; i++)
        if (tables.tables[i].bytes)
            read_table(&tables.tables[i]);
    free(memory);
    fake_reset();
    return 0;
}
