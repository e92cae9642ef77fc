#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A stand-in for AWS IoT Core: the real mosquitto with the plugin of standin.c, set up and started.

    with Standin() as aws:
        aws.start()
        ... aws.port, aws.pem("device"), aws.key("device"), aws.pem("server-ca") ...
        aws.wait_for("connect", client=aws.serial)

Or from a shell: /usr/bin/python3 tests/awsiot/standin.py --folder FOLDER --port PORT. It runs until it is ended.

What it imitates, each from AWS's own documentation:
  - mutual TLS; a certificate that the customer's CA (device-ca) has signed and that is not known yet: the connection is
    dropped before CONNACK, and after a delay the certificate is active, by the shipped Lambda function
    (doc/aws/jitr_lambda.py, which runs here, against this registry) or by the shipped doc/aws/jitp-template.json
  - inactive and revoked certificates, dropped before CONNACK; what is deactivated is disconnected
  - the shipped policies (doc/aws/policy-*.json), evaluated with wildcards, variables and conditions: iot:Connect,
    iot:Publish (the will's, too), iot:RetainPublish, iot:Subscribe, iot:Receive at each delivery
  - refusals: MQTT 3.1.1 is closed without a word; MQTT 5 gets CONNACK, PUBACK or SUBACK 0x87, and DISCONNECT 0x87 where
    there is nothing to acknowledge
  - limits: no QoS 2 (a will with it closes at CONNECT), 8 levels and 256 bytes of topic, 128 KB of payload, client ids
    (128 bytes, no "$"; CONNACK 0x85), 50 subscriptions, one CONNECT a second and client id, keep-alive of 30 to 1200 s,
    100 publishes in flight, 8 topic aliases; more than 100 messages a second are noted
  - the newest of two clients with one id stays (MQTT 5: DISCONNECT 0x8E); wildcards get nothing that is retained
  - fleet provisioning: create-from-csr/json, and provision/json of the template "springpark", the shipped one

What it does not, because mosquitto 2.0.11 gives a plugin no way; a scripted broker plays what of it matters
(test_scripted.py here, and tests/system/test_cloud_*.py):
  - no PUBACK: neither for QoS 2, where mosquitto closes the connection, nor beyond 100 publishes a second, which it
    takes; a SUBSCRIBE with QoS 2 is granted QoS 1
  - TLS alerts and close_notify in place of the plain close of an unknown certificate
  - a PUBACK or SUBACK other than 0x87: for a bad topic or filter MQTT 5 gets DISCONNECT (0x90, 0x8F) instead; AWS's
    Server Keep Alive of 30 s is kept to and not told
  - the delay between a change and its effect, out-of-order delivery, throttling of an account, presence events,
    filters that match their own parent ("a/#" and "a"), shadows, jobs, device defender
"""
import argparse
import collections
import ctypes
import importlib.util
import json
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import types

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests" / "parts"))
import pki  # noqa: E402

SHIPPED = TOP / "doc" / "aws"
MOSQUITTO = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
REGION, ACCOUNT = "eu-central-1", "123456789012"
# A name that the gateway takes for an AWS endpoint; see use_endpoint_name.
ENDPOINT = "a1b2c3d4e5f6g7-ats.iot.%s.amazonaws.com" % REGION
POLICIES = {"springpark-device": "policy-device.json",
            "springpark-device-certificate": "policy-device-certificate.json",
            "springpark-demo": "policy-demo.json", "springpark-claim": "policy-claim.json"}
TEMPLATES = {"jitp": "jitp-template.json", "springpark": "fleet-provisioning-template.json"}
CLONE_NEWNS = 0x00020000

# at: time.monotonic() of the event; what: see standin.c; fields: all of it, as a dict
Record = collections.namedtuple("Record", "at what fields")


def build_directory():
    """Where the plugin was built: SPRINGPARK_BUILD, else the source folder."""
    return pathlib.Path(os.environ.get("SPRINGPARK_BUILD", TOP)).resolve()


def plugin_path():
    path = build_directory() / "tests/awsiot/.libs/libstandin.so"
    if not path.exists():
        raise RuntimeError("%s is not there; next: make test-parts (needs mosquitto-dev), and set SPRINGPARK_BUILD to "
                           "the build's folder" % path)
    return path


def shipped(name):
    """A document of doc/aws, with the region and the account of this stand-in."""
    text = (SHIPPED / name).read_text(encoding="utf-8")
    return json.loads(text.replace(":REGION:ACCOUNT:", ":%s:%s:" % (REGION, ACCOUNT)))


def use_endpoint_name(name=ENDPOINT):
    """From now on this program, and what it starts, finds the endpoint's name on this machine's loopback: the name is
    in an /etc/hosts of its own. Root; there is no way back. Ports 8883 and 443 are to be had in a network of one's own
    (network.enter_private_network)."""
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNS) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    with tempfile.NamedTemporaryFile("w", suffix=".hosts") as hosts:
        hosts.write("127.0.0.1 localhost %s\n" % name)
        hosts.flush()
        subprocess.run(["mount", "--make-rprivate", "/"], check=True)
        subprocess.run(["mount", "--bind", hosts.name, "/etc/hosts"], check=True)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def certificate_id(pem_path):
    """The id that AWS gives it: its SHA-256 fingerprint."""
    done = subprocess.run(["openssl", "x509", "-in", str(pem_path), "-noout", "-fingerprint", "-sha256"],
                          stdout=subprocess.PIPE, check=True, text=True)
    return done.stdout.strip().split("=")[1].replace(":", "").lower()


def certificate_arn(identity):
    return "arn:aws:iot:%s:%s:cert/%s" % (REGION, ACCOUNT, identity)


class Credentials(pki.Sandbox):
    """The sandbox's certificates, and what an AWS account has besides: AWS's own CA (issuing-ca), and a claim."""

    def __init__(self, directory=None, serial=None, names=(ENDPOINT,)):
        super().__init__(directory, serial, names)
        if not (self.directory / "claim.pem").exists():
            self.make_ca("issuing-ca")
            self._make_leaf("claim", "issuing-ca", "springpark claim", "client")
        both = "".join((self.directory / (name + ".pem")).read_text() for name in ("device-ca", "issuing-ca"))
        (self.directory / "client-cas.pem").write_text(both)

    def make_issued(self, name, common_name):
        """A certificate that AWS itself has made: it never registers itself."""
        return self._make_leaf(name, "issuing-ca", common_name, "client")

    def make_request(self, name, *key):
        """A certificate signing request in PEM, for a key that becomes NAME.key; its CN is name. key: options of
        openssl req for another one than P-256."""
        done = subprocess.run(["openssl", "req", "-new", *(key or ("-newkey", "ec", "-pkeyopt",
                                                                   "ec_paramgen_curve:P-256")), "-nodes",
                               "-keyout", self.key(name), "-subj", "/CN=" + name], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, check=True, text=True)
        return done.stdout


class Standin:
    """directory: kept if given (what is there is used again), else one of its own that close removes.
    registration: "jitr" (the shipped Lambda function), "jitp" (the shipped template), or "none".
    delay_s: until a certificate that has registered itself is active."""

    def __init__(self, directory=None, serial=None, registration="jitr", delay_s=1.0, port=None, names=(ENDPOINT,)):
        plugin_path()       # before anything is made
        self._own = directory is None
        self.directory = pathlib.Path(directory or tempfile.mkdtemp(prefix="springpark-awsiot-"))
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)   # keys are in it
        self.credentials = Credentials(self.directory / "certs", serial, names)
        self.serial = self.credentials.serial
        self.port = port or free_port()
        self._process = None
        self._registrar = None
        self._orders = 0
        self._ordering = threading.Lock()
        self._log = self.directory / "mosquitto.log"
        self._records = self.directory / "records.jsonl"
        for path in (self._log, self._records):
            path.touch()
        for name in ("device-ca.pem", "issuing-ca.pem", "issuing-ca.key"):
            shutil.copy(self.credentials.directory / name, self.directory / name)
        self._write_registry(registration, delay_s)
        self._write_configuration()

    @property
    def sandbox(self):
        """As of a Broker (tests/parts), for gateway.mqtt_section."""
        return self.credentials

    # -- what is in the folder --------------------------------------------------------------------------------------

    def pem(self, name):
        return self.credentials.pem(name)

    def key(self, name):
        return self.credentials.key(name)

    def registry(self):
        """What the account has, as the broker wrote it last; see standin_registry.h."""
        return json.loads((self.directory / "registry.json").read_text(encoding="utf-8"))

    def _write_registry(self, registration, delay_s):
        path = self.directory / "registry.json"
        known = self.registry() if path.exists() else {"things": {}, "certificates": {}}
        known["settings"] = {"region": REGION, "account": ACCOUNT, "registration": registration,
                             "delay_ms": round(delay_s * 1000)}
        known["policies"] = {name: shipped(file) for name, file in POLICIES.items()}
        known["templates"] = {name: shipped(file) for name, file in TEMPLATES.items()}
        claim = pathlib.Path(self.pem("claim"))
        known["certificates"].setdefault(certificate_id(claim), {
            "status": "ACTIVE", "pem": claim.read_text(), "common_name": "springpark claim",
            "policies": ["springpark-claim"], "things": []})
        path.write_text(json.dumps(known), encoding="utf-8")

    def _write_configuration(self):
        certificates = self.credentials
        self._configuration = self.directory / "mosquitto.conf"
        self._configuration.write_text("""# Written by standin.py.
listener %d 127.0.0.1
set_tcp_nodelay true
user %s
persistence false
tls_version tlsv1.2
certfile %s
keyfile %s
cafile %s
require_certificate true
# With the certificate's name as user name mosquitto would not ask the plugin.
use_identity_as_username false
allow_anonymous false
plugin %s
plugin_opt_folder %s
max_qos 1
max_topic_alias 8
max_keepalive 1200
max_inflight_messages 100
# The largest payload, with 18 KB for the rest of the packet.
max_packet_size 149504
persistent_client_expiration 1h
log_dest stderr
log_type error
log_type warning
log_type notice
log_type information
""" % (self.port, pwd.getpwuid(os.geteuid()).pw_name, certificates.pem("server"), certificates.key("server"),
       certificates.directory / "client-cas.pem", plugin_path(), self.directory), encoding="utf-8")

    # -- the broker ---------------------------------------------------------------------------------------------------

    def start(self):
        """Starts mosquitto, with the plugin preloaded, and the Lambda function's place."""
        (self.directory / "control.jsonl").write_text("")
        self._orders = 0
        command = ["setpriv", "--pdeathsig", "TERM", "--", "env", "LD_PRELOAD=%s" % plugin_path(), MOSQUITTO, "-c",
                   str(self._configuration)]
        with open(self._log, "ab") as log:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            self.wait_until(self._listens, 10, "mosquitto listens")
        except TimeoutError:
            self.stop()
            raise RuntimeError("mosquitto did not start:\n" + self.log_text()) from None
        self._registrar = Registrar(self)

    def _listens(self):
        if self._process.poll() is not None:
            raise RuntimeError("mosquitto ended with %d:\n%s" % (self._process.returncode, self.log_text()))
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    @property
    def pid(self):
        return self._process.pid

    def stop(self):
        if self._registrar is not None:
            self._registrar.close()
            self._registrar = None
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._process.wait()
        self._process = None

    def wait_end(self, timeout=None):
        """The broker's exit status; TimeoutExpired if it runs on."""
        return self._process.wait(timeout)

    def close(self):
        self.stop()
        if self._own:
            shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()

    def log_text(self):
        return self._log.read_text(errors="replace")

    # -- what happened ------------------------------------------------------------------------------------------------

    def mark(self):
        """A place in the records, for the argument since of the others."""
        return self._records.stat().st_size

    def records(self, what=None, since=0, **fields):
        """All records of that kind with those fields, in order."""
        found = []
        with open(self._records, encoding="utf-8") as lines:
            lines.seek(since)
            for line in lines:
                if not line.endswith("\n"):
                    break
                entry = json.loads(line)
                if what in (None, entry["what"]) and all(entry.get(key) == value for key, value in fields.items()):
                    found.append(Record(entry["at"] / 1e9, entry["what"], entry))
        return found

    def wait_for(self, what, timeout=10, since=0, **fields):
        """Waits for a record of that kind with those fields; the first."""
        found = []

        def is_there():
            found[:] = self.records(what, since, **fields)
            return bool(found)
        self.wait_until(is_there, timeout, "%s %s" % (what, fields))
        return found[0]

    def wait_until(self, condition, timeout, what):
        end = time.monotonic() + timeout
        while not condition():
            if time.monotonic() > end:
                last = ["%s %s" % (one.what, one.fields) for one in self.records()[-10:]]
                raise TimeoutError("waited %g s in vain: %s; the last records:\n%s" % (timeout, what, "\n".join(last)))
            time.sleep(0.01)

    # -- the AWS API --------------------------------------------------------------------------------------------------

    def order(self, do, **fields):
        """One order of standin_control.c, done when this returns."""
        self.orders([{"do": do, **fields}])

    def orders(self, orders):
        """Several at once."""
        with self._ordering:
            since = self.mark()
            numbers = range(self._orders + 1, self._orders + 1 + len(orders))
            self._orders += len(orders)
            with open(self.directory / "control.jsonl", "a", encoding="utf-8") as control:
                control.write("".join(json.dumps(order) + "\n" for order in orders))
        self._listens()     # a connection wakes the broker, which else looks every tenth of a second
        for order, number in zip(orders, numbers):
            outcome = self.wait_for("control", since=since, number=number)
            if "error" in outcome.fields:
                raise RuntimeError("%s: %s" % (order, outcome.fields["error"]))

    def register(self, name, policies=(), things=(), status="ACTIVE"):
        """Makes a certificate of the folder known, with those policies and things; its id."""
        identity = certificate_id(self.pem(name))
        orders = [{"do": "register", "pem": pathlib.Path(self.pem(name)).read_text(), "status": status}]
        for policy in policies:
            orders.append({"do": "attach", "certificate": identity, "list": "policies", "name": policy})
        for thing in things:
            orders.append({"do": "put", "kind": "things", "name": thing, "value": {}})
            orders.append({"do": "attach", "certificate": identity, "list": "things", "name": thing})
        self.orders(orders)
        return identity

    def register_device(self, name, policy="springpark-device", thing=None):
        """The same as registration does for a device: its thing is named as the certificate's CN, or thing."""
        return self.register(name, [policy], [thing or self.serial])

    def set_status(self, name, status):
        self.order("status", certificate=certificate_id(self.pem(name)), status=status)

    def activate(self, name):
        self.set_status(name, "ACTIVE")

    def deactivate(self, name):
        self.set_status(name, "INACTIVE")

    def attach(self, name, kind, other):
        """kind: "policies" or "things"."""
        self.order("attach", certificate=certificate_id(self.pem(name)), list=kind, name=other)

    def detach(self, name, kind, other):
        self.order("detach", certificate=certificate_id(self.pem(name)), list=kind, name=other)

    def put_policy(self, name, document):
        self.order("put", kind="policies", name=name, value=document)

    def kick(self, client):
        self.order("kick", client=client)

    def set(self, setting, value):
        """registration, delay_ms, connect_gap_ms, hook_refuses (a list of serial numbers)."""
        self.order("set", setting=setting, value=value)


class FakeIot:
    """What of boto3's client "iot" the shipped Lambda function uses, on the stand-in's registry."""

    class ResourceAlreadyExistsException(Exception):
        pass

    exceptions = types.SimpleNamespace(ResourceAlreadyExistsException=ResourceAlreadyExistsException)

    def __init__(self, standin):
        self._standin = standin

    def describe_certificate(self, certificateId):
        known = self._standin.registry()["certificates"][certificateId]
        return {"certificateDescription": {
            "certificateId": certificateId, "certificateArn": certificate_arn(certificateId),
            "status": known["status"], "certificatePem": known["pem"]}}

    def create_thing(self, thingName):
        if thingName in self._standin.registry()["things"]:
            raise self.ResourceAlreadyExistsException()
        self._standin.order("put", kind="things", name=thingName, value={})

    def attach_thing_principal(self, thingName, principal):
        self._standin.order("attach", certificate=principal.split("/")[1], list="things", name=thingName)

    def attach_policy(self, policyName, target):
        self._standin.order("attach", certificate=target.split("/")[1], list="policies", name=policyName)

    def update_certificate(self, certificateId, newStatus):
        self._standin.order("status", certificate=certificateId, status=newStatus)


class Registrar:
    """AWS's rule and Lambda: calls the shipped function with each event, after the delay. outcomes: what it said."""

    def __init__(self, standin):
        spec = importlib.util.spec_from_file_location("jitr_lambda", SHIPPED / "jitr_lambda.py")
        self._function = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(self._function)
        self._standin = standin
        self._seen = standin.mark()
        self._due = []
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.outcomes = []
        self._thread.start()

    def _run(self):
        while not self._end.wait(0.05):
            now = self._standin.mark()
            if now > self._seen:
                self._note()
                self._seen = now
            while self._due and self._due[0][0] <= time.monotonic():
                self._register(self._due.pop(0)[1])

    def _note(self):
        settings = self._standin.registry()["settings"]
        if settings["registration"] != "jitr":
            return
        for record in self._standin.records("registered", self._seen):
            self._due.append((record.at + settings["delay_ms"] / 1000, record.fields["event"]))

    def _register(self, event):
        try:
            self.outcomes.append(self._function.register(FakeIot(self._standin), event, os.environ))
        except (TimeoutError, RuntimeError, OSError) as error:
            self.outcomes.append("error: %s" % error)

    def close(self):
        self._end.set()
        self._thread.join()


def main():
    parser = argparse.ArgumentParser(description="A stand-in for AWS IoT Core on 127.0.0.1, in the foreground.",
                                     epilog="SPRINGPARK_BUILD names the folder where make test-parts was called.")
    parser.add_argument("--folder", help="for certificates, registry and records; kept, and used again (default: a new "
                        "one, removed at the end)")
    parser.add_argument("--port", type=int, help="default: a free one; AWS has 8883 and 443")
    parser.add_argument("--serial", help="the device's serial number (default: a random one)")
    parser.add_argument("--registration", choices=("jitr", "jitp", "none"), default="jitr",
                        help="how a certificate that is not known comes in: the shipped Lambda function (default), the "
                        "shipped template, or not at all")
    parser.add_argument("--delay", type=float, default=5, metavar="SECONDS", help="until it is active; default 5")
    parser.add_argument("--name", action="append", default=[], help="one more host name of the broker's certificate, "
                        "besides localhost and " + ENDPOINT)
    arguments = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *unused: sys.exit(0))
    try:
        run(arguments)
    except RuntimeError as error:
        sys.exit("standin: %s" % error)


def run(arguments):
    """Until the broker ends, or a signal comes."""
    with Standin(arguments.folder, arguments.serial, arguments.registration, arguments.delay, arguments.port,
                 (ENDPOINT, *arguments.name)) as standin:
        standin.start()
        for what, value in (("folder", standin.directory), ("endpoint", ENDPOINT), ("port", standin.port),
                            ("serial", standin.serial), ("server CA", standin.pem("server-ca")),
                            ("device certificate", standin.pem("device")), ("device key", standin.key("device")),
                            ("device chain", standin.pem("device-chain")),
                            ("demo certificate", standin.pem("demo-1")), ("demo key", standin.key("demo-1")),
                            ("claim certificate", standin.pem("claim")), ("claim key", standin.key("claim")),
                            ("records", standin.directory / "records.jsonl"), ("broker", standin.pid)):
            print("%s: %s" % (what, value))
        print("ready", flush=True)
        status = standin.wait_end()
        raise RuntimeError("mosquitto has ended with %d:\n%s" % (status, standin.log_text()))


if __name__ == "__main__":
    main()
