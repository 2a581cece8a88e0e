#include "gateway/tls/certificate_fault.hpp"

#include <array>
#include <ctime>
#include <memory>
#include <string>
#include <string_view>

#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace sluice::tls {
namespace {

constexpr int kNamesShown = 3;

// Certificates are written by anyone: what is shown of one must not look like something else.
std::string printable(std::string_view octets) {
  std::string shown(octets);
  for (char& octet : shown) {
    if (octet <= ' ' || octet >= 0x7f) { octet = '?'; }
  }
  return shown;
}

std::string_view octets_of(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<std::size_t>(ASN1_STRING_length(text))};
}

std::string address_text(std::string_view octets) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const int family = octets.size() == sizeof(in_addr) ? AF_INET : AF_INET6;
  const bool is_address = octets.size() == sizeof(in_addr) || octets.size() == sizeof(in6_addr);
  if (!is_address || ::inet_ntop(family, octets.data(), text.data(), text.size()) == nullptr) { return "?"; }
  return text.data();
}

// The name or address that the certificate has to prove.
std::string host_of(X509_STORE_CTX* check) {
  X509_VERIFY_PARAM* const wanted = X509_STORE_CTX_get0_param(check);
  if (const char* name = X509_VERIFY_PARAM_get0_host(wanted, 0)) { return name; }
  char* const spelled = X509_VERIFY_PARAM_get1_ip_asc(wanted);
  const std::string text = spelled != nullptr ? spelled : "";
  OPENSSL_free(spelled);
  // OpenSSL does not shorten IPv6 addresses.
  in6_addr octets{};
  if (::inet_pton(AF_INET6, text.c_str(), &octets) != 1) { return text; }
  return address_text({reinterpret_cast<const char*>(&octets), sizeof octets});
}

// "a.example, b.example and others"; "" when it names no host.
std::string names_of(const X509* certificate) {
  const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)),
      &GENERAL_NAMES_free);
  std::string shown;
  int count = 0;
  for (int i = 0; names != nullptr && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_DNS && name->type != GEN_IPADD) { continue; }
    if (++count > kNamesShown) { return shown + " and others"; }
    if (!shown.empty()) { shown += ", "; }
    shown += name->type == GEN_DNS ? printable(octets_of(name->d.dNSName)) : address_text(octets_of(name->d.iPAddress));
  }
  return shown;
}

std::string date_of(const ASN1_TIME* time) {
  std::tm parts{};
  std::array<char, 32> text{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) { return "a date that cannot be read"; }
  std::strftime(text.data(), text.size(), "%Y-%m-%d", &parts);
  return text.data();
}

std::string fault_of(X509_STORE_CTX* check) {
  const std::string of_host = "the certificate of " + host_of(check);
  const X509* const certificate = X509_STORE_CTX_get_current_cert(check);
  const int fault = X509_STORE_CTX_get_error(check);
  const bool is_its_own = certificate != nullptr && X509_STORE_CTX_get_error_depth(check) == 0;
  if (fault == X509_V_ERR_HOSTNAME_MISMATCH || fault == X509_V_ERR_IP_ADDRESS_MISMATCH) {
    const std::string names = certificate != nullptr ? names_of(certificate) : "";
    return of_host + (names.empty() ? " names no host" : " is for " + names);
  }
  const std::string of_whom = is_its_own ? of_host : "an authority's certificate above " + of_host;
  if (certificate != nullptr && fault == X509_V_ERR_CERT_HAS_EXPIRED) {
    return of_whom + " expired on " + date_of(X509_get0_notAfter(certificate));
  }
  if (certificate != nullptr && fault == X509_V_ERR_CERT_NOT_YET_VALID) {
    return of_whom + " is valid from " + date_of(X509_get0_notBefore(certificate)) + " on, and not yet";
  }
  return of_host + " is not trusted: " + X509_verify_cert_error_string(fault);
}

}  // namespace

int note_certificate_fault(int is_good, x509_store_ctx_st* check) {
  if (is_good == 1) { return is_good; }
  const auto* connection =
      static_cast<const SSL*>(X509_STORE_CTX_get_ex_data(check, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto* const words = static_cast<std::string*>(SSL_get_app_data(connection));
  if (words != nullptr) { *words = fault_of(check); }
  return is_good;
}

}  // namespace sluice::tls
