#include "remote-cache/storage/blob_writer.h"

#include <fcntl.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"

namespace cow::cache {
namespace {

using Form = StoredRecord::Form;

// What does not shrink by a twentieth is not worth decompressing.
bool Pays(size_t compressed, size_t size) { return compressed < size - size / 20; }

}  // namespace

BlobWriter::BlobWriter(std::string path, std::optional<Digest> expected)
    : path_(std::move(path)), expected_(std::move(expected)) {
  if (expected_) hash_.emplace();
}

BlobWriter::~BlobWriter() {
  if (file_.valid() && !path_.empty()) RemoveFile(path_).IgnoreError();
}

absl::Status BlobWriter::Write(std::string_view bytes) {
  received_ += static_cast<int64_t>(bytes.size());
  if (expected_ && received_ > expected_->size_bytes()) {
    return absl::InvalidArgumentError(
        absl::StrCat("more bytes than the announced ", expected_->size_bytes(), " of ", expected_->hex()));
  }
  if (hash_) hash_->Update(bytes);
  while (!bytes.empty()) {
    const size_t n = std::min(bytes.size(), kFrameSize - pending_.size());
    pending_.append(bytes.substr(0, n));
    bytes.remove_prefix(n);
    if (pending_.size() == kFrameSize) COW_RETURN_IF_ERROR(StorePiece(std::exchange(pending_, {})));
  }
  return absl::OkStatus();
}

absl::Status BlobWriter::Store(std::string_view bytes) {
  if (!file_.valid()) {
    file_ = UniqueFd(open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0400));
    if (!file_.valid()) return ErrnoStatus(errno, path_);
  }
  COW_RETURN_IF_ERROR(Annotate(WriteAll(file_.get(), bytes), "storing a blob"));
  stored_ += static_cast<int64_t>(bytes.size());
  return absl::OkStatus();
}

absl::Status BlobWriter::StorePiece(std::string_view bytes) {
  if (form_ == Form::kRaw) return Store(bytes);
  std::string frame = CompressFrame(bytes);
  if (form_ == Form::kInline) {  // the first piece decides
    form_ = Pays(frame.size(), bytes.size()) ? Form::kFrames : Form::kRaw;
    if (form_ == Form::kRaw) return Store(bytes);
  }
  table_.Add(static_cast<uint32_t>(frame.size()), static_cast<uint32_t>(bytes.size()));
  return Store(frame);
}

absl::StatusOr<StoredRecord> BlobWriter::Finish() {
  if (expected_ && received_ != expected_->size_bytes()) {
    return absl::InvalidArgumentError(absl::StrCat(received_, " bytes came, ", expected_->size_bytes(),
                                                   " were announced for ", expected_->hex()));
  }
  if (hash_) {
    const Digest found = hash_->Finish();
    if (found != *expected_) {
      return absl::InvalidArgumentError(absl::StrCat("the bytes announced as ", expected_->hex(), " have the digest ",
                                                     found.hex()));
    }
  }
  StoredRecord record;
  record.size = received_;
  if (form_ == Form::kInline && received_ <= kInlineSize) {
    record.data = std::move(pending_);
    record.stored = received_;
    return record;
  }
  if (!pending_.empty()) COW_RETURN_IF_ERROR(StorePiece(pending_));
  if (form_ == Form::kFrames) COW_RETURN_IF_ERROR(Store(table_.Encode()));
  record.form = form_;
  record.stored = stored_;
  return record;
}

}  // namespace cow::cache
