/* SPDX-License-Identifier: MIT */
#include "tool/config_change.h"

#include "base/memory.h"
#include "device/config_edit.h"
#include "device/manual.h"
#include "device/sample.h"
#include "gateway/plan.h"
#include "tool/display.h"
#include "tool/new_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

struct config_change {
    const char *file;
    bool is_new;
    struct stat before;
    char *old_text;
    char *text;     /* the new one, or NULL */
};

/* The daemon's group is to read it, and nobody else: there may be a password in it. */
enum { NEW_FILE_MODE = 0640 };

struct config_change *config_change_begin(const char *file, bool may_be_new, struct errors *errors)
{
    struct config_change change = { .file = file };

    bool there = stat(file, &change.before) == 0;
    if (there && !S_ISREG(change.before.st_mode) && !S_ISDIR(change.before.st_mode)) {
        errors_add(errors, "%s: is no regular file; next: name one by --config", file);
        return NULL;
    }
    change.is_new = may_be_new && !there && errno == ENOENT;
    change.old_text = change.is_new ? sample_configuration() : config_edit_read(file, errors);
    return change.old_text != NULL ? memory_copy(&change, sizeof change) : NULL;
}

const char *config_change_text(const struct config_change *change)
{
    return change->old_text;
}

bool config_change_check(struct config_change *change, char *text, struct errors *errors)
{
    struct plan *plan = plan_create_from_text(text, change->file, "", errors);

    change->text = text;
    if (plan == NULL)
        return false;
    for (size_t i = 0; i < errors_count(plan->notes); i++)
        display_progress("note: %s", errors_get(plan->notes, i));
    plan_free(plan);
    return true;
}

/* Whether nobody else has written the file since. */
static bool is_as_before(const struct config_change *change)
{
    const struct stat *before = &change->before;
    struct stat now;

    if (stat(change->file, &now) != 0)
        return change->is_new && errno == ENOENT;
    return !change->is_new && now.st_ino == before->st_ino && now.st_size == before->st_size &&
           now.st_mtim.tv_sec == before->st_mtim.tv_sec && now.st_mtim.tv_nsec == before->st_mtim.tv_nsec;
}

static bool set_access(const struct config_change *change, struct new_file *new_file)
{
    if (!change->is_new)
        return new_file_keep_access(new_file);
    if (fchmod(fileno(new_file_stream(new_file)), NEW_FILE_MODE) == 0)
        return true;
    display_error("%s: cannot be given its mode: %s", change->file, strerror(errno));
    return false;
}

static int put_in_place(const struct config_change *change)
{
    const char *file = change->file;

    if (!change->is_new && access(file, W_OK) != 0) {
        display_error("%s: cannot be written: %s", file, strerror(errno));
        return EX_CANTCREAT;
    }
    struct new_file *new_file = new_file_create(file);
    if (new_file == NULL)
        return EX_CANTCREAT;
    fputs(change->text, new_file_stream(new_file));
    if (!set_access(change, new_file)) {
        new_file_discard(new_file);
        return EX_CANTCREAT;
    }
    if (!is_as_before(change)) {
        new_file_discard(new_file);
        display_error("%s: somebody else has just changed it; next: do this again", file);
        return EX_TEMPFAIL;
    }
    return new_file_finish(new_file) ? EX_OK : EX_CANTCREAT;
}

int config_change_finish(struct config_change *change)
{
    if (!change->is_new && strcmp(change->old_text, change->text) == 0) {
        printf("%s: nothing to change\n", change->file);
        return EX_OK;
    }
    int status = put_in_place(change);

    if (status == EX_OK && change->is_new)
        printf("%s: made; next: let the daemon's group read it: chgrp springpark %s\n", change->file, change->file);
    else if (status == EX_OK)
        printf("%s: changed\n", change->file);
    return status;
}

static void free_text(char *text)
{
    if (text != NULL)
        explicit_bzero(text, strlen(text));
    free(text);
}

void config_change_free(struct config_change *change)
{
    if (change == NULL)
        return;
    free_text(change->old_text);
    free_text(change->text);
    free(change);
}

void config_change_say(const struct errors *errors)
{
    for (size_t i = 0; i < errors_count(errors); i++)
        display_progress("%s", errors_get(errors, i));
    char *hint = manual_hint(errors);
    if (hint != NULL)
        display_progress("%s", hint);
    free(hint);
}

int config_change_apply(const struct tool_options *options)
{
    char name[] = "reload";
    char *words[] = { name, NULL };

    fflush(stdout);
    return tool_reload(options, 1, words);
}
