/*
 * What a supervised server was given at its start and can get no more of: its
 * settings, and the files that it is confined to. Whether the configuration of
 * today fits into that is looked at beside it.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_SERVE_GRANTED_H
#define PROA_SERVE_GRANTED_H

#include "serve/confine.h"

/* The settings that hold from a server's start to its end, as a text. */
void proa_granted_settings(const struct proa_serve_options *options,
                           struct proa_buffer *text);

/*
 * Write it down, before it is confined. Folders are noted by what they are, not
 * by name, as Landlock does.
 *
 * @param settings of proa_granted_settings(), from before the addresses were
 *                 opened
 * @param fd       set on success: a sealed file in memory, owned
 * @return PROA_OK, PROA_IO, PROA_NOMEM
 */
PROA_NODISCARD enum proa_status
proa_granted_write(const struct proa_serve_options *options,
                   const struct proa_buffer *settings,
                   const struct proa_confine_paths *paths, int *fd,
                   struct proa_error *err);

/*
 * Whether a server with what that file says can serve this plan.
 *
 * @param plan its arena is used
 */
bool proa_granted_suffices(int fd, const struct proa_serve_options *options,
                           const struct proa_plan *plan);

#endif
