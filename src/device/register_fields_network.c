/* SPDX-License-Identifier: MIT */
#include "device/register_fields.h"

#define NO_SERVER "the gateway offers no such service"
#define NOT_OURS "the network of this box belongs to its operating system; the setting is neither applied nor compared"
#define COMPARED "compared with the running network"
#define NO_HTTP "this gateway is no HTTP client"
#define NO_UDP "this gateway is no UDP server"
#define NO_SERIAL "this gateway offers no serial line to a host"

const struct field_def fields_0280[5] = {
    { .path = "network.ipv4.address", .title = "IPv4 address; 0.0.0.0 = by DHCP", .kind = FIELD_ADDRESS,
      .mask = { 0xFF, 0xFF, 0xFF, 0xFF }, .effect = "where set: " COMPARED ", and a difference is reported; "
      "`springparkctl network` shows both, `sudo springparkctl network --apply` makes the network so; META shows the "
      "interface that has this address, or else the one with the default route" },
    { .path = "network.ipv4.netmask", .title = "IPv4 network mask", .kind = FIELD_ADDRESS,
      .mask = { [4] = 0xFF, 0xFF, 0xFF, 0xFF }, .effect = COMPARED },
    { .path = "network.ipv4.gateway", .title = "Default gateway; 0.0.0.0 = none", .kind = FIELD_ADDRESS,
      .mask = { [8] = 0xFF, 0xFF, 0xFF, 0xFF }, .effect = COMPARED },
    { .path = "network.ipv4.nameserver_1", .title = "First name server", .kind = FIELD_ADDRESS,
      .mask = { [12] = 0xFF, 0xFF, 0xFF, 0xFF }, .effect = COMPARED },
    { .path = "network.ipv4.nameserver_2", .title = "Second name server", .kind = FIELD_ADDRESS,
      .mask = { [16] = 0xFF, 0xFF, 0xFF, 0xFF }, .effect = COMPARED },
};

const struct field_def fields_0281[1] = {
    { .path = "network.ipv6", .title = "IPv6 settings", .kind = FIELD_HEX, .support = FIELD_NOT_APPLICABLE,
      .effect = NOT_OURS },
};

static const struct field_option link_speed_options[] = {
    { 0, "auto", "Negotiated", NULL },
    { 1, "10-half", "10 Mbit/s, half duplex", NULL },
    { 2, "10-full", "10 Mbit/s, full duplex", NULL },
    { 3, "100-half", "100 Mbit/s, half duplex", NULL },
    { 4, "100-full", "100 Mbit/s, full duplex", NULL },
    { 0, NULL, NULL, NULL },
};

const struct field_def fields_0283[4] = {
    { .path = "network.disabled", .title = "Network off", .kind = FIELD_BOOLEAN, .mask = { 0x80 },
      .support = FIELD_REFUSED,
      .effect = "without the network no event would leave the box; leave mqtt.broker out instead" },
    { .path = "network.no_auto_protection", .title = "No automatic protection of the network interface",
      .kind = FIELD_BOOLEAN, .mask = { 0x40 }, .support = FIELD_NOT_APPLICABLE, .effect = NOT_OURS },
    { .title = "Reserved", .kind = FIELD_RESERVED, .mask = { 0x38 } },
    { .path = "network.link_speed", .title = "Speed of the link", .kind = FIELD_CHOICE, .mask = { 0x07 },
      .options = link_speed_options, .support = FIELD_NOT_APPLICABLE, .effect = NOT_OURS },
};

static const struct field_option direct_options[] = {
    { 0, "off", "Off", NULL },
    { 1, "udp", "Over UDP", NULL },
    { 2, "tcp", "Over TCP", NULL },
    { 3, "reserved-3", "Reserved", BY_THE_DEVICE },
    { 0, NULL, NULL, NULL },
};

const struct field_def fields_0284[4] = {
    { .title = "Reserved", .kind = FIELD_RESERVED, .mask = { 0xF0 } },
    { .path = "network.services.direct", .title = "Direct server", .kind = FIELD_CHOICE, .mask = { 0x0C },
      .options = direct_options, .support = FIELD_NOT_APPLICABLE, .effect = NO_SERVER },
    { .path = "network.services.telnet_disabled", .title = "No Telnet server", .kind = FIELD_BOOLEAN, .mask = { 0x02 },
      .support = FIELD_NOT_APPLICABLE, .effect = NO_SERVER },
    { .path = "network.services.nddu_disabled", .title = "No discovery server (NDDU)", .kind = FIELD_BOOLEAN,
      .mask = { 0x01 }, .effect = "true: no lookup is answered; false: as discovery.reach says" },
};

const struct field_def fields_0285[7] = {
    { .path = "ports.telnet", .title = "Port of the Telnet server", .kind = FIELD_NUMBER, .mask = { 0xFF, 0xFF },
      .max = 65535, .support = FIELD_NOT_APPLICABLE, .effect = NO_SERVER },
    { .path = "ports.nddu", .title = "Port of the discovery server (NDDU)", .kind = FIELD_NUMBER,
      .mask = { [2] = 0xFF, 0xFF }, .max = 65535, .effect = "UDP; 0 = 3999" },
    { .path = "ports.direct", .title = "Port of the Direct server", .kind = FIELD_NUMBER, .mask = { [4] = 0xFF, 0xFF },
      .max = 65535, .support = FIELD_NOT_APPLICABLE, .effect = NO_SERVER },
    { .path = "ports.ccid", .title = "Port of the CCID server", .kind = FIELD_NUMBER, .mask = { [6] = 0xFF, 0xFF },
      .max = 65535, .support = FIELD_NOT_APPLICABLE, .effect = NO_SERVER },
    { .path = "ports.scrdr", .title = "Port of the SCRDR or JSON server", .kind = FIELD_NUMBER,
      .mask = { [8] = 0xFF, 0xFF }, .max = 65535, .support = FIELD_NOT_APPLICABLE, .effect = NO_SERVER },
    { .path = "mqtt.port", .title = "Port of the MQTT broker", .kind = FIELD_NUMBER, .mask = { [10] = 0xFF, 0xFF },
      .max = 65535, .effect = "0 = 8883 with TLS, 1883 without" },
    { .path = "ports.http", .title = "Port of the HTTP server", .kind = FIELD_NUMBER, .mask = { [12] = 0xFF, 0xFF },
      .max = 65535, .support = FIELD_NOT_APPLICABLE, .effect = NO_SERVER },
};

const struct field_def fields_0290[1] = {
    { .path = "http_client.server", .title = "Name or address of the HTTP server", .kind = FIELD_TEXT,
      .support = FIELD_NOT_APPLICABLE, .effect = NO_HTTP },
};

const struct field_def fields_0291[1] = {
    { .path = "http_client.path", .title = "Path of the service on it", .kind = FIELD_TEXT,
      .support = FIELD_NOT_APPLICABLE, .effect = NO_HTTP },
};

const struct field_def fields_0292[2] = {
    { .path = "http_client.timeout", .title = "Time after which the connection counts as lost; 0 = 30 s",
      .kind = FIELD_NUMBER, .mask = { 0xFF }, .max = 255, .unit = "s", .support = FIELD_NOT_APPLICABLE,
      .effect = NO_HTTP },
    { .path = "http_client.keep_alive", .title = "Time between two signs of life; 0 = 60 s", .kind = FIELD_NUMBER,
      .mask = { [1] = 0xFF }, .max = 255, .unit = "s", .support = FIELD_NOT_APPLICABLE, .effect = NO_HTTP },
};

const struct field_def fields_0293[1] = {
    { .path = "http_client.hmac_key", .title = "Key of the HMAC", .kind = FIELD_HEX, .support = FIELD_NOT_APPLICABLE,
      .effect = NO_HTTP },
};

const struct field_def fields_0294[1] = {
    { .path = "udp_server.remote", .title = "Where events are sent; empty or 255.255.255.255 = to all",
      .kind = FIELD_TEXT, .support = FIELD_NOT_APPLICABLE, .effect = NO_UDP },
};

const struct field_def fields_0295[3] = {
    { .title = "Reserved", .kind = FIELD_RESERVED, .mask = { 0xFC } },
    { .path = "udp_server.check_port", .title = "Ignore what comes from another port", .kind = FIELD_BOOLEAN,
      .mask = { 0x02 }, .support = FIELD_NOT_APPLICABLE, .effect = NO_UDP },
    { .path = "udp_server.check_address", .title = "Ignore what comes from another address", .kind = FIELD_BOOLEAN,
      .mask = { 0x01 }, .support = FIELD_NOT_APPLICABLE, .effect = NO_UDP },
};

const struct field_def fields_029C[3] = {
    { .title = "Reserved", .kind = FIELD_RESERVED, .mask = { 0xFE } },
    { .path = "serial.automatic_ui", .title = "LEDs follow what the host does", .kind = FIELD_BOOLEAN, .mask = { 0x01 },
      .support = FIELD_NOT_APPLICABLE, .effect = NO_SERIAL },
    { .path = "serial.idle_timeout", .title = "Time after which a silent host is gone and the field off; 0 = never",
      .kind = FIELD_NUMBER, .mask = { [1] = 0xFF }, .max = 255, .unit = "s", .support = FIELD_NOT_APPLICABLE,
      .effect = NO_SERIAL },
};

static const struct field_option serial_driver_options[] = {
    { 0, "ttl", "TTL levels, no driver", NULL },
    { 1, "rs-232", "RS-232", NULL },
    { 2, "rs-485", "RS-485", NULL },
    { 3, "reserved-3", "Reserved", BY_THE_DEVICE },
    { 0, NULL, NULL, NULL },
};

const struct field_def fields_029F[2] = {
    { .title = "Reserved", .kind = FIELD_RESERVED, .mask = { 0xFC } },
    { .path = "serial.driver", .title = "Driver of the line", .kind = FIELD_CHOICE, .mask = { 0x03 },
      .options = serial_driver_options, .support = FIELD_NOT_APPLICABLE, .effect = NO_SERIAL },
};
