/* SPDX-License-Identifier: MIT */
/* What springparkctl network understands of networkctl, nmcli and the kernel, what it writes, and how it runs
 * programs. */
#include "base/memory.h"
#include "tool/gateway_probe.h"
#include "tool/network_inside.h"
#include "tool/run_program.h"

#include <arpa/inet.h>
#include <check.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

static const struct settings_ipv4 static_plan = { .stated = true, .address = 0xC0A80598, .netmask = 0xFFFFFF00,
                                                  .gateway = 0xC0A80501, .nameservers = { 0x09090909, 0 } };

/* ---- networkctl ---- */

START_TEST(a_link_is_managed_or_not_and_goes_by_a_file)
{
    static const struct { const char *text; bool whole, managed; const char *file; } cases[] = {
        { "{\"Index\":2,\"AdministrativeState\":\"configured\",\"NetworkFile\":\"/etc/systemd/network/50-a.network\"}",
          true, true, "/etc/systemd/network/50-a.network" },
        { "{\"AdministrativeState\":\"configuring\"}", true, true, NULL },
        { "{\"AdministrativeState\":\"unmanaged\"}\n", true, false, NULL },
        { "{\"AdministrativeState\":\"linger\",\"NetworkFile\":7}", true, false, NULL },
        { "{\"AdministrativeState\":7}", false, false, NULL },
        { "[]", false, false, NULL },
        { "{\"AdministrativeState\":\"configured\"", false, false, NULL },
        { "", false, false, NULL },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct networkd_link link;

        ck_assert_msg(networkd_parse_link(cases[i].text, strlen(cases[i].text), &link) == cases[i].whole, "%s",
                      cases[i].text);
        ck_assert_int_eq(link.managed, cases[i].managed);
        ck_assert_pstr_eq(link.file, cases[i].file);
        free(link.file);
    }
}
END_TEST

START_TEST(a_file_that_ties_the_interface_to_others_is_seen)
{
    static const struct { const char *text; const char *key; } cases[] = {
        { "[Match]\nName=eth0\n[Network]\nDHCP=yes\nDescription=VLAN=7\n#VLAN=7\nIPv6AcceptRA=no\n", NULL },
        { "[Network]\nVLAN=eth0.7\n", "VLAN" },
        { "[Network]\n \tBridge \t= br0", "Bridge" },
        { "VLAN", NULL },
        { "=\n\n==", NULL },
        { "", NULL },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_pstr_eq(networkd_tie_in(cases[i].text, strlen(cases[i].text)), cases[i].key);
}
END_TEST

START_TEST(the_file_says_what_register_0280_says)
{
    const struct settings_ipv4 dhcp = { .stated = true, .gateway = 1 };
    char *text = networkd_file_text("eth0", &static_plan);

    ck_assert_pstr_eq(strstr(text, "[Match]"), "[Match]\nName=eth0\n\n[Network]\nDHCP=no\nAddress=192.168.5.152/24\n"
                      "Gateway=192.168.5.1\nDNS=9.9.9.9\n");
    ck_assert_int_eq(text[0], '#');
    free(text);
    text = networkd_file_text("eth0", &dhcp);
    ck_assert_pstr_eq(strstr(text, "[Match]"), "[Match]\nName=eth0\n\n[Network]\nDHCP=ipv4\n");
    free(text);
}
END_TEST

START_TEST(names_with_a_meaning_of_their_own_are_left_alone)
{
    ck_assert(network_manager_takes_name("enp3s0.7"));
    ck_assert(!network_manager_takes_name("eth*"));
    ck_assert(!network_manager_takes_name("../x"));
    ck_assert(!network_manager_takes_name("-h"));
    ck_assert(!network_manager_takes_name("a%i"));
    ck_assert(!network_manager_takes_name(""));
}
END_TEST

/* ---- nmcli ---- */

static void expect_device(const char *text, const char *state, const char *uuid, const char *connection)
{
    struct nm_device device = { 0 };

    ck_assert_msg(nm_parse_device(text, strlen(text), "eth0", &device) == (state != NULL), "%s", text);
    ck_assert_pstr_eq(device.state, state);
    ck_assert_pstr_eq(device.uuid, uuid);
    ck_assert_pstr_eq(device.connection, connection);
    nm_device_free(&device);
}

START_TEST(a_device_is_found_by_its_name)
{
    expect_device("eth0:connected:a282e955:Wired connection 1\nlo:unmanaged::\n", "connected", "a282e955",
                  "Wired connection 1");
    expect_device("eth00:connected:1:a\neth0:connected:2:the\\: \\\\ door", "connected", "2", "the: \\ door");
    expect_device("lo:unmanaged::\neth0:unmanaged::\n", "unmanaged", "", "");
    expect_device("eth0", "", "", "");
    expect_device("eth0:connected:2\\", "connected", "2\\", "");
    expect_device("lo:unmanaged::\n\n", NULL, NULL, NULL);
    expect_device("", NULL, NULL, NULL);
}
END_TEST

/* ---- the neighbour table ---- */

struct neighbour {
    struct nlmsghdr head;
    struct ndmsg body;
    struct rtattr attribute;
    uint32_t address;
};

static struct neighbour neighbour_of(int interface_index, uint32_t address, uint16_t state)
{
    return (struct neighbour) {
        .head = { .nlmsg_len = sizeof(struct neighbour), .nlmsg_type = RTM_NEWNEIGH },
        .body = { .ndm_family = AF_INET, .ndm_ifindex = interface_index, .ndm_state = state },
        .attribute = { .rta_len = RTA_LENGTH(sizeof(uint32_t)), .rta_type = NDA_DST }, .address = htonl(address) };
}

START_TEST(the_neighbour_that_is_meant_is_found)
{
    const struct neighbour table[] = { neighbour_of(2, 0x0A000001, NUD_STALE), neighbour_of(3, 0x0A000002, NUD_FAILED),
                                       neighbour_of(2, 0x0A000002, NUD_REACHABLE) };
    uint16_t state = 0;
    bool last = true;

    ck_assert(gateway_probe_take(table, sizeof table, 2, 0x0A000002, &state, &last));
    ck_assert_uint_eq(state, NUD_REACHABLE);
    ck_assert(!last);
    ck_assert(!gateway_probe_take(table, sizeof table, 2, 0x0A000003, &state, &last));
    ck_assert(!last);
    for (size_t size = 0; size < sizeof table[0]; size++) {
        uint8_t *exact = memory_copy(table, size);

        ck_assert(!gateway_probe_take(exact, size, 2, 0x0A000001, &state, &last));
        free(exact);
    }
    const struct nlmsghdr done = { .nlmsg_len = sizeof done, .nlmsg_type = NLMSG_DONE };
    ck_assert(!gateway_probe_take(&done, sizeof done, 2, 0x0A000001, &state, &last));
    ck_assert(last);
}
END_TEST

/* ---- programs ---- */

static void expect_failure(const char *const *words, unsigned limit_ms, const char *wanted)
{
    char *output = NULL, *problem = NULL;
    size_t size = 0;

    ck_assert(!run_program(words, limit_ms, &output, &size, &problem));
    ck_assert_ptr_null(output);
    ck_assert_str_eq(problem, wanted);
    free(problem);
}

START_TEST(a_program_says_what_it_says)
{
    char *output = NULL, *problem = NULL;
    size_t size = 0;

    ck_assert_int_eq(setenv("FOREIGN", "there", 1), 0);
    ck_assert(run_program((const char *[]) { "sh", "-c", "echo \"$1\"; echo no >&2; cat; echo \"$LC_ALL,$FOREIGN\"", "sh",
                                             "a  $b", NULL }, 20000, &output, &size, &problem));
    ck_assert_str_eq(output, "a  $b\nC,\n");
    ck_assert_uint_eq(size, strlen(output));
    free(output);
    ck_assert(run_program((const char *[]) { "true", NULL }, 20000, &output, &size, &problem));
    ck_assert_str_eq(output, "");
    free(output);
    ck_assert(run_program((const char *[]) { "true", NULL }, 20000, NULL, NULL, &problem));
    ck_assert(run_program_exists("sh"));
    ck_assert(!run_program_exists("no-such-program"));
}
END_TEST

START_TEST(a_program_that_fails_says_why)
{
    expect_failure((const char *[]) { "sh", "-c", "echo out; echo one >&2; echo 'two ' >&2; exit 3", NULL }, 20000,
                   "sh: two");
    expect_failure((const char *[]) { "sh", "-c", "exit 3", NULL }, 20000, "sh ended with status 3");
    expect_failure((const char *[]) { "sh", "-c", "kill -9 $$", NULL }, 20000, "sh was ended by signal 9");
    expect_failure((const char *[]) { "no-such-program", NULL }, 20000,
                   "no-such-program cannot be started: No such file or directory");
    expect_failure((const char *[]) { "sh", "-c", "sleep 60", NULL }, 100, "sh took too long and was ended");
}
END_TEST

START_TEST(what_a_program_leaves_behind_is_not_waited_for)
{
    char *output = NULL, *problem = NULL;
    size_t size = 0;

    ck_assert(run_program((const char *[]) { "sh", "-c", "sleep 20 & echo $!", NULL }, 15000, &output, &size,
                          &problem));
    ck_assert_int_eq(kill((pid_t) strtol(output, NULL, 10), SIGKILL), 0); /* it still runs */
    ck_assert_uint_gt(size, 1);
    free(problem);
    free(output);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tool_network");
    TCase *all = tcase_create("all");

    tcase_add_test(all, a_link_is_managed_or_not_and_goes_by_a_file);
    tcase_add_test(all, a_file_that_ties_the_interface_to_others_is_seen);
    tcase_add_test(all, the_file_says_what_register_0280_says);
    tcase_add_test(all, names_with_a_meaning_of_their_own_are_left_alone);
    tcase_add_test(all, a_device_is_found_by_its_name);
    tcase_add_test(all, the_neighbour_that_is_meant_is_found);
    tcase_add_test(all, a_program_says_what_it_says);
    tcase_add_test(all, a_program_that_fails_says_why);
    tcase_add_test(all, what_a_program_leaves_behind_is_not_waited_for);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
