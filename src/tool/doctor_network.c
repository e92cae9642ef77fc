/* SPDX-License-Identifier: MIT */
/* The broker's name and its addresses. */
#include "tool/doctor.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/thread.h"
#include "cloud/dial.h"

#include <inttypes.h>
#include <netdb.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sysexits.h>

/* The resolver has no limit of its own that could be set, so it runs in a thread that can be left behind. */
struct question {
    char *host;
    int code;
    struct addrinfo *addresses;
};

static void resolve(void *context)
{
    struct question *question = context;
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};

    question->code = getaddrinfo(question->host, NULL, &hints, &question->addresses);
}

static char *keep_addresses(struct doctor *doctor, const struct addrinfo *addresses)
{
    char *list = text_copy("");

    for (const struct addrinfo *at = addresses; at != NULL; at = at->ai_next) {
        char digits[NI_MAXHOST];
        if (getnameinfo(at->ai_addr, at->ai_addrlen, digits, sizeof digits, NULL, 0, NI_NUMERICHOST) != 0)
            continue;
        char *longer = text_format("%s%s%s", list, doctor->addresses_count > 0 ? ", " : "", digits);
        free(list);
        list = longer;
        doctor->addresses = memory_resize(doctor->addresses, doctor->addresses_count + 1, sizeof *doctor->addresses);
        doctor->addresses[doctor->addresses_count++] = text_copy(digits);
    }
    return list;
}

static struct doctor_finding judge_answer(struct doctor *doctor, const struct question *question, uint64_t took_ms)
{
    if (question->code == EAI_AGAIN)
        return doctor_failed(EX_UNAVAILABLE, "\"%s\" cannot be resolved now, no name server answers; next: check the "
                             "network and /etc/resolv.conf", question->host);
    if (question->code != 0)
        return doctor_failed(EX_UNAVAILABLE, "\"%s\" cannot be resolved: %s; next: check mqtt.broker, and that this "
                             "box's name server knows it", question->host, gai_strerror(question->code));
    char *list = keep_addresses(doctor, question->addresses);
    struct doctor_finding finding = doctor->addresses_count > 0
        ? doctor_found(DOCTOR_OK, "%s is %s (%" PRIu64 " ms)", question->host, list, took_ms)
        : doctor_failed(EX_UNAVAILABLE, "\"%s\" has no address; next: check mqtt.broker", question->host);
    free(list);
    return finding;
}

struct doctor_finding doctor_check_dns(struct doctor *doctor)
{
    const char *reason = doctor_no_broker(doctor);

    if (reason != NULL)
        return doctor_found(DOCTOR_SKIPPED, "%s", reason);
    struct question *question = memory_zeroed(1, sizeof *question);
    question->host = text_copy(doctor->plan->cloud.host);
    uint64_t start_ms = clock_monotonic_ms(clock_system());
    struct thread *thread = thread_start("resolve", resolve, question);
    if (thread == NULL) {
        free(question->host);
        free(question);
        return doctor_failed(EX_UNAVAILABLE, "the system gives no thread; next: see what uses up its memory");
    }
    if (!thread_join(thread, DOCTOR_LIMIT_MS)) /* it may still use the question, which stays */
        return doctor_failed(EX_UNAVAILABLE, "the resolver did not answer in %d s; next: check the network and "
                             "/etc/resolv.conf", DOCTOR_LIMIT_MS / 1000);
    struct doctor_finding finding = judge_answer(doctor, question, clock_monotonic_ms(clock_system()) - start_ms);
    if (question->code == 0)
        freeaddrinfo(question->addresses);
    free(question->host);
    free(question);
    return finding;
}

/* Adds what came of that address to *text. */
static void try_address(struct doctor *doctor, const char *address, char **text)
{
    uint64_t left_ms = 0;
    int why = 0;
    char *error = NULL;
    char *found = dial_find_address(address, doctor->plan->cloud.port, DOCTOR_LIMIT_MS, -1, NULL, &left_ms,
                                    &why, &error);
    char *longer;

    if (found != NULL)
        longer = text_format("%s%s%s answers (%" PRIu64 " ms)", *text, (*text)[0] != '\0' ? "; " : "", address,
                             DOCTOR_LIMIT_MS - left_ms);
    else
        longer = text_format("%s%s%s", *text, (*text)[0] != '\0' ? "; " : "", error);
    if (found != NULL && doctor->address == NULL)
        doctor->address = address;
    free(*text);
    *text = longer;
    free(found);
    free(error);
}

struct doctor_finding doctor_check_tcp(struct doctor *doctor)
{
    char *text;
    struct doctor_finding finding;

    if (doctor->addresses_count == 0)
        return doctor_found(DOCTOR_SKIPPED, "%s", doctor_no_broker(doctor) != NULL ? doctor_no_broker(doctor)
                                                                                   : "the broker has no address");
    text = text_copy("");
    for (size_t index = 0; index < doctor->addresses_count; index++)
        try_address(doctor, doctor->addresses[index], &text);
    if (doctor->address == NULL)
        finding = doctor_failed(EX_UNAVAILABLE, "%s; next: see that the broker runs, mqtt.port (%u) is right and no "
                                "firewall is between", text, (unsigned) doctor->plan->cloud.port);
    else if (doctor->address != doctor->addresses[0])
        finding = doctor_found(DOCTOR_WARNING, "%s; next: nothing need be done, but each connection tries that one "
                               "first and takes longer", text);
    else
        finding = doctor_found(DOCTOR_OK, "port %u: %s", (unsigned) doctor->plan->cloud.port, text);
    free(text);
    return finding;
}
