#pragma once

#include <memory>

// OpenSSL's own names of what it hands out; its headers stay in this folder's sources.
struct ssl_st;
struct ssl_ctx_st;

namespace sluice::tls {

struct Release {
  void operator()(ssl_st* connection) const noexcept;
  void operator()(ssl_ctx_st* context) const noexcept;
};

using SslPtr = std::unique_ptr<ssl_st, Release>;             // one connection, and its role in it
using SslContextPtr = std::unique_ptr<ssl_ctx_st, Release>;  // what connections have in common; each keeps it alive

}  // namespace sluice::tls
