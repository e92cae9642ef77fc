/* SPDX-License-Identifier: MIT */
/*
 * A TLS handshake as the daemon makes it, and nothing after that: no CONNECT goes out, so a running daemon keeps its
 * session.
 */
#include "tool/doctor.h"

#include "base/clock.h"
#include "base/memory.h"
#include "cloud/aws.h"

#include <errno.h>
#include <netdb.h>
#include <openssl/err.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

/* With TLS 1.3 this side's handshake is over before the broker has looked at the device's certificate. */
enum { REFUSAL_WAIT_MS = 1000 };

/* Connected and not blocking, or -1. It answered a moment ago. */
static int open_socket(const char *address, uint16_t port)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    char *service = text_format("%u", (unsigned) port);
    int resolved = getaddrinfo(address, service, &hints, &found);

    free(service);
    if (resolved != 0)
        return -1;
    int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, found->ai_protocol);
    bool begun = fd >= 0 && (connect(fd, found->ai_addr, found->ai_addrlen) == 0 || errno == EINPROGRESS);
    freeaddrinfo(found);
    if (!begun && fd >= 0)
        close(fd);
    return begun ? fd : -1;
}

/* Waits for what the SSL object wants. False: the time is over, or it wants nothing. */
static bool await(int fd, int ssl_error, uint64_t deadline_ms)
{
    struct pollfd look = {.fd = fd, .events = ssl_error == SSL_ERROR_WANT_WRITE ? POLLOUT : POLLIN};
    uint64_t now_ms = clock_monotonic_ms(clock_system());

    if ((ssl_error != SSL_ERROR_WANT_READ && ssl_error != SSL_ERROR_WANT_WRITE) || now_ms >= deadline_ms)
        return false;
    return poll(&look, 1, (int) (deadline_ms - now_ms)) > 0;
}

/* Returns how it ended: 0 done, or SSL's error; of these WANT_READ and WANT_WRITE mean that the time was over. */
static int shake_hands(SSL *ssl, int fd)
{
    uint64_t deadline_ms = clock_monotonic_ms(clock_system()) + DOCTOR_LIMIT_MS;

    for (;;) {
        ERR_clear_error();
        int result = SSL_connect(ssl);
        if (result == 1)
            return 0;
        int error = SSL_get_error(ssl, result);
        if (!await(fd, error, deadline_ms))
            return error;
    }
}

/* Whether the broker leaves the connection as it is for a moment; what it says against it is in the context then. */
static bool stays_open(SSL *ssl, int fd)
{
    uint64_t deadline_ms = clock_monotonic_ms(clock_system()) + REFUSAL_WAIT_MS;
    char byte;

    if (SSL_version(ssl) < TLS1_3_VERSION)
        return true;
    for (;;) {
        ERR_clear_error();
        int result = SSL_read(ssl, &byte, 1);
        if (result > 0)
            return true;
        int error = SSL_get_error(ssl, result);
        if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE)
            return false;
        if (!await(fd, error, deadline_ms))
            return true;
    }
}

static struct doctor_finding judge(struct doctor *doctor, const struct tls_context *context, SSL *ssl, int fd)
{
    int error = shake_hands(ssl, fd);
    bool kept = error == 0 && stays_open(ssl, fd);
    const char *failure = tls_context_failure(context);

    if (kept) {
        doctor->tls_done = true;
        return doctor_found(DOCTOR_OK, "%s, %s; the broker is the one that is trusted", SSL_get_version(ssl),
                            SSL_get_cipher_name(ssl));
    }
    if (failure != NULL)
        return doctor_failed(EX_UNAVAILABLE, "%s; next: springparkctl certs show FILE says what a certificate holds",
                             failure);
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE)
        return doctor_failed(EX_UNAVAILABLE, "what listens there did not answer the handshake in %d s; next: check "
                             "mqtt.port, and the broker's log", DOCTOR_LIMIT_MS / 1000);
    if (error == 0)
        return doctor_failed(EX_UNAVAILABLE, "the broker hung up right after the handshake; next: register the "
                             "certificate with it (AWS: it must be active), or look into its log");
    return doctor_failed(EX_UNAVAILABLE, "what listens there hung up during the handshake; next: check mqtt.port, and "
                         "the broker's log");
}

static struct doctor_finding handshake(struct doctor *doctor, struct tls_context *context)
{
    int fd = open_socket(doctor->address, doctor->plan->cloud.port);
    SSL *ssl = fd >= 0 ? SSL_new(tls_context_ssl(context)) : NULL;

    if (ssl == NULL || SSL_set_fd(ssl, fd) != 1) {
        SSL_free(ssl);
        if (fd >= 0)
            close(fd);
        return doctor_failed(EX_UNAVAILABLE, "no second connection to %s; next: try again", doctor->address);
    }
    struct doctor_finding finding = judge(doctor, context, ssl, fd);
    SSL_shutdown(ssl);
    SSL_free(ssl);
    close(fd);
    ERR_clear_error();
    return finding;
}

struct doctor_finding doctor_check_tls(struct doctor *doctor)
{
    const char *reason = doctor_no_broker(doctor);

    if (reason == NULL && doctor->address == NULL)
        reason = "no address of the broker answers";
    if (reason != NULL)
        return doctor_found(DOCTOR_SKIPPED, "%s", reason);
    const struct cloud_settings *cloud = &doctor->plan->cloud;
    if (!cloud->tls.enabled) {
        doctor->tls_done = true;
        return doctor_found(DOCTOR_WARNING, "mqtt.tls.enabled is false: everybody on the way can read the events; "
                            "next: switch it on if the broker can do it");
    }
    struct errors *errors = errors_create(), *notes = errors_create();
    struct tls_context *context = tls_context_create(&cloud->tls, cloud->host, errors, notes);
    struct doctor_finding finding;
    if (context == NULL) {
        finding = doctor_found(DOCTOR_SKIPPED, "the files that it needs are not right: %s", errors_get(errors, 0));
    } else {
        if (aws_alpn(cloud->port) != NULL)
            tls_context_offer_alpn(context, aws_alpn(cloud->port));
        finding = handshake(doctor, context);
    }
    tls_context_free(context);
    errors_free(errors);
    errors_free(notes);
    return finding;
}
