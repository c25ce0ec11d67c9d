#!/bin/sh
# The install steps of the image: docker/install.sh PREFIX makes the environment PREFIX with the service in it, from the
# files in the current folder. The Dockerfile runs this in its build stage; .ci/run runs it in a clean folder that holds
# exactly what the Dockerfile copies, because no image can be built where CI runs.
set -eu
prefix=${1:?usage: docker/install.sh PREFIX}

python3 -m venv "$prefix"
"$prefix/bin/python" -m pip install --disable-pip-version-check -qq --require-hashes --requirement requirements.lock
# Nothing but the lock is downloaded: the project is built with the setuptools that the lock names.
"$prefix/bin/python" -m pip install --disable-pip-version-check -qq --no-deps --no-build-isolation .
"$prefix/bin/python" -m pip check
