/* SPDX-License-Identifier: MIT */
#include "reader/nfc_library.h"

#include "base/memory.h"
#include "reader/nfc_chip.h"

#include <nfc/nfc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    FIELD_OFF_US = 20000,         /* ISO/IEC 14443-3 says 5 ms; the antennas of cheap boards ring for some more */
    EXCHANGE_DEFAULT_MS = 1000,
    EXCHANGE_MAX_MS = 60000,
    POLL_PERIOD = 1,              /* of 150 ms */
    MODULATIONS_MAX = 8,
    PRESENT_TRIES = 2,
    PRESENT_LIMIT_MS = 300,
    ANSWER_MS = 52,               /* libnfc's default */
    RAW_ANSWER_MS = 12,
    ATQB_CID_AT = 6,              /* in the protocol bytes of NFC-B: the last byte of the ATQB */
    ATQB_CID = 0x01,
};

struct nfc_library {
    nfc_context *context;
    nfc_device *device;
    pthread_mutex_t mutex;        /* for what nfc_library_stop uses */
    nfc_device *abortable;        /* the device while it may be aborted */
    bool stopping;
    bool raw;                     /* the last select changed the framing: libnfc sent raw frames */
    bool brief;                   /* the chip waits only RAW_ANSWER_MS for an answer */
    struct nfc_tag tag;           /* the one that is selected; CARD_UNKNOWN: none */
};

/*
 * What libnfc calls a technology. FeliCa has two speeds, and a tag may know only one of them. Two are left out: for a
 * Kovio barcode libnfc takes the power from every other tag, and for PicoTag it writes registers behind its own back,
 * so that the raw selects that follow go out without CRC.
 */
static const struct technology_map {
    enum card_technology technology;
    nfc_modulation modulation;
    bool by_chip;                 /* the chip knows it; otherwise libnfc sends raw frames */
} technologies[] = {
    {CARD_NFC_A, {NMT_ISO14443A, NBR_106}, true},
    {CARD_NFC_B, {NMT_ISO14443B, NBR_106}, true},
    {CARD_NFC_F, {NMT_FELICA, NBR_212}, true},
    {CARD_NFC_F, {NMT_FELICA, NBR_424}, true},
    {CARD_NFC_T1T, {NMT_JEWEL, NBR_106}, true},
    {CARD_INNOVATRON, {NMT_ISO14443BI, NBR_106}, false},
    {CARD_ST_SR, {NMT_ISO14443B2SR, NBR_106}, false},
    {CARD_ASK_CTS, {NMT_ISO14443B2CT, NBR_106}, false},
};

enum { TECHNOLOGIES_COUNT = sizeof technologies / sizeof *technologies };

static void tell_trouble(struct nfc_answer *answer, const char *text)
{
    answer->result = NFC_TROUBLE;
    nfc_wire_copy_text(answer->text, sizeof answer->text, text);
}

/* The trouble of a call that gave `code`. */
static void tell_failure(const struct nfc_library *library, struct nfc_answer *answer, int code)
{
    char text[NFC_TEXT_MAX_BYTES + 1];

    /* Not every path in libnfc leaves its code where nfc_strerror looks. */
    if (nfc_device_get_last_error(library->device) == code)
        snprintf(text, sizeof text, "%s", nfc_strerror(library->device));
    else
        snprintf(text, sizeof text, "libnfc gave %d", code);
    tell_trouble(answer, text);
}

/* The lengths in libnfc's structures come over the line, and libnfc does not check them. */
static bool convert_type_a(const nfc_iso14443a_info *info, struct nfc_tag *tag)
{
    if (info->szUidLen > sizeof info->abtUid || info->szAtsLen > sizeof info->abtAts)
        return false;
    /* An ATS may have 254 bytes; nothing here needs more of its historical bytes than a struct card holds. */
    tag->ats_bytes = info->szAtsLen < sizeof tag->ats ? info->szAtsLen : sizeof tag->ats;
    memcpy(tag->ats, info->abtAts, tag->ats_bytes);
    return nfc_tag_set_id(tag, info->abtUid, info->szUidLen)
           && nfc_tag_add_protocol(tag, info->abtAtqa, sizeof info->abtAtqa)
           && nfc_tag_add_protocol(tag, &info->btSak, 1);
}

static bool convert_felica(const nfc_felica_info *info, struct nfc_tag *tag)
{
    /* Length byte, response code, IDm, PMm; then the system code, if the tag gives one (JIS X 6319-4). */
    enum { WITHOUT_SYSTEM_CODE = 18, WITH_SYSTEM_CODE = 20 };

    if (info->szLen != WITHOUT_SYSTEM_CODE && info->szLen != WITH_SYSTEM_CODE)
        return false;
    return nfc_tag_set_id(tag, info->abtId, sizeof info->abtId)
           && nfc_tag_add_protocol(tag, info->abtPad, sizeof info->abtPad)
           && nfc_tag_add_protocol(tag, info->abtSysCode,
                                   info->szLen == WITH_SYSTEM_CODE ? sizeof info->abtSysCode : 0);
}

static bool convert_innovatron(const nfc_iso14443bi_info *info, struct nfc_tag *tag)
{
    enum { LONG_ANSWER = 0x80, WITH_ATR = 0x40 };
    const bool has_atr = (info->btVerLog & LONG_ANSWER) != 0 && (info->btConfig & WITH_ATR) != 0;

    return (!has_atr || info->szAtrLen <= sizeof info->abtAtr)
           && nfc_tag_set_id(tag, info->abtDIV, sizeof info->abtDIV)
           && nfc_tag_add_protocol(tag, &info->btVerLog, 1) && nfc_tag_add_protocol(tag, &info->btConfig, 1)
           && nfc_tag_add_protocol(tag, info->abtAtr, has_atr ? info->szAtrLen : 0);
}

static bool convert_info(nfc_modulation_type type, const nfc_target_info *info, struct nfc_tag *tag)
{
    switch (type) {
    case NMT_ISO14443A:
        return convert_type_a(&info->nai, tag);
    case NMT_ISO14443B:
        return nfc_tag_set_id(tag, info->nbi.abtPupi, sizeof info->nbi.abtPupi)
               && nfc_tag_add_protocol(tag, info->nbi.abtApplicationData, sizeof info->nbi.abtApplicationData)
               && nfc_tag_add_protocol(tag, info->nbi.abtProtocolInfo, sizeof info->nbi.abtProtocolInfo);
    case NMT_FELICA:
        return convert_felica(&info->nfi, tag);
    case NMT_JEWEL:
        return nfc_tag_set_id(tag, info->nji.btId, sizeof info->nji.btId)
               && nfc_tag_add_protocol(tag, info->nji.btSensRes, sizeof info->nji.btSensRes);
    case NMT_ISO14443BI:
        return convert_innovatron(&info->nii, tag);
    case NMT_ISO14443B2SR:
        return nfc_tag_set_id(tag, info->nsi.abtUID, sizeof info->nsi.abtUID);
    case NMT_ISO14443B2CT:
        return nfc_tag_set_id(tag, info->nci.abtUID, sizeof info->nci.abtUID)
               && nfc_tag_add_protocol(tag, &info->nci.btProdCode, 1)
               && nfc_tag_add_protocol(tag, &info->nci.btFabCode, 1);
    case NMT_BARCODE:
    case NMT_ISO14443BICLASS:
    case NMT_DEP:
        break;
    }
    return false;
}

static bool convert_target(const nfc_target *target, struct nfc_tag *tag)
{
    memset(tag, 0, sizeof *tag);
    for (size_t i = 0; i < TECHNOLOGIES_COUNT; i++) {
        if (technologies[i].modulation.nmt == target->nm.nmt)
            tag->technology = technologies[i].technology;
    }
    return convert_info(target->nm.nmt, &target->nti, tag);
}

static void tell_tag(struct nfc_library *library, const nfc_target *target, struct nfc_answer *answer)
{
    answer->result = NFC_FINE;
    if (convert_target(target, &answer->tag)) {
        library->tag = answer->tag;
        return;
    }
    memset(&answer->tag, 0, sizeof answer->tag);
    tell_trouble(answer, "the chip described a tag with impossible lengths");
}

static bool is_stopping(struct nfc_library *library)
{
    pthread_mutex_lock(&library->mutex);
    bool stopping = library->stopping;
    pthread_mutex_unlock(&library->mutex);
    return stopping;
}

static void set_abortable(struct nfc_library *library, nfc_device *device)
{
    pthread_mutex_lock(&library->mutex);
    library->abortable = device;
    pthread_mutex_unlock(&library->mutex);
}

static void list_devices(struct nfc_library *library, struct nfc_answer *answer)
{
    nfc_connstring *found = memory_zeroed(NFC_DEVICES_MAX, sizeof *found);
    size_t count = nfc_list_devices(library->context, found, NFC_DEVICES_MAX);

    answer->result = NFC_FINE;
    answer->devices_count = count < NFC_DEVICES_MAX ? count : NFC_DEVICES_MAX;
    for (size_t i = 0; i < answer->devices_count; i++)
        nfc_wire_copy_text(answer->devices[i], sizeof answer->devices[i], found[i]);
    free(found);
}

static unsigned list_technologies(struct nfc_library *library)
{
    const nfc_modulation_type *supported = NULL;
    unsigned found = 0;

    if (nfc_device_get_supported_modulation(library->device, N_INITIATOR, &supported) < 0 || supported == NULL)
        return 0;
    for (; *supported != 0; supported++) {
        for (size_t i = 0; i < TECHNOLOGIES_COUNT; i++) {
            if (technologies[i].modulation.nmt == *supported)
                found |= technologies[i].technology;
        }
    }
    return found;
}

static void describe_device(struct nfc_library *library, struct nfc_answer *answer)
{
    char *information = NULL;

    answer->result = NFC_FINE;
    if (nfc_device_get_information_about(library->device, &information) >= 0 && information != NULL) {
        nfc_chip_name(information, answer->text, sizeof answer->text);
        nfc_free(information);
    }
    nfc_wire_copy_text(answer->name, sizeof answer->name, nfc_device_get_name(library->device));
    nfc_wire_copy_text(answer->connection, sizeof answer->connection, nfc_device_get_connstring(library->device));
    answer->technologies = list_technologies(library);
    for (size_t i = 0; nfc_chip_can_poll(answer->text, answer->connection) && i < TECHNOLOGIES_COUNT; i++) {
        if (technologies[i].by_chip)
            answer->poll_technologies |= technologies[i].technology & answer->technologies;
    }
}

/* nfc_initiator_init switches the field off and on as well. */
static int prepare_device(nfc_device *device)
{
    int code = nfc_initiator_init(device);

    if (code >= 0)
        code = nfc_device_set_property_bool(device, NP_INFINITE_SELECT, false);
    if (code >= 0)
        code = nfc_device_set_property_bool(device, NP_ACTIVATE_FIELD, true);
    if (code >= 0)
        code = nfc_device_set_property_bool(device, NP_AUTO_ISO14443_4, true);
    return code;
}

static void close_device(struct nfc_library *library)
{
    set_abortable(library, NULL);
    if (library->device != NULL)
        nfc_close(library->device);
    library->device = NULL;
}

static void open_device(struct nfc_library *library, const struct nfc_request *request, struct nfc_answer *answer)
{
    nfc_connstring connection = {0};

    snprintf(connection, sizeof connection, "%s", request->connection);
    library->device = nfc_open(library->context, connection);
    if (library->device == NULL) {
        tell_trouble(answer, "libnfc cannot open it");
        return;
    }
    set_abortable(library, library->device);
    int code = prepare_device(library->device);
    if (code >= 0) {
        describe_device(library, answer);
        return;
    }
    tell_failure(library, answer, code);
    close_device(library);
}

/* How long the chip waits for the answer to a raw frame (RFConfiguration, item 02). The tags that raw selects look for
 * answer within 2 ms; with the default a look for three of them in an empty field would take 150 ms. */
static int set_answer_time(struct nfc_library *library, bool brief)
{
    if (library->brief == brief)
        return 0;
    int code = nfc_device_set_property_int(library->device, NP_TIMEOUT_COM, brief ? RAW_ANSWER_MS : ANSWER_MS);
    library->brief = code < 0 ? library->brief : brief;
    return code;
}

/* A raw select leaves the chip with type B framing at 106 kbit/s and libnfc without easy framing. */
static int prepare_select(struct nfc_library *library, bool raw)
{
    int code = 0;

    if (library->raw)
        code = nfc_device_set_property_bool(library->device, NP_EASY_FRAMING, true);
    if (library->raw && code >= 0)
        code = nfc_device_set_property_bool(library->device, NP_FORCE_ISO14443_A, true);
    library->raw = raw || (library->raw && code < 0);
    return code < 0 ? code : set_answer_time(library, raw);
}

/* A code that only says that no tag answered, or that one answered so that nobody understood it. */
static bool is_no_tag(int code, bool raw)
{
    return code == 0 || code == NFC_ERFTRANS || code == NFC_ETGRELEASED || code == NFC_EMFCAUTHFAIL
           || (raw && code == NFC_ECHIP);
}

static void tell_select(struct nfc_library *library, const nfc_target *target, int code, struct nfc_answer *answer)
{
    /* Not by code > 0: for an SRx or ASK CTx tag libnfc returns the first byte of its UID, which may be 00. */
    if (code >= 0 && target->nm.nmt != 0)
        tell_tag(library, target, answer);
    else if (is_no_tag(code, library->raw))
        answer->result = NFC_NOTHING;
    else if (code == NFC_EINVARG || code == NFC_EDEVNOTSUPP || code == NFC_ENOTIMPL)
        answer->result = NFC_UNSUPPORTED;
    else
        tell_failure(library, answer, code);
}

static void select_tag(struct nfc_library *library, enum card_technology technology, struct nfc_answer *answer)
{
    library->tag.technology = CARD_UNKNOWN;
    answer->result = NFC_UNSUPPORTED;
    for (size_t i = 0; i < TECHNOLOGIES_COUNT; i++) {
        if (technologies[i].technology != technology)
            continue;
        if (answer->result == NFC_FINE || answer->result == NFC_TROUBLE || is_stopping(library))
            break;
        nfc_target target;
        memset(&target, 0, sizeof target);
        int code = prepare_select(library, !technologies[i].by_chip);
        if (code >= 0)
            code = nfc_initiator_select_passive_target(library->device, technologies[i].modulation, NULL, 0, &target);
        tell_select(library, &target, code, answer);
    }
}

static void reset_field(struct nfc_library *library, struct nfc_answer *answer)
{
    int code = nfc_device_set_property_bool(library->device, NP_ACTIVATE_FIELD, false);

    library->tag.technology = CARD_UNKNOWN;
    if (code >= 0) {
        usleep(FIELD_OFF_US);
        code = nfc_device_set_property_bool(library->device, NP_ACTIVATE_FIELD, true);
    }
    answer->result = NFC_FINE;
    if (code < 0)
        tell_failure(library, answer, code);
}

/*
 * What InAutoPoll found is not yet as a select would leave it: libnfc 1.8.0 forgets to note which tag is selected, so
 * that its presence check refuses it; and of two tags it describes the second while it talks to the first.
 */
static void settle_polled(struct nfc_library *library, int count, struct nfc_answer *answer)
{
    const struct nfc_tag polled = answer->tag;

    /* In ISO/IEC 14443-4 a tag answers no second select, and needs none: its presence is checked here. */
    if (count == 1 && (polled.technology == CARD_NFC_B || nfc_tag_has_iso14443_4(&polled)))
        return;
    memset(answer, 0, sizeof *answer);
    if (count > 1) {
        (void) nfc_initiator_deselect_target(library->device);
        reset_field(library, answer);
        if (answer->result != NFC_FINE)
            return;
    }
    select_tag(library, polled.technology, answer);
}

static size_t list_polled(unsigned wanted, nfc_modulation modulations[MODULATIONS_MAX])
{
    size_t count = 0;

    for (size_t i = 0; i < TECHNOLOGIES_COUNT && count < MODULATIONS_MAX; i++) {
        if (technologies[i].by_chip && (wanted & technologies[i].technology) != 0)
            modulations[count++] = technologies[i].modulation;
    }
    return count;
}

static void poll_tags(struct nfc_library *library, const struct nfc_request *request, struct nfc_answer *answer)
{
    nfc_modulation modulations[MODULATIONS_MAX];
    const size_t count = list_polled(request->technologies, modulations);
    nfc_target target;

    if (count == 0 || request->polls == 0 || request->polls >= UINT8_MAX) { /* 255: for ever */
        answer->result = NFC_UNSUPPORTED;
        return;
    }
    library->tag.technology = CARD_UNKNOWN;
    memset(&target, 0, sizeof target);
    int code = prepare_select(library, false);
    if (code >= 0)
        code = nfc_initiator_poll_target(library->device, modulations, count, (uint8_t) request->polls, POLL_PERIOD,
                                         &target);
    tell_select(library, &target, code, answer);
    if (answer->result == NFC_FINE)
        settle_polled(library, code, answer);
}

/*
 * R(NAK) of ISO/IEC 14443-4: any answer will do, it is R(ACK) or the last block once more (rule 11 of 7.5.5.3). libnfc
 * does the same, but for type B always with the CID that the chip gives, which a tag that takes no CID must not answer.
 */
static int check_block(struct nfc_library *library)
{
    static const uint8_t plain[] = {0xB2};
    static const uint8_t with_cid[] = {0xBA, 0x01};
    const struct nfc_tag *tag = &library->tag;
    const bool has_cid = tag->technology == CARD_NFC_B && (tag->protocol_bytes[ATQB_CID_AT] & ATQB_CID) != 0;
    uint8_t heard[NFC_FRAME_MAX_BYTES];
    int code = nfc_device_set_property_bool(library->device, NP_EASY_FRAMING, false);

    for (int i = 0; code >= 0 && i < PRESENT_TRIES; i++) {
        int got = nfc_initiator_transceive_bytes(library->device, has_cid ? with_cid : plain,
                                                 has_cid ? sizeof with_cid : sizeof plain, heard, sizeof heard,
                                                 PRESENT_LIMIT_MS);
        if (got >= 0 || got != NFC_ERFTRANS) {
            code = got > 0 ? 0 : got;
            break;
        }
        code = i + 1 < PRESENT_TRIES ? 0 : NFC_ETGRELEASED;
    }
    int restored = nfc_device_set_property_bool(library->device, NP_EASY_FRAMING, true);
    return code < 0 ? code : restored;
}

/* By its UID: the tag is as if it had just been selected. */
static int check_by_select(struct nfc_library *library)
{
    static const nfc_modulation type_a = {NMT_ISO14443A, NBR_106};
    nfc_target target;

    memset(&target, 0, sizeof target);
    int code = nfc_initiator_select_passive_target(library->device, type_a, library->tag.uid, library->tag.uid_bytes,
                                                   &target);
    return code > 0 ? 0 : code == 0 ? NFC_ETGRELEASED : code;
}

static int check_presence(struct nfc_library *library)
{
    const struct nfc_tag *tag = &library->tag;

    if (tag->technology == CARD_NFC_B || nfc_tag_has_iso14443_4(tag))
        return check_block(library);
    /* libnfc knows only Type 2 (SAK 00) and Classic (bit 08), and calls any other SAK unsupported. */
    if (tag->technology == CARD_NFC_A && nfc_tag_sak(tag) != 0 && (nfc_tag_sak(tag) & NFC_SAK_CLASSIC) == 0)
        return check_by_select(library);
    return nfc_initiator_target_is_present(library->device, NULL);
}

static void look_whether_present(struct nfc_library *library, struct nfc_answer *answer)
{
    int code = library->tag.technology != CARD_UNKNOWN ? check_presence(library) : NFC_ETGRELEASED;

    if (code == 0) {
        answer->result = NFC_FINE;
        return;
    }
    library->tag.technology = CARD_UNKNOWN;
    if (is_no_tag(code, library->raw) || code == NFC_EINVARG)
        answer->result = NFC_NOTHING;
    else if (code == NFC_EDEVNOTSUPP || code == NFC_ENOTIMPL)
        answer->result = NFC_UNSUPPORTED;
    else
        tell_failure(library, answer, code);
}

static void deselect_tag(struct nfc_library *library, struct nfc_answer *answer)
{
    int code = nfc_initiator_deselect_target(library->device);

    library->tag.technology = CARD_UNKNOWN;
    answer->result = NFC_FINE;
    if (code < 0 && !is_no_tag(code, false))
        tell_failure(library, answer, code);
}

static void tell_exchange(const struct nfc_library *library, int code, struct nfc_answer *answer)
{
    switch (code) {
    case NFC_ETGRELEASED:
    case NFC_EINVARG: /* the chip's "not in this context": it has no selected tag any more */
        answer->result = NFC_CARD_GONE;
        return;
    case NFC_EMFCAUTHFAIL:
        answer->result = NFC_CARD_REFUSED;
        return;
    case NFC_ERFTRANS:
    case NFC_ETIMEOUT:
    case NFC_EOVFLOW:
    case NFC_ECHIP: /* an answer that is longer than the chip's or libnfc's memory */
        answer->result = NFC_CARD_MUTE;
        return;
    case NFC_EDEVNOTSUPP:
    case NFC_ENOTIMPL:
        answer->result = NFC_UNSUPPORTED;
        return;
    default:
        tell_failure(library, answer, code);
    }
}

static void exchange_bytes(struct nfc_library *library, const struct nfc_request *request, struct nfc_answer *answer)
{
    /* To libnfc 0 is "for ever" and -1 "the driver's default". */
    const unsigned limit_ms = request->timeout_ms == 0 ? EXCHANGE_DEFAULT_MS : request->timeout_ms;
    const int timeout_ms = limit_ms < EXCHANGE_MAX_MS ? (int) limit_ms : EXCHANGE_MAX_MS;
    int code = set_answer_time(library, false);

    if (code >= 0)
        code = nfc_initiator_transceive_bytes(library->device, request->bytes, request->bytes_count, answer->bytes,
                                              sizeof answer->bytes, timeout_ms);
    if (code >= 0 && (size_t) code <= sizeof answer->bytes) {
        answer->result = NFC_FINE;
        answer->bytes_count = (size_t) code;
        return;
    }
    memset(answer->bytes, 0, sizeof answer->bytes);
    tell_exchange(library, code, answer);
}

struct nfc_library *nfc_library_create(void)
{
    struct nfc_library *library = memory_zeroed(1, sizeof *library);

    pthread_mutex_init(&library->mutex, NULL);
    nfc_init(&library->context);
    if (library->context != NULL)
        return library;
    nfc_library_free(library);
    return NULL;
}

void nfc_library_free(struct nfc_library *library)
{
    if (library == NULL)
        return;
    if (library->context != NULL)
        nfc_exit(library->context);
    pthread_mutex_destroy(&library->mutex);
    free(library);
}

static void do_with_device(struct nfc_library *library, const struct nfc_request *request, struct nfc_answer *answer)
{
    switch (request->verb) {
    case NFC_SELECT:
        select_tag(library, (enum card_technology) request->technologies, answer);
        return;
    case NFC_POLL:
        poll_tags(library, request, answer);
        return;
    case NFC_PRESENT:
        look_whether_present(library, answer);
        return;
    case NFC_DESELECT:
        deselect_tag(library, answer);
        return;
    case NFC_RESET_FIELD:
        reset_field(library, answer);
        return;
    case NFC_EXCHANGE:
        exchange_bytes(library, request, answer);
        return;
    case NFC_LIST:
    case NFC_OPEN:
    case NFC_CLOSE:
        break;
    }
    tell_trouble(answer, "a device is open already");
}

void nfc_library_do(struct nfc_library *library, const struct nfc_request *request, struct nfc_answer *answer)
{
    memset(answer, 0, sizeof *answer);
    if (request->verb == NFC_CLOSE) {
        close_device(library);
        answer->result = NFC_FINE;
    } else if (is_stopping(library)) {
        tell_trouble(answer, "the helper is ending");
    } else if (library->device != NULL) {
        do_with_device(library, request, answer);
    } else if (request->verb == NFC_LIST) {
        list_devices(library, answer);
    } else if (request->verb == NFC_OPEN) {
        open_device(library, request, answer);
    } else {
        tell_trouble(answer, "no device is open");
    }
}

void nfc_library_stop(struct nfc_library *library)
{
    pthread_mutex_lock(&library->mutex);
    library->stopping = true;
    if (library->abortable != NULL)
        (void) nfc_abort_command(library->abortable);
    pthread_mutex_unlock(&library->mutex);
}
