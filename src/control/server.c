/* SPDX-License-Identifier: MIT */
#include "control/control.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "control/line_buffer.h"
#include "control/listener.h"
#include "control/output.h"
#include "control/request.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { STATUS_CLIENTS_MAX = CONTROL_CLIENTS_MAX / 2, LINES_PER_TURN = 16, ACCEPT_PAUSE_US = 200000 };

/* A client is freed only by tidy(), from the loop itself, so that no caller's pointer dies under it. One that went away
 * with a request unanswered stays, without a socket, until the answer comes, and counts as a client meanwhile. */
struct control_client {
    struct control_client *next;
    struct control_server *server;  /* NULL: the server was freed before the answer came */
    int fd;                         /* -1: gone */
    struct loop_source *source;
    struct line_buffer *input;
    struct output output;
    bool privileged;
    bool pending;                   /* a request is with on_request's owner */
    bool watching;
    bool input_ended;               /* it will send nothing more, and may still read */
    bool closing;                   /* to be closed as soon as the output is out */
};

struct control_door {
    struct control_server *server;
    struct listener listener;
    struct loop_source *source;
    bool privileged;
};

struct control_server {
    struct loop *loop;
    control_request *on_request;
    void *context;
    struct control_door control;
    struct control_door status;
    struct control_client *clients;
    struct loop_source *tidy_timer;
    struct loop_source *resume_timer;
    bool paused;                    /* said so; not again until a client could be accepted */
};

static void tidy_soon(struct control_server *server)
{
    loop_arm_timer(server->tidy_timer, 0, 1);
}

static void client_close(struct control_client *client)
{
    if (client->fd < 0)
        return;
    loop_source_free(client->source);
    client->source = NULL;
    (void) close(client->fd);
    client->fd = -1;
    client->watching = false;
    output_clear(&client->output);
}

static void client_disconnect(struct control_client *client)
{
    client_close(client);
    tidy_soon(client->server);
}

static void client_free(struct control_client *client)
{
    line_buffer_free(client->input);
    output_clear(&client->output);
    free(client);
}

static bool takes_requests(const struct control_client *client)
{
    return client->fd >= 0 && !client->pending && !client->closing && output_is_empty(&client->output);
}

static void client_set_events(struct control_client *client)
{
    uint32_t events = 0; /* EPOLLHUP and EPOLLERR come always */

    if (client->fd < 0)
        return;
    if (takes_requests(client) && !client->input_ended)
        events |= EPOLLIN;
    if (!output_is_empty(&client->output))
        events |= EPOLLOUT;
    loop_set_io_events(client->source, events);
}

static void client_send_line(struct control_client *client, const char *line)
{
    if (client->fd < 0)
        return;
    if (!output_add_line(&client->output, line, strlen(line), CONTROL_BACKLOG_MAX_BYTES)) {
        log_warning("control", "a client does not read what it asked for and %d bytes wait: disconnected",
                    CONTROL_BACKLOG_MAX_BYTES);
        client_disconnect(client);
        return;
    }
    if (!output_flush(&client->output, client->fd))
        client_disconnect(client);
}

static void client_refuse(struct control_client *client, const char *why)
{
    char *text = request_refusal_text(request_errors(why));

    client_send_line(client, text);
    free(text);
}

static void client_handle_line(struct control_client *client, const char *line, size_t size_bytes)
{
    struct control_server *server = client->server;
    struct request request;
    char *error = NULL;

    if (!request_parse(line, size_bytes, &request, &error)) {
        client_refuse(client, error);
        free(error);
        return;
    }
    if (!client->privileged && strcmp(request.name, "status") != 0) {
        client_refuse(client, "only \"status\" is open to everybody; next: ask as root or as a member of the group "
                              "springpark, through the socket \"" CONTROL_SOCKET_NAME "\"");
    } else {
        client->pending = true;
        server->on_request(server->context, client, request.name, request.arguments, client->privileged);
    }
    request_clear(&request);
}

/* Whether nothing is left that could be handled now; not all in one turn, for others want theirs. */
static bool client_handle_lines(struct control_client *client)
{
    for (int count = 0; count < LINES_PER_TURN; count++) {
        size_t size_bytes = 0;
        const char *line = takes_requests(client) ? line_buffer_next(client->input, &size_bytes) : NULL;
        if (line == NULL)
            return true;
        client_handle_line(client, line, size_bytes);
    }
    return false;
}

/* Handles what has been read, as far as answers go out, and closes where nothing is left to do. */
static void client_go_on(struct control_client *client)
{
    if (!client_handle_lines(client)) {
        tidy_soon(client->server);
        client_set_events(client);
        return;
    }
    if (takes_requests(client) && line_buffer_too_long(client->input)) {
        log_warning("control", "a client sent a line of more than %d bytes: disconnected", CONTROL_LINE_MAX_BYTES);
        client_refuse(client, "the line is too long");
        client->closing = true;
    }
    bool done = client->closing || (client->input_ended && !client->watching);
    if (done && client->fd >= 0 && !client->pending && output_is_empty(&client->output))
        client_disconnect(client);
    client_set_events(client);
}

static void on_client_io(void *context, int fd, uint32_t events)
{
    struct control_client *client = context;

    if ((events & EPOLLOUT) != 0 && !output_flush(&client->output, fd)) {
        client_disconnect(client);
        return;
    }
    /* Before EPOLLHUP is looked at: a request counts even if its sender did not wait for the answer. */
    if ((events & EPOLLIN) != 0 && takes_requests(client)) {
        enum line_read result = line_buffer_read(client->input, fd);
        if (result == LINE_READ_FAILED) {
            client_disconnect(client);
            return;
        }
        client->input_ended = client->input_ended || result == LINE_READ_END;
    }
    client_go_on(client);
    if ((events & (EPOLLHUP | EPOLLERR)) != 0)
        client_disconnect(client);
}

static void on_tidy(void *context)
{
    struct control_server *server = context;
    struct control_client **link = &server->clients;

    while (*link != NULL) {
        struct control_client *client = *link;
        if (client->fd < 0 && !client->pending) {
            *link = client->next;
            client_free(client);
            continue;
        }
        client_go_on(client);
        link = &client->next;
    }
}

static size_t count_clients(const struct control_server *server, bool status_only)
{
    size_t count = 0;

    for (const struct control_client *client = server->clients; client != NULL; client = client->next) {
        /* A pending one that is gone counts: what it asked for is still being worked on. */
        if ((client->fd >= 0 || client->pending) && !(status_only && client->privileged))
            count++;
    }
    return count;
}

static void turn_away(int fd)
{
    char *text = request_refusal_text(request_errors("too many clients ask at once; next: try again in a moment"));
    struct output output = {0};

    (void) output_add_line(&output, text, strlen(text), CONTROL_LINE_MAX_BYTES);
    (void) output_flush(&output, fd);
    output_clear(&output);
    free(text);
    (void) close(fd);
}

static void add_client(struct control_server *server, int fd, bool privileged)
{
    struct control_client *client = memory_zeroed(1, sizeof *client);

    client->server = server;
    client->fd = fd;
    client->privileged = privileged;
    client->input = line_buffer_create(CONTROL_LINE_MAX_BYTES);
    client->source = loop_add_io(server->loop, fd, EPOLLIN, on_client_io, client);
    loop_set_name(client->source, "answering on the control socket");
    client->next = server->clients;
    server->clients = client;
}

static void on_resume(void *context)
{
    struct control_server *server = context;

    loop_set_io_events(server->control.source, EPOLLIN);
    loop_set_io_events(server->status.source, EPOLLIN);
}

/* A caller who cannot be accepted leaves the listening socket readable: without a pause the loop would spin. He waits
 * in the kernel's queue meanwhile. */
static void pause_callers(struct control_server *server, int reason)
{
    if (!server->paused)
        log_warning("control", "cannot accept a caller: %s; tried again every %d ms", strerror(reason),
                    ACCEPT_PAUSE_US / 1000);
    server->paused = true;
    loop_set_io_events(server->control.source, 0);
    loop_set_io_events(server->status.source, 0);
    loop_arm_timer(server->resume_timer, clock_monotonic_us(clock_system()) + ACCEPT_PAUSE_US, ACCEPT_PAUSE_US / 10);
}

static void on_caller(void *context, int fd, uint32_t events)
{
    struct control_door *door = context;
    struct control_server *server = door->server;

    (void) events;
    int client_fd = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (client_fd < 0) {
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
            pause_callers(server, errno);
        return;
    }
    server->paused = false;
    if (count_clients(server, false) >= CONTROL_CLIENTS_MAX ||
        (!door->privileged && count_clients(server, true) >= STATUS_CLIENTS_MAX)) {
        turn_away(client_fd);
        return;
    }
    add_client(server, client_fd, door->privileged);
}

static char *door_open(struct control_door *door, struct control_server *server, const char *directory, bool privileged)
{
    char *error = listener_open(&door->listener, directory,
                                privileged ? CONTROL_SOCKET_NAME : CONTROL_STATUS_SOCKET_NAME,
                                privileged ? 0660 : 0666);

    if (error != NULL)
        return error;
    door->server = server;
    door->privileged = privileged;
    door->source = loop_add_io(server->loop, door->listener.fd, EPOLLIN, on_caller, door);
    loop_set_name(door->source, "taking a call on the control socket");
    return NULL;
}

static void door_close(struct control_door *door)
{
    loop_source_free(door->source);
    listener_close(&door->listener);
}

struct control_server *control_server_create(struct loop *loop, const char *directory, control_request *on_request,
                                             void *context, char **error)
{
    struct control_server *server = memory_zeroed(1, sizeof *server);

    server->loop = loop;
    server->on_request = on_request;
    server->context = context;
    server->control.listener.fd = -1;
    server->status.listener.fd = -1;
    server->resume_timer = loop_add_timer(loop, on_resume, server);
    server->tidy_timer = loop_add_timer(loop, on_tidy, server);

    *error = door_open(&server->control, server, directory, true);
    if (*error == NULL)
        *error = door_open(&server->status, server, directory, false);
    if (*error == NULL)
        return server;
    control_server_free(server);
    return NULL;
}

void control_server_free(struct control_server *server)
{
    if (server == NULL)
        return;
    door_close(&server->control);
    door_close(&server->status);

    struct control_client *next = NULL;
    for (struct control_client *client = server->clients; client != NULL; client = next) {
        next = client->next;
        client_close(client); /* without a word to the loop, which may have ended */
        if (client->pending)
            client->server = NULL; /* freed by its answer */
        else
            client_free(client);
    }
    loop_source_free(server->tidy_timer);
    loop_source_free(server->resume_timer);
    free(server);
}

static void client_answer(struct control_client *client, char *text)
{
    assert(client->pending); /* one answer for one request */
    client->pending = false;
    if (client->server == NULL) {
        client_free(client);
    } else {
        client_send_line(client, text);
        tidy_soon(client->server); /* its next request may be there already */
    }
    free(text);
}

void control_answer(struct control_client *client, json_t *result)
{
    client_answer(client, request_answer_text(result));
}

void control_refuse(struct control_client *client, json_t *errors)
{
    client_answer(client, request_refusal_text(errors));
}

void control_watch(struct control_client *client)
{
    assert(!client->pending);
    client->watching = client->fd >= 0;
}

void control_server_broadcast(struct control_server *server, const char *line)
{
    assert(strchr(line, '\n') == NULL);
    for (struct control_client *client = server->clients; client != NULL; client = client->next) {
        if (!client->watching)
            continue;
        client_send_line(client, line);
        client_set_events(client);
    }
}

bool control_server_has_watchers(const struct control_server *server)
{
    for (const struct control_client *client = server->clients; client != NULL; client = client->next) {
        if (client->watching)
            return true;
    }
    return false;
}
