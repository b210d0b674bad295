/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/held.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fail.h"
#include "serve/serve.h"

enum { NUMBER_SIZE = 12, CAPACITY_FIRST = 16 };

bool proa_held_add(struct proa_held *held,
                   const struct proa_held_socket *socket_take)
{
    uint32_t capacity =
        held->capacity == 0 ? CAPACITY_FIRST : held->capacity * 2;

    if (held->count == held->capacity) {
        struct proa_held_socket *items =
            realloc(held->items, capacity * sizeof *items);
        if (items == NULL) {
            (void)close(socket_take->listener.fd);
            return false;
        }
        held->items = items;
        held->capacity = capacity;
    }
    held->items[held->count++] = *socket_take;
    return true;
}

/* Behind the last one of its address. */
static const struct proa_held_socket *find(const struct proa_held *held,
                                           const char *key, uint32_t *count)
{
    const struct proa_held_socket *first = NULL;

    *count = 0;
    for (uint32_t i = 0; held != NULL && i < held->count; i++) {
        if (strcmp(held->items[i].key, key) != 0)
            continue;
        if (first == NULL)
            first = &held->items[i];
        ++*count;
    }
    return first;
}

/* --- opening ------------------------------------------------------------- */

static enum proa_status add_all(struct proa_held *held, const char *key,
                                struct proa_http_listeners *opened_take,
                                bool is_ours, struct proa_error *err)
{
    enum proa_status status = PROA_OK;

    for (uint32_t i = 0; i < opened_take->count; i++) {
        struct proa_held_socket one = { .listener = opened_take->items[i],
                                        .origin = -1 };
        if (one.listener.fd < 0)
            continue;
        if (!is_ours)
            one.origin = one.listener.fd;
        (void)snprintf(one.key, sizeof one.key, "%s", key);
        if (!proa_held_add(held, &one))
            status = proa_fail(err, PROA_NOMEM, 0, "no memory for sockets");
    }
    return status;
}

/* systemd tells the process above, whose descriptors we have. */
static void claim_inherited(void)
{
    const char *pid = getenv("LISTEN_PID");
    char own[NUMBER_SIZE];

    if (pid == NULL || strtol(pid, NULL, 10) != (long)getppid())
        return;
    (void)snprintf(own, sizeof own, "%ld", (long)getpid());
    (void)setenv("LISTEN_PID", own, 1);
}

static enum proa_status open_address(struct proa_held *held, const char *key,
                                     const char *address,
                                     struct proa_error *err)
{
    struct proa_http_listeners *opened = calloc(1, sizeof *opened);
    bool is_ours = strcmp(address, "systemd") != 0 &&
                   strncmp(address, "fd:", sizeof "fd:" - 1) != 0;

    if (opened == NULL)
        return proa_fail(err, PROA_NOMEM, 0, "no memory for sockets");
    if (!is_ours)
        claim_inherited();
    enum proa_status status = proa_http_listeners_open(opened, address, err);
    if (status == PROA_OK)
        status = add_all(held, key, opened, is_ours, err);
    else
        proa_http_listeners_close(opened);
    free(opened);
    return status;
}

/* One more at the port of the first. */
static enum proa_status open_twin(struct proa_held *held, const char *key,
                                  struct proa_error *err)
{
    struct proa_http_listeners *both = calloc(2, sizeof *both);
    uint32_t count = 0;
    const struct proa_held_socket *first = find(held, key, &count);

    if (both == NULL)
        return proa_fail(err, PROA_NOMEM, 0, "no memory for sockets");
    both[0].items[0] = first->listener;
    both[0].count = 1;
    enum proa_status status = proa_http_listeners_twin(&both[1], both, err);
    if (status == PROA_OK)
        status = add_all(held, key, &both[1], true, err);
    else
        proa_http_listeners_close(&both[1]);
    free(both);
    return status;
}

/* What `before` has for a key is ours. */
static enum proa_status move(struct proa_held *before, const char *key,
                             struct proa_held *held, struct proa_error *err)
{
    for (uint32_t i = 0; i < before->count; i++) {
        struct proa_held_socket *item = &before->items[i];
        if (strcmp(item->key, key) != 0 || item->listener.fd < 0)
            continue;
        bool is_added = proa_held_add(held, item);
        item->listener.fd = -1;
        if (!is_added)
            return proa_fail(err, PROA_NOMEM, 0, "no memory for sockets");
    }
    return PROA_OK;
}

static enum proa_status take(struct proa_held *before, const char *key,
                             const char *address, uint32_t twin_count,
                             struct proa_held *held, struct proa_error *err)
{
    uint32_t count = 0;
    enum proa_status status = PROA_OK;

    if (strlen(address) + NUMBER_SIZE > PROA_HELD_KEY_SIZE)
        return proa_fail(err, PROA_USAGE, 0,
                         "address \"%.100s...\" is too long", address);
    status = move(before, key, held, err);
    const struct proa_held_socket *first = find(held, key, &count);
    if (status == PROA_OK && first == NULL)
        status = open_address(held, key, address, err);
    first = find(held, key, &count);
    bool is_port = first != NULL && first->listener.is_port;
    for (; is_port && count < twin_count && status == PROA_OK; count++)
        status = open_twin(held, key, err);
    return status;
}

/* The n-th of an address that is given more than once (port 0) is its own. */
static void key_make(const struct proa_serve_options *options, uint32_t index,
                     char key[PROA_HELD_KEY_SIZE])
{
    const char *first =
        options->address != NULL ? options->address : PROA_SERVE_ADDRESS;
    const char *address =
        index == 0 ? first : options->more_addresses[index - 1];
    uint32_t same = 0;

    for (uint32_t i = 0; i < index; i++)
        same += strcmp(i == 0 ? first : options->more_addresses[i - 1],
                       address) == 0;
    (void)snprintf(key, PROA_HELD_KEY_SIZE, "%u %s", same, address);
}

static const char *address_of(const char *key)
{
    return strchr(key, ' ') + 1;
}

static void admin_key_make(const struct proa_serve_options *options,
                           char key[PROA_HELD_KEY_SIZE])
{
    (void)snprintf(key, PROA_HELD_KEY_SIZE, "admin %s", options->admin_address);
}

enum proa_status proa_held_open(struct proa_held *before,
                                const struct proa_serve_options *options,
                                struct proa_held *held, struct proa_error *err)
{
    uint32_t worker_count = proa_serve_worker_count(options);
    char key[PROA_HELD_KEY_SIZE];
    enum proa_status status = PROA_OK;

    if (worker_count > PROA_SERVE_WORKERS_MAX)
        worker_count = 1; /* which the server will tell */
    for (uint32_t i = 0; i <= options->more_address_count && status == PROA_OK;
         i++) {
        key_make(options, i, key);
        status = take(before, key, address_of(key), worker_count, held, err);
    }
    if (status == PROA_OK && options->admin_address != NULL) {
        admin_key_make(options, key);
        status = take(before, key, address_of(key), 1, held, err);
    }
    for (uint32_t i = 0; i < before->count; i++)
        if (before->items[i].listener.fd >= 0)
            (void)close(before->items[i].listener.fd);
    free(before->items);
    *before = (struct proa_held){ 0 };
    return status;
}

/* --- naming -------------------------------------------------------------- */

/* "fd:5,9": one for each worker, so that what waits in the queue of a worker
 * that is gone waits for the next. */
static char *name_make(const struct proa_held *held, uint32_t index,
                       uint32_t count)
{
    size_t size = (size_t)(count + 1) * NUMBER_SIZE;
    char *name = malloc(size);

    if (name == NULL)
        return NULL;
    int used = snprintf(name, size, "fd:%d", held->items[index].listener.fd);
    for (uint32_t i = 1; i < count; i++)
        used += snprintf(name + used, size - (size_t)used, ",%d",
                         held->items[index + i].listener.fd);
    return name;
}

/* How many from here on are for one name. */
static uint32_t run_of(const struct proa_held *held, uint32_t index,
                       uint32_t worker_count)
{
    const struct proa_held_socket *first = &held->items[index];
    uint32_t count = 1;

    /* More than there are workers: these are queues for all of them. */
    if (index > 0 && strcmp(first[-1].key, first->key) == 0)
        return 1;
    while (first->listener.is_port && count < worker_count &&
           index + count < held->count &&
           strcmp(first[count].key, first->key) == 0)
        count++;
    return count;
}

enum proa_status proa_held_name(const struct proa_held *held,
                                struct proa_serve_options *options,
                                char ***names, struct proa_error *err)
{
    uint32_t worker_count = proa_serve_worker_count(options), count = 0;
    char **made = calloc((size_t)held->count + 2, sizeof *made);
    char *admin = NULL, key[PROA_HELD_KEY_SIZE] = "";

    if (made == NULL)
        return proa_fail(err, PROA_NOMEM, 0, "no memory for sockets");
    *names = made;
    if (options->admin_address != NULL)
        admin_key_make(options, key);
    for (uint32_t i = 0; i < held->count;) {
        bool is_admin = strcmp(held->items[i].key, key) == 0;
        uint32_t run = is_admin ? 1 : run_of(held, i, worker_count);
        char *name = name_make(held, i, run);
        if (name == NULL)
            return proa_fail(err, PROA_NOMEM, 0, "no memory for sockets");
        made[count++] = name;
        if (is_admin)
            admin = name;
        i += run;
    }
    uint32_t public_count = count - (admin != NULL);
    if (public_count > PROA_HTTP_LISTENER_COUNT_MAX)
        return proa_fail(err, PROA_USAGE, 0, "more than %d addresses",
                         PROA_HTTP_LISTENER_COUNT_MAX);
    options->address = made[0];
    options->more_addresses = (const char *const *)made + 1;
    options->more_address_count = public_count - 1;
    if (admin != NULL)
        options->admin_address = admin;
    return PROA_OK;
}

/* --- the end ------------------------------------------------------------- */

void proa_held_end(struct proa_held *held, const struct proa_held *heir)
{
    for (uint32_t i = 0; i < held->count; i++) {
        struct proa_held_socket *item = &held->items[i];
        uint32_t count = 0;
        (void)find(heir, item->key, &count);
        if (count > 0)
            item->listener.is_made = false;
        proa_http_listener_close(&item->listener);
    }
    free(held->items);
    *held = (struct proa_held){ 0 };
}

void proa_held_close_ports(struct proa_held *held)
{
    for (uint32_t i = 0; i < held->count; i++)
        if (!held->items[i].listener.is_made)
            proa_http_listener_close(&held->items[i].listener);
}
