/* SPDX-License-Identifier: MIT */
/*
 * The actions of springparkctl certs. Each returns a sysexits code, and says on standard error what fails.
 */
#ifndef SPRINGPARK_TOOL_CERTS_H
#define SPRINGPARK_TOOL_CERTS_H

#include "cloud/issue.h"
#include "tool/tool.h"

#include <stddef.h>

struct certs_words {
    struct tool_options tool;
    const struct clock *clock;
    const char *directory;          /* where the CA is and new files go */
    const char *name;               /* the CA's CN; NULL: one that no other CA has */
    unsigned days;                  /* 0: by default */
    enum issue_key_type key_type;
    const char *key;                /* a key that is there already, file or token; NULL: make one */
    char **words;                   /* CODE, SERIAL or FILEs */
    size_t words_count;
};

int certs_init_ca(const struct certs_words *words);
int certs_verification(const struct certs_words *words);
int certs_device(const struct certs_words *words);
int certs_csr(const struct certs_words *words);
int certs_show(const struct certs_words *words);

/*
 * What is wrong with a SERIAL, or NULL. It becomes the CN, the MQTT client id, the thing's name at AWS and part of a
 * topic and of file names, so it must be good for all of them.
 */
const char *certs_serial_problem(const char *serial);

/* Whether AWS IoT Core takes it for a thing's name, too: letters, digits, ':', '_' and '-' (CreateThing). */
bool certs_serial_is_thing_name(const char *serial);

/* Every complaint on standard error; then they are freed. */
void certs_complain(struct errors *errors);

/* The exit status for a source (file or token) that could not be loaded. */
int certs_source_status(const char *source);

#endif
