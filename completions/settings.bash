# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Written from the register table: make tests/unit/print_manual && tests/unit/print_manual --completion

# Every register by address and name, and the settings that are its bits.
_springparkctl_registers=(
    0200
    config_id
    device.config_id
    0201
    inventory
    device.inventory
    0202
    location
    device.location
    0203
    reserved_0203
    0204
    reserved_0204
    0205
    reserved_0205
    0206
    reserved_0206
    0207
    reserved_0207
    0208
    license_application
    license.application
    0209
    license_key
    license.key
    020A
    license_cryptogram
    license.cryptogram
    020B
    reserved_020b
    020C
    reserved_020c
    020D
    reserved_020d
    020E
    reserved_020e
    020F
    reserved_020f
    0230
    nfc_general
    nfc.probe_carrier
    nfc.tracking
    nfc.polling
    nfc.poller
    0231
    pcsc_protocols
    pcsc_mode.protocols
    0232
    pcsc_bitrates
    pcsc_mode.bitrates_a
    pcsc_mode.bitrates_b
    0233
    pcsc_protocol_level
    pcsc_mode.use_req
    pcsc_mode.force_mifare_classic
    pcsc_mode.no_nfc_dep_f
    pcsc_mode.no_nfc_dep_a
    pcsc_mode.no_iso_dep_b
    pcsc_mode.no_iso_dep_a
    0234
    pcsc_atr
    pcsc_mode.innovatron_t0_atr
    pcsc_mode.standard_nn_only
    0237
    nfc_compliance
    nfc.no_emd_suppression
    nfc.standard
    0238
    nfc_power
    nfc.power.voltage
    nfc.power.current
    0239
    nfc_vasup
    nfc.vasup
    023A
    nfc_a
    nfc.nfc_a.bail_out
    nfc.nfc_a.ecp
    023B
    nfc_b
    nfc.nfc_b.no_polling_to_reactivate
    nfc.nfc_b.bail_out
    nfc.nfc_b.ecp
    nfc.nfc_b.extended_atqb
    nfc.nfc_b.afi
    023C
    nfc_f
    nfc.nfc_f.bail_out
    nfc.nfc_f.bitrate
    nfc.nfc_f.system_code
    nfc.nfc_f.request_code
    nfc.nfc_f.read_service
    nfc.nfc_f.write_service
    023D
    nfc_v
    nfc.nfc_v.afi
    023E
    nfc_timings
    nfc.timings.protect_card
    nfc.timings.pause_after_removal
    nfc.timings.lpcd_ping_period
    nfc.timings.lpcd_wakeup_period
    023F
    nfc_analog_test
    nfc.analog_test.no_thermal_protection
    nfc.analog_test.enabled
    nfc.analog_test.aux2
    nfc.analog_test.aux1
    0244
    bluetooth_name
    bluetooth.device_name
    0271
    smartcard_contact
    smartcard.contact.auto_pps
    smartcard.contact.hsp
    smartcard.contact.activation
    smartcard.contact.power
    smartcard.contact.speed
    0272
    smartcard_sam_a
    smartcard.sam_a.auto_pps
    smartcard.sam_a.hsp
    smartcard.sam_a.activation
    smartcard.sam_a.power
    smartcard.sam_a.speed
    0273
    smartcard_other_sams
    smartcard.other_sams.auto_pps
    smartcard.other_sams.hsp
    smartcard.other_sams.activation
    smartcard.other_sams.power
    smartcard.other_sams.speed
    0279
    smartcard_atr
    smartcard.default_tc2
    027A
    smartcard_t0_timings
    smartcard.t0.wwt_multiplier
    smartcard.t0.timeout
    027B
    smartcard_t1_timings
    smartcard.t1.cwt_multiplier
    smartcard.t1.wtx_multiplier
    smartcard.t1.timeout
    027C
    smartcard_t0_options
    smartcard.t0.no_get_response
    smartcard.t0.get_response_cla
    027F
    smartcard_options
    smartcard.correct_atr
    smartcard.replace_reserved_ta1
    smartcard.sesam_vitale
    0280
    network_ipv4
    network.ipv4.address
    network.ipv4.netmask
    network.ipv4.gateway
    network.ipv4.nameserver_1
    network.ipv4.nameserver_2
    0281
    network_ipv6
    network.ipv6
    0283
    network_options
    network.disabled
    network.no_auto_protection
    network.link_speed
    0284
    network_services
    network.services.direct
    network.services.telnet_disabled
    network.services.nddu_disabled
    0285
    ports
    ports.telnet
    ports.nddu
    ports.direct
    ports.ccid
    ports.scrdr
    mqtt.port
    ports.http
    0286
    mqtt_broker
    mqtt.broker
    0288
    mqtt_tls
    mqtt.tls.exact
    mqtt.tls.trust
    mqtt.tls.verify_name
    mqtt.tls.sni
    mqtt.tls.enabled
    mqtt.tls.ca_slot
    mqtt.tls.client_auth
    mqtt.tls.certificate_slot
    mqtt.tls.key_location
    mqtt.tls.key_slot
    mqtt.tls.chain
    mqtt.tls.chain_slot
    0289
    mqtt_options
    mqtt.options.subscribe_qos
    mqtt.options.publish_qos
    mqtt.options.create_before_subscribe
    mqtt.options.last_will
    mqtt.options.retained
    mqtt.options.connect_timeout
    mqtt.options.response_timeout
    mqtt.options.keep_alive
    mqtt.options.status_interval
    mqtt.options.reconnect_interval
    028B
    mqtt_login
    mqtt.login
    028C
    mqtt_password
    mqtt.password
    028D
    mqtt_client_id
    mqtt.client_id
    028E
    mqtt_topic_prefix
    mqtt.topic_prefix
    028F
    mqtt_device_id
    mqtt.device_id
    0290
    http_server
    http_client.server
    0291
    http_path
    http_client.path
    0292
    http_options
    http_client.timeout
    http_client.keep_alive
    0293
    http_hmac_key
    http_client.hmac_key
    0294
    udp_remote
    udp_server.remote
    0295
    udp_options
    udp_server.check_port
    udp_server.check_address
    029C
    serial_options
    serial.automatic_ui
    serial.idle_timeout
    029F
    serial_driver
    serial.driver
    02A0
    smart_reader
    smart_reader.insert_remove
    smart_reader.explicit_activation
    smart_reader.activate_on_startup
    smart_reader.serial_format
    smart_reader.bluetooth_format
    smart_reader.network_format
    smart_reader.usb_format
    02A1
    smart_reader_timings
    smart_reader.read_interval
    smart_reader.repeat_interval
    02A6
    keyboard_layout
    keyboard_mode.layout
    02A7
    keyboard_options
    keyboard_mode.repeat_pause
    keyboard_mode.character_pause
    02A8
    keyboard_prefix
    keyboard_mode.prefix
    02A9
    keyboard_suffix
    keyboard_mode.suffix
    02B0
    pcsc_slots
    pcsc_mode.slots.sam_av
    pcsc_mode.slots.no_other_sams
    pcsc_mode.slots.no_sam_a
    pcsc_mode.slots.no_contact_b
    pcsc_mode.slots.no_contact_a
    pcsc_mode.slots.no_contactless
    02B1
    pcsc_slot_names
    pcsc_mode.slots.order
    pcsc_mode.slots.device_id
    pcsc_mode.slots.force_sam_letter
    pcsc_mode.slots.force_contact_letter
    02B2
    pcsc_contactless
    pcsc_mode.multi_activation
    02BC
    pcsc_driver
    pcsc_mode.no_auto_start_contact
    pcsc_mode.no_auto_start_contactless
    pcsc_mode.time_extension
    pcsc_mode.no_interrupt_endpoint
    pcsc_mode.hide_ccid_class
    02BE
    pcsc_timers
    pcsc_mode.timers.after_start
    pcsc_mode.timers.after_probe_windows
    pcsc_mode.timers.after_probe_pcsclite
    pcsc_mode.timers.card_movements
    pcsc_mode.timers.interrupts
    pcsc_mode.timers.response_after_removal
    pcsc_mode.timers.host_timeout
    pcsc_mode.timers.usb_reset
    02BF
    pcsc_interpreter
    pcsc_mode.interpreter_cla
    02C0
    profile
    profile.network
    profile.primary
    02C1
    usb_options
    usb.disabled
    usb.no_serial_number
    usb.reset_on_bus_reset
    usb.reset_on_bus_resume
    usb.no_direct
    usb.power_lost_action
    usb.power_lost
    02C4
    profile_additions
    profile.overrider
    profile.no_ringer
    02CD
    trace_level
    trace.level
    02CE
    trace_options
    trace.use_serial
    trace.use_syslog
    trace.show_uptime
    02CF
    deferred_commands
    trace.deferred_commands
    02D0
    ui_options
    ui.host_controlled
    02D1
    ui_leds
    ui.led_options
    02D2
    ui_rgb
    ui.color_active
    ui.light_active
    ui.color_inactive
    ui.light_inactive
    02D3
    ui_light_levels
    ui.level_active
    ui.level_dimmed
    ui.dim_after
    02D7
    ui_auxiliary_leds
    ui.auxiliary_led_options
    02D8
    ui_sound
    ui.sound_volume
    02D9
    ui_product_specific
    ui.product_specific
    02DA
    ui_theme
    ui.theme
    02E0
    listener_options
    listener.start_as_tag
    02EB
    listener_global_bytes
    listener.global_bytes
    02EC
    listener_answer_to_select
    listener.answer_to_select
    02ED
    listener_ndef
    listener.ndef_message
    02F0
    security_access
    security.no_factory_button
    security.no_atecc_by_master_card
    security.no_sam_av_by_master_card
    security.master_cards
    security.local.protect_firmware
    security.local.protect_instructions
    security.local.configuration
    security.local.not_always_readable
    security.local.usage
    security.remote.protect_firmware
    security.remote.protect_instructions
    security.remote.configuration
    security.remote.no_admin_key
    security.remote.no_user_key
    security.remote.usage
    security.console.configuration
    security.console.no_admin_password
    security.console.no_user_password
    security.console.no_telnet
    02F1
    security_failures
    security.failures.admin_password
    security.failures.user_password
    security.failures.admin_key
    security.failures.user_key
    02F2
    master_options
    security.master.options
    02F3
    master_key_id
    security.master.key_id
    02F4
    master_auth_key
    security.master.auth_key
    02F5
    master_public_key
    security.master.public_key
    02FB
    device_key
    security.device_key
    02FC
    user_public_key
    security.user_public_key
    02FD
    admin_public_key
    security.admin_public_key
    02FE
    user_password
    security.user_password
    02FF
    admin_password
    security.admin_password
    0310
    0320
    0330
    0340
    template_lookup
    0311
    0321
    0331
    0341
    template_output_format
    0312
    0322
    0332
    0342
    template_prefix
    0313
    0323
    0333
    0343
    template_location
    0314
    0324
    0334
    0344
    template_options
    0315
    0325
    0335
    0345
    template_register_5
    0316
    0326
    0336
    0346
    template_register_6
    0317
    0327
    0337
    0347
    template_register_7
    0318
    0328
    0338
    0348
    template_register_8
    0319
    0329
    0339
    0349
    template_register_9
    031A
    032A
    033A
    034A
    template_register_a
    031B
    032B
    033B
    034B
    template_register_b
    templates[1].technologies
    templates[1].swap
    templates[1].padding
    templates[1].content
    templates[1].format
    templates[1].prefix
    templates[1].shift_bytes
    templates[1].shift_bits
    templates[1].token_position
    templates[1].token
    templates[1].mode
    templates[1].clean
    templates[1].fill_spaces
    templates[1].long
    templates[1].short_length
    templates[1].long_length
    templates[1].tnf
    templates[1].ndef_type
    templates[1].address
    templates[1].aid
    templates[1].key_type
    templates[1].key
    templates[1].apdu_1
    templates[1].apdu_2
    templates[1].apdu_3
    templates[1].application
    templates[1].command
    templates[1].file
    templates[1].offset
    templates[1].length
    templates[1].ecp2
    templates[1].iso_wrapping
    templates[1].select_application
    templates[1].communication
    templates[1].diversification
    templates[1].key_index
    templates[1].key_location
    templates[1].authentication
)

# Every setting; of a list its first entry.
_springparkctl_settings=(
    device.config_id
    device.inventory
    device.location
    license.application
    license.key
    license.cryptogram
    nfc.probe_carrier
    nfc.tracking
    nfc.polling
    nfc.poller
    pcsc_mode.protocols
    pcsc_mode.bitrates_a
    pcsc_mode.bitrates_b
    pcsc_mode.use_req
    pcsc_mode.force_mifare_classic
    pcsc_mode.no_nfc_dep_f
    pcsc_mode.no_nfc_dep_a
    pcsc_mode.no_iso_dep_b
    pcsc_mode.no_iso_dep_a
    pcsc_mode.innovatron_t0_atr
    pcsc_mode.standard_nn_only
    nfc.no_emd_suppression
    nfc.standard
    nfc.power.voltage
    nfc.power.current
    nfc.vasup
    nfc.nfc_a.bail_out
    nfc.nfc_a.ecp
    nfc.nfc_b.no_polling_to_reactivate
    nfc.nfc_b.bail_out
    nfc.nfc_b.ecp
    nfc.nfc_b.extended_atqb
    nfc.nfc_b.afi
    nfc.nfc_f.bail_out
    nfc.nfc_f.bitrate
    nfc.nfc_f.system_code
    nfc.nfc_f.request_code
    nfc.nfc_f.read_service
    nfc.nfc_f.write_service
    nfc.nfc_v.afi
    nfc.timings.protect_card
    nfc.timings.pause_after_removal
    nfc.timings.lpcd_ping_period
    nfc.timings.lpcd_wakeup_period
    nfc.analog_test.no_thermal_protection
    nfc.analog_test.enabled
    nfc.analog_test.aux2
    nfc.analog_test.aux1
    bluetooth.device_name
    smartcard.contact.auto_pps
    smartcard.contact.hsp
    smartcard.contact.activation
    smartcard.contact.power
    smartcard.contact.speed
    smartcard.sam_a.auto_pps
    smartcard.sam_a.hsp
    smartcard.sam_a.activation
    smartcard.sam_a.power
    smartcard.sam_a.speed
    smartcard.other_sams.auto_pps
    smartcard.other_sams.hsp
    smartcard.other_sams.activation
    smartcard.other_sams.power
    smartcard.other_sams.speed
    smartcard.default_tc2
    smartcard.t0.wwt_multiplier
    smartcard.t0.timeout
    smartcard.t1.cwt_multiplier
    smartcard.t1.wtx_multiplier
    smartcard.t1.timeout
    smartcard.t0.no_get_response
    smartcard.t0.get_response_cla
    smartcard.correct_atr
    smartcard.replace_reserved_ta1
    smartcard.sesam_vitale
    network.ipv4.address
    network.ipv4.netmask
    network.ipv4.gateway
    network.ipv4.nameserver_1
    network.ipv4.nameserver_2
    network.ipv6
    network.disabled
    network.no_auto_protection
    network.link_speed
    network.services.direct
    network.services.telnet_disabled
    network.services.nddu_disabled
    ports.telnet
    ports.nddu
    ports.direct
    ports.ccid
    ports.scrdr
    mqtt.port
    ports.http
    mqtt.broker
    mqtt.tls.exact
    mqtt.tls.trust
    mqtt.tls.verify_name
    mqtt.tls.sni
    mqtt.tls.enabled
    mqtt.tls.ca_slot
    mqtt.tls.client_auth
    mqtt.tls.certificate_slot
    mqtt.tls.key_location
    mqtt.tls.key_slot
    mqtt.tls.chain
    mqtt.tls.chain_slot
    mqtt.options.subscribe_qos
    mqtt.options.publish_qos
    mqtt.options.create_before_subscribe
    mqtt.options.last_will
    mqtt.options.retained
    mqtt.options.connect_timeout
    mqtt.options.response_timeout
    mqtt.options.keep_alive
    mqtt.options.status_interval
    mqtt.options.reconnect_interval
    mqtt.login
    mqtt.password
    mqtt.client_id
    mqtt.topic_prefix
    mqtt.device_id
    http_client.server
    http_client.path
    http_client.timeout
    http_client.keep_alive
    http_client.hmac_key
    udp_server.remote
    udp_server.check_port
    udp_server.check_address
    serial.automatic_ui
    serial.idle_timeout
    serial.driver
    smart_reader.insert_remove
    smart_reader.explicit_activation
    smart_reader.activate_on_startup
    smart_reader.serial_format
    smart_reader.bluetooth_format
    smart_reader.network_format
    smart_reader.usb_format
    smart_reader.read_interval
    smart_reader.repeat_interval
    keyboard_mode.layout
    keyboard_mode.repeat_pause
    keyboard_mode.character_pause
    keyboard_mode.prefix
    keyboard_mode.suffix
    pcsc_mode.slots.sam_av
    pcsc_mode.slots.no_other_sams
    pcsc_mode.slots.no_sam_a
    pcsc_mode.slots.no_contact_b
    pcsc_mode.slots.no_contact_a
    pcsc_mode.slots.no_contactless
    pcsc_mode.slots.order
    pcsc_mode.slots.device_id
    pcsc_mode.slots.force_sam_letter
    pcsc_mode.slots.force_contact_letter
    pcsc_mode.multi_activation
    pcsc_mode.no_auto_start_contact
    pcsc_mode.no_auto_start_contactless
    pcsc_mode.time_extension
    pcsc_mode.no_interrupt_endpoint
    pcsc_mode.hide_ccid_class
    pcsc_mode.timers.after_start
    pcsc_mode.timers.after_probe_windows
    pcsc_mode.timers.after_probe_pcsclite
    pcsc_mode.timers.card_movements
    pcsc_mode.timers.interrupts
    pcsc_mode.timers.response_after_removal
    pcsc_mode.timers.host_timeout
    pcsc_mode.timers.usb_reset
    pcsc_mode.interpreter_cla
    profile.network
    profile.primary
    usb.disabled
    usb.no_serial_number
    usb.reset_on_bus_reset
    usb.reset_on_bus_resume
    usb.no_direct
    usb.power_lost_action
    usb.power_lost
    profile.overrider
    profile.no_ringer
    trace.level
    trace.use_serial
    trace.use_syslog
    trace.show_uptime
    trace.deferred_commands
    ui.host_controlled
    ui.led_options
    ui.color_active
    ui.light_active
    ui.color_inactive
    ui.light_inactive
    ui.level_active
    ui.level_dimmed
    ui.dim_after
    ui.auxiliary_led_options
    ui.sound_volume
    ui.product_specific
    ui.theme
    listener.start_as_tag
    listener.global_bytes
    listener.answer_to_select
    listener.ndef_message
    security.no_factory_button
    security.no_atecc_by_master_card
    security.no_sam_av_by_master_card
    security.master_cards
    security.local.protect_firmware
    security.local.protect_instructions
    security.local.configuration
    security.local.not_always_readable
    security.local.usage
    security.remote.protect_firmware
    security.remote.protect_instructions
    security.remote.configuration
    security.remote.no_admin_key
    security.remote.no_user_key
    security.remote.usage
    security.console.configuration
    security.console.no_admin_password
    security.console.no_user_password
    security.console.no_telnet
    security.failures.admin_password
    security.failures.user_password
    security.failures.admin_key
    security.failures.user_key
    security.master.options
    security.master.key_id
    security.master.auth_key
    security.master.public_key
    security.device_key
    security.user_public_key
    security.admin_public_key
    security.user_password
    security.admin_password
    templates[1].technologies
    templates[1].swap
    templates[1].padding
    templates[1].content
    templates[1].format
    templates[1].prefix
    templates[1].shift_bytes
    templates[1].shift_bits
    templates[1].token_position
    templates[1].token
    templates[1].mode
    templates[1].clean
    templates[1].fill_spaces
    templates[1].long
    templates[1].short_length
    templates[1].long_length
    templates[1].tnf
    templates[1].ndef_type
    templates[1].address
    templates[1].aid
    templates[1].key_type
    templates[1].key
    templates[1].apdu_1
    templates[1].apdu_2
    templates[1].apdu_3
    templates[1].application
    templates[1].command
    templates[1].file
    templates[1].offset
    templates[1].length
    templates[1].ecp2
    templates[1].iso_wrapping
    templates[1].select_application
    templates[1].communication
    templates[1].diversification
    templates[1].key_index
    templates[1].key_location
    templates[1].authentication
    mqtt.version
    mqtt.tls.allow_insecure
    smart_reader.debounce_ms
    smart_reader.activation
    journal.enabled
    journal.directory
    journal.max_events
    journal.max_bytes
    journal.max_age
    journal.replay_rate
    journal.order
    journal.memory_events
    provisioning.template
    provisioning.certificate_slot
    provisioning.key_slot
    discovery.reach
    device.serial
    messages.sequence
    messages.date_time
    messages.scrdr_checksum
    feedback.confirm_timeout
    feedback.started
    feedback.read
    feedback.read_failed
    feedback.stored
    feedback.confirmed
    feedback.refused
    feedback.unconfirmed
    feedback.cloud_lost
    readers[1].driver
    readers[1].name
    readers[1].connection
    readers[1].path
    readers[1].label
    feedback.devices[1].driver
    feedback.devices[1].reader
    feedback.devices[1].path
    feedback.devices[1].time_limit
    feedback.devices[1].folder
    feedback.devices[1].chip
    feedback.devices[1].name
    feedback.devices[1].commands
    feedback.devices[1].red
    feedback.devices[1].green
    feedback.devices[1].blue
    feedback.devices[1].leds
    feedback.devices[1].buzzer
    feedback.devices[1].relays
    templates[1].type
    certificates.slot_0
    keys.slot_0
    certificates.slot_1
    keys.slot_1
    certificates.slot_2
    keys.slot_2
    certificates.slot_3
    keys.slot_3
    certificates.slot_4
    keys.slot_4
    certificates.slot_5
    keys.slot_5
    certificates.slot_6
    keys.slot_6
    certificates.slot_7
    keys.slot_7
    certificates.slot_8
    keys.slot_8
    certificates.slot_9
    keys.slot_9
    certificates.slot_A
    keys.slot_A
    certificates.slot_B
    keys.slot_B
    certificates.slot_C
    keys.slot_C
    certificates.slot_D
    keys.slot_D
    certificates.slot_E
    keys.slot_E
    certificates.slot_F
    keys.slot_F
)

# $1: a setting, without the number of an entry. What may be written for it, where that is one of a few words.
_springparkctl_words() {
    case $1 in
        nfc.probe_carrier) echo true false ;;
        nfc.tracking) echo normal power-saving low-power very-low-power ;;
        nfc.polling) echo normal power-saving low-power lpcd ;;
        pcsc_mode.use_req) echo true false ;;
        pcsc_mode.force_mifare_classic) echo true false ;;
        pcsc_mode.no_nfc_dep_f) echo true false ;;
        pcsc_mode.no_nfc_dep_a) echo true false ;;
        pcsc_mode.no_iso_dep_b) echo true false ;;
        pcsc_mode.no_iso_dep_a) echo true false ;;
        pcsc_mode.innovatron_t0_atr) echo true false ;;
        pcsc_mode.standard_nn_only) echo true false ;;
        nfc.no_emd_suppression) echo true false ;;
        nfc.standard) echo iso rctif4 emv cen-ts-16794 nfc-forum ;;
        nfc.nfc_a.bail_out) echo true false ;;
        nfc.nfc_a.ecp) echo true false ;;
        nfc.nfc_b.no_polling_to_reactivate) echo true false ;;
        nfc.nfc_b.bail_out) echo true false ;;
        nfc.nfc_b.ecp) echo true false ;;
        nfc.nfc_b.extended_atqb) echo true false ;;
        nfc.nfc_f.bail_out) echo true false ;;
        nfc.nfc_f.bitrate) echo both 212 424 ;;
        nfc.analog_test.no_thermal_protection) echo true false ;;
        nfc.analog_test.enabled) echo true false ;;
        smartcard.contact.auto_pps) echo true false ;;
        smartcard.contact.hsp) echo true false ;;
        smartcard.contact.activation) echo emv-iso iso emv ;;
        smartcard.contact.power) echo a b c a+b b+c a+b+c ;;
        smartcard.contact.speed) echo ta1-11 ta1-12 ta1-13 ta1-18 ta1-95 ta1-96 ta1-97 ;;
        smartcard.sam_a.auto_pps) echo true false ;;
        smartcard.sam_a.hsp) echo true false ;;
        smartcard.sam_a.activation) echo emv-iso iso emv ;;
        smartcard.sam_a.power) echo a b c a+b b+c a+b+c ;;
        smartcard.sam_a.speed) echo ta1-11 ta1-12 ta1-13 ta1-18 ta1-95 ta1-96 ta1-97 ;;
        smartcard.other_sams.auto_pps) echo true false ;;
        smartcard.other_sams.hsp) echo true false ;;
        smartcard.other_sams.activation) echo emv-iso iso emv ;;
        smartcard.other_sams.power) echo a b c a+b b+c a+b+c ;;
        smartcard.other_sams.speed) echo ta1-11 ta1-12 ta1-13 ta1-18 ta1-95 ta1-96 ta1-97 ;;
        smartcard.t0.no_get_response) echo true false ;;
        smartcard.correct_atr) echo true false ;;
        smartcard.replace_reserved_ta1) echo true false ;;
        smartcard.sesam_vitale) echo true false ;;
        network.no_auto_protection) echo true false ;;
        network.link_speed) echo auto 10-half 10-full 100-half 100-full ;;
        network.services.direct) echo off udp tcp ;;
        network.services.telnet_disabled) echo true false ;;
        network.services.nddu_disabled) echo true false ;;
        mqtt.tls.exact) echo true false ;;
        mqtt.tls.trust) echo any server ca pki ;;
        mqtt.tls.verify_name) echo true false ;;
        mqtt.tls.sni) echo true false ;;
        mqtt.tls.enabled) echo true false ;;
        mqtt.tls.client_auth) echo true false ;;
        mqtt.tls.key_location) echo raw atecc ;;
        mqtt.tls.chain) echo true false ;;
        mqtt.options.create_before_subscribe) echo true false ;;
        mqtt.options.last_will) echo true false ;;
        mqtt.options.retained) echo true false ;;
        udp_server.check_port) echo true false ;;
        udp_server.check_address) echo true false ;;
        serial.automatic_ui) echo true false ;;
        serial.driver) echo ttl rs-232 rs-485 ;;
        smart_reader.insert_remove) echo true false ;;
        smart_reader.explicit_activation) echo true false ;;
        smart_reader.activate_on_startup) echo true false ;;
        smart_reader.serial_format) echo tlv scrdr json mk1 ;;
        smart_reader.bluetooth_format) echo tlv scrdr json mk1 ;;
        smart_reader.network_format) echo scrdr json ;;
        smart_reader.usb_format) echo tlv scrdr json mk1 ;;
        keyboard_mode.layout) echo us french german french-laptop english-extended french-extended german-extended spanish-extended italian-extended japanese-extended swedish-extended polish-extended us-extended ;;
        keyboard_mode.repeat_pause) echo none 2x 3x 4x ;;
        pcsc_mode.slots.sam_av) echo true false ;;
        pcsc_mode.slots.no_other_sams) echo true false ;;
        pcsc_mode.slots.no_sam_a) echo true false ;;
        pcsc_mode.slots.no_contact_b) echo true false ;;
        pcsc_mode.slots.no_contact_a) echo true false ;;
        pcsc_mode.slots.no_contactless) echo true false ;;
        pcsc_mode.slots.order) echo contactless-contact-sam contactless-sam-contact contact-contactless-sam contact-sam-contactless sam-contact-contactless sam-contactless-contact ;;
        pcsc_mode.slots.device_id) echo none serial-number serial-number-end ipv4-address ;;
        pcsc_mode.slots.force_sam_letter) echo true false ;;
        pcsc_mode.slots.force_contact_letter) echo true false ;;
        pcsc_mode.multi_activation) echo true false ;;
        pcsc_mode.no_auto_start_contact) echo true false ;;
        pcsc_mode.no_auto_start_contactless) echo true false ;;
        pcsc_mode.time_extension) echo on-request every-1-s every-2-s never ;;
        pcsc_mode.no_interrupt_endpoint) echo true false ;;
        pcsc_mode.hide_ccid_class) echo true false ;;
        profile.network) echo mqtt-client ;;
        profile.primary) echo smart-reader ;;
        usb.disabled) echo true false ;;
        usb.no_serial_number) echo true false ;;
        usb.reset_on_bus_reset) echo true false ;;
        usb.reset_on_bus_resume) echo true false ;;
        usb.no_direct) echo true false ;;
        usb.power_lost_action) echo reset shutdown ;;
        usb.power_lost) echo stop external battery external-or-battery ;;
        profile.overrider) echo true false ;;
        profile.no_ringer) echo true false ;;
        trace.use_serial) echo true false ;;
        trace.use_syslog) echo true false ;;
        trace.show_uptime) echo true false ;;
        ui.host_controlled) echo true false ;;
        ui.color_active) echo white red dark-red yellow dark-yellow green dark-green cyan dark-cyan blue dark-blue magenta dark-magenta pink purple orange ;;
        ui.light_active) echo off on breathing pulses ;;
        ui.color_inactive) echo white red dark-red yellow dark-yellow green dark-green cyan dark-cyan blue dark-blue magenta dark-magenta pink purple orange ;;
        ui.light_inactive) echo off on breathing pulses ;;
        listener.start_as_tag) echo true false ;;
        security.no_factory_button) echo true false ;;
        security.no_atecc_by_master_card) echo true false ;;
        security.no_sam_av_by_master_card) echo true false ;;
        security.master_cards) echo always after-power-up never ;;
        security.local.protect_firmware) echo true false ;;
        security.local.protect_instructions) echo true false ;;
        security.local.configuration) echo full write-only admin-write-only locked ;;
        security.local.not_always_readable) echo true false ;;
        security.local.usage) echo free authenticated secure ;;
        security.remote.protect_firmware) echo true false ;;
        security.remote.protect_instructions) echo true false ;;
        security.remote.configuration) echo full write-only admin-write-only locked ;;
        security.remote.no_admin_key) echo true false ;;
        security.remote.no_user_key) echo true false ;;
        security.remote.usage) echo free authenticated secure ;;
        security.console.configuration) echo full write-only admin-write-only locked ;;
        security.console.no_admin_password) echo true false ;;
        security.console.no_user_password) echo true false ;;
        security.console.no_telnet) echo true false ;;
        templates.technologies) echo off all nfc-a nfc-b nfc-a+b nfc-v nfc-a+b+v nfc-f nfc kovio nfc-t1t st-sr ask-cts picotag-b felica picotag-v innovatron iso-a iso-b iso-a+b ndef-t2t ndef-t3t ndef-t4t ndef-t5t ndef-t4at ndef-t4bt ndef-tags iso15693-memory mifare-classic mifare-ultralight desfire-id desfire-data iso-72 ;;
        templates.swap) echo none short-nfc-a all ;;
        templates.padding) echo 00-left ff-right ;;
        templates.content) echo id protocol ;;
        templates.format) echo decimal-10 hex-4 hex-8 hex-5 hex-10 hex-7 hex-11 hex-16 hex-20 hex-24 hex-32 decimal-12 decimal-13 decimal hex ;;
        templates.token_position) echo before-prefix before-data after-data ;;
        templates.token) echo none hex letter ;;
        templates.mode) echo raw string ;;
        templates.clean) echo true false ;;
        templates.fill_spaces) echo true false ;;
        templates.long) echo true false ;;
        templates.tnf) echo default well-known media absolute-uri external springcard text uri any ;;
        templates.key_type) echo a b ;;
        templates.command) echo read-data-bd read-data-ad read-record-bb read-record-ab ;;
        templates.iso_wrapping) echo true false ;;
        templates.select_application) echo true false ;;
        templates.communication) echo plain mac encrypted ;;
        templates.diversification) echo none an10922 ;;
        templates.key_location) echo template ;;
        templates.authentication) echo none des-ev0 iso-ev1 aes-ev1 aes-ev2 ;;
        mqtt.version) echo auto 5 3.1.1 ;;
        mqtt.tls.allow_insecure) echo true false ;;
        smart_reader.activation) echo journal broker ;;
        journal.enabled) echo true false ;;
        journal.order) echo live-first oldest-first ;;
        discovery.reach) echo off loopback network ;;
        messages.sequence) echo true false ;;
        messages.date_time) echo true false ;;
        messages.scrdr_checksum) echo between with-delimiters ;;
        feedback.started) echo none no-mother-board no-battery hardware-error not-genuine cancel startup shutdown please-wait bootloader-waiting firmware-upgrading firmware-upgraded config-cleared self-test wink blackout started-idle started-active suspended reader-inactive reader-active reading read-success read-failed read-again tag-insert tag-present tag-active tag-error tag-counterfeit listener-idle listener-active access-granted access-denied ;;
        feedback.read) echo none no-mother-board no-battery hardware-error not-genuine cancel startup shutdown please-wait bootloader-waiting firmware-upgrading firmware-upgraded config-cleared self-test wink blackout started-idle started-active suspended reader-inactive reader-active reading read-success read-failed read-again tag-insert tag-present tag-active tag-error tag-counterfeit listener-idle listener-active access-granted access-denied ;;
        feedback.read_failed) echo none no-mother-board no-battery hardware-error not-genuine cancel startup shutdown please-wait bootloader-waiting firmware-upgrading firmware-upgraded config-cleared self-test wink blackout started-idle started-active suspended reader-inactive reader-active reading read-success read-failed read-again tag-insert tag-present tag-active tag-error tag-counterfeit listener-idle listener-active access-granted access-denied ;;
        feedback.stored) echo none no-mother-board no-battery hardware-error not-genuine cancel startup shutdown please-wait bootloader-waiting firmware-upgrading firmware-upgraded config-cleared self-test wink blackout started-idle started-active suspended reader-inactive reader-active reading read-success read-failed read-again tag-insert tag-present tag-active tag-error tag-counterfeit listener-idle listener-active access-granted access-denied ;;
        feedback.confirmed) echo none no-mother-board no-battery hardware-error not-genuine cancel startup shutdown please-wait bootloader-waiting firmware-upgrading firmware-upgraded config-cleared self-test wink blackout started-idle started-active suspended reader-inactive reader-active reading read-success read-failed read-again tag-insert tag-present tag-active tag-error tag-counterfeit listener-idle listener-active access-granted access-denied ;;
        feedback.refused) echo none no-mother-board no-battery hardware-error not-genuine cancel startup shutdown please-wait bootloader-waiting firmware-upgrading firmware-upgraded config-cleared self-test wink blackout started-idle started-active suspended reader-inactive reader-active reading read-success read-failed read-again tag-insert tag-present tag-active tag-error tag-counterfeit listener-idle listener-active access-granted access-denied ;;
        feedback.unconfirmed) echo none no-mother-board no-battery hardware-error not-genuine cancel startup shutdown please-wait bootloader-waiting firmware-upgrading firmware-upgraded config-cleared self-test wink blackout started-idle started-active suspended reader-inactive reader-active reading read-success read-failed read-again tag-insert tag-present tag-active tag-error tag-counterfeit listener-idle listener-active access-granted access-denied ;;
        feedback.cloud_lost) echo none no-mother-board no-battery hardware-error not-genuine cancel startup shutdown please-wait bootloader-waiting firmware-upgrading firmware-upgraded config-cleared self-test wink blackout started-idle started-active suspended reader-inactive reader-active reading read-success read-failed read-again tag-insert tag-present tag-active tag-error tag-counterfeit listener-idle listener-active access-granted access-denied ;;
        readers.driver) echo pcsc libnfc script ;;
        feedback.devices.driver) echo log sysfs-leds gpio pcsc command ;;
        feedback.devices.commands) echo auto acr122 acr1252 ;;
        templates.type) echo id-only ndef-data mifare-ultralight mifare-classic iso15693-memory iso-data desfire-data desfire-id ;;
    esac
}
