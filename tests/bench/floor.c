/* SPDX-License-Identifier: MIT */
/*
 * The floor of the benchmark: the least that can bring a UID from a PC/SC reader to a broker with mutual TLS. One
 * thread, libpcsclite, libmosquitto's own loop, QoS 1, and no checks: nobody would run it, and nothing can be much
 * quicker or smaller.
 *
 *   floor HOST PORT CA CERTIFICATE KEY TOPIC
 */
#include <mosquitto.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <winscard.h>

enum { KEEP_ALIVE_S = 60, WAIT_MS = KEEP_ALIVE_S * 1000 / 2, LOOP_MS = 1000, ANSWER_MAX_BYTES = 258 };

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
    fprintf(stderr, "floor: %s\n", what);
    exit(EXIT_FAILURE);
}

static struct mosquitto *connect_broker(char **arguments)
{
    mosquitto_lib_init();
    struct mosquitto *client = mosquitto_new("floor", true, NULL);
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

/* Writes the UID as hex; false if the card did not give it. */
static bool read_uid(SCARDCONTEXT context, const char *reader, char *hex)
{
    static const BYTE get_uid[] = {0xFF, 0xCA, 0x00, 0x00, 0x00};
    BYTE answer[ANSWER_MAX_BYTES];
    DWORD answer_bytes = sizeof(answer);
    DWORD protocol;
    SCARDHANDLE card;

    if (SCardConnect(context, reader, SCARD_SHARE_SHARED, SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1, &card, &protocol)
        != SCARD_S_SUCCESS)
        return false;
    const SCARD_IO_REQUEST *pci = protocol == SCARD_PROTOCOL_T0 ? SCARD_PCI_T0 : SCARD_PCI_T1;
    LONG result = SCardTransmit(card, pci, get_uid, sizeof(get_uid), NULL, answer, &answer_bytes);
    SCardDisconnect(card, SCARD_LEAVE_CARD);
    if (result != SCARD_S_SUCCESS || answer_bytes < 2)
        return false;
    for (DWORD i = 0; i < answer_bytes - 2; i++)
        sprintf(hex + 2 * i, "%02X", answer[i]);
    return true;
}

static void publish(struct mosquitto *client, const char *topic, const char *uid)
{
    static unsigned long sequence;
    char payload[2 * ANSWER_MAX_BYTES + 64];
    int message_id;
    int size = snprintf(payload, sizeof(payload), "{\"Sequence\":%lu,\"TagId\":\"%s\"}", ++sequence, uid);

    if (mosquitto_publish(client, &message_id, topic, size, payload, 1, false) != MOSQ_ERR_SUCCESS)
        fail("no publish");
    while (acknowledged != message_id) {
        if (mosquitto_loop(client, LOOP_MS, 1) != MOSQ_ERR_SUCCESS)
            fail("no PUBACK");
    }
}

int main(int argc, char **argv)
{
    SCARDCONTEXT context;
    char reader[MAX_READERNAME * 2];
    DWORD reader_bytes = sizeof(reader);
    char uid[2 * ANSWER_MAX_BYTES + 1] = "";

    if (argc != 7)
        fail("HOST PORT CA CERTIFICATE KEY TOPIC");
    struct mosquitto *client = connect_broker(argv);
    if (SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &context) != SCARD_S_SUCCESS)
        fail("no pcscd");
    if (SCardListReaders(context, NULL, reader, &reader_bytes) != SCARD_S_SUCCESS)
        fail("no reader");

    SCARD_READERSTATE state = {.szReader = reader, .dwCurrentState = SCARD_STATE_UNAWARE};
    for (;;) {
        LONG result = SCardGetStatusChange(context, WAIT_MS, &state, 1);
        bool arrived = (state.dwEventState & SCARD_STATE_PRESENT) != 0
            && ((state.dwCurrentState & SCARD_STATE_PRESENT) == 0
                || state.dwEventState >> 16 != state.dwCurrentState >> 16);
        if (result == SCARD_S_SUCCESS) {
            state.dwCurrentState = state.dwEventState;
            if (arrived && read_uid(context, reader, uid))
                publish(client, argv[6], uid);
        } else if (result != SCARD_E_TIMEOUT) {
            fail("pcscd has gone");
        }
        /* PINGREQ when it is due, PINGRESP when it has come. */
        mosquitto_loop(client, 0, 1);
    }
}
