#include "gateway/pipeline/freshen.hpp"

#include <algorithm>

#include "gateway/pipeline/cache_settings.hpp"
#include "gateway/pipeline/lookup.hpp"

namespace sluice::pipeline {

cache::StoredHead freshened_head(Exchange& exchange, const cache::StoredResponse& stored, Forwarded& forwarded) {
  apply_targets(exchange, forwarded.head.fields);
  auto head = cache::freshen(stored.head, forwarded.view(), forwarded.request_time, forwarded.response_time);
  head.generation = forwarded.generation;
  std::erase_if(forwarded.head.fields,
                [](const auto& field) { return field.id == cache::FieldName::sluice_directives; });
  apply_cache_settings(exchange, head);
  return head;
}

cache::StoredResponsePtr freshen_stored(Exchange& exchange, const cache::StoredResponsePtr& stored,
                                        cache::StoredHead head, const Forwarded& forwarded) {
  auto& services = exchange.services;
  const auto& key = stored->head.key;
  auto response = std::make_shared<cache::StoredResponse>(*stored);
  response->head = head;
  const auto is_invalidated = [&] { return services.fills.invalidations(key) != forwarded.invalidations; };
  if (is_invalidated()) { return response; }
  // It is as good as new, unless another one took its place meanwhile, in memory or on its way to the disk.
  const auto is_newest = [&] {
    const auto is_same = [&](const auto& other) { return other->head.variant == response->head.variant; };
    return (!services.has_open_disk() || services.disk->may_have(key)) &&
           std::ranges::none_of(services.memory.list(key), is_same);
  };
  if (auto freshened = services.memory.freshen(*stored, head); !freshened && response->is_resident() && is_newest()) {
    [[maybe_unused]] const auto admitted =
        response->is_whole() ? services.memory.put(response) : services.memory.put_part(response);
  }
  if (services.has_open_disk()) { services.disk->freshen(stored, std::move(head)); }
  if (is_invalidated()) { remove_stored(services, key); }
  return response;
}

void forget_replaced(Exchange& exchange, const Obtained& obtained) {
  const auto& status = exchange.cache_status;
  const auto* streamed = std::get_if<Streamed>(&obtained);
  const bool is_own_answer = streamed != nullptr && !status.collapsed && status.forward_status != 0;
  // What is kept takes the place of what is stored when its end was proven.
  if (!is_own_answer || status.stored || exchange.led != nullptr) { return; }
  if (cache::ends_stored(exchange.request_view(), status.forward_status)) {
    remove_stored(exchange.services, exchange.key);
  }
}

}  // namespace sluice::pipeline
