#include "engine/remote/execution_message.h"

#include <gtest/gtest.h>

namespace cow::remote {
namespace {

TEST(ExecutionMessageTest, ComesBackAsItWas) {
  const ExecutionRequest request{.action = Digest::Of("action"),
                                 .outputs = {{"out/0", "/here"}, {"out/report", "/there"}},
                                 .scratch = "/scratch-",
                                 .fresh = true,
                                 .lookup_only = true,
                                 .mnemonic = "Make",
                                 .label = "//a:b"};
  EXPECT_EQ(DecodeRequest(EncodeRequest(request)).value(), request);
  EXPECT_EQ(DecodeRequest(EncodeRequest({})).value(), ExecutionRequest());
  const ExecutionReply reply{.code = absl::StatusCode::kUnavailable,
                             .message = "gone",
                             .missing = true,
                             .cached = true,
                             .exit_code = -3,
                             .out = std::string("a\0b", 3),
                             .err = "err"};
  EXPECT_EQ(DecodeReply(EncodeReply(reply)).value(), reply);
  EXPECT_EQ(DecodeReply(EncodeReply({})).value(), ExecutionReply());
  EXPECT_FALSE(DecodeRequest("nonsense").ok());
  EXPECT_FALSE(DecodeReply("nonsense").ok());
}

}  // namespace
}  // namespace cow::remote
