/*
 * The fixed date form, written without the C locale; and read, with the two
 * that are older.
 * https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7
 * SPDX-License-Identifier: Apache-2.0
 */
#include "http/message.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { DATE_BYTES_MAX = 63 }; /* of any form: a weekday has its whole name */

static const char days[7][4] = {
    "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"
};
static const char months[12][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

static void write_date(int64_t unix_seconds, char text[PROA_HTTP_DATE_SIZE])
{
    time_t seconds = (time_t)unix_seconds;
    struct tm utc;

    /* A clock so wrong that its year has no four digits says 1970. */
    if (gmtime_r(&seconds, &utc) == NULL || utc.tm_year < -900 ||
        utc.tm_year > 8099) {
        seconds = 0;
        (void)gmtime_r(&seconds, &utc);
    }
    (void)snprintf(
        text, PROA_HTTP_DATE_SIZE, "%s, %02u %s %04u %02u:%02u:%02u GMT",
        days[utc.tm_wday], (unsigned)utc.tm_mday % 100, months[utc.tm_mon],
        (unsigned)(utc.tm_year + 1900) % 10000, (unsigned)utc.tm_hour % 100,
        (unsigned)utc.tm_min % 100, (unsigned)utc.tm_sec % 100);
}

/* --- reading -------------------------------------------------------------- */

bool proa_http_date_read(struct proa_http_text text, int64_t *unix_seconds)
{
    /* The program keeps the locale "C", so that names are English ones. */
    static const char *const forms[] = { "%a, %d %b %Y %H:%M:%S GMT",
                                         "%a, %d-%b-%y %H:%M:%S GMT",
                                         "%a %b %e %H:%M:%S %Y" };
    char copy[DATE_BYTES_MAX + 1];

    if (text.size > DATE_BYTES_MAX ||
        (text.size > 0 && memchr(text.bytes, '\0', text.size) != NULL))
        return false;
    if (text.size > 0)
        memcpy(copy, text.bytes, text.size);
    copy[text.size] = '\0';
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        struct tm utc = { 0 };
        const char *end = strptime(copy, forms[i], &utc);
        if (end == NULL || *end != '\0')
            continue;
        *unix_seconds = timegm(&utc);
        return true;
    }
    return false;
}

/* --- writing -------------------------------------------------------------- */

/* All responses of a second have the same. */
void proa_http_date(int64_t unix_seconds, char text[PROA_HTTP_DATE_SIZE])
{
    static _Thread_local struct {
        int64_t unix_seconds;
        char text[PROA_HTTP_DATE_SIZE];
    } last;

    if (last.text[0] == '\0' || last.unix_seconds != unix_seconds) {
        write_date(unix_seconds, last.text);
        last.unix_seconds = unix_seconds;
    }
    memcpy(text, last.text, sizeof last.text);
}
