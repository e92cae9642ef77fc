/* SPDX-License-Identifier: MIT */
/*
 * A descriptor by which one thread ends another one's wait in poll: an eventfd. Any thread.
 */
#ifndef SPRINGPARK_BASE_WAKEUP_H
#define SPRINGPARK_BASE_WAKEUP_H

/* A new descriptor, close-on-exec and non-blocking. Never fails: without descriptors left the process ends. */
int wakeup_create(void);
void wakeup_close(int fd);

/* Makes fd readable until wakeup_clear. Never blocks. */
void wakeup_signal(int fd);
void wakeup_clear(int fd);

#endif
