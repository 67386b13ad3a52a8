#include "engine/execution/reapi_messages.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "absl/strings/str_cat.h"

namespace cow::execution {
namespace {

// "cat sub/a.txt > out/o" and its action, digests computed with the reference implementation of protocol buffers.
CommandMessage ReferenceCommand() {
  return {.arguments = {"/bin/sh", "-c", "cat sub/a.txt > out/o"},
          .environment = {{"PATH", "/usr/bin"}, {"Z", ""}},
          .output_paths = {"out/o"}};
}

ActionMessage ReferenceAction() {
  return {.command = Digest::Of(EncodeCommand(ReferenceCommand())),
          .input_root = *Digest::FromHex("7566e7e3bf018b60464b24d3ff5e8cf5cb27aeba77615ff2b1b37fe3df474e4c", 172),
          .timeout_seconds = 60,
          .platform = {{"OSFamily", "linux"}}};
}

TEST(ReapiMessagesTest, DigestsAreThoseOfTheReferenceImplementation) {
  EXPECT_EQ(Digest::Of(EncodeCommand(ReferenceCommand())).hex(),
            "c2ef2d47d38138a18ef05a1d3aa057434c006ae911faa6dde0695bb090c35280");
  ActionMessage action = ReferenceAction();
  EXPECT_EQ(Digest::Of(EncodeAction(action)).hex(), "8bad4e5e2686798465b5fa4bb47eba681c765c405abc62216829bac223c636aa");
  action.do_not_cache = true;
  action.salt = "v1";
  EXPECT_EQ(Digest::Of(EncodeAction(action)).hex(), "0cc80b53fbc91e75b84acc1c140c8ebdec97514c59c9d5e2056d5c17d8e1166a");
}

TEST(ReapiMessagesTest, OrderOfSetsDoesNotMatterButOrderOfArgumentsDoes) {
  CommandMessage command = ReferenceCommand();
  std::swap(command.environment[0], command.environment[1]);
  EXPECT_EQ(EncodeCommand(command), EncodeCommand(ReferenceCommand()));
  std::swap(command.arguments[0], command.arguments[1]);
  EXPECT_NE(EncodeCommand(command), EncodeCommand(ReferenceCommand()));
}

TEST(ReapiMessagesTest, RejectsWhatIsNotCanonical) {
  std::string bytes = EncodeCommand(ReferenceCommand());
  EXPECT_TRUE(DecodeCommand(bytes).ok());
  EXPECT_FALSE(DecodeCommand(bytes + std::string("\x32\0", 2)).ok()) << "a default that is written out";
  EXPECT_FALSE(DecodeCommand(bytes.substr(0, bytes.size() - 1)).ok()) << "cut short";
  EXPECT_FALSE(DecodeCommand(absl::StrCat(bytes, "\x3a\x01", "a")).ok()) << "output paths out of order";
  EXPECT_FALSE(DecodeCommand(absl::StrCat(bytes, "\x7a\x01", "a")).ok()) << "a field nobody knows";
  std::string action = EncodeAction(ReferenceAction());
  EXPECT_TRUE(DecodeAction(action).ok());
  EXPECT_FALSE(DecodeAction(absl::StrCat(action, action)).ok());
  EXPECT_FALSE(DecodeAction("").ok()) << "an action without command";
}

class RandomMessages {
 public:
  std::string Text() {
    // Few letters and lengths, so that neighbouring fields often could be confused.
    std::string text;
    for (size_t n = random_() % 4; n > 0; --n) text += "ab=/\n"[random_() % 5];
    return text;
  }
  CommandMessage Command() {
    CommandMessage command;
    for (size_t n = random_() % 4; n > 0; --n) command.arguments.push_back(Text());
    for (size_t n = random_() % 3; n > 0; --n) command.environment.emplace_back(absl::StrCat(n, Text()), Text());
    for (size_t n = random_() % 3; n > 0; --n) command.output_paths.push_back(absl::StrCat(Text(), n));
    for (size_t n = random_() % 2; n > 0; --n) command.platform.emplace_back(Text(), Text());
    command.working_directory = Text();
    std::sort(command.environment.begin(), command.environment.end());
    std::sort(command.output_paths.begin(), command.output_paths.end());
    command.output_paths.erase(std::unique(command.output_paths.begin(), command.output_paths.end()),
                               command.output_paths.end());
    return command;
  }
  std::string Damaged(std::string bytes) {
    for (size_t n = 1 + random_() % 2; n > 0 && !bytes.empty(); --n) {
      size_t at = random_() % bytes.size();
      switch (random_() % 3) {
        case 0: bytes[at] = static_cast<char>(random_()); break;
        case 1: bytes.erase(at, 1); break;
        default: bytes.insert(at, 1, static_cast<char>(random_() % 64)); break;
      }
    }
    return bytes;
  }

 private:
  std::mt19937 random_{20240607};
};

TEST(ReapiMessagesTest, EncodingIsInjective) {
  RandomMessages random;
  std::map<std::string, CommandMessage> seen;
  for (int i = 0; i < 20000; ++i) {
    CommandMessage command = random.Command();
    std::string bytes = EncodeCommand(command);
    absl::StatusOr<CommandMessage> decoded = DecodeCommand(bytes);
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    ASSERT_EQ(*decoded, command);
    ASSERT_EQ(seen.try_emplace(bytes, command).first->second, command);
    std::string damaged = random.Damaged(bytes);
    absl::StatusOr<CommandMessage> other = DecodeCommand(damaged);
    ASSERT_TRUE(!other.ok() || EncodeCommand(*other) == damaged);
  }
}

}  // namespace
}  // namespace cow::execution
