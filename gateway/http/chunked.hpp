#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/base/error.hpp"

namespace sluice::http {

struct ChunkLimits {
  std::size_t extension_per_chunk = 1024;
  std::size_t extensions = 16 * 1024;
  std::size_t trailers = 8 * 1024;
};

// Decodes chunked content (RFC 9112 7.1) piece by piece, strictly: CRLF only, at most 16 hex digits, no whitespace,
// bounded extensions (ignored) and trailers (checked for syntax like fields; kept raw).
class ChunkedDecoder {
 public:
  ChunkedDecoder() = default;
  ChunkedDecoder(Side side, const ChunkLimits& limits) : side_(side), limits_(limits) {}

  // Takes octets from the front of `input`. Returns the next run of content (a view into `input`, maybe empty) and how
  // many octets of input were consumed in all (framing and the returned content). Call again with the rest until
  // consumed == 0 or is_done(). Errors: http_request_error 400, or http_response_transfer_coding.
  struct Step {
    std::size_t consumed = 0;
    std::string_view content;
  };
  Result<Step> next(std::string_view input);

  bool is_done() const noexcept { return state_ == State::done; }
  std::string_view trailers() const noexcept { return trailers_; }  // raw lines with CRLF each

 private:
  enum class State : std::uint8_t { size, extension, size_lf, content, content_cr, content_lf, trailer, done };
  // Each takes what it can use from the front of `input` and returns how much that was, or a fault in fault_.
  std::size_t take_size(std::string_view input);
  std::size_t take_extension(std::string_view input);
  std::size_t take_octet(char octet, char wanted, State next);
  std::size_t take_trailers(std::string_view input);
  std::size_t take_framing(std::string_view input);
  void end_size();

  Side side_ = Side::client;
  ChunkLimits limits_;
  State state_ = State::size;
  std::uint64_t remaining_ = 0;
  int digits_ = 0;
  std::size_t extension_ = 0;
  std::size_t extensions_ = 0;
  std::size_t line_ = 0;  // where the current trailer line begins in trailers_
  const char* fault_ = nullptr;
  std::string trailers_;
};

// Appends those of `trailers` (raw lines, as ChunkedDecoder keeps them) that may be passed on behind the last chunk.
// Those are digests, signatures, timings and what gRPC says; all others are dropped (RFC 9110 6.5.1).
void append_safe_trailers(std::string_view trailers, std::string& out);

// Appends "1a2b\r\n", the head of a chunk of `size` octets; the caller writes the content and "\r\n" behind it.
void append_chunk_head(std::size_t size, std::string& out);

}  // namespace sluice::http
