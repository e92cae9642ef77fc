# SPDX-License-Identifier: MIT

libspringpark_la_SOURCES += \
	src/device/config.c src/device/config.h src/device/config_private.h \
	src/device/config_extensions.c src/device/config_extensions.h \
	src/device/config_lists.c \
	src/device/config_node.h \
	src/device/config_parse.c \
	src/device/config_paths.c \
	src/device/config_read.c \
	src/device/config_registers.c \
	src/device/config_settings.c \
	src/device/config_text.c \
	src/device/config_validate.c \
	src/device/identity.c src/device/identity.h \
	src/device/network.c src/device/network.h \
	src/device/register_fields.h \
	src/device/register_fields_main.c \
	src/device/register_fields_mqtt.c \
	src/device/register_fields_template.c \
	src/device/register_table.c \
	src/device/register_text.c src/device/register_text.h \
	src/device/registers.c src/device/registers.h \
	src/device/sample.c src/device/sample.h \
	src/device/settings.h \
	src/device/startup_counter.c
