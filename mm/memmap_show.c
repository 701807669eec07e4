/*
 * mm/memmap_show.c - the monitor's `memmap`: the machine's memory as a map on the terminal.
 *
 * THEORY
 *
 * A node is a strip of lines, a line is 64 cells, a cell is a character for a block of pages and
 * says what most of them are. All cells of a node have one size, a power of two such that the
 * node's RAM fills four lines at most; lines without a page of the node are left out, so a hole of
 * a terabyte costs nothing. With many nodes the strips get shorter, and at last stand side by side.
 *
 *     node 1  256 MiB, 251 MiB free, a character is 1 MiB
 *     0x0010000000 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA
 *     ...
 *     0x001c000000 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA73DDDDrr
 *
 * The walk goes from run to run: a free or allocated block is one run, whatever its order, other
 * pages are runs of one. So a free machine is drawn in few steps. It reads the descriptors without
 * a lock; what changes under its eyes is drawn as it was or as it will be.
 *
 * UNITS  Page frame numbers; addresses in bytes where they are printed.
 */
#include "kernel/command.h"
#include "kernel/console.h"
#include "kernel/lib/bitmap.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"
#include "kernel/sections.h"
#include "mm/node.h"
#include "mm/vmemmap.h"
#include <arch/clock.h>
#include <arch/cpu.h>

#define CELLS            64 /* characters of a line */
#define LINES_PER_NODE   4  /* at most, but for holes */
#define SCREEN_LINES     20 /* what strips may take together, so that a small terminal shows all */
#define STRIPS_ABREAST   4  /* when there are more nodes than lines */
#define FRAME_NS         250000000UL

#define ANSI_HOME        "\033[H"
#define ANSI_CLEAR       "\033[2J"
#define ANSI_CLEAR_LINE  "\033[K"
#define ANSI_CLEAR_BELOW "\033[J"
#define ANSI_HIDE_CURSOR "\033[?25l"
#define ANSI_SHOW_CURSOR "\033[?25h"
#define ANSI_PLAIN       "\033[0m"

/* What a page can be. Free blocks of order n are WHAT_FREE + n. */
enum what {
    WHAT_HOLE,
    WHAT_OTHER,
    WHAT_RESERVED,
    WHAT_KERNEL,
    WHAT_DESCRIPTOR,
    WHAT_ALLOCATED,
    WHAT_FREE,
    NR_WHATS = WHAT_FREE + MAX_ORDER
};

/* Free blocks are brighter the larger they are. */
static const struct {
    char letter;
    const char *colour;
} looks[NR_WHATS] = {
    [WHAT_HOLE] = {'.', "\033[0;90m"},       [WHAT_OTHER] = {'o', "\033[0;36m"},
    [WHAT_RESERVED] = {'r', "\033[0;33m"},   [WHAT_KERNEL] = {'K', "\033[0;95m"},
    [WHAT_DESCRIPTOR] = {'D', "\033[0;94m"}, [WHAT_ALLOCATED] = {'#', "\033[0;91m"},
    [WHAT_FREE + 0] = {'0', "\033[0;37m"},   [WHAT_FREE + 1] = {'1', "\033[0;37m"},
    [WHAT_FREE + 2] = {'2', "\033[0;37m"},   [WHAT_FREE + 3] = {'3', "\033[0;37m"},
    [WHAT_FREE + 4] = {'4', "\033[0;32m"},   [WHAT_FREE + 5] = {'5', "\033[0;32m"},
    [WHAT_FREE + 6] = {'6', "\033[0;32m"},   [WHAT_FREE + 7] = {'7', "\033[0;32m"},
    [WHAT_FREE + 8] = {'8', "\033[0;92m"},   [WHAT_FREE + 9] = {'9', "\033[0;92m"},
    [WHAT_FREE + 10] = {'A', "\033[0;92m"},
};
_Static_assert(MAX_ORDER == 11, "a character for each order of free blocks");

/* How the map is drawn. */
struct style {
    bool colour;
    bool live;
    nodemask_t nodes;
    unsigned lines;   /* of a strip, at most */
    unsigned cells;   /* of a line */
    unsigned abreast; /* strips in a line */
};

/* A walk over the pages of one node. */
struct walk {
    int nid;
    unsigned long pfn;   /* the next page */
    unsigned long end;   /* of the node */
    enum what what;      /* of the run that the next page is in, */
    unsigned long until; /* which ends here */
};

/* ---- what a page is ------------------------------------------------------------------------------ */

static bool in_kernel_image(unsigned long pfn)
{
    paddr_t pa = (paddr_t)pfn << PAGE_SHIFT;

    return pa >= virt_to_phys(__kernel_start) && pa < virt_to_phys(__kernel_end);
}

static enum what what_is_reserved(unsigned long pfn, unsigned long flags)
{
    if (flags & PAGE_HOLE)
        return WHAT_HOLE;
    if (flags & PAGE_DESCRIPTOR)
        return WHAT_DESCRIPTOR;
    return in_kernel_image(pfn) ? WHAT_KERNEL : WHAT_RESERVED;
}

/* What the page at w->pfn is, and how far it goes. w->pfn is the first page of whatever it is. */
static void find_run(struct walk *w)
{
    unsigned long flags, size = 1;

    if (!pfn_valid(w->pfn)) {
        w->what = WHAT_HOLE;
        w->until = ALIGN_DOWN(w->pfn, MAX_ORDER_PAGES) + MAX_ORDER_PAGES;
        return;
    }
    flags = READ_ONCE(pfn_to_page(w->pfn)->flags);
    if (flags & (PAGE_FREE | PAGE_ALLOCATED | PAGE_PCP))
        size = 1UL << (flags & PAGE_ORDER_MASK);
    w->until = w->pfn + size;
    if (flags & PAGE_RESERVED)
        w->what = what_is_reserved(w->pfn, flags);
    else if (flags & PAGE_FREE)
        w->what = WHAT_FREE + (flags & PAGE_ORDER_MASK);
    else
        w->what = WHAT_ALLOCATED;
    if (w->what != WHAT_HOLE && (int)(flags >> PAGE_NODE_SHIFT) != w->nid)
        w->what = WHAT_OTHER;
}

/* The largest kind of free blocks stands for all free pages, the most frequent of the rest wins. */
static enum what most(const unsigned long *nr)
{
    unsigned long nr_free = 0;
    enum what best = WHAT_HOLE, largest = WHAT_FREE;

    for (enum what i = WHAT_OTHER; i < WHAT_FREE; i++)
        if (nr[i] > nr[best])
            best = i;
    for (enum what i = WHAT_FREE; i < NR_WHATS; i++) {
        nr_free += nr[i];
        if (nr[i])
            largest = i;
    }
    return nr_free > nr[best] ? largest : best;
}

/* The next @cell_pages pages as one cell. *@own: is any of them the node's? */
static enum what next_cell(struct walk *w, unsigned long cell_pages, bool *own)
{
    unsigned long nr[NR_WHATS] = {0}, end = w->pfn + cell_pages;

    while (w->pfn < min(end, w->end)) {
        unsigned long step;

        if (w->pfn >= w->until)
            find_run(w);
        step = min(w->until, end) - w->pfn;
        nr[w->what] += step;
        *own |= w->what > WHAT_OTHER;
        w->pfn += step;
    }
    w->pfn = end;
    return most(nr);
}

/* ---- drawing ------------------------------------------------------------------------------------- */

static void draw_cells(struct seqbuf *s, const struct style *st, const enum what *cells)
{
    const char *colour = NULL;

    for (unsigned i = 0; i < st->cells; i++) {
        if (st->colour && looks[cells[i]].colour != colour) {
            colour = looks[cells[i]].colour;
            seq_puts(s, colour);
        }
        seq_putc(s, looks[cells[i]].letter);
    }
    if (st->colour)
        seq_puts(s, ANSI_PLAIN);
}

/* What stood to the right of a shorter line of the last picture goes. */
static void end_line(struct seqbuf *s, const struct style *st)
{
    if (st->live)
        seq_puts(s, ANSI_CLEAR_LINE);
    seq_putc(s, '\n');
}

/* So many pages that the node's RAM fits the lines. */
static unsigned long cell_size(const struct style *st, const pg_data_t *pgdat)
{
    unsigned long pages = 1;

    while (pages * st->cells * st->lines < pgdat->node_present_pages)
        pages *= 2;
    return pages;
}

/* Start where a line does, which is never inside of a block. */
static void start_walk(struct walk *w, const pg_data_t *pgdat, unsigned long line_pages)
{
    unsigned long start = ALIGN_DOWN(pgdat->node_start_pfn, max(line_pages, MAX_ORDER_PAGES));

    *w = (struct walk){.nid = pgdat->node_id,
                       .pfn = start,
                       .until = start,
                       .end = pgdat->node_start_pfn + pgdat->node_spanned_pages};
}

/* The next line that has a page of the node. False if there is none. */
static bool next_line(struct walk *w, const struct style *st, unsigned long cell_pages,
                      enum what *cells, unsigned long *pfn)
{
    bool own = false;

    while (w->pfn < w->end && !own) {
        *pfn = w->pfn;
        for (unsigned i = 0; i < st->cells; i++)
            cells[i] = next_cell(w, cell_pages, &own);
    }
    return own;
}

static void print_size(struct seqbuf *s, unsigned long pages)
{
    unsigned long kib = pages << (PAGE_SHIFT - 10);

    if (kib >= 1024)
        seq_printf(s, "%lu MiB", kib / 1024);
    else
        seq_printf(s, "%lu KiB", kib);
}

static void draw_head(struct seqbuf *s, const struct style *st, const pg_data_t *pgdat)
{
    seq_printf(s, "node %d  ", pgdat->node_id);
    if (!pgdat->node_present_pages) {
        seq_puts(s, "no memory");
        end_line(s, st);
        return;
    }
    print_size(s, pgdat->node_present_pages);
    seq_puts(s, ", ");
    print_size(s, node_free_pages(pgdat->node_id));
    seq_puts(s, " free, a character is ");
    print_size(s, cell_size(st, pgdat));
    end_line(s, st);
}

/* A node with a line for itself and its strip below. */
static void draw_node(struct seqbuf *s, const struct style *st, const pg_data_t *pgdat)
{
    unsigned long cell_pages = cell_size(st, pgdat), pfn;
    enum what cells[CELLS];
    struct walk w;

    draw_head(s, st, pgdat);
    start_walk(&w, pgdat, cell_pages * st->cells);
    while (next_line(&w, st, cell_pages, cells, &pfn)) {
        seq_printf(s, "0x%010llx ", (unsigned long long)pfn << PAGE_SHIFT);
        draw_cells(s, st, cells);
        end_line(s, st);
    }
}

/* The one line that a short strip is. False if the node's pages need more than that. */
static bool fits_one_line(const struct style *st, const pg_data_t *pgdat, unsigned long cell_pages,
                          enum what *cells)
{
    enum what rest[CELLS];
    unsigned long pfn;
    struct walk w;

    start_walk(&w, pgdat, cell_pages * st->cells);
    next_line(&w, st, cell_pages, cells, &pfn);
    return !next_line(&w, st, cell_pages, rest, &pfn);
}

/* A node as a short strip among others; its cells grow until holes and all fit. */
static void draw_short(struct seqbuf *s, const struct style *st, const pg_data_t *pgdat)
{
    unsigned long cell_pages = cell_size(st, pgdat);
    enum what cells[CELLS] = {WHAT_HOLE};

    while (!fits_one_line(st, pgdat, cell_pages, cells))
        cell_pages *= 2;
    seq_printf(s, "%3d ", pgdat->node_id);
    draw_cells(s, st, cells);
}

/* A cell's letter in its colour, then what it means. */
static void draw_look(struct seqbuf *s, const struct style *st, enum what what, const char *text)
{
    if (st->colour)
        seq_puts(s, looks[what].colour);
    seq_putc(s, looks[what].letter);
    if (st->colour)
        seq_puts(s, ANSI_PLAIN);
    seq_puts(s, text);
}

static void draw_legend(struct seqbuf *s, const struct style *st)
{
    draw_look(s, st, WHAT_FREE, " to ");
    draw_look(s, st, WHAT_FREE + MAX_ORDER - 1, " free, by order (A is 10)  ");
    draw_look(s, st, WHAT_ALLOCATED, " allocated  ");
    draw_look(s, st, WHAT_DESCRIPTOR, " page descriptors");
    end_line(s, st);
    draw_look(s, st, WHAT_KERNEL, " kernel  ");
    draw_look(s, st, WHAT_RESERVED, " reserved  ");
    draw_look(s, st, WHAT_OTHER, " another node's  ");
    draw_look(s, st, WHAT_HOLE, " no memory");
    end_line(s, st);
}

static void draw_map(struct seqbuf *s, const struct style *st)
{
    unsigned nr = 0;
    int nid;

    for_each_node_mask (nid, &st->nodes) {
        if (st->abreast == 1) {
            draw_node(s, st, NODE_DATA(nid));
            continue;
        }
        draw_short(s, st, NODE_DATA(nid));
        if (++nr % st->abreast == 0)
            end_line(s, st);
        else
            seq_putc(s, ' ');
    }
    if (nr % st->abreast)
        end_line(s, st);
    draw_legend(s, st);
}

/* ---- the command --------------------------------------------------------------------------------- */

/* A picture that is left alone may be long; one that is drawn over must fit the screen. */
static void choose_shape(struct style *st)
{
    unsigned nr = (unsigned)nodemask_weight(&st->nodes);

    st->abreast = 1;
    st->cells = CELLS;
    st->lines = LINES_PER_NODE;
    if (!st->live)
        return;
    st->lines = clamp(SCREEN_LINES / nr - 1, 1u, (unsigned)LINES_PER_NODE);
    if (nr * 2 <= SCREEN_LINES)
        return;
    st->lines = 1;
    st->abreast = STRIPS_ABREAST;
    st->cells = CELLS / STRIPS_ABREAST;
}

/* Draw over the old picture a few times a second until somebody presses a key. */
static void draw_live(struct seqbuf *s, const struct style *st)
{
    seq_puts(s, ANSI_HIDE_CURSOR ANSI_CLEAR);
    for (;;) {
        uint64_t next = clock_ns() + FRAME_NS;

        seq_puts(s, ANSI_HOME);
        draw_map(s, st);
        seq_puts(s, "Any key ends this." ANSI_CLEAR_BELOW);
        seqbuf_flush(s);
        while (clock_ns() < next) {
            if (console_getc() >= 0) {
                seq_puts(s, ANSI_SHOW_CURSOR "\n");
                return;
            }
            cpu_relax();
        }
    }
}

/* "-n", "-f", or a list of nodes. Returns 0 or a negative errno with the reason in @out. */
static int read_argument(struct style *st, const char *arg, struct seqbuf *out)
{
    nodemask_t unknown;

    if (strcmp(arg, "-n") == 0) {
        st->colour = false;
        return 0;
    }
    if (strcmp(arg, "-f") == 0) {
        st->live = true;
        return 0;
    }
    if (bitmap_parse_list(arg, st->nodes.bits, MAX_NUMNODES) || nodemask_empty(&st->nodes)) {
        seq_printf(out, "memmap: %s: not -n, not -f, and no list of nodes such as 0-3,6\n", arg);
        return -EINVAL;
    }
    nodemask_andnot(&unknown, &st->nodes, &node_states[N_ONLINE]);
    if (!nodemask_empty(&unknown)) {
        seq_puts(out, "memmap: online are nodes ");
        nodemask_print_list(out, &node_states[N_ONLINE]);
        seq_printf(out, ", not all of %s\n", arg);
        return -EINVAL;
    }
    return 0;
}

static int memmap_command(int argc, char **argv, struct seqbuf *out)
{
    /* Output that doesn't go to a terminal has no flush, or nobody is there to look. */
    bool terminal = out->flush && console_is_interactive();
    struct style st = {.colour = terminal, .nodes = node_states[N_ONLINE]};

    for (int i = 1; i < argc; i++) {
        int err = read_argument(&st, argv[i], out);

        if (err)
            return err;
    }
    if (st.live && !terminal) {
        seq_puts(out, "memmap: -f draws on a terminal until a key is pressed; here is none\n");
        return -EINVAL;
    }
    choose_shape(&st);
    if (st.live)
        draw_live(out, &st);
    else
        draw_map(out, &st);
    return 0;
}

MONITOR_COMMAND("memmap", "[-n] [-f] [NODES]",
                "draw what memory is used for; -n without colour, -f live", memmap_command);
