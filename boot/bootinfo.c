/*
 * boot/bootinfo.c - from the loader's bytes to struct boot_info.
 *
 * THEORY
 *
 * Two loaders, one result. PVH passes a structure with physical pointers to the rest; Multiboot2
 * passes one block of tags, each with type and size. Nothing of it is believed before it was seen
 * to lie inside the window of memory that the caller gave: a structure is copied out by
 * read_bytes(), which refuses what doesn't fit, and a tag is only looked at within its own size.
 *
 * The firmware's memory map may be unsorted and may overlap itself. Each range is entered into a
 * sorted list without overlaps; where two overlap, the less usable type wins:
 *
 *     there        [ RAM                 )
 *     new                [ reserved )
 *     result       [ RAM )[ reserved )[ RAM )
 *
 * INVARIANTS
 *   I1  ranges[] is sorted by start, no range is empty, none overlaps, neighbours that touch differ
 *       in type.
 *
 * LOCKING  None. Pure: no globals, no hardware; runs on the host too.
 * UNITS    Physical addresses in bytes, intervals [start, end).
 * SOURCES  Multiboot2 2.0, 3.6 "Boot information"; Xen, docs/misc/pvh.pandoc and public header
 *          arch-x86/hvm/start_info.h.
 * NOT HERE What the RSDP points to (kernel/acpi); what the memory is used for (mm/memblock.c).
 */
#include "boot/bootinfo.h"
#include "boot/handoff.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"

/* Intel SDM vol. 3A, 4.1.4 "Enumeration of Paging Features by CPUID": MAXPHYADDR is at most 52. */
#define PHYS_END     (1ULL << 52)

#define RSDP_V1_SIZE 20
#define RSDP_V2_SIZE 36

/* A parse under way. */
struct parse {
    struct boot_info *bi;
    const struct boot_window *window;
    struct boot_diag *diag;
    size_t strings_used; /* bytes of bi->strings */
};

/* ---- reading ---- */

static void complain(struct parse *p, const char *what, uint64_t pa)
{
    if (p->diag->count++ > 0)
        return;
    p->diag->what = what;
    p->diag->pa = pa;
}

/* How many bytes of the window begin at @pa. */
static uint64_t bytes_at(const struct parse *p, uint64_t pa)
{
    const struct boot_window *w = p->window;

    if (pa < w->base || pa - w->base >= w->size)
        return 0;
    return w->size - (pa - w->base);
}

/* Copy out @len bytes at @pa if they lie in the window. */
static bool read_bytes(const struct parse *p, uint64_t pa, void *buf, size_t len)
{
    if (bytes_at(p, pa) < len)
        return false;
    memcpy(buf, p->window->bytes + (pa - p->window->base), len);
    return true;
}

/* Copy the text of at most @max bytes at @pa to buf[0..size), cut and NUL-terminated. False if it
 * was cut: by @size, or by the end of the window before its NUL. */
static bool read_text(const struct parse *p, uint64_t pa, uint64_t max, char *buf, size_t size)
{
    size_t limit = min(max, bytes_at(p, pa)), len, copied;
    const char *text;

    buf[0] = '\0';
    if (limit == 0)
        return false;
    text = (const char *)p->window->bytes + (pa - p->window->base);
    len = strnlen(text, limit);
    copied = min(len, size - 1);
    memcpy(buf, text, copied);
    buf[copied] = '\0';
    return copied == len && len < limit;
}

/* ---- the memory map ---- */

static enum mem_type type_of_firmware(uint32_t type)
{
    switch (type) {
    case MEM_RAM:
    case MEM_ACPI:
    case MEM_NVS:
    case MEM_UNUSABLE:
    case MEM_PMEM:
        return (enum mem_type)type;
    default:
        return MEM_RESERVED;
    }
}

/* The greater, the less usable. */
static int rank_of(enum mem_type type)
{
    switch (type) {
    case MEM_RAM:
        return 0;
    case MEM_PMEM:
        return 1;
    case MEM_ACPI:
        return 2;
    case MEM_NVS:
        return 3;
    case MEM_RESERVED:
        return 4;
    default:
        return 5;
    }
}

/* Make room for @nr ranges at @index. False if there is none. */
static bool open_gap(struct boot_info *bi, unsigned index, unsigned nr)
{
    if (bi->nr_ranges + nr > BOOT_MAX_RANGES)
        return false;
    memmove(&bi->ranges[index + nr], &bi->ranges[index],
            (bi->nr_ranges - index) * sizeof(bi->ranges[0]));
    bi->nr_ranges += nr;
    return true;
}

static void close_gap(struct boot_info *bi, unsigned index)
{
    bi->nr_ranges--;
    memmove(&bi->ranges[index], &bi->ranges[index + 1],
            (bi->nr_ranges - index) * sizeof(bi->ranges[0]));
}

/* Enter [start, end), which overlaps nothing, before ranges[index]. */
static void insert_range(struct boot_info *bi, unsigned index, uint64_t start, uint64_t end,
                         enum mem_type type)
{
    if (open_gap(bi, index, 1))
        bi->ranges[index] = (struct mem_range){start, end, type};
    else
        bi->nr_ranges_dropped++;
}

/* [start, end), inside ranges[index], becomes @type; what is left of the old range on either side
 * stays. Without room for the pieces the old range ends at @start. */
static void replace_part(struct boot_info *bi, unsigned index, uint64_t start, uint64_t end,
                         enum mem_type type)
{
    struct mem_range old = bi->ranges[index];
    unsigned before = old.start < start, after = end < old.end;

    if (!open_gap(bi, index, before + after)) {
        bi->nr_ranges_dropped++;
        bi->ranges[index].end = start;
        if (!before)
            close_gap(bi, index);
        return;
    }
    if (before)
        bi->ranges[index] = (struct mem_range){old.start, start, old.type};
    bi->ranges[index + before] = (struct mem_range){start, end, type};
    if (after)
        bi->ranges[index + before + 1] = (struct mem_range){end, old.end, old.type};
}

/* I1: neighbours that touch and agree become one. */
static void merge_neighbours(struct boot_info *bi)
{
    unsigned kept = 0;

    for (unsigned i = 1; i < bi->nr_ranges; i++) {
        struct mem_range *last = &bi->ranges[kept], *next = &bi->ranges[i];

        if (last->end == next->start && last->type == next->type)
            last->end = next->end;
        else
            bi->ranges[++kept] = *next;
    }
    if (bi->nr_ranges > 0)
        bi->nr_ranges = kept + 1;
}

/* The first range that ends after @pa. */
static unsigned first_after(const struct boot_info *bi, uint64_t pa)
{
    unsigned i = 0;

    while (i < bi->nr_ranges && bi->ranges[i].end <= pa)
        i++;
    return i;
}

/* bootinfo_add_range - contract in the header. Context: any. O(nr_ranges^2). */
void bootinfo_add_range(struct boot_info *bi, uint64_t start, uint64_t size, uint32_t type)
{
    enum mem_type new_type = type_of_firmware(type);
    uint64_t pos = start, end;

    if (start >= PHYS_END)
        return;
    end = start + min(size, PHYS_END - start);
    while (pos < end) {
        unsigned i = first_after(bi, pos);
        bool nothing_there = i == bi->nr_ranges || bi->ranges[i].start > pos;
        uint64_t next = i == bi->nr_ranges ? end
                        : nothing_there    ? min(end, bi->ranges[i].start)
                                           : min(end, bi->ranges[i].end);

        if (nothing_there)
            insert_range(bi, i, pos, next, new_type);
        else if (rank_of(new_type) > rank_of(bi->ranges[i].type))
            replace_part(bi, i, pos, next, new_type);
        pos = next;
    }
    merge_neighbours(bi);
}

static void add_map_entry(struct parse *p, uint64_t pa)
{
    struct boot_map_entry entry;

    if (!read_bytes(p, pa, &entry, sizeof(entry)))
        return;
    if (entry.start + entry.size < entry.start)
        complain(p, "a memory map entry that wraps around; it is cut", pa);
    bootinfo_add_range(p->bi, entry.start, entry.size, entry.type);
}

/* Is there anything to boot with? */
static int check_memory_map(struct parse *p, uint64_t pa)
{
    if (p->bi->nr_ranges_dropped > 0)
        complain(p, "a memory map of more ranges than there is room for; some are left out", pa);
    for (unsigned i = 0; i < p->bi->nr_ranges; i++) {
        if (p->bi->ranges[i].type == MEM_RAM)
            return 0;
    }
    return -EINVAL;
}

/* Say why it ends here, even if there were complaints before. */
static int give_up(struct parse *p, const char *what, uint64_t pa)
{
    p->diag->count++;
    p->diag->what = what;
    p->diag->pa = pa;
    return -EINVAL;
}

/* ---- modules and strings ---- */

/* Keep the text of at most @max bytes at @pa ("" without room or text) and return where. */
static const char *keep_string(struct parse *p, uint64_t pa, uint64_t max)
{
    char *text = p->bi->strings + p->strings_used;
    size_t room = sizeof(p->bi->strings) - p->strings_used;

    /* The last byte of strings[] is never used up: an empty text always has a place. */
    if (!read_text(p, pa, max, text, room))
        complain(p, "a module's text that is too long or has no end; it is cut", pa);
    p->strings_used += min(strlen(text) + 1, room - 1);
    return text;
}

/* The next module, filled except for its text; NULL if there is no room or it's not a range. */
static struct boot_module *add_module(struct parse *p, uint64_t start, uint64_t end, uint64_t pa)
{
    struct boot_module *module;

    if (end < start) {
        complain(p, "a module that ends before it starts; it is left out", pa);
        return NULL;
    }
    if (p->bi->nr_modules == BOOT_MAX_MODULES) {
        complain(p, "more modules than there is room for; the rest is left out", pa);
        return NULL;
    }
    module = &p->bi->modules[p->bi->nr_modules++];
    *module = (struct boot_module){.start = start, .end = end, .cmdline = ""};
    return module;
}

static void read_cmdline(struct parse *p, uint64_t pa, uint64_t max)
{
    struct boot_info *bi = p->bi;

    bi->cmdline_truncated = !read_text(p, pa, max, bi->cmdline, sizeof(bi->cmdline));
    if (bi->cmdline_truncated)
        complain(p, "a command line that is too long or has no end; it is cut", pa);
}

/* ---- PVH ---- */

static void pvh_read_modules(struct parse *p, const struct pvh_start_info *info)
{
    if (info->nr_modules > BOOT_MAX_MODULES)
        complain(p, "more modules than there is room for; the rest is left out", info->modules);
    for (uint32_t i = 0; i < min(info->nr_modules, (uint32_t)BOOT_MAX_MODULES); i++) {
        uint64_t pa = info->modules + i * sizeof(struct pvh_module);
        struct pvh_module in;
        struct boot_module *out;

        if (!read_bytes(p, pa, &in, sizeof(in))) {
            complain(p, "a module list that reaches out of memory", pa);
            return;
        }
        out = add_module(p, in.start, in.start + in.size, pa);
        if (out && in.cmdline != 0)
            out->cmdline = keep_string(p, in.cmdline, UINT64_MAX);
    }
}

static int pvh_read_memory_map(struct parse *p, const struct pvh_start_info *info, uint64_t pa)
{
    const uint64_t entry_size = sizeof(struct boot_map_entry);
    uint64_t fit = bytes_at(p, info->memory_map) / entry_size;
    uint64_t nr = min((uint64_t)info->nr_map_entries, fit);

    if (info->nr_map_entries > fit)
        complain(p, "a memory map that reaches out of memory; it is cut", info->memory_map);
    for (uint64_t i = 0; i < nr; i++)
        add_map_entry(p, info->memory_map + i * entry_size);
    if (check_memory_map(p, info->memory_map))
        return give_up(p, "the PVH memory map has no usable RAM", pa);
    return 0;
}

static int parse_pvh(struct parse *p, uint64_t pa)
{
    /* Version 0 ends before the memory map. */
    const size_t size_v0 = offsetof(struct pvh_start_info, memory_map);
    struct pvh_start_info info = {0};

    p->bi->loader = "PVH";
    if (!read_bytes(p, pa, &info, size_v0))
        return give_up(p, "the PVH start info lies outside of memory", pa);
    if (info.magic != PVH_START_INFO_MAGIC)
        return give_up(p, "the PVH start info has a wrong magic number, expected 0x336ec578", pa);
    p->bi->rsdp_pa = info.rsdp;
    if (info.cmdline != 0)
        read_cmdline(p, info.cmdline, UINT64_MAX);
    pvh_read_modules(p, &info);
    if (info.version == 0)
        return give_up(p,
                       "the PVH start info is of version 0, which has no memory map; "
                       "boot with a loader that passes version 1 (QEMU 4.0 or later)",
                       pa);
    if (!read_bytes(p, pa, &info, sizeof(info)))
        return give_up(p, "the PVH start info reaches out of memory", pa);
    return pvh_read_memory_map(p, &info, pa);
}

/* ---- Multiboot2 ---- */

static void mb2_read_module(struct parse *p, uint64_t pa, uint32_t size)
{
    struct multiboot2_module in;
    struct boot_module *out;

    if (size < sizeof(in) || !read_bytes(p, pa, &in, sizeof(in))) {
        complain(p, "a module tag that is too short", pa);
        return;
    }
    out = add_module(p, in.start, in.end, pa);
    if (out && size > sizeof(in))
        out->cmdline = keep_string(p, pa + sizeof(in), size - sizeof(in));
}

static void mb2_read_memory_map(struct parse *p, uint64_t pa, uint32_t size)
{
    struct multiboot2_memory_map map;
    uint64_t offset = sizeof(map);

    if (size < sizeof(map) || !read_bytes(p, pa, &map, sizeof(map))) {
        complain(p, "a memory map tag that is too short", pa);
        return;
    }
    if (map.entry_size < sizeof(struct boot_map_entry)) {
        complain(p, "a memory map whose entries are too short, expected 24 bytes or more", pa);
        return;
    }
    for (; size - offset >= map.entry_size; offset += map.entry_size)
        add_map_entry(p, pa + offset);
    if (size != offset)
        complain(p, "a memory map tag that ends within an entry", pa);
}

/* Two numbers instead of a map; used where there is no map. */
static void mb2_use_basic_mem(struct parse *p, uint64_t pa)
{
    struct multiboot2_basic_mem mem;

    if (!read_bytes(p, pa, &mem, sizeof(mem)))
        return;
    complain(p, "no memory map; only the sizes of lower and upper memory are known", pa);
    bootinfo_add_range(p->bi, 0, KiB(mem.lower_kib), MEM_RAM);
    bootinfo_add_range(p->bi, MiB(1), KiB(mem.upper_kib), MEM_RAM);
}

/* A copy of the RSDP; the longer structure is the better one. */
static void mb2_read_rsdp(struct parse *p, uint64_t pa, uint32_t size)
{
    uint32_t there = size - (uint32_t)sizeof(struct multiboot2_tag);
    uint32_t len = there >= RSDP_V2_SIZE ? RSDP_V2_SIZE : RSDP_V1_SIZE;

    if (there < RSDP_V1_SIZE)
        complain(p, "an RSDP tag that is too short, expected 20 bytes or 36", pa);
    else if (len >= p->bi->rsdp_copy_len &&
             read_bytes(p, pa + sizeof(struct multiboot2_tag), p->bi->rsdp_copy, len))
        p->bi->rsdp_copy_len = len;
}

/* @size is at least a tag's header, and the tag lies in the window. */
static void mb2_read_tag(struct parse *p, uint32_t type, uint64_t pa, uint32_t size)
{
    switch (type) {
    case MULTIBOOT2_TAG_CMDLINE:
        read_cmdline(p, pa + sizeof(struct multiboot2_tag), size - sizeof(struct multiboot2_tag));
        break;
    case MULTIBOOT2_TAG_MODULE:
        mb2_read_module(p, pa, size);
        break;
    case MULTIBOOT2_TAG_MEMORY_MAP:
        mb2_read_memory_map(p, pa, size);
        break;
    case MULTIBOOT2_TAG_EFI32:
    case MULTIBOOT2_TAG_EFI64:
    case MULTIBOOT2_TAG_EFI_HANDLE32:
    case MULTIBOOT2_TAG_EFI_HANDLE64:
        p->bi->loader = "multiboot2 (UEFI)";
        break;
    case MULTIBOOT2_TAG_RSDP_V1:
    case MULTIBOOT2_TAG_RSDP_V2:
        mb2_read_rsdp(p, pa, size);
        break;
    default:
        break;
    }
}

/* Read all tags of [pa, end). Returns where the basic memory tag is, 0 if there is none. */
static uint64_t mb2_read_tags(struct parse *p, uint64_t pa, uint64_t end)
{
    uint64_t basic_mem = 0;

    while (end - pa >= sizeof(struct multiboot2_tag)) {
        struct multiboot2_tag tag;

        if (!read_bytes(p, pa, &tag, sizeof(tag)))
            break;
        if (tag.type == MULTIBOOT2_TAG_END)
            return basic_mem;
        if (tag.size < sizeof(tag) || tag.size > end - pa) {
            complain(p, "a tag whose size is wrong; it and what follows is left out", pa);
            return basic_mem;
        }
        if (tag.type == MULTIBOOT2_TAG_BASIC_MEM && tag.size >= sizeof(struct multiboot2_basic_mem))
            basic_mem = pa;
        mb2_read_tag(p, tag.type, pa, tag.size);
        pa += min(ALIGN_UP((uint64_t)tag.size, MULTIBOOT2_TAG_ALIGN), end - pa);
    }
    complain(p, "no end tag", pa);
    return basic_mem;
}

static int parse_multiboot2(struct parse *p, uint64_t pa)
{
    struct multiboot2_info info;
    uint64_t size, basic_mem;

    p->bi->loader = "multiboot2 (BIOS)";
    if (!read_bytes(p, pa, &info, sizeof(info)))
        return give_up(p, "the multiboot2 information lies outside of memory", pa);
    size = min((uint64_t)info.total_size, bytes_at(p, pa));
    if (size < sizeof(info))
        return give_up(p, "the multiboot2 information is shorter than its head", pa);
    if (size < info.total_size)
        complain(p, "information that reaches out of memory; it is cut", pa);
    basic_mem = mb2_read_tags(p, pa + sizeof(info), pa + size);
    if (p->bi->nr_ranges == 0 && basic_mem != 0)
        mb2_use_basic_mem(p, basic_mem);
    if (check_memory_map(p, pa))
        return give_up(p, "the multiboot2 memory map has no usable RAM", pa);
    return 0;
}

/* bootinfo_parse - contract in the header. Context: any. */
int bootinfo_parse(struct boot_info *bi, uint32_t loader, uint64_t info,
                   const struct boot_window *window, struct boot_diag *diag)
{
    struct parse p = {.bi = bi, .window = window, .diag = diag};

    memset(bi, 0, sizeof(*bi));
    memset(diag, 0, sizeof(*diag));
    bi->loader = "unknown";
    if (loader == PVH_BOOT_MAGIC)
        return parse_pvh(&p, info);
    if (loader == MULTIBOOT2_BOOT_MAGIC)
        return parse_multiboot2(&p, info);
    return give_up(&p, "neither PVH nor multiboot2 loaded the kernel", info);
}
