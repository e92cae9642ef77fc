/* SPDX-License-Identifier: MIT */
/*
 * Who has a device, found in made-up trees of /dev, /proc, /sys and /run/lock. The device is always /dev/null (1:3), to
 * which the tree's nodes and descriptors are links, so that no test needs to make a node.
 */
#include "reader/nfc_holder.h"

#include "base/memory.h"
#include "reader/nfc_proc.h"

#include <check.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

static char tree[64];
enum { ROOTS = 5 };
static char *root_paths[ROOTS];
static struct nfc_roots roots;
static pid_t living, dead;

static void create(void)
{
    static const char *const folders[] = { "dev", "proc", "sys", "run", "var" };

    strcpy(tree, "/tmp/check-nfc-holder-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(tree));
    for (size_t index = 0; index < ROOTS; index++) {
        root_paths[index] = text_format("%s/%s", tree, folders[index]);
        ck_assert_int_eq(mkdir(root_paths[index], 0755), 0);
    }
    roots = (struct nfc_roots) { .dev = root_paths[0], .proc = root_paths[1], .sys = root_paths[2],
                                 .locks = { root_paths[3], root_paths[4] } };
    living = getppid();
    dead = fork();
    if (dead == 0)
        _exit(0);
    ck_assert_int_eq(waitpid(dead, NULL, 0), dead);
}

static void destroy(void)
{
    char *command = text_format("rm -rf %s", tree);

    ck_assert_int_eq(system(command), 0);
    free(command);
    for (size_t index = 0; index < ROOTS; index++)
        free(root_paths[index]);
}

/* The path in the tree, its folders made. */
static char *place_in_tree(const char *path)
{
    char *whole = text_format("%s/%s", tree, path);

    for (char *slash = strchr(whole + strlen(tree) + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        (void) mkdir(whole, 0755);
        *slash = '/';
    }
    return whole;
}

static void put_bytes(const char *path, const void *bytes, size_t count)
{
    char *whole = place_in_tree(path);
    FILE *file = fopen(whole, "we");

    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, count, file), count);
    ck_assert_int_eq(fclose(file), 0);
    free(whole);
}

static void put(const char *path, const char *text)
{
    put_bytes(path, text, strlen(text));
}

static void put_link(const char *path, const char *target)
{
    char *whole = place_in_tree(path);

    ck_assert_int_eq(symlink(target, whole), 0);
    free(whole);
}

/* A process of the tree; terminal: field tty_nr of its stat. */
static void put_process(long pid, const char *name, long parent, unsigned terminal)
{
    char *path = text_format("proc/%ld/comm", pid), *text = text_format("%s\n", name);

    put(path, text);
    free(path);
    free(text);
    path = text_format("proc/%ld/stat", pid);
    text = text_format("%ld (%s) S %ld %ld %ld %d -1 4194560 1 2 3 4\n", pid, name, parent, pid, pid, (int) terminal);
    put(path, text);
    free(path);
    free(text);
}

static void put_descriptor(long pid, int number, const char *target)
{
    char *path = text_format("proc/%ld/fd/%d", pid, number);

    put_link(path, target);
    free(path);
}

/* "pn532_uart:TREE/dev/NAME": read with its tree. */
static void place_of(const char *driver, const char *name, struct nfc_place *place)
{
    char *connection = text_format("%s:%s/dev/%s", driver, tree, name);

    nfc_place_read(connection, place);
    free(connection);
}

typedef char *ask(const struct nfc_roots *roots, const struct nfc_place *place);

/* What is said, has all of these; NULL: nothing is said. */
static void says(ask *question, const struct nfc_place *place, const char *one, const char *two)
{
    char *said = question(&roots, place);

    if (one == NULL) {
        ck_assert_msg(said == NULL, "%s", said);
        return;
    }
    ck_assert_msg(said != NULL, "nothing is said; wanted: %s", one);
    ck_assert_msg(strstr(said, one) != NULL && strstr(said, two) != NULL, "%s", said);
    ck_assert_msg(strstr(said, "; next: ") != NULL, "%s", said);
    free(said);
}

static void serial_says(ask *question, const char *one, const char *two)
{
    struct nfc_place place;

    place_of("pn532_uart", "ttyAMA0", &place);
    says(question, &place, one, two);
}

static void usb_says(const char *connection, const char *one, const char *two)
{
    struct nfc_place place;

    nfc_place_read(connection, &place);
    ck_assert_int_eq(place.kind, NFC_PLACE_USB);
    says(nfc_holder_find, &place, one, two);
}

static void put_usb(const char *name, const char *bus, const char *device, const char *vendor, const char *product)
{
    const char *const files[][2] = {
        { "busnum", bus }, { "devnum", device }, { "idVendor", vendor }, { "idProduct", product } };

    for (size_t index = 0; index < sizeof files / sizeof files[0]; index++) {
        char *path = text_format("sys/bus/usb/devices/%s/%s", name, files[index][0]);
        put(path, files[index][1]);
        free(path);
    }
}

enum { NULL_TTY = (1 << 8) | 3 };  /* 1:3 as tty_nr has it */

/* ---- serial lines ---- */

START_TEST(nobody_is_found_on_a_free_line)
{
    put_link("dev/ttyAMA0", "/dev/null");
    put_process(100, "cron", 1, 0);
    put_descriptor(100, 0, "/dev/zero");
    put("proc/consoles", "tty0                 -WU (EC p  )    4:1\n");
    serial_says(nfc_holder_find, NULL, NULL);
    serial_says(nfc_holder_conflict, NULL, NULL);
}
END_TEST

START_TEST(nothing_is_known_without_any_tree)
{
    static const char *const connections[] = { "pn532_uart:/dev/null", "pn532_i2c:/dev/i2c-1", "pn53x_usb", "*",
                                               "pn532_spi:/dev/spidev0.0", "acr122_usb:001:002" };
    const struct nfc_roots nowhere = { "/nowhere", "/nowhere", "/nowhere", { "/nowhere", "/nowhere" } };

    for (size_t index = 0; index < sizeof connections / sizeof connections[0]; index++) {
        struct nfc_place place;
        nfc_place_read(connections[index], &place);
        ck_assert_ptr_null(nfc_holder_find(&nowhere, &place));
        ck_assert_ptr_null(nfc_holder_conflict(&nowhere, &place));
        ck_assert_ptr_null(nfc_holder_absence(&nowhere, &place));
    }
}
END_TEST

START_TEST(who_has_it_open_is_named)
{
    put_link("dev/ttyAMA0", "/dev/null");
    put_process(100, "cron", 1, 0);
    put_descriptor(100, 0, "/dev/zero");
    put_process(812, "minicom", 1, 0);
    put_descriptor(812, 0, "/dev/zero");
    put_descriptor(812, 1, "pipe:[4711]");
    put_descriptor(812, 7, "/dev/null");
    serial_says(nfc_holder_find, "minicom (process 812) has ", "/dev/ttyAMA0 open");
    serial_says(nfc_holder_conflict, NULL, NULL);
}
END_TEST

START_TEST(who_has_locked_it_is_named_before_who_only_has_it_open)
{
    struct stat status;

    ck_assert_int_eq(stat("/dev/null", &status), 0);
    put_link("dev/ttyAMA0", "/dev/null");
    put_process(700, "monitor", 1, 0);
    put_descriptor(700, 3, "/dev/null");
    put_process(812, "springparkd", 1, 0);
    char *locks = text_format("1: POSIX  ADVISORY  WRITE 1 %02x:%02x:%llu 0 EOF\n2: -> FLOCK ADVISORY WRITE 2 "
                              "%02x:%02x:%llu 0 EOF\n3: FLOCK  ADVISORY  WRITE 700 %02x:%02x:%llu 0 EOF\nnonsense\n"
                              "4: FLOCK  ADVISORY  WRITE 812 %02x:%02x:%llu 0 EOF\n",
                              major(status.st_dev), minor(status.st_dev), (unsigned long long) status.st_ino,
                              major(status.st_dev), minor(status.st_dev), (unsigned long long) status.st_ino,
                              major(status.st_dev), minor(status.st_dev), (unsigned long long) status.st_ino + 1,
                              major(status.st_dev), minor(status.st_dev), (unsigned long long) status.st_ino);
    put("proc/locks", locks);
    free(locks);
    serial_says(nfc_holder_find, "springparkd (process 812) has locked ", "/dev/ttyAMA0");
}
END_TEST

START_TEST(we_and_our_helper_do_not_count)
{
    put_link("dev/ttyAMA0", "/dev/null");
    put_process((long) getpid(), "springparkd", 1, NULL_TTY);
    put_descriptor((long) getpid(), 3, "/dev/null");
    put_process(813, "springpark-nfc", (long) getpid(), NULL_TTY);
    put_descriptor(813, 3, "/dev/null");
    serial_says(nfc_holder_find, NULL, NULL);
    serial_says(nfc_holder_conflict, NULL, NULL);
}
END_TEST

START_TEST(a_login_is_named_with_the_service_to_disable)
{
    put_link("dev/ttyAMA0", "/dev/null");
    put_process(501, "agetty", 1, NULL_TTY);
    serial_says(nfc_holder_find, "a login runs on", "(agetty, process 501); next: systemctl disable --now ");
    serial_says(nfc_holder_conflict, "a login runs on", "take console=");
}
END_TEST

START_TEST(the_owner_of_a_lock_file_is_named)
{
    char *text = text_format("%10ld\n", (long) living);

    put_link("dev/ttyAMA0", "/dev/null");
    put("run/LCK..ttyAMA0", text);
    put_process((long) living, "minicom", 1, 0);
    free(text);
    text = text_format("minicom (process %ld) has locked ", (long) living);
    serial_says(nfc_holder_find, text, "/run/LCK..ttyAMA0");
    serial_says(nfc_holder_conflict, text, "/run/LCK..ttyAMA0");
    free(text);
}
END_TEST

START_TEST(a_lock_file_in_the_other_folder_for_the_real_name_and_in_binary_counts_too)
{
    int pid = (int) living;

    put_link("dev/ttyAMA0", "/dev/null");
    put_bytes("var/LCK..null", &pid, sizeof pid);
    serial_says(nfc_holder_conflict, "? (process ", "/var/LCK..null");
}
END_TEST

START_TEST(a_lock_file_without_a_living_owner_does_not_count)
{
    char *texts[] = { text_format("%10ld\n", (long) dead), text_format("%10ld\n", (long) getpid()), text_copy(""),
                      text_copy("minicom\n"), text_copy("-1\n"), text_copy("0\n"), text_copy("99999999999999999999\n"),
                      text_copy("1x\n"), text_copy("\xff\xff\xff\xff"), text_copy("\xff\xff\xff\xff\xff") };

    put_link("dev/ttyAMA0", "/dev/null");
    for (size_t index = 0; index < sizeof texts / sizeof texts[0]; index++) {
        put("run/LCK..ttyAMA0", texts[index]);
        serial_says(nfc_holder_conflict, NULL, NULL);
        free(texts[index]);
    }
}
END_TEST

START_TEST(the_console_of_the_kernel_is_named)
{
    put_link("dev/ttyAMA0", "/dev/null");
    put("proc/consoles", "tty0 -WU (EC p  ) 4:1\nnonsense\nttyAMA0              -W- (E  p )    1:3\n");
    serial_says(nfc_holder_find, "the kernel writes its messages to", "take console=");
    serial_says(nfc_holder_conflict, NULL, NULL);
}
END_TEST

/* ---- nodes that are not there ---- */

START_TEST(a_node_that_only_this_process_does_not_see_wants_the_drop_in)
{
    struct nfc_place place;

    put("sys/class/tty/ttyAMA0/dev", "204:64\n");
    serial_says(nfc_holder_absence, "PrivateDevices=yes", "the drop-in");
    put("sys/class/i2c-dev/i2c-1/dev", "89:1\n");
    place_of("pn532_i2c", "i2c-1", &place);
    says(nfc_holder_absence, &place, "PrivateDevices=yes", "i2c-1");
    put("sys/class/spidev/spidev0.0/dev", "153:0\n");
    place_of("pn532_spi", "spidev0.0", &place);
    says(nfc_holder_absence, &place, "PrivateDevices=yes", "spidev0.0");
    place_of("pn532_spi", "spidev0.1", &place);
    says(nfc_holder_absence, &place, NULL, NULL);
}
END_TEST

START_TEST(a_line_that_a_kernel_driver_took_is_told)
{
    serial_says(nfc_holder_absence, NULL, NULL);
    put_link("sys/bus/serial/devices/serial0-0/driver", "../../../../bus/serial/drivers/pn532_uart");
    serial_says(nfc_holder_absence, "the kernel driver pn532_uart", "device tree");
}
END_TEST

START_TEST(bluetooth_on_the_line_is_told)
{
    put_link("sys/bus/serial/devices/serial0-0/driver", "../../../../bus/serial/drivers/hci_uart_bcm");
    serial_says(nfc_holder_absence, "the kernel driver hci_uart_bcm", "dtoverlay=disable-bt");
}
END_TEST

/* ---- I2C and SPI ---- */

START_TEST(a_module_that_has_the_chip_on_the_i2c_bus_is_named)
{
    struct nfc_place place;

    place_of("pn532_i2c", "i2c-1", &place);
    put("dev/i2c-1", "");
    put_link("sys/bus/i2c/devices/2-0024/driver", "../../../bus/i2c/drivers/pn533_i2c");
    says(nfc_holder_find, &place, NULL, NULL);
    put_link("sys/bus/i2c/devices/1-0024/driver", "../../../bus/i2c/drivers/pn533_i2c");
    says(nfc_holder_find, &place, "kernel module pn533_i2c has the chip at address 24h of ", "modprobe -r pn533_i2c");
}
END_TEST

START_TEST(a_process_on_the_same_bus_is_named_and_not_accused)
{
    struct nfc_place place;

    put_link("dev/spidev0.0", "/dev/null");
    put_process(900, "display", 1, 0);
    put_descriptor(900, 4, "/dev/null");
    place_of("pn532_spi", "spidev0.0", &place);
    says(nfc_holder_find, &place, "display (process 900) has ", "if it is for the same chip");
    says(nfc_holder_conflict, &place, NULL, NULL);
}
END_TEST

/* ---- USB ---- */

START_TEST(a_kernel_module_that_has_the_usb_reader_is_named)
{
    put_usb("1-1.4", "1\n", "4\n", "04cc\n", "2533\n");
    put("sys/bus/usb/devices/1-1.4:1.0/bInterfaceNumber", "00\n");
    put_link("sys/bus/usb/devices/1-1.4:1.0/driver", "../../../../bus/usb/drivers/pn533_usb");
    usb_says("pn53x_usb", "the kernel module pn533_usb has the USB device 001:004", "modprobe -r pn533_usb");
    usb_says("pn53x_usb:001:004", "the kernel module pn533_usb has the USB device 001:004", "modprobe.d");
    usb_says("pn53x_usb:001:005", NULL, NULL);
    usb_says("acr122_usb", NULL, NULL);
}
END_TEST

START_TEST(each_device_that_libnfc_knows_is_known)
{
    static const char *const known[][3] = {
        { "pn53x_usb", "04cc", "0531" }, { "pn53x_usb", "04cc", "2533" }, { "pn53x_usb", "04e6", "5591" },
        { "pn53x_usb", "04e6", "5594" }, { "pn53x_usb", "054c", "0193" }, { "pn53x_usb", "1fd3", "0608" },
        { "pn53x_usb", "054c", "02e1" }, { "acr122_usb", "072f", "2200" }, { "acr122_usb", "072f", "90cc" },
        { "acr122_usb", "072f", "2214" } };

    put_link("sys/bus/usb/devices/3-2:1.0/driver", "../drivers/some_module");
    for (size_t index = 0; index < sizeof known / sizeof known[0]; index++) {
        put_usb("3-2", "3", "77", known[index][1], known[index][2]);
        usb_says(known[index][0], "the kernel module some_module has the USB device 003:077", "");
    }
    put_usb("3-2", "3", "77", "04cc", "2534");
    usb_says("pn53x_usb", NULL, NULL);
}
END_TEST

START_TEST(pcscd_is_named_with_both_ways_out)
{
    put_usb("1-2", "1", "4", "072f", "2200");
    put_link("sys/bus/usb/devices/1-2:1.0/driver", "../drivers/usbfs");
    put_link("dev/bus/usb/001/004", "/dev/null");
    put_process(812, "pcscd", 1, 0);
    put_descriptor(812, 9, "/dev/null");
    usb_says("acr122_usb", "pcscd (process 812) has the USB device 001:004", "driver = \"pcsc\"");
}
END_TEST

START_TEST(pcscd_is_suspected_where_its_descriptors_are_not_seen)
{
    put_usb("1-2", "1", "4", "072f", "2200");
    put_link("sys/bus/usb/devices/1-2:1.0/driver", "../drivers/usbfs");
    put_process(812, "pcscd", 1, 0);
    usb_says("acr122_usb:001:004", "pcscd (process 812) probably has the USB device 001:004", "disable --now pcscd.");
}
END_TEST

START_TEST(another_program_on_the_usb_reader_is_named_if_it_is_seen)
{
    put_usb("1-2", "1", "4", "04e6", "5591");
    put_link("sys/bus/usb/devices/1-2:1.0/driver", "../drivers/usbfs");
    put_link("dev/bus/usb/001/004", "/dev/null");
    usb_says("pn53x_usb", "another program has the USB device 001:004", "fuser -v");
    put_process(33, "nfc-list", 1, 0);
    put_descriptor(33, 9, "/dev/null");
    usb_says("pn53x_usb", "nfc-list (process 33) has the USB device 001:004", "end it");
}
END_TEST

START_TEST(a_usb_reader_that_nobody_has_but_we_may_not_open_is_told)
{
    put_usb("1-2", "1", "4", "04e6", "5591");
    usb_says("pn53x_usb", "may not open the USB device 001:004", "60-springpark-nfc.rules");
    put("dev/bus/usb/001/004", "");
    usb_says("pn53x_usb", NULL, NULL);
}
END_TEST

START_TEST(the_second_reader_is_looked_at_too)
{
    put_usb("1-1", "1", "3", "04cc", "2533");
    put("dev/bus/usb/001/003", "");
    put_usb("1-2", "1", "4", "04cc", "2533");
    put_link("sys/bus/usb/devices/1-2:1.0/driver", "../drivers/pn533_usb");
    put("dev/bus/usb/001/004", "");
    usb_says("pn53x_usb", "pn533_usb has the USB device 001:004", "");
}
END_TEST

START_TEST(nonsense_in_sys_is_no_device)
{
    put_usb("1-1", "x", "3", "04cc", "2533");
    put_usb("1-2", "1", "", "04cc", "2533");
    put_usb("1-3", "1", "99999999999", "04cc", "2533");
    put_usb("1-4", "1", "5", "04ccz", "2533");
    put_usb("1-5", "1 2", "5", "04cc", "2533");
    usb_says("pn53x_usb", NULL, NULL);
}
END_TEST

/* ---- /proc/PID/stat and names ---- */

START_TEST(stat_is_read_whatever_the_process_calls_itself)
{
    static const char *const names[] = { "agetty", "a b", ") S 1 1 1 99", "((((", "))))", ")\n(", "", "\xff\x01" };

    for (size_t index = 0; index < sizeof names / sizeof names[0]; index++) {
        pid_t parent = 0;
        dev_t terminal = 0;
        char *text = text_format("77 (%s) S 5 77 77 %d -1 4194560 0\n", names[index], (204 << 8) | 64);
        ck_assert(nfc_proc_parse_stat(text, &parent, &terminal));
        ck_assert_int_eq(parent, 5);
        ck_assert(terminal == makedev(204, 64));
        free(text);
    }
}
END_TEST

START_TEST(large_and_missing_terminals_are_read)
{
    pid_t parent;
    dev_t terminal;

    /* 136:300, and one with the uppermost bit set, which the kernel prints as a negative number */
    ck_assert(nfc_proc_parse_stat("7 (a) S 1 7 7 1083436 -1", &parent, &terminal));
    ck_assert(terminal == makedev(136, 300));
    ck_assert(nfc_proc_parse_stat("7 (a) S 1 7 7 -2147481600 -1", &parent, &terminal));
    ck_assert(terminal == makedev(8, 0x80000));
    ck_assert(nfc_proc_parse_stat("7 (a) S 1 7 7 0 -1", &parent, &terminal));
    ck_assert(terminal == 0);
}
END_TEST

START_TEST(what_is_no_stat_is_refused)
{
    static const char *const texts[] = { "", "7", "7 (a", "7 (a)", "7 (a) S", "7 (a) S 1 7 7", "7 (a) S x 7 7 0", ")" };

    for (size_t index = 0; index < sizeof texts / sizeof texts[0]; index++) {
        pid_t parent;
        dev_t terminal;
        ck_assert_msg(!nfc_proc_parse_stat(texts[index], &parent, &terminal), "%s", texts[index]);
    }
}
END_TEST

START_TEST(any_bytes_in_proc_and_in_lock_files_are_lived_with)
{
    unsigned seed = 4711;
    pid_t parent;
    dev_t terminal;

    put_link("dev/ttyAMA0", "/dev/null");
    for (int turn = 0; turn < 100; turn++) {
        char bytes[200];
        size_t count = (size_t) rand_r(&seed) % sizeof bytes;
        for (size_t index = 0; index < count; index++)
            bytes[index] = (char) (rand_r(&seed) % 4 == 0 ? "() \n0189-:"[rand_r(&seed) % 10] : rand_r(&seed) % 256);
        bytes[count] = '\0';
        (void) nfc_proc_parse_stat(bytes, &parent, &terminal);
        put_bytes("proc/55/stat", bytes, count);
        put_bytes("proc/55/comm", bytes, count);
        put_bytes("proc/consoles", bytes, count);
        put_bytes("run/LCK..ttyAMA0", bytes, count);
        struct nfc_place place;
        place_of("pn532_uart", "ttyAMA0", &place);
        free(nfc_holder_find(&roots, &place));
        free(nfc_holder_conflict(&roots, &place));
    }
}
END_TEST

START_TEST(a_name_is_printable_and_never_empty)
{
    struct nfc_process process;

    put("proc/5/comm", "a\x1b[2Jb\xff\n");
    nfc_proc_name(roots.proc, 5, &process);
    ck_assert_str_eq(process.name, "a?[2Jb?");
    put("proc/5/comm", "\n");
    nfc_proc_name(roots.proc, 5, &process);
    ck_assert_str_eq(process.name, "?");
    nfc_proc_name(roots.proc, 6, &process);
    ck_assert_str_eq(process.name, "?");
    put("proc/5/comm", "a-name-that-is-far-longer-than-the-kernel-would-ever-write-it-there\n");
    nfc_proc_name(roots.proc, 5, &process);
    ck_assert_uint_eq(strlen(process.name), NFC_PROC_NAME_BYTES - 1);
}
END_TEST

START_TEST(folders_of_proc_that_are_no_processes_are_passed_over)
{
    struct nfc_process process;

    put("proc/self/comm", "wanted\n");
    put("proc/5x/comm", "wanted\n");
    put("proc/0/comm", "wanted\n");
    put("proc/-5/comm", "wanted\n");
    put("proc/99999999999999999999/comm", "wanted\n");
    ck_assert(!nfc_proc_find_name(roots.proc, "wanted", &process));
    ck_assert_int_eq(process.pid, 0);
    put("proc/5/comm", "wanted\n");
    ck_assert(nfc_proc_find_name(roots.proc, "wanted", &process));
    ck_assert_int_eq(process.pid, 5);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        nobody_is_found_on_a_free_line,
        nothing_is_known_without_any_tree,
        who_has_it_open_is_named,
        who_has_locked_it_is_named_before_who_only_has_it_open,
        we_and_our_helper_do_not_count,
        a_login_is_named_with_the_service_to_disable,
        the_owner_of_a_lock_file_is_named,
        a_lock_file_in_the_other_folder_for_the_real_name_and_in_binary_counts_too,
        a_lock_file_without_a_living_owner_does_not_count,
        the_console_of_the_kernel_is_named,
        a_node_that_only_this_process_does_not_see_wants_the_drop_in,
        a_line_that_a_kernel_driver_took_is_told,
        bluetooth_on_the_line_is_told,
        a_module_that_has_the_chip_on_the_i2c_bus_is_named,
        a_process_on_the_same_bus_is_named_and_not_accused,
        a_kernel_module_that_has_the_usb_reader_is_named,
        each_device_that_libnfc_knows_is_known,
        pcscd_is_named_with_both_ways_out,
        pcscd_is_suspected_where_its_descriptors_are_not_seen,
        another_program_on_the_usb_reader_is_named_if_it_is_seen,
        a_usb_reader_that_nobody_has_but_we_may_not_open_is_told,
        the_second_reader_is_looked_at_too,
        nonsense_in_sys_is_no_device,
        stat_is_read_whatever_the_process_calls_itself,
        large_and_missing_terminals_are_read,
        what_is_no_stat_is_refused,
        any_bytes_in_proc_and_in_lock_files_are_lived_with,
        a_name_is_printable_and_never_empty,
        folders_of_proc_that_are_no_processes_are_passed_over,
    };
    Suite *suite = suite_create("nfc_holder");
    TCase *holders = tcase_create("holders");

    tcase_add_checked_fixture(holders, create, destroy);
    tcase_set_timeout(holders, 60);  /* a sanitizer on a slow machine takes its time */
    for (size_t index = 0; index < sizeof tests / sizeof tests[0]; index++)
        tcase_add_test(holders, tests[index]);
    suite_add_tcase(suite, holders);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
