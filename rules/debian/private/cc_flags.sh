# Writes the flags C++ code needs to use one Debian package, as two response files for gcc.
#
# usage: bash cc_flags.sh COW_PACK DEB TRIPLET SYSROOT COMPILER_OUT LINKER_OUT
#
# Compiler flags are the -D and -I of the package's .pc files. Linker flags name every library the package has a
# development link or a static archive of. SYSROOT is the tree in which compilers will find the package unpacked.
set -euo pipefail

pack=$1 deb=$2 triplet=$3 sysroot=$4 compiler_out=$5 linker_out=$6

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$pack" deb-unpack --deb "$deb" --out "$work/root" --setuid drop
shopt -s nullglob

# Prints the value of $1 with ${name} replaced from the variables read so far.
expand() {
  local value=$1 name
  while [[ $value =~ \$\{([A-Za-z0-9_.]+)\} ]]; do
    name=${BASH_REMATCH[1]}
    value=${value/"\${$name}"/${variables[$name]-}}
  done
  printf '%s' "$value"
}

flags_of_pc_file() {
  local line word
  declare -A variables=()
  while IFS= read -r line || [[ -n $line ]]; do
    if [[ $line =~ ^([A-Za-z0-9_.]+)=(.*)$ ]]; then
      variables[${BASH_REMATCH[1]}]=$(expand "${BASH_REMATCH[2]}")
    elif [[ $line =~ ^C[Ff]lags:(.*)$ ]]; then
      for word in $(expand "${BASH_REMATCH[1]}"); do
        case $word in
          -D*) printf '%s\n' "$word" ;;
          -I/usr/include | -I/usr/include/"$triplet") ;;
          -I/usr/*) printf -- '-isystem\n%s\n' "$sysroot${word#-I}" ;;
        esac
      done
    fi
  done < "$1"
}

for file in "$work"/root/usr/{lib/"$triplet",lib,share}/pkgconfig/*.pc; do
  flags_of_pc_file "$file"
done > "$compiler_out"

libraries=()
for file in "$work/root/usr/lib/$triplet"/lib*.so "$work/root/usr/lib/$triplet"/lib*.a; do
  name=${file##*/lib}
  libraries+=("-l${name%.*}")
done
{
  if ((${#libraries[@]})); then
    printf '%s\n' "-L$sysroot/usr/lib/$triplet" -Wl,--start-group
    printf '%s\n' "${libraries[@]}" | LC_ALL=C sort -u
    printf '%s\n' -Wl,--end-group
  fi
} > "$linker_out"
