// For tests of this layer: small plans, a spawn runner whose programs are functions, a real store in a temporary
// directory.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/posix_file.h"
#include "engine/base/status.h"
#include "engine/base/rel_path.h"
#include "engine/execution/execute.h"
#include "engine/execution/spawn_runner.h"
#include "engine/store/local_store.h"
#include "engine/store/tree_encoding.h"

namespace cow::execution {

inline constexpr char kBin[] = "cow-out/cfg/bin";

// What a fake program can see and do.
class FakeProcess {
 public:
  FakeProcess(const Spawn& spawn, store::LocalCas& cas, std::stop_token stop)
      : argv(spawn.argv), cancelled(std::move(stop)), spawn_(spawn), cas_(cas) {}

  std::vector<std::string> argv;
  std::stop_token cancelled;
  SpawnResult result{.wall_micros = 1000, .max_rss_kib = 1, .tier = "S3"};

  std::string Read(const std::string& path) {
    for (const SpawnInput& input : spawn_.inputs) {
      if (input.kind == SpawnInput::Kind::kTree && absl::StartsWith(path, input.path + "/")) {
        const store::TreeContents tree = *store::DecodeTree(*cas_.Get(input.digest));
        for (const store::TreeEntry& entry : tree.entries) {
          if (JoinPath(input.path, entry.path) == path) return *cas_.Get(entry.digest);
        }
      }
      if (input.path != path) continue;
      absl::StatusOr<std::string> bytes = cas_.Get(input.digest);
      if (bytes.ok()) return *bytes;
    }
    return Fail(absl::StrCat("cat: ", path, ": No such file or directory\n"));
  }
  const std::vector<SpawnInput>& inputs() const { return spawn_.inputs; }

  // Where the file of this exec path comes to lie.
  std::string HostPath(const std::string& path) {
    for (const SpawnWritable& writable : spawn_.writable) {
      if (path == writable.path) return writable.host_path;
      if (absl::StartsWith(path, writable.path + "/")) return writable.host_path + path.substr(writable.path.size());
    }
    Fail(absl::StrCat(path, ": Read-only file system\n"));
    return "";
  }
  void Write(const std::string& path, const std::string& bytes, uint32_t mode = 0644) {
    std::string host = HostPath(path);
    if (host.empty()) return;
    MakeDirectories(std::string(PathDirname(host))).IgnoreError();
    WriteFile(host, bytes, mode).IgnoreError();
  }
  std::string Fail(std::string text) {
    result.exit_code = 1;
    result.err += text;
    return "";
  }

 private:
  const Spawn& spawn_;
  store::LocalCas& cas_;
};

// Arguments as text. Lists of them are made step by step: g++ 12 warns wrongly about lists of nested variants.
inline std::vector<ArgItem> TextArgs(const std::vector<std::string>& texts) {
  std::vector<ArgItem> items;
  for (const std::string& text : texts) items.emplace_back(ArgValue(text));
  return items;
}

using FakeProgram = std::function<void(FakeProcess&)>;

// argv[0] names the program.
class FakeSpawnRunner final : public SpawnRunner {
 public:
  explicit FakeSpawnRunner(store::LocalCas* cas) : cas_(*cas) {
    // cat OUT IN...
    programs["cat"] = [](FakeProcess& process) {
      std::string text;
      for (size_t i = 2; i < process.argv.size(); ++i) text += process.Read(process.argv[i]);
      if (process.result.exit_code == 0) process.Write(process.argv[1], text);
    };
  }

  absl::StatusOr<SpawnResult> Run(const Spawn& spawn, std::stop_token cancelled) override {
    for (const SpawnInput& input : spawn.inputs) {
      if (input.kind == SpawnInput::Kind::kFile) COW_RETURN_IF_ERROR(cas_.PathOf(input.digest).status());
      if (input.kind == SpawnInput::Kind::kTree) COW_RETURN_IF_ERROR(LookAtTree(input.digest));
    }
    FakeProcess process(spawn, cas_, cancelled);
    {
      std::lock_guard<std::mutex> lock(mutex_);
      commands.push_back(absl::StrJoin(spawn.argv, " "));
    }
    programs.at(spawn.argv[0])(process);
    return process.result;
  }

  // How often this program was run.
  int Count(const std::string& program) const {
    int count = 0;
    for (const std::string& command : commands) count += absl::StartsWith(command, program + " ") ? 1 : 0;
    return count;
  }

  std::map<std::string, FakeProgram> programs;
  std::vector<std::string> commands;

 private:
  absl::Status LookAtTree(const Digest& tree) {
    COW_ASSIGN_OR_RETURN(const std::string bytes, cas_.Get(tree));
    COW_ASSIGN_OR_RETURN(const store::TreeContents contents, store::DecodeTree(bytes));
    for (const store::TreeEntry& entry : contents.entries) {
      if (entry.kind == store::TreeEntry::Kind::kFile) COW_RETURN_IF_ERROR(cas_.PathOf(entry.digest).status());
    }
    return absl::OkStatus();
  }

  store::LocalCas& cas_;
  std::mutex mutex_;
};

class RecordingSink final : public EventSink {
 public:
  void Handle(const BuildEvent& event) override {
    if (const Message* message = std::get_if<Message>(&event)) {
      messages.push_back(*message);
      if (message->kind == Message::Kind::kError) failed = true;
      if (message->kind == Message::Kind::kInfo) informed = true;
    }
    if (const ActionStarted* started = std::get_if<ActionStarted>(&event)) starts.push_back(started->description);
  }
  std::string Text(Message::Kind kind) const {
    std::string text;
    for (const Message& message : messages) {
      if (message.kind == kind) absl::StrAppend(&text, message.text, "\n");
    }
    return text;
  }
  void Clear() {
    messages.clear();
    starts.clear();
    failed = false;
    informed = false;
  }
  std::string errors() const { return Text(Message::Kind::kError); }

  std::vector<Message> messages;
  std::vector<std::string> starts;
  std::atomic<bool> failed = false;    // an error was handled
  std::atomic<bool> informed = false;  // an information was handled
};

// Builds plans by exec path. Every generated artifact is below kBin.
class PlanBuilder {
 public:
  explicit PlanBuilder(std::string workspace) : workspace_(std::move(workspace)) {}

  ArtifactId Source(const std::string& path) {
    return Add({.kind = Artifact::Kind::kSource, .exec_path = path, .source_path = workspace_ + "/" + path,
                .owner = *Label::Parse("//:" + path, {})});
  }
  ArtifactId Output(const std::string& name, Artifact::Kind kind = Artifact::Kind::kFile) {
    return Add({.kind = kind, .exec_path = absl::StrCat(kBin, "/", name), .root = kBin,
                .owner = *Label::Parse("//:" + name, {})});
  }
  ActionId Add(Action action) {
    ActionId id(static_cast<uint32_t>(plan.actions.size()));
    if (action.owner == Label()) action.owner = plan.artifact(action.outputs[0]).owner;
    if (action.mnemonic.empty()) action.mnemonic = "Test";
    for (ArtifactId output : action.outputs) {
      plan.artifacts[output.value()].generating_action = id;
      plan.artifacts[output.value()].owner = action.owner;
    }
    plan.actions.push_back(std::move(action));
    return id;
  }
  // `program` OUTPUT INPUT...
  ArtifactId Run(const std::string& program, const std::string& output, const std::vector<ArtifactId>& inputs) {
    ArtifactId id = Output(output);
    ArgList list{.items = TextArgs({program})};
    list.items.emplace_back(ArgValue(id));
    for (ArtifactId input : inputs) list.items.emplace_back(ArgValue(input));
    Add({.arguments = {list}, .inputs = Depset<ArtifactId>(inputs, {}), .outputs = {id}});
    return id;
  }
  void Request(const std::vector<ArtifactId>& outputs) {
    for (ArtifactId id : outputs) plan.targets.push_back({.label = plan.artifact(id).owner, .outputs = {id}});
  }
  Action& ActionOf(ArtifactId id) { return plan.actions[plan.artifact(id).generating_action.value()]; }

  BuildPlan plan;

 private:
  ArtifactId Add(Artifact artifact) {
    plan.artifacts.push_back(std::move(artifact));
    return ArtifactId(static_cast<uint32_t>(plan.artifacts.size() - 1));
  }
  std::string workspace_;
};

class ExecutionTest : public testing::Test {
 protected:
  void SetUp() override {
    root_ = *MakeTempDirectory(testing::TempDir() + "cow-execution-");
    workspace_ = root_ + "/ws";
    ASSERT_TRUE(MakeDirectories(workspace_).ok());
    auto opened = store::LocalStore::Open(root_ + "/cache");
    ASSERT_TRUE(opened.ok()) << opened.status();
    store_ = *std::move(opened);
    runner_ = std::make_unique<FakeSpawnRunner>(store_->cas.get());
    options_ = {.workspace_root = workspace_, .scratch_root = store_->session->path(), .jobs = 2};
  }
  void TearDown() override {
    store_.reset();
    RemoveTree(root_).IgnoreError();
  }

  void WriteSource(const std::string& path, const std::string& text) {
    ASSERT_TRUE(MakeDirectories(std::string(PathDirname(workspace_ + "/" + path))).ok());
    ASSERT_TRUE(WriteFile(workspace_ + "/" + path, text).ok());
  }
  std::string ReadOutput(const std::string& name) {
    return ReadFile(absl::StrCat(workspace_, "/", kBin, "/", name)).value_or("<missing>");
  }
  void Forget(std::string_view bytes) {
    ASSERT_TRUE(RemoveFile(store_->cas->UncheckedPathOf(Digest::Of(bytes))).ok());
  }

  // Runs the plan with a fresh sink and empty list of commands.
  absl::StatusOr<ExecutionResult> TryBuild(const BuildPlan& plan) {
    sink_.Clear();
    runner_->commands.clear();
    return Execute(plan, options_,
                   {.cas = *store_->cas,
                    .action_cache = *store_->actions,
                    .file_states = *store_->files,
                    .trees = *store_->trees,
                    .fetcher = *store_->fetcher,
                    .spawn_runner = spawn_runner_ != nullptr ? *spawn_runner_ : *runner_,
                    .events = sink_,
                    .cancelled = stop_.get_token(),
                    .remote = remote_});
  }
  ExecutionResult Build(const BuildPlan& plan) {
    absl::StatusOr<ExecutionResult> result = TryBuild(plan);
    EXPECT_TRUE(result.ok()) << result.status();
    return result.value_or(ExecutionResult{});
  }

  std::string root_;
  std::string workspace_;
  std::unique_ptr<store::LocalStore> store_;
  std::unique_ptr<FakeSpawnRunner> runner_;
  SpawnRunner* spawn_runner_ = nullptr;  // instead of runner_
  store::RemoteCache* remote_ = nullptr;
  RecordingSink sink_;
  std::stop_source stop_;
  ExecutionOptions options_;
};

}  // namespace cow::execution
