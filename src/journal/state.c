/* SPDX-License-Identifier: MIT */
#include "journal/state.h"

#include "base/log.h"
#include "base/memory.h"

#include <string.h>

enum { RETRY_FIRST_MS = 1000 };

uint64_t journal_now_ms(const struct journal *journal)
{
    return clock_monotonic_ms(journal->clock);
}

uint64_t journal_elapsed_s(const struct journal *journal, uint64_t monotonic_ms)
{
    uint64_t since_ms = monotonic_ms > journal->start_ms ? monotonic_ms - journal->start_ms : 0;

    return journal->elapsed_base_s + since_ms / 1000U;
}

void journal_note_trouble(struct journal *journal, const char *error)
{
    journal->retry_wait_ms = journal->retry_wait_ms == 0 ? RETRY_FIRST_MS : journal->retry_wait_ms * 2;
    if (journal->retry_wait_ms > JOURNAL_RETRY_MOST_MS)
        journal->retry_wait_ms = JOURNAL_RETRY_MOST_MS;
    journal->retry_ms = journal_now_ms(journal) + journal->retry_wait_ms;
    if (journal->trouble == NULL || strcmp(journal->trouble, error) != 0)
        log_error("journal", "%s: %s; events stay in memory until the disk takes them again, which is tried again and "
                  "again. Check the disk's space, its mount and the folder's permissions", journal->path, error);
    text_replace(&journal->trouble, error);
}

void journal_note_success(struct journal *journal)
{
    if (journal->trouble != NULL)
        log_notice("journal", "%s: the disk takes events again", journal->path);
    text_replace(&journal->trouble, NULL);
    journal->retry_ms = 0;
    journal->retry_wait_ms = 0;
}

struct event_id journal_id_of(const struct journal *journal, uint64_t position)
{
    for (size_t i = journal->starts_count; i > 0; i--) {
        const struct disk_start *start = &journal->starts[i - 1];
        if (start->base < position)
            return (struct event_id) { start->startup, position - start->base };
    }
    return (struct event_id) { 0, 0 };
}

struct journal_notice *journal_notice_create(enum journal_notice_kind kind)
{
    struct journal_notice *notice = memory_zeroed(1, sizeof *notice);

    notice->kind = kind;
    return notice;
}

void journal_tell(struct journal *journal, struct journal_notice *notice)
{
    if (STAILQ_EMPTY(&journal->undelivered) && queue_push(journal->notices, notice))
        return;
    struct undelivered *waiting = memory_zeroed(1, sizeof *waiting);
    waiting->notice = notice;
    STAILQ_INSERT_TAIL(&journal->undelivered, waiting, link);
    journal->undelivered_count++;
}
