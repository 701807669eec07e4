/*
 * tests/kernel/test_memmap.c - the map of the memory.
 */
#include "kernel/exec.h"
#include "kernel/ktest.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"
#include "tests/kernel/mm_helpers.h"

#define FREE_LETTERS "0123456789A"

static char picture[32 * 1024]; /* 128 nodes have room in short */
static struct hoard hoard;

/* What the command draws, and its result. */
static const char *draw(const char *arg, int *rc)
{
    static char name[] = "memmap", word[32];
    char *argv[] = {name, word, NULL};
    struct seqbuf s;

    strlcpy(word, arg, sizeof(word));
    seqbuf_init(&s, picture, sizeof(picture));
    *rc = command_find(name)->run(2, argv, &s);
    return seqbuf_str(&s);
}

/* The map of one node. */
static const char *draw_node(int nid)
{
    char list[16];
    struct seqbuf s;
    int rc;

    seqbuf_init(&s, list, sizeof(list));
    seq_printf(&s, "%d", nid);
    draw(seqbuf_str(&s), &rc);
    KEXPECT_EQ(0, rc);
    return picture;
}

/* How many cells of the strips, which follow the address, have one of these letters. */
static int count_cells(const char *map, const char *letters)
{
    int nr = 0;

    for (const char *line = map; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, "0x", 2) != 0)
            continue;
        for (const char *p = strchr(line, ' ') + 1; *p != '\n'; p++)
            nr += strchr(letters, *p) != NULL;
    }
    return nr;
}

/* Escapes in a file or in a script's output are garbage to whoever reads it. */
KTEST(memmap, output_that_is_no_terminals_has_no_escapes)
{
    int rc;

    KEXPECT(!strchr(draw_node(nodemask_first(&node_states[N_ONLINE])), '\033'));
    draw("-f", &rc);
    KEXPECT_EQ(-EINVAL, rc);
    KEXPECT(!strchr(picture, '\033'));
}

/* A node that is drawn as free while it is full, or the other way round, is worse than no map. */
KTEST(memmap, strip_shows_what_is_free_and_what_is_allocated)
{
    KSKIP_IF(hoarding_is_slow(), "a debug build would fill more than 2 GiB");
    for (int nid = next_node_with_free(-1); nid < MAX_NUMNODES; nid = next_node_with_free(nid)) {
        int nr_free = count_cells(draw_node(nid), FREE_LETTERS);
        int nr_used = count_cells(picture, "#"); /* the machine's own: stacks, rings */

        KEXPECT(nr_free > 0);
        hoard_init(&hoard);
        hoard_node(&hoard, nid, GFP_KERNEL);
        KEXPECT_EQ(0, count_cells(draw_node(nid), FREE_LETTERS));
        /* Or more: a cell shows what most of its pages are, and some were reserved for the most part. */
        KEXPECT(count_cells(picture, "#") >= nr_free + nr_used);
        hoard_release(&hoard);
    }
}

/* Who mistypes is told what would be right. */
KTEST(memmap, arguments_that_mean_nothing_are_refused_with_a_reason)
{
    int rc;

    KEXPECT(strstr(draw("-x", &rc), "0-3,6") != NULL);
    KEXPECT_EQ(-EINVAL, rc);
    KEXPECT(strstr(draw("127", &rc), "online are nodes") != NULL || node_online(127));
    draw("999999999999", &rc);
    KEXPECT_EQ(-EINVAL, rc);
    draw("", &rc);
    KEXPECT_EQ(-EINVAL, rc);
}
