# Writes the flags C++ code needs to use one Debian package, as response files for gcc and clang.
#
# usage: bash cc_flags.sh COW_PACK DEB TRIPLET HEADERS LIBRARIES COMPILER_OUT SHARED_OUT STATIC_OUT
#
# Compiler flags are the places of the package's headers, and the -D and -I of its .pc files. Linker flags name every
# library the package has a development link or a static archive of. HEADERS and LIBRARIES are the trees in which compilers
# and linkers will find the package unpacked.
set -euo pipefail

pack=$1 deb=$2 triplet=$3 headers=$4 libraries=$5 compiler_out=$6 shared_out=$7 static_out=$8

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
    if [[ $line =~ ^([A-Za-z0-9_.]+)[[:space:]]*=[[:space:]]*(.*)$ ]]; then
      variables[${BASH_REMATCH[1]}]=$(expand "${BASH_REMATCH[2]}")
    elif [[ $line =~ ^C[Ff]lags:(.*)$ ]]; then
      for word in $(expand "${BASH_REMATCH[1]}"); do
        case $word in
          -D*) printf '%s\n' "$word" ;;
          -I/usr/include | -I/usr/include/ | -I/usr/include/"$triplet") ;;
          -I/usr/*) printf -- '-isystem\n%s\n' "$headers${word#-I}" ;;
        esac
      done
    fi
  done < "$1"
}

# After the compiler's own directories, as in /usr/include: most headers are found without a look at these.
{
  for directory in usr/include/"$triplet" usr/include; do
    [[ -d $work/root/$directory ]] && printf -- '-idirafter\n%s\n' "$headers/$directory"
  done
  for file in "$work"/root/usr/{lib/"$triplet",lib,share}/pkgconfig/*.pc; do
    flags_of_pc_file "$file"
  done
} > "$compiler_out"

# Another build of a library of the same package, that both must not be in one program: whoever wants it says so in linkopts.
is_variant() {
  local suffix other
  for suffix in _unsecure -lite; do
    other=$work/root/usr/lib/$triplet/lib${1%"$suffix"}.$2
    # Links lead into other packages.
    [[ $1 == *"$suffix" && (-e $other || -L $other) ]] && return 0
  done
  return 1
}

shared=() static=()
for file in "$work/root/usr/lib/$triplet"/lib*.so "$work/root/usr/lib/$triplet"/lib*.a; do
  name=${file##*/lib}
  is_variant "${name%.*}" "${file##*.}" && continue
  shared+=("-l${name%.*}")
  if [[ $file == *.a ]]; then
    static+=("-l:lib$name")
  elif [[ ! -e ${file%.so}.a ]]; then
    static+=("-l${name%.*}")
  fi
done

write_libraries() {
  (($#)) || return 0
  printf '%s\n' "-L$libraries/usr/lib/$triplet"
  printf '%s\n' "$@" | LC_ALL=C sort -u
}
write_libraries ${shared[@]+"${shared[@]}"} > "$shared_out"
write_libraries ${static[@]+"${static[@]}"} > "$static_out"
