/* SPDX-License-Identifier: MIT */
/*
 * The template "ISO 15693 Memory": blocks of a vicinity card, as they lie in its memory. Formats: the vendor's template
 * registers (firmware 1.31), "ISO 15693 Memory"; ISO/IEC 15693-3:2009, 4.2 (1 to 32 bytes a block, the vendor's readers
 * take 64); PC/SC part 3, 3.2.2.1.8 (Read Binary).
 *
 * How many bytes a block has, PC/SC does not tell. The reader is asked for all bytes that are wanted at once, beginning
 * with the first block. Often that is all. If it gives less, or says 6C XX, that is one block, and so the size of it.
 * If it gives all it was asked for and that is still not enough, it is asked for the same number of bytes from the next
 * block on: how far the two answers are shifted against one another is the size of a block. A reader that refuses so
 * many bytes is asked for fewer; one that calls the length wrong (67 00), for those of one block of each usual size.
 *
 * Assumption: a block of which all this says nothing (a reader that takes 4 bytes only, a memory of equal bytes) has 4
 * bytes, or 8 on a Fujitsu card (identifier E0 08), as all makers but that one have.
 *
 * Assumption: the end of the memory is where the reader says so (6A 82, 62 82), or where it refuses a block for another
 * reason while the first block can still be read. A block that is protected (69 82) is no end: the template does not
 * match, for its data is not complete.
 */
#include "template/output.h"
#include "template/type.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { LOOKUP = 0x54, LETTER = 'V' };
enum { BLOCKS_MAX = 256, BLOCK_MAX_BYTES = 64, MEMORY_MAX_BYTES = BLOCKS_MAX * BLOCK_MAX_BYTES };
enum { COMMON_BLOCK_BYTES = 4, FUJITSU_BLOCK_BYTES = 8 };

/* What a reader is asked for at once at most: a multiple of each usual size of a block, that fits in Le. */
enum { ASK_MAX_BYTES = 192, ASK_LESS = 4 };

struct iso15693 {
    unsigned address;
    struct output output;
};

struct memory {
    struct exchange *exchange;
    unsigned first;             /* the block at bytes[0] */
    unsigned next;              /* the block behind the last one in bytes; counts only when block_bytes is known */
    size_t usual_block_bytes;
    size_t block_bytes;         /* 0 = not known */
    size_t ask_bytes;
    enum card_error error;
    uint8_t *bytes;             /* with room for one answer behind the largest memory */
    size_t count;
};

enum reading {
    READING_FINE,
    READING_END,      /* there is no more */
    READING_DOUBT,    /* it was refused, and the reader does not say why */
    READING_REFUSED,  /* it is protected, or not to be read at all */
    READING_LENGTH,   /* the reader does not take that length */
    READING_FAILED,   /* memory->error */
};

static unsigned technologies(uint8_t lookup)
{
    return lookup == LOOKUP ? CARD_NFC_V : 0;
}

static void *create(const struct template_registers *registers)
{
    struct iso15693 *iso15693 = memory_zeroed(1, sizeof *iso15693);
    const uint8_t *location = registers->at[TEMPLATE_LOCATION].bytes;

    iso15693->address = location[0];
    output_init(&iso15693->output, registers, (struct output_shift) { location[1], location[2] }, LOOKUP, LETTER);
    return iso15693;
}

static void release(void *instance)
{
    struct iso15693 *iso15693 = instance;

    output_release(&iso15693->output);
    free(iso15693);
}

static bool wants(const void *instance, const struct card *card)
{
    (void) instance;
    return card->technology == CARD_NFC_V;
}

/* The identifier begins with E0 and the maker; some readers give it the other way round. */
static size_t usual_block_bytes(const struct card *card)
{
    enum { UID_BYTES = 8, UID_FIRST = 0xE0, FUJITSU = 0x08 };
    const uint8_t *uid = card->uid;

    if (card->uid_bytes != UID_BYTES)
        return COMMON_BLOCK_BYTES;
    bool fujitsu = uid[0] == UID_FIRST ? uid[1] == FUJITSU : uid[7] == UID_FIRST && uid[6] == FUJITSU;
    return fujitsu ? FUJITSU_BLOCK_BYTES : COMMON_BLOCK_BYTES;
}

static size_t round_up(size_t bytes, size_t unit)
{
    return (bytes + unit - 1) / unit * unit;
}

static enum reading fail(struct memory *memory, int error)
{
    memory->error = (enum card_error) error;
    return READING_FAILED;
}

/* READING_FINE and READING_END come with data, the second maybe with none. */
static enum reading ask(struct memory *memory, unsigned block, size_t ask_bytes, uint8_t *data, size_t *data_bytes)
{
    int status = exchange_read_binary(memory->exchange, (uint8_t) block, (uint8_t) ask_bytes, data,
                                      EXCHANGE_ANSWER_MAX_BYTES, data_bytes);

    if (status < 0)
        return fail(memory, status);
    if (status == SW_SUCCESS)
        return *data_bytes > 0 ? READING_FINE : fail(memory, CARD_ERROR_MUTE);
    if (status == SW_END_OF_DATA)
        return READING_END;
    *data_bytes = 0;
    if (status == SW_SECURITY)
        return READING_REFUSED;
    if (status == SW_WRONG_LENGTH)
        return READING_LENGTH;
    return status == SW_NOT_FOUND ? READING_END : READING_DOUBT;
}

/* data_bytes of the block at the end of what there is, and what follows it. */
static void keep(struct memory *memory, const uint8_t *data, size_t data_bytes)
{
    memcpy(memory->bytes + memory->count, data, data_bytes);
    memory->count += data_bytes;
}

/* The size of a block is known: what is there becomes whole blocks. */
static void set_block_bytes(struct memory *memory, size_t block_bytes)
{
    memory->block_bytes = block_bytes;
    memory->count -= memory->count % block_bytes;
    memory->next = memory->first + (unsigned) (memory->count / block_bytes);
}

/* The first block, from a reader that calls the length wrong. *ask_bytes becomes the one that it takes. */
static enum reading try_lengths(struct memory *memory, uint8_t *data, size_t *data_bytes, size_t *ask_bytes)
{
    static const uint8_t lengths[] = { 4, 8, 16, 32, 64, 1, 2 };
    const size_t refused_bytes = *ask_bytes;
    enum reading reading = READING_LENGTH;

    for (size_t i = 0; reading == READING_LENGTH && i < sizeof lengths; i++) {
        if (lengths[i] == refused_bytes)
            continue;
        *ask_bytes = lengths[i];
        reading = ask(memory, memory->first, *ask_bytes, data, data_bytes);
    }
    return reading;
}

/* The first answer, with which the reader shows what it can. */
static enum reading read_first(struct memory *memory, size_t limit_bytes)
{
    const size_t least_bytes = memory->usual_block_bytes;
    const unsigned sent = memory->exchange->commands_sent;
    uint8_t data[EXCHANGE_ANSWER_MAX_BYTES];
    size_t data_bytes = 0;
    size_t ask_bytes = round_up(limit_bytes < ASK_MAX_BYTES ? limit_bytes : ASK_MAX_BYTES, least_bytes);
    enum reading reading = ask(memory, memory->first, ask_bytes, data, &data_bytes);
    /* 6C XX, which costs a second command, leaves open whether the reader takes several blocks: it is tried. */
    bool told = memory->exchange->commands_sent > sent + 1;
    bool single = reading == READING_LENGTH;

    if (single)
        reading = try_lengths(memory, data, &data_bytes, &ask_bytes);
    while ((reading == READING_END || reading == READING_DOUBT) && data_bytes == 0 && ask_bytes > least_bytes) {
        /* That may have been too much for the reader, or beyond the end in part. */
        ask_bytes = round_up(ask_bytes / ASK_LESS, least_bytes);
        reading = ask(memory, memory->first, ask_bytes, data, &data_bytes);
    }
    if (data_bytes == 0)
        return reading == READING_FAILED ? reading : READING_REFUSED;
    keep(memory, data, data_bytes);
    memory->ask_bytes = ask_bytes;
    if (reading == READING_END || memory->count >= limit_bytes)
        return reading;
    if (!single && ask_bytes > least_bytes && (data_bytes == ask_bytes || data_bytes > BLOCK_MAX_BYTES))
        return READING_FINE; /* several blocks */
    if (data_bytes > BLOCK_MAX_BYTES)
        return fail(memory, CARD_ERROR_MUTE);
    set_block_bytes(memory, data_bytes);
    if (!told)
        memory->ask_bytes = data_bytes;
    return READING_FINE;
}

/* Whether the second answer can be the one from a block later, if a block has so many bytes. */
static bool fits_shift(const struct memory *memory, size_t block_bytes, const uint8_t *data, size_t data_bytes)
{
    size_t common_bytes = memory->count - block_bytes;

    if (common_bytes > data_bytes)
        common_bytes = data_bytes;
    return memcmp(memory->bytes + block_bytes, data, common_bytes) == 0;
}

static size_t find_shift(const struct memory *memory, const uint8_t *data, size_t data_bytes)
{
    if (fits_shift(memory, memory->usual_block_bytes, data, data_bytes))
        return memory->usual_block_bytes;
    for (size_t block_bytes = 1; block_bytes <= BLOCK_MAX_BYTES && block_bytes < memory->count; block_bytes++) {
        if (fits_shift(memory, block_bytes, data, data_bytes))
            return block_bytes;
    }
    return 0;
}

/* The reader gives several blocks at once; an answer from the second one shows how long the first is. */
static enum reading learn_block_bytes(struct memory *memory)
{
    uint8_t data[EXCHANGE_ANSWER_MAX_BYTES];
    size_t data_bytes = 0;

    if (memory->first + 1 >= BLOCKS_MAX)
        return READING_END;
    enum reading reading = ask(memory, memory->first + 1, memory->ask_bytes, data, &data_bytes);
    if (reading == READING_FAILED)
        return reading;
    if (data_bytes == 0) { /* it does not reach so far: block by block from there on */
        memory->ask_bytes = memory->usual_block_bytes;
        set_block_bytes(memory, memory->usual_block_bytes);
        return READING_FINE;
    }
    size_t block_bytes = find_shift(memory, data, data_bytes);
    if (block_bytes == 0)
        return fail(memory, CARD_ERROR_MUTE);
    if (data_bytes > memory->count - block_bytes) {
        size_t known_bytes = memory->count - block_bytes;
        keep(memory, data + known_bytes, data_bytes - known_bytes);
    }
    set_block_bytes(memory, block_bytes);
    return reading;
}

/* Some more blocks, as many as the reader gives at once. */
static enum reading read_on(struct memory *memory, size_t limit_bytes)
{
    uint8_t data[EXCHANGE_ANSWER_MAX_BYTES];
    size_t data_bytes = 0;
    size_t ask_bytes = round_up(limit_bytes - memory->count, memory->block_bytes);
    size_t most_bytes = memory->ask_bytes - memory->ask_bytes % memory->block_bytes;

    if (memory->next >= BLOCKS_MAX)
        return READING_END;
    if (most_bytes < memory->block_bytes)
        most_bytes = memory->block_bytes;
    if (ask_bytes > most_bytes)
        ask_bytes = most_bytes;
    enum reading reading = ask(memory, memory->next, ask_bytes, data, &data_bytes);
    if (reading == READING_FINE && data_bytes % memory->block_bytes != 0)
        return fail(memory, CARD_ERROR_MUTE);
    if (data_bytes < ask_bytes)
        memory->ask_bytes = data_bytes > memory->block_bytes ? data_bytes : memory->block_bytes;
    keep(memory, data, data_bytes);
    memory->next += (unsigned) (data_bytes / memory->block_bytes);
    if (data_bytes > 0 || reading == READING_FAILED || ask_bytes == memory->block_bytes)
        return reading;
    return READING_FINE; /* once more, block by block */
}

/* Whether the card still gives its first block, and the same. */
static enum reading make_sure(struct memory *memory)
{
    uint8_t data[EXCHANGE_ANSWER_MAX_BYTES];
    size_t data_bytes = 0;
    enum reading reading = ask(memory, memory->first, memory->block_bytes, data, &data_bytes);

    if (reading == READING_FAILED)
        return reading;
    if (data_bytes == 0 || data_bytes > memory->count || memcmp(data, memory->bytes, data_bytes) != 0)
        return fail(memory, CARD_ERROR_MUTE);
    return READING_END;
}

static enum reading read_memory(struct memory *memory, size_t limit_bytes)
{
    enum reading reading = read_first(memory, limit_bytes);

    if (reading == READING_FINE && memory->count < limit_bytes && memory->block_bytes == 0)
        reading = learn_block_bytes(memory);
    while (reading == READING_FINE && memory->count < limit_bytes)
        reading = read_on(memory, limit_bytes);
    return reading == READING_DOUBT || reading == READING_LENGTH ? make_sure(memory) : reading;
}

static enum template_result run(const void *instance, struct exchange *exchange, struct template_found *found)
{
    const struct iso15693 *iso15693 = instance;
    const size_t wanted_bytes = output_wanted_bytes(&iso15693->output);
    const size_t limit_bytes = wanted_bytes > 0 ? wanted_bytes : MEMORY_MAX_BYTES;
    struct memory memory = {
        .exchange = exchange, .first = iso15693->address, .next = iso15693->address,
        .usual_block_bytes = usual_block_bytes(exchange->card),
        .bytes = memory_zeroed(MEMORY_MAX_BYTES + EXCHANGE_ANSWER_MAX_BYTES, 1),
    };

    enum reading reading = read_memory(&memory, limit_bytes);
    size_t size_bytes = memory.count < limit_bytes ? memory.count : limit_bytes;
    if (reading == READING_FINE || reading == READING_END)
        found->tag_data = output_put(&iso15693->output, memory.bytes, size_bytes);
    free(memory.bytes);
    if (reading == READING_FAILED) {
        found->error = memory.error;
        return TEMPLATE_FAILED;
    }
    return found->tag_data != NULL ? TEMPLATE_MATCHED : TEMPLATE_NO_MATCH;
}

const struct template_type template_iso15693_memory = {
    .name = "iso15693-memory",
    .technologies = technologies,
    .create = create,
    .free = release,
    .wants = wants,
    .run = run,
};
