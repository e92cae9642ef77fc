/* SPDX-License-Identifier: MIT */
/*
 * Runs one reader driver with a sink that prints a line for each call, for tests:
 *
 *   reader_probe [--join-limit MS] [--script PATH] DRIVER NAME [LABEL]
 *
 * Lines: appeared LABEL|NAME, health LABEL|works, health LABEL|ill|REASON, arrived LABEL|TECHNOLOGY|UID|ats=HEX|
 * atr=HEX|protocol=HEX, left LABEL|UID, failed LABEL|ERROR, gone LABEL. Log lines go to standard error. On standard
 * input each line is a command: "activity" prints what the last reader's thread does; "apdu HEX" makes each card that
 * arrives be sent this APDU (apdu LABEL|ANSWER or ERROR). The end of input stops the driver: "joined true|false", and
 * the status is 0 either way.
 */
#include "base/hex.h"
#include "base/log.h"
#include "base/loop.h"
#include "reader/reader.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct probe {
    pthread_mutex_t mutex;
    struct activity *activity;
    uint8_t apdu[64];
    int apdu_bytes;
};

static void on_appeared(void *context, const struct reader_info *info)
{
    struct probe *probe = context;

    pthread_mutex_lock(&probe->mutex);
    probe->activity = info->activity;
    printf("appeared %s|%s|%s\n", info->label, info->name, info->driver);
    pthread_mutex_unlock(&probe->mutex);
}

static void on_health(void *context, const char *reader, enum reader_health health, const char *reason)
{
    (void) context;
    if (health == READER_ILL)
        printf("health %s|ill|%s\n", reader, reason);
    else
        printf("health %s|%s\n", reader, health == READER_WORKS ? "works" : "starting");
}

static void send_apdu(struct probe *probe, const char *reader, struct card *card)
{
    uint8_t answer[258];
    int received = card->transceive(card, probe->apdu, (size_t) probe->apdu_bytes, answer, sizeof answer);

    if (received < 0) {
        printf("apdu %s|error %d\n", reader, received);
        return;
    }
    char *hex = hex_from_bytes(answer, (size_t) received);
    printf("apdu %s|%s\n", reader, hex);
    free(hex);
}

static void on_card_arrived(void *context, const char *reader, struct card *card)
{
    struct probe *probe = context;
    char *uid = hex_from_bytes(card->uid, card->uid_bytes);
    char *ats = hex_from_bytes(card->ats, card->ats_bytes);
    char *atr = hex_from_bytes(card->atr, card->atr_bytes);
    char *protocol = hex_from_bytes(card->protocol_bytes, card->protocol_bytes_count);

    printf("arrived %s|%s|%s|ats=%s|atr=%s|protocol=%s\n", reader, card_protocol_name(card->technology), uid, ats, atr,
           protocol);
    free(uid);
    free(ats);
    free(atr);
    free(protocol);
    pthread_mutex_lock(&probe->mutex);
    if (probe->apdu_bytes > 0)
        send_apdu(probe, reader, card);
    pthread_mutex_unlock(&probe->mutex);
}

static void on_card_left(void *context, const char *reader, const uint8_t *uid, size_t uid_bytes)
{
    char *hex = hex_from_bytes(uid, uid_bytes);

    (void) context;
    printf("left %s|%s\n", reader, hex);
    free(hex);
}

static void on_card_failed(void *context, const char *reader, enum card_error error)
{
    (void) context;
    printf("failed %s|%s\n", reader,
           error == CARD_ERROR_GONE ? "gone" : error == CARD_ERROR_MUTE ? "mute" : "reader");
}

static void on_gone(void *context, const char *reader)
{
    struct probe *probe = context;

    pthread_mutex_lock(&probe->mutex);
    probe->activity = NULL;
    printf("gone %s\n", reader);
    pthread_mutex_unlock(&probe->mutex);
}

static void print_activity(struct probe *probe)
{
    pthread_mutex_lock(&probe->mutex);
    if (probe->activity != NULL) {
        struct activity_view view = activity_look(probe->activity);
        printf("activity %s|%s|%s\n",
               view.kind == ACTIVITY_IDLE ? "idle" : view.kind == ACTIVITY_FOREIGN ? "foreign" : "own", view.what,
               view.overdue ? "overdue" : "in time");
    } else {
        printf("activity none\n");
    }
    pthread_mutex_unlock(&probe->mutex);
}

static void obey(struct probe *probe, char *line)
{
    line[strcspn(line, "\n")] = '\0';
    if (strcmp(line, "activity") == 0) {
        print_activity(probe);
    } else if (strncmp(line, "apdu ", 5) == 0) {
        pthread_mutex_lock(&probe->mutex);
        probe->apdu_bytes = hex_to_bytes(line + 5, strlen(line + 5), probe->apdu, sizeof probe->apdu);
        printf("ok\n");
        pthread_mutex_unlock(&probe->mutex);
    }
}

static int fail(const char *text)
{
    fprintf(stderr, "reader_probe: %s\n", text);
    return 1;
}

int main(int count, char **arguments)
{
    struct probe probe = {.mutex = PTHREAD_MUTEX_INITIALIZER};
    const struct reader_sink sink = {&probe, on_appeared, on_health, on_card_arrived, on_card_left, on_card_failed,
                                     on_gone};
    struct reader_options options = {.path = "", .label = "", .clock = clock_system(), .technologies = ~0U};
    unsigned long limit_ms = 5000;
    char *error = NULL;
    char line[256];
    int at = 1;

    for (; at + 1 < count && strncmp(arguments[at], "--", 2) == 0; at += 2) {
        if (strcmp(arguments[at], "--join-limit") == 0)
            limit_ms = strtoul(arguments[at + 1], NULL, 10);
        else if (strcmp(arguments[at], "--script") == 0)
            options.path = arguments[at + 1];
    }
    if (count < at + 2)
        return fail("usage: reader_probe [--join-limit MS] [--script PATH] DRIVER NAME [LABEL]");
    const struct reader_driver *driver = reader_driver_find(arguments[at]);
    if (driver == NULL)
        return fail("no such driver");
    options.name = arguments[at + 1];
    if (count > at + 2)
        options.label = arguments[at + 2];
    setlinebuf(stdout);
    log_set_level(LOG_LEVEL_DEBUG);
    loop_block_signals();
    struct reader_source *source = driver->start(&options, &sink, &error);
    if (source == NULL) {
        int status = fail(error);
        free(error);
        return status;
    }
    while (fgets(line, sizeof line, stdin) != NULL)
        obey(&probe, line);
    driver->wake(source);
    bool joined = driver->join(source, limit_ms);
    printf("joined %s\n", joined ? "true" : "false");
    fflush(stdout);
    /* A thread that was left behind must not meet what exit tears down. */
    if (!joined)
        _Exit(0);
    return 0;
}
