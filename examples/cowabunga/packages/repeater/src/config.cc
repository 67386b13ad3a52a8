#include "packages/repeater/src/config.h"

#include <charconv>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

namespace repeater {
namespace {

using Json = nlohmann::json;

constexpr int kMaxPort = 65535;

// "" or what is wrong with the member.
std::string Apply(const std::string& name, const Json& value, Config& config) {
  if (name == "port" || name == "grpc_port") {
    if (!value.is_number_unsigned() || value < 1u || value > static_cast<unsigned>(kMaxPort)) {
      return "'" + name + "' must be a number from 1 to 65535, not " + value.dump();
    }
    (name == "port" ? config.port : config.grpc_port) = value.get<int>();
    return "";
  }
  if (name != "host" && name != "model") {
    return "unknown member '" + name + "', expected one of [grpc_port, host, model, port]";
  }
  if (!value.is_string() || value.get_ref<const std::string&>().empty()) {
    return "'" + name + "' must be a non-empty string, not " + value.dump();
  }
  (name == "host" ? config.host : config.model) = value.get<std::string>();
  return "";
}

}  // namespace

ConfigOrError ParseConfig(std::string_view text) {
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) return std::string("not valid JSON");
  if (!json.is_object()) return std::string("must be a JSON object");
  Config config;
  for (const auto& [name, value] : json.items()) {
    if (std::string problem = Apply(name, value, config); !problem.empty()) return problem;
  }
  return config;
}

ConfigOrError LoadConfig(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return path + ": cannot be read";
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  ConfigOrError parsed = ParseConfig(text);
  if (const auto* problem = std::get_if<std::string>(&parsed)) return path + ": " + *problem;
  return parsed;
}

int ParsePort(std::string_view text) {
  int port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  const bool is_port = error == std::errc() && end == text.data() + text.size() && port >= 1 && port <= kMaxPort;
  return is_port ? port : 0;
}

}  // namespace repeater
