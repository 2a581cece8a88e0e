#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <openssl/ssl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "tests/support/certificates.hpp"

namespace sluice::support {

// The server's end of a TLS connection, blocking, for a test's own thread; no call waits longer than the limit.
class TlsPeer {
 public:
  static constexpr int kLimit = 20;  // seconds; only reached when a test fails

  // Takes over a connected, blocking socket.
  TlsPeer(int descriptor, const Certified& identity, int newest_version = 0)
      : descriptor_(descriptor), context_(SSL_CTX_new(TLS_server_method())) {
    ::signal(SIGPIPE, SIG_IGN);
    const timeval limit{kLimit, 0};
    ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(descriptor_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    SSL_CTX_use_certificate(context_.get(), identity.certificate.get());
    SSL_CTX_use_PrivateKey(context_.get(), identity.key.get());
    SSL_CTX_set_alpn_select_cb(context_.get(), &TlsPeer::choose_protocol, this);
    if (newest_version != 0) {
      SSL_CTX_set_security_level(context_.get(), 0);
      SSL_CTX_set_min_proto_version(context_.get(), 0);
      SSL_CTX_set_max_proto_version(context_.get(), newest_version);
    }
    connection_.reset(SSL_new(context_.get()));
    SSL_set_fd(connection_.get(), descriptor_);
  }
  TlsPeer(const TlsPeer&) = delete;
  TlsPeer& operator=(const TlsPeer&) = delete;
  ~TlsPeer() { cut(); }

  bool accept() { return SSL_accept(connection_.get()) == 1; }
  bool send(std::string_view octets) {
    return SSL_write(connection_.get(), octets.data(), static_cast<int>(octets.size())) ==
           static_cast<int>(octets.size());
  }
  std::string receive(std::size_t size) {
    std::string octets(size, '\0');
    std::size_t have = 0;
    while (have < size) {
      const int count = SSL_read(connection_.get(), octets.data() + have, static_cast<int>(size - have));
      if (count <= 0) { break; }
      have += static_cast<std::size_t>(count);
    }
    octets.resize(have);
    return octets;
  }
  std::string receive_head() {
    std::string head;
    while (!head.ends_with("\r\n\r\n")) {
      const std::string octet = receive(1);
      if (octet.empty()) { break; }
      head += octet;
    }
    return head;
  }
  // True when the client said that this is the end.
  bool is_at_end() {
    char octet = 0;
    const int count = SSL_read(connection_.get(), &octet, 1);
    return SSL_get_error(connection_.get(), count) == SSL_ERROR_ZERO_RETURN;
  }
  void ask_for_new_keys() {
    SSL_key_update(connection_.get(), SSL_KEY_UPDATE_REQUESTED);
    SSL_do_handshake(connection_.get());
  }
  void finish() { SSL_shutdown(connection_.get()); }
  void cut() {
    if (descriptor_ >= 0) { ::close(descriptor_); }
    descriptor_ = -1;
  }

  std::string asked_name() const {
    const char* name = SSL_get_servername(connection_.get(), TLSEXT_NAMETYPE_host_name);
    return name != nullptr ? name : "";
  }
  std::string offered_protocols() const { return offered_; }
  std::string version() const { return SSL_get_version(connection_.get()); }

 private:
  static int choose_protocol(SSL* /*connection*/, const unsigned char** chosen, unsigned char* size,
                             const unsigned char* offered, unsigned int octets, void* peer) {
    auto& self = *static_cast<TlsPeer*>(peer);
    self.offered_.assign(reinterpret_cast<const char*>(offered), octets);
    *chosen = offered + 1;
    *size = offered[0];
    return SSL_TLSEXT_ERR_OK;
  }

  int descriptor_;
  std::unique_ptr<SSL_CTX, CallsToFree<SSL_CTX_free>> context_;
  std::unique_ptr<SSL, CallsToFree<SSL_free>> connection_;
  std::string offered_;
};

}  // namespace sluice::support
