/* SPDX-License-Identifier: MIT */
/*
 * How a configuration is made, in the order of config_parse_text: the tree is read into registers and extensions
 * (config_read.c, config_registers.c, config_templates.c, config_lists.c), checked as a whole (config_validate.c,
 * config_template_rules.c, config_trust.c) and decoded (config_settings.c). Private to the config_*.c files.
 */
#ifndef SPRINGPARK_DEVICE_CONFIG_PRIVATE_H
#define SPRINGPARK_DEVICE_CONFIG_PRIVATE_H

#include "device/config.h"
#include "device/config_extensions.h"
#include "device/config_node.h"

/* Where a setting was made; both texts are among those of the config. */
struct config_place {
    const char *path;
    const char *place;
};

struct config {
    struct registers *registers;
    struct settings settings;
    struct config_place *places;
    size_t places_count;
    char **texts; /* all that settings points to */
    size_t texts_count;
};

/* Who set a register, or one of its fields. */
struct assignment {
    uint16_t address;
    const struct field_def *field; /* NULL: the whole register, raw */
    const struct config_node *node;
    bool reported; /* its conflict is in errors already */
};

struct config_reader {
    struct config *config;
    const struct config_node *root;
    const char *folder;
    bool files; /* whether "file:PATH" may be read */
    struct errors *errors;
    struct errors *notes;
    struct assignment *assignments;
    size_t assignments_count;
    const struct config_node *lookups[REGISTER_TEMPLATE_INSTANCES]; /* what names the type of a template, or NULL */
    bool types_unknown[REGISTER_TEMPLATE_INSTANCES];                /* it names none that this gateway has */
    bool types_disputed[REGISTER_TEMPLATE_INSTANCES];               /* LKL is set raw, to one of another type */
};

/* A field's value as it is in the file. */
struct config_value {
    uint32_t number;
    const char *text; /* FIELD_TEXT; FIELD_HEX: its digits, not looked at yet; for FIELD_CHOICE the option's name */
};

/* config.c: keeps text, which is the config's from now on, and returns it. */
const char *config_keep(struct config *config, char *text);
/* The same, and a relative path counts from the folder of the file. "" stays "". */
const char *config_keep_path(struct config_reader *reader, const char *path);

/* config_read.c */
void config_read_tree(struct config_reader *reader, const struct config_node *root);
/* Takes the node's value for field; false with a complaint about place if its kind or value does not fit. */
bool config_read_value(struct config_reader *reader, const struct config_node *node, const char *place,
                       const struct field_def *field, size_t limit_bytes, uint32_t default_value,
                       struct config_value *value);
void config_complain(struct config_reader *reader, const struct config_node *node, const char *place,
                     const char *problem);
/* path: the whole, as in the tables; place: the same for the person. */
void config_complain_unknown(struct config_reader *reader, const struct config_node *node, const char *path,
                             const char *place);
/* A node that is no group (or list) where one belongs: false with a complaint. */
bool config_expect(struct config_reader *reader, const struct config_node *node, const char *place,
                   enum config_kind kind);

/* config_paths.c: knows all names of the file. */
bool config_is_group(const char *path);
/* The known setting that is nearest to path, in new memory, or NULL if none is near. */
char *config_suggest(const char *path);

/* config_templates.c */
/* Finds the type and the mode of each template, wherever they stand, and puts them into the registers: what any other
 * setting of it means depends on them. Complains of nothing; whoever reads the settings does. */
void config_find_types(struct config_reader *reader, const struct config_node *root);
void config_read_templates(struct config_reader *reader, const struct config_node *list);
/* False for a template's register that means nothing here, because its type is none of ours, or LKL contradicts the
 * type that is written; of both it is said elsewhere. */
bool config_may_set_raw(const struct config_reader *reader, const struct register_def *row, unsigned instance);

/* config_template_rules.c: what the settings of a template mean together. */
void config_validate_templates(struct config_reader *reader);

/* config_registers.c */
void config_read_field(struct config_reader *reader, const struct config_node *node, const struct register_def *def,
                       const struct field_def *field, unsigned instance, const char *path);
void config_read_registers(struct config_reader *reader, const struct config_node *list);
/* Who set a field, by name or raw; NULL: nobody. */
const struct config_node *config_origin(const struct config_reader *reader, const char *path, unsigned instance);
/* The same for a field that may have no name. */
const struct config_node *config_origin_of(const struct config_reader *reader, const struct register_def *def,
                                           const struct field_def *field, unsigned instance);
/* Who set it by name, and NULL also for a register that was set raw. */
const struct config_node *config_origin_of_field(const struct config_reader *reader, const struct register_def *def,
                                                 const struct field_def *field, unsigned instance);
/* The same for the name of what is no template's. */
const struct config_node *config_origin_by_name(const struct config_reader *reader, const char *path);

/* config_places.c: keeps where each single setting of the tree was made, beyond the life of the tree. */
void config_keep_places(struct config_reader *reader, const struct config_node *root);

/* config_credential.c: whether text is "credential:NAME", a file that systemd hands to the service. */
bool config_is_credential(const char *text);
/* Its path, kept; NULL with a complaint about place if there is no such file. */
const char *config_keep_credential(struct config_reader *reader, const struct config_node *node, const char *place,
                                   const char *text);

/* config_lists.c */
void config_read_readers(struct config_reader *reader, const struct config_node *list);
void config_read_slots(struct config_reader *reader, const struct config_node *group, bool keys);
void config_default_lists(struct config_reader *reader);

/* config_validate.c: what one setting alone does not tell. */
void config_validate(struct config_reader *reader, const struct config_node *root);

/* config_trust.c: the part of it about whom TLS trusts. */
void config_validate_trust(struct config_reader *reader, const struct config_node *root);

/* config_provisioning.c: how a box comes to a certificate of its own. */

/* Fills the slots of that certificate and its key, where nobody named files, with those of the state folder: when they
 * are to be made, and when they were. */
void config_default_own_slots(struct config_reader *reader);
void config_validate_provisioning(struct config_reader *reader, const struct config_node *root);

/* config_id.c: what META shows as ConfigId, of a config that is decoded but for this; new memory. */
char *config_id_of(const struct config *config);

/* config_settings.c: fills what comes from registers; the extensions are there already. */
void config_decode_settings(struct config_reader *reader);

#endif
