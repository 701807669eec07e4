/*
 * kernel/exec.c - running command lines, from the prompt and from the option exec=.
 *
 * THEORY
 *
 * A script is a row of commands; a command is a row of words. Single and double quotes protect
 * white space, ';', '>', '#' and the pattern characters, and vanish. A word that begins with '/'
 * and holds an unquoted '*' or '?' is replaced by the paths that fit, or stays as it is if none
 * does. "> FILE" collects the output and hands it to the file in one write. Example:
 *
 *     echo 8 > /proc/sys/kernel/printk; cat "/proc/version" /sys/devices/system/node/node?/distance
 *
 * Words live in a pool that grows and shrinks with the nesting of exec_command(): a test that runs
 * a command is itself run by one, whose words must survive.
 *
 * LOCKING  None: commands run in one thread, the monitor's.
 */
#include "kernel/exec.h"
#include "kernel/console.h"
#include "kernel/fs/vfs.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/glob.h"
#include "kernel/lib/string.h"
#include "kernel/sections.h"

#define NR_COMMANDS    SET_SIZE(__commands_start, __commands_end)

#define TEXT_POOL_SIZE (96 * 1024) /* a command of 64 KiB, patterns of 128 nodes, a redirection */
#define ARGV_POOL_SIZE 4096

static char text_pool[TEXT_POOL_SIZE];
static size_t text_used;
static char *argv_pool[ARGV_POOL_SIZE];
static size_t argv_used;

/* ---- commands by name ------------------------------------------------------------------------ */

/* command_next - contract in the header. O(commands). Context: any. */
const struct command *command_next(const char *after)
{
    const struct command *best = NULL;

    for (size_t i = 0; i < NR_COMMANDS; i++) {
        const struct command *c = &__commands_start[i];

        if (strcmp(c->name, after) > 0 && (!best || strcmp(c->name, best->name) < 0))
            best = c;
    }
    return best;
}

/* command_find - contract in the header. Context: any. */
const struct command *command_find(const char *name)
{
    for (size_t i = 0; i < NR_COMMANDS; i++)
        if (strcmp(__commands_start[i].name, name) == 0)
            return &__commands_start[i];
    return NULL;
}

#define MAX_NAME_LEN 16 /* of names that are compared for nearness */

/*
 * The number of letters to insert, delete or replace that turn @a into @b (Levenshtein's distance):
 * row[j] is the distance from the first i letters of @a to the first j of @b, row by row.
 */
static size_t edit_distance(const char *a, const char *b)
{
    size_t row[MAX_NAME_LEN + 1], b_len = strnlen(b, MAX_NAME_LEN);

    for (size_t j = 0; j <= b_len; j++)
        row[j] = j;
    for (size_t i = 0; a[i] != '\0'; i++) {
        size_t diagonal = row[0]; /* of the row above */

        row[0] = i + 1;
        for (size_t j = 0; j < b_len; j++) {
            size_t replaced = diagonal + (a[i] != b[j]);

            diagonal = row[j + 1];
            row[j + 1] = min(replaced, min(row[j], diagonal) + 1);
        }
    }
    return row[b_len];
}

/* command_nearest - contract in the header. Context: any. */
const struct command *command_nearest(const char *name)
{
    const struct command *best = NULL;
    size_t best_distance = 3; /* more than two errors is another word */

    if (strnlen(name, MAX_NAME_LEN + 1) > MAX_NAME_LEN)
        return NULL;
    for (size_t i = 0; i < NR_COMMANDS; i++) {
        const struct command *c = &__commands_start[i];
        size_t distance = edit_distance(name, c->name);

        if (distance < best_distance && distance < strlen(name)) {
            best = c;
            best_distance = distance;
        }
    }
    return best;
}

/* ---- a script into commands --------------------------------------------------------------------
 */

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static bool ends_line(char c)
{
    return c == '\n' || c == '\0';
}

static const char *skip_to_line_end(const char *p)
{
    while (!ends_line(*p))
        p++;
    return p;
}

/* White space, separators and comments that stand before a command. */
static const char *skip_gap(const char *p)
{
    for (;; p++) {
        if (*p == '#')
            p = skip_to_line_end(p);
        if (!is_space(*p) && *p != '\n' && *p != ';')
            return p;
    }
}

/* exec_next - contract in the header. O(length of the command). Context: any. */
const char *exec_next(const char *script, const char **cmd, size_t *len)
{
    const char *p = skip_gap(script);
    char quote = '\0';

    if (*p == '\0')
        return NULL;
    *cmd = p;
    for (; !ends_line(*p) && (quote || *p != ';'); p++) {
        if (quote)
            quote = *p == quote ? '\0' : quote;
        else if (*p == '"' || *p == '\'')
            quote = *p;
        else if (*p == '#' && is_space(p[-1]))
            break;
    }
    *len = (size_t)(p - *cmd);
    while (*len > 0 && is_space((*cmd)[*len - 1]))
        (*len)--;
    return *p == '#' ? skip_to_line_end(p) : p;
}

/* ---- a command into words ----------------------------------------------------------------------
 */

/* A command being taken apart. */
struct reader {
    const char *p;
    const char *end;
    const char *error; /* a sentence, NULL so far */
    char **argv;       /* in argv_pool */
    int argc;
    const char *redirect; /* file behind '>', or NULL */
};

static void put_char(struct reader *r, char c)
{
    if (text_used < TEXT_POOL_SIZE)
        text_pool[text_used++] = c;
    else
        r->error = "the command is too long";
}

static void put_word(struct reader *r, char *word)
{
    if (argv_used + 1 < ARGV_POOL_SIZE) { /* the one behind is for the final NULL */
        argv_pool[argv_used++] = word;
        r->argc++;
    } else {
        r->error = "too many words";
    }
}

/* Copy the quoted text at @r->p, which stands on its quote, into the pool. */
static void read_quoted(struct reader *r)
{
    char quote = *r->p++;

    while (r->p < r->end && *r->p != quote)
        put_char(r, *r->p++);
    if (r->p == r->end)
        r->error = quote == '"' ? "a double quote is not closed" : "a single quote is not closed";
    else
        r->p++;
}

/* Copy one word into the pool; *@is_pattern: it holds unquoted pattern characters. */
static char *read_word(struct reader *r, bool *is_pattern)
{
    char *word = text_pool + text_used;

    *is_pattern = false;
    while (r->p < r->end && !is_space(*r->p) && *r->p != '>' && !r->error) {
        if (*r->p == '"' || *r->p == '\'') {
            read_quoted(r);
            continue;
        }
        if (*r->p == '*' || *r->p == '?')
            *is_pattern = true;
        put_char(r, *r->p++);
    }
    put_char(r, '\0');
    return word;
}

/* ---- patterns into paths -----------------------------------------------------------------------
 */

/* A pattern being matched against the tree. */
struct expansion {
    struct reader *r;
    char path[VFS_PATH_MAX]; /* the directory looked at */
    size_t path_len;
    const char *rest; /* of the pattern, below path; starts with '/' */
};

static void expand(struct expansion *e);

static size_t component_len(const char *p)
{
    size_t n = 0;

    while (p[n] != '\0' && p[n] != '/')
        n++;
    return n;
}

/* Go on with @name, which is the next component, then come back. */
static void expand_below(struct expansion *e, const char *name, size_t len)
{
    const char *rest = e->rest;
    size_t path_len = e->path_len;

    if (path_len + 1 + len >= VFS_PATH_MAX)
        return;
    e->path[e->path_len++] = '/';
    memcpy(e->path + e->path_len, name, len);
    e->path_len += len;
    e->path[e->path_len] = '\0';
    e->rest = rest + 1 + component_len(rest + 1);
    expand(e);
    e->path[path_len] = '\0';
    e->path_len = path_len;
    e->rest = rest;
}

static int expand_entry(const char *name, const struct vfs_stat *st, void *arg)
{
    struct expansion *e = arg;
    char component[VFS_PATH_MAX];

    (void)st;
    strlcpy(component, e->rest + 1, min(component_len(e->rest + 1) + 1, sizeof(component)));
    if (glob_match(component, name))
        expand_below(e, name, strlen(name));
    return 0;
}

static void add_path(struct expansion *e)
{
    char *word = text_pool + text_used;
    struct vfs_stat st;

    if (vfs_stat(e->path, &st) != 0)
        return;
    for (size_t i = 0; i <= e->path_len; i++)
        put_char(e->r, e->path[i]);
    put_word(e->r, word);
}

/* Add each path that begins with e->path and goes on as e->rest says. */
static void expand(struct expansion *e)
{
    size_t len;

    while (e->rest[0] == '/' && e->rest[1] == '/')
        e->rest++;
    if (e->rest[0] == '\0' || e->rest[1] == '\0') {
        add_path(e);
        return;
    }
    len = component_len(e->rest + 1);
    if (memchr(e->rest + 1, '*', len) || memchr(e->rest + 1, '?', len))
        vfs_readdir(e->path, expand_entry, e);
    else
        expand_below(e, e->rest + 1, len);
}

static void put_pattern(struct reader *r, char *word)
{
    struct expansion e = {.r = r, .rest = word};
    int before = r->argc;

    expand(&e);
    if (r->argc == before)
        put_word(r, word);
}

static void read_redirect(struct reader *r)
{
    bool is_pattern;

    while (r->p < r->end && (*r->p == '>' || is_space(*r->p)))
        r->p++;
    r->redirect = read_word(r, &is_pattern);
    if (!r->error && r->redirect[0] == '\0')
        r->error = "'>' wants a file behind it";
}

static void read_words(struct reader *r)
{
    while (r->p < r->end && !r->error) {
        bool is_pattern;
        char *word;

        if (is_space(*r->p)) {
            r->p++;
            continue;
        }
        if (*r->p == '>') {
            read_redirect(r);
            continue;
        }
        word = read_word(r, &is_pattern);
        if (is_pattern && word[0] == '/')
            put_pattern(r, word);
        else
            put_word(r, word);
    }
    r->argv[r->argc] = NULL;
}

/* ---- running -----------------------------------------------------------------------------------
 */

static int fail_unknown(const char *name, struct seqbuf *out)
{
    const struct command *nearest = command_nearest(name);

    if (nearest)
        seq_printf(out, "%s: no such command; did you mean %s?\n", name, nearest->name);
    else
        seq_printf(out, "%s: no such command; `help` lists those there are\n", name);
    return -ENOENT;
}

/* Run @c with its output collected in the pool, then write that to the file. */
static int run_redirected(const struct command *c, struct reader *r, struct seqbuf *out)
{
    struct seqbuf text;
    int err;

    if (TEXT_POOL_SIZE - text_used < VFS_WRITE_MAX + 2) {
        seq_puts(out, "the command is too long\n");
        return -E2BIG;
    }
    seqbuf_init(&text, text_pool + text_used, VFS_WRITE_MAX + 2);
    text_used += VFS_WRITE_MAX + 2;
    err = c->run(r->argc, r->argv, &text);
    if (err) {
        seq_write(out, text.buf, text.len); /* it says why */
        return err;
    }
    err = text.overflow ? -E2BIG : vfs_write(r->redirect, text.buf, text.len);
    if (err)
        seq_printf(out, "%s: %s\n", r->redirect, vfs_strerror(err));
    return err;
}

static int run_words(struct reader *r, struct seqbuf *out)
{
    const struct command *c;

    if (r->error) {
        seq_printf(out, "%s\n", r->error);
        return -EINVAL;
    }
    if (r->argc == 0) {
        seq_puts(out, "a command is missing before '>'\n");
        return -EINVAL;
    }
    c = command_find(r->argv[0]);
    if (!c)
        return fail_unknown(r->argv[0], out);
    return r->redirect ? run_redirected(c, r, out) : c->run(r->argc, r->argv, out);
}

/* exec_command - contract in the header. Context: the monitor's thread; nests. */
int exec_command(const char *cmd, size_t len, struct seqbuf *out)
{
    size_t text_before = text_used, argv_before = argv_used;
    struct reader r = {.p = cmd, .end = cmd + len, .argv = argv_pool + argv_used};
    int rc;

    if (argv_used + 1 >= ARGV_POOL_SIZE) {
        seq_puts(out, "commands are nested too deeply\n");
        return E2BIG;
    }
    read_words(&r);
    argv_used++; /* the final NULL */
    rc = run_words(&r, out);
    seqbuf_flush(out);
    text_used = text_before;
    argv_used = argv_before;
    return rc < 0 ? -rc : rc;
}

static int run_framed(const char *cmd, size_t len)
{
    char buf[1024];
    struct seqbuf out;
    int rc;

    console_fresh_line();
    console_seqbuf(&out, buf, sizeof(buf));
    seq_puts(&out, "--- ");
    seq_write(&out, cmd, len);
    seq_putc(&out, '\n');
    seqbuf_flush(&out);
    rc = exec_command(cmd, len, &out);
    console_fresh_line();
    seq_printf(&out, "--- rc=%d\n", rc);
    seqbuf_flush(&out);
    return rc;
}

/* exec_run - contract in the header. Context: the monitor's thread. */
int exec_run(const char *script)
{
    const char *cmd;
    size_t len;
    int nr_failed = 0;

    while ((script = exec_next(script, &cmd, &len)) != NULL)
        if (run_framed(cmd, len) != 0)
            nr_failed++;
    return nr_failed;
}
