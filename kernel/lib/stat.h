/*
 * kernel/lib/stat.h - what the bits of a file's mode mean, with Linux's values.
 */
#ifndef KERNEL_LIB_STAT_H
#define KERNEL_LIB_STAT_H

/* POSIX.1-2017, <sys/stat.h>, names; the values are those that cpio archives hold, too. */
#define S_IFMT        0170000u /* the type: one of */
#define S_IFSOCK      0140000u
#define S_IFLNK       0120000u
#define S_IFREG       0100000u
#define S_IFBLK       0060000u
#define S_IFDIR       0040000u
#define S_IFCHR       0020000u
#define S_IFIFO       0010000u

#define S_ISLNK(mode) (((mode)&S_IFMT) == S_IFLNK)
#define S_ISREG(mode) (((mode)&S_IFMT) == S_IFREG)
#define S_ISDIR(mode) (((mode)&S_IFMT) == S_IFDIR)

#endif
