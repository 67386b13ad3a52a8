// repeater: an OpenAI-compatible service, over HTTP and gRPC, whose model repeats what it is told.

#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "packages/repeater/src/config.h"
#include "packages/repeater/src/server.h"

namespace {

constexpr char kVersion[] = REPEATER_VERSION;

constexpr char kHelp[] =
    "usage: repeater [--config FILE] [--port PORT] [--grpc-port PORT]\n"
    "\n"
    "Serves an OpenAI-compatible API and gRPC; its model repeats what it is told.\n"
    "\n"
    "  --config FILE     read the configuration from FILE (JSON: host, port, grpc_port, model)\n"
    "  --port PORT       listen on PORT for HTTP, whatever the configuration says\n"
    "  --grpc-port PORT  the same for gRPC\n"
    "  --version         print the version and exit\n"
    "  --help            print this text and exit\n";

constexpr int kFailure = 1;
constexpr int kUsage = 2;

struct Options {
  std::string config{};
  std::string port{};
  std::string grpc_port{};
  bool version = false;
  bool help = false;
};

// The value of `--name=value` or `--name value`; moves `i` past the latter. Empty if this is not `name`.
std::optional<std::string> TakeValue(const std::vector<std::string_view>& arguments, std::size_t& i,
                                     std::string_view name) {
  const std::string_view argument = arguments[i];
  if (argument == name && i + 1 < arguments.size()) return std::string(arguments[++i]);
  if (argument.size() > name.size() && argument.substr(0, name.size()) == name && argument[name.size()] == '=') {
    return std::string(argument.substr(name.size() + 1));
  }
  return std::nullopt;
}

// False if an argument makes no sense; it is named in `problem`.
bool ParseOptions(const std::vector<std::string_view>& arguments, Options& options, std::string& problem) {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == "--version") {
      options.version = true;
    } else if (arguments[i] == "--help") {
      options.help = true;
    } else if (auto config = TakeValue(arguments, i, "--config")) {
      options.config = *config;
    } else if (auto port = TakeValue(arguments, i, "--port")) {
      options.port = *port;
    } else if (auto grpc_port = TakeValue(arguments, i, "--grpc-port")) {
      options.grpc_port = *grpc_port;
    } else {
      problem = arguments[i];
      return false;
    }
  }
  return true;
}

int Fail(const std::string& message, int code) {
  std::cerr << "repeater: " << message << "\n";
  return code;
}

// False if `text` is no port; "" leaves `port` alone.
bool OverridePort(const std::string& text, int& port) {
  if (!text.empty()) port = repeater::ParsePort(text);
  return port != 0;
}

int Run(const Options& options) {
  repeater::ConfigOrError loaded = repeater::Config{};
  if (!options.config.empty()) loaded = repeater::LoadConfig(options.config);
  if (const auto* problem = std::get_if<std::string>(&loaded)) return Fail(*problem, kFailure);
  auto config = std::get<repeater::Config>(loaded);
  const std::string expected = " must be a number from 1 to 65535, not '";
  if (!OverridePort(options.port, config.port)) return Fail("--port" + expected + options.port + "'", kUsage);
  if (!OverridePort(options.grpc_port, config.grpc_port)) {
    return Fail("--grpc-port" + expected + options.grpc_port + "'", kUsage);
  }
  const std::string problem = repeater::Serve(config);
  return problem.empty() ? 0 : Fail(problem, kFailure);
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  std::string problem;
  if (!ParseOptions({argv + 1, argv + argc}, options, problem)) {
    return Fail("unknown or incomplete argument '" + problem + "', see repeater --help", kUsage);
  }
  if (options.help) {
    std::cout << kHelp;
    return 0;
  }
  if (options.version) {
    std::cout << "repeater " << kVersion << "\n";
    return 0;
  }
  return Run(options);
}
