/*
 * kernel/acpi/srat.h - the SRAT: which proximity domain each processor and memory range belongs to.
 */
#ifndef KERNEL_ACPI_SRAT_H
#define KERNEL_ACPI_SRAT_H

#include "kernel/acpi/acpi.h"

/* ACPI 6.4, 5.2.16 "System Resource Affinity Table (SRAT)": types of its entries. */
enum srat_type {
    SRAT_CPU = 0,
    SRAT_MEMORY = 1,
    SRAT_X2APIC = 2,
    SRAT_GENERIC_INITIATOR = 5,
};

struct srat_entry {
    uint32_t offset; /* of the entry in the table */
    uint8_t type;    /* enum srat_type, or another number that the firmware used */
    uint8_t length;  /* bytes in the table */
    bool malformed;  /* a known type whose length is wrong for it; only the fields above hold */
    bool enabled;
    bool hotplug;     /* memory only */
    bool nonvolatile; /* memory only */
    uint32_t pxm;     /* proximity domain, as wide as the table's revision says */
    uint32_t apic_id; /* SRAT_CPU, SRAT_X2APIC */
    uint64_t base;    /* memory: physical, bytes */
    uint64_t size;
};

struct srat {
    uint8_t revision;
    unsigned nr_entries;
    unsigned capacity;          /* in: how many entries fit */
    struct srat_entry *entries; /* in: the caller's array */
};

/* How many entries srat_parse() will find: the capacity that it needs. */
unsigned srat_count(const uint8_t *table, size_t size);

/*
 * Read the SRAT in @table into out->entries. Returns 0; -EINVAL if the table is damaged or -ENOSPC
 * if it has more than out->capacity entries; *@diag is filled, entries before that are in *@out.
 */
int srat_parse(const uint8_t *table, size_t size, struct srat *out, struct acpi_diag *diag);

#endif
