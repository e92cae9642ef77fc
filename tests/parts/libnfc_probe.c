/* SPDX-License-Identifier: MIT */
/*
 * libnfc itself, one call a line, for tests of the simulated PN532 (tests/parts/pn532.py):
 *
 *   libnfc_probe CONNECTION
 *
 * It opens the device and prints "open NAME" or "open -", then the answer to each line of standard input:
 *
 *   init | field 0|1 | infinite 0|1 | easy 0|1     properties, and nfc_initiator_init
 *   select KIND | list KIND | poll POLLS KIND...   KIND: A B BI SR CT F212 F424 J
 *   present | deselect | exchange HEX
 *
 * as "RETURN LAST_ERROR MS [TARGET...] [HEX]", TARGET as KIND:ID[:ATS]. The end of input closes the device.
 */
#include <nfc/nfc.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TARGETS_MAX = 8, FRAME_MAX_BYTES = 300 };

static const struct {
    const char *name;
    nfc_modulation modulation;
} kinds[] = {
    {"A", {NMT_ISO14443A, NBR_106}},      {"B", {NMT_ISO14443B, NBR_106}},      {"BI", {NMT_ISO14443BI, NBR_106}},
    {"SR", {NMT_ISO14443B2SR, NBR_106}},  {"CT", {NMT_ISO14443B2CT, NBR_106}},  {"F212", {NMT_FELICA, NBR_212}},
    {"F424", {NMT_FELICA, NBR_424}},      {"J", {NMT_JEWEL, NBR_106}},
};

struct probe {
    nfc_device *device;
    nfc_target targets[TARGETS_MAX];  /* the first one is the one that `present` asks for */
    int found;
    uint8_t answer[FRAME_MAX_BYTES];
    int answer_bytes;
};

static nfc_modulation find_modulation(const char *name)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (name != NULL && strcmp(kinds[i].name, name) == 0)
            return kinds[i].modulation;
    fprintf(stderr, "there is no kind %s\n", name == NULL ? "" : name);
    exit(64);
}

static void print_hex(const uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        printf("%02X", bytes[i]);
}

static void print_id(const nfc_target *target)
{
    const nfc_target_info *info = &target->nti;
    switch (target->nm.nmt) {
        case NMT_ISO14443A: print_hex(info->nai.abtUid, info->nai.szUidLen <= 10 ? info->nai.szUidLen : 0); break;
        case NMT_ISO14443B: print_hex(info->nbi.abtPupi, 4); break;
        case NMT_ISO14443BI: print_hex(info->nii.abtDIV, 4); break;
        case NMT_ISO14443B2SR: print_hex(info->nsi.abtUID, 8); break;
        case NMT_ISO14443B2CT: print_hex(info->nci.abtUID, 4); break;
        case NMT_FELICA: print_hex(info->nfi.abtId, 8); break;
        case NMT_JEWEL: print_hex(info->nji.btId, 4); break;
        default: break;
    }
}

static void print_target(const nfc_target *target)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (kinds[i].modulation.nmt == target->nm.nmt && kinds[i].modulation.nbr == target->nm.nbr)
            printf(" %s:", kinds[i].name);
    print_id(target);
    if (target->nm.nmt != NMT_ISO14443A || target->nti.nai.szAtsLen == 0)
        return;
    putchar(':');
    print_hex(target->nti.nai.abtAts, target->nti.nai.szAtsLen <= 254 ? target->nti.nai.szAtsLen : 0);
}

static int poll_targets(struct probe *probe, char **rest)
{
    nfc_modulation modulations[8];
    const char *polls = strtok_r(NULL, " ", rest);
    size_t count = 0;
    for (char *word = strtok_r(NULL, " ", rest); word != NULL && count < 8; word = strtok_r(NULL, " ", rest))
        modulations[count++] = find_modulation(word);
    uint8_t times = (uint8_t)atoi(polls == NULL ? "1" : polls);
    int result = nfc_initiator_poll_target(probe->device, modulations, count, times, 1, &probe->targets[0]);
    probe->found = result > 0 ? 1 : 0;
    return result;
}

static int exchange(struct probe *probe, const char *hex)
{
    uint8_t frame[FRAME_MAX_BYTES];
    size_t count = 0;
    unsigned byte = 0;
    while (hex != NULL && count < sizeof frame && sscanf(hex + 2 * count, "%2x", &byte) == 1)
        frame[count++] = (uint8_t)byte;
    int result = nfc_initiator_transceive_bytes(probe->device, frame, count, probe->answer, sizeof probe->answer, -1);
    probe->answer_bytes = result > 0 ? result : 0;
    return result;
}

static int set_property(struct probe *probe, nfc_property property, const char *value)
{
    return nfc_device_set_property_bool(probe->device, property, value != NULL && value[0] == '1');
}

static int find_targets(struct probe *probe, const char *verb, const char *kind)
{
    nfc_modulation modulation = find_modulation(kind);
    if (strcmp(verb, "list") == 0) {
        int listed = nfc_initiator_list_passive_targets(probe->device, modulation, probe->targets, TARGETS_MAX);
        probe->found = listed > 0 ? listed : 0;
        return listed;
    }
    int result = nfc_initiator_select_passive_target(probe->device, modulation, NULL, 0, &probe->targets[0]);
    probe->found = result > 0 ? 1 : 0;
    return result;
}

static int obey(struct probe *probe, char *line)
{
    char *rest = NULL;
    const char *verb = strtok_r(line, " ", &rest);
    probe->found = probe->answer_bytes = 0;
    if (verb == NULL || strcmp(verb, "init") == 0)
        return nfc_initiator_init(probe->device);
    if (strcmp(verb, "poll") == 0)
        return poll_targets(probe, &rest);
    const char *value = strtok_r(NULL, " ", &rest);
    if (strcmp(verb, "present") == 0)
        return nfc_initiator_target_is_present(probe->device, &probe->targets[0]);
    if (strcmp(verb, "deselect") == 0)
        return nfc_initiator_deselect_target(probe->device);
    if (strcmp(verb, "exchange") == 0)
        return exchange(probe, value);
    if (strcmp(verb, "field") == 0)
        return set_property(probe, NP_ACTIVATE_FIELD, value);
    if (strcmp(verb, "infinite") == 0)
        return set_property(probe, NP_INFINITE_SELECT, value);
    if (strcmp(verb, "easy") == 0)
        return set_property(probe, NP_EASY_FRAMING, value);
    return find_targets(probe, verb, value);
}

static double now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void serve(struct probe *probe)
{
    char line[1024];
    while (fgets(line, sizeof line, stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        double begun_ms = now_ms();
        int result = obey(probe, line);
        printf("%d %d %.1f", result, nfc_device_get_last_error(probe->device), now_ms() - begun_ms);
        for (int i = 0; i < probe->found; i++)
            print_target(&probe->targets[i]);
        if (probe->answer_bytes > 0)
            putchar(' ');
        print_hex(probe->answer, (size_t)probe->answer_bytes);
        putchar('\n');
        fflush(stdout);
    }
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "libnfc_probe CONNECTION\n");
        return 64;
    }
    static struct probe probe;
    nfc_context *context = NULL;
    nfc_init(&context);
    probe.device = context == NULL ? NULL : nfc_open(context, argv[1]);
    printf("open %s\n", probe.device == NULL ? "-" : nfc_device_get_name(probe.device));
    fflush(stdout);
    if (probe.device == NULL)
        return 1;
    serve(&probe);
    nfc_close(probe.device);
    nfc_exit(context);
    return 0;
}
