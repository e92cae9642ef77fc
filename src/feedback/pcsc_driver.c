/* SPDX-License-Identifier: MIT */
/*
 * The PC/SC reader's own LEDs and buzzer, over a connection of its own to pcscd, which is held only as long as it takes:
 * a connection that stays would keep the card powered and other programs out.
 *
 * A command goes to the reader by escape. libccid allows that only if it is told to (ifdDriverOptions in
 * /etc/libccid_Info.plist); a reader of which that is true, and that knows its commands as APDUs, beeps only while a
 * card lies on it, and its LEDs are left alone: they could be lit, but not be put out again.
 *
 * pcscd is not asked which readers there are, for that must be one thread's business (pcsc_library.h): the gateway tells.
 */
#include "base/log.h"
#include "base/memory.h"
#include "feedback/driver.h"
#include "feedback/reader_led.h"
#include "reader/pcsc_library.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

enum { ANSWER_MAX_BYTES = 258 };

struct led_reader {
    char *name;
    enum reader_led_kind kind;
    bool no_escape;            /* and that was said */
    bool quiet;                /* its own beep is off */
    bool known;                /* red and green are what it shows */
    bool red, green;
};

struct pcsc_leds {
    char *pattern;
    char *commands;
    struct pcsc_session *session;
    struct led_reader *readers;
    size_t count;
    char *target;              /* name of the reader that the signal is about, "" = all */
    struct feedback_lights lights;
};

/* The reader refused it in its answer (63 00 of the ACR122). */
static bool is_refusal(const uint8_t *answer, size_t size_bytes)
{
    return size_bytes == 2 && answer[0] == 0x63;
}

static enum pcsc_result exchange(struct pcsc_session *session, const struct led_reader *reader, bool escape,
                                 const struct reader_led_command *command)
{
    uint8_t answer[ANSWER_MAX_BYTES];
    size_t received_bytes = 0;
    enum pcsc_result result = escape ? pcsc_session_connect_direct(session, reader->name)
                                     : pcsc_session_connect(session, reader->name);

    if (result != PCSC_OK)
        return result;
    result = escape ? pcsc_session_escape(session, command->bytes, command->size_bytes, answer, sizeof answer,
                                          &received_bytes)
                    : pcsc_session_transmit(session, command->bytes, command->size_bytes, answer, sizeof answer,
                                            &received_bytes);
    pcsc_session_disconnect(session);
    return result == PCSC_OK && is_refusal(answer, received_bytes) ? PCSC_OTHER : result;
}

static bool open_session(struct pcsc_leds *leds)
{
    return pcsc_session_is_open(leds->session) || pcsc_session_open(leds->session) == PCSC_OK;
}

/* Passing trouble, of pcscd or with another program, says nothing about the reader. */
static bool is_passing(enum pcsc_result result)
{
    return result == PCSC_NO_SERVICE || result == PCSC_CARD_BUSY || result == PCSC_UNKNOWN_READER ||
           result == PCSC_READER_TROUBLE;
}

static bool send_by_escape(struct pcsc_leds *leds, struct led_reader *reader, const struct reader_led_command *command)
{
    const enum pcsc_result result = exchange(leds->session, reader, true, command);

    if (result == PCSC_NO_SERVICE)
        pcsc_session_close(leds->session);
    if (result == PCSC_OK || is_passing(result))
        return result == PCSC_OK;
    reader->no_escape = true;
    log_warning("feedback", "%s: the driver of pcscd does not pass on what is for its LEDs and buzzer; %s; next: set "
                "ifdDriverOptions to 0x0001 in /etc/libccid_Info.plist and restart pcscd", reader->name,
                reader_led_is_apdu(reader->kind) ? "it beeps only while a card lies on it" : "it stays dark and silent");
    return false;
}

static bool send(struct pcsc_leds *leds, struct led_reader *reader, const struct reader_led_command *command)
{
    if (!open_session(leds))
        return false;
    if (!reader->no_escape && send_by_escape(leds, reader, command))
        return true;
    if (!reader->no_escape || !reader_led_is_apdu(reader->kind))
        return false;
    return exchange(leds->session, reader, false, command) == PCSC_OK;
}

/* One beep is the gateway's to give. */
static void silence(struct pcsc_leds *leds, struct led_reader *reader)
{
    struct reader_led_command command;

    if (!reader->quiet && reader_led_own_beep(reader->kind, false, &command))
        reader->quiet = send(leds, reader, &command);
}

static void apply_to(struct pcsc_leds *leds, struct led_reader *reader, bool new_beep)
{
    const bool meant = *leds->target == '\0' || strcmp(leds->target, reader->name) == 0;
    const bool red = meant && leds->lights.colour[0] > 0, green = meant && leds->lights.colour[1] > 0;
    const unsigned beep_ms = meant && new_beep ? leds->lights.buzzer_ms : 0;
    struct reader_led_command commands[READER_LED_COMMANDS_MAX];
    bool sent = true;

    if (reader->known && reader->red == red && reader->green == green && beep_ms == 0)
        return;
    silence(leds, reader);
    const size_t count = reader_led_commands(reader->kind, !reader->no_escape, red, green, beep_ms, commands);
    for (size_t i = 0; i < count; i++)
        sent = send(leds, reader, &commands[i]) && sent;
    reader->known = sent;
    reader->red = red;
    reader->green = green;
}

static void apply(struct pcsc_leds *leds, bool new_beep)
{
    for (size_t i = 0; i < leds->count; i++)
        apply_to(leds, &leds->readers[i], new_beep);
}

/* A signal about one reader is seen there alone, and what another one still shows ends. */
static void pcsc_play(void *context, const struct feedback_action *action)
{
    struct pcsc_leds *leds = context;

    if (strcmp(leds->target, action->reader_name) == 0)
        return;
    text_replace(&leds->target, action->reader_name);
    apply(leds, false);
}

static void pcsc_show(void *context, const struct feedback_lights *lights)
{
    struct pcsc_leds *leds = context;
    const bool new_beep = lights->buzzer && lights->buzzer_until_ms != leds->lights.buzzer_until_ms;

    leds->lights = *lights;
    apply(leds, new_beep);
}

static void free_readers(struct led_reader *readers, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(readers[i].name);
    free(readers);
}

static void add_reader(struct pcsc_leds *leds, const char *name, const struct led_reader *old, size_t old_count)
{
    struct led_reader *reader = &leds->readers[leds->count];

    if (fnmatch(leds->pattern, name, 0) != 0)
        return;
    const struct led_reader *known = NULL;
    for (size_t i = 0; i < old_count && known == NULL; i++)
        known = strcmp(old[i].name, name) == 0 ? &old[i] : NULL;
    *reader = known != NULL ? *known : (struct led_reader) {.kind = reader_led_kind(leds->commands, name)};
    reader->name = text_copy(name);
    leds->count++;
    if (known == NULL && reader->kind == READER_LED_NONE)
        log_info("feedback", "%s: nothing is known of LEDs or a buzzer of its own; it is left alone", name);
}

/* A reader that goes and comes back is a new one, as dark and as loud as it is when it is plugged in. */
static void pcsc_readers(void *context, const char *const *names, size_t count)
{
    struct pcsc_leds *leds = context;
    struct led_reader *old = leds->readers;
    const size_t old_count = leds->count;

    leds->readers = memory_zeroed(count + 1, sizeof *leds->readers);
    leds->count = 0;
    for (size_t i = 0; i < count; i++)
        add_reader(leds, names[i], old, old_count);
    free_readers(old, old_count);
    apply(leds, false);
}

static void *pcsc_open(const struct feedback_device *device, const struct clock *clock)
{
    struct pcsc_leds *leds = memory_zeroed(1, sizeof *leds);

    (void) clock;
    leds->pattern = text_copy(device->name);
    leds->commands = text_copy(device->commands);
    leds->session = pcsc_session_create();
    leds->target = text_copy("");
    return leds;
}

static void pcsc_close(void *context)
{
    struct pcsc_leds *leds = context;
    struct reader_led_command command;

    memset(&leds->lights, 0, sizeof leds->lights);
    apply(leds, false);
    for (size_t i = 0; i < leds->count; i++) {
        if (leds->readers[i].quiet && reader_led_own_beep(leds->readers[i].kind, true, &command))
            (void) send(leds, &leds->readers[i], &command);
    }
    free_readers(leds->readers, leds->count);
    pcsc_session_free(leds->session);
    free(leds->target);
    free(leds->commands);
    free(leds->pattern);
    free(leds);
}

const struct feedback_driver feedback_driver_pcsc = {
    .name = "pcsc", .open = pcsc_open, .play = pcsc_play, .show = pcsc_show, .readers = pcsc_readers,
    .close = pcsc_close,
};
