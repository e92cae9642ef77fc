/* SPDX-License-Identifier: MIT */
/* "credential:NAME": what systemd hands to a service by LoadCredential= and its like, see systemd.exec(5). */
#include "device/config_private.h"

#include "base/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char scheme[] = "credential:";

bool config_is_credential(const char *text)
{
    return strncmp(text, scheme, strlen(scheme)) == 0;
}

/* systemd takes what can be a file's name. */
static bool is_name(const char *name)
{
    return *name != '\0' && strchr(name, '/') == NULL && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

const char *config_keep_credential(struct config_reader *reader, const struct config_node *node, const char *place,
                                   const char *text)
{
    const char *name = text + strlen(scheme);
    const char *folder = getenv("CREDENTIALS_DIRECTORY");

    if (!is_name(name)) {
        config_complain(reader, node, place, "\"credential:\" needs the name of one credential, without '/'");
        return NULL;
    }
    if (folder == NULL || *folder != '/') {
        char *problem = text_format("\"%s\": systemd handed over no credentials (CREDENTIALS_DIRECTORY is not set);"
                                    " next: systemctl edit springparkd, and write LoadCredential=%s:FILE under [Service]",
                                    text, name);

        config_complain(reader, node, place, problem);
        free(problem);
        return NULL;
    }
    char *path = text_format("%s/%s", folder, name);
    /* One that may not be read is the matter of who reads it. */
    if (reader->files && access(path, F_OK) != 0 && errno == ENOENT) {
        char *problem = text_format("\"%s\": there is no %s; next: systemctl edit springparkd, write LoadCredential=%s:FILE"
                                    " under [Service], and restart it", text, path, name);

        config_complain(reader, node, place, problem);
        free(problem);
        free(path);
        return NULL;
    }
    return config_keep(reader->config, path);
}
