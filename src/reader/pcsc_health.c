/* SPDX-License-Identifier: MIT */
#include "reader/pcsc_health.h"

#include "base/memory.h"

char *pcsc_reason(enum pcsc_result result, unsigned long code)
{
    switch (result) {
    case PCSC_NO_SERVICE:
        return text_copy("pcscd is not running; next: systemctl start pcscd.socket");
    case PCSC_REFUSED:
        return text_copy("polkit does not let this user use pcscd; next: allow it org.debian.pcsc-lite.access_pcsc and "
                         "org.debian.pcsc-lite.access_card in a file of /etc/polkit-1/rules.d");
    case PCSC_UNKNOWN_READER:
        return text_copy("the reader was unplugged; next: plug it in again");
    case PCSC_READER_TROUBLE:
        return text_copy("pcscd cannot talk to the reader; next: plug it out and in, then read journalctl -u pcscd");
    case PCSC_NO_READERS:
        return text_copy("pcscd knows no reader; next: plug one in, then read journalctl -u pcscd");
    case PCSC_OK:
    case PCSC_TIMEOUT:
    case PCSC_CANCELLED:
    case PCSC_CARD_GONE:
    case PCSC_CARD_MUTE:
    case PCSC_CARD_ERROR:
    case PCSC_CARD_BUSY:
    case PCSC_OTHER:
        break;
    }
    return text_format("pcscd answers with the error 0x%08lX; next: systemctl restart pcscd, then read "
                       "journalctl -u pcscd", code);
}

char *pcsc_reason_no_match(const char *glob)
{
    return text_format("no PC/SC reader matches \"%s\"; next: plug one in, or compare the name with what pcsc_scan -r "
                       "prints", glob);
}

char *pcsc_reason_all_taken(const char *glob)
{
    return text_format("each PC/SC reader that matches \"%s\" belongs to an entry of readers before this one; next: "
                       "make the names narrower, or leave this entry out", glob);
}

char *pcsc_reason_unwatched(void)
{
    return text_format("no more than %d PC/SC readers can be watched at a time; next: name fewer in the setting "
                       "readers, or unplug one", PCSC_WATCHED_MAX);
}

bool pcsc_result_is_worth_telling(enum pcsc_result result, unsigned *refusals)
{
    if (result != PCSC_REFUSED) {
        *refusals = 0;
        return true;
    }
    if (*refusals < 2)
        (*refusals)++;
    return *refusals > 1;
}
