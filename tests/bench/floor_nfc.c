/* SPDX-License-Identifier: MIT */
/*
 * The floor of the benchmark for libnfc readers: the least that can bring a UID from a libnfc reader to a broker with
 * mutual TLS. One thread, libnfc, libmosquitto's own loop, QoS 1, NFC-A only, and no checks: a chip that falls silent
 * holds it for ever. It looks for a tag and whether it is still there every 20 ms, or lets the chip look for one.
 *
 *   floor_nfc HOST PORT CA CERTIFICATE KEY TOPIC CONNECTION select|poll
 */
#include <mosquitto.h>
#include <nfc/nfc.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { KEEP_ALIVE_S = 60, LOOP_MS = 1000, PAUSE_US = 20000, POLLS = 10, POLL_PERIOD = 1 };

static const nfc_modulation type_a = {NMT_ISO14443A, NBR_106};
static bool connected;
static int acknowledged;

static void on_connect(struct mosquitto *client, void *context, int reason)
{
    (void) client;
    (void) context;
    connected = reason == 0;
}

static void on_publish(struct mosquitto *client, void *context, int message_id)
{
    (void) client;
    (void) context;
    acknowledged = message_id;
}

static void fail(const char *what)
{
    fprintf(stderr, "floor_nfc: %s\n", what);
    exit(EXIT_FAILURE);
}

static struct mosquitto *connect_broker(char **arguments)
{
    mosquitto_lib_init();
    struct mosquitto *client = mosquitto_new(NULL, true, NULL);
    if (client == NULL)
        fail("no client");
    mosquitto_connect_callback_set(client, on_connect);
    mosquitto_publish_callback_set(client, on_publish);
    mosquitto_int_option(client, MOSQ_OPT_TCP_NODELAY, 1);
    if (mosquitto_tls_set(client, arguments[3], NULL, arguments[4], arguments[5], NULL) != MOSQ_ERR_SUCCESS)
        fail("no TLS");
    if (mosquitto_connect(client, arguments[1], atoi(arguments[2]), KEEP_ALIVE_S) != MOSQ_ERR_SUCCESS)
        fail("no connection");
    while (!connected) {
        if (mosquitto_loop(client, LOOP_MS, 1) != MOSQ_ERR_SUCCESS)
            fail("no CONNACK");
    }
    return client;
}

static nfc_device *open_device(const char *connection)
{
    nfc_context *context = NULL;

    nfc_init(&context);
    if (context == NULL)
        fail("no libnfc");
    nfc_device *device = nfc_open(context, connection);
    if (device == NULL || nfc_initiator_init(device) < 0)
        fail("no reader");
    if (nfc_device_set_property_bool(device, NP_INFINITE_SELECT, false) < 0)
        fail("no limit of retries");
    return device;
}

static bool find_tag(nfc_device *device, bool chip_polls, nfc_target *target)
{
    int found = chip_polls ? nfc_initiator_poll_target(device, &type_a, 1, POLLS, POLL_PERIOD, target)
                           : nfc_initiator_select_passive_target(device, type_a, NULL, 0, target);

    return found > 0;
}

static void publish(struct mosquitto *client, const char *topic, const nfc_target *target, const char *move)
{
    static unsigned long sequence;
    char uid[2 * sizeof target->nti.nai.abtUid + 1] = "";
    char payload[128];
    int message_id;

    for (size_t i = 0; i < target->nti.nai.szUidLen && i < sizeof target->nti.nai.abtUid; i++)
        sprintf(uid + 2 * i, "%02X", target->nti.nai.abtUid[i]);
    int size = snprintf(payload, sizeof payload, "{\"Sequence\":%lu,\"TagId\":\"%s\",\"Move\":\"%s\"}", ++sequence, uid,
                        move);
    if (mosquitto_publish(client, &message_id, topic, size, payload, 1, false) != MOSQ_ERR_SUCCESS)
        fail("no publish");
    while (acknowledged != message_id) {
        if (mosquitto_loop(client, LOOP_MS, 1) != MOSQ_ERR_SUCCESS)
            fail("no PUBACK");
    }
}

int main(int argc, char **argv)
{
    nfc_target target;

    if (argc != 9)
        fail("HOST PORT CA CERTIFICATE KEY TOPIC CONNECTION select|poll");
    const bool chip_polls = strcmp(argv[8], "poll") == 0;
    struct mosquitto *client = connect_broker(argv);
    nfc_device *device = open_device(argv[7]);

    for (;;) {
        if (find_tag(device, chip_polls, &target)) {
            publish(client, argv[6], &target, "Insert");
            do
                usleep(PAUSE_US);
            while (nfc_initiator_target_is_present(device, NULL) == 0);
            publish(client, argv[6], &target, "Remove");
        } else if (!chip_polls) {
            usleep(PAUSE_US);
        }
        /* PINGREQ when it is due, PINGRESP when it has come. */
        mosquitto_loop(client, 0, 1);
    }
}
