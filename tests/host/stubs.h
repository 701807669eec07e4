/*
 * tests/host/stubs.h - what the pure core finds on the host in place of kernel services.
 *
 * printk keeps its lines, panic ends the expression that provoked it, report_bug counts. Where no
 * test has said that it expects a panic or a report, in a fuzzer, both abort.
 */
#ifndef TESTS_HOST_STUBS_H
#define TESTS_HOST_STUBS_H

#include <setjmp.h>
#include <stdbool.h>

/* Print log lines to stderr as they come. */
extern bool host_verbose;

/* What panic() jumps to; NULL: it aborts. */
extern jmp_buf *host_panic_target;
/* The text of the last panic since host_stubs_reset(), "" if there was none. */
extern char host_panic_message[1024];

/* @text occurs in what was logged since host_stubs_reset() (its first 64 KiB). */
bool host_logged(const char *text);

/* As after boot: an empty log, no panic, no report, interrupts on. */
void host_stubs_reset(void);

#endif
