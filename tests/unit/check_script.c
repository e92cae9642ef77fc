/* SPDX-License-Identifier: MIT */
#include "base/errors.h"
#include "base/hex.h"
#include "base/log.h"
#include "base/memory.h"
#include "reader/reader.h"
#include "reader/script_parse.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { DEADLINE_S = 10 };

/* ---- the parser ---- */

static void expect_step(const char *line, enum script_verb verb, struct script_step *step)
{
    char *error = NULL;

    ck_assert_msg(script_parse_line(line, strlen(line), step, &error), "%s: %s", line, error);
    ck_assert_int_eq(step->verb, verb);
}

static void expect_error(const char *line, const char *part)
{
    struct script_step step;
    char *error = NULL;

    ck_assert_msg(!script_parse_line(line, strlen(line), &step, &error), "%s", line);
    ck_assert_msg(strstr(error, part) != NULL, "%s: %s", line, error);
    ck_assert_ptr_null(step.text);
    free(error);
}

START_TEST(each_command_is_understood)
{
    struct script_step step;

    expect_step("insert NFC-A 047DAE02C84080", SCRIPT_INSERT, &step);
    ck_assert_int_eq(step.technology, CARD_NFC_A);
    ck_assert_uint_eq(step.uid_bytes, 7);
    ck_assert_uint_eq(step.uid[0], 0x04);
    ck_assert_uint_eq(step.ats_bytes, 0);
    expect_step("  insert\tInnovatron  262ba1b0 ats=75778102 # a comment", SCRIPT_INSERT, &step);
    ck_assert_int_eq(step.technology, CARD_INNOVATRON);
    ck_assert_uint_eq(step.ats_bytes, 4);
    ck_assert_uint_eq(step.ats[0], 0x75);
    expect_step("remove", SCRIPT_REMOVE, &step);
    ck_assert_uint_eq(step.uid_bytes, 0);
    expect_step("remove 0102", SCRIPT_REMOVE, &step);
    ck_assert_uint_eq(step.uid_bytes, 2);
    expect_step("wait 250ms", SCRIPT_WAIT, &step);
    ck_assert_uint_eq(step.wait_ms, 250);
    expect_step("wait 2s", SCRIPT_WAIT, &step);
    ck_assert_uint_eq(step.wait_ms, 2000);
    expect_step("wait 86400s", SCRIPT_WAIT, &step);
    ck_assert_uint_eq(step.wait_ms, 86400000);
    expect_step("repeat", SCRIPT_REPEAT, &step);
    ck_assert_uint_eq(step.times, 0);
    expect_step("repeat 200", SCRIPT_REPEAT, &step);
    ck_assert_uint_eq(step.times, 200);
    expect_step("fail mute", SCRIPT_FAIL, &step);
    ck_assert_int_eq(step.error, CARD_ERROR_MUTE);
    expect_step("fail gone", SCRIPT_FAIL, &step);
    ck_assert_int_eq(step.error, CARD_ERROR_GONE);
    expect_step("ill  the cable  is loose \r", SCRIPT_ILL, &step);
    ck_assert_str_eq(step.text, "the cable  is loose");
    script_step_release(&step);
    expect_step("well", SCRIPT_WELL, &step);
    expect_step("", SCRIPT_NOTHING, &step);
    expect_step(" \t\r", SCRIPT_NOTHING, &step);
    expect_step("# insert NFC-A", SCRIPT_NOTHING, &step);
}
END_TEST

START_TEST(each_mistake_says_what_is_allowed)
{
    expect_error("inser NFC-A 01", "there are insert, remove, wait, repeat, fail, ill and well");
    expect_error("insert NFC-A", "insert needs a protocol and a UID");
    expect_error("insert nfc-a 01", "the protocol is not one of NFC-A, NFC-B, NFC-V, NFC-F, Kovio, NFC-T1T, ST-SR, "
                                    "ASK-CTS, Inside-Pico, Innovatron");
    expect_error("insert a-protocol-with-a-name-that-is-far-too-long 01", "the protocol is not one of");
    expect_error("insert NFC-A 0", "1 to 32 bytes in hex");
    expect_error("insert NFC-A 0X", "1 to 32 bytes in hex");
    expect_error("insert NFC-A 000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F20", "1 to 32 bytes");
    expect_error("insert NFC-A 01 75", "only ats=HEX may follow");
    expect_error("insert NFC-A 01 ats=", "only ats=HEX may follow");
    expect_error("insert NFC-A 01 ats=7", "the ATS is not");
    expect_error("insert NFC-A 01 ats=75 more", "something follows after the end of insert");
    expect_error("remove 0g", "1 to 32 bytes in hex");
    expect_error("wait", "wait needs a time");
    expect_error("wait 250", "wait needs a time");
    expect_error("wait 0ms", "wait needs a time");
    expect_error("wait s", "wait needs a time");
    expect_error("wait ms", "wait needs a time");
    expect_error("wait -1s", "wait needs a time");
    expect_error("wait 86401s", "wait needs a time");
    expect_error("wait 99999999999999999999ms", "wait needs a time");
    expect_error("repeat 0", "repeat takes a number");
    expect_error("repeat x", "repeat takes a number");
    expect_error("repeat 1000001", "repeat takes a number");
    expect_error("fail", "fail needs mute or gone");
    expect_error("fail both", "fail needs mute or gone");
    expect_error("ill", "ill needs a text");
    expect_error("well done", "something follows after the end of well");
    expect_error("insert\x01", "control character");
}
END_TEST

START_TEST(a_line_may_have_1024_characters_and_no_more)
{
    char line[SCRIPT_LINE_MAX + 2];
    struct script_step step;

    memset(line, '#', sizeof line);
    line[SCRIPT_LINE_MAX] = '\0';
    expect_step(line, SCRIPT_NOTHING, &step);
    line[SCRIPT_LINE_MAX] = '#';
    line[SCRIPT_LINE_MAX + 1] = '\0';
    expect_error(line, "longer than 1024");
}
END_TEST

START_TEST(all_mistakes_of_a_file_are_told_at_once_with_their_lines)
{
    static const char text[] = "insert NFC-A 01\nwait\n\n# fine\ninsert NFC-Q 01\nremove";
    struct errors *errors = errors_create();

    ck_assert_ptr_null(script_parse(text, sizeof text - 1, "demo.script", errors));
    ck_assert_uint_eq(errors_count(errors), 2);
    ck_assert_ptr_eq(strstr(errors_get(errors, 0), "demo.script:2: "), errors_get(errors, 0));
    ck_assert_ptr_eq(strstr(errors_get(errors, 1), "demo.script:5: "), errors_get(errors, 1));
    errors_free(errors);
}
END_TEST

static void expect_file_error(const char *text, const char *part)
{
    struct errors *errors = errors_create();

    ck_assert_ptr_null(script_parse(text, strlen(text), "demo.script", errors));
    ck_assert_uint_eq(errors_count(errors), 1);
    ck_assert_msg(strstr(errors_get(errors, 0), part) != NULL, "%s", errors_get(errors, 0));
    errors_free(errors);
}

START_TEST(a_repeat_must_rest_and_be_the_last_command)
{
    expect_file_error("repeat\n", "demo.script:1: repeat needs a wait or an insert");
    expect_file_error("remove\nfail mute\nrepeat 3\n", "demo.script:3: repeat needs a wait or an insert");
    expect_file_error("wait 1s\nrepeat\n\nwell\n", "demo.script:2: repeat must be the last command, line 4");

    static const char fine[] = "wait 1s\nrepeat\n\n# the end\n";
    struct errors *errors = errors_create();
    struct script *script = script_parse(fine, sizeof fine - 1, "demo.script", errors);
    ck_assert_ptr_nonnull(script);
    ck_assert_uint_eq(script->steps_count, 2);
    ck_assert_uint_eq(script->steps[1].line, 2);
    script_free(script);
    script_free(NULL);
    errors_free(errors);
}
END_TEST

/* ---- the driver, on its real thread, with a sink that records ---- */

static struct {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    char *text;              /* one event a line */
    char *log;               /* one log line a line */
    uint64_t arrived_us[2];  /* when the first two cards came */
    unsigned arrivals;
    pthread_t thread;        /* which thread called first */
    bool called;
    bool strangers;          /* another thread called, too */
    bool blocks;             /* card_arrived never returns */
    struct activity *activity;
    struct reader_source *abandoned; /* so that a leak checker finds it */
} record;

static char directory[64];
static char *path;

static void append(char **text, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void append(char **text, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    char *line = text_format_list(format, list);
    va_end(list);
    char *longer = text_format("%s%s\n", *text, line);
    free(line);
    free(*text);
    *text = longer;
}

static void lock_event(void *context)
{
    ck_assert_ptr_eq(context, &record);
    pthread_mutex_lock(&record.mutex);
    if (record.called && !pthread_equal(record.thread, pthread_self()))
        record.strangers = true;
    record.thread = pthread_self();
    record.called = true;
}

static void unlock_event(void)
{
    pthread_cond_broadcast(&record.changed);
    pthread_mutex_unlock(&record.mutex);
}

static void on_appeared(void *context, const struct reader_info *info)
{
    lock_event(context);
    record.activity = info->activity;
    append(&record.text, "%s appeared (%s%s)", info->label, info->driver, strcmp(info->name, path) == 0 ? "" : "!");
    unlock_event();
}

static void on_health(void *context, const char *reader, enum reader_health health, const char *reason)
{
    lock_event(context);
    append(&record.text, "%s %s%s", reader, health == READER_WORKS ? "works" : "ill: ", reason);
    unlock_event();
}

static void on_card_arrived(void *context, const char *reader, struct card *card)
{
    uint8_t answer[64];
    char *uid = hex_from_bytes(card->uid, card->uid_bytes);
    static const uint8_t get_uid[] = { 0xFF, 0xCA, 0x00, 0x00, 0x00 };
    static const uint8_t get_ats[] = { 0xFF, 0xCA, 0x01, 0x00, 0x00 };
    static const uint8_t select[] = { 0x00, 0xA4, 0x04, 0x00, 0x00 };

    lock_event(context);
    if (record.arrivals < 2)
        record.arrived_us[record.arrivals] = clock_monotonic_us(clock_system());
    record.arrivals++;
    append(&record.text, "%s arrived %s %s", reader, card_protocol_name(card->technology), uid);
    unlock_event();
    free(uid);

    ck_assert_int_eq(card->transceive(card, get_uid, sizeof get_uid, answer, sizeof answer), (int) card->uid_bytes + 2);
    ck_assert_mem_eq(answer, card->uid, card->uid_bytes);
    ck_assert_uint_eq(answer[card->uid_bytes], 0x90);
    ck_assert_uint_eq(answer[card->uid_bytes + 1], 0x00);
    ck_assert_int_eq(card->transceive(card, get_uid, sizeof get_uid, answer, 2), CARD_ERROR_MUTE);
    ck_assert_int_eq(card->transceive(card, select, sizeof select, answer, sizeof answer), 2);
    ck_assert_uint_eq(answer[0], 0x6D);
    ck_assert_int_eq(card->transceive(card, get_ats, sizeof get_ats, answer, sizeof answer),
                     (int) card->ats_bytes + 2);
    ck_assert_uint_eq(answer[card->ats_bytes], card->ats_bytes > 0 ? 0x90 : 0x6D);
    static const uint8_t key[CARD_CLASSIC_KEY_BYTES] = { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF };
    ck_assert_int_eq(card->authenticate(card, 4, CARD_KEY_A, key), CARD_ERROR_REFUSED);

    pthread_mutex_lock(&record.mutex);
    while (record.blocks)
        pthread_cond_wait(&record.changed, &record.mutex);
    pthread_mutex_unlock(&record.mutex);
}

static void on_card_left(void *context, const char *reader, const uint8_t *uid, size_t uid_bytes)
{
    char *text = hex_from_bytes(uid, uid_bytes);

    lock_event(context);
    append(&record.text, "%s left %s", reader, text);
    unlock_event();
    free(text);
}

static void on_card_failed(void *context, const char *reader, enum card_error error)
{
    lock_event(context);
    append(&record.text, "%s failed %s", reader, error == CARD_ERROR_MUTE ? "mute" : "gone");
    unlock_event();
}

static void on_gone(void *context, const char *reader)
{
    lock_event(context);
    append(&record.text, "%s gone", reader);
    unlock_event();
}

static void on_log(void *context, enum log_level level, const char *subsystem, const char *text)
{
    (void) context;
    (void) level;
    pthread_mutex_lock(&record.mutex);
    append(&record.log, "%s: %s", subsystem, text);
    pthread_cond_broadcast(&record.changed);
    pthread_mutex_unlock(&record.mutex);
}

static void setup(void)
{
    strcpy(directory, "/tmp/check_script.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(directory));
    path = text_format("%s/demo.script", directory);
    pthread_mutex_init(&record.mutex, NULL);
    pthread_cond_init(&record.changed, NULL);
    record.text = text_copy("");
    record.log = text_copy("");
    log_set_sink(on_log, NULL);
}

static void teardown(void)
{
    (void) unlink(path);
    ck_assert_int_eq(rmdir(directory), 0);
    free(path);
    free(record.text);
    free(record.log);
    log_set_sink(NULL, NULL);
}

static void write_file(const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t) strlen(text));
    close(fd);
}

static struct reader_source *start(char **error)
{
    static const struct reader_sink sink = {
        .context = &record, .appeared = on_appeared, .health = on_health, .card_arrived = on_card_arrived,
        .card_left = on_card_left, .card_failed = on_card_failed, .gone = on_gone,
    };
    struct reader_options options = { .path = path, .label = "door", .clock = clock_system() };

    return reader_driver_script.start(&options, &sink, error);
}

static struct reader_source *must_start(void)
{
    char *error = NULL;
    struct reader_source *source = start(&error);

    ck_assert_msg(source != NULL, "%s", error);
    return source;
}

static void must_not_start(const char *part)
{
    char *error = NULL;

    ck_assert_ptr_null(start(&error));
    ck_assert_msg(strstr(error, part) != NULL, "%s", error);
    ck_assert(!record.called);
    free(error);
}

/* Waits until *text has that part. */
static void wait_for(char *const *text, const char *part)
{
    struct timespec deadline;

    clock_gettime(CLOCK_REALTIME, &deadline);
    deadline.tv_sec += DEADLINE_S;
    pthread_mutex_lock(&record.mutex);
    while (strstr(*text, part) == NULL) {
        if (pthread_cond_timedwait(&record.changed, &record.mutex, &deadline) == ETIMEDOUT)
            ck_abort_msg("no \"%s\" in:\n%s%s", part, record.text, record.log);
    }
    pthread_mutex_unlock(&record.mutex);
}

static void stop(struct reader_source *source)
{
    reader_driver_script.wake(source);
    ck_assert(reader_driver_script.join(source, DEADLINE_S * 1000));
    ck_assert(!record.strangers);
}

START_TEST(a_file_is_played_in_order_and_then_the_reader_idles_until_it_is_stopped)
{
    write_file("insert NFC-A 047DAE02C84080\ninsert NFC-B 11223344 ats=7577\nremove 047DAE02C84080\nfail mute\n"
               "fail gone\nremove\nill the cable is loose\nwell\ninsert NFC-V E0040100");
    struct reader_source *source = must_start();

    wait_for(&record.text, "E0040100");
    stop(source);
    ck_assert_str_eq(record.text, "door appeared (script)\ndoor works\ndoor arrived NFC-A 047DAE02C84080\n"
                                  "door arrived NFC-B 11223344\ndoor left 047DAE02C84080\ndoor failed mute\n"
                                  "door failed gone\ndoor left 11223344\ndoor ill: the cable is loose\ndoor works\n"
                                  "door arrived NFC-V E0040100\ndoor gone\n");
    ck_assert_str_eq(record.log, "");
}
END_TEST

START_TEST(a_wait_takes_its_time)
{
    write_file("insert NFC-A 01\nwait 60ms\ninsert NFC-A 02\n");
    struct reader_source *source = must_start();

    wait_for(&record.text, "NFC-A 02");
    stop(source);
    ck_assert_uint_ge(record.arrived_us[1] - record.arrived_us[0], 60000);
}
END_TEST

START_TEST(a_script_is_played_as_often_as_it_says_each_time_with_no_tag)
{
    write_file("insert NFC-A 01\nwait 1ms\nrepeat 3\n");
    struct reader_source *source = must_start();

    wait_for(&record.text, "arrived NFC-A 01\ndoor left 01\ndoor arrived NFC-A 01\ndoor left 01\n"
                           "door arrived NFC-A 01\n");
    stop(source);
    ck_assert_uint_eq(record.arrivals, 3);
}
END_TEST

START_TEST(a_script_may_repeat_for_ever_and_still_stops)
{
    write_file("insert NFC-A 01\nremove\nrepeat\n");
    struct reader_source *source = must_start();

    wait_for(&record.text, "left 01\ndoor arrived NFC-A 01\ndoor left 01\ndoor arrived");
    stop(source);
}
END_TEST

START_TEST(a_long_wait_does_not_hold_up_the_end)
{
    write_file("wait 86400s\n");
    struct reader_source *source = must_start();

    wait_for(&record.text, "works");
    stop(source);
    ck_assert_str_eq(record.text, "door appeared (script)\ndoor works\ndoor gone\n");
}
END_TEST

START_TEST(an_ill_reader_loses_its_tags)
{
    write_file("insert NFC-A 01\ninsert NFC-A 02\nill unplugged\n");
    struct reader_source *source = must_start();

    wait_for(&record.text, "door left 01\ndoor left 02\ndoor ill: unplugged\n");
    stop(source);
}
END_TEST

START_TEST(what_makes_no_sense_is_logged_without_the_identifier_and_left_out)
{
    write_file("insert NFC-A 0A0B0C\ninsert NFC-A 0A0B0C\nremove 0D0E0F\ninsert NFC-A 02\n");
    struct reader_source *source = must_start();

    wait_for(&record.text, "NFC-A 02");
    stop(source);
    ck_assert_uint_eq(record.arrivals, 2);
    ck_assert_ptr_nonnull(strstr(record.log, ":2: that tag is there already"));
    ck_assert_ptr_nonnull(strstr(record.log, ":3: that tag is not there"));
    ck_assert_ptr_null(strstr(record.log, "0A0B0C"));
    ck_assert_ptr_null(strstr(record.log, "0D0E0F"));
}
END_TEST

START_TEST(more_tags_than_fit_are_left_out_with_a_log_line)
{
    char *text = text_copy("");

    for (int i = 0; i < 65; i++)
        append(&text, "insert NFC-A %04X", i);
    append(&text, "fail mute");
    write_file(text);
    free(text);
    struct reader_source *source = must_start();
    wait_for(&record.text, "failed mute");
    stop(source);
    ck_assert_uint_eq(record.arrivals, 64);
    ck_assert_ptr_nonnull(strstr(record.log, ":65: there are 64 tags already"));
}
END_TEST

START_TEST(a_bad_file_does_not_start_and_names_each_line)
{
    write_file("insert NFC-A 01\nwait\nfail\n");
    must_not_start("demo.script:2: wait needs a time");
    must_not_start("demo.script:3: fail needs mute or gone");
}
END_TEST

START_TEST(a_missing_script_does_not_start)
{
    must_not_start("cannot open the script: No such file or directory");
}
END_TEST

START_TEST(a_directory_is_no_script)
{
    ck_assert_int_eq(mkdir(path, 0700), 0);
    must_not_start("neither a file nor a FIFO");
    ck_assert_int_eq(rmdir(path), 0);
}
END_TEST

START_TEST(a_file_without_end_is_refused)
{
    write_file("");
    ck_assert_int_eq(truncate(path, 1024 * 1024 + 1), 0);
    must_not_start("larger than 1048576 bytes");
}
END_TEST

START_TEST(without_a_path_the_driver_says_what_to_set)
{
    char *kept = path;

    path = NULL;
    must_not_start("set `path` to a script file or a FIFO");
    path = kept;
}
END_TEST

START_TEST(without_a_label_the_reader_is_called_like_its_file)
{
    char *error = NULL;
    const struct reader_sink sink = {
        .context = &record, .appeared = on_appeared, .health = on_health, .card_arrived = on_card_arrived,
        .card_left = on_card_left, .card_failed = on_card_failed, .gone = on_gone,
    };
    struct reader_options options = { .path = path, .label = "", .clock = clock_system() };

    write_file("");
    struct reader_source *source = reader_driver_script.start(&options, &sink, &error);
    ck_assert_ptr_nonnull(source);
    wait_for(&record.text, "demo.script works");
    stop(source);
}
END_TEST

static int make_fifo(void)
{
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    return fd;
}

static void send_text(int fd, const char *text)
{
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t) strlen(text));
}

START_TEST(a_fifo_is_played_line_by_line_across_several_writers)
{
    int fd = make_fifo();
    struct reader_source *source = must_start();

    close(fd);
    wait_for(&record.text, "works");
    fd = open(path, O_WRONLY | O_CLOEXEC);
    send_text(fd, "insert NFC-A 01\nremo");
    wait_for(&record.text, "NFC-A 01");
    close(fd);
    fd = open(path, O_WRONLY | O_CLOEXEC);
    send_text(fd, "ve\nwait 1ms\ninsert NFC-F 0102030405060708\n");
    wait_for(&record.text, "left 01\ndoor arrived NFC-F 0102030405060708");
    close(fd);
    stop(source);
    ck_assert_str_eq(record.log, "");
}
END_TEST

START_TEST(a_bad_line_in_a_fifo_costs_one_log_line_and_the_rest_goes_on)
{
    int fd = make_fifo();
    struct reader_source *source = must_start();
    char too_long[SCRIPT_LINE_MAX + 3];

    memset(too_long, 'x', sizeof too_long);
    too_long[SCRIPT_LINE_MAX + 1] = '\n';
    too_long[SCRIPT_LINE_MAX + 2] = '\0';
    send_text(fd, "insert NFC-A 0A0B0G\n");
    send_text(fd, too_long);
    send_text(fd, "repeat\ninsert NFC-A 02\n");
    wait_for(&record.text, "arrived NFC-A 02");
    close(fd);
    stop(source);
    char *expected = text_format("script: %s:1: the UID is not 1 to 32 bytes in hex; the line is ignored\n"
                                 "script: %s:2: the line is longer than 1024 characters; it is ignored\n"
                                 "script: %s:3: a FIFO cannot be played again; repeat is for files; the line is "
                                 "ignored\n", path, path, path);
    ck_assert_str_eq(record.log, expected);
    free(expected);
}
END_TEST

START_TEST(a_reader_that_waits_says_so_and_is_never_overdue)
{
    int fd = make_fifo();
    struct reader_source *source = must_start();

    send_text(fd, "insert NFC-A 01\nwait 86400s\n");
    wait_for(&record.text, "NFC-A 01");
    for (int i = 0; i < 1000; i++) { /* the thread is at most on its way into the wait */
        if (activity_look(record.activity).kind == ACTIVITY_IDLE)
            break;
        (void) poll(NULL, 0, 10);
    }
    ck_assert_int_eq(activity_look(record.activity).kind, ACTIVITY_IDLE);
    ck_assert(!activity_look(record.activity).overdue);
    close(fd);
    stop(source);
}
END_TEST

/* How many threads this process has. */
static unsigned count_threads(void)
{
    DIR *tasks = opendir("/proc/self/task");
    unsigned count = 0;

    ck_assert_ptr_nonnull(tasks);
    while (readdir(tasks) != NULL)
        count++;
    closedir(tasks);
    return count - 2; /* . and .. */
}

START_TEST(a_reader_whose_thread_hangs_is_abandoned)
{
    record.blocks = true;
    write_file("insert NFC-A 01\n");
    struct reader_source *source = must_start();

    record.abandoned = source;
    wait_for(&record.text, "NFC-A 01");
    unsigned threads = count_threads();
    reader_driver_script.wake(source);
    ck_assert(!reader_driver_script.join(source, 20));
    pthread_mutex_lock(&record.mutex); /* what the thread uses must still be there when it comes back after all */
    record.blocks = false;
    unlock_event();
    wait_for(&record.text, "door gone");
    for (int i = 0; count_threads() >= threads; i++) { /* nobody can join it any more */
        ck_assert_int_lt(i, DEADLINE_S * 100);
        (void) poll(NULL, 0, 10);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("script");
    TCase *parser = tcase_create("parser");
    TCase *driver = tcase_create("driver");

    tcase_add_test(parser, each_command_is_understood);
    tcase_add_test(parser, each_mistake_says_what_is_allowed);
    tcase_add_test(parser, a_line_may_have_1024_characters_and_no_more);
    tcase_add_test(parser, all_mistakes_of_a_file_are_told_at_once_with_their_lines);
    tcase_add_test(parser, a_repeat_must_rest_and_be_the_last_command);
    suite_add_tcase(suite, parser);

    tcase_set_timeout(driver, 30);
    tcase_add_checked_fixture(driver, setup, teardown);
    tcase_add_test(driver, a_file_is_played_in_order_and_then_the_reader_idles_until_it_is_stopped);
    tcase_add_test(driver, a_wait_takes_its_time);
    tcase_add_test(driver, a_script_is_played_as_often_as_it_says_each_time_with_no_tag);
    tcase_add_test(driver, a_script_may_repeat_for_ever_and_still_stops);
    tcase_add_test(driver, a_long_wait_does_not_hold_up_the_end);
    tcase_add_test(driver, an_ill_reader_loses_its_tags);
    tcase_add_test(driver, what_makes_no_sense_is_logged_without_the_identifier_and_left_out);
    tcase_add_test(driver, more_tags_than_fit_are_left_out_with_a_log_line);
    tcase_add_test(driver, a_bad_file_does_not_start_and_names_each_line);
    tcase_add_test(driver, a_missing_script_does_not_start);
    tcase_add_test(driver, a_directory_is_no_script);
    tcase_add_test(driver, a_file_without_end_is_refused);
    tcase_add_test(driver, without_a_path_the_driver_says_what_to_set);
    tcase_add_test(driver, without_a_label_the_reader_is_called_like_its_file);
    tcase_add_test(driver, a_fifo_is_played_line_by_line_across_several_writers);
    tcase_add_test(driver, a_bad_line_in_a_fifo_costs_one_log_line_and_the_rest_goes_on);
    tcase_add_test(driver, a_reader_that_waits_says_so_and_is_never_overdue);
    tcase_add_test(driver, a_reader_whose_thread_hangs_is_abandoned);
    suite_add_tcase(suite, driver);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
