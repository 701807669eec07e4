/*
 * kernel/acpi/madt.h - the MADT: which processors, I/O APICs and interrupt overrides there are.
 */
#ifndef KERNEL_ACPI_MADT_H
#define KERNEL_ACPI_MADT_H

#include "kernel/acpi/acpi.h"

/* QEMU's q35 has up to 288 CPUs and an I/O APIC; large servers have about 32 of the latter. An
 * override is about one of 16 ISA interrupts. */
#define MADT_MAX_CPUS        288
#define MADT_MAX_IOAPICS     64
#define MADT_MAX_OVERRIDES   32
#define MADT_MAX_NMI_SOURCES 16

/* The uid of a madt_lapic_nmi that is meant for all processors. */
#define MADT_ALL_PROCESSORS 0xffffffffu

struct madt_cpu {
    uint32_t apic_id;
    uint32_t uid;        /* of the processor object in the DSDT */
    bool x2apic;         /* told by a local x2APIC entry */
    bool enabled;        /* can be started now */
    bool online_capable; /* can't, but may come later; a table before revision 5 says so of each */
};

struct madt_ioapic {
    uint8_t id;
    uint32_t gsi_base; /* its first input is this global system interrupt */
    uint64_t pa;
};

/* ISA interrupt @source arrives as global system interrupt @gsi. */
struct madt_override {
    uint8_t bus; /* 0, ISA */
    uint8_t source;
    uint32_t gsi;
    uint16_t flags; /* bits 0-1 polarity: 1 high, 3 low; 2-3 trigger: 1 edge, 3 level; 0: the bus */
};

struct madt_nmi_source {
    uint32_t gsi;
    uint16_t flags; /* as madt_override's */
};

struct madt_lapic_nmi {
    uint32_t uid;   /* of a processor, or MADT_ALL_PROCESSORS */
    uint8_t lint;   /* local APIC input, 0 or 1 */
    uint16_t flags; /* as madt_override's */
};

struct madt {
    uint8_t revision;
    uint64_t lapic_pa; /* of the local APICs' registers, after an override */
    bool pcat_compat;  /* there are two 8259s, to be masked */

    unsigned nr_cpus;
    unsigned nr_ioapics;
    unsigned nr_overrides;
    unsigned nr_nmi_sources;
    unsigned nr_lapic_nmis;
    struct madt_cpu cpus[MADT_MAX_CPUS]; /* in the table's order, each APIC id once */
    struct madt_ioapic ioapics[MADT_MAX_IOAPICS];
    struct madt_override overrides[MADT_MAX_OVERRIDES];
    struct madt_nmi_source nmi_sources[MADT_MAX_NMI_SOURCES];
    struct madt_lapic_nmi lapic_nmis[MADT_MAX_CPUS];

    /* Entries that are in none of the lists. */
    unsigned nr_unknown;    /* of a type that isn't read here */
    unsigned nr_malformed;  /* too short for their type */
    unsigned nr_invalid;    /* processors with the broadcast id */
    unsigned nr_duplicates; /* processors whose APIC id was there before */
    unsigned nr_dropped;    /* no room */
};

/*
 * Read the MADT in @table. Returns 0, with *@diag the first complaint about an entry that was left
 * out ("" if none); or -EINVAL with *@diag the damage, the entries before it being in *@out.
 */
int madt_parse(const uint8_t *table, size_t size, struct madt *out, struct acpi_diag *diag);

#endif
