/* SPDX-License-Identifier: MIT */
/* Any bytes on rdr/cmd: taken and the same after a round trip, or refused with one short printable line. */
#include "message/command.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool truth)
{
    if (!truth)
        abort();
}

static void check_error(char *error)
{
    require(error != NULL && strlen(error) < 200);
    for (const char *at = error; *at != '\0'; at++)
        require(*at >= 0x20 && *at <= 0x7E);
    free(error);
}

static void check_round_trip(const struct command *command)
{
    struct command again;
    char *error = NULL;
    char *json = command_to_json(command);

    require(command_parse(json, strlen(json), &again, &error));
    char *json_again = command_to_json(&again);
    require(strcmp(json, json_again) == 0);
    free(json_again);
    free(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct command command;
    char *error = NULL;

    if (command_parse(data, size, &command, &error))
        check_round_trip(&command);
    else
        check_error(error);
    return 0;
}
