/*
 * tests/host/test_cpio.c - archives to trees of names, and what is wrong with those that aren't any.
 */
#include "kernel/fs/cpio.h"
#include "kernel/lib/errno.h"
#include "tests/host/test.h"
#include "tests/kernel/cpio_image.h"

#define MAX_NODES 4096

static struct cpio_node *nodes;
static unsigned nr_nodes, max_nodes;

static struct cpio_node *new_node(void *arg)
{
    (void)arg;
    return nr_nodes < max_nodes ? &nodes[nr_nodes++] : NULL;
}

/* An archive being made, and the tree that becomes of it. The bytes are given to the parser in a block of
 * exactly their size. */
struct lab {
    struct seqbuf s;
    char buf[1 << 16];
    struct cpio_tree tree;
    struct cpio_diag diag;
    uint8_t *bytes;
};

static struct lab lab;

static void start(void)
{
    free(lab.bytes);
    free(nodes);
    memset(&lab, 0, sizeof(lab));
    nodes = calloc(MAX_NODES, sizeof(*nodes));
    nr_nodes = 0;
    max_nodes = MAX_NODES;
    seqbuf_init(&lab.s, lab.buf, sizeof(lab.buf));
    cpio_tree_init(&lab.tree, new_node, NULL);
}

static int parse_bytes(const void *bytes, size_t len)
{
    free(lab.bytes);
    lab.bytes = malloc(len ? len : 1);
    memcpy(lab.bytes, bytes, len);
    return cpio_tree_add(&lab.tree, lab.bytes, len, &lab.diag);
}

static int parse(void)
{
    return parse_bytes(lab.buf, lab.s.len);
}

/* The names of a directory in one line, such as "bin/ motd ". */
static const char *list(const char *path)
{
    static char text[4096];
    struct cpio_node *dir;
    struct seqbuf s;

    seqbuf_init(&s, text, sizeof(text));
    if (cpio_lookup(&lab.tree, path, &dir))
        return "(no such directory)";
    for (struct cpio_node *n = cpio_first(&lab.tree, dir); n; n = cpio_next(n)) {
        seq_write(&s, n->name, n->name_len);
        seq_puts(&s, S_ISDIR(n->mode) ? "/ " : " ");
    }
    return seqbuf_str(&s);
}

static const char *contents(const char *path)
{
    static char text[256];
    struct cpio_node *node;
    struct seqbuf s;

    seqbuf_init(&s, text, sizeof(text));
    if (cpio_lookup(&lab.tree, path, &node))
        return "(no such file)";
    seq_write(&s, (const char *)node->file->data, node->file->size);
    return seqbuf_str(&s);
}

/* The archive is refused at @offset, and the reason holds @text. */
static void expect_refused(uint64_t offset, const char *text)
{
    EXPECT_EQ(-EINVAL, parse());
    EXPECT_EQ(offset, lab.diag.offset);
    if (!strstr(lab.diag.reason, text))
        host_fail(__FILE__, __LINE__, "expected \"%s\" in \"%s\"", text, lab.diag.reason);
}

/* A file that is there would not be found, or have another's bytes. */
HTEST(cpio, names_and_contents_are_those_of_the_archive)
{
    struct cpio_node *node;

    start();
    image_dir(&lab.s, ".");
    image_dir(&lab.s, "etc");
    image_file(&lab.s, "etc/motd", "hello\n");
    image_file(&lab.s, "./etc/empty", "");
    image_link(&lab.s, "motd", "etc/motd");
    image_trailer(&lab.s);
    ASSERT_EQ(0, parse());
    EXPECT_STR("etc/ motd ", list(""));
    EXPECT_STR("empty motd ", list("/etc"));
    EXPECT_STR("hello\n", contents("/etc/motd"));
    EXPECT_STR("", contents("/etc/empty"));
    EXPECT_STR("etc/motd", contents("motd"));
    ASSERT_EQ(0, cpio_lookup(&lab.tree, "/motd", &node));
    EXPECT(S_ISLNK(node->mode));
    EXPECT_EQ(-ENOENT, cpio_lookup(&lab.tree, "/etc/nothing", &node));
    EXPECT_EQ(-ENOTDIR, cpio_lookup(&lab.tree, "/etc/motd/x", &node));
}

/* Archives are made in any order: `find -depth` names a directory after what is in it. */
HTEST(cpio, directories_may_come_late_or_not_at_all)
{
    start();
    image_file(&lab.s, "a/b/c/file", "x");
    image_dir(&lab.s, "a/b");
    image_trailer(&lab.s);
    ASSERT_EQ(0, parse());
    EXPECT_STR("a/ ", list(""));
    EXPECT_STR("c/ ", list("a/b"));
    EXPECT_STR("x", contents("a/b/c/file"));
}

/* Directories are runs of one sorted set: one more or less at an end is another directory's name. */
HTEST(cpio, directory_lists_all_its_names_sorted_and_no_others)
{
    static const char *const dirs[] = {"", "a", "a/b", "b"};
    char name[32], want[4096];
    struct seqbuf s;

    start();
    for (unsigned i = 0; i < 100; i++) {
        snprintf(name, sizeof(name), "%s%s%02u", dirs[i % 4], i % 4 ? "/f" : "f", (i * 37) % 100);
        image_file(&lab.s, name, name);
    }
    image_trailer(&lab.s);
    ASSERT_EQ(0, parse());
    for (unsigned d = 0; d < 4; d++) {
        seqbuf_init(&s, want, sizeof(want));
        seq_puts(&s, d == 0 ? "a/ b/ " : d == 1 ? "b/ " : "");
        for (unsigned n = 0; n < 100; n++) {
            unsigned i = n * 73 % 100; /* 37 * 73 = 2701 */

            if (i % 4 == d)
                seq_printf(&s, "f%02u ", n);
        }
        EXPECT_STR(seqbuf_str(&s), list(dirs[d]));
    }
}

/* cpio writes the contents with the last name, others with the first. */
HTEST(cpio, names_of_one_file_share_its_contents)
{
    struct image_entry e = {.mode = S_IFREG | 0644, .ino = 7, .nlink = 2};

    for (int with_first = 0; with_first < 2; with_first++) {
        start();
        e.name = "one";
        e.data = "shared";
        e.size = with_first ? 6 : 0;
        image_add(&lab.s, &e);
        e.name = "two";
        e.size = with_first ? 0 : 6;
        image_add(&lab.s, &e);
        image_file(&lab.s, "three", "alone");
        image_trailer(&lab.s);
        ASSERT_EQ(0, parse());
        EXPECT_STR("shared", contents("one"));
        EXPECT_STR("shared", contents("two"));
        EXPECT_STR("alone", contents("three"));
    }
}

/* That is how one adds to an initrd without unpacking it. */
HTEST(cpio, later_archive_lies_over_the_earlier_one)
{
    start();
    image_dir(&lab.s, "etc");
    image_file(&lab.s, "etc/old", "old");
    image_file(&lab.s, "etc/motd", "first");
    image_trailer(&lab.s);
    for (int i = 0; i < 400; i++)
        seq_putc(&lab.s, '\0');
    image_dir(&lab.s, "etc");
    image_file(&lab.s, "etc/motd", "second");
    image_trailer(&lab.s);
    ASSERT_EQ(0, parse());
    EXPECT_EQ(2, lab.tree.nr_archives);
    EXPECT_STR("motd old ", list("etc"));
    EXPECT_STR("second", contents("etc/motd"));
    EXPECT_STR("old", contents("etc/old"));
}

/* The other names of a replaced file still mean the old one. */
HTEST(cpio, replacing_one_name_of_a_file_leaves_the_others)
{
    struct image_entry e = {
        .name = "a", .mode = S_IFREG | 0644, .ino = 7, .nlink = 2, .data = "old", .size = 3};

    start();
    image_add(&lab.s, &e);
    e.name = "b";
    e.size = 0;
    image_add(&lab.s, &e);
    image_trailer(&lab.s);
    image_file(&lab.s, "a", "new");
    image_trailer(&lab.s);
    ASSERT_EQ(0, parse());
    EXPECT_STR("new", contents("a"));
    EXPECT_STR("old", contents("b"));
}

HTEST(cpio, devices_are_names_with_numbers)
{
    struct cpio_node *node;

    start();
    image_add(&lab.s,
              &(struct image_entry){
                  .name = "console", .mode = S_IFCHR | 0600, .rdev_major = 5, .rdev_minor = 1});
    image_trailer(&lab.s);
    ASSERT_EQ(0, parse());
    ASSERT_EQ(0, cpio_lookup(&lab.tree, "console", &node));
    EXPECT_EQ(5, node->rdev_major);
    EXPECT_EQ(1, node->rdev_minor);
}

HTEST(cpio, sum_of_the_crc_format_is_checked)
{
    struct image_entry e = {.magic = "070702",
                            .name = "f",
                            .mode = S_IFREG | 0644,
                            .data = "ab",
                            .size = 2,
                            .check = 'a' + 'b'};

    start();
    image_add(&lab.s, &e);
    image_trailer(&lab.s);
    EXPECT_EQ(0, parse());
    start();
    e.check++;
    image_add(&lab.s, &e);
    image_trailer(&lab.s);
    expect_refused(0, "add up to 0x000000c3, expected 0x000000c4");
}

/* One entry that is wrong by itself, behind a good one; the reason must be said. */
static void expect_entry_refused(struct image_entry e, const char *text)
{
    uint64_t offset;

    start();
    image_file(&lab.s, "good", "x");
    offset = lab.s.len;
    image_add(&lab.s, &e);
    image_trailer(&lab.s);
    expect_refused(offset, text);
}

HTEST(cpio, wrong_entry_is_refused_with_offset_and_reason)
{
    const unsigned file = S_IFREG | 0644;
    char long_name[300];

    memset(long_name, 'n', sizeof(long_name) - 1);
    long_name[sizeof(long_name) - 1] = '\0';
    expect_entry_refused((struct image_entry){.name = "a", .mode = file, .magic = "070703"},
                         "the magic number is 30 37 30 37 30 33, expected the text 070701");
    expect_entry_refused((struct image_entry){.name = "/etc", .mode = file}, "absolute");
    expect_entry_refused((struct image_entry){.name = "a/../../b", .mode = file}, "'..'");
    expect_entry_refused((struct image_entry){.name = "good", .mode = file}, "occurs twice");
    expect_entry_refused((struct image_entry){.name = "good/x", .mode = file},
                         "lies below 'good', which is not a directory");
    expect_entry_refused((struct image_entry){.name = "", .mode = file}, "an empty name");
    expect_entry_refused((struct image_entry){.name = ".", .mode = file}, "was a directory before");
    expect_entry_refused((struct image_entry){.name = "a", .mode = 0644}, "no type of file");
    expect_entry_refused((struct image_entry){.name = "a", .mode = S_IFDIR, .data = "x", .size = 1},
                         "is no file, but has 1 bytes");
    expect_entry_refused((struct image_entry){.name = "a", .mode = S_IFLNK}, "target of 0 bytes");
    expect_entry_refused(
        (struct image_entry){.name = "a", .mode = S_IFLNK, .data = "x\0y", .size = 3},
        "holds a NUL");
    expect_entry_refused((struct image_entry){.name = "a", .mode = file, .says_size = 0xfffffff0},
                         "'a' has 4294967280 bytes, but the archive ends after");
    expect_entry_refused((struct image_entry){.name = "a", .mode = file, .says_name_size = 0x10000},
                         "a name of 65536 bytes, but the archive ends after");
    expect_entry_refused((struct image_entry){.name = "abc", .mode = file, .says_name_size = 2},
                         "without a NUL");
    expect_entry_refused((struct image_entry){.name = long_name, .mode = file},
                         "a component of 299 bytes");
}

/* A name could clear the screen of whoever reads the log. */
HTEST(cpio, reason_has_no_control_characters)
{
    expect_entry_refused((struct image_entry){.name = "/\033[2J\n\377x", .mode = S_IFREG},
                         "the name '/?[2J??x' is absolute");
}

HTEST(cpio, letter_in_a_number_is_refused_where_it_is)
{
    start();
    image_file(&lab.s, "f", "x");
    image_trailer(&lab.s);
    lab.buf[6 + 8 + 3] = 'g';
    expect_refused(17, "the field mode has the byte 0x67");
}

HTEST(cpio, archive_without_its_end_is_refused)
{
    size_t len;

    start();
    image_file(&lab.s, "f", "four");
    len = lab.s.len;
    expect_refused(len, "without the entry TRAILER!!!");
    start();
    image_file(&lab.s, "f", "four");
    for (int i = 0; i < 300; i++)
        seq_putc(&lab.s, '\0');
    expect_refused(len, "without the entry TRAILER!!!");
}

/* A module that was cut anywhere is never taken for whole, nor read behind its end. */
HTEST(cpio, archive_cut_anywhere_is_refused)
{
    static char whole[1024];
    size_t len;

    start();
    image_dir(&lab.s, "d");
    image_file(&lab.s, "d/file", "contents");
    image_link(&lab.s, "link", "d");
    len = lab.s.len + 110 + 11; /* up to the trailer's NUL */
    image_trailer(&lab.s);
    memcpy(whole, lab.buf, lab.s.len);
    for (size_t cut = 0; cut < len; cut++) {
        start();
        EXPECT_EQ(-EINVAL, parse_bytes(whole, cut));
        EXPECT(lab.diag.reason[0] != '\0');
    }
    start();
    EXPECT_EQ(0, parse_bytes(whole, len));
}

HTEST(cpio, other_formats_are_named)
{
    static const struct {
        const char *bytes;
        size_t len;
        const char *reason;
    } formats[] = {
        {"\x1f\x8b\x08", 3, "compressed with gzip; unpack it first"},
        {"\x28\xb5\x2f\xfd", 4, "compressed with zstd"},
        {"\xfd\x37zXZ", 6, "compressed with xz"},
        {"BZh91AY", 7, "compressed with bzip2"},
        {"\x02\x21\x4c\x18", 4, "compressed with lz4"},
        {"070707000", 9, "old ASCII format"},
        {"\xc7\x71\x00", 3, "old binary format"},
        {"\x7f"
         "ELF",
         4, "an ELF file"},
        {"", 0, "it is empty"},
        {"\0\0\0\0", 4, "nothing but zeros"},
        {"hello, world", 12, "too few for a header"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
        start();
        seq_write(&lab.s, formats[i].bytes, formats[i].len);
        expect_refused(0, formats[i].reason);
    }
}

/* Memory for names may run out at any of them. */
HTEST(cpio, out_of_memory_is_told_apart_from_a_wrong_archive)
{
    start();
    image_file(&lab.s, "a/b/c", "x");
    image_trailer(&lab.s);
    for (unsigned limit = 1; limit < 4; limit++) {
        nr_nodes = 0;
        max_nodes = limit;
        ASSERT_EQ(0, cpio_tree_init(&lab.tree, new_node, NULL));
        EXPECT_EQ(-ENOMEM, parse());
    }
    nr_nodes = 0;
    max_nodes = 4;
    ASSERT_EQ(0, cpio_tree_init(&lab.tree, new_node, NULL));
    EXPECT_EQ(0, parse());
}
