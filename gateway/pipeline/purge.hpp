#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/pipeline/services.hpp"

namespace sluice::pipeline {

// One purge as it was asked for, its name normalised (PurgeEntry::name).
struct PurgeOrder {
  cache::PurgeScope scope = cache::PurgeScope::url;
  std::string name;
  bool is_hard = false;
};

// `text` as an operator writes it: a URL, a host with or without port, the front of URLs, a tag. Errors: a sentence.
std::expected<PurgeOrder, std::string> make_purge_order(cache::PurgeScope scope, std::string_view text, bool is_hard);

// What a purge by URL has to reach: an order for each key that a GET of the URL may have by the policy. `facts`: what
// is known of that GET; without them nothing but its URL is. An order of another scope is left as it is.
std::vector<PurgeOrder> for_each_key(const PurgeOrder& order, const policy::Snapshot& policy,
                                     const policy::Facts& facts);
std::vector<PurgeOrder> for_each_key(const PurgeOrder& order, const policy::Snapshot& policy, cache::UnixTime now);

// What a purge did.
struct Purged {
  PurgeOrder order;
  std::uint64_t number = 0;                               // of the purge; what was asked for earlier is touched
  std::optional<std::uint64_t> responses = std::nullopt;  // stored variants touched; only a purge by URL counts them
  bool survives_restart = true;                           // the disk took it
};

// Where a purge has to be carried out.
struct PurgePlaces {
  cache::Store& memory;
  DiskTier* disk;
  FillTable& fills;
  RecentKeys& purged;
  cache::PurgeTable& purges;
};

// Carries it out; when it returns the purge is in force on every worker, and on disk. What is being filled or waits to
// be written is touched too. nullopt: too many purges wait for the disk. Thread: `mailbox` is the calling thread's.
Task<std::optional<Purged>> purge(PurgePlaces places, PurgeOrder order, Mailbox& mailbox);

}  // namespace sluice::pipeline
