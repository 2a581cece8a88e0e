#include "gateway/tls/client_hello.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "gateway/http/host.hpp"

namespace sluice::tls {
namespace {

// RFC 8446 5.1 and 4.
constexpr std::uint8_t kFirstContentType = 20;  // change_cipher_spec
constexpr std::uint8_t kHandshake = 22;
constexpr std::uint8_t kLastContentType = 23;  // application_data
constexpr std::uint8_t kMajorVersion = 3;
constexpr std::size_t kLargestFragment = 1 << 14;
constexpr char kClientHello = 1;
constexpr std::size_t kMessageHeader = 4;

// RFC 6066 3, RFC 7301 3.1, RFC 9849 5.
constexpr std::uint32_t kServerName = 0;
constexpr std::uint32_t kAlpn = 16;
constexpr std::uint32_t kEncryptedClientHello = 0xfe0d;

// Takes numbers and vectors off the front of a message (RFC 8446 3). What is not there is nullopt, and so is everything
// behind it: whoever asks must stop.
class Octets {
 public:
  explicit Octets(std::string_view octets) : octets_(octets) {}

  bool is_empty() const noexcept { return octets_.empty(); }
  std::string_view text() const noexcept { return octets_; }

  std::optional<std::uint32_t> number(std::size_t size) {
    const auto octets = take(size);
    if (!octets) { return std::nullopt; }
    std::uint32_t value = 0;
    for (const char octet : *octets) { value = value << 8 | static_cast<std::uint8_t>(octet); }
    return value;
  }
  std::optional<std::string_view> take(std::size_t size) {
    if (octets_.size() < size) { return std::nullopt; }
    const auto taken = octets_.substr(0, size);
    octets_.remove_prefix(size);
    return taken;
  }
  // A vector whose length is a number of so many octets, with `least` octets at least.
  std::optional<Octets> vector(std::size_t length_size, std::size_t least) {
    const auto length = number(length_size);
    if (!length || *length < least) { return std::nullopt; }
    const auto octets = take(*length);
    if (!octets) { return std::nullopt; }
    return Octets(*octets);
  }
  // A vector that is all there is.
  std::optional<Octets> only_vector(std::size_t length_size, std::size_t least) {
    auto inner = vector(length_size, least);
    return is_empty() ? inner : std::nullopt;
  }

 private:
  std::string_view octets_;
};

// RFC 8701 2: these values are "reserved": a client offers them so that servers learn to ignore what they do not know.
bool is_grease(std::string_view protocol) noexcept {
  return protocol.size() == 2 && protocol[0] == protocol[1] && (protocol[0] & 0x0f) == 0x0a;
}

// RFC 6066 3: "The ServerNameList MUST NOT contain more than one name of the same name_type", and there is one type;
// "Literal IPv4 and IPv6 addresses are not permitted in HostName".
bool read_server_name(Octets data, ClientHello& hello) {
  auto list = data.only_vector(2, 1);
  if (!list || list->number(1) != 0U) { return false; }
  const auto name = list->only_vector(2, 1);
  bool is_address = false;
  return name && http::append_normal_host(name->text(), hello.server_name, is_address) == nullptr && !is_address;
}

bool read_protocols(Octets data, ClientHello& hello) {
  auto list = data.only_vector(2, 1);
  if (!list) { return false; }
  while (!list->is_empty()) {
    const auto protocol = list->vector(1, 1);
    if (!protocol || hello.protocols.size() == ClientHelloReader::kMostProtocols) { return false; }
    if (!is_grease(protocol->text())) { hello.protocols.emplace_back(protocol->text()); }
  }
  return true;
}

// RFC 8446 4.2: "There MUST NOT be more than one extension of the same type in a given extension block." Checked of
// those that are read.
struct Seen {
  bool server_name = false;
  bool alpn = false;
  bool ech = false;
};

bool is_first(bool& seen) noexcept {
  return !std::exchange(seen, true);
}

bool read_extension(std::uint32_t type, Octets data, Seen& seen, ClientHello& hello) {
  switch (type) {
    case kServerName:
      return is_first(seen.server_name) && read_server_name(data, hello);
    case kAlpn:
      return is_first(seen.alpn) && read_protocols(data, hello);
    case kEncryptedClientHello:
      hello.has_ech = true;
      return is_first(seen.ech);
    default:
      return true;
  }
}

bool read_extensions(Octets extensions, ClientHello& hello) {
  Seen seen;
  while (!extensions.is_empty()) {
    const auto type = extensions.number(2);
    const auto data = type ? extensions.vector(2, 0) : std::nullopt;
    if (!data || !read_extension(*type, *data, seen, hello)) { return false; }
  }
  return true;
}

// RFC 8446 4.1.2, and RFC 5246 7.4.1.2 for hellos without extensions.
bool read_body(Octets body, ClientHello& hello) {
  constexpr std::size_t kVersionAndRandom = 2 + 32;
  constexpr std::size_t kLongestSessionId = 32;
  if (!body.take(kVersionAndRandom)) { return false; }
  const auto session_id = body.vector(1, 0);
  if (!session_id || session_id->text().size() > kLongestSessionId) { return false; }
  const auto cipher_suites = body.vector(2, 2);
  if (!cipher_suites || cipher_suites->text().size() % 2 != 0) { return false; }
  if (!body.vector(1, 1)) { return false; }  // compression methods
  if (body.is_empty()) { return true; }
  const auto extensions = body.only_vector(2, 0);
  return extensions && read_extensions(*extensions, hello);
}

}  // namespace

bool ClientHelloReader::has_other_version() const noexcept {
  return header_[1] != kMajorVersion;
}

HelloState ClientHelloReader::read(std::string_view octets) {
  while (state_ == HelloState::incomplete && !octets.empty()) {
    const std::size_t size = fragment_left_ == 0 ? 1 : std::min(fragment_left_, octets.size());
    received_ += size;
    state_ = fragment_left_ == 0 ? take_header_octet(octets.front()) : take_fragment(octets.substr(0, size));
    octets.remove_prefix(size);
    if (state_ == HelloState::incomplete && received_ >= kMostOctets) { state_ = HelloState::malformed; }
  }
  return state_;
}

// RFC 8446 5.1: legacy_record_version "is deprecated and MUST be ignored for all purposes". So a ClientHello is one
// whatever its record says; other octets under another version are no TLS. A record that no client begins with, an
// alert for instance, is no excuse to look no further: some servers pass over it.
HelloState ClientHelloReader::take_header_octet(char octet) {
  header_[header_size_++] = static_cast<std::uint8_t>(octet);
  const bool is_first_record = message_.empty();
  const std::uint8_t type = header_[0];
  if (is_first_record && (type < kFirstContentType || type > kLastContentType)) { return HelloState::not_tls; }
  const bool is_foreign = is_first_record && type != kHandshake && header_size_ == 2 && has_other_version();
  if (is_foreign) { return HelloState::not_tls; }
  if (header_size_ < header_.size()) { return HelloState::incomplete; }
  header_size_ = 0;
  fragment_left_ = static_cast<std::size_t>(header_[3]) << 8 | header_[4];
  // "Implementations MUST NOT send zero-length fragments of Handshake types", and a hello has nothing in between.
  const bool is_good = type == kHandshake && fragment_left_ > 0 && fragment_left_ <= kLargestFragment;
  if (!is_good && is_first_record && has_other_version()) { return HelloState::not_tls; }
  return is_good ? HelloState::incomplete : HelloState::malformed;
}

HelloState ClientHelloReader::take_fragment(std::string_view fragment) {
  const bool begins_message = message_.empty();
  fragment_left_ -= fragment.size();
  message_ += fragment;
  if (message_.front() != kClientHello) {
    return begins_message && has_other_version() ? HelloState::not_tls : HelloState::malformed;
  }
  Octets message(message_);
  message.take(1);
  const auto size = message.number(3);
  if (!size) { return HelloState::incomplete; }
  if (*size > kLargestHello) { return HelloState::malformed; }
  if (message_.size() < kMessageHeader + *size) { return HelloState::incomplete; }
  const bool is_good = read_body(Octets(*message.take(*size)), hello_);
  return is_good ? HelloState::complete : HelloState::malformed;
}

}  // namespace sluice::tls
