/* SPDX-License-Identifier: MIT */
/*
 * NetworkManager, by nmcli(1). `device modify` changes what the device goes by and not the stored connection, so it is
 * the trial; `connection modify` is what lasts; `device reapply` goes back to the stored connection.
 */
#include "tool/network_inside.h"

#include "base/memory.h"
#include "device/ipv4_plan.h"
#include "tool/run_program.h"

#include <stdlib.h>
#include <string.h>

enum { HEAD_WORDS = 4, SETTINGS_COUNT = 6 };

#define NAMES "ipv4.method,ipv4.addresses,ipv4.gateway,ipv4.dns,ipv4.ignore-auto-dns,ipv4.never-default"

struct nm {
    char *uuid;              /* of the connection that is active on the device */
    char *old[SETTINGS_COUNT]; /* its stored values, in the order of NAMES */
};

static const char *const setting_names[SETTINGS_COUNT] = {
    "ipv4.method", "ipv4.addresses", "ipv4.gateway", "ipv4.dns", "ipv4.ignore-auto-dns", "ipv4.never-default",
};

/* ---- what it says ---- */

/* The next field of a line of nmcli -t, in which ':' and '\' have a '\' before them; *place is behind its ':' then. */
static char *take_field(const char **place, const char *end)
{
    char *field = memory_zeroed((size_t) (end - *place) + 1, 1);
    size_t size = 0;

    for (; *place < end; (*place)++) {
        if (**place == ':') {
            (*place)++;
            return field;
        }
        if (**place == '\\' && *place + 1 < end)
            (*place)++;
        field[size++] = **place;
    }
    return field;
}

void nm_device_free(struct nm_device *device)
{
    free(device->state);
    free(device->uuid);
    free(device->connection);
    *device = (struct nm_device) {0};
}

bool nm_parse_device(const char *text, size_t size_bytes, const char *interface, struct nm_device *device)
{
    const char *end = text + size_bytes;

    while (text < end) {
        const char *line_end = memchr(text, '\n', (size_t) (end - text));
        const char *place = text;

        if (line_end == NULL)
            line_end = end;
        char *name = take_field(&place, line_end);
        const bool found = strcmp(name, interface) == 0;
        free(name);
        if (found) {
            device->state = take_field(&place, line_end);
            device->uuid = take_field(&place, line_end);
            device->connection = take_field(&place, line_end);
            return true;
        }
        text = line_end < end ? line_end + 1 : end;
    }
    return false;
}

static bool ask_device(const char *interface, struct nm_device *device)
{
    static const char *const question[] = {"nmcli", "-t", "-f", "DEVICE,STATE,CON-UUID,CONNECTION", "device", NULL};
    char *text = NULL, *problem = NULL;
    size_t size = 0;

    if (!run_program_exists(question[0]))
        return false;
    const bool found = run_program(question, NETWORK_ASK_LIMIT_MS, &text, &size, &problem) &&
                       nm_parse_device(text, size, interface, device);
    free(text);
    free(problem);
    return found;
}

static void free_nm(void *state)
{
    struct nm *nm = state;

    for (size_t i = 0; i < SETTINGS_COUNT; i++)
        free(nm->old[i]);
    free(nm->uuid);
    free(nm);
}

/* What is stored: a line for each setting, as nmcli takes it again. */
static bool remember(const struct nm *nm, char *values[SETTINGS_COUNT], char **problem)
{
    const char *const question[] = {"nmcli", "-e", "no", "-g", NAMES, "connection", "show", "uuid", nm->uuid, NULL};
    char *text = NULL;
    size_t size = 0;

    if (!run_program(question, NETWORK_ASK_LIMIT_MS, &text, &size, problem))
        return false;
    char *rest = text;
    for (size_t i = 0; i < SETTINGS_COUNT; i++) {
        const char *line = strsep(&rest, "\n");

        values[i] = text_copy(line != NULL ? line : "");
    }
    const bool whole = rest != NULL;
    free(text);
    if (!whole)
        *problem = text_format("NetworkManager does not say what the connection %s has; next: nmcli connection show",
                               nm->uuid);
    return whole;
}

enum network_claim nm_claim(const char *interface, void **state, char **problem)
{
    struct nm_device device = {0};

    if (!ask_device(interface, &device))
        return NETWORK_OWNS_NOT;
    if (strcmp(device.state, "unmanaged") == 0 || strstr(device.state, "externally") != NULL) {
        nm_device_free(&device);
        return NETWORK_OWNS_NOT;
    }
    if (*device.uuid == '\0') {
        *problem = text_format("NetworkManager manages %s, and no connection is active on it (%s); next: nmcli device "
                               "connect %s", interface, device.state, interface);
        nm_device_free(&device);
        return NETWORK_REFUSES;
    }
    struct nm *nm = memory_zeroed(1, sizeof *nm);
    nm->uuid = text_copy(device.uuid);
    nm_device_free(&device);
    if (!remember(nm, nm->old, problem)) {
        free_nm(nm);
        return NETWORK_REFUSES;
    }
    *state = nm;
    return NETWORK_OWNS;
}

/* ---- what it is asked for ---- */

static char *servers_text(const struct settings_ipv4 *plan)
{
    char *text = text_copy("");

    for (size_t i = 0; i < SETTINGS_NAMESERVER_COUNT; i++) {
        if (plan->nameservers[i] == 0)
            continue;
        char *server = ipv4_text(plan->nameservers[i]);
        char *longer = text_format("%s%s%s", text, *text == '\0' ? "" : ",", server);

        free(server);
        free(text);
        text = longer;
    }
    return text;
}

static void wanted_values(const struct settings_ipv4 *plan, char *values[SETTINGS_COUNT])
{
    const bool dhcp = ipv4_plan_is_dhcp(plan);

    values[0] = text_copy(dhcp ? "auto" : "manual");
    values[1] = dhcp ? text_copy("") : ipv4_text_with_prefix(plan->address, (unsigned) ipv4_plan_prefix(plan->netmask));
    values[2] = dhcp || plan->gateway == 0 ? text_copy("") : ipv4_text(plan->gateway);
    values[3] = dhcp ? text_copy("") : servers_text(plan);
    values[4] = text_copy(dhcp ? "no" : "yes");
    values[5] = text_copy("no");
}

/* nmcli HEAD... NAME VALUE NAME VALUE... */
static bool set_values(const char *const head[HEAD_WORDS], char *const values[SETTINGS_COUNT], char **problem)
{
    const char *words[1 + HEAD_WORDS + 2 * SETTINGS_COUNT + 1] = {"nmcli"};
    size_t count = 1;

    for (size_t i = 0; i < HEAD_WORDS && head[i] != NULL; i++)
        words[count++] = head[i];
    for (size_t i = 0; i < SETTINGS_COUNT; i++) {
        words[count++] = setting_names[i];
        words[count++] = values[i];
    }
    return run_program(words, NETWORK_CHANGE_LIMIT_MS, NULL, NULL, problem);
}

static bool set_plan(const char *const head[HEAD_WORDS], const struct settings_ipv4 *plan, char **problem)
{
    char *values[SETTINGS_COUNT];

    wanted_values(plan, values);
    const bool done = set_values(head, values, problem);
    for (size_t i = 0; i < SETTINGS_COUNT; i++)
        free(values[i]);
    return done;
}

static bool try_plan(void *state, const char *interface, const struct settings_ipv4 *plan, char **problem)
{
    (void) state;
    return set_plan((const char *const[HEAD_WORDS]) {"device", "modify", interface, NULL}, plan, problem);
}

static bool keep_plan(void *state, const char *interface, const struct settings_ipv4 *plan, char **problem)
{
    const struct nm *nm = state;

    (void) interface;
    return set_plan((const char *const[HEAD_WORDS]) {"connection", "modify", "uuid", nm->uuid}, plan, problem);
}

/* Whether the stored connection is as it was. */
static bool is_as_it_was(const struct nm *nm)
{
    char *values[SETTINGS_COUNT] = {NULL}, *problem = NULL;
    bool same = remember(nm, values, &problem);

    for (size_t i = 0; i < SETTINGS_COUNT; i++) {
        same = same && strcmp(values[i], nm->old[i]) == 0;
        free(values[i]);
    }
    free(problem);
    return same;
}

static bool undo(void *state, const char *interface, char **problem)
{
    const struct nm *nm = state;
    const char *const again[] = {"nmcli", "device", "reapply", interface, NULL};
    const char *const up[] = {"nmcli", "--wait", "20", "connection", "up", "uuid", nm->uuid, "ifname", interface, NULL};

    if (!is_as_it_was(nm) && !set_values((const char *const[HEAD_WORDS]) {"connection", "modify", "uuid", nm->uuid},
                                         nm->old, problem))
        return false;
    if (run_program(again, NETWORK_CHANGE_LIMIT_MS, NULL, NULL, problem))
        return true;
    /* The trial may have ended the connection, for instance for want of a DHCP server. */
    free(*problem);
    *problem = NULL;
    return run_program(up, NETWORK_CHANGE_LIMIT_MS, NULL, NULL, problem);
}

/* What it was asked for it does before nmcli ends. */
static bool follows(void *state, const char *interface)
{
    (void) state;
    (void) interface;
    return true;
}

const struct network_calls nm_calls = {"NetworkManager", try_plan, keep_plan, undo, follows, free_nm};
