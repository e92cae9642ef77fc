/* SPDX-License-Identifier: MIT */
/*
 * systemd-networkd, by networkctl(1) and systemd.network(5): of the files that match an interface the first by name
 * counts. The trial is a file in /run, which a restart of the box forgets; what lasts is one in /etc. Other files
 * stay untouched.
 */
#include "tool/network_inside.h"

#include "base/memory.h"
#include "base/stored_file.h"
#include "device/ipv4_plan.h"
#include "tool/run_program.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MODE = 0644, FOLDER_MODE = 0755, FILE_MAX_BYTES = 1 << 16 };

static const char trial_folder[] = "/run/systemd/network", kept_folder[] = "/etc/systemd/network";

struct networkd {
    char *trial;             /* path of the file in /run; by its name before the one in /etc */
    char *kept;              /* of the one in /etc */
    char *before;            /* what was in it, or NULL: it was not there */
    const char *awaited;     /* which of them the interface is to go by, NULL = neither */
};

static char *trial_path(const char *interface)
{
    return text_format("%s/00-springpark-%s.network", trial_folder, interface);
}

bool networkd_has_leftover(const char *interface)
{
    char *path = trial_path(interface);
    const bool there = access(path, F_OK) == 0;

    free(path);
    return there;
}

/* ---- what it says ---- */

bool networkd_parse_link(const char *text, size_t size_bytes, struct networkd_link *link)
{
    json_t *object = json_loadb(text, size_bytes, 0, NULL);
    const char *state = json_string_value(json_object_get(object, "AdministrativeState"));
    const char *file = json_string_value(json_object_get(object, "NetworkFile"));

    *link = (struct networkd_link) {0};
    if (state != NULL) {
        link->managed = strcmp(state, "unmanaged") != 0 && strcmp(state, "linger") != 0;
        link->file = text_copy(file);
    }
    const bool whole = state != NULL;
    json_decref(object);
    return whole;
}

static bool ask_link(const char *interface, struct networkd_link *link)
{
    const char *const question[] = {"networkctl", "--json=short", "status", interface, NULL};
    char *text = NULL, *problem = NULL;
    size_t size = 0;

    if (!run_program_exists(question[0]))
        return false;
    const bool whole = run_program(question, NETWORK_ASK_LIMIT_MS, &text, &size, &problem) &&
                       networkd_parse_link(text, size, link);
    free(text);
    free(problem);
    return whole;
}

const char *networkd_tie_in(const char *text, size_t size_bytes)
{
    static const char *const keys[] = {"BatmanAdvanced", "Bond", "Bridge", "IPVLAN", "IPVTAP", "IPoIB", "MACVLAN",
                                       "MACVTAP", "MACsec", "Tunnel", "VLAN", "VRF", "VXLAN", "Xfrm"};

    while (size_bytes > 0) {
        const char *end = memchr(text, '\n', size_bytes);
        const size_t line_bytes = end != NULL ? (size_t) (end - text) : size_bytes;
        const char *equals = memchr(text, '=', line_bytes);

        for (size_t i = 0; equals != NULL && i < sizeof keys / sizeof *keys; i++) {
            const size_t length = strlen(keys[i]);
            size_t lead = 0, key_end = (size_t) (equals - text);

            while (lead < key_end && (text[lead] == ' ' || text[lead] == '\t'))
                lead++;
            while (key_end > lead && (text[key_end - 1] == ' ' || text[key_end - 1] == '\t'))
                key_end--;
            if (key_end - lead == length && memcmp(text + lead, keys[i], length) == 0)
                return keys[i];
        }
        const size_t step = end != NULL ? line_bytes + 1 : line_bytes;
        text += step;
        size_bytes -= step;
    }
    return NULL;
}

static const char *last_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

/* Why the file that the interface goes by now cannot give way to ours; NULL if it can. */
static char *obstacle(const struct networkd *networkd, const char *interface, const char *file)
{
    size_t size = 0;

    if (file == NULL || strcmp(file, networkd->trial) == 0 || strcmp(file, networkd->kept) == 0)
        return NULL;
    if (strcmp(last_name(file), last_name(networkd->trial)) < 0 ||
        strcmp(last_name(file), last_name(networkd->kept)) < 0)
        return text_format("%s comes by its name before %s, which would not count; next: rename it, for instance to "
                           "50-%s", file, networkd->kept, last_name(file));
    char *text = stored_file_read(file, FILE_MAX_BYTES, &size);
    const char *tie = text != NULL ? networkd_tie_in(text, size) : NULL;
    free(text);
    if (tie == NULL)
        return NULL;
    return text_format("%s ties %s to other interfaces (%s=), which a file of ours would end; next: set the address "
                       "there, then networkctl reload", file, interface, tie);
}

static void free_networkd(void *state)
{
    struct networkd *networkd = state;

    free(networkd->trial);
    free(networkd->kept);
    free(networkd->before);
    free(networkd);
}

enum network_claim networkd_claim(const char *interface, void **state, char **problem)
{
    struct networkd_link link = {0};
    size_t size = 0;

    if (!ask_link(interface, &link) || !link.managed) {
        free(link.file);
        return NETWORK_OWNS_NOT;
    }
    struct networkd *networkd = memory_zeroed(1, sizeof *networkd);
    networkd->trial = trial_path(interface);
    networkd->kept = text_format("%s/01-springpark-%s.network", kept_folder, interface);
    *problem = obstacle(networkd, interface, link.file);
    free(link.file);
    errno = 0;
    networkd->before = stored_file_read(networkd->kept, FILE_MAX_BYTES, &size);
    if (*problem == NULL && networkd->before == NULL && errno != ENOENT)
        *problem = text_format("%s cannot be read: %s", networkd->kept, strerror(errno));
    if (*problem != NULL) {
        free_networkd(networkd);
        return NETWORK_REFUSES;
    }
    *state = networkd;
    return NETWORK_OWNS;
}

/* ---- what it is asked for ---- */

static char *with_line(char *text, const char *key, char *value)
{
    char *longer = text_format("%s%s=%s\n", text, key, value);

    free(text);
    free(value);
    return longer;
}

char *networkd_file_text(const char *interface, const struct settings_ipv4 *plan)
{
    const bool dhcp = ipv4_plan_is_dhcp(plan);
    char *text = text_format("# Written by springparkctl network --apply, as register 0280 in springpark.conf says; "
                             "the next one writes it anew.\n# Without this file %s goes by the other files again.\n"
                             "[Match]\nName=%s\n\n[Network]\nDHCP=%s\n", interface, interface, dhcp ? "ipv4" : "no");

    if (dhcp)
        return text;
    text = with_line(text, "Address", ipv4_text_with_prefix(plan->address, (unsigned) ipv4_plan_prefix(plan->netmask)));
    if (plan->gateway != 0)
        text = with_line(text, "Gateway", ipv4_text(plan->gateway));
    for (size_t i = 0; i < SETTINGS_NAMESERVER_COUNT; i++) {
        if (plan->nameservers[i] != 0)
            text = with_line(text, "DNS", ipv4_text(plan->nameservers[i]));
    }
    return text;
}

static bool write_text(const char *path, const char *folder, const char *text, char **problem)
{
    if ((mkdir(folder, FOLDER_MODE) == 0 || errno == EEXIST) && stored_file_write(path, text, strlen(text), FILE_MODE))
        return true;
    *problem = text_format("%s cannot be written: %s", path, strerror(errno));
    return false;
}

static bool remove_file(const char *path, char **problem)
{
    if (unlink(path) == 0 || errno == ENOENT)
        return true;
    *problem = text_format("%s cannot be removed: %s", path, strerror(errno));
    return false;
}

static bool take_over(const char *interface, char **problem)
{
    static const char *const reload[] = {"networkctl", "reload", NULL};
    const char *const reconfigure[] = {"networkctl", "reconfigure", interface, NULL};

    return run_program(reload, NETWORK_CHANGE_LIMIT_MS, NULL, NULL, problem) &&
           run_program(reconfigure, NETWORK_CHANGE_LIMIT_MS, NULL, NULL, problem);
}

static bool try_plan(void *state, const char *interface, const struct settings_ipv4 *plan, char **problem)
{
    struct networkd *networkd = state;
    char *text = networkd_file_text(interface, plan);
    const bool written = write_text(networkd->trial, trial_folder, text, problem);

    free(text);
    networkd->awaited = networkd->trial;
    return written && take_over(interface, problem);
}

static bool keep_plan(void *state, const char *interface, const struct settings_ipv4 *plan, char **problem)
{
    struct networkd *networkd = state;
    char *text = networkd_file_text(interface, plan);

    const bool written = write_text(networkd->kept, kept_folder, text, problem);
    free(text);
    networkd->awaited = networkd->kept;
    return written && remove_file(networkd->trial, problem) && take_over(interface, problem);
}

/* Whether the file has that text, NULL: is not there. */
static bool has_text(const char *path, const char *wanted)
{
    size_t size = 0;

    errno = 0;
    char *text = stored_file_read(path, FILE_MAX_BYTES, &size);
    const bool same = text != NULL ? wanted != NULL && strcmp(text, wanted) == 0 : wanted == NULL && errno == ENOENT;
    free(text);
    return same;
}

/* All of it is tried, whatever fails before. */
static bool undo(void *state, const char *interface, char **problem)
{
    struct networkd *networkd = state;
    char *problems[3] = {NULL, NULL, NULL};
    bool back = true;

    if (!has_text(networkd->kept, networkd->before))
        back = networkd->before != NULL ? write_text(networkd->kept, kept_folder, networkd->before, &problems[0])
                                        : remove_file(networkd->kept, &problems[0]);
    networkd->awaited = NULL;
    back = remove_file(networkd->trial, &problems[1]) && back;
    back = take_over(interface, &problems[2]) && back;
    for (size_t i = 0; i < sizeof problems / sizeof *problems; i++) {
        if (*problem == NULL)
            *problem = problems[i];
        else
            free(problems[i]);
    }
    return back;
}

static bool follows(void *state, const char *interface)
{
    const struct networkd *networkd = state;
    struct networkd_link link = {0};
    const bool whole = ask_link(interface, &link) && link.managed;
    const bool ours = link.file != NULL &&
                      (strcmp(link.file, networkd->trial) == 0 || strcmp(link.file, networkd->kept) == 0);
    const bool same = networkd->awaited != NULL ? link.file != NULL && strcmp(link.file, networkd->awaited) == 0
                                                : networkd->before != NULL || !ours;

    free(link.file);
    return whole && same;
}

const struct network_calls networkd_calls = {"systemd-networkd", try_plan, keep_plan, undo, follows, free_networkd};
