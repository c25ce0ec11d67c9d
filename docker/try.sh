#!/bin/sh
# What a container would do, without one: docker/try.sh PREFIX DATA prepares a database in the folder DATA with the
# service installed at PREFIX, starts the Dockerfile command until its health check passes, then a worker, and stops both.
set -eu
dockerfile=$(dirname "$0")/../Dockerfile
image_command=$(sed -n 's/^CMD \[\(.*\)\]$/\1/p' "$dockerfile" | tr -d '",')
health_check=$(sed -n 's/^ *CMD python/python/p' "$dockerfile")

PATH=$1/bin:$PATH
BILLING_DATA_DIR=$2
BILLING_PORT=$(python -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
export PATH BILLING_DATA_DIR BILLING_PORT
mkdir -p "$2"
cd "$2"

billing migrate
# The command is a list of plain words, so it is split here.
$image_command &
web=$!
trap 'kill "$web" 2> /dev/null || true' EXIT
# Asks every half second, for half a minute at most, until the command in the arguments succeeds.
until_true() {
    tries=60
    until "$@" 2> /dev/null; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || { echo "This never came true: $*"; "$@"; exit 1; }
        sleep 0.5
    done
}
until_true sh -c "$health_check"
billing worker 2> worker.log &
worker=$!
trap 'kill "$web" "$worker" 2> /dev/null || true' EXIT
until_true grep -q worker.started worker.log
kill "$worker"
wait "$worker"
kill "$web"
wait "$web"
trap - EXIT
echo "The image's web command passed its health check; the worker started; both stopped when told."
