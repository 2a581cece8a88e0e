#pragma once

#include <memory>
#include <stdexcept>
#include <string>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace sluice::support {

template <auto Function>
struct CallsToFree {
  template <typename T>
  void operator()(T* what) const noexcept {
    Function(what);
  }
};
using Key = std::unique_ptr<EVP_PKEY, CallsToFree<EVP_PKEY_free>>;
using X509Certificate = std::unique_ptr<X509, CallsToFree<X509_free>>;

struct CertificateWish {
  std::string names;  // as in openssl's configuration: "DNS:a.example,IP:127.0.0.1"; "": none
  std::string common_name = "leaf";
  long from = -3600;  // seconds from now
  long until = 3600;
};
struct Certified {
  X509Certificate certificate;
  Key key;
};

// An authority of a test's own, and what it certifies.
class Authority {
 public:
  explicit Authority(const CertificateWish& wish = {.names = "", .common_name = "authority"})
      : key_(new_key()), certificate_(unsigned_certificate(wish, key_.get())) {
    extend(certificate_.get(), NID_basic_constraints, "critical,CA:TRUE");
    sign(certificate_.get(), certificate_.get());
  }

  Certified certify(const CertificateWish& wish) const {
    Key key = new_key();
    X509Certificate certificate = unsigned_certificate(wish, key.get());
    if (!wish.names.empty()) { extend(certificate.get(), NID_subject_alt_name, wish.names); }
    sign(certificate.get(), certificate_.get());
    return {std::move(certificate), std::move(key)};
  }

  std::string pem() const { return pem_of(certificate_.get()); }

  static std::string pem_of(X509* certificate) {
    const std::unique_ptr<BIO, CallsToFree<BIO_free_all>> out(BIO_new(BIO_s_mem()));
    PEM_write_bio_X509(out.get(), certificate);
    char* octets = nullptr;
    const long size = BIO_get_mem_data(out.get(), &octets);
    return {octets, static_cast<std::size_t>(size)};
  }

  // Certifies itself.
  static Certified self_signed(const CertificateWish& wish) {
    Key key = new_key();
    X509Certificate certificate = unsigned_certificate(wish, key.get());
    extend(certificate.get(), NID_subject_alt_name, wish.names);
    X509_set_issuer_name(certificate.get(), X509_get_subject_name(certificate.get()));
    must(X509_sign(certificate.get(), key.get(), EVP_sha256()) > 0);
    return {std::move(certificate), std::move(key)};
  }

 private:
  static void must(bool was_done) {
    if (!was_done) { throw std::runtime_error("OpenSSL cannot make a certificate"); }
  }

  static Key new_key() {
    Key key(EVP_EC_gen("P-256"));
    must(key != nullptr);
    return key;
  }

  static X509Certificate unsigned_certificate(const CertificateWish& wish, EVP_PKEY* key) {
    static long serial = 0;
    X509Certificate certificate(X509_new());
    X509_set_version(certificate.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), wish.from);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), wish.until);
    const auto* name = reinterpret_cast<const unsigned char*>(wish.common_name.c_str());
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_ASC, name, -1, -1, 0);
    must(X509_set_pubkey(certificate.get(), key) == 1);
    return certificate;
  }

  static void extend(X509* certificate, int what, const std::string& value) {
    const std::unique_ptr<X509_EXTENSION, CallsToFree<X509_EXTENSION_free>> extension(
        X509V3_EXT_conf_nid(nullptr, nullptr, what, value.c_str()));
    must(extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1);
  }

  void sign(X509* certificate, X509* by) const {
    X509_set_issuer_name(certificate, X509_get_subject_name(by));
    must(X509_sign(certificate, key_.get(), EVP_sha256()) > 0);
  }

  Key key_;
  X509Certificate certificate_;
};

}  // namespace sluice::support
