#pragma once

#include "gateway/record/access_record.hpp"

namespace sluice::record {

// A GET that was answered from the cache on 2026-02-03 at 04:05:06.007 UTC.
inline AccessRecord sample_record() {
  AccessRecord record;
  record.start = std::chrono::system_clock::time_point(std::chrono::milliseconds(1770091506007));
  record.duration = std::chrono::microseconds(12345);
  record.first_byte = std::chrono::microseconds(2345);
  record.request_id = "00112233aabbccdd";
  record.client = "192.0.2.7";
  record.listener = "192.0.2.1:3128";
  record.mode = "explicit";
  record.method = "GET";
  record.url = "http://example.com/a?b=c";
  record.status = 200;
  record.received = 321;
  record.sent = 4567;
  record.content_type = "text/html; charset=utf-8";
  record.referer = "http://example.com/";
  record.user_agent = "curl/8.0";
  record.decision = {policy::Verdict::allow, "r-3", "web", 9};
  record.cache.hit = true;
  record.cache.ttl = cache::Seconds(30);
  return record;
}

// The same, forwarded to an origin server and stored.
inline AccessRecord forwarded_record() {
  AccessRecord record = sample_record();
  record.cache = {};
  record.cache.forward = cache::CacheStatus::Forward::uri_miss;
  record.cache.stored = true;
  record.cache.cause = cache::MissCause::cold;
  record.upstream = "198.51.100.4:80";
  return record;
}

inline AccessRecord with_error(AccessRecord record, ErrorKind kind, int status) {
  record.error = kind;
  record.status = status;
  return record;
}

}  // namespace sluice::record
