/* SPDX-License-Identifier: MIT */
#include "cloud/arrival.h"

#include "base/clock.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

static uint64_t asleep_ms(void)
{
    uint64_t awake_ms = clock_monotonic_ms(clock_system());
    uint64_t elapsed_ms = clock_elapsed_ms(clock_system());

    return elapsed_ms > awake_ms ? elapsed_ms - awake_ms : 0;
}

void arrival_note_wait(struct arrival *arrival)
{
    arrival->asleep_ms = asleep_ms();
}

/* 0 if it is not known: as if it had just come. */
static uint64_t since_last_data_ms(int socket)
{
    struct tcp_info info = {0};
    socklen_t size = sizeof info;

    if (getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) != 0)
        return 0;
    return info.tcpi_last_data_recv;
}

uint64_t arrival_end_ms(const struct arrival *arrival, int socket, uint32_t interval_s)
{
    uint64_t now_asleep_ms = asleep_ms();
    uint64_t slept_ms = now_asleep_ms > arrival->asleep_ms ? now_asleep_ms - arrival->asleep_ms : 0;

    uint64_t waited_ms = since_last_data_ms(socket) + slept_ms; /* the kernel does not count the sleep */
    uint64_t end_ms = clock_elapsed_ms(clock_system()) + interval_s * 1000ULL;

    return end_ms > waited_ms ? end_ms - waited_ms : 0;
}
