#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A private mosquitto with mutual TLS on a free port of 127.0.0.1, and subscribers to look at what it delivers.

Its configuration is the sandbox's own (certs/make-sandbox-broker), so the rights that the tests see are those that
users get. Needs mosquitto and python3-paho-mqtt.
"""
import collections
import os
import pathlib
import shutil
import socket
import ssl
import subprocess
import threading
import time

import paho.mqtt.client as mqtt

TOP = pathlib.Path(__file__).resolve().parents[2]
MOSQUITTO = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
PREFIX = "springcard/springcore/"
EVENTS = PREFIX + "+/rdr/evt"

# In front of a command: it ends with the test that started it, even if that is killed.
WITH_PARENT = ["setpriv", "--pdeathsig", "TERM", "--"]

# at: time.monotonic() of the arrival
Message = collections.namedtuple("Message", "at topic payload retained")


def free_port():
    """A port of 127.0.0.1 that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(condition, timeout, what):
    """Looks at condition until it holds; the time limit is for failures only."""
    end = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError("waited %g s in vain: %s" % (timeout, what))
        time.sleep(0.005)


class Broker:
    """server: which of the sandbox's certificates it shows, by name, for tests of faults.
    extra: more lines of mosquitto.conf. start=False: nothing listens on its port until start is called."""

    def __init__(self, sandbox, server="server", extra=(), port=None, start=True):
        self.sandbox = sandbox
        self.port = port or free_port()
        self._process = None
        self._subscribers = []
        self._log = sandbox.directory / ("mosquitto-%d.log" % self.port)
        self._log.touch()
        self._write_configuration(server, extra)
        if start:
            self.start()

    def _write_configuration(self, server, extra):
        directory = self.sandbox.directory
        subprocess.run([str(TOP / "certs" / "make-sandbox-broker"), str(directory), "--port", str(self.port)],
                       check=True)
        text = (directory / "mosquitto.conf").read_text()
        text = text.replace("certfile %s/server.pem" % directory, "certfile " + self.sandbox.pem(server))
        text = text.replace("keyfile %s/server.key" % directory, "keyfile " + self.sandbox.key(server))
        self._configuration = directory / ("mosquitto-%d.conf" % self.port)
        self._configuration.write_text(text + "".join(line + "\n" for line in extra))

    def start(self):
        with open(self._log, "ab") as log:
            self._process = subprocess.Popen(WITH_PARENT + [MOSQUITTO, "-c", str(self._configuration)],
                                             stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            wait_until(self._listens, 10, "mosquitto listens")
        except TimeoutError:
            self.stop()
            raise RuntimeError("mosquitto did not start:\n" + self.log_text()) from None

    def _listens(self):
        if self._process.poll() is not None:
            raise RuntimeError("mosquitto ended with %d:\n%s" % (self._process.returncode, self.log_text()))
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    @property
    def pid(self):
        return self._process.pid

    def stop(self):
        """Ends it in order, as a service manager would."""
        self._end(lambda: self._process.terminate())

    def kill(self):
        """Ends it without a chance to say anything."""
        self._end(lambda: self._process.kill())

    def _end(self, end):
        if self._process is None:
            return
        if self._process.poll() is None:
            end()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._process = None

    def restart(self):
        self.stop()
        self.start()

    def close(self):
        for subscriber in self._subscribers:
            subscriber.close()
        self.stop()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()

    def log_text(self):
        return self._log.read_text(errors="replace")

    def subscriber(self, filters=EVENTS, credential="demo-1"):
        """A subscriber that is subscribed when this returns; closed with the broker."""
        subscriber = Subscriber(self, filters, credential)
        self._subscribers.append(subscriber)
        return subscriber

    def publish(self, topic, payload, credential="operator", qos=1):
        """Publishes and waits for the PUBACK. MQTT 3.1.1 has no refusal in it: a broker drops what is not allowed."""
        client = Client(self, credential)
        try:
            client.publish(topic, payload, qos)
        finally:
            client.close()

    def command(self, serial, payload):
        """Sends a READER COMMAND as the operator."""
        self.publish(PREFIX + serial + "/rdr/cmd", payload)

    def expiring_command(self, serial, payload, interval_s):
        """The same with MQTT 5's message expiry interval. It is on its way to the device when this returns."""
        subprocess.run(["mosquitto_pub", "-V", "mqttv5", "-h", "localhost", "-p", str(self.port), "-q", "1",
                        "--cafile", self.sandbox.pem("server-ca"), "--cert", self.sandbox.pem("operator"),
                        "--key", self.sandbox.key("operator"), "-t", PREFIX + serial + "/rdr/cmd", "-m", payload,
                        "-D", "publish", "message-expiry-interval", str(interval_s)], check=True, timeout=30)


class Client:
    """An MQTT 3.1.1 client with one of the sandbox's credentials, None for none. Connected when this returns."""

    def __init__(self, broker, credential, on_message=None):
        self.granted = []
        self._subscribed = threading.Event()
        self._result = None
        self._client = mqtt.Client(client_id="test-%s-%s" % (credential, os.urandom(4).hex()),
                                   protocol=mqtt.MQTTv311)
        sandbox = broker.sandbox
        self._client.tls_set(ca_certs=sandbox.pem("server-ca"), certfile=sandbox.pem(credential) if credential else None,
                             keyfile=sandbox.key(credential) if credential else None, cert_reqs=ssl.CERT_REQUIRED)
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = on_message
        self._client.connect("127.0.0.1", broker.port, keepalive=60)
        self._client.socket().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._wait_connected(credential)
        self._client.loop_start()

    def _wait_connected(self, credential):
        """Until CONNACK, on this thread: a refusal in the handshake (TLS 1.3 tells it after the end) is seen at once."""
        end = time.monotonic() + 5
        while self._result is None:
            try:
                status = self._client.loop(0.1)
            except OSError as error:
                raise ConnectionError("%s was not let in: %s" % (credential, error)) from error
            if status != mqtt.MQTT_ERR_SUCCESS or time.monotonic() > end:
                raise ConnectionError("%s was not let in: %s" % (credential, mqtt.error_string(status)))
        if self._result != 0:
            raise ConnectionError("%s was not let in: %s" % (credential, mqtt.connack_string(self._result)))

    def _on_connect(self, _client, _userdata, _flags, result):
        self._result = result

    def _on_subscribe(self, _client, _userdata, _message_id, granted):
        self.granted = list(granted)
        self._subscribed.set()

    def subscribe(self, filters, qos=1):
        """What the broker granted for each filter: a QoS, or 0x80 for a refusal."""
        self._subscribed.clear()
        self._client.subscribe([(one, qos) for one in filters])
        if not self._subscribed.wait(5):
            raise TimeoutError("no SUBACK came for %s" % filters)
        return self.granted

    def publish(self, topic, payload, qos=1):
        done = self._client.publish(topic, payload, qos)
        done.wait_for_publish(5)
        if not done.is_published():
            raise TimeoutError("no PUBACK came for %s" % topic)

    def close(self):
        self._client.disconnect()
        self._client.loop_stop()


class Subscriber:
    """Collects what is delivered. messages: all of them so far, in order."""

    def __init__(self, broker, filters, credential):
        self.messages = []
        self._arrived = threading.Condition()
        self._client = Client(broker, credential, self._on_message)
        self.granted = self.subscribe(filters)

    def _on_message(self, _client, _userdata, message):
        at = time.monotonic()
        with self._arrived:
            self.messages.append(Message(at, message.topic, message.payload.decode(), bool(message.retain)))
            self._arrived.notify_all()

    def wait_for(self, count, timeout=5):
        """Waits until that many messages are there, and returns all; raises TimeoutError if they do not come."""
        return self.wait_until(lambda messages: len(messages) >= count, timeout, "%d messages" % count)

    def wait_until(self, condition, timeout=5, what="the right messages"):
        """The same, until condition(messages) holds."""
        with self._arrived:
            if not self._arrived.wait_for(lambda: condition(self.messages), timeout):
                raise TimeoutError("waited %g s for %s, got %d: %s" % (timeout, what, len(self.messages),
                                                                      [one.payload for one in self.messages[-5:]]))
            return list(self.messages)

    def subscribe(self, filters):
        """Asks for more; what the broker granted."""
        return self._client.subscribe([filters] if isinstance(filters, str) else list(filters))

    def clear(self):
        with self._arrived:
            self.messages.clear()

    def close(self):
        self._client.close()
