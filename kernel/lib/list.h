/*
 * kernel/lib/list.h - doubly linked lists whose links lie in the objects that they link.
 *
 * A list is a ring through a head that belongs to no object; an empty list is a head that points to
 * itself, so no operation has a special case:
 *
 *     head <-> a <-> b <-> (head)
 *
 * An object is on as many lists as it has links. What list_del() took off has NULL links, so a
 * second list_del() faults on page 0 instead of corrupting its old neighbours.
 *
 * LOCKING  None of its own: whoever owns the head says what protects it.
 */
#ifndef KERNEL_LIB_LIST_H
#define KERNEL_LIB_LIST_H

#include "kernel/lib/compiler.h"

struct list_head {
    struct list_head *next;
    struct list_head *prev;
};

/* An empty list as an initializer: struct list_head ready = LIST_HEAD_INIT(ready); */
#define LIST_HEAD_INIT(name)                                                                       \
    {                                                                                              \
        &(name), &(name)                                                                           \
    }

static inline void list_init(struct list_head *head)
{
    head->next = head;
    head->prev = head;
}

static inline bool list_empty(const struct list_head *head)
{
    return head->next == head;
}

/* Put @entry, which is on no list, between two neighbours. */
static inline void list_insert_between(struct list_head *entry, struct list_head *before,
                                       struct list_head *after)
{
    entry->prev = before;
    entry->next = after;
    before->next = entry;
    after->prev = entry;
}

/* @entry becomes the first of the list, or stands right behind the entry @head. */
static inline void list_add(struct list_head *entry, struct list_head *head)
{
    list_insert_between(entry, head, head->next);
}

/* @entry becomes the last of the list, or stands right before the entry @head. */
static inline void list_add_tail(struct list_head *entry, struct list_head *head)
{
    list_insert_between(entry, head->prev, head);
}

/* Take @entry off the list that it is on. */
static inline void list_del(struct list_head *entry)
{
    entry->prev->next = entry->next;
    entry->next->prev = entry->prev;
    entry->next = NULL;
    entry->prev = NULL;
}

/* The object of @type whose link @member is @ptr. */
#define list_entry(ptr, type, member) container_of(ptr, type, member)

/* The list must not be empty. */
#define list_first_entry(head, type, member) list_entry((head)->next, type, member)
#define list_last_entry(head, type, member)  list_entry((head)->prev, type, member)

/* For each object @pos, first to last. The body takes no object off the list. */
#define list_for_each_entry(pos, head, member)                                                     \
    for (pos = list_entry((head)->next, __typeof__(*pos), member); &pos->member != (head);         \
         pos = list_entry(pos->member.next, __typeof__(*pos), member))

/* The same, and the body may take @pos off the list or free it, but no other. @tmp: the next one.
 */
#define list_for_each_entry_safe(pos, tmp, head, member)                                           \
    for (pos = list_entry((head)->next, __typeof__(*pos), member),                                 \
        tmp = list_entry(pos->member.next, __typeof__(*pos), member);                              \
         &pos->member != (head);                                                                   \
         pos = tmp, tmp = list_entry(tmp->member.next, __typeof__(*tmp), member))

#endif
