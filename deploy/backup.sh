#!/usr/bin/env bash
# Writes the database of Editions, Journal and tokens into a new file of FOLDER, while it is in use.
#     backup.sh FOLDER
# BINHDAN_DATABASE_URL or BINHDAN_DATA_DIR say where the database is, as they do for the server.
# Backups older than KEEP_DAYS (30) are deleted. Needs pg_dump of the server's version or a newer
# one; for SQLite, Python.
#
# The queue is not backed up: its state is one of minutes, and an old one would answer people again
# who have been answered. Nor is BINHDAN_SECRET_KEY, which belongs elsewhere than what it protects.
set -euo pipefail
umask 077
folder=${1:?usage: backup.sh FOLDER}
url=${BINHDAN_DATABASE_URL:-sqlite:///${BINHDAN_DATA_DIR:-var}/binhdan.db}
file=$folder/binhdan-$(date -u +%Y%m%dT%H%M%SZ)
mkdir -p "$folder"
trap 'rm -f "$file.part"' EXIT

case $url in
sqlite:///*)
    file=$file.db
    "${PYTHON:-python3}" - "${url#sqlite:///}" "$file.part" <<'PYTHON'
import sqlite3, sys

source, target = sys.argv[1:]
# One consistent state, whoever writes meanwhile: what copying a file in use is not.
database = sqlite3.connect(f"file:{source}?mode=rw", uri=True, timeout=60)
database.execute("VACUUM INTO ?", (target,))
found = sqlite3.connect(target).execute("PRAGMA integrity_check").fetchone()[0]
sys.exit(None if found == "ok" else found)
PYTHON
    ;;
postgresql*://*)
    file=$file.dump
    url=postgresql://${url#*://}
    # Not in the arguments, which every user of the machine can read.
    password=$(sed -nE 's|^[^/]*//[^:/@]*:([^@]*)@.*|\1|p' <<<"$url")
    [ -z "$password" ] || { PGPASSWORD=$(printf '%b' "${password//%/\\x}"); export PGPASSWORD; }
    url=$(sed -E 's|^([^/]*//[^:/@]*):[^@]*@|\1@|' <<<"$url")
    pg_dump --format=custom --no-owner --no-privileges --file="$file.part" --dbname="$url"
    pg_restore --list "$file.part" >/dev/null
    ;;
*)
    echo "backup.sh: neither SQLite nor PostgreSQL: ${url%%:*}" >&2
    exit 1
    ;;
esac

mv "$file.part" "$file"
find "$folder" -name 'binhdan-*' -type f -mtime "+${KEEP_DAYS:-30}" -delete
echo "$file"
