#!/bin/sh
# Prepares encoder, vectors and index of the content and of imports in /opt/binhdan/baked, at build
# time. The database of this run is thrown away: publishing is for the deployment to decide.
set -eu
baked=${BAKED:-/opt/binhdan/baked}
mkdir -p "$baked"
BINHDAN_DATA_DIR=$baked binhdan kb publish
rm -f "$baked"/binhdan.db* "$baked"/secret_key
chmod -R a+rX "$baked"
