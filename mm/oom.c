/*
 * mm/oom.c - out of memory: who gives up theirs.
 */
#include "mm/oom.h"

bool out_of_memory(const struct oom_control *oc)
{
    (void)oc;
    return false;
}
