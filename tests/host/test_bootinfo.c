/*
 * tests/host/test_bootinfo.c - the loader's bytes become struct boot_info, whatever they are.
 *
 * Each test lays its structures into a heap block of exactly the window's size, so that ASan sees
 * every read outside of it.
 */
#include "boot/bootinfo.h"
#include "boot/handoff.h"
#include "kernel/lib/errno.h"
#include "tests/host/test.h"

#define BASE 0x10000u /* physical address of the window's first byte */

/* A window under construction. */
struct image {
    uint8_t *bytes;
    size_t size;
    size_t used;
};

static struct boot_info bi;
static struct boot_diag diag;

static struct image image_new(size_t size)
{
    return (struct image){.bytes = calloc(1, size), .size = size};
}

/* Append @len bytes at the next multiple of 8; returns their physical address. */
static uint64_t put(struct image *im, const void *data, size_t len)
{
    size_t at = ALIGN_UP(im->used, (size_t)8);

    if (at + len > im->size)
        abort();
    if (len > 0)
        memcpy(im->bytes + at, data, len);
    im->used = at + len;
    return BASE + at;
}

/* Parse and free the image. */
static int parse(struct image *im, uint32_t loader, uint64_t info)
{
    struct boot_window window = {.bytes = im->bytes, .base = BASE, .size = im->size};
    int err = bootinfo_parse(&bi, loader, info, &window, &diag);

    free(im->bytes);
    return err;
}

static void expect_range(unsigned i, uint64_t start, uint64_t end, enum mem_type type)
{
    ASSERT(i < bi.nr_ranges);
    EXPECT_EQ(start, bi.ranges[i].start);
    EXPECT_EQ(end, bi.ranges[i].end);
    EXPECT_EQ(type, bi.ranges[i].type);
}

static bool complained_of(const char *words)
{
    return diag.what && strstr(diag.what, words);
}

/* ---- ranges ---- */

static void start_ranges(void)
{
    memset(&bi, 0, sizeof(bi));
}

/* A map that is taken in the firmware's order would make "the next range" a wrong question. */
HTEST(bootinfo, ranges_are_sorted)
{
    start_ranges();
    bootinfo_add_range(&bi, 0x5000, 0x1000, MEM_RAM);
    bootinfo_add_range(&bi, 0x1000, 0x1000, MEM_NVS);
    bootinfo_add_range(&bi, 0x3000, 0x1000, MEM_RAM);
    EXPECT_EQ(3, bi.nr_ranges);
    expect_range(0, 0x1000, 0x2000, MEM_NVS);
    expect_range(1, 0x3000, 0x4000, MEM_RAM);
    expect_range(2, 0x5000, 0x6000, MEM_RAM);
}

/* Firmware's own data inside RAM would be handed out as free pages. */
HTEST(bootinfo, less_usable_type_wins_inside_ram)
{
    start_ranges();
    bootinfo_add_range(&bi, 0, 0x10000, MEM_RAM);
    bootinfo_add_range(&bi, 0x4000, 0x1000, MEM_RESERVED);
    EXPECT_EQ(3, bi.nr_ranges);
    expect_range(0, 0, 0x4000, MEM_RAM);
    expect_range(1, 0x4000, 0x5000, MEM_RESERVED);
    expect_range(2, 0x5000, 0x10000, MEM_RAM);
}

/* The same when the RAM comes last in the firmware's map. */
HTEST(bootinfo, less_usable_type_stays_when_ram_comes_later)
{
    start_ranges();
    bootinfo_add_range(&bi, 0x4000, 0x1000, MEM_RESERVED);
    bootinfo_add_range(&bi, 0x8000, 0x1000, MEM_ACPI);
    bootinfo_add_range(&bi, 0, 0x10000, MEM_RAM);
    EXPECT_EQ(5, bi.nr_ranges);
    expect_range(0, 0, 0x4000, MEM_RAM);
    expect_range(1, 0x4000, 0x5000, MEM_RESERVED);
    expect_range(2, 0x5000, 0x8000, MEM_RAM);
    expect_range(3, 0x8000, 0x9000, MEM_ACPI);
    expect_range(4, 0x9000, 0x10000, MEM_RAM);
}

/* Two halves of one bank must not look like two banks with a border in between. */
HTEST(bootinfo, neighbours_of_one_type_become_one_range)
{
    start_ranges();
    bootinfo_add_range(&bi, 0x1000, 0x1000, MEM_RAM);
    bootinfo_add_range(&bi, 0x3000, 0x1000, MEM_RAM);
    bootinfo_add_range(&bi, 0x2000, 0x1000, MEM_RAM);
    EXPECT_EQ(1, bi.nr_ranges);
    expect_range(0, 0x1000, 0x4000, MEM_RAM);
}

/* A range that wraps would end before it starts, and be everything or nothing. */
HTEST(bootinfo, a_wrapping_range_is_cut_at_the_end_of_physical_memory)
{
    start_ranges();
    bootinfo_add_range(&bi, 0x100000, UINT64_MAX, MEM_RAM);
    bootinfo_add_range(&bi, UINT64_MAX - 0xfff, 0x1000, MEM_RAM);
    bootinfo_add_range(&bi, 0x5000, 0, MEM_RAM);
    EXPECT_EQ(1, bi.nr_ranges);
    expect_range(0, 0x100000, 1ULL << 52, MEM_RAM);
}

/* A type that this kernel has never heard of is not RAM. */
HTEST(bootinfo, unknown_types_are_reserved)
{
    start_ranges();
    bootinfo_add_range(&bi, 0, 0x1000, 12);
    bootinfo_add_range(&bi, 0x2000, 0x1000, 0);
    expect_range(0, 0, 0x1000, MEM_RESERVED);
    expect_range(1, 0x2000, 0x3000, MEM_RESERVED);
}

/* A reserved range that finds no room must not leave its memory usable. */
HTEST(bootinfo, without_room_memory_is_given_up_rather_than_used)
{
    start_ranges();
    for (unsigned i = 0; i < BOOT_MAX_RANGES; i++)
        bootinfo_add_range(&bi, i * 0x10000, 0x8000, MEM_RAM);
    EXPECT_EQ(BOOT_MAX_RANGES, bi.nr_ranges);
    bootinfo_add_range(&bi, 0x12000, 0x1000, MEM_RESERVED);
    EXPECT_EQ(1, bi.nr_ranges_dropped);
    expect_range(1, 0x10000, 0x12000, MEM_RAM);
    expect_range(2, 0x20000, 0x28000, MEM_RAM);
    bootinfo_add_range(&bi, 0x1000000, 0x1000, MEM_RAM);
    EXPECT_EQ(2, bi.nr_ranges_dropped);
}

/* What the map says of a page, by the rule alone: the least usable type of all entries over it. */
static int rank(int type)
{
    static const int ranks[] = {
        [0] = -1,           [MEM_RAM] = 0, [MEM_RESERVED] = 4, [MEM_ACPI] = 2, [MEM_NVS] = 3,
        [MEM_UNUSABLE] = 5, [6] = 4,       [MEM_PMEM] = 1};

    return ranks[type];
}

/* Any overlap that nobody thought of: 64 pages, random entries, compared page by page. */
HTEST(bootinfo, random_maps_equal_the_rule_page_by_page)
{
    static const int types[] = {MEM_RAM, MEM_RESERVED, MEM_ACPI, MEM_NVS, MEM_UNUSABLE, MEM_PMEM};

    for (int round = 0; round < 2000; round++) {
        int want[64] = {0}, got[64] = {0};

        start_ranges();
        for (int n = 0; n < 12; n++) {
            unsigned start = host_random_below(64), len = host_random_below(64 - start + 1);
            int type = types[host_random_below(ARRAY_SIZE(types))];

            bootinfo_add_range(&bi, start, len, (uint32_t)type);
            for (unsigned p = start; p < start + len; p++)
                want[p] = rank(type) > rank(want[p]) ? type : want[p];
        }
        for (unsigned i = 0; i < bi.nr_ranges; i++) {
            const struct mem_range *r = &bi.ranges[i];

            ASSERT(r->start < r->end && r->end <= 64);
            if (i > 0) {
                ASSERT(r[-1].end <= r->start); /* I1 */
                ASSERT(r[-1].end < r->start || r[-1].type != r->type);
            }
            for (uint64_t p = r->start; p < r->end; p++)
                got[p] = r->type;
        }
        ASSERT(memcmp(want, got, sizeof(want)) == 0);
    }
}

/* ---- PVH ---- */

static const struct boot_map_entry two_entries[] = {
    {.start = 0x100000, .size = 0x3f00000, .type = MEM_RAM},
    {.start = 0, .size = 0x9fc00, .type = MEM_RAM},
};

/* The ordinary case of every default boot. */
HTEST(bootinfo, pvh_version_1_is_read_whole)
{
    struct image im = image_new(4096);
    struct pvh_module module = {.start = 0x200000, .size = 0x1234};
    struct pvh_start_info info = {
        .magic = PVH_START_INFO_MAGIC, .version = 1, .nr_modules = 1, .rsdp = 0xf59e0};

    info.cmdline = put(&im, "numa=off quiet", 15);
    module.cmdline = put(&im, "initrd", 7);
    info.modules = put(&im, &module, sizeof(module));
    info.memory_map = put(&im, two_entries, sizeof(two_entries));
    info.nr_map_entries = 2;
    EXPECT_EQ(0, parse(&im, PVH_BOOT_MAGIC, put(&im, &info, sizeof(info))));
    EXPECT_EQ(0, diag.count);
    EXPECT_STR("PVH", bi.loader);
    EXPECT_STR("numa=off quiet", bi.cmdline);
    EXPECT(!bi.cmdline_truncated);
    EXPECT_EQ(0xf59e0, bi.rsdp_pa);
    EXPECT_EQ(1, bi.nr_modules);
    EXPECT_EQ(0x200000, bi.modules[0].start);
    EXPECT_EQ(0x201234, bi.modules[0].end);
    EXPECT_STR("initrd", bi.modules[0].cmdline);
    EXPECT_EQ(2, bi.nr_ranges);
    expect_range(0, 0, 0x9fc00, MEM_RAM);
    expect_range(1, 0x100000, 0x4000000, MEM_RAM);
}

/* A loader may put a module above 4 GiB: its numbers have 64 bits. */
HTEST(bootinfo, pvh_module_above_4_gib_is_kept_whole)
{
    struct image im = image_new(4096);
    struct pvh_module modules[] = {{.start = 0x123456789, .size = 0x180000000},
                                   {.start = UINT64_MAX - 0xfff, .size = 0x2000}};
    struct pvh_start_info info = {.magic = PVH_START_INFO_MAGIC, .version = 1, .nr_modules = 2};

    info.modules = put(&im, modules, sizeof(modules));
    info.memory_map = put(&im, two_entries, sizeof(two_entries));
    info.nr_map_entries = 2;
    EXPECT_EQ(0, parse(&im, PVH_BOOT_MAGIC, put(&im, &info, sizeof(info))));
    EXPECT_EQ(1, bi.nr_modules);
    EXPECT_EQ(0x123456789, bi.modules[0].start);
    EXPECT_EQ(0x2a3456789, bi.modules[0].end);
    EXPECT(complained_of("ends before it starts"));
}

/* Version 0 ends where version 1 has the map: reading on would take any bytes for a map. */
HTEST(bootinfo, pvh_version_0_is_refused_with_the_reason)
{
    struct image im = image_new(40);
    struct pvh_start_info info = {.magic = PVH_START_INFO_MAGIC, .version = 0};
    uint64_t pa = put(&im, &info, 40);

    EXPECT_EQ(-EINVAL, parse(&im, PVH_BOOT_MAGIC, pa));
    EXPECT(complained_of("version 0"));
    EXPECT_EQ(BASE, diag.pa);
}

HTEST(bootinfo, pvh_without_its_magic_number_is_refused)
{
    struct image im = image_new(64);

    EXPECT_EQ(-EINVAL, parse(&im, PVH_BOOT_MAGIC, BASE));
    EXPECT(complained_of("magic"));
}

/* Counts and pointers of a broken loader must not lead out of memory. */
HTEST(bootinfo, pvh_pointers_out_of_memory_are_not_followed)
{
    struct image im = image_new(sizeof(struct pvh_start_info) + sizeof(two_entries));
    struct pvh_start_info info = {.magic = PVH_START_INFO_MAGIC,
                                  .version = 1,
                                  .nr_modules = UINT32_MAX,
                                  .modules = UINT64_MAX - 8,
                                  .cmdline = BASE - 1,
                                  .memory_map = BASE + sizeof(info),
                                  .nr_map_entries = UINT32_MAX};

    put(&im, &info, sizeof(info));
    put(&im, two_entries, sizeof(two_entries));
    EXPECT_EQ(0, parse(&im, PVH_BOOT_MAGIC, BASE));
    EXPECT_EQ(4, diag.count); /* command line, two of modules, map */
    EXPECT_EQ(0, bi.nr_modules);
    EXPECT_STR("", bi.cmdline);
    EXPECT(bi.cmdline_truncated);
    EXPECT_EQ(2, bi.nr_ranges);
}

/* Nothing can be booted in a machine without RAM; the sentence must not be about something else. */
HTEST(bootinfo, a_map_without_ram_is_refused)
{
    struct image im = image_new(256);
    struct boot_map_entry entry = {.start = 0, .size = 0x1000000, .type = MEM_RESERVED};
    struct pvh_start_info info = {.magic = PVH_START_INFO_MAGIC, .version = 1, .nr_map_entries = 1};

    info.memory_map = put(&im, &entry, sizeof(entry));
    EXPECT_EQ(-EINVAL, parse(&im, PVH_BOOT_MAGIC, put(&im, &info, sizeof(info))));
    EXPECT(complained_of("no usable RAM"));
}

/* ---- Multiboot2 ---- */

static struct image mb2_new(size_t size)
{
    struct image im = image_new(size);
    struct multiboot2_info head = {.total_size = (uint32_t)size};

    put(&im, &head, sizeof(head));
    return im;
}

/* A tag of @type with @len bytes of payload. */
static uint64_t put_tag(struct image *im, uint32_t type, const void *payload, size_t len)
{
    struct multiboot2_tag tag = {.type = type, .size = (uint32_t)(sizeof(tag) + len)};
    uint64_t pa = put(im, &tag, sizeof(tag));

    memcpy(im->bytes + im->used, payload, len);
    im->used += len;
    return pa;
}

static void put_map(struct image *im)
{
    struct {
        uint32_t entry_size, version;
        struct boot_map_entry entries[2];
    } map = {24, 0, {two_entries[0], two_entries[1]}};

    put_tag(im, MULTIBOOT2_TAG_MEMORY_MAP, &map, sizeof(map));
}

/* The ordinary case of a boot by GRUB. */
HTEST(bootinfo, multiboot2_is_read_whole)
{
    struct image im = mb2_new(1024);
    uint8_t rsdp[36] = "RSD PTR ";
    struct {
        uint32_t start, end;
        char text[8];
    } module = {0x200000, 0x201234, "initrd"};

    put_tag(&im, MULTIBOOT2_TAG_CMDLINE, "numa=off", 9);
    put_tag(&im, MULTIBOOT2_TAG_RSDP_V2, rsdp, 36);
    put_tag(&im, MULTIBOOT2_TAG_RSDP_V1, rsdp, 20);
    put_tag(&im, MULTIBOOT2_TAG_MODULE, &module, sizeof(module));
    put_tag(&im, MULTIBOOT2_TAG_EFI64, rsdp, 8);
    put_map(&im);
    put_tag(&im, MULTIBOOT2_TAG_END, rsdp, 0);
    EXPECT_EQ(0, parse(&im, MULTIBOOT2_BOOT_MAGIC, BASE));
    EXPECT_EQ(0, diag.count);
    EXPECT_STR("multiboot2 (UEFI)", bi.loader);
    EXPECT_STR("numa=off", bi.cmdline);
    EXPECT_EQ(36, bi.rsdp_copy_len); /* the older, shorter copy doesn't replace it */
    EXPECT(memcmp(bi.rsdp_copy, rsdp, 36) == 0);
    EXPECT_EQ(1, bi.nr_modules);
    EXPECT_STR("initrd", bi.modules[0].cmdline);
    EXPECT_EQ(2, bi.nr_ranges);
}

/* A list without an end must end with the information itself. */
HTEST(bootinfo, multiboot2_without_an_end_tag_is_read_to_its_end)
{
    struct image im = mb2_new(8 + 16 + 48);

    put_map(&im);
    EXPECT_EQ(0, parse(&im, MULTIBOOT2_BOOT_MAGIC, BASE));
    EXPECT(complained_of("no end tag"));
    EXPECT_EQ(2, bi.nr_ranges);
}

/* A tag of size 0 would be read for ever. */
HTEST(bootinfo, multiboot2_stops_at_a_tag_that_is_shorter_than_its_head)
{
    struct image im = mb2_new(256);
    struct multiboot2_tag tag = {.type = 99, .size = 0};
    uint64_t pa;

    put_map(&im);
    pa = put(&im, &tag, sizeof(tag));
    EXPECT_EQ(0, parse(&im, MULTIBOOT2_BOOT_MAGIC, BASE));
    EXPECT(complained_of("size is wrong"));
    EXPECT_EQ(pa, diag.pa);
}

HTEST(bootinfo, multiboot2_stops_at_a_tag_that_reaches_past_the_information)
{
    struct image im = mb2_new(256);
    struct multiboot2_tag tag = {.type = MULTIBOOT2_TAG_CMDLINE, .size = 0xffffffff};

    put_map(&im);
    put(&im, &tag, sizeof(tag));
    EXPECT_EQ(0, parse(&im, MULTIBOOT2_BOOT_MAGIC, BASE));
    EXPECT(complained_of("size is wrong"));
    EXPECT_STR("", bi.cmdline);
}

/* Later versions may append to an entry: the step is the tag's word, not ours. */
HTEST(bootinfo, multiboot2_entries_may_be_longer_than_known)
{
    struct image im = mb2_new(256);
    struct {
        uint32_t entry_size, version;
        struct boot_map_entry first;
        uint8_t more1[8];
        struct boot_map_entry second;
        uint8_t more2[8];
    } map = {32, 0, two_entries[0], {0xff}, two_entries[1], {0xff}};

    put_tag(&im, MULTIBOOT2_TAG_MEMORY_MAP, &map, sizeof(map));
    EXPECT_EQ(0, parse(&im, MULTIBOOT2_BOOT_MAGIC, BASE));
    EXPECT_EQ(2, bi.nr_ranges);
    expect_range(1, 0x100000, 0x4000000, MEM_RAM);
}

/* Entries of size 0 would be read for ever; without another map there is nothing to boot with. */
HTEST(bootinfo, multiboot2_entries_of_size_0_are_refused)
{
    struct image im = mb2_new(256);
    uint32_t map[2] = {0, 0};

    put_tag(&im, MULTIBOOT2_TAG_MEMORY_MAP, map, sizeof(map));
    EXPECT_EQ(-EINVAL, parse(&im, MULTIBOOT2_BOOT_MAGIC, BASE));
    EXPECT(complained_of("no usable RAM"));
}

/* The two old numbers are better than nothing. */
HTEST(bootinfo, multiboot2_without_a_map_uses_the_basic_memory_sizes)
{
    struct image im = mb2_new(64);
    uint32_t mem[2] = {640, 64512};

    put_tag(&im, MULTIBOOT2_TAG_BASIC_MEM, mem, sizeof(mem));
    put_tag(&im, MULTIBOOT2_TAG_END, mem, 0);
    EXPECT_EQ(0, parse(&im, MULTIBOOT2_BOOT_MAGIC, BASE));
    EXPECT_EQ(1, diag.count);
    expect_range(0, 0, 640 << 10, MEM_RAM);
    expect_range(1, 1 << 20, 64 << 20, MEM_RAM);
}

/* A text without NUL ends with its tag, and says that something is missing. */
HTEST(bootinfo, a_command_line_without_end_is_cut_at_its_tag)
{
    struct image im = mb2_new(8 + 16 + 48 + 16);

    put_map(&im);
    put_tag(&im, MULTIBOOT2_TAG_CMDLINE, "quietabc", 8);
    EXPECT_EQ(0, parse(&im, MULTIBOOT2_BOOT_MAGIC, BASE));
    EXPECT_STR("quietabc", bi.cmdline);
    EXPECT(bi.cmdline_truncated);
}

HTEST(bootinfo, a_command_line_that_is_too_long_is_cut)
{
    struct image im = mb2_new(6000);
    char text[5000];

    memset(text, 'a', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    put_map(&im);
    put_tag(&im, MULTIBOOT2_TAG_CMDLINE, text, sizeof(text));
    EXPECT_EQ(0, parse(&im, MULTIBOOT2_BOOT_MAGIC, BASE));
    EXPECT(bi.cmdline_truncated);
    EXPECT_EQ(BOOT_CMDLINE_SIZE - 1, strlen(bi.cmdline));
}

/* More modules and longer texts than there is room for: the first ones are kept. */
HTEST(bootinfo, modules_past_the_room_are_left_out)
{
    struct image im = mb2_new(8192);
    struct {
        uint32_t start, end;
        char text[300];
    } module = {0x200000, 0x300000, ""};

    put_map(&im);
    memset(module.text, 'm', sizeof(module.text) - 1);
    for (int i = 0; i < BOOT_MAX_MODULES + 2; i++)
        put_tag(&im, MULTIBOOT2_TAG_MODULE, &module, sizeof(module));
    EXPECT_EQ(0, parse(&im, MULTIBOOT2_BOOT_MAGIC, BASE));
    EXPECT_EQ(BOOT_MAX_MODULES, bi.nr_modules);
    EXPECT(diag.count > 0);
    EXPECT_EQ(299, strlen(bi.modules[0].cmdline));
    EXPECT_STR("", bi.modules[BOOT_MAX_MODULES - 1].cmdline);
}

HTEST(bootinfo, a_module_that_ends_before_it_starts_is_left_out)
{
    struct image im = mb2_new(256);
    uint32_t module[2] = {0x300000, 0x200000};

    put_map(&im);
    put_tag(&im, MULTIBOOT2_TAG_MODULE, module, sizeof(module));
    EXPECT_EQ(0, parse(&im, MULTIBOOT2_BOOT_MAGIC, BASE));
    EXPECT_EQ(0, bi.nr_modules);
    EXPECT(complained_of("ends before it starts"));
}

/* Whoever jumped here, it was neither loader. */
HTEST(bootinfo, an_unknown_loader_is_refused)
{
    struct image im = image_new(64);

    EXPECT_EQ(-EINVAL, parse(&im, 0x2badb002, BASE));
    EXPECT(complained_of("neither"));
}
