/* SPDX-License-Identifier: MIT */
/* The words for MQTT's reason codes: MQTT 5.0 section 2.4, MQTT 3.1.1 sections 3.2.2.3 and 3.9.3. */
#include "cloud/mqtt.h"

#include <stddef.h>

struct reason {
    int code;
    const char *text;
};

static const struct reason reasons_5[] = {
    { 0x00, "success" },
    { 0x04, "disconnect with will" },
    { 0x10, "no matching subscribers" },
    { 0x80, "unspecified error" },
    { 0x81, "malformed packet" },
    { 0x82, "protocol error" },
    { 0x83, "implementation specific error" },
    { 0x84, "unsupported protocol version" },
    { 0x85, "client identifier not valid" },
    { 0x86, "bad user name or password" },
    { 0x87, "not authorized" },
    { 0x88, "server unavailable" },
    { 0x89, "server busy" },
    { 0x8A, "banned" },
    { 0x8B, "server shutting down" },
    { 0x8C, "bad authentication method" },
    { 0x8D, "keep alive timeout" },
    { 0x8E, "session taken over" },
    { 0x8F, "topic filter invalid" },
    { 0x90, "topic name invalid" },
    { 0x91, "packet identifier in use" },
    { 0x92, "packet identifier not found" },
    { 0x93, "receive maximum exceeded" },
    { 0x94, "topic alias invalid" },
    { 0x95, "packet too large" },
    { 0x96, "message rate too high" },
    { 0x97, "quota exceeded" },
    { 0x98, "administrative action" },
    { 0x99, "payload format invalid" },
    { 0x9A, "retain not supported" },
    { 0x9B, "QoS not supported" },
    { 0x9C, "use another server" },
    { 0x9D, "server moved" },
    { 0x9E, "shared subscriptions not supported" },
    { 0x9F, "connection rate exceeded" },
    { 0xA0, "maximum connect time" },
    { 0xA1, "subscription identifiers not supported" },
    { 0xA2, "wildcard subscriptions not supported" },
};

static const struct reason reasons_3[] = {
    { 0x00, "accepted" },
    { 0x01, "unacceptable protocol version" },
    { 0x02, "client identifier rejected" },
    { 0x03, "server unavailable" },
    { 0x04, "bad user name or password" },
    { 0x05, "not authorized" },
    { 0x80, "failure" },
};

static const char *look_up(const struct reason *reasons, size_t count, int code)
{
    for (size_t i = 0; i < count; i++) {
        if (reasons[i].code == code)
            return reasons[i].text;
    }
    return "unknown reason";
}

const char *mqtt_reason_text(int version, int reason)
{
    if (version == 5)
        return look_up(reasons_5, sizeof reasons_5 / sizeof reasons_5[0], reason);
    return look_up(reasons_3, sizeof reasons_3 / sizeof reasons_3[0], reason);
}
