/* SPDX-License-Identifier: MIT */
/*
 * Runs a reader driver with a sink that prints a line for each call, for tests:
 *
 *   reader_probe [--join-limit MS] [--technologies BITS] [--script PATH] DRIVER NAME [LABEL]
 *
 * NAME is the connection string for the driver libnfc.
 *
 * Lines: appeared LABEL|NAME, health LABEL|works, health LABEL|ill|REASON, arrived LABEL|TECHNOLOGY|UID|ats=HEX|
 * atr=HEX|protocol=HEX, left LABEL|UID, failed LABEL|ERROR, described LABEL|CONNECTION|CHIP|POLLING, gone LABEL. Log
 * lines go to standard error. On standard input each line is a command:
 *
 *   activity            prints what the last reader's thread does
 *   apdu HEX            each card that arrives is sent this APDU: apdu LABEL|ANSWER or error NUMBER
 *   authenticate BLOCK A|B KEY    each card that arrives gets this key: authenticate LABEL|fine or error NUMBER
 *   forget              the commands to cards, which are performed in their order, are forgotten
 *                       (these three are answered by "ok", or "bad")
 *   start TAG|NAME|LABEL          starts one more source ("started")
 *   stop NUMBER         ends one, counted from 0 in the order of their start ("joined true|false")
 *
 * The first source's TAG is empty; sources with the same TAG share a sink, as entries of one configuration do, and
 * their lines begin with it. The end of input stops all that are left, as they would stop together, with one "joined" each;
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

enum { SOURCES_MAX = 64, TAGS_MAX = 16, TAG_CAPACITY = 16, COMMANDS_MAX = 32, APDU_MAX_BYTES = 262 };

/* What is done with each card that arrives. */
struct command {
    uint8_t apdu[APDU_MAX_BYTES];
    int apdu_bytes;              /* 0: authenticate */
    unsigned block;
    enum card_key kind;
    uint8_t key[CARD_CLASSIC_KEY_BYTES];
};

struct probe {
    pthread_mutex_t mutex;
    char tag[TAG_CAPACITY];
    struct activity *activity;
    struct command commands[COMMANDS_MAX];
    size_t commands_count;
};

static void on_appeared(void *context, const struct reader_info *info)
{
    struct probe *probe = context;

    pthread_mutex_lock(&probe->mutex);
    probe->activity = info->activity;
    printf("%sappeared %s|%s|%s\n", probe->tag, info->label, info->name, info->driver);
    pthread_mutex_unlock(&probe->mutex);
}

static void on_health(void *context, const char *reader, enum reader_health health, const char *reason)
{
    const struct probe *probe = context;

    if (health == READER_ILL)
        printf("%shealth %s|ill|%s\n", probe->tag, reader, reason);
    else
        printf("%shealth %s|%s\n", probe->tag, reader, health == READER_WORKS ? "works" : "starting");
}

static void on_described(void *context, const char *reader, const struct reader_device *device)
{
    const struct probe *probe = context;

    printf("%sdescribed %s|%s|%s|%s\n", probe->tag, reader, device->connection, device->chip, device->polling);
}

static void send_apdu(const struct probe *probe, const struct command *command, const char *reader, struct card *card)
{
    uint8_t answer[258];
    int received = card->transceive(card, command->apdu, (size_t) command->apdu_bytes, answer, sizeof answer);

    if (received < 0) {
        printf("%sapdu %s|error %d\n", probe->tag, reader, received);
        return;
    }
    char *hex = hex_from_bytes(answer, (size_t) received);
    printf("%sapdu %s|%s\n", probe->tag, reader, hex);
    free(hex);
}

static void perform(const struct probe *probe, const struct command *command, const char *reader, struct card *card)
{
    if (command->apdu_bytes > 0) {
        send_apdu(probe, command, reader, card);
        return;
    }
    int error = card->authenticate(card, (uint8_t) command->block, command->kind, command->key);
    if (error == 0)
        printf("%sauthenticate %s|fine\n", probe->tag, reader);
    else
        printf("%sauthenticate %s|error %d\n", probe->tag, reader, error);
}

static void on_card_arrived(void *context, const char *reader, struct card *card)
{
    struct probe *probe = context;
    char *uid = hex_from_bytes(card->uid, card->uid_bytes);
    char *ats = hex_from_bytes(card->ats, card->ats_bytes);
    char *atr = hex_from_bytes(card->atr, card->atr_bytes);
    char *protocol = hex_from_bytes(card->protocol_bytes, card->protocol_bytes_count);

    printf("%sarrived %s|%s|%s|ats=%s|atr=%s|protocol=%s\n", probe->tag, reader,
           card_protocol_name(card->technology), uid, ats, atr, protocol);
    free(uid);
    free(ats);
    free(atr);
    free(protocol);
    pthread_mutex_lock(&probe->mutex);
    for (size_t i = 0; i < probe->commands_count; i++)
        perform(probe, &probe->commands[i], reader, card);
    pthread_mutex_unlock(&probe->mutex);
}

static void on_card_left(void *context, const char *reader, const uint8_t *uid, size_t uid_bytes)
{
    const struct probe *probe = context;
    char *hex = hex_from_bytes(uid, uid_bytes);

    printf("%sleft %s|%s\n", probe->tag, reader, hex);
    free(hex);
}

static void on_card_failed(void *context, const char *reader, enum card_error error)
{
    const struct probe *probe = context;

    printf("%sfailed %s|%s\n", probe->tag, reader,
           error == CARD_ERROR_GONE ? "gone" : error == CARD_ERROR_MUTE ? "mute" : "reader");
}

static void on_gone(void *context, const char *reader)
{
    struct probe *probe = context;

    pthread_mutex_lock(&probe->mutex);
    probe->activity = NULL;
    printf("%sgone %s\n", probe->tag, reader);
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

static int fail(const char *text)
{
    fprintf(stderr, "reader_probe: %s\n", text);
    return 1;
}

/* All that runs. probes[0] has the empty tag. */
struct run {
    const struct reader_driver *driver;
    struct reader_options options;
    unsigned long limit_ms;
    struct probe probes[TAGS_MAX];
    size_t probes_count;
    struct reader_source *sources[SOURCES_MAX];
    size_t sources_count;
    bool all_joined;
};

static struct probe *find_probe(struct run *run, const char *tag)
{
    for (size_t i = 0; i < run->probes_count; i++) {
        if (strcmp(run->probes[i].tag, tag) == 0)
            return &run->probes[i];
    }
    if (run->probes_count == TAGS_MAX || strlen(tag) >= TAG_CAPACITY)
        return NULL;
    struct probe *probe = &run->probes[run->probes_count++];
    pthread_mutex_init(&probe->mutex, NULL);
    snprintf(probe->tag, sizeof probe->tag, "%s", tag);
    return probe;
}

static bool start_source(struct run *run, const char *tag, const char *name, const char *label)
{
    struct probe *probe = find_probe(run, tag);
    const struct reader_sink sink = {probe, on_appeared, on_health, on_card_arrived, on_card_left, on_card_failed, NULL,
                                     on_described, on_gone};
    struct reader_options options = run->options;
    char *error = NULL;

    options.name = name;
    options.connection = name;
    options.label = label;
    if (probe == NULL || run->sources_count == SOURCES_MAX) {
        (void) fail("too many sources");
        return false;
    }
    struct reader_source *source = run->driver->start(&options, &sink, &error);
    if (source == NULL) {
        (void) fail(error);
        free(error);
        return false;
    }
    run->sources[run->sources_count++] = source;
    return true;
}

static void join_source(struct run *run, size_t number)
{
    bool joined = run->driver->join(run->sources[number], run->limit_ms);

    run->sources[number] = NULL;
    run->all_joined = run->all_joined && joined;
    printf("joined %s\n", joined ? "true" : "false");
}

static void obey_start(struct run *run, char *words)
{
    const char *tag = strsep(&words, "|");
    const char *name = words != NULL ? strsep(&words, "|") : "";

    if (start_source(run, tag, name, words != NULL ? words : ""))
        printf("started\n");
}

static bool read_authenticate(const char *words, struct command *command)
{
    char kind;
    char hex[2 * CARD_CLASSIC_KEY_BYTES + 1];

    if (sscanf(words, "%u %c %12s", &command->block, &kind, hex) != 3 || (kind != 'A' && kind != 'B'))
        return false;
    command->kind = kind == 'A' ? CARD_KEY_A : CARD_KEY_B;
    return hex_to_bytes(hex, strlen(hex), command->key, sizeof command->key) == CARD_CLASSIC_KEY_BYTES;
}

/* False if it is no command to cards. */
static bool read_command(const char *line, struct command *command)
{
    *command = (struct command) {0};
    if (strncmp(line, "apdu ", 5) == 0) {
        command->apdu_bytes = hex_to_bytes(line + 5, strlen(line + 5), command->apdu, sizeof command->apdu);
        return command->apdu_bytes > 0;
    }
    return strncmp(line, "authenticate ", 13) == 0 && read_authenticate(line + 13, command);
}

static void add_command(struct probe *probe, const char *line)
{
    struct command command;

    pthread_mutex_lock(&probe->mutex);
    if (strcmp(line, "forget") == 0) {
        probe->commands_count = 0;
        printf("ok\n");
    } else if (probe->commands_count < COMMANDS_MAX && read_command(line, &command)) {
        probe->commands[probe->commands_count++] = command;
        printf("ok\n");
    } else {
        printf("bad\n");
    }
    pthread_mutex_unlock(&probe->mutex);
}

static void obey(struct run *run, char *line)
{
    struct probe *probe = &run->probes[0];

    line[strcspn(line, "\n")] = '\0';
    if (strcmp(line, "activity") == 0) {
        print_activity(probe);
    } else if (strncmp(line, "start ", 6) == 0) {
        obey_start(run, line + 6);
    } else if (strncmp(line, "stop ", 5) == 0) {
        size_t number = strtoul(line + 5, NULL, 10);
        if (number < run->sources_count && run->sources[number] != NULL) {
            run->driver->wake(run->sources[number]);
            join_source(run, number);
        }
    } else {
        add_command(probe, line);
    }
}

static void stop_all(struct run *run)
{
    for (size_t i = 0; i < run->sources_count; i++) {
        if (run->sources[i] != NULL)
            run->driver->wake(run->sources[i]);
    }
    for (size_t i = 0; i < run->sources_count; i++) {
        if (run->sources[i] != NULL)
            join_source(run, i);
    }
}

int main(int count, char **arguments)
{
    /* Static, because a thread that was left behind may still use it. */
    static struct run run = {
        .options = {.path = "", .clock = NULL, .technologies = ~0U}, .limit_ms = 5000, .all_joined = true,
    };
    char line[1024];
    int at = 1;

    run.options.clock = clock_system();
    for (; at + 1 < count && strncmp(arguments[at], "--", 2) == 0; at += 2) {
        if (strcmp(arguments[at], "--join-limit") == 0)
            run.limit_ms = strtoul(arguments[at + 1], NULL, 10);
        else if (strcmp(arguments[at], "--technologies") == 0)
            run.options.technologies = (unsigned) strtoul(arguments[at + 1], NULL, 0);
        else if (strcmp(arguments[at], "--script") == 0)
            run.options.path = arguments[at + 1];
    }
    if (count < at + 2)
        return fail("usage: reader_probe [--join-limit MS] [--technologies BITS] [--script PATH] DRIVER NAME [LABEL]");
    run.driver = reader_driver_find(arguments[at]);
    if (run.driver == NULL)
        return fail("no such driver");
    setlinebuf(stdout);
    log_set_level(LOG_LEVEL_DEBUG);
    loop_block_signals();
    if (!start_source(&run, "", arguments[at + 1], count > at + 2 ? arguments[at + 2] : ""))
        return 1;
    while (fgets(line, sizeof line, stdin) != NULL)
        obey(&run, line);
    stop_all(&run);
    fflush(stdout);
    /* A thread that was left behind must not meet what exit tears down. */
    if (!run.all_joined)
        _Exit(0);
    return 0;
}
