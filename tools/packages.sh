# packages.sh: what agc needs from Debian 12, and how to get it. Sourced by
# tools/demo and tests/run.

# To build agc. llvm-22 is in the suite bookworm-security.
AGC_BUILD_PACKAGES=(
  llvm-22-dev libmlir-22-dev mlir-22-tools clang-22 lld-22 ccache
  cmake ninja-build protobuf-compiler libprotobuf-dev libcli11-dev libfmt-dev
  libzip-dev nlohmann-json3-dev zlib1g-dev)

# To test it, beyond that.
AGC_TEST_PACKAGES=(
  llvm-22-tools libclang-rt-22-dev g++ libgtest-dev libbenchmark-dev
  python3 gfortran gdb
  # Of other machines: to link for them and to run what was linked.
  qemu-user gcc-aarch64-linux-gnu libc6-dev-arm64-cross
  gcc-riscv64-linux-gnu libc6-dev-riscv64-cross nodejs)

isInstalled() {
  [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# ensurePackages PACKAGE...: installs those that are missing, and says which.
# Where none is missing it asks nobody for anything.
ensurePackages() {
  local package missing=() absent=() sudo=()
  for package in "$@"; do
    isInstalled "$package" || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0

  if ! command -v apt-get >/dev/null; then
    echo "error: these Debian packages are needed, and there is no apt-get" \
      "to install them with: ${missing[*]}" >&2
    return 1
  fi
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || {
      echo "error: to install these packages, be root or have sudo:" \
        "${missing[*]}" >&2
      return 1
    }
    sudo=(sudo)
  fi

  echo "Installing with apt: ${missing[*]}"
  "${sudo[@]}" apt-get -qq update || return 1
  for package in "${missing[@]}"; do
    [ -n "$(apt-cache madison "$package" 2>/dev/null)" ] || absent+=("$package")
  done
  if [ ${#absent[@]} -gt 0 ]; then
    echo "error: apt knows no such package: ${absent[*]}" >&2
    case " ${absent[*]} " in
    *-22*) echo "LLVM 22 is in the suite bookworm-security of Debian 12," \
      "component main: add that suite to the apt sources and start again." >&2 ;;
    esac
    return 1
  fi
  # Output is kept for the case that it fails: a page of package names tells
  # nobody anything.
  local log
  log=$(mktemp)
  if ! "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get -qq -y --no-install-recommends install "${missing[@]}" \
    >"$log" 2>&1 </dev/null; then
    cat "$log" >&2
    rm -f "$log"
    return 1
  fi
  rm -f "$log"
}
