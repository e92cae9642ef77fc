# SPDX-License-Identifier: MIT
EXTRA_DIST += doc/architecture.md doc/aws/make_cloudformation.py

dist_doc_DATA += doc/aws.md doc/libnfc.md doc/templates.md

# What AWS IoT Core needs; doc/aws.md says how it is used, tests/system/test_doc_aws.py holds it to the daemon.
awsdocdir = $(docdir)/aws
dist_awsdoc_DATA = \
	doc/aws/cloudformation.json \
	doc/aws/fleet-provisioning-template.json \
	doc/aws/jitp-template.json \
	doc/aws/jitr-rule.json \
	doc/aws/jitr_lambda.py \
	doc/aws/policy-claim.json \
	doc/aws/policy-demo.json \
	doc/aws/policy-device-certificate.json \
	doc/aws/policy-device.json
