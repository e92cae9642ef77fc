# SPDX-License-Identifier: MIT
EXTRA_DIST += etc/demo.script
