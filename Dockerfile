# SilentBench with the libraries of its baselines, reports and executors, for clusters; see
# docs/scaling.md. Built from a checkout: `docker build -t silentbench .`
ARG PYTHON=3.11

FROM python:${PYTHON}-slim-bookworm AS build
# PESQ is C code. Debian's archive keeps one version of a package, so none is pinned.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends gcc libc6-dev \
    && rm -rf /var/lib/apt/lists/*
# As in the Makefile: PESQ fast, and with the same scores on every processor.
ENV CFLAGS="-O3 -ffp-contract=off"
WORKDIR /source
COPY . .
RUN python -m venv /opt/silentbench \
    && /opt/silentbench/bin/pip install --no-cache-dir --no-binary pesq -c constraints.txt \
    '.[baselines,pesq,report,video,nwb,slurm,dask]'

FROM python:${PYTHON}-slim-bookworm
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends bubblewrap \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /opt/silentbench /opt/silentbench
ENV PATH=/opt/silentbench/bin:$PATH
# Entries, results and the board are written into the folder that is mounted here.
WORKDIR /work
ENTRYPOINT ["silentbench"]
CMD ["--help"]
