#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The stand-in for AWS IoT Core itself, by raw clients: each behaviour that standin.py claims. SPRINGPARK_BUILD = the
built tree, with make test-parts."""
import itertools
import json
import pathlib
import socket
import ssl
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from raw_client import CLOSED, Disconnected, RawClient  # noqa: E402
from standin import ACCOUNT, REGION, Standin, build_directory, certificate_id, shipped  # noqa: E402

NOT_AUTHORIZED = 0x87
ARN = "arn:aws:iot:%s:%s:" % (REGION, ACCOUNT)
PREFIX = "springcard/springcore/"
CREATE = "$aws/certificates/create-from-csr/json"
PROVISION = "$aws/provisioning-templates/springpark/provision/json"
NUMBERS = itertools.count(1)

AWS = Standin(registration="jitr", delay_s=0.3)


def setUpModule():
    AWS.start()
    AWS.set("connect_gap_ms", 0)    # but for the test of it


def tearDownModule():
    AWS.close()


class StandinTest(unittest.TestCase):
    def setUp(self):
        self.since = AWS.mark()

    def client(self, name, client_id=None, **more):
        client = RawClient(AWS, name, client_id or name, **more)
        self.addCleanup(client.close)
        return client

    def online(self, name, client_id=None, **more):
        client = self.client(name, client_id, **more)
        self.assertEqual(client.connect(), 0)
        return client

    @staticmethod
    def new_name(role="box"):
        """A new certificate of the customer's CA; its name is its CN."""
        name = "%s-%d" % (role, next(NUMBERS))
        return AWS.credentials.make_client(name, name)

    def device(self, policy="springpark-device", **more):
        """A certificate that is registered as a device."""
        name = self.new_name()
        AWS.register_device(name, policy, name, **more)
        return name

    def with_policy(self, *statements):
        """The same with a policy of its own, of (effect, action, resource)."""
        name = self.new_name()
        AWS.put_policy("policy-" + name, {"Version": "2012-10-17", "Statement": [
            {"Effect": effect, "Action": action, "Resource": ARN + resource}
            for effect, action, resource in statements]})
        AWS.register_device(name, "policy-" + name, name)
        return name

    def assert_dropped(self, reason, client):
        record = AWS.wait_for("drop", since=self.since, client=client)
        self.assertEqual(AWS.records("drop", self.since, client=client)[-1].fields["reason"], reason, record)


class Registration(StandinTest):
    def setUp(self):
        super().setUp()
        self.addCleanup(AWS.set, "registration", "jitr")
        self.addCleanup(AWS.set, "delay_ms", 300)

    def let_in(self, name):
        """Waits until it is active, and connects."""
        identity = certificate_id(AWS.pem(name))
        AWS.wait_until(lambda: AWS.registry()["certificates"][identity]["status"] == "ACTIVE", 10, "it is active")
        self.online(name)

    def assert_registers(self, name, policy, things):
        AWS.set("delay_ms", 700)
        self.assertEqual(self.client(name).connect(), CLOSED)
        self.assert_dropped("registered", name)
        self.assertEqual(self.client(name, version=5).connect(), CLOSED)
        self.assert_dropped("pending", name)
        identity = certificate_id(AWS.pem(name))
        events = AWS.records("registered", self.since, client=name)
        self.assertEqual([event.fields["event"]["certificateId"] for event in events], [identity, identity])
        self.assertEqual(events[0].fields["event"]["caCertificateId"], certificate_id(AWS.pem("device-ca")))
        self.let_in(name)
        known = AWS.registry()["certificates"][identity]
        self.assertEqual((known["status"], known["policies"], known["things"]), ("ACTIVE", [policy], things))

    def test_a_device_comes_in_by_the_shipped_lambda(self):
        name = self.new_name()
        self.assert_registers(name, "springpark-device", [name])

    def test_a_demo_client_comes_in_by_the_shipped_lambda(self):
        self.assert_registers(self.new_name("demo"), "springpark-demo", [])

    def test_a_device_comes_in_by_the_shipped_jitp_template(self):
        AWS.set("registration", "jitp")
        name = self.new_name()
        self.assert_registers(name, "springpark-device", [name])
        AWS.wait_for("provisioned", since=self.since, by="jitp")

    def test_what_the_lambda_does_not_want_stays_out(self):
        AWS.credentials.make_client("no name", "no name of a thing")
        for _ in range(2):
            self.assertEqual(self.client("no name", "no-name").connect(), CLOSED)
            AWS.wait_for("registered", since=self.since, client="no-name")
        name = self.new_name()
        self.assertEqual(self.client(name).connect(), CLOSED)
        self.let_in(name)   # after what was to be decided before
        self.assertEqual(AWS.registry()["certificates"][certificate_id(AWS.pem("no name"))]["status"],
                         "PENDING_ACTIVATION")

    def test_a_template_without_its_parameter_fails(self):
        AWS.set("registration", "jitp")
        AWS.credentials.make_client("bad thing", "bad thing")
        self.assertEqual(self.client("bad thing", "bad").connect(), CLOSED)
        AWS.wait_for("not provisioned", since=self.since, error="The thing cannot be called that")
        self.assertEqual(self.client("bad thing", "bad").connect(), CLOSED)

    def test_only_a_ca_of_the_customer_lets_in(self):
        AWS.credentials.make_issued("stranger", "stranger")
        for _ in range(2):
            self.assertEqual(self.client("stranger").connect(), CLOSED)
            self.assert_dropped("unknown", "stranger")

    def test_an_account_without_registration_knows_nobody(self):
        AWS.set("registration", "none")
        name = self.new_name()
        for _ in range(2):
            self.assertEqual(self.client(name).connect(), CLOSED)
            self.assert_dropped("unknown", name)

    def test_a_certificate_of_an_unknown_ca_is_refused_by_tls(self):
        AWS.credentials.make_client_of_other_ca("strange", "strange")
        try:
            outcome = self.client("strange").connect()
        except ssl.SSLError:
            outcome = CLOSED
        self.assertEqual(outcome, CLOSED)
        self.assertEqual(AWS.records("drop", self.since, client="strange"), [])

    def test_what_is_known_outlives_the_broker(self):
        name = self.device()
        self.online(name).close()
        AWS.stop()
        AWS.start()
        AWS.set("connect_gap_ms", 0)
        self.online(name)


class Status(StandinTest):
    def test_an_inactive_certificate_is_dropped(self):
        for status in ("INACTIVE", "REVOKED"):
            name = self.device()
            AWS.set_status(name, status)
            for version in (4, 5):
                self.assertEqual(self.client(name, version=version).connect(), CLOSED)
                self.assert_dropped("inactive", name)

    def test_who_is_deactivated_is_disconnected_and_comes_back_when_active(self):
        name = self.device()
        client = self.online(name)
        AWS.deactivate(name)
        self.assertEqual(client.wait_end(), CLOSED)
        self.assertEqual(self.client(name).connect(), CLOSED)
        AWS.activate(name)
        self.online(name)

    def test_who_is_kicked_leaves_its_will(self):
        name = self.device()
        topic = PREFIX + name + "/status"
        client = self.online(name, will=(topic, "gone", 1, True))
        AWS.kick(name)
        self.assertEqual(client.wait_end(), CLOSED)
        AWS.wait_for("will", since=self.since, client=name, topic=topic, retain=True)


class Connect(StandinTest):
    def assert_refused(self, reason, name, client_id=None, code=NOT_AUTHORIZED, **more):
        for version, outcome in ((4, CLOSED), (5, code)):
            self.since = AWS.mark()
            self.assertEqual(self.client(name, client_id, version=version, **more).connect(), outcome)
            self.assert_dropped(reason, client_id or name)

    def test_the_client_id_is_the_things_name(self):
        name = self.device()
        self.assert_refused("iot:Connect", name, name + "x")
        self.online(name)

    def test_a_certificate_without_its_thing_is_refused(self):
        name = self.device()
        AWS.detach(name, "things", name)
        self.assert_refused("iot:Connect", name)
        AWS.attach(name, "things", name)
        self.online(name)

    def test_a_certificate_without_a_policy_is_refused(self):
        name = self.device()
        AWS.detach(name, "policies", "springpark-device")
        self.assert_refused("iot:Connect", name)
        AWS.attach(name, "policies", "springpark-device")
        self.online(name)

    def test_a_client_id_can_be_too_long_or_reserved(self):
        name = self.with_policy(("Allow", "*", "*"))
        self.assert_refused("client id too long", name, "i" * 129, 0x85)
        self.assert_refused("client id begins with $", name, "$i", 0x85)
        self.online(name, "i" * 128)

    def test_a_will_needs_permission(self):
        name = self.device()
        self.assert_refused("will: iot:Publish", name, will=(PREFIX + "other/status", "gone", 1, False))
        self.assert_refused("will: iot:RetainPublish", name, will=(PREFIX + name + "/rdr/evt", "gone", 1, True))
        for version in (4, 5):
            self.online(name, version=version, will=(PREFIX + name + "/status", "gone", 1, True)).close()
            will = AWS.records("connect", self.since, client=name)[-1].fields["will"]
            self.assertEqual(will, {"topic": PREFIX + name + "/status", "qos": 1, "retain": True})

    def test_a_will_of_too_many_levels_closes(self):
        name = self.with_policy(("Allow", "*", "*"))
        self.assert_refused("will: too many slashes", name, will=("1/2/3/4/5/6/7/8/9", "gone", 1, False))
        self.online(name, will=("1/2/3/4/5/6/7/8", "gone", 1, False))

    def test_a_will_of_qos_2_closes(self):
        name = self.device()
        will = (PREFIX + name + "/status", "gone", 2, True)
        self.assertEqual(self.client(name, will=will).connect(), CLOSED)
        self.assertEqual(self.client(name, version=5, will=will).connect(), 0x9B)
        self.assertEqual(AWS.records("connect", self.since), [])

    def test_one_connect_a_second(self):
        self.addCleanup(AWS.set, "connect_gap_ms", 0)
        AWS.set("connect_gap_ms", 900)
        name, other = self.device(), self.device()
        self.online(name).close()
        self.online(other).close()
        self.assertEqual(self.client(name).connect(), CLOSED)
        self.assert_dropped("throttled", name)
        self.assertEqual(len(AWS.records("drop", self.since, reason="throttled")), 1)
        AWS.set("connect_gap_ms", 10)
        self.online(name)

    def test_the_newest_of_one_client_id_stays(self):
        name = self.device()
        for version, end in ((4, CLOSED), (5, Disconnected(0x8E))):
            old = self.online(name, version=version)
            new = self.online(name, version=version)
            self.assertEqual(old.wait_end(), end)
            self.assertTrue(new.ping())

    def test_keep_alive_is_30_to_1200_s(self):
        name = self.device()
        for version, asked, kept in ((4, 1, 30), (4, 30, 30), (4, 1200, 1200), (4, 1201, 1200), (4, 0, 1200),
                                     (5, 5, 30)):
            self.online(name, version=version, keep_alive=asked).close()
            self.assertEqual(AWS.records("connect", self.since, client=name)[-1].fields["keep_alive"], asked)
            line = [line for line in AWS.log_text().splitlines() if "New client connected" in line][-1]
            self.assertIn("k%d)" % kept, line, "asked for %d" % asked)
        for asked in (0, 1201):
            client = self.online(name, version=5, keep_alive=asked)
            self.assertEqual(client.properties[0x13], 1200)

    def test_mqtt_5_is_told_the_limits(self):
        name = self.device()
        client = self.online(name, version=5)
        self.assertEqual({number: client.properties.get(number) for number in (0x21, 0x22, 0x24, 0x27)},
                         {0x21: 100, 0x22: 8, 0x24: 1, 0x27: 149504})


class Talk(StandinTest):
    def test_a_forbidden_publish_closes_mqtt_311_and_the_will_is_published(self):
        for qos in (0, 1):
            name = self.device()
            client = self.online(name, will=(PREFIX + name + "/status", "gone", 1, True))
            outcome = client.publish(PREFIX + "other/meta", qos=qos)
            self.assertEqual(outcome or client.wait_end(), CLOSED)
            refused = AWS.wait_for("refused", since=self.since, client=name)
            self.assertEqual((refused.fields["reason"], refused.fields["closed"]), ("iot:Publish", True))
            AWS.wait_for("will", since=self.since, client=name)

    def test_a_forbidden_publish_is_said_to_mqtt_5(self):
        name = self.device()
        client = self.online(name, version=5)
        self.assertEqual(client.publish(PREFIX + "other/meta"), NOT_AUTHORIZED)
        self.assertLess(client.publish(PREFIX + name + "/meta"), 0x80)
        self.assertEqual(AWS.records("refused", self.since, client=name)[0].fields["closed"], False)
        client.publish(PREFIX + "other/meta", qos=0)
        self.assertEqual(client.wait_end(), Disconnected(NOT_AUTHORIZED), "there is no PUBACK to say it")

    def test_to_retain_needs_permission(self):
        name = self.device()
        topic = PREFIX + name + "/rdr/evt"
        client = self.online(name, version=5)
        self.assertLess(client.publish(topic), 0x80)
        self.assertEqual(client.publish(topic, retain=True), NOT_AUTHORIZED)
        self.assertEqual(self.online(name).publish(topic, retain=True), CLOSED)
        self.assertEqual([one.fields["reason"] for one in AWS.records("refused", self.since)],
                         ["iot:RetainPublish"] * 2)

    def test_a_forbidden_subscribe(self):
        name = self.device()
        self.assertEqual(self.online(name, version=5).subscribe(PREFIX + "+/rdr/cmd"), NOT_AUTHORIZED)
        client = self.online(name)
        self.assertEqual(client.subscribe(PREFIX + name + "/rdr/cmd"), 1)
        self.assertEqual(client.subscribe("#"), CLOSED)

    def test_too_many_levels_close_the_connection(self):
        name = self.with_policy(("Allow", "*", "*"))
        for version in (4, 5):
            for act, code in (("publish", 0x90), ("subscribe", 0x8F)):
                end = CLOSED if version == 4 else Disconnected(code)
                client = self.online(name, version=version)
                self.assertNotIn(getattr(client, act)("1/2/3/4/5/6/7/8"), (CLOSED, 0x80, NOT_AUTHORIZED))
                self.assertEqual(getattr(client, act)("1/2/3/4/5/6/7/8/9"), end)
            self.assertEqual(self.online(name, version=version).publish("t" * 257),
                             CLOSED if version == 4 else Disconnected(0x90))
        self.assertEqual({one.fields["reason"] for one in AWS.records("refused", self.since)},
                         {"too many slashes", "topic too long"})

    def test_a_payload_of_more_than_128_kb_closes_the_connection(self):
        name = self.with_policy(("Allow", "*", "*"))
        for version in (4, 5):
            client = self.online(name, version=version)
            self.assertNotEqual(client.publish("t", b"x" * 131072), CLOSED)
            self.assertEqual(client.publish("t", b"x" * 131073), CLOSED)
        self.assertNotEqual(self.online(name).publish("t", b"x" * 150000), 0, "nor what is refused before the plugin")

    def test_qos_2_is_not_taken(self):
        name = self.device()
        client = self.online(name)
        self.assertEqual(client.publish(PREFIX + name + "/meta", qos=2), CLOSED)

    def test_receive_is_judged_at_each_delivery(self):
        reader = self.with_policy(("Allow", "iot:Connect", "*"), ("Allow", "iot:Subscribe", "*"),
                                  ("Allow", "iot:Receive", "topic/" + PREFIX + "*/rdr/evt"))
        writer = self.device()
        receiver, sender = self.online(reader), self.online(writer)
        self.assertEqual(receiver.subscribe(PREFIX + "#"), 1)
        for topic in ("meta", "rdr/evt"):
            sender.publish(PREFIX + writer + "/" + topic, topic)
        self.assertEqual(receiver.receive().topic, PREFIX + writer + "/rdr/evt")
        AWS.put_policy("policy-" + reader, {"Statement": []})
        sender.publish(PREFIX + writer + "/rdr/evt", "again")
        AWS.wait_for("refused", since=self.since, client=reader, topic=PREFIX + writer + "/rdr/evt")
        self.assertTrue(receiver.ping())
        self.assertEqual(list(receiver.messages), [])

    def test_wildcards_get_nothing_that_is_retained(self):
        name = self.with_policy(("Allow", "*", "*"))
        client = self.online(name)
        client.publish("kept/" + name, "kept", retain=True)
        client.subscribe("kept/+")
        self.assertTrue(client.ping())
        self.assertEqual(list(client.messages), [])
        client.publish("kept/" + name, "live", retain=True)
        self.assertEqual(client.receive().payload, b"live")
        client.subscribe("kept/" + name)
        self.assertEqual(client.receive(), ("kept/" + name, b"live", True))

    def test_no_more_than_50_subscriptions(self):
        name = self.with_policy(("Allow", "*", "*"))
        client = self.online(name)
        self.assertEqual([client.subscribe("t/%d" % number) for number in range(50)], [1] * 50)
        self.assertEqual(client.subscribe("t/50"), CLOSED)

    def test_more_than_100_messages_a_second_are_noted(self):
        name = self.with_policy(("Allow", "*", "*"))
        client = self.online(name)
        for _ in range(100):
            client.publish("t", qos=0)
        self.assertTrue(client.ping())
        for _ in range(300):
            client.publish("t", qos=0)
        AWS.wait_for("too many", since=self.since, client=name)


class Fleet(StandinTest):
    def claim(self, **more):
        client = self.online("claim", "springpark-claim-%d" % next(NUMBERS), version=5, **more)
        for topic in (CREATE, PROVISION):
            for end in ("/accepted", "/rejected"):
                self.assertEqual(client.subscribe(topic + end), 1)
        return client

    def ask(self, client, topic, request):
        """(accepted or rejected, the answer)."""
        client.publish(topic, request if isinstance(request, str) else json.dumps(request))
        message = client.receive()
        self.assertIsNotNone(message, AWS.records(since=self.since)[-5:])
        return message.topic[len(topic) + 1:], json.loads(message.payload)

    def create(self, client, name):
        outcome, answer = self.ask(client, CREATE, {"certificateSigningRequest": AWS.credentials.make_request(name)})
        self.assertEqual(outcome, "accepted", answer)
        pathlib.Path(AWS.pem(name)).write_text(answer["certificatePem"])
        return answer

    def test_a_claim_becomes_a_device(self):
        client = self.claim()
        name = "fleet-%d" % next(NUMBERS)
        answer = self.create(client, name)
        self.assertEqual(answer["certificateId"], certificate_id(AWS.pem(name)))
        self.assertEqual(self.client(name).connect(), CLOSED, "it is not active yet")
        outcome, answer = self.ask(client, PROVISION, {
            "certificateOwnershipToken": answer["certificateOwnershipToken"], "parameters": {"SerialNumber": name}})
        self.assertEqual((outcome, answer), ("accepted", {"thingName": name, "deviceConfiguration": {}}))
        device = self.online(name)
        self.assertEqual(device.publish(PREFIX + name + "/meta", retain=True), 0)

    def test_a_token_is_good_once(self):
        client = self.claim()
        name = "fleet-%d" % next(NUMBERS)
        request = {"certificateOwnershipToken": self.create(client, name)["certificateOwnershipToken"],
                   "parameters": {"SerialNumber": name}}
        self.assertEqual(self.ask(client, PROVISION, request)[0], "accepted")
        outcome, answer = self.ask(client, PROVISION, request)
        self.assertEqual((outcome, answer["errorCode"]), ("rejected", "InvalidCertificateOwnershipToken"))

    def test_what_is_wrong_is_rejected(self):
        self.addCleanup(AWS.set, "hook_refuses", [])
        AWS.set("hook_refuses", ["unwanted"])
        client = self.claim()
        token = self.create(client, "fleet-%d" % next(NUMBERS))["certificateOwnershipToken"]
        small = AWS.credentials.make_request("small", "-newkey", "rsa:1024")
        for topic, request, status in (
                (CREATE, "no JSON", 400),
                (CREATE, {"certificateSigningRequest": "none"}, 400),
                (CREATE, {"certificateSigningRequest": small}, 400),
                (PROVISION, {"certificateOwnershipToken": "wrong", "parameters": {"SerialNumber": "x"}}, 400),
                (PROVISION, {"certificateOwnershipToken": token}, 400),
                (PROVISION, {"certificateOwnershipToken": token, "parameters": {"SerialNumber": "a b"}}, 400),
                (PROVISION, {"certificateOwnershipToken": token, "parameters": {"SerialNumber": "unwanted"}}, 403)):
            outcome, answer = self.ask(client, topic, request)
            self.assertEqual((outcome, answer["statusCode"]), ("rejected", status), request)
            self.assertEqual(set(answer), {"statusCode", "errorCode", "errorMessage"})

    def test_only_who_asks_and_has_subscribed_gets_an_answer(self):
        bystander = self.claim()
        client = self.online("claim", "springpark-claim-%d" % next(NUMBERS), version=5)
        client.publish(CREATE, json.dumps({"certificateSigningRequest": AWS.credentials.make_request("unheard")}))
        answer = AWS.wait_for("answer", since=self.since, client=client.client_id)
        self.assertFalse(answer.fields["delivered"])
        for one in (client, bystander):
            self.assertTrue(one.ping())
            self.assertEqual(list(one.messages), [])

    def test_a_claim_may_nothing_else(self):
        client = self.claim()
        self.assertEqual(client.publish(PREFIX + "box/meta"), NOT_AUTHORIZED)
        self.assertEqual(client.subscribe(PREFIX + "+/rdr/evt"), NOT_AUTHORIZED)


class Program(unittest.TestCase):
    """standin.py from a shell, as ./quickstart uses it."""

    def start(self, *arguments):
        program = subprocess.Popen([sys.executable, str(pathlib.Path(__file__).with_name("standin.py")), *arguments],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

        def end():
            if program.poll() is None:
                program.kill()
            program.wait()
            program.stdout.close()
            program.stderr.close()
        self.addCleanup(end)
        return program

    def test_it_says_where_all_is_and_ends_on_a_signal(self):
        program = self.start("--serial", "0A1B2C3D", "--delay", "1")
        said = {}
        for line in program.stdout:
            if line == "ready\n":
                break
            what, value = line.rstrip("\n").split(": ", 1)
            said[what] = value
        self.assertEqual(said["serial"], "0A1B2C3D")
        for what in ("server CA", "device certificate", "device key", "device chain", "demo certificate", "demo key",
                     "claim certificate", "claim key", "records"):
            self.assertTrue(pathlib.Path(said[what]).exists(), what)
        with socket.create_connection(("127.0.0.1", int(said["port"]))):
            program.terminate()
            self.assertEqual(program.wait(15), 0)
        self.assertFalse(pathlib.Path(said["folder"]).exists())
        self.assertFalse(pathlib.Path("/proc", said["broker"]).exists())

    def test_a_port_that_is_taken_is_told(self):
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            program = self.start("--port", str(other.getsockname()[1]))
            self.assertEqual(program.wait(30), 1)
        self.assertIn("Address already in use", program.stderr.read())


class Policies(unittest.TestCase):
    """Tables of cases, by the plugin's own judgement (policy_probe)."""

    def judge(self, policies, cases):
        """cases: (action, resource without its ARN, client, thing, common name)"""
        lines = [json.dumps({"policies": policies, "action": action, "resource": ARN + resource, "client": client,
                             "thing": thing, "common_name": common_name})
                 for action, resource, client, thing, common_name in cases]
        done = subprocess.run([str(build_directory() / "tests/awsiot/policy_probe")], input="\n".join(lines) + "\n",
                              stdout=subprocess.PIPE, check=True, text=True)
        return [word == "allow" for word in done.stdout.split()]

    def assert_table(self, policies, cases):
        """cases: (expected, action, resource, client, thing, common name)"""
        for case, got in zip(cases, self.judge(policies, [case[1:] for case in cases])):
            self.assertEqual(got, case[0], case)

    @staticmethod
    def document(*statements):
        return {"Version": "2012-10-17", "Statement": list(statements)}

    @staticmethod
    def statement(resource, action="iot:Publish", effect="Allow", **more):
        resources = [ARN + one for one in resource] if isinstance(resource, list) else ARN + resource
        return {"Effect": effect, "Action": action, "Resource": resources, **more}

    def assert_resource(self, pattern, topic, expected, client="c", thing="c", common_name="c"):
        self.assert_table([self.document(self.statement(pattern))],
                          [(expected, "iot:Publish", topic, client, thing, common_name)])

    def test_wildcards(self):
        for pattern, topic, expected in (
                ("topic/a", "topic/a", True), ("topic/a", "topic/b", False), ("topic/a", "topic/aa", False),
                ("topic/*", "topic/a/b/c", True), ("topic/*", "topic/", True), ("topic/*c", "topic/a/b/c", True),
                ("topic/*c", "topic/a/b/d", False), ("topic/a*b*c", "topic/aXbYbZc", True),
                ("topic/a*b*c", "topic/aXbYbZ", False), ("topic/?", "topic/a", True), ("topic/?", "topic/ab", False),
                ("topic/?", "topic/", False), ("topic/+", "topic/a", False), ("topic/+", "topic/+", True),
                ("topic/#", "topic/a/b", False), ("topic/A", "topic/a", False), ("*", "topic/a", True),
                ("topic/**", "topic/a", True), ("topic/a*", "topicfilter/a", False)):
            with self.subTest(pattern=pattern, topic=topic):
                self.assert_resource(pattern, topic, expected)

    def test_variables(self):
        for pattern, expected in (
                ("topic/${iot:ClientId}", "client"), ("topic/${iot:Connection.Thing.ThingName}", "thing"),
                ("topic/${iot:Certificate.Subject.CommonName}", "name"),
                ("topic/x${iot:ClientId}y/*", "xclienty/z")):
            with self.subTest(pattern=pattern):
                self.assert_resource(pattern, "topic/" + expected, True, "client", "thing", "name")
                self.assert_resource(pattern, "topic/" + expected + "-", expected.endswith("z"), "client", "thing",
                                     "name")

    def test_a_variable_without_a_value_keeps_its_statement_from_applying(self):
        self.assert_resource("topic/${iot:Connection.Thing.ThingName}", "topic/", False, "c", None, "c")
        self.assert_resource("topic/${iot:Certificate.Subject.CommonName}", "topic/", False, "c", "c", None)
        self.assert_resource("topic/${iot:Unheard.Of}", "topic/${iot:Unheard.Of}", False)
        self.assert_resource("topic/${iot:ClientId", "topic/${iot:ClientId", True)

    def test_a_wildcard_in_a_value_is_none(self):
        self.assert_resource("topic/${iot:ClientId}", "topic/a", False, "*")
        self.assert_resource("topic/${iot:ClientId}", "topic/*", True, "*")

    def test_a_deny_wins(self):
        allow = self.statement("*", "iot:*")
        deny = self.statement("topic/secret/*", ["iot:Publish", "iot:Receive"], "Deny")
        cases = [(False, "iot:Publish", "topic/secret/a", "c", "c", "c"),
                 (False, "iot:Receive", "topic/secret/a", "c", "c", "c"),
                 (True, "iot:Subscribe", "topicfilter/secret/a", "c", "c", "c"),
                 (True, "iot:Publish", "topic/open", "c", "c", "c")]
        for policies in ([self.document(allow, deny)], [self.document(deny, allow)],
                         [self.document(deny), self.document(allow)]):
            self.assert_table(policies, cases)

    def test_nothing_is_allowed_by_itself(self):
        case = [(False, "iot:Publish", "topic/a", "c", "c", "c")]
        for policies in ([], [self.document()], [self.document(self.statement("topic/a", "iot:Receive"))],
                         [self.document(self.statement("topic/a", "iot:Publish", "Perhaps"))], [{}]):
            self.assert_table(policies, case)

    def test_the_condition_on_the_thing(self):
        for wanted, thing, expected in (("true", "c", True), ("true", None, False), ("false", "c", False),
                                        ("false", None, True), (["true"], "c", True), (True, "c", True)):
            condition = {"Bool": {"iot:Connection.Thing.IsAttached": wanted}}
            self.assert_table([self.document(self.statement("*", Condition=condition))],
                              [(expected, "iot:Publish", "topic/a", "c", thing, "c")])
        for condition in ({"Bool": {"iot:Other": "true"}}, {"StringEquals": {"iot:ClientId": "c"}}):
            self.assert_table([self.document(self.statement("*", Condition=condition))],
                              [(False, "iot:Publish", "topic/a", "c", "c", "c")])

    def test_the_shipped_policy_of_a_device(self):
        for file, thing, name in (("policy-device.json", "box", None), ("policy-device-certificate.json", None, "box")):
            cases = [(True, "iot:Connect", "client/box"), (False, "iot:Connect", "client/other"),
                     (True, "iot:Publish", "topic/springcard/springcore/box/meta"),
                     (True, "iot:RetainPublish", "topic/springcard/springcore/box/status"),
                     (False, "iot:RetainPublish", "topic/springcard/springcore/box/rdr/evt"),
                     (False, "iot:Publish", "topic/springcard/springcore/box/rdr/cmd"),
                     (False, "iot:Publish", "topic/springcard/springcore/other/rdr/evt"),
                     (False, "iot:Subscribe", "topicfilter/springcard/springcore/+/rdr/cmd"),
                     (True, "iot:Receive", "topic/springcard/springcore/box/rdr/cmd")]
            self.assert_table([shipped(file)], [case + ("box", thing, name) for case in cases])
            self.assert_table([shipped(file)], [(False,) + case[1:] + ("box", None, None) for case in cases])


if __name__ == "__main__":
    unittest.main()
