#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "policy/lists/import.hpp"
#include "policy/lists/lists.hpp"

namespace sluice::fuzz {

inline void require(bool holds) {
  if (!holds) { std::abort(); }
}

// Reads a list, compiles it twice and opens it: each line is accounted for, and the same text gives the same octets.
inline int import_text(policy::ListFormat format, const std::uint8_t* data, std::size_t size) {
  using namespace policy;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::string octets;
  for (int round = 0; round < 2; ++round) {
    ListCompiler compiler;
    const auto tag = compiler.add_tag({"list", "list", has_final_exceptions(format)}).value();
    const ImportReport report = import_list(format, text, tag, compiler);
    require(report.lines <= static_cast<std::uint64_t>(std::ranges::count(text, '\n')) + 1);
    require(report.exceptions <= report.entries);
    require(report.rejections.size() == std::min<std::uint64_t>(report.rejected, ImportReport::kMostRejections));
    require(report.wide_entries.size() == std::min<std::uint64_t>(report.wide, ImportReport::kMostWide));
    require(report.wide <= report.entries);
    auto compiled = compiler.finish("");
    require(compiled.has_value());
    require(round == 0 || compiled->octets == octets);
    octets = std::move(compiled->octets);
  }
  auto copy = std::shared_ptr<std::uint64_t[]>(new std::uint64_t[octets.size() / 8 + 1]);
  std::ranges::copy(octets, reinterpret_cast<char*>(copy.get()));
  const auto set = ListSet::open({reinterpret_cast<const char*>(copy.get()), octets.size()}, copy);
  require(set.has_value());
  const Lists lists(*set, nullptr);
  ListHits found;
  lists.find_host("www.ads.example.com", found);
  lists.find_url("http://www.ads.example.com/banner/1.gif?x=1", found);
  for (const ListHit& hit : found.hits) { require(!hit.set->describe(hit).list.empty()); }
  return 0;
}

}  // namespace sluice::fuzz
