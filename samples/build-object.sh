#!/bin/sh
# Rebuilds NAME/NAME.bpf.o. Needs clang 15 or newer, llvm-strip and libbpf's headers (Debian: clang-16, llvm-16, libbpf-dev).
#
#   samples/build-object.sh NAME
set -eu
name=${1:?usage: samples/build-object.sh NAME}
cd "$(dirname "$0")/$name"
clang=${CLANG:-$(command -v clang-19 || command -v clang-16 || command -v clang)}
strip=${LLVM_STRIP:-$(command -v llvm-strip-19 || command -v llvm-strip-16 || command -v llvm-strip)}
"$clang" -target bpf -O2 -g -mcpu=v3 -Wall -Werror -fdebug-prefix-map="$PWD=." -D__TARGET_ARCH_x86 \
	-I"/usr/include/$(uname -m)-linux-gnu" -c "$name.bpf.c" -o "$name.bpf.o"
"$strip" -g "$name.bpf.o"
