/* SPDX-License-Identifier: MIT */
/*
 * What a client sends to the control socket: bytes cut into lines, each parsed as a request, each refusal written.
 * The line limit is small here, so that the fuzzer meets it.
 */
#include "base/memory.h"
#include "control/line_buffer.h"
#include "control/request.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 2000, INPUT_MAX_BYTES = 65536 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

static void check_line(const char *line, size_t size_bytes)
{
    struct request request;
    char *error = NULL;

    if (request_parse(line, size_bytes, &request, &error)) {
        if (request.name[0] == '\0' || !json_is_object(request.arguments))
            abort();
        free(request_answer_text(json_incref(request.arguments)));
        request_clear(&request);
        return;
    }
    char *text = request_refusal_text(request_errors(error));
    json_t *refusal = json_loads(text, 0, NULL);
    if (json_string_length(json_array_get(json_object_get(refusal, "errors"), 0)) == 0)
        abort();
    json_decref(refusal);
    free(text);
    free(error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
    struct line_buffer *buffer = line_buffer_create(LINE_MAX_BYTES);
    int ends[2];

    if (size_bytes > INPUT_MAX_BYTES || socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0) {
        line_buffer_free(buffer);
        return 0;
    }
    if (send(ends[1], data, size_bytes, MSG_NOSIGNAL) >= 0) {
        while (line_buffer_read(buffer, ends[0]) == LINE_READ_SOME) {
            size_t line_bytes = 0;
            const char *line;
            while ((line = line_buffer_next(buffer, &line_bytes)) != NULL) {
                /* A copy without a byte to spare, so that reading beyond it is seen. */
                char *copy = memory_copy(line, line_bytes);
                check_line(copy, line_bytes);
                free(copy);
            }
            if (line_buffer_too_long(buffer))
                break;
        }
    }
    (void) close(ends[0]);
    (void) close(ends[1]);
    line_buffer_free(buffer);
    return 0;
}
