/* SPDX-License-Identifier: MIT */
#include "control/control.h"

#include "base/clock.h"
#include "base/memory.h"
#include "control/line_buffer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum { CONNECT_TIMEOUT_S = 5 };

struct control_connection {
    int fd;
    struct line_buffer *input;
};

/* A deadline on the monotonic clock, so that many small pieces do not add up to more than the caller's patience. */
struct deadline {
    bool none;
    uint64_t at_ms;
};

static struct deadline deadline_in(int timeout_ms)
{
    if (timeout_ms < 0)
        return (struct deadline) {.none = true};
    return (struct deadline) {.at_ms = clock_monotonic_ms(clock_system()) + (uint64_t) timeout_ms};
}

static int deadline_left_ms(const struct deadline *deadline)
{
    if (deadline->none)
        return -1;
    uint64_t now_ms = clock_monotonic_ms(clock_system());
    return now_ms >= deadline->at_ms ? 0 : (int) (deadline->at_ms - now_ms);
}

/* A connected descriptor, or -1 and errno. */
static int connect_to(const char *directory, const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const struct timeval patience = {.tv_sec = CONNECT_TIMEOUT_S};
    char *path = text_format("%s/%s", directory, name);

    if (strlen(path) >= sizeof address.sun_path) {
        free(path);
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    free(path);

    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    /* It bounds connect, too: EAGAIN while the daemon does not accept (unix(7)). */
    if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) == 0 &&
        connect(fd, (const struct sockaddr *) &address, sizeof address) == 0 && fcntl(fd, F_SETFL, O_NONBLOCK) == 0)
        return fd;
    int reason = errno;
    (void) close(fd);
    errno = reason;
    return -1;
}

/* "@NAME" if it is the folder of springparkd@NAME.service, else "". */
static const char *instance_of(const char *directory)
{
    static const char before[] = SPRINGPARK_RUN_DIRECTORY "@";

    return strncmp(directory, before, sizeof before - 1) == 0 ? directory + sizeof before - 2 : "";
}

static char *connect_complaint(const char *directory, int reason)
{
    if (reason == EACCES || reason == EPERM)
        return text_format("%s/%s: not permitted; next: use sudo, or have root add you to its group: "
                           "adduser USER springpark", directory, CONTROL_SOCKET_NAME);
    if (reason == EAGAIN)
        return text_format("%s/%s: springparkd is there but takes no call; next: journalctl -u springparkd%s", directory,
                           CONTROL_SOCKET_NAME, instance_of(directory));
    return text_format("%s/%s: no springparkd answers there (%s); next: systemctl start springparkd%s", directory,
                       CONTROL_SOCKET_NAME, strerror(reason), instance_of(directory));
}

struct control_connection *control_connect(const char *directory, bool status_only, char **error)
{
    int fd = connect_to(directory, CONTROL_SOCKET_NAME);

    if (fd < 0 && (errno == EACCES || errno == EPERM)) {
        errno = EACCES;
        if (status_only)
            fd = connect_to(directory, CONTROL_STATUS_SOCKET_NAME);
    }
    if (fd < 0) {
        int reason = errno;
        *error = connect_complaint(directory, reason);
        errno = reason;
        return NULL;
    }
    struct control_connection *connection = memory_zeroed(1, sizeof *connection);
    connection->fd = fd;
    /* The daemon never has a longer line waiting. */
    connection->input = line_buffer_create(CONTROL_BACKLOG_MAX_BYTES);
    return connection;
}

void control_connection_free(struct control_connection *connection)
{
    if (connection == NULL)
        return;
    (void) close(connection->fd);
    line_buffer_free(connection->input);
    free(connection);
}

int control_connection_fd(const struct control_connection *connection)
{
    return connection->fd;
}

static json_t *fail(int reason, const char *text, char **error)
{
    *error = text_copy(text);
    errno = reason;
    return NULL;
}

static bool wait_for(int fd, short events, const struct deadline *deadline)
{
    struct pollfd item = {.fd = fd, .events = events};

    for (;;) {
        int count = poll(&item, 1, deadline_left_ms(deadline));
        if (count >= 0 || errno != EINTR)
            return count > 0;
    }
}

/* What did not go out is no failure yet: a daemon that turns a caller away says why before it hangs up. */
static bool send_all(int fd, const char *text, size_t size_bytes, const struct deadline *deadline)
{
    size_t sent = 0;

    while (sent < size_bytes) {
        ssize_t count = send(fd, text + sent, size_bytes - sent, MSG_NOSIGNAL);
        if (count >= 0)
            sent += (size_t) count;
        else if (errno == EAGAIN && !wait_for(fd, POLLOUT, deadline))
            return false;
        else if (errno != EAGAIN && errno != EINTR)
            return true;
    }
    return true;
}

static json_t *next_line(struct control_connection *connection, const struct deadline *deadline, char **error)
{
    size_t size_bytes = 0;
    const char *line;

    while ((line = line_buffer_next(connection->input, &size_bytes)) == NULL) {
        if (line_buffer_too_long(connection->input))
            return fail(EBADMSG, "what answers is no springparkd: its line has no end", error);
        if (!wait_for(connection->fd, POLLIN, deadline))
            return fail(ETIMEDOUT, "springparkd does not answer; next: journalctl -u springparkd", error);
        enum line_read result = line_buffer_read(connection->input, connection->fd);
        if (result == LINE_READ_END || result == LINE_READ_FAILED)
            return fail(ECONNRESET, "springparkd closed the connection; next: systemctl status springparkd", error);
    }
    json_t *object = json_loadb(line, size_bytes, 0, NULL);
    if (json_is_object(object))
        return object;
    json_decref(object);
    return fail(EBADMSG, "what answers is no springparkd: it sent no JSON object", error);
}

/* The texts of a refusal, one a line. */
static char *texts_of(json_t *errors)
{
    char *all = NULL;
    json_t *item;
    size_t index;

    json_array_foreach(errors, index, item) {
        const char *text = json_string_value(item);
        if (text == NULL)
            continue;
        char *longer = all == NULL ? text_copy(text) : text_format("%s\n%s", all, text);
        free(all);
        all = longer;
    }
    return all != NULL ? all : text_copy("springparkd refused, and did not say why");
}

json_t *control_request_answer(struct control_connection *connection, const char *request, json_t *arguments,
                               int timeout_ms, char **error)
{
    struct deadline deadline = deadline_in(timeout_ms);
    json_t *object = json_pack("{s:s,s:o*}", "request", request, "arguments", arguments);
    char *text = json_dumps(object, JSON_COMPACT);
    char *line = text_format("%s\n", text);
    bool in_time = send_all(connection->fd, line, strlen(line), &deadline);

    free(line);
    free(text);
    json_decref(object);
    if (!in_time)
        return fail(ETIMEDOUT, "springparkd does not take the request; next: journalctl -u springparkd", error);

    json_t *answer = next_line(connection, &deadline, error);
    if (answer == NULL)
        return NULL;
    json_t *ok = json_object_get(answer, "ok");
    json_t *result = NULL;
    if (json_is_true(ok)) {
        result = json_object_get(answer, "result");
        result = result != NULL ? json_incref(result) : json_null();
    } else if (json_is_false(ok)) {
        *error = texts_of(json_object_get(answer, "errors"));
        errno = ECANCELED;
    } else {
        (void) fail(EBADMSG, "what answers is no springparkd: its answer has no \"ok\"", error);
    }
    int reason = errno;
    json_decref(answer);
    errno = reason;
    return result;
}

json_t *control_next_line(struct control_connection *connection, int timeout_ms, char **error)
{
    struct deadline deadline = deadline_in(timeout_ms);

    return next_line(connection, &deadline, error);
}
