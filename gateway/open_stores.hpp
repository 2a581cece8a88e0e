#pragma once

#include <memory>
#include <string>

#include "cache/content_memory.hpp"
#include "cache/purge_table.hpp"
#include "cache/store.hpp"
#include "gateway/config/configuration.hpp"
#include "gateway/pipeline/disk_tier.hpp"

namespace sluice {

// Where responses are kept.
struct Stores {
  std::shared_ptr<cache::ContentMemory> content;  // null when the system has none
  std::unique_ptr<cache::Store> memory;
  std::unique_ptr<pipeline::DiskTier> disk;  // null without one; not open while only a ClosedStore is in its place
};

// `directory`: of the disk tier; its purges go to `purges`, which outlives it. What is missing afterwards but could
// have been had is said. Throws std::runtime_error when another daemon uses the directory.
Stores open_stores(const config::Cache& cache, const std::string& directory, cache::PurgeTable& purges);

}  // namespace sluice
