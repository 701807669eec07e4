/*
 * kernel/command.h - how a subject gives the monitor a command: one macro, no list to edit.
 */
#ifndef KERNEL_COMMAND_H
#define KERNEL_COMMAND_H

#include "kernel/lib/compiler.h"
#include "kernel/lib/seqbuf.h"

struct command {
    const char *name;
    const char *args; /* as help shows them, "" if none */
    const char *help; /* one line */
    /*
     * argv[0] is the command's name, argv[argc] is NULL. Output goes through @out, which reaches
     * the console when its buffer is full, at seqbuf_flush(), and when the command returns. Returns
     * 0, a negative errno after having said why in @out, or 1 if what it ran has failed (a test).
     * Context: the monitor's thread; may take long, may read keys by console_getc().
     */
    int (*run)(int argc, char **argv, struct seqbuf *out);
};

#define MONITOR_COMMAND(_name, _args, _help, _run)                                                 \
    static const struct command command_##_run __used __section(".rodata.commands")                \
        __aligned(_Alignof(struct command)) = {                                                    \
            .name = (_name), .args = (_args), .help = (_help), .run = (_run)}

#endif
