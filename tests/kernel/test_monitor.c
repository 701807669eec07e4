/*
 * tests/kernel/test_monitor.c - editing a line, taking command lines apart, running them.
 */
#include "kernel/exec.h"
#include "kernel/ktest.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/seqbuf.h"
#include "kernel/lib/string.h"
#include "kernel/lineedit.h"
#include "kernel/monitor.h"
#include "kernel/timer.h"
#include <arch/clock.h>

#define LEFT   "\033[D"
#define RIGHT  "\033[C"
#define UP     "\033[A"
#define DOWN   "\033[B"
#define HOME   "\033[H"
#define END    "\033[F"
#define DELETE "\033[3~"

static struct lineedit editor;
static char screen[4096];
static struct seqbuf out;

static void start_editor(void)
{
    seqbuf_init(&out, screen, sizeof(screen));
    lineedit_init(&editor, "> ", &out, monitor_complete);
    lineedit_start(&editor);
}

/* Type @keys; returns what the last of them did. */
static enum lineedit_result type(const char *keys)
{
    enum lineedit_result result = LINE_EDITING;

    for (; *keys != '\0'; keys++) {
        result = lineedit_key(&editor, (unsigned char)*keys);
        if (result != LINE_EDITING && keys[1] != '\0')
            lineedit_start(&editor);
    }
    return result;
}

static void expect_text(const char *want, const char *got)
{
    if (strcmp(want, got) != 0)
        ktest_fail(__FILE__, __LINE__, "expected \"%s\", got \"%s\"", want, got);
}

/* After @keys on a new line it reads @want. */
static void expect_line(const char *want, const char *keys)
{
    start_editor();
    type(keys);
    expect_text(want, editor.text);
    KEXPECT_EQ(strlen(want), editor.len);
    KEXPECT(editor.cursor <= editor.len);
}

/* The keys of every shell; one that eats the wrong letter runs the wrong command. */
KTEST(monitor, keys_edit_the_line_as_in_a_shell)
{
    expect_line("abc", "abc");
    expect_line("axbc", "abc" LEFT LEFT "x");
    expect_line("xabc", "abc" HOME "x");
    expect_line("xabcy", "abc\001x\005y");
    expect_line("abcx", "abc" HOME END "x");
    expect_line("ab", "abc\177");
    expect_line("ab", "abc\b");
    expect_line("bc", "abc" HOME DELETE);
    expect_line("ac", "abc" LEFT LEFT DELETE);
    expect_line("ab", "abcd" LEFT LEFT "\013");
    expect_line("cd", "abcd" LEFT LEFT "\025");
    expect_line("one ", "one two\027");
    expect_line("one  ", "one  two\027");
    expect_line("abdc", "abc" LEFT LEFT RIGHT "d");
}

/* Keys that mean nothing here, at a border or at all, must not put bytes into the line. */
KTEST(monitor, keys_without_meaning_change_nothing)
{
    expect_line("", "\177\b" LEFT RIGHT DELETE UP DOWN "\027\025\013");
    expect_line("ab", "a\033[15~\033[5~\033OPb" RIGHT);
    expect_line("ab", "a\033[1;5Ab");
    expect_line("ab", "a\001\002\005\006b");
}

/* A line that is too long must end at the border, not behind it. */
KTEST(monitor, line_that_is_too_long_is_cut)
{
    start_editor();
    for (int i = 0; i < 2 * LINE_SIZE; i++)
        lineedit_key(&editor, 'x');
    KEXPECT_EQ(LINE_SIZE - 1, editor.len);
    KEXPECT_EQ(LINE_SIZE - 1, strlen(editor.text));
    type(HOME "y");
    KEXPECT_EQ(LINE_SIZE - 1, editor.len);
}

/* Enter is \r, \n or both, as the other end of the line pleases; both together are one. */
KTEST(monitor, enter_in_any_form_ends_one_line)
{
    start_editor();
    KEXPECT_EQ(LINE_DONE, type("a\r"));
    KEXPECT_EQ(LINE_EDITING, type("\n"));
    KEXPECT_EQ(LINE_DONE, type("b\n"));
    KEXPECT_EQ(LINE_DONE, type("\n"));
    KEXPECT_EQ(LINE_CANCELLED, type("abc\003"));
}

/* Up brings back what was run, down what was being typed. */
KTEST(monitor, history_goes_up_to_old_lines_and_down_to_the_new_one)
{
    start_editor();
    type("one\rtwo\rtwo\r\rthr");
    type(UP);
    expect_text("two", editor.text);
    type(UP UP);
    expect_text("one", editor.text);
    type(DOWN);
    expect_text("two", editor.text);
    type(DOWN DOWN "ee");
    expect_text("three", editor.text);
}

/* The 33rd line must push out the first, not run over the end. */
KTEST(monitor, history_keeps_the_last_lines)
{
    start_editor();
    for (int i = 0; i < LINE_HISTORY + 3; i++) {
        char line[3] = {(char)('a' + i % 26), (char)('a' + i / 26), '\0'};

        type(line);
        type("\r");
        lineedit_start(&editor);
    }
    for (int i = 0; i < LINE_HISTORY + 3; i++)
        type(UP);
    expect_text("da", editor.text);
    KEXPECT_EQ(LINE_HISTORY, editor.nr_history);
}

/* Completion that guesses wrong is worse than none. */
KTEST(monitor, tab_completes_commands_and_paths)
{
    expect_line("ec", "ec");
    expect_line("echo ", "ec\t");
    expect_line("zzz", "zzz\t");
    expect_line("cat /proc/ver", "cat /proc/ver");
    expect_line("cat /proc/version ", "cat /proc/ver\t");
    expect_line("cat /proc/sys/kernel/printk ", "cat /proc/sys/ke\tpr\t");
    expect_line("cat /proc/v", "cat /proc/v\t");
    KEXPECT(strstr(seqbuf_str(&out), "version  vmallocinfo  vmstat") != NULL);
    expect_line("dmesg; ech; cat", "dmesg; ech; cat");
    expect_line("dmesg;echo ", "dmesg;ech\t");
}

/* ---- command lines --------------------------------------------------------------------------- */

/* The commands of @script, each in angle brackets. */
static const char *split(const char *script)
{
    const char *cmd;
    size_t len;

    seqbuf_init(&out, screen, sizeof(screen));
    while ((script = exec_next(script, &cmd, &len)) != NULL) {
        seq_putc(&out, '<');
        seq_write(&out, cmd, len);
        seq_putc(&out, '>');
    }
    return seqbuf_str(&out);
}

/* A command that is split in the middle of a quote, or one that is lost, changes what a script
 * does. */
KTEST(exec, script_is_split_at_semicolons_and_lines)
{
    expect_text("<a b><c><d>", split(" a b ;c;\n;; d ;"));
    expect_text("<echo 'a;b'><echo \"c;'d\"><e>", split("echo 'a;b'; echo \"c;'d\";e"));
    expect_text("<a><b>", split("# nothing; at all\na # the rest; of it\r\n#\nb"));
    expect_text("<a#b>", split("a#b"));
    expect_text("<a 'b><c>", split("a 'b\nc"));
    expect_text("", split(""));
    expect_text("", split(" ;\n; # only this"));
}

/* Run @cmd; its output is in screen. */
static int run(const char *cmd)
{
    seqbuf_init(&out, screen, sizeof(screen));
    return exec_command(cmd, strlen(cmd), &out);
}

static void expect_output(const char *want, const char *cmd)
{
    KEXPECT_EQ(0, run(cmd));
    expect_text(want, seqbuf_str(&out));
}

static void expect_failure(int rc, const char *text, const char *cmd)
{
    KEXPECT_EQ(rc, run(cmd));
    if (!strstr(seqbuf_str(&out), text))
        ktest_fail(__FILE__, __LINE__, "%s: expected \"%s\" in \"%s\"", cmd, text, screen);
}

/* What stands between quotes is one word, as it is. */
KTEST(exec, quotes_make_one_word_and_vanish)
{
    expect_output("a b\n", "echo   a    b");
    expect_output("a  b c\n", "echo 'a  b' c");
    expect_output("it's\n", "echo \"it's\"");
    expect_output("ab\n", "echo a''b");
    expect_output(" x\n", "echo '' x");
    expect_output("a > b\n", "echo 'a > b'");
    expect_failure(EINVAL, "double quote is not closed", "echo \"a");
    expect_failure(EINVAL, "single quote is not closed", "echo 'a");
}

/* `cat node[0-9]/distance` of all nodes is the tool of every exercise; a test's pattern is not a
 * path. */
KTEST(exec, pattern_that_is_a_path_becomes_the_paths_that_fit)
{
    expect_output("/proc/version /proc/vmallocinfo /proc/vmstat\n", "echo /proc/v*");
    expect_output("/proc/version\n", "echo /pr?c/ver*on");
    expect_output("/proc/sys/kernel/printk\n", "echo /proc/*/*/printk");
    expect_output("/nothing/*\n", "echo /nothing/*");
    expect_output("/proc/v*\n", "echo '/proc/v*'");
    expect_output("buddy.* *\n", "echo buddy.* *");
}

/* A pattern that took too much room must be refused, not written over what lies behind. */
KTEST(exec, words_beyond_the_room_are_refused)
{
    static char cmd[4096];
    struct seqbuf s;

    seqbuf_init(&s, cmd, sizeof(cmd));
    seq_puts(&s, "echo");
    for (int i = 0; i < 300; i++)
        seq_puts(&s, " /*/*/*/*/*");
    expect_failure(EINVAL, "too", seqbuf_str(&s));
    expect_output("still alive\n", "echo still alive");
}

/* A script goes by the rc, a person by the sentence. */
KTEST(exec, failed_command_tells_why)
{
    expect_failure(ENOENT, "ehco: no such command; did you mean echo?", "ehco x");
    expect_failure(ENOENT, "quxquxqux: no such command", "quxquxqux");
    expect_failure(ENOENT, "cat: /nope: No such file or directory", "cat /nope /proc/version");
    expect_failure(EISDIR, "Is a directory", "cat /proc");
    expect_failure(EACCES, "read-only", "echo x > /proc/version");
    expect_failure(EINVAL, "'>' wants a file", "echo x >");
    expect_failure(EINVAL, "missing before '>'", "> /proc/version");
    expect_failure(ENOENT, "no such command", "help nonsense");
}

/* In an experiment the next command would look before anything had happened. */
KTEST(exec, sleep_lasts_as_long_as_it_is_told)
{
    uint64_t start = clock_ns();

    expect_output("", "sleep 0.02");
    KEXPECT(clock_ns() - start >= 20 * NS_PER_MS);
    expect_output("", "sleep 0");
    expect_failure(EINVAL, "how long?", "sleep");
    expect_failure(EINVAL, "how long?", "sleep 1s");
    expect_failure(EINVAL, "how long?", "sleep 100000");
}

/* The output must go to the file and not to the terminal. */
KTEST(exec, redirected_output_is_written_to_the_file)
{
    char before[32], restore[80];
    struct seqbuf s;

    KASSERT_EQ(0, run("cat /proc/sys/kernel/printk"));
    strlcpy(before, seqbuf_str(&out), sizeof(before));
    expect_output("", "echo 3 > /proc/sys/kernel/printk");
    expect_output("3\t4\t1\t7\n", "cat /proc/sys/kernel/printk");
    seqbuf_init(&s, restore, sizeof(restore));
    seq_printf(&s, "echo '%c'>/proc/sys/kernel/printk", before[0]);
    expect_output("", seqbuf_str(&s));
    expect_output(before, "cat /proc/sys/kernel/printk");
}

/* Every command has a line in help, in the order of the alphabet. */
KTEST(exec, commands_are_listed_in_order_and_found_by_name)
{
    const struct command *last = NULL;

    for (const struct command *c = command_next(""); c; c = command_next(c->name)) {
        KEXPECT(!last || strcmp(last->name, c->name) < 0);
        KEXPECT(command_find(c->name) == c);
        KEXPECT(c->help[0] != '\0' && c->args && c->run);
        last = c;
    }
    KEXPECT(command_find("help") != NULL);
    KEXPECT(!command_find("") && !command_find("hel"));
}
