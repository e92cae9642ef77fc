/* SPDX-License-Identifier: MIT */
/*
 * springpark-nfc behind nfc_link, moved by lines on standard input; each is answered by one line on standard output.
 *
 *   begin                      begun | refused REASON
 *   list                       fine CONNECTION...
 *   open CONNECTION            fine CHIP|NAME|CONNECTION|TECHNOLOGIES|POLL_TECHNOLOGIES (as names, + between them)
 *   select TECHNOLOGY          fine TECHNOLOGY UID ATS PROTOCOL_BYTES ("-" for none)
 *   poll POLLS TECHNOLOGY...   the same
 *   present, deselect, reset   fine
 *   exchange HEX [MS]          fine HEX
 *   end [MS]                   ended in MS ms
 *   limit MS                   of what follows: limited
 *   pid                        pid N: the helper's, 0 if there is none
 *
 * Otherwise: nothing, gone, mute, refused, unsupported, stopped; trouble TEXT, hung TEXT, died TEXT.
 */
#include "base/activity.h"
#include "base/clock.h"
#include "base/hex.h"
#include "base/memory.h"
#include "base/wakeup.h"
#include "reader/nfc_link.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct probe {
    struct nfc_link *link;
    uint64_t limit_ms;
};

static void print_bytes(const uint8_t *bytes, size_t count)
{
    char *digits = hex_from_bytes(bytes, count);

    printf(" %s", count > 0 ? digits : "-");
    free(digits);
}

static void print_technologies(unsigned technologies, char before)
{
    for (unsigned bit = 1; bit <= CARD_INNOVATRON; bit <<= 1) {
        if ((technologies & bit) == 0)
            continue;
        printf("%c%s", before, bit == CARD_PICOTAG_V ? "PicoTag-V" : card_protocol_name((enum card_technology) bit));
        before = '+';
    }
    if (before != '+')
        printf("%c-", before);
}

static void print_fine(const struct nfc_request *request, const struct nfc_answer *answer)
{
    printf("fine");
    if (request->verb == NFC_OPEN) {
        printf(" %s|%s|%s", answer->text, answer->name, answer->connection);
        print_technologies(answer->technologies, '|');
        print_technologies(answer->poll_technologies, '|');
    }
    for (size_t i = 0; i < answer->devices_count; i++)
        printf(" %s", answer->devices[i]);
    if (answer->tag.technology != CARD_UNKNOWN) {
        printf(" %s", card_protocol_name(answer->tag.technology));
        print_bytes(answer->tag.uid, answer->tag.uid_bytes);
        print_bytes(answer->tag.ats, answer->tag.ats_bytes);
        print_bytes(answer->tag.protocol_bytes, answer->tag.protocol_bytes_count);
    }
    if (request->verb == NFC_EXCHANGE)
        print_bytes(answer->bytes, answer->bytes_count);
}

static void ask(struct probe *probe, const struct nfc_request *request)
{
    static const char *const words[] = {
        [NFC_NOTHING] = "nothing", [NFC_CARD_GONE] = "gone", [NFC_CARD_MUTE] = "mute", [NFC_CARD_REFUSED] = "refused",
        [NFC_UNSUPPORTED] = "unsupported", [NFC_TROUBLE] = "trouble ", [NFC_HUNG] = "hung ", [NFC_DIED] = "died ",
        [NFC_STOPPED] = "stopped ",
    };
    static struct nfc_answer answer;
    enum nfc_result result = nfc_link_ask(probe->link, request, &answer, probe->limit_ms);

    if (result == NFC_FINE)
        print_fine(request, &answer);
    else
        printf("%s%s", words[result], answer.text);
    printf("\n");
}

static void begin(struct probe *probe)
{
    char *reason = NULL;

    if (nfc_link_begin(probe->link, &reason))
        printf("begun\n");
    else
        printf("refused %s\n", reason);
    free(reason);
}

static void end(struct probe *probe, const char *word)
{
    const uint64_t start_ms = clock_monotonic_ms(clock_system());

    nfc_link_end(probe->link, word != NULL ? strtoul(word, NULL, 10) : 2000);
    printf("ended in %" PRIu64 " ms\n", clock_monotonic_ms(clock_system()) - start_ms);
}

static unsigned parse_technologies(char **rest)
{
    unsigned technologies = 0;

    for (char *word = strtok_r(NULL, " ", rest); word != NULL; word = strtok_r(NULL, " ", rest)) {
        /* The name of both PicoTag protocols means the other one; libnfc knows protocol B. */
        technologies |= strcmp(word, "Inside-Pico") == 0 ? CARD_PICOTAG_B : card_technology_from_name(word);
    }
    return technologies;
}

static bool make_exchange(struct nfc_request *request, char **rest)
{
    const char *digits = strtok_r(NULL, " ", rest);
    const char *limit = strtok_r(NULL, " ", rest);
    int count = digits != NULL ? hex_to_bytes(digits, strlen(digits), request->bytes, sizeof request->bytes) : -1;

    request->bytes_count = count > 0 ? (size_t) count : 0;
    request->timeout_ms = limit != NULL ? (unsigned) strtoul(limit, NULL, 10) : 1000;
    return count > 0;
}

static bool make_request(const char *verb, char **rest, struct nfc_request *request)
{
    static const struct { const char *word; enum nfc_verb verb; } verbs[] = {
        {"list", NFC_LIST}, {"open", NFC_OPEN}, {"select", NFC_SELECT}, {"poll", NFC_POLL}, {"present", NFC_PRESENT},
        {"deselect", NFC_DESELECT}, {"reset", NFC_RESET_FIELD}, {"exchange", NFC_EXCHANGE},
    };

    memset(request, 0, sizeof *request);
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        if (strcmp(verbs[i].word, verb) == 0)
            request->verb = verbs[i].verb;
    }
    if (request->verb == NFC_OPEN)
        snprintf(request->connection, sizeof request->connection, "%s", *rest);
    if (request->verb == NFC_POLL)
        request->polls = (unsigned) strtoul(strtok_r(NULL, " ", rest), NULL, 10);
    if (request->verb == NFC_SELECT || request->verb == NFC_POLL)
        request->technologies = parse_technologies(rest);
    if (request->verb == NFC_EXCHANGE)
        return make_exchange(request, rest);
    return request->verb != 0;
}

static void obey(struct probe *probe, char *line)
{
    struct nfc_request request;
    char *rest = NULL;
    const char *verb = strtok_r(line, " ", &rest);

    if (verb == NULL)
        return;
    if (strcmp(verb, "begin") == 0) {
        begin(probe);
    } else if (strcmp(verb, "end") == 0) {
        end(probe, strtok_r(NULL, " ", &rest));
    } else if (strcmp(verb, "limit") == 0) {
        probe->limit_ms = strtoul(rest, NULL, 10);
        printf("limited\n");
    } else if (strcmp(verb, "pid") == 0) {
        printf("pid %d\n", (int) nfc_link_pid(probe->link));
    } else if (make_request(verb, &rest, &request)) {
        ask(probe, &request);
    } else {
        printf("what? %s\n", verb);
    }
}

int main(void)
{
    struct activity *activity = activity_create(clock_system());
    int stop_fd = wakeup_create();
    struct probe probe = {.link = nfc_link_create(clock_system(), activity, stop_fd), .limit_ms = 5000};
    char line[4096];

    setvbuf(stdout, NULL, _IOLBF, 0);
    while (fgets(line, sizeof line, stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        obey(&probe, line);
    }
    nfc_link_free(probe.link);
    activity_free(activity);
    wakeup_close(stop_fd);
    return EXIT_SUCCESS;
}
