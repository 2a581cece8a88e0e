#include "gateway/tls/tls_stream.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

namespace sluice::tls {

namespace {

// OpenSSL's words suit those who know its source.
std::string in_words(unsigned long code) {
  const int reason = ERR_GET_REASON(code);
  if (reason > SSL_AD_REASON_OFFSET) {
    return std::string("the peer refused: ") + SSL_alert_desc_string_long(reason - SSL_AD_REASON_OFFSET);
  }
  if (reason == SSL_R_WRONG_VERSION_NUMBER) { return "what answers there is no TLS"; }
  if (reason == SSL_R_UNSUPPORTED_PROTOCOL) { return "the peer speaks no TLS 1.2 or later"; }
  const char* text = ERR_reason_error_string(code);
  return text != nullptr ? text : "TLS failed with error " + std::to_string(code);
}

ErrorKind kind_of(unsigned long code) {
  const int reason = ERR_GET_REASON(code);
  if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED) { return ErrorKind::tls_certificate_error; }
  return reason > SSL_AD_REASON_OFFSET ? ErrorKind::tls_alert_received : ErrorKind::tls_protocol_error;
}

}  // namespace

TlsStream::TlsStream(net::TcpStream& transport, SslPtr connection, Side side)
    : transport_(transport), side_(side), bio_(transport), connection_(std::move(connection)) {
  BIO* const bio = bio_.make();
  SSL_set_bio(connection_.get(), bio, bio);
  SSL_set_app_data(connection_.get(), &why_);  // for note_certificate_fault
}

template <typename Call>
TlsStream::Step TlsStream::attempt(const char* during, Call call) {
  if (is_broken_) { return Step::failed; }
  ERR_clear_error();
  bio_.forget_error();
  const int outcome = call();
  if (outcome > 0) { return Step::done; }
  const int said = SSL_get_error(connection_.get(), outcome);
  // What TLS itself found goes ahead of a peer that is not there any more to be told.
  const bool is_of_tls = said == SSL_ERROR_SSL || !bio_.error();
  if (!is_of_tls) {
    error_ = *bio_.error();
    return Step::failed;
  }
  if (said == SSL_ERROR_WANT_READ) { return Step::wants_octets; }
  if (said == SSL_ERROR_ZERO_RETURN) { return Step::ended; }
  note_failure(during);
  return Step::failed;
}

void TlsStream::note_failure(const char* during) {
  const unsigned long code = ERR_peek_error();
  is_broken_ = true;
  if (ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
    error_ = gone(during);
    return;
  }
  error_ = Error{kind_of(code), side_, 0, false, during};
  if (why_.empty()) { why_ = in_words(code); }
}

Error TlsStream::gone(const char* during) const {
  return {side_ == Side::client ? ErrorKind::client_gone : ErrorKind::connection_terminated, side_, 0, false, during};
}

// Why a step was not done that had to be. A peer that ends where it may not has gone.
std::unexpected<Error> TlsStream::failure(Step step, const char* during) const {
  return std::unexpected(step == Step::failed ? error_ : gone(during));
}

Task<Result<void>> TlsStream::handshake() {
  for (;;) {
    const auto step = attempt("the TLS handshake", [this] { return SSL_do_handshake(connection_.get()); });
    if (step == Step::done) { co_return check_protocol(); }
    if (step != Step::wants_octets) { co_return failure(step, "the TLS handshake"); }
    co_await transport_.until_readable();
  }
}

// The server chooses among what the client offered (RFC 7301 3.2); that it did is ours to check.
Result<void> TlsStream::check_protocol() {
  const unsigned char* name = nullptr;
  unsigned int size = 0;
  SSL_get0_alpn_selected(connection_.get(), &name, &size);
  const std::string_view chosen(reinterpret_cast<const char*>(name), size);
  if (!chosen.empty() && chosen != "http/1.1") {
    is_broken_ = true;
    why_ = "the peer chose a protocol that was not offered";
    error_ = Error{ErrorKind::tls_protocol_error, side_, 0, false, "the TLS handshake"};
    return std::unexpected(error_);
  }
  is_established_ = true;
  return {};
}

std::optional<Result<std::size_t>> TlsStream::try_read(std::span<char> into) {
  std::size_t count = 0;
  switch (attempt("reading", [&] { return SSL_read_ex(connection_.get(), into.data(), into.size(), &count); })) {
    case Step::done:
    case Step::ended:
      return Result<std::size_t>(count);
    case Step::wants_octets:
      return std::nullopt;
    case Step::failed:
      break;
  }
  return Result<std::size_t>(failure(Step::failed, "reading"));
}

// Octets are read into OpenSSL's buffer, whose place nobody knows.
Task<> TlsStream::until_readable(std::span<char> /*into*/) {
  return transport_.until_readable();
}

// A record at a time: what the kernel does not take of one waits in the stream, and the next one until it has gone.
Task<Result<void>> TlsStream::write_piece(std::string_view octets) {
  // A record that was lost cannot be sent again; what has arrived can still be read.
  if (write_error_) { co_return std::unexpected(*write_error_); }
  while (!octets.empty()) {
    std::size_t taken = 0;
    const auto step =
        attempt("writing", [&] { return SSL_write_ex(connection_.get(), octets.data(), octets.size(), &taken); });
    if (step != Step::done) {
      write_error_ = failure(step, "writing").error();
      co_return std::unexpected(*write_error_);
    }
    octets.remove_prefix(taken);
    if (transport_.unsent() == 0) { continue; }
    const auto drained = co_await transport_.drain();
    if (!drained) { co_return drained; }
  }
  co_return Result<void>{};
}

Task<Result<void>> TlsStream::write(std::span<iovec> pieces, bool /*more_follows*/) {
  SLUICE_ASSERT(is_established_, "nothing is written ahead of the handshake");
  for (const auto& piece : pieces) {
    const auto written = co_await write_piece({static_cast<const char*>(piece.iov_base), piece.iov_len});
    if (!written) { co_return written; }
  }
  co_return Result<void>{};
}

void TlsStream::close() noexcept {
  if (is_established_ && transport_.is_open()) {
    attempt("closing", [this] { return SSL_shutdown(connection_.get()); });
  }
  transport_.close();
}

}  // namespace sluice::tls
