/* SPDX-License-Identifier: MIT */
/* The watch on a folder that is made like /dev/bus/usb: inotify tells of files as it does of device nodes. */
#include "reader/nfc_usb_watch.h"

#include "base/memory.h"

#include <check.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];
static char *first, *second, *bus;   /* two devices on one bus; the second one is not plugged in */
static struct nfc_usb_watch *watch;

static void plug(const char *device)
{
    int fd = open(device, O_RDWR | O_CREAT | O_EXCL, 0600);

    ck_assert_int_ge(fd, 0);
    (void) close(fd);
}

static void create(void)
{
    strcpy(folder, "/tmp/check-nfc-usb-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    bus = text_format("%s/001", folder);
    first = text_format("%s/002", bus);
    second = text_format("%s/003", bus);
    ck_assert_int_eq(mkdir(bus, 0755), 0);
    plug(first);
    watch = nfc_usb_watch_create(folder);
}

static void destroy(void)
{
    nfc_usb_watch_free(watch);
    char *command = text_format("rm -rf %s", folder);
    ck_assert_int_eq(system(command), 0);
    free(command);
    free(first);
    free(second);
    free(bus);
}

/* inotify queues an event before the call that caused it returns. */
static bool tells(void)
{
    struct pollfd looked = {.fd = nfc_usb_watch_fd(watch), .events = POLLIN};

    return poll(&looked, 1, 0) == 1 && (looked.revents & POLLIN) != 0;
}

START_TEST(a_device_that_comes_is_told)
{
    ck_assert(!tells());
    plug(second);
    ck_assert(tells());
}
END_TEST

START_TEST(a_device_that_goes_is_told)
{
    ck_assert_int_eq(unlink(first), 0);
    ck_assert(tells());
}
END_TEST

/* udev gives a node to its group some time after the kernel made it: before that it cannot be opened. */
START_TEST(a_device_that_may_be_opened_now_is_told)
{
    ck_assert_int_eq(chmod(first, 0660), 0);
    ck_assert(tells());
}
END_TEST

START_TEST(a_bus_that_comes_is_told)
{
    char *other = text_format("%s/002", folder);

    ck_assert_int_eq(mkdir(other, 0755), 0);
    free(other);
    ck_assert(tells());
}
END_TEST

/* libnfc opens and reads every USB device for its list: that must not ask for the next list. */
START_TEST(a_device_that_is_used_is_not_told)
{
    char byte = 0;
    int fd = open(first, O_RDWR);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, &byte, 1), 1);
    ck_assert_int_eq(pread(fd, &byte, 1, 0), 1);
    (void) close(fd);
    ck_assert(!tells());
}
END_TEST

START_TEST(without_usb_nothing_is_told)
{
    nfc_usb_watch_free(watch);
    watch = nfc_usb_watch_create("/nonexistent/usb");
    ck_assert_int_eq(nfc_usb_watch_fd(watch), -1);
    ck_assert(!tells());
}
END_TEST

START_TEST(each_watch_is_closed_again)
{
    int before = nfc_usb_watch_fd(watch);

    for (int i = 0; i < 100; i++) {
        nfc_usb_watch_free(watch);
        watch = nfc_usb_watch_create(folder);
    }
    ck_assert_int_eq(nfc_usb_watch_fd(watch), before);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("nfc_usb_watch");
    TCase *tests = tcase_create("nfc_usb_watch");

    tcase_add_checked_fixture(tests, create, destroy);
    tcase_add_test(tests, a_device_that_comes_is_told);
    tcase_add_test(tests, a_device_that_goes_is_told);
    tcase_add_test(tests, a_device_that_may_be_opened_now_is_told);
    tcase_add_test(tests, a_bus_that_comes_is_told);
    tcase_add_test(tests, a_device_that_is_used_is_not_told);
    tcase_add_test(tests, without_usb_nothing_is_told);
    tcase_add_test(tests, each_watch_is_closed_again);
    suite_add_tcase(suite, tests);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
