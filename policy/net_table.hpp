#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "policy/report.hpp"
#include "policy/syntax.hpp"

namespace sluice::policy {

// The nets of a policy by name: those it defines, and the built-in ones. A net may be made of others that are defined
// above it; rules may name nets that are defined anywhere.
class NetTable {
 public:
  // Reports nets that are defined twice, and names that there are not.
  NetTable(std::span<const NetSyntax> nets, std::span<const Prefix> self, Report& report);

  // All prefixes that the terms stand for. Unknown names are reported; then nullopt.
  std::optional<std::vector<Prefix>> resolve(const AddressTerms& terms, Report& report) const;

 private:
  void define(const NetSyntax& net, Report& report);
  std::string unknown(const NetName& name) const;

  struct Net {
    std::vector<Prefix> prefixes;
    int line = 0;  // 0: built in
  };
  std::map<std::string, Net, std::less<>> nets_;
  std::map<std::string, int, std::less<>> lines_;  // of all definitions, for messages
};

}  // namespace sluice::policy
