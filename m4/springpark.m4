dnl SPDX-License-Identifier: MIT

dnl SP_PROBE_FLAGS(VARIABLE, FLAGS...)
dnl Appends to VARIABLE each compiler flag that the compiler takes without a warning.
AC_DEFUN([SP_PROBE_FLAGS], [
  m4_foreach_w([sp_flag], [$2], [
    AS_VAR_PUSHDEF([sp_cache], [sp_cv_flag_[]sp_flag])
    AC_CACHE_CHECK([whether the compiler takes sp_flag], [sp_cache], [
      sp_saved_cflags="$CFLAGS"
      CFLAGS="$CFLAGS -Werror sp_flag"
      AC_COMPILE_IFELSE([AC_LANG_PROGRAM()], [AS_VAR_SET([sp_cache], [yes])], [AS_VAR_SET([sp_cache], [no])])
      CFLAGS="$sp_saved_cflags"
    ])
    AS_VAR_IF([sp_cache], [yes], [$1="$$1 sp_flag"])
    AS_VAR_POPDEF([sp_cache])
  ])
])

dnl SP_PROBE_LDFLAGS(VARIABLE, FLAGS...)
dnl The same for the linker.
AC_DEFUN([SP_PROBE_LDFLAGS], [
  m4_foreach_w([sp_flag], [$2], [
    AS_VAR_PUSHDEF([sp_cache], [sp_cv_ldflag_[]sp_flag])
    AC_CACHE_CHECK([whether the linker takes sp_flag], [sp_cache], [
      sp_saved_ldflags="$LDFLAGS"
      LDFLAGS="$LDFLAGS sp_flag"
      AC_LINK_IFELSE([AC_LANG_PROGRAM()], [AS_VAR_SET([sp_cache], [yes])], [AS_VAR_SET([sp_cache], [no])])
      LDFLAGS="$sp_saved_ldflags"
    ])
    AS_VAR_IF([sp_cache], [yes], [$1="$$1 sp_flag"])
    AS_VAR_POPDEF([sp_cache])
  ])
])

dnl SP_REQUIRE(VARIABLE, MODULE, DEBIAN-PACKAGE, PURPOSE)
dnl Looks for a library by pkg-config; what is missing is collected and reported once, by SP_REPORT_MISSING.
AC_DEFUN([SP_REQUIRE], [
  PKG_CHECK_MODULES([$1], [$2], [], [
    sp_missing="${sp_missing}
    m4_car(m4_unquote(m4_split([$2]))) ($4): apt-get install $3"
    sp_missing_packages="$sp_missing_packages $3"
  ])
])

AC_DEFUN([SP_REPORT_MISSING], [
  AS_IF([test -n "$sp_missing"], [
    AC_MSG_ERROR([these libraries are missing:$sp_missing
or all at once:
    apt-get install$sp_missing_packages])
  ])
])
