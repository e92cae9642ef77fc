/* SPDX-License-Identifier: MIT */
#include "gateway/intake.h"

#include "base/hex.h"
#include "base/memory.h"
#include "base/queue.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { INTAKE_QUEUE_CAPACITY = 64 };

/* A reader thread's activity, valid from its `appeared` to its `gone`: kept apart from the queue, because the thread may
 * be over before the main thread has taken the message that says so. */
struct watched {
    char *reader;
    struct activity *activity;
};

struct intake {
    const struct clock *clock;
    struct queue *queue;
    struct template_set *templates;
    struct template_limits limits;
    struct {
        const struct reader_driver *driver;
        struct reader_source *source;
    } *running;
    size_t running_count;
    pthread_mutex_t mutex;       /* guards watched */
    struct watched *watched;
    size_t watched_count;
};

/* Once the intake is closed nobody takes any more, and what a thread still has to tell is of no use. */
static void tell(struct intake *intake, struct sighting *sighting)
{
    if (!queue_push_waiting(intake->queue, sighting))
        sighting_free(sighting);
}

static void watch_activity(struct intake *intake, const char *reader, struct activity *activity)
{
    pthread_mutex_lock(&intake->mutex);
    intake->watched = memory_resize(intake->watched, intake->watched_count + 1, sizeof *intake->watched);
    intake->watched[intake->watched_count++] = (struct watched) { .reader = text_copy(reader), .activity = activity };
    pthread_mutex_unlock(&intake->mutex);
}

static void unwatch_activity(struct intake *intake, const char *reader)
{
    pthread_mutex_lock(&intake->mutex);
    for (size_t i = 0; i < intake->watched_count; i++) {
        if (strcmp(intake->watched[i].reader, reader) != 0)
            continue;
        free(intake->watched[i].reader);
        intake->watched[i] = intake->watched[--intake->watched_count];
        break;
    }
    pthread_mutex_unlock(&intake->mutex);
}

bool intake_look(struct intake *intake, const char *reader, struct activity_view *view)
{
    bool found = false;

    pthread_mutex_lock(&intake->mutex);
    for (size_t i = 0; i < intake->watched_count && !found; i++) {
        if (strcmp(intake->watched[i].reader, reader) != 0)
            continue;
        *view = activity_look(intake->watched[i].activity);
        found = true;
    }
    pthread_mutex_unlock(&intake->mutex);
    return found;
}

static void on_appeared(void *context, const struct reader_info *info)
{
    struct intake *intake = context;
    struct sighting *sighting = sighting_create(SIGHTING_APPEARED, info->label);

    watch_activity(intake, info->label, info->activity);
    sighting->driver = info->driver;
    sighting->name = text_copy(info->name);
    tell(intake, sighting);
}

static void on_health(void *context, const char *reader, enum reader_health health, const char *reason)
{
    struct sighting *sighting = sighting_create(SIGHTING_HEALTH, reader);

    sighting->health = health;
    sighting->text = text_copy(reason);
    tell(context, sighting);
}

static void on_card_arrived(void *context, const char *reader, struct card *card)
{
    struct intake *intake = context;
    struct token *token = NULL;
    struct sighting *sighting = NULL;
    enum card_error error;

    switch (template_set_run(intake->templates, card, &intake->limits, &token, &error)) {
    case TEMPLATE_MATCHED:
        sighting = sighting_create(SIGHTING_ARRIVED, reader);
        sighting->token = token;
        break;
    case TEMPLATE_NO_MATCH:
        sighting = sighting_create(SIGHTING_NO_MATCH, reader);
        break;
    case TEMPLATE_FAILED:
        sighting = sighting_create(SIGHTING_FAILED, reader);
        sighting->error = error;
        break;
    }
    tell(intake, sighting);
}

static void on_card_left(void *context, const char *reader, const uint8_t *uid, size_t uid_bytes)
{
    struct sighting *sighting = sighting_create(SIGHTING_LEFT, reader);

    sighting->text = hex_from_bytes(uid, uid_bytes);
    tell(context, sighting);
}

static void on_card_failed(void *context, const char *reader, enum card_error error)
{
    struct sighting *sighting = sighting_create(SIGHTING_FAILED, reader);

    sighting->error = error;
    tell(context, sighting);
}

static void on_card_cleared(void *context, const char *reader)
{
    tell(context, sighting_create(SIGHTING_CLEARED, reader));
}

static void on_described(void *context, const char *reader, const struct reader_device *device)
{
    struct sighting *sighting = sighting_create(SIGHTING_DESCRIBED, reader);

    device_note_take(&sighting->device, device);
    tell(context, sighting);
}

static void on_gone(void *context, const char *reader)
{
    unwatch_activity(context, reader);
    tell(context, sighting_create(SIGHTING_GONE, reader));
}

static bool start_reader(struct intake *intake, const struct settings_reader *settings, const struct clock *clock,
                         struct errors *errors)
{
    const struct reader_driver *driver = reader_driver_find(settings->driver);
    const struct reader_options options = {
        .name = settings->name,
        .path = settings->path,
        .connection = settings->connection,
        .label = settings->label,
        .clock = clock,
        .technologies = template_set_technologies(intake->templates),
    };
    const struct reader_sink sink = {
        .context = intake,
        .appeared = on_appeared,
        .health = on_health,
        .card_arrived = on_card_arrived,
        .card_left = on_card_left,
        .card_failed = on_card_failed,
        .card_cleared = on_card_cleared,
        .described = on_described,
        .gone = on_gone,
    };
    char *error = NULL;

    if (driver == NULL) {
        errors_add(errors, "readers, line %d: this build has no driver \"%s\"", settings->line, settings->driver);
        return false;
    }
    struct reader_source *source = driver->start(&options, &sink, &error);
    if (source == NULL) {
        errors_add(errors, "readers, line %d: %s", settings->line, error);
        free(error);
        return false;
    }
    intake->running[intake->running_count].driver = driver;
    intake->running[intake->running_count++].source = source;
    return true;
}

struct intake *intake_start(const struct plan *plan, const struct clock *clock, struct errors *errors)
{
    const struct settings *settings = plan->settings;
    struct intake *intake = memory_zeroed(1, sizeof *intake);
    bool complete = true;

    intake->clock = clock;
    pthread_mutex_init(&intake->mutex, NULL);
    intake->queue = queue_create(INTAKE_QUEUE_CAPACITY, sighting_free);
    intake->templates = template_set_create(plan->templates);
    intake->limits = (struct template_limits) { .clock = clock, .retry_ms = plan->presence.read_interval_ms };
    intake->running = memory_zeroed(settings->readers_count, sizeof *intake->running);
    for (size_t i = 0; i < settings->readers_count; i++)
        complete = start_reader(intake, &settings->readers[i], clock, errors) && complete;
    if (complete)
        return intake;
    intake_wake(intake);
    if (intake_join(intake, 1000))
        intake_free(intake);
    return NULL;
}

unsigned intake_technologies(const struct intake *intake)
{
    return template_set_technologies(intake->templates);
}

int intake_fd(const struct intake *intake)
{
    return queue_fd(intake->queue);
}

struct sighting *intake_take(struct intake *intake)
{
    return queue_take(intake->queue);
}

void intake_wake(struct intake *intake)
{
    queue_close(intake->queue);
    for (size_t i = 0; i < intake->running_count; i++)
        intake->running[i].driver->wake(intake->running[i].source);
}

bool intake_join(struct intake *intake, uint64_t limit_ms)
{
    const uint64_t end_ms = clock_monotonic_ms(intake->clock) + limit_ms;
    bool complete = true;

    /* All were woken at once and end beside each other, so that the limit is that of all together. */
    for (size_t i = 0; i < intake->running_count; i++) {
        const uint64_t now_ms = clock_monotonic_ms(intake->clock);
        const uint64_t left_ms = end_ms > now_ms ? end_ms - now_ms : 0;
        complete = intake->running[i].driver->join(intake->running[i].source, left_ms) && complete;
    }
    intake->running_count = 0;
    return complete;
}

void intake_free(struct intake *intake)
{
    if (intake == NULL)
        return;
    for (size_t i = 0; i < intake->watched_count; i++)
        free(intake->watched[i].reader);
    free(intake->watched);
    free(intake->running);
    queue_free(intake->queue);
    template_set_free(intake->templates);
    pthread_mutex_destroy(&intake->mutex);
    free(intake);
}
