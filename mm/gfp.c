/*
 * mm/gfp.c - the flags of a request as text, and back.
 */
#include "mm/gfp.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/parse.h"
#include "kernel/lib/seqbuf.h"
#include "kernel/lib/string.h"

/* Sets of flags first, then single ones, as far as mm/gfp.h has them; Linux's names and order. */
static const struct {
    gfp_t bits;
    const char *name;
} names[] = {
    {GFP_USER, "GFP_USER"},
    {GFP_KERNEL, "GFP_KERNEL"},
    {GFP_NOFS, "GFP_NOFS"},
    {GFP_ATOMIC, "GFP_ATOMIC"},
    {GFP_NOIO, "GFP_NOIO"},
    {GFP_NOWAIT, "GFP_NOWAIT"},
    {GFP_DMA, "GFP_DMA"},
    {GFP_DMA32, "GFP_DMA32"},
    {__GFP_HIGH, "__GFP_HIGH"},
    {__GFP_ATOMIC, "__GFP_ATOMIC"},
    {__GFP_IO, "__GFP_IO"},
    {__GFP_FS, "__GFP_FS"},
    {__GFP_NOWARN, "__GFP_NOWARN"},
    {__GFP_RETRY_MAYFAIL, "__GFP_RETRY_MAYFAIL"},
    {__GFP_NOFAIL, "__GFP_NOFAIL"},
    {__GFP_NORETRY, "__GFP_NORETRY"},
    {__GFP_COMP, "__GFP_COMP"},
    {__GFP_ZERO, "__GFP_ZERO"},
    {__GFP_NOMEMALLOC, "__GFP_NOMEMALLOC"},
    {__GFP_MEMALLOC, "__GFP_MEMALLOC"},
    {__GFP_HARDWALL, "__GFP_HARDWALL"},
    {__GFP_THISNODE, "__GFP_THISNODE"},
    {__GFP_RECLAIMABLE, "__GFP_RECLAIMABLE"},
    {__GFP_MOVABLE, "__GFP_MOVABLE"},
    {__GFP_RECLAIM, "__GFP_RECLAIM"},
    {__GFP_DIRECT_RECLAIM, "__GFP_DIRECT_RECLAIM"},
    {__GFP_KSWAPD_RECLAIM, "__GFP_KSWAPD_RECLAIM"},
};

/* gfp_print - "GFP_KERNEL|__GFP_ZERO"; "none" for 0. Context: any. */
void gfp_print(struct seqbuf *s, gfp_t gfp)
{
    const char *between = "";

    if (gfp == 0)
        seq_puts(s, "none");
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        if ((gfp & names[i].bits) != names[i].bits)
            continue;
        gfp &= ~names[i].bits;
        seq_printf(s, "%s%s", between, names[i].name);
        between = "|";
    }
    if (gfp)
        seq_printf(s, "%s0x%x", between, gfp);
}

/* The flag or set named @text[0..len), 0 if there is none. */
static gfp_t find_name(const char *text, size_t len)
{
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (strlen(names[i].name) == len && memcmp(names[i].name, text, len) == 0)
            return names[i].bits;
    return 0;
}

/*
 * gfp_parse - what gfp_print() printed, or a number.
 *
 * @gfp  out; untouched on error.
 *
 * Returns 0, or -EINVAL if a name is unknown. Context: any.
 */
int gfp_parse(const char *text, gfp_t *gfp)
{
    uint64_t number;
    gfp_t bits = 0;

    if (parse_u64(text, 0, &number, NULL) == 0 && number <= UINT32_MAX) {
        *gfp = (gfp_t)number;
        return 0;
    }
    for (;;) {
        const char *end = strchr(text, '|');
        size_t len = end ? (size_t)(end - text) : strlen(text);
        gfp_t one = find_name(text, len);

        if (!one)
            return -EINVAL;
        bits |= one;
        if (!end)
            break;
        text = end + 1;
    }
    *gfp = bits;
    return 0;
}
