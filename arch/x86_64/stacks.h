/*
 * arch/x86_64/stacks.h - the boot CPU's stacks, each above a page that is never mapped.
 */
#ifndef ARCH_X86_64_STACKS_H
#define ARCH_X86_64_STACKS_H

#include "kernel/lib/compiler.h"
#include <arch/page.h>

/* Enough for the deepest test in a debug build; an exception stack has to hold a whole panic. */
#define STACK_SIZE (32 * 1024)

struct guarded_stack {
    uint8_t guard[PAGE_SIZE]; /* a push that overflows the stack faults here */
    uint8_t bytes[STACK_SIZE];
} __aligned(PAGE_SIZE);

/* One to run on, and one each for the exceptions that may come when that one is unusable. */
enum stack_id {
    STACK_BOOT,
    STACK_DOUBLE_FAULT,
    STACK_NMI,
    STACK_MACHINE_CHECK,
    NR_STACKS,
};

/* In bss. Their guard pages are unmapped by vm_init(). */
extern struct guarded_stack boot_stacks[NR_STACKS];

/* Address just above the stack @id: its first push goes below. */
uintptr_t stack_top(enum stack_id id);
/* Which stack, or which stack's guard page, holds @va; NR_STACKS if none. */
enum stack_id stack_find(uintptr_t va);
enum stack_id stack_find_guard(uintptr_t va);
/* For messages. */
const char *stack_name(enum stack_id id);

#endif
