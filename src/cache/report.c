/*
 * The lines that the compiler process reports. They are not trusted: a status
 * that makes no sense becomes PROA_COMPILER.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "cache/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void proa_report_init(struct proa_report *report)
{
    *report = (struct proa_report){ .status = PROA_OK };
}

/* A decimal number and the space or the end after it; NULL: there is none. */
static const char *number_read(const char *text, uint64_t *number)
{
    uint64_t value = 0;

    if (*text < '0' || *text > '9')
        return NULL;
    for (; *text >= '0' && *text <= '9'; text++)
        if (__builtin_mul_overflow(value, 10U, &value) ||
            __builtin_add_overflow(value, (uint64_t)(*text - '0'), &value))
            return NULL;
    if (*text != ' ' && *text != '\0')
        return NULL;
    *number = value;
    return *text == ' ' ? text + 1 : text;
}

static bool progress_read(struct proa_report *report, const char *text)
{
    uint64_t done;
    uint64_t all;

    text = number_read(text, &done);
    if (text == NULL || number_read(text, &all) == NULL || done > all)
        return false;
    report->done_bytes = done;
    report->all_bytes = all;
    return true;
}

static void error_read(struct proa_report *report, const char *text)
{
    uint64_t status;
    uint64_t offset;

    if (report->status != PROA_OK)
        return; /* the first one wins */
    text = number_read(text, &status);
    if (text != NULL)
        text = number_read(text, &offset);
    if (text == NULL)
        return;
    report->status = PROA_COMPILER;
    if (status >= PROA_MALFORMED && status <= PROA_USAGE)
        report->status = (enum proa_status)status;
    report->offset = offset;
    (void)snprintf(report->text, sizeof report->text, "%s", text);
}

static bool line_read(struct proa_report *report)
{
    static const char progress[] = "progress ";
    static const char error[] = "error ";
    const char *line = report->line;

    if (strncmp(line, progress, sizeof progress - 1) == 0)
        return progress_read(report, line + sizeof progress - 1);
    if (strncmp(line, error, sizeof error - 1) == 0)
        error_read(report, line + sizeof error - 1);
    return false;
}

bool proa_report_add(struct proa_report *report, const char *bytes, size_t size)
{
    bool has_progress = false;

    for (size_t i = 0; i < size; i++) {
        if (bytes[i] != '\n') {
            /* What is too long is cut: the text of an error may be. */
            if (report->line_size < sizeof report->line - 1)
                report->line[report->line_size++] = bytes[i];
            continue;
        }
        report->line[report->line_size] = '\0';
        report->line_size = 0;
        if (line_read(report))
            has_progress = true;
    }
    return has_progress;
}

void proa_report_add_stderr(struct proa_report *report, const char *bytes,
                            size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] != '\n') {
            if (report->said_size < sizeof report->said_line - 1)
                report->said_line[report->said_size++] = bytes[i];
            continue;
        }
        if (report->said_size == 0)
            continue;
        report->said_line[report->said_size] = '\0';
        memcpy(report->said, report->said_line, sizeof report->said);
        report->said_size = 0;
    }
}
