// PackageLoader: packages by name, each loaded once. The door into loading for analysis and the driver.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/loading/package.h"
#include "engine/loading/source_tree.h"
#include "engine/loading/visibility.h"
#include "engine/loading/workspace.h"
#include "engine/model/label.h"

namespace cow::loading {

// Any thread; different packages load in parallel. Packages live as long as the loader, so Target pointers
// stay valid.
class PackageLoader {
 public:
  // `workspace` must outlive the loader. `threads`: for LoadAll.
  explicit PackageLoader(Workspace& workspace, int threads = 0);  // 0: one per processor
  ~PackageLoader();

  Workspace& workspace();

  // Failure: kNotFound with a plain message ("no such package 'a': ...", "no such repository ..."), or every
  // error of the BUILD file and of what it loads as complete diagnostics. The same answer each time.
  absl::StatusOr<PackagePtr> Load(const PackageId& id);

  // --nocheck_visibility: all targets are visible from now on. Before other threads use the loader.
  void IgnoreVisibility();

  // Hears of every package that is asked for from now on, loaded before or not; from any thread that asks. Unset: nobody
  // does. While no other thread uses the loader.
  using Observer = std::function<void(const PackageId&)>;
  void SetObserver(Observer observer);

  // In parallel; answers in the order of `ids`, and what print() says in the order of files.
  std::vector<absl::StatusOr<PackagePtr>> LoadAll(const std::vector<PackageId>& ids);

  // Also fails with plain kNotFound "no such target ...".
  absl::StatusOr<const Target*> LoadTarget(const Label& label);

  // The absolute path of a source file target. A file that is absent gives a plain kNotFound:
  // "missing input file '//a:x.cc' (did you mean 'y.cc'?)"; a directory is an error too.
  absl::StatusOr<std::string> SourceFilePath(const Target& target);

  // CheckVisible with package_groups found by this loader: plain message.
  absl::Status CheckVisible(const Target& dependency, const Label& dependent);
  absl::Status CheckVisible(const Target& dependency, const Target& dependent);

  // Ids of all packages at and below `top`, sorted. Not below other workspaces, nor in cow-out.
  absl::StatusOr<std::vector<PackageId>> PackagesBelow(const PackageId& top);

  // See Workspace::FilesRead.
  std::vector<FileRead> FilesRead() const;

 private:
  absl::StatusOr<const PackageGroup*> FindGroup(const Label& group);

  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace cow::loading
