/*
 * kernel/lineedit.c - editing one line of input, key by key, on a terminal.
 *
 * THEORY
 *
 * Keys come as bytes; a special key is a sequence that begins with ESC: "ESC [ A" is up, "ESC [ 3
 * ~" delete. A small state machine collects them. After each change the line is drawn anew from its
 * first column; only a letter typed at the end, the common case, is just echoed. A line that is
 * wider than the terminal shows the part around the cursor.
 *
 * INVARIANTS
 *   E1  cursor <= len < LINE_SIZE, text[len] == '\0'.
 *
 * LOCKING  None: one thread edits.
 * SOURCES  ECMA-48, 5th edition, 8.3 "Definition of control functions": CUF, ED, EL, CUP and the
 *          sequences that terminals send for CUU, CUD, CUF, CUB. The numbers before '~' are those
 * of the DEC VT220 (Programmer Reference Manual, chapter 3, "Editing Keys") and of xterm.
 */
#include "kernel/lineedit.h"
#include "kernel/lib/string.h"

#define COLUMNS       80 /* of the terminal; it isn't asked, so the most common narrow one */

#define CTRL(letter)  ((letter) - 'A' + 1)
#define KEY_ESCAPE    27
#define KEY_BACKSPACE 127

/* Special keys, above all bytes. */
enum {
    KEY_NONE = 256, /* a sequence that isn't finished or means nothing here */
    KEY_UP,
    KEY_DOWN,
    KEY_LEFT,
    KEY_RIGHT,
    KEY_HOME,
    KEY_END,
    KEY_DELETE,
};

enum {
    ESCAPE_NONE,
    ESCAPE_STARTED, /* ESC came */
    ESCAPE_BRACKET, /* ESC [ or ESC O came */
};

/* lineedit_init - an editor with an empty history; it keeps the pointers. */
void lineedit_init(struct lineedit *e, const char *prompt, struct seqbuf *out,
                   lineedit_complete_fn complete)
{
    memset(e, 0, sizeof(*e));
    e->prompt = prompt;
    e->out = out;
    e->complete = complete;
}

/* ---- drawing -----------------------------------------------------------------------------------
 */

/* The first byte of the line that is shown, such that the cursor is. */
static size_t first_shown(const struct lineedit *e, size_t room)
{
    return e->cursor > room ? e->cursor - room : 0;
}

static size_t room_for_text(const struct lineedit *e)
{
    return COLUMNS - 1 - strlen(e->prompt);
}

/* lineedit_redraw - contract in the header. */
void lineedit_redraw(struct lineedit *e)
{
    size_t room = room_for_text(e), first = first_shown(e, room);

    seq_printf(e->out, "\r%s", e->prompt);
    seq_write(e->out, e->text + first, min(e->len - first, room));
    seq_printf(e->out, "\033[K\r\033[%zuC", strlen(e->prompt) + e->cursor - first);
    seqbuf_flush(e->out);
}

/* lineedit_start - begin a new line. */
void lineedit_start(struct lineedit *e)
{
    e->text[0] = '\0';
    e->len = e->cursor = 0;
    e->shown = e->nr_history;
    seq_puts(e->out, e->prompt);
    seqbuf_flush(e->out);
}

/* ---- changing the line ----------------------------------------------------------------------- */

/* lineedit_insert - contract in the header. */
void lineedit_insert(struct lineedit *e, const char *text, size_t len)
{
    bool at_end = e->cursor == e->len;

    len = min(len, LINE_SIZE - 1 - e->len);
    memmove(e->text + e->cursor + len, e->text + e->cursor, e->len - e->cursor + 1);
    memcpy(e->text + e->cursor, text, len);
    e->cursor += len;
    e->len += len; /* E1 */
    if (!at_end || e->len > room_for_text(e)) {
        lineedit_redraw(e);
        return;
    }
    seq_write(e->out, text, len);
    seqbuf_flush(e->out);
}

/* Remove [from, to) and leave the cursor there. */
static void remove_range(struct lineedit *e, size_t from, size_t to)
{
    memmove(e->text + from, e->text + to, e->len - to + 1);
    e->len -= to - from;
    e->cursor = from;
    lineedit_redraw(e);
}

static void move_to(struct lineedit *e, size_t cursor)
{
    e->cursor = cursor;
    lineedit_redraw(e);
}

static size_t start_of_word(const struct lineedit *e)
{
    size_t i = e->cursor;

    while (i > 0 && e->text[i - 1] == ' ')
        i--;
    while (i > 0 && e->text[i - 1] != ' ')
        i--;
    return i;
}

/* ---- history --------------------------------------------------------------------------------- */

static void remember(struct lineedit *e)
{
    if (e->len == 0)
        return;
    if (e->nr_history > 0 && strcmp(e->history[e->nr_history - 1], e->text) == 0)
        return;
    if (e->nr_history == LINE_HISTORY) {
        memmove(e->history[0], e->history[1], sizeof(e->history) - sizeof(e->history[0]));
        e->nr_history--;
    }
    memcpy(e->history[e->nr_history++], e->text, e->len + 1);
}

static void show_history(struct lineedit *e, unsigned index)
{
    if (e->shown == e->nr_history)
        memcpy(e->unsent, e->text, sizeof(e->unsent));
    e->shown = index;
    e->len = strlcpy(e->text, index < e->nr_history ? e->history[index] : e->unsent, LINE_SIZE);
    move_to(e, e->len);
}

/* ---- keys ------------------------------------------------------------------------------------ */

/* The key whose sequence ends with @byte after a number (0: none). */
static int escape_key(int byte, int number)
{
    switch (byte) {
    case 'A':
        return KEY_UP;
    case 'B':
        return KEY_DOWN;
    case 'C':
        return KEY_RIGHT;
    case 'D':
        return KEY_LEFT;
    case 'H':
        return KEY_HOME;
    case 'F':
        return KEY_END;
    case '~':
        break;
    default:
        return KEY_NONE;
    }
    switch (number) {
    case 1:
    case 7:
        return KEY_HOME;
    case 3:
        return KEY_DELETE;
    case 4:
    case 8:
        return KEY_END;
    default:
        return KEY_NONE;
    }
}

/* Feed one byte to the state machine: the key that is complete with it, or KEY_NONE. */
static int decode(struct lineedit *e, int byte)
{
    switch (e->escape_state) {
    case ESCAPE_STARTED:
        e->escape_state = byte == '[' || byte == 'O' ? ESCAPE_BRACKET : ESCAPE_NONE;
        e->escape_number = 0;
        return KEY_NONE;
    case ESCAPE_BRACKET:
        if ((byte >= '0' && byte <= '9') || byte == ';') {
            e->escape_number = byte == ';' ? 0 : (e->escape_number * 10 + byte - '0') % 1000;
            return KEY_NONE;
        }
        e->escape_state = ESCAPE_NONE;
        return escape_key(byte, e->escape_number);
    default:
        if (byte != KEY_ESCAPE)
            return byte;
        e->escape_state = ESCAPE_STARTED;
        return KEY_NONE;
    }
}

/* "\r\n" is one end of line. */
static bool is_enter(struct lineedit *e, int key)
{
    bool after_cr = e->after_cr;

    e->after_cr = key == '\r';
    return key == '\r' || (key == '\n' && !after_cr);
}

static void move_key(struct lineedit *e, int key)
{
    if (key == KEY_LEFT && e->cursor > 0)
        move_to(e, e->cursor - 1);
    else if (key == KEY_RIGHT && e->cursor < e->len)
        move_to(e, e->cursor + 1);
    else if (key == KEY_HOME || key == CTRL('A'))
        move_to(e, 0);
    else if (key == KEY_END || key == CTRL('E'))
        move_to(e, e->len);
    else if (key == KEY_UP && e->shown > 0)
        show_history(e, e->shown - 1);
    else if (key == KEY_DOWN && e->shown < e->nr_history)
        show_history(e, e->shown + 1);
}

static void edit_key(struct lineedit *e, int key)
{
    switch (key) {
    case KEY_BACKSPACE:
    case '\b':
        if (e->cursor > 0)
            remove_range(e, e->cursor - 1, e->cursor);
        break;
    case KEY_DELETE:
        if (e->cursor < e->len)
            remove_range(e, e->cursor, e->cursor + 1);
        break;
    case CTRL('K'):
        remove_range(e, e->cursor, e->len);
        break;
    case CTRL('U'):
        remove_range(e, 0, e->cursor);
        break;
    case CTRL('W'):
        remove_range(e, start_of_word(e), e->cursor);
        break;
    case CTRL('L'):
        seq_puts(e->out, "\033[H\033[2J");
        lineedit_redraw(e);
        break;
    case '\t':
        if (e->complete)
            e->complete(e);
        break;
    default:
        move_key(e, key);
    }
}

/*
 * lineedit_key - one byte came from the terminal.
 *
 * Returns LINE_DONE when it ends the line, which is then in e->text and in the history;
 * LINE_CANCELLED after Ctrl-C. Both leave the terminal on a new line, and lineedit_start() is next.
 * Bytes that mean nothing are ignored.
 */
enum lineedit_result lineedit_key(struct lineedit *e, int key)
{
    key = decode(e, key);
    if (is_enter(e, key)) {
        remember(e);
        seq_putc(e->out, '\n');
        seqbuf_flush(e->out);
        return LINE_DONE;
    }
    if (key == CTRL('C')) {
        seq_puts(e->out, "^C\n");
        seqbuf_flush(e->out);
        return LINE_CANCELLED;
    }
    if (key >= ' ' && key < KEY_BACKSPACE) {
        char c = (char)key;

        lineedit_insert(e, &c, 1);
    } else {
        edit_key(e, key);
    }
    return LINE_EDITING;
}
