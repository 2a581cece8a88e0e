#pragma once

#include <optional>

#include "gateway/net/tcp_stream.hpp"

struct bio_st;

namespace sluice::tls {

// OpenSSL's octets go straight from and to a TcpStream. What cannot be sent at once, a record at most and what reading
// makes OpenSSL answer, is left with the stream, so that a write never has to be tried again.
// Lifetime: the stream's; must outlive the BIO that was made from it.
class StreamBio {
 public:
  explicit StreamBio(net::TcpStream& stream) : stream_(stream) {}
  StreamBio(const StreamBio&) = delete;
  StreamBio& operator=(const StreamBio&) = delete;

  bio_st* make();  // the caller owns it

  // What the stream said of the last call, if it failed.
  const std::optional<Error>& error() const noexcept { return error_; }
  void forget_error() noexcept { error_.reset(); }

 private:
  friend struct BioCalls;
  enum class Taken : std::uint8_t { some, none_yet, end, failed };

  Taken read(std::span<char> into, std::size_t& count);
  bool write(std::string_view octets);

  net::TcpStream& stream_;
  std::optional<Error> error_;
  bool has_ended_ = false;
};

}  // namespace sluice::tls
