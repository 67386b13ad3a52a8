# rlocation PATH: where a file of the runfiles lies. PATH begins with the name of a repository or workspace.
#
# Tests run in a folder where the files of the workspace lie under their short paths and those of others below
# external/. Prints nothing and returns 1 if there is no such file.

function rlocation() {
  local root="${RUNFILES_DIR:-${TEST_SRCDIR:-.}}"
  local candidate
  for candidate in "$root/$1" "$root/external/$1" "$root/${1#*/}"; do
    if [[ -e "$candidate" ]]; then
      echo "$candidate"
      return 0
    fi
  done
  return 1
}
export -f rlocation

function runfiles_export_envvars() {
  export RUNFILES_DIR="${RUNFILES_DIR:-${TEST_SRCDIR:-.}}"
}
export -f runfiles_export_envvars
