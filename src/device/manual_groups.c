/* SPDX-License-Identifier: MIT */
/* What springpark.conf(5) says around the tables. Constant data. */
#include "device/manual.h"

#include <string.h>

static const struct group {
    const char *path;
    const char *about;
} groups[] = {
    { "profile", "What the box is. Nothing else is possible on this gateway." },
    { "mqtt", "The broker and the session with it. Without a broker the daemon reads, keeps its events and shows them"
              " on `springparkctl watch`." },
    { "mqtt.tls", "TLS to the broker. The slots are those of the groups `certificates` and `keys`." },
    { "mqtt.options", "Options of the MQTT client." },
    { "smart_reader", "Reading and the events." },
    { "templates", "A list of groups: what is looked for and how it is shown. There are up to 4 instances, tried"
                   " in this order; without the list every tag gives its identifier in hex. What an entry may have"
                   " depends on its type: a setting of another type is an error. An entry with neither type nor"
                   " technologies looks for all tags, as the type id-only, and one with a type alone for what that type's section names"
                   " first. A type whose registers hold a key takes it as \"file:PATH\", too." },
    { "readers", "A list of groups, one for each reader or kind of reader, at most 64. Without it every contactless"
                 " PC/SC reader is used." },
    { "certificates", "What a SpringPark has in its 16 certificate slots." },
    { "keys", "The private keys of the same slots." },
    { "journal", "What is kept on disk until the broker has acknowledged it." },
    { "feedback", "What the person at the reader sees and hears: which sequence is played for what became of a read." },
    { "feedback.devices", "A list of groups, at most 16: through which devices. All of them get each signal."
                          " Without the list it is the log." },
    { "provisioning", "How a box that is delivered with a claim certificate only comes to its own. AWS calls this fleet"
                      " provisioning by claim, see `springpark-aws`(7). It needs mqtt.tls.client_auth." },
    { "network.ipv4", "The network of the box, which is its operating system's: it is compared, and a difference is a"
                      " warning. `springparkctl network` shows both, and sets it." },
    { "network.services", "What the box answers on the network." },
    { "discovery", "Who finds this box that looks for SpringCard devices on the network." },
    { "ports", "Where it is answered." },
    { "ui", "LEDs and buzzer, whichever the list feedback.devices has." },
    { "device", "Who the box is." },
    { "messages", "What messages hold." },
};

static const char *const examples[] = {
    "# One PC/SC reader, AWS IoT Core. Slot 9, the CA, is \"amazon\" by default.\n"
    "mqtt:\n"
    "{\n"
    "    broker = \"xxxxxxxxxxxxxx-ats.iot.us-west-2.amazonaws.com\";\n"
    "    options: { retained = false; keep_alive = 60; };\n"
    "};\n"
    "certificates: { slot_D = \"/etc/springpark/certs/device.pem\"; };\n"
    "keys: { slot_D = \"/etc/springpark/private/device.key\"; };\n"
    "readers: ( { driver = \"pcsc\"; name = \"*\"; label = \"door\"; } );\n",

    "# A broker in the house with a CA of its own, a login in place of client certificates, and a PN532\n"
    "# on the serial line of a Raspberry Pi.\n"
    "mqtt:\n"
    "{\n"
    "    broker = \"broker.example\";\n"
    "    login = \"door-1\";\n"
    "    password = \"file:/etc/springpark/private/password\";\n"
    "    tls: { ca_slot = 0x1; client_auth = false; };\n"
    "};\n"
    "certificates: { slot_1 = \"/etc/springpark/certs/ca.pem\"; };\n"
    "readers: ( { driver = \"libnfc\"; connection = \"pn532_uart:/dev/ttyAMA0:115200\"; } );\n"
    "smart_reader: { insert_remove = true; repeat_interval = 50; };\n",

    "# A broker on this box, without TLS: for a first try only.\n"
    "mqtt: { broker = \"localhost\"; tls: { enabled = false; }; };\n",

    "# Two readers with signals of their own. The beep at the read is given up for one at the\n"
    "# acknowledgement by the broker.\n"
    "mqtt: { broker = \"broker.example\"; };\n"
    "certificates: { slot_9 = \"/etc/springpark/certs/ca.pem\"; slot_D = \"/etc/springpark/certs/device.pem\"; };\n"
    "keys: { slot_D = \"/etc/springpark/private/device.key\"; };\n"
    "readers: ( { name = \"ACS ACR1252 *\"; label = \"in\"; }, { name = \"ACS ACR122U *\"; label = \"out\"; } );\n"
    "feedback:\n"
    "{\n"
    "    read = \"none\";\n"
    "    confirmed = \"read-success\";\n"
    "    devices = ( { driver = \"pcsc\"; },\n"
    "                { driver = \"sysfs-leds\"; green = \"led0\"; reader = \"in\"; } );\n"
    "};\n",
};

const char *manual_group_about(const char *group)
{
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        if (strcmp(groups[i].path, group) == 0)
            return groups[i].about;
    }
    return NULL;
}

const char *manual_group_by_order(size_t index)
{
    return index < sizeof groups / sizeof groups[0] ? groups[index].path : NULL;
}

const char *manual_example(size_t index)
{
    return index < sizeof examples / sizeof examples[0] ? examples[index] : NULL;
}
