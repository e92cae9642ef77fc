#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The shipped policies (doc/aws/policy-*.json) on the stand-in: each of their elements is needed, and they suffice.

Who has a policy goes its whole way: springparkd from CONNECT to an event and a command, springparkctl subscribe from
CONNECT to an event, a claim from CONNECT to its answers. With the whole policy all of it works and nothing is refused.
For each element, which is one action on one resource, there is a test without it, named after it, that says what fails
then, and that nothing else does.

Root, for a network of its own; SPRINGPARK_BUILD = the built tree."""
import copy
import json
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from daemon_parts import ARN, AWS, GRANTED, NUMBERS, PREFIX, TAG, DaemonTest, wait_until  # noqa: E402
from raw_client import CLOSED, RawClient  # noqa: E402
from standin import shipped  # noqa: E402

CREATE = "$aws/certificates/create-from-csr/json"
PROVISION = "$aws/provisioning-templates/springpark/provision/json"
NOT_AUTHORIZED = 0x87


def setUpModule():
    AWS.start(registration="none")


def tearDownModule():
    AWS.stop()


def as_list(value):
    return value if isinstance(value, list) else [value]


def elements(document):
    """(number of the statement from 1, action, resource without its ARN, the document without this) of each element."""
    for number, statement in enumerate(document["Statement"]):
        for action in as_list(statement["Action"]):
            for resource in as_list(statement["Resource"]):
                less = copy.deepcopy(document)
                rest = less["Statement"][number]
                rest["Action"] = [one for one in as_list(statement["Action"]) if one != action]
                rest["Resource"] = [one for one in as_list(statement["Resource"]) if one != resource]
                if not rest["Action"] and len(as_list(statement["Resource"])) > 1:
                    rest["Action"] = [action]
                if not rest["Resource"]:
                    del less["Statement"][number]
                yield number + 1, action, resource[len(ARN):], less


def add_tests(role, policy):
    """A decorator: a test for each element of the policy, by the class's method without(document, action, resource)."""
    def decorate(test_class):
        for number, action, resource, less in elements(shipped(policy)):
            words = resource.split("/") if "$aws" in resource else resource.split("/")[-2:]
            words = [word.strip("$").replace("-", "_") for word in words if "*" not in word and "{" not in word]
            name = "test_without_%s_statement_%d_%s_%s" % (role, number, action.split(":")[1].lower(), "_".join(words))

            def test(self, less=less, action=action, resource=resource):
                self.without(less, action, resource)
            assert not hasattr(test_class, name), name
            setattr(test_class, name, test)
        return test_class
    return decorate


class Device(DaemonTest):
    """springparkd's way."""

    everything = {"connect", "subscribe", "meta", "status", "event", "command"}
    # What each element is for: (action, end of the resource): (how the stand-in tells that it is missing, what fails)
    uses = {
        ("iot:Connect", "client"): (("drop", "iot:Connect"), everything),
        ("iot:Publish", "meta"): (("refused", "iot:Publish"), {"meta"}),
        ("iot:Publish", "status"): (("drop", "will: iot:Publish"), everything),
        ("iot:Publish", "rdr/evt"): (("refused", "iot:Publish"), {"event"}),
        ("iot:RetainPublish", "meta"): (("refused", "iot:RetainPublish"), {"meta"}),
        ("iot:RetainPublish", "status"): (("drop", "will: iot:RetainPublish"), everything),
        ("iot:Subscribe", "rdr/cmd"): (("refused", "iot:Subscribe"), {"subscribe", "command"}),
        ("iot:Receive", "rdr/cmd"): (("refused", "iot:Receive"), {"command"}),
    }
    thing = True

    def start(self, document):
        self.name = self.new_name()
        self.aws.put_policy("policy-" + self.name, document)
        self.aws.register(self.name, ["policy-" + self.name], [self.name] if self.thing else [])
        self.application = self.other("application")
        self.since = self.aws.mark()
        self.box, script = self.gateway(self.name)
        script.do("insert NFC-A " + TAG)

    def topic(self, end):
        return PREFIX + self.name + "/" + end

    def what_worked(self):
        records = self.aws.records(since=self.since, client=self.name)
        done = {one.what for one in records} & {"connect", "subscribe"}
        for word, end, retained in (("meta", "meta", True), ("status", "status", True), ("event", "rdr/evt", False)):
            if any(one.what == "publish" and one.fields["topic"] == self.topic(end)
                   and one.fields["retain"] == retained for one in records):
                done.add(word)
        if self.box.status()["commands"]["accepted"] == 1:
            done.add("command")
        return done

    def walk(self, expected, problem=None):
        """Until all that is expected has happened, and problem, a record, is there; nothing else may have."""
        if "connect" in expected:
            self.wait_for("publish", client=self.name, topic=self.topic("status"))
            # By now it has subscribed, or was refused.
            self.application.publish(self.topic("rdr/cmd"), GRANTED)
        if problem:
            self.wait_for(problem[0], client=self.name, reason=problem[1])
        wait_until(lambda: self.what_worked() >= expected, 15, "%s of %s" % (expected, self.what_worked()))
        self.assertEqual(self.what_worked(), expected)

    def without(self, document, action, resource):
        end = resource.split("}/")[-1] if "}/" in resource else resource.split("/")[0]
        problem, fails = self.uses[action, end]
        self.start(document)
        self.walk(self.everything - fails, problem)
        refusals = {one.fields["reason"] for what in ("drop", "refused")
                    for one in self.aws.records(what, self.since, client=self.name)}
        self.assertEqual(refusals, {problem[1]})

    def whole(self, document):
        self.start(document)
        self.walk(self.everything)
        self.assert_never("drop")
        self.assert_never("refused")


@add_tests("device", "policy-device.json")
class DevicePolicy(Device):
    def test_with_the_whole_device_policy_everything_works(self):
        self.whole(shipped("policy-device.json"))

    def test_without_the_things_attachment_nothing_works(self):
        self.thing = False
        self.start(shipped("policy-device.json"))
        self.walk(set(), ("drop", "iot:Connect"))


@add_tests("device_certificate", "policy-device-certificate.json")
class DeviceCertificatePolicy(Device):
    thing = False

    def test_with_the_whole_device_certificate_policy_everything_works(self):
        self.whole(shipped("policy-device-certificate.json"))


@add_tests("demo", "policy-demo.json")
class DemoPolicy(DaemonTest):
    """springparkctl subscribe's way."""

    def start(self, document):
        self.name = self.new_name("demo")
        self.aws.put_policy("policy-" + self.name, document)
        self.aws.register(self.name, ["policy-" + self.name])
        self.application = self.other("application")
        self.since = self.aws.mark()
        self.tool = self.subscribe(self.name)

    def publish(self):
        self.application.publish(PREFIX + "box/rdr/evt", json.dumps({"Sequence": 1, "TagId": TAG}))

    def test_with_the_whole_demo_policy_events_come(self):
        self.start(shipped("policy-demo.json"))
        self.tool.wait_error("subscribed to")
        self.publish()
        self.tool.wait_line(1)
        self.assertIn(TAG, self.tool.lines[0])
        self.assert_never("refused")
        self.assert_never("drop")

    def without(self, document, action, _resource):
        self.start(document)
        if action == "iot:Receive":
            self.tool.wait_error("subscribed to")
            self.publish()
        self.wait_for("drop" if action == "iot:Connect" else "refused", client=self.name, reason=action)
        self.assertEqual(self.tool.lines, [])
        subscribed = any("subscribed to" in line for line in self.tool.errors)
        self.assertEqual(subscribed, action == "iot:Receive")


@add_tests("claim", "policy-claim.json")
class ClaimPolicy(DaemonTest):
    """A claim's way, by a raw client: both requests, and both answers to each."""

    everything = {"connect"} | {word + end for word in ("create", "provision")
                                for end in ("", "/accepted", "/rejected")}

    def start(self, document):
        name = "claim-%d" % next(NUMBERS)
        self.aws.credentials.make_issued(name, "a claim")
        self.aws.put_policy("policy-" + name, document)
        self.aws.register(name, ["policy-" + name])
        self.serial = "box-%d" % next(NUMBERS)
        self.client = RawClient(self.aws, name, "springpark-claim-" + self.serial, version=5)
        self.addCleanup(self.client.close)

    def ask(self, topic, request):
        """The answer of each kind, or None if the request was refused or no answer came."""
        since = self.aws.mark()
        if self.client.publish(topic, json.dumps(request)) >= 0x80:
            return None
        answer = self.aws.wait_for("answer", since=since, client=self.client.client_id)
        if not answer.fields["delivered"]:
            return None
        message = self.client.receive()
        self.assertEqual(message.topic, answer.fields["topic"])
        return json.loads(message.payload)

    def token(self):
        """As the answer has it, which this client may not get."""
        return next(one["token"] for one in self.aws.registry()["certificates"].values() if "token" in one)

    def walk(self):
        """What worked."""
        if self.client.connect() != 0:
            return set()
        worked = {"connect"}
        for word, topic in (("create", CREATE), ("provision", PROVISION)):
            for end in ("/accepted", "/rejected"):
                if self.client.subscribe(topic + end) < 0x80:
                    worked.add(word + end)
        good = {"create": lambda: {"certificateSigningRequest": self.aws.credentials.make_request(self.serial)},
                "provision": lambda: {"certificateOwnershipToken": self.token(),
                                      "parameters": {"SerialNumber": self.serial}}}
        for word, topic in (("create", CREATE), ("provision", PROVISION)):
            since = self.aws.mark()
            for end, request in (("/rejected", dict), ("/accepted", good[word])):
                if self.ask(topic, request()) is None:
                    worked.discard(word + end)
            if self.aws.records("publish", since, topic=topic):
                worked.add(word)
            elif word == "create":
                break       # there is no certificate to provision
        return worked

    def test_with_the_whole_claim_policy_everything_works(self):
        self.start(shipped("policy-claim.json"))
        self.assertEqual(self.walk(), self.everything)
        self.assert_never("refused")

    def without(self, document, action, resource):
        self.start(document)
        if action == "iot:Connect":
            self.assertEqual(self.client.connect(), NOT_AUTHORIZED)
            self.wait_for("drop", client=self.client.client_id, reason=action)
            return
        word = "create" if CREATE in resource else "provision"
        worked = self.walk()
        self.assertTrue(self.aws.records("refused", self.since, reason=action) or action == "iot:Receive")
        if action == "iot:Publish" and word == "create":
            self.assertEqual({one for one in worked if one.startswith("create")}, set())
        elif action == "iot:Publish":
            self.assertEqual(self.everything - worked, {"provision", "provision/accepted", "provision/rejected"})
        else:
            self.assertEqual(self.everything - worked, {word + "/" + resource.split("/")[-1]})
        self.assertNotEqual(self.client.ended, CLOSED)


if __name__ == "__main__":
    unittest.main()
