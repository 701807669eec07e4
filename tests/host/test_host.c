/*
 * tests/host/test_host.c - the host's panic, reports and log, which other tests rely on.
 */
#include "kernel/printk.h"
#include "tests/host/test.h"
#include <arch/irq.h>

static int nr_done;

static int panic_if(bool wrong)
{
    BUG_ON(wrong);
    nr_done++;
    return 1;
}

/* A check that the kernel lost would be taken for one that held. */
HTEST(host, a_panic_ends_the_expression_and_leaves_its_message)
{
    nr_done = 0;
    EXPECT_PANIC(panic_if(true));
    EXPECT_EQ(0, nr_done);
    EXPECT(strstr(host_panic_message, "tests/host/test_host.c") != NULL);
    EXPECT(strstr(host_panic_message, ": wrong") != NULL);
    EXPECT_PANIC(panic("page 0x%x on node %d", 0x1a2b, 1));
    EXPECT_STR("page 0x1a2b on node 1", host_panic_message);
    EXPECT_EQ(1, panic_if(false));
}

HTEST(host, expected_reports_are_counted_apart)
{
    report_expect();
    report_bug("page %d freed twice", 7);
    report_bug("page %d freed twice", 8);
    EXPECT_EQ(2, report_expect_end());
    EXPECT_EQ(0, report_count());
    EXPECT_STR("page 8 freed twice", report_last());
}

static bool warn(bool wrong)
{
    return WARN_ON_ONCE(wrong);
}

HTEST(host, a_warning_returns_its_condition_and_reports_once)
{
    EXPECT(!warn(false));
    report_expect();
    EXPECT(warn(true));
    EXPECT(warn(true));
    EXPECT_EQ(1, report_expect_end());
}

HTEST(host, the_log_keeps_the_lines_of_the_running_test)
{
    EXPECT(!host_logged("SRAT"));
    pr_warn("SRAT: entry of length %d at 0x%x\n", 0, 48);
    pr_info("next line");
    EXPECT(host_logged("SRAT: entry of length 0 at 0x30\nnext line\n"));
    EXPECT(!host_logged("at 0x31"));
}

HTEST(host, interrupts_nest_as_in_the_kernel)
{
    unsigned long outer = irq_save(), inner = irq_save();

    EXPECT(!irqs_enabled());
    irq_restore(inner);
    EXPECT(!irqs_enabled());
    irq_restore(outer);
    EXPECT(irqs_enabled());
}

/* A random failure that cannot be had again cannot be mended. */
HTEST(host, random_numbers_start_the_same_in_every_test)
{
    EXPECT_EQ((long long)0xdc1b77ae0bf34dadull, host_random());
    for (int i = 0; i < 1000; i++)
        EXPECT(host_random_below(3) < 3);
}
