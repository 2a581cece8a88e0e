#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/pipeline/purge.hpp"

namespace sluice::pipeline {

inline constexpr std::size_t kMostPurgeOrders = 1000;  // of one request

// The content of a PURGE request: `{"urls": [...], "hosts": [...], "prefixes": [...], "tags": [...], "hard": false}`,
// each member optional, at least one name. Errors: a sentence; an unknown member is one.
std::expected<std::vector<PurgeOrder>, std::string> parse_purge_orders(std::string_view json);

// The orders of a PURGE request without content: its tags (Surrogate-Key, Cache-Tag), or else its target.
// `Sluice-Purge: hard` makes them hard.
std::expected<std::vector<PurgeOrder>, std::string> purge_orders_of(std::string_view target_uri, cache::Fields fields);

// `{"purged": [{"scope", "name", "mode", "number", "responses", "survives_restart"}]}`
std::string purge_answer(const std::vector<Purged>& all);

// `{"error": why}`
std::string purge_refusal(std::string_view why);

}  // namespace sluice::pipeline
