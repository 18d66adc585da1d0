# The scripts in this folder source this file. It sets up a Debian 12 machine with Node 20, once.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf '== %s\n' "$*" >&2; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }

# Packages that build the addon and run its tests under the sanitizers.
BUILD_PACKAGES="g++ make python3"

# Called once before two parts that may install packages run side by side, because only one can fetch the lists.
refresh_lists() {
	[ -n "$(ls /var/lib/apt/lists/*_Packages* 2>/dev/null)" ] || apt-get -qq update
}

install_packages() {
	local missing=() package
	for package in "$@"; do
		dpkg -s "$package" >/dev/null 2>&1 || missing+=("$package")
	done
	[ ${#missing[@]} -gt 0 ] || return 0
	[ "$(id -u)" = 0 ] || die "these packages are missing, and only root can install them: ${missing[*]}"
	say "installing ${missing[*]}"
	refresh_lists
	DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "${missing[@]}" >/dev/null
}

require_node() {
	command -v node >/dev/null || die "Node.js 20 or newer is needed (package nodejs of NodeSource or Debian)"
	node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 20 ? 0 : 1)' ||
		die "Node.js $(node --version) is too old: 20 or newer is needed"
}

# node-gyp would download the headers. The package of node has them already.
node_headers() {
	local prefix
	prefix=$(node -p 'require("path").resolve(process.execPath, "../..")')
	if [ -e "$prefix/include/node/node_api.h" ]; then echo "--nodedir=$prefix"; fi
}

# Makes dependencies, addon and bundles, each only if its sources have changed.
build_all() {
	require_node
	# shellcheck disable=SC2086
	install_packages $BUILD_PACKAGES
	cd "$root"
	if [ ! -e node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
		say "installing dependencies"
		# No install script of a package is needed: the addon is built below, and the rest is JavaScript or prebuilt.
		npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	fi
	if [ ! -e build/Release/mpathd.node ] || [ -n "$(find native binding.gyp -newer build/Release/mpathd.node -type f | head -1)" ]; then
		say "building the addon"
		# shellcheck disable=SC2046
		./node_modules/.bin/node-gyp rebuild --silent $(node_headers) || {
			./node_modules/.bin/node-gyp rebuild $(node_headers)
		}
		touch build/Release/mpathd.node
	fi
	if [ ! -e dist/mpathd.js ] || [ -n "$(find src scripts/bundle.js build/Release/mpathd.node package.json -newer dist/mpathd.js -type f | head -1)" ]; then
		say "bundling"
		node scripts/bundle.js
	fi
}
