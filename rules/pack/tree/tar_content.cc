#include "rules/pack/tree/tar_content.h"

#include <memory>
#include <utility>

#include "engine/base/status.h"

namespace cow::pack {
namespace {

// Stands for a content of the same size without reading it.
class SizeOnly final : public Content {
 public:
  explicit SizeOnly(int64_t size) : size_(size) {}
  int64_t size() const override { return size_; }
  absl::Status CopyTo(ByteSink&) const override { return absl::OkStatus(); }

 private:
  int64_t size_;
};

class CountingSink final : public ByteSink {
 public:
  absl::Status Write(std::string_view bytes) override {
    count_ += static_cast<int64_t>(bytes.size());
    return absl::OkStatus();
  }
  absl::Status Finish() override { return absl::OkStatus(); }
  int64_t count() const { return count_; }

 private:
  int64_t count_ = 0;
};

class TreeTar final : public Content {
 public:
  TreeTar(FileTree tree, TreeTarOptions options, int64_t size)
      : tree_(std::move(tree)), options_(std::move(options)), size_(size) {}
  int64_t size() const override { return size_; }
  absl::Status CopyTo(ByteSink& sink) const override {
    TarWriter writer(options_.format, sink);
    COW_RETURN_IF_ERROR(WriteTreeAsTar(tree_, options_, writer));
    return writer.Finish();
  }

 private:
  FileTree tree_;
  TreeTarOptions options_;
  int64_t size_;
};

// What writing would write, counted with contents that cost nothing.
absl::StatusOr<int64_t> TarSize(const FileTree& tree, const TreeTarOptions& options) {
  FileTree hollow;
  int64_t contents = 0;
  for (const auto& [path, node] : tree.nodes()) {
    Node copy = node;
    if (node.kind == NodeKind::kFile) {
      contents += node.content->size();
      copy.content = std::make_shared<SizeOnly>(node.content->size());
    }
    COW_RETURN_IF_ERROR(hollow.Add(path, std::move(copy)));
  }
  CountingSink counter;
  TarWriter writer(options.format, counter);
  COW_RETURN_IF_ERROR(WriteTreeAsTar(hollow, options, writer));
  COW_RETURN_IF_ERROR(writer.Finish());
  return counter.count() + contents;
}

}  // namespace

absl::StatusOr<ContentPtr> TarContent(FileTree tree, TreeTarOptions options) {
  COW_ASSIGN_OR_RETURN(int64_t size, TarSize(tree, options));
  return ContentPtr(std::make_shared<TreeTar>(std::move(tree), std::move(options), size));
}

}  // namespace cow::pack
