#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

// Made-up lists of the shape of real ones: names of some 19 octets, most below few top-level domains, a third of them
// below a domain that has several; 42 % of the lines stand in another category as well. Always the same ones.
namespace sluice::bench {

class ListShapes {
 public:
  explicit ListShapes(unsigned seed) : random_(seed) {}

  std::string label(unsigned shortest, unsigned longest) {
    static constexpr std::string_view kVowels = "aeiouaeiouy";
    static constexpr std::string_view kConsonants = "bcdfghklmnprstvwxzlnrst";
    std::string text;
    const unsigned size = shortest + below(longest - shortest + 1);
    while (text.size() < size) {
      const unsigned kind = below(12);
      if (kind == 0) {
        text += static_cast<char>('0' + below(10));
      } else if (kind == 1 && text.size() > 2 && text.size() + 2 < size) {
        text += '-';
      } else {
        text += kConsonants[below(static_cast<unsigned>(kConsonants.size()))];
        text += kVowels[below(static_cast<unsigned>(kVowels.size()))];
      }
    }
    text.resize(size);
    if (text.back() == '-') { text.back() = 'x'; }
    return text;
  }

  std::string domain() {
    static constexpr std::array<std::string_view, 20> kEnds{"com", "com", "com",  "com",  "com", "com",  "com",
                                                            "com", "net", "net",  "org",  "ru",  "de",   "info",
                                                            "xyz", "top", "site", "shop", "pl",  "co.uk"};
    return label(4, 19) + "." + std::string(kEnds[below(kEnds.size())]);
  }

  // A domain, or a name below one that was made before.
  std::string name() {
    if (domains_.size() > 100 && below(3) == 0) {
      return label(2, 8) + "." + domains_[below(static_cast<unsigned>(domains_.size()))];
    }
    domains_.push_back(domain());
    return domains_.back();
  }

  std::vector<std::string> names(std::size_t count) {
    std::vector<std::string> made;
    while (made.size() < count) {
      while (made.size() < count + count / 100) { made.push_back(name()); }
      std::ranges::sort(made);
      const auto repeated = std::ranges::unique(made);
      made.erase(repeated.begin(), repeated.end());
    }
    std::ranges::shuffle(made, random_);
    made.resize(count);
    return made;
  }

  // Half of them single addresses, most of the rest of 24 bits, a few wider.
  std::string prefix() {
    const unsigned kind = below(20);
    const unsigned bits = kind < 10 ? 32 : kind < 18 ? 24 : 16 + below(8);
    const std::uint32_t address = (static_cast<std::uint32_t>(random_()) | 0x01000000) & ~((1ULL << (32 - bits)) - 1);
    return dotted(address) + "/" + std::to_string(bits);
  }

  std::string address() { return dotted(static_cast<std::uint32_t>(random_()) | 0x01000000); }

  std::string path() { return "/" + label(3, 12) + "/" + label(3, 9) + (below(2) == 0 ? ".html" : "/"); }

  // Of the kinds that stand in lists: words between separators, alternatives, file names.
  std::string expression() {
    switch (below(4)) {
      case 0:
        return "(^|[/._-])" + label(5, 9) + "([/._-]|$)";
      case 1:
        return "/(" + label(4, 7) + "|" + label(4, 7) + "|" + label(4, 7) + ")/";
      case 2:
        return label(4, 8) + "[0-9]+\\.(gif|jpe?g|png)";
      default:
        return "[?&]" + label(4, 8) + "=[a-z0-9]+";
    }
  }

  // A URL of 200 octets below a host: words that many sites use, names of files, identifiers.
  std::string url(const std::string& host) {
    std::string text = "http://" + host;
    while (text.size() < 100) { text += "/" + (below(3) == 0 ? label(3, 12) : std::string(common_word())); }
    text += below(2) == 0 ? ".html?" : "/index.php?";
    while (text.size() < 200) { text += std::string(common_word()) + "=" + identifier() + "&"; }
    text.resize(200);
    return text;
  }

  std::string_view common_word() {
    static constexpr std::array<std::string_view, 24> kWords{
        "static", "assets", "images", "js",   "css",  "api",     "v1",   "content", "article", "news",  "2026", "11",
        "media",  "user",   "id",     "page", "lang", "session", "type", "search",  "utm_src", "theme", "cdn",  "app"};
    return kWords[below(kWords.size())];
  }

  std::string identifier() {
    std::string text;
    for (unsigned size = 4 + below(28); size > 0; --size) { text += "0123456789abcdef"[below(16)]; }
    return text;
  }

  unsigned below(std::size_t limit) { return static_cast<unsigned>(random_() % limit); }

 private:
  static std::string dotted(std::uint32_t address) {
    return std::to_string(address >> 24) + "." + std::to_string(address >> 16 & 255) + "." +
           std::to_string(address >> 8 & 255) + "." + std::to_string(address & 255);
  }

  std::mt19937_64 random_;
  std::vector<std::string> domains_;
};

}  // namespace sluice::bench
