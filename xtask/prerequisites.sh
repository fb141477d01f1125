# shellcheck shell=bash
# What ./run, ./test and ./bench need on a machine, checked with clear messages. Sourced, never run.
#
# Promises: installs only from Debian's packages, only as root, and says so; otherwise prints the exact command.
# Leaves out: the Rust toolchain, which its own installer brings.

# The Node that the guest's compiler runs on. The version of Rust stands in Cargo.toml.
NODE_MAJOR_MIN=20

say() { printf '%s\n' "$*"; }
fail() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# Where cargo puts what it builds.
target_dir() { printf '%s' "${CARGO_TARGET_DIR:-target}"; }

# at_least HAVE WANT: whether version HAVE is WANT or newer.
at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

# debian PACKAGE...: installs Debian packages if that is possible here; otherwise says how and stops.
debian() {
  if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    say "installing $*"
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"; } \
      </dev/null >/dev/null || fail "apt-get could not install $*"
  elif command -v apt-get >/dev/null 2>&1; then
    fail "$* needed. Run: sudo apt-get install -y $*"
  else
    fail "$* needed (Debian's names). Install them with your system's package manager."
  fi
}

need_rust() {
  local want have
  want=$(sed -n 's/^rust-version = "\(.*\)"$/\1/p' Cargo.toml)
  command -v cargo >/dev/null 2>&1 ||
    fail "cargo not found. Install Rust $want or newer with rustup (rustup.rs), then open a new shell."
  have=$(cargo --version | cut -d ' ' -f 2)
  at_least "${have%%-*}" "$want" || fail "cargo is $have, $want or newer is needed. Run: rustup update stable"
}

# SQLite and the cryptography are C, built from their crates.
need_c_compiler() {
  if ! command -v "${CC:-cc}" >/dev/null 2>&1; then
    [ -z "${CC:-}" ] || fail "CC names $CC, which is not there"
    debian gcc libc6-dev
  fi
}

# The image that functions run in is compiled by a compiler that runs on Node.
need_node() {
  local have
  command -v node >/dev/null 2>&1 || debian nodejs
  command -v npm >/dev/null 2>&1 || debian npm
  have=$(node --version | tr -d v)
  at_least "${have%%.*}" "$NODE_MAJOR_MIN" ||
    fail "node is $have, $NODE_MAJOR_MIN or newer is needed. Install it from nodejs.org or a newer Debian."
}

# Pages are tested in a real browser; its fonts are a package of their own.
need_chromium() {
  command -v "${CONVOKE_CHROMIUM:-chromium}" >/dev/null 2>&1 && return
  [ -z "${CONVOKE_CHROMIUM:-}" ] || fail "CONVOKE_CHROMIUM names $CONVOKE_CHROMIUM, which is not there"
  debian chromium fonts-dejavu-core
}

need_all() {
  need_rust
  need_c_compiler
  need_node
}
