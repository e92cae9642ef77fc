/* SPDX-License-Identifier: MIT */
#include "device/register_fields.h"

#define FIELDS(list) .fields = (list), .fields_count = sizeof(list) / sizeof((list)[0])
#define SIZE(bytes) .size_bytes = (bytes), .gateway_size_bytes = (bytes)
/* A limit that is only the device's memory. */
#define TEXT_SIZE(bytes, gateway) .size_bytes = (bytes), .gateway_size_bytes = (gateway), .variable = true
#define TEMPLATE .section = "Templates", .per_template = true

static const struct register_def table[] = {
    { .address = 0x0201, .name = "inventory", .title = "Inventory number", .section = "Identity",
      TEXT_SIZE(16, 16), .device_default = "", FIELDS(fields_0201) },
    { .address = 0x0202, .name = "location", .title = "Location", .section = "Identity",
      TEXT_SIZE(16, 16), .device_default = "", FIELDS(fields_0202) },
    { .address = 0x0285, .name = "ports", .title = "Ports of the network services", .section = "Network",
      SIZE(14), .device_default = "0000000000000000000000000000", FIELDS(fields_0285) },
    { .address = 0x0286, .name = "mqtt_broker", .title = "MQTT broker", .section = "MQTT",
      TEXT_SIZE(48, 253), .device_default = "", FIELDS(fields_0286) },
    { .address = 0x0288, .name = "mqtt_tls", .title = "TLS for MQTT", .section = "MQTT",
      SIZE(5), .device_default = "0000000000", .gateway_default = "37098D4D8F",
      .default_reason = "plain MQTT only where it is written: TLS with SNI, name check, trust by PKI, mutual"
      " authentication from the factory's slots",
      FIELDS(fields_0288) },
    { .address = 0x0289, .name = "mqtt_options", .title = "Options of the MQTT client", .section = "MQTT",
      SIZE(6), .device_default = "5314030A1E1E", FIELDS(fields_0289) },
    { .address = 0x028B, .name = "mqtt_login", .title = "User name at the broker", .section = "MQTT",
      TEXT_SIZE(16, 128), .device_default = "", FIELDS(fields_028B) },
    { .address = 0x028C, .name = "mqtt_password", .title = "Password at the broker", .section = "MQTT",
      TEXT_SIZE(16, 128), .secret = true, .device_default = "", FIELDS(fields_028C) },
    { .address = 0x028D, .name = "mqtt_client_id", .title = "MQTT client id", .section = "MQTT",
      TEXT_SIZE(24, 128), .device_default = "", FIELDS(fields_028D) },
    { .address = 0x028E, .name = "mqtt_topic_prefix", .title = "Topic prefix", .section = "MQTT",
      TEXT_SIZE(32, 128), .device_default = "737072696E67636172642F737072696E67636F7265", FIELDS(fields_028E) },
    { .address = 0x028F, .name = "mqtt_device_id", .title = "Device id in topics and messages", .section = "MQTT",
      TEXT_SIZE(24, 128), .device_default = "", FIELDS(fields_028F) },
    { .address = 0x02A0, .name = "smart_reader", .title = "Smart Reader features", .section = "Smart Reader",
      SIZE(5), .device_default = "0003000200", FIELDS(fields_02A0) },
    { .address = 0x02A1, .name = "smart_reader_timings", .title = "Smart Reader timings", .section = "Smart Reader",
      SIZE(2), .device_default = "0A1E", FIELDS(fields_02A1) },
    { .address = 0x02C0, .name = "profile", .title = "Profile", .section = "Main",
      SIZE(1), .device_default = "00", .gateway_default = "64",
      .default_reason = "the gateway is an MQTT client and a Smart Reader", FIELDS(fields_02C0) },
    { .address = 0x0310, .name = "template_lookup", .title = "Lookup list (LKL)", TEMPLATE,
      TEXT_SIZE(1, 1), .device_default = "", FIELDS(fields_03t0) },
    { .address = 0x0311, .name = "template_output_format", .title = "Output size and format (TOF)", TEMPLATE,
      SIZE(2), .device_default = "0000", FIELDS(fields_03t1) },
    { .address = 0x0312, .name = "template_prefix", .title = "Prefix (PFX)", TEMPLATE,
      TEXT_SIZE(8, 8), .device_default = "", FIELDS(fields_03t2) },
    { .address = 0x0313, .name = "template_location", .title = "Location of data (LOC)", TEMPLATE,
      SIZE(2), .device_default = "0000", FIELDS(fields_03t3) },
    { .address = 0x0314, .name = "template_options", .title = "Options (OPT)", TEMPLATE,
      SIZE(1), .device_default = "00", FIELDS(fields_03t4) },
};

const struct register_def *register_table(size_t *count)
{
    *count = sizeof table / sizeof table[0];
    return table;
}
