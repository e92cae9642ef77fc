# SPDX-License-Identifier: MIT
"""Just-in-time registration on AWS IoT Core: the Lambda function behind the rule of jitr-rule.json.

AWS IoT Core tells of each certificate that a registered CA has signed and that connects for the first time; it stays
PENDING_ACTIVATION until somebody decides. This function decides by the certificate's subject:

  demo client   OU is "demo", or there is no OU and CN begins with "demo-": policy springpark-demo, no thing
  device        OU is "device", or there is no OU: a thing named as the CN, and policy springpark-device
  anybody else  stays as it is, and the reason is logged

The certificate becomes ACTIVE last: what connects then has all that it needs, and an event that comes twice, or again
after a failure half-way, does no harm. A certificate that somebody has deactivated or revoked is left alone. Errors of
the AWS API, throttling among them, are raised: Lambda calls again, and so does the next attempt of the box to connect.

The policies can be named otherwise by the environment variables DEVICE_POLICY and DEMO_POLICY.
"""
import base64
import os
import re

# What a thing may be called; AWS IoT Core, CreateThing.
THING_NAME = re.compile(r"[a-zA-Z0-9:_-]{1,128}")
SEQUENCE, SET, UTF16 = 0x30, 0x31, 0x1E
COMMON_NAME, ORGANIZATIONAL_UNIT = bytes.fromhex("550403"), bytes.fromhex("55040b")


def _elements(der):
    """The elements of a DER sequence's content: (tag, content) each. ITU-T X.690, chapter 8."""
    at = 0
    while at < len(der):
        tag, size = der[at], der[at + 1]
        at += 2
        if size >= 0x80:
            length = size - 0x80
            size = int.from_bytes(der[at:at + length], "big")
            at += length
        if at + size > len(der):
            raise ValueError("an element of the certificate is longer than the rest of it")
        yield tag, der[at:at + size]
        at += size


def subject_of(pem):
    """The CN and OU of a certificate's subject; None for what is not there. Of several the first counts, as for AWS's
    policy variables. RFC 5280, section 4.1."""
    match = re.search("-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", pem, re.S)
    if match is None:
        raise ValueError("no certificate in PEM")
    (_, certificate), = _elements(base64.b64decode(match.group(1)))
    _, to_be_signed = next(_elements(certificate))
    fields = list(_elements(to_be_signed))
    if fields[0][0] == 0xA0:  # the version, which a certificate of version 1 has not
        del fields[0]
    found = {}
    for _, name_part in _elements(fields[4][1]):  # serial number, algorithm, issuer, validity, subject
        for _, attribute in _elements(name_part):
            (_, kind), (tag, value) = list(_elements(attribute))[:2]
            found.setdefault(bytes(kind), value.decode("utf-16-be" if tag == UTF16 else "utf-8"))
    return found.get(COMMON_NAME), found.get(ORGANIZATIONAL_UNIT)


def decide(common_name, unit):
    """("device", None), ("demo", None), or (None, why not)."""
    if not common_name or THING_NAME.fullmatch(common_name) is None:
        return None, "its CN, %r, cannot be the name of a thing" % common_name
    if unit == "demo" or (unit is None and common_name.startswith("demo-")):
        return "demo", None
    if unit in (None, "device"):
        return "device", None
    return None, "its OU, %r, is neither \"device\" nor \"demo\"" % unit


def attach_thing(iot, name, arn):
    """The thing may be there: the box has a new certificate, or this function was here before."""
    try:
        iot.create_thing(thingName=name)
    except iot.exceptions.ResourceAlreadyExistsException:
        pass
    iot.attach_thing_principal(thingName=name, principal=arn)


def register(iot, event, environment):
    """What becomes of the certificate that the event tells of, in one line. iot: the client of boto3."""
    certificate = iot.describe_certificate(certificateId=event["certificateId"])["certificateDescription"]
    identity, arn = certificate["certificateId"], certificate["certificateArn"]
    if certificate["status"] != "PENDING_ACTIVATION":
        return "certificate %s is %s already: left alone" % (identity, certificate["status"])
    common_name, unit = subject_of(certificate["certificatePem"])
    role, why_not = decide(common_name, unit)
    if role is None:
        return "certificate %s is not activated: %s" % (identity, why_not)
    if role == "device":
        attach_thing(iot, common_name, arn)
        policy = environment.get("DEVICE_POLICY", "springpark-device")
    else:
        policy = environment.get("DEMO_POLICY", "springpark-demo")
    iot.attach_policy(policyName=policy, target=arn)
    iot.update_certificate(certificateId=identity, newStatus="ACTIVE")
    return "certificate %s is active: %s %s, policy %s" % (identity, role, common_name, policy)


def handler(event, context):
    """Lambda's entry. What it prints goes to CloudWatch Logs."""
    del context
    import boto3  # here, so that a test needs no AWS SDK  # pylint: disable=import-outside-toplevel

    outcome = register(boto3.client("iot"), event, os.environ)
    print(outcome)
    return {"outcome": outcome}
