/*
 * tests/host/test_lib_list.c - kernel/lib/list.h.
 */
#include "kernel/lib/list.h"
#include "tests/host/test.h"

struct item {
    int value;
    struct list_head link;
};

/* The values in order as the digits of a number, after a look at every backward link. */
static long long digits_of(struct list_head *head)
{
    struct list_head *before = head;
    struct item *item;
    long long digits = 0;

    list_for_each_entry (item, head, link) {
        EXPECT(item->link.prev == before);
        before = &item->link;
        digits = digits * 10 + item->value;
    }
    EXPECT(head->prev == before);
    return digits;
}

HTEST(list, add_puts_first_and_add_tail_last)
{
    struct list_head head = LIST_HEAD_INIT(head);
    struct item items[4] = {{.value = 1}, {.value = 2}, {.value = 3}, {.value = 4}};

    EXPECT(list_empty(&head));
    EXPECT_EQ(0, digits_of(&head));
    list_add(&items[0].link, &head);
    EXPECT(!list_empty(&head));
    list_add(&items[1].link, &head);
    list_add_tail(&items[2].link, &head);
    list_add_tail(&items[3].link, &items[0].link);
    EXPECT_EQ(2413, digits_of(&head));
    EXPECT(list_first_entry(&head, struct item, link) == &items[1]);
    EXPECT(list_last_entry(&head, struct item, link) == &items[2]);
}

/* A free block would be found in its list although it was handed out. */
HTEST(list, del_joins_the_neighbours_wherever_it_is)
{
    struct list_head head;
    struct item items[4] = {{.value = 1}, {.value = 2}, {.value = 3}, {.value = 4}};

    list_init(&head);
    for (int i = 0; i < 4; i++)
        list_add_tail(&items[i].link, &head);
    list_del(&items[1].link);
    EXPECT_EQ(134, digits_of(&head));
    list_del(&items[3].link);
    EXPECT_EQ(13, digits_of(&head));
    list_del(&items[0].link);
    EXPECT_EQ(3, digits_of(&head));
    list_del(&items[2].link);
    EXPECT(list_empty(&head));
    EXPECT(!items[2].link.next && !items[2].link.prev);
    list_add(&items[2].link, &head);
    EXPECT_EQ(3, digits_of(&head));
}

/* Freeing what the loop stands on is the commonest use of a list; ASan sees a loop that looks back.
 */
HTEST(list, the_safe_loop_lets_its_body_free_each_object)
{
    struct list_head head = LIST_HEAD_INIT(head);
    struct item *item, *next;
    int visited = 0;

    for (int i = 0; i < 5; i++) {
        item = malloc(sizeof(*item));
        item->value = i;
        list_add_tail(&item->link, &head);
    }
    list_for_each_entry_safe (item, next, &head, link) {
        EXPECT_EQ(visited++, item->value);
        list_del(&item->link);
        free(item);
    }
    EXPECT_EQ(5, visited);
    EXPECT(list_empty(&head));
}
