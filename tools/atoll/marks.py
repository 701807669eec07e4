"""Linux's arithmetic of watermarks and reserves, restated to judge either kernel by its own numbers.

Two kernels never manage the same pages: each keeps something else for itself. So their marks differ
where their arithmetic doesn't. What must agree is what each of them makes of what it manages: the marks
of a zone follow from min_free_kbytes, watermark_scale_factor and the managed pages of all zones, its
reserves from the managed pages above it and lowmem_reserve_ratio. mm/watermark.c says what they are for.

UNITS    pages, but for min_free_kbytes.
SOURCES  Linux 6.1, Documentation/admin-guide/sysctl/vm.rst, "min_free_kbytes", "watermark_scale_factor",
         "lowmem_reserve_ratio".
"""

SCALE_BASE = 10000                # of watermark_scale_factor
KIB_A_PAGE = 4


def marks(managed, min_free_kbytes, total, scale_factor):
    """(min, low, high) of a zone that manages @managed of all zones' @total pages."""
    if not total:
        return 0, 0, 0
    least = min_free_kbytes // KIB_A_PAGE * managed // total
    step = max(least // 4, managed * scale_factor // SCALE_BASE)
    return least, least + step, least + 2 * step


def reserves(managed, ratios):
    """The protection lines of a node's zones, lowest zone first.

    @managed  pages of each zone.
    @ratios   by the zone that keeps the reserve; 0 or missing: it keeps none.
    """
    rows = []
    for i, pages in enumerate(managed):
        ratio = ratios[i] if i < len(ratios) else 0
        rows.append([sum(managed[i + 1:j + 1]) // ratio if j > i and ratio and pages else 0
                     for j in range(len(managed))])
    return rows
