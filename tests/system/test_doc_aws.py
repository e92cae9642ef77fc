#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What is shipped for AWS (doc/aws, doc/aws.md): every file parses and says what the daemon really does; the policies
let through what it needs and nothing else; CloudFormation sets up the same; the Lambda function does the right calls.

One test needs SPRINGPARK_BUILD = the built tree; openssl makes the certificates."""
import importlib.util
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True  # nothing beside the shipped files
TOP = pathlib.Path(__file__).resolve().parents[2]
FOLDER = TOP / "doc" / "aws"
PAGE = TOP / "doc" / "aws.md"
POLICIES = ("policy-device", "policy-device-certificate", "policy-demo", "policy-claim")
# https://docs.aws.amazon.com/iot/latest/developerguide/iot-policy-actions.html, the MQTT ones, and the kind of resource
# of each: https://docs.aws.amazon.com/iot/latest/developerguide/iot-action-resources.html
ACTIONS = {"iot:Connect": "client", "iot:DeleteConnection": "client", "iot:Publish": "topic", "iot:Receive": "topic",
           "iot:RetainPublish": "topic", "iot:GetRetainedMessage": "topic", "iot:Subscribe": "topicfilter"}
POLICY_BYTES = 2048
REGION, ACCOUNT = "ap-southeast-1", "123456789012"
SERIAL = "7813F597"
EC_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")


def load(name):
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))


def module(name):
    spec = importlib.util.spec_from_file_location(name, FOLDER / (name + ".py"))
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def as_list(value):
    return value if isinstance(value, list) else [value]


def own_topics():
    """What a box publishes, publishes with the retain flag, and subscribes to: from the source."""
    plan = (TOP / "src/gateway/plan.c").read_text(encoding="utf-8")
    carrier = (TOP / "src/cloud/carrier.c").read_text(encoding="utf-8")
    link = (TOP / "src/cloud/link.c").read_text(encoding="utf-8")
    leaves = re.findall(r'"([^"]+)"', re.search(r"leaves\[\] = \{([^}]*)\}", plan).group(1))
    assert 'text_format("%s/%s/%s", mqtt->topic_prefix, plan->identity->device_id, leaves[i])' in plan
    topics = {name: leaves[int(index)] for name, index in re.findall(r"\.(topic_\w+) = plan->topics\[(\d)\]", plan)}
    published = set(re.findall(r"publish(?:_text)?\(carrier, [^;]*settings->(topic_\w+)", carrier))
    retained = set(re.findall(r"publish_text\(carrier, [^;]*settings->(topic_\w+)", carrier))
    will = set(re.findall(r"\.will_topic = .*settings->(topic_\w+)", link))
    subscribed = set(re.findall(r"mqtt_client_subscribe\([^;]*settings->(topic_\w+)", link))
    assert will <= retained <= published
    assert published | subscribed == set(topics)
    return tuple({topics[name] for name in names} for names in (published, retained, subscribed))


class Evaluation:
    """A policy for one connection, as AWS IoT Core evaluates it: variables filled in, * and ? in resources."""

    def __init__(self, name, attached=True, thing=SERIAL, common_name=SERIAL):
        text = json.dumps(load(name + ".json"))
        text = text.replace("REGION", REGION).replace("ACCOUNT", ACCOUNT)
        text = text.replace("${iot:Connection.Thing.ThingName}", thing)
        text = text.replace("${iot:Certificate.Subject.CommonName}", common_name)
        assert "${" not in text, "a variable that the test does not know"
        self.statements = json.loads(text)["Statement"]
        self.attached = attached

    def allows(self, action, resource):
        arn = "arn:aws:iot:%s:%s:%s/%s" % (REGION, ACCOUNT, ACTIONS[action], resource)
        return any(statement["Effect"] == "Allow" and action in as_list(statement["Action"])
                   and ("Condition" not in statement or self.attached)
                   and any(self._matches(pattern, arn) for pattern in as_list(statement["Resource"]))
                   for statement in self.statements)

    @staticmethod
    def _matches(pattern, arn):
        return re.fullmatch(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."), arn) is not None


class Files(unittest.TestCase):
    def test_every_file_is_json_or_python_and_is_shipped_and_told_of(self):
        page = PAGE.read_text(encoding="utf-8")
        listed = (TOP / "doc/module.mk").read_text(encoding="utf-8")
        for path in sorted(FOLDER.iterdir()):
            if path.suffix == ".json":
                json.loads(path.read_text(encoding="utf-8"))
            elif path.suffix == ".py":
                compile(path.read_text(encoding="utf-8"), str(path), "exec")
            else:
                self.fail("%s is neither JSON nor Python" % path.name)
            self.assertIn("doc/aws/" + path.name, listed)
            self.assertIn(path.name, page)

    def test_policies_are_small_and_well_formed(self):
        for name in POLICIES:
            policy = load(name + ".json")
            self.assertEqual(policy["Version"], "2012-10-17")
            compact = json.dumps(policy, separators=(",", ":")).replace("REGION", REGION).replace("ACCOUNT", ACCOUNT)
            self.assertLess(len(compact), POLICY_BYTES, name)
            for statement in policy["Statement"]:
                self.assertEqual(statement["Effect"], "Allow")
                for action in as_list(statement["Action"]):
                    self.assertIn(action, ACTIONS)
                    for resource in as_list(statement["Resource"]):
                        self.assertRegex(resource, r"^arn:aws:iot:REGION:ACCOUNT:%s/[^/]" % ACTIONS[action], name)

    def test_templates_name_a_policy_that_is_shipped(self):
        made = set(re.findall(r"--policy-name (\S+)", PAGE.read_text(encoding="utf-8")))
        for name, parameter in (("jitp-template", "AWS::IoT::Certificate::CommonName"),
                                ("fleet-provisioning-template", "SerialNumber")):
            template = load(name + ".json")
            self.assertEqual(set(template["Parameters"]), {parameter, "AWS::IoT::Certificate::Id"})
            resources = template["Resources"]
            self.assertEqual(resources["thing"]["Properties"]["ThingName"], {"Ref": parameter})
            self.assertEqual(resources["certificate"]["Properties"],
                             {"CertificateId": {"Ref": "AWS::IoT::Certificate::Id"}, "Status": "ACTIVE"})
            self.assertIn(resources["policy"]["Properties"]["PolicyName"], made)

    def test_the_rule_listens_to_one_ca_only(self):
        rule = load("jitr-rule.json")
        self.assertEqual(rule["sql"], "SELECT * FROM '$aws/events/certificates/registered/CA_CERTIFICATE_ID'")
        self.assertEqual(rule["actions"],
                         [{"lambda": {"functionArn": "arn:aws:lambda:REGION:ACCOUNT:function:springpark-jitr"}}])


class Policies(unittest.TestCase):
    """Each allows what is needed, and nothing besides."""

    prefix = "springcard/springcore/"

    def check_device(self, evaluation):
        published, retained, subscribed = own_topics()
        self.assertTrue(evaluation.allows("iot:Connect", SERIAL))
        leaves = published | subscribed | {"rdr/evt/more", "other", "rdr/*"}
        for leaf in leaves:
            topic = self.prefix + SERIAL + "/" + leaf
            self.assertEqual(evaluation.allows("iot:Publish", topic), leaf in published, leaf)
            self.assertEqual(evaluation.allows("iot:RetainPublish", topic), leaf in retained, leaf)
            self.assertEqual(evaluation.allows("iot:Subscribe", topic), leaf in subscribed, leaf)
            self.assertEqual(evaluation.allows("iot:Receive", topic), leaf in subscribed, leaf)
            for action in ("iot:Publish", "iot:RetainPublish", "iot:Subscribe", "iot:Receive"):
                self.assertFalse(evaluation.allows(action, self.prefix + "OTHER/" + leaf))
        self.assertFalse(evaluation.allows("iot:Connect", "OTHER"))
        for topic in ("#", self.prefix + "#", self.prefix + "+/rdr/cmd", "$aws/things/%s/shadow/get" % SERIAL):
            self.assertFalse(evaluation.allows("iot:Subscribe", topic))

    def test_the_device_policy_allows_what_a_box_does_and_no_more(self):
        self.check_device(Evaluation("policy-device", common_name="unused"))

    def test_the_device_policy_wants_the_certificate_on_its_thing(self):
        self.assertFalse(Evaluation("policy-device", attached=False).allows("iot:Connect", SERIAL))

    def test_the_policy_without_things_allows_the_same(self):
        self.check_device(Evaluation("policy-device-certificate", thing="unused"))

    def test_a_demo_client_reads_events_and_nothing_else(self):
        demo = Evaluation("policy-demo", common_name="demo-1")
        broker = (TOP / "certs/make-sandbox-broker").read_text(encoding="utf-8")
        events = re.search(r'^EVENTS="(.*)"$', broker, re.M).group(1)
        self.assertTrue(demo.allows("iot:Connect", "demo-1"))
        self.assertFalse(demo.allows("iot:Connect", "demo-2"))
        self.assertTrue(demo.allows("iot:Subscribe", events))
        self.assertTrue(demo.allows("iot:Receive", events.replace("+", SERIAL)))
        published, _, subscribed = own_topics()
        for leaf in published | subscribed:
            topic = self.prefix + SERIAL + "/" + leaf
            self.assertFalse(demo.allows("iot:Publish", topic))
            self.assertFalse(demo.allows("iot:RetainPublish", topic))
            self.assertEqual(demo.allows("iot:Receive", topic), leaf == "rdr/evt", leaf)
            self.assertFalse(demo.allows("iot:Subscribe", topic))
        for topic in ("#", self.prefix + "#", self.prefix + "+/#", self.prefix + "+/rdr/cmd"):
            self.assertFalse(demo.allows("iot:Subscribe", topic), topic)

    def test_a_claim_obtains_a_certificate_and_nothing_else(self):
        claim = Evaluation("policy-claim")
        for request in ("$aws/certificates/create-from-csr/json",
                        "$aws/provisioning-templates/springpark/provision/json"):
            self.assertTrue(claim.allows("iot:Publish", request))
            self.assertFalse(claim.allows("iot:Subscribe", request))
            for answer in (request + "/accepted", request + "/rejected"):
                self.assertTrue(claim.allows("iot:Subscribe", answer))
                self.assertTrue(claim.allows("iot:Receive", answer))
                self.assertFalse(claim.allows("iot:Publish", answer))
        self.assertTrue(claim.allows("iot:Connect", "springpark-claim-" + SERIAL))
        self.assertFalse(claim.allows("iot:Connect", SERIAL), "it could throw out the box of that name")
        self.assertFalse(claim.allows("iot:Publish", "$aws/certificates/create/json"), "keys are made on the box")
        self.assertFalse(claim.allows("iot:Publish", self.prefix + SERIAL + "/rdr/evt"))
        self.assertFalse(claim.allows("iot:Publish", "$aws/provisioning-templates/other/provision/json"))


class CloudFormation(unittest.TestCase):
    def setUp(self):
        self.stack = load("cloudformation.json")

    def test_it_is_what_its_maker_makes_of_the_files(self):
        self.assertEqual(self.stack, module("make_cloudformation").build(),
                         "next: doc/aws/make_cloudformation.py >doc/aws/cloudformation.json")
        self.assertLess((FOLDER / "cloudformation.json").stat().st_size, 51200, "what --template-body takes")

    def resolve(self, value):
        """The few functions that the template uses, for one account."""
        names = {"AWS::Partition": "aws", "AWS::Region": "REGION", "AWS::AccountId": "ACCOUNT",
                 "TopicPrefix": self.stack["Parameters"]["TopicPrefix"]["Default"],
                 "CACertificate": "CA_CERTIFICATE_ID"}
        if isinstance(value, dict) and set(value) == {"Fn::Sub"}:
            text = re.sub(r"\$\{([^!}][^}]*)\}", lambda match: names[match.group(1)], value["Fn::Sub"])
            return text.replace("${!", "${")
        if isinstance(value, dict):
            return {key: self.resolve(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self.resolve(inner) for inner in value]
        return value

    def test_policies_templates_rule_and_function_are_those_of_the_files(self):
        resources = self.stack["Resources"]
        for resource, name in (("DevicePolicy", "device"), ("DemoPolicy", "demo"), ("ClaimPolicy", "claim")):
            self.assertEqual(self.resolve(resources[resource]["Properties"]["PolicyDocument"]),
                             load("policy-%s.json" % name))
            self.assertEqual(resources[resource]["Properties"]["PolicyName"], "springpark-" + name)
        for resource, name in (("JitpTemplate", "jitp-template"), ("FleetTemplate", "fleet-provisioning-template")):
            self.assertEqual(json.loads(resources[resource]["Properties"]["TemplateBody"]), load(name + ".json"))
        self.assertEqual(self.resolve(resources["JitrRule"]["Properties"]["TopicRulePayload"]["Sql"]),
                         load("jitr-rule.json")["sql"])
        self.assertEqual(resources["JitrFunction"]["Properties"]["Code"]["ZipFile"],
                         (FOLDER / "jitr_lambda.py").read_text(encoding="utf-8"))

    def test_what_it_refers_to_is_there(self):
        known = set(self.stack["Resources"]) | set(self.stack["Parameters"])

        def walk(value):
            if isinstance(value, list):
                for inner in value:
                    walk(inner)
            if not isinstance(value, dict):
                return
            if set(value) == {"Ref"} and not value["Ref"].startswith("AWS::"):
                self.assertIn(value["Ref"], known)
            if set(value) == {"Fn::GetAtt"}:
                self.assertIn(value["Fn::GetAtt"][0], known)
            if set(value) == {"Condition"} or (set(value) > {"Condition"} and "Type" in value):
                self.assertIn(value["Condition"], self.stack["Conditions"])
            for inner in value.values():
                walk(inner)
        walk({key: value for key, value in self.stack.items() if key != "Parameters"})

    def test_the_function_may_do_its_calls_and_no_others(self):
        source = (FOLDER / "jitr_lambda.py").read_text(encoding="utf-8")
        calls = {"iot:" + "".join(word.capitalize() for word in name.split("_"))
                 for name in re.findall(r"\biot\.([a-z]+_[a-z_]+)\(", source)}
        rights = self.stack["Resources"]["JitrRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
        self.assertEqual({action for statement in rights for action in as_list(statement["Action"])}, calls)


class Throttled(Exception):
    pass


class FakeIot:
    """The few calls of boto3's iot client, on one certificate."""

    class exceptions:  # as boto3 has it  # pylint: disable=invalid-name
        class ResourceAlreadyExistsException(Exception):
            pass

    def __init__(self, pem, status="PENDING_ACTIVATION", things=(), fail=None):
        self.pem, self.status, self.things, self.fail = pem, status, set(things), fail
        self.calls = []
        self.attached = set()

    def _note(self, call, **arguments):
        if call == self.fail:
            self.fail = None
            raise Throttled(call)
        self.calls.append((call, arguments))

    def describe_certificate(self, certificateId):
        assert certificateId == "id-1"
        return {"certificateDescription": {"certificateId": "id-1", "certificateArn": "arn-1", "status": self.status,
                                           "certificatePem": self.pem}}

    def create_thing(self, thingName):
        self._note("create_thing", thingName=thingName)
        if thingName in self.things:
            raise self.exceptions.ResourceAlreadyExistsException(thingName)
        self.things.add(thingName)

    def attach_thing_principal(self, thingName, principal):
        self._note("attach_thing_principal", thingName=thingName, principal=principal)
        assert thingName in self.things
        self.attached.add((thingName, principal))

    def attach_policy(self, policyName, target):
        self._note("attach_policy", policyName=policyName, target=target)
        self.attached.add((policyName, target))

    def update_certificate(self, certificateId, newStatus):
        self._note("update_certificate", certificateId=certificateId, newStatus=newStatus)
        self.status = newStatus


class Registration(unittest.TestCase):
    """The Lambda function under a client that notes what is asked of it."""

    event = {"certificateId": "id-1", "caCertificateId": "ca-1", "certificateStatus": "PENDING_ACTIVATION"}

    @classmethod
    def setUpClass(cls):
        cls.function = module("jitr_lambda")
        cls.certificates = {}

    def certificate(self, subject, *options):
        if (subject, options) not in self.certificates:
            with tempfile.TemporaryDirectory() as folder:
                made = subprocess.run(
                    ["openssl", "req", "-x509", *(options or EC_KEY), "-nodes", "-days", "2", "-subj", subject, "-utf8",
                     "-keyout", os.path.join(folder, "key")],
                    check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            self.certificates[subject, options] = made.stdout
        return self.certificates[subject, options]

    def register(self, iot, environment=None):
        return self.function.register(iot, self.event, environment or {})

    def test_a_device_gets_thing_and_policy_and_is_active_last(self):
        iot = FakeIot(self.certificate("/O=Somebody/CN=" + SERIAL))
        self.assertIn("is active", self.register(iot))
        self.assertEqual(iot.calls, [
            ("create_thing", {"thingName": SERIAL}),
            ("attach_thing_principal", {"thingName": SERIAL, "principal": "arn-1"}),
            ("attach_policy", {"policyName": "springpark-device", "target": "arn-1"}),
            ("update_certificate", {"certificateId": "id-1", "newStatus": "ACTIVE"})])

    def test_a_repeated_event_changes_nothing(self):
        iot = FakeIot(self.certificate("/CN=" + SERIAL))
        self.register(iot)
        before = list(iot.calls)
        self.assertIn("left alone", self.register(iot))
        self.assertEqual(iot.calls, before)

    def test_a_new_certificate_of_a_known_box_joins_its_thing(self):
        iot = FakeIot(self.certificate("/CN=" + SERIAL), things=[SERIAL])
        self.register(iot)
        self.assertEqual(iot.attached, {(SERIAL, "arn-1"), ("springpark-device", "arn-1")})
        self.assertEqual(iot.status, "ACTIVE")

    def test_a_demo_client_gets_its_policy_and_no_thing(self):
        for subject in ("/CN=demo-3", "/OU=demo/CN=reader-of-events"):
            iot = FakeIot(self.certificate(subject))
            self.register(iot)
            self.assertEqual(iot.calls, [
                ("attach_policy", {"policyName": "springpark-demo", "target": "arn-1"}),
                ("update_certificate", {"certificateId": "id-1", "newStatus": "ACTIVE"})])

    def test_the_unit_decides_before_the_name(self):
        iot = FakeIot(self.certificate("/OU=device/CN=demo-9"))
        self.register(iot)
        self.assertIn(("springpark-device", "arn-1"), iot.attached)

    def test_an_unknown_subject_stays_as_it_is(self):
        for subject, words in (("/O=Nobody", "CN"), ("/OU=accounting/CN=x", "accounting"), ("/CN=a box", "a box"),
                               ("/CN=caf\u00e9", "caf\u00e9"), ("/CN=a.b", "a.b")):
            iot = FakeIot(self.certificate(subject))
            self.assertIn(words, self.register(iot))
            self.assertEqual((iot.calls, iot.status), ([], "PENDING_ACTIVATION"), subject)

    def test_a_certificate_that_somebody_switched_off_stays_off(self):
        for status in ("INACTIVE", "REVOKED"):
            iot = FakeIot(self.certificate("/CN=" + SERIAL), status=status)
            self.register(iot)
            self.assertEqual((iot.calls, iot.status), ([], status))

    def test_what_is_throttled_is_raised_and_made_good_by_the_next_event(self):
        for call in ("create_thing", "attach_thing_principal", "attach_policy", "update_certificate"):
            iot = FakeIot(self.certificate("/CN=" + SERIAL), fail=call)
            with self.assertRaises(Throttled):
                self.register(iot)
            self.assertEqual(iot.status, "PENDING_ACTIVATION", "not active before it has all that it needs")
            self.register(iot)
            self.assertEqual(iot.status, "ACTIVE")
            self.assertEqual(iot.attached, {(SERIAL, "arn-1"), ("springpark-device", "arn-1")})

    def test_the_policies_can_be_named_otherwise(self):
        names = {"DEVICE_POLICY": "mine", "DEMO_POLICY": "theirs"}
        for subject, policy in (("/CN=" + SERIAL, "mine"), ("/CN=demo-1", "theirs")):
            iot = FakeIot(self.certificate(subject))
            self.register(iot, names)
            self.assertIn((policy, "arn-1"), iot.attached)

    def test_the_subject_is_read_from_any_certificate(self):
        read = self.function.subject_of
        self.assertEqual(read(self.certificate("/O=x/OU=first/OU=second/CN=one/CN=two")), ("one", "first"))
        long_name = "/O=" + "o" * 60 + "/L=" + "l" * 100 + "/CN=" + "c" * 60  # lengths of more than one byte
        self.assertEqual(read(self.certificate(long_name)), ("c" * 60, None))
        self.assertEqual(read(self.certificate("/CN=x", "-newkey", "rsa:2048")), ("x", None))
        for wrong in ("", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"):
            with self.assertRaises((ValueError, IndexError)):
                read(wrong)


class Page(unittest.TestCase):
    """doc/aws.md: what is copied from it works, as far as can be told without AWS."""

    # The options of aws CLI v2 that the page uses; https://awscli.amazonaws.com/v2/documentation/api/latest/reference/
    commands = {
        "configure get": set(),
        "iot describe-endpoint": {"--endpoint-type"},
        "iot get-registration-code": set(),
        "iot register-ca-certificate": {"--ca-certificate", "--verification-certificate", "--set-as-active",
                                        "--allow-auto-registration", "--certificate-mode", "--registration-config"},
        "iot describe-ca-certificate": {"--certificate-id"},
        "iot list-ca-certificates": set(),
        "iot update-ca-certificate": {"--certificate-id", "--new-status", "--new-auto-registration-status",
                                      "--registration-config", "--remove-auto-registration"},
        "iot create-policy": {"--policy-name", "--policy-document"},
        "iot create-provisioning-template": {"--template-name", "--type", "--enabled", "--provisioning-role-arn",
                                             "--template-body"},
        "iot create-topic-rule": {"--rule-name", "--topic-rule-payload"},
        "iot create-keys-and-certificate": {"--set-as-active", "--certificate-pem-outfile", "--private-key-outfile"},
        "iot attach-policy": {"--policy-name", "--target"},
        "iot list-certificates-by-ca": {"--ca-certificate-id"},
        "iot describe-certificate": {"--certificate-id"},
        "iot update-certificate": {"--certificate-id", "--new-status"},
        "iot list-thing-principals": {"--thing-name"},
        "iot list-attached-policies": {"--target"},
        "iot set-v2-logging-options": {"--role-arn", "--default-log-level"},
        "iot-data publish": {"--topic", "--payload", "--qos", "--cli-binary-format"},
        "iam create-role": {"--role-name", "--assume-role-policy-document"},
        "iam attach-role-policy": {"--role-name", "--policy-arn"},
        "iam put-role-policy": {"--role-name", "--policy-name", "--policy-document"},
        "lambda create-function": {"--function-name", "--runtime", "--handler", "--role", "--zip-file", "--timeout"},
        "lambda add-permission": {"--function-name", "--statement-id", "--action", "--principal", "--source-arn",
                                  "--source-account"},
        "cloudformation deploy": {"--stack-name", "--template-file", "--capabilities", "--parameter-overrides"},
        "cloudformation describe-stacks": {"--stack-name"},
        "sts get-caller-identity": set(),
        "logs tail": {"--follow", "--since"},
    }
    everywhere = {"--query", "--output", "--region"}

    def setUp(self):
        self.text = PAGE.read_text(encoding="utf-8")
        self.blocks = re.findall(r"^    (.*)$", self.text, re.M)

    def shell(self):
        return "\n".join(self.blocks).replace("\\\n", " ")

    def test_aws_commands_have_the_options_that_aws_documents(self):
        found = re.findall(r"\baws ([a-z0-9-]+ [a-z0-9-]+)([^\n|)]*)", self.shell())
        self.assertGreater(len(found), 10)
        for command, rest in found:
            self.assertIn(command, self.commands)
            options = set(re.findall(r"(?<!\S)--[a-z0-9-]+", rest))
            self.assertLessEqual(options, self.commands[command] | self.everywhere, command)

    def test_files_that_it_names_are_shipped(self):
        for name in re.findall(r"file://mine/(\w+-(?:template|rule)\.json|policy-[a-z-]+\.json)", self.shell()):
            self.assertTrue((FOLDER / name).exists(), name)

    def test_it_says_that_nothing_of_it_was_run_against_aws(self):
        self.assertRegex(self.text, r"None of the commands below was run against\s+AWS")

    def test_its_limits_are_those_of_the_source(self):
        header = (TOP / "src/cloud/aws.h").read_text(encoding="utf-8")
        figures = dict(re.findall(r"#define (AWS_\w+) (\d+)U", header))
        for name, words in (("AWS_TOPIC_SLASHES", "%s slashes"), ("AWS_TOPIC_BYTES", "%s bytes"),
                            ("AWS_CLIENT_ID_BYTES", "%s bytes"), ("AWS_KEEP_ALIVE_MIN_S", "%s to"),
                            ("AWS_KEEP_ALIVE_MAX_S", "to %s s"), ("AWS_IN_FLIGHT", "%s unacknowledged"),
                            ("AWS_PUBLISH_RATE", "%s a second"), ("AWS_OUR_PUBLISH_RATE", "at most %s")):
            self.assertIn(words % figures[name], self.text, name)
        self.assertIn("%d KB" % (int(figures["AWS_PAYLOAD_BYTES"]) // 1024), self.text)

    def test_its_configuration_passes_check(self):
        if not os.environ.get("SPRINGPARK_BUILD"):
            self.skipTest("SPRINGPARK_BUILD is not set; next: sudo ./tests/run system")
        texts = re.findall(r"```\n(mqtt:.*?)```", self.text, re.S)
        self.assertEqual(len(texts), 2)
        self.assertNotIn("note:", self.check_configuration(texts[0], "device"))
        with tempfile.TemporaryDirectory() as state:
            said = self.check_configuration(texts[1] + 'journal: { directory = "%s"; };\n' % state, "claim")
        self.assertEqual(said.count("note:"), 1, said)
        self.assertIn("this box has no certificate of its own yet (%s/device.pem)" % state, said)

    def check_configuration(self, text, name):
        """What check says of it, without errors, where there are the pair of that name and a CA."""
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["openssl", "req", "-x509", *EC_KEY, "-nodes",
                            "-days", "2", "-subj", "/CN=" + SERIAL, "-keyout", "%s/%s.key" % (folder, name), "-out",
                            "%s/%s.pem" % (folder, name)], check=True, stderr=subprocess.DEVNULL)
            os.chmod("%s/%s.key" % (folder, name), 0o600)
            (pathlib.Path(folder) / "ca.pem").write_bytes((pathlib.Path(folder) / (name + ".pem")).read_bytes())
            text = re.sub(r'"/etc/springpark/(?:certs|private)/([^"]*)"', r'"%s/\1"' % folder, text)
            if not pathlib.Path("/etc/ssl/certs/Amazon_Root_CA_1.pem").exists():
                text = text.replace('"amazon"', '"%s/ca.pem"' % folder)
            path = pathlib.Path(folder) / "springpark.conf"
            path.write_text(text, encoding="utf-8")
            tool = os.path.join(os.environ["SPRINGPARK_BUILD"], "springparkctl")
            done = subprocess.run([tool, "check", str(path)], stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True, check=False)
            self.assertEqual(done.returncode, 0, done.stdout)
            return done.stdout


if __name__ == "__main__":
    unittest.main()
