/* SPDX-License-Identifier: MIT */
/*
 * An IFD handler (PCSC/ifdhandler.h, version 3.0) that a real pcscd loads: readers without hardware, moved by tests.
 *
 * DEVICENAME in reader.conf is "/dev/null:PATH"; pcscd wants the part before the colon to exist. PATH (after the last
 * colon, so that the name of a plugged USB device, "usb:1234/5678:libudev:0:PATH", does as well) becomes the
 * reader's own Unix socket. A client sends lines; each is answered by "ok", "ok VALUE" or "error WHY":
 *
 *   insert ATR UID [ats=HEX] [answer=APDU:RESPONSE]... [memory=HEX [key=A|B:SECTOR:HEX]...] [socket=PATH]
 *                   a card comes, where there is none; UID "-" = it has none; memory, key: see ifdsim_storage.h;
 *                   socket: whoever listens there is the card, see ifdsim_remote.h, and all other words are for nothing
 *   remove          it leaves
 *   mute            a card comes that does not answer its power-up
 *                   (these three wait, 2 s at most, until pcscd has dealt with the change before)
 *   gone, back      the reader fails at every look, and works again
 *   failtx N        the next N exchanges fail
 *   slow MS         each exchange takes so long, until "slow 0"; a card that leaves meanwhile makes it fail
 *   nonsense N HEX  the next N exchanges are answered by these bytes ("-" = none)
 *   count           how many APDUs reached this reader
 *   control         how many escape commands (SCardControl) there were, and the last one in hex
 *   escapes         the last of them (16 at most) in hex, oldest first
 *   escape on|off   whether they are taken, as ifdDriverOptions of libccid says
 *
 * Card events are pushed by TAG_IFD_POLLING_THREAD_WITH_TIMEOUT, so that pcscd does not poll every 400 ms. Three rules
 * for that, each found by measuring pcscd 1.9.9:
 *  - the stop function is called after each SCardDisconnect, and must end one wait, not all later ones;
 *  - any answer of the wait but IFD_SUCCESS costs a sleep of 400 ms, a time-out too;
 *  - a change between pcscd's look and its wait must end the wait at once, so the wait compares with the last look.
 */
#include "ifdsim_remote.h"
#include "ifdsim_storage.h"

#include <ifdhandler.h>
#include <reader.h>

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { NOTICE_LIMIT_MS = 2000 };
enum { READERS_MAX = 16, ANSWERS_MAX = 16, BYTES_MAX = 272, LINE_MAX_BYTES = 8192, SLOTS_AT_ONCE = 16, CONTROLS_KEPT = 16 };

struct bytes {
    uint8_t data[BYTES_MAX];
    size_t count;
};

struct answer {
    struct bytes command;
    struct bytes response;
};

struct simulator {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool used;
    int listener;
    pthread_t thread;
    char path[sizeof((struct sockaddr_un *) NULL)->sun_path];
    /* the card and the reader */
    bool present;
    bool mute;
    bool gone;
    struct bytes atr;
    struct answer answers[ANSWERS_MAX];
    size_t answers_count;
    struct storage storage;
    int remote;                    /* the connection to the card; -1: it is none of those */
    /* what goes wrong */
    unsigned fail_count;
    unsigned slow_ms;
    unsigned nonsense_count;
    struct bytes nonsense;
    /* what pcscd knows and did */
    unsigned generation;
    unsigned generation_seen;      /* at its last look */
    unsigned generation_noticed;   /* when it began to wait again: it looks twice before it believes */
    bool stop_wait;
    unsigned long apdu_count;
    unsigned long control_count;
    struct bytes last_control;
    struct bytes controls[CONTROLS_KEPT];
    bool no_escape;
};

struct client {
    struct simulator *simulator;
    int fd;
};

static struct simulator simulators[READERS_MAX];

static struct simulator *simulator_of(DWORD lun)
{
    return &simulators[(lun >> 16) % READERS_MAX];
}

static bool bytes_from_hex(const char *text, struct bytes *bytes)
{
    bytes->count = 0;
    if (strcmp(text, "-") == 0)
        return true;
    for (; text[0] != '\0'; text += 2) {
        unsigned value;
        if (text[1] == '\0' || bytes->count == BYTES_MAX || sscanf(text, "%2x", &value) != 1)
            return false;
        bytes->data[bytes->count++] = (uint8_t) value;
    }
    return true;
}

static bool add_answer(struct simulator *simulator, const char *command, const char *response)
{
    if (simulator->answers_count == ANSWERS_MAX)
        return false;
    struct answer *answer = &simulator->answers[simulator->answers_count++];
    return bytes_from_hex(command, &answer->command) && bytes_from_hex(response, &answer->response);
}

static bool add_answer_with_success(struct simulator *simulator, const char *command, const char *data)
{
    char response[2 * BYTES_MAX];

    if (snprintf(response, sizeof response, "%s9000", data) >= (int) sizeof response)
        return false;
    return add_answer(simulator, command, response);
}

/* The absolute time of CLOCK_MONOTONIC in so many milliseconds. */
static struct timespec deadline(unsigned ms)
{
    struct timespec at;

    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += ms / 1000;
    at.tv_nsec += (long) (ms % 1000) * 1000000;
    if (at.tv_nsec >= 1000000000) {
        at.tv_sec++;
        at.tv_nsec -= 1000000000;
    }
    return at;
}

/* From here to execute(): with the mutex held. */
static void note_change(struct simulator *simulator)
{
    simulator->generation++;
    pthread_cond_broadcast(&simulator->changed);
}

/* A change that pcscd has not dealt with yet would be undone by the next one, and the visit never have been. */
static void wait_until_noticed(struct simulator *simulator)
{
    struct timespec until = deadline(NOTICE_LIMIT_MS);

    while (simulator->generation_noticed != simulator->generation
           && pthread_cond_timedwait(&simulator->changed, &simulator->mutex, &until) != ETIMEDOUT)
        continue;
}

static void hang_up(struct simulator *simulator)
{
    remote_disconnect(simulator->remote);
    simulator->remote = -1;
}

static bool insert(struct simulator *simulator, char *arguments)
{
    char *save = NULL;
    char *atr = strtok_r(arguments, " ", &save);
    char *uid = strtok_r(NULL, " ", &save);

    simulator->answers_count = 0;
    memset(&simulator->storage, 0, sizeof simulator->storage);
    if (!simulator->present)
        hang_up(simulator);
    if (simulator->present || atr == NULL || uid == NULL
        || !bytes_from_hex(atr, &simulator->atr) || simulator->atr.count > MAX_ATR_SIZE)
        return false;
    for (char *word = strtok_r(NULL, " ", &save); word != NULL; word = strtok_r(NULL, " ", &save)) {
        char *colon = strchr(word, ':');
        if (strncmp(word, "ats=", 4) == 0 && add_answer_with_success(simulator, "FFCA010000", word + 4))
            continue;
        if (storage_take_word(&simulator->storage, word))
            continue;
        if (strncmp(word, "socket=", 7) == 0 && simulator->remote < 0
            && (simulator->remote = remote_connect(word + 7)) >= 0)
            continue;
        if (strncmp(word, "answer=", 7) != 0 || colon == NULL)
            return false;
        *colon = '\0';
        if (!add_answer(simulator, word + 7, colon + 1))
            return false;
    }
    if (strcmp(uid, "-") != 0 && !add_answer_with_success(simulator, "FFCA000000", uid))
        return false;
    simulator->mute = false;
    simulator->present = true;
    note_change(simulator);
    return true;
}

static bool set_nonsense(struct simulator *simulator, const char *arguments)
{
    char hex[2 * BYTES_MAX + 1];
    unsigned count;

    if (sscanf(arguments, "%u %544s", &count, hex) != 2 || !bytes_from_hex(hex, &simulator->nonsense))
        return false;
    simulator->nonsense_count = count;
    return true;
}

static bool set_presence(struct simulator *simulator, bool present, bool mute)
{
    simulator->present = present;
    simulator->mute = mute;
    simulator->answers_count = 0;
    hang_up(simulator);
    note_change(simulator);
    return true;
}

static bool set_gone(struct simulator *simulator, bool gone)
{
    simulator->gone = gone;
    note_change(simulator);
    return true;
}

static void print_control(struct simulator *simulator, char *value, size_t value_bytes)
{
    int used = snprintf(value, value_bytes, " %lu ", simulator->control_count);

    for (size_t i = 0; i < simulator->last_control.count; i++)
        used += snprintf(value + used, value_bytes - (size_t) used, "%02X", simulator->last_control.data[i]);
}

/* As many of the last ones as there is room for. */
static void print_controls(const struct simulator *simulator, char *value, size_t value_bytes)
{
    const unsigned long count = simulator->control_count;
    size_t used = 0;

    for (unsigned long n = count > CONTROLS_KEPT ? count - CONTROLS_KEPT : 0; n < count; n++) {
        const struct bytes *bytes = &simulator->controls[n % CONTROLS_KEPT];
        if (used + 2 * bytes->count + 2 > value_bytes)
            return;
        value[used++] = ' ';
        for (size_t i = 0; i < bytes->count; i++, used += 2)
            snprintf(value + used, value_bytes - used, "%02X", bytes->data[i]);
    }
    value[used] = '\0';
}

static bool execute(struct simulator *simulator, char *line, char *value, size_t value_bytes)
{
    char *arguments = strchr(line, ' ');

    if (arguments != NULL)
        *arguments++ = '\0';
    else
        arguments = line + strlen(line);
    if (strcmp(line, "insert") == 0 || strcmp(line, "remove") == 0 || strcmp(line, "mute") == 0)
        wait_until_noticed(simulator);
    if (strcmp(line, "insert") == 0)
        return insert(simulator, arguments);
    if (strcmp(line, "remove") == 0)
        return set_presence(simulator, false, false);
    if (strcmp(line, "mute") == 0)
        return set_presence(simulator, true, true);
    if (strcmp(line, "gone") == 0 || strcmp(line, "back") == 0)
        return set_gone(simulator, line[0] == 'g');
    if (strcmp(line, "failtx") == 0)
        return sscanf(arguments, "%u", &simulator->fail_count) == 1;
    if (strcmp(line, "slow") == 0)
        return sscanf(arguments, "%u", &simulator->slow_ms) == 1;
    if (strcmp(line, "nonsense") == 0)
        return set_nonsense(simulator, arguments);
    if (strcmp(line, "count") == 0)
        return snprintf(value, value_bytes, " %lu", simulator->apdu_count) > 0;
    if (strcmp(line, "escape") == 0) {
        simulator->no_escape = strcmp(arguments, "off") == 0;
        return true;
    }
    if (strcmp(line, "escapes") == 0) {
        print_controls(simulator, value, value_bytes);
        return true;
    }
    if (strcmp(line, "control") == 0) {
        print_control(simulator, value, value_bytes);
        return true;
    }
    return false;
}

/* One thread a client, until it hangs up. */
static void *serve_client(void *context)
{
    struct client client = *(struct client *) context;
    char line[LINE_MAX_BYTES];
    FILE *stream = fdopen(client.fd, "r");

    free(context);
    if (stream == NULL) {
        close(client.fd);
        return NULL;
    }
    while (fgets(line, sizeof line, stream) != NULL) {
        char value[2 * BYTES_MAX + 32] = "";
        line[strcspn(line, "\r\n")] = '\0';
        pthread_mutex_lock(&client.simulator->mutex);
        bool good = execute(client.simulator, line, value, sizeof value);
        pthread_mutex_unlock(&client.simulator->mutex);
        if (dprintf(client.fd, good ? "ok%s\n" : "error bad command%s\n", value) < 0)
            break;
    }
    fclose(stream);
    return NULL;
}

static void *serve(void *context)
{
    struct simulator *simulator = context;

    for (;;) {
        int fd = accept(simulator->listener, NULL, NULL);
        if (fd < 0 && errno == EINTR)
            continue;
        if (fd < 0)
            return NULL;
        struct client *client = malloc(sizeof *client);
        pthread_t thread;
        if (client == NULL)
            abort();
        *client = (struct client) {.simulator = simulator, .fd = fd};
        if (pthread_create(&thread, NULL, serve_client, client) != 0)
            abort();
        pthread_detach(thread);
    }
}

static bool listen_at(struct simulator *simulator, const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    if (strlen(path) >= sizeof address.sun_path)
        return false;
    memcpy(address.sun_path, path, strlen(path));
    memcpy(simulator->path, address.sun_path, sizeof simulator->path);
    (void) unlink(path);
    simulator->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return simulator->listener >= 0 && bind(simulator->listener, (struct sockaddr *) &address, sizeof address) == 0
        && listen(simulator->listener, 8) == 0;
}

static void initialise(struct simulator *simulator)
{
    pthread_condattr_t attributes;

    memset(simulator, 0, sizeof *simulator);
    simulator->remote = -1;
    pthread_mutex_init(&simulator->mutex, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&simulator->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    simulator->used = true;
}

RESPONSECODE IFDHCreateChannelByName(DWORD Lun, LPSTR DeviceName)
{
    struct simulator *simulator = simulator_of(Lun);
    const char *colon = strrchr(DeviceName, ':');

    if (colon == NULL || simulator->used)
        return IFD_NO_SUCH_DEVICE;
    initialise(simulator);
    if (!listen_at(simulator, colon + 1) || pthread_create(&simulator->thread, NULL, serve, simulator) != 0) {
        simulator->used = false;
        return IFD_NO_SUCH_DEVICE;
    }
    return IFD_SUCCESS;
}

RESPONSECODE IFDHCreateChannel(DWORD Lun, DWORD Channel)
{
    (void) Lun;
    (void) Channel;
    return IFD_NO_SUCH_DEVICE;
}

RESPONSECODE IFDHCloseChannel(DWORD Lun)
{
    struct simulator *simulator = simulator_of(Lun);

    if (!simulator->used)
        return IFD_NO_SUCH_DEVICE;
    (void) shutdown(simulator->listener, SHUT_RDWR);
    pthread_join(simulator->thread, NULL);
    close(simulator->listener);
    (void) unlink(simulator->path);
    hang_up(simulator);
    simulator->used = false;
    return IFD_SUCCESS;
}

static RESPONSECODE wait_for_event(DWORD lun, int timeout_ms)
{
    struct simulator *simulator = simulator_of(lun);
    struct timespec until = deadline(timeout_ms > 0 ? (unsigned) timeout_ms : 0);

    pthread_mutex_lock(&simulator->mutex);
    simulator->generation_noticed = simulator->generation_seen;
    pthread_cond_broadcast(&simulator->changed);
    while (simulator->generation == simulator->generation_seen && !simulator->stop_wait) {
        if (pthread_cond_timedwait(&simulator->changed, &simulator->mutex, &until) == ETIMEDOUT)
            break;
    }
    simulator->stop_wait = false;
    pthread_mutex_unlock(&simulator->mutex);
    return IFD_SUCCESS;
}

static RESPONSECODE stop_waiting(DWORD lun)
{
    struct simulator *simulator = simulator_of(lun);

    pthread_mutex_lock(&simulator->mutex);
    simulator->stop_wait = true;
    pthread_cond_broadcast(&simulator->changed);
    pthread_mutex_unlock(&simulator->mutex);
    return IFD_SUCCESS;
}

static RESPONSECODE give(const void *data, size_t size_bytes, PDWORD length, PUCHAR value)
{
    if (*length < size_bytes)
        return IFD_ERROR_INSUFFICIENT_BUFFER;
    memcpy(value, data, size_bytes);
    *length = size_bytes;
    return IFD_SUCCESS;
}

RESPONSECODE IFDHGetCapabilities(DWORD Lun, DWORD Tag, PDWORD Length, PUCHAR Value)
{
    RESPONSECODE (*const wait_function)(DWORD, int) = wait_for_event;
    RESPONSECODE (*const stop_function)(DWORD) = stop_waiting;
    const UCHAR one = 1;
    const UCHAR readers = SLOTS_AT_ONCE;
    struct simulator *simulator = simulator_of(Lun);

    switch (Tag) {
    case TAG_IFD_ATR:
    case SCARD_ATTR_ATR_STRING: return give(simulator->atr.data, simulator->atr.count, Length, Value);
    case TAG_IFD_SIMULTANEOUS_ACCESS: return give(&readers, 1, Length, Value);
    case TAG_IFD_THREAD_SAFE:
    case TAG_IFD_SLOT_THREAD_SAFE:
    case TAG_IFD_SLOTS_NUMBER: return give(&one, 1, Length, Value);
    case TAG_IFD_POLLING_THREAD_WITH_TIMEOUT: return give(&wait_function, sizeof wait_function, Length, Value);
    case TAG_IFD_STOP_POLLING_THREAD: return give(&stop_function, sizeof stop_function, Length, Value);
    default: return IFD_ERROR_TAG;
    }
}

RESPONSECODE IFDHSetCapabilities(DWORD Lun, DWORD Tag, DWORD Length, PUCHAR Value)
{
    (void) Lun;
    (void) Tag;
    (void) Length;
    (void) Value;
    return IFD_ERROR_VALUE_READ_ONLY;
}

RESPONSECODE IFDHSetProtocolParameters(DWORD Lun, DWORD Protocol, UCHAR Flags, UCHAR PTS1, UCHAR PTS2, UCHAR PTS3)
{
    (void) Lun;
    (void) Protocol;
    (void) Flags;
    (void) PTS1;
    (void) PTS2;
    (void) PTS3;
    return IFD_SUCCESS;
}

/*
 * With the mutex held, but for the time in which the card is asked: it may leave meanwhile, which ends the wait. The
 * card that is there afterwards may be none, or another one: then there is no answer.
 */
static enum remote_result ask_remote(struct simulator *simulator, const uint8_t *command, size_t command_bytes,
                                     struct bytes *answer)
{
    const unsigned generation = simulator->generation;
    int connection = dup(simulator->remote);

    pthread_mutex_unlock(&simulator->mutex);
    enum remote_result result = remote_ask(connection, command, command_bytes, answer->data, sizeof answer->data,
                                           &answer->count);
    close(connection);
    pthread_mutex_lock(&simulator->mutex);
    if (generation != simulator->generation)
        return REMOTE_MUTE;
    if (result == REMOTE_LEFT)
        (void) set_presence(simulator, false, false);
    return result;
}

static bool powers_up(struct simulator *simulator)
{
    struct bytes nothing;

    if (simulator->remote < 0)
        return true;
    return ask_remote(simulator, NULL, 0, &nothing) == REMOTE_ANSWERED;
}

RESPONSECODE IFDHPowerICC(DWORD Lun, DWORD Action, PUCHAR Atr, PDWORD AtrLength)
{
    struct simulator *simulator = simulator_of(Lun);
    RESPONSECODE result = IFD_SUCCESS;

    pthread_mutex_lock(&simulator->mutex);
    if (Action == IFD_POWER_DOWN) {
        if (AtrLength != NULL)
            *AtrLength = 0;
    } else if (!simulator->present || simulator->mute || simulator->gone || !powers_up(simulator)) {
        *AtrLength = 0;
        result = IFD_ERROR_POWER_ACTION;
    } else {
        memcpy(Atr, simulator->atr.data, simulator->atr.count);
        *AtrLength = simulator->atr.count;
    }
    pthread_mutex_unlock(&simulator->mutex);
    return result;
}

RESPONSECODE IFDHICCPresence(DWORD Lun)
{
    struct simulator *simulator = simulator_of(Lun);

    pthread_mutex_lock(&simulator->mutex);
    simulator->generation_seen = simulator->generation;
    RESPONSECODE result = simulator->gone ? IFD_NO_SUCH_DEVICE
        : simulator->present ? IFD_ICC_PRESENT : IFD_ICC_NOT_PRESENT;
    pthread_mutex_unlock(&simulator->mutex);
    return result;
}

static const struct bytes *find_answer(const struct simulator *simulator, const uint8_t *command, size_t command_bytes)
{
    for (size_t i = 0; i < simulator->answers_count; i++) {
        const struct bytes *known = &simulator->answers[i].command;
        if (known->count == command_bytes && memcmp(known->data, command, command_bytes) == 0)
            return &simulator->answers[i].response;
    }
    return NULL;
}

/* FF CA with a length: PC/SC part 3, 3.2.2.1.3. whole: the answer to Le 00, with its 90 00. */
static struct bytes with_length(const struct bytes *whole, uint8_t le)
{
    struct bytes answer = *whole;
    size_t data_bytes = whole->count - 2;

    if (le < data_bytes)
        return (struct bytes) {.data = {0x6C, (uint8_t) data_bytes}, .count = 2};
    if (le > data_bytes)
        memcpy(answer.data + data_bytes, "\x62\x82", 2);
    return answer;
}

static struct bytes answer_to(struct simulator *simulator, const uint8_t *command, size_t command_bytes)
{
    static const struct bytes no_such_instruction = {.data = {0x6D, 0x00}, .count = 2};
    static const struct bytes not_supported = {.data = {0x6A, 0x81}, .count = 2};
    const struct bytes *known = find_answer(simulator, command, command_bytes);
    struct bytes answer;

    if (known != NULL)
        return *known;
    answer.count = storage_answer(&simulator->storage, command, command_bytes, answer.data);
    if (answer.count > 0)
        return answer;
    if (command_bytes == 0 || command[0] != 0xFF)
        return no_such_instruction;
    if (command_bytes != 5 || command[1] != 0xCA)
        return not_supported;
    const uint8_t all[] = {0xFF, 0xCA, command[2], command[3], 0x00};
    known = find_answer(simulator, all, sizeof all);
    return known != NULL && known->count >= 2 ? with_length(known, command[4]) : not_supported;
}

/* With the mutex held: waits as long as the exchange should take, less if the card leaves. */
static void be_slow(struct simulator *simulator)
{
    struct timespec until = deadline(simulator->slow_ms);

    while (simulator->present
           && pthread_cond_timedwait(&simulator->changed, &simulator->mutex, &until) != ETIMEDOUT)
        continue;
}

RESPONSECODE IFDHTransmitToICC(DWORD Lun, SCARD_IO_HEADER SendPci, PUCHAR TxBuffer, DWORD TxLength, PUCHAR RxBuffer,
                               PDWORD RxLength, PSCARD_IO_HEADER RecvPci)
{
    struct simulator *simulator = simulator_of(Lun);
    struct bytes answer;
    enum remote_result remote = REMOTE_ANSWERED;
    RESPONSECODE result = IFD_SUCCESS;

    (void) SendPci;
    (void) RecvPci;
    pthread_mutex_lock(&simulator->mutex);
    simulator->apdu_count++;
    if (simulator->slow_ms > 0)
        be_slow(simulator);
    if (simulator->nonsense_count > 0) {
        simulator->nonsense_count--;
        answer = simulator->nonsense;
    } else if (simulator->remote >= 0) {
        remote = ask_remote(simulator, TxBuffer, TxLength, &answer);
    } else {
        answer = answer_to(simulator, TxBuffer, TxLength);
    }
    if (remote != REMOTE_ANSWERED || !simulator->present || simulator->gone || answer.count > *RxLength) {
        result = IFD_COMMUNICATION_ERROR;
    } else if (simulator->fail_count > 0) {
        simulator->fail_count--;
        result = IFD_COMMUNICATION_ERROR;
    }
    *RxLength = result == IFD_SUCCESS ? answer.count : 0;
    memcpy(RxBuffer, answer.data, *RxLength);
    pthread_mutex_unlock(&simulator->mutex);
    return result;
}

RESPONSECODE IFDHControl(DWORD Lun, DWORD dwControlCode, PUCHAR TxBuffer, DWORD TxLength, PUCHAR RxBuffer,
                         DWORD RxLength, LPDWORD pdwBytesReturned)
{
    struct simulator *simulator = simulator_of(Lun);

    (void) RxBuffer;
    (void) RxLength;
    *pdwBytesReturned = 0;
    /* The question which features there are (PC/SC part 10) is not an escape command. */
    if (dwControlCode != SCARD_CTL_CODE(1))
        return IFD_ERROR_NOT_SUPPORTED;
    pthread_mutex_lock(&simulator->mutex);
    if (simulator->no_escape) {
        pthread_mutex_unlock(&simulator->mutex);
        return IFD_ERROR_NOT_SUPPORTED;
    }
    simulator->control_count++;
    simulator->last_control.count = TxLength < BYTES_MAX ? TxLength : BYTES_MAX;
    memcpy(simulator->last_control.data, TxBuffer, simulator->last_control.count);
    simulator->controls[(simulator->control_count - 1) % CONTROLS_KEPT] = simulator->last_control;
    pthread_mutex_unlock(&simulator->mutex);
    return IFD_SUCCESS;
}
