// repeater_client: asks the repeater over gRPC and prints what it answers.

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "packages/repeater/proto/repeater.grpc.pb.h"
#include "packages/repeater/proto/repeater.pb.h"

namespace {

namespace v1 = cowabunga::repeater::v1;

constexpr char kHelp[] =
    "usage: repeater_client [--address HOST:PORT] [--model NAME] COMMAND [ARGUMENT]\n"
    "\n"
    "  name                  the model's name\n"
    "  chat TEXT             what a chat answers;    chat-stream: token by token, one a line\n"
    "  complete TEXT         what completes TEXT;    complete-stream: token by token, one a line\n"
    "  embed TEXT            the vector of TEXT\n"
    "  transcribe FILE       what is said in FILE;   transcribe-stream: sent in pieces\n"
    "  count TEXT            how many tokens it has\n";

constexpr int kFailure = 1;
constexpr int kUsage = 2;
constexpr std::chrono::seconds kDeadline{30};
constexpr std::size_t kPiece = 1024;

struct Call {
  std::shared_ptr<grpc::Channel> channel{};
  std::string model = "repeater";
  std::string argument{};
};

// A context that waits for the server to come up.
struct Context : grpc::ClientContext {
  Context() {
    set_wait_for_ready(true);
    set_deadline(std::chrono::system_clock::now() + kDeadline);
  }
};

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

grpc::Status Name(const Call& call) {
  Context context;
  v1::Name name;
  const grpc::Status status = v1::Identity::NewStub(call.channel)->GetName(&context, {}, &name);
  if (status.ok()) std::cout << name.name() << "\n";
  return status;
}

v1::ChatRequest ChatRequest(const Call& call) {
  v1::ChatRequest request;
  request.set_model(call.model);
  v1::ChatMessage* message = request.add_messages();
  message->set_role("user");
  message->set_content(call.argument);
  return request;
}

grpc::Status Chat(const Call& call) {
  Context context;
  v1::ChatResponse response;
  const auto status = v1::ChatCompletions::NewStub(call.channel)->Complete(&context, ChatRequest(call), &response);
  if (status.ok()) std::cout << response.message().content() << "\n";
  return status;
}

grpc::Status ChatStream(const Call& call) {
  Context context;
  v1::ChatPart part;
  const auto stub = v1::ChatCompletions::NewStub(call.channel);
  const auto reader = stub->CompleteStream(&context, ChatRequest(call));
  while (reader->Read(&part)) std::cout << part.content() << "\n";
  return reader->Finish();
}

v1::CompletionRequest CompletionRequest(const Call& call) {
  v1::CompletionRequest request;
  request.set_model(call.model);
  request.add_prompts(call.argument);
  return request;
}

grpc::Status Complete(const Call& call) {
  Context context;
  v1::CompletionResponse response;
  const auto stub = v1::Completions::NewStub(call.channel);
  const grpc::Status status = stub->Complete(&context, CompletionRequest(call), &response);
  for (const auto& choice : response.choices()) std::cout << choice.text() << "\n";
  return status;
}

grpc::Status CompleteStream(const Call& call) {
  Context context;
  v1::CompletionPart part;
  const auto stub = v1::Completions::NewStub(call.channel);
  const auto reader = stub->CompleteStream(&context, CompletionRequest(call));
  while (reader->Read(&part)) std::cout << part.text() << "\n";
  return reader->Finish();
}

grpc::Status Embed(const Call& call) {
  Context context;
  v1::EmbeddingsRequest request;
  request.set_model(call.model);
  request.add_inputs(call.argument);
  v1::EmbeddingsResponse response;
  const grpc::Status status = v1::Embeddings::NewStub(call.channel)->Embed(&context, request, &response);
  for (const auto& embedding : response.embeddings()) {
    for (const float number : embedding.values()) std::cout << number << "\n";
  }
  return status;
}

grpc::Status Transcribe(const Call& call) {
  Context context;
  v1::TranscriptionRequest request;
  request.set_model(call.model);
  request.set_audio(ReadFile(call.argument));
  v1::Transcription response;
  const grpc::Status status = v1::Audio::NewStub(call.channel)->Transcribe(&context, request, &response);
  if (status.ok()) std::cout << response.text() << "\n";
  return status;
}

grpc::Status TranscribeStream(const Call& call) {
  Context context;
  v1::Transcription response;
  const auto stub = v1::Audio::NewStub(call.channel);
  const auto writer = stub->TranscribeStream(&context, &response);
  const std::string audio = ReadFile(call.argument);
  v1::TranscriptionRequest request;
  request.set_model(call.model);
  for (std::size_t start = 0; start < audio.size(); start += kPiece) {
    request.set_audio(audio.substr(start, kPiece));
    if (!writer->Write(request)) break;
    request.clear_model();
  }
  writer->WritesDone();
  const grpc::Status status = writer->Finish();
  if (status.ok()) std::cout << response.text() << "\n";
  return status;
}

grpc::Status Count(const Call& call) {
  Context context;
  v1::TokenCountRequest request;
  request.set_model(call.model);
  request.set_text(call.argument);
  v1::TokenCount response;
  const grpc::Status status = v1::Tokens::NewStub(call.channel)->Count(&context, request, &response);
  if (status.ok()) std::cout << response.tokens() << "\n";
  return status;
}

using Command = std::function<grpc::Status(const Call&)>;

const std::map<std::string, Command, std::less<>>& Commands() {
  static const auto& commands = *new std::map<std::string, Command, std::less<>>{
      {"name", Name},
      {"chat", Chat},
      {"chat-stream", ChatStream},
      {"complete", Complete},
      {"complete-stream", CompleteStream},
      {"embed", Embed},
      {"transcribe", Transcribe},
      {"transcribe-stream", TranscribeStream},
      {"count", Count},
  };
  return commands;
}

}  // namespace

int main(int argc, char** argv) {
  std::string address = "127.0.0.1:50051";
  Call call;
  int i = 1;
  for (; i + 1 < argc && std::string_view(argv[i]).substr(0, 2) == "--"; i += 2) {
    const std::string_view option = argv[i];
    if (option != "--address" && option != "--model") break;
    (option == "--address" ? address : call.model) = argv[i + 1];
  }
  const auto command = i < argc ? Commands().find(std::string_view(argv[i])) : Commands().end();
  const int arguments = command != Commands().end() && command->first == "name" ? 0 : 1;
  if (command == Commands().end() || argc - i - 1 != arguments) {
    std::cerr << kHelp;
    return kUsage;
  }
  if (arguments == 1) call.argument = argv[i + 1];
  call.channel = grpc::CreateChannel(address, grpc::InsecureChannelCredentials());
  const grpc::Status status = command->second(call);
  if (status.ok()) return 0;
  std::cerr << "repeater_client: " << status.error_message() << " (gRPC status " << status.error_code() << ")\n";
  return kFailure;
}
