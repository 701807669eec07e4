/*
 * kernel/monitor.c - the prompt.
 *
 * Reads a line (kernel/lineedit.c), runs its commands (kernel/exec.c), says which of them failed.
 * It sleeps until the serial port's interrupt tells of a key, and looks by itself now and then: for a
 * log line that has pushed the prompt up, and for keys where there is no such interrupt.
 */
#include "kernel/monitor.h"
#include "kernel/cmdline.h"
#include "kernel/console.h"
#include "kernel/exec.h"
#include "kernel/fs/vfs.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"
#include "kernel/printk.h"
#include "kernel/timer.h"
#include "kernel/wait.h"
#include <arch/cpu.h>
#include <arch/power.h>

#define PROMPT  "atoll> "
#define LOOK_NS (200 * NS_PER_MS) /* has the log pushed the prompt up? */
#define POLL_NS (10 * NS_PER_MS)  /* is there a key, where no interrupt tells? */

/* ---- completion --------------------------------------------------------------------------------
 */

/* What can stand in place of the word before the cursor. */
struct choices {
    const char *typed; /* the part of the name that is there already */
    size_t typed_len;
    unsigned nr;
    char common[LINE_SIZE]; /* what all choices begin with */
    bool is_dir;            /* the last one is a directory */
    struct seqbuf *list;    /* print each to it; NULL in the first round */
};

static void add_choice(struct choices *c, const char *name, bool is_dir)
{
    size_t n = 0;

    if (strncmp(name, c->typed, c->typed_len) != 0)
        return;
    if (c->list) {
        seq_printf(c->list, "%s%s  ", name, is_dir ? "/" : "");
        return;
    }
    if (c->nr++ == 0)
        strlcpy(c->common, name, sizeof(c->common));
    while (c->common[n] != '\0' && c->common[n] == name[n])
        n++;
    c->common[n] = '\0';
    c->is_dir = is_dir;
}

static int add_entry(const char *name, const struct vfs_stat *st, void *arg)
{
    add_choice(arg, name, st->is_dir);
    return 0;
}

static void add_commands(struct choices *c)
{
    for (const struct command *cmd = command_next(""); cmd; cmd = command_next(cmd->name))
        add_choice(c, cmd->name, false);
}

/* Where the word begins in which the cursor is; *@is_command: it is the first of its command. */
static size_t find_word(const struct lineedit *e, bool *is_command)
{
    size_t start = e->cursor, i;

    while (start > 0 && !strchr(" ;>", e->text[start - 1]))
        start--;
    i = start;
    while (i > 0 && e->text[i - 1] == ' ')
        i--;
    *is_command = i == 0 || e->text[i - 1] == ';';
    return start;
}

/* The part of the word @start..cursor behind its last '/'; its directory goes to @dir. */
static size_t split_path(const struct lineedit *e, size_t start, char *dir)
{
    size_t name = e->cursor;

    while (name > start && e->text[name - 1] != '/')
        name--;
    strlcpy(dir, e->text + start, name - start + 1);
    return name;
}

static void collect(struct choices *c, bool is_command, const char *dir)
{
    if (is_command)
        add_commands(c);
    else
        vfs_readdir(dir, add_entry, c);
}

static void print_choices(struct lineedit *e, struct choices *c, bool is_command, const char *dir)
{
    seq_putc(e->out, '\n');
    c->list = e->out;
    collect(c, is_command, dir);
    seq_putc(e->out, '\n');
    lineedit_redraw(e);
}

/*
 * monitor_complete - put in what all possible names have in common.
 *
 * With a single one also the blank or '/' behind it; with several and nothing to put in, prints
 * them.
 */
void monitor_complete(struct lineedit *e)
{
    char dir[LINE_SIZE] = "";
    struct choices c = {.nr = 0};
    bool is_command;
    size_t start = find_word(e, &is_command);

    if (!is_command)
        start = split_path(e, start, dir);
    c.typed = e->text + start;
    c.typed_len = e->cursor - start;
    collect(&c, is_command, dir);
    if (c.nr == 0)
        return;
    if (strlen(c.common) > c.typed_len)
        lineedit_insert(e, c.common + c.typed_len, strlen(c.common) - c.typed_len);
    else if (c.nr > 1)
        print_choices(e, &c, is_command, dir);
    if (c.nr == 1)
        lineedit_insert(e, c.is_dir ? "/" : " ", 1);
}

/* ---- the loop ----------------------------------------------------------------------------------
 */

static DEFINE_WAIT_QUEUE(keys);

/* In an interrupt: keys have come. */
static void keys_came(void)
{
    wake_up(&keys);
}

static int wait_for_key(struct lineedit *e)
{
    uint64_t timeout = console_is_polled() ? POLL_NS : LOOK_NS;
    int key = -1;

    while (!wait_event_timeout(&keys, (key = console_getc()) >= 0, timeout))
        if (console_at_line_start())
            lineedit_redraw(e); /* a log line has pushed the prompt up */
    return key;
}

static enum lineedit_result read_line(struct lineedit *e)
{
    enum lineedit_result result;

    console_fresh_line();
    lineedit_start(e);
    do {
        result = lineedit_key(e, wait_for_key(e));
    } while (result == LINE_EDITING);
    return result;
}

static void run_line(const char *line, struct seqbuf *out)
{
    const char *cmd;
    size_t len;

    while ((line = exec_next(line, &cmd, &len)) != NULL) {
        int rc = exec_command(cmd, len, out);

        console_fresh_line();
        if (rc != 0)
            seq_printf(out, "rc=%d\n", rc);
        seqbuf_flush(out);
    }
}

/* monitor_run - contract in the header. Context: a thread. */
void monitor_run(void)
{
    static struct lineedit editor;
    static char buf[1024];
    struct seqbuf out;

    if (!console_present()) {
        pr_notice("no serial port, so nobody can type: halted");
        cpu_halt();
    }
    console_set_interactive(true);
    console_set_input_handler(keys_came);
    console_seqbuf(&out, buf, sizeof(buf));
    lineedit_init(&editor, PROMPT, &out, monitor_complete);
    for (;;)
        if (read_line(&editor) == LINE_DONE)
            run_line(editor.text, &out);
}

/* ---- commands of the monitor itself ---------------------------------------------------------- */

static void list_commands(struct seqbuf *out)
{
    for (const struct command *c = command_next(""); c; c = command_next(c->name))
        seq_printf(out, "%-10s %-22s %s\n", c->name, c->args, c->help);
    seq_puts(out, "\nCommands are separated by ';'. Quotes protect blanks, /path/* stands for all "
                  "that fit.\n`help options` lists the kernel's command line.\n");
}

static void list_options(struct seqbuf *out)
{
    for (const struct cmdline_option *o = cmdline_options; o->name; o++)
        if (o->help)
            seq_printf(out, "%s%s%s\n    %s\n", o->name, *o->value ? "=" : "", o->value, o->help);
}

static int help_command(int argc, char **argv, struct seqbuf *out)
{
    const struct command *c;

    if (argc < 2) {
        list_commands(out);
        return 0;
    }
    if (strcmp(argv[1], "options") == 0) {
        list_options(out);
        return 0;
    }
    c = command_find(argv[1]);
    if (!c) {
        seq_printf(out, "help: %s: no such command; `help` lists them\n", argv[1]);
        return -ENOENT;
    }
    seq_printf(out, "%s %s\n    %s\n", c->name, c->args, c->help);
    return 0;
}

MONITOR_COMMAND("help", "[CMD|options]", "list the commands, or explain one", help_command);

static int poweroff_command(int argc, char **argv, struct seqbuf *out)
{
    (void)argc;
    (void)argv;
    seqbuf_flush(out);
    power_off();
}

MONITOR_COMMAND("poweroff", "", "switch the machine off", poweroff_command);
