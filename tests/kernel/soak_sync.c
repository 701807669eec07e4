/*
 * tests/kernel/soak_sync.c - the soak's workers that wait for each other, and that exclude each other.
 *
 * Workers whose partners wait for them must not leave first. So one of each group, its leader, decides
 * when it is over; the others go on until it says so.
 *
 * Nobody waits with a limit here: a wake-up that gets lost leaves its thread standing, which the checker
 * reports.
 */
#include "kernel/completion.h"
#include "kernel/lib/errno.h"
#include "kernel/mutex.h"
#include "kernel/rwsem.h"
#include "kernel/seqlock.h"
#include "kernel/timer.h"
#include "kernel/wait.h"
#include "sched/sched.h"
#include "tests/kernel/soak.h"

/* Every other group has bound members, each on its CPU; the others go where they are put. */
static void choose_place(struct soak_worker *w, int group)
{
    cpumask_t mask = cpumask_of(soak_random_cpu(w));

    if (group % 2 == 0)
        return;
    if (set_cpus_allowed(current, &mask))
        soak_fail(w, "it could not bind itself to CPU %d", cpumask_first(&mask));
}

/* Give up the CPU in the middle of something, now and then. */
static void disturb(struct soak_worker *w)
{
    if (soak_one_in(w, 16))
        sched_yield();
    if (soak_one_in(w, 128))
        usleep(soak_random(w, 500));
}

/* ---- pairs ----------------------------------------------------------------------------------- */

#define PAIR      2
#define MAX_PAIRS 8

static struct pair {
    struct completion ping, pong;
    bool over; /* written before the last ping */
} pairs[MAX_PAIRS];

static struct pair *pair_of(const struct soak_worker *w)
{
    return &pairs[w->index / PAIR];
}

static int prepare_pairs(int nr)
{
    for (int i = 0; i < nr / PAIR; i++) {
        completion_init(&pairs[i].ping);
        completion_init(&pairs[i].pong);
        pairs[i].over = false;
    }
    return 0;
}

static bool begin_pairs(struct soak_worker *w)
{
    choose_place(w, w->index / PAIR);
    return true;
}

static bool step_pairs(struct soak_worker *w)
{
    struct pair *p = pair_of(w);
    bool over;

    if (w->index % PAIR == 0) {
        complete(&p->ping);
        wait_for_completion(&p->pong);
        return soak_goes_on();
    }
    wait_for_completion(&p->ping);
    over = READ_ONCE(p->over); /* of this ping: the leader goes on after the pong */
    complete(&p->pong);
    return !over;
}

static void end_pairs(struct soak_worker *w)
{
    struct pair *p = pair_of(w);

    if (w->index % PAIR != 0)
        return;
    WRITE_ONCE(p->over, true);
    complete(&p->ping);
    wait_for_completion(&p->pong);
}

const struct soak_kind soak_pairs = {
    .name = "pairs",
    .cpus_each = 2,
    .least = PAIR,
    .most = PAIR * MAX_PAIRS,
    .group = PAIR,
    .prepare = prepare_pairs,
    .begin = begin_pairs,
    .step = step_pairs,
    .end = end_pairs,
};

/* ---- crowds: many wait for the same event ---------------------------------------------------- */

#define CROWD      4
#define MAX_CROWDS 4

static struct crowd {
    struct wait_queue_head event_came, all_saw_it;
    unsigned event;   /* written by the leader */
    unsigned nr_seen; /* by how many of the others; atomic */
    bool over;        /* written before the last event */
} crowds[MAX_CROWDS];

static struct crowd *crowd_of(const struct soak_worker *w)
{
    return &crowds[w->index / CROWD];
}

static bool leads_crowd(const struct soak_worker *w)
{
    return w->index % CROWD == 0;
}

static int prepare_crowds(int nr)
{
    for (int i = 0; i < nr / CROWD; i++) {
        struct crowd *c = &crowds[i];

        *c = (struct crowd){.event = 0};
        wait_queue_init(&c->event_came);
        wait_queue_init(&c->all_saw_it);
    }
    return 0;
}

static bool begin_crowds(struct soak_worker *w)
{
    choose_place(w, w->index / CROWD);
    return true;
}

static void next_event(struct crowd *c)
{
    __atomic_store_n(&c->nr_seen, 0, __ATOMIC_SEQ_CST);
    __atomic_store_n(&c->event, c->event + 1, __ATOMIC_SEQ_CST);
    wake_up_all(&c->event_came);
    wait_event(&c->all_saw_it, __atomic_load_n(&c->nr_seen, __ATOMIC_SEQ_CST) == CROWD - 1);
}

/* A follower remembers which event was the last that it saw. */
static void await_event(struct crowd *c, unsigned *last)
{
    wait_event(&c->event_came, __atomic_load_n(&c->event, __ATOMIC_SEQ_CST) != *last);
    *last = __atomic_load_n(&c->event, __ATOMIC_SEQ_CST);
}

static bool step_crowds(struct soak_worker *w)
{
    struct crowd *c = crowd_of(w);
    bool over;

    if (leads_crowd(w)) {
        next_event(c);
        return soak_goes_on();
    }
    await_event(c, soak_data(w, unsigned));
    over = READ_ONCE(c->over); /* of this event: the leader goes on when all have seen it */
    if (__atomic_add_fetch(&c->nr_seen, 1, __ATOMIC_SEQ_CST) == CROWD - 1)
        wake_up(&c->all_saw_it);
    return !over;
}

static void end_crowds(struct soak_worker *w)
{
    struct crowd *c = crowd_of(w);

    if (!leads_crowd(w))
        return;
    WRITE_ONCE(c->over, true);
    next_event(c);
}

const struct soak_kind soak_crowds = {
    .name = "crowds",
    .cpus_each = 2,
    .least = CROWD,
    .most = CROWD * MAX_CROWDS,
    .group = CROWD,
    .prepare = prepare_crowds,
    .begin = begin_crowds,
    .step = step_crowds,
    .end = end_crowds,
};

/* ---- items: many wait, and one of them is to get on ------------------------------------------ */

#define BELT      4
#define MAX_BELTS 4
#define MAX_ITEMS 8

static struct belt {
    struct wait_queue_head items_came, all_taken;
    unsigned long nr_items;         /* on the belt; atomic */
    unsigned long nr_put, nr_taken; /* in all; atomic */
    bool over;
} belts[MAX_BELTS];

static struct belt *belt_of(const struct soak_worker *w)
{
    return &belts[w->index / BELT];
}

static bool leads_belt(const struct soak_worker *w)
{
    return w->index % BELT == 0;
}

static int prepare_items(int nr)
{
    for (int i = 0; i < nr / BELT; i++) {
        struct belt *b = &belts[i];

        *b = (struct belt){.nr_items = 0};
        wait_queue_init(&b->items_came);
        wait_queue_init(&b->all_taken);
    }
    return 0;
}

static bool begin_items(struct soak_worker *w)
{
    choose_place(w, w->index / BELT);
    return true;
}

/* One wake-up for each, and each must be heard: the leader goes on when all are taken. */
static void put_items(struct soak_worker *w, struct belt *b)
{
    for (uint64_t i = 1 + soak_random(w, MAX_ITEMS); i > 0; i--) {
        b->nr_put++;
        __atomic_fetch_add(&b->nr_items, 1, __ATOMIC_SEQ_CST);
        wake_up(&b->items_came);
        disturb(w);
    }
    wait_event(&b->all_taken, __atomic_load_n(&b->nr_items, __ATOMIC_SEQ_CST) == 0);
}

static bool take_item(struct belt *b)
{
    unsigned long nr = __atomic_load_n(&b->nr_items, __ATOMIC_RELAXED);

    while (nr > 0) {
        if (__atomic_compare_exchange_n(&b->nr_items, &nr, nr - 1, false, __ATOMIC_SEQ_CST,
                                        __ATOMIC_RELAXED)) {
            __atomic_fetch_add(&b->nr_taken, 1, __ATOMIC_RELAXED);
            if (nr == 1)
                wake_up(&b->all_taken);
            return true;
        }
    }
    return false;
}

static bool step_items(struct soak_worker *w)
{
    struct belt *b = belt_of(w);

    if (leads_belt(w)) {
        put_items(w, b);
        return soak_goes_on();
    }
    wait_event_exclusive(&b->items_came, take_item(b) || READ_ONCE(b->over));
    return !READ_ONCE(b->over);
}

static void end_items(struct soak_worker *w)
{
    struct belt *b = belt_of(w);

    if (!leads_belt(w))
        return;
    WRITE_ONCE(b->over, true);
    wake_up_all(&b->items_came);
}

static void finish_items(void)
{
    for (int i = 0; i < MAX_BELTS; i++)
        if (belts[i].nr_put != belts[i].nr_taken)
            soak_fail(NULL, "belt %d: %lu items were put there and %lu taken", i, belts[i].nr_put,
                      belts[i].nr_taken);
}

const struct soak_kind soak_items = {
    .name = "items",
    .cpus_each = 2,
    .least = BELT,
    .most = BELT * MAX_BELTS,
    .group = BELT,
    .prepare = prepare_items,
    .begin = begin_items,
    .step = step_items,
    .end = end_items,
    .finish = finish_items,
};

/* ---- locks ----------------------------------------------------------------------------------- */

#define CLUB      4
#define MAX_CLUBS 4

enum lock_kind { BY_MUTEX, BY_SPINLOCK, BY_RWSEM, BY_SEQLOCK, NR_LOCK_KINDS };

static const char *const lock_names[] = {"mutex", "spinlock", "rwsem", "seqlock"};

/* What a few workers count, each count protected by its lock. */
static struct club {
    struct mutex mutex;
    struct spinlock spinlock;
    struct rw_semaphore rwsem;
    seqlock_t seqlock;
    unsigned long counts[NR_LOCK_KINDS];
    unsigned long twins[NR_LOCK_KINDS];    /* equal to counts while nobody writes */
    unsigned long expected[NR_LOCK_KINDS]; /* atomic */
} clubs[MAX_CLUBS];

static int prepare_locks(int nr)
{
    for (int i = 0; i < nr / CLUB; i++) {
        struct club *c = &clubs[i];

        *c = (struct club){.counts = {0}};
        mutex_init(&c->mutex);
        spin_lock_init(&c->spinlock, "soak", LOCK_WAIT);
        init_rwsem(&c->rwsem);
        seqlock_init(&c->seqlock, "soak seqlock", LOCK_WAIT);
    }
    return 0;
}

/* An addition that would lose another one in between; @sleeps: and that gives it time to come. */
static void add_one(struct soak_worker *w, struct club *c, enum lock_kind kind, bool sleeps)
{
    unsigned long seen = READ_ONCE(c->counts[kind]);

    if (sleeps)
        disturb(w);
    WRITE_ONCE(c->counts[kind], seen + 1);
    if (sleeps)
        disturb(w);
    WRITE_ONCE(c->twins[kind], READ_ONCE(c->twins[kind]) + 1);
    __atomic_fetch_add(&c->expected[kind], 1, __ATOMIC_RELAXED);
}

static void expect_twins(const struct soak_worker *w, enum lock_kind kind, unsigned long a,
                         unsigned long b)
{
    if (a != b)
        soak_fail(w, "half of a change was seen under the %s: %lu and %lu", lock_names[kind], a, b);
}

static void count_by_mutex(struct soak_worker *w, struct club *c) __no_lock_analysis
{
    if (!soak_one_in(w, 4))
        mutex_lock(&c->mutex);
    else if (!mutex_trylock(&c->mutex))
        return;
    add_one(w, c, BY_MUTEX, true);
    mutex_unlock(&c->mutex);
}

static void count_by_spinlock(struct soak_worker *w, struct club *c)
{
    unsigned long flags;

    spin_lock_irqsave(&c->spinlock, flags);
    add_one(w, c, BY_SPINLOCK, false);
    spin_unlock_irqrestore(&c->spinlock, flags);
}

static void read_by_rwsem(struct soak_worker *w, struct club *c)
{
    unsigned long a = READ_ONCE(c->counts[BY_RWSEM]);

    disturb(w);
    expect_twins(w, BY_RWSEM, a, READ_ONCE(c->twins[BY_RWSEM]));
}

static void count_by_rwsem(struct soak_worker *w, struct club *c)
{
    if (!soak_one_in(w, 4)) {
        down_read(&c->rwsem);
        read_by_rwsem(w, c);
        up_read(&c->rwsem);
        return;
    }
    down_write(&c->rwsem);
    add_one(w, c, BY_RWSEM, true);
    if (soak_one_in(w, 4)) {
        downgrade_write(&c->rwsem);
        read_by_rwsem(w, c);
        up_read(&c->rwsem);
    } else {
        up_write(&c->rwsem);
    }
}

static void count_by_seqlock(struct soak_worker *w, struct club *c)
{
    unsigned long flags, a, b;
    unsigned seq;

    if (soak_one_in(w, 4)) {
        write_seqlock(&c->seqlock, flags);
        add_one(w, c, BY_SEQLOCK, false);
        write_sequnlock(&c->seqlock, flags);
        return;
    }
    do {
        seq = read_seqbegin(&c->seqlock.count);
        a = READ_ONCE(c->counts[BY_SEQLOCK]);
        b = READ_ONCE(c->twins[BY_SEQLOCK]);
    } while (read_seqretry(&c->seqlock.count, seq));
    expect_twins(w, BY_SEQLOCK, a, b);
}

static bool step_locks(struct soak_worker *w)
{
    static void (*const ways[NR_LOCK_KINDS])(struct soak_worker * w, struct club * c) = {
        [BY_MUTEX] = count_by_mutex,
        [BY_SPINLOCK] = count_by_spinlock,
        [BY_RWSEM] = count_by_rwsem,
        [BY_SEQLOCK] = count_by_seqlock,
    };

    ways[soak_random(w, NR_LOCK_KINDS)](w, &clubs[w->index / CLUB]);
    return soak_goes_on();
}

static void finish_locks(void)
{
    for (int i = 0; i < MAX_CLUBS; i++) {
        for (int kind = 0; kind < NR_LOCK_KINDS; kind++) {
            const struct club *c = &clubs[i];

            if (c->counts[kind] != c->expected[kind])
                soak_fail(NULL, "club %d counted %lu times under its %s, and comes to %lu", i,
                          c->expected[kind], lock_names[kind], c->counts[kind]);
        }
    }
}

const struct soak_kind soak_locks = {
    .name = "locks",
    .cpus_each = 2,
    .least = CLUB,
    .most = CLUB * MAX_CLUBS,
    .group = CLUB,
    .prepare = prepare_locks,
    .step = step_locks,
    .finish = finish_locks,
};
