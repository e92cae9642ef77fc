/* SPDX-License-Identifier: MIT */
/*
 * A plugin for mosquitto 2 that notes each PUBLISH that the broker accepts, before it is acknowledged. A broker that is
 * killed forgets what it had acknowledged, and so do its subscribers' sessions; what write(2) took stays. So the file
 * has everything that was ever acknowledged, and, at each kill, perhaps a little more.
 *
 *   plugin /path/librecorder.so
 *   plugin_opt_file /path/records.jsonl
 *
 * One JSON object a line, "at" in nanoseconds of CLOCK_MONOTONIC:
 *   {"at":N,"what":"start"}                                                  a broker has begun
 *   {"at":N,"what":"publish","client":ID,"topic":TOPIC,"qos":N,"retain":BOOL,"payload":TEXT}
 *   {"at":N,"what":"disconnect","client":ID}                                 a connection has ended
 * A line without its end is that of a broker that was killed while it wrote, so it was not acknowledged.
 */
#include <mosquitto.h>
#include <mosquitto_broker.h>
#include <mosquitto_plugin.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct recorder {
    mosquitto_plugin_id_t *identifier;
    int fd;
};

struct text {
    char *data;
    size_t used;
    size_t size;
};

static struct recorder the_recorder = { .fd = -1 };

static void append(struct text *text, const char *data, size_t count)
{
    if (text->used + count > text->size) {
        text->size = 2 * (text->used + count);
        text->data = realloc(text->data, text->size);
        if (text->data == NULL)
            abort();
    }
    memcpy(text->data + text->used, data, count);
    text->used += count;
}

static void append_word(struct text *text, const char *word)
{
    append(text, word, strlen(word));
}

/* As a JSON string. What is no UTF-8 stays as it is: that is for the reader to complain of. */
static void append_string(struct text *text, const char *data, size_t count)
{
    append_word(text, "\"");
    for (size_t i = 0; i < count; i++) {
        unsigned char byte = (unsigned char) data[i];
        char escaped[8];
        if (byte == '"' || byte == '\\' || byte < 0x20) {
            snprintf(escaped, sizeof escaped, "\\u%04x", byte);
            append_word(text, escaped);
        } else {
            append(text, data + i, 1);
        }
    }
    append_word(text, "\"");
}

static struct text begin_line(const char *what)
{
    struct text line = { 0 };
    struct timespec now;
    char head[64];

    clock_gettime(CLOCK_MONOTONIC, &now);
    snprintf(head, sizeof head, "{\"at\":%" PRId64 ",\"what\":\"%s\"",
             now.tv_sec * INT64_C(1000000000) + now.tv_nsec, what);
    append_word(&line, head);
    return line;
}

static void append_client(struct text *line, const struct mosquitto *client)
{
    const char *id = mosquitto_client_id(client);

    append_word(line, ",\"client\":");
    append_string(line, id == NULL ? "" : id, id == NULL ? 0 : strlen(id));
}

/* All of it or an error; one write(2) but for a full disk. Frees the line. */
static bool end_line(struct text *line)
{
    size_t done = 0;

    append_word(line, "}\n");
    while (done < line->used) {
        ssize_t count = write(the_recorder.fd, line->data + done, line->used - done);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            break;
        done += (size_t) count;
    }
    bool whole = done == line->used;
    if (!whole)
        mosquitto_log_printf(MOSQ_LOG_ERR, "recorder: nothing is noted any more: %s", strerror(errno));
    free(line->data);
    return whole;
}

/* An error here keeps the broker from acknowledging. */
static int note_publish(int event, void *data, void *context)
{
    const struct mosquitto_evt_message *message = data;
    struct text line = begin_line("publish");
    char numbers[48];

    (void) event;
    (void) context;
    append_client(&line, message->client);
    append_word(&line, ",\"topic\":");
    append_string(&line, message->topic, strlen(message->topic));
    snprintf(numbers, sizeof numbers, ",\"qos\":%u,\"retain\":%s", message->qos, message->retain ? "true" : "false");
    append_word(&line, numbers);
    append_word(&line, ",\"payload\":");
    append_string(&line, message->payload, message->payloadlen);
    return end_line(&line) ? MOSQ_ERR_SUCCESS : MOSQ_ERR_UNKNOWN;
}

static int note_disconnect(int event, void *data, void *context)
{
    const struct mosquitto_evt_disconnect *disconnect = data;

    (void) event;
    (void) context;
    if (mosquitto_client_id(disconnect->client) == NULL)
        return MOSQ_ERR_SUCCESS; /* it never came as far as CONNECT */
    struct text line = begin_line("disconnect");
    append_client(&line, disconnect->client);
    (void) end_line(&line);
    return MOSQ_ERR_SUCCESS;
}

/* A line that a killed broker has left unfinished gets its end, so that it does not spoil the next one. */
static bool finish_torn_line(int fd)
{
    off_t size = lseek(fd, 0, SEEK_END);
    char last;

    return size <= 0 || (pread(fd, &last, 1, size - 1) == 1 && (last == '\n' || write(fd, "\n", 1) == 1));
}

int mosquitto_plugin_version(int supported_version_count, const int *supported_versions)
{
    for (int i = 0; i < supported_version_count; i++) {
        if (supported_versions[i] == MOSQ_PLUGIN_VERSION)
            return MOSQ_PLUGIN_VERSION;
    }
    return -1;
}

int mosquitto_plugin_init(mosquitto_plugin_id_t *identifier, void **userdata, struct mosquitto_opt *options,
                          int option_count)
{
    const char *path = NULL;

    (void) userdata;
    for (int i = 0; i < option_count; i++) {
        if (strcmp(options[i].key, "file") == 0)
            path = options[i].value;
    }
    if (path == NULL) {
        mosquitto_log_printf(MOSQ_LOG_ERR, "recorder: plugin_opt_file is missing");
        return MOSQ_ERR_INVAL;
    }
    the_recorder.fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (the_recorder.fd < 0 || !finish_torn_line(the_recorder.fd)) {
        mosquitto_log_printf(MOSQ_LOG_ERR, "recorder: %s: %s", path, strerror(errno));
        return MOSQ_ERR_UNKNOWN;
    }
    struct text line = begin_line("start");
    if (!end_line(&line))
        return MOSQ_ERR_UNKNOWN;
    the_recorder.identifier = identifier;
    int status = mosquitto_callback_register(identifier, MOSQ_EVT_MESSAGE, note_publish, NULL, NULL);
    if (status == MOSQ_ERR_SUCCESS)
        status = mosquitto_callback_register(identifier, MOSQ_EVT_DISCONNECT, note_disconnect, NULL, NULL);
    return status;
}

int mosquitto_plugin_cleanup(void *userdata, struct mosquitto_opt *options, int option_count)
{
    (void) userdata;
    (void) options;
    (void) option_count;
    mosquitto_callback_unregister(the_recorder.identifier, MOSQ_EVT_MESSAGE, note_publish, NULL);
    mosquitto_callback_unregister(the_recorder.identifier, MOSQ_EVT_DISCONNECT, note_disconnect, NULL);
    close(the_recorder.fd);
    return MOSQ_ERR_SUCCESS;
}
