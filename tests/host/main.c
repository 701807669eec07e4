/*
 * tests/host/main.c - runs the host tests: TAP version 13 on standard output, then a summary line.
 *
 *     tests [-v] [-r SEED] [GLOB]
 *
 * -v prints the kernel's log lines; -r runs the tests in a random order instead of by name, which
 * must not matter. Exit code 0 if all passed, 1 if one failed or none ran, 2 on bad arguments.
 */
#include "kernel/lib/glob.h"
#include "tests/host/test.h"
#include <arch/irq.h>
#include <signal.h>
#include <stdarg.h>
#include <unistd.h>

#define RANDOM_SEED  0x9e3779b97f4a7c15u
#define HANG_SECONDS 120 /* the longest test takes one, under ASan */

static struct host_test *all_tests; /* a list, in no order */
static unsigned nr_tests;
static unsigned nr_failures; /* of the running test */
static uint64_t random_state;
static const char *volatile running;

void host_test_register(struct host_test *test)
{
    test->next = all_tests;
    all_tests = test;
    nr_tests++;
}

void host_fail(const char *file, int line, const char *fmt, ...)
{
    va_list args;

    nr_failures++;
    printf("# %s:%d: ", file, line);
    va_start(args, fmt);
    vprintf(fmt, args);
    va_end(args);
    printf("\n");
}

bool host_expect_eq(const char *file, int line, const char *what, long long want, long long got)
{
    if (want != got)
        host_fail(file, line, "%s: expected %lld (0x%llx), got %lld (0x%llx)", what, want, want,
                  got, got);
    return want == got;
}

bool host_expect_str(const char *file, int line, const char *what, const char *want,
                     const char *got)
{
    bool same = want && got ? !strcmp(want, got) : want == got;

    if (!same)
        host_fail(file, line, "%s: expected \"%s\", got \"%s\"", what, want ? want : "(null)",
                  got ? got : "(null)");
    return same;
}

/* Marsaglia, "Xorshift RNGs", Journal of Statistical Software 8(14), 2003: the triple 13, 7, 17. */
uint64_t host_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

unsigned host_random_below(unsigned limit)
{
    return (unsigned)((host_random() >> 16) % limit);
}

/* What a test that did not mean to has left behind. */
static void check_aftermath(const struct host_test *test)
{
    if (report_count())
        host_fail(test->file, test->line, "%lu unexpected reports, the last: %s", report_count(),
                  report_last());
    if (!irqs_enabled())
        host_fail(test->file, test->line, "interrupts are still off");
}

/* The running test has taken too long: there is no way back from where it loops. */
static void give_up(int signal)
{
    static const char text[] = "Bail out! A test does not end: ";
    ssize_t written = write(STDOUT_FILENO, text, sizeof(text) - 1);

    (void)signal;
    written += write(STDOUT_FILENO, running, strlen(running));
    written += write(STDOUT_FILENO, "\n", 1);
    _exit(written > 0 ? 1 : 2); /* 2: nobody could read it */
}

static bool run_test(const struct host_test *test)
{
    jmp_buf panicked;

    running = test->name;
    alarm(HANG_SECONDS);
    nr_failures = 0;
    random_state = RANDOM_SEED;
    host_stubs_reset();
    host_panic_target = &panicked;
    if (!setjmp(panicked))
        test->run();
    else
        host_fail(test->file, test->line, "panicked: %s", host_panic_message);
    alarm(0);
    check_aftermath(test);
    host_panic_target = NULL;
    return !nr_failures;
}

static int by_name(const void *a, const void *b)
{
    return strcmp((*(struct host_test *const *)a)->name, (*(struct host_test *const *)b)->name);
}

static void shuffle(struct host_test **tests, unsigned n)
{
    for (; n > 1; n--) {
        unsigned i = host_random_below(n);
        struct host_test *t = tests[n - 1];

        tests[n - 1] = tests[i];
        tests[i] = t;
    }
}

/* All tests whose name matches, by name; their number goes to @n. The caller frees the array. */
static struct host_test **select_tests(const char *glob, unsigned *n)
{
    struct host_test **tests = calloc(nr_tests + 1, sizeof(struct host_test *));

    *n = 0;
    for (struct host_test *t = all_tests; t && tests; t = t->next) {
        if (glob_match(glob, t->name))
            tests[(*n)++] = t;
    }
    if (*n)
        qsort(tests, *n, sizeof(struct host_test *), by_name);
    return tests;
}

static int run_all(struct host_test **tests, unsigned n)
{
    unsigned failed = 0;

    printf("TAP version 13\n");
    for (unsigned i = 0; i < n; i++) {
        bool ok = run_test(tests[i]);

        failed += !ok;
        printf("%s %u - %s\n", ok ? "ok" : "not ok", i + 1, tests[i]->name);
    }
    printf("1..%u\n%u passed, %u failed\n", n, n - failed, failed);
    return failed || !n;
}

int main(int argc, char **argv)
{
    struct host_test **tests;
    unsigned n;
    int option, rc;

    /* A test that brings the process down leaves the lines before it. */
    setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
    signal(SIGALRM, give_up);
    while ((option = getopt(argc, argv, "vr:")) != -1) {
        if (option == 'v') {
            host_verbose = true;
        } else if (option == 'r') {
            random_state = RANDOM_SEED ^ strtoull(optarg, NULL, 0);
        } else {
            fprintf(stderr, "usage: %s [-v] [-r SEED] [GLOB]\n", argv[0]);
            return 2;
        }
    }
    tests = select_tests(optind < argc ? argv[optind] : "*", &n);
    if (random_state)
        shuffle(tests, n);
    if (!n)
        fprintf(stderr, "no test matches %s\n", optind < argc ? argv[optind] : "*");
    rc = run_all(tests, n);
    free(tests);
    return rc;
}
