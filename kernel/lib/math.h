/*
 * kernel/lib/math.h - arithmetic on whole numbers.
 */
#ifndef KERNEL_LIB_MATH_H
#define KERNEL_LIB_MATH_H

#include "kernel/lib/compiler.h"

/* The largest number whose square is at most @x. */
static inline unsigned long int_sqrt(unsigned long x)
{
    unsigned long root = 0;

    for (unsigned long bit = 1UL << 31; bit; bit >>= 1)
        if ((root | bit) * (root | bit) <= x)
            root |= bit;
    return root;
}

/* @x * @num / @den without losing the product's upper bits, as far as @den squared fits. */
static inline unsigned long mult_frac(unsigned long x, unsigned long num, unsigned long den)
{
    return x / den * num + x % den * num / den;
}

#endif
