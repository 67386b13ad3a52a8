#!/usr/bin/env python3
"""The oracle sees: cow behind scripts that make it wrong in one way each must fail, cow alone must not.

usage: mutants_test.py COW
"""
import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
STEPS = 50
SEED = 20

# What stands between the oracle and cow. $COW is the program, "$@" its arguments.
MUTANTS = {
    "answers_with_the_last_result": 'key=.last-$(echo "$@" | tr -c a-z0-9 _ | cut -c1-200); '
                                    'test -e $key && { cat $key; exit 0; }; "$COW" "$@" > $key; code=$?; cat $key; '
                                    'test $code = 0 || rm $key; exit $code',
    # The old bytes are put in place while cow looks.
    "ignores_edits_of_the_same_size": 'mkdir -p .seen; for f in $(find -L . -name "*.txt" -type f ! -path "./cow-*"); do '
                                      's=.seen/$(echo $f | tr / _); if test -e $s && ! cmp -s $f $s && '
                                      'test $(stat -Lc %s $f) = $(stat -c %s $s); then cp $f $s.new; cat $s > $f; '
                                      'hidden="$hidden $f"; else cp $f $s; fi; done; "$COW" "$@"; code=$?; '
                                      'for f in $hidden; do cat .seen/$(echo $f | tr / _).new > $f; done; exit $code',
    "forgets_the_exec_bit": '"$COW" "$@"; code=$?; find cow-out -type f -exec chmod 644 {} + 2>/dev/null; exit $code',
    "leaves_old_files_in_trees": '"$COW" "$@"; code=$?; for d in $(find cow-out -type d -name d0 2>/dev/null); do '
                                 'touch $d/old; done; exit $code',
    "runs_everything_again": 'rm -rf "$COW_CACHE_DIR"; exec "$COW" "$@"',
    "succeeds_always": '"$COW" "$@" || true',
    "fails_now_and_then": 'test $((0x$(od -An -N1 -tx1 /dev/urandom | tr -d " ") % 8)) = 0 && exit 1; exec "$COW" "$@"',
}


def oracle(cow, folder):
    return subprocess.run([sys.executable, str(HERE / "run"), "--cow", cow, "--steps", str(STEPS), "--seed", str(SEED),
                           "--shrink_seconds", "0", "--save", folder], capture_output=True, text=True)


def main():
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        alone = oracle(sys.argv[1], folder)
        if alone.returncode != 0:
            sys.exit(f"cow as it is does not pass:\n{alone.stdout}{alone.stderr}")
        for name, script in MUTANTS.items():
            path = pathlib.Path(folder, name)
            path.write_text(f"#!/bin/bash\nCOW={os.path.abspath(sys.argv[1])}\n{script}\n")
            path.chmod(0o755)
            judged = oracle(str(path), folder)
            if judged.returncode == 0 or "FAILED: seed" not in judged.stdout:
                sys.exit(f"the oracle did not see that cow {name.replace('_', ' ')}:\n{judged.stdout}{judged.stderr}")
            print(f"seen: {name}: {judged.stdout.splitlines()[0][:150]}", flush=True)


main()
