# SPDX-License-Identifier: Apache-2.0
"""Takes every request and never answers one; ends when its input does."""

from bridge_protocol import start

start().read_until_end()
