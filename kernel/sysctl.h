/*
 * kernel/sysctl.h - numbers that are written to files of /proc/sys.
 */
#ifndef KERNEL_SYSCTL_H
#define KERNEL_SYSCTL_H

/*
 * sysctl_parse - one number, decimal, with white space around it allowed.
 *
 * @name   of the file, for the line in the log that tells what was wrong.
 * @value  out, from @least to @most; untouched on error.
 *
 * Returns 0 or -EINVAL. Context: any.
 */
int sysctl_parse(const char *name, const char *text, unsigned long least, unsigned long most,
                 unsigned long *value);

/*
 * sysctl_parse_vector - up to @max_nr numbers from 0 to @most, separated by white space.
 *
 * Returns how many, at least 1, or -EINVAL.
 */
int sysctl_parse_vector(const char *name, const char *text, unsigned long most,
                        unsigned long *values, int max_nr);

#endif
