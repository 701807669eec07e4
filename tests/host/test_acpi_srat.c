/*
 * tests/host/test_acpi_srat.c - kernel/acpi/srat.c.
 */
#include "kernel/acpi/srat.h"
#include "kernel/lib/errno.h"
#include "tests/host/acpi_image.h"
#include "tests/host/acpi_samples.h"
#include "tests/host/test.h"

#define CAPACITY 16

/* What one parse gave. */
struct result {
    int rc;
    struct srat srat;
    struct srat_entry entries[CAPACITY];
    struct acpi_diag diag;
};

static void parse_bytes(struct result *r, const uint8_t *from, size_t size, unsigned capacity)
{
    uint8_t *bytes = exact_copy(from, size);

    memset(r, 0xa5, sizeof(*r));
    r->srat.entries = r->entries;
    r->srat.capacity = capacity;
    r->rc = srat_parse(bytes, size, &r->srat, &r->diag);
    free(bytes);
}

static void parse(struct result *r, struct image *t)
{
    image_finish(t);
    parse_bytes(r, t->bytes, t->size, CAPACITY);
}

static void begin(struct image *t, uint8_t revision)
{
    image_begin(t, "SRAT", revision);
    image_put(t, 1, 4);
    image_put(t, 0, 8);
}

static void put_cpu(struct image *t, uint32_t pxm, uint8_t apic_id, uint32_t flags)
{
    image_put(t, 0, 1);
    image_put(t, 16, 1);
    image_put(t, pxm & 0xff, 1);
    image_put(t, apic_id, 1);
    image_put(t, flags, 4);
    image_put(t, 0x77, 1); /* SAPIC EID, of no meaning here */
    image_put(t, pxm >> 8, 3);
    image_put(t, 0xc10c, 4);
}

static void put_memory(struct image *t, uint32_t pxm, uint64_t base, uint64_t size, uint32_t flags)
{
    image_put(t, 1, 1);
    image_put(t, 40, 1);
    image_put(t, pxm, 4);
    image_put(t, 0xffff, 2);
    image_put(t, base, 8);
    image_put(t, size, 8);
    image_put(t, 0xffffffff, 4);
    image_put(t, flags, 4);
    image_put(t, UINT64_MAX, 8);
}

static void put_x2apic(struct image *t, uint32_t pxm, uint32_t apic_id, uint32_t flags)
{
    image_put(t, 2, 1);
    image_put(t, 24, 1);
    image_put(t, 0xffff, 2);
    image_put(t, pxm, 4);
    image_put(t, apic_id, 4);
    image_put(t, flags, 4);
    image_put(t, 0xc10c, 4);
    image_put(t, 0, 4);
}

static void put_initiator(struct image *t, uint32_t pxm, uint32_t flags)
{
    image_put(t, 5, 1);
    image_put(t, 32, 1);
    image_put(t, 0x0100, 2);
    image_put(t, pxm, 4);
    image_put(t, 0x1122334455667788, 8);
    image_put(t, 0x99aabbccddeeff00, 8);
    image_put(t, flags, 4);
    image_put(t, 0, 4);
}

/* An entry of @type and @length whose other bytes are all ones. */
static void put_ones(struct image *t, uint8_t type, uint8_t length)
{
    image_put(t, type, 1);
    image_put(t, length, 1);
    for (unsigned i = 2; i < length; i++)
        image_put(t, 0xff, 1);
}

static void expect_damage(const struct result *r, unsigned nr_entries, uint32_t offset,
                          const char *reason)
{
    EXPECT_EQ(-EINVAL, r->rc);
    EXPECT_EQ(nr_entries, r->srat.nr_entries);
    EXPECT_STR("SRAT", r->diag.table);
    EXPECT_EQ(offset, r->diag.offset);
    EXPECT_STR(reason, r->diag.reason);
}

/* No machine would have nodes. */
HTEST(acpi_srat, qemu_table_gives_cpus_and_memory)
{
    struct result r;

    parse_bytes(&r, qemu_srat, sizeof(qemu_srat), CAPACITY);
    ASSERT_EQ(0, r.rc);
    EXPECT_STR("", r.diag.reason);
    EXPECT_EQ(1, r.srat.revision);
    ASSERT_EQ(10, r.srat.nr_entries);
    for (unsigned i = 0; i < 6; i++) {
        EXPECT_EQ(SRAT_CPU, r.entries[i].type);
        EXPECT_EQ(48 + 16 * i, r.entries[i].offset);
        EXPECT_EQ(i, r.entries[i].apic_id);
        EXPECT_EQ(i / 3, r.entries[i].pxm);
        EXPECT(r.entries[i].enabled);
    }
    EXPECT_EQ(SRAT_MEMORY, r.entries[8].type);
    EXPECT_EQ(1, r.entries[8].pxm);
    EXPECT_EQ(MiB(64), r.entries[8].base);
    EXPECT_EQ(MiB(64), r.entries[8].size);
    EXPECT(r.entries[8].enabled);
    EXPECT(!r.entries[9].enabled);
}

/* A domain above 255 would be taken for another node, or a reserved byte for part of a domain. */
HTEST(acpi_srat, pxm_has_32_bits_from_revision_2_on)
{
    for (uint8_t revision = 0; revision < 5; revision++) {
        uint32_t pxm = revision < 2 ? 0x04 : 0x01020304;
        struct image t;
        struct result r;

        begin(&t, revision);
        put_cpu(&t, 0x01020304, 7, 1);
        put_memory(&t, 0x01020304, 0, 4096, 1);
        put_x2apic(&t, 0x01020304, 7, 1);
        put_initiator(&t, 0x01020304, 1);
        parse(&r, &t);
        ASSERT_EQ(4, r.srat.nr_entries);
        EXPECT_EQ(revision, r.srat.revision);
        EXPECT_EQ(pxm, r.entries[0].pxm);
        EXPECT_EQ(pxm, r.entries[1].pxm);
        EXPECT_EQ(0x01020304, r.entries[2].pxm);
        EXPECT_EQ(0x01020304, r.entries[3].pxm);
    }
}

/* A field read at its neighbour's offset would put a CPU or a range into a wrong node. */
HTEST(acpi_srat, each_field_is_read_from_its_own_place)
{
    struct image t;
    struct result r;

    begin(&t, 3);
    put_cpu(&t, 0xffffffff, 0xfe, 1);
    put_memory(&t, 0xfffffffe, 0x123456789abcdef0, 0x0fedcba987654321, 1);
    put_x2apic(&t, 0xfffffffd, 0xfffffffc, 1);
    put_initiator(&t, 0xfffffffb, 1);
    parse(&r, &t);
    ASSERT_EQ(0, r.rc);
    ASSERT_EQ(4, r.srat.nr_entries);
    EXPECT_EQ(0xffffffff, r.entries[0].pxm);
    EXPECT_EQ(0xfe, r.entries[0].apic_id);
    EXPECT_EQ(0xfffffffe, r.entries[1].pxm);
    EXPECT_EQ(0x123456789abcdef0, r.entries[1].base);
    EXPECT_EQ(0x0fedcba987654321, r.entries[1].size);
    EXPECT_EQ(0xfffffffd, r.entries[2].pxm);
    EXPECT_EQ(0xfffffffc, r.entries[2].apic_id);
    EXPECT_EQ(SRAT_GENERIC_INITIATOR, r.entries[3].type);
    EXPECT_EQ(0xfffffffb, r.entries[3].pxm);
    EXPECT_EQ(48 + 16 + 40 + 24, r.entries[3].offset);
    EXPECT_EQ(32, r.entries[3].length);
}

/* RAM that may be plugged later would be used now, or disabled RAM would make a node. */
HTEST(acpi_srat, flags_are_told_apart)
{
    struct image t;
    struct result r;

    begin(&t, 3);
    for (uint32_t flags = 0; flags < 8; flags++)
        put_memory(&t, 0, 0, 4096, flags | 0xfffffff8);
    put_cpu(&t, 0, 0, 0xfffffffe);
    put_x2apic(&t, 0, 0, 0xfffffffe);
    put_initiator(&t, 0, 0xfffffffe);
    parse(&r, &t);
    ASSERT_EQ(11, r.srat.nr_entries);
    for (uint32_t flags = 0; flags < 8; flags++) {
        EXPECT_EQ((flags & 1) != 0, r.entries[flags].enabled);
        EXPECT_EQ((flags & 2) != 0, r.entries[flags].hotplug);
        EXPECT_EQ((flags & 4) != 0, r.entries[flags].nonvolatile);
    }
    for (unsigned i = 8; i < 11; i++) {
        EXPECT(!r.entries[i].enabled);
        EXPECT(!r.entries[i].hotplug);
        EXPECT(!r.entries[i].nonvolatile);
    }
}

/* A table with an entry of a later ACPI edition would be rejected as a whole. */
HTEST(acpi_srat, unknown_types_are_kept_as_they_are)
{
    struct image t;
    struct result r;

    begin(&t, 3);
    put_ones(&t, 3, 18);
    put_ones(&t, 4, 12);
    put_ones(&t, 255, 2);
    put_cpu(&t, 1, 1, 1);
    parse(&r, &t);
    EXPECT_EQ(0, r.rc);
    ASSERT_EQ(4, r.srat.nr_entries);
    EXPECT_EQ(3, r.entries[0].type);
    EXPECT_EQ(4, r.entries[1].type);
    EXPECT_EQ(255, r.entries[2].type);
    EXPECT_EQ(2, r.entries[2].length);
    for (unsigned i = 0; i < 3; i++) {
        EXPECT(!r.entries[i].malformed);
        EXPECT(!r.entries[i].enabled);
        EXPECT_EQ(0, r.entries[i].pxm);
    }
    EXPECT_EQ(1, r.entries[3].pxm);
}

/* Fields of a short entry are the bytes of the next one. */
HTEST(acpi_srat, entries_of_a_wrong_length_are_marked)
{
    static const struct {
        uint8_t type, length;
        bool malformed;
    } cases[] = {
        {SRAT_CPU, 15, true},      {SRAT_CPU, 16, false},   {SRAT_CPU, 17, true},
        {SRAT_MEMORY, 2, true},    {SRAT_MEMORY, 39, true}, {SRAT_MEMORY, 40, false},
        {SRAT_MEMORY, 41, false},  {SRAT_X2APIC, 23, true}, {SRAT_X2APIC, 24, false},
        {SRAT_X2APIC, 255, false}, {5, 27, true},           {5, 28, false},
    };
    struct image t;
    struct result r;

    begin(&t, 3);
    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++)
        put_ones(&t, cases[i].type, cases[i].length);
    parse(&r, &t);
    EXPECT_EQ(0, r.rc);
    ASSERT_EQ(ARRAY_SIZE(cases), r.srat.nr_entries);
    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        EXPECT_EQ(cases[i].length, r.entries[i].length);
        EXPECT_EQ(cases[i].malformed, r.entries[i].malformed);
        EXPECT_EQ(!cases[i].malformed, r.entries[i].enabled);
        EXPECT_EQ(cases[i].malformed ? 0 : 0xffffffff, r.entries[i].pxm);
    }
}

/* A machine whose firmware lists nothing would not boot. */
HTEST(acpi_srat, table_without_entries_is_empty)
{
    struct image t;
    struct result r;

    begin(&t, 3);
    parse(&r, &t);
    EXPECT_EQ(0, r.rc);
    EXPECT_EQ(0, r.srat.nr_entries);
    EXPECT_STR("", r.diag.reason);
}

/* The walk would stand still for ever. */
HTEST(acpi_srat, entry_of_length_0_is_damage)
{
    struct image t;
    struct result r;

    begin(&t, 3);
    put_cpu(&t, 0, 0, 1);
    image_put(&t, 0x0001, 2);
    put_cpu(&t, 1, 1, 1);
    parse(&r, &t);
    expect_damage(&r, 1, 64, "entry of type 1 has length 0, at least 2 expected");
    EXPECT(r.entries[0].enabled);
}

/* The walk would take the second byte of an entry for the first of the next. */
HTEST(acpi_srat, entry_of_length_1_is_damage)
{
    struct image t;
    struct result r;

    begin(&t, 3);
    image_put(&t, 0x0100, 2);
    parse(&r, &t);
    expect_damage(&r, 0, 48, "entry of type 0 has length 1, at least 2 expected");
}

/* What lies behind the table would become part of the topology. */
HTEST(acpi_srat, entry_past_the_end_is_damage)
{
    struct image t;
    struct result r;

    begin(&t, 3);
    put_memory(&t, 0, 0, 4096, 1);
    put_cpu(&t, 0, 0, 1);
    t.bytes[48 + 40 + 1] = 17;
    parse(&r, &t);
    expect_damage(&r, 1, 88, "entry of type 0 has length 17, only 16 bytes are left");
}

/* The length of an entry that has no room for it would be read behind the table. */
HTEST(acpi_srat, single_byte_at_the_end_is_damage)
{
    struct image t;
    struct result r;

    begin(&t, 3);
    put_cpu(&t, 0, 0, 1);
    image_put(&t, 1, 1);
    parse(&r, &t);
    expect_damage(&r, 1, 64, "1 byte is left, an entry has at least 2");
}

/* A cut table would be read past its end, or be taken for a whole one. */
HTEST(acpi_srat, every_truncation_is_damage_except_between_entries)
{
    for (size_t size = 0; size < sizeof(qemu_srat); size++) {
        bool between = size >= 48 && (size <= 144 ? (size - 48) % 16 : (size - 144) % 40) == 0;
        struct result r;

        parse_bytes(&r, qemu_srat, size, CAPACITY);
        EXPECT_EQ(between ? 0 : -EINVAL, r.rc);
        EXPECT_EQ(between, r.diag.reason[0] == '\0');
        EXPECT_EQ(srat_count(qemu_srat, size), r.srat.nr_entries);
        if (size < 48)
            EXPECT_EQ(size, r.diag.offset);
    }
}

/* The log would not tell a table without its fixed part from one with a damaged entry. */
HTEST(acpi_srat, short_table_is_told_with_its_size)
{
    struct result r;

    parse_bytes(&r, qemu_srat, 47, CAPACITY);
    expect_damage(&r, 0, 47, "table of 47 bytes, at least 48 expected");
    EXPECT_EQ(0, srat_count(qemu_srat, 47));
}

/* The caller's array would be written past its end. */
HTEST(acpi_srat, more_entries_than_fit_are_told)
{
    struct result r;

    parse_bytes(&r, qemu_srat, sizeof(qemu_srat), 9);
    EXPECT_EQ(-ENOSPC, r.rc);
    EXPECT_EQ(9, r.srat.nr_entries);
    EXPECT_EQ(264, r.diag.offset);
    EXPECT_STR("more than 9 entries", r.diag.reason);
    EXPECT_EQ(0xa5, r.entries[9].type);
    parse_bytes(&r, qemu_srat, sizeof(qemu_srat), 10);
    EXPECT_EQ(0, r.rc);
}

/* The caller would size its array for fewer entries than the parser finds. */
HTEST(acpi_srat, count_stops_at_the_damage)
{
    struct image t;

    begin(&t, 3);
    put_cpu(&t, 0, 0, 1);
    put_ones(&t, 77, 2);
    image_put(&t, 0x0000, 2);
    put_cpu(&t, 0, 0, 1);
    EXPECT_EQ(2, srat_count(t.bytes, t.size));
    EXPECT_EQ(10, srat_count(qemu_srat, sizeof(qemu_srat)));
}
