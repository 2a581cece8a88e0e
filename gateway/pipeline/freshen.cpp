#include "gateway/pipeline/freshen.hpp"

namespace sluice::pipeline {

cache::StoredResponsePtr freshen_stored(Services& services, const cache::StoredResponsePtr& stored,
                                        cache::StoredHead head) {
  auto response = std::make_shared<cache::StoredResponse>(*stored);
  response->head = head;
  if (auto freshened = services.memory.freshen(*stored, head); !freshened && response->is_resident()) {
    // It is as good as new.
    [[maybe_unused]] const auto admitted =
        response->is_whole() ? services.memory.put(response) : services.memory.put_part(response);
  }
  if (services.disk != nullptr) { services.disk->freshen(stored, std::move(head)); }
  return response;
}

}  // namespace sluice::pipeline
