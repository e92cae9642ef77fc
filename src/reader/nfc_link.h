/* SPDX-License-Identifier: MIT */
/*
 * The helper process of one libnfc device, seen from its reader's thread, the only one that calls any of this. Each
 * call into libnfc is a request with a time limit; a helper that does not answer in time is ended, so that nothing in
 * libnfc can hold the thread.
 *
 * The helper is SPRINGPARK_NFC_HELPER of the build (libexec), or what the environment variable of that name says, which
 * is for running from a build tree. It ends when the daemon does.
 */
#ifndef SPRINGPARK_READER_NFC_LINK_H
#define SPRINGPARK_READER_NFC_LINK_H

#include "base/activity.h"
#include "base/clock.h"
#include "reader/nfc_wire.h"

#include <sys/types.h>

struct nfc_link;

/*
 * No process yet. activity is the thread's own: it says what the helper is asked while it is. stop_fd: readable from
 * the moment on that the reader is to stop; it ends a wait. All three must outlive the link.
 */
struct nfc_link *nfc_link_create(const struct clock *clock, struct activity *activity, int stop_fd);

/* nfc_link_end as well. NULL is fine. */
void nfc_link_free(struct nfc_link *link);

/* Starts the helper if none runs. False and *reason (the caller's to free) if it cannot be: not built, no process. */
bool nfc_link_begin(struct nfc_link *link, char **reason);

/*
 * Asks and waits for the answer, at most limit_ms. Returns answer->result.
 * NFC_HUNG, NFC_DIED: there is no helper any more, and answer->text says what happened, "libnfc did not come back from
 * selecting a tag in 1500 ms" or "libnfc ended itself (signal 6, aborted)"; nfc_link_begin starts another one.
 * NFC_STOPPED: stop_fd was readable before or in the wait; the request may still be under way: nfc_link_end is next.
 */
enum nfc_result nfc_link_ask(struct nfc_link *link, const struct nfc_request *request, struct nfc_answer *answer,
                             uint64_t limit_ms);

/* Lets the helper switch the field off and close the device, at most limit_ms, then ends it whatever it does. A helper
 * that not even SIGKILL ends (it hangs in the kernel) is left behind; a later call reaps it. */
void nfc_link_end(struct nfc_link *link, uint64_t limit_ms);

/* The helper's process id, or that of one that was left behind; 0 if there is none. */
pid_t nfc_link_pid(const struct nfc_link *link);

#endif
