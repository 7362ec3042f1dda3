#!/bin/sh
# Makes the secrets of a cluster in docker/secrets, those that are missing: the token that clients show to the scheduler,
# and the keys of the object store. For a store of your own write its keys into store.env.
set -eu
cd "$(dirname "$0")"
mkdir -p secrets
# Containers read them as a user of their own.
umask 022
random() { od -An -N32 -tx1 /dev/urandom | tr -d ' \n'; }
[ -s secrets/token ] || random >secrets/token
[ -s secrets/store.env ] || printf 'AWS_ACCESS_KEY_ID=annota\nAWS_SECRET_ACCESS_KEY=%s\n' "$(random)" >secrets/store.env
