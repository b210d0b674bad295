/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/refetch.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cache/output.h"
#include "serve/confine.h"
#include "serve/granted.h"
#include "serve/serve.h"

enum { NEEDS_MORE_CODE = 3 };

static enum proa_status fetch(const struct proa_refetch_server *server,
                              const struct proa_serve_options *options, int fd,
                              bool *needs_more)
{
    struct proa_serve_options fresh = *options;
    struct proa_plan plan;
    struct proa_error err = { 0 };
    enum proa_status status = PROA_OK;

    if (options->user != NULL)
        status = proa_confine_user(options->user, &err);
    /* Behind that, as another user would undo it. */
    if (status == PROA_OK && prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
        status = PROA_IO;
    if (status == PROA_OK && options->again != NULL)
        status = options->again(options->load_env, &fresh, &err);
    if (status == PROA_OK)
        status = proa_plan_init(&plan, &err);
    if (status != PROA_OK)
        return status;
    status = proa_serve_plan(&fresh, &plan, &err);
    *needs_more = status == PROA_OK &&
                  !proa_granted_suffices(server->granted_fd, &fresh, &plan);
    if (status == PROA_OK && !*needs_more)
        status = fresh.fetch(fresh.load_env, &plan, server->pid, fd, &err);
    proa_plan_deinit(&plan);
    return status;
}

/* Faults go with what was fetched; those of the configuration the server
 * finds as well, and tells. */
_Noreturn static void be_fetcher(const struct proa_refetch_server *server,
                                 const struct proa_serve_options *options,
                                 int fd, pid_t parent)
{
    int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    bool needs_more = false;
    bool is_good = null_fd >= 0 && dup2(null_fd, STDERR_FILENO) >= 0 &&
                   getppid() == parent &&
                   fetch(server, options, fd, &needs_more) == PROA_OK;

    _exit(needs_more ? NEEDS_MORE_CODE : is_good ? 0 : 1);
}

bool proa_refetch_start(struct proa_refetch *refetch,
                        const struct proa_refetch_server *server,
                        const struct proa_serve_options *options)
{
    struct proa_error err = { 0 };
    pid_t parent = getpid();
    int fd = -1;

    if (refetch->pid > 0) {
        refetch->is_again = true;
        return true;
    }
    if (options->fetch == NULL || proa_output_create(&fd, &err) != PROA_OK)
        return false;
    (void)fflush(NULL);
    pid_t pid = fork();
    if (pid == 0)
        be_fetcher(server, options, fd, parent);
    if (pid < 0) {
        (void)close(fd);
        return false;
    }
    *refetch = (struct proa_refetch){ .pid = pid, .fd = fd };
    return true;
}

bool proa_refetch_end(struct proa_refetch *refetch, int *fd, bool *needs_more)
{
    struct proa_error err = { 0 };
    uint64_t size = 0;
    int end = 0;

    if (refetch->pid <= 0 || waitpid(refetch->pid, &end, WNOHANG) == 0)
        return false;
    refetch->pid = 0;
    *needs_more = WIFEXITED(end) && WEXITSTATUS(end) == NEEDS_MORE_CODE;
    if (WIFEXITED(end) && WEXITSTATUS(end) == 0 &&
        proa_output_size(refetch->fd, &size, &err) == PROA_OK && size > 0 &&
        proa_output_seal(refetch->fd, &err) == PROA_OK) {
        *fd = refetch->fd;
        return true;
    }
    (void)close(refetch->fd);
    *fd = -1;
    return true;
}

void proa_refetch_cancel(struct proa_refetch *refetch)
{
    if (refetch->pid > 0) {
        (void)kill(refetch->pid, SIGKILL);
        (void)waitpid(refetch->pid, NULL, 0);
        (void)close(refetch->fd);
    }
    *refetch = (struct proa_refetch){ 0 };
}
