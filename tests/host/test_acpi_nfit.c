/*
 * tests/host/test_acpi_nfit.c - kernel/acpi/nfit.c.
 */
#include "kernel/acpi/nfit.h"
#include "kernel/lib/errno.h"
#include "tests/host/acpi_image.h"
#include "tests/host/test.h"

static struct image t;
static struct nfit nfit;
static struct acpi_diag diag;

static const uint8_t persistent[16] = {0x79, 0xd3, 0xf0, 0x66, 0xf3, 0xb4, 0x74, 0x40,
                                       0xac, 0x43, 0x0d, 0x33, 0x18, 0xb7, 0x8c, 0xdb};
static const uint8_t ram_disk[16] = {0x5a, 0x53, 0xab, 0x77, 0x45, 0x67, 0x4d, 0x46,
                                     0x91, 0x4f, 0x40, 0x5d, 0x5f, 0x8d, 0x1d, 0x00};

static void begin(void)
{
    image_begin(&t, "NFIT", 1);
    image_put(&t, 0, 4);
}

/* A range of @length bytes, 56 up to ACPI 6.3 and 64 since. */
static void put_range(unsigned length, unsigned flags, uint32_t pxm, const uint8_t *guid,
                      uint64_t base, uint64_t size)
{
    image_put(&t, 0, 2);
    image_put(&t, length, 2);
    image_put(&t, 7, 2);
    image_put(&t, flags, 2);
    image_put(&t, 0, 4);
    image_put(&t, pxm, 4);
    for (unsigned i = 0; i < 16; i++)
        image_put(&t, guid[i], 1);
    image_put(&t, base, 8);
    image_put(&t, size, 8);
    image_put(&t, 0x8008, 8);
    for (unsigned i = 56; i < length; i++)
        image_put(&t, 0, 1);
}

static int parse(void)
{
    image_finish(&t);
    uint8_t *bytes = exact_copy(t.bytes, t.size);
    int rc = nfit_parse(bytes, t.size, &nfit, &diag);

    free(bytes);
    return rc;
}

static void expect_rejected(uint32_t offset, const char *reason)
{
    EXPECT_EQ(-EINVAL, parse());
    EXPECT_STR("NFIT", diag.table);
    EXPECT_EQ(offset, diag.offset);
    EXPECT_STR(reason, diag.reason);
}

/* Data would be looked for where it isn't. */
HTEST(acpi_nfit, persistent_ranges_are_found)
{
    begin();
    put_range(56, 2, 0x12345678, persistent, 0x100000000, 0x10000000);
    put_range(64, 1, 9, persistent, 0x200000000, 0x4000);
    ASSERT_EQ(0, parse());
    EXPECT_STR("", diag.reason);
    ASSERT_EQ(2, nfit.nr_ranges);
    EXPECT_EQ(40, nfit.ranges[0].offset);
    EXPECT_EQ(7, nfit.ranges[0].index);
    EXPECT(nfit.ranges[0].pxm_valid);
    EXPECT_EQ(0x12345678, nfit.ranges[0].pxm);
    EXPECT_EQ(0x100000000, nfit.ranges[0].base);
    EXPECT_EQ(0x10000000, nfit.ranges[0].size);
    EXPECT_EQ(96, nfit.ranges[1].offset);
    EXPECT(!nfit.ranges[1].pxm_valid);
}

/* Registers of a controller are no memory to write files into. */
HTEST(acpi_nfit, other_ranges_and_structures_are_counted_and_skipped)
{
    begin();
    put_range(56, 2, 0, ram_disk, 0x1000, 0x1000);
    image_put(&t, 1, 2); /* a region mapping, say */
    image_put(&t, 48, 2);
    for (unsigned i = 4; i < 48; i++)
        image_put(&t, 0xff, 1);
    image_put(&t, 0xffff, 2); /* a type to come, without anything in it */
    image_put(&t, 4, 2);
    put_range(56, 2, 1, persistent, 0x100000000, 0x1000);
    ASSERT_EQ(0, parse());
    EXPECT_EQ(4, nfit.nr_structures);
    EXPECT_EQ(1, nfit.nr_others);
    EXPECT_EQ(1, nfit.nr_ranges);
}

HTEST(acpi_nfit, empty_table_has_nothing)
{
    begin();
    EXPECT_EQ(0, parse());
    EXPECT_EQ(0, nfit.nr_structures);
}

HTEST(acpi_nfit, damage_is_named)
{
    begin();
    image_put(&t, 0, 3);
    expect_rejected(40, "3 bytes are left, a structure has at least 4");
    begin();
    image_put(&t, 5, 2);
    image_put(&t, 0, 2);
    expect_rejected(40, "structure of 0 bytes, at least 4 expected");
    begin();
    image_put(&t, 5, 2);
    image_put(&t, 5, 2);
    expect_rejected(40, "structure of 5 bytes, only 4 are left");
    begin();
    image_put(&t, 0, 2);
    image_put(&t, 55, 2);
    for (unsigned i = 4; i < 55; i++)
        image_put(&t, 0, 1);
    expect_rejected(40, "structure of 55 bytes, at least 56 expected");
}

/* What comes before the damage is as good as before. */
HTEST(acpi_nfit, ranges_before_the_damage_are_kept)
{
    begin();
    put_range(56, 2, 1, persistent, 0x100000000, 0x1000);
    put_range(200, 2, 1, persistent, 0x200000000, 0x1000);
    t.size -= 100;
    EXPECT_EQ(-EINVAL, parse());
    EXPECT_EQ(96, diag.offset);
    EXPECT_EQ(1, nfit.nr_ranges);
}

HTEST(acpi_nfit, too_many_ranges_are_said_so)
{
    begin();
    for (unsigned i = 0; i <= NFIT_MAX_RANGES; i++)
        put_range(56, 0, 0, persistent, i * 0x1000, 0x1000);
    EXPECT_EQ(-ENOSPC, parse());
    EXPECT_STR("more than 64 ranges of persistent memory", diag.reason);
    EXPECT_EQ(NFIT_MAX_RANGES, nfit.nr_ranges);
}

/* Bytes behind the table would be read. */
HTEST(acpi_nfit, every_truncation_is_rejected_or_ends_between_structures)
{
    begin();
    put_range(56, 2, 0, persistent, 0x100000000, 0x1000);
    put_range(64, 2, 0, persistent, 0x200000000, 0x1000);
    for (size_t size = 0; size < t.size; size++) {
        uint8_t *bytes = exact_copy(t.bytes, size);
        int rc = nfit_parse(bytes, size, &nfit, &diag);

        EXPECT_EQ(size == 40 || size == 96 ? 0 : -EINVAL, rc);
        EXPECT_EQ(rc == 0, diag.reason[0] == '\0');
        free(bytes);
    }
}
