/* SPDX-License-Identifier: MIT */
/*
 * What a configuration means, as plain data: decoded from the registers and from the settings that a SpringPark has
 * in its flash or hardware instead. Filled by config_load (config.h), owned by its struct config, constant after that,
 * so any thread may read it while the config lives.
 *
 * Each member names its register. Texts are never NULL unless said otherwise.
 */
#ifndef SPRINGPARK_DEVICE_SETTINGS_H
#define SPRINGPARK_DEVICE_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SETTINGS_SLOT_COUNT = 16, SETTINGS_TEMPLATE_COUNT = 4 };

enum settings_trust { SETTINGS_TRUST_ANY, SETTINGS_TRUST_SERVER, SETTINGS_TRUST_CA, SETTINGS_TRUST_PKI };
enum settings_mqtt_version { SETTINGS_MQTT_AUTO, SETTINGS_MQTT_5, SETTINGS_MQTT_3_1_1 };
enum settings_activation { SETTINGS_ACTIVATION_JOURNAL, SETTINGS_ACTIVATION_BROKER };
enum settings_order { SETTINGS_ORDER_LIVE_FIRST, SETTINGS_ORDER_OLDEST_FIRST };

struct settings_tls {               /* 0288 */
    bool enabled;
    bool sni;
    bool verify_name;
    bool exact;                     /* trust "server": compare the whole certificate, not only the key */
    enum settings_trust trust;
    unsigned ca_slot;               /* 0..15 */
    bool client_auth;
    unsigned certificate_slot;
    unsigned key_slot;
    bool chain;                     /* send the certificate of chain_slot after the client's */
    unsigned chain_slot;
};

struct settings_mqtt {
    const char *broker;             /* 0286; "" = no broker, state "not configured" */
    uint16_t port;                  /* 0285 bytes 10-11, resolved: never 0 (8883 with TLS, 1883 without) */
    const char *login;              /* 028B, "" = none */
    const char *password;           /* 028C, "" = none; a secret: never logged */
    const char *client_id;          /* 028D, "" = the serial number */
    const char *topic_prefix;       /* 028E */
    const char *device_id;          /* 028F, "" = the serial number */
    enum settings_mqtt_version version;   /* extension mqtt.version */
    struct settings_tls tls;
    unsigned subscribe_qos;         /* 0289 ... */
    unsigned publish_qos;
    bool last_will;
    bool retained;
    unsigned connect_timeout_s;
    unsigned response_timeout_s;
    unsigned keep_alive_s;          /* 5..255 (0 would never notice a dead link, 1 to 4 libmosquitto cannot) */
    unsigned status_interval_s;     /* 0 = only at connection */
    unsigned reconnect_interval_s;  /* the cap of the backoff */
};

struct settings_smart_reader {
    bool insert_remove;             /* 02A0 byte 0 bit 4 */
    bool explicit_activation;       /* 02A0 byte 0 bit 1 */
    bool activate_on_startup;       /* 02A0 byte 0 bit 0 */
    unsigned network_format;        /* 02A0 byte 3: 2 = JSON */
    unsigned read_interval_ms;      /* 02A1 byte 0 */
    unsigned repeat_interval_ms;    /* 02A1 byte 1, when it is not 255 */
    bool must_leave;                /* 02A1 byte 1 = 255: a tag is read again only after it has left */
    unsigned debounce_ms;           /* extension smart_reader.debounce_ms */
    enum settings_activation activation;  /* extension smart_reader.activation */
};

struct settings_template {          /* 03t0 to 03t4, raw, as the device would hold them; only when enabled */
    bool enabled;                   /* LKL is neither empty nor 00 */
    uint8_t lookup;                 /* 03t0 LKL */
    uint8_t output_format[2];       /* 03t1 TOF */
    const char *prefix;             /* 03t2 PFX, escapes still in it, at most 8 characters */
    uint8_t location[2];            /* 03t3 LOC: shift bytes, shift bits */
    uint8_t options;                /* 03t4 OPT */
};

struct settings_reader {            /* extension readers */
    const char *driver;             /* "pcsc", "script" */
    const char *name;               /* pcsc: a glob (fnmatch) on the PC/SC reader name, default "*" */
    const char *path;               /* script: the file or FIFO; "" otherwise */
    const char *label;              /* "" = by default */
    int line;                       /* where it stands in the file, for messages */
};

struct settings_slot {              /* extensions certificates and keys */
    const char *source;             /* certificate: a file, a folder or "amazon"; key: a file or "pkcs11:..."; "" = empty */
    int line;
};

struct settings_journal {           /* extensions journal.*; its folder is settings.state_directory */
    bool enabled;                   /* false: events are kept in memory only */
    unsigned max_events;            /* 1 up; pending and set aside together */
    unsigned max_bytes;             /* of the files on disk */
    unsigned max_age_s;             /* 0 = no limit */
    unsigned replay_rate;           /* stored events a second after an outage; 0 = as fast as the broker takes them */
    enum settings_order order;
    unsigned memory_events;         /* 1 up; how many are kept while the disk takes none, or with enabled = false */
};

struct settings {
    const char *serial;             /* extension device.serial, "" = by default */
    const char *inventory;          /* 0201 */
    const char *location;           /* 0202 */
    const char *instance;           /* "" or the NAME of springparkd@NAME */
    struct settings_mqtt mqtt;
    struct settings_smart_reader smart_reader;
    struct settings_template templates[SETTINGS_TEMPLATE_COUNT];
    struct settings_reader *readers;
    size_t readers_count;
    struct settings_slot certificates[SETTINGS_SLOT_COUNT];
    struct settings_slot keys[SETTINGS_SLOT_COUNT];
    bool message_sequence;          /* extension messages.sequence */
    bool message_date_time;         /* extension messages.date_time */
    const char *state_directory;    /* extension journal.directory: journal and startup counter */
    struct settings_journal journal;
};

#endif
