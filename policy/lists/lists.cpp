#include "policy/lists/lists.hpp"

#include <algorithm>
#include <atomic>
#include <string>

namespace sluice::policy {
namespace {

constexpr char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

std::uint64_t next_number() noexcept {
  static std::atomic<std::uint64_t> last = 0;
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

}  // namespace

Lists::Lists(std::shared_ptr<const ListSet> compiled, std::shared_ptr<const ListSet> edits)
    : compiled_(std::move(compiled)), edits_(std::move(edits)), number_(next_number()) {}

const std::vector<ListTag>& Lists::tags() const noexcept {
  static const std::vector<ListTag> none;
  if (edits_ != nullptr) { return edits_->tags(); }
  return compiled_ != nullptr ? compiled_->tags() : none;
}

TagTraits Lists::traits(std::uint32_t tag) const noexcept {
  TagTraits traits = compiled_ != nullptr ? compiled_->traits(tag) : TagTraits{};
  if (edits_ != nullptr) { traits |= edits_->traits(tag); }
  return traits;
}

void Lists::find_host(std::string_view host, ListHits& found) const {
  const std::size_t first = found.hits.size();
  if (compiled_ != nullptr) { compiled_->find_host(host, found); }
  if (edits_ == nullptr) { return; }
  edits_->find_host(host, found);
  drop_removed(first, found);
}

void Lists::find_destination(const Address& address, ListHits& found) const {
  const std::size_t first = found.hits.size();
  if (compiled_ != nullptr) { compiled_->find_destination(address, found); }
  if (edits_ == nullptr) { return; }
  edits_->find_destination(address, found);
  drop_removed(first, found);
}

void Lists::find_url(std::string_view url, ListHits& found) const {
  static thread_local std::string lower_url;
  lower_url.resize(url.size());
  std::ranges::transform(url, lower_url.begin(), lower);
  const std::size_t first = found.hits.size();
  if (compiled_ != nullptr) { compiled_->find_url(url, lower_url, found); }
  if (edits_ == nullptr) { return; }
  edits_->find_url(url, lower_url, found);
  drop_removed(first, found);
}

void Lists::prefetch_place(const Address& address) const noexcept {
  if (compiled_ != nullptr) { compiled_->prefetch_place(address); }
}

void Lists::prefetch_runs(const Address& address) const noexcept {
  if (compiled_ != nullptr) { compiled_->prefetch_runs(address); }
}

bool Lists::is_removed_by(const ListHit& hit, const ListHit& removal) const {
  if (hit.set != compiled_.get() || removal.membership.effect() != Effect::removes) { return false; }
  if (hit.kind != removal.kind || hit.membership.tag() != removal.membership.tag()) { return false; }
  if (hit.kind == ListHit::Kind::expression) {
    return compiled_->describe(hit).entry == edits_->describe(removal).entry;
  }
  return hit.name_size == removal.name_size && hit.extent == removal.extent;
}

// Edits are few, and so are the entries that one request is found in.
void Lists::drop_removed(std::size_t first, ListHits& found) const {
  const auto begin = found.hits.begin() + static_cast<std::ptrdiff_t>(first);
  const auto is_removal = [](const ListHit& hit) { return hit.membership.effect() == Effect::removes; };
  if (std::none_of(begin, found.hits.end(), is_removal)) { return; }
  const std::vector<ListHit> removals = [&] {
    std::vector<ListHit> these;
    std::copy_if(begin, found.hits.end(), std::back_inserter(these), is_removal);
    return these;
  }();
  const auto is_dropped = [&](const ListHit& hit) {
    return is_removal(hit) ||
           std::ranges::any_of(removals, [&](const ListHit& one) { return is_removed_by(hit, one); });
  };
  found.hits.erase(std::remove_if(begin, found.hits.end(), is_dropped), found.hits.end());
}

}  // namespace sluice::policy
