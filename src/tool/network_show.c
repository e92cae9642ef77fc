/* SPDX-License-Identifier: MIT */
#include "tool/network_show.h"

#include "base/memory.h"
#include "device/ipv4_plan.h"
#include "tool/display.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMN = 22 };

/* ---- as JSON, which the other form is made of ---- */

static json_t *text_of(char *text)
{
    json_t *value = json_string(text);

    free(text);
    return value;
}

static json_t *address_or_null(uint32_t address)
{
    return address == 0 ? json_null() : text_of(ipv4_text(address));
}

static json_t *configured(const struct settings_ipv4 *plan)
{
    const bool dhcp = ipv4_plan_is_dhcp(plan);
    json_t *servers = json_array();

    if (!plan->stated) {
        json_decref(servers);
        return json_null();
    }
    for (size_t i = 0; !dhcp && i < SETTINGS_NAMESERVER_COUNT; i++) {
        if (plan->nameservers[i] != 0)
            json_array_append_new(servers, text_of(ipv4_text(plan->nameservers[i])));
    }
    json_t *address = dhcp ? json_null()
                           : text_of(ipv4_text_with_prefix(plan->address, (unsigned) ipv4_plan_prefix(plan->netmask)));
    return json_pack("{s:b, s:o, s:o, s:o}", "dhcp", dhcp ? 1 : 0, "address", address, "gateway",
                     address_or_null(dhcp ? 0 : plan->gateway), "nameservers", servers);
}

static json_t *running(const struct network_view *view)
{
    const struct running_network *network = view->network;
    const struct running_interface *found =
        view->interface != NULL ? running_interface_named(network, view->interface) : NULL;
    const struct running_route *route = found != NULL ? running_default_route(network, found->index) : NULL;
    json_t *addresses = json_array(), *servers = json_array();
    bool dhcp = false;

    for (size_t i = 0; found != NULL && i < network->addresses_count; i++) {
        const struct running_address *address = &network->addresses[i];

        if (address->index != found->index)
            continue;
        dhcp = dhcp || running_address_is_leased(network, address);
        json_array_append_new(addresses, text_of(ipv4_text_with_prefix(address->address, address->prefix)));
    }
    for (size_t i = 0; i < network->servers_count; i++)
        json_array_append_new(servers, text_of(ipv4_text(network->servers[i])));
    return json_pack("{s:b, s:o, s:o, s:o}", "dhcp", dhcp ? 1 : 0, "addresses", addresses, "gateway",
                     address_or_null(route != NULL ? route->gateway : 0), "nameservers", servers);
}

static json_t *differences(const struct network_view *view)
{
    json_t *list = json_array();

    for (size_t i = 0; i < errors_count(view->differences); i++)
        json_array_append_new(list, json_string(errors_get(view->differences, i)));
    return list;
}

void network_show_json(FILE *stream, const struct network_view *view)
{
    json_t *whole = json_pack("{s:o, s:o, s:o, s:o, s:b}", "interface",
                              view->interface != NULL ? json_string(view->interface) : json_null(), "configured",
                              configured(view->plan), "running", running(view), "differences", differences(view),
                              "unfinished", view->leftover ? 1 : 0);

    display_put_json(stream, whole);
    json_decref(whole);
}

/* ---- for a person ---- */

/* The texts of a list, or a text; "none" for nothing. */
static char *words(const json_t *value)
{
    char *text = text_copy(json_is_string(value) ? json_string_value(value) : "");
    json_t *item;
    size_t index;

    json_array_foreach(value, index, item) {
        char *longer = text_format("%s%s%s", text, index == 0 ? "" : ", ", json_string_value(item));

        free(text);
        text = longer;
    }
    if (*text == '\0')
        text_replace(&text, "none");
    return text;
}

static char *with_dhcp(char *text, const json_t *object)
{
    if (!json_is_true(json_object_get(object, "dhcp")))
        return text;
    char *whole = strcmp(text, "none") == 0 ? text_copy("by DHCP") : text_format("%s (by DHCP)", text);
    free(text);
    return whole;
}

static void put_row(FILE *stream, const char *title, const char *wanted, char *has)
{
    (void) fprintf(stream, "  %-13s %-*s ", title, COLUMN, wanted);
    display_put(stream, has);
    (void) fputc('\n', stream);
    free(has);
}

static void put_rows(FILE *stream, const struct network_view *view)
{
    json_t *wanted = configured(view->plan), *has = running(view);
    const bool dhcp = json_is_true(json_object_get(wanted, "dhcp"));
    char *address = with_dhcp(words(json_object_get(wanted, "address")), wanted);
    char *gateway = dhcp ? text_copy("by DHCP") : words(json_object_get(wanted, "gateway"));
    char *servers = dhcp ? text_copy("by DHCP") : words(json_object_get(wanted, "nameservers"));
    const bool stated = view->plan->stated;

    put_row(stream, "", stated ? "register 0280" : "register 0280: not set", text_copy("now"));
    put_row(stream, "address", stated ? address : "-", with_dhcp(words(json_object_get(has, "addresses")), has));
    put_row(stream, "gateway", stated ? gateway : "-", words(json_object_get(has, "gateway")));
    put_row(stream, "name servers", stated ? servers : "-", words(json_object_get(has, "nameservers")));
    free(address);
    free(gateway);
    free(servers);
    json_decref(wanted);
    json_decref(has);
}

void network_show(FILE *stream, const struct network_view *view, bool applied)
{
    const size_t count = errors_count(view->differences);

    (void) fputs("interface ", stream);
    display_put(stream, view->interface != NULL ? view->interface : "unknown");
    (void) fputc('\n', stream);
    put_rows(stream, view);
    for (size_t i = 0; i < count; i++) {
        (void) fputs("differs: ", stream);
        display_put(stream, errors_get(view->differences, i));
        (void) fputc('\n', stream);
    }
    if (view->leftover)
        (void) fputs("an --apply was ended before its time: this lasts until the box is restarted; next: sudo "
                     "springparkctl network --apply\n", stream);
    else if (view->interface == NULL)
        (void) fputs("next: springparkctl network --interface IF\n", stream);
    else if (count > 0 && applied)
        (void) fputs("next: see to what is left where it is set, for instance name servers in /etc/resolv.conf\n",
                     stream);
    else if (count > 0)
        (void) fputs("next: sudo springparkctl network --apply, or change the settings\n", stream);
    else
        (void) fputs(view->plan->stated ? "both are the same\n" : "nothing is asked for, and nothing compared\n",
                     stream);
}
