/*
 * kernel/lib/cpumask.h - sets of CPUs: bitmaps with a type of their own.
 *
 * Where a function returns a CPU and there is none, it returns NR_CPUS. Numbers that are passed in
 * are 0..NR_CPUS-1. Not atomic, but for _atomic: whoever owns a set says what protects it.
 */
#ifndef KERNEL_LIB_CPUMASK_H
#define KERNEL_LIB_CPUMASK_H

#include "kernel/lib/bitmap.h"

#define NR_CPUS 256

typedef struct {
    unsigned long bits[BITMAP_WORDS(NR_CPUS)];
} cpumask_t;

static inline void cpumask_set(cpumask_t *mask, int cpu)
{
    bitmap_set(mask->bits, (unsigned)cpu);
}

static inline void cpumask_clear(cpumask_t *mask, int cpu)
{
    bitmap_clear(mask->bits, (unsigned)cpu);
}

/* As one step to all CPUs; ordered before what follows and after what precedes. */
static inline void cpumask_set_atomic(cpumask_t *mask, int cpu)
{
    __atomic_fetch_or(&mask->bits[(unsigned)cpu / BITS_PER_LONG],
                      1UL << (unsigned)cpu % BITS_PER_LONG, __ATOMIC_SEQ_CST);
}

/* The same for taking it out. */
static inline void cpumask_clear_atomic(cpumask_t *mask, int cpu)
{
    __atomic_fetch_and(&mask->bits[(unsigned)cpu / BITS_PER_LONG],
                       ~(1UL << (unsigned)cpu % BITS_PER_LONG), __ATOMIC_SEQ_CST);
}

static inline bool cpumask_test(const cpumask_t *mask, int cpu)
{
    return bitmap_test(mask->bits, (unsigned)cpu);
}

static inline void cpumask_zero(cpumask_t *mask)
{
    bitmap_zero(mask->bits, NR_CPUS);
}

/* The set of one CPU. */
static inline cpumask_t cpumask_of(int cpu)
{
    cpumask_t mask;

    cpumask_zero(&mask);
    cpumask_set(&mask, cpu);
    return mask;
}

static inline void cpumask_fill(cpumask_t *mask)
{
    bitmap_fill(mask->bits, NR_CPUS);
}

/* @dst may be one of the others, here and below. */
static inline void cpumask_and(cpumask_t *dst, const cpumask_t *a, const cpumask_t *b)
{
    bitmap_and(dst->bits, a->bits, b->bits, NR_CPUS);
}

static inline void cpumask_or(cpumask_t *dst, const cpumask_t *a, const cpumask_t *b)
{
    bitmap_or(dst->bits, a->bits, b->bits, NR_CPUS);
}

/* @a without @b. */
static inline void cpumask_andnot(cpumask_t *dst, const cpumask_t *a, const cpumask_t *b)
{
    bitmap_andnot(dst->bits, a->bits, b->bits, NR_CPUS);
}

static inline bool cpumask_equal(const cpumask_t *a, const cpumask_t *b)
{
    return bitmap_equal(a->bits, b->bits, NR_CPUS);
}

static inline bool cpumask_empty(const cpumask_t *mask)
{
    return bitmap_empty(mask->bits, NR_CPUS);
}

static inline int cpumask_weight(const cpumask_t *mask)
{
    return (int)bitmap_weight(mask->bits, NR_CPUS);
}

static inline int cpumask_first(const cpumask_t *mask)
{
    return (int)bitmap_first(mask->bits, NR_CPUS);
}

/* The lowest CPU above cpu (not cpu itself); cpu may be -1. */
static inline int cpumask_next(const cpumask_t *mask, int cpu)
{
    return (int)bitmap_next(mask->bits, NR_CPUS, (unsigned)(cpu + 1));
}

/* For each CPU of *@mask, ascending. The body may clear those that were visited. */
#define for_each_cpu(cpu, mask)                                                                    \
    for ((cpu) = cpumask_first(mask); (cpu) < NR_CPUS; (cpu) = cpumask_next(mask, cpu))

/* "0-2,5" (kernel/lib/bitmap.h). */
static inline void cpumask_print_list(struct seqbuf *s, const cpumask_t *mask)
{
    bitmap_print_list(s, mask->bits, NR_CPUS);
}

/* "00000000,0000000f" (kernel/lib/bitmap.h), of the lowest @nr bits. */
static inline void cpumask_print_mask(struct seqbuf *s, const cpumask_t *mask, int nr)
{
    bitmap_print_mask(s, mask->bits, (unsigned)nr);
}

#endif
