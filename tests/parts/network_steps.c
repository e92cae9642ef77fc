/* SPDX-License-Identifier: MIT */
/*
 * The steps of a change of the network by themselves: network_steps IF ADDRESS NETMASK GATEWAY STEP..., each of them
 * try, keep or undo. Prints who manages the interface, and each step with its result; ends with 1 at the first that
 * fails.
 */
#include "tool/network_manager.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t number_of(const char *text)
{
    struct in_addr address = {0};

    (void) inet_pton(AF_INET, text, &address);
    return ntohl(address.s_addr);
}

int main(int argc, char **argv)
{
    if (argc < 6)
        return 64;
    const struct settings_ipv4 plan = {.stated = true, .address = number_of(argv[2]), .netmask = number_of(argv[3]),
                                       .gateway = number_of(argv[4])};
    char *problem = NULL;
    struct network_manager *manager = network_manager_find(argv[1], &problem);
    bool done = manager != NULL;

    printf("%s\n", done ? network_manager_name(manager) : problem);
    for (int i = 5; done && i < argc; i++) {
        if (strcmp(argv[i], "undo") == 0)
            done = network_manager_undo(manager, &problem);
        else
            done = strcmp(argv[i], "keep") == 0 ? network_manager_keep(manager, &plan, &problem)
                                                : network_manager_try(manager, &plan, &problem);
        printf("%s: %s\n", argv[i], done ? "done" : problem);
    }
    network_manager_free(manager);
    free(problem);
    return done ? EXIT_SUCCESS : EXIT_FAILURE;
}
