/* SPDX-License-Identifier: MIT */
/* The lock on a real node: a pty of our own, and other processes that want the same. Root passes by TIOCEXCL and by
 * permissions, so what those are to hold off is tried as "nobody" where we are root. */
#include "reader/nfc_lock.h"

#include "base/memory.h"
#include "reader/nfc_place.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOBODY = 65534 };

static char folder[64];
static char *line;         /* the pty's node */
static char *connection;   /* "pn532_uart:" and it */
static int master = -1;
static pid_t other;        /* another process, once start_other() has begun it */

static void create(void)
{
    strcpy(folder, "/tmp/check-nfc-lock-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(chmod(folder, 0755), 0);
    master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    ck_assert(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
    line = text_copy(ptsname(master));
    ck_assert_int_eq(chmod(line, 0666), 0);
    connection = text_format("pn532_uart:%s:115200", line);
    other = 0;
}

static void destroy(void)
{
    (void) close(master);
    char *command = text_format("rm -rf %s", folder);
    ck_assert_int_eq(system(command), 0);
    free(command);
    free(line);
    free(connection);
}

/* Another process that does what it is told to, says that it did, and then stays. It is not our child, which would
 * count as our own helper, but an orphan. */
static void start_other(int (*act)(void))
{
    int ready[2];
    pid_t found = 0;

    ck_assert_int_eq(pipe(ready), 0);
    pid_t between = fork();
    ck_assert_int_ge(between, 0);
    if (between == 0) {
        pid_t child = fork();
        if (child != 0)
            _exit(child < 0);
        (void) alarm(60);  /* a test that fails leaves it behind */
        (void) prctl(PR_SET_NAME, "a terminal)");
        pid_t own = act() == 0 ? getpid() : -1;
        if (write(ready[1], &own, sizeof own) != sizeof own)
            _exit(1);
        (void) close(ready[1]);
        for (;;)
            (void) pause();
    }
    ck_assert_int_eq(waitpid(between, NULL, 0), between);
    (void) close(ready[1]);
    ck_assert_int_eq(read(ready[0], &found, sizeof found), sizeof found);
    (void) close(ready[0]);
    ck_assert_int_gt(found, 0);
    other = found;
}

/* An orphan cannot be waited for: its locks and its terminal are gone when its process is. */
static void end_orphan(void)
{
    pid_t pid = other;

    other = 0;
    ck_assert_int_eq(kill(pid, SIGKILL), 0);
    for (int turn = 0; turn < 5000; turn++) {
        char state = 'Z', text[256] = "";
        char *path = text_format("/proc/%ld/stat", (long) pid);
        FILE *file = fopen(path, "re");
        free(path);
        if (file != NULL) {
            size_t count = fread(text, 1, sizeof text - 1, file);
            text[count] = '\0';
            (void) fclose(file);
            const char *bracket = strrchr(text, ')');
            state = bracket != NULL ? bracket[2] : 'Z';
        }
        if (state == 'Z' || state == 'X')
            return;
        (void) usleep(1000);
    }
    ck_abort_msg("process %ld does not end", (long) pid);
}

/* What act returns in a child process that is not root; -1 if it was killed. */
static int as_nobody(int (*act)(void))
{
    int status = 0;
    pid_t child = fork();

    ck_assert_int_ge(child, 0);
    if (child == 0) {
        if (geteuid() == 0 && (setgroups(0, NULL) != 0 || setgid(NOBODY) != 0 || setuid(NOBODY) != 0))
            _exit(200);
        _exit(act());
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int open_line(void)
{
    int fd = open(line, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

    return fd >= 0 ? 0 : errno;
}

static int flock_line(void)
{
    int fd = open(line, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

    return fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0 ? 0 : errno;
}

static int log_in(void)
{
    if (setsid() < 0)
        return errno;
    int fd = open(line, O_RDWR | O_CLOEXEC);
    return fd >= 0 && ioctl(fd, TIOCSCTTY, 0) == 0 ? 0 : errno;
}

static struct nfc_lock *take(const char *wanted)
{
    char *reason = NULL;
    struct nfc_lock *lock = nfc_lock_take(wanted, &reason);

    ck_assert_msg(lock != NULL, "%s", reason);
    ck_assert_ptr_null(reason);
    return lock;
}

/* It is refused, and the reason has all of these. */
static void refused(const char *wanted, const char *one, const char *two, const char *three)
{
    char *reason = NULL;

    ck_assert_ptr_null(nfc_lock_take(wanted, &reason));
    ck_assert_ptr_nonnull(reason);
    ck_assert_msg(strstr(reason, one) && strstr(reason, two) && strstr(reason, three), "%s", reason);
    ck_assert_msg(strstr(reason, "; next: ") != NULL, "%s", reason);
    free(reason);
}

START_TEST(a_second_one_is_refused_until_the_first_is_released)
{
    struct nfc_lock *lock = take(connection);

    refused(connection, line, "is locked", "no other reader of the configuration");
    nfc_lock_release(lock);
    nfc_lock_release(take(connection));
}
END_TEST

START_TEST(the_lock_is_what_other_programs_look_at)
{
    struct nfc_lock *lock = take(connection);

    ck_assert_int_eq(as_nobody(flock_line), EWOULDBLOCK);
    nfc_lock_release(lock);
    ck_assert_int_eq(as_nobody(flock_line), 0);
}
END_TEST

START_TEST(another_process_that_has_locked_it_is_named)
{
    start_other(flock_line);
    char *process = text_format("a terminal) (process %ld)", (long) other);
    refused(connection, "is locked", line, process);
    free(process);
    end_orphan();
    nfc_lock_release(take(connection));
}
END_TEST

START_TEST(a_link_is_the_same_device)
{
    char *link = text_format("%s/usb-reader", folder);
    char *linked = text_format("arygon:%s", link);

    ck_assert_int_eq(symlink(line, link), 0);
    struct nfc_lock *lock = take(linked);
    refused(connection, line, "is locked", "");
    nfc_lock_release(lock);
    free(linked);
    free(link);
}
END_TEST

START_TEST(the_door_is_closed_to_others_until_it_is_opened)
{
    struct nfc_lock *lock = take(connection);

    ck_assert_int_eq(as_nobody(open_line), 0);
    nfc_lock_close_door(lock);
    ck_assert_int_eq(as_nobody(open_line), EBUSY);
    nfc_lock_open_door(lock);
    ck_assert_int_eq(as_nobody(open_line), 0);
    nfc_lock_close_door(lock);
    nfc_lock_release(lock);
    ck_assert_int_eq(as_nobody(open_line), 0);
}
END_TEST

static int be_refused_as_taken(void)
{
    char *reason = NULL;
    struct nfc_lock *lock = nfc_lock_take(connection, &reason);

    return lock == NULL && strstr(reason, "is taken") != NULL && strstr(reason, "; next: ") != NULL ? 0 : 1;
}

START_TEST(somebody_elses_closed_door_is_said)
{
    int fd = open(line, O_RDWR | O_NOCTTY | O_CLOEXEC);

    ck_assert(fd >= 0 && ioctl(fd, TIOCEXCL) == 0);
    ck_assert_int_eq(as_nobody(be_refused_as_taken), 0);
    (void) close(fd);
}
END_TEST

START_TEST(a_login_on_the_line_is_refused)
{
    start_other(log_in);
    char *process = text_format("process %ld", (long) other);
    refused(connection, "a login runs on", process, "systemctl disable --now serial-getty@");
    free(process);
    end_orphan();
    nfc_lock_release(take(connection));
}
END_TEST

START_TEST(who_only_has_it_open_is_no_reason_but_is_named)
{
    start_other(open_line);
    struct nfc_lock *lock = take(connection);
    char *who = nfc_lock_holder(connection);
    char *process = text_format("a terminal) (process %ld) has %s open", (long) other, line);
    ck_assert_ptr_nonnull(who);
    ck_assert_msg(strstr(who, process) != NULL, "%s", who);
    free(process);
    free(who);
    end_orphan();
    ck_assert_ptr_null(nfc_lock_holder(connection));  /* we ourselves do not count */
    nfc_lock_release(lock);
}
END_TEST

START_TEST(what_is_not_there_is_said_for_each_kind)
{
    refused("pn532_uart:/dev/no-such-line:115200", "/dev/no-such-line is not there", "UART", "/dev/serial/by-id");
    refused("pn532_i2c:/dev/i2c-77", "/dev/i2c-77 is not there", "dtparam=i2c_arm=on", "");
    refused("pn532_spi:/dev/spidev7.7:1000000", "/dev/spidev7.7 is not there", "dtparam=spi=on", "");
    refused("pn532_uart:/dev/serial/by-path/pci-0000:00:14.0-port0", "/dev/serial/by-path/pci-0000 is not there",
            "at a colon", "/dev/serial/by-id");
}
END_TEST

START_TEST(what_is_no_device_is_said)
{
    char *path = text_format("%s/file", folder);
    char *wanted = text_format("pn532_uart:%s", path);
    char *in_file = text_format("pn532_uart:%s/line", path);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);

    ck_assert(fd >= 0 && close(fd) == 0);
    refused(wanted, path, "is no device", "");
    refused(in_file, path, "cannot be opened", "");
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(mkdir(path, 0777), 0);
    refused(wanted, path, "is no device", "");
    free(in_file);
    free(wanted);
    free(path);
}
END_TEST

START_TEST(a_node_without_a_device_behind_it_is_said)
{
    /* /dev/tty has nothing behind it for a process without a terminal: ENXIO. */
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        char *reason = NULL;
        if (setsid() < 0 || nfc_lock_take("pn532_uart:/dev/tty", &reason) != NULL)
            _exit(1);
        _exit(strstr(reason, "nothing is behind /dev/tty") != NULL ? 0 : 2);
    }
    int status = 0;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
}
END_TEST

/* ---- permissions: as nobody, so that they count ---- */

static const char *must_say;

static int be_refused_with_that(void)
{
    char *reason = NULL;
    struct nfc_lock *lock = nfc_lock_take(connection, &reason);

    if (lock == NULL && strstr(reason, must_say) != NULL && strstr(reason, "; next: ") != NULL)
        return 0;
    (void) fprintf(stderr, "%s\n", reason != NULL ? reason : "taken");
    return 1;
}

START_TEST(who_may_not_open_it_is_told_the_group)
{
    struct stat status;
    struct group *dialout = getgrnam("dialout");

    if (geteuid() == 0 && dialout != NULL)
        ck_assert_int_eq(chown(line, 0, dialout->gr_gid), 0);
    ck_assert_int_eq(chmod(line, 0060), 0);  /* 0060: not even the owner, which we are where we are not root */
    ck_assert_int_eq(stat(line, &status), 0);
    struct group *group = getgrgid(status.st_gid);
    ck_assert_ptr_nonnull(group);
    char *text = text_format("add the user to the group %s (", group->gr_name);
    must_say = text;
    ck_assert_int_eq(as_nobody(be_refused_with_that), 0);
    free(text);
}
END_TEST

START_TEST(a_node_that_is_only_roots_wants_a_rule)
{
    ck_assert_int_eq(chmod(line, 0000), 0);
    must_say = "for only root may; next: a rule of udev";
    ck_assert_int_eq(as_nobody(be_refused_with_that), 0);
}
END_TEST

START_TEST(a_group_that_is_not_seen_wants_the_drop_in)
{
    ck_assert_int_eq(chown(line, 0, NOBODY), 0);
    ck_assert_int_eq(chmod(line, 0600), 0);
    must_say = "(systemd's PrivateUsers=yes); next: see ls -l ";
    ck_assert_int_eq(as_nobody(be_refused_with_that), 0);
}
END_TEST

START_TEST(a_folder_that_hides_it_is_said)
{
    char *hidden = text_format("%s/hidden", folder);
    char *wanted = text_format("pn532_uart:%s/line", hidden);

    ck_assert_int_eq(mkdir(hidden, 0000), 0);
    free(connection);
    connection = wanted;
    must_say = "may not look at";
    ck_assert_int_eq(as_nobody(be_refused_with_that), 0);
    free(hidden);
}
END_TEST

START_TEST(what_has_no_node_gives_a_lock_that_locks_nothing)
{
    static const char *const nowhere[] = { "*", "", "pn53x_usb", "pn53x_usb:001:004", "acr122_usb", "pn532_uart",
                                           "pn532_uart:", ":", "::::", "pcsc:reader", "no-such-driver:/dev/null" };

    for (size_t index = 0; index < sizeof nowhere / sizeof nowhere[0]; index++) {
        struct nfc_lock *lock = take(nowhere[index]);
        nfc_lock_close_door(lock);
        nfc_lock_open_door(lock);
        nfc_lock_release(lock);
    }
    nfc_lock_release(NULL);
    ck_assert_ptr_null(nfc_lock_holder("*"));
    ck_assert_ptr_null(nfc_lock_holder("pn532_uart"));
}
END_TEST

START_TEST(a_device_that_is_no_terminal_is_locked_too)
{
    struct nfc_lock *lock = take("pn532_spi:/dev/null:1000000");

    refused("pn532_i2c:/dev/null", "/dev/null is locked", "", "");
    nfc_lock_close_door(lock);  /* there is none */
    nfc_lock_release(lock);
}
END_TEST

/* ---- connection strings ---- */

START_TEST(connections_are_read_as_libnfc_reads_them)
{
    static const struct {
        const char *connection;
        enum nfc_place_kind kind;
        const char *node;
        bool colon, numbered;
        unsigned bus, device;
    } wanted[] = {
        { "pn532_uart:/dev/ttyS0:115200", NFC_PLACE_SERIAL, "/dev/ttyS0", false, false, 0, 0 },
        { "pn532_uart:/dev/ttyS0", NFC_PLACE_SERIAL, "/dev/ttyS0", false, false, 0, 0 },
        { "acr122s:/dev/ttyUSB1:9600", NFC_PLACE_SERIAL, "/dev/ttyUSB1", false, false, 0, 0 },
        { "pn532_uart:/dev/a:b:115200", NFC_PLACE_SERIAL, "/dev/a", true, false, 0, 0 },
        { "pn532_uart:/dev/a:", NFC_PLACE_SERIAL, "/dev/a", true, false, 0, 0 },
        { "pn532_i2c:/dev/i2c-1", NFC_PLACE_I2C, "/dev/i2c-1", false, false, 0, 0 },
        { "pn532_spi:/dev/spidev0.0:50000", NFC_PLACE_SPI, "/dev/spidev0.0", false, false, 0, 0 },
        { "pn53x_usb:001:014", NFC_PLACE_USB, "", false, true, 1, 14 },
        { "pn53x_usb:001", NFC_PLACE_USB, "", false, false, 0, 0 },
        { "pn53x_usb:1:x", NFC_PLACE_USB, "", false, false, 0, 0 },
        { "acr122_usb:1234:1", NFC_PLACE_USB, "", false, false, 0, 0 },
        { "PN53X_USB", NFC_PLACE_NOWHERE, "", false, false, 0, 0 },
        { "a-driver-with-a-very-long-name:/dev/ttyS0", NFC_PLACE_NOWHERE, "", false, false, 0, 0 },
    };

    for (size_t index = 0; index < sizeof wanted / sizeof wanted[0]; index++) {
        struct nfc_place place;
        nfc_place_read(wanted[index].connection, &place);
        ck_assert_msg(place.kind == wanted[index].kind, "%s", wanted[index].connection);
        ck_assert_str_eq(place.node, wanted[index].node);
        ck_assert_int_eq(place.colon, wanted[index].colon);
        ck_assert_int_eq(place.numbered, wanted[index].numbered);
        ck_assert_uint_eq(place.numbered ? place.usb_bus : 0, wanted[index].bus);
        ck_assert_uint_eq(place.numbered ? place.usb_device : 0, wanted[index].device);
    }
}
END_TEST

START_TEST(a_connection_of_any_length_is_cut)
{
    char *long_name = memory_zeroed(5000, 1);
    struct nfc_place place;

    memset(long_name, 'x', 4999);
    memcpy(long_name, "pn532_uart:/dev/", 16);
    nfc_place_read(long_name, &place);
    ck_assert_int_eq(place.kind, NFC_PLACE_SERIAL);
    ck_assert_uint_eq(strlen(place.node), NFC_CONNECTION_MAX_BYTES);
    refused(long_name, "cannot be opened", "", "");
    memset(long_name, 'x', 4999);
    nfc_place_read(long_name, &place);
    ck_assert_int_eq(place.kind, NFC_PLACE_NOWHERE);
    free(long_name);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("nfc_lock");
    TCase *node = tcase_create("node"), *text = tcase_create("connection");

    tcase_add_checked_fixture(node, create, destroy);
    tcase_set_timeout(node, 60);
    tcase_add_test(node, a_second_one_is_refused_until_the_first_is_released);
    tcase_add_test(node, the_lock_is_what_other_programs_look_at);
    tcase_add_test(node, another_process_that_has_locked_it_is_named);
    tcase_add_test(node, a_link_is_the_same_device);
    tcase_add_test(node, the_door_is_closed_to_others_until_it_is_opened);
    tcase_add_test(node, somebody_elses_closed_door_is_said);
    tcase_add_test(node, a_login_on_the_line_is_refused);
    tcase_add_test(node, who_only_has_it_open_is_no_reason_but_is_named);
    tcase_add_test(node, what_is_not_there_is_said_for_each_kind);
    tcase_add_test(node, what_is_no_device_is_said);
    tcase_add_test(node, a_node_without_a_device_behind_it_is_said);
    tcase_add_test(node, who_may_not_open_it_is_told_the_group);
    tcase_add_test(node, a_node_that_is_only_roots_wants_a_rule);
    if (geteuid() == 0)
        tcase_add_test(node, a_group_that_is_not_seen_wants_the_drop_in);
    else
        (void) fprintf(stderr, "left out: a node of the group \"nogroup\" (only root can make one)\n");
    tcase_add_test(node, a_folder_that_hides_it_is_said);
    tcase_add_test(text, what_has_no_node_gives_a_lock_that_locks_nothing);
    tcase_add_test(text, a_device_that_is_no_terminal_is_locked_too);
    tcase_add_test(text, connections_are_read_as_libnfc_reads_them);
    tcase_add_test(text, a_connection_of_any_length_is_cut);
    suite_add_tcase(suite, node);
    suite_add_tcase(suite, text);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
