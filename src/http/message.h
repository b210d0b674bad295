/*
 * A request and a response, whatever version of HTTP carries them.
 * https://www.rfc-editor.org/rfc/rfc9110
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_HTTP_MESSAGE_H
#define PROA_HTTP_MESSAGE_H

#include "base/buffer.h"
#include "proa/error.h"

/* Bytes with a size; not terminated. Borrowed from what it was cut from. */
struct proa_http_text {
    const char *bytes;
    size_t size;
};

struct proa_http_field {
    struct proa_http_text name; /* as the client wrote it */
    struct proa_http_text value;
};

/* Where the next bytes of a body may be read to, before `body`. */
struct proa_http_place {
    uint8_t *bytes; /* the handler's; NULL: nowhere, or it was used */
    size_t size;
    size_t filled; /* how many came */
};

/* Owned by one thread at a time. Its texts point into `head`. */
struct proa_http_request {
    struct proa_http_text method;
    struct proa_http_text target; /* as it came, checked: no control, no '#' */
    struct proa_http_text path;   /* starts with '/', or is "*"; not decoded */
    struct proa_http_text query;  /* after the '?', empty when there is none */
    struct proa_http_text authority; /* "host" or "host:port"; may be empty */
    struct proa_http_field *fields;  /* owned */
    uint32_t field_count;
    uint32_t field_capacity;
    uint8_t version_major;   /* 1 or 2 */
    uint8_t version_minor;   /* 0 or 1 of HTTP/1.x */
    bool is_chunked;         /* the body came in chunks */
    bool has_length;         /* the head says how long the body is... */
    uint64_t length;         /* ...so many bytes; 0 when there is none */
    struct proa_buffer body; /* what has come of it... */
    size_t body_taken;       /* ...and was not only kept, but taken away */
    struct proa_http_place place;
    struct proa_buffer head;
};

/* A piece of a file. */
struct proa_http_file {
    int fd; /* owned */
    uint64_t offset;
    uint64_t size;
};

struct proa_http_response {
    uint16_t status;
    bool has_length; /* `length` is told, whatever `body` holds: the answer to
                        HEAD, or a body in pieces */
    uint64_t length;
    struct proa_buffer fields; /* whole lines, each ended by CR LF */
    struct proa_buffer body;
    struct proa_http_file *file; /* owned; sent behind `body`; NULL: none */
};

/* NULL when there is no memory. */
struct proa_http_request *proa_http_request_create(size_t head_bytes_max,
                                                   size_t body_bytes_max);
void proa_http_request_destroy(struct proa_http_request *request);

/* What was taken of the body takes no room any more. */
void proa_http_request_compact(struct proa_http_request *request);

/*
 * The field of that name (in any case), or NULL. *count, when not NULL, is set
 * to how many of that name there are; the first one is returned.
 */
const struct proa_http_field *
proa_http_request_field(const struct proa_http_request *request,
                        const char *name, uint32_t *count);

/* Equal but for the case of ASCII letters. */
bool proa_http_text_is(struct proa_http_text text, const char *word);
/* The same with case. */
bool proa_http_text_equals(struct proa_http_text text, const char *word);
/* A character that may stand in a method or a field's name. */
bool proa_http_is_token_char(uint8_t byte);

void proa_http_response_init(struct proa_http_response *response,
                             size_t fields_bytes_max, size_t body_bytes_max);
void proa_http_response_deinit(struct proa_http_response *response);

/*
 * Add a field; false, and nothing added, when the name is no token, the value
 * holds a control character or the limit is reached. So no response can be
 * split by what a guest says.
 */
bool proa_http_response_add(struct proa_http_response *response,
                            struct proa_http_text name,
                            struct proa_http_text value);

/*
 * Send a piece of a file behind what is in `body`: it is read as it is sent, so
 * it takes no memory, whatever its size. The file must not become shorter.
 *
 * @param fd_take a file or a memfd; closed with the response
 * @return false, and the file closed, when there is no memory or there is a
 *         file already
 */
bool proa_http_response_file(struct proa_http_response *response, int fd_take,
                             uint64_t offset, uint64_t size);

/*
 * Read what is `at` bytes into the piece.
 *
 * @return how many bytes, at most `size`; 0 when the file cannot be read there
 */
size_t proa_http_file_read(const struct proa_http_file *file, uint64_t at,
                           void *bytes, size_t size);

/* Of the body, with the file behind it. */
uint64_t proa_http_response_size(const struct proa_http_response *response);

/*
 * Forget what the response holds and make it a short plain text: the status
 * and its reason.
 */
void proa_http_response_error(struct proa_http_response *response,
                              uint16_t status);

/* "Not Found"; "" for a status that has no registered reason. */
const char *proa_http_reason(uint16_t status);

struct proa_http_text proa_http_text_of(const char *terminated);

enum { PROA_HTTP_DATE_SIZE = 30 };

/* "Sun, 06 Nov 1994 08:49:37 GMT", terminated. */
void proa_http_date(int64_t unix_seconds, char text[PROA_HTTP_DATE_SIZE]);
/* @param unix_seconds set on success @return false: it is no date of HTTP */
bool proa_http_date_read(struct proa_http_text text, int64_t *unix_seconds);

#endif
