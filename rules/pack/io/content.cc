#include "rules/pack/io/content.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/posix_file.h"
#include "engine/base/status.h"
#include "rules/pack/io/byte_source.h"

namespace cow::pack {
namespace {

class InMemory final : public Content {
 public:
  explicit InMemory(std::string bytes) : bytes_(std::move(bytes)) {}
  int64_t size() const override { return static_cast<int64_t>(bytes_.size()); }
  absl::Status CopyTo(ByteSink& sink) const override { return sink.Write(bytes_); }

 private:
  std::string bytes_;
};

// Passes bytes on and refuses more than were announced.
class BoundedSink final : public ByteSink {
 public:
  BoundedSink(ByteSink& next, int64_t left) : next_(next), left_(left) {}
  absl::Status Write(std::string_view bytes) override {
    left_ -= static_cast<int64_t>(bytes.size());
    return left_ < 0 ? absl::FailedPreconditionError("file grew while it was read")
                     : next_.Write(bytes);
  }
  absl::Status Finish() override {
    return left_ == 0 ? absl::OkStatus()
                      : absl::FailedPreconditionError("file shrank while it was read");
  }

 private:
  ByteSink& next_;
  int64_t left_;
};

class OnDisk final : public Content {
 public:
  OnDisk(std::string path, int64_t size) : path_(std::move(path)), size_(size) {}
  int64_t size() const override { return size_; }
  absl::Status CopyTo(ByteSink& sink) const override {
    COW_ASSIGN_OR_RETURN(auto source, FileSource::Open(path_));
    BoundedSink bounded(sink, size_);
    COW_RETURN_IF_ERROR(CopyAll(*source, bounded));
    return Annotate(bounded.Finish(), path_);
  }

 private:
  std::string path_;
  int64_t size_;
};

}  // namespace

ContentPtr BytesContent(std::string bytes) { return std::make_shared<InMemory>(std::move(bytes)); }

absl::StatusOr<ContentPtr> FileContent(const std::string& path) {
  COW_ASSIGN_OR_RETURN(FileInfo info, StatFile(path));
  if (info.kind != FileKind::kRegular) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": not a regular file"));
  }
  return ContentPtr(std::make_shared<OnDisk>(path, info.size));
}

absl::StatusOr<Digest> DigestOf(const Content& content) {
  HashingSink hash(nullptr);
  COW_RETURN_IF_ERROR(content.CopyTo(hash));
  COW_RETURN_IF_ERROR(hash.Finish());
  return hash.digest();
}

absl::StatusOr<bool> SameBytes(const Content& a, const Content& b) {
  if (a.size() != b.size()) return false;
  COW_ASSIGN_OR_RETURN(Digest first, DigestOf(a));
  COW_ASSIGN_OR_RETURN(Digest second, DigestOf(b));
  return first == second;
}

absl::StatusOr<std::string> ReadContent(const Content& content) {
  StringSink sink;
  COW_RETURN_IF_ERROR(content.CopyTo(sink));
  return std::move(sink.bytes());
}

absl::Status WriteContent(const Content& content, const std::string& path, uint32_t mode) {
  COW_ASSIGN_OR_RETURN(auto sink, FileSink::Create(path, mode));
  COW_RETURN_IF_ERROR(content.CopyTo(*sink));
  return sink->Finish();
}

}  // namespace cow::pack
