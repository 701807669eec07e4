/*
 * tests/kernel/soak.h - the soak: kinds of workers, and what they share. soak.c tells the rest.
 */
#ifndef TESTS_KERNEL_SOAK_H
#define TESTS_KERNEL_SOAK_H

#include "kernel/kthread.h"
#include "tests/kernel/mm_helpers.h"

#define SOAK_DATA_SIZE 2048 /* bytes of its own that a worker has */

struct seqbuf;
struct soak_worker;

/* One thing that the machine does all the time. Functions may be NULL but for step(). */
struct soak_kind {
    const char *name;
    /* As many workers as there are CPUs / @cpus_each, clamped, and rounded down to whole groups. */
    int cpus_each, least, most;
    int group; /* so many work together, or 0; divides @least */

    /* In the soak's thread: before @nr of them, 1 or more, are made, 0 or a negative errno; when all have
     * ended, or none was made. */
    int (*prepare)(int nr);
    void (*finish)(void);

    /* In the worker's thread. begin() may fail, for lack of memory, and is called again a little later. step()
     * does one operation, and says whether there is to be another one. */
    bool (*begin)(struct soak_worker *w);
    bool (*step)(struct soak_worker *w);
    void (*end)(struct soak_worker *w);
};

/* In a page of its own. */
struct soak_worker {
    /* Fixed before the thread starts. */
    const struct soak_kind *kind;
    struct task *task;
    int index; /* of its kind */

    /* Written by the worker, read by the checker. */
    unsigned long nr_ops;
    bool has_ended;

    /* The checker's. */
    unsigned long seen_ops; /* when it was last seen to get on, */
    unsigned looks_since;   /* and how often it was looked at since then */
    uint64_t seen_ns;

    /* The worker's own. */
    struct rng rng;
    char data[SOAK_DATA_SIZE] __aligned(16);
};
_Static_assert(sizeof(struct soak_worker) <= PAGE_SIZE, "one page each");

/* What @type the kind keeps for each of its workers. */
#define soak_data(_w, _type)                                                                       \
    ({                                                                                             \
        _Static_assert(sizeof(_type) <= SOAK_DATA_SIZE, "fits");                                   \
        (_type *)(void *)(_w)->data;                                                               \
    })

/* False: the end has come, finish what was begun. */
bool soak_goes_on(void);
/* Something is wrong: log the sentence; the soak ends. @w: who noticed, or NULL. Context: any. */
void soak_fail(const struct soak_worker *w, const char *fmt, ...) __printf(2, 3);

/* 0..limit-1; true once in @n. */
uint64_t soak_random(struct soak_worker *w, uint64_t limit);
bool soak_one_in(struct soak_worker *w, unsigned n);
/* Nodes and CPUs that are online; a set of one or more. */
int soak_random_node(struct soak_worker *w);
int soak_random_cpu(struct soak_worker *w);
cpumask_t soak_random_cpus(struct soak_worker *w);

/* Run the kinds that @glob chooses for @seconds, in the caller's thread; prints to @out. Returns how
 * many failures there were. */
unsigned long soak_run(unsigned seconds, uint64_t seed, const char *glob, struct seqbuf *out);

extern const struct soak_kind soak_pages, soak_stacks, soak_remap, soak_areas; /* soak_mm.c */
extern const struct soak_kind soak_objects, soak_caches;                       /* soak_slab.c */
extern const struct soak_kind soak_hogs;                                       /* soak_hogs.c */
extern const struct soak_kind soak_cache, soak_shrinkers;                      /* soak_cache.c */
extern const struct soak_kind soak_urgent, soak_tight, soak_knobs;             /* soak_tight.c */
extern const struct soak_kind soak_kthreads, soak_movers, soak_spinners,
    soak_rt;                                                                   /* soak_threads.c */
extern const struct soak_kind soak_pairs, soak_crowds, soak_items, soak_locks; /* soak_sync.c */
extern const struct soak_kind soak_timers, soak_sleepers, soak_calls;          /* soak_time.c */
extern const struct soak_kind soak_files, soak_tracer, soak_log;               /* soak_files.c */

#endif
