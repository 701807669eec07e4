/*
 * tests/host/test_cmdline.c - taking the kernel's command line apart.
 */
#include "kernel/boot_info.h"
#include "kernel/cmdline.h"
#include "tests/host/test.h"

/* `numa=fake=2` has its value behind the first '='; cut at the second it would mean something else.
 */
HTEST(cmdline, value_is_what_follows_the_first_equals_sign)
{
    cmdline_init("numa=fake=2 loglevel=7 exec=");
    EXPECT_STR("fake=2", cmdline_get("numa"));
    EXPECT_STR("7", cmdline_get("loglevel"));
    EXPECT_STR("", cmdline_get("exec"));
}

/* A flag that is absent and one that is empty are different answers. */
HTEST(cmdline, flag_has_an_empty_value_and_an_absent_option_none)
{
    cmdline_init("quiet");
    EXPECT_STR("", cmdline_get("quiet"));
    EXPECT_STR(NULL, cmdline_get("numa"));
    EXPECT_STR(NULL, cmdline_get("qui"));
    EXPECT_STR(NULL, cmdline_get("quietly"));
}

/* A script with blanks and semicolons must arrive in one piece, wherever the quotes stand. */
HTEST(cmdline, double_quotes_protect_blanks_and_vanish)
{
    cmdline_init("a exec=\"cat /proc/meminfo; echo 'x y'\" b");
    EXPECT_STR("cat /proc/meminfo; echo 'x y'", cmdline_get("exec"));
    EXPECT_STR("", cmdline_get("b"));
    cmdline_init("\"exec=a b\" quiet");
    EXPECT_STR("a b", cmdline_get("exec"));
    EXPECT_STR("", cmdline_get("quiet"));
}

/* Who appends an option to a loader's line means to change what stands before. */
HTEST(cmdline, last_one_wins)
{
    cmdline_init("numa=off numa=fake=4 numa");
    EXPECT_STR("", cmdline_get("numa"));
    cmdline_init("numa numa=off");
    EXPECT_STR("off", cmdline_get("numa"));
}

/* Linux takes both spellings of a name, so its documents show both. */
HTEST(cmdline, dash_and_underscore_are_the_same_in_names_only)
{
    cmdline_init("log-level=a_b-c");
    EXPECT_STR("a_b-c", cmdline_get("log_level"));
    EXPECT_STR("a_b-c", cmdline_get("log-level"));
}

/* Loaders and people leave all kinds of blanks. */
HTEST(cmdline, any_white_space_separates)
{
    cmdline_init(" \t\n a=1\r\n\tb=2   c ");
    EXPECT_STR("1", cmdline_get("a"));
    EXPECT_STR("2", cmdline_get("b"));
    EXPECT_STR("", cmdline_get("c"));
    cmdline_init("");
    EXPECT_STR(NULL, cmdline_get("a"));
    EXPECT_STR("", cmdline_text());
}

/* A missing quote must not read past the end. */
HTEST(cmdline, open_quote_reaches_to_the_end)
{
    cmdline_init("exec=\"a b c");
    EXPECT_STR("a b c", cmdline_get("exec"));
    cmdline_init("\"");
    EXPECT_STR(NULL, cmdline_get("a"));
}

/* The line that needs most room when it is taken apart is one of many flags. */
HTEST(cmdline, longest_line_fits_and_a_longer_one_is_cut)
{
    static char line[2 * BOOT_CMDLINE_SIZE];

    for (size_t i = 0; i + 1 < sizeof(line); i++)
        line[i] = i % 2 ? ' ' : 'a';
    cmdline_init(line);
    EXPECT_STR("", cmdline_get("a"));
    EXPECT_EQ(BOOT_CMDLINE_SIZE - 1, strlen(cmdline_text()));
    memset(line, '=', sizeof(line) - 1);
    cmdline_init(line);
    EXPECT_EQ(BOOT_CMDLINE_SIZE - 2, strlen(cmdline_get("")));
}

/* A misspelt option that nobody mentions costs an evening. */
HTEST(cmdline, unknown_option_is_warned_about_and_a_known_one_is_not)
{
    cmdline_init("numma=off quiet console=ttyS0 root=/dev/sda1 ro fooflag numa=off");
    cmdline_warn_unknown();
    EXPECT(host_logged("unknown option 'numma=off'"));
    EXPECT(host_logged("unknown option 'fooflag'"));
    EXPECT(!host_logged("quiet"));
    EXPECT(!host_logged("console"));
    EXPECT(!host_logged("'numa=off'"));
}

/* `help options` prints the table; an entry without a sentence explains nothing. */
HTEST(cmdline, known_options_have_a_sentence_or_belong_to_others)
{
    unsigned nr_ours = 0;

    for (const struct cmdline_option *o = cmdline_options; o->name; o++) {
        EXPECT(o->value != NULL);
        nr_ours += o->help != NULL;
    }
    EXPECT(nr_ours >= 5);
}
