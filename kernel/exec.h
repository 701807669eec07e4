/*
 * kernel/exec.h - running command lines.
 */
#ifndef KERNEL_EXEC_H
#define KERNEL_EXEC_H

#include "kernel/command.h"
#include "kernel/lib/compiler.h"
#include "kernel/lib/seqbuf.h"

/* The lowest command by name above @after ("": the first), or NULL. For walks in sorted order. */
const struct command *command_next(const char *after);
/* The command called @name, or NULL. */
const struct command *command_find(const char *name);
/* The command whose name is at most two typing errors away from @name, or NULL. */
const struct command *command_nearest(const char *name);

/*
 * Cut the next command off @script: it is **@cmd, *@len bytes, without white space around it.
 * Commands end at ';' outside quotes and at the end of a line; empty ones and comments (from '#' to
 * the end of the line) are skipped. Returns what follows, or NULL if no command is left.
 */
const char *exec_next(const char *script, const char **cmd, size_t *len);

/*
 * Run one command, "NAME ARG ... [> FILE]", as exec_next() gives it; flushes @out. 0 if it went
 * well, 1 or a positive errno if not; then @out says why.
 */
int exec_command(const char *cmd, size_t len, struct seqbuf *out);

/*
 * Run all commands of @script on the console, each between the lines "--- CMD" and "--- rc=N".
 * Returns how many of them had an rc other than 0.
 */
int exec_run(const char *script);

#endif
