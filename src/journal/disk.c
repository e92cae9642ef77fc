/* SPDX-License-Identifier: MIT */
#include "journal/disk.h"

#include "base/memory.h"
#include "journal/checksum.h"
#include "journal/disk_sql.h"
#include "journal/file.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_BYTES 4096
#define CACHE_KIB "512"

/* The log may grow to this many times its measure before it is carried over without an event to be flushed. */
enum { LOG_PATIENCE = 4 };

struct disk {
    sqlite3 *database;
    sqlite3_stmt *statements[STATEMENTS]; /* made when first used */
    sqlite3_stmt *reading;                /* has a row that was handed out */
    bool flushes;                         /* what the pragma says now */
    int log_pages;                        /* after the last commit */
    char *error;
};

/* ---- results ---- */

static enum disk_result result_of(struct disk *disk, int code)
{
    switch (code & 0xFF) {
    case SQLITE_OK:
    case SQLITE_DONE:
    case SQLITE_ROW:
        return DISK_OK;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT:
    case SQLITE_MISMATCH:   /* what only a damaged row can hold against our tables */
    case SQLITE_CONSTRAINT:
    case SQLITE_ERROR:      /* a table is missing: not ours */
    case SQLITE_SCHEMA:
    case SQLITE_TOOBIG:
        free(disk->error);
        disk->error = text_format("it is damaged or not a journal (%s)", sqlite3_errmsg(disk->database));
        return DISK_DAMAGED;
    default:
        break;
    }
    int system_error = disk->database != NULL ? sqlite3_system_errno(disk->database) : 0;
    bool said = system_error != 0 && (code & 0xFF) != SQLITE_BUSY;
    const char *text = (code & 0xFF) == SQLITE_BUSY ? "another process has it open" : sqlite3_errstr(code);

    free(disk->error);
    disk->error = text_format("%s%s%s", text, said ? ": " : "", said ? strerror(system_error) : "");
    return DISK_TROUBLE;
}

const char *disk_error(const struct disk *disk)
{
    return disk->error != NULL ? disk->error : "";
}

/* ---- statements ---- */

/* The statement, ready to be bound; NULL and *code if it cannot be had. */
static sqlite3_stmt *prepare(struct disk *disk, enum statement number, int *code)
{
    sqlite3_stmt **place = &disk->statements[number];

    if (disk->reading != NULL) {
        (void) sqlite3_reset(disk->reading);
        disk->reading = NULL;
    }
    *code = SQLITE_OK;
    if (*place == NULL)
        *code = sqlite3_prepare_v3(disk->database, statement_texts[number], -1, SQLITE_PREPARE_PERSISTENT, place, NULL);
    return *code == SQLITE_OK ? *place : NULL;
}

static void bind_number(sqlite3_stmt *statement, int index, uint64_t number)
{
    (void) sqlite3_bind_int64(statement, index, (sqlite3_int64) number);
}

static uint64_t column_number(sqlite3_stmt *statement, int index)
{
    return (uint64_t) sqlite3_column_int64(statement, index);
}

/* For one that gives no row. */
static enum disk_result finish(struct disk *disk, sqlite3_stmt *statement)
{
    int code = sqlite3_step(statement);

    (void) sqlite3_reset(statement);
    (void) sqlite3_clear_bindings(statement);
    return result_of(disk, code);
}

static enum disk_result run(struct disk *disk, enum statement number)
{
    int code;
    sqlite3_stmt *statement = prepare(disk, number, &code);

    return statement == NULL ? result_of(disk, code) : finish(disk, statement);
}

static enum disk_result run_with_number(struct disk *disk, enum statement number, uint64_t value)
{
    int code;
    sqlite3_stmt *statement = prepare(disk, number, &code);

    if (statement == NULL)
        return result_of(disk, code);
    bind_number(statement, 1, value);
    return finish(disk, statement);
}

/* One number. */
static enum disk_result ask(struct disk *disk, enum statement number, uint64_t *value)
{
    int code;
    sqlite3_stmt *statement = prepare(disk, number, &code);

    if (statement == NULL)
        return result_of(disk, code);
    code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        *value = column_number(statement, 0);
    enum disk_result result = result_of(disk, code);
    (void) sqlite3_reset(statement);
    return result;
}

/* ---- opening and closing ---- */

static int note_log_pages(void *context, sqlite3 *database, const char *name, int pages)
{
    struct disk *disk = context;

    (void) database;
    (void) name;
    disk->log_pages = pages;
    return SQLITE_OK;
}

static enum disk_result execute(struct disk *disk, const char *text)
{
    return result_of(disk, sqlite3_exec(disk->database, text, NULL, NULL, NULL));
}

static enum disk_result read_pragma(struct disk *disk, const char *text, int *value)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(disk->database, text, -1, &statement, NULL);

    if (code == SQLITE_OK) {
        code = sqlite3_step(statement);
        if (code == SQLITE_ROW)
            *value = sqlite3_column_int(statement, 0);
    }
    enum disk_result result = result_of(disk, code);
    (void) sqlite3_finalize(statement);
    return result;
}

static enum disk_result damaged(struct disk *disk, const char *text)
{
    free(disk->error);
    disk->error = text_copy(text);
    return DISK_DAMAGED;
}

/* A file of somebody else's, or of a later version, is none that we may write to. */
static enum disk_result make_or_know(struct disk *disk)
{
    int application = 0;
    int version = 0;
    int objects = 0;
    enum disk_result result = read_pragma(disk, "PRAGMA application_id", &application);

    if (result == DISK_OK)
        result = read_pragma(disk, "PRAGMA user_version", &version);
    if (result == DISK_OK)
        result = read_pragma(disk, "SELECT count(*) FROM sqlite_master", &objects);
    if (result != DISK_OK)
        return result;
    if (application == 0 && version == 0 && objects == 0) {
        result = execute(disk, "BEGIN IMMEDIATE");
        if (result == DISK_OK)
            result = execute(disk, schema);
        return result == DISK_OK ? execute(disk, "COMMIT") : result;
    }
    if (application != APPLICATION_ID)
        return damaged(disk, "it is a database, but not a journal of springpark");
    if (version != SCHEMA_VERSION)
        return damaged(disk, "it is the journal of another version of springpark");
    return DISK_OK;
}

static enum disk_result look_through(struct disk *disk)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(disk->database, "PRAGMA quick_check(1)", -1, &statement, NULL);

    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    enum disk_result result = result_of(disk, code);
    if (code == SQLITE_ROW && strcmp((const char *) sqlite3_column_text(statement, 0), "ok") != 0) {
        free(disk->error);
        disk->error = text_format("it is damaged (%s)", (const char *) sqlite3_column_text(statement, 0));
        result = DISK_DAMAGED;
    }
    (void) sqlite3_finalize(statement);
    return result;
}

static void configure_library(void)
{
    /* Each journal has one thread; what SQLite would count for all its memory is a lock and nobody asks. */
    (void) sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    (void) sqlite3_initialize();
}

static struct disk *open_file(const char *path, const char *vfs, int flags, enum disk_result *result)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct disk *disk = memory_zeroed(1, sizeof *disk);

    (void) pthread_once(&once, configure_library);
    *result = result_of(disk, sqlite3_open_v2(path, &disk->database, flags | SQLITE_OPEN_NOMUTEX, vfs));
    return disk;
}

struct disk *disk_open(const char *path, const char *vfs, bool checked, enum disk_result *result)
{
    if (vfs == NULL)
        file_make(path);
    struct disk *disk = open_file(path, vfs, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, result);

    if (*result != DISK_OK)
        return disk;
    (void) sqlite3_extended_result_codes(disk->database, 1);
    (void) sqlite3_wal_hook(disk->database, note_log_pages, disk); /* in place of carrying the log over by itself */
    disk->flushes = true;
    *result = execute(disk, "PRAGMA locking_mode = EXCLUSIVE; PRAGMA page_size = 4096; PRAGMA journal_mode = WAL;"
                            "PRAGMA synchronous = FULL; PRAGMA cache_size = -" CACHE_KIB "; PRAGMA temp_store = MEMORY;");
    if (*result == DISK_OK)
        *result = make_or_know(disk);
    if (*result == DISK_OK && checked)
        *result = look_through(disk);
    return disk;
}

struct disk *disk_open_damaged(const char *path, const char *vfs, enum disk_result *result)
{
    struct disk *disk = open_file(path, vfs, SQLITE_OPEN_READWRITE, result);

    if (*result != DISK_OK)
        return disk;
    (void) sqlite3_db_config(disk->database, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    *result = execute(disk, "PRAGMA locking_mode = EXCLUSIVE; PRAGMA cell_size_check = ON;");
    return disk;
}

void disk_close(struct disk *disk)
{
    if (disk == NULL)
        return;
    for (size_t i = 0; i < STATEMENTS; i++)
        (void) sqlite3_finalize(disk->statements[i]);
    (void) sqlite3_close(disk->database);
    free(disk->error);
    free(disk);
}

/* ---- transactions ---- */

/* Not by a statement that is kept: SQLite carries out this pragma when it is prepared. */
static enum disk_result set_flushing(struct disk *disk, bool flush)
{
    if (disk->flushes == flush)
        return DISK_OK;
    disk->flushes = flush;
    return execute(disk, flush ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
}

enum disk_result disk_begin(struct disk *disk, bool flush)
{
    enum disk_result result = set_flushing(disk, flush);

    return result == DISK_OK ? run(disk, BEGIN) : result;
}

enum disk_result disk_commit(struct disk *disk, unsigned log_pages)
{
    enum disk_result result = run(disk, COMMIT);

    if (result != DISK_OK)
        return result;
    unsigned limit = disk->flushes ? log_pages : log_pages * LOG_PATIENCE;
    if (disk->log_pages >= 0 && (unsigned) disk->log_pages >= limit) {
        /* What was committed is committed; that the log could not be carried over is the next commit's trouble. */
        (void) sqlite3_wal_checkpoint_v2(disk->database, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
        disk->log_pages = 0;
    }
    return DISK_OK;
}

void disk_rollback(struct disk *disk)
{
    if (disk->database != NULL && !sqlite3_get_autocommit(disk->database)) {
        char *error = disk->error;

        disk->error = NULL; /* what led to this is what is to be said */
        (void) run(disk, ROLLBACK);
        free(disk->error);
        disk->error = error;
    }
}

/* ---- rows ---- */

enum disk_result disk_insert(struct disk *disk, const struct disk_row *row)
{
    int code;
    sqlite3_stmt *statement = prepare(disk, INSERT, &code);

    if (statement == NULL)
        return result_of(disk, code);
    bind_number(statement, 1, row->position);
    bind_number(statement, 2, row->id.startup);
    bind_number(statement, 3, row->id.sequence);
    bind_number(statement, 4, row->state);
    bind_number(statement, 5, row->elapsed_s);
    bind_number(statement, 6, checksum_event(row->id, row->payload, row->size_bytes));
    (void) sqlite3_bind_text(statement, 7, row->reason, -1, SQLITE_STATIC);
    (void) sqlite3_bind_blob64(statement, 8, row->payload, row->size_bytes, SQLITE_STATIC);
    return finish(disk, statement);
}

static enum disk_result change_row(struct disk *disk, enum statement number, uint64_t position, bool *existed)
{
    enum disk_result result = run_with_number(disk, number, position);

    *existed = result == DISK_OK && sqlite3_changes(disk->database) > 0;
    return result;
}

enum disk_result disk_delete(struct disk *disk, uint64_t position, bool *existed)
{
    return change_row(disk, DELETE, position, existed);
}

enum disk_result disk_empty(struct disk *disk, uint64_t position, bool *existed)
{
    return change_row(disk, EMPTY, position, existed);
}

enum disk_result disk_set_state(struct disk *disk, uint64_t position, enum disk_state state, const char *reason,
                                bool *changed)
{
    int code;
    sqlite3_stmt *statement = prepare(disk, SET_STATE, &code);

    if (statement == NULL)
        return result_of(disk, code);
    bind_number(statement, 1, position);
    bind_number(statement, 2, state);
    (void) sqlite3_bind_text(statement, 3, reason, -1, SQLITE_STATIC);
    enum disk_result result = finish(disk, statement);
    *changed = result == DISK_OK && sqlite3_changes(disk->database) > 0;
    return result;
}

static void read_row(sqlite3_stmt *statement, struct disk_row *row)
{
    uint64_t state = column_number(statement, 3);

    row->position = column_number(statement, 0);
    row->id.startup = (uint32_t) column_number(statement, 1);
    row->id.sequence = column_number(statement, 2);
    row->elapsed_s = column_number(statement, 4);
    row->reason = (const char *) sqlite3_column_text(statement, 6);
    row->size_bytes = (size_t) sqlite3_column_bytes(statement, 7);
    row->payload = row->size_bytes > 0 ? sqlite3_column_blob(statement, 7) : "";
    row->state = state == DISK_SET_ASIDE ? DISK_SET_ASIDE : row->size_bytes == 0 ? DISK_DONE : DISK_PENDING;
    row->sound = column_number(statement, 5) == checksum_event(row->id, row->payload, row->size_bytes);
}

static enum disk_result find_row(struct disk *disk, enum statement number, uint64_t position, struct disk_row *row)
{
    int code;
    sqlite3_stmt *statement = prepare(disk, number, &code);

    if (statement == NULL)
        return result_of(disk, code);
    bind_number(statement, 1, position);
    code = sqlite3_step(statement);
    if (code == SQLITE_ROW) {
        read_row(statement, row);
        disk->reading = statement;
        bool onwards = number == PREVIOUS_ANY ? row->position < position : row->position > position;
        return onwards ? DISK_OK : damaged(disk, "it is damaged (its events lead in a circle)");
    }
    enum disk_result result = code == SQLITE_DONE ? DISK_END : result_of(disk, code);
    (void) sqlite3_reset(statement);
    return result;
}

enum disk_result disk_next(struct disk *disk, uint64_t after, struct disk_row *row)
{
    return find_row(disk, NEXT, after, row);
}

enum disk_result disk_next_any(struct disk *disk, uint64_t after, struct disk_row *row)
{
    return find_row(disk, NEXT_ANY, after, row);
}

enum disk_result disk_previous_any(struct disk *disk, uint64_t before, struct disk_row *row)
{
    return find_row(disk, PREVIOUS_ANY, before, row);
}

static enum disk_result read_last(struct disk *disk, struct disk_counts *counts)
{
    int code;
    sqlite3_stmt *statement = prepare(disk, LAST, &code);

    if (statement == NULL)
        return result_of(disk, code);
    bind_number(statement, 1, counts->last_position);
    code = sqlite3_step(statement);
    if (code == SQLITE_ROW) {
        counts->last_elapsed_s = column_number(statement, 0);
        counts->last_done = column_number(statement, 1) == DISK_DONE;
    }
    enum disk_result result = result_of(disk, code);
    (void) sqlite3_reset(statement);
    return result;
}

enum disk_result disk_count(struct disk *disk, struct disk_counts *counts)
{
    int code;
    uint64_t strange = 0;
    sqlite3_stmt *statement = prepare(disk, COUNT, &code);

    memset(counts, 0, sizeof *counts);
    if (statement == NULL)
        return result_of(disk, code);
    code = sqlite3_step(statement);
    if (code == SQLITE_ROW) {
        counts->pending = column_number(statement, 0);
        counts->set_aside = column_number(statement, 1);
        strange = column_number(statement, 2);
        counts->first_position = column_number(statement, 3);
        counts->last_position = column_number(statement, 4);
    }
    enum disk_result result = result_of(disk, code);
    (void) sqlite3_reset(statement);
    if (result == DISK_OK && (strange > 0 || counts->last_position > INT64_MAX / 2))
        return damaged(disk, "it is damaged (an event in no known state)");
    return result == DISK_OK && counts->last_position > 0 ? read_last(disk, counts) : result;
}

/* ---- starts and gaps ---- */

enum disk_result disk_read_starts(struct disk *disk, struct disk_start **starts, size_t *count)
{
    int code;
    sqlite3_stmt *statement = prepare(disk, READ_STARTS, &code);

    *starts = NULL;
    *count = 0;
    if (statement == NULL)
        return result_of(disk, code);
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
        *starts = memory_resize(*starts, *count + 1, sizeof **starts);
        (*starts)[(*count)++] = (struct disk_start) {
            .base = column_number(statement, 0),
            .startup = (uint32_t) column_number(statement, 1),
            .elapsed_s = column_number(statement, 2),
            .clean = column_number(statement, 3) != 0,
        };
    }
    enum disk_result result = result_of(disk, code);
    (void) sqlite3_reset(statement);
    return result;
}

enum disk_result disk_write_start(struct disk *disk, const struct disk_start *start)
{
    int code;
    sqlite3_stmt *statement = prepare(disk, WRITE_START, &code);

    if (statement == NULL)
        return result_of(disk, code);
    bind_number(statement, 1, start->base);
    bind_number(statement, 2, start->startup);
    bind_number(statement, 3, start->elapsed_s);
    bind_number(statement, 4, start->clean);
    return finish(disk, statement);
}

enum disk_result disk_forget_starts(struct disk *disk, uint64_t below_base)
{
    return run_with_number(disk, FORGET_STARTS, below_base);
}

static bool is_reason(uint64_t reason)
{
    return reason >= GAP_FULL && reason <= GAP_MIXED;
}

enum disk_result disk_read_gaps(struct disk *disk, struct gaps *gaps)
{
    int code;
    sqlite3_stmt *statement = prepare(disk, READ_GAPS, &code);

    if (statement == NULL)
        return result_of(disk, code);
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
        uint64_t reason = column_number(statement, 5);
        const struct gap gap = {
            .first = { (uint32_t) column_number(statement, 0), column_number(statement, 1) },
            .last = { (uint32_t) column_number(statement, 2), column_number(statement, 3) },
            .count = column_number(statement, 4),
            .reason = is_reason(reason) ? (enum gap_reason) reason : GAP_MIXED,
        };
        gaps_add(gaps, &gap);
    }
    enum disk_result result = result_of(disk, code);
    (void) sqlite3_reset(statement);
    return result;
}

static enum disk_result write_gap(struct disk *disk, const struct gap *gap)
{
    int code;
    sqlite3_stmt *statement = prepare(disk, WRITE_GAP, &code);

    if (statement == NULL)
        return result_of(disk, code);
    bind_number(statement, 1, gap->first.startup);
    bind_number(statement, 2, gap->first.sequence);
    bind_number(statement, 3, gap->last.startup);
    bind_number(statement, 4, gap->last.sequence);
    bind_number(statement, 5, gap->count);
    bind_number(statement, 6, gap->reason);
    return finish(disk, statement);
}

enum disk_result disk_write_gaps(struct disk *disk, const struct gaps *gaps)
{
    enum disk_result result = run(disk, CLEAR_GAPS);

    for (size_t i = 0; i < gaps_count(gaps) && result == DISK_OK; i++)
        result = write_gap(disk, gaps_get(gaps, i));
    return result;
}

/* ---- size ---- */

unsigned disk_page_bytes(void)
{
    return PAGE_BYTES;
}

enum disk_result disk_used_pages(struct disk *disk, uint64_t *pages)
{
    uint64_t unused = 0;
    enum disk_result result = ask(disk, PAGES, pages);

    if (result == DISK_OK)
        result = ask(disk, FREE_PAGES, &unused);
    *pages -= unused;
    return result;
}

static uint64_t file_bytes(struct disk *disk, int which)
{
    sqlite3_file *file = NULL;
    sqlite3_int64 size = 0;

    if (sqlite3_file_control(disk->database, "main", which, &file) != SQLITE_OK || file == NULL ||
        file->pMethods == NULL || file->pMethods->xFileSize(file, &size) != SQLITE_OK)
        return 0;
    return (uint64_t) size;
}

uint64_t disk_file_bytes(struct disk *disk)
{
    return file_bytes(disk, SQLITE_FCNTL_FILE_POINTER) + file_bytes(disk, SQLITE_FCNTL_JOURNAL_POINTER);
}
