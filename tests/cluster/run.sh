#!/usr/bin/env bash
# make cluster-test: `ray up cluster.onprem.yaml` for real, on hosts made on this machine.
#
# Two hosts, each with its own network, processes, host name, home, /tmp and /dev/shm, reached by ssh; a folder stands for their NFS. A third
# place, the lab member's laptop, runs ray up, a sweep on the head over both hosts, and ray down. Then the same sweep is run in one process:
# every fold result must be the same bit by bit.
#
# All of it lives in namespaces of one process: whatever happens, its end takes hosts, network and mounts with it. Nothing outside is touched,
# other people's Ray included; only the temporary folder is left to remove. Exit status: 0 all held, 1 something did not, 2 it cannot be run here.
set -euo pipefail
REPO=$(cd "$(dirname "$0")/../.." && pwd)
PYTHON=$REPO/.venv/bin/python
HEAD=10.77.0.11
WORKER=10.77.0.12

refuse() { echo "cluster-test: $*" >&2; exit 2; }
say() { echo "[${SECONDS}s] $*"; }

outside() {
  [ "$(id -u)" = 0 ] || refuse "needs root, to make hosts out of namespaces; run it as root, in a container or a virtual machine"
  for tool in ip sshd ssh ssh-keygen rsync unshare pgrep; do
    PATH=$PATH:/usr/sbin command -v "$tool" > /dev/null || refuse "needs the command $tool (Debian: apt-get install openssh-server iproute2 rsync procps)"
  done
  [ -x "$REPO/.venv/bin/ray" ] || refuse "$REPO/.venv has no ray; make the environment first: make env"
  unshare --net --mount --pid --fork true || refuse "this system allows no namespaces; in a container give it CAP_SYS_ADMIN and CAP_NET_ADMIN"
  WORK=$(mktemp -d /var/tmp/mer-cluster.XXXXXX)
  unshare --net --mount --pid --fork --mount-proc --kill-child bash "$0" inside "$WORK" &
  local lab=$!
  trap 'exit 130' INT TERM
  # shellcheck disable=SC2064
  trap "kill -9 $lab 2> /dev/null || true; wait $lab || true; remove" EXIT
  wait $lab
}

remove() { # the repository is mounted in there, but in the namespaces only; never delete through a mount
  grep -q " $WORK/" /proc/self/mountinfo || rm -rf "$WORK"
}

host() { # NAME ADDRESS: boots a host; it ends with this script
  local home=$WORK/$1
  mkdir -p "$home/.ssh"
  cp "$WORK/key.pub" "$home/.ssh/authorized_keys"
  sed "s|^root:.*|root:x:0:0:root:$home:/bin/bash|" /etc/passwd > "$WORK/$1.passwd"
  sed 's|^root:[^:]*|root:*|' /etc/shadow > "$WORK/$1.shadow"
  ip netns add "$1"
  ip link add "to-$1" type veth peer name eth0 netns "$1"
  ip link set "to-$1" master lab up
  ip -n "$1" link set lo up
  ip -n "$1" link set eth0 up
  ip -n "$1" addr add "$2/24" dev eth0
  ip -n "$1" route add default via 10.77.0.1
  ip netns exec "$1" unshare --mount --pid --uts --fork --mount-proc --kill-child bash -euc "
    hostname $1
    mount --bind $WORK/$1.passwd /etc/passwd
    mount --bind $WORK/$1.shadow /etc/shadow
    mount -t tmpfs tmpfs /tmp
    mount -t tmpfs tmpfs /dev/shm
    $(declare -f show_repository); show_repository
    exec $(PATH=$PATH:/usr/sbin command -v sshd) -D -e -f $WORK/sshd_config -o ListenAddress=$2
  " 2> "$WORK/$1.sshd.log" &
}

show_repository() { # a /tmp of one's own may have hidden where it lay
  mkdir -p "$REPO"
  mount --rbind "$WORK/nfs/mer-orchestrator" "$REPO"
}

ray() { "$REPO/.venv/bin/ray" "$@"; }

logged() { # NAME COMMAND...: its output to a file, shown when it fails
  local log=$WORK/$1.log
  shift
  timeout 600 "$@" > "$log" 2>&1 < /dev/null || { local status=$?; tail -n 60 "$log"; say "exit status $status: $*"; exit 1; }
}

inside() {
  export WORK=$1 REPO
  mkdir -p "$WORK/nfs/mer-orchestrator/.venv" "$WORK/laptop"
  # A copy: an edit during the test would change the code that job ids are made of.
  rsync -a --exclude /.venv --exclude /.git --exclude /workspace --exclude __pycache__ "$REPO/" "$WORK/nfs/mer-orchestrator/"
  mount --bind "$REPO/.venv" "$WORK/nfs/mer-orchestrator/.venv"
  mount -t tmpfs tmpfs /tmp
  mount -t tmpfs tmpfs /run
  mkdir /run/sshd
  show_repository
  cd "$REPO"
  export HOME=$WORK/laptop OMP_NUM_THREADS=1 RAY_USAGE_STATS_ENABLED=0 MLFLOW_DISABLE_TELEMETRY=true
  unset RAY_ADDRESS RAY_AUTH_TOKEN RAY_AUTH_TOKEN_PATH RAY_AUTH_MODE

  ssh-keygen -q -t ed25519 -N '' -f "$WORK/key"
  ssh-keygen -q -t ed25519 -N '' -f "$WORK/host_key"
  printf '%s\n' "HostKey $WORK/host_key" 'PidFile none' 'UsePAM no' 'PasswordAuthentication no' 'PermitRootLogin prohibit-password' > "$WORK/sshd_config"
  ip link set lo up
  ip link add lab type bridge
  ip link set lab up
  ip addr add 10.77.0.1/24 dev lab
  host head $HEAD
  host worker $WORKER
  "$PYTHON" -m tests.cluster.config cluster.onprem.yaml "$WORK" $HEAD $WORKER > "$WORK/cluster.yaml"
  logged render "$PYTHON" -m preprocessing.render "$WORK/nfs/corpus" --subjects 6 --clips 4
  say "two hosts and a corpus of 6 people are there"

  (umask 077; ray get-auth-token --generate > /dev/null 2>&1)
  export RAY_UP_enable_autoscaler_v2=0
  logged up "$REPO/.venv/bin/ray" up --yes --no-config-cache "$WORK/cluster.yaml"
  say "ray up has started the head"
  SWEEP="orchestrator.sweep stag --trials 1 --selection nested --set recipe.epochs=2 --corpus synthetic --root $WORK/nfs/corpus --name one"
  logged sweep "$REPO/.venv/bin/ray" exec "$WORK/cluster.yaml" "cd mer-orchestrator && python -m tests.cluster.nodes wait 2 \
    && python -m $SWEEP --address auto --store $WORK/nfs/mer --workspace ~/mer-workspace && python -m tests.cluster.nodes folds > $WORK/folds.json"
  say "the sweep over both hosts is done"
  for name in head worker; do
    [ "$(stat -c %a "$WORK/$name/.ray/auth_token")" = 600 ] || { say "others may read the token on $name"; exit 1; }
  done
  HOME=$WORK/stranger RAY_AUTH_MODE=disabled timeout 60 "$REPO/.venv/bin/ray" status --address $HEAD:6379 > "$WORK/stranger.log" 2>&1 || true
  grep -q InvalidAuthToken "$WORK/stranger.log" || { say "someone without the token was not turned away:"; cat "$WORK/stranger.log"; exit 1; }
  if timeout 5 bash -c "true < /dev/tcp/$HEAD/8265" 2> /dev/null; then say "the dashboard answers outside the head"; exit 1; fi
  say "without the token the head does not answer, and the dashboard does not beyond the head"

  logged down "$REPO/.venv/bin/ray" down --yes "$WORK/cluster.yaml"
  # shellcheck disable=SC2086
  logged inline "$PYTHON" -m $SWEEP --runner inline --workspace "$WORK/inline"
  "$PYTHON" -m tests.cluster.compare "$WORK/folds.json" "$WORK/nfs/mer" "$WORK/head/mer-workspace" "$WORK/inline"
  for _ in $(seq 60); do pgrep -x raylet > /dev/null || break; sleep 1; done
  if pgrep -x raylet > /dev/null; then say "a host still runs Ray a minute after ray down"; exit 1; fi
  say "ray down has ended Ray on both hosts"
  say "all held"
}

case ${1:-} in
  inside) inside "$2" ;;
  *) outside ;;
esac
