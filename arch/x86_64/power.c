/*
 * arch/x86_64/power.c - how the machine ends.
 *
 * Every way is tried in turn, since none tells beforehand whether it works: a port without a device
 * swallows what is written to it.
 *
 * SOURCES  ACPI 6.4, 4.8.3.2.1 "PM1 Control Registers" and 16.1.5 "S5 Soft Off"; QEMU,
 *          hw/misc/debugexit.c for the exit device.
 */
#include "arch/x86_64/insn.h"
#include "arch/x86_64/ports.h"
#include <arch/cpu.h>
#include <arch/power.h>

/* Set by power_set_acpi(); port 0: not known. */
static struct {
    uint16_t pm1a_port;
    uint16_t pm1b_port;
    uint8_t slp_typa;
    uint8_t slp_typb;
} acpi;

static void enter_sleep(uint16_t port, uint8_t slp_typ)
{
    if (port != 0)
        insn_out16(port, (uint16_t)((slp_typ & 7) << PM1_SLP_TYP_SHIFT | PM1_SLP_EN));
}

/*
 * power_set_acpi - remember how ACPI's S5 is entered on this machine.
 *
 * @pm1a_port, @pm1b_port  I/O ports of the PM1 control registers; 0: there is none.
 * @slp_typa, @slp_typb    three bits for each, from the DSDT's _S5 object.
 *
 * Context: boot.
 */
void power_set_acpi(uint16_t pm1a_port, uint16_t pm1b_port, uint8_t slp_typa, uint8_t slp_typb)
{
    acpi.pm1a_port = pm1a_port;
    acpi.pm1b_port = pm1b_port;
    acpi.slp_typa = slp_typa;
    acpi.slp_typb = slp_typb;
}

/*
 * power_off - switch the machine off: by ACPI if it is known, by the ports that QEMU's machines
 * have in any case, else stop the CPU. Does not return. Context: any.
 */
void power_off(void)
{
    enter_sleep(acpi.pm1a_port, acpi.slp_typa);
    enter_sleep(acpi.pm1b_port, acpi.slp_typb);
    enter_sleep(QEMU_PM1_CONTROL, QEMU_SLP_TYP_S5);
    enter_sleep(PIIX4_PM1_CONTROL, QEMU_SLP_TYP_S5);
    cpu_halt();
}

/*
 * power_exit - end QEMU's process with (@code << 1) | 1.
 *
 * Without the exit device the machine is switched off, but after a panic it stops: what stands on
 * the screen shall stay there. Does not return. Context: any.
 */
void power_exit(enum exit_code code)
{
    insn_out32(EXIT_PORT, code);
    if (code == EXIT_PANIC)
        cpu_halt();
    power_off();
}
