#include "engine/remote/frame.h"

#include <sys/socket.h>

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/store/wire.h"

namespace cow::remote {
namespace {

enum { kKind = 1, kId, kOk, kText, kRecord, kRead, kBlob, kSent, kDropped, kCode };
enum { kDigest = 1, kPath, kBytes };

constexpr size_t kLargest = size_t{256} << 20;

absl::StatusOr<Frame::Blob> DecodeBlob(std::string_view bytes) {
  Frame::Blob blob;
  store::WireReader reader(bytes);
  while (reader.Next()) {
    switch (reader.field()) {
      case kDigest: {
        COW_ASSIGN_OR_RETURN(blob.digest, store::DecodeDigestMessage(reader.bytes()));
        break;
      }
      case kPath: blob.path = reader.bytes(); break;
      case kBytes: blob.bytes = reader.bytes(); break;
      default: reader.Fail("unknown field");
    }
  }
  COW_RETURN_IF_ERROR(reader.status());
  return blob;
}

absl::Status Receive(int socket, char* to, size_t size) {
  while (size > 0) {
    const ssize_t got = recv(socket, to, size, 0);
    if (got == 0) return absl::UnavailableError("the other side has ended");
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return ErrnoStatus(errno, "cannot read from the socket");
    to += got;
    size -= static_cast<size_t>(got);
  }
  return absl::OkStatus();
}

}  // namespace

std::string EncodeFrame(const Frame& frame) {
  store::WireWriter writer;
  writer.Int(kKind, static_cast<int64_t>(frame.kind)).Int(kId, static_cast<int64_t>(frame.id)).Bool(kOk, frame.ok);
  writer.Bytes(kText, frame.text).Bytes(kRecord, frame.record).Bytes(kRead, frame.read);
  for (const Frame::Blob& blob : frame.blobs) {
    store::WireWriter part;
    part.DigestMessage(kDigest, blob.digest).Bytes(kPath, blob.path).Bytes(kBytes, blob.bytes);
    writer.Message(kBlob, part.bytes());
  }
  return writer.Int(kSent, frame.sent).Int(kDropped, frame.dropped).Int(kCode, frame.code).Take();
}

absl::StatusOr<Frame> DecodeFrame(std::string_view bytes) {
  Frame frame;
  int64_t kind = 0;
  store::WireReader reader(bytes);
  while (reader.Next()) {
    switch (reader.field()) {
      case kKind: kind = static_cast<int64_t>(reader.integer()); break;
      case kId: frame.id = reader.integer(); break;
      case kOk: frame.ok = reader.integer() != 0; break;
      case kText: frame.text = reader.bytes(); break;
      case kRecord: frame.record = reader.bytes(); break;
      case kRead: frame.read = reader.bytes(); break;
      case kBlob: {
        COW_ASSIGN_OR_RETURN(Frame::Blob blob, DecodeBlob(reader.bytes()));
        frame.blobs.push_back(std::move(blob));
        break;
      }
      case kSent: frame.sent = static_cast<int64_t>(reader.integer()); break;
      case kDropped: frame.dropped = static_cast<int64_t>(reader.integer()); break;
      case kCode: frame.code = static_cast<int64_t>(reader.integer()); break;
      default: reader.Fail("unknown field");
    }
  }
  COW_RETURN_IF_ERROR(reader.status());
  if (kind < static_cast<int64_t>(Frame::Kind::kConfigure) || kind > static_cast<int64_t>(Frame::Kind::kNotice)) {
    return absl::InvalidArgumentError(absl::StrCat("unknown kind ", kind));
  }
  frame.kind = static_cast<Frame::Kind>(kind);
  return frame;
}

absl::Status WriteFrame(int socket, const Frame& frame) {
  std::string bytes = EncodeFrame(frame);
  if (bytes.size() > kLargest) return absl::InvalidArgumentError("a message is too large");
  std::string length;
  for (int shift = 0; shift < 32; shift += 8) length.push_back(static_cast<char>(bytes.size() >> shift));
  bytes.insert(0, length);
  std::string_view rest = bytes;
  while (!rest.empty()) {
    const ssize_t sent = send(socket, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return absl::UnavailableError("the other side has ended");
    rest.remove_prefix(static_cast<size_t>(sent));
  }
  return absl::OkStatus();
}

absl::StatusOr<Frame> ReadFrame(int socket) {
  unsigned char length[4];
  COW_RETURN_IF_ERROR(Receive(socket, reinterpret_cast<char*>(length), sizeof length));
  const size_t size = length[0] | size_t{length[1]} << 8 | size_t{length[2]} << 16 | size_t{length[3]} << 24;
  if (size > kLargest) return absl::InvalidArgumentError("a message is too large");
  std::string bytes(size, '\0');
  COW_RETURN_IF_ERROR(Receive(socket, bytes.data(), size));
  return DecodeFrame(bytes);
}

}  // namespace cow::remote
