# SPDX-License-Identifier: MIT

libspringpark_a_SOURCES += \
	src/cloud/arrival.c src/cloud/arrival.h \
	src/cloud/aws.c src/cloud/aws.h \
	src/cloud/awaiting.c src/cloud/awaiting.h \
	src/cloud/backoff.c src/cloud/backoff.h \
	src/cloud/call_limit.c src/cloud/call_limit.h \
	src/cloud/carrier.c src/cloud/carrier.h \
	src/cloud/certificate.c src/cloud/certificate.h \
	src/cloud/claim.c src/cloud/claim.h \
	src/cloud/claim_answer.c src/cloud/claim_answer.h \
	src/cloud/claim_files.c src/cloud/claim_files.h \
	src/cloud/claim_talk.c src/cloud/claim_talk.h \
	src/cloud/claim_thing.c src/cloud/claim_thing.h \
	src/cloud/cloud.c src/cloud/cloud.h \
	src/cloud/diagnosis.c src/cloud/diagnosis.h \
	src/cloud/dial.c src/cloud/dial.h \
	src/cloud/inside.h \
	src/cloud/issue.c src/cloud/issue.h \
	src/cloud/keep_alive.c src/cloud/keep_alive.h \
	src/cloud/key.c src/cloud/key.h \
	src/cloud/lanes.c src/cloud/lanes.h \
	src/cloud/link.c src/cloud/link.h \
	src/cloud/mqtt.c src/cloud/mqtt.h \
	src/cloud/mqtt_end.c src/cloud/mqtt_end.h \
	src/cloud/outbox.c src/cloud/outbox.h \
	src/cloud/poll_time.c src/cloud/poll_time.h \
	src/cloud/reason.c \
	src/cloud/registration.c src/cloud/registration.h \
	src/cloud/session.c src/cloud/session.h \
	src/cloud/settings.c src/cloud/settings.h \
	src/cloud/suspects.c src/cloud/suspects.h \
	src/cloud/throttle.c src/cloud/throttle.h \
	src/cloud/tls.c src/cloud/tls.h \
	src/cloud/token_key.c src/cloud/token_key.h \
	src/cloud/tpm_key.c src/cloud/tpm_key.h \
	src/cloud/trust.c src/cloud/trust.h
