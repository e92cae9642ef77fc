/* SPDX-License-Identifier: MIT */
/* What the files of the managers (network_manager.c, network_networkd.c, network_nm.c) have between them. */
#ifndef SPRINGPARK_TOOL_NETWORK_INSIDE_H
#define SPRINGPARK_TOOL_NETWORK_INSIDE_H

#include "tool/network_manager.h"

enum { NETWORK_ASK_LIMIT_MS = 10000, NETWORK_CHANGE_LIMIT_MS = 30000 };

enum network_claim {
    NETWORK_OWNS,
    NETWORK_OWNS_NOT,
    NETWORK_REFUSES,     /* it is its own, and cannot be changed from here: *problem */
};

struct network_calls {
    const char *name;
    bool (*try)(void *state, const char *interface, const struct settings_ipv4 *plan, char **problem);
    bool (*keep)(void *state, const char *interface, const struct settings_ipv4 *plan, char **problem);
    bool (*undo)(void *state, const char *interface, char **problem);
    bool (*follows)(void *state, const char *interface);
    void (*free_state)(void *state);
};

extern const struct network_calls networkd_calls, nm_calls;

/* NETWORK_OWNS: *state is for the calls. */
enum network_claim networkd_claim(const char *interface, void **state, char **problem);
enum network_claim nm_claim(const char *interface, void **state, char **problem);
bool networkd_has_leftover(const char *interface);

/* ---- pure, for tests ---- */

/* What networkctl says of a link (`networkctl --json=short status IF`). */
struct networkd_link {
    bool managed;
    char *file;          /* that it goes by, or NULL; the caller's */
};
/* False if that is no such object. */
bool networkd_parse_link(const char *text, size_t size_bytes, struct networkd_link *link);

/* The text of a systemd.network(5) file for that interface; new memory. */
char *networkd_file_text(const char *interface, const struct settings_ipv4 *plan);

/* The first key of a systemd.network(5) file that ties the interface to others, so that it cannot be left out; NULL if
 * there is none. Constant. */
const char *networkd_tie_in(const char *text, size_t size_bytes);

/* A line of `nmcli -t -f DEVICE,STATE,CON-UUID,CONNECTION device`; texts are the caller's. */
struct nm_device {
    char *state, *uuid, *connection;
};
/* False if there is no line of that interface. */
bool nm_parse_device(const char *text, size_t size_bytes, const char *interface, struct nm_device *device);
void nm_device_free(struct nm_device *device);

#endif
