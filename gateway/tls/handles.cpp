#include "gateway/tls/handles.hpp"

#include <openssl/ssl.h>

namespace sluice::tls {

void Release::operator()(ssl_st* connection) const noexcept {
  SSL_free(connection);
}

void Release::operator()(ssl_ctx_st* context) const noexcept {
  SSL_CTX_free(context);
}

}  // namespace sluice::tls
