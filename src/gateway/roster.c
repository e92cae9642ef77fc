/* SPDX-License-Identifier: MIT */
#include "gateway/roster.h"

#include "base/memory.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct roster {
    struct roster_entry **entries;
    size_t count;
    struct roster_entry **absent;  /* removed; their counters go on when they come back */
    size_t absent_count;
    bool was_shared;
};

static void append(struct roster_entry ***list, size_t *count, struct roster_entry *entry)
{
    *list = memory_resize(*list, *count + 1, sizeof(struct roster_entry *));
    (*list)[(*count)++] = entry;
}

/* Takes the entry of that label out of the list; NULL if there is none. */
static struct roster_entry *extract(struct roster_entry **list, size_t *count, const char *label)
{
    for (size_t i = 0; i < *count; i++) {
        struct roster_entry *entry = list[i];

        if (strcmp(entry->label, label) != 0)
            continue;
        memmove(&list[i], &list[i + 1], (*count - i - 1) * sizeof(struct roster_entry *));
        (*count)--;
        return entry;
    }
    return NULL;
}

struct roster *roster_create(void)
{
    return memory_zeroed(1, sizeof(struct roster));
}

static void free_entry(struct roster_entry *entry)
{
    free(entry->label);
    free(entry->name);
    device_note_clear(&entry->device);
    free(entry->reason);
    free(entry->hang);
    free(entry->hang_now);
    free(entry);
}

void roster_free(struct roster *roster)
{
    if (roster == NULL)
        return;
    for (size_t i = 0; i < roster->count; i++)
        free_entry(roster->entries[i]);
    for (size_t i = 0; i < roster->absent_count; i++)
        free_entry(roster->absent[i]);
    free(roster->entries);
    free(roster->absent);
    free(roster);
}

struct roster_entry *roster_find(struct roster *roster, const char *label)
{
    for (size_t i = 0; i < roster->count; i++) {
        if (strcmp(roster->entries[i]->label, label) == 0)
            return roster->entries[i];
    }
    return NULL;
}

struct roster_entry *roster_add(struct roster *roster, const char *label, const char *driver, const char *name)
{
    struct roster_entry *entry = roster_find(roster, label);

    if (entry == NULL) {
        entry = extract(roster->absent, &roster->absent_count, label);
        if (entry == NULL) {
            entry = memory_zeroed(1, sizeof *entry);
            entry->label = text_copy(label);
        }
        append(&roster->entries, &roster->count, entry);
    }
    entry->driver = driver;
    text_replace(&entry->name, name);
    device_note_clear(&entry->device);
    roster_set_health(entry, READER_STARTING, NULL);
    roster->was_shared = roster->was_shared || roster->count > 1;
    return entry;
}

void roster_remove(struct roster *roster, const char *label)
{
    struct roster_entry *entry = extract(roster->entries, &roster->count, label);

    if (entry == NULL)
        return;
    roster_set_health(entry, READER_STARTING, NULL);
    device_note_clear(&entry->device);
    text_replace(&entry->hang, NULL);
    text_replace(&entry->hang_now, NULL);
    append(&roster->absent, &roster->absent_count, entry);
}

void roster_set_health(struct roster_entry *entry, enum reader_health health, const char *reason)
{
    entry->health = health;
    text_replace(&entry->reason, health == READER_ILL ? reason : NULL);
    if (health != READER_WORKS)
        entry->card_trouble = NULL;
}

size_t roster_count(const struct roster *roster)
{
    return roster->count;
}

struct roster_entry *roster_get(const struct roster *roster, size_t index)
{
    assert(index < roster->count);
    return roster->entries[index];
}

bool roster_works(const struct roster *roster)
{
    for (size_t i = 0; i < roster->count; i++) {
        if (roster->entries[i]->health == READER_WORKS && roster->entries[i]->hang == NULL)
            return true;
    }
    return false;
}

bool roster_was_shared(const struct roster *roster)
{
    return roster->was_shared;
}

static char *append_problem(char *text, const char *label, const char *problem)
{
    char *longer = text == NULL ? text_format("%s: %s", label, problem)
                                : text_format("%s; %s: %s", text, label, problem);

    free(text);
    return longer;
}

char *roster_health_text(const struct roster *roster)
{
    char *text = NULL;

    for (size_t i = 0; i < roster->count; i++) {
        const struct roster_entry *entry = roster->entries[i];

        /* Where it was ill before, the hang is the newer news. */
        if (entry->hang != NULL)
            text = append_problem(text, entry->label, entry->hang);
        else if (entry->health == READER_ILL)
            text = append_problem(text, entry->label, entry->reason == NULL ? "does not work" : entry->reason);
    }
    return text;
}
