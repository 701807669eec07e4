/*
 * kernel/trace_events.h - the events, one TRACE_EVENT each. Included again and again: each includer
 * defines what TRACE_EVENT, FIELD and COMM become, and they are gone afterwards.
 *
 *     TRACE_EVENT(system, name, fields, format, arguments of the format...)
 *
 * Fields are FIELD(type, name), or COMM(name) for a thread's name; in the arguments REC is the
 * record. A `const char *` must point to text that lives for ever. Names, fields and formats are
 * those of Linux 6.1 (include/trace/events), but for sched_load_balance, which is ours.
 */
#ifndef TRACE_EVENT
#define TRACE_EVENT(...)
#endif

/* clang-format off */

/* The CPU turns from one thread to another. prev_state: why it stopped, TRACE_STATE_PREEMPTED. */
TRACE_EVENT(sched, sched_switch,
    COMM(prev_comm) FIELD(pid_t, prev_pid) FIELD(int, prev_prio) FIELD(long, prev_state)
    COMM(next_comm) FIELD(pid_t, next_pid) FIELD(int, next_prio),
    "prev_comm=%s prev_pid=%d prev_prio=%d prev_state=%s ==> next_comm=%s next_pid=%d next_prio=%d",
    REC->prev_comm, REC->prev_pid, REC->prev_prio, task_state(REC->prev_state),
    REC->next_comm, REC->next_pid, REC->next_prio)

/* A thread that slept is runnable again, on target_cpu; the record's own thread woke it. */
TRACE_EVENT(sched, sched_wakeup,
    COMM(comm) FIELD(pid_t, pid) FIELD(int, prio) FIELD(int, target_cpu),
    "comm=%s pid=%d prio=%d target_cpu=%03d",
    REC->comm, REC->pid, REC->prio, REC->target_cpu)

/* The same for the first time in its life. */
TRACE_EVENT(sched, sched_wakeup_new,
    COMM(comm) FIELD(pid_t, pid) FIELD(int, prio) FIELD(int, target_cpu),
    "comm=%s pid=%d prio=%d target_cpu=%03d",
    REC->comm, REC->pid, REC->prio, REC->target_cpu)

/* A thread will run on another CPU than before. */
TRACE_EVENT(sched, sched_migrate_task,
    COMM(comm) FIELD(pid_t, pid) FIELD(int, prio) FIELD(int, orig_cpu) FIELD(int, dest_cpu),
    "comm=%s pid=%d prio=%d orig_cpu=%d dest_cpu=%d",
    REC->comm, REC->pid, REC->prio, REC->orig_cpu, REC->dest_cpu)

/* A thread was created; the record's own thread did it. */
TRACE_EVENT(sched, sched_process_fork,
    COMM(parent_comm) FIELD(pid_t, parent_pid) COMM(child_comm) FIELD(pid_t, child_pid),
    "comm=%s pid=%d child_comm=%s child_pid=%d",
    REC->parent_comm, REC->parent_pid, REC->child_comm, REC->child_pid)

/* A thread has ended. */
TRACE_EVENT(sched, sched_process_exit,
    COMM(comm) FIELD(pid_t, pid) FIELD(int, prio),
    "comm=%s pid=%d prio=%d",
    REC->comm, REC->pid, REC->prio)

/* Its number and its stack are free again. */
TRACE_EVENT(sched, sched_process_free,
    COMM(comm) FIELD(pid_t, pid) FIELD(int, prio),
    "comm=%s pid=%d prio=%d",
    REC->comm, REC->pid, REC->prio)

/* The record's own thread asks another one to end, and waits for it; then, what that returned. */
TRACE_EVENT(sched, sched_kthread_stop,
    COMM(comm) FIELD(pid_t, pid),
    "comm=%s pid=%d",
    REC->comm, REC->pid)

TRACE_EVENT(sched, sched_kthread_stop_ret,
    FIELD(int, ret),
    "ret=%d",
    REC->ret)

/*
 * One look of the balancer at one domain of `cpu`: threads and load of its own group and of the
 * busiest other one, by how many percent they may differ, how many threads it wanted to move and
 * how many it did, the last one from src_cpu to dst_cpu (-1: none); `why` says why no more.
 */
TRACE_EVENT(sched, sched_load_balance,
    FIELD(int, cpu) FIELD(int, level) FIELD(const char *, domain) FIELD(const char *, idle)
    FIELD(unsigned long, local_load) FIELD(unsigned long, busiest_load)
    FIELD(unsigned int, local_nr) FIELD(unsigned int, busiest_nr)
    FIELD(unsigned int, tolerance) FIELD(unsigned int, imbalance)
    FIELD(int, src_cpu) FIELD(int, dst_cpu) FIELD(const char *, why) FIELD(unsigned int, moved),
    "cpu=%d level=%d domain=%s idle=%s local_nr=%u local_load=%lu busiest_nr=%u busiest_load=%lu "
    "tolerance=%u imbalance=%u src_cpu=%d dst_cpu=%d moved=%u why=%s",
    REC->cpu, REC->level, REC->domain, REC->idle, REC->local_nr, REC->local_load, REC->busiest_nr,
    REC->busiest_load, REC->tolerance, REC->imbalance, REC->src_cpu, REC->dst_cpu, REC->moved,
    REC->why)

/* Pages were asked for. A failure has pfn -1. migratetype is 0, "unmovable": there is no other. */
TRACE_EVENT(kmem, mm_page_alloc,
    FIELD(unsigned long, pfn) FIELD(unsigned int, order) FIELD(unsigned long, gfp_flags)
    FIELD(int, migratetype),
    "page=%p pfn=0x%lx order=%d migratetype=%d gfp_flags=%s",
    page_of(REC->pfn), REC->pfn != -1UL ? REC->pfn : 0, REC->order, REC->migratetype,
    gfp_names(REC->gfp_flags))

/* A zone was asked for pages: by which mark, with which numbers, and what came of it. Ours. */
TRACE_EVENT(kmem, mm_page_alloc_zone,
    FIELD(const char *, zone) FIELD(const char *, pass) FIELD(const char *, verdict)
    FIELD(unsigned long, free) FIELD(unsigned long, mark) FIELD(unsigned long, reserve)
    FIELD(int, nid) FIELD(unsigned int, order),
    "nid=%d zone=%s order=%u pass=%s free=%lu mark=%lu reserve=%lu verdict=%s",
    REC->nid, REC->zone, REC->order, REC->pass, REC->free, REC->mark, REC->reserve, REC->verdict)

/* Pages come back. */
TRACE_EVENT(kmem, mm_page_free,
    FIELD(unsigned long, pfn) FIELD(unsigned int, order),
    "page=%p pfn=0x%lx order=%d",
    page_of(REC->pfn), REC->pfn, REC->order)

/* kswapd goes to sleep; and to work, for pages of zones up to zid. */
TRACE_EVENT(vmscan, mm_vmscan_kswapd_sleep,
    FIELD(int, nid),
    "nid=%d",
    REC->nid)

TRACE_EVENT(vmscan, mm_vmscan_kswapd_wake,
    FIELD(int, nid) FIELD(int, zid) FIELD(int, order),
    "nid=%d order=%d",
    REC->nid, REC->order)

/* An allocation reclaims for itself; and how many pages came of it. */
TRACE_EVENT(vmscan, mm_vmscan_direct_reclaim_begin,
    FIELD(int, order) FIELD(unsigned long, gfp_flags),
    "order=%d gfp_flags=%s",
    REC->order, gfp_names(REC->gfp_flags))

TRACE_EVENT(vmscan, mm_vmscan_direct_reclaim_end,
    FIELD(unsigned long, nr_reclaimed),
    "nr_reclaimed=%lu",
    REC->nr_reclaimed)

/* A batch of pages was taken off the tail of the inactive list. What doesn't exist here is 0. */
TRACE_EVENT(vmscan, mm_vmscan_lru_shrink_inactive,
    FIELD(int, nid) FIELD(unsigned long, nr_scanned) FIELD(unsigned long, nr_reclaimed)
    FIELD(unsigned long, nr_dirty) FIELD(unsigned long, nr_writeback)
    FIELD(unsigned long, nr_congested) FIELD(unsigned long, nr_immediate)
    FIELD(unsigned int, nr_activate0) FIELD(unsigned int, nr_activate1)
    FIELD(unsigned long, nr_ref_keep) FIELD(unsigned long, nr_unmap_fail)
    FIELD(int, priority) FIELD(int, reclaim_flags),
    "nid=%d nr_scanned=%ld nr_reclaimed=%ld nr_dirty=%ld nr_writeback=%ld nr_congested=%ld "
    "nr_immediate=%ld nr_activate_anon=%d nr_activate_file=%d nr_ref_keep=%ld nr_unmap_fail=%ld "
    "priority=%d flags=%s",
    REC->nid, REC->nr_scanned, REC->nr_reclaimed, REC->nr_dirty, REC->nr_writeback,
    REC->nr_congested, REC->nr_immediate, REC->nr_activate0, REC->nr_activate1, REC->nr_ref_keep,
    REC->nr_unmap_fail, REC->priority, reclaim_flags(REC->reclaim_flags))

/* A victim is told to give up its memory; pid 0: it is no thread's. */
TRACE_EVENT(oom, mark_victim,
    FIELD(int, pid),
    "pid=%d",
    REC->pid)

/* clang-format on */

#undef TRACE_EVENT
#undef FIELD
#undef COMM
