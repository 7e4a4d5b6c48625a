#!/bin/sh
# The whole way on the embedded sample: train, export, verify, bench, report. Takes a folder to work in.
set -eu
mkdir -p "$1"
cd "$1"
for step in "train --recipe quick" export verify bench report; do
    printf '\n$ edgekit %s\n' "$step"
    # shellcheck disable=SC2086
    edgekit $step
done
cat <<'TXT'

Made: runs/ (the trained model), exported/ (the bundle), results/ (every latency sample, and report.html).
Three commands to try next, in this folder:
  edgekit data sample letters
  edgekit predict exported/mobilenet letters/test/ain
  edgekit train YOUR/PHOTOS --recipe quick
TXT
