/* SPDX-License-Identifier: MIT */
#include "tool/readers_scan.h"

#include "base/memory.h"
#include "base/wakeup.h"
#include "reader/nfc_link.h"
#include "tool/display.h"

#include <jansson.h>
#include <stdlib.h>
#include <sysexits.h>

/* libnfc opens each device on USB that it knows, one after the other. */
enum { SCAN_LIMIT_MS = 20000, CLOSE_LIMIT_MS = 1500 };

/* An answer is large for a stack. The caller's memory. */
static struct nfc_answer *ask(void)
{
    struct nfc_answer *answer = memory_zeroed(1, sizeof *answer);
    struct nfc_request *request = memory_zeroed(1, sizeof *request);
    struct activity *activity = activity_create(clock_system());
    int stop_fd = wakeup_create();
    struct nfc_link *link = nfc_link_create(clock_system(), activity, stop_fd);
    char *reason = NULL;

    request->verb = NFC_LIST;
    if (nfc_link_begin(link, &reason)) {
        if (nfc_link_ask(link, request, answer, SCAN_LIMIT_MS) != NFC_FINE)
            display_error("libnfc cannot be asked: %s; next: see that springpark is installed whole, and try again",
                          answer->text);
        nfc_link_end(link, CLOSE_LIMIT_MS);
    } else {
        display_error("libnfc cannot be asked: %s", reason);
        free(reason);
    }
    nfc_link_free(link);
    wakeup_close(stop_fd);
    activity_free(activity);
    free(request);
    return answer;
}

void readers_scan_put(FILE *stream, const struct nfc_answer *answer)
{
    for (size_t i = 0; i < answer->devices_count; i++) {
        (void) fputs("{ driver = \"libnfc\"; connection = \"", stream);
        display_put(stream, answer->devices[i]);
        (void) fprintf(stream, "\"; }%s\n", i + 1 < answer->devices_count ? "," : "");
    }
}

char *readers_scan_json(const struct nfc_answer *answer)
{
    json_t *list = json_array();

    for (size_t i = 0; i < answer->devices_count; i++)
        json_array_append_new(list, json_string(answer->devices[i]));
    json_t *object = json_pack("{s:o}", "libnfc", list);
    char *text = json_dumps(object, JSON_COMPACT);

    json_decref(object);
    return text;
}

int readers_scan(bool json)
{
    struct nfc_answer *answer = ask();
    int exit_status = answer->result == NFC_FINE ? EX_OK : EX_UNAVAILABLE;

    if (exit_status == EX_OK && json) {
        char *text = readers_scan_json(answer);
        (void) puts(text);
        free(text);
    } else if (exit_status == EX_OK) {
        readers_scan_put(stdout, answer);
        if (answer->devices_count == 0)
            display_progress("libnfc finds no device on USB; next: plug one in, try again as root, and see that neither"
                             " springparkd nor pcscd has it");
        display_progress("devices on serial lines, I2C and SPI cannot be found by looking; next: doc/libnfc.md says how"
                         " to name them");
    }
    free(answer);
    return exit_status;
}
