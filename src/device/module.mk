# SPDX-License-Identifier: MIT

libspringpark_a_SOURCES += \
	src/device/config.c src/device/config.h src/device/config_private.h \
	src/device/config_credential.c \
	src/device/config_edit.c src/device/config_edit.h \
	src/device/config_extensions.c src/device/config_extensions.h \
	src/device/config_feedback.c src/device/config_feedback.h \
	src/device/config_id.c \
	src/device/config_lists.c \
	src/device/connection.c src/device/connection.h \
	src/device/config_node.h \
	src/device/config_parse.c \
	src/device/config_paths.c src/device/config_paths.h \
	src/device/config_places.c \
	src/device/config_put.c src/device/config_put.h \
	src/device/config_provisioning.c \
	src/device/config_read.c \
	src/device/config_registers.c \
	src/device/config_settings.c \
	src/device/config_splice.c src/device/config_splice.h \
	src/device/config_template_rules.c \
	src/device/config_templates.c \
	src/device/config_text.c \
	src/device/config_trust.c \
	src/device/config_validate.c \
	src/device/identity.c src/device/identity.h \
	src/device/manual.c src/device/manual.h \
	src/device/manual_completion.c \
	src/device/manual_groups.c \
	src/device/manual_hint.c \
	src/device/manual_page.h \
	src/device/manual_registers.c \
	src/device/manual_templates.c \
	src/device/ipv4_plan.c src/device/ipv4_plan.h \
	src/device/nearest.c src/device/nearest.h \
	src/device/network.c src/device/network.h \
	src/device/register_fields.h \
	src/device/register_fields_device.c \
	src/device/register_fields_keyboard.c \
	src/device/register_fields_main.c \
	src/device/register_fields_mqtt.c \
	src/device/register_fields_network.c \
	src/device/register_fields_nfc.c \
	src/device/register_fields_pcsc.c \
	src/device/register_fields_security.c \
	src/device/register_fields_smartcard.c \
	src/device/register_fields_template.c \
	src/device/register_fields_template_data.c \
	src/device/register_fields_template_desfire.c \
	src/device/register_fields_ui.c \
	src/device/register_fields_usb.c \
	src/device/register_table.c \
	src/device/register_text.c src/device/register_text.h \
	src/device/register_value.c \
	src/device/register_types.c src/device/register_types.h \
	src/device/registers.c src/device/registers.h \
	src/device/roff.c src/device/roff.h \
	src/device/running_network.c src/device/running_network.h \
	src/device/sample.c src/device/sample.h \
	src/device/settings.h \
	src/device/startup_counter.c \
	src/device/vendor_file.c src/device/vendor_file.h \
	src/device/vendor_places.c src/device/vendor_places.h \
	src/device/vendor_write.c
