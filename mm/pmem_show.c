/*
 * mm/pmem_show.c - persistent memory as files and a command.
 *
 * SOURCES  Linux 6.1, Documentation/ABI/testing/sysfs-bus-dax: names and formats.
 */
#include "kernel/command.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/parse.h"
#include "kernel/lib/string.h"
#include "mm/memremap.h"

#define READ_MAX 4096 /* bytes that one command prints */
#define ROW      16

void pmem_size_show(struct seqbuf *s, int id)
{
    seq_printf(s, "%llu\n", (unsigned long long)pmem_size(pmem_get(id)));
}

void pmem_resource_show(struct seqbuf *s, int id)
{
    seq_printf(s, "0x%llx\n", (unsigned long long)pmem_get(id)->start);
}

void pmem_numa_node_show(struct seqbuf *s, int id)
{
    seq_printf(s, "%d\n", pmem_get(id)->numa_node);
}

void pmem_target_node_show(struct seqbuf *s, int id)
{
    seq_printf(s, "%d\n", pmem_get(id)->target_node);
}

static void show_list(struct seqbuf *s)
{
    for (int id = pmem_next(-1); id >= 0; id = pmem_next(id)) {
        const struct dev_pagemap *dev = pmem_get(id);

        seq_printf(s, "%d: [mem 0x%016llx-0x%016llx] %llu KiB, node %d, target node %d\n", id,
                   (unsigned long long)dev->start, (unsigned long long)dev->end - 1,
                   (unsigned long long)pmem_size(dev) >> 10, dev->numa_node, dev->target_node);
    }
}

/* Rows of 16 bytes, as numbers and as text. */
static void dump(struct seqbuf *s, const uint8_t *bytes, uint64_t offset, uint64_t len)
{
    for (uint64_t at = 0; at < len; at += ROW) {
        uint64_t nr = min(len - at, (uint64_t)ROW);

        seq_printf(s, "%08llx ", (unsigned long long)(offset + at));
        for (uint64_t i = 0; i < nr; i++)
            seq_printf(s, " %02x", bytes[at + i]);
        seq_puts(s, "  ");
        for (uint64_t i = 0; i < nr; i++)
            seq_putc(s, bytes[at + i] >= ' ' && bytes[at + i] < 0x7f ? (char)bytes[at + i] : '.');
        seq_putc(s, '\n');
    }
}

static int usage(struct seqbuf *out)
{
    seq_puts(out, "pmem: write pmem, pmem N read OFFSET LENGTH, or pmem N write OFFSET TEXT\n");
    return -EINVAL;
}

/* [@offset, + @len) is not inside of the range. */
static int too_far(struct seqbuf *out, const struct dev_pagemap *dev)
{
    seq_printf(out, "pmem: the range ends at offset 0x%llx\n", (unsigned long long)pmem_size(dev));
    return -EINVAL;
}

static int read_bytes(struct seqbuf *out, const struct dev_pagemap *dev, uint64_t offset,
                      const char *length)
{
    const uint8_t *bytes;
    uint64_t len;

    if (parse_size(length, &len, NULL) || len > READ_MAX) {
        seq_printf(out, "pmem: %s: not a length from 0 to %d\n", length, READ_MAX);
        return -EINVAL;
    }
    bytes = pmem_map(dev, offset, len);
    if (!bytes)
        return too_far(out, dev);
    dump(out, bytes, offset, len);
    return 0;
}

static int pmem_command(int argc, char **argv, struct seqbuf *out)
{
    const struct dev_pagemap *dev;
    uint64_t id, offset;

    if (argc == 1) {
        show_list(out);
        return 0;
    }
    if (argc != 5 || parse_u64(argv[1], 10, &id, NULL) || parse_size(argv[3], &offset, NULL))
        return usage(out);
    dev = id < INT32_MAX ? pmem_get((int)id) : NULL;
    if (!dev) {
        seq_printf(out, "pmem: there is no range %s\n", argv[1]);
        return -ENODEV;
    }
    if (strcmp(argv[2], "read") == 0)
        return read_bytes(out, dev, offset, argv[4]);
    if (strcmp(argv[2], "write") != 0)
        return usage(out);
    return pmem_write(dev, offset, argv[4], strlen(argv[4])) ? too_far(out, dev) : 0;
}

MONITOR_COMMAND("pmem", "[N read OFFSET LENGTH|N write OFFSET TEXT]",
                "the ranges of persistent memory; print or write bytes of one", pmem_command);
