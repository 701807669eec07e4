/*
 * tests/kernel/test_initramfs.c - archives that are made in memory, mounted, and used by paths.
 *
 * Each test mounts its own archive in the place of what the loader brought, and puts that back.
 */
#include "kernel/exec.h"
#include "kernel/fs/initramfs.h"
#include "kernel/fs/vfs.h"
#include "kernel/ktest.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"
#include "tests/kernel/cpio_image.h"

static char image_bytes[48 * 1024];
static struct seqbuf image;
static struct initramfs fs;
static struct vfs_root before;
static struct cpio_diag diag;

static char text[1024];
static struct seqbuf out;

static void start_image(void)
{
    seqbuf_init(&image, image_bytes, sizeof(image_bytes));
}

static int create(void)
{
    struct initramfs_source source = {(const uint8_t *)image_bytes, image.len};
    unsigned failed;

    return initramfs_create(&fs, &source, 1, &failed, &diag);
}

/* End the archive and mount it. False if it was not accepted. */
static bool mount_image(void)
{
    int err;

    image_trailer(&image);
    err = create();
    if (err) {
        ktest_fail(__FILE__, __LINE__, "error %d at offset 0x%llx: %s", err,
                   (unsigned long long)diag.offset, diag.reason);
        return false;
    }
    before = vfs_mount_root(initramfs_root(&fs));
    return true;
}

static void unmount_image(void)
{
    vfs_mount_root(before);
    initramfs_destroy(&fs);
}

static void expect_text(const char *want, const char *got)
{
    if (strcmp(want, got) != 0)
        ktest_fail(__FILE__, __LINE__, "expected \"%s\", got \"%s\"", want, got);
}

/* The file's text, or what is wrong with it. */
static const char *read_file(const char *path)
{
    int err;

    seqbuf_init(&out, text, sizeof(text));
    err = vfs_read(path, &out);
    return err ? vfs_strerror(err) : seqbuf_str(&out);
}

static int add_name(const char *name, const struct vfs_stat *st, void *arg)
{
    (void)arg;
    seq_printf(&out, "%s%s ", name, st->is_dir ? "/" : "");
    return 0;
}

static const char *list_dir(const char *path)
{
    int err;

    seqbuf_init(&out, text, sizeof(text));
    err = vfs_readdir(path, add_name, NULL);
    return err ? vfs_strerror(err) : seqbuf_str(&out);
}

/* What a command prints. */
static const char *run(const char *cmd)
{
    seqbuf_init(&out, text, sizeof(text));
    exec_command(cmd, strlen(cmd), &out);
    return seqbuf_str(&out);
}

/* An initrd whose files are not at the paths that they had in the folder is of no use. */
KTEST(initramfs, archives_files_are_at_their_paths)
{
    start_image();
    image_dir(&image, "etc");
    image_file(&image, "etc/motd", "hello\n");
    image_file(&image, "etc/empty", "");
    image_file(&image, "readme", "read me\n");
    KASSERT(mount_image());
    expect_text("hello\n", read_file("/etc/motd"));
    expect_text("hello\n", read_file("etc/../etc//./motd"));
    expect_text("", read_file("/etc/empty"));
    expect_text("empty motd ", list_dir("/etc"));
    expect_text("Is a directory", read_file("/etc"));
    expect_text("Not a directory", read_file("/readme/x"));
    expect_text("Not a directory", list_dir("/readme"));
    expect_text("No such file or directory", read_file("/etc/nothing"));
    unmount_image();
}

/* An archive that could hide /proc/meminfo would lie to every program; a directory that both have must
 * not lose what only one of them has. */
KTEST(initramfs, kernels_own_files_win_and_directories_are_merged)
{
    struct vfs_stat st;

    start_image();
    image_dir(&image, "proc");
    image_file(&image, "proc/version", "a lie\n");
    image_file(&image, "proc/notes", "notes\n");
    image_file(&image, "sys", "a file where the kernel has a directory\n");
    KASSERT(mount_image());
    KEXPECT(strncmp(read_file("/proc/version"), "Atoll ", 6) == 0);
    expect_text("notes\n", read_file("/proc/notes"));
    KEXPECT_EQ(0, vfs_stat("/sys", &st));
    KEXPECT(st.is_dir);
    list_dir("/proc");
    KEXPECT(strstr(text, "notes ") != NULL);
    KEXPECT(strstr(text, "version ") != NULL);
    KEXPECT(strstr(strstr(text, "version ") + 1, " version ") == NULL);
    list_dir("/");
    KEXPECT(strstr(text, "proc/ ") != NULL && strstr(text, "sys/ ") != NULL);
    KEXPECT(strstr(text, "sys ") == NULL);
    unmount_image();
}

KTEST(initramfs, writing_finds_a_read_only_file_system)
{
    start_image();
    image_dir(&image, "etc");
    image_file(&image, "etc/motd", "hello\n");
    KASSERT(mount_image());
    KEXPECT_EQ(-EROFS, vfs_write("/etc/motd", "x", 1));
    KEXPECT_EQ(-EROFS, vfs_write("/etc/new", "x", 1));
    KEXPECT_EQ(-EROFS, vfs_write("/new", "x", 1));
    KEXPECT_EQ(-EISDIR, vfs_write("/etc", "x", 1));
    KEXPECT_EQ(-ENOENT, vfs_write("/nowhere/new", "x", 1));
    KEXPECT_EQ(-ENOENT, vfs_write("/proc/new", "x", 1));
    expect_text("hello\n", read_file("/etc/motd"));
    unmount_image();
}

/* The byte at @pos of the file that reads are tried on. */
static char byte_at(uint64_t pos)
{
    return (char)('a' + pos * 31 / 7 % 26);
}

static void add_large_file(const char *name, unsigned size)
{
    struct image_entry e = {.name = name, .mode = S_IFREG | 0644, .says_size = size};

    image_add(&image, &e);
    for (unsigned i = 0; i < size; i++)
        seq_putc(&image, byte_at(i));
    image_pad(&image);
}

/* Pages begin and end in the middle of what is asked for. */
KTEST(initramfs, reading_anywhere_gives_the_bytes_that_are_there)
{
    static char buf[2 * PAGE_SIZE];
    const uint64_t size = 3 * PAGE_SIZE + 5;
    static const uint64_t positions[] = {
        0, 1, PAGE_SIZE - 1, PAGE_SIZE, PAGE_SIZE + 1, 2 * PAGE_SIZE, 3 * PAGE_SIZE + 4};
    static const size_t lengths[] = {1, 7, PAGE_SIZE, sizeof(buf)};

    start_image();
    add_large_file("large", (unsigned)size);
    KASSERT(mount_image());
    for (size_t p = 0; p < ARRAY_SIZE(positions); p++) {
        for (size_t l = 0; l < ARRAY_SIZE(lengths); l++) {
            uint64_t want = min((uint64_t)lengths[l], size - positions[p]), wrong = 0;

            KEXPECT_EQ(want, vfs_read_at("/large", positions[p], buf, lengths[l]));
            for (uint64_t i = 0; i < want; i++)
                wrong += buf[i] != byte_at(positions[p] + i);
            KEXPECT_EQ(0, wrong);
        }
    }
    KEXPECT_EQ(0, vfs_read_at("/large", size, buf, 1));
    KEXPECT_EQ(0, vfs_read_at("/large", UINT64_MAX - 8, buf, 1));
    KEXPECT_EQ(-EISDIR, vfs_read_at("/", 0, buf, 1));
    unmount_image();
}

/* The same call for a file that is text made on the spot. */
KTEST(initramfs, kernels_own_files_can_be_read_from_an_offset)
{
    char whole[256], part[256];
    long len = vfs_read_at("/proc/version", 0, whole, sizeof(whole));

    KASSERT(len > 20);
    KEXPECT_EQ(len - 6, vfs_read_at("/proc/version", 6, part, sizeof(part)));
    KEXPECT_EQ(0, memcmp(whole + 6, part, (size_t)len - 6));
    KEXPECT_EQ(3, vfs_read_at("/proc/version", 10, part, 3));
    KEXPECT_EQ(0, memcmp(whole + 10, part, 3));
    KEXPECT_EQ(0, vfs_read_at("/proc/version", (uint64_t)len, part, 1));
}

/* Half of what a Unix system has in /bin and /lib are links. */
KTEST(initramfs, symbolic_links_lead_where_they_say)
{
    char target[16];

    start_image();
    image_dir(&image, "usr");
    image_dir(&image, "usr/bin");
    image_file(&image, "usr/bin/prog", "program");
    image_file(&image, "usr/motd", "in usr");
    image_file(&image, "motd", "in the root");
    image_link(&image, "bin", "usr/bin");
    image_link(&image, "usr/bin/up", "..");
    image_link(&image, "absolute", "/usr/motd");
    image_link(&image, "kernel", "proc/version");
    image_link(&image, "broken", "nothing");
    KASSERT(mount_image());
    expect_text("program", read_file("/bin/prog"));
    expect_text("prog up ", list_dir("/bin"));
    expect_text("in usr", read_file("/absolute"));
    expect_text("in usr", read_file("/bin/up/motd"));
    expect_text("in usr", read_file("/bin/../motd"));
    KEXPECT(strncmp(read_file("/kernel"), "Atoll ", 6) == 0);
    expect_text("No such file or directory", read_file("/broken"));
    KEXPECT_EQ(7, vfs_readlink("/bin", target, sizeof(target)));
    expect_text("usr/bin", target);
    KEXPECT_EQ(-EINVAL, vfs_readlink("/motd", target, sizeof(target)));
    KEXPECT_EQ(-EINVAL, vfs_readlink("/proc/version", target, sizeof(target)));
    unmount_image();
}

/* Links l00 -> l01 -> ... -> l@nr, which is a file. */
static void add_chain(int nr)
{
    for (int i = 0; i <= nr; i++) {
        char name[8], target[8];
        struct seqbuf s;

        seqbuf_init(&s, name, sizeof(name));
        seq_printf(&s, "l%02d", i);
        seqbuf_str(&s);
        seqbuf_init(&s, target, sizeof(target));
        seq_printf(&s, "l%02d", i + 1);
        if (i < nr)
            image_link(&image, name, seqbuf_str(&s));
        else
            image_file(&image, name, "the end");
    }
}

/* Links that lead to each other must not hang the reader; 40 in a row are allowed, as in Linux. */
KTEST(initramfs, links_without_an_end_are_told)
{
    start_image();
    image_link(&image, "self", "self");
    image_link(&image, "a", "b/x");
    image_link(&image, "b", "a");
    add_chain(NAMEI_MAX_LINKS + 1);
    KASSERT(mount_image());
    expect_text("Too many levels of symbolic links", read_file("/self"));
    expect_text("Too many levels of symbolic links", read_file("/a/b"));
    expect_text("Too many levels of symbolic links", read_file("/l00"));
    expect_text("the end", read_file("/l01"));
    unmount_image();
}

KTEST(initramfs, device_is_listed_but_has_no_contents)
{
    start_image();
    image_dir(&image, "machine"); /* /dev may hold more than that */
    image_add(&image, &(struct image_entry){.name = "machine/console", .mode = S_IFCHR | 0600});
    KASSERT(mount_image());
    expect_text("crw-------          0 console\n", run("ls -l /machine"));
    seqbuf_init(&out, text, sizeof(text));
    KEXPECT_EQ(-ENXIO, vfs_read("/machine/console", &out));
    unmount_image();
}

/* Memory for thousands of names must come back; the free pages are compared after the test. */
KTEST(initramfs, every_name_of_many_is_found_and_all_memory_comes_back)
{
    char name[32];
    struct vfs_stat st;
    struct seqbuf s;

    start_image();
    for (int i = 0; i < 250; i++) {
        seqbuf_init(&s, name, sizeof(name));
        seq_printf(&s, "d%d/f%d", i % 10, i);
        image_file(&image, seqbuf_str(&s), "x");
    }
    KASSERT(mount_image());
    KEXPECT_EQ(261, fs.tree.nr_nodes);
    for (int i = 0; i < 250; i++) {
        seqbuf_init(&s, name, sizeof(name));
        seq_printf(&s, "/d%d/f%d", i % 10, i);
        KEXPECT_EQ(0, vfs_stat(seqbuf_str(&s), &st));
        KEXPECT_EQ(1, st.size);
    }
    unmount_image();
}

/* A wrong archive must not leave half a tree, nor the memory for it. */
KTEST(initramfs, wrong_archive_leaves_nothing)
{
    start_image();
    image_file(&image, "a/b/c", "x");
    KEXPECT_EQ(-EINVAL, create());
    KEXPECT(strstr(diag.reason, "TRAILER!!!") != NULL);
    KEXPECT(fs.chunks == NULL);
}

/* What people type: patterns, sums, counts, long lists. */
KTEST(initramfs, commands_see_the_archives_files)
{
    start_image();
    image_dir(&image, "etc");
    image_file(&image, "etc/motd", "one\ntwo\n");
    image_file(&image, "etc/passwd", "123456789");
    image_link(&image, "etc/link", "motd");
    KASSERT(mount_image());
    expect_text("/etc/motd /etc/passwd\n", run("echo /etc/*?d*"));
    expect_text("one\ntwo\none\ntwo\n", run("cat /etc/link /etc/motd"));
    expect_text("2 8 /etc/motd\n", run("wc /etc/motd"));
    expect_text("930766865 9 /etc/passwd\n", run("cksum /etc/passwd"));
    expect_text("motd\n", run("readlink /etc/link"));
    expect_text("lrwxrwxrwx          4 link -> motd\n-rw-r--r--          8 motd\n"
                "-rw-r--r--          9 passwd\n",
                run("ls -l /etc"));
    expect_text("/etc/motd: Read-only file system\n", run("echo x > /etc/motd"));
    unmount_image();
}
