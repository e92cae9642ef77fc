/* SPDX-License-Identifier: MIT */
#include "gateway/activation.h"

#include "base/log.h"
#include "base/memory.h"
#include "gateway/context.h"

enum activation activation_judge(const struct settings_smart_reader *settings, bool online, bool commanded)
{
    if (settings->explicit_activation)
        return commanded ? ACTIVATION_ACTIVE : ACTIVATION_WAITS_FOR_COMMAND;
    if (settings->activate_on_startup || settings->activation == SETTINGS_ACTIVATION_JOURNAL || online)
        return ACTIVATION_ACTIVE;
    return ACTIVATION_WAITS_FOR_BROKER;
}

bool activation_outlasts_connection(const struct settings_smart_reader *settings)
{
    return settings->activate_on_startup || settings->activation == SETTINGS_ACTIVATION_JOURNAL;
}

const char *activation_words(enum activation activation)
{
    switch (activation) {
    case ACTIVATION_ACTIVE:
        return NULL;
    case ACTIVATION_WAITS_FOR_BROKER:
        return "waits for the connection to the broker";
    case ACTIVATION_WAITS_FOR_COMMAND:
        break;
    }
    return "waits for a start command";
}

static const struct settings_smart_reader *settings_of(const struct gateway *gateway)
{
    return &gateway->plan->settings->smart_reader;
}

static void take(struct gateway *gateway, enum activation activation)
{
    const char *waits = activation_words(activation);

    gateway->activation = activation;
    if (waits == NULL)
        log_notice("reader", "tags are reported from now on");
    else
        log_notice("reader", "tags are not reported from now on (register 02A0): the gateway %s", waits);
    presence_set_active(gateway->presence, waits == NULL);
    inflow_presence_timer(gateway);
}

void activation_begin(struct gateway *gateway)
{
    gateway->commanded = settings_of(gateway)->activate_on_startup;
    activation_refresh(gateway);
}

void activation_refresh(struct gateway *gateway)
{
    const struct settings_smart_reader *settings = settings_of(gateway);

    if (!gateway->online && !activation_outlasts_connection(settings))
        gateway->commanded = false;
    enum activation activation = activation_judge(settings, gateway->online, gateway->commanded);
    if (activation != gateway->activation)
        take(gateway, activation);
}

void activation_configure(struct gateway *gateway, const struct plan *old)
{
    if (!old->settings->smart_reader.explicit_activation)
        gateway->commanded = settings_of(gateway)->activate_on_startup;
    activation_refresh(gateway);
}

bool activation_command(struct gateway *gateway, const struct command *command, char **error)
{
    if (!command->has_active)
        return true;
    if (!settings_of(gateway)->explicit_activation) {
        *error = text_format("Active needs smart_reader.explicit_activation = true (register 02A0)");
        return false;
    }
    gateway->commanded = command->active;
    activation_refresh(gateway);
    return true;
}
