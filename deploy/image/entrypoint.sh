#!/bin/sh
# `binhdan` with what was prepared at build time in its data folder.
set -eu
baked=${BAKED:-/opt/binhdan/baked}
if [ -z "${BINHDAN_CORE_URL:-}" ] && [ -d "$baked" ]; then # a gateway needs none of it
    mkdir -p "$BINHDAN_DATA_DIR/index"
    # The encoder is only read: as a link it is in memory once for all containers of a machine.
    [ -e "$BINHDAN_DATA_DIR/encoder" ] || ln -s "$baked/encoder" "$BINHDAN_DATA_DIR/encoder"
    # A volume may hold the vectors of an earlier image: what has another name stays beside, and the
    # vectors are replaced, since they belong to the content that comes with this image.
    cp -R "$baked/index/." "$BINHDAN_DATA_DIR/index/"
    if [ -d "$baked/imported" ]; then
        mkdir -p "$BINHDAN_DATA_DIR/imported"
        cp -R "$baked/imported/." "$BINHDAN_DATA_DIR/imported/"
    fi
fi
exec binhdan "$@"
