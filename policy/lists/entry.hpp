#pragma once

#include <cstdint>
#include <string>

namespace sluice::policy {

// What an entry of a list says of the thing that it names.
enum class Effect : std::uint8_t {
  holds,    // it belongs to the category
  excepts,  // it does not, although another entry says so: an exception of Adblock syntax, a passthru of RPZ
  removes,  // of an edit: the same entry of the compiled lists does not count any more
};

// How far a name reaches.
enum class Reach : std::uint8_t {
  subtree,   // the name and everything below it; of a prefix: connections to its addresses
  exact,     // this name only; of a prefix: hosts that are written as one of its addresses
  below,     // everything below the name, and not the name
  with_www,  // the name, and the name with `www.`, `www2.`, `web.`, `ftp.` and the like in front
};

// A category of a list: what conditions ask for. A list without categories has one that is called like the list.
struct ListTag {
  std::string list;
  std::string category;
  // An exception anywhere decides (Adblock). Otherwise the entry that names the host most closely decides (RPZ).
  bool is_exception_final = false;

  friend bool operator==(const ListTag&, const ListTag&) = default;
};

// Which facts the entries of a tag are about: what must be known before one can say that it has none.
struct TagTraits {
  bool has_hosts = false;  // names, and addresses that hosts are written as
  bool has_destinations = false;
  bool has_urls = false;  // paths and expressions
  bool has_host_exceptions = false;
  bool has_destination_exceptions = false;
  bool has_url_exceptions = false;

  constexpr TagTraits& operator|=(const TagTraits& other) noexcept {
    has_hosts |= other.has_hosts;
    has_destinations |= other.has_destinations;
    has_urls |= other.has_urls;
    has_host_exceptions |= other.has_host_exceptions;
    has_destination_exceptions |= other.has_destination_exceptions;
    has_url_exceptions |= other.has_url_exceptions;
    return *this;
  }
};

// What a thing is a member of: category, effect and reach in one number, as compiled sets store it.
class Membership {
 public:
  constexpr Membership() = default;
  constexpr explicit Membership(std::uint32_t code) : code_(code) {}
  constexpr Membership(std::uint32_t tag, Effect effect, Reach reach)
      : code_(tag << 4 | static_cast<std::uint32_t>(effect) << 2 | static_cast<std::uint32_t>(reach)) {}

  constexpr std::uint32_t code() const noexcept { return code_; }
  constexpr std::uint32_t tag() const noexcept { return code_ >> 4; }
  constexpr Effect effect() const noexcept { return static_cast<Effect>(code_ >> 2 & 3); }
  constexpr Reach reach() const noexcept { return static_cast<Reach>(code_ & 3); }

 private:
  std::uint32_t code_ = 0;
};

inline constexpr std::uint32_t kMostTags = 1 << 16;

}  // namespace sluice::policy
