/*
 * tests/kernel/cpio_image.h - archives made in memory, for tests in the kernel and on the host.
 *
 *     seqbuf_init(&s, buf, sizeof(buf));
 *     image_dir(&s, "etc");
 *     image_file(&s, "etc/motd", "hello\n");
 *     image_trailer(&s);
 */
#ifndef TESTS_KERNEL_CPIO_IMAGE_H
#define TESTS_KERNEL_CPIO_IMAGE_H

#include "kernel/lib/seqbuf.h"
#include "kernel/lib/stat.h"
#include "kernel/lib/string.h"

/* What most entries have alike; a test changes what it is about. */
struct image_entry {
    const char *magic; /* NULL: 070701 */
    const char *name;
    unsigned mode, ino, nlink, check;
    unsigned rdev_major, rdev_minor;
    const void *data;
    unsigned size;
    unsigned says_name_size; /* 0: the true one */
    unsigned says_size;      /* 0: the true one */
};

static inline void image_pad(struct seqbuf *s)
{
    while (s->len % 4 != 0)
        seq_putc(s, '\0');
}

static inline void image_add(struct seqbuf *s, const struct image_entry *e)
{
    unsigned name_size = (unsigned)strlen(e->name) + 1;

    seq_printf(s, "%s%08X%08X%08X%08X%08X%08X", e->magic ? e->magic : "070701", e->ino, e->mode, 0u,
               0u, e->nlink ? e->nlink : 1, 0u);
    seq_printf(s, "%08X%08X%08X%08X%08X%08X%08X", e->says_size ? e->says_size : e->size, 0u, 0u,
               e->rdev_major, e->rdev_minor, e->says_name_size ? e->says_name_size : name_size,
               e->check);
    seq_write(s, e->name, name_size);
    image_pad(s);
    seq_write(s, e->data, e->size);
    image_pad(s);
}

static inline void image_file(struct seqbuf *s, const char *name, const char *text)
{
    image_add(
        s, &(struct image_entry){
               .name = name, .mode = S_IFREG | 0644, .data = text, .size = (unsigned)strlen(text)});
}

static inline void image_dir(struct seqbuf *s, const char *name)
{
    image_add(s, &(struct image_entry){.name = name, .mode = S_IFDIR | 0755, .nlink = 2});
}

static inline void image_link(struct seqbuf *s, const char *name, const char *target)
{
    image_add(s, &(struct image_entry){.name = name,
                                       .mode = S_IFLNK | 0777,
                                       .data = target,
                                       .size = (unsigned)strlen(target)});
}

static inline void image_trailer(struct seqbuf *s)
{
    image_add(s, &(struct image_entry){.name = "TRAILER!!!"});
}

#endif
