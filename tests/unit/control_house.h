/* SPDX-License-Identifier: MIT */
/*
 * A control server to test: on a real loop in the test's main thread, its clients in a second thread that ends the loop
 * when its scenario is over. No test waits for time to pass.
 */
#ifndef SPRINGPARK_TESTS_CONTROL_HOUSE_H
#define SPRINGPARK_TESTS_CONTROL_HOUSE_H

#include "control/control.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

enum { PATIENCE_MS = 10000 };

/* What the clients do; on the second thread. */
typedef void scenario(void);

/* One at a time: Check gives each test a process of its own. */
struct control_house {
    char *directory;
    struct loop *loop;
    struct control_server *server;
    struct control_client *slow;   /* asked "slow" and has no answer yet */
    scenario *run;
    int over_fd;
    atomic_int warnings;           /* log lines of the control server */
    atomic_bool no_descriptors;    /* accept4 fails with EMFILE */
};

extern struct control_house house;

/* The daemon's part: a control_request whose requests let a scenario steer the server from outside. */
void house_request(void *context, struct control_client *client, const char *request, json_t *arguments,
                   bool privileged);

/* Directory, server and loop; then the scenario; then all is taken down again, and a request that is still open is
 * answered last. */
void with_server(scenario *run);

/* The same in pieces, without a loop that runs. */
void make_directory(void);
void remove_directory(void);    /* fails if the server left anything but the socket "control" behind */
void start_server(void);
void stop_server(void);

/* ---- a client made by hand, for what the tool's client would never do ---- */

int call(const char *name);
void say_bytes(int fd, const void *bytes, size_t size_bytes);
void say(int fd, const char *text);

/* The next line, which the caller frees; NULL at the end. */
char *hear(int fd);

void expect(int fd, const char *wanted);
void expect_refusal(int fd, const char *part);
void expect_end(int fd);        /* and closes */

/* Asks again until the answer is so: what a client did is seen by the loop in its own time. */
void until(const char *request, bool wanted);

#endif
