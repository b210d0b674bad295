/*
 * Which proa this is.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_BASE_VERSION_H
#define PROA_BASE_VERSION_H

#define PROA_VERSION "0.1.0"

#endif
