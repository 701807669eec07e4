/*
 * tests/host/test_gfp.c - mm/gfp.c: flags as text.
 */
#include "kernel/lib/errno.h"
#include "kernel/lib/seqbuf.h"
#include "mm/gfp.h"
#include "tests/host/test.h"

static const char *print(gfp_t gfp)
{
    static char text[512];
    struct seqbuf s;

    seqbuf_init(&s, text, sizeof(text));
    gfp_print(&s, gfp);
    return seqbuf_str(&s);
}

HTEST(gfp, sets_are_named_before_single_flags)
{
    EXPECT_STR("GFP_KERNEL", print(GFP_KERNEL));
    EXPECT_STR("GFP_KERNEL|__GFP_ZERO", print(GFP_KERNEL | __GFP_ZERO));
    EXPECT_STR("GFP_ATOMIC|__GFP_NOWARN|__GFP_THISNODE",
               print(GFP_ATOMIC | __GFP_THISNODE | __GFP_NOWARN));
    EXPECT_STR("none", print(0));
    EXPECT_STR("__GFP_HIGH|0x80000000", print(__GFP_HIGH | 0x80000000u));
}

/* What the log shows can be asked for again. */
HTEST(gfp, what_was_printed_can_be_read)
{
    for (unsigned bit = 0; bit < 22; bit++) {
        gfp_t want = GFP_KERNEL ^ 1u << bit, got = 0;
        const char *text = print(want);

        if (strstr(text, "0x"))
            continue; /* a bit without a name */
        EXPECT_EQ(0, gfp_parse(text, &got));
        EXPECT_EQ(want, got);
    }
}

HTEST(gfp, an_unknown_name_is_refused)
{
    gfp_t gfp = 77;

    EXPECT_EQ(-EINVAL, gfp_parse("GFP_KERNE", &gfp));
    EXPECT_EQ(-EINVAL, gfp_parse("GFP_KERNEL|", &gfp));
    EXPECT_EQ(-EINVAL, gfp_parse("", &gfp));
    EXPECT_EQ(-EINVAL, gfp_parse("0x1ffffffff", &gfp));
    EXPECT_EQ(77, gfp);
    EXPECT_EQ(0, gfp_parse("0xcc0", &gfp));
    EXPECT_EQ(GFP_KERNEL, gfp);
}
