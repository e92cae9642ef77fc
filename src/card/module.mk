# SPDX-License-Identifier: MIT

libspringpark_la_SOURCES +=
