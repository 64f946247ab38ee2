#!/usr/bin/env bash
# Owns the installation from a checkout, for Debian 12 and 13 and Raspberry Pi OS: a package of dist/ where one fits,
# else the same files in the same places, made on this machine. Knows nothing of what is inside the daemon.
#
#   sudo packaging/install.sh [--wheel FILE] [--model FILE]     install, or bring up to date
#   sudo packaging/install.sh --uninstall                       configuration and state stay
#   sudo packaging/install.sh --purge                           nothing stays
#
# --wheel names a wheel of llama-cpp-python, --model a GGUF that edge-convert made; with either, no package is taken.
# Python packages come from the index that pip is configured for, each compared with its sha256 in requirements.lock.
set -euo pipefail

PROJECT=$(cd "$(dirname "$0")/.." && pwd)
LOCK=$PROJECT/packaging/requirements.lock
WORK=$PROJECT/build/install
VENV=/usr/lib/edge
MARK=$VENV/installed-by-install.sh
UNIT=/usr/lib/systemd/system/edge.service
PAGES=(/usr/share/man/man1/edge.1.gz /usr/share/man/man1/edge-convert.1.gz /usr/share/man/man5/edge.yaml.5.gz
  /usr/share/bash-completion/completions/edge)
NEEDS=(gcc libgomp1 libsystemd-dev pkg-config python3-dev python3-pip python3-setuptools python3-venv python3-wheel)
COMPILER=(cmake g++ ninja-build)
PIP=(python3 -m pip --disable-pip-version-check --quiet)
WHEEL='' MODEL=''

say() { echo "install: $*"; }

fail() {
  echo "install: $*" >&2
  exit 1
}

main() {
  local verb=install
  while [ $# -gt 0 ]; do
    case $1 in
    --uninstall | --purge) verb=${1#--} ;;
    --wheel | --model)
      [ -f "${2:-}" ] || fail "$1: expected a file, got \"${2:-}\""
      [ "$1" = --wheel ] && WHEEL=$(realpath "$2") || MODEL=$(realpath "$2")
      shift
      ;;
    *) fail "expected --wheel FILE, --model FILE, --uninstall or --purge, got \"$1\"" ;;
    esac
    shift
  done
  [ "$(id -u)" -eq 0 ] || fail "expected to run as root: sudo packaging/install.sh"
  "$verb"
}

install() {
  local release arch machine package
  check_system
  package=$(printf '%s\n' "$PROJECT"/dist/edge-readings_*~deb"$release"_"$arch".deb | sort --version-sort | tail -n 1)
  if [ -e "$package" ] && [ -z "$WHEEL$MODEL" ]; then
    say "installing ${package#"$PROJECT"/}"
    apt-get update -qq || say "apt-get update failed; trying with what is known"
    # A configuration that was edited stays, without a question.
    apt-get install --yes --quiet --option=Dpkg::Options::=--force-confdef --option=Dpkg::Options::=--force-confold \
      "$package"
    return
  fi
  ! dpkg-query --show --showformat='${db:Status-Abbrev}' edge-readings 2>/dev/null | grep -q ^ii ||
    fail "the Debian package edge-readings is installed; take a newer one, or apt-get remove edge-readings first"

  mkdir -p "$WORK"
  apt_install "${NEEDS[@]}"
  choose_wheel
  make_environment
  install_model
  install_files
  start
}

# Sets release, arch and machine, or says why this cannot be installed here.
check_system() {
  local suite python free_mb
  # shellcheck source=/dev/null
  suite=$(. /etc/os-release && echo "${VERSION_CODENAME:-another system}")
  case $suite in
  bookworm) release=12 ;;
  trixie) release=13 ;;
  *) fail "expected Debian 12 or 13, or Raspberry Pi OS of 2023 or later; /etc/os-release names $suite" ;;
  esac
  arch=$(dpkg --print-architecture)
  case $arch in
  amd64) machine=x86_64 ;;
  arm64) machine=aarch64 ;;
  armhf) fail "expected a system of 64 bit, got armhf; the 64-bit image of Raspberry Pi OS is needed" ;;
  *) fail "expected arm64 or amd64, got $arch" ;;
  esac
  python=$(python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null || echo none)
  case $python in
  3.11 | 3.12 | 3.13 | none) ;;
  *) fail "expected Python 3.11 to 3.13 as $(command -v python3), got $python" ;;
  esac
  free_mb=$(($(df --output=avail --block-size=1M /usr | tail -n 1)))
  [ "$free_mb" -ge 800 ] || fail "expected 800 MB free on /usr, got $free_mb"
}

apt_install() {
  local package missing=()
  for package in "$@"; do
    dpkg-query --show --showformat='${db:Status-Abbrev}' "$package" 2>/dev/null | grep -q ^ii || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  say "installing Debian packages: ${missing[*]}"
  apt-get update -qq || fail "apt-get update failed; is there a network?"
  DEBIAN_FRONTEND=noninteractive apt-get install --yes -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# Sets WHEEL: what --wheel names, what dist/ has for this processor, or what is compiled now.
choose_wheel() {
  local version flag needed found
  version=$(sed -nE 's/^llama-cpp-python==([^ ]+).*/\1/p' "$LOCK")
  [ -z "$WHEEL" ] || return 0
  found=$PROJECT/dist/llama_cpp_python-$version-py3-none-linux_$machine.whl
  # Cortex-A76: half floats and dot products; x86-64-v3.
  needed=(asimdhp asimddp)
  [ "$arch" = arm64 ] || needed=(avx2 fma f16c bmi2)
  if [ -e "$found" ]; then
    for flag in "${needed[@]}"; do
      grep -qwE "$flag" /proc/cpuinfo || { say "this processor lacks $flag, for which dist/ was compiled"; found=''; break; }
    done
    [ -z "$found" ] || { WHEEL=$found; return 0; }
  else
    say "dist/ has no wheel of llama-cpp-python for $arch"
  fi
  WHEEL=$WORK/$(basename "llama_cpp_python-$version-py3-none-linux_$machine.whl")
  [ ! -e "$WHEEL" ] || { say "taking llama-cpp-python from ${WORK#"$PROJECT"/}, where it was compiled before"; return 0; }
  say "compiling llama-cpp-python for this processor; that takes ten minutes or more"
  apt_install "${COMPILER[@]}"
  sed -n '/^llama-cpp-python==/,/# via/p' "$LOCK" >"$WORK/llama.txt"
  CMAKE_ARGS="-DLLAVA_BUILD=OFF" "${PIP[@]}" wheel --require-hashes --no-deps --wheel-dir "$WORK" \
    --requirement "$WORK/llama.txt" || fail "llama-cpp-python could not be compiled, see above"
}

# Makes /usr/lib/edge anew; the one before it comes back when this fails.
make_environment() {
  say "making the virtual environment $VENV"
  sed -n '/^systemd-python==/,/# via/p' "$LOCK" >"$WORK/systemd.txt"
  rm -f "$WORK"/systemd_python-*.whl "$WORK"/edge_readings-*.whl
  # Built by Debian's setuptools: those of the index are pinned by nothing.
  "${PIP[@]}" wheel --require-hashes --no-deps --no-build-isolation --no-binary :all: --wheel-dir "$WORK" \
    --requirement "$WORK/systemd.txt" || fail "systemd-python could not be built, see above; is there a network?"
  "${PIP[@]}" wheel --no-deps --wheel-dir "$WORK" "$PROJECT" || fail "edge itself could not be packed, see above"
  sed '/^llama-cpp-python==/,/# via/d; /^systemd-python==/,/# via/d' "$LOCK" >"$WORK/requirements.txt"

  rm -rf "$VENV.before"
  [ ! -e $VENV ] || mv $VENV "$VENV.before"
  trap 'rm -rf $VENV; [ ! -e $VENV.before ] || mv $VENV.before $VENV' EXIT
  python3 -m venv --without-pip $VENV
  "${PIP[@]}" --python $VENV/bin/python install --require-hashes --no-deps --no-compile \
    --requirement "$WORK/requirements.txt" || fail "packages of the lock could not be installed, see above"
  "${PIP[@]}" --python $VENV/bin/python install --no-index --no-deps --no-compile \
    "$WHEEL" "$WORK"/systemd_python-*.whl "$WORK"/edge_readings-*.whl ||
    fail "the wheels could not be installed, see above"
  "${PIP[@]}" --python $VENV/bin/python check
  "$PROJECT/packaging/debian/trim" $VENV
  $VENV/bin/python -m compileall -q --invalidation-mode unchecked-hash $VENV/lib
  $VENV/bin/edge --version >/dev/null || fail "the daemon does not start from $VENV"
  touch $MARK
  trap - EXIT
  rm -rf "$VENV.before"
}

install_model() {
  local target=/usr/share/edge/model.gguf user_home
  user_home=$(getent passwd "${SUDO_USER:-root}" | cut -d: -f6)
  [ -n "$MODEL" ] || MODEL=$user_home/.cache/edge/edge-readings-Q4_0.gguf
  mkdir -p /usr/share/edge
  if [ ! -e "$MODEL" ]; then
    say "building the model from its base and models/edge-adapter"
    PYTHONPATH=$PROJECT/tools/convert python3 -m edge_convert.base --out "$WORK"
    MODEL=$WORK/model.gguf
    $VENV/bin/edge-convert --base "$WORK"/SmolLM2-*.gguf --adapter "$PROJECT/models/edge-adapter" --out "$MODEL"
  fi
  command install --mode=644 "$MODEL" $target.part
  mv $target.part $target
}

install_files() {
  local file
  ln -sf ../lib/edge/bin/edge ../lib/edge/bin/edge-convert /usr/bin/
  command install -D --mode=644 --target-directory=/etc/edge/schemas "$PROJECT"/config/schemas/*
  if [ ! -e /etc/edge/edge.yaml ]; then
    command install --mode=644 "$PROJECT/config/edge.yaml" /etc/edge/edge.yaml
  elif ! cmp --quiet "$PROJECT/config/edge.yaml" /etc/edge/edge.yaml; then
    command install --mode=644 "$PROJECT/config/edge.yaml" /etc/edge/edge.yaml.new
    say "/etc/edge/edge.yaml is yours and stays; this version's example is /etc/edge/edge.yaml.new"
  fi
  command install -D --mode=644 "$PROJECT/config/edge.schema.json" /usr/share/edge/edge.schema.json
  command install -D --mode=644 "$PROJECT/systemd/edge.service" $UNIT
  command install -D --mode=644 "$PROJECT/packaging/debian/edge.conf" /usr/lib/sysusers.d/edge.conf
  $VENV/bin/python "$PROJECT/packaging/shell/generate.py" "$WORK/shell"
  gzip --force --best --no-name "$WORK"/shell/*.[15]
  command install -D --mode=644 --target-directory=/usr/share/man/man1 "$WORK/shell/edge.1.gz"
  command install -D --mode=644 --target-directory=/usr/share/man/man5 "$WORK/shell/edge.yaml.5.gz"
  ln -sf edge.1.gz /usr/share/man/man1/edge-convert.1.gz
  command install -D --mode=644 "$WORK/shell/edge.bash" /usr/share/bash-completion/completions/edge
  command -v systemd-sysusers >/dev/null && systemd-sysusers edge.conf || useradd --system --user-group \
    --home-dir /var/lib/edge --shell /usr/sbin/nologin edge 2>/dev/null || getent passwd edge >/dev/null
}

start() {
  if [ ! -d /run/systemd/system ]; then
    say "done; systemd does not run here, so the service was not started"
    return
  fi
  systemctl daemon-reload
  systemctl enable --quiet edge.service
  if systemctl restart edge.service; then
    say "done; the service runs. Its journal: journalctl --unit edge"
  else
    edge check || true
    fail "the service did not start; the rest is installed. Mend /etc/edge/edge.yaml, then: systemctl restart edge"
  fi
}

uninstall() {
  if dpkg-query --show --showformat='${db:Status-Abbrev}' edge-readings 2>/dev/null | grep -q ^ii; then
    fail "the Debian package edge-readings is installed; apt-get remove edge-readings, or apt-get purge edge-readings"
  fi
  if [ -d /run/systemd/system ] && [ -e $UNIT ]; then
    systemctl disable --now --quiet edge.service
  fi
  rm -rf $VENV /usr/share/edge $UNIT /usr/lib/sysusers.d/edge.conf "${PAGES[@]}"
  rm -f /usr/bin/edge /usr/bin/edge-convert
  [ ! -d /run/systemd/system ] || systemctl daemon-reload
  say "removed; /etc/edge and /var/lib/edge are still there (--purge removes them, too)"
}

purge() {
  uninstall >/dev/null
  rm -rf /var/lib/edge
  rm -f /etc/edge/edge.yaml /etc/edge/edge.yaml.new /etc/edge/mqtt.password
  for file in "$PROJECT"/config/schemas/*; do rm -f "/etc/edge/schemas/${file##*/}"; done
  for folder in /etc/edge/schemas /etc/edge; do
    [ ! -d "$folder" ] || rmdir --ignore-fail-on-non-empty "$folder"
  done
  [ ! -d /etc/edge ] || say "/etc/edge holds files of yours; it stays"
  ! getent passwd edge >/dev/null || userdel edge
  say "removed, with configuration and state"
}

main "$@"
