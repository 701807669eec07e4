/*
 * tests/host/fuzz_numa_path.c - from ACPI bytes to zonelists: whatever the firmware and the user
 * say, the nodes hold together.
 *
 * The input is a machine: a header, then the bytes of SRAT, SLIT, RAM list and option.
 *
 *     byte 0      number of CPUs, 0 counts as 1; their APIC ids are 0, 1, 2 ...
 *     byte 1      bit 0: there is an SRAT, 1: a SLIT, 2: an option
 *     bytes 2-3   length of the SRAT      (of what is left, if that is less; little-endian)
 *     bytes 4-5   length of the SLIT
 *     byte 6      length of the option
 *     byte 7      number of RAM ranges, of 8 bytes each: first page and number of pages, 4 each
 *     then        SRAT, SLIT, option, RAM ranges
 */
#include "kernel/lib/seqbuf.h"
#include "tests/host/numa_machine.h"
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct numa_machine m;
static char report[1 << 16];

/* What is left of the input. */
struct input {
    const uint8_t *at;
    size_t left;
};

/* The next bytes, in a heap block of exactly their number: ASan sees a read of one too many. */
static uint8_t *take(struct input *in, size_t *nr)
{
    uint8_t *bytes;

    *nr = min(*nr, in->left);
    bytes = malloc(*nr + 1);
    memcpy(bytes, in->at, *nr);
    in->at += *nr;
    in->left -= *nr;
    return realloc(bytes, *nr ? *nr : 1);
}

static uint64_t take_u32(struct input *in)
{
    size_t nr = 4;
    uint8_t *bytes = take(in, &nr);
    uint64_t value = 0;

    while (nr > 0)
        value = value << 8 | bytes[--nr];
    free(bytes);
    return value;
}

/* RAM as the loader tells it; at least one page. */
static void take_ram(struct input *in, unsigned nr)
{
    while (nr-- > 0) {
        uint64_t first = take_u32(in), pages = take_u32(in) % (1U << 24);

        first = max(first % (1U << 26), (uint64_t)1);
        memblock_add(&m.mb, first << PAGE_SHIFT, (first + pages) << PAGE_SHIFT, NUMA_NO_NODE);
    }
    if (!m.mb.memory.nr)
        memblock_add(&m.mb, MiB(1), MiB(64), NUMA_NO_NODE);
}

static void parse_srat(const uint8_t *bytes, size_t size)
{
    static struct acpi_diag diag;

    m.srat.capacity = min(srat_count(bytes, size), (unsigned)NUMA_MAX_ENTRIES);
    m.in.srat = &m.srat;
    m.in.srat_diag = srat_parse(bytes, size, &m.srat, &diag) ? &diag : NULL;
}

static void parse_slit(const uint8_t *bytes, size_t size)
{
    static struct acpi_diag diag;

    m.in.slit = &m.slit;
    m.in.slit_diag = slit_parse(bytes, size, &m.slit, &diag) ? &diag : NULL;
}

/* The file and the log must be able to say whatever there is. */
static void print(void)
{
    struct seqbuf s;

    seqbuf_init(&s, report, sizeof(report));
    numa_report(&s, &m.t, &m.in);
    numa_print(&m.t, &m.in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in;
    size_t nr_srat, nr_slit, nr_option;
    uint8_t *srat, *slit, *option;
    const char *broken;

    if (size < 8)
        return 0;
    in = (struct input){.at = data + 8, .left = size - 8};
    nr_srat = data[2] | data[3] << 8;
    nr_slit = data[4] | data[5] << 8;
    nr_option = data[6];
    numa_machine_begin(&m, max(data[0], (uint8_t)1));
    srat = take(&in, &nr_srat);
    slit = take(&in, &nr_slit);
    option = take(&in, &nr_option);
    option = realloc(option, nr_option + 1);
    option[nr_option] = '\0';
    take_ram(&in, data[7]);
    if (data[1] & 1)
        parse_srat(srat, nr_srat);
    if (data[1] & 2)
        parse_slit(slit, nr_slit);
    if (data[1] & 4)
        m.in.option = (const char *)option;
    broken = numa_machine_broken(&m);
    if (broken) {
        fprintf(stderr, "%s\n", broken);
        abort();
    }
    print();
    free(srat);
    free(slit);
    free(option);
    return 0;
}
