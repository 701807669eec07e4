/*
 * boot/handoff.h - what the two boot protocols lay down: magic numbers and structures.
 *
 * Multiboot2: "The Multiboot2 Specification version 2.0". PVH: the Xen project's
 * docs/misc/pvh.pandoc, "x86/HVM direct boot ABI", and its public header
 * arch-x86/hvm/start_info.h. Everything is little-endian.
 */
#ifndef BOOT_HANDOFF_H
#define BOOT_HANDOFF_H

#include <stdint.h>

/* ---- Multiboot2: the header in the image (3.1 "OS image format") ---- */

#define MULTIBOOT2_HEADER_MAGIC            0xe85250d6
#define MULTIBOOT2_HEADER_TAG_END          0
#define MULTIBOOT2_HEADER_TAG_INFO_REQUEST 1
#define MULTIBOOT2_HEADER_TAG_ENTRY        3

/* ---- Multiboot2: what the loader passes (3.3 "I386 machine state", 3.6 "Boot information") ----
 */

#define MULTIBOOT2_BOOT_MAGIC       0x36d76289 /* in EAX; EBX points to the information */

#define MULTIBOOT2_TAG_END          0
#define MULTIBOOT2_TAG_CMDLINE      1
#define MULTIBOOT2_TAG_MODULE       3
#define MULTIBOOT2_TAG_BASIC_MEM    4
#define MULTIBOOT2_TAG_MEMORY_MAP   6
#define MULTIBOOT2_TAG_EFI32        11 /* the loader ran under UEFI */
#define MULTIBOOT2_TAG_EFI64        12
#define MULTIBOOT2_TAG_RSDP_V1      14
#define MULTIBOOT2_TAG_RSDP_V2      15
#define MULTIBOOT2_TAG_EFI_HANDLE32 19
#define MULTIBOOT2_TAG_EFI_HANDLE64 20
#define MULTIBOOT2_TAG_ALIGN        8 /* a tag begins at a multiple of this */

/* At the very start, 8-byte aligned. */
struct multiboot2_info {
    uint32_t total_size; /* bytes, this included */
    uint32_t reserved;
};

struct multiboot2_tag {
    uint32_t type;
    uint32_t size; /* bytes, this included, padding to the next tag not */
};

struct multiboot2_module {
    struct multiboot2_tag tag;
    uint32_t start; /* physical, [start, end) */
    uint32_t end;
    /* NUL-terminated text */
};

struct multiboot2_basic_mem {
    struct multiboot2_tag tag;
    uint32_t lower_kib; /* from 0 */
    uint32_t upper_kib; /* from 1 MiB */
};

struct multiboot2_memory_map {
    struct multiboot2_tag tag;
    uint32_t entry_size; /* at least sizeof(struct boot_map_entry) */
    uint32_t entry_version;
    /* entries */
};

/* ---- PVH ---- */

/* Xen public/elfnote.h: the image's 32-bit entry point, physical. */
#define XEN_ELFNOTE_PHYS32_ENTRY 18

/* In EAX of our making; EBX points to struct pvh_start_info, which has a magic number itself. */
#define PVH_BOOT_MAGIC       0x50564800
#define PVH_START_INFO_MAGIC 0x336ec578

struct pvh_start_info {
    uint32_t magic;
    uint32_t version;
    uint32_t flags;
    uint32_t nr_modules;
    uint64_t modules; /* physical, of struct pvh_module[nr_modules] */
    uint64_t cmdline; /* physical, NUL-terminated; 0: none */
    uint64_t rsdp;    /* physical; 0: not told */
    /* From version 1 on: */
    uint64_t memory_map; /* physical, of struct boot_map_entry[nr_map_entries] */
    uint32_t nr_map_entries;
    uint32_t reserved;
};

struct pvh_module {
    uint64_t start; /* physical */
    uint64_t size;
    uint64_t cmdline; /* physical, NUL-terminated; 0: none */
    uint64_t reserved;
};

/* ---- both: an entry of the memory map ---- */

struct boot_map_entry {
    uint64_t start;
    uint64_t size;
    uint32_t type; /* enum mem_type */
    uint32_t reserved;
};

_Static_assert(sizeof(struct pvh_start_info) == 56, "version 1");
_Static_assert(sizeof(struct pvh_module) == 32, "PVH module");
_Static_assert(sizeof(struct boot_map_entry) == 24, "memory map entry");
_Static_assert(sizeof(struct multiboot2_memory_map) == 16, "memory map tag");

#endif
