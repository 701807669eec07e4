/*
 * kernel/ubsan.c - what the compiler calls when it sees undefined behaviour at run time.
 *
 * THEORY
 *
 * With -fsanitize=undefined gcc and clang test each operation that C leaves undefined in some
 * cases, and call a handler in those: with a structure that tells the place and the types, and with
 * the values. Each place is reported once (a test that provokes one on purpose aside); then the
 * operation goes on with whatever the machine does.
 *
 * Integer overflow is not among them: the kernel is compiled with -fno-strict-overflow, which
 * defines it.
 *
 * LOCKING  None. `reporting` keeps a handler that is hit while reporting from reporting again.
 * SOURCES  LLVM 14, "UndefinedBehaviorSanitizer" (the checks), and the interface that compiler-rt
 *          declares in lib/ubsan/ubsan_handlers.h and ubsan_value.h (names and layouts); gcc 12
 *          follows it.
 */
#ifdef CONFIG_UBSAN

#include "kernel/bug.h"
#include "kernel/lib/compiler.h"
#include "kernel/lib/seqbuf.h"
#include <stdarg.h>

struct source_location {
    const char *file;
    uint32_t line;
    uint32_t column; /* bit 31 is ours: reported already */
};

#define COLUMN_REPORTED (1u << 31)

struct type_descriptor {
    uint16_t kind; /* enum type_kind */
    uint16_t info; /* integers: bit 0 signed, above it the logarithm of the width in bits */
    char name[];   /* quoted */
};

enum type_kind {
    TYPE_INTEGER = 0,
};

/* What the operands of the checks are told in. */
struct one_type_data {
    struct source_location loc;
    const struct type_descriptor *type;
};

struct two_types_data {
    struct source_location loc;
    const struct type_descriptor *left;
    const struct type_descriptor *right;
};

struct type_mismatch_data {
    struct source_location loc;
    const struct type_descriptor *type;
    uint8_t log_alignment;
    uint8_t access; /* enum access_kind */
};

enum access_kind {
    ACCESS_LOAD = 0,
    ACCESS_STORE = 1,
    ACCESS_MEMBER = 3,
};

struct nonnull_arg_data {
    struct source_location loc;
    struct source_location attribute_loc;
    int32_t arg; /* counted from 1 */
};

struct builtin_data {
    struct source_location loc;
    uint8_t kind;
};

struct alignment_data {
    struct source_location loc;
    struct source_location assumption_loc;
    const struct type_descriptor *type;
};

/* The compilers know these names; nobody else calls them. */
void __ubsan_handle_divrem_overflow(struct one_type_data *d, uintptr_t left, uintptr_t right);
void __ubsan_handle_shift_out_of_bounds(struct two_types_data *d, uintptr_t left, uintptr_t right);
void __ubsan_handle_out_of_bounds(struct two_types_data *d, uintptr_t index);
void __ubsan_handle_type_mismatch_v1(struct type_mismatch_data *d, uintptr_t pointer);
void __ubsan_handle_pointer_overflow(struct source_location *loc, uintptr_t base, uintptr_t result);
void __ubsan_handle_load_invalid_value(struct one_type_data *d, uintptr_t value);
void __ubsan_handle_vla_bound_not_positive(struct one_type_data *d, uintptr_t bound);
void __ubsan_handle_nonnull_arg(struct nonnull_arg_data *d);
void __ubsan_handle_nonnull_return_v1(void *attribute, struct source_location *loc);
void __ubsan_handle_invalid_builtin(struct builtin_data *d);
void __ubsan_handle_alignment_assumption(struct alignment_data *d, uintptr_t pointer,
                                         uintptr_t alignment, uintptr_t offset);
void __ubsan_handle_builtin_unreachable(struct source_location *loc) __noreturn;
void __ubsan_handle_missing_return(struct source_location *loc) __noreturn;

static bool reporting;

static bool begin_report(struct source_location *loc)
{
    if (reporting || (loc->column & COLUMN_REPORTED))
        return false;
    reporting = true;
    return true;
}

static void report(struct source_location *loc, const char *fmt, ...) __printf(2, 3);

static void report(struct source_location *loc, const char *fmt, ...)
{
    char text[160];
    struct seqbuf s;
    va_list args;

    if (!begin_report(loc))
        return;
    seqbuf_init(&s, text, sizeof(text));
    va_start(args, fmt);
    seq_vprintf(&s, fmt, args);
    va_end(args);
    report_bug("undefined behaviour at %s:%u:%u: %s", loc->file, loc->line, loc->column,
               seqbuf_str(&s));
    if (!report_is_expected())
        loc->column |= COLUMN_REPORTED;
    reporting = false;
}

/* Room for one value as text. */
struct value_text {
    char text[24];
};

/* Values of up to 64 bits are passed themselves, wider ones by their address. */
static const char *print_value(struct value_text *v, const struct type_descriptor *type,
                               uintptr_t value)
{
    unsigned width = 1u << (type->info >> 1);
    struct seqbuf s;

    seqbuf_init(&s, v->text, sizeof(v->text));
    if (type->kind != TYPE_INTEGER || width > 64)
        seq_puts(&s, "(a value)");
    else if (type->info & 1)
        seq_printf(&s, "%ld", (long)(value << (64 - width)) >> (64 - width));
    else
        seq_printf(&s, "%lu", (unsigned long)value);
    return seqbuf_str(&s);
}

/* Division by zero, or of the least number by -1. */
void __ubsan_handle_divrem_overflow(struct one_type_data *d, uintptr_t left, uintptr_t right)
{
    struct value_text l, r;

    report(&d->loc, "%s divided by %s, type %s", print_value(&l, d->type, left),
           print_value(&r, d->type, right), d->type->name);
}

/* A shift by a negative number or by the width of the type or more. */
void __ubsan_handle_shift_out_of_bounds(struct two_types_data *d, uintptr_t left, uintptr_t right)
{
    struct value_text l, r;

    report(&d->loc, "%s of type %s shifted by %s", print_value(&l, d->left, left), d->left->name,
           print_value(&r, d->right, right));
}

/* An index past the end of an array whose length the compiler knows. */
void __ubsan_handle_out_of_bounds(struct two_types_data *d, uintptr_t index)
{
    struct value_text i;

    report(&d->loc, "index %s outside of type %s", print_value(&i, d->right, index), d->left->name);
}

static const char *access_name(uint8_t access)
{
    switch (access) {
    case ACCESS_LOAD:
        return "load of";
    case ACCESS_STORE:
        return "store to";
    case ACCESS_MEMBER:
        return "member access within";
    default:
        return "use of";
    }
}

/* An access through a null pointer, a misaligned one, or one to too small an object. */
void __ubsan_handle_type_mismatch_v1(struct type_mismatch_data *d, uintptr_t pointer)
{
    uintptr_t alignment = (uintptr_t)1 << d->log_alignment;
    const char *what = access_name(d->access);

    if (pointer == 0)
        report(&d->loc, "%s type %s through a null pointer", what, d->type->name);
    else if (!IS_ALIGNED(pointer, alignment))
        report(&d->loc, "%s type %s at misaligned address 0x%lx, %lu bytes are wanted", what,
               d->type->name, pointer, alignment);
    else
        report(&d->loc, "%s type %s at 0x%lx, where there is no room for it", what, d->type->name,
               pointer);
}

/* A pointer that arithmetic took around the end of the address space, or made from or to null. */
void __ubsan_handle_pointer_overflow(struct source_location *loc, uintptr_t base, uintptr_t result)
{
    report(loc, "pointer 0x%lx became 0x%lx by an offset", base, result);
}

/* A bool that is neither 0 nor 1. */
void __ubsan_handle_load_invalid_value(struct one_type_data *d, uintptr_t value)
{
    struct value_text v;

    report(&d->loc, "%s is no value of type %s", print_value(&v, d->type, value), d->type->name);
}

/* A variable array of no or negative length. */
void __ubsan_handle_vla_bound_not_positive(struct one_type_data *d, uintptr_t bound)
{
    struct value_text v;

    report(&d->loc, "array of %s elements", print_value(&v, d->type, bound));
}

/* Null for an argument that is declared never to be. */
void __ubsan_handle_nonnull_arg(struct nonnull_arg_data *d)
{
    report(&d->loc, "argument %d is null and must not be", (int)d->arg);
}

/* Null from a function that is declared never to return it. */
void __ubsan_handle_nonnull_return_v1(void *attribute, struct source_location *loc)
{
    (void)attribute;
    report(loc, "null returned from a function that must not");
}

/* __builtin_ctz(0) and the like. */
void __ubsan_handle_invalid_builtin(struct builtin_data *d)
{
    report(&d->loc, "zero passed to a builtin that counts zeros");
}

/* A pointer that __builtin_assume_aligned was told about wrongly. */
void __ubsan_handle_alignment_assumption(struct alignment_data *d, uintptr_t pointer,
                                         uintptr_t alignment, uintptr_t offset)
{
    report(&d->loc, "address 0x%lx (offset %lu) is assumed to be aligned to %lu", pointer, offset,
           alignment);
}

/* The end of code that was declared never to be reached: there is nothing to go on with. */
void __ubsan_handle_builtin_unreachable(struct source_location *loc)
{
    panic("unreachable code reached at %s:%u:%u", loc->file, loc->line, loc->column);
}

/* The end of a function that should have returned a value. */
void __ubsan_handle_missing_return(struct source_location *loc)
{
    panic("function without a return value at %s:%u:%u", loc->file, loc->line, loc->column);
}

#endif
