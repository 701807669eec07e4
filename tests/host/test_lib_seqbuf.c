/*
 * tests/host/test_lib_seqbuf.c - kernel/lib/seqbuf.c.
 */
#include "kernel/lib/seqbuf.h"
#include "tests/host/test.h"

/* What flush was given, all together. */
struct collected {
    char text[4096];
    size_t len;
    unsigned nr_calls;
};

static void collect(struct seqbuf *s, const char *text, size_t len)
{
    struct collected *c = s->flush_arg;

    memcpy(c->text + c->len, text, len);
    c->len += len;
    c->text[c->len] = '\0';
    c->nr_calls++;
}

HTEST(seqbuf, a_new_one_is_empty_text)
{
    char buf[2] = "x";
    struct seqbuf s;

    seqbuf_init(&s, buf, sizeof(buf));
    EXPECT_STR("", seqbuf_str(&s));
    EXPECT(!s.overflow);
    seqbuf_flush(&s);
    seq_write(&s, "", 0);
    EXPECT_STR("", seqbuf_str(&s));
}

HTEST(seqbuf, text_is_in_the_order_of_the_writes)
{
    char buf[64];
    struct seqbuf s;

    seqbuf_init(&s, buf, sizeof(buf));
    seq_puts(&s, "node ");
    seq_printf(&s, "%d%s", 3, ":");
    seq_putc(&s, ' ');
    seq_write(&s, "0-2,5xxx", 5);
    EXPECT_STR("node 3: 0-2,5", seqbuf_str(&s));
    seq_puts(&s, "!");
    EXPECT_STR("node 3: 0-2,5!", seqbuf_str(&s));
}

/* A reader would take a list of which the middle is missing for a whole one. */
HTEST(seqbuf, what_does_not_fit_is_dropped_and_so_is_all_after_it)
{
    char *buf = malloc(8);
    struct seqbuf s;

    seqbuf_init(&s, buf, 8);
    seq_puts(&s, "1234567");
    EXPECT(!s.overflow);
    EXPECT_STR("1234567", seqbuf_str(&s));

    seqbuf_init(&s, buf, 8);
    seq_puts(&s, "12345");
    seq_printf(&s, "%s", "abcdef");
    EXPECT(s.overflow);
    seq_putc(&s, 'z');
    EXPECT_STR("12345ab", seqbuf_str(&s));
    free(buf);
}

/* `cat` of a file that is longer than the monitor's buffer would show only its start. */
HTEST(seqbuf, with_flush_text_of_any_length_arrives_whole)
{
    for (size_t size = 2; size < 40; size++) {
        static struct collected c;
        char *buf = malloc(size), want[4096] = "";
        struct seqbuf s;

        c = (struct collected){.len = 0};
        seqbuf_init(&s, buf, size);
        s.flush = collect;
        s.flush_arg = &c;
        for (int i = 0; i < 60; i++) {
            sprintf(want + strlen(want), "%d %40s\n", i, "text");
            seq_printf(&s, "%d %40s", i, "text");
            seq_putc(&s, '\n');
        }
        seqbuf_flush(&s);
        EXPECT_STR(want, c.text);
        EXPECT(!s.overflow);
        EXPECT_EQ(0, s.len);
        free(buf);
    }
}

/* The console would get an interrupt's worth of work for no text at all. */
HTEST(seqbuf, flush_is_called_only_with_text)
{
    struct collected c = {.len = 0};
    char buf[8];
    struct seqbuf s;

    seqbuf_init(&s, buf, sizeof(buf));
    s.flush = collect;
    s.flush_arg = &c;
    seqbuf_flush(&s);
    seq_puts(&s, "1234567");
    EXPECT_EQ(0, c.nr_calls);
    seqbuf_flush(&s);
    seqbuf_flush(&s);
    EXPECT_EQ(1, c.nr_calls);
    EXPECT_STR("1234567", c.text);
}
