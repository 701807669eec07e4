/*
 * tests/host/test_cksum.c - the sums that the host's cksum prints.
 */
#include "kernel/lib/cksum.h"
#include "tests/host/test.h"

static uint32_t sum(const char *text)
{
    return cksum_end(cksum_add(0, text, strlen(text)), strlen(text));
}

/* By `printf ... | cksum`; another polynomial, order or length would differ. */
HTEST(cksum, sums_are_those_of_posix_cksum)
{
    EXPECT_EQ(4294967295u, sum(""));
    EXPECT_EQ(1220704766u, sum("a"));
    EXPECT_EQ(930766865u, sum("123456789"));
}

HTEST(cksum, pieces_make_the_same_sum)
{
    static uint8_t bytes[1000];
    uint32_t crc = 0;
    size_t at = 0;

    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(i * 7);
    for (size_t len = 0; at < sizeof(bytes); at += len) {
        len = min(len + 13, sizeof(bytes) - at);
        crc = cksum_add(crc, bytes + at, len);
    }
    EXPECT_EQ(cksum_add(0, bytes, sizeof(bytes)), crc);
}
