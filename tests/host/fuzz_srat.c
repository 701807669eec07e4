/*
 * tests/host/fuzz_srat.c - any bytes as an SRAT: entries lie inside, in order, as many as counted.
 */
#include "kernel/acpi/srat.h"
#include "kernel/bug.h"
#include "kernel/lib/errno.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_entries(const struct srat *srat, size_t size)
{
    size_t end = 48;

    for (unsigned i = 0; i < srat->nr_entries; i++) {
        const struct srat_entry *e = &srat->entries[i];

        BUG_ON(e->offset != end);
        BUG_ON(e->length < 2);
        end = e->offset + e->length;
        BUG_ON(end > size);
        BUG_ON(e->malformed && (e->enabled || e->pxm || e->size));
        BUG_ON(e->type != SRAT_MEMORY && (e->hotplug || e->nonvolatile || e->base || e->size));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned count = srat_count(data, size);
    struct srat srat = {.capacity = count, .entries = malloc(count * sizeof(*srat.entries))};
    struct acpi_diag diag;
    int rc = srat_parse(data, size, &srat, &diag);

    BUG_ON(rc != 0 && rc != -EINVAL);
    BUG_ON((rc == 0) != (diag.reason[0] == '\0'));
    BUG_ON(srat.nr_entries != count); /* S2 */
    check_entries(&srat, size);
    if (count > 0) {
        srat.capacity = count - 1;
        BUG_ON(srat_parse(data, size, &srat, &diag) != -ENOSPC);
        BUG_ON(srat.nr_entries != count - 1);
    }
    free(srat.entries);
    return 0;
}
