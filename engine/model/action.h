// Action: how some artifacts are made from others. Immutable; holds no Starlark.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/digest.h"
#include "engine/model/command_line.h"
#include "engine/model/depset.h"
#include "engine/model/label.h"
#include "engine/model/runfiles_tree.h"
#include "engine/model/strong_id.h"

namespace cow {

// Where processes find their inputs.
inline constexpr char kExecutionRoot[] = "/build";

// A file known by hash that is downloaded only if somebody needs its bytes.
struct FetchSpec {
  std::string url{};       // "apt:pool/main/..." = below the machine's own apt mirrors; "https://..."; "file:///..."
  Digest digest{};         // sha256 and size, both mandatory

  friend bool operator==(const FetchSpec&, const FetchSpec&) = default;
};

struct Action {
  enum class Kind {
    kRun,             // a process in the sandbox
    kWrite,           // the expanded `arguments` (one line each) or `content` as a file
    kExpandTemplate,  // the only input with `substitutions` applied, in order
    kSymlink,         // the output is the same content as the only input (an alias by digest)
    kUnresolvedSymlink, // the output is a symlink with target `content`
    kFetch,           // `fetch`
  };

  Kind kind = Kind::kRun;
  Label owner{};                     // the target that declared it
  std::string configuration{};       // mnemonic of its configuration: "linux_amd64-fastbuild"
  std::string mnemonic{};            // "CppCompile"
  std::string progress_message{};    // "" = made from the mnemonic and the first output

  CommandLine arguments{};           // kRun: argv; kWrite: lines
  Depset<ArtifactId> inputs{};       // everything the action may read, tools included
  // Where it finds inputs besides their exec paths; the files of these trees are among `inputs`.
  std::vector<RunfilesTreePtr> runfiles{};
  bool inputs_in_runfiles = false;   // it finds inputs in these trees only
  std::vector<ArtifactId> outputs{}; // at least one
  std::string working_directory{};   // kRun: exec path of a directory above an input; "" = the execution root
  std::map<std::string, std::string> env{};  // added to the fixed base environment
  HostTreeId host_tree{};            // root directory of the action; invalid = an empty root
  ArtifactId root_tree{};            // a directory among `inputs` that is its root instead of a host tree
  std::map<std::string, std::string> execution_requirements{};
  // Of the platform it runs on, over "OSFamily" and "ISA". No name begins with "cow-".
  std::map<std::string, std::string> exec_properties{};
  int max_attempts = 1;              // how often a process that fails is started: more for flaky tests
  int64_t timeout_seconds = 0;       // 0 = none
  ArtifactId unused_inputs_list{};   // output that names inputs which were not read, one exec path a line
  // One of `outputs` that the engine itself writes after a successful process: what it printed on stdout and
  // then on stderr: the log of a test.
  ArtifactId captured_output{};

  std::string content{};             // kWrite, kUnresolvedSymlink
  bool executable = false;           // kWrite, kExpandTemplate, kSymlink
  std::vector<std::pair<std::string, std::string>> substitutions{};  // kExpandTemplate
  FetchSpec fetch{};                 // kFetch
};

}  // namespace cow
