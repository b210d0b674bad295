/*
 * The functions of preview 1. The names, the order and the meaning of the
 * parameters are the specification's; each is called by a guest.
 * https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md
 *
 * Those ending in _unstable serve wasi_unstable where that differs.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_WASI_PREVIEW1_H
#define PROA_WASI_PREVIEW1_H

#include <stdint.h>

struct proa_call;

/* args.c, environ.c */
uint32_t proa_wasi_args_get(struct proa_call *call, uint32_t argv,
                            uint32_t argv_buf);
uint32_t proa_wasi_args_sizes_get(struct proa_call *call, uint32_t count,
                                  uint32_t size);
uint32_t proa_wasi_environ_get(struct proa_call *call, uint32_t environ_list,
                               uint32_t environ_buf);
uint32_t proa_wasi_environ_sizes_get(struct proa_call *call, uint32_t count,
                                     uint32_t size);

/* clock.c */
uint32_t proa_wasi_clock_res_get(struct proa_call *call, uint32_t id,
                                 uint32_t resolution);
uint32_t proa_wasi_clock_time_get(struct proa_call *call, uint32_t id,
                                  uint64_t precision, uint32_t time);

/* fd.c */
uint32_t proa_wasi_fd_advise(struct proa_call *call, uint32_t fd,
                             uint64_t offset, uint64_t size, uint32_t advice);
uint32_t proa_wasi_fd_allocate(struct proa_call *call, uint32_t fd,
                               uint64_t offset, uint64_t size);
uint32_t proa_wasi_fd_close(struct proa_call *call, uint32_t fd);
uint32_t proa_wasi_fd_datasync(struct proa_call *call, uint32_t fd);
uint32_t proa_wasi_fd_fdstat_get(struct proa_call *call, uint32_t fd,
                                 uint32_t stat);
uint32_t proa_wasi_fd_fdstat_set_flags(struct proa_call *call, uint32_t fd,
                                       uint32_t flags);
uint32_t proa_wasi_fd_fdstat_set_rights(struct proa_call *call, uint32_t fd,
                                        uint64_t base, uint64_t inheriting);
uint32_t proa_wasi_fd_filestat_get(struct proa_call *call, uint32_t fd,
                                   uint32_t stat);
uint32_t proa_wasi_fd_filestat_get_unstable(struct proa_call *call, uint32_t fd,
                                            uint32_t stat);
uint32_t proa_wasi_fd_filestat_set_size(struct proa_call *call, uint32_t fd,
                                        uint64_t size);
uint32_t proa_wasi_fd_filestat_set_times(struct proa_call *call, uint32_t fd,
                                         uint64_t accessed, uint64_t modified,
                                         uint32_t fst_flags);
uint32_t proa_wasi_fd_renumber(struct proa_call *call, uint32_t fd,
                               uint32_t to);
uint32_t proa_wasi_fd_seek(struct proa_call *call, uint32_t fd, int64_t offset,
                           uint32_t whence, uint32_t position);
uint32_t proa_wasi_fd_seek_unstable(struct proa_call *call, uint32_t fd,
                                    int64_t offset, uint32_t whence,
                                    uint32_t position);
uint32_t proa_wasi_fd_sync(struct proa_call *call, uint32_t fd);
uint32_t proa_wasi_fd_tell(struct proa_call *call, uint32_t fd,
                           uint32_t position);

/* io.c */
uint32_t proa_wasi_fd_pread(struct proa_call *call, uint32_t fd, uint32_t iovs,
                            uint32_t iov_count, uint64_t offset,
                            uint32_t read_size);
uint32_t proa_wasi_fd_pwrite(struct proa_call *call, uint32_t fd, uint32_t iovs,
                             uint32_t iov_count, uint64_t offset,
                             uint32_t written_size);
uint32_t proa_wasi_fd_read(struct proa_call *call, uint32_t fd, uint32_t iovs,
                           uint32_t iov_count, uint32_t read_size);
uint32_t proa_wasi_fd_write(struct proa_call *call, uint32_t fd, uint32_t iovs,
                            uint32_t iov_count, uint32_t written_size);

/* readdir.c */
uint32_t proa_wasi_fd_readdir(struct proa_call *call, uint32_t fd, uint32_t buf,
                              uint32_t buf_size, uint64_t cookie,
                              uint32_t used_size);

/* preopen.c */
uint32_t proa_wasi_fd_prestat_get(struct proa_call *call, uint32_t fd,
                                  uint32_t prestat);
uint32_t proa_wasi_fd_prestat_dir_name(struct proa_call *call, uint32_t fd,
                                       uint32_t path, uint32_t path_size);

/* path.c */
uint32_t proa_wasi_path_create_directory(struct proa_call *call, uint32_t fd,
                                         uint32_t path, uint32_t path_size);
uint32_t proa_wasi_path_filestat_get(struct proa_call *call, uint32_t fd,
                                     uint32_t lookup, uint32_t path,
                                     uint32_t path_size, uint32_t stat);
uint32_t proa_wasi_path_filestat_get_unstable(struct proa_call *call,
                                              uint32_t fd, uint32_t lookup,
                                              uint32_t path, uint32_t path_size,
                                              uint32_t stat);
uint32_t proa_wasi_path_filestat_set_times(struct proa_call *call, uint32_t fd,
                                           uint32_t lookup, uint32_t path,
                                           uint32_t path_size,
                                           uint64_t accessed, uint64_t modified,
                                           uint32_t fst_flags);
uint32_t proa_wasi_path_link(struct proa_call *call, uint32_t old_fd,
                             uint32_t lookup, uint32_t old_path,
                             uint32_t old_path_size, uint32_t new_fd,
                             uint32_t new_path, uint32_t new_path_size);
uint32_t proa_wasi_path_open(struct proa_call *call, uint32_t fd,
                             uint32_t lookup, uint32_t path, uint32_t path_size,
                             uint32_t oflags, uint64_t base,
                             uint64_t inheriting, uint32_t fdflags,
                             uint32_t opened_fd);
uint32_t proa_wasi_path_readlink(struct proa_call *call, uint32_t fd,
                                 uint32_t path, uint32_t path_size,
                                 uint32_t buf, uint32_t buf_size,
                                 uint32_t used_size);
uint32_t proa_wasi_path_remove_directory(struct proa_call *call, uint32_t fd,
                                         uint32_t path, uint32_t path_size);
uint32_t proa_wasi_path_rename(struct proa_call *call, uint32_t old_fd,
                               uint32_t old_path, uint32_t old_path_size,
                               uint32_t new_fd, uint32_t new_path,
                               uint32_t new_path_size);
uint32_t proa_wasi_path_symlink(struct proa_call *call, uint32_t target,
                                uint32_t target_size, uint32_t fd,
                                uint32_t path, uint32_t path_size);
uint32_t proa_wasi_path_unlink_file(struct proa_call *call, uint32_t fd,
                                    uint32_t path, uint32_t path_size);

/* poll.c */
uint32_t proa_wasi_poll_oneoff(struct proa_call *call, uint32_t in,
                               uint32_t out, uint32_t count,
                               uint32_t event_count);
uint32_t proa_wasi_poll_oneoff_unstable(struct proa_call *call, uint32_t in,
                                        uint32_t out, uint32_t count,
                                        uint32_t event_count);

/* proc.c, random.c */
void proa_wasi_proc_exit(struct proa_call *call, uint32_t exit_code);
uint32_t proa_wasi_proc_raise(struct proa_call *call, uint32_t signal);
uint32_t proa_wasi_sched_yield(struct proa_call *call);
uint32_t proa_wasi_random_get(struct proa_call *call, uint32_t buf,
                              uint32_t size);

/* sock.c */
uint32_t proa_wasi_sock_accept(struct proa_call *call, uint32_t fd,
                               uint32_t flags, uint32_t accepted_fd);
uint32_t proa_wasi_sock_recv(struct proa_call *call, uint32_t fd, uint32_t iovs,
                             uint32_t iov_count, uint32_t flags,
                             uint32_t read_size, uint32_t out_flags);
uint32_t proa_wasi_sock_send(struct proa_call *call, uint32_t fd, uint32_t iovs,
                             uint32_t iov_count, uint32_t flags,
                             uint32_t written_size);
uint32_t proa_wasi_sock_shutdown(struct proa_call *call, uint32_t fd,
                                 uint32_t how);

#endif
