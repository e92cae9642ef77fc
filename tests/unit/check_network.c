/* SPDX-License-Identifier: MIT */
/* Register 0280 against the network that runs: what it asks for, what there is, the differences, and when they are
 * said. */
#include "base/memory.h"
#include "device/ipv4_plan.h"
#include "gateway/network_watch.h"

#include <arpa/inet.h>
#include <check.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

static uint32_t ip(const char *text)
{
    struct in_addr address;

    ck_assert_int_eq(inet_pton(AF_INET, text, &address), 1);
    return ntohl(address.s_addr);
}

static struct settings_ipv4 plan_of(const char *address, const char *netmask, const char *gateway)
{
    return (struct settings_ipv4) { .stated = true, .address = ip(address), .netmask = ip(netmask),
                                    .gateway = ip(gateway) };
}

/* ---- what can be ---- */

START_TEST(a_mask_has_its_ones_first)
{
    ck_assert_int_eq(ipv4_plan_prefix(0), 0);
    ck_assert_int_eq(ipv4_plan_prefix(ip("255.255.255.0")), 24);
    ck_assert_int_eq(ipv4_plan_prefix(ip("255.255.255.255")), 32);
    ck_assert_int_eq(ipv4_plan_prefix(ip("128.0.0.0")), 1);
    ck_assert_int_eq(ipv4_plan_prefix(ip("255.0.255.0")), -1);
    ck_assert_int_eq(ipv4_plan_prefix(ip("0.255.255.255")), -1);
}
END_TEST

static void expect_problem(const struct settings_ipv4 *plan, const char *wanted_path, const char *wanted)
{
    const char *path = "";
    const char *problem = ipv4_plan_problem(plan, &path);

    if (wanted == NULL) {
        ck_assert_msg(problem == NULL, "%s", problem);
        return;
    }
    ck_assert_ptr_nonnull(problem);
    ck_assert_msg(strstr(problem, wanted) != NULL, "%s", problem);
    ck_assert_str_eq(path, wanted_path);
}

START_TEST(what_cannot_be_is_named_with_its_setting)
{
    static const struct { const char *address, *netmask, *gateway, *path, *problem; } cases[] = {
        { "192.168.5.152", "255.255.255.0", "192.168.5.1", NULL, NULL },
        { "192.168.5.152", "255.255.255.0", "0.0.0.0", NULL, NULL },
        { "0.0.0.0", "255.0.255.0", "1.2.3.4", NULL, NULL }, /* DHCP: the rest has no meaning */
        { "10.0.0.0", "255.255.255.254", "10.0.0.1", NULL, NULL },
        { "127.0.0.1", "255.0.0.0", "0.0.0.0", "address", "no address that a box may have" },
        { "239.1.1.1", "255.255.255.0", "0.0.0.0", "address", "no address that a box may have" },
        { "192.168.5.152", "0.0.0.0", "0.0.0.0", "address", "needs a mask" },
        { "192.168.5.152", "255.255.0.255", "0.0.0.0", "netmask", "ones before its zeros" },
        { "192.168.5.152", "255.255.255.255", "0.0.0.0", "netmask", "nobody else" },
        { "192.168.5.0", "255.255.255.0", "192.168.5.1", "netmask", "first or last" },
        { "192.168.5.255", "255.255.255.0", "192.168.5.1", "netmask", "first or last" },
        { "192.168.5.152", "255.255.255.0", "192.168.6.1", "gateway", "not in the network" },
        { "192.168.5.152", "255.255.255.0", "192.168.5.152", "gateway", "the box itself" },
        { "192.168.5.152", "255.255.255.0", "192.168.5.255", "gateway", "first or last" },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct settings_ipv4 plan = plan_of(cases[i].address, cases[i].netmask, cases[i].gateway);
        char *path = text_format("network.ipv4.%s", cases[i].path != NULL ? cases[i].path : "");

        expect_problem(&plan, path, cases[i].problem);
        free(path);
    }
    struct settings_ipv4 plan = plan_of("192.168.5.152", "255.255.255.0", "0.0.0.0");
    plan.nameservers[0] = ip("127.0.0.53");
    expect_problem(&plan, NULL, NULL);
    plan.nameservers[1] = ip("255.255.255.255");
    expect_problem(&plan, "network.ipv4.nameserver_2", "name server");
}
END_TEST

/* ---- what the kernel says ---- */

struct answer {
    _Alignas(8) uint8_t bytes[2048];
    size_t size_bytes;
    size_t start;
};

static void put(struct answer *answer, const void *data, size_t size_bytes)
{
    ck_assert_uint_le(answer->size_bytes + NLMSG_ALIGN(size_bytes), sizeof answer->bytes);
    if (size_bytes > 0)
        memcpy(answer->bytes + answer->size_bytes, data, size_bytes);
    answer->size_bytes += NLMSG_ALIGN(size_bytes);
}

static void put_attribute(struct answer *answer, uint16_t type, const void *data, size_t size_bytes)
{
    const struct rtattr head = { .rta_len = (uint16_t) (sizeof head + size_bytes), .rta_type = type };

    put(answer, &head, sizeof head);
    put(answer, data, size_bytes);
}

static void put_address_attribute(struct answer *answer, uint16_t type, const char *address)
{
    const uint32_t number = htonl(ip(address));

    put_attribute(answer, type, &number, sizeof number);
}

static void begin(struct answer *answer, uint16_t type, const void *body, size_t size_bytes)
{
    const struct nlmsghdr head = { .nlmsg_type = type };

    answer->start = answer->size_bytes;
    put(answer, &head, sizeof head);
    put(answer, body, size_bytes);
}

static void end(struct answer *answer)
{
    const uint32_t length = (uint32_t) (answer->size_bytes - answer->start);

    memcpy(answer->bytes + answer->start, &length, sizeof length);
}

static void add_link(struct answer *answer, int index, const char *name, unsigned flags)
{
    const struct ifinfomsg body = { .ifi_index = index, .ifi_flags = flags };

    begin(answer, RTM_NEWLINK, &body, sizeof body);
    put_attribute(answer, IFLA_IFNAME, name, strlen(name) + 1);
    end(answer);
}

static void add_address(struct answer *answer, unsigned index, const char *address, uint8_t prefix, uint32_t flags)
{
    const struct ifaddrmsg body = { .ifa_family = AF_INET, .ifa_prefixlen = prefix, .ifa_index = index };

    begin(answer, RTM_NEWADDR, &body, sizeof body);
    put_address_attribute(answer, IFA_LOCAL, address);
    put_attribute(answer, IFA_FLAGS, &flags, sizeof flags);
    end(answer);
}

static void add_route(struct answer *answer, uint32_t index, const char *gateway, uint32_t metric, uint8_t protocol,
                      uint8_t prefix)
{
    const struct rtmsg body = { .rtm_family = AF_INET, .rtm_dst_len = prefix, .rtm_table = RT_TABLE_MAIN,
                                .rtm_protocol = protocol, .rtm_type = RTN_UNICAST };

    begin(answer, RTM_NEWROUTE, &body, sizeof body);
    put_address_attribute(answer, RTA_GATEWAY, gateway);
    put_attribute(answer, RTA_OIF, &index, sizeof index);
    put_attribute(answer, RTA_PRIORITY, &metric, sizeof metric);
    end(answer);
}

static void add_done(struct answer *answer)
{
    const int nothing = 0;

    begin(answer, NLMSG_DONE, &nothing, sizeof nothing);
    end(answer);
}

/* lo, eth0 with a lease and the better route, wlan0 with a static address. */
static struct answer two_interfaces(void)
{
    struct answer answer = { .size_bytes = 0 };

    add_link(&answer, 1, "lo", IFF_UP | IFF_LOOPBACK);
    add_link(&answer, 2, "eth0", IFF_UP);
    add_link(&answer, 3, "wlan0", IFF_UP);
    add_address(&answer, 1, "127.0.0.1", 8, IFA_F_PERMANENT);
    add_address(&answer, 2, "10.0.0.7", 24, 0);
    add_address(&answer, 3, "192.168.5.152", 24, IFA_F_PERMANENT);
    add_route(&answer, 3, "192.168.5.1", 600, RTPROT_STATIC, 0);
    add_route(&answer, 2, "10.0.0.1", 100, RTPROT_DHCP, 0);
    add_route(&answer, 2, "10.0.0.1", 1, RTPROT_DHCP, 8); /* no default route */
    add_done(&answer);
    return answer;
}

static struct running_network *taken(const struct answer *answer)
{
    struct running_network *network = memory_zeroed(1, sizeof *network);

    ck_assert(running_network_take(network, answer->bytes, answer->size_bytes));
    return network;
}

START_TEST(interfaces_addresses_and_default_routes_are_taken)
{
    const struct answer answer = two_interfaces();
    struct running_network *network = taken(&answer);

    ck_assert_uint_eq(network->interfaces_count, 3);
    ck_assert_uint_eq(network->addresses_count, 3);
    ck_assert_uint_eq(network->routes_count, 2);
    ck_assert_str_eq(running_interface_name(network, 3), "wlan0");
    ck_assert_ptr_null(running_interface_name(network, 4));
    ck_assert(running_interface_named(network, "lo")->loopback);
    ck_assert_uint_eq(running_default_route(network, 0)->gateway, ip("10.0.0.1"));
    ck_assert_uint_eq(running_default_route(network, 3)->gateway, ip("192.168.5.1"));
    ck_assert(running_address_is_leased(network, &network->addresses[1]));
    ck_assert(!running_address_is_leased(network, &network->addresses[2]));
    free(network);
}
END_TEST

START_TEST(an_answer_that_is_cut_short_is_taken_as_far_as_it_goes)
{
    const struct answer answer = two_interfaces();

    for (size_t size = 0; size < answer.size_bytes; size++) {
        struct running_network *network = memory_zeroed(1, sizeof *network);
        uint8_t *exact = memory_copy(answer.bytes, size);

        ck_assert(!running_network_take(network, exact, size));
        ck_assert_uint_le(network->interfaces_count, 3);
        free(exact);
        free(network);
    }
}
END_TEST

START_TEST(this_box_can_be_asked)
{
    char *error = NULL;
    struct running_network *network = running_network_read(&error);

    ck_assert_msg(network != NULL, "%s", error);
    ck_assert(running_interface_named(network, "lo")->loopback);
    free(network);
}
END_TEST

START_TEST(name_servers_are_those_of_ipv4_that_are_not_the_box_itself)
{
    static const struct { const char *text; bool there; size_t count; const char *first; } cases[] = {
        { "", true, 0, NULL },
        { "nameserver 9.9.9.9\n", true, 1, "9.9.9.9" },
        { "# nameserver 1.1.1.1\nsearch a.b\nnameserver\t 9.9.9.9 \nnameserver 1.1.1.1\r\nnameserver 9.9.9.9", true, 2,
          "9.9.9.9" },
        { "nameserver 127.0.0.53\noptions edns0\n", false, 0, NULL },
        { "nameserver 127.0.0.1\nnameserver 9.9.9.9\n", true, 1, "9.9.9.9" },
        { "nameserver fe80::1%eth0\nnameserver 9.9.9\nnameserver 999.1.1.1\nnameserver 9.9.9.9x\nnameservers 1.1.1.1\n",
          true, 0, NULL },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct running_network *network = memory_zeroed(1, sizeof *network);

        ck_assert_msg(running_network_take_servers(network, cases[i].text, strlen(cases[i].text)) == cases[i].there,
                      "%s", cases[i].text);
        ck_assert_uint_eq(network->servers_count, cases[i].count);
        ck_assert(cases[i].count == 0 || network->servers[0] == ip(cases[i].first));
        free(network);
    }
}
END_TEST

/* ---- the differences ---- */

static void expect_differences(const struct settings_ipv4 *plan, const struct running_network *network,
                               const char *interface, const char *const *wanted)
{
    struct errors *differences = errors_create();
    size_t count = 0;

    ipv4_plan_compare(plan, network, interface, differences);
    for (; wanted[count] != NULL; count++) {
        ck_assert_uint_lt(count, errors_count(differences));
        ck_assert_str_eq(errors_get(differences, count), wanted[count]);
    }
    ck_assert_msg(errors_count(differences) == count, "%s", errors_get(differences, count));
    errors_free(differences);
}

START_TEST(a_network_as_it_should_be_has_no_differences)
{
    const struct answer answer = two_interfaces();
    struct running_network *network = taken(&answer);
    struct settings_ipv4 plan = plan_of("192.168.5.152", "255.255.255.0", "192.168.5.1");
    const struct settings_ipv4 dhcp = { .stated = true }, silent = { .stated = false };

    plan.nameservers[0] = ip("9.9.9.9");
    ck_assert(running_network_take_servers(network, "nameserver 9.9.9.9\nnameserver 1.1.1.1\n", 39));
    ck_assert_str_eq(ipv4_plan_interface(&plan, network), "wlan0");
    expect_differences(&plan, network, "wlan0", (const char *[]) { NULL });
    ck_assert_str_eq(ipv4_plan_interface(&dhcp, network), "eth0");
    expect_differences(&dhcp, network, "eth0", (const char *[]) { NULL });
    expect_differences(&silent, network, "wlan0", (const char *[]) { NULL });
    expect_differences(&silent, network, NULL, (const char *[]) { NULL });
    free(network);
}
END_TEST

START_TEST(each_difference_is_a_sentence)
{
    const struct answer answer = two_interfaces();
    struct running_network *network = taken(&answer);
    struct settings_ipv4 plan = plan_of("192.168.5.153", "255.255.255.0", "192.168.5.1");
    const struct settings_ipv4 dhcp = { .stated = true };

    plan.nameservers[1] = ip("9.9.9.9");
    ck_assert_str_eq(ipv4_plan_interface(&plan, network), "eth0");
    expect_differences(&plan, network, "eth0", (const char *[]) {
        "register 0280 asks for the address 192.168.5.153/24, and eth0 has 10.0.0.7/24 (by DHCP)",
        "register 0280 asks for the gateway 192.168.5.1, and eth0 has 10.0.0.1",
        "register 0280 asks for the name server 9.9.9.9, and the box uses none", NULL });
    plan = plan_of("192.168.5.152", "255.255.0.0", "0.0.0.0");
    expect_differences(&plan, network, "wlan0", (const char *[]) {
        "register 0280 asks for the address 192.168.5.152/16, and wlan0 has 192.168.5.152/24",
        "register 0280 asks for the gateway none, and wlan0 has 192.168.5.1", NULL });
    expect_differences(&dhcp, network, "wlan0", (const char *[]) {
        "register 0280 asks for an address by DHCP, and wlan0 has a static one: 192.168.5.152/24", NULL });
    expect_differences(&plan, network, "eth7", (const char *[]) {
        "register 0280 asks for 192.168.5.152, and no interface has it or a default route", NULL });
    free(network);
}
END_TEST

START_TEST(the_only_interface_is_the_one_that_is_meant)
{
    struct answer answer = { .size_bytes = 0 };
    const struct settings_ipv4 dhcp = { .stated = true };

    add_link(&answer, 1, "lo", IFF_UP | IFF_LOOPBACK);
    add_link(&answer, 2, "eth0", 0);
    add_done(&answer);
    struct running_network *network = taken(&answer);
    ck_assert_str_eq(ipv4_plan_interface(&dhcp, network), "eth0");
    expect_differences(&dhcp, network, "eth0", (const char *[]) {
        "register 0280 asks for an address by DHCP, and eth0 has none", NULL });
    network->interfaces[0].loopback = false;
    ck_assert_ptr_null(ipv4_plan_interface(&dhcp, network));
    free(network);
}
END_TEST

/* ---- when they are said ---- */

START_TEST(a_difference_is_said_once_it_has_stood)
{
    struct network_news news = { 0 };

    ck_assert_int_eq(network_news_take(&news, "a", 1000), NETWORK_SILENT);
    ck_assert_int_eq(network_news_take(&news, "a", 1000 + NETWORK_STEADY_MS - 1), NETWORK_SILENT);
    ck_assert_int_eq(network_news_take(&news, "b", 1000 + NETWORK_STEADY_MS), NETWORK_SILENT);
    ck_assert_int_eq(network_news_take(&news, "b", 1000 + 2 * NETWORK_STEADY_MS), NETWORK_DIFFERS);
    ck_assert_int_eq(network_news_take(&news, "b", 1000000), NETWORK_SILENT);
    ck_assert_int_eq(network_news_take(&news, "c", 1000001), NETWORK_SILENT);
    ck_assert_int_eq(network_news_take(&news, "b", 1000002), NETWORK_SILENT);
    ck_assert_int_eq(network_news_take(&news, "c", 2000000), NETWORK_SILENT);
    ck_assert_int_eq(network_news_take(&news, "c", 2000000 + NETWORK_STEADY_MS), NETWORK_DIFFERS);
    network_news_clear(&news);
}
END_TEST

START_TEST(the_end_of_a_difference_is_said_only_if_it_was_said)
{
    struct network_news news = { 0 };

    ck_assert_int_eq(network_news_take(&news, "", 0), NETWORK_SILENT);
    ck_assert_int_eq(network_news_take(&news, "a", 1), NETWORK_SILENT);
    ck_assert_int_eq(network_news_take(&news, "", 2), NETWORK_SILENT);
    ck_assert_int_eq(network_news_take(&news, "a", 3), NETWORK_SILENT);
    ck_assert_int_eq(network_news_take(&news, "a", 3 + NETWORK_STEADY_MS), NETWORK_DIFFERS);
    ck_assert_int_eq(network_news_take(&news, "", 4 + NETWORK_STEADY_MS), NETWORK_AGREES);
    ck_assert_int_eq(network_news_take(&news, "", 5 + NETWORK_STEADY_MS), NETWORK_SILENT);
    network_news_clear(&news);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("network");
    TCase *all = tcase_create("all");

    tcase_add_test(all, a_mask_has_its_ones_first);
    tcase_add_test(all, what_cannot_be_is_named_with_its_setting);
    tcase_add_test(all, interfaces_addresses_and_default_routes_are_taken);
    tcase_add_test(all, an_answer_that_is_cut_short_is_taken_as_far_as_it_goes);
    tcase_add_test(all, this_box_can_be_asked);
    tcase_add_test(all, name_servers_are_those_of_ipv4_that_are_not_the_box_itself);
    tcase_add_test(all, a_network_as_it_should_be_has_no_differences);
    tcase_add_test(all, each_difference_is_a_sentence);
    tcase_add_test(all, the_only_interface_is_the_one_that_is_meant);
    tcase_add_test(all, a_difference_is_said_once_it_has_stood);
    tcase_add_test(all, the_end_of_a_difference_is_said_only_if_it_was_said);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
