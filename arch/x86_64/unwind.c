/*
 * arch/x86_64/unwind.c - how did the code come here? Found by following frame pointers.
 *
 * THEORY
 *
 * A function that has a frame begins with "push rbp; mov rbp, rsp". So RBP points to a chain of
 * frames, innermost first, each of two words: the caller's RBP, and the return address.
 *
 *     RBP -> | caller's RBP | return address |   innermost function
 *              |
 *              +-> | its caller's RBP | return address |
 *
 * An exception or interrupt puts a frame of its own into the chain (struct trap_frame), whose "return
 * address" is the interrupted instruction. It may have come where the interrupted function has no
 * frame: before the two instructions, behind the one that takes the frame away, or in a small function
 * that never has one. The chain then leaves out the caller, and that is just the function which one
 * looks for if the CPU spins in cpu_relax(). There the return address is on top of the stack:
 *
 *     wait:  call cpu_relax        RSP -> | into wait |
 *     cpu_relax: pause <- RIP      RBP -> | RBP of wait's caller | into wait's caller |
 *
 * Whether it is so is read from the code. It is, if no such beginning lies between the function's
 * first byte and RIP; or if RIP is at a return; or if the top of the stack is the return address of a
 * call of this very function. A jump to an address that is no function is treated like a call.
 *
 * LOCKING  None. Stacks are mapped as long as they are in use; what isn't mapped ends the trace.
 * SOURCES  System V ABI, AMD64 supplement, 3.2.2 "The Stack Frame"; Intel SDM vol. 2: opcodes of PUSH,
 *          MOV, CALL, RET.
 */
#include "arch/x86_64/stacks.h"
#include "arch/x86_64/traps.h"
#include "kernel/ksyms.h"
#include "kernel/lib/compiler.h"
#include "kernel/lib/string.h"
#include <arch/trap.h>

#define OPCODE_RET  0xc3
#define OPCODE_CALL 0xe8 /* and 32 bits: target minus the address behind them */
#define CALL_SIZE   5

static const uint8_t push_rbp[] = {0x55};
static const uint8_t mov_rbp_rsp[] = {0x48, 0x89, 0xe5};

#define PROLOGUE_SIZE (sizeof(push_rbp) + sizeof(mov_rbp_rsp))

/*
 * trap_on_stack - do the eight bytes at @p lie in a kernel stack? Context: any.
 */
_Bool trap_on_stack(uintptr_t p)
{
    struct stack_range stack = stack_find(p);

    return stack.top != 0 && p + sizeof(uint64_t) <= stack.top;
}

/* ---- interrupted where there is no frame ---- */

static bool begins_with(uintptr_t pc, const uint8_t *bytes, size_t nr)
{
    return memcmp((const void *)pc, bytes, nr) == 0;
}

/* Do the two instructions lie in [start, pc)? */
static bool has_prologue(uintptr_t start, uintptr_t pc)
{
    for (uintptr_t at = start; at + PROLOGUE_SIZE <= pc; at++) {
        if (begins_with(at, push_rbp, sizeof(push_rbp)) &&
            begins_with(at + sizeof(push_rbp), mov_rbp_rsp, sizeof(mov_rbp_rsp)))
            return true;
    }
    return false;
}

/* Is the instruction before @ret a call of the function at @start? */
static bool returns_from(uintptr_t ret, uintptr_t start)
{
    int32_t distance;

    if (*(const uint8_t *)(ret - CALL_SIZE) != OPCODE_CALL)
        return false;
    memcpy(&distance, (const void *)(ret - sizeof(distance)), sizeof(distance));
    return ret + (uintptr_t)(intptr_t)distance == start;
}

/* The code at @pc, in the function @name that begins at @start: has it a frame? @ret is on top of the
 * stack. The cold part of a function has its own name, and the frame of the whole. */
static bool has_frame(const char *name, uintptr_t start, uintptr_t pc, uintptr_t ret)
{
    if (*(const uint8_t *)pc == OPCODE_RET || returns_from(ret, start))
        return false;
    return has_prologue(start, pc) || strstr(name, ".cold");
}

/* The caller of the interrupted function, if the chain leaves it out; else 0. */
static uintptr_t caller_without_frame(const struct trap_frame *f)
{
    size_t offset;
    const char *name = ksym_lookup(f->rip, &offset, NULL);
    uintptr_t rsp = f->rsp, ret;

    if (name && offset > 0 && begins_with(f->rip - 1, push_rbp, sizeof(push_rbp)) &&
        begins_with(f->rip, mov_rbp_rsp, sizeof(mov_rbp_rsp)))
        rsp += sizeof(uint64_t); /* between the two */
    if (!trap_on_stack(rsp))
        return 0;
    ret = *(const uint64_t *)rsp;
    if (!ksym_lookup(ret - 1, NULL, NULL))
        return 0;
    return name && has_frame(name, f->rip - offset, f->rip, ret) ? 0 : ret;
}

/* ---- the chain ---- */

/* May the frame at @next be the caller's of the one at @fp? Callers lie above, on the same stack;
 * an exception's stack leads to another one, whichever that is. */
static bool frame_follows(uintptr_t fp, uintptr_t next)
{
    return stack_find(fp).bottom == stack_find(next).bottom ? next > fp : trap_on_stack(next);
}

/* Does the function with this return address handle a trap, so that the next frame is the trap's? */
static bool is_trap_handler(uintptr_t ret)
{
    return ret == (uintptr_t)irq_handled || ret == (uintptr_t)trap_handled;
}

static bool is_readable(uintptr_t fp, bool is_trap)
{
    size_t size = is_trap ? sizeof(struct trap_frame) : 2 * sizeof(uint64_t);

    return fp % sizeof(uint64_t) == 0 && trap_on_stack(fp) &&
           trap_on_stack(fp + size - sizeof(uint64_t));
}

/*
 * trap_backtrace - contract in the header.
 *
 * A broken chain ends the trace and does no harm. Context: any. O(max) and the sizes of functions.
 */
int __noinline trap_backtrace(struct trace_entry *trace, int max, uintptr_t fp)
{
    bool is_trap = fp != 0;
    int nr = 0;

    if (fp == 0)
        fp = *(const uint64_t *)__builtin_frame_address(0);
    while (nr < max && is_readable(fp, is_trap)) {
        const uint64_t *frame = (const uint64_t *)fp;
        uintptr_t hidden = is_trap ? caller_without_frame((const struct trap_frame *)fp) : 0;

        if (frame[1] == 0 && !is_trap)
            break;
        trace[nr++] = (struct trace_entry){.pc = frame[1], .is_return = !is_trap};
        if (hidden && nr < max)
            trace[nr++] = (struct trace_entry){.pc = hidden, .is_return = true};
        if (!frame_follows(fp, frame[0]))
            break;
        is_trap = is_trap_handler(frame[1]);
        fp = frame[0];
    }
    return nr;
}
