# SPDX-License-Identifier: MIT

libspringpark_a_SOURCES += \
	src/tool/tool.h \
	src/tool/arguments.c src/tool/arguments.h \
	src/tool/broker.c src/tool/broker.h \
	src/tool/certs.c src/tool/certs.h \
	src/tool/certs_make.c \
	src/tool/certs_show.c \
	src/tool/certs_text.c src/tool/certs_text.h \
	src/tool/cmd_certs.c \
	src/tool/cmd_check.c \
	src/tool/cmd_command.c \
	src/tool/cmd_discover.c \
	src/tool/cmd_doctor.c \
	src/tool/cmd_export.c \
	src/tool/cmd_import.c \
	src/tool/cmd_journal.c \
	src/tool/cmd_network.c \
	src/tool/cmd_readers.c \
	src/tool/cmd_registers.c \
	src/tool/cmd_reload.c \
	src/tool/cmd_set.c \
	src/tool/cmd_status.c \
	src/tool/cmd_subscribe.c \
	src/tool/cmd_watch.c \
	src/tool/config_change.c src/tool/config_change.h \
	src/tool/daemon.c src/tool/daemon.h \
	src/tool/display.c src/tool/display.h \
	src/tool/doctor.c src/tool/doctor.h \
	src/tool/doctor_certificate.c \
	src/tool/doctor_daemon.c \
	src/tool/doctor_dates.c \
	src/tool/doctor_files.c \
	src/tool/doctor_mqtt.c \
	src/tool/doctor_network.c \
	src/tool/doctor_readers.c \
	src/tool/doctor_tls.c \
	src/tool/export_certificates.c src/tool/export_certificates.h \
	src/tool/gateway_probe.c src/tool/gateway_probe.h \
	src/tool/import_certificates.c src/tool/import_certificates.h \
	src/tool/interrupt.c src/tool/interrupt.h \
	src/tool/journal_pages.c src/tool/journal_pages.h \
	src/tool/journal_release.c src/tool/journal_release.h \
	src/tool/journal_view.c src/tool/journal_view.h \
	src/tool/network_change.c src/tool/network_change.h \
	src/tool/network_inside.h \
	src/tool/network_manager.c src/tool/network_manager.h \
	src/tool/network_networkd.c \
	src/tool/network_nm.c \
	src/tool/network_show.c src/tool/network_show.h \
	src/tool/new_file.c src/tool/new_file.h \
	src/tool/readers_scan.c src/tool/readers_scan.h \
	src/tool/new_files.c src/tool/new_files.h \
	src/tool/registers_choice.c src/tool/registers_choice.h \
	src/tool/registers_json.c \
	src/tool/registers_show.c src/tool/registers_show.h \
	src/tool/report.c src/tool/report.h \
	src/tool/run_program.c src/tool/run_program.h \
	src/tool/shortcut.c src/tool/shortcut.h \
	src/tool/view.c src/tool/view.h
