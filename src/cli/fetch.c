/*
 * curl does it, in a process of its own: HTTP, TLS and their libraries are no
 * part of this program, and cost nothing where nothing is fetched.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "cli/fetch.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/sha256.h"
#include "cache/compiler.h"
#include "cache/output.h"
#include "platform/process.h"

#define FETCH_BYTES_MAX (256ULL << 20)
#define FETCH_BYTES_MAX_TEXT "268435456"
#define FETCH_SECONDS_MAX_TEXT "120"
#define PIN "#sha256="

enum {
    URL_BYTES_MAX = 4096,
    HEX_SIZE = 2 * PROA_SHA256_SIZE,
    ENV_COUNT_MAX = 10,
    CPU_SECONDS_MAX = 120,
    CURL_TOO_LARGE = 63,
    CURL_NOT_WRITTEN = 23, /* or the limit of the process's files */
};

/* What says how this machine reaches others, and whom it trusts. */
static const char *const passed_on[] = {
    "http_proxy",    "https_proxy",  "HTTPS_PROXY", "all_proxy",
    "ALL_PROXY",     "no_proxy",     "NO_PROXY",    "CURL_CA_BUNDLE",
    "SSL_CERT_FILE", "SSL_CERT_DIR",
};

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

bool proa_fetch_is_url(const char *name)
{
    return begins(name, "https://") || begins(name, "http://");
}

/* Between this machine and itself nobody changes what is sent. */
static bool is_of_this_machine(const char *url)
{
    static const char *const hosts[] = { "localhost", "127.0.0.1", "[::1]" };
    const char *host = url + strlen("http://");

    /* A name and a password before the host only look like one. */
    if (memchr(host, '@', strcspn(host, "/?")) != NULL)
        return false;
    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
        size_t size = strlen(hosts[i]);
        if (begins(host, hosts[i]) && strchr(":/", host[size]) != NULL)
            return true;
    }
    return false;
}

/* Part the URL from the digest behind it, "" when there is none. */
static enum proa_status split(const char *whole, char url[URL_BYTES_MAX],
                              char pin[HEX_SIZE + 1], struct proa_error *err)
{
    const char *hash = strchr(whole, '#');
    size_t size = hash != NULL ? (size_t)(hash - whole) : strlen(whole);

    pin[0] = '\0';
    if (size >= URL_BYTES_MAX)
        return proa_fail(err, PROA_LIMIT, 0, "the URL is too long");
    if (hash != NULL &&
        (!begins(hash, PIN) || strlen(hash) != strlen(PIN) + HEX_SIZE ||
         strspn(hash + strlen(PIN), "0123456789abcdef") != HEX_SIZE))
        return proa_fail(err, PROA_USAGE, 0,
                         "behind a URL stands nothing, or " PIN
                         " and 64 digits of 0-9a-f");
    if (hash != NULL)
        memcpy(pin, hash + strlen(PIN), HEX_SIZE + 1);
    memcpy(url, whole, size);
    url[size] = '\0';
    if (begins(url, "http://") && pin[0] == '\0' && !is_of_this_machine(url))
        return proa_fail(err, PROA_USAGE, 0,
                         "what comes by http:// may be changed on its way; "
                         "write https://, or " PIN
                         "HEX behind it (sha256sum FILE)");
    return PROA_OK;
}

/* @return the texts that were made, to be freed, before the closing NULL */
static uint32_t env_make(char *env[ENV_COUNT_MAX + 1])
{
    uint32_t count = 0;

    for (size_t i = 0; i < sizeof passed_on / sizeof passed_on[0]; i++) {
        const char *value = getenv(passed_on[i]);
        if (value != NULL &&
            asprintf(&env[count], "%s=%s", passed_on[i], value) > 0)
            count++;
    }
    env[count] = NULL;
    return count;
}

/* "curl: (22) The requested URL returned error: 404": the words of it. */
static void message_read(int fd, char *text, size_t size)
{
    ssize_t got = pread(fd, text, size - 1, 0);

    text[got < 0 ? 0 : got] = '\0';
    text[strcspn(text, "\n")] = '\0';
    const char *words = begins(text, "curl: (") ? strchr(text, ')') : NULL;
    if (words != NULL && words[1] == ' ')
        memmove(text, words + 2, strlen(words + 2) + 1);
}

static enum proa_status curl_judge(struct proa_process_end end, int said_fd,
                                   struct proa_error *err)
{
    char message[300];

    if (end.signal == 0 && end.exit_code == 0)
        return PROA_OK;
    if (end.signal == SIGXFSZ || end.exit_code == CURL_TOO_LARGE ||
        end.exit_code == CURL_NOT_WRITTEN)
        return proa_fail(err, PROA_LIMIT, 0, "it is larger than 256 MiB");
    if (end.signal != 0)
        return proa_fail(err, PROA_IO, 0, "curl was killed by signal %d",
                         end.signal);
    message_read(said_fd, message, sizeof message);
    return proa_fail(err, PROA_USAGE, 0, "not fetched: %s",
                     message[0] != '\0' ? message : "curl failed");
}

static enum proa_status curl_run(const char *url, const int fds[3],
                                 struct proa_error *err)
{
    bool is_plain = begins(url, "http://");
    const char *const argv[] = {
        "curl",
        "--disable", /* its settings in the user's folder */
        "--silent",
        "--show-error",
        "--fail",
        "--location",
        "--max-redirs",
        "5",
        "--proto",
        is_plain ? "=http" : "=https",
        "--proto-redir",
        is_plain ? "=http,https" : "=https",
        "--connect-timeout",
        "10",
        "--max-time",
        FETCH_SECONDS_MAX_TEXT,
        "--max-filesize",
        FETCH_BYTES_MAX_TEXT,
        "--globoff",
        "--user-agent",
        "proa",
        "--url",
        url,
        NULL
    };
    char *env[ENV_COUNT_MAX + 1];
    char path[PROA_COMPILER_PATH_MAX];
    struct proa_process process;

    if (!proa_process_find("curl", path, sizeof path))
        return proa_fail(err, PROA_USAGE, 0,
                         "this is a URL, and curl, which fetches it, is not "
                         "installed (Debian: apt install curl)");
    uint32_t env_count = env_make(env);
    const struct proa_process_options options = {
        .path = path,
        .argv = argv,
        .env = (const char *const *)env,
        .fds = fds,
        .fd_count = 3,
        .file_bytes_max = FETCH_BYTES_MAX,
        .cpu_seconds_max = CPU_SECONDS_MAX,
    };
    enum proa_status status = proa_process_start(&options, &process, err);
    for (uint32_t i = 0; i < env_count; i++)
        free(env[i]);
    if (status != PROA_OK)
        return status;
    return curl_judge(proa_process_wait(&process), fds[2], err);
}

static enum proa_status take(int fd, const char *pin, uint8_t **bytes,
                             size_t *size, struct proa_error *err)
{
    uint8_t digest[PROA_SHA256_SIZE];
    char text[HEX_SIZE + 1];
    struct stat st;

    if (fstat(fd, &st) != 0)
        return proa_fail(err, PROA_IO, 0, "%s", strerror(errno));
    uint8_t *made = malloc((size_t)st.st_size + 1);
    if (made == NULL)
        return proa_fail(err, PROA_NOMEM, 0, "out of memory");
    enum proa_status status = PROA_OK;
    if (pread(fd, made, (size_t)st.st_size, 0) != st.st_size)
        status = proa_fail(err, PROA_IO, 0, "what curl wrote is cut short");
    if (status == PROA_OK)
        status = proa_sha256(made, (size_t)st.st_size, digest, err);
    if (status == PROA_OK) {
        proa_hex(digest, sizeof digest, text);
        if (pin[0] != '\0' && strcmp(pin, text) != 0)
            status = proa_fail(err, PROA_USAGE, 0,
                               "what came is not what was asked for: its "
                               "SHA-256 is %s",
                               text);
    }
    if (status != PROA_OK) {
        free(made);
        return status;
    }
    *bytes = made;
    *size = (size_t)st.st_size;
    return PROA_OK;
}

enum proa_status proa_fetch(const char *url, uint8_t **bytes, size_t *size,
                            struct proa_error *err)
{
    int fds[3] = { -1, -1, -1 };
    char plain[URL_BYTES_MAX], pin[HEX_SIZE + 1];
    enum proa_status status = split(url, plain, pin, err);

    if (status == PROA_OK)
        status = proa_output_create(&fds[1], err);
    if (status == PROA_OK)
        status = proa_output_create(&fds[2], err);
    if (status == PROA_OK)
        status = curl_run(plain, fds, err);
    if (status == PROA_OK)
        status = take(fds[1], pin, bytes, size, err);
    for (int i = 1; i < 3; i++)
        if (fds[i] >= 0)
            (void)close(fds[i]);
    return status;
}
