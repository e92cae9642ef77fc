#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""AWS IoT Core's side of fleet provisioning by claim, played by the scripted broker, packet by packet.

    aws = ClaimBroker(sandbox)              # the sandbox has a client certificate "claim"
    aws.create = [refuse("Throttled")]      # how the first requests are answered; those after them are in order
    aws.claims, aws.devices                 # connections with the claim, and with what it brought
"""
import json
import pathlib
import socket
import ssl

from fake_broker import CONNECT, DISCONNECT, PINGREQ, PINGRESP, PUBLISH, SUBSCRIBE, Closed, FakeBroker

CREATE = "$aws/certificates/create-from-csr/json"
REGISTER = "$aws/provisioning-templates/springpark/provision/json"
TOKEN = "eyJ2ZXJzaW9uIjoi-secret-token"
POLICY = pathlib.Path(__file__).resolve().parents[2] / "doc/aws/policy-claim.json"


def allowed(action):
    """What the shipped policy has for iot:ACTION, without the ARN in front."""
    statements = json.loads(POLICY.read_text())["Statement"]
    resources = [one["Resource"] for one in statements if one["Action"] == "iot:" + action][0]
    return [resource.split(":", 5)[5].split("/", 1)[1] for resource in
            (resources if isinstance(resources, list) else [resources])]


def refuse(code, status=400, message="because of the test"):
    """An answer on .../rejected."""
    def answer(connection, topic, _):
        connection.publish(topic + "/rejected", json.dumps({"statusCode": status, "errorCode": code,
                                                            "errorMessage": message}), qos=1)
    return answer


def silence(_connection, _topic, _request):
    """No answer."""


def say(text):
    """An answer on .../accepted with that payload, a text or what makes one of the request."""
    def answer(connection, topic, request):
        connection.publish(topic + "/accepted", text(request) if callable(text) else text, qos=1)
    return answer


def drop(connection, _topic, _request):
    """Hangs up, as AWS does where the policy forbids something."""
    connection.fin()
    raise Closed()


class ClaimBroker:
    def __init__(self, sandbox, thing="box-%s"):
        self.sandbox, self.thing = sandbox, thing
        self.create, self.register = [], []
        self.connect = []       # how the first connections are taken: True, False (dropped), "old" (only MQTT 3.1.1)
        self.subscribe = []     # a reason code for all subscriptions
        self.claims, self.devices = [], []
        self.requests = []      # CSRs
        self.parameters = []    # of RegisterThing
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sandbox.pem("server"), sandbox.key("server"))
        context.load_verify_locations(sandbox.pem("device-ca"))
        context.verify_mode = ssl.CERT_REQUIRED
        self.broker = FakeBroker([self._play], tls=context)
        self.port = self.broker.port

    def _play(self, connection):
        connection.start_tls()
        packet = connection.expect(CONNECT)
        connection.client_id = packet.client_id.decode()
        if connection.client_cn != "claim":
            with self.broker.changed:
                self.devices.append(connection)
            connection.connack()
            connection.serve()
            return
        with self.broker.changed:
            self.claims.append(connection)
            how = self.connect.pop(0) if self.connect else True
        if how == "old":
            connection.connack(1, version=4)
            return
        if not how:
            connection.fin()
            return
        connection.connack()
        self._serve_claim(connection)

    def _serve_claim(self, connection):
        while not self.broker.stopping.is_set():
            try:
                packet = connection.read(0.5)
            except socket.timeout:
                continue
            if packet.kind == SUBSCRIBE:
                connection.suback(packet, self.subscribe[0] if self.subscribe else None)
            elif packet.kind == PUBLISH:
                connection.puback(packet)
                self._answer(connection, packet)
            elif packet.kind == PINGREQ:
                connection.send(PINGRESP << 4)
            elif packet.kind == DISCONNECT:
                return

    def _answer(self, connection, packet):
        request = json.loads(packet.payload)
        if packet.topic == CREATE:
            with self.broker.changed:
                self.requests.append(request["certificateSigningRequest"])
                self.broker.changed.notify_all()
            answer = self.create.pop(0) if self.create else say(self.certificate)
        elif packet.topic == REGISTER:
            assert request["certificateOwnershipToken"] == TOKEN, request
            self.parameters.append(request["parameters"])
            answer = self.register.pop(0) if self.register else say(self.registered)
        else:
            raise AssertionError("a publish on " + packet.topic)
        answer(connection, packet.topic, request)

    def certificate(self, request, pem=None):
        return json.dumps({"certificateId": "0f" * 32, "certificateOwnershipToken": TOKEN,
                           "certificatePem": pem or self.sandbox.sign_request(request["certificateSigningRequest"])})

    def registered(self, request):
        return json.dumps({"thingName": self.thing % request["parameters"]["SerialNumber"], "deviceConfiguration": {}})

    def wait(self, condition, timeout=20):
        return self.broker.wait(condition, timeout)

    def stop(self):
        self.broker.stop()
