# Homebrew does not link every formula into its common folders; pkg-config and the shell learn here where those lie.
# Sourced by the scripts and by the Makefile; does nothing on another system.
# shellcheck shell=sh
if [ "$(uname -s)" = Darwin ]; then
	for formula in curl sqlite llvm; do
		for prefix in /opt/homebrew/opt /usr/local/opt; do
			PKG_CONFIG_PATH=${PKG_CONFIG_PATH:+$PKG_CONFIG_PATH:}$prefix/$formula/lib/pkgconfig
			PATH=$PATH:$prefix/$formula/bin
		done
	done
	export PKG_CONFIG_PATH PATH
fi
