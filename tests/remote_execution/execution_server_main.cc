// execution_server: an executor for tests, on a free port of the loopback, whose storage is a cow-cache. What it does wrong is read
// from stdin, a line `FAULT NUMBER` each; `count` prints what it did.
//
//   execution_server STORAGE DIRECTORY [DENY_NAMESPACES]
#include <grpcpp/grpcpp.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <map>
#include <memory>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "engine/remote/endpoint/result_message.h"
#include "tests/remote_execution/worker.h"
#include "wire/operations.grpc.pb.h"
#include "wire/reapi.grpc.pb.h"
#include "wire/status.pb.h"

namespace cow::remote {
namespace {

using google::longrunning::Operation;

class ExecutionServer final : public reapi::Execution::Service, public google::longrunning::Operations::Service {
 public:
  ExecutionServer(Link* link, const std::string& directory) : link_(*link), worker_(link, directory) {}

  Worker& worker() { return worker_; }
  // Reads what to do wrong until there is nothing to read.
  void Obey() {
    std::string fault;
    while (std::cin >> fault) {
      if (fault == "count") {
        absl::MutexLock lock(&mutex_);
        std::cout << "asked " << asked_ << " run " << run_ << " waited " << waited_ << " cancelled " << cancelled_ << std::endl;
        asked_ = run_ = waited_ = cancelled_ = 0;
        continue;
      }
      int number = 0;
      std::cin >> number;
      absl::MutexLock lock(&mutex_);
      faults_[fault] = number;
      std::cout << "done" << std::endl;
    }
  }

  grpc::Status Execute(grpc::ServerContext* context, const reapi::ExecuteRequest* request,
                       grpc::ServerWriter<Operation>* writer) override {
    if (Has("silent")) return Sleep(context);
    if (Spend("refuses")) return grpc::Status(grpc::StatusCode::PERMISSION_DENIED, "not for you");
    auto state = std::make_shared<State>();
    {
      absl::MutexLock lock(&mutex_);
      ++asked_;
      state->name = absl::StrCat("operations/", ++named_);  // never again, whatever was forgotten
      operations_[state->name] = state;
    }
    std::thread([this, state, request = *request] { Do(*state, request); }).detach();
    return Follow(context, *state, writer);
  }
  grpc::Status WaitExecution(grpc::ServerContext* context, const reapi::WaitExecutionRequest* request,
                             grpc::ServerWriter<Operation>* writer) override {
    std::shared_ptr<State> state;
    {
      absl::MutexLock lock(&mutex_);
      ++waited_;
      auto place = operations_.find(request->name());
      if (place == operations_.end()) return grpc::Status(grpc::StatusCode::NOT_FOUND, "no such operation");
      state = place->second;
    }
    return Follow(context, *state, writer);
  }
  grpc::Status CancelOperation(grpc::ServerContext*, const google::longrunning::CancelOperationRequest* request,
                               google::protobuf::Empty*) override {
    absl::MutexLock lock(&mutex_);
    ++cancelled_;
    auto place = operations_.find(request->name());
    if (place != operations_.end() && place->second->pid > 0) kill(-place->second->pid, SIGKILL);
    return grpc::Status::OK;
  }

 private:
  struct State {
    std::string name;
    std::atomic<pid_t> pid{0};
    std::atomic<bool> done{false};
    reapi::ExecuteResponse response;  // when done
  };

  bool Has(const std::string& fault) {
    absl::MutexLock lock(&mutex_);
    return faults_[fault] > 0;
  }
  bool Spend(const std::string& fault) {
    absl::MutexLock lock(&mutex_);
    return faults_[fault] > 0 && faults_[fault]-- > 0;
  }
  static grpc::Status Sleep(grpc::ServerContext* context) {
    while (!context->IsCancelled()) absl::SleepFor(absl::Milliseconds(10));
    return grpc::Status::CANCELLED;
  }

  grpc::Status Follow(grpc::ServerContext* context, State& state, grpc::ServerWriter<Operation>* writer) {
    Operation operation;
    operation.set_name(state.name);
    reapi::ExecuteOperationMetadata metadata;
    metadata.set_stage(reapi::ExecutionStage::QUEUED);
    operation.mutable_metadata()->PackFrom(metadata);
    writer->Write(operation);
    if (Spend("forgets")) {
      absl::MutexLock lock(&mutex_);
      operations_.erase(state.name);
      return grpc::Status(grpc::StatusCode::UNAVAILABLE, "restarted");
    }
    if (Spend("breaks")) return grpc::Status(grpc::StatusCode::UNAVAILABLE, "the connection is cut");
    while (!state.done && !context->IsCancelled()) absl::SleepFor(absl::Milliseconds(5));
    if (!state.done) return grpc::Status::CANCELLED;
    operation.set_done(true);
    operation.mutable_response()->PackFrom(state.response);
    writer->Write(operation);
    return grpc::Status::OK;
  }

  void Lacks(google::rpc::Status* status, const std::string& subject) {
    google::rpc::PreconditionFailure failure;
    google::rpc::PreconditionFailure::Violation& violation = *failure.add_violations();
    violation.set_type("MISSING");
    violation.set_subject(subject);
    status->set_code(grpc::StatusCode::FAILED_PRECONDITION);
    status->set_message("blobs are missing");
    status->add_details()->PackFrom(failure);
  }

  // What a tree must not do: name a file elsewhere.
  void Escape(reapi::ActionResult* result) {
    reapi::Tree tree;
    reapi::FileNode& node = *tree.mutable_root()->add_files();
    node.set_name("../../escaped");
    *node.mutable_digest() = ToWire(Digest());
    const std::string bytes = tree.SerializeAsString();
    BlobWriter(&link_).Write("", {{.digest = Digest::Of(bytes), .bytes = bytes}});
    for (reapi::OutputDirectory& directory : *result->mutable_output_directories()) {
      *directory.mutable_tree_digest() = ToWire(Digest::Of(bytes));
    }
  }

  // For others; not of actions that say no, which the storage cannot tell.
  void Keep(const reapi::Digest& action, const reapi::ActionResult& result) {
    reapi::UpdateActionResultRequest request;
    *request.mutable_action_digest() = action;
    *request.mutable_action_result() = result;
    reapi::ActionResult response;
    link_.Run(Urgency::kBackground, action.hash(), [&](Link::Attempt& attempt) {
      return attempt.stubs.results.UpdateActionResult(&attempt.context, request, &response);
    });
  }

  void Do(State& state, const reapi::ExecuteRequest& request) {
    reapi::ExecuteResponse& response = state.response;
    google::rpc::Status& status = *response.mutable_status();
    if (Spend("dies")) {
      status.set_code(grpc::StatusCode::UNAVAILABLE);
      status.set_message("the worker disappeared");
    } else if (Spend("loses")) {
      Lacks(&status, "blobs/0000/1");
    } else {
      {
        absl::MutexLock lock(&mutex_);
        ++run_;
      }
      absl::StatusOr<Digest> digest = FromWire(request.action_digest());
      absl::StatusOr<reapi::ActionResult> result = worker_.Run(*digest, &state.pid);
      if (result.ok()) {
        if (result->exit_code() == 0) Keep(request.action_digest(), *result);
        if (Spend("escapes")) Escape(&*result);
        *response.mutable_result() = *result;
      } else if (absl::IsNotFound(result.status())) {
        Lacks(&status, std::string(result.status().message()));
      } else {
        status.set_code(static_cast<int>(result.status().code()));
        status.set_message(std::string(result.status().message()));
      }
    }
    state.done = true;
  }

  Link& link_;
  Worker worker_;
  absl::Mutex mutex_;
  std::map<std::string, int> faults_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, std::shared_ptr<State>> operations_ ABSL_GUARDED_BY(mutex_);
  int named_ ABSL_GUARDED_BY(mutex_) = 0;
  int asked_ ABSL_GUARDED_BY(mutex_) = 0;
  int run_ ABSL_GUARDED_BY(mutex_) = 0;
  int waited_ ABSL_GUARDED_BY(mutex_) = 0;
  int cancelled_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace
}  // namespace cow::remote

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: execution_server STORAGE DIRECTORY [WORD BEFORE COMMANDS]\n");
    return 2;
  }
  cow::remote::Link link({.cache = argv[1], .executor = "patient"},
                         [](const std::string& text) { std::fprintf(stderr, "%s\n", text.c_str()); });
  cow::remote::ExecutionServer service(&link, argv[2]);
  for (int i = 3; i < argc; ++i) service.worker().prefix.emplace_back(argv[i]);
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(static_cast<cow::remote::reapi::Execution::Service*>(&service));
  builder.RegisterService(static_cast<google::longrunning::Operations::Service*>(&service));
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) return 1;
  std::cout << "port " << port << std::endl;
  service.Obey();
  std::fflush(nullptr);
  _exit(0);
}
