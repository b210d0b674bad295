/*
 * Files of a folder as they are.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_SERVE_FILES_H
#define PROA_SERVE_FILES_H

#include "http/message.h"

enum proa_files_found {
    PROA_FILES_NONE,
    PROA_FILES_FILE,
    PROA_FILES_FOLDER, /* and the path does not end in "/" */
};

/* An open file. */
struct proa_files_file {
    int fd;           /* owned: close() it */
    const char *type; /* a constant string */
};

/*
 * Open the file of a path, which is not decoded; of a folder its index.html.
 * Names that begin with ".", links, and what is neither file nor folder are
 * not there; so nothing outside of the folder is.
 *
 * @param file written only for PROA_FILES_FILE
 * Trust: the path may be anything.
 */
PROA_NODISCARD enum proa_files_found
proa_files_open(int folder_fd, struct proa_http_text path,
                struct proa_files_file *file);

/*
 * Answer a GET or HEAD with an open file: its type, ETag and Last-Modified,
 * and, where the client asks for it, a part or 304.
 *
 * @param bytes_max of the body
 * @return PROA_OK, PROA_IO, PROA_LIMIT (the part is larger), PROA_NOMEM
 */
PROA_NODISCARD enum proa_status
proa_files_answer(const struct proa_files_file *file,
                  const struct proa_http_request *request, uint64_t bytes_max,
                  struct proa_http_response *response, struct proa_error *err);

#endif
