/*
 * tests/host/test_acpi_fadt.c - kernel/acpi/fadt.c.
 */
#include "kernel/acpi/fadt.h"
#include "kernel/lib/errno.h"
#include "tests/host/acpi_image.h"
#include "tests/host/acpi_samples.h"
#include "tests/host/test.h"

/* Offsets in the FADT, ACPI 6.4, 5.2.9, table "FADT Format". */
#define DSDT           40
#define PM1A_CNT_BLK   64
#define PM1B_CNT_BLK   68
#define PM_TMR_BLK     76
#define PM1_CNT_LEN    89
#define PM_TMR_LEN     91
#define FLAGS          112
#define X_DSDT         140
#define X_PM1A_CNT_BLK 172
#define X_PM1B_CNT_BLK 184
#define X_PM_TMR_BLK   208

static int parse(const uint8_t *from, size_t size, struct fadt *fadt, struct acpi_diag *diag)
{
    uint8_t *bytes = exact_copy(from, size);
    int rc;

    memset(fadt, 0xa5, sizeof(*fadt));
    rc = fadt_parse(bytes, size, fadt, diag);
    free(bytes);
    return rc;
}

/* A table of @size bytes with both kinds of PM1a, PM1b and timer ports. */
static void begin(struct image *t, size_t size)
{
    image_begin(t, "FACP", size > 116 ? 6 : 1);
    t->size = size;
    image_set(t, DSDT, 0x1000, 4);
    image_set(t, PM1A_CNT_BLK, 0x604, 4);
    image_set(t, PM1B_CNT_BLK, 0x704, 4);
    image_set(t, PM_TMR_BLK, 0x608, 4);
    image_set(t, PM1_CNT_LEN, 2, 1);
    image_set(t, PM_TMR_LEN, 4, 1);
}

/* A generic address: @space, @bits wide, at @address. */
static void set_gas(struct image *t, size_t offset, uint8_t space, uint8_t bits, uint64_t address)
{
    image_set(t, offset, space, 1);
    image_set(t, offset + 1, bits, 1);
    image_set(t, offset + 4, address, 8);
}

/* "poweroff" would not end QEMU. */
HTEST(acpi_fadt, qemu_table_gives_ports_and_dsdt)
{
    struct fadt fadt;
    struct acpi_diag diag;

    ASSERT_EQ(0, parse(qemu_fadt, sizeof(qemu_fadt), &fadt, &diag));
    EXPECT_STR("", diag.reason);
    EXPECT_EQ(3, fadt.revision);
    EXPECT_EQ(0x604, fadt.pm1a_port);
    EXPECT_EQ(0, fadt.pm1b_port);
    EXPECT_EQ(0x608, fadt.pm_timer_port);
    EXPECT(!fadt.pm_timer_32bit);
    EXPECT_EQ(0x7fe0040, fadt.dsdt_pa);
}

/* A machine with ACPI 1.0 tables could not be switched off, or bytes behind them would be read. */
HTEST(acpi_fadt, revision_1_has_ports_of_32_bits_only)
{
    struct image t;
    struct fadt fadt;
    struct acpi_diag diag;

    begin(&t, 116);
    image_set(&t, FLAGS, 1u << 8, 4);
    EXPECT_EQ(0, parse(t.bytes, t.size, &fadt, &diag));
    EXPECT_EQ(0x604, fadt.pm1a_port);
    EXPECT_EQ(0x704, fadt.pm1b_port);
    EXPECT_EQ(0x608, fadt.pm_timer_port);
    EXPECT(fadt.pm_timer_32bit);
    EXPECT_EQ(0x1000, fadt.dsdt_pa);
}

/* Newer firmware leaves the old fields at something that means nothing. */
HTEST(acpi_fadt, generic_addresses_are_preferred)
{
    struct image t;
    struct fadt fadt;
    struct acpi_diag diag;

    begin(&t, 276);
    image_set(&t, X_DSDT, 0x123456789000, 8);
    set_gas(&t, X_PM1A_CNT_BLK, 1, 16, 0xa04);
    set_gas(&t, X_PM1B_CNT_BLK, 1, 32, 0xffff);
    set_gas(&t, X_PM_TMR_BLK, 1, 32, 0xa08);
    EXPECT_EQ(0, parse(t.bytes, t.size, &fadt, &diag));
    EXPECT_EQ(0xa04, fadt.pm1a_port);
    EXPECT_EQ(0xffff, fadt.pm1b_port);
    EXPECT_EQ(0xa08, fadt.pm_timer_port);
    EXPECT_EQ(0x123456789000, fadt.dsdt_pa);
}

/* A write to a memory address taken for a port hits some other device. */
HTEST(acpi_fadt, generic_addresses_that_are_no_ports_are_passed_over)
{
    static const struct {
        uint8_t space, bits, bit_offset;
        uint64_t address;
    } bad[] = {
        {0, 16, 0, 0xa04},   {2, 16, 0, 0xa04}, {1, 8, 0, 0xa04},  {1, 0, 0, 0xa04},
        {1, 16, 0, 0x10a04}, {1, 16, 0, 0},     {1, 16, 1, 0xa04}, {1, 16, 0, 1ull << 32 | 0xa04},
    };

    for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
        struct image t;
        struct fadt fadt;
        struct acpi_diag diag;

        begin(&t, 276);
        set_gas(&t, X_PM1A_CNT_BLK, bad[i].space, bad[i].bits, bad[i].address);
        t.bytes[X_PM1A_CNT_BLK + 2] = bad[i].bit_offset;
        EXPECT_EQ(0, parse(t.bytes, t.size, &fadt, &diag));
        EXPECT_EQ(0x604, fadt.pm1a_port);
    }
}

/* The machine would be "switched off" by a write to port 0 and run on without a word. */
HTEST(acpi_fadt, missing_port_or_dsdt_is_told)
{
    struct image t;
    struct fadt fadt;
    struct acpi_diag diag;

    begin(&t, 116);
    image_set(&t, DSDT, 0, 4);
    EXPECT_EQ(0, parse(t.bytes, t.size, &fadt, &diag));
    EXPECT_EQ(0, fadt.dsdt_pa);
    EXPECT_STR("FACP", diag.table);
    EXPECT_EQ(DSDT, diag.offset);
    EXPECT_STR("no DSDT", diag.reason);

    image_set(&t, PM1A_CNT_BLK, 0x10000, 4);
    EXPECT_EQ(0, parse(t.bytes, t.size, &fadt, &diag));
    EXPECT_EQ(0, fadt.pm1a_port);
    EXPECT_EQ(PM1A_CNT_BLK, diag.offset);
    EXPECT_STR("no PM1a control port", diag.reason);

    image_set(&t, PM1A_CNT_BLK, 0x604, 4);
    image_set(&t, PM1_CNT_LEN, 1, 1);
    image_set(&t, PM_TMR_LEN, 0, 1);
    EXPECT_EQ(0, parse(t.bytes, t.size, &fadt, &diag));
    EXPECT_EQ(0, fadt.pm1a_port);
    EXPECT_EQ(0, fadt.pm1b_port);
    EXPECT_EQ(0, fadt.pm_timer_port);
}

/* A cut table would be read past its end. */
HTEST(acpi_fadt, every_truncation_is_read_as_far_as_it_goes)
{
    for (size_t size = 0; size < sizeof(qemu_fadt); size++) {
        struct fadt fadt;
        struct acpi_diag diag;
        int rc = parse(qemu_fadt, size, &fadt, &diag);

        EXPECT_EQ(size < 116 ? -EINVAL : 0, rc);
        EXPECT_EQ(size < 116 ? 0 : 0x604, fadt.pm1a_port);
        EXPECT_EQ(size < 116 ? 0 : 0x7fe0040, fadt.dsdt_pa);
        EXPECT_EQ(size < 116 ? size : 0, diag.offset);
    }
    struct fadt fadt;
    struct acpi_diag diag;

    parse(qemu_fadt, 115, &fadt, &diag);
    EXPECT_STR("table of 115 bytes, at least 116 expected", diag.reason);
}

/* ---- \_S5 ---- */

/* Look for \_S5 in a DSDT of the @size bytes @aml; the values are 0xa5 if nothing was written. */
static bool find(const void *aml, size_t size, uint8_t *a, uint8_t *b)
{
    /* What the maker wrote into the header is not a program. */
    static const uint8_t in_header[] = {0x08, '_', 'S', '5', '_', 0x12, 0x04, 2, 1, 1};
    uint8_t *bytes = malloc(36 + size);
    bool found;

    *a = *b = 0xa5;
    memset(bytes, 0x08, 36);
    memcpy(bytes + 10, in_header, sizeof(in_header));
    memcpy(bytes + 36, aml, size);
    found = dsdt_find_s5(bytes, 36 + size, a, b);
    free(bytes);
    return found;
}

static void expect_s5(const void *aml, size_t size, uint8_t want_a, uint8_t want_b)
{
    uint8_t a, b;

    EXPECT(find(aml, size, &a, &b));
    EXPECT_EQ(want_a, a);
    EXPECT_EQ(want_b, b);
}

static void expect_no_s5(const void *aml, size_t size)
{
    uint8_t a, b;

    EXPECT(!find(aml, size, &a, &b));
    EXPECT_EQ(0xa5, a);
    EXPECT_EQ(0xa5, b);
}

#define EXPECT_S5(a, b, ...)                                                                       \
    do {                                                                                           \
        static const uint8_t _aml[] = {__VA_ARGS__};                                               \
        expect_s5(_aml, sizeof(_aml), a, b);                                                       \
    } while (0)
#define EXPECT_NO_S5(...)                                                                          \
    do {                                                                                           \
        static const uint8_t _aml[] = {__VA_ARGS__};                                               \
        expect_no_s5(_aml, sizeof(_aml));                                                          \
    } while (0)

#define NAME_S5 0x08, '_', 'S', '5', '_'

/* "poweroff" would not end QEMU; or a cut DSDT would be read past its end. */
HTEST(acpi_s5, qemu_dsdt_gives_0_and_0_if_it_is_whole)
{
    size_t end_of_package = sizeof(qemu_dsdt) - 24;

    for (size_t size = 0; size <= sizeof(qemu_dsdt); size++) {
        uint8_t *bytes = exact_copy(qemu_dsdt, size);
        uint8_t a = 0xa5, b = 0xa5;

        EXPECT_EQ(size >= end_of_package, dsdt_find_s5(bytes, size, &a, &b));
        EXPECT_EQ(size >= end_of_package ? 0 : 0xa5, a);
        EXPECT_EQ(size >= end_of_package ? 0 : 0xa5, b);
        free(bytes);
    }
}

/* Chipsets differ in how they write the numbers; each must switch off. */
HTEST(acpi_s5, every_encoding_of_a_constant_is_read)
{
    EXPECT_S5(7, 5, NAME_S5, 0x12, 0x06, 2, 0x0a, 7, 0x0a, 5);
    EXPECT_S5(1, 0, NAME_S5, 0x12, 0x04, 2, 0x01, 0x00);
    EXPECT_S5(5, 6, NAME_S5, 0x12, 0x0a, 2, 0x0b, 5, 0, 0x0c, 6, 0, 0, 0);
    EXPECT_S5(3, 4, NAME_S5, 0x12, 0x0d, 2, 0x0e, 3, 0, 0, 0, 0, 0, 0, 0, 0x0a, 4);
    EXPECT_S5(7, 0, 0x08, '\\', '_', 'S', '5', '_', 0x12, 0x05, 4, 0x0a, 7, 0x00);
    EXPECT_S5(5, 3, NAME_S5, 0x12, 0x05, 1, 0x0b, 5, 3);
}

/* Compilers may write a length in more bytes than it needs. */
HTEST(acpi_s5, every_encoding_of_a_package_length_is_read)
{
    EXPECT_S5(7, 1, NAME_S5, 0x12, 0x46, 0x00, 2, 0x0a, 7, 0x01);
    EXPECT_S5(7, 1, NAME_S5, 0x12, 0x87, 0x00, 0x00, 2, 0x0a, 7, 0x01);
    EXPECT_S5(7, 1, NAME_S5, 0x12, 0xc8, 0x00, 0x00, 0x00, 2, 0x0a, 7, 0x01);
}

/* A use of the name, or its letters in a string, is not its definition. */
HTEST(acpi_s5, only_a_definition_counts)
{
    EXPECT_NO_S5('_', 'S', '5', '_', 0x12, 0x04, 2, 0x01, 0x00);
    EXPECT_NO_S5(0x70, '_', 'S', '5', '_', 0x12, 0x04, 2, 0x01, 0x00);
    EXPECT_NO_S5('\\', '_', 'S', '5', '_', 0x12, 0x04, 2, 0x01, 0x00);
    EXPECT_S5(1, 0, NAME_S5, 0x11, 0x04, '_', 'S', '5', '_', 0, NAME_S5, 0x12, 0x04, 2, 1, 0);
}

/* A wrong number written to SLP_TYP would send the machine to sleep, or do nothing. */
HTEST(acpi_s5, what_is_not_two_small_constants_is_refused)
{
    EXPECT_NO_S5(NAME_S5, 0x12, 0x06, 2, 0x0a, 8, 0x0a, 0);
    EXPECT_NO_S5(NAME_S5, 0x12, 0x06, 2, 0x0a, 0, 0x0a, 8);
    EXPECT_NO_S5(NAME_S5, 0x12, 0x06, 2, 0x0b, 0, 1, 0x00);
    EXPECT_NO_S5(NAME_S5, 0x12, 0x04, 2, 0xff, 0x00);
    EXPECT_NO_S5(NAME_S5, 0x12, 0x07, 2, 'A', 'B', 'C', 'D', 0x00);
    EXPECT_NO_S5(NAME_S5, 0x12, 0x02, 0);
    EXPECT_NO_S5(NAME_S5, 0x0a, 0x05);
}

/* The numbers would be read behind the package, or behind the table. */
HTEST(acpi_s5, package_bounds_are_kept)
{
    EXPECT_NO_S5(NAME_S5, 0x12, 0x03, 2, 0x01, 0x00);
    EXPECT_NO_S5(NAME_S5, 0x12, 0x04, 2, 0x01, 0x0a, 0x00);
    EXPECT_NO_S5(NAME_S5, 0x12, 0x05, 2, 0x01, 0x00);
    EXPECT_NO_S5(NAME_S5, 0x12, 0x00, 2, 0x01, 0x00);
    EXPECT_NO_S5(NAME_S5, 0x12, 0x41, 0x00, 2, 0x01, 0x00);
    EXPECT_NO_S5(NAME_S5, 0x12, 0xcf, 0xff, 0xff, 0xff, 2, 0x01, 0x00);
    EXPECT_NO_S5(NAME_S5, 0x12, 0xc0, 0x00);
    EXPECT_NO_S5(NAME_S5, 0x12);
    EXPECT_NO_S5(NAME_S5);
}
