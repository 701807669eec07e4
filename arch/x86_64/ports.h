/*
 * arch/x86_64/ports.h - I/O ports and what their bits mean.
 */
#ifndef ARCH_X86_64_PORTS_H
#define ARCH_X86_64_PORTS_H

/*
 * Serial port. PC16550D data sheet (Texas Instruments SNLS378C), 8.0 "Registers"; COM1 lies at
 * 0x3f8 by IBM's PC convention.
 */
#define SERIAL_PORT         0x3f8
#define SERIAL_DATA         (SERIAL_PORT + 0) /* with DLAB: divisor, low byte */
#define SERIAL_IER          (SERIAL_PORT + 1) /* interrupt enable; with DLAB: divisor, high byte */
#define SERIAL_FCR          (SERIAL_PORT + 2) /* FIFO control */
#define SERIAL_LCR          (SERIAL_PORT + 3) /* line control */
#define SERIAL_MCR          (SERIAL_PORT + 4) /* modem control */
#define SERIAL_LSR          (SERIAL_PORT + 5) /* line status */
#define SERIAL_SCRATCH      (SERIAL_PORT + 7) /* a byte that does nothing */
#define SERIAL_FCR_ENABLE   0x07              /* FIFOs on and emptied */
#define SERIAL_LCR_8N1      0x03
#define SERIAL_LCR_DLAB     0x80 /* the first two registers are the divisor */
#define SERIAL_MCR_READY    0x03 /* DTR and RTS: somebody is here */
#define SERIAL_MCR_OUT2     0x08 /* on a PC: lets the interrupt out */
#define SERIAL_IER_RECEIVED 0x01
#define SERIAL_LSR_DATA     0x01 /* a byte was received */
#define SERIAL_LSR_EMPTY    0x20 /* the next byte may be sent */
#define SERIAL_DIVISOR      1    /* of 115200 baud */

/* Interrupt controllers. Intel 8259A data sheet, "Operation Command Words": OCW1, the mask. */
#define PIC_MASTER_MASK 0x21
#define PIC_SLAVE_MASK  0xa1

/*
 * Calendar clock. Motorola MC146818 data sheet, "Address Map"; where it lies is IBM's PC convention.
 */
#define RTC_INDEX      0x70
#define RTC_DATA       0x71
#define RTC_SECONDS    0x00
#define RTC_MINUTES    0x02
#define RTC_HOURS      0x04
#define RTC_DAY        0x07
#define RTC_MONTH      0x08
#define RTC_YEAR       0x09
#define RTC_A          0x0a
#define RTC_A_UPDATING 0x80
#define RTC_B          0x0b
#define RTC_B_24H      0x02
#define RTC_B_BINARY   0x04
#define RTC_HOUR_PM    0x80 /* of the hours, if there are 12 */

/*
 * Timer. Intel 8254 data sheet, "Programming the 8254"; Intel ICH9 data sheet, 13.7.1 "NMI_SC - NMI
 * Status and Control Register" for port 0x61.
 */
#define PIT_HZ       1193182 /* 105/88 MHz */
#define PIT_CHANNEL2 0x42
#define PIT_COMMAND  0x43
#define PIT_CHANNEL2_FREERUN                                                                       \
    0xb4                        /* channel 2, low then high byte, mode 2 "rate generator", binary */
#define PIT_CHANNEL2_LATCH 0x80 /* the next two reads give the count as it is now */
#define NMI_SC             0x61
#define NMI_SC_GATE2       0x01 /* channel 2 counts */
#define NMI_SC_SPEAKER     0x02 /* its output is heard */
#define NMI_SC_WRITABLE    0x0f

/*
 * ACPI power management. ACPI 6.4, 4.8.3.3 "Power Management Timer (PM_TMR)" and 4.8.3.2.1 "PM1
 * Control Registers". The firmware chooses where the block lies; that of QEMU's machines, SeaBIOS
 * and OVMF alike, chooses 0x600 (PIIX4 in earlier versions 0xb000).
 */
#define PM_TIMER_HZ       3579545
#define QEMU_PM_TIMER     0x608
#define QEMU_PM1_CONTROL  0x604
#define PIIX4_PM1_CONTROL 0xb004
#define PM1_SLP_TYP_SHIFT 10
#define PM1_SLP_EN        (1 << 13)
#define QEMU_SLP_TYP_S5   0 /* hw/acpi/core.c: soft off */

/* Where tools/run puts QEMU's isa-debug-exit device; four bytes wide. */
#define EXIT_PORT 0x501

/* QEMU, docs/specs/fw_cfg.rst, "Register Locations". */
#define FWCFG_SELECTOR 0x510
#define FWCFG_DATA     0x511

#endif
