/*
 * <arch/mark.h> - a mark in the stream of instructions, for tools that watch the machine from outside.
 */
#ifndef ARCH_MARK_H
#define ARCH_MARK_H

#include "arch/x86_64/insn.h"

/* @number is a constant, 0 to 255; 0 is the command mark's (kernel/mark.c). Costs one NOP. Context: any. */
static __attribute__((always_inline)) inline void arch_mark(const int number)
{
    insn_mark(number);
}

#endif
