# rlocation PATH: where a file of the runfiles lies. PATH begins with the name of a repository or workspace.
#
# Prints nothing and returns 1 if there is no such file.

if [[ -z "${RUNFILES_DIR:-}" ]]; then
  if [[ -n "${TEST_SRCDIR:-}" ]]; then
    RUNFILES_DIR="$TEST_SRCDIR"
  elif [[ -d "$0.runfiles" ]]; then
    RUNFILES_DIR="$0.runfiles"
  elif [[ "$0" == *.runfiles/* ]]; then
    RUNFILES_DIR="${0%.runfiles/*}.runfiles"
  fi
fi

function rlocation() {
  local candidate="$1"
  [[ "$candidate" == /* ]] || candidate="${RUNFILES_DIR:-.}/$1"
  [[ -e "$candidate" ]] || return 1
  echo "$candidate"
}
export -f rlocation

function runfiles_export_envvars() {
  export RUNFILES_DIR="${RUNFILES_DIR:-.}"
  export JAVA_RUNFILES="$RUNFILES_DIR" PYTHON_RUNFILES="$RUNFILES_DIR"
}
export -f runfiles_export_envvars
