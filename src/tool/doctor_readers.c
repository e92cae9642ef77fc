/* SPDX-License-Identifier: MIT */
/* The readers, as the running daemon has them; without one, what can be seen from outside. */
#include "tool/doctor.h"

#include "tool/view.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>

#define PCSCD_SOCKET "/run/pcscd/pcscd.comm"

/* Takes a connection: with socket activation that starts it. */
static bool pcscd_answers(void)
{
    const char *path = getenv("PCSCLITE_CSOCK_NAME");
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    path = path != NULL ? path : PCSCD_SOCKET;
    if (strlen(path) >= sizeof address.sun_path)
        return false;
    strcpy(address.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool answers = fd >= 0 && connect(fd, (const struct sockaddr *) &address, sizeof address) == 0;
    if (fd >= 0)
        close(fd);
    return answers;
}

static bool uses_pcsc(const struct settings *settings)
{
    for (size_t index = 0; index < settings->readers_count; index++) {
        if (strcmp(settings->readers[index].driver, "pcsc") == 0)
            return true;
    }
    return false;
}

static struct doctor_finding look_without_daemon(const struct doctor *doctor)
{
    if (doctor->plan == NULL)
        return doctor_found(DOCTOR_SKIPPED, "the configuration cannot be read");
    if (doctor->plan->settings->readers_count == 0)
        return doctor_found(DOCTOR_WARNING, "no reader is configured; next: add one to the setting readers");
    if (uses_pcsc(doctor->plan->settings) && !pcscd_answers())
        return doctor_failed(EX_UNAVAILABLE, "pcscd does not answer; next: systemctl start pcscd.socket (apt-get "
                             "install pcscd)");
    return doctor_found(DOCTOR_SKIPPED, "springparkd, which looks after them, is not running%s",
                        uses_pcsc(doctor->plan->settings) ? "; pcscd answers" : "");
}

bool doctor_check_reader(const struct doctor *doctor, size_t index, const char **label, struct doctor_finding *finding)
{
    json_t *readers = json_object_get(doctor->status, "readers");
    json_t *reader = json_array_get(readers, index);

    *label = "";
    if (reader == NULL && index > 0)
        return false;
    if (doctor->status == NULL) {
        *finding = look_without_daemon(doctor);
        return true;
    }
    *label = view_text(reader, "label");
    const char *health = view_text(reader, "health"), *reason = view_text(reader, "reason");
    if (reader == NULL)
        *finding = doctor_found(DOCTOR_WARNING, "the running daemon has no reader; next: plug one in, or check the "
                                "setting readers");
    else if (strcmp(health, "ill") == 0)
        *finding = doctor_failed(EX_UNAVAILABLE, "it does not work: %s%s", reason,
                                 strstr(reason, "next: ") != NULL ? "" :
                                 "; next: springparkctl readers, journalctl -u springparkd");
    else if (reason[0] != '\0' || strcmp(health, "works") != 0)
        *finding = doctor_found(DOCTOR_WARNING, "%s%s%s; next: springparkctl readers says more", health,
                                reason[0] != '\0' ? ": " : "", reason);
    else
        *finding = doctor_found(DOCTOR_OK, "%s works", view_text(reader, "name"));
    return true;
}
