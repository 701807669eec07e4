/*
 * kernel/lib/glob.c - shell patterns.
 *
 * Only the last '*' can be worth a second try: whatever the stars before it swallowed, the text
 * that it may swallow still reaches to the end. So one place to go back to is enough.
 */
#include "kernel/lib/glob.h"

bool glob_match(const char *pattern, const char *text)
{
    const char *star = NULL;  /* behind the last '*' seen */
    const char *retry = NULL; /* where the text that this '*' didn't swallow began */

    while (*text) {
        if (*pattern == '*') {
            star = ++pattern;
            retry = text;
        } else if (*pattern == '?' || *pattern == *text) {
            pattern++;
            text++;
        } else if (star) {
            pattern = star;
            text = ++retry;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return !*pattern;
}
