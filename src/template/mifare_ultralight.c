/* SPDX-License-Identifier: MIT */
/*
 * The template "Mifare UltraLight": pages of a Type 2 tag (UltraLight, UltraLight C, UltraLight EV1, NTAG), as they lie
 * in its memory. Formats: the vendor's template registers (firmware 1.31), "Mifare UltraLight"; PC/SC part 3,
 * 3.2.2.1.8 (Read Binary); NXP MF0ICU1, MF0ICU2, MF0ULx1, NTAG203, NTAG210/212 and NTAG213/215/216, each under READ.
 *
 * The end of the memory. A tag answers READ with 16 bytes from any page that it has, and refuses it from a page that it
 * has not or that a password protects. When fewer than four pages follow, it goes on with page 0: it rolls over.
 * Neither PC/SC nor the anti-collision tells how many pages there are, and a password may take some away. So the size
 * is not looked up but found: what may have been rolled over are the last pages of an answer, and the first of these is
 * then a copy of page 0. Page 0 is known from the identifier. A page that looks so is read once more from its own
 * number: if that is refused the memory ended before it, else it is data that only looks so. This is exact for every
 * size and every protection, and costs nothing unless a page looks so.
 *
 * Assumption: all there is. A format of variable length takes the data area that the capability container in page 3
 * tells (NFC Forum Type 2 Tag, 6.1: E1, version 1, size / 8). A tag without one ends where its user memory ends, which
 * the number of its pages tells for NXP's; any other ends with its last page that can be read. An address behind the
 * user memory also reads up to the last page that can be read.
 *
 * Assumption: a reader that does not say why it refuses a page may have lost the tag. The tag is then brought back and
 * asked for a page that it gave before, so that nobody gets half of the data.
 */
#include "template/output.h"
#include "template/type.h"

#include "base/memory.h"
#include "card/kind.h"

#include <stdlib.h>
#include <string.h>

enum { LOOKUP = 0x62, LETTER = 'U' };
enum { PAGE_BYTES = 4, PAGES_MAX = 256, READ_BYTES = 16, READ_PAGES = 4 };

/* What a reader is asked for at once, until it turns out to give less: a multiple of 16 that fits in Le. */
enum { ASK_MAX_BYTES = 240 };

/* Page 3: E1, version (major in the upper half), size of the data area in 8 bytes, access. It begins in page 4. */
enum { CC_PAGE = 3, CC_MAGIC = 0xE1, CC_VERSION = 1, CC_SIZE_PAGES = 2, DATA_PAGE = 4 };

struct ultralight {
    unsigned address;
    struct output output;
};

struct memory {
    struct exchange *exchange;
    unsigned first;           /* the page at bytes[0] */
    unsigned next;            /* the page behind the last one in bytes */
    unsigned last_read;       /* the page at which the tag's last READ began */
    size_t ask_bytes;
    bool silent;              /* the tag refused a page, and may have to be selected again */
    bool distrusted;          /* more than one READ was refused, by the tag or by the reader: maybe the same */
    bool has_page_0;
    uint8_t page_0[PAGE_BYTES];
    enum card_error error;
    uint8_t bytes[PAGES_MAX * PAGE_BYTES];
};

enum reading {
    READING_FINE,
    READING_END,      /* there is no such page */
    READING_DOUBT,    /* it was refused, and the reader does not say why */
    READING_FAILED,   /* memory->error */
};

static unsigned technologies(uint8_t lookup)
{
    return lookup == LOOKUP ? CARD_NFC_A : 0;
}

static void *create(const struct template_registers *registers)
{
    struct ultralight *ultralight = memory_zeroed(1, sizeof *ultralight);
    const uint8_t *location = registers->at[TEMPLATE_LOCATION].bytes;

    ultralight->address = location[0];
    output_init(&ultralight->output, registers, (struct output_shift) { location[1], location[2] }, LOOKUP, LETTER);
    return ultralight;
}

static void release(void *instance)
{
    struct ultralight *ultralight = instance;

    output_release(&ultralight->output);
    free(ultralight);
}

static bool wants(const void *instance, const struct card *card)
{
    (void) instance;
    return card->technology == CARD_NFC_A && card_memory(card) == CARD_MEMORY_TYPE_2;
}

static enum reading fail(struct memory *memory, int error)
{
    memory->error = (enum card_error) error;
    return READING_FAILED;
}

/* A tag that refuses a READ falls back to its idle state; not every reader selects it again. */
static bool is_refused_by_reader(int status)
{
    int sw1 = status >> 8;

    return sw1 == 0x67 || (sw1 == 0x6A && status != SW_NOT_FOUND) || sw1 == 0x6B || sw1 == 0x6D || sw1 == 0x6E;
}

static enum reading wake(struct memory *memory)
{
    struct card *card = memory->exchange->card;

    if (!memory->silent || card->restart == NULL)
        return READING_FINE;
    memory->silent = false;
    int error = card->restart(card);
    return error == 0 ? READING_FINE : fail(memory, error);
}

static enum reading ask_once(struct memory *memory, unsigned page, size_t ask_bytes, uint8_t *data,
                             size_t capacity_bytes, unsigned *count)
{
    size_t data_bytes = 0;

    *count = 0;
    if (wake(memory) == READING_FAILED)
        return READING_FAILED;
    int status = exchange_read_binary(memory->exchange, (uint8_t) page, (uint8_t) ask_bytes, data, capacity_bytes,
                                      &data_bytes);
    if (status < 0)
        return fail(memory, status);
    if (status == SW_SUCCESS || status == SW_END_OF_DATA) {
        *count = (unsigned) (data_bytes / PAGE_BYTES);
        memory->distrusted = false;
        if (status == SW_END_OF_DATA)
            return READING_END;
        return *count > 0 ? READING_FINE : fail(memory, CARD_ERROR_MUTE);
    }
    memory->silent = ask_bytes == READ_BYTES && !is_refused_by_reader(status);
    return status == SW_NOT_FOUND ? READING_END : READING_DOUBT;
}

/*
 * Asks for pages. What comes is whole pages, *count of them, at least one when it is fine. A tag that a question too
 * long for its reader may have put to sleep is brought back once it is silent: to do so at once would take much longer.
 */
static enum reading ask(struct memory *memory, unsigned page, size_t ask_bytes, uint8_t *data, size_t capacity_bytes,
                        unsigned *count)
{
    enum reading reading = ask_once(memory, page, ask_bytes, data, capacity_bytes, count);

    if (reading != READING_DOUBT || !memory->distrusted)
        return reading;
    memory->distrusted = false;
    return ask_once(memory, page, ask_bytes, data, capacity_bytes, count);
}

static void keep(struct memory *memory, const uint8_t *data, unsigned count)
{
    unsigned room = PAGES_MAX - memory->next;
    unsigned kept = count < room ? count : room;

    if (kept == 0)
        return;
    memcpy(memory->bytes + (size_t) (memory->next - memory->first) * PAGE_BYTES, data, (size_t) kept * PAGE_BYTES);
    memory->last_read = memory->next + (kept - 1) / READ_PAGES * READ_PAGES;
    memory->next += kept;
}

/* Some of the pages up to the limit, as many as the reader gives at once. */
static enum reading read_on(struct memory *memory, unsigned limit)
{
    uint8_t data[EXCHANGE_ANSWER_MAX_BYTES];
    unsigned count = 0;
    size_t missing_bytes = (size_t) (limit - memory->next) * PAGE_BYTES;
    size_t ask_bytes = (missing_bytes + READ_BYTES - 1) / READ_BYTES * READ_BYTES;

    if (ask_bytes > memory->ask_bytes)
        ask_bytes = memory->ask_bytes;
    enum reading reading = ask(memory, memory->next, ask_bytes, data, sizeof data, &count);
    keep(memory, data, count);
    if (reading == READING_FINE && count * PAGE_BYTES < ask_bytes) /* in whole READs, one at least */
        memory->ask_bytes = count > READ_PAGES ? count / READ_PAGES * READ_BYTES : READ_BYTES;
    if (count > 0 || reading == READING_FAILED || ask_bytes == READ_BYTES)
        return reading;
    /* That may have been too much for the reader, or beyond the end in part. */
    memory->ask_bytes = READ_BYTES;
    memory->distrusted = reading == READING_DOUBT;
    return READING_FINE;
}

/* Whether the tag has a page, which is to have that content if it is given. */
static enum reading probe(struct memory *memory, unsigned page, const uint8_t *content)
{
    uint8_t data[EXCHANGE_ANSWER_MAX_BYTES];
    unsigned count = 0;
    enum reading reading = ask(memory, page, READ_BYTES, data, sizeof data, &count);

    if (reading == READING_FAILED || count == 0)
        return reading;
    if (content != NULL && memcmp(data, content, PAGE_BYTES) != 0)
        return fail(memory, CARD_ERROR_MUTE);
    if (page == 0) {
        memcpy(memory->page_0, data, PAGE_BYTES);
        memory->has_page_0 = true;
    }
    return READING_FINE;
}

static const uint8_t *page_at(const struct memory *memory, unsigned page)
{
    return memory->bytes + (size_t) (page - memory->first) * PAGE_BYTES;
}

/* Page 0 is the first three bytes of the identifier and a check byte over them and the cascade tag. */
static void learn_page_0(struct memory *memory)
{
    enum { UID_BYTES = 7, CASCADE_TAG = 0x88 };
    const struct card *card = memory->exchange->card;

    if (memory->has_page_0 || card->uid_bytes != UID_BYTES)
        return;
    memcpy(memory->page_0, card->uid, 3);
    memory->page_0[3] = (uint8_t) (CASCADE_TAG ^ card->uid[0] ^ card->uid[1] ^ card->uid[2]);
    memory->has_page_0 = true;
}

/*
 * Takes back what the tag's last READ has rolled over, of the pages before the limit, and makes sure that the tag is
 * still there if the reading ended in doubt.
 */
static enum reading settle(struct memory *memory, unsigned limit, bool doubt)
{
    unsigned end = memory->next < limit ? memory->next : limit;

    learn_page_0(memory);
    if (!memory->has_page_0 && memory->last_read + 1 < end && probe(memory, 0, NULL) != READING_FINE)
        return memory->error != 0 ? READING_FAILED : fail(memory, CARD_ERROR_MUTE);
    for (unsigned page = memory->last_read + 1; page < end; page++) {
        if (memcmp(page_at(memory, page), memory->page_0, PAGE_BYTES) != 0)
            continue;
        enum reading reading = probe(memory, page, NULL);
        if (reading == READING_FAILED)
            return reading;
        if (reading == READING_FINE)
            continue;
        doubt = doubt || reading == READING_DOUBT;
        end = page;
    }
    memory->next = end;
    if (!doubt)
        return READING_FINE;
    enum reading reading = probe(memory, memory->last_read, page_at(memory, memory->last_read));
    return reading == READING_FINE || reading == READING_FAILED ? reading : fail(memory, CARD_ERROR_MUTE);
}

/* Where the user memory of an NXP tag ends that has so many pages to read; 0 for any other number. */
static unsigned user_end(unsigned pages)
{
    static const struct {
        unsigned pages;
        unsigned end;
    } sizes[] = {
        { 16, 16 },    /* UltraLight */
        { 20, 16 },    /* UltraLight EV1 of 48 bytes, NTAG210 */
        { 41, 36 },    /* UltraLight EV1 of 128 bytes, NTAG212 */
        { 42, 40 },    /* NTAG203 */
        { 44, 40 },    /* UltraLight C: its four pages of keys are never read */
        { 45, 40 },    /* NTAG213 */
        { 135, 130 },  /* NTAG215 */
        { 231, 226 },  /* NTAG216 */
    };

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        if (sizes[i].pages == pages)
            return sizes[i].end;
    }
    return 0;
}

/* The first page is refused, which is no match: the tag wakes up for the next template, if it is still there. */
static enum reading read_nothing(struct memory *memory, enum reading reading)
{
    return reading == READING_DOUBT ? wake(memory) : READING_FINE;
}

/* Pages up to the limit. Fewer, or none, if the memory ends before. *ended: it did. */
static enum reading read_pages(struct memory *memory, unsigned limit, bool *ended)
{
    enum reading reading = READING_FINE;

    while (reading == READING_FINE && memory->next < limit)
        reading = read_on(memory, limit);
    if (reading == READING_FAILED)
        return reading;
    *ended = reading != READING_FINE || limit == PAGES_MAX;
    if (memory->next == memory->first)
        return read_nothing(memory, reading);
    return settle(memory, limit, reading == READING_DOUBT);
}

/* The first pages, which a variable length needs for the capability container. The end of the data area, or 0. */
static enum reading read_header(struct memory *memory, unsigned *data_end)
{
    uint8_t header[EXCHANGE_ANSWER_MAX_BYTES];
    unsigned count = 0;
    enum reading reading = ask(memory, 0, READ_BYTES, header, sizeof header, &count);

    if (reading == READING_FAILED)
        return reading;
    if (count < READ_PAGES)
        return count == 0 ? READING_END : fail(memory, CARD_ERROR_MUTE);
    memcpy(memory->page_0, header, PAGE_BYTES);
    memory->has_page_0 = true;
    if (memory->first < READ_PAGES)
        keep(memory, header + (size_t) memory->first * PAGE_BYTES, READ_PAGES - memory->first);

    const uint8_t *cc = header + CC_PAGE * PAGE_BYTES;
    if (cc[0] == CC_MAGIC && cc[1] >> 4 == CC_VERSION && cc[2] != 0)
        *data_end = DATA_PAGE + (unsigned) cc[2] * CC_SIZE_PAGES;
    return READING_FINE;
}

static enum reading read_all(struct memory *memory)
{
    unsigned data_end = 0;
    bool ended = false;
    enum reading reading = read_header(memory, &data_end);

    if (reading == READING_FAILED)
        return reading;
    if (reading != READING_FINE)
        return read_nothing(memory, reading);
    bool has_limit = data_end > memory->first && data_end < PAGES_MAX;
    reading = read_pages(memory, has_limit ? data_end : PAGES_MAX, &ended);
    if (reading == READING_FINE && ended && data_end == 0) {
        unsigned end = user_end(memory->next);
        if (end > memory->first)
            memory->next = end;
    }
    return reading;
}

static enum reading read_memory(struct memory *memory, size_t wanted_bytes)
{
    size_t limit = memory->first + (wanted_bytes + PAGE_BYTES - 1) / PAGE_BYTES;
    bool ended = false;

    if (wanted_bytes == 0)
        return read_all(memory);
    return read_pages(memory, limit < PAGES_MAX ? (unsigned) limit : PAGES_MAX, &ended);
}

static enum template_result run(const void *instance, struct exchange *exchange, struct template_found *found)
{
    const struct ultralight *ultralight = instance;
    const size_t wanted_bytes = output_wanted_bytes(&ultralight->output);
    struct memory memory = {
        .exchange = exchange, .first = ultralight->address, .next = ultralight->address, .ask_bytes = ASK_MAX_BYTES,
    };

    if (read_memory(&memory, wanted_bytes) == READING_FAILED) {
        found->error = memory.error;
        return TEMPLATE_FAILED;
    }
    size_t size_bytes = (size_t) (memory.next - memory.first) * PAGE_BYTES;
    if (wanted_bytes > 0 && size_bytes > wanted_bytes)
        size_bytes = wanted_bytes;
    found->tag_data = output_put(&ultralight->output, memory.bytes, size_bytes);
    return found->tag_data != NULL ? TEMPLATE_MATCHED : TEMPLATE_NO_MATCH;
}

const struct template_type template_mifare_ultralight = {
    .name = "mifare-ultralight",
    .technologies = technologies,
    .create = create,
    .free = release,
    .wants = wants,
    .run = run,
};
