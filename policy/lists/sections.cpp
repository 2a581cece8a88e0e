#include "policy/lists/sections.hpp"

#include "policy/lists/hash.hpp"

namespace sluice::policy {
namespace {

constexpr std::array<char, 8> kMagic{'s', 'l', 'u', 'l', 'i', 's', 't', '\n'};
constexpr std::uint32_t kVersion = 1;

struct Place {
  std::uint64_t offset = 0;  // from the beginning of the file
  std::uint64_t size = 0;
};

struct Header {
  std::array<char, 8> magic = kMagic;
  std::uint32_t version = kVersion;
  std::uint32_t section_count = kSections;
  std::uint64_t file_size = 0;
  std::uint64_t content_hash = 0;  // of everything behind the header
  std::array<Place, kSections> places{};
  std::uint64_t header_hash = 0;  // of everything ahead of it
};
static_assert(sizeof(Header) == kFileHeader && sizeof(Header) % 8 == 0);

constexpr std::size_t kHashedHeader = sizeof(Header) - sizeof(std::uint64_t);

constexpr std::size_t round_up(std::size_t size) noexcept {
  return (size + 7) & ~std::size_t{7};
}

bool is_inside(const Place& place, std::size_t file_size) noexcept {
  return place.offset % 8 == 0 && place.offset >= sizeof(Header) && place.offset <= file_size &&
         place.size <= file_size - place.offset;
}

}  // namespace

std::string_view to_string(OpenError error) noexcept {
  switch (error) {
    case OpenError::too_short:
      return "shorter than a header";
    case OpenError::not_ours:
      return "no compiled lists";
    case OpenError::other_version:
      return "compiled by another version";
    case OpenError::truncated:
      return "not as long as its header says";
    case OpenError::damaged:
      break;
  }
  return "damaged: a checksum is wrong";
}

std::expected<Sections, OpenError> Sections::open(std::string_view octets) noexcept {
  Header header;
  if (octets.size() < sizeof header) { return std::unexpected(OpenError::too_short); }
  std::memcpy(&header, octets.data(), sizeof header);
  if (header.magic != kMagic) { return std::unexpected(OpenError::not_ours); }
  if (header.version != kVersion) { return std::unexpected(OpenError::other_version); }
  if (header.header_hash != hash_of(octets.substr(0, kHashedHeader))) { return std::unexpected(OpenError::damaged); }
  if (header.file_size != octets.size()) { return std::unexpected(OpenError::truncated); }
  if (header.content_hash != hash_of(octets.substr(sizeof header))) { return std::unexpected(OpenError::damaged); }
  Sections sections;
  for (std::size_t i = 0; i < kSections; ++i) {
    if (!is_inside(header.places[i], octets.size())) { return std::unexpected(OpenError::damaged); }
    sections.views_[i] = octets.substr(header.places[i].offset, header.places[i].size);
  }
  return sections;
}

void seal(std::string& file) noexcept {
  Header header;
  std::memcpy(&header, file.data(), sizeof header);
  header.content_hash = hash_of(std::string_view(file).substr(sizeof header));
  std::memcpy(file.data(), &header, sizeof header);
  header.header_hash = hash_of(std::string_view(file).substr(0, kHashedHeader));
  std::memcpy(file.data(), &header, sizeof header);
}

std::string SectionTexts::file() const {
  Header header;
  std::size_t size = sizeof header;
  for (std::size_t i = 0; i < kSections; ++i) {
    header.places[i] = {size, texts[i].size()};
    size += round_up(texts[i].size());
  }
  header.file_size = size;
  std::string file;
  file.reserve(size);
  file.resize(sizeof header);
  for (const std::string& text : texts) {
    file += text;
    file.resize(round_up(file.size()));
  }
  std::memcpy(file.data(), &header, sizeof header);
  seal(file);
  return file;
}

}  // namespace sluice::policy
