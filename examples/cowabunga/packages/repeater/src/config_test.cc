#include "packages/repeater/src/config.h"

#include <gtest/gtest.h>

namespace repeater {
namespace {

std::string Problem(std::string_view text) {
  const ConfigOrError parsed = ParseConfig(text);
  const auto* problem = std::get_if<std::string>(&parsed);
  return problem == nullptr ? "" : *problem;
}

TEST(ConfigTest, AbsentMembersKeepTheirDefaults) {
  const ConfigOrError parsed = ParseConfig(R"({"port": 9000, "grpc_port": 9001})");
  ASSERT_TRUE(std::holds_alternative<Config>(parsed));
  EXPECT_EQ(std::get<Config>(parsed).port, 9000);
  EXPECT_EQ(std::get<Config>(parsed).grpc_port, 9001);
  EXPECT_EQ(std::get<Config>(parsed).model, "repeater");
}

TEST(ConfigTest, SaysWhatIsWrong) {
  EXPECT_EQ(Problem("{"), "not valid JSON");
  EXPECT_EQ(Problem("7"), "must be a JSON object");
  EXPECT_EQ(Problem(R"({"port": 70000})"), "'port' must be a number from 1 to 65535, not 70000");
  EXPECT_EQ(Problem(R"({"grpc_port": "x"})"), "'grpc_port' must be a number from 1 to 65535, not \"x\"");
  EXPECT_EQ(Problem(R"({"model": ""})"), "'model' must be a non-empty string, not \"\"");
  EXPECT_EQ(Problem(R"({"prot": 1})"), "unknown member 'prot', expected one of [grpc_port, host, model, port]");
}

TEST(ConfigTest, NamesTheFileThatIsMissing) {
  const ConfigOrError parsed = LoadConfig("/nowhere/config.json");
  ASSERT_TRUE(std::holds_alternative<std::string>(parsed));
  EXPECT_EQ(std::get<std::string>(parsed), "/nowhere/config.json: cannot be read");
}

TEST(ConfigTest, PortsAreNumbersInRange) {
  EXPECT_EQ(ParsePort("8080"), 8080);
  for (const char* text : {"", "0", "65536", "80a", "-1", " 80"}) EXPECT_EQ(ParsePort(text), 0) << text;
}

}  // namespace
}  // namespace repeater
