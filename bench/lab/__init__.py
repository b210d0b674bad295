"""The lab: one API in several languages and ways, measured side by side.

SPDX-License-Identifier: Apache-2.0
"""
