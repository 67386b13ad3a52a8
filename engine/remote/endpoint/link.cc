#include "engine/remote/endpoint/link.h"

#include <time.h>

#include <algorithm>
#include <random>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/base/digest.h"
#include "engine/remote/endpoint/channel.h"

namespace cow::remote {
namespace {

// What a dead server costs a build together is below two seconds.
constexpr int64_t kMillis = 1'000'000;
constexpr int64_t kSilence = 750 * kMillis;         // before a sign of life is asked for
constexpr absl::Duration kSignOfLife = absl::Milliseconds(900);
constexpr absl::Duration kConnecting = absl::Milliseconds(1500);
constexpr int64_t kUntilNextTry = 5000 * kMillis;
constexpr absl::Duration kTick = absl::Milliseconds(50);
constexpr int kMostFalls = 3;
constexpr int kPatienceWithExecutor = 5;            // without which the build may be much slower
constexpr int kTriesThatTell = 3;                   // in a row, while no other call hears anything
constexpr int kTriesOfWaiting = 3;                  // of a call that a build waits for
constexpr int64_t kPatience = 5000 * kMillis;       // with such a call, though the server lives
constexpr int64_t kNanosOfByte = 4000;              // what comes over a slow line takes longer
constexpr int kMostSilences = 2;                    // such calls in a row, or tries of one
constexpr int64_t kFirstDelay = 100 * kMillis;
constexpr int64_t kLongestDelay = 2000 * kMillis;
constexpr int64_t kBatch = (int64_t{4} << 20) - (64 << 10);

int64_t Now() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

// Half to one and a half of what doubles each time.
int64_t DelayBefore(int retry) {
  thread_local std::minstd_rand random(std::random_device{}());
  const int64_t delay = std::min(kFirstDelay << std::min(retry, 10), kLongestDelay);
  return std::uniform_int_distribution<int64_t>(delay / 2, delay + delay / 2)(random);
}

bool IsRefusal(const grpc::Status& status) {
  return status.error_code() == grpc::StatusCode::UNAUTHENTICATED ||
         status.error_code() == grpc::StatusCode::PERMISSION_DENIED;
}

template <typename Values, typename Value>
bool Has(const Values& values, Value value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

Abilities AbilitiesFrom(const reapi::CacheCapabilities& cache, bool compression) {
  Abilities abilities{.batch_bytes = kBatch};
  const int64_t limit = cache.max_batch_total_size_bytes();
  if (limit > 0) abilities.batch_bytes = std::min(limit, kBatch);
  abilities.zstd_streams = compression && Has(cache.supported_compressors(), reapi::Compressor::ZSTD);
  abilities.zstd_batches = compression && Has(cache.supported_batch_update_compressors(), reapi::Compressor::ZSTD);
  return abilities;
}

// Why was said when the link went down.
grpc::Status Unused() { return grpc::Status(grpc::StatusCode::UNAVAILABLE, ""); }

grpc::Status Unanswered() { return grpc::Status(grpc::StatusCode::DEADLINE_EXCEEDED, "it lives, but what is asked gets no answer"); }

std::string NewInvocation() {
  std::random_device random;
  uint32_t words[4];
  for (uint32_t& word : words) word = random();
  return HexEncode(std::string_view(reinterpret_cast<const char*>(words), sizeof words));
}

}  // namespace

bool IsTransient(int code) {
  switch (code) {
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
    case grpc::StatusCode::ABORTED:
    case grpc::StatusCode::UNKNOWN:
    case grpc::StatusCode::INTERNAL:
    case grpc::StatusCode::CANCELLED:
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return true;
    default:
      return false;
  }
}

Link::Attempt::Attempt(Link* link, Urgency urgency)
    : stubs(urgency == Urgency::kBuildWaits ? link->urgent_ : link->background_), link_(*link), urgency_(urgency), last_(Now()) {}

void Link::Attempt::Progress() {
  link_.heard_ = last_ = Now();
  if (urgency_ == Urgency::kBuildWaits) link_.silences_ = 0;
}

void Link::Attempt::Sent() { last_ = Now(); }

void Link::Attempt::Expect(int64_t bytes) { expected_ = bytes; }

Link::Link(RemoteOptions options, std::function<void(const std::string&)> notice)
    : options_(std::move(options)), patience_(options_.executor.empty() ? 1 : kPatienceWithExecutor), notice_(std::move(notice)), invocation_(NewInvocation()),
      urgent_(MakeChannel(options_)), background_(MakeChannel(options_)) {}

Link::~Link() {
  std::thread monitor;
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
    for (Attempt* attempt : attempts_) attempt->context.TryCancel();
    changed_.SignalAll();
    monitor = std::move(monitor_);
  }
  if (monitor.joinable()) monitor.join();
}

void Link::AddMetadata(grpc::ClientContext* context, const std::string& action) const {
  for (const auto& [name, value] : options_.headers) context->AddMetadata(name, value);
  for (const auto& [name, value] : options_.cache_headers) context->AddMetadata(name, value);
  reapi::RequestMetadata metadata;
  metadata.mutable_tool_details()->set_tool_name("cow");
  metadata.set_tool_invocation_id(invocation_);
  metadata.set_action_id(action);
  context->AddMetadata("build.bazel.remote.execution.v2.requestmetadata-bin", metadata.SerializeAsString());
}

Link::Sign Link::Probe(absl::Duration patience, bool wait_for_ready) {
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + patience));
  context.set_wait_for_ready(wait_for_ready);
  AddMetadata(&context, "capabilities");
  reapi::GetCapabilitiesRequest request;
  request.set_instance_name(instance());
  reapi::ServerCapabilities response;
  Sign sign{.status = urgent_.capabilities.GetCapabilities(&context, request, &response), .abilities = {}};
  if (sign.status.error_code() == grpc::StatusCode::UNIMPLEMENTED) {
    sign.status = grpc::Status::OK;
    sign.abilities.batch_bytes = kBatch;
    return sign;
  }
  if (!sign.status.ok()) return sign;
  sign.abilities = AbilitiesFrom(response.cache_capabilities(), options_.compression);
  const auto& functions = response.cache_capabilities().digest_functions();
  if (!functions.empty() && !Has(functions, reapi::DigestFunction::SHA256)) {
    sign.status = grpc::Status(grpc::StatusCode::PERMISSION_DENIED, "it knows no SHA-256");
  }
  return sign;
}

std::optional<Abilities> Link::Connect() {
  absl::MutexLock lock(&mutex_);
  if (state_ == State::kNew && !stopping_) {
    state_ = State::kConnecting;
    mutex_.Unlock();
    const Sign sign = Probe(kConnecting * patience_, false);
    mutex_.Lock();
    Apply(sign);
    monitor_ = std::thread([this] { Monitor(); });
  }
  while (state_ == State::kConnecting) changed_.Wait(&mutex_);
  if (state_ != State::kUp) return std::nullopt;
  return abilities_;
}

bool Link::IsUp() {
  absl::MutexLock lock(&mutex_);
  return state_ == State::kUp;
}

bool Link::off() {
  absl::MutexLock lock(&mutex_);
  return state_ == State::kOff;
}

void Link::Finish() {
  absl::MutexLock lock(&mutex_);
  finishing_ = true;
  if (state_ != State::kUp) CancelAll(true);
}

void Link::Apply(const Sign& sign) {
  if (sign.status.ok()) {
    state_ = State::kUp;
    abilities_ = sign.abilities;
    heard_ = Now();
  } else if (IsRefusal(sign.status)) {
    state_ = State::kOff;
    SayLocked("link", absl::StrCat("refuses this machine: ", sign.status.error_message(), "; building without it"));
  } else {
    GoDown(sign.status);
  }
  changed_.SignalAll();
}

void Link::GoDown(const grpc::Status& status) {
  if (state_ != State::kUp && state_ != State::kConnecting) return;
  state_ = ++falls_ >= kMostFalls ? State::kOff : State::kDown;
  next_try_ = Now() + kUntilNextTry;
  SayLocked("link", absl::StrCat("does not answer: ", status.error_message(), "; building without it"));
  CancelAll(finishing_);
  changed_.SignalAll();
}

void Link::CancelAll(bool background) {
  for (Attempt* attempt : attempts_) {
    if (attempt->urgency_ == Urgency::kBackground && !background) continue;
    attempt->cancelled_ = true;
    attempt->context.TryCancel();
  }
}

void Link::SayLocked(const std::string& kind, const std::string& text) {
  if (said_.insert(kind).second) notice_(absl::StrCat("the remote cache ", options_.cache, " ", text));
}

void Link::Say(const std::string& kind, const std::string& text) {
  absl::MutexLock lock(&mutex_);
  SayLocked(kind, text);
}

grpc::Status Link::Try(Attempt& attempt, absl::FunctionRef<grpc::Status(Attempt&)> call) {
  {
    absl::MutexLock lock(&mutex_);
    if (state_ != State::kUp) return Unused();
    attempts_.insert(&attempt);
  }
  const grpc::Status status = call(attempt);
  absl::MutexLock lock(&mutex_);
  attempts_.erase(&attempt);
  if (!IsTransient(status.error_code())) attempt.Progress();
  return status;
}

grpc::Status Link::Run(Urgency urgency, const std::string& action, absl::FunctionRef<grpc::Status(Attempt&)> call) {
  const int64_t began = Now();
  int silences = 0;
  for (int tried = 1;; ++tried) {
    if (!Connect()) return Unused();
    Attempt attempt(this, urgency);
    AddMetadata(&attempt.context, action);
    const grpc::Status status = Try(attempt, call);
    if (!IsTransient(status.error_code())) return status;
    if (urgency == Urgency::kBuildWaits && attempt.cancelled_ && ++silences >= kMostSilences) return IsUp() ? Unanswered() : Unused();
    if (!MayRetry(status, urgency, tried, began)) return IsUp() ? status : Unused();
  }
}

bool Link::MayRetry(const grpc::Status& status, Urgency urgency, int tried, int64_t began) {
  const int most = urgency == Urgency::kBuildWaits ? std::min(kTriesOfWaiting, options_.retries) : options_.retries;
  absl::MutexLock lock(&mutex_);
  if (state_ != State::kUp || stopping_) return false;
  if (tried >= std::min(kTriesThatTell, most + 1) && heard_ < began) {
    GoDown(status);
    return false;
  }
  if (tried > most) return false;
  const int64_t until = Now() + DelayBefore(tried - 1);
  while (Now() < until && state_ == State::kUp && !stopping_) {
    changed_.WaitWithTimeout(&mutex_, absl::Nanoseconds(until - Now()));
  }
  return state_ == State::kUp && !stopping_;
}

// Somebody waits for a call, and neither this call nor any other has heard anything for a while.
bool Link::IsSilent(int64_t now) {
  const bool all_waited_for = finishing_;
  return std::any_of(attempts_.begin(), attempts_.end(), [&](const Attempt* attempt) {
    const bool waited_for = attempt->urgency_ == Urgency::kBuildWaits || all_waited_for;
    return waited_for && now - std::max(attempt->last_.load(), heard_.load()) > kSilence * patience_;
  });
}

int64_t Link::PatienceWith(const Attempt& attempt) const {
  const int64_t most = int64_t{options_.timeout_seconds} * 1000 * kMillis;
  if (attempt.urgency_ == Urgency::kBackground) return most;
  return std::min(most, kPatience * patience_ + attempt.expected_ * kNanosOfByte);
}

void Link::CancelSilent(int64_t now) {
  bool waited_for = false;
  for (Attempt* attempt : attempts_) {
    if (attempt->cancelled_ || now - attempt->last_ < PatienceWith(*attempt)) continue;
    attempt->cancelled_ = true;
    attempt->context.TryCancel();
    if (attempt->urgency_ == Urgency::kBackground) continue;
    waited_for = true;
    ++silences_;
  }
  if (waited_for && silences_ >= kMostSilences) GoDown(Unanswered());
}

void Link::Monitor() {
  absl::MutexLock lock(&mutex_);
  while (!stopping_) {
    changed_.WaitWithTimeout(&mutex_, kTick);
    const int64_t now = Now();
    CancelSilent(now);
    const bool silent = state_ == State::kUp && IsSilent(now);
    const bool again = state_ == State::kDown && now >= next_try_;
    if (!silent && !again) continue;
    mutex_.Unlock();
    const Sign sign = Probe((again ? kConnecting : kSignOfLife) * patience_, again);
    mutex_.Lock();
    if (silent && sign.status.ok()) {
      heard_ = Now();
    } else if (silent && !IsRefusal(sign.status)) {
      GoDown(sign.status);
    } else if (sign.status.ok() || IsRefusal(sign.status)) {
      Apply(sign);
    } else {
      next_try_ = Now() + kUntilNextTry;
    }
  }
}

}  // namespace cow::remote
