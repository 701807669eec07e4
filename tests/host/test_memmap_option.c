/*
 * tests/host/test_memmap_option.c - boot/memmap_option.c: memmap= on the command line.
 */
#include "boot/memmap_option.h"
#include "kernel/cmdline.h"
#include "kernel/lib/errno.h"
#include "tests/host/stubs.h"
#include "tests/host/test.h"

static struct boot_info bi;

/* A machine of 1 GiB with the kernel at 1 MiB and a module at 512 MiB. */
static void begin(void)
{
    bi = (struct boot_info){.kernel_start = MiB(1), .kernel_end = MiB(5), .nr_ranges = 3};
    bi.ranges[0] = (struct mem_range){0, KiB(636), MEM_RAM};
    bi.ranges[1] = (struct mem_range){KiB(960), MiB(1), MEM_RESERVED};
    bi.ranges[2] = (struct mem_range){MiB(1), GiB(1), MEM_RAM};
    bi.nr_modules = 1;
    bi.modules[0] = (struct boot_module){.start = MiB(512), .end = MiB(520)};
}

static void part(const char *text)
{
    const char *why = NULL;

    EXPECT_EQ(0, memmap_part(&bi, text, &why));
}

static void expect_refused(const char *text, const char *reason)
{
    const char *why = "";

    begin();
    EXPECT_EQ(-EINVAL, memmap_part(&bi, text, &why));
    if (!strstr(why, reason))
        host_fail(__FILE__, __LINE__, "memmap=%s: expected \"%s\", got \"%s\"", text, reason, why);
    EXPECT_EQ(3, bi.nr_ranges);
}

static void expect_range(unsigned i, uint64_t start, uint64_t end, enum mem_type type)
{
    ASSERT(i < bi.nr_ranges);
    EXPECT_EQ(start, bi.ranges[i].start);
    EXPECT_EQ(end, bi.ranges[i].end);
    EXPECT_EQ(type, bi.ranges[i].type);
}

/* As users of Linux make themselves persistent memory without a module. */
HTEST(memmap_option, exclamation_mark_makes_ram_persistent)
{
    begin();
    part("128M!768M");
    expect_range(2, MiB(1), MiB(768), MEM_RAM);
    expect_range(3, MiB(768), MiB(896), MEM_PMEM);
    expect_range(4, MiB(896), GiB(1), MEM_RAM);
    part("4K!4G");
    expect_range(5, GiB(4), GiB(4) + KiB(4), MEM_PMEM);
}

HTEST(memmap_option, dollar_and_hash_take_memory_away)
{
    begin();
    part("0x10000$0x30000000");
    part("64K#0x30020000");
    expect_range(3, 0x30000000, 0x30010000, MEM_RESERVED);
    expect_range(5, 0x30020000, 0x30030000, MEM_ACPI);
    EXPECT_EQ(7, bi.nr_ranges);
}

/* What the firmware keeps for itself must not be overruled by a mistyped digit. */
HTEST(memmap_option, at_sign_adds_ram_only_where_nothing_is)
{
    begin();
    part("1G@512M");
    expect_range(2, MiB(1), MiB(1536), MEM_RAM);
    part("64K@960K");
    expect_range(1, KiB(960), MiB(1), MEM_RESERVED);
    EXPECT_EQ(3, bi.nr_ranges);
}

HTEST(memmap_option, bare_size_ends_ram)
{
    begin();
    part("128M");
    expect_range(2, MiB(1), MiB(128), MEM_RAM);
    part("320K");
    expect_range(0, 0, KiB(320), MEM_RAM);
    EXPECT_EQ(2, bi.nr_ranges);
    EXPECT(!memmap_is_sound(&bi));
}

HTEST(memmap_option, exactmap_forgets_the_firmwares_map)
{
    begin();
    part("exactmap");
    EXPECT_EQ(0, bi.nr_ranges);
    EXPECT(!memmap_is_sound(&bi));
    part("2M@0");
    EXPECT(!memmap_is_sound(&bi));
    part("254M@2M");
    EXPECT(memmap_is_sound(&bi));
}

/* The machine would die before it could say why. */
HTEST(memmap_option, what_the_kernel_stands_on_is_refused)
{
    expect_refused("1M!2M", "kernel itself");
    expect_refused("4K$5242879", "kernel itself");
    expect_refused("2M!511M", "boot module");
    expect_refused("4K$0", "start CPUs");
    expect_refused("1G!0", "start CPUs");
}

HTEST(memmap_option, bad_forms_are_refused_with_a_reason)
{
    expect_refused("", "SIZE!START");
    expect_refused("x", "SIZE!START");
    expect_refused("!1G", "SIZE!START");
    expect_refused("exactmap2", "SIZE!START");
    expect_refused("1G!", "START is not");
    expect_refused("1G!xyz", "START is not");
    expect_refused("1G!1Gx", "START is not");
    expect_refused("1G%1G", "one of");
    expect_refused("1G 1G", "one of");
    expect_refused("0!1G", "size is 0");
    expect_refused("0", "size is 0");
    expect_refused("16E!1G", "SIZE!START");
    expect_refused("8E!0xfffffffffffff000", "past the end");
}

/* ---- the whole line ---- */

static void line(const char *text)
{
    begin();
    cmdline_init(text);
    memmap_options(&bi);
}

/* Linux takes both ways of writing several. */
HTEST(memmap_option, parts_and_options_add_up)
{
    line("memmap=16M!600M,16M!700M quiet memmap=16M!800M");
    EXPECT_EQ(9, bi.nr_ranges);
    expect_range(3, MiB(600), MiB(616), MEM_PMEM);
    expect_range(5, MiB(700), MiB(716), MEM_PMEM);
    expect_range(7, MiB(800), MiB(816), MEM_PMEM);
}

HTEST(memmap_option, one_bad_part_does_not_spoil_the_others)
{
    line("memmap=nonsense,16M!600M,,1M!2M");
    EXPECT_EQ(5, bi.nr_ranges);
    expect_range(3, MiB(600), MiB(616), MEM_PMEM);
    EXPECT(host_logged("memmap=nonsense: "));
    EXPECT(host_logged("memmap=1M!2M: the kernel itself lies there; ignored"));
}

HTEST(memmap_option, map_without_the_kernel_is_not_taken)
{
    line("memmap=exactmap,1G@4G");
    EXPECT_EQ(3, bi.nr_ranges);
    expect_range(2, MiB(1), GiB(1), MEM_RAM);
    EXPECT(host_logged("would not lie in RAM"));
    line("quiet");
    EXPECT_EQ(3, bi.nr_ranges);
}

/* A long part is cut, not run over. */
HTEST(memmap_option, very_long_part_is_refused)
{
    static char text[1024] = "memmap=";

    memset(text + 7, '9', 1000);
    line(text);
    EXPECT_EQ(3, bi.nr_ranges);
}
