/* SPDX-License-Identifier: MIT */
/* The driver for PC/SC readers: the start and the stop of a source. */
#include "reader/pcsc_hub.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/wakeup.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>

static void release(struct reader_source *source)
{
    while (source->readers != NULL) {
        struct pcsc_reader *reader = source->readers;
        source->readers = reader->next;
        pcsc_reader_free(reader);
    }
    for (size_t i = 0; i < source->yielded_count; i++)
        free(source->yielded[i]);
    free(source->yielded);
    reader_teller_release(&source->none);
    free(source->glob);
    free(source->label);
    wakeup_close(source->stop_fd);
    wakeup_close(source->done_fd);
    free(source);
}

static struct reader_source *start(const struct reader_options *options, const struct reader_sink *sink, char **error)
{
    if (options->name == NULL || options->name[0] == '\0') {
        *error = text_copy("a reader with the driver pcsc needs a name; next: set name = \"*\" for every PC/SC reader");
        return NULL;
    }
    struct reader_source *source = memory_zeroed(1, sizeof *source);
    source->glob = text_copy(options->name);
    source->label = text_copy(options->label != NULL ? options->label : "");
    source->clock = options->clock;
    source->sink = *sink;
    source->stop_fd = wakeup_create();
    source->done_fd = wakeup_create();
    source->none = pcsc_teller(source, text_copy(source->label[0] != '\0' ? source->label : source->glob));
    if (!pcsc_hub_enter(source)) {
        *error = text_copy("no thread for PC/SC readers could be started; next: raise the limit of tasks (TasksMax)");
        release(source);
        return NULL;
    }
    return source;
}

static void wake(struct reader_source *source)
{
    if (atomic_exchange(&source->stop, true))
        return;
    wakeup_signal(source->stop_fd);
    pcsc_hub_leave(source);
}

/* False once monotonic time reaches deadline_ms. */
static bool wait_until_done(struct reader_source *source, uint64_t deadline_ms)
{
    struct pollfd done = {.fd = source->done_fd, .events = POLLIN};

    for (;;) {
        uint64_t now_ms = clock_monotonic_ms(source->clock);
        uint64_t left_ms = deadline_ms > now_ms ? deadline_ms - now_ms : 0;
        int count = poll(&done, 1, left_ms > INT32_MAX ? INT32_MAX : (int) left_ms);
        if (count > 0)
            return true;
        if (count == 0 && left_ms == 0)
            return false;
        assert(count == 0 || errno == EINTR);
    }
}

static bool join(struct reader_source *source, uint64_t limit_ms)
{
    wake(source);
    if (!wait_until_done(source, clock_monotonic_ms(source->clock) + limit_ms)) {
        atomic_store(&source->abandoned, true);
        pcsc_hub_give_up(source);
        log_warning("pcsc", "pcscd did not let go of the readers %s in %llu ms; their threads are left behind",
                    source->glob, (unsigned long long) limit_ms);
        return false;
    }
    pcsc_hub_release(source);
    release(source);
    return true;
}

const struct reader_driver reader_driver_pcsc = {.name = "pcsc", .start = start, .wake = wake, .join = join};
