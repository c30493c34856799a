#!/usr/bin/env bash
# Puts a file of backup.sh into a new, empty database.
#     restore.sh FILE
# BINHDAN_DATABASE_URL or BINHDAN_DATA_DIR say where; what is there already is never overwritten.
# Start the server afterwards: it brings an older backup's tables to today's.
set -euo pipefail
umask 077
file=${1:?usage: restore.sh FILE}
url=${BINHDAN_DATABASE_URL:-sqlite:///${BINHDAN_DATA_DIR:-var}/binhdan.db}

refuse() {
    echo "restore.sh: $1" >&2
    exit 1
}

case $url in
sqlite:///*)
    target=${url#sqlite:///}
    [ ! -e "$target" ] || refuse "$target is there already; move it away first"
    mkdir -p "$(dirname "$target")"
    rm -f "$target-wal" "$target-shm" # of a database that is gone: SQLite would read them into ours
    cp "$file" "$target.part"
    mv "$target.part" "$target"
    ;;
postgresql*://*)
    url=postgresql://${url#*://}
    password=$(sed -nE 's|^[^/]*//[^:/@]*:([^@]*)@.*|\1|p' <<<"$url")
    [ -z "$password" ] || { PGPASSWORD=$(printf '%b' "${password//%/\\x}"); export PGPASSWORD; }
    url=$(sed -E 's|^([^/]*//[^:/@]*):[^@]*@|\1@|' <<<"$url")
    tables=$(psql --no-psqlrc -Atc "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'" "$url")
    [ "$tables" = 0 ] || refuse "the database has tables already; restore into a new one"
    # All or nothing.
    pg_restore --exit-on-error --single-transaction --no-owner --no-privileges \
        --dbname="$url" "$file"
    ;;
*) refuse "neither SQLite nor PostgreSQL: ${url%%:*}" ;;
esac
echo "restored $file"
