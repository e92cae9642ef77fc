/* SPDX-License-Identifier: MIT */
#include "gateway/expiry.h"

#include "base/log.h"
#include "base/memory.h"
#include "gateway/context.h"

#include <stdlib.h>
#include <string.h>

enum { DAY_S = 24 * 60 * 60 };

/* 2020-01-01: a clock that says less was never set. */
static const time_t clock_was_set = 1577836800;

enum expiry_stage expiry_stage_at(time_t not_after, time_t now)
{
    if (not_after == 0 || now < clock_was_set)
        return EXPIRY_FAR;
    if (now > not_after)
        return EXPIRY_OVER;
    if (not_after - now <= DAY_S)
        return EXPIRY_1_DAY;
    if (not_after - now <= 7 * DAY_S)
        return EXPIRY_7_DAYS;
    return not_after - now <= 30 * DAY_S ? EXPIRY_30_DAYS : EXPIRY_FAR;
}

char *expiry_text(time_t not_after, time_t now)
{
    static const char next[] = "next: put a new certificate into its slot (mqtt.tls.certificate_slot, register 0288) and "
                               "reload";
    char date[32];
    struct tm parts;

    enum expiry_stage stage = expiry_stage_at(not_after, now);
    if (stage == EXPIRY_FAR)
        return NULL;
    gmtime_r(&not_after, &parts);
    (void) strftime(date, sizeof date, "%Y-%m-%d %H:%M UTC", &parts);
    if (stage == EXPIRY_OVER)
        return text_format("the certificate of this box has expired (%s), brokers refuse it; %s", date, next);
    if (stage == EXPIRY_1_DAY)
        return text_format("the certificate of this box expires within a day (%s); %s", date, next);
    return text_format("the certificate of this box expires in %lld days (%s); %s",
                       (long long) ((not_after - now) / DAY_S), date, next);
}

static void log_stage(const struct gateway *gateway, enum expiry_stage stage, time_t not_after)
{
    if (stage > gateway->expiry_stage)
        log_warning("cloud", "%s", gateway->expiry_trouble);
    else if (stage < gateway->expiry_stage && not_after != 0) /* 0: there is no TLS any more */
        log_notice("cloud", "the certificate of this box was renewed");
}

bool expiry_supervise(struct gateway *gateway)
{
    struct cloud_report cloud;
    time_t now = 0;

    cloud_report(gateway->cloud, &cloud);
    const time_t not_after = cloud.certificate_not_after;
    cloud_report_free(&cloud);
    (void) clock_wall_time(gateway->clock, &now);
    char *text = expiry_text(not_after, now);
    bool same = text == NULL || gateway->expiry_trouble == NULL ? text == gateway->expiry_trouble
                                                                : strcmp(text, gateway->expiry_trouble) == 0;
    const enum expiry_stage stage = expiry_stage_at(not_after, now);
    free(gateway->expiry_trouble);
    gateway->expiry_trouble = text;
    log_stage(gateway, stage, not_after);
    gateway->expiry_stage = stage;
    return !same;
}
