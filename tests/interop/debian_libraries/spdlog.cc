#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <sstream>

int main() {
  std::ostringstream stream;
  spdlog::logger logger("cow", std::make_shared<spdlog::sinks::ostream_sink_mt>(stream));
  logger.info("moo {}", 42);
  return stream.str().find("moo 42") != std::string::npos ? 0 : 1;
}
