#include "gateway/pipeline/url_keys.hpp"

#include <algorithm>

#include "cache/query_key.hpp"
#include "policy/word_match.hpp"

namespace sluice::pipeline {

namespace {

using policy::SettingKind;
using policy::SettingStage;

}  // namespace

void make_key(const policy::Settings& settings, std::string_view uri, std::string& key) {
  key = uri;
  const auto* dropped = settings[SettingKind::cache_key_drop_query];
  if (dropped != nullptr) {
    cache::drop_parameters(key, [&](std::string_view parameter) {
      return std::ranges::any_of(dropped->parameters,
                                 [&](const auto& name) { return policy::is_parameter(name, parameter); });
    });
  }
  if (settings[SettingKind::cache_key_sort_query] != nullptr) { cache::sort_parameters(key); }
}

bool parse_written_url(std::string_view url, http::TargetUri& target) {
  return http::parse_url(url.substr(0, url.find('#')), target).has_value();
}

policy::Facts facts_of_url(const http::TargetUri& target, std::chrono::sys_seconds now) {
  policy::Facts facts;
  facts.destination = target.site.address;
  facts.port = target.port;
  facts.protocol = "tcp";
  facts.interface = "";
  facts.authority = "";
  facts.hello = policy::Hello{};
  facts.host = target.host;
  facts.scheme = target.scheme;
  facts.method = "GET";
  facts.url = target.normal_text();
  facts.path_and_query = target.normal_path_and_query();
  facts.now = now;
  return facts;
}

std::vector<std::string> keys_of_url(const policy::Snapshot& policy, const policy::Facts& facts, std::string_view uri) {
  const auto drops = policy.possible(SettingStage::request, SettingKind::cache_key_drop_query, facts);
  const auto sorts = policy.possible(SettingStage::request, SettingKind::cache_key_sort_query, facts);
  std::vector<std::string> keys;
  policy::Settings settings;
  // The last of each may be the one that is known to hold, or none.
  for (auto drop = drops.rbegin(); drop != drops.rend(); ++drop) {
    for (auto sort = sorts.rbegin(); sort != sorts.rend(); ++sort) {
      settings.single[static_cast<std::size_t>(SettingKind::cache_key_drop_query)] = *drop;
      settings.single[static_cast<std::size_t>(SettingKind::cache_key_sort_query)] = *sort;
      std::string key;
      make_key(settings, uri, key);
      if (std::ranges::find(keys, key) == keys.end()) { keys.push_back(std::move(key)); }
    }
  }
  return keys;
}

}  // namespace sluice::pipeline
