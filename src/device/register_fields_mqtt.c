/* SPDX-License-Identifier: MIT */
#include "device/register_fields.h"

const struct field_def fields_0286[1] = {
    { .path = "mqtt.broker", .title = "MQTT broker", .kind = FIELD_TEXT,
      .effect = "name or address of the broker; empty = none, events then only show on `springparkctl watch`",
      .sample = "\"xxxxxxxxxxxxxx-ats.iot.us-west-2.amazonaws.com\"" },
};

static const struct field_option trust_options[] = {
    { 0, "any", "Accept any server certificate (only with mqtt.tls.allow_insecure)", NULL },
    { 1, "server", "Accept the server's own certificate, which is in the slot", NULL },
    { 2, "ca", "The CA in the slot must have signed the server's certificate itself", NULL },
    { 3, "pki", "A chain must lead to the CA in the slot", NULL },
    { 0, NULL, NULL, NULL },
};

#define KEY_IN_A_FILE "the key is the file that keys.slot_X names, wherever a device would hold it"

static const struct field_option key_location_options[] = {
    { 0, "raw", "Memory of the device", NULL },
    { 1, "atecc", "Secure element (ATECC)", NULL },
    { 2, "reserved-2", "Reserved (ECC)", BY_THE_DEVICE },
    { 3, "reserved-3", "Reserved (RSA)", BY_THE_DEVICE },
    { 0, NULL, NULL, NULL },
};

const struct field_def fields_0288[18] = {
    { .title = "Reserved", .kind = FIELD_RESERVED, .mask = { 0x80 } },
    { .path = "mqtt.tls.exact", .title = "Compare the whole server certificate", .kind = FIELD_BOOLEAN,
      .mask = { 0x40 },
      .effect = "with the trust \"server\" only; true = the very certificate in the slot, false = any with the same"
      " public key, so that the server can renew it" },
    { .path = "mqtt.tls.trust", .title = "What makes the server trusted", .kind = FIELD_CHOICE, .mask = { 0x30 },
      .options = trust_options, .effect = "how the server's certificate is checked; \"ca\" cannot verify an endpoint with"
      " an intermediate CA, as AWS IoT Core has" },
    { .title = "Reserved", .kind = FIELD_RESERVED, .mask = { 0x08 } },
    { .path = "mqtt.tls.verify_name", .title = "Check the name in the server certificate", .kind = FIELD_BOOLEAN,
      .mask = { 0x04 }, .effect = "the certificate must be for mqtt.broker" },
    { .path = "mqtt.tls.sni", .title = "Send the server's name (SNI)", .kind = FIELD_BOOLEAN, .mask = { 0x02 },
      .effect = "AWS IoT Core closes connections without it" },
    { .path = "mqtt.tls.enabled", .title = "TLS", .kind = FIELD_BOOLEAN, .mask = { 0x01 },
      .effect = "without it (plain MQTT) everybody on the way can read and forge events" },
    { .title = "Reserved", .kind = FIELD_RESERVED, .mask = { 0x00, 0xF0 } },
    { .path = "mqtt.tls.ca_slot", .title = "Slot of the CA's certificate", .kind = FIELD_NUMBER,
      .mask = { 0x00, 0x0F }, .max = 15,
      .effect = "the slot in certificates with the CA of the broker, or for the trust \"server\" with the broker's own"
      " certificate", .sample = "0x9" },
    { .path = "mqtt.tls.client_auth", .title = "Authenticate with a client certificate", .kind = FIELD_BOOLEAN,
      .mask = { 0x00, 0x00, 0x80 }, .effect = "mutual TLS" },
    { .title = "Reserved", .kind = FIELD_RESERVED, .mask = { 0x00, 0x00, 0x70 } },
    { .path = "mqtt.tls.certificate_slot", .title = "Slot of the client certificate", .kind = FIELD_NUMBER,
      .mask = { 0x00, 0x00, 0x0F }, .max = 15, .effect = "the slot in certificates with this box's own certificate",
      .sample = "0xD" },
    { .path = "mqtt.tls.key_location", .title = "Where the device keeps its key", .kind = FIELD_CHOICE,
      .mask = { [3] = 0xC0 }, .options = key_location_options, .support = FIELD_NOT_APPLICABLE,
      .effect = KEY_IN_A_FILE },
    { .title = "Reserved", .kind = FIELD_RESERVED, .mask = { [3] = 0x30 } },
    { .path = "mqtt.tls.key_slot", .title = "Slot of the client's key", .kind = FIELD_NUMBER, .mask = { [3] = 0x0F },
      .max = 15, .effect = "the slot in keys with the key of that certificate", .sample = "0xD" },
    { .path = "mqtt.tls.chain", .title = "Send the client's CA too", .kind = FIELD_BOOLEAN, .mask = { [4] = 0x80 },
      .effect = "when this is left out, only if the slot of the chain is set" },
    { .title = "Reserved", .kind = FIELD_RESERVED, .mask = { [4] = 0x70 } },
    { .path = "mqtt.tls.chain_slot", .title = "Slot of the client's CA", .kind = FIELD_NUMBER, .mask = { [4] = 0x0F },
      .max = 15, .effect = "the slot in certificates that is sent after the client's own", .sample = "0xF" },
};

#define NO_QOS_2 "AWS IoT Core has no QoS 2, and each event has an identity that shows a repetition; write 1"

const struct field_def fields_0289[11] = {
    { .path = "mqtt.options.subscribe_qos", .title = "QoS of the subscription", .kind = FIELD_NUMBER,
      .mask = { 0xC0 }, .max = 3, .refused_because = NO_QOS_2, .refused_first = 2, .refused_last = 3,
      .effect = "for the commands on rdr/cmd" },
    { .path = "mqtt.options.publish_qos", .title = "QoS of publishing", .kind = FIELD_NUMBER, .mask = { 0x30 },
      .max = 3, .refused_because = NO_QOS_2, .refused_first = 2, .refused_last = 3,
      .effect = "1 = an event is kept until the broker has acknowledged it; 0 = sent once, perhaps lost" },
    { .title = "Reserved", .kind = FIELD_RESERVED, .mask = { 0x08 } },
    { .path = "mqtt.options.create_before_subscribe", .title = "Create the topics before subscribing",
      .kind = FIELD_BOOLEAN, .mask = { 0x04 }, .support = FIELD_NOT_APPLICABLE,
      .effect = "a subscription needs no topic that exists" },
    { .path = "mqtt.options.last_will", .title = "Last will", .kind = FIELD_BOOLEAN, .mask = { 0x02 },
      .effect = "the broker says \"offline,dead\" when the link is lost" },
    { .path = "mqtt.options.retained", .title = "Retained messages", .kind = FIELD_BOOLEAN, .mask = { 0x01 },
      .effect = "the broker keeps the latest META and STATUS for those who subscribe later" },
    { .path = "mqtt.options.connect_timeout", .title = "Longest wait for the connection", .kind = FIELD_NUMBER,
      .mask = { [1] = 0xFF }, .max = 255, .unit = "s",
      .refused_because = "no connection is made in no time", .effect = "for each attempt" },
    { .path = "mqtt.options.response_timeout", .title = "Longest wait for an answer", .kind = FIELD_NUMBER,
      .mask = { [2] = 0xFF }, .max = 255, .unit = "s",
      .refused_because = "no answer comes in no time", .effect = "of the broker; for acknowledgements at least 10 s" },
    { .path = "mqtt.options.keep_alive", .title = "Keep-alive interval", .kind = FIELD_NUMBER,
      .mask = { [3] = 0xFF }, .max = 255, .unit = "s",
      .refused_because = "with 0 a dead link would never be noticed, and libmosquitto takes nothing from 1 to 4 s",
      .refused_first = 0, .refused_last = 4, .effect = "a dead link is noticed after twice as long at most" },
    { .path = "mqtt.options.status_interval", .title = "Interval of STATUS messages", .kind = FIELD_NUMBER,
      .mask = { [4] = 0xFF }, .max = 255, .unit = "s", .effect = "0 = only at connection" },
    { .path = "mqtt.options.reconnect_interval", .title = "Longest wait before reconnecting", .kind = FIELD_NUMBER,
      .mask = { [5] = 0xFF }, .max = 255, .unit = "s",
      .refused_because = "a broker that is down would be called without a pause",
      .effect = "the wait is drawn at random and doubles from attempt to attempt up to this" },
};

const struct field_def fields_028B[1] = {
    { .path = "mqtt.login", .title = "User name at the broker", .kind = FIELD_TEXT,
      .effect = "empty = none, the client certificate says who we are" },
};

const struct field_def fields_028C[1] = {
    { .path = "mqtt.password", .title = "Password at the broker", .kind = FIELD_TEXT,
      .effect = "\"file:PATH\" takes it from a file; empty = none" },
};

const struct field_def fields_028D[1] = {
    { .path = "mqtt.client_id", .title = "MQTT client id", .kind = FIELD_TEXT,
      .effect = "empty = the serial number" },
};

const struct field_def fields_028E[1] = {
    { .path = "mqtt.topic_prefix", .title = "Topic prefix", .kind = FIELD_TEXT,
      .effect = "topics are PREFIX/DEVICE-ID/meta, status, rdr/evt, rdr/cmd" },
};

const struct field_def fields_028F[1] = {
    { .path = "mqtt.device_id", .title = "Device id in topics and messages", .kind = FIELD_TEXT,
      .effect = "empty = the serial number" },
};
