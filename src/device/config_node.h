/* SPDX-License-Identifier: MIT */
/*
 * The configuration file as a plain tree, with the place of each setting, so that libconfig stays behind config_parse.c
 * and what lies between the file and that library (size, includes, traps) in config_text.c. Private to src/device.
 */
#ifndef SPRINGPARK_DEVICE_CONFIG_NODE_H
#define SPRINGPARK_DEVICE_CONFIG_NODE_H

#include "base/errors.h"

#include <stdbool.h>
#include <stddef.h>

enum config_kind { CONFIG_GROUP, CONFIG_LIST, CONFIG_INTEGER, CONFIG_FLOAT, CONFIG_TEXT, CONFIG_BOOLEAN };

struct config_node {
    enum config_kind kind;
    char *name; /* "" inside a list, and for the root */
    char *file;
    int line;
    long long integer;
    bool boolean;
    char *text; /* CONFIG_TEXT */
    struct config_node *children; /* CONFIG_GROUP and CONFIG_LIST (libconfig's arrays too) */
    size_t count;
};

enum {
    CONFIG_MAX_BYTES = 1048576, /* of one file */
    CONFIG_MAX_INCLUDES = 64,   /* in all, so that files which include each other come to an end */
    CONFIG_MAX_DEPTH = 16,      /* of groups and lists in each other */
};

/* The whole file in new memory, with a final 0; NULL: the complaint is in errors. Blocks on the disk. */
char *config_text_read(const char *path, size_t *size_bytes, struct errors *errors);

/* The folder of path in new memory: "" if path names none, else with a final slash. */
char *config_folder(const char *path);

/*
 * Looks for what libconfig 1.5 would take wrongly without a word, or end the process for: integers beyond 32 bits,
 * NUL bytes, comments that never end, an @include of a folder. False: one complaint is in errors.
 * folder: for relative @include, NULL if there may be none.
 */
bool config_text_check(const char *text, size_t size_bytes, const char *path, const char *folder,
                       struct errors *errors);

/* The tree of a text that passed config_text_check, or NULL with one complaint in errors. */
struct config_node *config_parse(const char *text, const char *path, const char *folder, struct errors *errors);
void config_node_free(struct config_node *root);

/* The child with that name, or NULL. */
const struct config_node *config_node_child(const struct config_node *group, const char *name);

/* What stands there, for messages: "a number", "a group". */
const char *config_kind_name(enum config_kind kind);

#endif
