/*
 * mm/page.h - the descriptor of one page frame.
 *
 * THEORY
 *
 * A block of 2^order pages is known by its first page, its head. Only heads carry a state and the
 * order: PAGE_FREE while the block lies in a free list of its zone, PAGE_PCP while it lies in a list
 * of a CPU (mm/pcp.h), PAGE_ALLOCATED while somebody has it. The other pages of a block carry none, so that handing out 512 pages costs no more than handing out
 * one, and so that a free of anything but a head is seen at once.
 *
 *     block of order 2, free        block of order 2, allocated
 *     | FREE 2 |  -  |  -  |  -  |  | ALLOCATED 2 |  -  |  -  |  -  |
 *
 * Node, zone, state and order share the word `flags`, so that one comparison answers the question
 * of the buddy allocator: is that page the head of a free block of this order in my zone?
 *
 * INVARIANTS
 *   P1  Every pfn of a MAX_ORDER block with RAM in it has a descriptor, with its node and zone; what
 *       is not RAM there, or was never given to the buddy, is PAGE_RESERVED.
 */
#ifndef MM_PAGE_H
#define MM_PAGE_H

#include "kernel/lib/compiler.h"
#include "kernel/lib/list.h"
#include <arch/page.h>

struct address_space;

#define MAX_ORDER       11 /* orders are 0..10, as in Linux 6.1 */
#define MAX_ORDER_PAGES (1UL << (MAX_ORDER - 1))

/* struct page.flags */
#define PAGE_ORDER_MASK 0x0fUL  /* of the block whose head this is */
#define PAGE_FREE       0x10UL  /* head of a block in a free list */
#define PAGE_ALLOCATED  0x20UL  /* head of a block that somebody has */
#define PAGE_RESERVED   0x40UL  /* never in the buddy */
#define PAGE_HOLE       0x80UL  /* not RAM; always with PAGE_RESERVED */
#define PAGE_DESCRIPTOR 0x100UL /* holds page descriptors; always with PAGE_RESERVED */
#define PAGE_PCP        0x200UL /* head of a block that lies in a CPU's list, mm/pcp.c */
#define PAGE_STATE_MASK 0x3f0UL
/* The owner's, all 0 while the page is free; changed by atomic operations (page_flag_set()). */
#define PAGE_SLAB       0x400UL   /* objects of a kmem_cache */
#define PAGE_LRU        0x800UL   /* in a list of its node's lruvec */
#define PAGE_ACTIVE     0x1000UL  /* there, in an active one */
#define PAGE_REFERENCED 0x2000UL  /* was used since reclaim last looked */
#define PAGE_UPTODATE   0x4000UL  /* holds what its file holds */
#define PAGE_DIRTY      0x8000UL  /* holds more: must be written back before it is dropped */
#define PAGE_WRITEBACK  0x10000UL /* is being written back */
#define PAGE_LOCKED     0x20000UL /* somebody fills or drops it */
#define PAGE_OWNER_MASK 0x3fc00UL
/* Bits 20 and 21: in whose free list a PAGE_FREE block lies, enum migrate_type; else 0. */
#define PAGE_MIGRATETYPE_SHIFT 20
#define PAGE_MIGRATETYPE_MASK  (3UL << PAGE_MIGRATETYPE_SHIFT)
/* The place: zone and node together number the zones of the machine. */
#define PAGE_ZONE_SHIFT 48
#define PAGE_ZONE_BITS  3
#define PAGE_NODE_SHIFT (PAGE_ZONE_SHIFT + PAGE_ZONE_BITS)

struct kmem_cache;

struct page {
    unsigned long flags;
    struct list_head lru;  /* a free block's place in its free list */
    unsigned int refcount; /* 1 from allocation on; the head's counts for the block */
    bool poisoned;         /* debug builds: the page is free and filled, see mm/page_check.c; */
    uint8_t owner_order;   /* what the last allocation of this head asked for, */
    int16_t owner_cpu;     /* the CPU that it ran on, */
    uintptr_t owner_pc;    /* and the instruction that asked, 0 if there was none */

    /* The owner's. */
    union {
        unsigned long private[3];
        struct {                           /* a page of a file, mm/filemap.c: */
            struct address_space *mapping; /* whose; NULL: no longer */
            unsigned long index;           /* which of its pages */
        };
        struct { /* PAGE_SLAB, mm/slab_page.h: */
            struct kmem_cache *slab_cache;
            void *s_mem; /* the slab's first object */
            union {      /* the head's: a bit set for each free object */
                unsigned long slab_word;
                unsigned long *slab_words;
            };
        };
    };
};
_Static_assert(sizeof(struct page) == 64, "one cache line, 64 descriptors a page");

#ifdef ATOLL_HOST
extern struct page *vmemmap; /* a test's own array, moved so that vmemmap[pfn] fits */
#else
#define vmemmap ((struct page *)VMEMMAP_BASE)
#endif

static inline struct page *pfn_to_page(unsigned long pfn)
{
    return vmemmap + pfn;
}

static inline unsigned long page_to_pfn(const struct page *page)
{
    return (unsigned long)(page - vmemmap);
}

static inline unsigned long pages_to_kib(unsigned long nr_pages)
{
    return nr_pages << (PAGE_SHIFT - 10);
}

static inline void *page_address(const struct page *page)
{
    return phys_to_virt((paddr_t)page_to_pfn(page) << PAGE_SHIFT);
}

static inline struct page *virt_to_page(const void *va)
{
    return pfn_to_page(virt_to_phys(va) >> PAGE_SHIFT);
}

static inline int page_to_nid(const struct page *page)
{
    return (int)(page->flags >> PAGE_NODE_SHIFT);
}

static inline int page_zonenum(const struct page *page)
{
    return (int)(page->flags >> PAGE_ZONE_SHIFT & ((1 << PAGE_ZONE_BITS) - 1));
}

/* Node and zone as one number, node << PAGE_ZONE_BITS | zone. */
static inline unsigned long page_place(const struct page *page)
{
    return page->flags >> PAGE_ZONE_SHIFT;
}

static inline unsigned page_order(const struct page *page)
{
    return (unsigned)(page->flags & PAGE_ORDER_MASK);
}

static inline void page_flag_set(struct page *page, unsigned long flag)
{
    __atomic_fetch_or(&page->flags, flag, __ATOMIC_ACQ_REL);
}

static inline void page_flag_clear(struct page *page, unsigned long flag)
{
    __atomic_fetch_and(&page->flags, ~flag, __ATOMIC_ACQ_REL);
}

/* True if it was set before. */
static inline bool page_flag_test_and_set(struct page *page, unsigned long flag)
{
    return (__atomic_fetch_or(&page->flags, flag, __ATOMIC_ACQ_REL) & flag) != 0;
}

/* True if it was set before. */
static inline bool page_flag_test_and_clear(struct page *page, unsigned long flag)
{
    return (__atomic_fetch_and(&page->flags, ~flag, __ATOMIC_ACQ_REL) & flag) != 0;
}

static inline bool page_flag_test(const struct page *page, unsigned long flag)
{
    return (READ_ONCE(page->flags) & flag) != 0;
}

/* The bits of `flags` that name node and zone. */
static inline unsigned long page_flags_place(int nid, int zonenum)
{
    return (unsigned long)nid << PAGE_NODE_SHIFT | (unsigned long)zonenum << PAGE_ZONE_SHIFT;
}

#endif
