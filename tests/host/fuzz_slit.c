/*
 * tests/host/fuzz_slit.c - any bytes as a SLIT: the matrix lies inside, or there is a complaint.
 */
#include "kernel/acpi/slit.h"
#include "kernel/bug.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slit slit;
    struct acpi_diag diag;
    int rc = slit_parse(data, size, &slit, &diag);

    BUG_ON((rc == 0) != (diag.reason[0] == '\0'));
    BUG_ON((rc == 0) != (slit.nr_localities > 0));
    if (rc != 0)
        return 0;
    size_t nr = (size_t)slit.nr_localities * slit.nr_localities;
    BUG_ON(slit.distance < data || slit.distance + nr > data + size);
    return 0;
}
