#pragma once

struct x509_store_ctx_st;

namespace sluice::tls {

// For SSL_CTX_set_verify: what is wrong with a server's certificate, in words with the host that it should prove, is
// put where the connection's application data points to (a std::string). Changes no verdict.
int note_certificate_fault(int is_good, x509_store_ctx_st* check);

}  // namespace sluice::tls
