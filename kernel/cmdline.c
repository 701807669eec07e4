/*
 * kernel/cmdline.c - the options that the loader passed.
 *
 * THEORY
 *
 * Options are separated by white space and are a bare flag or NAME=VALUE. Double quotes protect
 * white space and vanish; they may stand around the value or around the whole option. Of an option
 * that is there twice the last one wins. In names '-' and '_' are the same letter. Example:
 *
 *     quiet numa=fake=2 exec="cat /proc/meminfo; ktest"
 *
 * has quiet = "", numa = "fake=2" and exec = "cat /proc/meminfo; ktest".
 *
 * LOCKING  None. Written at boot, read-only afterwards.
 * SOURCES  Linux 6.1, Documentation/admin-guide/kernel-parameters.rst, "The kernel's command-line
 *          parameters".
 */
#include "kernel/cmdline.h"
#include "kernel/boot_info.h"
#include "kernel/lib/string.h"
#include "kernel/printk.h"

/* A new option is a line here and a cmdline_get() where it is obeyed. */
const struct cmdline_option cmdline_options[] = {
    {"exec", "\"CMD; CMD\"", "run these commands instead of the prompt, then power off"},
    {"fail_page_alloc", "INTERVAL,PROBABILITY,SPACE,TIMES", "let page allocations fail on purpose"},
    {"failslab", "INTERVAL,PROBABILITY,SPACE,TIMES",
     "the same for objects of kmalloc and the caches"},
    {"kernelcore", "SIZE|N%", "so much memory is the kernel's; the rest is for what can be moved"},
    {"ktest", "GLOB", "run the tests whose suite.name matches, then power off"},
    {"loglevel", "N", "messages below level N reach the console, 0 to 8 (7)"},
    {"maxcpus", "N", "start no more than N CPUs, the boot CPU included"},
    {"memmap", "SIZE!START|SIZE$START|...",
     "persistent (!), reserved ($), ACPI (#), RAM (@); SIZE: end of RAM; exactmap"},
    {"movable_node", "", "memory that can be pulled out is for what can be moved"},
    {"movablecore", "SIZE|N%", "so much memory is for what can be moved"},
    {"nosmp", "", "start no other CPU"},
    {"numa", "off|fake=N|fake=SIZE|fake=NU", "one node; N nodes; nodes of SIZE; N parts a node"},
    {"quiet", "", "only errors reach the console"},
    /* Common on lines that were written for Linux or by a loader; nothing is lost without them. */
    {"BOOT_IMAGE", "", NULL},
    {"console", "", NULL},
    {"earlyprintk", "", NULL},
    {"init", "", NULL},
    {"initrd", "", NULL},
    {"nokaslr", "", NULL},
    {"panic", "", NULL},
    {"rdinit", "", NULL},
    {"ro", "", NULL},
    {"root", "", NULL},
    {"rw", "", NULL},
    {"splash", "", NULL},
    {NULL, NULL, NULL},
};

/* The line as it came, and its options as NAME NUL VALUE NUL, one behind the other. A flag of one
 * letter takes two bytes of the line and three there, so twice the size is more than enough. */
static char line[BOOT_CMDLINE_SIZE];
static char parsed[2 * BOOT_CMDLINE_SIZE];
static size_t parsed_len;

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static const char *skip_spaces(const char *p)
{
    while (is_space(*p))
        p++;
    return p;
}

static void put(char c)
{
    parsed[parsed_len++] = c;
}

/* Store the option at @p without its quotes; returns what follows it. */
static const char *parse_option(const char *p)
{
    bool quoted = false, in_value = false;

    for (; *p != '\0' && (quoted || !is_space(*p)); p++) {
        if (*p == '"') {
            quoted = !quoted;
        } else if (*p == '=' && !in_value) {
            in_value = true;
            put('\0');
        } else {
            put(*p);
        }
    }
    if (!in_value)
        put('\0');
    put('\0');
    return p;
}

static bool same_name(const char *a, const char *b)
{
    for (;; a++, b++) {
        char x = *a == '-' ? '_' : *a, y = *b == '-' ? '_' : *b;

        if (x != y)
            return false;
        if (x == '\0')
            return true;
    }
}

static const char *value_of(const char *name)
{
    return name + strlen(name) + 1;
}

/* For each parsed option, ascending. */
#define for_each_option(name)                                                                      \
    for ((name) = parsed; (name) < parsed + parsed_len;                                            \
         (name) = value_of(name) + strlen(value_of(name)) + 1)

/*
 * cmdline_init - take @text apart.
 *
 * What is longer than BOOT_CMDLINE_SIZE - 1 bytes is cut; a quote that isn't closed reaches to the
 * end. Context: boot. O(length).
 */
void cmdline_init(const char *text)
{
    const char *p = line;

    strlcpy(line, text, sizeof(line));
    parsed_len = 0;
    for (p = skip_spaces(p); *p != '\0'; p = skip_spaces(p))
        p = parse_option(p);
}

/* cmdline_get - the value of @name, "" for a bare flag, NULL if absent. Valid until the next init.
 */
const char *cmdline_get(const char *name)
{
    const char *option, *value = NULL;

    for_each_option(option) if (same_name(option, name)) value = value_of(option);
    return value;
}

/* cmdline_next - the value of the first @name behind the value @after, which this returned before (NULL:
 * of all), or NULL. */
const char *cmdline_next(const char *name, const char *after)
{
    const char *option;

    for_each_option(option)
    {
        if (option > after && same_name(option, name))
            return value_of(option);
    }
    return NULL;
}

/* cmdline_text - the line as it was passed. */
const char *cmdline_text(void)
{
    return line;
}

static bool is_known(const char *name)
{
    for (const struct cmdline_option *o = cmdline_options; o->name; o++)
        if (same_name(o->name, name))
            return true;
    return false;
}

/* cmdline_warn_unknown - say which options nobody will obey. Context: boot, once the log is up. */
void cmdline_warn_unknown(void)
{
    const char *option;

    for_each_option(option) if (!is_known(option))
        pr_warn("unknown option '%s%s%s' ignored; the monitor's `help options` lists what is "
                "known",
                option, *value_of(option) ? "=" : "", value_of(option));
}
