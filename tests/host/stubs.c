/*
 * tests/host/stubs.c - the kernel services that the pure core calls, for the host.
 */
#include "tests/host/stubs.h"
#include "kernel/bug.h"
#include "kernel/cpu.h"
#include "kernel/printk.h"
#include "mm/numa.h"
#include <arch/cpu.h>
#include <arch/irq.h>
#include <arch/percpu.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

unsigned long host_irq_flags = RFLAGS_INTERRUPTS;
int host_preempt_count;
bool host_verbose;
jmp_buf *host_panic_target;
char host_panic_message[1024];
struct page *vmemmap; /* mm/page.h */

/* This machine's, for mm/node.c: a single CPU on a single node. */
struct numa_topology numa_topology = {.nr_nodes = 1, .distance = {LOCAL_DISTANCE}};
cpumask_t cpu_present_mask = {{1}};
int nr_cpu_ids = 1;
int cpu_nodes[NR_CPUS];

static char log_text[65536];
static size_t log_len;

static unsigned long nr_reports;
static bool reports_expected;
static unsigned nr_expected_reports;
static char last_report[1024];

void host_stubs_reset(void)
{
    host_irq_flags = RFLAGS_INTERRUPTS;
    host_preempt_count = 0;
    host_panic_message[0] = '\0';
    log_text[0] = '\0';
    log_len = 0;
    nr_reports = 0;
    reports_expected = false;
    last_report[0] = '\0';
}

bool host_logged(const char *text)
{
    return strstr(log_text, text) != NULL;
}

/* Formats even what nobody will see, so that the sanitizers check the arguments. */
void vprintk(enum log_level level, const char *fmt, va_list args)
{
    char line[1024];
    size_t len, room = sizeof(log_text) - 1 - log_len;

    vsnprintf(line, sizeof(line), fmt, args);
    len = strcspn(line, "\n");
    if (host_verbose)
        fprintf(stderr, "<%d> %.*s\n", (int)level, (int)len, line);
    if (len < room) {
        memcpy(log_text + log_len, line, len);
        log_len += len;
        log_text[log_len++] = '\n';
        log_text[log_len] = '\0';
    }
}

void printk(enum log_level level, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    vprintk(level, fmt, args);
    va_end(args);
}

void panic(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    vsnprintf(host_panic_message, sizeof(host_panic_message), fmt, args);
    va_end(args);
    if (host_panic_target)
        longjmp(*host_panic_target, 1);
    fprintf(stderr, "panic: %s\n", host_panic_message);
    abort();
}

void report_bug(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    vsnprintf(last_report, sizeof(last_report), fmt, args);
    va_end(args);
    if (reports_expected) {
        nr_expected_reports++;
        printk(LOG_DEBUG, "expected report: %s", last_report);
        return;
    }
    nr_reports++;
    if (!host_panic_target) {
        fprintf(stderr, "report: %s\n", last_report);
        abort();
    }
}

unsigned long report_count(void)
{
    return nr_reports;
}

const char *report_last(void)
{
    return last_report;
}

void report_expect(void)
{
    reports_expected = true;
    nr_expected_reports = 0;
}

unsigned report_expect_end(void)
{
    reports_expected = false;
    return nr_expected_reports;
}

void cpu_relax(void)
{
}
