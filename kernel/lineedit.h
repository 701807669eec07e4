/*
 * kernel/lineedit.h - editing one line of input, key by key, on a terminal.
 */
#ifndef KERNEL_LINEEDIT_H
#define KERNEL_LINEEDIT_H

#include "kernel/lib/compiler.h"
#include "kernel/lib/seqbuf.h"

#define LINE_SIZE    512 /* bytes of a line, NUL included */
#define LINE_HISTORY 32  /* lines that are remembered */

struct lineedit;

/* The key TAB was pressed: change the line by lineedit_insert(), or print choices to e->out. */
typedef void (*lineedit_complete_fn)(struct lineedit *e);

enum lineedit_result {
    LINE_EDITING, /* go on */
    LINE_DONE,    /* e->text is the line */
    LINE_CANCELLED,
};

struct lineedit {
    /* Fixed by lineedit_init(). */
    const char *prompt;
    struct seqbuf *out;
    lineedit_complete_fn complete; /* may be NULL */

    /* The line. */
    char text[LINE_SIZE]; /* NUL-terminated */
    size_t len;
    size_t cursor; /* 0..len */

    /* What part of a key's byte sequence has come. */
    int escape_state;
    int escape_number;
    bool after_cr;

    /* The last lines, oldest first, and which of them is shown (nr_history: none, the new line). */
    char history[LINE_HISTORY][LINE_SIZE];
    unsigned nr_history;
    unsigned shown;
    char unsent[LINE_SIZE]; /* the new line while an old one is shown */
};

void lineedit_init(struct lineedit *e, const char *prompt, struct seqbuf *out,
                   lineedit_complete_fn complete);
/* Begin a new line: empty, with the prompt printed. */
void lineedit_start(struct lineedit *e);
/* One byte came from the terminal. */
enum lineedit_result lineedit_key(struct lineedit *e, int key);
/* Put @text[0..len) in at the cursor; what doesn't fit is left out. */
void lineedit_insert(struct lineedit *e, const char *text, size_t len);
/* Print prompt and line anew, on the line where the terminal's cursor is. */
void lineedit_redraw(struct lineedit *e);

#endif
