// What the sanitizers of a program do: it is compiled into every program of the presets asan and tsan, because most of
// them are started by others, with an environment that has no ASAN_OPTIONS and an output that nobody reads. Reports are
// files, and scripts/sanitize fails if there is one. The environment still overrides what stands here.
//
// An exit code that cow does not have, so that no test takes a finding for what it expects.

#define COW_REPORTS "log_path=" COW_REPORT_DIR "/report:log_exe_name=1:exitcode=99:print_stacktrace=1:"

extern "C" {

const char* __asan_default_options() {
  return COW_REPORTS
      "detect_stack_use_after_return=1:check_initialization_order=1:strict_init_order=1:strict_string_checks=1:"
      "verify_asan_link_order=0";  // a test preloads a library
}

const char* __ubsan_default_options() { return COW_REPORTS "halt_on_error=1"; }

// A data race does not end the program: one run shows them all.
const char* __tsan_default_options() {
  return COW_REPORTS
      "halt_on_error=0:atexit_sleep_ms=50:second_deadlock_stack=1:history_size=4:die_after_fork=0:suppressions=" COW_TSAN_SUPPRESSIONS;
}

}  // extern "C"
