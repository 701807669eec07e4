/*
 * kernel/cmdline.h - the options that the loader passed.
 */
#ifndef KERNEL_CMDLINE_H
#define KERNEL_CMDLINE_H

#include "kernel/lib/compiler.h"

struct cmdline_option {
    const char *name;
    const char *value; /* what may follow "name=", "" for a flag */
    const char *help;  /* one line; NULL: meant for another kernel or for the loader, ignored */
};

/* Every option that is known, ended by one without a name. */
extern const struct cmdline_option cmdline_options[];

/* Take @text apart; replaces what was there before. Without it every option is absent. */
void cmdline_init(const char *text);
/* The value of @name: "" for a bare flag, NULL if absent; the last one wins. */
const char *cmdline_get(const char *name);
/* The values of an option that may be there several times, in their order: @after NULL gives the first,
 * NULL is the end. */
const char *cmdline_next(const char *name, const char *after);
/* The line as it was passed (cut at BOOT_CMDLINE_SIZE). */
const char *cmdline_text(void);
/* One warning for each option that is not known. After cmdline_init(), once the log is up. */
void cmdline_warn_unknown(void);

#endif
