#include "policy/lists/name_table.hpp"

#include <limits>

#include "policy/lists/varint.hpp"

namespace sluice::policy {
namespace {

// On the average. Fewer need more room for places, more take longer to read.
constexpr std::size_t kNamesPerBucket = 4;
constexpr std::size_t kLine = 64;  // of the processor's cache

// Takes the entries of a bucket off its front, one after the other.
class BucketReader {
 public:
  explicit BucketReader(std::string_view octets) noexcept : rest_(octets) {
    if (!rest_.empty() && !take_varint(rest_, left_)) { left_ = 0; }
  }

  // False at the end, and where the octets make no sense.
  bool next() noexcept {
    if (left_ == 0 || rest_.empty()) { return false; }
    --left_;
    const std::size_t size = 2 * static_cast<std::size_t>(static_cast<unsigned char>(rest_.front()));
    if (rest_.size() <= size) { return false; }
    packed = rest_.substr(1, size);
    rest_.remove_prefix(1 + size);
    return take_varint(rest_, value_) && (!has_run() || take_varint(rest_, run_));
  }

  std::uint32_t set() const noexcept { return value_ >> 1; }
  std::optional<std::uint32_t> run() const noexcept { return has_run() ? std::optional(run_) : std::nullopt; }
  std::string_view rest() const noexcept { return rest_; }

  std::string_view packed;

 private:
  bool has_run() const noexcept { return (value_ & 1) != 0; }

  std::string_view rest_;
  std::uint32_t left_ = 0;
  std::uint32_t value_ = 0;
  std::uint32_t run_ = 0;
};

}  // namespace

std::string_view NameTable::bucket(std::uint32_t number) const noexcept {
  if (number + std::size_t{1} >= offsets_.size()) { return {}; }
  const std::uint32_t begin = offsets_[number];
  const std::uint32_t end = offsets_[number + 1];
  if (begin > end || end > octets_.size()) { return {}; }
  return octets_.substr(begin, end - begin);
}

std::optional<NameTable::Entry> NameTable::find(const Key& key) const noexcept {
  if (buckets() == 0) { return std::nullopt; }
  Entry entry{.bucket = bucket_of(key.hash, buckets())};
  const std::string_view wanted = key.name.octets();
  for (BucketReader reader(bucket(entry.bucket)); reader.next(); ++entry.index) {
    if (reader.packed != wanted) { continue; }
    entry.set = reader.set();
    entry.run = reader.run();
    return entry;
  }
  return std::nullopt;
}

void NameTable::prefetch_place(std::uint64_t hash) const noexcept {
  if (buckets() > 0) { __builtin_prefetch(&offsets_[bucket_of(hash, buckets())]); }
}

void NameTable::prefetch_bucket(std::uint64_t hash) const noexcept {
  if (buckets() == 0) { return; }
  const std::string_view octets = bucket(bucket_of(hash, buckets()));
  __builtin_prefetch(octets.data());
  if (octets.size() > kLine) { __builtin_prefetch(octets.data() + kLine); }
}

std::string NameTable::name(const Entry& entry) const {
  BucketReader reader(bucket(entry.bucket));
  for (std::uint32_t i = 0; reader.next(); ++i) {
    if (i == entry.index) { return unpacked(reader.packed); }
  }
  return {};
}

std::uint32_t NameTable::line(const Entry& entry, std::uint32_t member, const MemberSets& sets) const noexcept {
  BucketReader reader(bucket(entry.bucket));
  std::size_t ahead = member;  // lines ahead of the wanted one
  for (std::uint32_t i = 0; reader.next(); ++i) {
    if (i < entry.index) { ahead += sets[reader.set()].size(); }
  }
  std::string_view lines = reader.rest();
  std::uint32_t line = 0;
  for (std::size_t i = 0; i <= ahead; ++i) {
    if (!take_varint(lines, line)) { return 0; }
  }
  return line;
}

NameTableWriter::NameTableWriter(SectionTexts& sections, std::size_t names)
    : sections_(sections), filter_(names), buckets_(static_cast<std::uint32_t>(names / kNamesPerBucket + 1)) {
  sections_.append(Section::name_offsets, std::uint32_t{0});
}

void NameTableWriter::add(std::uint64_t hash, std::string_view packed, std::uint32_t set,
                          std::optional<std::uint32_t> run, std::span<const std::uint32_t> lines) {
  close_buckets(NameTable::bucket_of(hash, buckets_));
  filter_.add(hash);
  ++entries_;
  entry_octets_ += static_cast<char>(packed.size() / 2);
  entry_octets_ += packed;
  append_varint(set << 1 | (run ? 1U : 0U), entry_octets_);
  if (run) { append_varint(*run, entry_octets_); }
  for (const std::uint32_t line : lines) { append_varint(line, line_octets_); }
}

void NameTableWriter::close_buckets(std::uint32_t up_to) {
  std::string& names = sections_[Section::names];
  while (bucket_ < up_to) {
    if (entries_ > 0) {
      append_varint(entries_, names);
      names += entry_octets_;
      names += line_octets_;
      entries_ = 0;
      entry_octets_.clear();
      line_octets_.clear();
    }
    ++bucket_;
    sections_.append(Section::name_offsets, static_cast<std::uint32_t>(names.size()));
  }
}

bool NameTableWriter::finish() {
  close_buckets(buckets_);
  filter_.finish(sections_);
  return sections_[Section::names].size() <= std::numeric_limits<std::uint32_t>::max();
}

}  // namespace sluice::policy
