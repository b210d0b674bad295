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

static bool read_digits(const char **at, const char *end, int count, int *value)
{
    int made = 0;

    for (int i = 0; i < count; i++, ++*at) {
        /* The oldest form has a space before a day of one digit. */
        bool is_space = i == 0 && count == 2 && *at < end && **at == ' ';
        if (*at == end || (!is_space && (**at < '0' || **at > '9')))
            return false;
        made = made * 10 + (is_space ? 0 : **at - '0');
    }
    *value = made;
    return true;
}

static bool read_month(const char **at, const char *end, int *month)
{
    for (int i = 0; i < 12 && end - *at >= 3; i++) {
        if (memcmp(*at, months[i], 3) == 0) {
            *month = i;
            *at += 3;
            return true;
        }
    }
    return false;
}

/* dhms: two digits each; Y: four of a year; y: two; b: a month; else itself. */
static int *place_of(char conversion, struct tm *utc)
{
    switch (conversion) {
    case 'd':
        return &utc->tm_mday;
    case 'h':
        return &utc->tm_hour;
    case 'm':
        return &utc->tm_min;
    case 's':
        return &utc->tm_sec;
    case 'Y':
    case 'y':
        return &utc->tm_year;
    default:
        return NULL;
    }
}

static bool read_form(const char *form, const char *at, const char *end,
                      struct tm *utc)
{
    for (; *form != '\0'; form++) {
        int *number = place_of(*form, utc);
        bool is_good = false;

        if (number != NULL)
            is_good = read_digits(&at, end, *form == 'Y' ? 4 : 2, number);
        else if (*form == 'b')
            is_good = read_month(&at, end, &utc->tm_mon);
        else
            is_good = at < end && *at++ == *form;
        if (!is_good)
            return false;
        if (*form == 'Y')
            utc->tm_year -= 1900;
        if (*form == 'y' && utc->tm_year < 70)
            utc->tm_year += 100;
    }
    return at == end;
}

bool proa_http_date_read(struct proa_http_text text, int64_t *unix_seconds)
{
    /* Behind the day of the week, which says nothing more. */
    static const char *const forms[] = { ", d b Y h:m:s GMT",
                                         ", d-b-y h:m:s GMT", " b d h:m:s Y" };
    const char *end = text.bytes + text.size, *at = text.bytes;

    while (at < end &&
           ((*at >= 'A' && *at <= 'Z') || (*at >= 'a' && *at <= 'z')))
        at++;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        struct tm utc = { 0 };
        if (!read_form(forms[i], at, end, &utc) || utc.tm_mday < 1 ||
            utc.tm_mday > 31 || utc.tm_hour > 23 || utc.tm_min > 59 ||
            utc.tm_sec > 60)
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
