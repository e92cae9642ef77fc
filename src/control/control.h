/* SPDX-License-Identifier: MIT */
/*
 * The local socket between springparkd and springparkctl. One JSON object a line in both directions:
 *
 *   request   {"request":"status"}            with "arguments":{...} where a request has some
 *   answer    {"ok":true,"result":...}   or   {"ok":false,"errors":["..."]}
 *   watch     after its answer, one line {"event":...} for each event, until the client closes
 *
 * Two sockets: DIRECTORY/control (mode 0660, everything) and DIRECTORY/status (mode 0666: only `status`, and
 * without tag identifiers).
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
 * until then; a client that went away in between is taken care of.
 * privileged: it came through the control socket.
 */
typedef void control_request(void *context, struct control_client *client, const char *request, json_t *arguments,
                             bool privileged);

/* NULL and *error (freed by the caller) if the sockets cannot be made. A stale socket is replaced, a live one refused. */
struct control_server *control_server_create(struct loop *loop, const char *directory, control_request *on_request,
                                             void *context, char **error);
void control_server_free(struct control_server *server);

/* Takes over the reference to result. */
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

/* Tries DIRECTORY/control, and DIRECTORY/status if that is not permitted and status_only says that it would do.
 * NULL and *error: who to ask for what. */
struct control_connection *control_connect(const char *directory, bool status_only, char **error);
void control_connection_free(struct control_connection *connection);

/* One request and its answer, waiting at most timeout_ms (-1 = no limit). The caller's reference, or NULL and *error. */
json_t *control_request_answer(struct control_connection *connection, const char *request, json_t *arguments,
                               int timeout_ms, char **error);

/* The next line of a watch; NULL and *error at the end. */
json_t *control_next_line(struct control_connection *connection, int timeout_ms, char **error);

#endif
