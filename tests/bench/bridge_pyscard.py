#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What one writes in an afternoon: pyscard (its low level, which waits and does not poll) and paho.

bridge_pyscard.py HOST PORT CA CERTIFICATE KEY TOPIC
"""
import json
import socket
import sys

import paho.mqtt.client as mqtt
from smartcard import scard

GET_UID = [0xFF, 0xCA, 0x00, 0x00, 0x00]
FOREVER = 0xFFFFFFFF


def read_uid(context, reader):
    """The UID as hex, or None."""
    result, card, protocol = scard.SCardConnect(context, reader, scard.SCARD_SHARE_SHARED,
                                                scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1)
    if result != scard.SCARD_S_SUCCESS:
        return None
    result, answer = scard.SCardTransmit(card, protocol, GET_UID)
    scard.SCardDisconnect(card, scard.SCARD_LEAVE_CARD)
    if result != scard.SCARD_S_SUCCESS or len(answer) < 2:
        return None
    return bytes(byte & 0xFF for byte in answer[:-2]).hex().upper()


def connect(host, port, ca, certificate, key):
    client = mqtt.Client(client_id="pyscard", protocol=mqtt.MQTTv311)
    client.tls_set(ca_certs=ca, certfile=certificate, keyfile=key)
    client.on_socket_open = lambda _client, _userdata, opened: opened.setsockopt(socket.IPPROTO_TCP,
                                                                                 socket.TCP_NODELAY, 1)
    client.connect(host, int(port), 60)
    client.loop_start()
    return client


def main():
    client = connect(*sys.argv[1:6])
    topic = sys.argv[6]
    _result, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_SYSTEM)
    _result, readers = scard.SCardListReaders(context, [])
    reader = readers[0]
    state = scard.SCARD_STATE_UNAWARE
    sequence = 0
    while True:
        result, states = scard.SCardGetStatusChange(context, FOREVER, [(reader, state)])
        if result != scard.SCARD_S_SUCCESS:
            sys.exit("pyscard: pcscd has gone")
        event = states[0][1]
        arrived = event & scard.SCARD_STATE_PRESENT and (
            not state & scard.SCARD_STATE_PRESENT or event >> 16 != state >> 16)
        state = event
        uid = read_uid(context, reader) if arrived else None
        if uid:
            sequence += 1
            client.publish(topic, json.dumps({"Sequence": sequence, "TagId": uid}, separators=(",", ":")), 1)


main()
