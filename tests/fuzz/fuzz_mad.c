/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a Mifare Application Directory: what comes out names only sectors that such a part has, each once, in
 * order. The first byte says which part it is, and whether its CRC is made right.
 */
#include "base/memory.h"
#include "card/mad.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_sectors(const struct mad *mad, enum mad_part part, uint16_t aid)
{
    unsigned first = part == MAD_1 ? 1 : 17;
    unsigned last = part == MAD_1 ? 15 : 39;
    unsigned before = 0;

    for (unsigned sector = mad_next_sector(mad, aid, 0); sector != 0; sector = mad_next_sector(mad, aid, before)) {
        if (sector < first || sector > last || sector <= before || mad->aids[sector - first] != aid)
            abort();
        before = sector;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    enum mad_part part = (data[0] & 1) != 0 ? MAD_2 : MAD_1;
    size_t exact_bytes = part == MAD_1 ? MAD_1_BYTES : MAD_2_BYTES;
    uint8_t *exact = memory_zeroed(1, exact_bytes);
    struct mad mad = { .first_sector = 99 };

    memcpy(exact, data + 1, size - 1 < exact_bytes ? size - 1 : exact_bytes);
    bool good = mad_crc(exact + 1, exact_bytes - 1) == exact[0];
    if ((data[0] & 2) != 0) {
        exact[0] = mad_crc(exact + 1, exact_bytes - 1);
        good = true;
    }
    if (mad_parse(&mad, part, exact) != good)
        abort();
    if (!good && mad.first_sector != 99)
        abort();
    for (size_t i = 2; good && i + 1 < exact_bytes; i++)
        check_sectors(&mad, part, (uint16_t) (exact[i + 1] << 8 | exact[i]));
    free(exact);
    return 0;
}
