/*
 * tests/kernel/test_trace.c - what happened is what the trace shows.
 */
#include "kernel/cpu.h"
#include "kernel/fs/trace_text.h"
#include "kernel/ktest.h"
#include "kernel/kthread.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/parse.h"
#include "kernel/lib/seqbuf.h"
#include "kernel/lib/string.h"
#include "kernel/lib/vsprintf.h"
#include "kernel/smp_call.h"
#include "mm/node.h"
#include "mm/page_alloc.h"
#include "tests/kernel/mm_helpers.h"
#include "tests/kernel/trace_helpers.h"
#include <arch/irq.h>

#define MARK 0x7ace0000UL /* pfns that no machine here has */

static struct trace_session session;

/* A record that is told from all others by its pfn. */
static void mark(unsigned long n)
{
    trace(mm_page_free, .pfn = MARK + n, .order = 0);
}

static bool trace_has_mark(const char *text, unsigned long n)
{
    char want[32];

    snprintf(want, sizeof(want), "pfn=0x%lx ", MARK + n);
    return strstr(text, want) != NULL;
}

/* The number behind @key in @text, or -1. */
static long long number_after(const char *text, const char *key)
{
    const char *p = strstr(text, key);
    uint64_t value;

    if (!p)
        return -1;
    for (p += strlen(key); *p == ' '; p++)
        ;
    return parse_u64(p, 10, &value, &p) == 0 ? (long long)value : -1;
}

/* The student who looks for a leak pairs allocations and frees by these lines. */
KTEST(trace, allocation_and_free_appear_with_pfn_order_and_flags)
{
    char want[128];
    const char *text, *alloc, *free;
    struct page *page;
    unsigned long pfn;

    KASSERT(trace_session_begin(&session, "64"));
    KEXPECT_EQ(0, tracing_write("events/kmem/enable", "1"));
    page = alloc_pages(GFP_KERNEL | __GFP_ZERO, 3);
    if (KEXPECT(page != NULL)) {
        pfn = page_to_pfn(page);
        __free_pages(page, 3);
        tracing_write("events/kmem/enable", "0");
        text = tracing_read("trace");
        snprintf(want, sizeof(want),
                 ": mm_page_alloc: page=%p pfn=0x%lx order=3 migratetype=0 "
                 "gfp_flags=GFP_KERNEL|__GFP_ZERO\n",
                 (void *)page, pfn);
        alloc = strstr(text, want);
        snprintf(want, sizeof(want), ": mm_page_free: page=%p pfn=0x%lx order=3\n", (void *)page,
                 pfn);
        free = alloc ? strstr(alloc, want) : NULL;
        KEXPECT(alloc != NULL);
        KEXPECT(free != NULL);
    }
    trace_session_end(&session);
}

/* A trace point that nobody switched on must cost nothing, least of all room in the rings. */
KTEST(trace, events_that_are_off_are_not_recorded)
{
    const char *text;

    KASSERT(trace_session_begin(&session, "4"));
    mark(1);
    tracing_write("set_event", "sched:sched_process_exit");
    mark(2);
    text = tracing_read("trace");
    KEXPECT(strstr(text, "mm_page_free") == NULL);
    trace_session_end(&session);
}

static unsigned nr_evaluated;

static unsigned long evaluate(void)
{
    nr_evaluated++;
    return MARK;
}

/* Arguments of a trace point may be costly to compute; off, it is one test. */
KTEST(trace, arguments_are_evaluated_only_if_the_event_is_on)
{
    KASSERT(trace_session_begin(&session, "4"));
    nr_evaluated = 0;
    trace(mm_page_free, .pfn = evaluate());
    KEXPECT_EQ(0, nr_evaluated);
    tracing_write("events/kmem/mm_page_free/enable", "1");
    trace(mm_page_free, .pfn = evaluate());
    KEXPECT_EQ(1, nr_evaluated);
    trace_session_end(&session);
}

/* tracing_on is the switch that freezes what was seen, without losing the choice of events. */
KTEST(trace, nothing_is_recorded_while_tracing_is_off)
{
    const char *text;

    KASSERT(trace_session_begin(&session, "4"));
    tracing_write("set_event", "mm_page_free");
    mark(1);
    tracing_write("tracing_on", "0");
    mark(2);
    KEXPECT_EQ('0', tracing_read("tracing_on")[0]);
    tracing_write("tracing_on", "1");
    mark(3);
    tracing_write("set_event", "");
    text = tracing_read("trace");
    KEXPECT(trace_has_mark(text, 1));
    KEXPECT(!trace_has_mark(text, 2));
    KEXPECT(trace_has_mark(text, 3));
    trace_session_end(&session);
}

static int overrunning_cpu;

/* 50 records at once on one CPU, whose ring has room for 32. */
static void mark_too_often(void)
{
    unsigned long flags = irq_save();

    overrunning_cpu = this_cpu();
    for (unsigned long i = 0; i < 50; i++)
        mark(i);
    irq_restore(flags);
}

/* Who isn't told of lost events takes a gap for silence. */
KTEST(trace, overwritten_events_are_counted_and_the_newest_kept)
{
    char file[40];
    const char *text;

    KASSERT(trace_session_begin(&session, "4"));
    tracing_write("set_event", "mm_page_free");
    mark_too_often();
    tracing_write("set_event", "");
    snprintf(file, sizeof(file), "per_cpu/cpu%d/stats", overrunning_cpu);
    text = tracing_read(file);
    KEXPECT_EQ(32, number_after(text, "entries:"));
    KEXPECT(number_after(text, "\noverrun:") >= 18);
    KEXPECT_EQ(32 * 128, number_after(text, "bytes:"));
    KEXPECT_EQ(0, number_after(text, "dropped events:"));
    text = tracing_read("trace");
    KEXPECT(!trace_has_mark(text, 17));
    KEXPECT(trace_has_mark(text, 49));
    KEXPECT(number_after(text, "entries-written:") >= 32);
    trace_session_end(&session);
}

/* trace_pipe is read again and again: what came once must not come twice. */
KTEST(trace, pipe_consumes_and_trace_does_not)
{
    const char *text;

    KASSERT(trace_session_begin(&session, "4"));
    tracing_write("set_event", "mm_page_free");
    mark(1);
    KEXPECT(trace_has_mark(tracing_read("trace"), 1));
    KEXPECT(trace_has_mark(tracing_read("trace"), 1));
    text = tracing_read("trace_pipe");
    KEXPECT(trace_has_mark(text, 1));
    KEXPECT(text[0] != '#');
    KEXPECT(!trace_has_mark(tracing_read("trace_pipe"), 1));
    KEXPECT(!trace_has_mark(tracing_read("trace"), 1));
    mark(2);
    KEXPECT(trace_has_mark(tracing_read("trace_pipe"), 2));
    trace_session_end(&session);
}

KTEST(trace, writing_to_trace_clears_it)
{
    KASSERT(trace_session_begin(&session, "4"));
    tracing_write("set_event", "mm_page_free");
    mark(1);
    KEXPECT_EQ(0, tracing_write("trace", "\n"));
    KEXPECT(!trace_has_mark(tracing_read("trace"), 1));
    trace_session_end(&session);
}

static void mark_by_cpu(void *arg)
{
    (void)arg;
    mark((unsigned long)this_cpu());
}

/* "   name-1    [002] d.h1.     1.234567: ..." to microseconds; -1 if it is no such line. */
static long long line_time(const char *line)
{
    const char *p = strstr(line, "] ");
    uint64_t seconds, us;

    if (!p)
        return -1;
    for (p += 7; *p == ' '; p++)
        ;
    if (parse_u64(p, 10, &seconds, &p) || *p != '.' || parse_u64(p + 1, 10, &us, &p) || *p != ':')
        return -1;
    return (long long)(seconds * 1000000 + us);
}

/* Across CPUs cause comes before effect only if lines are in the order of time. */
KTEST(trace, events_of_all_cpus_are_merged_by_time)
{
    const char *text, *line;
    long long last = 0;
    int cpu;

    KASSERT(trace_session_begin(&session, "4"));
    tracing_write("set_event", "mm_page_free");
    for (int i = 0; i < 3; i++)
        on_each_cpu(mark_by_cpu, NULL);
    tracing_write("set_event", "");
    text = tracing_read("trace");
    for_each_cpu (cpu, &cpu_online_mask)
        KEXPECT(trace_has_mark(text, (unsigned long)cpu));
    for (line = strchr(text, '['); line; line = strchr(line + 1, '[')) {
        long long time = line_time(line);

        if (!KEXPECT(time >= last))
            break;
        last = time;
    }
    trace_session_end(&session);
}

/* The columns tell what a CPU was doing when it happened: the first thing to ask of a surprise. */
KTEST(trace, flags_tell_interrupts_off)
{
    const char *text, *p;
    char want[32];
    unsigned long flags;

    KASSERT(trace_session_begin(&session, "4"));
    tracing_write("set_event", "mm_page_free");
    flags = irq_save();
    mark(1);
    irq_restore(flags);
    mark(2);
    tracing_write("set_event", "");
    text = tracing_read("trace");
    for (unsigned long n = 1; n <= 2; n++) {
        snprintf(want, sizeof(want), "pfn=0x%lx ", MARK + n);
        p = strstr(text, want);
        while (p && p > text && *p != ']')
            p--;
        if (KEXPECT(p && *p == ']'))
            KEXPECT_EQ(n == 1 ? 'd' : '.', p[2]);
    }
    trace_session_end(&session);
}

/* Every tool that reads ftrace's text goes by these columns. */
KTEST(trace, line_is_laid_out_as_linux_does)
{
    static const char want[] = "            spin-12      [003] dNh2.    61.000042: sched_wakeup: "
                               "comm=kbalance/0 pid=4 prio=120 target_cpu=002\n";
    struct trace_sched_wakeup e = {.comm = {"kbalance/0"}, .pid = 4, .prio = 120, .target_cpu = 2};
    struct trace_record r = {.time_ns = 61000042999ull, .comm = "spin", .pid = 12};
    char text[256];
    struct seqbuf s;

    r.type = TRACE_sched_wakeup;
    r.flags = TRACE_FLAG_IRQS_OFF | TRACE_FLAG_NEED_RESCHED | TRACE_FLAG_HARDIRQ;
    r.preempt_count = 2;
    memcpy(r.data, &e, sizeof(e));
    seqbuf_init(&s, text, sizeof(text));
    trace_record_show(&s, 3, &r);
    if (strcmp(want, seqbuf_str(&s)) != 0)
        ktest_fail(__FILE__, __LINE__, "expected \"%s\", got \"%s\"", want, text);
}

/* A ring on another node makes each event a remote write: the trace changes what it measures. */
KTEST(trace, ring_lies_on_its_cpus_node)
{
    static long before[MAX_NUMNODES]; /* free pages; then what should have gone */
    int cpu, nid;

    KASSERT(trace_session_begin(&session, "0"));
    for_each_online_node (nid)
        before[nid] = (long)exact_free_pages(nid);
    if (KEXPECT_EQ(0, tracing_write("buffer_size_kb", "8"))) {
        for_each_cpu (cpu, &cpu_online_mask) {
            nid = page_to_nid(virt_to_page(trace_ring_of(cpu)->slots));
            KEXPECT_EQ(node_nearest_with_memory(cpu_to_node(cpu)), nid);
            before[nid] -= 2;
        }
        for_each_online_node (nid)
            KEXPECT_EQ(before[nid], exact_free_pages(nid));
    }
    trace_session_end(&session);
}

/* Rounded up to what a block can be; nonsense is refused, and leaves the rings as they are. */
KTEST(trace, buffer_size_takes_what_a_ring_can_have)
{
    KASSERT(trace_session_begin(&session, "5"));
    KEXPECT_EQ(8, number_after(tracing_read("buffer_size_kb"), ""));
    KEXPECT_EQ(-EINVAL, tracing_write("buffer_size_kb", "many"));
    KEXPECT_EQ(-EINVAL, tracing_write("buffer_size_kb", ""));
    KEXPECT_EQ(-EINVAL, tracing_write("buffer_size_kb", "8 9"));
    KEXPECT_EQ(-ERANGE, tracing_write("buffer_size_kb", "4097"));
    KEXPECT_EQ(-ERANGE, tracing_write("buffer_size_kb", "99999999999999999999999"));
    KEXPECT_EQ(8, number_after(tracing_read("buffer_size_kb"), ""));
    KEXPECT_EQ(8 * cpumask_weight(&cpu_online_mask),
               number_after(tracing_read("buffer_total_size_kb"), ""));
    KEXPECT_EQ(0, tracing_write("buffer_size_kb", "0"));
    KEXPECT(strstr(tracing_read("buffer_size_kb"), "0 (expanded: ") != NULL);
    trace_session_end(&session);
}

static bool text_is(const char *want, const char *got)
{
    if (strcmp(want, got) == 0)
        return true;
    ktest_fail(__FILE__, __LINE__, "expected \"%s\", got \"%s\"", want, got);
    return false;
}

#define PAGE_EVENTS "kmem:mm_page_alloc\nkmem:mm_page_alloc_zone\n"

/* The ways to name events that books on ftrace show. */
KTEST(trace, set_event_takes_names_systems_and_patterns)
{
    static char all[1024];

    KASSERT(trace_session_begin(&session, "4"));
    KEXPECT_EQ(0, tracing_write("set_event", "kmem:*\n"));
    text_is(PAGE_EVENTS "kmem:mm_page_free\n", tracing_read("set_event"));
    KEXPECT_EQ(0, tracing_write("set_event", "!kmem:mm_page_free"));
    text_is(PAGE_EVENTS, tracing_read("set_event"));
    KEXPECT_EQ(0, tracing_write("set_event", "sched_switch mm_page_f*"));
    text_is("sched:sched_switch\nkmem:mm_page_free\n", tracing_read("set_event"));
    KEXPECT_EQ(0, tracing_write("set_event", "kmem:"));
    text_is(PAGE_EVENTS "kmem:mm_page_free\n", tracing_read("set_event"));
    KEXPECT_EQ(-EINVAL, tracing_write("set_event", "kmem:mm_page"));
    KEXPECT_EQ(-EINVAL, tracing_write("set_event", "nothing"));
    KEXPECT_EQ(0, tracing_write("set_event", "*:*"));
    strlcpy(all, tracing_read("available_events"), sizeof(all));
    text_is(all, tracing_read("set_event"));
    text_is("1\n", tracing_read("events/enable"));
    trace_session_end(&session);
}

/* `X` is how ftrace says: some. */
KTEST(trace, enable_files_of_system_and_event_agree)
{
    KASSERT(trace_session_begin(&session, "4"));
    text_is("0\n", tracing_read("events/kmem/enable"));
    KEXPECT_EQ(0, tracing_write("events/kmem/mm_page_free/enable", "1\n"));
    text_is("1\n", tracing_read("events/kmem/mm_page_free/enable"));
    text_is("X\n", tracing_read("events/kmem/enable"));
    text_is("X\n", tracing_read("events/enable"));
    text_is("0\n", tracing_read("events/sched/enable"));
    KEXPECT_EQ(0, tracing_write("events/kmem/enable", "1"));
    text_is("1\n", tracing_read("events/kmem/enable"));
    KEXPECT_EQ(0, tracing_write("events/enable", "0"));
    text_is("0\n", tracing_read("events/kmem/mm_page_free/enable"));
    KEXPECT_EQ(-EINVAL, tracing_write("events/enable", "2"));
    KEXPECT_EQ(-EINVAL, tracing_write("events/enable", "yes"));
    trace_session_end(&session);
}

/* Fields follow each other and end within the record. Returns how many, the common ones too. */
static int check_fields(const char *text)
{
    long long end = 0;
    int nr = 0;

    for (const char *p = strstr(text, "\tfield:"); p; p = strstr(p + 1, "\tfield:")) {
        long long offset = number_after(p, "offset:"), size = number_after(p, "size:");

        KEXPECT(offset >= end && size > 0);
        KEXPECT(size > 8 || offset % size == 0);
        end = offset + size;
        nr++;
    }
    KEXPECT(end <= 8 + TRACE_DATA_SIZE);
    return nr;
}

/* By this file a tool finds the fields in a raw record. */
KTEST(trace, format_tells_where_each_field_is)
{
    char file[80];

    for (int id = TRACE_NONE + 1; id < TRACE_NR_EVENTS; id++) {
        const char *text;

        snprintf(file, sizeof(file), "events/%s/%s/format", trace_event_system(id),
                 trace_event_name(id));
        text = tracing_read(file);
        KEXPECT_EQ(id, number_after(text, "ID:"));
        KEXPECT(check_fields(text) > 4);
        KEXPECT(strstr(text, "\nprint fmt: \"") != NULL);
    }
    KEXPECT(strstr(tracing_read("events/kmem/mm_page_alloc/format"),
                   "\tfield:unsigned long gfp_flags;\toffset:24;\tsize:8;\tsigned:0;\n"
                   "\tfield:int migratetype;\toffset:32;\tsize:4;\tsigned:1;\n") != NULL);
}

/* ---- the scheduler's events ------------------------------------------------------------------ */

static int do_nothing(void *arg)
{
    (void)arg;
    return 0;
}

/* The life of a thread can be followed from its first wake-up to its end. */
KTEST(trace, life_of_a_thread_is_told_in_order)
{
    static const char *const stages[] = {
        ": sched_wakeup_new: comm=short-lived pid=", "==> next_comm=short-lived next_pid=",
        ": sched_process_exit: comm=short-lived pid=", " prev_comm=short-lived "};
    const char *p;
    struct task *t;

    KASSERT(trace_session_begin(&session, "64"));
    tracing_write("events/sched/enable", "1");
    t = kthread_run(do_nothing, NULL, "short-lived");
    if (KEXPECT(t != NULL))
        kthread_join(t);
    tracing_write("set_event", "");
    p = tracing_read("trace");
    for (size_t i = 0; p && i < ARRAY_SIZE(stages); i++) {
        p = strstr(p, stages[i]);
        if (!p)
            ktest_fail(__FILE__, __LINE__, "no \"%s\" behind what came before it", stages[i]);
    }
    trace_session_end(&session);
}
