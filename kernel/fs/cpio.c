/*
 * kernel/fs/cpio.c - from the bytes of a cpio archive to a tree of names.
 *
 * THEORY
 *
 * An archive is a row of entries, each a header of text, a name and contents; header with name, and
 * contents, are filled up with zeros to a multiple of 4 bytes. The entry TRAILER!!! ends it. All
 * numbers of the header are 8 hexadecimal digits:
 *
 *     offset   0       6     14    22   30   38     46     54        62   70   78    86    94
 *           | magic | ino | mode | uid | gid | nlink | mtime | filesize | devs, rdevs | namesize | check |
 *             070701                                                                            110: name
 *
 *     echo hello > etc/motd      070701 00000002 000081A4 00000000 ... 00000006 ... 00000009 00000000
 *                                etc/motd\0 (110 + 9 = 119, one zero) hello\n (6, two zeros)
 *
 * Several archives may follow each other with zeros in between, as in Linux, which so lets one lay
 * another over it.
 *
 * Nothing is copied: names and contents stay in the archive.
 *
 * A directory that only occurs in other names is made up. A file of several names has its contents
 * at one of its entries, mostly the last one; entries of one archive are the same file if they have
 * the same device and inode number, and say that there are several names.
 *
 * INVARIANTS
 *   C1  Names and contents lie within the bytes that were given.
 *   And those of the tree, kernel/fs/cpio_tree.c.
 *
 * LOCKING  None: the tree is built by one thread, and read-only then. Pure; runs on the host too.
 * SOURCES  Linux 6.1, Documentation/driver-api/early-userspace/buffer-format.rst, "initramfs buffer
 *          format"; cpio(5), "New ASCII Format", "New CRC Format".
 * NOT HERE The tree itself (kernel/fs/cpio_tree.c); where the bytes come from, and who reads the files (kernel/fs/initramfs.c).
 */
#include "kernel/fs/cpio_internal.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/seqbuf.h"
#include "kernel/lib/string.h"

#define MAGIC_LEN  6
#define FIELD_LEN  8
#define HEADER_LEN 110
#define ALIGNMENT  4
#define TRAILER    "TRAILER!!!"

/* The fields of a header, in their order. */
enum field {
    INO,
    MODE,
    UID,
    GID,
    NLINK,
    MTIME,
    FILESIZE,
    DEV_MAJOR,
    DEV_MINOR,
    RDEV_MAJOR,
    RDEV_MINOR,
    NAMESIZE,
    CHECK,
    NR_FIELDS
};
_Static_assert(MAGIC_LEN + NR_FIELDS * FIELD_LEN == HEADER_LEN, "a magic and thirteen numbers");

static const char *const field_names[NR_FIELDS] = {
    "ino",       "mode",      "uid",        "gid",        "nlink",    "mtime", "filesize",
    "dev major", "dev minor", "rdev major", "rdev minor", "namesize", "check",
};

/* A parse under way. */
struct parse {
    struct cpio_tree *tree;
    const uint8_t *bytes;
    uint64_t len;
    uint64_t pos; /* where the entry begins that is looked at */
    struct cpio_diag *diag;
};

/* One entry, as the archive says. */
struct entry {
    uint32_t field[NR_FIELDS];
    bool has_check;
    const char *name;
    size_t name_len; /* bytes before the first NUL */
    const uint8_t *data;
};

static __printf(3, 4) int complain(struct parse *p, uint64_t offset, const char *fmt, ...)
{
    struct seqbuf s;
    va_list args;

    seqbuf_init(&s, p->diag->reason, sizeof(p->diag->reason));
    va_start(args, fmt);
    seq_vprintf(&s, fmt, args);
    va_end(args);
    seqbuf_str(&s);
    for (char *c = p->diag->reason; *c != '\0'; c++) /* names may hold anything, terminals obey */
        if (*c < ' ' || *c == 0x7f)
            *c = '?';
    p->diag->offset = offset;
    return -EINVAL;
}

/* ---- what it is instead of an archive --------------------------------------------------------- */

static const struct {
    const char *magic;
    uint8_t len;
    uint8_t offset; /* in units of 1 byte, small */
    const char *what;
} foreign[] = {
    {"\x1f\x8b", 2, 0, "it is compressed with gzip; unpack it first"},
    {"\x28\xb5\x2f\xfd", 4, 0, "it is compressed with zstd; unpack it first"},
    {"\xfd\x37\x7a\x58\x5a", 5, 0, "it is compressed with xz; unpack it first"},
    {"BZh", 3, 0, "it is compressed with bzip2; unpack it first"},
    {"\x5d\x00\x00", 3, 0, "it is compressed with lzma; unpack it first"},
    {"\x89LZO", 4, 0, "it is compressed with lzo; unpack it first"},
    {"\x02\x21\x4c\x18", 4, 0, "it is compressed with lz4; unpack it first"},
    {"\x04\x22\x4d\x18", 4, 0, "it is compressed with lz4; unpack it first"},
    {"070707", 6, 0, "it is a cpio archive in the old ASCII format; make one with -H newc"},
    {"\xc7\x71", 2, 0, "it is a cpio archive in the old binary format; make one with -H newc"},
    {"\x71\xc7", 2, 0, "it is a cpio archive in the old binary format; make one with -H newc"},
    {"\x7f"
     "ELF",
     4, 0, "it is an ELF file; tools/mkinitrd makes an archive of a folder"},
    {"PK\x03\x04", 4, 0, "it is a zip archive; tools/mkinitrd makes a cpio archive of a folder"},
    {"hsqs", 4, 0, "it is a squashfs image; tools/mkinitrd makes an archive of a folder"},
};
#define TAR_MAGIC_OFFSET 257

/* What the bytes at p->pos are, if they are something well-known; else NULL. */
static const char *recognise(const struct parse *p)
{
    const uint8_t *at = p->bytes + p->pos;
    uint64_t left = p->len - p->pos;

    for (size_t i = 0; i < ARRAY_SIZE(foreign); i++)
        if (left >= foreign[i].len && memcmp(at, foreign[i].magic, foreign[i].len) == 0)
            return foreign[i].what;
    if (left >= TAR_MAGIC_OFFSET + 5 && memcmp(at + TAR_MAGIC_OFFSET, "ustar", 5) == 0)
        return "it is a tar archive; tools/mkinitrd makes a cpio archive of a folder";
    return NULL;
}

/* ---- one entry -------------------------------------------------------------------------------- */

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int read_fields(struct parse *p, struct entry *e)
{
    const uint8_t *at = p->bytes + p->pos + MAGIC_LEN;

    for (int f = 0; f < NR_FIELDS; f++) {
        e->field[f] = 0;
        for (int i = 0; i < FIELD_LEN; i++, at++) {
            int digit = hex_digit(*at);

            if (digit < 0)
                return complain(p, (uint64_t)(at - p->bytes),
                                "the field %s has the byte 0x%02x, expected a hexadecimal digit",
                                field_names[f], *at);
            e->field[f] = e->field[f] << 4 | (uint32_t)digit;
        }
    }
    return 0;
}

static bool is_magic(const uint8_t *at)
{
    return memcmp(at, "07070", MAGIC_LEN - 1) == 0 && (at[5] == '1' || at[5] == '2');
}

static int check_magic(struct parse *p)
{
    const uint8_t *at = p->bytes + p->pos;

    if (p->len - p->pos < HEADER_LEN)
        return complain(p, p->pos,
                        "%llu bytes are left, too few for a header of %d; is it cut off?",
                        (unsigned long long)(p->len - p->pos), HEADER_LEN);
    if (!is_magic(at))
        return complain(p, p->pos,
                        "the magic number is %02x %02x %02x %02x %02x %02x, expected the text "
                        "070701 or 070702",
                        at[0], at[1], at[2], at[3], at[4], at[5]);
    return 0;
}

static int read_name(struct parse *p, struct entry *e)
{
    uint64_t size = e->field[NAMESIZE], at = p->pos + HEADER_LEN;

    if (size > p->len - at)
        return complain(p, p->pos, "a name of %llu bytes, but the archive ends after %llu",
                        (unsigned long long)size, (unsigned long long)(p->len - at));
    if (size > CPIO_PATH_MAX)
        return complain(p, p->pos, "a name of %llu bytes, %d are allowed", (unsigned long long)size,
                        CPIO_PATH_MAX);
    e->name = (const char *)p->bytes + at;
    e->name_len = strnlen(e->name, size);
    if (e->name_len == size)
        return complain(p, p->pos, "a name without a NUL at its end");
    if (e->name_len == 0)
        return complain(p, p->pos, "an empty name");
    return 0;
}

/* The contents behind header and name; *@end is where the next entry begins. */
static int find_data(struct parse *p, struct entry *e, uint64_t *end)
{
    uint64_t start = p->pos + ALIGN_UP((uint64_t)HEADER_LEN + e->field[NAMESIZE], ALIGNMENT);
    uint64_t size = e->field[FILESIZE];

    if (size > 0 && (start > p->len || size > p->len - start))
        return complain(p, p->pos, "'%.64s' has %llu bytes, but the archive ends after %llu",
                        e->name, (unsigned long long)size,
                        (unsigned long long)(p->len - min(start, p->len)));
    e->data = p->bytes + min(start, p->len);
    *end = min(start + ALIGN_UP(size, ALIGNMENT), p->len);
    return 0;
}

/* With the magic 070702 the field check is the sum of all bytes. */
static int check_sum(struct parse *p, const struct entry *e)
{
    uint32_t sum = 0;

    if (!e->has_check || !S_ISREG(e->field[MODE]) || e->field[FILESIZE] == 0)
        return 0;
    for (uint32_t i = 0; i < e->field[FILESIZE]; i++)
        sum += e->data[i];
    if (sum == e->field[CHECK])
        return 0;
    return complain(p, p->pos, "the bytes of '%.64s' add up to 0x%08x, expected 0x%08x", e->name,
                    sum, e->field[CHECK]);
}

static int read_entry(struct parse *p, struct entry *e, uint64_t *end)
{
    int err = check_magic(p);

    if (err)
        return err;
    e->has_check = p->bytes[p->pos + 5] == '2';
    if ((err = read_fields(p, e)) != 0 || (err = read_name(p, e)) != 0 ||
        (err = find_data(p, e, end)) != 0)
        return err;
    return check_sum(p, e);
}

/* ---- an entry into the tree ------------------------------------------------------------------- */

static void fill_node(struct parse *p, struct cpio_node *node, const struct entry *e)
{
    node->archive = p->tree->nr_archives;
    node->mode = e->field[MODE];
    node->mtime = e->field[MTIME];
    node->uid = e->field[UID];
    node->gid = e->field[GID];
    node->nlink = e->field[NLINK];
    node->ino = e->field[INO];
    node->dev_major = e->field[DEV_MAJOR];
    node->dev_minor = e->field[DEV_MINOR];
    node->rdev_major = e->field[RDEV_MAJOR];
    node->rdev_minor = e->field[RDEV_MINOR];
    if (S_ISDIR(node->mode))
        return;
    node->data = e->data;
    node->size = e->field[FILESIZE];
    p->tree->nr_bytes += node->size;
    if (S_ISREG(node->mode) && node->nlink > 1)
        cpio_join_names(p->tree, node);
}

static int check_type(struct parse *p, const struct entry *e)
{
    switch (e->field[MODE] & S_IFMT) {
    case S_IFREG:
        return 0;
    case S_IFLNK:
        if (e->field[FILESIZE] == 0 || e->field[FILESIZE] >= CPIO_PATH_MAX)
            return complain(p, p->pos,
                            "the symbolic link '%.64s' has a target of %u bytes, expected 1 to %d",
                            e->name, e->field[FILESIZE], CPIO_PATH_MAX - 1);
        if (memchr(e->data, '\0', e->field[FILESIZE]))
            return complain(p, p->pos, "the target of the symbolic link '%.64s' holds a NUL",
                            e->name);
        return 0;
    case S_IFDIR:
    case S_IFCHR:
    case S_IFBLK:
    case S_IFIFO:
    case S_IFSOCK:
        if (e->field[FILESIZE] != 0)
            return complain(p, p->pos, "'%.64s' of mode 0%o is no file, but has %u bytes", e->name,
                            e->field[MODE], e->field[FILESIZE]);
        return 0;
    default:
        return complain(p, p->pos, "'%.64s' has the mode 0%o, which is no type of file", e->name,
                        e->field[MODE]);
    }
}

/* @node is there, and @e names it: may it? */
static int name_again(struct parse *p, struct cpio_node *node, const struct entry *e)
{
    bool was_dir = S_ISDIR(node->mode), is_dir = S_ISDIR(e->field[MODE]);
    struct cpio_node *fresh;

    if (was_dir != is_dir)
        return complain(p, p->pos, "'%.64s' was a %s before, and is a %s now", e->name,
                        was_dir ? "directory" : "file", is_dir ? "directory" : "file");
    if (node->archive == p->tree->nr_archives)
        return complain(p, p->pos, "the name '%.64s' occurs twice", e->name);
    if (is_dir) {
        fill_node(p, node, e);
        return 0;
    }
    /* Other names of the old file still need it: only this name goes. */
    fresh = cpio_make_node(p->tree, node->parent, node->name, node->name_len);
    if (!fresh)
        return -ENOMEM;
    rb_erase(&p->tree->names, &node->by_name);
    cpio_add_name(p->tree, fresh);
    fill_node(p, fresh, e);
    return 0;
}

/* The entry @name[0..len) of *@dir, made if it isn't there, becomes *@dir. */
static int descend(struct parse *p, struct cpio_node **dir, const char *name, size_t len)
{
    struct cpio_node *node = cpio_find(p->tree, *dir, name, len);

    if (!node) {
        node = cpio_make_node(p->tree, *dir, name, len);
        if (!node)
            return -ENOMEM;
        cpio_add_name(p->tree, node);
    }
    *dir = node;
    return 0;
}

static int check_component(struct parse *p, const struct entry *e, const struct cpio_node *dir,
                           const char *name, size_t len)
{
    if (!S_ISDIR(dir->mode))
        return complain(p, p->pos, "'%.64s' lies below '%.*s', which is not a directory", e->name,
                        (int)min(dir->name_len, 64u), dir->name);
    if (len == 2 && name[0] == '.' && name[1] == '.')
        return complain(p, p->pos, "the name '%.64s' has '..' in it", e->name);
    if (len > CPIO_NAME_MAX)
        return complain(p, p->pos,
                        "the name '%.64s...' has a component of %zu bytes, %d are allowed", e->name,
                        len, CPIO_NAME_MAX);
    return 0;
}

/* Walk from the root to the entry's own node, *@node, making what isn't there. */
static int walk(struct parse *p, const struct entry *e, struct cpio_node **node)
{
    const char *at = e->name, *end = e->name + e->name_len;
    size_t len;
    int err;

    *node = p->tree->root;
    for (; at < end; at += len) {
        len = cpio_component_len(at, end);
        if (len == 0 || (len == 1 && *at == '.')) {
            len = max(len, (size_t)1);
            continue;
        }
        if ((err = check_component(p, e, *node, at, len)) != 0 ||
            (err = descend(p, node, at, len)) != 0)
            return err;
    }
    return 0;
}

static int enter(struct parse *p, const struct entry *e)
{
    uint64_t nr_before = p->tree->nr_nodes;
    struct cpio_node *node;
    int err;

    if (e->name[0] == '/')
        return complain(p, p->pos,
                        "the name '%.64s' is absolute, expected one without a '/' in front",
                        e->name);
    if ((err = check_type(p, e)) != 0 || (err = walk(p, e, &node)) != 0)
        return err;
    if (p->tree->nr_nodes == nr_before)
        return name_again(p, node, e);
    fill_node(p, node, e);
    return 0;
}

/* ---- archives --------------------------------------------------------------------------------- */

/* The first byte at or behind @pos that isn't 0, or the end. */
static uint64_t skip_zeros(const struct parse *p, uint64_t pos)
{
    while (pos < p->len && p->bytes[pos] == 0)
        pos++;
    return pos;
}

/* One archive, from p->pos, which goes behind it. */
static int read_archive(struct parse *p)
{
    const char *what = recognise(p);
    struct entry e;
    uint64_t end = p->pos;
    int err;

    if (what)
        return complain(p, p->pos, "%s", what);
    p->tree->nr_archives++;
    for (;; p->pos = end) {
        if (skip_zeros(p, p->pos) == p->len)
            return complain(p, p->pos,
                            "the archive ends without the entry " TRAILER "; is it cut off?");
        err = read_entry(p, &e, &end);
        if (err)
            return err;
        if (strcmp(e.name, TRAILER) == 0) {
            p->pos = end;
            return 0;
        }
        err = enter(p, &e);
        if (err)
            return err;
    }
}

/* cpio_tree_add - contract in the header. Context: that of new_node. */
int cpio_tree_add(struct cpio_tree *tree, const uint8_t *bytes, uint64_t len,
                  struct cpio_diag *diag)
{
    struct parse p = {.tree = tree, .bytes = bytes, .len = len, .diag = diag};
    int err = 0;

    *diag = (struct cpio_diag){.offset = 0};
    if (skip_zeros(&p, 0) == len)
        return complain(&p, 0, len == 0 ? "it is empty" : "it holds nothing but zeros");
    while ((p.pos = skip_zeros(&p, p.pos)) < len && !err)
        err = read_archive(&p);
    return err;
}
