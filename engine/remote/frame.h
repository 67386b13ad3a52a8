// Frame: what cow and cow-remote say to each other. A frame on the socket is its length, four bytes, little end first, and a message
// in the wire format of protocol buffers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/base/digest.h"

namespace cow::remote {

struct Frame {
  enum class Kind {
    // From cow.
    kConfigure = 1,  // first: `record` holds the options
    kFind,           // the result of the action blobs[0]
    kHas,            // whether the server holds all of `blobs`
    kFetch,          // write each of `blobs` to its path, a new file
    kOffer,          // send the result `record` of the action blobs[0], and the other blobs; has no reply
    kFinish,         // reply when all that was offered is sent, or never will be
    kUpload,         // send those of `blobs` that the server lacks; the reply is `ok`, or `text` says why not and `code` how
    kExecute,        // run an action: `record` is an ExecutionRequest (execution_message.h), that of the reply an ExecutionReply
    kCancel,         // nobody waits for the execution of this `id` any more; has no reply
    // From cow-remote.
    kReply,          // to the request of the same `id`
    kNotice,         // `text` is for people
  };
  struct Blob {
    Digest digest{};
    std::string path{};   // of a file that holds it, or shall
    std::string bytes{};  // or the blob itself

    friend bool operator==(const Blob&, const Blob&) = default;
  };

  Kind kind = Kind::kReply;
  uint64_t id = 0;
  bool ok = false;             // a reply: the result was found, the blobs are there
  std::string text{};
  std::string record{};        // of a result: store/action_result_record.h
  std::string read{};          // its set of reads, a character for each input
  std::vector<Blob> blobs{};   // a reply: those that are there now
  int64_t sent = 0;            // a reply to kFinish: results
  int64_t dropped = 0;
  int64_t code = 0;            // a reply to kUpload: an absl::StatusCode

  friend bool operator==(const Frame&, const Frame&) = default;
};

// Of the words that cow and cow-remote exchange; the first frame carries it as its id. To be raised with any change.
constexpr uint64_t kConversation = 3;

std::string EncodeFrame(const Frame& frame);
// Any bytes may come in; kInvalidArgument unless they are what EncodeFrame gives.
absl::StatusOr<Frame> DecodeFrame(std::string_view bytes);

// Over a connected stream socket. kUnavailable when the other side is gone.
absl::Status WriteFrame(int socket, const Frame& frame);
absl::StatusOr<Frame> ReadFrame(int socket);

}  // namespace cow::remote
