/* SPDX-License-Identifier: Apache-2.0 */
#include "http/tls.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"

/* Ephemeral keys and authenticated ciphers only, as HTTP/2 asks for in
 * https://www.rfc-editor.org/rfc/rfc9113#section-9.2.2 */
#define CIPHERS_OF_TLS12 "ECDHE+AESGCM:ECDHE+CHACHA20"

struct proa_http_tls {
    char *certificate_path;
    char *key_path;
    bool offers_http2;
    pthread_mutex_t lock;
    SSL_CTX *context; /* guarded by the lock; connections keep what they have */
};

/* OpenSSL's own reason, the deepest one. */
static const char *reason(void)
{
    unsigned long code = ERR_get_error();
    const char *text = ERR_reason_error_string(code);

    if (ERR_GET_LIB(code) == ERR_LIB_PEM &&
        ERR_GET_REASON(code) == PEM_R_NO_START_LINE)
        return "this is no PEM file (-----BEGIN ...)";
    if (ERR_SYSTEM_ERROR(code))
        text = strerror(ERR_GET_REASON(code));
    return text != NULL ? text : "unknown reason";
}

static int choose_protocol(SSL *ssl, const unsigned char **chosen,
                           unsigned char *chosen_size,
                           const unsigned char *offered, unsigned offered_size,
                           void *env)
{
    static const unsigned char ours[] = "\x02h2\x08http/1.1";
    const struct proa_http_tls *tls = env;
    unsigned skip = tls->offers_http2 ? 0 : 3;
    unsigned char *found = NULL;

    (void)ssl;
    if (SSL_select_next_proto(&found, chosen_size, ours + skip,
                              (unsigned)sizeof ours - 1 - skip, offered,
                              offered_size) != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *chosen = found;
    return SSL_TLSEXT_ERR_OK;
}

static bool set_up(SSL_CTX *context, struct proa_http_tls *tls)
{
    (void)SSL_CTX_set_options(
        context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                     SSL_OP_CIPHER_SERVER_PREFERENCE |
                     SSL_OP_PRIORITIZE_CHACHA | SSL_OP_IGNORE_UNEXPECTED_EOF);
    (void)SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE |
                                        SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                        SSL_MODE_RELEASE_BUFFERS);
    /* Tickets keep a session with the client; we keep none. */
    (void)SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, tls);
    return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
           SSL_CTX_set_cipher_list(context, CIPHERS_OF_TLS12) == 1;
}

/* A key with a passphrase is refused: nobody is there to type it. */
static int no_passphrase(char *text, int size, int is_writing, void *env)
{
    (void)text;
    (void)size;
    (void)is_writing;
    (void)env;
    return -1;
}

static enum proa_status load(SSL_CTX *context, const struct proa_http_tls *tls,
                             struct proa_error *err)
{
    const char *key_path =
        tls->key_path != NULL ? tls->key_path : tls->certificate_path;

    SSL_CTX_set_default_passwd_cb(context, no_passphrase);
    if (SSL_CTX_use_certificate_chain_file(context, tls->certificate_path) != 1)
        return proa_fail(err, PROA_USAGE, 0, "certificate %.200s: %s",
                         tls->certificate_path, reason());
    if (SSL_CTX_use_PrivateKey_file(context, key_path, SSL_FILETYPE_PEM) != 1)
        return proa_fail(err, PROA_USAGE, 0, "key %.200s: %s", key_path,
                         reason());
    if (SSL_CTX_check_private_key(context) != 1)
        return proa_fail(err, PROA_USAGE, 0,
                         "key %.200s is not the certificate's: %s", key_path,
                         reason());
    return PROA_OK;
}

enum proa_status proa_http_tls_reload(struct proa_http_tls *tls,
                                      struct proa_error *err)
{
    ERR_clear_error();
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());

    if (context == NULL || !set_up(context, tls)) {
        SSL_CTX_free(context);
        return proa_fail(err, PROA_NOMEM, 0, "TLS: %s", reason());
    }
    enum proa_status status = load(context, tls, err);
    if (status == PROA_OK) {
        (void)pthread_mutex_lock(&tls->lock);
        SSL_CTX *previous = tls->context;
        tls->context = context;
        (void)pthread_mutex_unlock(&tls->lock);
        context = previous;
    }
    SSL_CTX_free(context);
    ERR_clear_error();
    return status;
}

enum proa_status
proa_http_tls_create(const struct proa_http_tls_options *options,
                     struct proa_http_tls **tls, struct proa_error *err)
{
    struct proa_http_tls *made = calloc(1, sizeof *made);
    enum proa_status status;

    if (made == NULL)
        return proa_fail(err, PROA_NOMEM, 0, "no memory for TLS");
    (void)pthread_mutex_init(&made->lock, NULL);
    made->offers_http2 = options->offers_http2;
    made->certificate_path = strdup(options->certificate_path);
    if (options->key_path != NULL)
        made->key_path = strdup(options->key_path);
    if (made->certificate_path == NULL ||
        (options->key_path != NULL && made->key_path == NULL))
        status = proa_fail(err, PROA_NOMEM, 0, "no memory for TLS");
    else
        status = proa_http_tls_reload(made, err);
    if (status != PROA_OK) {
        proa_http_tls_destroy(made);
        return status;
    }
    *tls = made;
    return PROA_OK;
}

void proa_http_tls_destroy(struct proa_http_tls *tls)
{
    if (tls == NULL)
        return;
    SSL_CTX_free(tls->context);
    free(tls->certificate_path);
    free(tls->key_path);
    (void)pthread_mutex_destroy(&tls->lock);
    free(tls);
}

struct ssl_st *proa_http_tls_accept(struct proa_http_tls *tls, int fd)
{
    (void)pthread_mutex_lock(&tls->lock);
    SSL *ssl = SSL_new(tls->context);
    (void)pthread_mutex_unlock(&tls->lock);
    if (ssl == NULL || SSL_set_fd(ssl, fd) != 1) {
        SSL_free(ssl);
        return NULL;
    }
    SSL_set_accept_state(ssl);
    return ssl;
}
