/*
 * kernel/mark.c - the command mark: cut the run into parts, for tools/numascope.
 *
 * The mark itself is a NOP that has no room for a name. So the command prints one, and numascope's
 * reader (tools/atoll/numascope.py) matches the printed lines with the marks, which come in the same
 * order.
 */
#include "kernel/command.h"
#include "kernel/lib/errno.h"
#include <arch/mark.h>

#define MARK_COMMAND 0

static int mark_command(int argc, char **argv, struct seqbuf *out)
{
    if (argc > 2) {
        seq_puts(out, "mark: one word is the name of what ends here, for example mark boot\n");
        return -EINVAL;
    }
    seq_printf(out, "mark: %s\n", argc > 1 ? argv[1] : "-");
    seqbuf_flush(out); /* printing is part of what ends here */
    arch_mark(MARK_COMMAND);
    return 0;
}

MONITOR_COMMAND("mark", "[NAME]", "name what ran since the last mark, for tools/run --numascope",
                mark_command);
