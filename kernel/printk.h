/*
 * kernel/printk.h - the kernel's log: levels, timestamps, a ring that `dmesg` prints.
 */
#ifndef KERNEL_PRINTK_H
#define KERNEL_PRINTK_H

#include "kernel/lib/compiler.h"
#include <stdarg.h>

struct seqbuf;

enum log_level {
    LOG_EMERG,
    LOG_ALERT,
    LOG_CRIT,
    LOG_ERR,
    LOG_WARN,
    LOG_NOTICE,
    LOG_INFO,
    LOG_DEBUG,
};

/* One call is one line; a trailing newline is added if missing. "[    0.012345] text". */
void printk(enum log_level level, const char *fmt, ...) __printf(2, 3);
void vprintk(enum log_level level, const char *fmt, va_list args) __printf(2, 0);

#define pr_emerg(...)  printk(LOG_EMERG, __VA_ARGS__)
#define pr_err(...)    printk(LOG_ERR, __VA_ARGS__)
#define pr_warn(...)   printk(LOG_WARN, __VA_ARGS__)
#define pr_notice(...) printk(LOG_NOTICE, __VA_ARGS__)
#define pr_info(...)   printk(LOG_INFO, __VA_ARGS__)
#define pr_debug(...)  printk(LOG_DEBUG, __VA_ARGS__)

/*
 * Between printk_hold() and printk_let_go() no other CPU's messages come between those of this one. @h
 * is remembered from one to the other. Interrupts are off meanwhile. Nests. Context: any.
 */
struct printk_hold {
    unsigned long flags;
    bool locked;
};
void printk_hold(struct printk_hold *h);
void printk_let_go(const struct printk_hold *h);

/* Obey `loglevel=N` and `quiet` of the command line. After cmdline_init(). */
void printk_init(void);
/* Messages of a level below @level reach the console: 0 none, 8 all. The ring takes all. */
void printk_set_console_level(int level);
int printk_console_level(void);
/* The machine is going down: everything to the console, and wait for no lock. */
void printk_emergency(void);

/* Read the log from *@pos on, as logring_read() (kernel/logring.h) does. */
size_t log_read(uint64_t *pos, char *buf, size_t size);
/* The position behind the newest byte. */
uint64_t log_end(void);

/* /proc/sys/kernel/printk: console level, default level, lowest and default console level. */
void printk_levels_show(struct seqbuf *s);
int printk_levels_store(const char *text, size_t len);

#endif
