#include "policy/net_table.hpp"

#include <utility>

#include "policy/builtin_nets.hpp"
#include "policy/nearest.hpp"

namespace sluice::policy {
namespace {

// Nets of nets could double with every line.
constexpr std::size_t kMostPrefixes = 1'000'000;

std::string on_line(int line) {
  return "on line " + std::to_string(line);
}

}  // namespace

NetTable::NetTable(std::span<const NetSyntax> nets, std::span<const Prefix> self, Report& report) {
  for (const std::string_view name : kBuiltinNets) { nets_.emplace(name, Net{builtin_net(name, self).value(), 0}); }
  for (const NetSyntax& net : nets) { lines_.emplace(net.name, net.at.line); }
  for (const NetSyntax& net : nets) { define(net, report); }
}

void NetTable::define(const NetSyntax& net, Report& report) {
  auto prefixes = resolve(net.addresses, report);
  const auto [other, is_new] =
      nets_.emplace(net.name, Net{std::move(prefixes).value_or(std::vector<Prefix>{}), net.at.line});
  // The names of the built-in ones are reserved, which the parser has said already.
  if (is_new || other->second.line == 0) { return; }
  report.error(net.at, "the net `" + net.name + "` is defined " + on_line(other->second.line) + " already");
}

std::optional<std::vector<Prefix>> NetTable::resolve(const AddressTerms& terms, Report& report) const {
  std::vector<Prefix> prefixes = terms.prefixes;
  bool is_good = true;
  for (const NetName& name : terms.names) {
    const auto net = nets_.find(name.name);
    if (net == nets_.end()) {
      report.error(name.at, unknown(name));
      is_good = false;
    } else if (prefixes.size() + net->second.prefixes.size() > kMostPrefixes) {
      report.error(name.at, "more than a million prefixes in one list");
      return std::nullopt;
    } else {
      prefixes.insert(prefixes.end(), net->second.prefixes.begin(), net->second.prefixes.end());
    }
  }
  if (!is_good) { return std::nullopt; }
  return prefixes;
}

std::string NetTable::unknown(const NetName& name) const {
  std::string message = "unknown net `" + name.name + '`';
  const auto line = lines_.find(name.name);
  if (line != lines_.end()) {
    return message + "; it is defined " + on_line(line->second) + ", which must stand above its use in another net";
  }
  std::vector<std::string_view> known;
  for (const auto& [defined, net] : nets_) { known.push_back(defined); }
  for (const auto& [defined, number] : lines_) { known.push_back(defined); }
  const std::string hint = did_you_mean(name.name, known);
  return message + (hint.empty() ? "; define it with `net " + name.name + " PREFIX, ...`" : hint);
}

}  // namespace sluice::policy
