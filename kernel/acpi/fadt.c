/*
 * kernel/acpi/fadt.c - reads from the FADT and the DSDT what switching off needs.
 *
 * THEORY
 *
 * A machine is switched off by a write to its PM1 control register: SLP_TYP, a number of three bits
 * that each chipset chooses, together with SLP_EN. The FADT tells the register's I/O port. The
 * number is in the DSDT, in the byte code of a program (AML), where it looks like this:
 *
 *     08  5f 53 35 5f  12  06  04  00 00 00 00       Name (_S5_, Package (4) {0, 0, 0, 0})
 *     |   _  S  5  _   |   |   |   SLP_TYPa, SLP_TYPb, two that are reserved
 *     NameOp    PackageOp  |   number of elements
 *                          length of the package, this byte included
 *
 * An interpreter isn't needed to find that: the name occurs as a definition once. Everything is
 * bounded by the package's length, and that by the table's.
 *
 * Ports stand in the FADT twice, as 32-bit ports and, from revision 3 on, as generic addresses
 * ("X_"). The latter are preferred if they are in I/O space and look sane.
 *
 * LOCKING  None: pure.
 * SOURCES  ACPI 6.4, 5.2.3.2 "Generic Address Structure", 5.2.9 "Fixed ACPI Description Table
 *          (FADT)", 7.4.2 "\_Sx (System States)", 20.2 "AML Grammar Definition" and subsections.
 */
#include "kernel/acpi/fadt.h"

#include "kernel/acpi/bytes.h"
#include "kernel/acpi/layout.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"

/* ACPI 6.4, 5.2.3.2 "Generic Address Structure". */
struct gas_layout {
    uint8_t space;
    uint8_t bit_width;
    uint8_t bit_offset;
    uint8_t access_size;
    uint64_t address;
} __packed;
_Static_assert(sizeof(struct gas_layout) == 12, "ACPI 6.4, 5.2.3.2");

#define GAS_SYSTEM_IO 1

/* ACPI 6.4, 5.2.9, table "FADT Format", up to the last field that is read here. */
struct fadt_layout {
    struct acpi_header_layout header;
    uint32_t facs_pa;
    uint32_t dsdt_pa;
    uint8_t reserved1;
    uint8_t profile;
    uint16_t sci_interrupt;
    uint32_t smi_command_port;
    uint8_t smi_values[4];
    uint32_t pm1a_event_port;
    uint32_t pm1b_event_port;
    uint32_t pm1a_control_port;
    uint32_t pm1b_control_port;
    uint32_t pm2_control_port;
    uint32_t pm_timer_port;
    uint32_t gpe_ports[2];
    uint8_t pm1_event_size;
    uint8_t pm1_control_size;
    uint8_t pm2_control_size;
    uint8_t pm_timer_size;
    uint8_t gpe_and_cpu[20];
    uint32_t flags;
    /* Revision 1 ends here. */
    struct gas_layout reset;
    uint8_t reset_value;
    uint16_t arm_boot_flags;
    uint8_t minor_revision;
    uint64_t x_facs_pa;
    uint64_t x_dsdt_pa;
    struct gas_layout x_pm1_event[2];
    struct gas_layout x_pm1a_control;
    struct gas_layout x_pm1b_control;
    struct gas_layout x_pm2_control;
    struct gas_layout x_pm_timer;
} __packed;
_Static_assert(offsetof(struct fadt_layout, pm1a_control_port) == 64, "ACPI 6.4, 5.2.9");
_Static_assert(offsetof(struct fadt_layout, pm_timer_size) == 91, "ACPI 6.4, 5.2.9");
_Static_assert(offsetof(struct fadt_layout, flags) == 112, "ACPI 6.4, 5.2.9");
_Static_assert(offsetof(struct fadt_layout, x_dsdt_pa) == 140, "ACPI 6.4, 5.2.9");
_Static_assert(offsetof(struct fadt_layout, x_pm1a_control) == 172, "ACPI 6.4, 5.2.9");
_Static_assert(offsetof(struct fadt_layout, x_pm_timer) == 208, "ACPI 6.4, 5.2.9");

#define FADT_V1_SIZE (offsetof(struct fadt_layout, flags) + 4)

/* ACPI 6.4, 5.2.9, table "Fixed ACPI Description Table Fixed Feature Flags". */
#define FADT_TMR_VAL_EXT (1u << 8) /* the timer has 32 bits */

/* Widths in bytes that the registers have, ACPI 6.4, 5.2.9: PM1_CNT_LEN, PM_TMR_LEN. */
#define PM1_CONTROL_SIZE 2
#define PM_TIMER_SIZE    4

/* The port at generic address @gas, or 0 if it isn't a port of at least @bytes bytes. */
static uint16_t gas_port(const uint8_t *gas, unsigned bytes)
{
    uint64_t address = le_field(gas, struct gas_layout, address);

    if (le_field(gas, struct gas_layout, space) != GAS_SYSTEM_IO ||
        le_field(gas, struct gas_layout, bit_width) < bytes * 8 ||
        le_field(gas, struct gas_layout, bit_offset) != 0 || address > UINT16_MAX)
        return 0;
    return (uint16_t)address;
}

/*
 * The port of a register that the FADT tells at two places: the generic address at @gas_offset, if
 * the table is long enough for it and it is good, else @legacy, if that is a port and @legacy_size
 * is enough for the @bytes bytes of the register.
 */
static uint16_t register_port(const uint8_t *table, size_t size, size_t gas_offset, uint32_t legacy,
                              unsigned legacy_size, unsigned bytes)
{
    uint16_t port = 0;

    if (gas_offset + sizeof(struct gas_layout) <= size)
        port = gas_port(table + gas_offset, bytes);
    if (port == 0 && legacy <= UINT16_MAX && legacy_size >= bytes)
        port = (uint16_t)legacy;
    return port;
}

/* The DSDT's address: the 64-bit field if it is there and not 0, else the 32-bit one. */
static uint64_t fadt_dsdt_pa(const uint8_t *table, size_t size)
{
    uint64_t pa = 0;

    if (offsetof(struct fadt_layout, x_dsdt_pa) + sizeof(pa) <= size)
        pa = le_field(table, struct fadt_layout, x_dsdt_pa);
    return pa != 0 ? pa : le_field(table, struct fadt_layout, dsdt_pa);
}

/*
 * fadt_parse - read ports and the DSDT's address.
 *
 * @table  @size bytes, header included.
 * @out    always written whole.
 * @diag   out, always written. After 0, a reason that isn't "" says that there is no DSDT or no
 *         PM1a port, so that ACPI can't switch off this machine.
 *
 * Returns 0, or -EINVAL if the table is shorter than revision 1's 116 bytes.
 * Context: any; takes no lock, allocates nothing.
 */
int fadt_parse(const uint8_t *table, size_t size, struct fadt *out, struct acpi_diag *diag)
{
    *out = (struct fadt){0};
    acpi_diag_clear(diag);
    if (size < FADT_V1_SIZE) {
        acpi_diag_set(diag, "FACP", size, "table of %u bytes, at least %u expected", (unsigned)size,
                      (unsigned)FADT_V1_SIZE);
        return -EINVAL;
    }
    unsigned control_size = le_field(table, struct fadt_layout, pm1_control_size);

    out->revision = le_field(table, struct fadt_layout, header.revision);
    out->dsdt_pa = fadt_dsdt_pa(table, size);
    out->pm1a_port = register_port(table, size, offsetof(struct fadt_layout, x_pm1a_control),
                                   le_field(table, struct fadt_layout, pm1a_control_port),
                                   control_size, PM1_CONTROL_SIZE);
    out->pm1b_port = register_port(table, size, offsetof(struct fadt_layout, x_pm1b_control),
                                   le_field(table, struct fadt_layout, pm1b_control_port),
                                   control_size, PM1_CONTROL_SIZE);
    out->pm_timer_port =
        register_port(table, size, offsetof(struct fadt_layout, x_pm_timer),
                      le_field(table, struct fadt_layout, pm_timer_port),
                      le_field(table, struct fadt_layout, pm_timer_size), PM_TIMER_SIZE);
    out->pm_timer_32bit = (le_field(table, struct fadt_layout, flags) & FADT_TMR_VAL_EXT) != 0;

    if (out->pm1a_port == 0)
        acpi_diag_set(diag, "FACP", offsetof(struct fadt_layout, pm1a_control_port),
                      "no PM1a control port");
    else if (out->dsdt_pa == 0)
        acpi_diag_set(diag, "FACP", offsetof(struct fadt_layout, dsdt_pa), "no DSDT");
    return 0;
}

/* ---- \_S5 ---- */

/* ACPI 6.4, 20.2.3 "Data Objects Encoding" and 20.2.5 "Term Objects Encoding". */
enum aml_op {
    AML_ZERO = 0x00,
    AML_ONE = 0x01,
    AML_NAME = 0x08,
    AML_BYTE = 0x0a,
    AML_WORD = 0x0b,
    AML_DWORD = 0x0c,
    AML_QWORD = 0x0e,
    AML_PACKAGE = 0x12,
    AML_ROOT_CHAR = 0x5c,
};

#define S5_NAME "_S5_"

/* SLP_TYP has three bits: ACPI 6.4, 4.8.3.2.1 "PM1 Control Registers". */
#define SLP_TYP_MAX 7

/* Bytes of AML that are still to be read. */
struct aml {
    const uint8_t *at;
    const uint8_t *end;
};

/* Take a number of @width bytes; false if there are less. */
static bool aml_number(struct aml *aml, size_t width, uint64_t *value)
{
    if ((size_t)(aml->end - aml->at) < width)
        return false;
    *value = le_read(aml->at, width);
    aml->at += width;
    return true;
}

/* Take a constant: ACPI 6.4, 20.2.3, ComputationalData without strings and buffers. */
static bool aml_constant(struct aml *aml, uint64_t *value)
{
    uint64_t op;

    if (!aml_number(aml, 1, &op))
        return false;
    switch (op) {
    case AML_ZERO:
    case AML_ONE:
        *value = op;
        return true;
    case AML_BYTE:
        return aml_number(aml, 1, value);
    case AML_WORD:
        return aml_number(aml, 2, value);
    case AML_DWORD:
        return aml_number(aml, 4, value);
    case AML_QWORD:
        return aml_number(aml, 8, value);
    default:
        return false;
    }
}

/*
 * Take a package's length, and shorten @aml to what it covers. ACPI 6.4, 20.2.4 "Package Length
 * Encoding": bits 6-7 of the first byte count the bytes that follow; without any, bits 0-5 are the
 * length, else bits 0-3 are its lowest. The length includes its own bytes.
 */
static bool aml_package_length(struct aml *aml)
{
    const uint8_t *start = aml->at;
    uint64_t first, more;

    if (!aml_number(aml, 1, &first) || !aml_number(aml, first >> 6, &more))
        return false;
    uint64_t length = first >> 6 == 0 ? first & 0x3f : (first & 0x0f) | more << 4;
    if (length > (uint64_t)(aml->end - start) || length < (uint64_t)(aml->at - start))
        return false;
    aml->end = start + length;
    return true;
}

/*
 * Read the package behind the name at @aml. Firmware writes two numbers or more, or a single one
 * with SLP_TYPa in its low byte and SLP_TYPb in the next.
 */
static bool s5_package(struct aml aml, uint64_t *a, uint64_t *b)
{
    uint64_t op, nr_elements;

    if (!aml_number(&aml, 1, &op) || op != AML_PACKAGE || !aml_package_length(&aml) ||
        !aml_number(&aml, 1, &nr_elements) || nr_elements == 0 || !aml_constant(&aml, a))
        return false;
    if (nr_elements == 1) {
        *b = *a >> 8;
        *a &= 0xff;
        return true;
    }
    return aml_constant(&aml, b);
}

/* Whether the name at @at, of which @before bytes stand in front, is being defined. */
static bool is_definition(const uint8_t *at, size_t before)
{
    if (before >= 2 && at[-1] == AML_ROOT_CHAR)
        return at[-2] == AML_NAME;
    return before >= 1 && at[-1] == AML_NAME;
}

/*
 * dsdt_find_s5 - the values of SLP_TYP that switch the machine off.
 *
 * @dsdt      the whole table, @size bytes, header included. An SSDT will do as well.
 * @slp_typa  out: for the PM1a control register, 0 to 7. @slp_typb for PM1b.
 *
 * Returns false, and nothing is written, if no definition of \_S5 holds constants of at most 7.
 * Context: any; takes no lock, allocates nothing. O(size).
 */
bool dsdt_find_s5(const uint8_t *dsdt, size_t size, uint8_t *slp_typa, uint8_t *slp_typb)
{
    const size_t name_size = strlen(S5_NAME);
    uint64_t a, b;

    for (size_t i = ACPI_HEADER_SIZE; i + name_size <= size; i++) {
        struct aml behind = {.at = dsdt + i + name_size, .end = dsdt + size};

        if (memcmp(dsdt + i, S5_NAME, name_size) == 0 &&
            is_definition(dsdt + i, i - ACPI_HEADER_SIZE) && s5_package(behind, &a, &b) &&
            a <= SLP_TYP_MAX && b <= SLP_TYP_MAX) {
            *slp_typa = (uint8_t)a;
            *slp_typb = (uint8_t)b;
            return true;
        }
    }
    return false;
}
