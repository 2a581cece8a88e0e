#pragma once

#include <optional>
#include <string>

#include "gateway/net/stream.hpp"
#include "gateway/net/tcp_stream.hpp"
#include "gateway/tls/handles.hpp"
#include "gateway/tls/stream_bio.hpp"

namespace sluice::tls {

// TLS on a TCP connection, in the role that `connection` was made for. Limits, counters and cancelling are those of the
// TCP stream. The peer's end is an end only when TLS said so (close_notify); otherwise reading fails with
// connection_terminated, because anyone can finish a TCP connection.
// Errors: those of the stream, tls_protocol_error, tls_certificate_error, tls_alert_received; the first failure of TLS
// itself is final.
class TlsStream final : public net::Stream {
 public:
  // REQUIRES: nothing of TLS has passed on `transport`, and nobody else reads or writes it from now on. Lifetime: the
  // transport's.
  TlsStream(net::TcpStream& transport, SslPtr connection, Side side);
  TlsStream(const TlsStream&) = delete;
  TlsStream& operator=(const TlsStream&) = delete;

  // Ahead of everything else. It is reading and writing by the limits that are set; ENSURES: the peer has proved what
  // the connection was made to ask of it.
  Task<Result<void>> handshake();
  // What TLS has to say of the error, for people: "the certificate of a.example expired on 2026-01-31"; "" of an error
  // that is not its own.
  const std::string& why() const noexcept { return why_; }

  void limit_reading_until(SteadyTime when, ErrorKind kind) override { transport_.limit_reading_until(when, kind); }
  void limit_writing(milliseconds from_now) override { transport_.limit_writing(from_now); }
  std::optional<Result<std::size_t>> try_read(std::span<char> into) override;
  Task<> until_readable(std::span<char> into) override;
  using Stream::write;
  Task<Result<void>> write(std::span<iovec> pieces, bool more_follows) override;
  void cancel() noexcept override { transport_.cancel(); }
  void close() noexcept override;  // says that this is the end, if it can be said at once

 private:
  enum class Step : std::uint8_t { done, wants_octets, ended, failed };

  template <typename Call>
  Step attempt(const char* during, Call call);
  void note_failure(const char* during);
  Error gone(const char* during) const;
  std::unexpected<Error> failure(Step step, const char* during) const;
  Result<void> check_protocol();
  Task<Result<void>> write_piece(std::string_view octets);

  net::TcpStream& transport_;
  Side side_;
  StreamBio bio_;
  std::string why_;
  SslPtr connection_;
  Error error_;  // of the last step that failed
  std::optional<Error> write_error_;
  bool is_broken_ = false;
  bool is_established_ = false;
};

}  // namespace sluice::tls
