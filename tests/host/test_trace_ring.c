/*
 * tests/host/test_trace_ring.c - kernel/trace_ring.c against a list of all that was ever written.
 */
#include "kernel/trace_ring.h"
#include "tests/host/test.h"
#include <pthread.h>
#include <signal.h>
#include <sys/time.h>

#define MAX_SLOTS 64

static struct trace_record slots[MAX_SLOTS];
static struct trace_ring ring;

static void new_ring(uint64_t nr_slots)
{
    memset(slots, 0xee, sizeof(slots));
    trace_ring_init(&ring, slots, nr_slots);
}

/* Every byte of a record follows from @value, so that a mixture of two is seen. */
static void fill(struct trace_record *r, uint64_t value)
{
    r->time_ns = value;
    r->pid = (int32_t)value;
    memset(r->comm, (int)(value & 0xff), sizeof(r->comm));
    memset(r->data, (int)(value & 0xff), sizeof(r->data));
}

static bool is_whole(const struct trace_record *r)
{
    struct trace_record want = *r;

    fill(&want, r->time_ns);
    return memcmp(&want, r, sizeof(want)) == 0;
}

static bool write_one(uint64_t value)
{
    struct trace_record *r = trace_ring_reserve(&ring);

    if (!r)
        return false;
    fill(r, value);
    trace_ring_commit(&ring);
    return true;
}

/* The value at @pos, or -1 if it can't be read. */
static long long value_at(uint64_t pos)
{
    struct trace_record r;

    if (!trace_ring_read(&ring, pos, &r))
        return -1;
    return is_whole(&r) ? (long long)r.time_ns : -2;
}

/* Tracing before there is memory must not write through NULL. */
HTEST(trace_ring, one_without_slots_records_nothing)
{
    trace_ring_init(&ring, NULL, 0);
    EXPECT(!trace_ring_reserve(&ring));
    EXPECT_EQ(0, trace_ring_newest(&ring));
    EXPECT_EQ(-1, value_at(0));
    EXPECT_EQ(0, ring.nr_dropped);
}

/* The last moments before something went wrong are those that matter. */
HTEST(trace_ring, the_newest_records_are_kept_and_the_oldest_give_way)
{
    new_ring(8);
    for (uint64_t i = 0; i < 21; i++)
        EXPECT(write_one(i));
    EXPECT_EQ(13, trace_ring_oldest(&ring));
    EXPECT_EQ(21, trace_ring_newest(&ring));
    for (uint64_t i = 0; i < 13; i++)
        EXPECT_EQ(-1, value_at(i));
    for (uint64_t i = 13; i < 21; i++)
        EXPECT_EQ((long long)i, value_at(i));
    EXPECT_EQ(-1, value_at(21));
}

/* Who sees a gap and no count of it believes that nothing happened. */
HTEST(trace_ring, records_overwritten_before_they_were_consumed_are_counted)
{
    new_ring(8);
    for (uint64_t i = 0; i < 11; i++)
        write_one(i);
    EXPECT_EQ(3, trace_ring_catch_up(&ring));
    EXPECT_EQ(3, ring.nr_overrun);
    EXPECT_EQ(0, trace_ring_catch_up(&ring));
    trace_ring_consume(&ring, 9); /* 3 to 8 */
    EXPECT_EQ(6, ring.nr_read);
    EXPECT_EQ(-1, value_at(8));
    for (uint64_t i = 11; i < 17; i++)
        write_one(i); /* over consumed ones */
    EXPECT_EQ(0, trace_ring_catch_up(&ring));
    write_one(17); /* over 9 */
    EXPECT_EQ(1, trace_ring_catch_up(&ring));
    EXPECT_EQ(4, ring.nr_overrun);
}

HTEST(trace_ring, clear_forgets_records_and_counts)
{
    new_ring(4);
    for (uint64_t i = 0; i < 9; i++)
        write_one(i);
    trace_ring_catch_up(&ring);
    trace_ring_clear(&ring);
    EXPECT_EQ(0, ring.nr_overrun);
    EXPECT_EQ(trace_ring_newest(&ring), trace_ring_oldest(&ring));
    EXPECT_EQ(-1, value_at(8));
    write_one(100);
    EXPECT_EQ(100, value_at(9));
    EXPECT_EQ(0, trace_ring_catch_up(&ring));
}

/* A reader that takes the slot of a writer at work for a record prints what was there before. */
HTEST(trace_ring, nested_records_appear_when_the_outermost_is_whole)
{
    struct trace_record *outer;

    new_ring(8);
    write_one(0);
    outer = trace_ring_reserve(&ring);
    ASSERT(outer != NULL);
    EXPECT(write_one(2));
    EXPECT(write_one(3));
    EXPECT_EQ(1, trace_ring_newest(&ring));
    EXPECT_EQ(-1, value_at(1));
    EXPECT_EQ(-1, value_at(2));
    fill(outer, 1);
    trace_ring_commit(&ring);
    EXPECT_EQ(4, trace_ring_newest(&ring));
    for (uint64_t i = 0; i < 4; i++)
        EXPECT_EQ((long long)i, value_at(i));
}

/* T3: an interrupt that fills the whole ring must not write over the record that it interrupted. */
HTEST(trace_ring, nested_records_beyond_the_rings_size_are_dropped_and_counted)
{
    struct trace_record *outer;

    new_ring(4);
    for (uint64_t i = 0; i < 6; i++)
        write_one(i);
    outer = trace_ring_reserve(&ring);
    ASSERT(outer != NULL);
    fill(outer, 6);
    for (uint64_t i = 7; i < 10; i++)
        EXPECT(write_one(i));
    EXPECT(!write_one(10));
    EXPECT(!write_one(11));
    EXPECT_EQ(2, ring.nr_dropped);
    trace_ring_commit(&ring);
    for (uint64_t i = 6; i < 10; i++)
        EXPECT_EQ((long long)i, value_at(i));
    EXPECT(write_one(10));
    EXPECT_EQ(10, value_at(10));
}

/* It has found no room and must not take with it those that were nested in it and did find some. */
HTEST(trace_ring, records_nested_in_a_dropped_one_appear)
{
    new_ring(1);
    EXPECT(write_one(0));
    ring.nesting++; /* reserve has begun, and is interrupted at its first step */
    EXPECT(write_one(1));
    EXPECT_EQ(1, trace_ring_newest(&ring));
    ring.nesting--;        /* and it goes on, */
    EXPECT(!write_one(2)); /* with no room left */
    EXPECT_EQ(2, trace_ring_newest(&ring));
    EXPECT_EQ(1, value_at(1));
    EXPECT(write_one(3));
}

/* While a record is begun, the one whose slot it takes is gone for readers. */
HTEST(trace_ring, the_record_that_is_being_overwritten_cannot_be_read)
{
    new_ring(4);
    for (uint64_t i = 0; i < 4; i++)
        write_one(i);
    EXPECT_EQ(0, value_at(0));
    ASSERT(trace_ring_reserve(&ring) != NULL);
    EXPECT_EQ(-1, value_at(0));
    EXPECT_EQ(1, value_at(1));
    fill(&slots[0], 4);
    trace_ring_commit(&ring);
    EXPECT_EQ(4, value_at(4));
}

/* ---- random sequences against a list --------------------------------------------------------- */

struct model {
    uint64_t nr_slots;
    uint64_t next;    /* value and position of the next record */
    uint64_t read;    /* all before it are consumed or counted as overrun */
    uint64_t overrun; /* counted so far */
};

static void model_catch_up(struct model *m)
{
    uint64_t oldest = m->next > m->nr_slots ? m->next - m->nr_slots : 0;

    if (oldest > m->read) {
        m->overrun += oldest - m->read;
        m->read = oldest;
    }
}

/* A record with up to @depth - 1 others within it. */
static void write_nested(struct model *m, unsigned depth)
{
    struct trace_record *r = trace_ring_reserve(&ring);
    uint64_t value = m->next;

    ASSERT(r != NULL);
    m->next++;
    if (depth > 1)
        write_nested(m, depth - 1);
    fill(r, value);
    trace_ring_commit(&ring);
}

static void compare(struct model *m)
{
    trace_ring_catch_up(&ring);
    model_catch_up(m);
    EXPECT_EQ(m->overrun, ring.nr_overrun);
    EXPECT_EQ(m->next, trace_ring_newest(&ring));
    EXPECT_EQ(m->read, trace_ring_oldest(&ring));
    for (uint64_t pos = m->read; pos < m->next; pos++)
        EXPECT_EQ((long long)pos, value_at(pos));
}

static void step(struct model *m)
{
    switch (host_random_below(8)) {
    case 0:
        compare(m);
        break;
    case 1:
        model_catch_up(m);
        m->read += host_random_below((unsigned)(m->next - m->read) + 1);
        trace_ring_consume(&ring, m->read);
        break;
    case 2:
        write_nested(m, 1 + host_random_below((unsigned)m->nr_slots));
        break;
    default:
        for (unsigned n = host_random_below(2 * (unsigned)m->nr_slots); n > 0; n--)
            write_nested(m, 1);
    }
}

/* What a student reads off the trace is what happened, in order, with every gap accounted for. */
HTEST(trace_ring, agrees_with_a_list_of_all_records)
{
    for (uint64_t nr_slots = 1; nr_slots <= MAX_SLOTS; nr_slots *= 2) {
        struct model m = {.nr_slots = nr_slots};

        new_ring(nr_slots);
        for (int i = 0; i < 2000; i++)
            step(&m);
        compare(&m);
        EXPECT_EQ(0, ring.nr_dropped);
    }
}

/* ---- at the same time ------------------------------------------------------------------------ */

static volatile uint64_t nr_from_handler;
static volatile bool done;
static volatile uint64_t nr_torn, nr_whole;

/* Comes between any two instructions of the writer, as an interrupt that can't be switched off. */
static void interrupt(int sig)
{
    (void)sig;
    for (int i = 0; i < 3; i++)
        if (write_one(1000000 + nr_from_handler))
            nr_from_handler++;
}

/* Always the oldest record, which is the next to be overwritten. */
static void *read_all_the_time(void *arg)
{
    (void)arg;
    while (!done) {
        struct trace_record r;

        if (!trace_ring_read(&ring, trace_ring_oldest(&ring), &r))
            continue;
        if (is_whole(&r))
            nr_whole++;
        else
            nr_torn++;
    }
    return NULL;
}

static void set_interrupts(long period_us)
{
    struct itimerval t = {{0, period_us}, {0, period_us}};

    setitimer(ITIMER_REAL, &t, NULL);
}

/*
 * No record is lost, or half another's, whatever instruction an interrupt hits, and while another
 * CPU reads: 300,000 records, and an interrupt every 20 us.
 */
HTEST(trace_ring, interrupts_and_readers_find_whole_records_only)
{
    struct sigaction act = {.sa_handler = interrupt, .sa_flags = SA_RESTART}, old;
    uint64_t nr_written = 0;
    sigset_t alarm;
    pthread_t reader;

    new_ring(4);
    nr_from_handler = 0;
    nr_torn = nr_whole = 0;
    done = false;
    sigemptyset(&alarm);
    sigaddset(&alarm, SIGALRM);
    sigaction(SIGALRM, &act, &old);
    pthread_sigmask(SIG_BLOCK, &alarm, NULL); /* the reader gets none */
    ASSERT_EQ(0, pthread_create(&reader, NULL, read_all_the_time, NULL));
    pthread_sigmask(SIG_UNBLOCK, &alarm, NULL);
    set_interrupts(20);
    for (uint64_t i = 0; i < 300000; i++)
        nr_written += write_one(i);
    set_interrupts(0);
    sigaction(SIGALRM, &old, NULL);
    done = true;
    pthread_join(reader, NULL);
    EXPECT_EQ(0, nr_torn);
    EXPECT(nr_whole > 0);
    EXPECT_EQ(0, ring.nesting);
    EXPECT_EQ(ring.head, ring.commit); /* T1 */
    EXPECT(nr_from_handler > 0);
    EXPECT_EQ(nr_written + nr_from_handler, ring.head);
    for (uint64_t pos = trace_ring_oldest(&ring); pos < ring.head; pos++)
        EXPECT(value_at(pos) >= 0);
}
