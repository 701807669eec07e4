/*
 * tests/host/test_acpi_tables.c - kernel/acpi/tables.c.
 */
#include "kernel/acpi/tables.h"
#include "kernel/lib/errno.h"
#include "tests/host/acpi_image.h"
#include "tests/host/acpi_samples.h"
#include "tests/host/test.h"

/* Where the tests put things. */
#define RSDP_PA  0xf59e0
#define ROOT_PA  0x10000
#define RSDT_PA  0x20000
#define TABLE_PA 0x100000 /* the first table; the others follow 64 KiB apart */

#define PA_OF(i) (TABLE_PA + 0x10000 * (uint64_t)(i))

static struct acpi_tables out;

/* ---- building ---- */

static void build_rsdp(struct image *t, uint8_t revision, uint32_t rsdt_pa, uint64_t xsdt_pa)
{
    *t = (struct image){0};
    memcpy(t->bytes, "RSD PTR ", 8);
    t->size = 15;
    image_put(t, revision, 1);
    image_put(t, rsdt_pa, 4);
    image_fix_checksum(t->bytes, 20, 8);
    if (revision < 2)
        return;
    image_put(t, 36, 4);
    image_put(t, xsdt_pa, 8);
    image_put(t, 0, 4);
    image_fix_checksum(t->bytes, 36, 32);
}

/* A root table, at @pa, that points at @nr addresses. */
static void add_root(uint64_t pa, const char *signature, const uint64_t *addresses, unsigned nr)
{
    struct image t;

    image_begin(&t, signature, 1);
    for (unsigned i = 0; i < nr; i++)
        image_put(&t, addresses[i], signature[0] == 'X' ? 8 : 4);
    image_finish(&t);
    fake_add_image(pa, &t);
}

static void add_table(uint64_t pa, const char *signature)
{
    struct image t;

    image_begin(&t, signature, 1);
    image_put(&t, pa, 8);
    image_finish(&t);
    fake_add_image(pa, &t);
}

/* Find with an RSDP of revision 2 that points at XSDT and RSDT. */
static int find(void)
{
    struct image rsdp;

    build_rsdp(&rsdp, 2, RSDT_PA, ROOT_PA);
    uint8_t *copy = exact_copy(rsdp.bytes, rsdp.size);
    memset(&out, 0xa5, sizeof(out));
    int rc = acpi_find_tables(fake_map, copy, rsdp.size, 0, &out);
    free(copy);
    return rc;
}

/* Find without being told where; the RSDP is in @memory, which is at @pa. */
static int scan(uint64_t pa, const uint8_t *memory, size_t size)
{
    fake_add(pa, memory, size);
    memset(&out, 0xa5, sizeof(out));
    return acpi_find_tables(fake_map, NULL, 0, 0, &out);
}

static void expect_diag(unsigned nr, const char *table, uint32_t offset, const char *reason)
{
    if (!EXPECT(nr < out.nr_diags))
        return;
    EXPECT_STR(table, out.diags[nr].table);
    EXPECT_EQ(offset, out.diags[nr].offset);
    EXPECT_STR(reason, out.diags[nr].reason);
}

/* ---- the way to the root ---- */

/* On a machine of QEMU and its BIOS no table would be found at all. */
HTEST(acpi_tables, rsdp_of_revision_0_leads_through_the_rsdt)
{
    uint64_t addresses[] = {PA_OF(0), PA_OF(1)};
    struct image rsdp;

    add_root(RSDT_PA, "RSDT", addresses, 2);
    fake_add(PA_OF(0), qemu_srat, sizeof(qemu_srat));
    fake_add(PA_OF(1), qemu_slit, sizeof(qemu_slit));
    build_rsdp(&rsdp, 0, RSDT_PA, 0);
    fake_add_image(RSDP_PA, &rsdp);
    EXPECT_EQ(0, acpi_find_tables(fake_map, NULL, 0, RSDP_PA, &out));
    EXPECT_EQ(0, out.nr_diags);
    EXPECT_EQ(0, out.revision);
    EXPECT(!out.xsdt);
    EXPECT_EQ(RSDP_PA, out.rsdp_pa);
    ASSERT_EQ(2, out.nr_tables);
    EXPECT_STR("SRAT", out.tables[0].signature);
    EXPECT_EQ(PA_OF(0), out.tables[0].pa);
    EXPECT_EQ(304, out.tables[0].length);
    EXPECT(out.tables[0].checksum_ok);
    EXPECT(!memcmp(qemu_srat, out.tables[0].bytes, 304));
    EXPECT(acpi_table_get(&out, "SLIT") == &out.tables[1]);
    EXPECT(acpi_table_get(&out, "HMAT") == NULL);
    fake_reset();
}

/* Tables above 4 GiB would not be found, nor those that a UEFI firmware lists in the XSDT alone. */
HTEST(acpi_tables, xsdt_is_preferred)
{
    uint64_t high[] = {0x123456780000};
    uint64_t low[] = {PA_OF(1)};

    add_root(ROOT_PA, "XSDT", high, 1);
    add_root(RSDT_PA, "RSDT", low, 1);
    add_table(high[0], "SRAT");
    add_table(low[0], "SLIT");
    EXPECT_EQ(0, find());
    EXPECT_EQ(2, out.revision);
    EXPECT(out.xsdt);
    EXPECT_EQ(0, out.rsdp_pa);
    EXPECT_EQ(0, out.nr_diags);
    ASSERT_EQ(1, out.nr_tables);
    EXPECT_EQ(high[0], out.tables[0].pa);
    fake_reset();
}

/* A broken XSDT would lose a machine whose RSDT is right. */
HTEST(acpi_tables, rsdt_is_taken_if_the_xsdt_is_bad)
{
    static const struct {
        unsigned offset;
        uint8_t value;
        uint32_t told_offset;
        const char *reason;
    } cases[] = {
        {9, 0x00, 9, NULL}, /* checksum */
        {0, 'Y', 0, "signature at 0x10000 is \"YSDT\""},
        {0, 0x07, 0, "signature bytes 07 53 44 54 at 0x10000 are not text"},
        {4, 35, 4, "length 35, 36 to 16777216 expected"},
        {5, 1, 4, "300 bytes at 0x10000 are not readable"},
        {7, 2, 4, "length 33554476, 36 to 16777216 expected"},
    };
    uint64_t addresses[] = {PA_OF(0)};

    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        struct image t;

        image_begin(&t, "XSDT", 1);
        image_put(&t, PA_OF(5), 8);
        image_finish(&t);
        t.bytes[cases[i].offset] = cases[i].value;
        fake_add_image(ROOT_PA, &t);
        add_root(RSDT_PA, "RSDT", addresses, 1);
        add_table(PA_OF(0), "SRAT");
        EXPECT_EQ(0, find());
        EXPECT(!out.xsdt);
        EXPECT_EQ(1, out.nr_tables);
        EXPECT_EQ(1, out.nr_diags);
        if (cases[i].reason)
            expect_diag(0, "XSDT", cases[i].told_offset, cases[i].reason);
        else
            EXPECT_EQ(9, out.diags[0].offset);
        fake_reset();
    }
}

/* Without any root table the log must say which were tried, and the kernel must go on. */
HTEST(acpi_tables, no_root_is_an_error_with_both_reasons)
{
    EXPECT_EQ(-ENOENT, find());
    EXPECT_EQ(0, out.nr_tables);
    EXPECT_EQ(3, out.nr_diags);
    expect_diag(0, "XSDT", 0, "header at 0x10000 is not readable");
    expect_diag(1, "RSDT", 0, "header at 0x20000 is not readable");
    expect_diag(2, "RSDP", 16, "no usable root table");
    fake_reset();
}

/* A machine without ACPI must boot as one node. */
HTEST(acpi_tables, no_rsdp_is_an_error)
{
    EXPECT_EQ(-ENOENT, acpi_find_tables(fake_map, NULL, 0, 0, &out));
    EXPECT_EQ(1, out.nr_diags);
    expect_diag(0, "RSDP", 0, "not found");
}

/* Without a loader that tells it, the RSDP is where a BIOS leaves it. */
HTEST(acpi_tables, rsdp_is_found_in_the_bios_area)
{
    static uint8_t bios[0x20000];
    static const size_t places[] = {0, 0x159e0, sizeof(bios) - 32};

    for (unsigned i = 0; i < ARRAY_SIZE(places); i++) {
        struct image rsdp;

        memset(bios, 0, sizeof(bios));
        build_rsdp(&rsdp, 0, RSDT_PA, 0);
        memcpy(bios + places[i], rsdp.bytes, rsdp.size);
        add_root(RSDT_PA, "RSDT", NULL, 0);
        EXPECT_EQ(0, scan(0xe0000, bios, sizeof(bios)));
        EXPECT_EQ(0xe0000 + places[i], out.rsdp_pa);
        fake_reset();
    }
}

/* The same for the extended BIOS data area. */
HTEST(acpi_tables, rsdp_is_found_in_the_first_kib_of_the_ebda)
{
    static const uint8_t segment[2] = {0xc0, 0x9f};
    static uint8_t ebda[4096];

    for (size_t at = 0; at < 2048; at += 16) {
        struct image rsdp;

        memset(ebda, 0, sizeof(ebda));
        build_rsdp(&rsdp, 0, RSDT_PA, 0);
        memcpy(ebda + at, rsdp.bytes, rsdp.size);
        add_root(RSDT_PA, "RSDT", NULL, 0);
        fake_add(0x40e, segment, 2);
        EXPECT_EQ(at + 20 <= 1024 ? 0 : -ENOENT, scan(0x9fc00, ebda, sizeof(ebda)));
        fake_reset();
    }
}

/* The signature occurs in a BIOS's own code; such a place must not end the search. */
HTEST(acpi_tables, scan_goes_on_behind_a_wrong_checksum)
{
    static uint8_t bios[0x20000];
    struct image rsdp;

    memset(bios, 0, sizeof(bios));
    build_rsdp(&rsdp, 0, RSDT_PA, 0);
    memcpy(bios + 0x100, rsdp.bytes, rsdp.size);
    bios[0x100 + 8]++;
    memcpy(bios + 0x208, rsdp.bytes, rsdp.size); /* not on a 16-byte boundary */
    memcpy(bios + 0x300, rsdp.bytes, rsdp.size);
    add_root(RSDT_PA, "RSDT", NULL, 0);
    EXPECT_EQ(0, scan(0xe0000, bios, sizeof(bios)));
    EXPECT_EQ(0xe0300, out.rsdp_pa);
    EXPECT_EQ(1, out.nr_diags);
    expect_diag(0, "RSDP", 8, "20 bytes add up to 0x01, expected 0");
    fake_reset();
}

/* A loader that hands over something wrong must not cost the tables. */
HTEST(acpi_tables, bad_copy_and_address_fall_back)
{
    struct image rsdp;

    build_rsdp(&rsdp, 0, RSDT_PA, 0);
    fake_add_image(RSDP_PA, &rsdp);
    add_root(RSDT_PA, "RSDT", NULL, 0);
    rsdp.bytes[0] = 'r';
    EXPECT_EQ(0, acpi_find_tables(fake_map, rsdp.bytes, 20, RSDP_PA, &out));
    EXPECT_EQ(RSDP_PA, out.rsdp_pa);
    expect_diag(0, "RSDP", 0, "signature is not \"RSD PTR \"");

    EXPECT_EQ(-ENOENT, acpi_find_tables(fake_map, rsdp.bytes, 19, 0xdead0000, &out));
    EXPECT_EQ(3, out.nr_diags);
    expect_diag(0, "RSDP", 0, "19 bytes, at least 20 expected");
    expect_diag(1, "RSDP", 0, "memory at 0xdead0000 is not readable");
    expect_diag(2, "RSDP", 0, "not found");
    fake_reset();
}

/* The 64-bit address of an RSDP that is half wrong would be followed to anywhere. */
HTEST(acpi_tables, rsdp_with_a_bad_second_part_leads_through_the_rsdt)
{
    static const struct {
        unsigned offset;
        uint8_t value;
        uint32_t told_offset;
        const char *reason;
    } cases[] = {
        {33, 1, 32, "36 bytes add up to 0x01, expected 0: XSDT unused"},
        {20, 35, 20, "length 35, 36 to 36 expected: XSDT unused"},
        {20, 37, 20, "length 37, 36 to 36 expected: XSDT unused"},
        {23, 0xff, 20, "length 4278190116, 36 to 36 expected: XSDT unused"},
    };

    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        for (unsigned by_address = 0; by_address < 2; by_address++) {
            struct image rsdp;

            build_rsdp(&rsdp, 2, RSDT_PA, ROOT_PA);
            rsdp.bytes[cases[i].offset] = cases[i].value;
            add_root(ROOT_PA, "XSDT", NULL, 0);
            add_root(RSDT_PA, "RSDT", NULL, 0);
            fake_add_image(RSDP_PA, &rsdp);
            EXPECT_EQ(0, acpi_find_tables(fake_map, rsdp.bytes, by_address ? 0 : 36,
                                          by_address ? RSDP_PA : 0, &out));
            EXPECT(!out.xsdt);
            EXPECT_EQ(1, out.nr_diags);
            expect_diag(0, "RSDP", cases[i].told_offset, cases[i].reason);
            fake_reset();
        }
    }
}

/* Multiboot2 has a tag for the first 20 bytes only; what is behind them is not the RSDP. */
HTEST(acpi_tables, copy_of_20_bytes_has_no_xsdt)
{
    struct image rsdp;

    build_rsdp(&rsdp, 2, RSDT_PA, ROOT_PA);
    uint8_t *copy = exact_copy(rsdp.bytes, 20);
    add_root(ROOT_PA, "XSDT", NULL, 0);
    add_root(RSDT_PA, "RSDT", NULL, 0);
    EXPECT_EQ(0, acpi_find_tables(fake_map, copy, 20, 0, &out));
    EXPECT(!out.xsdt);
    expect_diag(0, "RSDP", 20, "revision 2 has 36 bytes, only 20 are known: XSDT unused");
    free(copy);
    fake_reset();
}

/* A later edition's longer RSDP has its checksum over all of it. */
HTEST(acpi_tables, rsdp_longer_than_36_bytes_is_read_whole)
{
    struct image rsdp;

    build_rsdp(&rsdp, 3, RSDT_PA, ROOT_PA);
    image_set(&rsdp, 20, 40, 4);
    image_put(&rsdp, 0x01020304, 4);
    image_fix_checksum(rsdp.bytes, 40, 32);
    add_root(ROOT_PA, "XSDT", NULL, 0);
    fake_add_image(RSDP_PA, &rsdp);
    EXPECT_EQ(0, acpi_find_tables(fake_map, NULL, 0, RSDP_PA, &out));
    EXPECT(out.xsdt);
    EXPECT_EQ(0, out.nr_diags);
    fake_reset();
}

/* An RSDP at the end of readable memory would be read past it, or a cut copy past its end. */
HTEST(acpi_tables, every_truncation_of_the_rsdp_is_survived)
{
    for (size_t size = 0; size < 36; size++) {
        struct image rsdp;

        build_rsdp(&rsdp, 2, RSDT_PA, ROOT_PA);
        uint8_t *copy = exact_copy(rsdp.bytes, size);
        add_root(ROOT_PA, "XSDT", NULL, 0);
        add_root(RSDT_PA, "RSDT", NULL, 0);
        EXPECT_EQ(size < 20 ? -ENOENT : 0, acpi_find_tables(fake_map, copy, size, 0, &out));
        EXPECT(!out.xsdt);
        fake_add(RSDP_PA, copy, size);
        EXPECT_EQ(size < 20 ? -ENOENT : 0, acpi_find_tables(fake_map, NULL, 0, RSDP_PA, &out));
        EXPECT(!out.xsdt);
        free(copy);
        fake_reset();
    }
}

/* ---- the tables of a root ---- */

/* A table with a wrong checksum exists in the field; losing the SRAT for it would lose the nodes.
 */
HTEST(acpi_tables, wrong_checksum_is_told_and_the_table_kept)
{
    uint64_t addresses[] = {PA_OF(0)};
    struct image t;

    add_root(ROOT_PA, "XSDT", addresses, 1);
    image_begin(&t, "SRAT", 3);
    image_finish(&t);
    t.bytes[9] = (uint8_t)(t.bytes[9] + 0x1f);
    fake_add_image(PA_OF(0), &t);
    EXPECT_EQ(0, find());
    ASSERT_EQ(1, out.nr_tables);
    EXPECT(!out.tables[0].checksum_ok);
    EXPECT(out.tables[0].bytes != NULL);
    EXPECT(acpi_table_get(&out, "SRAT") == &out.tables[0]);
    EXPECT_EQ(1, out.nr_diags);
    expect_diag(0, "SRAT", 9, "all bytes add up to 0x1f, expected 0");
    fake_reset();
}

/* A table that lies about its length would be read past its end, or be walked without one. */
HTEST(acpi_tables, impossible_tables_are_rejected_and_listed)
{
    static const struct {
        uint32_t length;
        const char *signature, *told_signature, *reason;
        uint32_t offset;
        uint32_t listed_length;
    } cases[] = {
        {0, "SRAT", "SRAT", "length 0, 36 to 16777216 expected", 4, 0},
        {35, "SRAT", "SRAT", "length 35, 36 to 16777216 expected", 4, 35},
        {45, "SRAT", "SRAT", "45 bytes at 0x100000 are not readable", 4, 45},
        {0x1000001, "SRAT", "SRAT", "length 16777217, 36 to 16777216 expected", 4, 0x1000001},
        {0xffffffff, "SRAT", "SRAT", "length 4294967295, 36 to 16777216 expected", 4, 0xffffffff},
        {44, "SR\tT", "????", "signature bytes 53 52 09 54 at 0x100000 are not text", 0, 44},
        {44, "SRA\x80", "????", "signature bytes 53 52 41 80 at 0x100000 are not text", 0, 44},
    };
    uint64_t addresses[] = {PA_OF(0), PA_OF(1)};

    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        struct image t;

        add_root(ROOT_PA, "XSDT", addresses, 2);
        image_begin(&t, cases[i].signature, 1);
        image_put(&t, 0, 8);
        image_set(&t, 4, cases[i].length, 4);
        fake_add_image(PA_OF(0), &t);
        add_table(PA_OF(1), "SRAT");
        EXPECT_EQ(0, find());
        ASSERT_EQ(2, out.nr_tables);
        EXPECT_STR(cases[i].told_signature, out.tables[0].signature);
        EXPECT(out.tables[0].bytes == NULL);
        EXPECT_EQ(cases[i].listed_length, out.tables[0].length);
        EXPECT(acpi_table_get(&out, "SRAT") == &out.tables[1]);
        EXPECT_EQ(1, out.nr_diags);
        expect_diag(0, cases[i].told_signature, cases[i].offset, cases[i].reason);
        fake_reset();
    }
}

/* A table of 16 MiB is not impossible. */
HTEST(acpi_tables, longest_table_is_accepted)
{
    static uint8_t big[16 << 20];
    uint64_t addresses[] = {PA_OF(0)};

    memcpy(big, "SLIT\0\0\0\1", 8);
    add_root(ROOT_PA, "XSDT", addresses, 1);
    fake_add(PA_OF(0), big, sizeof(big));
    EXPECT_EQ(0, find());
    EXPECT_EQ(16 << 20, out.tables[0].length);
    EXPECT(out.tables[0].bytes != NULL);
    fake_reset();
}

/* An address of nowhere would be read. */
HTEST(acpi_tables, unreadable_addresses_are_told)
{
    uint64_t addresses[] = {0xdead0000, UINT64_MAX - 8};

    add_root(ROOT_PA, "XSDT", addresses, 2);
    EXPECT_EQ(0, find());
    EXPECT_EQ(2, out.nr_tables);
    EXPECT(out.tables[0].bytes == NULL);
    EXPECT(out.tables[1].bytes == NULL);
    EXPECT_EQ(2, out.nr_diags);
    expect_diag(0, "????", 0, "header at 0xdead0000 is not readable");
    expect_diag(1, "????", 0, "header at 0xfffffffffffffff7 is not readable");
    fake_reset();
}

/* A circle of root tables would be walked for ever, a NULL read. */
HTEST(acpi_tables, pointers_to_nothing_or_back_are_left_out)
{
    uint64_t addresses[] = {0, ROOT_PA, RSDT_PA, PA_OF(0), PA_OF(0)};

    add_root(ROOT_PA, "XSDT", addresses, 5);
    add_root(RSDT_PA, "RSDT", NULL, 0);
    add_table(PA_OF(0), "SRAT");
    EXPECT_EQ(0, find());
    ASSERT_EQ(2, out.nr_tables);
    EXPECT_STR("RSDT", out.tables[0].signature);
    EXPECT(out.tables[0].bytes == NULL);
    EXPECT_STR("SRAT", out.tables[1].signature);
    EXPECT_EQ(4, out.nr_diags);
    expect_diag(0, "XSDT", 36, "entry 0 is 0");
    expect_diag(1, "XSDT", 44, "entry 1 points at the XSDT itself");
    expect_diag(2, "XSDT", 52, "entry 2 points at a root table, RSDT at 0x20000");
    expect_diag(3, "XSDT", 68, "entry 4 repeats the address 0x100000");
    fake_reset();
}

/* Which of two SRATs counts must not be a matter of luck; several SSDTs are as it should be. */
HTEST(acpi_tables, first_of_a_repeated_table_counts)
{
    static const char *const signatures[] = {"SSDT", "SRAT", "SSDT", "SRAT", "OEM1", "OEM1"};
    uint64_t addresses[6];

    for (unsigned i = 0; i < 6; i++) {
        addresses[i] = PA_OF(i);
        add_table(addresses[i], signatures[i]);
    }
    add_root(ROOT_PA, "XSDT", addresses, 6);
    EXPECT_EQ(0, find());
    EXPECT_EQ(6, out.nr_tables);
    EXPECT(acpi_table_get(&out, "SRAT") == &out.tables[1]);
    EXPECT_EQ(1, out.nr_diags);
    expect_diag(0, "XSDT", 60, "entry 3 is one more SRAT, the first counts");
    fake_reset();
}

/* The list would be written past its end. */
HTEST(acpi_tables, more_tables_than_fit_are_told)
{
    uint64_t addresses[ACPI_MAX_TABLES + 2];

    for (unsigned i = 0; i < ARRAY_SIZE(addresses); i++) {
        addresses[i] = PA_OF(i);
        add_table(addresses[i], "SSDT");
    }
    add_root(ROOT_PA, "XSDT", addresses, ARRAY_SIZE(addresses));
    EXPECT_EQ(0, find());
    EXPECT_EQ(ACPI_MAX_TABLES, out.nr_tables);
    EXPECT_EQ(1, out.nr_diags);
    expect_diag(0, "XSDT", 36 + 8 * 64,
                "entry 64: there is room for 64 tables, the rest is left out");
    fake_reset();
}

/* A caller that loops to nr_diags would leave the array. */
HTEST(acpi_tables, complaints_past_the_capacity_are_counted)
{
    uint64_t addresses[20] = {0};

    add_root(ROOT_PA, "XSDT", addresses, 20);
    EXPECT_EQ(0, find());
    EXPECT_EQ(16, out.nr_diags);
    EXPECT_EQ(4, out.nr_diags_dropped);
    expect_diag(15, "XSDT", 36 + 8 * 15, "entry 15 is 0");
    fake_reset();
}

/* Half an address would be read, with what lies behind the root table as the other half. */
HTEST(acpi_tables, odd_bytes_at_the_end_of_a_root_are_told)
{
    struct image t;

    image_begin(&t, "XSDT", 1);
    image_put(&t, PA_OF(0), 8);
    image_put(&t, 1, 7);
    image_finish(&t);
    fake_add_image(ROOT_PA, &t);
    add_table(PA_OF(0), "SRAT");
    EXPECT_EQ(0, find());
    EXPECT_EQ(1, out.nr_tables);
    EXPECT_EQ(1, out.nr_diags);
    expect_diag(0, "XSDT", 44, "7 bytes are left, an entry has 8");
    fake_reset();
}

/* A table cut anywhere, at the end of readable memory. */
HTEST(acpi_tables, every_truncation_of_a_table_is_rejected)
{
    for (size_t size = 0; size < sizeof(qemu_slit); size++) {
        uint64_t addresses[] = {PA_OF(0)};

        add_root(ROOT_PA, "XSDT", addresses, 1);
        fake_add(PA_OF(0), qemu_slit, size);
        EXPECT_EQ(0, find());
        EXPECT_EQ(1, out.nr_tables);
        EXPECT(out.tables[0].bytes == NULL);
        EXPECT_EQ(1, out.nr_diags);
        EXPECT(acpi_table_get(&out, "SLIT") == NULL);
        fake_reset();
    }
}

/* The DSDT is named by the FADT alone, and checked like the others. */
HTEST(acpi_tables, single_table_is_mapped_and_checked)
{
    struct acpi_table table;
    struct acpi_diag diag;

    fake_add(PA_OF(0), qemu_slit, sizeof(qemu_slit));
    EXPECT_EQ(0, acpi_table_at(fake_map, PA_OF(0), &table, &diag));
    EXPECT_STR("", diag.reason);
    EXPECT_STR("SLIT", table.signature);
    EXPECT(table.checksum_ok);
    EXPECT_EQ(-EINVAL, acpi_table_at(fake_map, 0, &table, &diag));
    EXPECT_STR("header at 0x0 is not readable", diag.reason);
    EXPECT(table.bytes == NULL);
    fake_reset();
}
