/*
 * tests/host/test_acpi_madt.c - kernel/acpi/madt.c.
 */
#include "kernel/acpi/madt.h"
#include "kernel/lib/errno.h"
#include "tests/host/acpi_image.h"
#include "tests/host/acpi_samples.h"
#include "tests/host/test.h"

/* What one parse gave. */
struct result {
    int rc;
    struct madt madt;
    struct acpi_diag diag;
};

static void parse_bytes(struct result *r, const uint8_t *from, size_t size)
{
    uint8_t *bytes = exact_copy(from, size);

    memset(r, 0xa5, sizeof(*r));
    r->rc = madt_parse(bytes, size, &r->madt, &r->diag);
    free(bytes);
}

static void parse(struct result *r, struct image *t)
{
    image_finish(t);
    parse_bytes(r, t->bytes, t->size);
}

static void begin(struct image *t, uint8_t revision)
{
    image_begin(t, "APIC", revision);
    image_put(t, 0xfee00000, 4);
    image_put(t, 1, 4);
}

static void put_lapic(struct image *t, uint8_t uid, uint8_t apic_id, uint32_t flags)
{
    image_put(t, 0x0800, 2);
    image_put(t, uid, 1);
    image_put(t, apic_id, 1);
    image_put(t, flags, 4);
}

static void put_x2apic(struct image *t, uint32_t uid, uint32_t apic_id, uint32_t flags)
{
    image_put(t, 0x1009, 2);
    image_put(t, 0xffff, 2);
    image_put(t, apic_id, 4);
    image_put(t, flags, 4);
    image_put(t, uid, 4);
}

/* No complaint, and every entry in a list. */
static void expect_clean(const struct result *r)
{
    EXPECT_EQ(0, r->rc);
    EXPECT_STR("", r->diag.reason);
    EXPECT_EQ(0, r->madt.nr_unknown + r->madt.nr_malformed + r->madt.nr_invalid +
                     r->madt.nr_duplicates + r->madt.nr_dropped);
}

static void expect_diag(const struct result *r, uint32_t offset, const char *reason)
{
    EXPECT_STR("APIC", r->diag.table);
    EXPECT_EQ(offset, r->diag.offset);
    EXPECT_STR(reason, r->diag.reason);
}

/* No other CPU would start, no device would interrupt. */
HTEST(acpi_madt, qemu_table_gives_cpus_and_interrupts)
{
    struct result r;

    parse_bytes(&r, qemu_madt, sizeof(qemu_madt));
    expect_clean(&r);
    EXPECT_EQ(1, r.madt.revision);
    EXPECT_EQ(0xfee00000, r.madt.lapic_pa);
    EXPECT(r.madt.pcat_compat);
    ASSERT_EQ(6, r.madt.nr_cpus);
    for (unsigned i = 0; i < 6; i++) {
        EXPECT_EQ(i, r.madt.cpus[i].apic_id);
        EXPECT_EQ(i, r.madt.cpus[i].uid);
        EXPECT(!r.madt.cpus[i].x2apic);
        EXPECT_EQ(i < 4, r.madt.cpus[i].enabled);
        EXPECT_EQ(i >= 4, r.madt.cpus[i].online_capable);
    }
    ASSERT_EQ(1, r.madt.nr_ioapics);
    EXPECT_EQ(0, r.madt.ioapics[0].id);
    EXPECT_EQ(0xfec00000, r.madt.ioapics[0].pa);
    EXPECT_EQ(0, r.madt.ioapics[0].gsi_base);
    ASSERT_EQ(5, r.madt.nr_overrides);
    EXPECT_EQ(0, r.madt.overrides[0].source);
    EXPECT_EQ(2, r.madt.overrides[0].gsi);
    EXPECT_EQ(0, r.madt.overrides[0].flags);
    EXPECT_EQ(11, r.madt.overrides[4].source);
    EXPECT_EQ(11, r.madt.overrides[4].gsi);
    EXPECT_EQ(13, r.madt.overrides[4].flags);
    ASSERT_EQ(1, r.madt.nr_lapic_nmis);
    EXPECT_EQ(MADT_ALL_PROCESSORS, r.madt.lapic_nmis[0].uid);
    EXPECT_EQ(1, r.madt.lapic_nmis[0].lint);
    EXPECT_EQ(0, r.madt.lapic_nmis[0].flags);
}

/* CPUs past the 255th would be missing. */
HTEST(acpi_madt, x2apic_ids_have_32_bits)
{
    struct image t;
    struct result r;

    begin(&t, 4);
    put_x2apic(&t, 0x01020304, 0xfffffffe, 1);
    put_x2apic(&t, 5, 255, 1);
    parse(&r, &t);
    expect_clean(&r);
    ASSERT_EQ(2, r.madt.nr_cpus);
    EXPECT_EQ(0xfffffffe, r.madt.cpus[0].apic_id);
    EXPECT_EQ(0x01020304, r.madt.cpus[0].uid);
    EXPECT(r.madt.cpus[0].x2apic);
    EXPECT(r.madt.cpus[0].enabled);
    EXPECT_EQ(255, r.madt.cpus[1].apic_id);
}

/* A placeholder for a CPU that can never come would count as possible. */
HTEST(acpi_madt, online_capable_is_a_flag_from_revision_5_on)
{
    for (uint8_t revision = 4; revision < 6; revision++) {
        struct image t;
        struct result r;

        begin(&t, revision);
        for (uint8_t flags = 0; flags < 4; flags++)
            put_lapic(&t, flags, flags, flags);
        parse(&r, &t);
        expect_clean(&r);
        ASSERT_EQ(4, r.madt.nr_cpus);
        EXPECT_EQ(revision < 5, r.madt.cpus[0].online_capable);
        EXPECT(!r.madt.cpus[1].online_capable);
        EXPECT(r.madt.cpus[2].online_capable);
        EXPECT(!r.madt.cpus[3].online_capable);
        EXPECT(!r.madt.cpus[0].enabled);
        EXPECT(r.madt.cpus[1].enabled);
        EXPECT(!r.madt.cpus[2].enabled);
        EXPECT(r.madt.cpus[3].enabled);
    }
}

/* One processor would be started twice, on two stacks at the same time. */
HTEST(acpi_madt, repeated_apic_ids_are_dropped)
{
    struct image t;
    struct result r;

    begin(&t, 3);
    put_lapic(&t, 0, 3, 1);
    put_lapic(&t, 1, 3, 1);
    put_x2apic(&t, 2, 3, 1);
    put_x2apic(&t, 3, 300, 1);
    put_x2apic(&t, 4, 300, 1);
    parse(&r, &t);
    EXPECT_EQ(0, r.rc);
    ASSERT_EQ(2, r.madt.nr_cpus);
    EXPECT_EQ(0, r.madt.cpus[0].uid);
    EXPECT(!r.madt.cpus[0].x2apic);
    EXPECT_EQ(3, r.madt.cpus[1].uid);
    EXPECT_EQ(3, r.madt.nr_duplicates);
    expect_diag(&r, 52, "APIC id 3 is there for the second time");
}

/* A placeholder in front of a CPU's entry would hide the CPU. */
HTEST(acpi_madt, enabled_entry_replaces_a_disabled_one)
{
    struct image t;
    struct result r;

    begin(&t, 3);
    put_lapic(&t, 7, 0, 0);
    put_lapic(&t, 1, 0, 1);
    put_lapic(&t, 8, 0, 0);
    parse(&r, &t);
    ASSERT_EQ(1, r.madt.nr_cpus);
    EXPECT_EQ(1, r.madt.cpus[0].uid);
    EXPECT(r.madt.cpus[0].enabled);
    EXPECT(!r.madt.cpus[0].online_capable);
    EXPECT_EQ(2, r.madt.nr_duplicates);
}

/* A start-up interrupt to such an id would reach every CPU. */
HTEST(acpi_madt, broadcast_ids_are_invalid)
{
    struct image t;
    struct result r;

    begin(&t, 3);
    put_lapic(&t, 0, 0xff, 1);
    put_x2apic(&t, 1, 0xffffffff, 1);
    parse(&r, &t);
    EXPECT_EQ(0, r.rc);
    EXPECT_EQ(0, r.madt.nr_cpus);
    EXPECT_EQ(2, r.madt.nr_invalid);
    expect_diag(&r, 44, "APIC id 255 means all processors");

    begin(&t, 3);
    put_x2apic(&t, 1, 0xffffffff, 1);
    parse(&r, &t);
    expect_diag(&r, 44, "x2APIC id 0xffffffff means all processors");
}

/* The other kinds of entry, with all bits of each field told apart from its neighbours'. */
HTEST(acpi_madt, each_field_is_read_from_its_own_place)
{
    struct image t;
    struct result r;

    begin(&t, 3);
    image_set(&t, 40, 0xfffffffe, 4); /* flags without PCAT_COMPAT */
    image_put(&t, 0x0c01, 2);         /* I/O APIC */
    image_put(&t, 0xab12, 2);
    image_put(&t, 0xfec01234, 4);
    image_put(&t, 0x12345678, 4);
    image_put(&t, 0x0a02, 2); /* override */
    image_put(&t, 0x0900, 2);
    image_put(&t, 0x11223344, 4);
    image_put(&t, 0xbeef, 2);
    image_put(&t, 0x0803, 2); /* NMI source */
    image_put(&t, 0xcafe, 2);
    image_put(&t, 0x55667788, 4);
    image_put(&t, 0x0604, 2); /* local APIC NMI */
    image_put(&t, 0x09, 1);
    image_put(&t, 0xf00d, 2);
    image_put(&t, 0x01, 1);
    image_put(&t, 0x0c05, 2); /* local APIC address */
    image_put(&t, 0xffff, 2);
    image_put(&t, 0x123456789abcd000, 8);
    image_put(&t, 0x0c0a, 2); /* local x2APIC NMI */
    image_put(&t, 0xd00f, 2);
    image_put(&t, 0x87654321, 4);
    image_put(&t, 0xffffff00, 4);
    parse(&r, &t);
    expect_clean(&r);
    EXPECT(!r.madt.pcat_compat);
    ASSERT_EQ(1, r.madt.nr_ioapics);
    EXPECT_EQ(0x12, r.madt.ioapics[0].id);
    EXPECT_EQ(0xfec01234, r.madt.ioapics[0].pa);
    EXPECT_EQ(0x12345678, r.madt.ioapics[0].gsi_base);
    ASSERT_EQ(1, r.madt.nr_overrides);
    EXPECT_EQ(0, r.madt.overrides[0].bus);
    EXPECT_EQ(9, r.madt.overrides[0].source);
    EXPECT_EQ(0x11223344, r.madt.overrides[0].gsi);
    EXPECT_EQ(0xbeef, r.madt.overrides[0].flags);
    ASSERT_EQ(1, r.madt.nr_nmi_sources);
    EXPECT_EQ(0x55667788, r.madt.nmi_sources[0].gsi);
    EXPECT_EQ(0xcafe, r.madt.nmi_sources[0].flags);
    ASSERT_EQ(2, r.madt.nr_lapic_nmis);
    EXPECT_EQ(9, r.madt.lapic_nmis[0].uid);
    EXPECT_EQ(1, r.madt.lapic_nmis[0].lint);
    EXPECT_EQ(0xf00d, r.madt.lapic_nmis[0].flags);
    EXPECT_EQ(0x87654321, r.madt.lapic_nmis[1].uid);
    EXPECT_EQ(0, r.madt.lapic_nmis[1].lint);
    EXPECT_EQ(0xd00f, r.madt.lapic_nmis[1].flags);
    EXPECT_EQ(0x123456789abcd000, r.madt.lapic_pa);
}

/* A table with an entry of a later ACPI edition would give no CPUs. */
HTEST(acpi_madt, unknown_types_are_skipped)
{
    struct image t;
    struct result r;

    begin(&t, 3);
    image_put(&t, 0x0380, 2);
    image_put(&t, 0xff, 1);
    image_put(&t, 0x0206, 2);
    put_lapic(&t, 0, 0, 1);
    parse(&r, &t);
    EXPECT_EQ(0, r.rc);
    EXPECT_STR("", r.diag.reason);
    EXPECT_EQ(2, r.madt.nr_unknown);
    EXPECT_EQ(1, r.madt.nr_cpus);
}

/* Fields of a short entry are the bytes of the next one, or lie behind the table. */
HTEST(acpi_madt, short_entries_are_left_out)
{
    static const struct {
        uint8_t type, size;
    } kinds[] = {{0, 8}, {1, 12}, {2, 10}, {3, 8}, {4, 6}, {5, 12}, {9, 16}, {10, 12}};

    for (unsigned i = 0; i < ARRAY_SIZE(kinds); i++) {
        for (unsigned length = 2; length < kinds[i].size; length++) {
            char reason[96];
            struct image t;
            struct result r;

            begin(&t, 3);
            image_put(&t, kinds[i].type, 1);
            image_put(&t, length, 1);
            for (unsigned k = 2; k < length; k++)
                image_put(&t, 0, 1);
            parse(&r, &t);
            EXPECT_EQ(0, r.rc);
            EXPECT_EQ(1, r.madt.nr_malformed);
            EXPECT_EQ(0, r.madt.nr_cpus + r.madt.nr_ioapics + r.madt.nr_overrides +
                             r.madt.nr_nmi_sources + r.madt.nr_lapic_nmis);
            EXPECT_EQ(0xfee00000, r.madt.lapic_pa);
            snprintf(reason, sizeof(reason), "entry of type %u has length %u, at least %u expected",
                     kinds[i].type, length, kinds[i].size);
            expect_diag(&r, 44, reason);
        }
    }
}

/* The walk would stand still, or leave the table. */
HTEST(acpi_madt, damaged_entries_end_the_table)
{
    struct image t;
    struct result r;

    begin(&t, 3);
    put_lapic(&t, 0, 0, 1);
    image_put(&t, 0x0000, 2);
    put_lapic(&t, 1, 1, 1);
    parse(&r, &t);
    EXPECT_EQ(-EINVAL, r.rc);
    EXPECT_EQ(1, r.madt.nr_cpus);
    expect_diag(&r, 52, "entry of type 0 has length 0, at least 2 expected");

    begin(&t, 3);
    image_put(&t, 0x0109, 2);
    parse(&r, &t);
    EXPECT_EQ(-EINVAL, r.rc);
    expect_diag(&r, 44, "entry of type 9 has length 1, at least 2 expected");

    begin(&t, 3);
    put_lapic(&t, 0, 0xff, 1);
    put_lapic(&t, 0, 0, 1);
    t.bytes[53] = 9;
    parse(&r, &t);
    EXPECT_EQ(-EINVAL, r.rc);
    expect_diag(&r, 52, "entry of type 0 has length 9, only 8 bytes are left");

    begin(&t, 3);
    image_put(&t, 0, 1);
    parse(&r, &t);
    EXPECT_EQ(-EINVAL, r.rc);
    expect_diag(&r, 44, "1 byte is left, an entry has at least 2");
}

/* A cut table would be read past its end. */
HTEST(acpi_madt, every_truncation_keeps_what_is_whole)
{
    for (size_t size = 0; size < sizeof(qemu_madt); size++) {
        struct result r;

        parse_bytes(&r, qemu_madt, size);
        EXPECT_EQ(r.rc == 0, r.diag.reason[0] == '\0');
        EXPECT_EQ(size < 44 ? 0 : min((size - 44) / 8, (size_t)6), r.madt.nr_cpus);
        if (size < 44) {
            EXPECT_EQ(-EINVAL, r.rc);
            EXPECT_EQ(size, r.diag.offset);
        }
    }
}

/* The log would not tell a table without its fixed part from one with a damaged entry. */
HTEST(acpi_madt, short_table_is_told_with_its_size)
{
    struct result r;

    parse_bytes(&r, qemu_madt, 43);
    EXPECT_EQ(-EINVAL, r.rc);
    expect_diag(&r, 43, "table of 43 bytes, at least 44 expected");
}

/* A machine with more CPUs than there is room for would overwrite what follows the list. */
HTEST(acpi_madt, cpus_past_the_capacity_are_counted)
{
    struct image t;
    struct result r;

    begin(&t, 3);
    for (unsigned i = 0; i < MADT_MAX_CPUS + 3; i++)
        put_x2apic(&t, i, i, 1);
    parse(&r, &t);
    EXPECT_EQ(0, r.rc);
    EXPECT_EQ(MADT_MAX_CPUS, r.madt.nr_cpus);
    EXPECT_EQ(MADT_MAX_CPUS - 1, r.madt.cpus[MADT_MAX_CPUS - 1].apic_id);
    EXPECT_EQ(3, r.madt.nr_dropped);
    expect_diag(&r, 44 + 16 * MADT_MAX_CPUS, "entry of type 9 left out, there is room for 288");
}

/* The same for each of the other lists. */
HTEST(acpi_madt, other_entries_past_the_capacity_are_counted)
{
    static const struct {
        uint8_t type, size;
        unsigned capacity;
    } kinds[] = {{1, 12, MADT_MAX_IOAPICS},
                 {2, 10, MADT_MAX_OVERRIDES},
                 {3, 8, MADT_MAX_NMI_SOURCES},
                 {4, 6, MADT_MAX_CPUS},
                 {10, 12, MADT_MAX_CPUS}};

    for (unsigned i = 0; i < ARRAY_SIZE(kinds); i++) {
        struct image t;
        struct result r;

        begin(&t, 3);
        for (unsigned k = 0; k < kinds[i].capacity + 2; k++) {
            image_put(&t, kinds[i].type, 1);
            image_put(&t, kinds[i].size, 1);
            image_put(&t, 0, kinds[i].size > 10 ? 8 : kinds[i].size - 2u);
            image_put(&t, 0, kinds[i].size > 10 ? kinds[i].size - 10u : 0);
        }
        parse(&r, &t);
        EXPECT_EQ(0, r.rc);
        EXPECT_EQ(2, r.madt.nr_dropped);
        EXPECT_EQ(kinds[i].capacity, r.madt.nr_ioapics + r.madt.nr_overrides +
                                         r.madt.nr_nmi_sources + r.madt.nr_lapic_nmis);
        EXPECT_EQ(44 + kinds[i].size * kinds[i].capacity, r.diag.offset);
    }
}
