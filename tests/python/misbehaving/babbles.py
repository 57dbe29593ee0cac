# SPDX-License-Identifier: Apache-2.0
"""Prints a line on standard output, where frames belong, and then behaves well."""

from bridge_protocol import start, write_bytes

bridge = start()
write_bytes(b"Loading the model, please wait ...\n")
bridge.serve()
