#include "gateway/tls/stream_bio.hpp"

#include <new>
#include <string>

#include <openssl/bio.h>

namespace sluice::tls {

namespace {

// Of a peer that makes us answer and takes no answers.
constexpr std::size_t kMostUnsent = 64 * 1024;

}  // namespace

StreamBio::Taken StreamBio::read(std::span<char> into, std::size_t& count) {
  const auto taken = stream_.try_read(into);
  if (!taken) { return Taken::none_yet; }
  if (!*taken) {
    error_ = taken->error();
    return Taken::failed;
  }
  count = **taken;
  has_ended_ = count == 0;
  return has_ended_ ? Taken::end : Taken::some;
}

bool StreamBio::write(std::string_view octets) {
  const auto taken = stream_.try_write(octets);
  if (!taken) {
    error_ = taken.error();
    return false;
  }
  std::string rest(octets.substr(*taken));
  if (rest.empty()) { return true; }
  if (stream_.unsent() + rest.size() > kMostUnsent) {
    error_ = Error{ErrorKind::connection_write_timeout, Side::gateway, 0, false, "answering a peer that takes nothing"};
    return false;
  }
  stream_.write_later(rest);
  return true;
}

// What OpenSSL calls. An error of the stream is told as "not yet", so that it harms no state of OpenSSL's: a read that
// took too long may be made again.
struct BioCalls {
  static StreamBio& of(BIO* bio) { return *static_cast<StreamBio*>(BIO_get_data(bio)); }

  static int read(BIO* bio, char* data, std::size_t size, std::size_t* count) {
    BIO_clear_retry_flags(bio);
    const auto taken = of(bio).read({data, size}, *count);
    if (taken == StreamBio::Taken::none_yet || taken == StreamBio::Taken::failed) { BIO_set_retry_read(bio); }
    return taken == StreamBio::Taken::some ? 1 : 0;
  }

  static int write(BIO* bio, const char* data, std::size_t size, std::size_t* count) {
    BIO_clear_retry_flags(bio);
    *count = size;  // all of it or nothing
    if (of(bio).write({data, size})) { return 1; }
    BIO_set_retry_write(bio);
    return 0;
  }

  static long control(BIO* bio, int command, long /*number*/, void* /*pointer*/) {
    if (command == BIO_CTRL_EOF) { return of(bio).has_ended_ ? 1 : 0; }
    return command == BIO_CTRL_FLUSH ? 1 : 0;
  }

  static BIO_METHOD* make() {
    BIO_METHOD* const method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "stream");
    if (method == nullptr) { throw std::bad_alloc(); }
    BIO_meth_set_read_ex(method, &BioCalls::read);
    BIO_meth_set_write_ex(method, &BioCalls::write);
    BIO_meth_set_ctrl(method, &BioCalls::control);
    return method;
  }
};

bio_st* StreamBio::make() {
  static BIO_METHOD* const method = BioCalls::make();  // for as long as the process lives
  BIO* const bio = BIO_new(method);
  if (bio == nullptr) { throw std::bad_alloc(); }
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  return bio;
}

}  // namespace sluice::tls
