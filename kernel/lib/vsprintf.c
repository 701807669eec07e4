/*
 * kernel/lib/vsprintf.c - formatted text.
 *
 * A conversion is read into a struct spec, its argument becomes a body (digits or text) with a
 * prefix (sign, 0x), and emit() lays those out:
 *
 *     spaces  prefix  zeros  body  spaces          "%+8.3d" of 7 is "    +007"
 *
 * The text leaves through a sink; vsnprintf's sink is a buffer, a seqbuf is another.
 */
#include "kernel/lib/vsprintf.h"
#include "kernel/lib/string.h"

/* Digits of the longest number: 64 bits in octal. */
#define MAX_DIGITS 22

/* Of the integer types that an argument can have, by the length in front of the conversion. */
enum length { LEN_CHAR, LEN_SHORT, LEN_INT, LEN_LONG, LEN_LLONG, LEN_SIZE };

struct spec {
    bool left;      /* '-' pad behind */
    bool zero;      /* '0' pad with zeros behind the prefix */
    bool plus;      /* '+' print the sign of what isn't negative */
    bool space;     /* ' ' or a space in its place */
    bool alternate; /* '#' 0x, 0X, 0 */
    int width;      /* least number of characters */
    int precision;  /* least number of digits, most characters of a string; -1 = not given */
    enum length length;
    char conversion; /* the letter */
};

struct sink {
    format_sink put;
    void *arg;
};

/* The pieces of one conversion. */
struct pieces {
    const char *prefix;
    size_t prefix_len;
    size_t zeros;
    const char *body;
    size_t body_len;
};

static void put_repeated(const struct sink *out, const char *sixteen, size_t n)
{
    for (; n > 16; n -= 16)
        out->put(out->arg, sixteen, 16);
    if (n)
        out->put(out->arg, sixteen, n);
}

static void emit(const struct sink *out, const struct spec *spec, const struct pieces *p)
{
    size_t used = p->prefix_len + p->zeros + p->body_len;
    size_t pad = (size_t)spec->width > used ? (size_t)spec->width - used : 0;

    if (!spec->left)
        put_repeated(out, "                ", pad);
    if (p->prefix_len)
        out->put(out->arg, p->prefix, p->prefix_len);
    put_repeated(out, "0000000000000000", p->zeros);
    if (p->body_len)
        out->put(out->arg, p->body, p->body_len);
    if (spec->left)
        put_repeated(out, "                ", pad);
}

static void emit_text(const struct sink *out, const struct spec *spec, const char *text)
{
    struct pieces p = {0};

    p.body = text ? text : "(null)";
    p.body_len = spec->precision < 0 ? strlen(p.body) : strnlen(p.body, (size_t)spec->precision);
    emit(out, spec, &p);
}

static void emit_char(const struct sink *out, const struct spec *spec, char c)
{
    struct pieces p = {.body = &c, .body_len = 1};

    emit(out, spec, &p);
}

/* Write the digits of @value so that they end at @end; returns their number, 0 for the value 0. */
static size_t digits_before(char *end, unsigned long long value, unsigned base, bool upper)
{
    const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
    char *p = end;

    for (; value; value /= base)
        *--p = digits[value % base];
    return (size_t)(end - p);
}

/* @prefix is a sign or "0x", or empty. */
static void emit_number(const struct sink *out, const struct spec *spec, unsigned long long value,
                        unsigned base, const char *prefix)
{
    char digits[MAX_DIGITS];
    size_t n = digits_before(digits + MAX_DIGITS, value, base, spec->conversion == 'X');
    struct pieces p = {.prefix = prefix, .prefix_len = strlen(prefix), .body_len = n};
    size_t least = spec->precision < 0 ? 1 : (size_t)spec->precision;

    p.body = digits + MAX_DIGITS - n;
    if (base == 8 && spec->alternate && least <= n)
        least = n + 1; /* the prefix of octal is its first digit */
    if (spec->zero && !spec->left && spec->precision < 0 &&
        (size_t)spec->width > p.prefix_len + least)
        least = (size_t)spec->width - p.prefix_len;
    p.zeros = least > n ? least - n : 0;
    emit(out, spec, &p);
}

static unsigned long long unsigned_argument(enum length length, va_list *args)
{
    switch (length) {
    case LEN_CHAR:
        return (unsigned char)va_arg(*args, unsigned);
    case LEN_SHORT:
        return (unsigned short)va_arg(*args, unsigned);
    case LEN_INT:
        return va_arg(*args, unsigned);
    case LEN_LONG:
        return va_arg(*args, unsigned long);
    case LEN_LLONG:
        return va_arg(*args, unsigned long long);
    case LEN_SIZE:
        return va_arg(*args, size_t);
    }
    return 0;
}

static long long signed_argument(enum length length, va_list *args)
{
    switch (length) {
    case LEN_CHAR:
        return (signed char)va_arg(*args, int);
    case LEN_SHORT:
        return (short)va_arg(*args, int);
    case LEN_INT:
        return va_arg(*args, int);
    case LEN_LONG:
        return va_arg(*args, long);
    case LEN_LLONG:
        return va_arg(*args, long long);
    case LEN_SIZE:
        return va_arg(*args, ptrdiff_t);
    }
    return 0;
}

static void emit_signed(const struct sink *out, const struct spec *spec, long long value)
{
    const char *sign = value < 0 ? "-" : spec->plus ? "+" : spec->space ? " " : "";
    unsigned long long magnitude = (unsigned long long)value;

    emit_number(out, spec, value < 0 ? 0 - magnitude : magnitude, 10, sign);
}

static void emit_hex(const struct sink *out, const struct spec *spec, unsigned long long value)
{
    const char *prefix = spec->conversion == 'X' ? "0X" : "0x";

    emit_number(out, spec, value, 16, spec->alternate && value ? prefix : "");
}

/* Print the next argument; false if the conversion is none that we know. */
static bool convert(const struct sink *out, const struct spec *spec, va_list *args)
{
    switch (spec->conversion) {
    case 'd':
    case 'i':
        emit_signed(out, spec, signed_argument(spec->length, args));
        return true;
    case 'u':
        emit_number(out, spec, unsigned_argument(spec->length, args), 10, "");
        return true;
    case 'o':
        emit_number(out, spec, unsigned_argument(spec->length, args), 8, "");
        return true;
    case 'x':
    case 'X':
        emit_hex(out, spec, unsigned_argument(spec->length, args));
        return true;
    case 'p':
        emit_number(out, spec, (uintptr_t)va_arg(*args, void *), 16, "0x");
        return true;
    case 'c':
        emit_char(out, spec, (char)va_arg(*args, int));
        return true;
    case 's':
        emit_text(out, spec, va_arg(*args, const char *));
        return true;
    case '%':
        out->put(out->arg, "%", 1);
        return true;
    }
    return false;
}

static const char *read_flags(const char *f, struct spec *spec)
{
    for (;; f++) {
        switch (*f) {
        case '-':
            spec->left = true;
            break;
        case '0':
            spec->zero = true;
            break;
        case '+':
            spec->plus = true;
            break;
        case ' ':
            spec->space = true;
            break;
        case '#':
            spec->alternate = true;
            break;
        default:
            return f;
        }
    }
}

/* Digits or '*'; no digits are 0, too many are the largest int. */
static const char *read_count(const char *f, int *count, va_list *args)
{
    if (*f == '*') {
        *count = va_arg(*args, int);
        return f + 1;
    }
    *count = 0;
    for (; *f >= '0' && *f <= '9'; f++) {
        int digit = *f - '0';

        *count = *count > (__INT_MAX__ - digit) / 10 ? __INT_MAX__ : *count * 10 + digit;
    }
    return f;
}

static const char *read_length(const char *f, struct spec *spec)
{
    spec->length = LEN_INT;
    if (*f == 'z') {
        spec->length = LEN_SIZE;
        return f + 1;
    }
    if (*f == 'h') {
        spec->length = f[1] == 'h' ? LEN_CHAR : LEN_SHORT;
        return f + (f[1] == 'h' ? 2 : 1);
    }
    if (*f == 'l') {
        spec->length = f[1] == 'l' ? LEN_LLONG : LEN_LONG;
        return f + (f[1] == 'l' ? 2 : 1);
    }
    return f;
}

/* @f is behind the '%'; returns what follows the conversion. */
static const char *read_spec(const char *f, struct spec *spec, va_list *args)
{
    *spec = (struct spec){.precision = -1};
    f = read_flags(f, spec);
    f = read_count(f, &spec->width, args);
    if (spec->width < 0) { /* from a '*': a '-' flag and a width */
        spec->left = true;
        spec->width = spec->width < -__INT_MAX__ ? __INT_MAX__ : -spec->width;
    }
    if (*f == '.') {
        f = read_count(f + 1, &spec->precision, args);
        if (spec->precision < 0)
            spec->precision = -1;
    }
    f = read_length(f, spec);
    spec->conversion = *f;
    return *f ? f + 1 : f;
}

void vformat(format_sink sink, void *arg, const char *fmt, va_list args)
{
    const struct sink out = {sink, arg};
    va_list ap;

    va_copy(ap, args);
    while (*fmt) {
        const char *literal = fmt;
        struct spec spec;

        while (*fmt && *fmt != '%')
            fmt++;
        if (fmt != literal)
            sink(arg, literal, (size_t)(fmt - literal));
        if (!*fmt)
            break;
        literal = fmt;
        fmt = read_spec(fmt + 1, &spec, &ap);
        if (!convert(&out, &spec, &ap)) {
            sink(arg, literal, strlen(literal));
            break;
        }
    }
    va_end(ap);
}

struct buffer {
    char *buf;
    size_t size;
    size_t len; /* of the whole text, stored or not */
};

static void buffer_put(void *arg, const char *text, size_t len)
{
    struct buffer *b = arg;

    if (b->len < b->size)
        memcpy(b->buf + b->len, text, min(len, b->size - b->len));
    b->len += len;
}

int vsnprintf(char *buf, size_t size, const char *fmt, va_list args)
{
    struct buffer b = {.buf = buf, .size = size};

    vformat(buffer_put, &b, fmt, args);
    if (size)
        buf[min(b.len, size - 1)] = '\0';
    return b.len > __INT_MAX__ ? __INT_MAX__ : (int)b.len;
}

int snprintf(char *buf, size_t size, const char *fmt, ...)
{
    va_list args;
    int len;

    va_start(args, fmt);
    len = vsnprintf(buf, size, fmt, args);
    va_end(args);
    return len;
}
