/* SPDX-License-Identifier: MIT */
/* The driver for libnfc readers: the start and the stop of a source, which is one device or every one that is found. */
#include "reader/nfc_reader.h"
#include "reader/nfc_scan.h"

#include "base/log.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

struct reader_source {
    struct nfc_shared shared;
    struct nfc_reader *reader;   /* one of these two */
    struct nfc_scan *scan;
};

static struct reader_source *start(const struct reader_options *options, const struct reader_sink *sink, char **error)
{
    const char *connection = options->connection != NULL ? options->connection : "";
    const char *label = options->label != NULL ? options->label : "";

    if (connection[0] == '\0') {
        *error = text_copy("a reader with the driver libnfc needs a connection; next: set connection = \"*\" for every "
                           "device that libnfc finds, or name one, as \"pn532_uart:/dev/ttyS0\"");
        return NULL;
    }
    struct reader_source *source = memory_zeroed(1, sizeof *source);
    source->shared.sink = *sink;
    source->shared.clock = options->clock;
    source->shared.technologies = options->technologies;
    if (strcmp(connection, "*") == 0)
        source->scan = nfc_scan_start(&source->shared, label);
    else
        source->reader = nfc_reader_start(&source->shared, connection, label[0] != '\0' ? label : connection);
    if (source->scan != NULL || source->reader != NULL)
        return source;
    *error = text_copy("no thread for libnfc readers could be started; next: raise the limit of tasks (TasksMax)");
    free(source);
    return NULL;
}

static void wake(struct reader_source *source)
{
    if (source->scan != NULL)
        nfc_scan_wake(source->scan);
    else
        nfc_reader_wake(source->reader);
}

static bool join(struct reader_source *source, uint64_t limit_ms)
{
    bool joined = source->scan != NULL ? nfc_scan_join(source->scan, limit_ms)
                                       : nfc_reader_join(source->reader, limit_ms);

    if (!joined) {
        atomic_store(&source->shared.abandoned, true);
        log_warning("libnfc", "a libnfc reader did not end in %llu ms; its thread is left behind",
                    (unsigned long long) limit_ms);
        return false;
    }
    free(source);
    return true;
}

const struct reader_driver reader_driver_nfc = {.name = "libnfc", .start = start, .wake = wake, .join = join};
