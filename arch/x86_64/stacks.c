/*
 * arch/x86_64/stacks.c - the boot CPU's stacks: where they are, and whose an address is.
 */
#include "arch/x86_64/stacks.h"

struct guarded_stack boot_stacks[NR_STACKS];

static const char *const stack_names[NR_STACKS] = {
    [STACK_BOOT] = "boot",
    [STACK_DOUBLE_FAULT] = "double fault",
    [STACK_NMI] = "NMI",
    [STACK_MACHINE_CHECK] = "machine check",
};

_Static_assert(sizeof(struct guarded_stack) == PAGE_SIZE + STACK_SIZE, "no padding");
_Static_assert(STACK_SIZE % PAGE_SIZE == 0, "the next guard begins on a page border");

/*
 * stack_top - the stack pointer of an empty stack.
 *
 * @id  below NR_STACKS.
 *
 * Returns a 16-byte aligned address. Context: any.
 */
uintptr_t stack_top(enum stack_id id)
{
    return (uintptr_t)boot_stacks[id].bytes + STACK_SIZE;
}

/*
 * stack_find - whose stack is this?
 *
 * @va  any value.
 *
 * Returns the stack whose usable part holds @va, or NR_STACKS. Context: any.
 */
enum stack_id stack_find(uintptr_t va)
{
    for (int id = 0; id < NR_STACKS; id++) {
        uintptr_t bottom = (uintptr_t)boot_stacks[id].bytes;

        if (va >= bottom && va - bottom < STACK_SIZE)
            return (enum stack_id)id;
    }
    return NR_STACKS;
}

/*
 * stack_find_guard - whose guard page is this?
 *
 * @va  any value.
 *
 * Returns the stack that lies above the guard page that holds @va, or NR_STACKS. Context: any.
 */
enum stack_id stack_find_guard(uintptr_t va)
{
    for (int id = 0; id < NR_STACKS; id++) {
        uintptr_t guard = (uintptr_t)boot_stacks[id].guard;

        if (va >= guard && va - guard < PAGE_SIZE)
            return (enum stack_id)id;
    }
    return NR_STACKS;
}

/*
 * stack_name - @id in words, for messages; @id is below NR_STACKS. Context: any.
 */
const char *stack_name(enum stack_id id)
{
    return stack_names[id];
}
