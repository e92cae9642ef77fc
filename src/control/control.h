/* SPDX-License-Identifier: MIT */
/*
 * The local socket between springparkd and springparkctl. One JSON object a line in both directions:
 *
 *   request   {"request":"status"}            with "arguments":{...} where a request has some
 *   answer    {"ok":true,"result":...}   or   {"ok":false,"errors":["..."]}
 *   watch     after its answer, one line {"event":...} for each event, {"stored":"12:5"} when all events up to that one
 *             are on disk, {"confirmed":"12:5"} when the broker has acknowledged one, until the client closes
 *
 * Two sockets: DIRECTORY/control (mode 0660, everything) and DIRECTORY/status (mode 0666: only `status`, and
 * without tag identifiers). At most half of the clients may come through the status socket, so that nobody can shut
 * the administrator out by filling it.
 *
 * A client may send its next request before the answer to the last: requests wait, unread, and are answered in order,
 * each once the answer before it has been taken by the client.
 */
#ifndef SPRINGPARK_CONTROL_CONTROL_H
#define SPRINGPARK_CONTROL_CONTROL_H

#include "base/loop.h"

#include <jansson.h>
#include <stdbool.h>

#define CONTROL_SOCKET_NAME "control"
#define CONTROL_STATUS_SOCKET_NAME "status"

enum { CONTROL_LINE_MAX_BYTES = 65536, CONTROL_CLIENTS_MAX = 32, CONTROL_BACKLOG_MAX_BYTES = 1048576 };

/* ---- server: main thread, never blocks; a client that does not read is dropped when its backlog is full ---- */

struct control_server;
struct control_client;

/*
 * Answers one request. Must end in control_answer or control_refuse, now or later (reload): the client pointer is valid
 * until then, and to the end of the turn of the loop in which it is answered; a client that went away in between, or
 * a server that was freed, is taken care of.
 * request: never empty. arguments: a JSON object, empty if the client sent none, borrowed for the call.
 * privileged: it came through the control socket; of the others only "status" comes this far.
 */
typedef void control_request(void *context, struct control_client *client, const char *request, json_t *arguments,
                             bool privileged);

/* NULL and *error (freed by the caller) if the sockets cannot be made. A stale socket is replaced, a live one refused.
 * directory: must exist. */
struct control_server *control_server_create(struct loop *loop, const char *directory, control_request *on_request,
                                             void *context, char **error);
/* Closes all clients and removes the sockets. A request that is still unanswered may be answered later, to nobody.
 * Once the loop has ended this is the only call to the server that is allowed. */
void control_server_free(struct control_server *server);

/* Takes over the reference to result; NULL = null. */
void control_answer(struct control_client *client, json_t *result);
/* errors: an array of texts; takes over the reference. */
void control_refuse(struct control_client *client, json_t *errors);
/* From now on the client gets what control_server_broadcast sends. Answer first. */
void control_watch(struct control_client *client);
/* One line to every watcher; line is JSON text without a line feed. */
void control_server_broadcast(struct control_server *server, const char *line);
bool control_server_has_watchers(const struct control_server *server);

/* ---- client: blocking, for the tool ---- */

struct control_connection;

/*
 * Tries DIRECTORY/control, and DIRECTORY/status if that is not permitted and status_only says that it would do.
 * NULL and *error (freed by the caller): who to ask for what; errno says what kind of failure it was: EACCES = not
 * permitted, EAGAIN = the daemon is too busy, anything else = there is no daemon.
 */
struct control_connection *control_connect(const char *directory, bool status_only, char **error);
void control_connection_free(struct control_connection *connection);

/* Readable when control_next_line may have something; the connection's own. */
int control_connection_fd(const struct control_connection *connection);

/*
 * One request and its answer, waiting at most timeout_ms (-1 = no limit). arguments: NULL, or an object whose reference
 * is taken over. Returns the caller's reference to the result (json_null where the daemon gave none), or NULL and
 * *error (freed by the caller), with errno: ECANCELED = the daemon refused, *error holds its texts, one a line;
 * ETIMEDOUT; EBADMSG = what came is no answer; ECONNRESET = the daemon went away.
 */
json_t *control_request_answer(struct control_connection *connection, const char *request, json_t *arguments,
                               int timeout_ms, char **error);

/* The next line of a watch; NULL and *error at the end, with errno as above; ETIMEDOUT: nothing came in timeout_ms, and
 * it may be called again (0 = only what is already there). */
json_t *control_next_line(struct control_connection *connection, int timeout_ms, char **error);

#endif
