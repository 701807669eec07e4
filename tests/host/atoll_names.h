/*
 * tests/host/atoll_names.h - our own functions under the names of tests/host/libc_names.h.
 */
#ifndef TESTS_HOST_ATOLL_NAMES_H
#define TESTS_HOST_ATOLL_NAMES_H

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

__typeof__(memcpy) atoll_memcpy;
__typeof__(memmove) atoll_memmove;
__typeof__(memset) atoll_memset;
__typeof__(memcmp) atoll_memcmp;
__typeof__(memchr) atoll_memchr;
__typeof__(strlen) atoll_strlen;
__typeof__(strnlen) atoll_strnlen;
__typeof__(strcmp) atoll_strcmp;
__typeof__(strncmp) atoll_strncmp;
__typeof__(strchr) atoll_strchr;
__typeof__(strrchr) atoll_strrchr;
__typeof__(strstr) atoll_strstr;
__typeof__(snprintf) atoll_snprintf;
__typeof__(vsnprintf) atoll_vsnprintf;

#endif
