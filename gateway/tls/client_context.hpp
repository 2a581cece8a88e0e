#pragma once

#include <expected>
#include <string>

#include "gateway/tls/handles.hpp"

namespace sluice::tls {

// What our connections to TLS servers have in common: TLS 1.2 at least, http/1.1, and whose certificates are trusted.
// There is no connection whose server is not asked to prove its name.
class ClientContext {
 public:
  // `trusted_file` is of PEM certificates, trusted beside those of the system; "": none. Errors: why it cannot be read,
  // in words.
  static std::expected<ClientContext, std::string> make(const std::string& trusted_file);

  // The client's side of a connection to `host`, which the server has to prove: a name as in a URL, or an address
  // without brackets. A name is told to the server, an address is not (RFC 6066 3).
  // REQUIRES: `host` is normalised, as TargetUri has it.
  SslPtr connection_to(const std::string& host) const;

 private:
  explicit ClientContext(SslContextPtr context) : context_(std::move(context)) {}

  SslContextPtr context_;
};

}  // namespace sluice::tls
