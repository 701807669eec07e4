/*
 * mm/watermark_sysctl.c - the watermarks' settings as files of /proc/sys/vm.
 *
 * LOCKING  One writer at a time: the virtual file system's writes are.
 */
#include "kernel/lib/errno.h"
#include "kernel/lib/seqbuf.h"
#include "kernel/sysctl.h"
#include "mm/pcp.h"
#include "mm/watermark.h"

#define MAX_SCALE_FACTOR 3000 /* 30 % of a zone between two marks, Linux's limit */

/* min_free_kbytes_show - the file. */
void min_free_kbytes_show(struct seqbuf *s)
{
    seq_printf(s, "%lu\n", watermark_settings.min_free_kbytes);
}

/*
 * min_free_kbytes_store - all marks anew. 0, or -EINVAL if @text isn't one number, or one of half the
 * machine's memory or more, with which hardly anyone would get a page again.
 */
int min_free_kbytes_store(const char *text, size_t len)
{
    unsigned long kbytes, managed = 0;
    int nid;

    (void)len;
    for_each_node (nid)
        managed += node_managed_pages(nid);
    if (sysctl_parse("min_free_kbytes", text, 0, managed << (PAGE_SHIFT - 10) >> 1, &kbytes))
        return -EINVAL;
    watermark_settings.min_free_kbytes = kbytes;
    watermarks_setup();
    pcp_update();
    return 0;
}

/* watermark_scale_factor_show - the file. */
void watermark_scale_factor_show(struct seqbuf *s)
{
    seq_printf(s, "%u\n", watermark_settings.scale_factor);
}

/* watermark_scale_factor_store - all marks anew. 0, or -EINVAL if @text isn't a number from 1 to 3000. */
int watermark_scale_factor_store(const char *text, size_t len)
{
    unsigned long factor;

    (void)len;
    if (sysctl_parse("watermark_scale_factor", text, 1, MAX_SCALE_FACTOR, &factor))
        return -EINVAL;
    watermark_settings.scale_factor = (unsigned)factor;
    watermarks_setup();
    pcp_update();
    return 0;
}

/* lowmem_reserve_ratio_show - the file: a number for each zone, lowest first. */
void lowmem_reserve_ratio_show(struct seqbuf *s)
{
    for (int i = 0; i < MAX_NR_ZONES; i++)
        seq_printf(s, "%u%c", watermark_settings.reserve_ratio[i],
                   i < MAX_NR_ZONES - 1 ? '\t' : '\n');
}

/*
 * lowmem_reserve_ratio_store - all reserves anew, from as many numbers as there are, lowest zone first.
 * 0, or -EINVAL if @text holds anything else, or too many; then nothing changes.
 */
int lowmem_reserve_ratio_store(const char *text, size_t len)
{
    unsigned long values[MAX_NR_ZONES];
    int nr = sysctl_parse_vector("lowmem_reserve_ratio", text, INT32_MAX, values, MAX_NR_ZONES);

    (void)len;
    if (nr < 0)
        return nr;
    for (int i = 0; i < nr; i++)
        watermark_settings.reserve_ratio[i] = (unsigned)values[i];
    watermarks_setup();
    return 0;
}
