/* SPDX-License-Identifier: MIT */
/*
 * The template "Mifare Classic": blocks of data, from a block on or from the sectors that the card's directory (MAD)
 * gives to an application. Formats: the vendor's template registers (firmware 1.31), "Mifare Classic"; PC/SC part 3,
 * 3.2.2.1.6 and 3.2.2.1.8; NXP MF1S50YYX and MF1S70YYX (memory organisation), AN10787 (MAD).
 *
 * One authentication a sector, then one READ a block. Sector trailers are left out: an address that names one begins
 * with the block behind it.
 *
 * Assumption: an AID that is not 0000 counts, whatever the address says. It is the number that AN10787 writes, with the
 * function cluster code first: E103 for the NFC Forum's sectors. The directory is read with its public key A and
 * believed when its CRC is right; the general purpose byte is not asked for. The second directory of a 4K card is
 * looked at only when the sectors of the first do not give enough.
 *
 * Assumption: a key that the first sector refuses, or a later one of a format with a length, is no match: half of the
 * data would be another number. A format of variable length ends before a later sector that refuses the key, if the
 * card still takes it for the sector before: then the card is there, and the rest is somebody else's. A block that the
 * key may not read is no match either.
 */
#include "template/output.h"
#include "template/type.h"

#include "base/memory.h"
#include "card/kind.h"
#include "card/mad.h"

#include <stdlib.h>
#include <string.h>

enum { LOOKUP = 0x61, LETTER = 'M' };
enum { AUTHENTICATION = 0x5, KEY_B = 0x80 };
enum { BLOCK_BYTES = 16, BLOCKS_MAX = 256 };
enum { SMALL_SECTORS = 32, SMALL_SECTOR_BLOCKS = 4, LARGE_SECTOR_BLOCKS = 16, BLOCKS_IN_SMALL_SECTORS = 128 };

/* Of the sectors with a directory, as AN10787 says. */
static const uint8_t public_key_a[CARD_CLASSIC_KEY_BYTES] = { 0xA0, 0xA1, 0xA2, 0xA3, 0xA4, 0xA5 };

struct classic {
    uint16_t aid;              /* 0 = from the address */
    unsigned address;
    enum card_key key_kind;
    uint8_t key[CARD_CLASSIC_KEY_BYTES];
    struct output output;
};

struct memory {
    const struct classic *classic;
    struct exchange *exchange;
    unsigned blocks;           /* that the card has */
    size_t wanted_bytes;       /* 0 = all */
    struct mad mad;            /* the part that was read last */
    unsigned sector;           /* the last one that took the key; counts when count is not 0 */
    enum card_error error;
    uint8_t bytes[BLOCKS_MAX * BLOCK_BYTES];
    size_t count;
};

enum reading {
    READING_FINE,
    READING_END,      /* there is no more, or no more for this key */
    READING_NO_MATCH,
    READING_DOUBT,    /* a block was refused, and the reader does not say why */
    READING_FAILED,   /* memory->error */
};

static unsigned technologies(uint8_t lookup)
{
    return lookup == LOOKUP ? CARD_NFC_A : 0;
}

static void *create(const struct template_registers *registers)
{
    struct classic *classic = memory_zeroed(1, sizeof *classic);
    const uint8_t *location = registers->at[TEMPLATE_LOCATION].bytes;
    const uint8_t *authentication = registers->at[AUTHENTICATION].bytes;

    classic->aid = (uint16_t) (location[0] << 8 | location[1]);
    classic->address = location[2];
    classic->key_kind = (authentication[0] & KEY_B) != 0 ? CARD_KEY_B : CARD_KEY_A;
    memcpy(classic->key, authentication + 1, sizeof classic->key);
    output_init(&classic->output, registers, (struct output_shift) { location[3], location[4] }, LOOKUP, LETTER);
    return classic;
}

static void release(void *instance)
{
    struct classic *classic = instance;

    output_release(&classic->output);
    explicit_bzero(classic->key, sizeof classic->key);
    free(classic);
}

static bool wants(const void *instance, const struct card *card)
{
    (void) instance;
    return card->technology == CARD_NFC_A && card_memory(card) == CARD_MEMORY_CLASSIC;
}

static unsigned sector_of_block(unsigned block)
{
    if (block < BLOCKS_IN_SMALL_SECTORS)
        return block / SMALL_SECTOR_BLOCKS;
    return SMALL_SECTORS + (block - BLOCKS_IN_SMALL_SECTORS) / LARGE_SECTOR_BLOCKS;
}

static unsigned first_block(unsigned sector)
{
    if (sector < SMALL_SECTORS)
        return sector * SMALL_SECTOR_BLOCKS;
    return BLOCKS_IN_SMALL_SECTORS + (sector - SMALL_SECTORS) * LARGE_SECTOR_BLOCKS;
}

static unsigned trailer(unsigned sector)
{
    return first_block(sector + 1) - 1;
}

static enum reading fail(struct memory *memory, int error)
{
    memory->error = (enum card_error) error;
    return READING_FAILED;
}

static bool has_enough(const struct memory *memory)
{
    return memory->wanted_bytes > 0 && memory->count >= memory->wanted_bytes;
}

static enum reading read_block(struct memory *memory, unsigned block, uint8_t bytes[BLOCK_BYTES])
{
    size_t count = 0;
    int status = exchange_read_binary(memory->exchange, (uint8_t) block, BLOCK_BYTES, bytes, BLOCK_BYTES, &count);

    if (status < 0)
        return fail(memory, status);
    if (status != SW_SUCCESS && status != SW_END_OF_DATA)
        return status == SW_SECURITY ? READING_NO_MATCH : READING_DOUBT;
    return count == BLOCK_BYTES ? READING_FINE : fail(memory, CARD_ERROR_MUTE);
}

/* READING_NO_MATCH: the card does not take the key. */
static enum reading authenticate(struct memory *memory, unsigned block, enum card_key kind,
                                 const uint8_t key[CARD_CLASSIC_KEY_BYTES])
{
    int error = exchange_authenticate(memory->exchange, (uint8_t) block, kind, key);

    if (error == 0)
        return READING_FINE;
    return error == CARD_ERROR_REFUSED ? READING_NO_MATCH : fail(memory, error);
}

/* Whether the card that refused something still takes a key that it took before: it has not left. */
static enum reading make_sure(struct memory *memory, unsigned block, enum card_key kind,
                              const uint8_t key[CARD_CLASSIC_KEY_BYTES])
{
    struct card *card = memory->exchange->card;
    int error = card->restart != NULL ? card->restart(card) : 0;

    if (error != 0)
        return fail(memory, error);
    enum reading reading = authenticate(memory, block, kind, key);
    return reading == READING_NO_MATCH ? fail(memory, CARD_ERROR_MUTE) : reading;
}

/* Another sector refuses the key: the end of the data if that is all there is, and the card is still there. */
static enum reading end_before_sector(struct memory *memory)
{
    const struct classic *classic = memory->classic;

    if (memory->count == 0 || memory->wanted_bytes > 0)
        return READING_NO_MATCH;
    enum reading reading = make_sure(memory, first_block(memory->sector), classic->key_kind, classic->key);
    return reading == READING_FINE ? READING_END : reading;
}

/* Block `block` was refused in a sector that took the key: no match, unless the card has left. */
static enum reading refuse_block(struct memory *memory, unsigned block, enum card_key kind,
                                 const uint8_t key[CARD_CLASSIC_KEY_BYTES])
{
    enum reading reading = make_sure(memory, block, kind, key);

    return reading == READING_FINE ? READING_NO_MATCH : reading;
}

/* The blocks of data of one sector, from that block on, until there is enough. */
static enum reading read_sector(struct memory *memory, unsigned block)
{
    const struct classic *classic = memory->classic;
    const unsigned sector = sector_of_block(block);
    const unsigned end = trailer(sector);

    if (block == end)
        return READING_FINE;
    enum reading reading = authenticate(memory, block, classic->key_kind, classic->key);
    if (reading == READING_NO_MATCH)
        return end_before_sector(memory);
    for (; reading == READING_FINE && block < end && !has_enough(memory); block++) {
        reading = read_block(memory, block, memory->bytes + memory->count);
        if (reading == READING_FINE)
            memory->count += BLOCK_BYTES;
    }
    memory->sector = sector;
    if (reading == READING_DOUBT)
        return refuse_block(memory, block, classic->key_kind, classic->key);
    return reading;
}

static enum reading read_from_address(struct memory *memory)
{
    enum reading reading = READING_FINE;

    for (unsigned block = memory->classic->address;
         reading == READING_FINE && block < memory->blocks && !has_enough(memory);
         block = first_block(sector_of_block(block) + 1))
        reading = read_sector(memory, block);
    return reading;
}

/* READING_NO_MATCH: the card has no such directory. */
static enum reading read_directory(struct memory *memory, enum mad_part part)
{
    uint8_t bytes[MAD_2_BYTES];
    unsigned first = part == MAD_1 ? MAD_1_BLOCK : MAD_2_BLOCK;
    unsigned count = (part == MAD_1 ? MAD_1_BYTES : MAD_2_BYTES) / BLOCK_BYTES;
    enum reading reading = authenticate(memory, first, CARD_KEY_A, public_key_a);

    for (unsigned i = 0; reading == READING_FINE && i < count; i++)
        reading = read_block(memory, first + i, bytes + (size_t) i * BLOCK_BYTES);
    if (reading == READING_DOUBT)
        return refuse_block(memory, first, CARD_KEY_A, public_key_a);
    if (reading == READING_FINE && !mad_parse(&memory->mad, part, bytes))
        reading = READING_NO_MATCH;
    return reading;
}

/* The sectors of the application in the directory that was read. */
static enum reading read_application(struct memory *memory)
{
    const uint16_t aid = memory->classic->aid;
    enum reading reading = READING_FINE;

    for (unsigned sector = mad_next_sector(&memory->mad, aid, 0);
         reading == READING_FINE && sector != 0 && first_block(sector) < memory->blocks && !has_enough(memory);
         sector = mad_next_sector(&memory->mad, aid, sector))
        reading = read_sector(memory, first_block(sector));
    return reading;
}

static enum reading read_by_directory(struct memory *memory)
{
    enum reading reading = read_directory(memory, MAD_1);

    if (reading == READING_FINE)
        reading = read_application(memory);
    if (reading != READING_FINE || has_enough(memory) || memory->blocks < BLOCKS_MAX)
        return reading;
    reading = read_directory(memory, MAD_2);
    if (reading == READING_NO_MATCH)
        return READING_END; /* it has no second one */
    return reading == READING_FINE ? read_application(memory) : reading;
}

static enum template_result run(const void *instance, struct exchange *exchange, struct template_found *found)
{
    const struct classic *classic = instance;
    struct memory memory = {
        .classic = classic, .exchange = exchange, .blocks = card_classic_blocks(exchange->card),
        .wanted_bytes = output_wanted_bytes(&classic->output),
    };

    enum reading reading = classic->aid != 0 ? read_by_directory(&memory) : read_from_address(&memory);
    if (reading == READING_FAILED) {
        found->error = memory.error;
        return TEMPLATE_FAILED;
    }
    if (reading == READING_NO_MATCH)
        return TEMPLATE_NO_MATCH;
    size_t size_bytes = has_enough(&memory) ? memory.wanted_bytes : memory.count;
    found->tag_data = output_put(&classic->output, memory.bytes, size_bytes);
    return found->tag_data != NULL ? TEMPLATE_MATCHED : TEMPLATE_NO_MATCH;
}

const struct template_type template_mifare_classic = {
    .name = "mifare-classic",
    .technologies = technologies,
    .create = create,
    .free = release,
    .wants = wants,
    .run = run,
};
