/* SPDX-License-Identifier: MIT */
/*
 * The gateway: where the stages meet. It starts them in order, lets them run, and stops them in reverse.
 */
#ifndef SPRINGPARK_GATEWAY_H
#define SPRINGPARK_GATEWAY_H

struct gateway_options {
    const char *config_file;
    const char *state_directory;  /* NULL: what the configuration says */
    const char *run_directory;
    const char *instance;         /* "" or the NAME of springparkd@NAME */
};

/* Runs until SIGTERM or SIGINT, on the main thread. Returns a sysexits code; what prevented a start has been logged. */
int gateway_run(const struct gateway_options *options);

#endif
