/* SPDX-License-Identifier: MIT */
/* Copies of what the gateway tells the feedback stage, for its thread. Any thread; the caller owns what it gets. */
#ifndef SPRINGPARK_FEEDBACK_SETUP_H
#define SPRINGPARK_FEEDBACK_SETUP_H

#include "feedback/feedback.h"

struct feedback_setup {
    struct feedback_device *devices;   /* whose texts are the copy's */
    size_t devices_count;
    bool sound;
};

struct feedback_names {
    char **names;
    size_t count;
};

struct feedback_setup *feedback_setup_copy(const struct feedback_settings *settings);
void feedback_setup_free(struct feedback_setup *setup);

struct feedback_names *feedback_names_copy(const char *const *names, size_t count);
void feedback_names_free(struct feedback_names *names);

/* Whether two settings mean the same. */
bool feedback_settings_same(const struct feedback_settings *one, const struct feedback_settings *other);

#endif
