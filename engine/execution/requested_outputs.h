// Writes the outputs of requested targets below <workspace>/cow-out, and points cow-bin at them.
#pragma once

#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "engine/execution/blob_supply.h"
#include "engine/execution/execute.h"
#include "engine/execution/output_layout.h"
#include "engine/execution/tree_reader.h"
#include "engine/execution/value_table.h"

namespace cow::execution {

// The artifacts that building this target must bring up to date.
std::vector<ArtifactId> ArtifactsOf(const RequestedTarget& target);

// Of these, those that are written below cow-out, if they are generated.
std::vector<ArtifactId> WrittenArtifactsOf(const RequestedTarget& target, bool with_runfiles);

// Points <workspace>/cow-bin at `directory`, unless it is something else than a symlink: then says so.
absl::Status PointBinLink(const std::string& workspace_root, const std::string& directory, EventSink& events);

class RequestedOutputs {
 public:
  // All outlive it.
  RequestedOutputs(const BuildPlan& plan, const ExecutionOptions& options, const Services& services,
                   const ValueTable& values, TreeReader& trees, BlobSupply& supply)
      : plan_(plan), options_(options), services_(services), values_(values), trees_(trees), supply_(supply) {}

  // Writes what these targets (whose artifacts all have values) ask for. Returns the artifacts whose bytes vanished, in
  // which case nothing or only a part was written. kCancelled if interrupted while another command was writing.
  absl::StatusOr<std::vector<ArtifactId>> Write(const std::vector<const RequestedTarget*>& targets);

  // What the last Write wrote, below the workspace.
  const OutputLayout& layout() const { return layout_; }
  // Not written, as its bytes are in the remote cache only and nobody wants them here.
  bool IsLeftOut(ArtifactId id) const { return left_out_.contains(id); }
  // Where it pointed cow-bin, below the workspace; "" if nothing was written.
  const std::string& bin_directory() const { return bin_directory_; }

 private:
  std::vector<ArtifactId> Generated(const std::vector<const RequestedTarget*>& targets) const;
  absl::Status LeaveOut(const std::vector<ArtifactId>& artifacts);
  absl::Status WriteLocked(const std::vector<ArtifactId>& artifacts,
                           const std::vector<const RequestedTarget*>& targets);
  absl::Status SwingBinLink(const std::vector<const RequestedTarget*>& targets);

  const BuildPlan& plan_;
  const ExecutionOptions& options_;
  const Services& services_;
  const ValueTable& values_;
  TreeReader& trees_;
  BlobSupply& supply_;
  OutputLayout layout_;
  absl::flat_hash_set<ArtifactId> left_out_;
  std::string bin_directory_;
};

}  // namespace cow::execution
