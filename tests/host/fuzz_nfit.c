/*
 * tests/host/fuzz_nfit.c - any bytes as an NFIT: ranges lie inside, or there is a complaint; and whatever
 * they say, the ranges that are used hold D1.
 */
#include "kernel/acpi/nfit.h"
#include "kernel/bug.h"
#include "mm/pmem_ranges.h"
#include <arch/page.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct nfit nfit;
static struct memblock ram;
static struct pmem_ranges ranges;

/* D1 */
static void check_ranges(void)
{
    for (unsigned i = 0; i < ranges.nr; i++) {
        const struct pmem_range *r = &ranges.range[i];

        BUG_ON(r->start >= r->end || r->start % PAGE_SIZE || r->end % PAGE_SIZE);
        BUG_ON(r->end > ranges.limit || memblock_overlaps_memory(&ram, r->start, r->end));
        BUG_ON(i && ranges.range[i - 1].end > r->start);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct acpi_diag diag;
    int rc = nfit_parse(data, size, &nfit, &diag);

    BUG_ON((rc == 0) != (diag.reason[0] == '\0'));
    BUG_ON(nfit.nr_ranges > NFIT_MAX_RANGES);
    ram = (struct memblock){.limit = MEMBLOCK_ANYWHERE};
    memblock_add(&ram, MiB(1), GiB(1), 0);
    ranges = (struct pmem_ranges){.limit = 1ULL << 46};
    for (unsigned i = 0; i < nfit.nr_ranges; i++) {
        const struct nfit_range *n = &nfit.ranges[i];
        struct pmem_range r = {.start = n->base, .end = n->base + n->size, .from_nfit = i % 3};
        const char *why;

        BUG_ON(n->offset + 56 > size);
        pmem_ranges_add(&ranges, &ram, &r, &why);
    }
    check_ranges();
    return 0;
}
