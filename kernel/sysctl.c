/*
 * kernel/sysctl.c - numbers that are written to files of /proc/sys.
 */
#include "kernel/sysctl.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/parse.h"
#include "kernel/printk.h"

static const char *skip_blanks(const char *text)
{
    while (*text == ' ' || *text == '\t' || *text == '\n')
        text++;
    return text;
}

/* The number at the start of @text, with what is behind it and the blanks there in @end. */
static int parse_one(const char *text, unsigned long least, unsigned long most,
                     unsigned long *value, const char **end)
{
    uint64_t number;
    const char *behind;

    if (parse_u64(text, 10, &number, &behind) || number < least || number > most)
        return -EINVAL;
    *end = skip_blanks(behind);
    if (*end == behind && **end != '\0')
        return -EINVAL;
    *value = number;
    return 0;
}

/* sysctl_parse - contract in the header. */
int sysctl_parse(const char *name, const char *text, unsigned long least, unsigned long most,
                 unsigned long *value)
{
    unsigned long number;
    const char *end;

    if (parse_one(skip_blanks(text), least, most, &number, &end) || *end != '\0') {
        pr_warn("%s: one number from %lu to %lu is wanted", name, least, most);
        return -EINVAL;
    }
    *value = number;
    return 0;
}

/* sysctl_parse_vector - contract in the header. */
int sysctl_parse_vector(const char *name, const char *text, unsigned long most,
                        unsigned long *values, int max_nr)
{
    int nr = 0;

    text = skip_blanks(text);
    while (nr < max_nr && *text != '\0' && parse_one(text, 0, most, &values[nr], &text) == 0)
        nr++;
    if (nr == 0 || *text != '\0') {
        pr_warn("%s: up to %d numbers from 0 to %lu are wanted", name, max_nr, most);
        return -EINVAL;
    }
    return nr;
}
