/*
 * kernel/fs/numbers.c - numbers out of files.
 */
#include "kernel/fs/numbers.h"
#include "kernel/fs/vfs.h"
#include "kernel/lib/parse.h"
#include "kernel/lib/string.h"

#define LINE_MAX 160 /* bytes of a line that are looked at */

/* A file being read line by line. */
struct lines {
    void (*take)(const char *line, void *arg);
    void *arg;
    char line[LINE_MAX];
    size_t len; /* of the line so far; what is too much is dropped */
};

static void take_piece(struct seqbuf *s, const char *text, size_t len)
{
    struct lines *l = s->flush_arg;

    for (size_t i = 0; i < len; i++) {
        if (text[i] != '\n') {
            if (l->len < LINE_MAX - 1)
                l->line[l->len++] = text[i];
            continue;
        }
        l->line[l->len] = '\0';
        l->take(l->line, l->arg);
        l->len = 0;
    }
}

static int for_each_line(const char *path, void (*take)(const char *line, void *arg), void *arg)
{
    struct lines lines = {.take = take, .arg = arg};
    char buf[256];
    struct seqbuf s;
    int err;

    seqbuf_init(&s, buf, sizeof(buf));
    s.flush = take_piece;
    s.flush_arg = &lines;
    err = vfs_read(path, &s);
    seqbuf_flush(&s);
    return err;
}

static const char *skip_blanks(const char *p)
{
    while (*p == ' ')
        p++;
    return p;
}

/* The @field-th number of @text, or 0. */
static uint64_t number_at(const char *text, unsigned field)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < field; i++) {
        value = 0;
        if (parse_u64(skip_blanks(text), 10, &value, &text))
            return 0;
    }
    return value;
}

/* What follows @key and its ':' in @line; NULL if that begins with another word. */
static const char *behind_key(const char *line, const char *key)
{
    size_t len = strlen(key);

    if (strncmp(line, key, len) != 0)
        return NULL;
    line += len;
    if (*line == ':')
        line++;
    return *line == ' ' ? line : NULL;
}

/* All numbers that are wanted of a file; key NULL ends them. */
static void take_wanted(const char *line, void *arg)
{
    for (struct wanted *w = arg; w->key; w++) {
        const char *rest = behind_key(line, w->key);

        if (rest)
            w->value += number_at(rest, w->field);
    }
}

/* numbers_read - contract in the header. */
void numbers_read(const char *path, struct wanted *wanted)
{
    for (struct wanted *w = wanted; w->key; w++)
        w->value = 0;
    for_each_line(path, take_wanted, wanted);
}
