/* SPDX-License-Identifier: MIT */
#include "ifdsim_remote.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum { ANSWER_LIMIT_S = 2, COMMAND_MAX_BYTES = 512, LINE_MAX_BYTES = 2 * COMMAND_MAX_BYTES + 16 };

int remote_connect(const char *path)
{
    const struct timeval limit = {.tv_sec = ANSWER_LIMIT_S};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (connection < 0)
        return -1;
    if (strlen(path) < sizeof address.sun_path) {
        memcpy(address.sun_path, path, strlen(path));
        if (connect(connection, (struct sockaddr *) &address, sizeof address) == 0
            && setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0)
            return connection;
    }
    close(connection);
    return -1;
}

void remote_disconnect(int connection)
{
    if (connection < 0)
        return;
    (void) shutdown(connection, SHUT_RDWR);
    close(connection);
}

static bool say(int connection, const uint8_t *command, size_t command_bytes)
{
    char line[LINE_MAX_BYTES] = "reset\n";
    size_t used = strlen("apdu ");

    if (command_bytes > COMMAND_MAX_BYTES)
        return false;
    if (command != NULL) {
        memcpy(line, "apdu ", used);
        for (size_t i = 0; i < command_bytes; i++, used += 2)
            snprintf(line + used, sizeof line - used, "%02X", command[i]);
        memcpy(line + used, "\n", 2);
    }
    size_t size = strlen(line);
    return send(connection, line, size, MSG_NOSIGNAL) == (ssize_t) size;
}

/* One line without its end; false if none comes in time, or one that is too long. */
static bool hear(int connection, char line[LINE_MAX_BYTES])
{
    size_t used = 0;

    while (used < LINE_MAX_BYTES) {
        ssize_t count = recv(connection, line + used, LINE_MAX_BYTES - used, 0);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return false;
        used += (size_t) count;
        if (line[used - 1] == '\n') {
            line[used - 1] = '\0';
            return true;
        }
    }
    return false;
}

static bool take_answer(const char *hex, uint8_t *answer, size_t capacity_bytes, size_t *answer_bytes)
{
    size_t count = 0;

    for (; hex[0] != '\0'; hex += 2) {
        unsigned value;
        if (hex[1] == '\0' || count == capacity_bytes || sscanf(hex, "%2x", &value) != 1)
            return false;
        answer[count++] = (uint8_t) value;
    }
    *answer_bytes = count;
    return true;
}

enum remote_result remote_ask(int connection, const uint8_t *command, size_t command_bytes, uint8_t *answer,
                              size_t capacity_bytes, size_t *answer_bytes)
{
    char line[LINE_MAX_BYTES];

    *answer_bytes = 0;
    if (!say(connection, command, command_bytes) || !hear(connection, line)) {
        (void) shutdown(connection, SHUT_RDWR); /* an answer that comes too late is not that of the next question */
        return REMOTE_MUTE;
    }
    if (strcmp(line, "left") == 0)
        return REMOTE_LEFT;
    if (strcmp(line, "mute") == 0)
        return REMOTE_MUTE;
    if (command == NULL)
        return strcmp(line, "ok") == 0 ? REMOTE_ANSWERED : REMOTE_MUTE;
    return take_answer(line, answer, capacity_bytes, answer_bytes) ? REMOTE_ANSWERED : REMOTE_MUTE;
}
