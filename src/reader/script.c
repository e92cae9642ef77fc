/* SPDX-License-Identifier: MIT */
/*
 * The scripted reader: no hardware, a text file or a FIFO says what happens on it (the language is in script_parse.h).
 *
 * A file is read whole at start, so that each of its mistakes is told at once; it is played once, or as its `repeat`
 * says, and then the reader stays as it is until it is stopped. A FIFO is read line by line for as long as the reader
 * runs: it is opened for writing, too, so that it has no end when a writer goes. A bad line there costs one log line.
 */
#include "reader/reader.h"

#include "base/errors.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/thread.h"
#include "base/wakeup.h"
#include "reader/script_parse.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SCRIPT_FILE_MAX_BYTES = 1024 * 1024, SCRIPT_TAGS_MAX = 64, PLAY_LIMIT_MS = 10000 };

struct script_tag {
    uint8_t uid[CARD_UID_MAX_BYTES];
    size_t uid_bytes;
};

struct reader_source {
    struct reader_sink sink;
    const struct clock *clock;
    struct activity *activity;
    char *path;
    char *label;
    struct script *script;                 /* NULL for a FIFO */
    int fifo_fd;                           /* -1 for a file */
    int wake_fd;                           /* readable for ever once the thread should end */
    struct thread *thread;
    /* What follows is the thread's own. */
    struct script_tag tags[SCRIPT_TAGS_MAX];
    size_t tags_count;
    char line[SCRIPT_LINE_MAX + 1];        /* FIFO: what there is of the next line */
    size_t line_bytes;
    bool line_too_long;                    /* FIFO: what is left of it is thrown away */
    unsigned line_number;
};

static bool is_readable(int fd, int timeout_ms)
{
    struct pollfd wait = { .fd = fd, .events = POLLIN };
    int count = 0;

    do
        count = poll(&wait, 1, timeout_ms);
    while (count < 0 && errno == EINTR);
    return count == 1;
}

/* ---- the card ---- */

static int answer_bytes(const uint8_t *data, size_t data_bytes, uint16_t status, uint8_t *answer,
                        size_t answer_capacity_bytes)
{
    if (data_bytes + 2 > answer_capacity_bytes)
        return CARD_ERROR_MUTE;
    if (data_bytes > 0)
        memcpy(answer, data, data_bytes);
    answer[data_bytes] = (uint8_t) (status >> 8);
    answer[data_bytes + 1] = (uint8_t) status;
    return (int) data_bytes + 2;
}

/* A card without any application: it tells UID and ATS as a PC/SC reader does, and knows no other command. */
static int transceive(struct card *card, const uint8_t *command, size_t command_bytes, uint8_t *answer,
                      size_t answer_capacity_bytes)
{
    static const uint8_t get_uid[] = { 0xFF, 0xCA, 0x00, 0x00 };
    static const uint8_t get_ats[] = { 0xFF, 0xCA, 0x01, 0x00 };

    if (command_bytes >= sizeof get_uid && memcmp(command, get_uid, sizeof get_uid) == 0)
        return answer_bytes(card->uid, card->uid_bytes, 0x9000, answer, answer_capacity_bytes);
    if (command_bytes >= sizeof get_ats && memcmp(command, get_ats, sizeof get_ats) == 0 && card->ats_bytes > 0)
        return answer_bytes(card->ats, card->ats_bytes, 0x9000, answer, answer_capacity_bytes);
    return answer_bytes(NULL, 0, 0x6D00, answer, answer_capacity_bytes);
}

/* No key opens it. */
static int authenticate(struct card *card, uint8_t block, enum card_key kind, const uint8_t key[CARD_CLASSIC_KEY_BYTES])
{
    (void) card;
    (void) block;
    (void) kind;
    (void) key;
    return CARD_ERROR_REFUSED;
}

/* ---- playing; all on the reader's thread ---- */

static size_t find_tag(const struct reader_source *source, const struct script_step *step)
{
    size_t index = 0;

    while (index < source->tags_count && (source->tags[index].uid_bytes != step->uid_bytes ||
                                          memcmp(source->tags[index].uid, step->uid, step->uid_bytes) != 0))
        index++;
    return index;
}

static void remove_tag(struct reader_source *source, size_t index)
{
    struct script_tag tag = source->tags[index];

    source->tags_count--;
    memmove(&source->tags[index], &source->tags[index + 1], (source->tags_count - index) * sizeof source->tags[0]);
    source->sink.card_left(source->sink.context, source->label, tag.uid, tag.uid_bytes);
}

/* It has no state. */
static int restart(struct card *card)
{
    (void) card;
    return 0;
}

static void remove_all(struct reader_source *source)
{
    while (source->tags_count > 0)
        remove_tag(source, 0);
}

static void play_insert(struct reader_source *source, const struct script_step *step)
{
    if (find_tag(source, step) < source->tags_count) {
        log_warning("script", "%s:%u: that tag is there already; it stays as it is", source->path, step->line);
        return;
    }
    if (source->tags_count == SCRIPT_TAGS_MAX) {
        log_warning("script", "%s:%u: there are %d tags already; this one is left out", source->path, step->line,
                    SCRIPT_TAGS_MAX);
        return;
    }
    struct card card = { .technology = step->technology, .uid_bytes = step->uid_bytes, .ats_bytes = step->ats_bytes,
                         .transceive = transceive, .authenticate = authenticate, .restart = restart };
    memcpy(card.uid, step->uid, sizeof card.uid);
    memcpy(card.ats, step->ats, sizeof card.ats);
    struct script_tag *tag = &source->tags[source->tags_count++];
    memcpy(tag->uid, step->uid, sizeof tag->uid);
    tag->uid_bytes = step->uid_bytes;
    source->sink.card_arrived(source->sink.context, source->label, &card);
}

static void play_remove(struct reader_source *source, const struct script_step *step)
{
    if (step->uid_bytes == 0) {
        remove_all(source);
        return;
    }
    size_t index = find_tag(source, step);
    if (index < source->tags_count)
        remove_tag(source, index);
    else
        log_warning("script", "%s:%u: that tag is not there; nothing is removed", source->path, step->line);
}

/* Waits until that time has passed, or nothing at all when it is 0. False if the reader should end. */
static bool pause_for(struct reader_source *source, uint64_t wait_ms)
{
    uint64_t end_us = clock_monotonic_us(source->clock) + wait_ms * 1000;
    int timeout_ms = 0;

    activity_set(source->activity, ACTIVITY_IDLE, "waiting as the script says", 0);
    do {
        uint64_t now_us = clock_monotonic_us(source->clock);
        timeout_ms = now_us >= end_us ? 0 : (int) ((end_us - now_us + 999) / 1000);
        if (is_readable(source->wake_fd, timeout_ms))
            return false;
    } while (timeout_ms > 0);
    return true;
}

/* Plays one step. False if the reader should end. */
static bool play(struct reader_source *source, const struct script_step *step)
{
    const struct reader_sink *sink = &source->sink;

    if (!pause_for(source, step->verb == SCRIPT_WAIT ? step->wait_ms : 0))
        return false;
    activity_set(source->activity, ACTIVITY_OWN, "playing the script", PLAY_LIMIT_MS);
    switch (step->verb) {
    case SCRIPT_INSERT:
        play_insert(source, step);
        break;
    case SCRIPT_REMOVE:
        play_remove(source, step);
        break;
    case SCRIPT_FAIL:
        sink->card_failed(sink->context, source->label, step->error);
        if (sink->card_cleared != NULL) /* it does not stay */
            sink->card_cleared(sink->context, source->label);
        break;
    case SCRIPT_ILL:
        remove_all(source);
        sink->health(sink->context, source->label, READER_ILL, step->text);
        break;
    case SCRIPT_WELL:
        sink->health(sink->context, source->label, READER_WORKS, "");
        break;
    case SCRIPT_REPEAT: /* the file's player starts over */
    case SCRIPT_WAIT:
    case SCRIPT_NOTHING:
    default:
        break;
    }
    return true;
}

static void play_file(struct reader_source *source)
{
    const struct script *script = source->script;
    unsigned played = 0;

    for (size_t i = 0; i < script->steps_count; i++) {
        const struct script_step *step = &script->steps[i];
        if (!play(source, step))
            return;
        if (step->verb != SCRIPT_REPEAT)
            continue;
        played++;
        if (step->times != 0 && played >= step->times)
            break;
        remove_all(source);
        i = (size_t) -1; /* the loop goes on with the first step */
    }
    activity_set(source->activity, ACTIVITY_IDLE, "the script has ended", 0);
    (void) is_readable(source->wake_fd, -1);
}

/* Plays one line that came through the FIFO. False if the reader should end. */
static bool play_line(struct reader_source *source)
{
    struct script_step step;
    char *error = NULL;

    bool fine = script_parse_line(source->line, source->line_bytes, &step, &error);
    if (fine && step.verb == SCRIPT_REPEAT) {
        error = text_copy("a FIFO cannot be played again; repeat is for files");
        fine = false;
    }
    if (!fine) {
        log_warning("script", "%s:%u: %s; the line is ignored", source->path, source->line_number, error);
        free(error);
        return true;
    }
    step.line = source->line_number;
    bool goes_on = play(source, &step);
    script_step_release(&step);
    return goes_on;
}

/* Takes one byte that came through the FIFO. False if the reader should end. */
static bool take_byte(struct reader_source *source, char byte)
{
    if (byte != '\n') {
        if (source->line_bytes < SCRIPT_LINE_MAX)
            source->line[source->line_bytes++] = byte;
        else
            source->line_too_long = true;
        return true;
    }
    bool goes_on = true;
    source->line_number++;
    if (source->line_too_long)
        log_warning("script", "%s:%u: the line is longer than %d characters; it is ignored", source->path,
                    source->line_number, SCRIPT_LINE_MAX);
    else
        goes_on = play_line(source);
    source->line_bytes = 0;
    source->line_too_long = false;
    return goes_on;
}

static void play_fifo(struct reader_source *source)
{
    char bytes[512];

    for (;;) {
        struct pollfd waits[] = { { .fd = source->wake_fd, .events = POLLIN },
                                  { .fd = source->fifo_fd, .events = POLLIN } };
        activity_set(source->activity, ACTIVITY_IDLE, "waiting for a line in the FIFO", 0);
        if (poll(waits, 2, -1) < 0)
            continue;
        if (waits[0].revents != 0)
            return;
        ssize_t count = read(source->fifo_fd, bytes, sizeof bytes);
        if (count < 0 && (errno == EAGAIN || errno == EINTR))
            continue;
        if (count <= 0) { /* never happens to a FIFO that we hold open ourselves */
            log_error("script", "%s: cannot read the FIFO: %s; the reader stays without tags", source->path,
                      strerror(errno));
            source->sink.health(source->sink.context, source->label, READER_ILL, "the FIFO cannot be read");
            (void) is_readable(source->wake_fd, -1);
            return;
        }
        for (ssize_t i = 0; i < count; i++) {
            if (!take_byte(source, bytes[i]))
                return;
        }
    }
}

static void run(void *argument)
{
    struct reader_source *source = argument;
    const struct reader_sink *sink = &source->sink;
    struct reader_info info = { .driver = "script", .name = source->path, .label = source->label,
                                .activity = source->activity };

    sink->appeared(sink->context, &info);
    sink->health(sink->context, source->label, READER_WORKS, "");
    if (source->script != NULL)
        play_file(source);
    else
        play_fifo(source);
    activity_set(source->activity, ACTIVITY_OWN, "stopping", PLAY_LIMIT_MS);
    sink->gone(sink->context, source->label);
}

/* ---- start, wake, join: on the main thread ---- */

static void free_source(struct reader_source *source)
{
    script_free(source->script);
    if (source->fifo_fd >= 0)
        close(source->fifo_fd);
    wakeup_close(source->wake_fd);
    activity_free(source->activity);
    free(source->path);
    free(source->label);
    free(source);
}

/* The whole file, or NULL and *error. */
static char *read_file(int fd, const char *path, size_t *size_bytes, char **error)
{
    char *text = memory_zeroed(SCRIPT_FILE_MAX_BYTES + 1, 1);
    ssize_t count = 1;

    *size_bytes = 0;
    while (count > 0 && *size_bytes <= SCRIPT_FILE_MAX_BYTES) {
        count = read(fd, text + *size_bytes, SCRIPT_FILE_MAX_BYTES + 1 - *size_bytes);
        if (count < 0) {
            *error = text_format("%s: cannot read the script: %s", path, strerror(errno));
            free(text);
            return NULL;
        }
        *size_bytes += (size_t) count;
    }
    if (*size_bytes <= SCRIPT_FILE_MAX_BYTES)
        return text;
    *error = text_format("%s: the script is larger than %d bytes; next: make it shorter, with repeat", path,
                         SCRIPT_FILE_MAX_BYTES);
    free(text);
    return NULL;
}

static struct script *load_file(int fd, const char *path, char **error)
{
    size_t size_bytes = 0;
    char *text = read_file(fd, path, &size_bytes, error);

    if (text == NULL)
        return NULL;
    struct errors *errors = errors_create();
    struct script *script = script_parse(text, size_bytes, path, errors);
    free(text);
    for (size_t i = 0; i < errors_count(errors); i++) {
        char *longer = text_format("%s%s%s", i == 0 ? "" : *error, i == 0 ? "" : "\n", errors_get(errors, i));
        if (i > 0)
            free(*error);
        *error = longer;
    }
    errors_free(errors);
    return script;
}

/* Opens the source's path as what it is. False and *error if it is of no use. */
static bool open_path(struct reader_source *source, char **error)
{
    const char *path = source->path;
    struct stat status;

    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &status) != 0) {
        *error = text_format("%s: cannot open the script: %s; next: write one, or mkfifo it", path, strerror(errno));
    } else if (S_ISREG(status.st_mode)) {
        source->script = load_file(fd, path, error);
    } else if (S_ISFIFO(status.st_mode)) {
        source->fifo_fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
        if (source->fifo_fd < 0)
            *error = text_format("%s: cannot open the FIFO for reading and writing: %s; next: look at its owner and "
                                 "mode", path, strerror(errno));
    } else {
        *error = text_format("%s: the script is neither a file nor a FIFO", path);
    }
    if (fd >= 0)
        close(fd);
    return source->script != NULL || source->fifo_fd >= 0;
}

static struct reader_source *start(const struct reader_options *options, const struct reader_sink *sink, char **error)
{
    const char *path = options->path != NULL ? options->path : "";

    if (*path == '\0') {
        *error = text_copy("the driver \"script\" needs a path; next: set `path` to a script file or a FIFO");
        return NULL;
    }
    struct reader_source *source = memory_zeroed(1, sizeof *source);
    const char *base = strrchr(path, '/');
    bool labelled = options->label != NULL && *options->label != '\0';
    source->sink = *sink;
    source->clock = options->clock;
    source->path = text_copy(path);
    source->label = text_copy(labelled ? options->label : base != NULL ? base + 1 : path);
    source->activity = activity_create(options->clock);
    source->fifo_fd = -1;
    source->wake_fd = wakeup_create();
    if (open_path(source, error)) {
        source->thread = thread_start("script-reader", run, source);
        if (source->thread != NULL)
            return source;
        *error = text_format("%s: cannot start the scripted reader's thread", path);
    }
    free_source(source);
    return NULL;
}

static void wake(struct reader_source *source)
{
    wakeup_signal(source->wake_fd);
}

static bool join(struct reader_source *source, uint64_t limit_ms)
{
    if (!thread_join(source->thread, limit_ms))
        return false;
    free_source(source);
    return true;
}

const struct reader_driver reader_driver_script = { .name = "script", .start = start, .wake = wake, .join = join };
