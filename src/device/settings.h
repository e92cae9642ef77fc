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

enum { SETTINGS_SLOT_COUNT = 16, SETTINGS_TEMPLATE_COUNT = 4, SETTINGS_TEMPLATE_REGISTERS = 12, SETTINGS_NAMESERVER_COUNT = 2 };

enum settings_trust { SETTINGS_TRUST_ANY, SETTINGS_TRUST_SERVER, SETTINGS_TRUST_CA, SETTINGS_TRUST_PKI };
enum settings_mqtt_version { SETTINGS_MQTT_AUTO, SETTINGS_MQTT_5, SETTINGS_MQTT_3_1_1 };
enum settings_activation { SETTINGS_ACTIVATION_JOURNAL, SETTINGS_ACTIVATION_BROKER };
enum settings_format { SETTINGS_FORMAT_SCRDR = 1, SETTINGS_FORMAT_JSON = 2 }; /* as in 02A0 */
enum settings_scrdr_checksum { SETTINGS_CHECKSUM_BETWEEN, SETTINGS_CHECKSUM_WITH_DELIMITERS };
enum settings_order { SETTINGS_ORDER_LIVE_FIRST, SETTINGS_ORDER_OLDEST_FIRST };

struct settings_tls {               /* 0288 */
    bool enabled;
    bool sni;
    bool verify_name;
    bool exact;                     /* trust "server": compare the whole certificate, not only the key */
    enum settings_trust trust;
    bool allow_insecure;            /* extension mqtt.tls.allow_insecure: trust "any" may be */
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
    enum settings_format network_format;  /* 02A0 byte 3 */
    unsigned read_interval_ms;      /* 02A1 byte 0 */
    unsigned repeat_interval_ms;    /* 02A1 byte 1, when it is not 255 */
    bool must_leave;                /* 02A1 byte 1 = 255: a tag is read again only after it has left */
    unsigned debounce_ms;           /* extension smart_reader.debounce_ms */
    enum settings_activation activation;  /* extension smart_reader.activation */
};

/* Raw, as the device would hold it, of the full size that the template's type has there; keys may be in it. */
struct settings_template_register {
    const uint8_t *bytes;
    size_t size_bytes;
};

struct settings_template {
    bool enabled;                   /* LKL is neither empty nor 00 */
    struct settings_template_register registers[SETTINGS_TEMPLATE_REGISTERS]; /* 03t0 LKL, 03t1 TOF... to 03tB */
};

struct settings_reader {            /* extension readers */
    const char *driver;             /* "pcsc", "libnfc", "script" */
    const char *name;               /* pcsc: a glob (fnmatch) on the PC/SC reader name, default "*" */
    const char *path;               /* script: the file or FIFO; "" otherwise */
    const char *connection;         /* libnfc: a connection string, default "*" = every device that libnfc finds */
    const char *label;              /* "" = by default */
    int line;                       /* where it stands in the file, for messages */
};

struct settings_slot {              /* extensions certificates and keys */
    const char *source;             /* certificate: a file, a folder or "amazon"; key: a file or "pkcs11:..."; "" = empty;
                                       a credential of systemd is the file that it stands for */
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

struct settings_provisioning {      /* extensions provisioning.*; AWS calls it fleet provisioning by claim */
    const char *template_name;      /* "" = off */
    unsigned certificate_slot;      /* the claim's, 0..15 */
    unsigned key_slot;
};

struct settings_feedback_device {   /* one entry of the extension feedback.devices; texts never NULL */
    const char *driver;             /* "log", "sysfs-leds", "gpio", "pcsc", "command" */
    const char *reader;             /* a glob on the reader's label */
    const char *path;               /* command */
    unsigned time_limit_ms;         /* command */
    const char *folder;             /* sysfs-leds */
    const char *chip;               /* gpio */
    const char *name, *commands;    /* pcsc */
    const char *red, *green, *blue; /* names of outputs, "" = none */
    const char *leds, *buzzer, *relays;
};

struct settings_feedback {          /* extensions feedback.*, but for the first two; of the states the number of the sequence, 0 = none */
    bool automatic;                 /* not 02D0 bit 0: false = the host alone plays */
    bool sound;                     /* 02D8: false = its volume is 0 */
    unsigned confirm_timeout_s;     /* 0 = nobody waits */
    unsigned started, read, read_failed, stored, confirmed, refused, unconfirmed, cloud_lost;
    bool has_devices;               /* the list is in the file, were it empty */
    struct settings_feedback_device *devices;
    size_t devices_count;
};

enum settings_reach { SETTINGS_REACH_OFF, SETTINGS_REACH_LOOPBACK, SETTINGS_REACH_NETWORK };

struct settings_discovery {
    enum settings_reach reach;      /* extension discovery.reach; off as well with bit 0 of 0284 */
    unsigned port;                  /* 0285; never 0 */
};

struct settings_ipv4 {              /* 0280; numbers in the order of the host, 0 = none */
    bool stated;                    /* somebody set one of them */
    uint32_t address;               /* 0 = by DHCP, and the rest has no meaning */
    uint32_t netmask;
    uint32_t gateway;
    uint32_t nameservers[SETTINGS_NAMESERVER_COUNT];
};

struct settings {
    const char *serial;             /* extension device.serial, "" = by default */
    const char *config_id;          /* 0200, in GUID form if it has 16 bytes; by default of the configuration itself */
    const char *inventory;          /* 0201 */
    const char *location;           /* 0202 */
    const char *ipv4_address;       /* 0280, "192.168.5.152"; "" = by DHCP */
    struct settings_ipv4 ipv4;      /* 0280, all of it */
    bool open;                      /* 02F0: nothing is closed there */
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
    enum settings_scrdr_checksum scrdr_checksum; /* extension messages.scrdr_checksum */
    const char *state_directory;    /* extension journal.directory: journal and startup counter */
    struct settings_journal journal;
    struct settings_provisioning provisioning;
    struct settings_discovery discovery;
    struct settings_feedback feedback;
};

#endif
