#include "engine/store/fetcher.h"

#include <atomic>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/base/thread_pool.h"

namespace cow::store {

absl::Status FetchAll(Fetcher& fetcher, const std::vector<const FetchSpec*>& specs) {
  std::vector<absl::Status> results(specs.size());
  std::atomic<bool> stop = false;
  ParallelFor(fetcher.parallel(), specs.size(), [&](size_t i) {
    if (stop) return;
    results[i] = Annotate(fetcher.Fetch(*specs[i]), absl::StrCat("fetching ", specs[i]->url));
    if (absl::IsCancelled(results[i])) stop = true;
  });
  for (absl::Status& result : results) COW_RETURN_IF_ERROR(std::move(result));
  return absl::OkStatus();
}

}  // namespace cow::store
