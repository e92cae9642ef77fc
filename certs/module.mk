# SPDX-License-Identifier: MIT
# The sandbox scripts run from the clone and, installed, from $(datadir)/springpark/certs.

certsdir = $(springparkdatadir)/certs
dist_certs_SCRIPTS = certs/make-sandbox-pki certs/make-sandbox-broker

TESTS += tests/unit/check_pki.sh
EXTRA_DIST += tests/unit/check_pki.sh
