/* SPDX-License-Identifier: MIT */
/*
 * What mosquitto 2.0.11 neither tells its plugins nor says for them. Of CONNECT it tells neither the will nor the
 * flags. So the plugin is loaded into mosquitto by LD_PRELOAD, too, and looks at what SSL_read gives: the first packet
 * of a connection is its CONNECT, and mosquitto acts on it before it reads another one. And with the connection's SSL
 * in hand the plugin can write a packet of its own before mosquitto closes: mosquitto itself says nothing to the older
 * of two clients with one id, and has no other reason code than 0x87 for a plugin.
 *
 * On the way it makes AWS's keep-alive of what the client asks for: 1 to 29 s become 30, and with MQTT 3.1.1 0 and more
 * than 1200 become 1200 (with MQTT 5 mosquitto's max_keepalive does that, and tells the client).
 */
#ifndef STANDIN_PACKET_H
#define STANDIN_PACKET_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct packet_connect {
    SSL *ssl;                /* whose it is */
    uint8_t version;         /* 4 or 5 */
    bool clean;
    uint16_t keep_alive_s;   /* as the client asked */
    size_t size_bytes;       /* of the whole packet */
    bool will;
    bool will_retain;
    uint8_t will_qos;
    char will_topic[1024];   /* a longer one is cut */
    size_t will_size_bytes;  /* of the payload */
};

/* A whole packet, the fixed header included; false if it is no CONNECT of MQTT 3.1.1 or 5 or ends too early. */
bool packet_parse_connect(const uint8_t *data, size_t size, struct packet_connect *connect);

/* The CONNECT that mosquitto is working on; NULL if the plugin was not preloaded. */
const struct packet_connect *packet_latest_connect(void);

/* MQTT 5's refusal of a connection, and its end of one, with that reason. ssl: NULL does nothing. */
void packet_send_connack(SSL *ssl, uint8_t reason);
void packet_send_disconnect(SSL *ssl, uint8_t reason);

#endif
