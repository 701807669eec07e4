/*
 * tests/kernel/test_ubsan.c - the undefined-behaviour checks fire.
 */
#include "kernel/bug.h"
#include "kernel/ktest.h"
#include "kernel/lib/string.h"

#ifdef CONFIG_UBSAN
#define UBSAN_BUILT_IN true
#else
#define UBSAN_BUILT_IN false
#endif

/* volatile: the compilers must not see what is coming. */
static volatile int forty = 40;
static volatile int seven = 7;
static volatile uintptr_t odd_offset = 1;
static volatile int sink;
static volatile void *volatile address;

#define SKIP_WITHOUT_UBSAN() KSKIP_IF(!UBSAN_BUILT_IN, "not built with UBSAN=1")

/* One report came whose text holds @text. */
static void expect_report(const char *text)
{
    KEXPECT_EQ(1, report_expect_end());
    if (!strstr(report_last(), text))
        ktest_fail(__FILE__, __LINE__, "expected a report with '%s', got: %s", text, report_last());
}

/* x86 shifts by 40 mod 32; code that relies on it breaks with the next compiler. */
KTEST(ubsan, shift_past_the_width_is_reported_with_its_values)
{
    SKIP_WITHOUT_UBSAN();
    report_expect();
    /* cppcheck-suppress [shiftTooManyBits, integerOverflow] */
    sink = 1 << forty;
    expect_report("1 of type 'int' shifted by 40");
}

/* The classic: past the end of an array, which no other check of this kernel would see. Only the
 * address is taken: gcc would report the load from it as well. */
KTEST(ubsan, index_past_the_end_is_reported_with_the_index)
{
    static volatile int array[8];

    SKIP_WITHOUT_UBSAN();
    report_expect();
    address = &array[seven];
    /* cppcheck-suppress arrayIndexOutOfBounds */
    address = &array[seven + 2];
    expect_report("index 9 outside of type");
}

/* A table field that is read through a pointer of the wrong alignment works here and traps
 * elsewhere. */
KTEST(ubsan, misaligned_load_is_reported_with_the_alignment)
{
    static char bytes[16] __aligned(8);
    const int *p = (const int *)(uintptr_t)(bytes + odd_offset);

    SKIP_WITHOUT_UBSAN();
    report_expect();
    sink = *p;
    expect_report("misaligned address");
}

/* A checker that reports an ordinary shift would be switched off by the first who meets it. */
KTEST(ubsan, defined_behaviour_is_not_reported)
{
    unsigned long before = report_count();

    sink = 1 << seven;
    sink = (int)(0x80000000u << seven);
    KEXPECT_EQ(before, report_count());
}
