#include "gateway/tls/client_context.hpp"

#include <new>
#include <system_error>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "gateway/base/error.hpp"
#include "gateway/tls/certificate_fault.hpp"

namespace sluice::tls {
namespace {

// The list of protocols as RFC 7301 3.1 has it on the wire.
constexpr unsigned char kHttp11[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

// The one that led to the others.
std::string first_error() {
  const unsigned long code = ERR_peek_error();
  ERR_clear_error();
  if (ERR_SYSTEM_ERROR(code)) { return std::generic_category().message(ERR_GET_REASON(code)); }
  const char* reason = ERR_reason_error_string(code);
  return reason != nullptr ? reason : "error " + std::to_string(code);
}

// REQUIRES: a call of OpenSSL that fails only for want of memory.
void must(bool was_done) {
  if (!was_done) { throw std::bad_alloc(); }
}

}  // namespace

std::expected<ClientContext, std::string> ClientContext::make(const std::string& trusted_file) {
  ERR_clear_error();
  SslContextPtr context(SSL_CTX_new(TLS_client_method()));
  must(context != nullptr);
  SSL_CTX* const raw = context.get();
  must(SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION) == 1);
  must(SSL_CTX_set_alpn_protos(raw, kHttp11, sizeof kHttp11) == 0);
  SSL_CTX_set_options(raw, SSL_OP_NO_RENEGOTIATION);
  // Records are read as they come, many in a read, and an idle connection holds no buffer.
  SSL_CTX_set_mode(raw, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE);
  SSL_CTX_set_read_ahead(raw, 1);
  SSL_CTX_set_verify(raw, SSL_VERIFY_PEER, note_certificate_fault);
  // Whom the operator names is trusted as such, be it no root.
  must(X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(raw), X509_V_FLAG_PARTIAL_CHAIN) == 1);
  // A system without certificates trusts nobody, which is said when a server is not trusted.
  SSL_CTX_set_default_verify_paths(raw);
  ERR_clear_error();
  if (!trusted_file.empty() && SSL_CTX_load_verify_file(raw, trusted_file.c_str()) != 1) {
    return std::unexpected(trusted_file + ": no certificates can be read from it (" + first_error() + ")");
  }
  return ClientContext(std::move(context));
}

SslPtr ClientContext::connection_to(const std::string& host) const {
  SslPtr connection(SSL_new(context_.get()));
  must(connection != nullptr);
  X509_VERIFY_PARAM* const check = SSL_get0_param(connection.get());
  // "A reference identity of type CN-ID MUST NOT be used by clients" (RFC 9110 4.3.4).
  X509_VERIFY_PARAM_set_hostflags(check, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  // "if the host is a literal IP address ..., the reference identity is an IP-ID, otherwise the host is a name and the
  // reference identity is a DNS-ID" (RFC 9110 4.3.4).
  if (X509_VERIFY_PARAM_set1_ip_asc(check, host.c_str()) != 1) {
    must(X509_VERIFY_PARAM_set1_host(check, host.data(), host.size()) == 1);
    // What is longer than any name (RFC 1035 3.1) is not told; no certificate proves it either.
    SSL_set_tlsext_host_name(connection.get(), host.c_str());
  }
  ERR_clear_error();
  SSL_set_connect_state(connection.get());
  return connection;
}

}  // namespace sluice::tls
