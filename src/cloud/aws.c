/* SPDX-License-Identifier: MIT */
#include "cloud/aws.h"

#include <string.h>
#include <strings.h>

static bool ends_in(const char *text, const char *end)
{
    size_t length = strlen(text);

    return length > strlen(end) && strcasecmp(text + length - strlen(end), end) == 0;
}

bool aws_is_endpoint(const char *host)
{
    if (!ends_in(host, ".amazonaws.com") && !ends_in(host, ".amazonaws.com.cn"))
        return false;
    return strcasestr(host, ".iot.") != NULL;
}

const char *aws_alpn(uint16_t port)
{
    return port == 443 ? "x-amzn-mqtt-ca" : NULL;
}

static void check_tls(const struct cloud_tls_settings *tls, struct errors *errors, struct errors *notes)
{
    if (!tls->enabled) {
        errors_add(errors, "mqtt.tls.enabled: AWS IoT Core takes MQTT over TLS only; write true");
        return; /* nothing else of it counts then */
    }
    if (!tls->sni)
        errors_add(errors, "mqtt.tls.sni: AWS IoT Core closes connections that do not name its endpoint (SNI); write "
                   "true");
    if (!tls->client_auth)
        errors_add(errors, "mqtt.tls.client_auth: AWS IoT Core knows a device by its certificate; write true, and name "
                   "certificate and key in their slots");
    if (tls->trust == CLOUD_TRUST_ANY)
        errors_add(errors, "mqtt.tls.trust: with \"any\" anybody could take AWS IoT Core's place, whose roots are known; "
                   "write \"pki\"");
    if (tls->trust == CLOUD_TRUST_CA)
        errors_add(errors, "mqtt.tls.trust: \"ca\" follows no chain, and an intermediate CA stands between AWS IoT "
                   "Core's certificate and its root; write \"pki\"");
    if (tls->trust == CLOUD_TRUST_SERVER)
        errors_add(notes, "mqtt.tls.trust: \"server\" works until AWS renews the endpoint's certificate, which it does "
                   "without a word; write \"pki\"");
    if (!tls->verify_name && tls->trust != CLOUD_TRUST_SERVER && tls->trust != CLOUD_TRUST_ANY)
        errors_add(notes, "mqtt.tls.verify_name: is false: whoever has a certificate of a trusted CA, Amazon's "
                   "customers included, could take AWS IoT Core's place; write true");
}

static unsigned count_slashes(const char *topic)
{
    unsigned count = 0;

    for (const char *at = strchr(topic, '/'); at != NULL; at = strchr(at + 1, '/'))
        count++;
    return count;
}

static void check_topic(const char *topic, struct errors *errors)
{
    size_t size_bytes = strlen(topic);
    unsigned slashes = count_slashes(topic);

    if (slashes > AWS_TOPIC_SLASHES)
        errors_add(errors, "mqtt.topic_prefix: the topic \"%s\" has %u slashes; AWS IoT Core takes %u at most; take %u "
                   "level%s out of the prefix", topic, slashes, AWS_TOPIC_SLASHES, slashes - AWS_TOPIC_SLASHES,
                   slashes - AWS_TOPIC_SLASHES == 1 ? "" : "s");
    if (size_bytes > AWS_TOPIC_BYTES)
        errors_add(errors, "mqtt.topic_prefix: the topic \"%s\" has %zu bytes; AWS IoT Core takes %u at most; shorten "
                   "the prefix or mqtt.device_id", topic, size_bytes, AWS_TOPIC_BYTES);
    if (topic[0] == '$')
        errors_add(errors, "mqtt.topic_prefix: the topic \"%s\" begins with \"$\"; AWS IoT Core keeps those for "
                   "itself; write another prefix", topic);
}

static void check_client_id(const char *client_id, struct errors *errors)
{
    if (strlen(client_id) > AWS_CLIENT_ID_BYTES)
        errors_add(errors, "mqtt.client_id: it has %zu bytes; AWS IoT Core takes %u at most", strlen(client_id),
                   AWS_CLIENT_ID_BYTES);
    if (client_id[0] == '$')
        errors_add(errors, "mqtt.client_id: \"%s\" begins with \"$\"; AWS IoT Core keeps those for itself", client_id);
}

static void check_keep_alive(unsigned keep_alive_s, struct errors *errors, struct errors *notes)
{
    if (keep_alive_s > AWS_KEEP_ALIVE_MAX_S)
        errors_add(errors, "mqtt.options.keep_alive: %u s is more than AWS IoT Core keeps to; %u to %u are allowed",
                   keep_alive_s, AWS_KEEP_ALIVE_MIN_S, AWS_KEEP_ALIVE_MAX_S);
    /* The link is still looked after: with MQTT 5 CONNACK says 30 s, and libmosquitto keeps to that; with 3.1.1 it
     * goes on asking at the shorter interval. Only the broker's own judgement (the will) comes later. */
    if (keep_alive_s < AWS_KEEP_ALIVE_MIN_S)
        errors_add(notes, "mqtt.options.keep_alive: AWS IoT Core makes %u s of %u s; %u to %u are as written; it "
                   "notices a dead link, and publishes the last will, after one and a half times that",
                   AWS_KEEP_ALIVE_MIN_S, keep_alive_s, AWS_KEEP_ALIVE_MIN_S, AWS_KEEP_ALIVE_MAX_S);
}

void aws_check_settings(const struct cloud_settings *settings, struct errors *errors, struct errors *notes)
{
    const char *const topics[] = { settings->topic_meta, settings->topic_status, settings->topic_event,
                                   settings->topic_command };

    if (!aws_is_endpoint(settings->host))
        return;
    if (settings->port != 8883 && settings->port != 443)
        errors_add(errors, "mqtt.port: AWS IoT Core takes MQTT with device certificates on port 8883, or on 443; %u is "
                   "neither", (unsigned) settings->port);
    check_tls(&settings->tls, errors, notes);
    for (size_t i = 0; i < sizeof topics / sizeof topics[0]; i++)
        check_topic(topics[i], errors);
    check_client_id(settings->client_id, errors);
    check_keep_alive(settings->keep_alive_s, errors, notes);
    if (settings->publish_qos > 1)
        errors_add(errors, "mqtt.options.publish_qos: AWS IoT Core has no QoS 2; write 1");
    if (settings->subscribe_qos > 1)
        errors_add(errors, "mqtt.options.subscribe_qos: AWS IoT Core has no QoS 2; write 1");
    if (settings->replay_rate > AWS_PUBLISH_RATE)
        errors_add(errors, "journal.replay_rate: %u a second; AWS IoT Core takes %u publishes a second on a connection "
                   "and discards the rest; write %u or less (new events come on top, and all together are held to %u)",
                   settings->replay_rate, AWS_PUBLISH_RATE, AWS_PUBLISH_RATE, AWS_OUR_PUBLISH_RATE);
}
