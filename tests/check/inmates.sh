#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The message rings that Linux and inmates share, tested on the host.
set -eu
cd "$(dirname "$0")/../.."
exec make -s --no-print-directory -C inmates check O="$PWD/build/inmates"
