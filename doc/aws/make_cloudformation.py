#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Writes cloudformation.json out of the other files of this folder, so that a policy stands in one place only.

    doc/aws/make_cloudformation.py >doc/aws/cloudformation.json
"""
import json
import pathlib
import sys

FOLDER = pathlib.Path(__file__).resolve().parent
PREFIX = "springcard/springcore/"


def load(name):
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))


def sub(text):
    return {"Fn::Sub": text}


def localise(value):
    """REGION, ACCOUNT and the topic prefix become the stack's; AWS IoT's own ${...} are kept from CloudFormation."""
    if isinstance(value, dict):
        return {key: localise(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [localise(inner) for inner in value]
    if not isinstance(value, str) or "REGION" not in value:
        return value
    text = value.replace("${", "${!").replace("arn:aws:", "arn:${AWS::Partition}:")
    text = text.replace("REGION", "${AWS::Region}").replace("ACCOUNT", "${AWS::AccountId}")
    return sub(text.replace(PREFIX, "${TopicPrefix}/"))


def policy(name):
    return {"Type": "AWS::IoT::Policy",
            "Properties": {"PolicyName": "springpark-" + name,
                           "PolicyDocument": localise(load("policy-%s.json" % name))}}


def role(service, managed, inline=None):
    properties = {
        "AssumeRolePolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}]},
        "ManagedPolicyArns": [sub("arn:${AWS::Partition}:iam::aws:policy/service-role/" + managed)]}
    if inline:
        properties["Policies"] = [{"PolicyName": "springpark",
                                   "PolicyDocument": {"Version": "2012-10-17", "Statement": inline}}]
    return {"Type": "AWS::IAM::Role", "Properties": properties}


def only_if(condition, resource):
    return {"Type": resource["Type"], "Condition": condition,
            **{key: value for key, value in resource.items() if key != "Type"}}


def provisioning_template(name, kind, body):
    return {"Type": "AWS::IoT::ProvisioningTemplate",
            "Properties": {"TemplateName": name, "TemplateType": kind, "Enabled": True,
                           "ProvisioningRoleArn": {"Fn::GetAtt": ["ProvisioningRole", "Arn"]},
                           "TemplateBody": json.dumps(load(body), separators=(",", ":"))}}


def parameters():
    return {
        "TopicPrefix": {"Type": "String", "Default": PREFIX.rstrip("/"),
                        "Description": "mqtt.topic_prefix of the boxes (register 028E)"},
        "Registration": {"Type": "String", "Default": "JITR", "AllowedValues": ["JITR", "JITP"],
                         "Description": "JITR: a Lambda function tells devices from demo clients. JITP: every "
                                        "certificate of the CA is a device's"},
        "FleetProvisioning": {"Type": "String", "Default": "no", "AllowedValues": ["no", "yes"],
                              "Description": "yes: a box may also obtain its certificate with a claim certificate"},
        "CACertificatePem": {"Type": "String", "Description": "The CA that signs the boxes' certificates, PEM"},
        "CertificateMode": {"Type": "String", "Default": "DEFAULT", "AllowedValues": ["DEFAULT", "SNI_ONLY"],
                            "Description": "DEFAULT needs the verification certificate; SNI_ONLY needs none"},
        "VerificationCertificatePem": {"Type": "String", "Default": "",
                                       "Description": "Its CN is the registration code, the CA has signed it; PEM"},
    }


def ca_certificate():
    nothing = {"Ref": "AWS::NoValue"}
    return {"Type": "AWS::IoT::CACertificate",
            "Properties": {
                "CACertificatePem": {"Ref": "CACertificatePem"},
                "CertificateMode": {"Ref": "CertificateMode"},
                "VerificationCertificatePem": {"Fn::If": ["Verified", {"Ref": "VerificationCertificatePem"}, nothing]},
                "Status": "ACTIVE",
                "AutoRegistrationStatus": "ENABLE",
                "RegistrationConfig": {"Fn::If": ["Jitp", {"TemplateName": {"Ref": "JitpTemplate"}}, nothing]}}}


def lambda_rights():
    certificates = sub("arn:${AWS::Partition}:iot:${AWS::Region}:${AWS::AccountId}:cert/*")
    things = sub("arn:${AWS::Partition}:iot:${AWS::Region}:${AWS::AccountId}:thing/*")
    return [{"Effect": "Allow", "Action": ["iot:DescribeCertificate", "iot:UpdateCertificate", "iot:AttachPolicy"],
             "Resource": certificates},
            {"Effect": "Allow", "Action": ["iot:CreateThing", "iot:AttachThingPrincipal"],
             "Resource": [things, certificates]}]


def jitr_resources():
    rule = load("jitr-rule.json")
    return {
        "JitrRole": role("lambda.amazonaws.com", "AWSLambdaBasicExecutionRole", lambda_rights()),
        "JitrFunction": {
            "Type": "AWS::Lambda::Function",
            "Properties": {"FunctionName": "springpark-jitr", "Runtime": "python3.12", "Handler": "index.handler",
                           "Timeout": 30, "Role": {"Fn::GetAtt": ["JitrRole", "Arn"]},
                           "Environment": {"Variables": {"DEVICE_POLICY": {"Ref": "DevicePolicy"},
                                                         "DEMO_POLICY": {"Ref": "DemoPolicy"}}},
                           "Code": {"ZipFile": (FOLDER / "jitr_lambda.py").read_text(encoding="utf-8")}}},
        "JitrRule": {
            "Type": "AWS::IoT::TopicRule",
            "Properties": {"RuleName": "springpark_jitr",
                           "TopicRulePayload": {
                               "Sql": sub(rule["sql"].replace("CA_CERTIFICATE_ID", "${CACertificate}")),
                               "AwsIotSqlVersion": rule["awsIotSqlVersion"],
                               "Description": rule["description"],
                               "RuleDisabled": rule["ruleDisabled"],
                               "Actions": [{"Lambda": {"FunctionArn": {"Fn::GetAtt": ["JitrFunction", "Arn"]}}}]}}},
        "JitrPermission": {
            "Type": "AWS::Lambda::Permission",
            "Properties": {"Action": "lambda:InvokeFunction", "FunctionName": {"Ref": "JitrFunction"},
                           "Principal": "iot.amazonaws.com", "SourceAccount": {"Ref": "AWS::AccountId"},
                           "SourceArn": {"Fn::GetAtt": ["JitrRule", "Arn"]}}},
    }


def build():
    resources = {
        "DevicePolicy": policy("device"),
        "DemoPolicy": policy("demo"),
        "CACertificate": ca_certificate(),
        "ProvisioningRole": only_if("Provisions", role("iot.amazonaws.com", "AWSIoTThingsRegistration")),
        "JitpTemplate": only_if("Jitp", provisioning_template("springpark-jitp", "JITP", "jitp-template.json")),
        "ClaimPolicy": only_if("Fleet", policy("claim")),
        "FleetTemplate": only_if("Fleet", provisioning_template("springpark", "FLEET_PROVISIONING",
                                                                "fleet-provisioning-template.json")),
    }
    resources["JitpTemplate"]["DependsOn"] = "DevicePolicy"
    resources["FleetTemplate"]["DependsOn"] = "DevicePolicy"
    resources.update({name: only_if("Jitr", one) for name, one in jitr_resources().items()})
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "AWS IoT Core for SpringPark boxes: policies, CA, just-in-time registration or provisioning, "
                       "fleet provisioning. Made by doc/aws/make_cloudformation.py",
        "Parameters": parameters(),
        "Conditions": {
            "Jitr": {"Fn::Equals": [{"Ref": "Registration"}, "JITR"]},
            "Jitp": {"Fn::Equals": [{"Ref": "Registration"}, "JITP"]},
            "Fleet": {"Fn::Equals": [{"Ref": "FleetProvisioning"}, "yes"]},
            "Provisions": {"Fn::Or": [{"Condition": "Jitp"}, {"Condition": "Fleet"}]},
            "Verified": {"Fn::Not": [{"Fn::Equals": [{"Ref": "VerificationCertificatePem"}, ""]}]}},
        "Resources": resources,
        "Outputs": {"CACertificateId": {"Description": "The id of the CA's certificate",
                                        "Value": {"Ref": "CACertificate"}}},
    }


if __name__ == "__main__":
    json.dump(build(), sys.stdout, indent=2)
    sys.stdout.write("\n")
