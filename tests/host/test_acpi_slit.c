/*
 * tests/host/test_acpi_slit.c - kernel/acpi/slit.c.
 */
#include "kernel/acpi/slit.h"
#include "kernel/lib/errno.h"
#include "tests/host/acpi_image.h"
#include "tests/host/acpi_samples.h"
#include "tests/host/test.h"

/* Parse a table of count @n with @nr_bytes bytes of matrix; @slit->distance is not valid after. */
static int parse_count(uint64_t n, size_t nr_bytes, struct slit *slit, struct acpi_diag *diag)
{
    struct image t;

    image_begin(&t, "SLIT", 1);
    image_put(&t, n, 8);
    for (size_t i = 0; i < nr_bytes; i++)
        image_put(&t, 10, 1);
    image_finish(&t);
    uint8_t *bytes = exact_copy(t.bytes, t.size);
    int rc = slit_parse(bytes, t.size, slit, diag);
    free(bytes);
    return rc;
}

static void expect_rejected(uint64_t n, size_t nr_bytes, uint32_t offset, const char *reason)
{
    struct slit slit;
    struct acpi_diag diag;

    EXPECT_EQ(-EINVAL, parse_count(n, nr_bytes, &slit, &diag));
    EXPECT_EQ(0, slit.nr_localities);
    EXPECT(slit.distance == NULL);
    EXPECT_STR("SLIT", diag.table);
    EXPECT_EQ(offset, diag.offset);
    EXPECT_STR(reason, diag.reason);
}

/* Every machine with distances would be flat. */
HTEST(acpi_slit, qemu_table_gives_its_matrix)
{
    struct slit slit;
    struct acpi_diag diag;

    ASSERT_EQ(0, slit_parse(qemu_slit, sizeof(qemu_slit), &slit, &diag));
    EXPECT_STR("", diag.reason);
    ASSERT_EQ(2, slit.nr_localities);
    EXPECT_EQ(10, slit.distance[0]);
    EXPECT_EQ(21, slit.distance[1]);
    EXPECT_EQ(21, slit.distance[2]);
    EXPECT_EQ(10, slit.distance[3]);
}

/* Distances would be read from whatever lies behind the table. */
HTEST(acpi_slit, every_truncation_is_rejected)
{
    for (size_t size = 0; size < sizeof(qemu_slit); size++) {
        uint8_t *bytes = exact_copy(qemu_slit, size);
        struct slit slit;
        struct acpi_diag diag;

        EXPECT_EQ(-EINVAL, slit_parse(bytes, size, &slit, &diag));
        EXPECT_EQ(size < 44 ? size : 36, diag.offset);
        EXPECT(diag.reason[0] != '\0');
        EXPECT(slit.distance == NULL);
        free(bytes);
    }
}

/* The log would not tell what is wrong with a table that has no matrix at all. */
HTEST(acpi_slit, short_table_is_told_with_its_size)
{
    struct slit slit;
    struct acpi_diag diag;

    EXPECT_EQ(-EINVAL, slit_parse(qemu_slit, 43, &slit, &diag));
    EXPECT_STR("table of 43 bytes, at least 44 expected", diag.reason);
}

/* A loop over 0 localities divides by their number or builds nothing. */
HTEST(acpi_slit, count_zero_is_rejected)
{
    expect_rejected(0, 4, 36, "0 localities, at least 1 expected");
}

/* Linux reads past the end of such a table; we must not. */
HTEST(acpi_slit, matrix_past_the_end_is_rejected)
{
    expect_rejected(3, 8, 36, "3 x 3 distances, only 8 bytes are left");
    expect_rejected(1, 0, 36, "1 x 1 distances, only 0 bytes are left");
}

/* 2^32 squared is 0 in 64 bits: a check by multiplication would let it pass. */
HTEST(acpi_slit, count_whose_square_overflows_is_rejected)
{
    expect_rejected(1ull << 32, 16, 36,
                    "4294967296 x 4294967296 distances, only 16 bytes are left");
    expect_rejected(UINT64_MAX, 1, 36,
                    "18446744073709551615 x 18446744073709551615 distances, only 1 bytes are left");
}

/* Firmware pads tables; the padding is no damage. */
HTEST(acpi_slit, bytes_behind_the_matrix_are_allowed)
{
    struct slit slit;
    struct acpi_diag diag;

    EXPECT_EQ(0, parse_count(2, 8, &slit, &diag));
    EXPECT_EQ(2, slit.nr_localities);
    EXPECT_EQ(0, parse_count(1, 1, &slit, &diag));
    EXPECT_EQ(1, slit.nr_localities);
}
