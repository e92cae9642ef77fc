/* SPDX-License-Identifier: MIT */
#include "device/config_feedback.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { DEVICES_MAX = 16 };

const struct field_option config_sequence_options[] = {
    { 0x00, "none", "nothing", NULL },
    { 0x01, "no-mother-board", "01", NULL },
    { 0x02, "no-battery", "02", NULL },
    { 0x03, "hardware-error", "03", NULL },
    { 0x04, "not-genuine", "04", NULL },
    { 0x05, "cancel", "05", NULL },
    { 0x06, "startup", "06", NULL },
    { 0x07, "shutdown", "07", NULL },
    { 0x08, "please-wait", "08", NULL },
    { 0x09, "bootloader-waiting", "09", NULL },
    { 0x0A, "firmware-upgrading", "0A", NULL },
    { 0x0B, "firmware-upgraded", "0B", NULL },
    { 0x0C, "config-cleared", "0C", NULL },
    { 0x0D, "self-test", "0D", NULL },
    { 0x0E, "wink", "0E", NULL },
    { 0x0F, "blackout", "0F", NULL },
    { 0x10, "started-idle", "10", NULL },
    { 0x11, "started-active", "11", NULL },
    { 0x13, "suspended", "13", NULL },
    { 0x20, "reader-inactive", "20", NULL },
    { 0x21, "reader-active", "21", NULL },
    { 0x22, "reading", "22", NULL },
    { 0x23, "read-success", "23", NULL },
    { 0x24, "read-failed", "24", NULL },
    { 0x25, "read-again", "25", NULL },
    { 0x28, "tag-insert", "28", NULL },
    { 0x29, "tag-present", "29", NULL },
    { 0x2A, "tag-active", "2A", NULL },
    { 0x2B, "tag-error", "2B", NULL },
    { 0x2C, "tag-counterfeit", "2C", NULL },
    { 0x2E, "listener-idle", "2E", NULL },
    { 0x2F, "listener-active", "2F", NULL },
    { 0x60, "access-granted", "60", NULL },
    { 0x61, "access-denied", "61", NULL },
    { 0, NULL, NULL, NULL },
};

static const struct field_option driver_options[] = {
    { 0, "log", "Lines of the log: commands at level info, signals of the gateway's own at level debug", NULL },
    { 1, "sysfs-leds", "LEDs of the kernel (/sys/class/leds)", NULL },
    { 4, "gpio", "Lines of a GPIO chip (libgpiod)", NULL },
    { 2, "pcsc", "The LEDs and the buzzer of a PC/SC reader itself", NULL },
    { 3, "command", "A program, run for each action", NULL },
    { 0, NULL, NULL, NULL },
};

static const struct field_option commands_options[] = {
    { 0, "auto", "by the reader's name", NULL },
    { 1, "acr122", "ACR122U and those with its commands", NULL },
    { 2, "acr1252", "ACR1252U, ACR1251U", NULL },
    { 0, NULL, NULL, NULL },
};

#define IN_DEVICE(member) .offset = offsetof(struct settings_feedback_device, member)
#define OUTPUTS "\"sysfs-leds\" and \"gpio\""

static const struct extension_def table[] = {
    { .field = { .path = "feedback.devices.driver", .title = "Driver", .kind = FIELD_CHOICE, .options = driver_options,
                 .effect = "what the signals act through" },
      IN_DEVICE(driver), .default_text = "log" },
    { .field = { .path = "feedback.devices.reader", .title = "Reader", .kind = FIELD_TEXT,
                 .effect = "the label, a pattern with * and ?; what became of a read at another reader is not signalled"
                           " here; commands always act" },
      IN_DEVICE(reader), .default_text = "*", .limit_bytes = 32 },
    { .field = { .path = "feedback.devices.path", .title = "Program", .kind = FIELD_TEXT,
                 .effect = "for the driver \"command\" only; it is started without a shell, see the README for what it is"
                           " told" },
      IN_DEVICE(path), .default_text = "", .limit_bytes = 1024, .is_path = true },
    { .field = { .path = "feedback.devices.time_limit", .title = "Time for a run", .kind = FIELD_NUMBER, .min = 50,
                 .max = 60000, .unit = "ms",
                 .effect = "for the driver \"command\" only; a program that takes longer is ended" },
      IN_DEVICE(time_limit_ms), .default_value = 2000 },
    { .field = { .path = "feedback.devices.folder", .title = "Folder of the LEDs", .kind = FIELD_TEXT,
                 .effect = "for the driver \"sysfs-leds\" only" },
      IN_DEVICE(folder), .default_text = "/sys/class/leds", .limit_bytes = 1024, .is_path = true },
    { .field = { .path = "feedback.devices.chip", .title = "GPIO chip", .kind = FIELD_TEXT,
                 .effect = "for the driver \"gpio\" only; its name or path" },
      IN_DEVICE(chip), .default_text = "gpiochip0", .limit_bytes = 256 },
    { .field = { .path = "feedback.devices.name", .title = "PC/SC reader name", .kind = FIELD_TEXT,
                 .effect = "for the driver \"pcsc\" only; a pattern with * and ?; only readers of the list readers" },
      IN_DEVICE(name), .default_text = "*", .limit_bytes = 256 },
    { .field = { .path = "feedback.devices.commands", .title = "How the PC/SC reader is told", .kind = FIELD_CHOICE,
                 .options = commands_options, .effect = "for the driver \"pcsc\" only" },
      IN_DEVICE(commands), .default_text = "auto" },
    { .field = { .path = "feedback.devices.red", .title = "Red", .kind = FIELD_TEXT,
                 .effect = "for the drivers " OUTPUTS " only, as all of the following; the name of the LED, or the name or number"
                           " of the line, with ! before it for one that is on when it is low" },
      IN_DEVICE(red), .default_text = "", .limit_bytes = 64 },
    { .field = { .path = "feedback.devices.green", .title = "Green", .kind = FIELD_TEXT, .effect = "the same" },
      IN_DEVICE(green), .default_text = "", .limit_bytes = 64 },
    { .field = { .path = "feedback.devices.blue", .title = "Blue", .kind = FIELD_TEXT, .effect = "the same" },
      IN_DEVICE(blue), .default_text = "", .limit_bytes = 64 },
    { .field = { .path = "feedback.devices.leds", .title = "LEDs 1 to 4 of READER COMMAND", .kind = FIELD_TEXT,
                 .effect = "names with spaces between them" },
      IN_DEVICE(leds), .default_text = "", .limit_bytes = 256 },
    { .field = { .path = "feedback.devices.buzzer", .title = "Buzzer", .kind = FIELD_TEXT,
                 .effect = "one that sounds while its output is on" },
      IN_DEVICE(buzzer), .default_text = "", .limit_bytes = 64 },
    { .field = { .path = "feedback.devices.relays", .title = "Relays 1 to 8 of READER COMMAND", .kind = FIELD_TEXT,
                 .effect = "names with spaces between them" },
      IN_DEVICE(relays), .default_text = "", .limit_bytes = 512 },
};

#define OUTPUT_OWNERS " sysfs-leds gpio "

/* Which drivers know a setting that not all know. */
static const struct {
    const char *setting;
    const char *drivers;    /* with a space around each */
} owners[] = {
    { "name", " pcsc " },            { "commands", " pcsc " },
    { "path", " command " },         { "time_limit", " command " },   { "folder", " sysfs-leds " },
    { "chip", " gpio " },            { "red", OUTPUT_OWNERS },        { "green", OUTPUT_OWNERS },
    { "blue", OUTPUT_OWNERS },       { "leds", OUTPUT_OWNERS },       { "buzzer", OUTPUT_OWNERS },
    { "relays", OUTPUT_OWNERS },
};

const struct extension_def *config_feedback_table(size_t *count)
{
    *count = sizeof table / sizeof table[0];
    return table;
}

static const struct extension_def *find_setting(const char *name)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (strcmp(strrchr(table[i].field.path, '.') + 1, name) == 0)
            return &table[i];
    }
    return NULL;
}

static void set_text(struct settings_feedback_device *settings, const struct extension_def *def, const char *text)
{
    memcpy((char *) settings + def->offset, &text, sizeof text);
}

static void set_number(struct settings_feedback_device *settings, const struct extension_def *def, unsigned number)
{
    memcpy((char *) settings + def->offset, &number, sizeof number);
}

static void default_device(struct settings_feedback_device *settings)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (table[i].field.kind == FIELD_NUMBER)
            set_number(settings, &table[i], table[i].default_value);
        else
            set_text(settings, &table[i], table[i].default_text);
    }
}

static void read_setting(struct config_reader *reader, const struct config_node *node, size_t index,
                         struct settings_feedback_device *settings)
{
    const struct extension_def *def = find_setting(node->name);
    char *path = text_format("feedback.devices.%s", node->name);
    char *place = text_format("feedback.devices[%zu].%s", index + 1, node->name);
    struct config_value value = { 0 };

    if (def == NULL)
        config_complain_unknown(reader, node, path, place);
    else if (!config_read_value(reader, node, place, &def->field, def->limit_bytes, def->default_value, &value))
        /* said */;
    else if (def->field.kind == FIELD_NUMBER)
        set_number(settings, def, value.number);
    else
        set_text(settings, def, def->is_path ? config_keep_path(reader, value.text)
                                             : config_keep(reader->config, text_copy(value.text)));
    free(place);
    free(path);
}

/* Settings that belong to another driver than the entry's. */
static void check_owners(struct config_reader *reader, const struct config_node *entry, const char *place,
                         const char *driver)
{
    char *wanted = text_format(" %s ", driver);

    for (size_t i = 0; i < sizeof owners / sizeof owners[0]; i++) {
        const struct config_node *node = config_node_child(entry, owners[i].setting);

        if (node == NULL || strstr(owners[i].drivers, wanted) != NULL)
            continue;
        char *problem = text_format("the driver \"%s\" has no %s; next: take it away, or write another driver", driver,
                                    owners[i].setting);
        config_complain(reader, node, place, problem);
        free(problem);
    }
    free(wanted);
}

static bool has_output(const struct settings_feedback_device *settings)
{
    return *settings->red != '\0' || *settings->green != '\0' || *settings->blue != '\0' || *settings->leds != '\0' ||
           *settings->buzzer != '\0' || *settings->relays != '\0';
}

/* Whether libgpiod is there was settled when this was built. */
static void check_gpio(struct config_reader *reader, const struct config_node *entry, const char *place,
                       const struct settings_feedback_device *settings)
{
    if (!has_output(settings))
        config_complain(reader, entry, place, "the driver \"gpio\" needs at least one of red, green, blue, leds, buzzer,"
                        " relays; next: gpioinfo shows the lines");
#ifndef HAVE_LIBGPIOD
    config_complain(reader, config_node_child(entry, "driver"), place,
                    "the driver \"gpio\" is not possible: this springpark is built without libgpiod; next: install"
                    " libgpiod-dev and configure and build again");
#endif
}

static void check_device(struct config_reader *reader, const struct config_node *entry, size_t index,
                         const struct settings_feedback_device *settings)
{
    char *place = text_format("feedback.devices[%zu]", index + 1);

    check_owners(reader, entry, place, settings->driver);
    if (strcmp(settings->driver, "command") == 0 && *settings->path == '\0')
        config_complain(reader, entry, place, "the driver \"command\" needs path, the program");
    if (strcmp(settings->driver, "sysfs-leds") == 0 && !has_output(settings))
        config_complain(reader, entry, place, "the driver \"sysfs-leds\" needs at least one of red, green, blue, leds,"
                        " buzzer, relays; next: ls /sys/class/leds shows the names");
    if (strcmp(settings->driver, "gpio") == 0)
        check_gpio(reader, entry, place, settings);
    free(place);
}

void config_read_feedback_devices(struct config_reader *reader, const struct config_node *list)
{
    struct settings_feedback *settings = &reader->config->settings.feedback;

    if (!config_expect(reader, list, "feedback.devices", CONFIG_LIST))
        return;
    if (list->count > DEVICES_MAX) {
        config_complain(reader, list, "feedback.devices", "too many entries: at most 16");
        return;
    }
    settings->has_devices = true;
    settings->devices = memory_zeroed(list->count + 1, sizeof *settings->devices);
    settings->devices_count = list->count;
    for (size_t i = 0; i < list->count; i++) {
        const struct config_node *entry = &list->children[i];
        size_t errors_before = errors_count(reader->errors);

        default_device(&settings->devices[i]);
        if (!config_expect(reader, entry, "feedback.devices", CONFIG_GROUP))
            continue;
        for (size_t k = 0; k < entry->count; k++)
            read_setting(reader, &entry->children[k], i, &settings->devices[i]);
        if (errors_count(reader->errors) == errors_before)
            check_device(reader, entry, i, &settings->devices[i]);
    }
}

void config_default_feedback(struct settings *settings)
{
    if (settings->feedback.has_devices)
        return;
    settings->feedback.devices = memory_zeroed(1, sizeof *settings->feedback.devices);
    settings->feedback.devices_count = 1;
    default_device(&settings->feedback.devices[0]);
}
